"""How far the categories of a column have moved between two fits."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from tabemb.vectors.alignment import rotation, scaling
from tabemb.vectors.neighbors import FEWEST, agreement, chance_overlap, heaviest, neighbourhood_size
from tabemb.vectors.pairing import Pairing
from tabemb.vectors.similarity import unit_rows

if TYPE_CHECKING:
    import pandas as pd

    from tabemb.vectors.category_vectors import CategoryVectors

__all__ = ["Drift", "drift_between"]

FloatArray = npt.NDArray[np.float64]

# Shuffled pairings whose mean residual is that of chance; more change its second digit at most.
N_SHUFFLED = 5
SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Drift:
    """How far each category that two fits share has moved, after alignment.

    Parameters
    ----------
    name : str
        The column.
    keys : tuple
        The shared categories, in the order of the later vectors.
    cosines : array of shape (n_shared,)
        Between the aligned and the reference vector: 1 for a category that points where it did.
    distances : array of shape (n_shared,)
        Euclidean, as multiples of the typical length of the reference's vectors (root mean square, weighted).
    overlaps : array of shape (n_shared,)
        Jaccard index of the nearest neighbours among the shared categories, of more than 5,000 among those that count
        most; NaN for the others, and where fewer than three are shared.
    weights : array of shape (n_shared,)
        How much each category counted for the alignment; see :class:`~tabemb.vectors.pairing.Pairing`.
    counts, reference_counts : array of int of shape (n_shared,) or None
        Rows of each category, where they are known.
    new, gone : tuple
        Categories that only the later vectors have, and those that only the reference has.
    residual : float
        What alignment left: the squared distances as a share of the squared lengths of both sides, from 0 for equal
        vectors to 1 for vectors that have nothing in common.
    chance_residual : float
        The same where the reference's vectors are dealt out to the categories at random, mean of five. With as many
        dimensions as categories it is low.
    chance_overlap : float
        The overlap of random neighbours.
    k : int
        How many neighbours were compared; 0 where fewer than three categories are shared.
    """

    name: str
    keys: tuple[Any, ...]
    cosines: FloatArray
    distances: FloatArray
    overlaps: FloatArray
    weights: FloatArray
    counts: npt.NDArray[np.int64] | None
    reference_counts: npt.NDArray[np.int64] | None
    new: tuple[Any, ...]
    gone: tuple[Any, ...]
    residual: float
    chance_residual: float
    chance_overlap: float
    k: int

    @property
    def mean_cosine(self) -> float:
        """The weighted mean of the cosines."""
        return float(np.average(self.cosines, weights=self.weights))

    @property
    def mean_overlap(self) -> float:
        """The weighted mean overlap of neighbours."""
        known = np.isfinite(self.overlaps)
        return float(np.average(self.overlaps[known], weights=self.weights[known])) if known.any() else float("nan")

    def to_frame(self) -> "pd.DataFrame":
        """Return a row for each shared category, the one that moved most (by ``distance``) first.

        Returns
        -------
        pandas.DataFrame
            Indexed by category; columns ``cosine``, ``distance``, ``overlap``, ``weight``, and ``count`` and
            ``reference_count`` where they are known.
        """
        import pandas as pd

        order = np.argsort(-self.distances, kind="stable")
        columns = {
            "cosine": self.cosines,
            "distance": self.distances,
            "overlap": self.overlaps,
            "weight": self.weights,
            "count": self.counts,
            "reference_count": self.reference_counts,
        }
        keys = [self.keys[place] for place in order]
        known = {name: values[order] for name, values in columns.items() if values is not None}
        return pd.DataFrame(known, index=pd.Index(keys, name=self.name or None))

    def __repr__(self) -> str:
        title = f"{self.name}: " if self.name else ""
        lines = [
            f"Drift({title}{len(self.keys):,} shared categories, {len(self.new):,} new, {len(self.gone):,} gone)",
            f"  residual  {self.residual:.3f}  (chance {self.chance_residual:.3f})",
            f"  cosine    {self.mean_cosine:.3f}",
        ]
        if self.k:
            told = f"of the {self.k} nearest; chance {self.chance_overlap:.3f}"
            lines.append(f"  overlap   {self.mean_overlap:.3f}  ({told})")
        most = np.argsort(-self.distances, kind="stable")[:SHOWN]
        lines.append(f"  moved most: {', '.join(f'{self.keys[row]!r} ({self.distances[row]:.2f})' for row in most)}")
        return "\n".join(lines)


def drift_between(
    own: "CategoryVectors", reference: "CategoryVectors", *, scale: bool = False, k: int | None = None
) -> Drift:
    """Return how far the shared categories are from the reference's; see ``CategoryVectors.drift``.

    Parameters
    ----------
    own, reference : CategoryVectors
        The later vectors and the earlier ones.
    scale : bool, default=False
        Whether the alignment may make all vectors longer or shorter.
    k : int, optional
        How many neighbours are compared.
    """
    pairs = Pairing.of(own, reference)
    rows, onto = _shared(own.align(reference, scale=scale), pairs.own), _shared(reference, pairs.reference)
    share, n = pairs.weights / pairs.weights.sum(), len(pairs)
    length = float(np.sqrt(share @ (onto**2).sum(axis=1)))
    near, some = np.full(n, np.nan), heaviest(pairs.weights)
    size = neighbourhood_size(len(some), k, of="What both share") if n >= FEWEST or k is not None else 0
    if size:
        near[some] = agreement([rows[some], onto[some]], size)
    return Drift(
        name=own.name,
        keys=tuple(own.index_to_key[row] for row in pairs.own),
        cosines=np.clip((unit_rows(rows) * unit_rows(onto)).sum(axis=1), -1, 1),
        distances=np.sqrt(((rows - onto) ** 2).sum(axis=1)) / length,
        overlaps=near,
        weights=pairs.weights,
        counts=None if own.counts is None else own.counts[pairs.own],
        reference_counts=None if reference.counts is None else reference.counts[pairs.reference],
        new=tuple(key for key in own if key not in reference),
        gone=tuple(key for key in reference if key not in own),
        residual=_residual(rows, onto, share),
        chance_residual=_chance_residual(rows, onto, share, scale),
        chance_overlap=chance_overlap(len(some) - 1, size) if size else float("nan"),
        k=size,
    )


def _shared(vectors: "CategoryVectors", rows: npt.NDArray[np.intp]) -> FloatArray:
    return vectors.vectors[rows].astype(np.float64)


def _residual(rows: FloatArray, onto: FloatArray, share: FloatArray) -> float:
    lengths = share @ (rows**2).sum(axis=1) + share @ (onto**2).sum(axis=1)
    return float(share @ ((rows - onto) ** 2).sum(axis=1) / lengths)


def _chance_residual(rows: FloatArray, onto: FloatArray, share: FloatArray, scale: bool) -> float:
    rng, found = np.random.default_rng(0), []
    for _ in range(N_SHUFFLED):
        dealt = onto[rng.permutation(len(onto))]
        turned = rows @ rotation(rows, dealt, share)
        found.append(_residual(turned * (scaling(turned, dealt, share) if scale else 1.0), dealt, share))
    return float(np.mean(found))
