"""How far the categories of a column have moved between two fits."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from tabemb.vectors.alignment import SharedKeys, aligned, rotation, scaling
from tabemb.vectors.keyed_matrix import KeyedMatrix
from tabemb.vectors.neighbors import FEWEST, agreement, chance_overlap, heaviest, neighborhood_size
from tabemb.vectors.similarity import cosines

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Drift", "drift_between"]

FloatArray = npt.NDArray[np.float64]

# Shuffles for the residual by chance; more change its second digit at most.
N_SHUFFLED = 5
SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Drift:
    """How far each category that two fits share has moved, after alignment.

    Parameters
    ----------
    name : str
        Name of the column.
    keys : tuple
        Shared categories, in the order of the later vectors.
    cosines : array of shape (n_shared,)
        Cosine of each aligned vector and the reference's: 1 if the direction did not change.
    distances : array of shape (n_shared,)
        Euclidean distance of the two, divided by the weighted root mean square length of the reference's vectors.
    overlaps : array of shape (n_shared,)
        Jaccard index of the nearest neighbors among the shared categories, of more than 5,000 among those with the
        largest weights; NaN for the others, and if fewer than three are shared.
    weights : array of shape (n_shared,)
        Weight of each category in the alignment; see :class:`~tabemb.vectors.alignment.SharedKeys`.
    counts, reference_counts : array of int of shape (n_shared,) or None
        Number of rows of each category, if known.
    new, gone : tuple
        Categories only in the later vectors, and only in the reference.
    residual : float
        Squared distances after alignment as a share of the squared lengths of both sides: 0 for equal vectors, 1 for
        unrelated ones.
    chance_residual : float
        The same with the reference's vectors shuffled, mean of five. It is low if there are as many dimensions as
        categories.
    chance_overlap : float
        Expected overlap of random neighbors.
    k : int
        Number of neighbors compared; 0 if fewer than three categories are shared.
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
        """Weighted mean of the cosines."""
        return float(np.average(self.cosines, weights=self.weights))

    @property
    def mean_overlap(self) -> float:
        """Weighted mean overlap of the neighbors."""
        known = np.isfinite(self.overlaps)
        return float(np.average(self.overlaps[known], weights=self.weights[known])) if known.any() else float("nan")

    def to_frame(self) -> "pd.DataFrame":
        """Return a table with one row per shared category, the largest ``distance`` first.

        Returns
        -------
        pandas.DataFrame
            Indexed by category; columns ``cosine``, ``distance``, ``overlap``, ``weight``, and ``count`` and
            ``reference_count`` if known.
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
            lines.append(
                f"  overlap   {self.mean_overlap:.3f}  (of the {self.k} nearest; chance {self.chance_overlap:.3f})"
            )
        most = np.argsort(-self.distances, kind="stable")[:SHOWN]
        lines.append(f"  moved most: {', '.join(f'{self.keys[row]!r} ({self.distances[row]:.2f})' for row in most)}")
        return "\n".join(lines)


def drift_between(own: KeyedMatrix, reference: KeyedMatrix, *, scale: bool = False, k: int | None = None) -> Drift:
    """Return how far the shared categories have moved since the reference; see ``CategoryVectors.drift``."""
    shared, keys = SharedKeys.of(own, reference), own.index_to_key
    rows, onto = _rows(aligned(own, reference, scale=scale), shared.own), _rows(reference, shared.reference)
    share, n = shared.weights / shared.weights.sum(), len(shared)
    length = float(np.sqrt(share @ (onto**2).sum(axis=1)))
    near, some = np.full(n, np.nan), heaviest(shared.weights)
    size = neighborhood_size(len(some), k, of="The set of shared categories") if n >= FEWEST or k is not None else 0
    if size:
        near[some] = agreement([rows[some], onto[some]], size)
    return Drift(
        name=own.name,
        keys=tuple(keys[row] for row in shared.own),
        cosines=np.asarray(cosines(rows, onto), np.float64),
        distances=np.sqrt(((rows - onto) ** 2).sum(axis=1)) / length,
        overlaps=near,
        weights=shared.weights,
        counts=None if own.counts is None else own.counts[shared.own],
        reference_counts=None if reference.counts is None else reference.counts[shared.reference],
        new=tuple(key for key in own if key not in reference),
        gone=tuple(key for key in reference if key not in own),
        residual=_residual(rows, onto, share),
        chance_residual=_chance_residual(rows, onto, share, scale),
        chance_overlap=chance_overlap(len(some) - 1, size) if size else float("nan"),
        k=size,
    )


def _rows(matrix: KeyedMatrix, rows: npt.NDArray[np.intp]) -> FloatArray:
    return matrix.vectors[rows].astype(np.float64)


def _residual(rows: FloatArray, onto: FloatArray, share: FloatArray) -> float:
    lengths = share @ (rows**2).sum(axis=1) + share @ (onto**2).sum(axis=1)
    return float(share @ ((rows - onto) ** 2).sum(axis=1) / lengths)


def _chance_residual(rows: FloatArray, onto: FloatArray, share: FloatArray, scale: bool) -> float:
    rng, found = np.random.default_rng(0), []
    for _ in range(N_SHUFFLED):
        shuffled = onto[rng.permutation(len(onto))]
        turned = rows @ rotation(rows, shuffled, share)
        found.append(_residual(turned * (scaling(turned, shuffled, share) if scale else 1.0), shuffled, share))
    return float(np.mean(found))
