"""Vectors cut to the few directions in which they differ most."""

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["Truncation"]

FloatArray = npt.NDArray[np.floating[Any]]


class Truncation:
    """The vectors of a column, by singular values: around their mean, and by how many rows have each.

    Of all linear spaces of ``rank`` dimensions, the one that is kept has the least mean square of what is cut off
    (Eckart & Young 1936, "The approximation of one matrix by another of lower rank").

    Parameters
    ----------
    vectors : array of shape (n, dim)
        A row a category.
    counts : array of shape (n,)
        How much each row counts, 0 or more.
    n_blocks : int, default=1
        Vectors that are short ones side by side are cut block by block; ``dim`` is a multiple of it.

    Examples
    --------
    >>> airports = np.array([[1.0, 2.0], [2.0, 4.0], [3.0, 6.0]])
    >>> bool(np.allclose(Truncation(airports, [1, 1, 1]).to(1), airports))
    True
    """

    def __init__(self, vectors: FloatArray, counts: npt.ArrayLike, *, n_blocks: int = 1) -> None:
        rows, weights = np.asarray(vectors, np.float64), np.asarray(counts, np.float64)
        share = weights / weights.sum() if weights.sum() else np.full(len(rows), 1 / len(rows))
        self._mean = share @ rows
        self._blocks = np.split(rows - self._mean, n_blocks, axis=1)
        # The directions from the one in which the rows differ most to the least.
        self._directions = [np.linalg.eigh(each.T @ (share[:, None] * each))[1][:, ::-1] for each in self._blocks]

    def to(self, rank: int) -> FloatArray:
        """Return the vectors, of the same shape, without all but ``rank`` directions of each block."""
        kept = [
            rows @ directions[:, :rank] @ directions[:, :rank].T
            for rows, directions in zip(self._blocks, self._directions, strict=True)
        ]
        cut: FloatArray = self._mean + np.concatenate(kept, axis=1)
        return cut
