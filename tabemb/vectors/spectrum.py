"""In how many directions the vectors of a column differ, by the singular values of their table."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["Spectrum"]

FloatArray = npt.NDArray[np.floating[Any]]

# Singular values come from the squares of the numbers, which lose everything below this share of the largest.
LOST = 1e-7


@dataclass(frozen=True, slots=True, eq=False)
class Spectrum:
    """The singular values of a table of vectors, the largest first.

    Parameters
    ----------
    singular_values : array of shape (dim,)

    Examples
    --------
    >>> line = Spectrum.of(np.array([[1.0, 1.0], [2.0, 2.0], [3.0, 3.0]]))
    >>> line.effective_rank, line.information_abundance, line.dimensions(0.95)
    (1.0, 1.0, 1)
    """

    singular_values: npt.NDArray[np.float64]

    @classmethod
    def of(cls, vectors: FloatArray, weights: npt.ArrayLike | None = None, *, center: bool = True) -> "Spectrum":
        """Return the spectrum of some vectors.

        Parameters
        ----------
        vectors : array of shape (n, dim)
            A row a category.
        weights : array of shape (n,), optional
            How often each row counts, 0 or more and not all 0; with counts it is the spectrum of the vectors that the
            rows of data look up, instead of that of the table.
        center : bool, default=True
            Whether the mean is taken away: what all vectors have in common tells no category from another. The papers
            leave it in.
        """
        rows = np.asarray(vectors, np.float64)
        counted = np.ones(len(rows)) if weights is None else np.asarray(weights, np.float64)
        share = counted / counted.sum()
        if center:
            # From the first row, so that rows that are all the same become zeros to the last digit.
            rows = rows - rows[0]
            rows = rows - share @ rows
        squares = np.linalg.eigvalsh(rows.T @ (share[:, None] * rows))[::-1]
        return cls(np.sqrt(squares.clip(LOST**2 * max(squares[0], 0.0))) * (squares > LOST**2 * squares[0]))

    @property
    def effective_rank(self) -> float:
        """The exponential of the entropy of the singular values (Roy & Vetterli 2007, "The effective rank", eq. 2).

        From 1, all on one line, to ``dim``, the same in all directions; 0 where the vectors do not differ.
        """
        total = self.singular_values.sum()
        if not total:
            return 0.0
        shares = self.singular_values[self.singular_values > 0] / total
        return float(np.exp(-(shares * np.log(shares)).sum()))

    @property
    def information_abundance(self) -> float:
        """The sum of the singular values over the largest (Guo et al. 2024, arXiv:2310.04400, definition 3.1).

        From 1 to ``dim``; low where embeddings have collapsed; 0 where the vectors do not differ.
        """
        largest = self.singular_values[0]
        return float(self.singular_values.sum() / largest) if largest else 0.0

    def dimensions(self, share: float) -> int:
        """Return how many principal directions carry a share, in (0, 1], of the variance; 0 where there is none."""
        carried = np.cumsum(self.singular_values**2)
        # Rounding may leave the sum of all a little below the last.
        return int(np.searchsorted(carried, share * carried[-1] * (1 - 1e-12)) + 1) if carried[-1] else 0
