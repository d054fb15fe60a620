"""The checks of a diagnosis, each with a verdict; one function per question."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from tabemb.diagnosis.inputs import DiagnosisInputs, trained_rows
from tabemb.diagnosis.measures import Spectrum, agreement_of_halves, kappa, pairwise_cka, permuted_cka
from tabemb.diagnosis.report import Finding
from tabemb.diagnosis.side_information import SideColumn
from tabemb.exceptions import DataError
from tabemb.vectors.confidence import reliability
from tabemb.vectors.neighbors import agreement, chance_overlap, nearest_rows

__all__ = [
    "beyond_control",
    "come_back",
    "directions",
    "distance_from_start",
    "halves",
    "lengths",
    "rows",
    "side_similarity",
    "stability",
]

# Conventional levels.
ALPHA = 0.05
# Stricter, since a diagnosis asks it of every column of every table.
SURE = 0.01
VARIANCE = 0.95
# Random vectors have 1 by definition.
EVEN = 0.9
# Below half, halving embedding_dim once would lose less than 5 % of the variance.
FEW_DIMENSIONS = 0.5
# A quarter of the variance of ranks: a large correlation by Cohen 1988, "Statistical Power Analysis", section 3.2.
LARGE_CORRELATION = 0.5
# If one category in twenty has no vector of its own, most lists of neighbors contain one.
MANY_UNTRAINED = 0.05
# Below 1, a vector is more its random start than what it has learned.
HARDLY_MOVED = 1.0
# Agreement beyond chance as a share of the maximum beyond chance, in the words of Landis & Koch 1977, "The measurement
# of observer agreement for categorical data": slight, fair, moderate and more.
SLIGHT, FAIR = 0.2, 0.4
# Number of permutations for the similarity of two tables by chance: the smallest p-value is 0.05.
N_PERMUTED_TABLES = 19


def directions(inputs: DiagnosisInputs) -> Iterator[Finding]:
    """Check in how many directions the categories differ."""
    chosen = inputs.rows()
    table, weights = inputs.vectors.vectors[chosen], inputs.weights(chosen)
    spectrum = Spectrum.of(table, weights)
    noise = np.random.default_rng(inputs.seed).normal(size=table.shape)
    rank, random, dim = spectrum.effective_rank, Spectrum.of(noise, weights).effective_rank, table.shape[1]
    even = dim > 1 and rank >= EVEN * random
    verdict = f"Categories differ along about {rank:.0f} direction{'s' if round(rank) > 1 else ''}."
    if even:
        verdict = "As even as random vectors: no direction stands out."
    yield Finding(
        check="effective rank", value=rank, reference=random, reference_name="random", verdict=verdict, concern=even
    )
    abundance = spectrum.information_abundance
    yield Finding(
        check="information abundance",
        value=abundance,
        reference=float(dim),
        reference_name="at most",
        verdict=f"{100 * abundance / dim:.0f} % of the value for equally strong directions.",
    )
    needed = spectrum.dimensions(VARIANCE)
    fewer = "; fewer may do (embedding_dim='auto' tries it)" if needed <= FEW_DIMENSIONS * dim else ""
    yield Finding(
        check="dimensions",
        value=needed,
        reference=float(dim),
        reference_name="in all",
        verdict=f"{needed} of {dim} dimensions carry {100 * VARIANCE:.0f} % of the variance{fewer}.",
    )


def lengths(inputs: DiagnosisInputs) -> Iterator[Finding]:
    """Check whether the length of a vector depends on the count of its category."""
    from scipy.stats import spearmanr

    if inputs.vectors.counts is None:
        return
    chosen = inputs.rows()
    norms, counts = np.linalg.norm(inputs.vectors.vectors[chosen], axis=1), inputs.vectors.counts[chosen]
    if np.ptp(norms) == 0 or np.ptp(counts) == 0:
        return
    found = spearmanr(norms, counts)
    strong = abs(found.statistic) >= LARGE_CORRELATION and found.pvalue < ALPHA
    verdict = "Length depends little on the count of a category."
    if strong and found.statistic > 0:
        verdict = "Rare categories have short vectors, close to their random start; use frequent ones (min_count)."
    elif strong:
        verdict = "Rare categories have longer vectors: they overfit. See shrink(), or damping in training."
    yield Finding(
        check="length by count",
        value=float(found.statistic),
        p_value=float(found.pvalue),
        verdict=verdict,
        concern=bool(strong),
    )


def rows(inputs: DiagnosisInputs) -> Iterator[Finding]:
    """Check whether all categories have a vector of their own."""
    vectors, n = inputs.vectors, len(inputs.vectors)
    trained = trained_rows(vectors, inputs.untrained)
    if vectors.counts is not None or vectors.unknown is not None or inputs.untrained is not None:
        never = int((~trained).sum())
        verdict = "All categories were trained."
        if never:
            verdict = f"{never:,} of {n:,} categories were never trained; their vectors mean nothing."
        yield Finding(
            check="never updated",
            value=never,
            reference=float(n),
            reference_name="in all",
            verdict=verdict,
            concern=never > MANY_UNTRAINED * n,
        )
    zeros = int((~vectors.vectors[trained].any(axis=1)).sum())
    own = vectors.vectors[trained & vectors.vectors.any(axis=1)]
    # Adding 0 makes zeros of either sign equal as bytes.
    same = len(own) - len({row.tobytes() for row in own + np.float32(0)})
    problems = [f"{zeros:,} trained categories have a vector of zeros"] if zeros else []
    problems += [f"{same:,} have the same vector as another"] if same else []
    yield Finding(
        check="zero or duplicate",
        value=zeros + same,
        reference=float(n),
        reference_name="in all",
        verdict=f"{'; '.join(problems).capitalize()}." if problems else "All trained vectors differ.",
        concern=bool(problems),
    )


def distance_from_start(inputs: DiagnosisInputs) -> Iterator[Finding]:
    """Check how far training has moved the vectors."""
    start = inputs.untrained
    if start is None:
        return
    if start.dim != inputs.vectors.dim:
        raise DataError(
            f"untrained has {start.dim} dimensions, and {inputs.vectors.owner} has {inputs.vectors.dim}; give the "
            "start of the same fit."
        )
    chosen = inputs.shared({"untrained": start})
    share = inputs.weights(chosen) / inputs.weights(chosen).sum()
    now, then = inputs.tables([inputs.vectors, start], chosen)
    moved, began = (np.sqrt(share @ np.square(each, dtype=np.float64).sum(axis=1)) for each in (now - then, then))
    ratio = float(moved / began)
    verdict = f"Training moved the vectors by {ratio:.1f} times their initial length."
    if ratio < HARDLY_MOVED:
        verdict = "Vectors are mostly their random start, not what was learned; damping=0 or fewer dimensions help."
    yield Finding(check="distance from start", value=ratio, verdict=verdict, concern=ratio < HARDLY_MOVED)


def come_back(inputs: DiagnosisInputs) -> Iterator[Finding]:
    """Check how many neighbors come back in fits to other rows, as far as the noise of the vectors tells."""
    if inputs.vectors.noise is None or inputs.vectors.counts is None:
        return
    found = reliability(inputs.vectors, inputs.k)
    verdict = f"{100 * found.share:.0f} % of the {found.k} nearest come back in fits to other rows."
    if found.by_chance:
        verdict = f"The {found.k} nearest come back no more often than random ones: do not interpret them."
    yield Finding(
        check="come back",
        value=found.share,
        reference=found.chance,
        reference_name="chance",
        verdict=verdict,
        concern=found.by_chance,
    )


def halves(inputs: DiagnosisInputs) -> Iterator[Finding]:
    """Check whether fits to two halves of the rows agree: on the nearest neighbors, or as a whole.

    The categories of one half are permuted among those with about as many rows, since categories with equal counts may
    be similar for that alone. The p-value is twice the smaller one of the two statistics (Bonferroni).
    """
    if not inputs.halves:
        return
    chosen = inputs.shared(inputs.named("halves"))
    k, weights = inputs.size(len(chosen), "The intersection of the halves"), inputs.weights(chosen)
    one, two = inputs.tables(inputs.halves, chosen)
    found = agreement_of_halves(one, two, weights, k, inputs.n_permutations, inputs.seed)
    p_value = min(1.0, 2 * min(found.p_neighbors, found.p_geometry))
    agree = p_value < SURE
    verdict = f"Two halves of the rows agree on the {k} nearest more than by chance."
    if agree and found.p_neighbors > found.p_geometry:
        verdict = "Two halves of the rows agree as a whole more than by chance."
    if not agree:
        verdict = "Two halves of the rows agree no better than by chance: no sign that the vectors mean anything."
    yield Finding(
        check="halves",
        value=found.neighbors,
        reference=found.neighbors_by_chance,
        reference_name="chance",
        p_value=p_value,
        verdict=verdict,
        concern=not agree,
    )


def stability(inputs: DiagnosisInputs) -> Iterator[Finding]:
    """Check whether other fits have the same neighbors, and are similar as a whole."""
    if not inputs.fits:
        return
    chosen = inputs.shared(inputs.named("fits"))
    k, weights = inputs.size(len(chosen), "The intersection of the fits"), inputs.weights(chosen)
    tables = inputs.tables([inputs.vectors, *inputs.fits], chosen)
    value, chance = float(np.average(agreement(tables, k), weights=weights)), chance_overlap(len(chosen) - 1, k)
    beyond = kappa(value, len(chosen) - 1, k)
    verdict = f"Fits agree well on the {k} nearest."
    if beyond < SLIGHT:
        verdict = f"Other fits have different neighbors: do not interpret the {k} nearest."
    elif beyond < FAIR:
        verdict = f"Fits agree fairly on the {k} nearest; interpret them with care."
    yield Finding(
        check="stability",
        value=value,
        reference=chance,
        reference_name="chance",
        verdict=verdict,
        concern=beyond < SLIGHT,
    )
    whole = float(pairwise_cka(tables, weights).mean())
    permuted = permuted_cka(tables[0], tables[1], weights, N_PERMUTED_TABLES, inputs.seed)
    similar = whole > permuted.max()
    yield Finding(
        check="geometry",
        value=whole,
        reference=float(permuted.mean()),
        reference_name="chance",
        p_value=(1 + int((permuted >= whole).sum())) / (1 + N_PERMUTED_TABLES),
        verdict="As a whole, fits are more similar than by chance."
        if similar
        else "As a whole, refits agree no better than chance.",
        concern=not similar,
    )


def side_similarity(inputs: DiagnosisInputs, column: SideColumn) -> Iterator[Finding]:
    """Check whether neighbors have similar side information.

    The rows of the side column are positions among the compared categories.
    """
    keys = inputs.compared(inputs.rows())
    table, n = inputs.vectors.vectors[keys][column.rows], len(column.rows)
    k = inputs.size(n, f"The side column {column.name!r}")
    found = column.test(nearest_rows(table, k), inputs.n_permutations, inputs.seed)
    similar = found.p_value < ALPHA and found.value > found.chance
    note = f"{n:,} of {len(keys):,} categories known, {k} nearest"
    verdict = f"Neighbors are {'more' if similar else 'no more'} similar in {column.name} than by chance"
    yield Finding(
        check=f"{column.name} {column.measure}",
        value=found.value,
        reference=found.chance,
        reference_name="chance",
        p_value=found.p_value,
        verdict=f"{verdict} ({note}).",
        concern=not similar,
    )
    known = [inputs.vectors.index_to_key[row] for row in keys[column.rows]]
    control = [each[known] for each in inputs.control if all(key in each for key in known)]
    if control:
        values = [column.similarity(column.values, nearest_rows(each, k)) for each in control]
        yield Finding(
            check=f"{column.name} {column.measure}, permuted",
            value=float(np.mean(values)),
            reference=found.value,
            reference_name="real",
            verdict="The same for vectors of permuted targets.",
        )


def beyond_control(inputs: DiagnosisInputs) -> Iterator[Finding]:
    """Check whether fits agree more than fits to permuted targets do.

    Fits to the same permuted targets also agree, since they learn the same noise. So two conditions are required. The
    neighbors overlap more than those of the control (a sign test over categories). And as a whole, every two fits are
    more similar than any two of the control (with three of each, one order of twenty). Noise often fulfills one of
    them, since two permutations differ by more than two seeds do; it rarely fulfills both
    (``benchmarks/diagnostics.py``).
    """
    if not inputs.control:
        return
    chosen = inputs.shared({**inputs.named("fits"), **inputs.named("control")})
    weights = inputs.weights(chosen)
    own = inputs.tables([inputs.vectors, *inputs.fits], chosen)
    control = inputs.tables(inputs.control, chosen)
    ranks = [float(np.mean([Spectrum.of(each, weights).effective_rank for each in some])) for some in (control, own)]
    enough = len(own) > 1 and len(control) > 1
    more_needed = "" if enough else " A comparison requires other fits, and two controls or more."
    yield Finding(
        check="effective rank, permuted",
        value=ranks[0],
        reference=ranks[1],
        reference_name="real",
        verdict=f"The same for vectors of permuted targets.{more_needed}",
    )
    if enough:
        yield from _compared_to_control(inputs, own, control, weights)


def _compared_to_control(
    inputs: DiagnosisInputs, own: list[Any], control: list[Any], weights: npt.NDArray[np.float64]
) -> Iterator[Finding]:
    k, share = inputs.size(len(weights), "The intersection of the fits"), weights / weights.sum()
    near, near_of_control = agreement(own, k), agreement(control, k)
    whole, whole_of_control = pairwise_cka(own, weights), pairwise_cka(control, weights)
    yield Finding(
        check="stability, permuted",
        value=float(share @ near_of_control),
        reference=chance_overlap(len(weights) - 1, k),
        reference_name="chance",
        verdict="Agreement of neighbors between fits to the same permuted targets.",
    )
    yield Finding(
        check="geometry, permuted",
        value=float(whole_of_control.mean()),
        reference=float(whole.mean()),
        reference_name="real",
        verdict="Similarity as a whole of fits to the same permuted targets.",
    )
    gain = share * (near - near_of_control)
    p_value = _sign_test(gain, inputs.n_permutations, inputs.seed)
    nearer, more_similar = p_value < ALPHA and gain.sum() > 0, bool(whole.min() > whole_of_control.max())
    verdict = "The vectors know more than those of permuted targets."
    if not (nearer and more_similar):
        reasons = [] if nearer else ["neighbors agree no better"]
        reasons += [] if more_similar else ["as a whole, fits are no more similar"]
        verdict = f"No sign that the vectors know more than those of permuted targets: {', and '.join(reasons)}."
    yield Finding(
        check="beyond permuted targets",
        value=float(gain.sum()),
        reference=0.0,
        reference_name="none",
        p_value=p_value,
        verdict=verdict,
        concern=not (nearer and more_similar),
    )


def _sign_test(differences: npt.NDArray[np.float64], n_permutations: int, seed: int) -> float:
    """Return the probability of a sum as large if the sign of each difference is random."""
    rng, total = np.random.default_rng(seed), differences.sum()
    sums = [differences @ (2.0 * rng.integers(0, 2, len(differences)) - 1) for _ in range(n_permutations)]
    return (1 + int((np.array(sums) >= total - 1e-12).sum())) / (1 + n_permutations)
