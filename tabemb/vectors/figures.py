"""The figures of a diagnosis, each with its verdict; one function a question."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from tabemb.exceptions import DataError
from tabemb.vectors.findings import Finding
from tabemb.vectors.geometry import dealt_likeness, pair_likenesses
from tabemb.vectors.neighbors import agreement, chance_overlap, nearest_rows
from tabemb.vectors.side_columns import SideColumn
from tabemb.vectors.spectrum import Spectrum
from tabemb.vectors.subject import Subject, touched

__all__ = ["alikeness", "directions", "kappa", "lengths", "rows", "stability", "way_from_start"]

FloatArray = npt.NDArray[np.floating[Any]]

# What is usual.
ALPHA = 0.05
VARIANCE = 0.95
# Random vectors have 1 by definition.
EVEN = 0.9
# Below half, one halving of embedding_dim would lose less than a twentieth of the variance.
FEW_DIMENSIONS = 0.5
# Of the variance of ranks, a quarter: a large correlation by Cohen 1988, "Statistical Power Analysis", section 3.2.
LARGE_CORRELATION = 0.5
# One category in twenty without a vector of its own is met in most tables of neighbours.
MANY_UNTRAINED = 0.05
# Below 1 the start, which is random, is more of a vector than what it has learned.
HARDLY_MOVED = 1.0
# Agreement beyond chance as a share of what is beyond chance, in the words of Landis & Koch 1977, "The measurement of
# observer agreement for categorical data": slight, fair, moderate and more.
SLIGHT, FAIR = 0.2, 0.4
# How many times vectors are dealt out to the categories, to see how alike two tables are by chance: for a p of 0.05.
N_DEALT = 19


def directions(subject: Subject) -> Iterator[Finding]:
    """Tell in how many directions the categories differ."""
    chosen = subject.rows()
    table, weights = subject.vectors.vectors[chosen], subject.weights(chosen)
    spectrum = Spectrum.of(table, weights)
    noise = np.random.default_rng(subject.seed).normal(size=table.shape)
    rank, random, dim = spectrum.effective_rank, Spectrum.of(noise, weights).effective_rank, table.shape[1]
    even = dim > 1 and rank >= EVEN * random
    verdict = f"Categories differ along about {rank:.0f} direction{'s' if round(rank) > 1 else ''}."
    if even:
        verdict = "As even as random vectors: no direction is ahead of the others."
    yield Finding(figure="effective rank", value=rank, beside=random, against="random", verdict=verdict, concern=even)
    abundance = spectrum.information_abundance
    yield Finding(
        figure="information abundance",
        value=abundance,
        beside=float(dim),
        against="at most",
        verdict=f"{100 * abundance / dim:.0f} % of what equally strong directions would have.",
    )
    needed = spectrum.dimensions(VARIANCE)
    fewer = "; fewer may do (embedding_dim='auto' tries it)" if needed <= FEW_DIMENSIONS * dim else ""
    yield Finding(
        figure="dimensions",
        value=needed,
        beside=float(dim),
        against="in all",
        verdict=f"{needed} of {dim} dimensions carry {100 * VARIANCE:.0f} % of the variance{fewer}.",
    )


def lengths(subject: Subject) -> Iterator[Finding]:
    """Tell whether the length of a vector says how often its category was seen."""
    from scipy.stats import spearmanr

    if subject.vectors.counts is None:
        return
    chosen = subject.rows()
    norms, counts = np.linalg.norm(subject.vectors.vectors[chosen], axis=1), subject.vectors.counts[chosen]
    if np.ptp(norms) == 0 or np.ptp(counts) == 0:
        return
    found = spearmanr(norms, counts)
    strong = abs(found.statistic) >= LARGE_CORRELATION and found.pvalue < ALPHA
    verdict = "Length hangs little on how often a category was seen."
    if strong and found.statistic > 0:
        verdict = "Rare categories have short vectors, near their random start; look at frequent ones (min_count)."
    elif strong:
        verdict = "Rare categories have the longer vectors: they ran ahead. See shrink(), or damping in training."
    yield Finding(
        figure="length by count",
        value=float(found.statistic),
        p_value=float(found.pvalue),
        verdict=verdict,
        concern=bool(strong),
    )


def rows(subject: Subject) -> Iterator[Finding]:
    """Tell whether all categories have a vector of their own."""
    vectors, n = subject.vectors, len(subject.vectors)
    trained = touched(vectors, subject.untrained)
    if vectors.counts is not None or vectors.unknown is not None or subject.untrained is not None:
        never = int((~trained).sum())
        verdict = "All categories were trained."
        if never:
            verdict = f"{never:,} of {n:,} categories were never trained; they stand for nothing."
        yield Finding(
            figure="never updated",
            value=never,
            beside=float(n),
            against="in all",
            verdict=verdict,
            concern=never > MANY_UNTRAINED * n,
        )
    zeros = int((~vectors.vectors[trained].any(axis=1)).sum())
    own = vectors.vectors[trained & vectors.vectors.any(axis=1)]
    # Zeros of either sign are the same.
    same = len(own) - len({row.tobytes() for row in own + np.float32(0)})
    said = [f"{zeros:,} trained categories have a vector of zeros"] if zeros else []
    said += [f"{same:,} have the same vector as another"] if same else []
    yield Finding(
        figure="zero or double",
        value=zeros + same,
        beside=float(n),
        against="in all",
        verdict=f"{'; '.join(said).capitalize()}." if said else "All trained vectors differ.",
        concern=bool(said),
    )


def way_from_start(subject: Subject) -> Iterator[Finding]:
    """Tell how far training has moved the vectors."""
    start = subject.untrained
    if start is None:
        return
    if start.dim != subject.vectors.dim:
        raise DataError(
            f"untrained has vectors of {start.dim} numbers, and {subject.vectors.owner} of {subject.vectors.dim}; "
            "give the start of the same fit."
        )
    chosen = subject.shared({"untrained": start})
    share = subject.weights(chosen) / subject.weights(chosen).sum()
    now, then = subject.tables([subject.vectors, start], chosen)
    moved, began = (np.sqrt(share @ np.square(each, dtype=np.float64).sum(axis=1)) for each in (now - then, then))
    way = float(moved / began)
    verdict = f"Vectors moved {way:.1f} times the length that they began with."
    if way < HARDLY_MOVED:
        verdict = "Vectors are more their random start than what was learned; damping=0 or fewer dimensions help."
    yield Finding(figure="way from the start", value=way, verdict=verdict, concern=way < HARDLY_MOVED)


def stability(subject: Subject) -> Iterator[Finding]:
    """Tell whether other fits have the same neighbours, and are alike as a whole."""
    if not subject.fits:
        return
    chosen = subject.shared(subject.named("fits"))
    k, weights = subject.size(len(chosen), "What the fits share"), subject.weights(chosen)
    tables = subject.tables([subject.vectors, *subject.fits], chosen)
    value, chance = float(np.average(agreement(tables, k), weights=weights)), chance_overlap(len(chosen) - 1, k)
    beyond = kappa(value, len(chosen) - 1, k)
    verdict = f"Fits agree well on the {k} nearest."
    if beyond < SLIGHT:
        verdict = f"Another fit has other neighbours: do not read the {k} nearest."
    elif beyond < FAIR:
        verdict = f"Fits agree fairly on the {k} nearest; read them with care."
    yield Finding(
        figure="stability", value=value, beside=chance, against="chance", verdict=verdict, concern=beyond < SLIGHT
    )
    whole = float(pair_likenesses(tables, weights).mean())
    dealt = dealt_likeness(tables[0], tables[1], weights, N_DEALT, subject.seed)
    alike = whole > dealt.max()
    yield Finding(
        figure="geometry",
        value=whole,
        beside=float(dealt.mean()),
        against="chance",
        p_value=(1 + int((dealt >= whole).sum())) / (1 + N_DEALT),
        verdict="As a whole, fits are more alike than chance has it."
        if alike
        else "As a whole, fits have no more in common than chance has it: nothing was learned that lasts.",
        concern=not alike,
    )


def alikeness(subject: Subject, column: SideColumn) -> Iterator[Finding]:
    """Tell whether near categories are alike in what is known of them.

    The rows of the side column are places among the categories that are compared.
    """
    keys = subject.compared(subject.rows())
    table, n = subject.vectors.vectors[keys][column.rows], len(column.rows)
    k = subject.size(n, f"The side column {column.name!r}")
    found = column.test(nearest_rows(table, k), subject.n_permutations, subject.seed)
    alike = found.p_value < ALPHA and found.value > found.chance
    told = f"{n:,} of {len(keys):,} categories known, {k} nearest"
    verdict = (
        f"Near categories are alike in {column.name} beyond chance"
        if alike
        else (f"Near categories are no more alike in {column.name} than chance has it")
    )
    yield Finding(
        figure=f"{column.name} {column.measure}",
        value=found.value,
        beside=found.chance,
        against="chance",
        p_value=found.p_value,
        verdict=f"{verdict} ({told}).",
        concern=not alike,
    )
    known = [subject.vectors.index_to_key[row] for row in keys[column.rows]]
    control = [each[known] for each in subject.control if all(key in each for key in known)]
    if control:
        values = [column.likeness(column.values, nearest_rows(each, k)) for each in control]
        yield Finding(
            figure=f"{column.name} {column.measure}, permuted",
            value=float(np.mean(values)),
            beside=found.value,
            against="real",
            verdict="The same for vectors of permuted targets.",
        )


def kappa(overlap: float, n_others: int, k: int) -> float:
    """Return what Cohen's kappa is, where two sets of k of the same n others have such a Jaccard index.

    Each of the others is judged twice, to be a neighbour or none.

    Examples
    --------
    >>> kappa(1.0, 100, 10), round(kappa(1 / 3, 100, 10), 2), round(kappa(10 / 190, 100, 10), 2)
    (1.0, 0.44, 0.0)
    """
    agreed, chance = 2 * overlap / (1 + overlap), k / n_others
    return (agreed - chance) / (1 - chance)
