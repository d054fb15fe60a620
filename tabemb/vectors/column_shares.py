"""How much each column's vectors weigh where the vectors of several columns stand side by side."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tabemb.exceptions import DataError
from tabemb.vectors.shrinkage import count_weighted_mean

if TYPE_CHECKING:
    import pandas as pd

    from tabemb.vectors.category_vectors import CategoryVectors

__all__ = ["ColumnShares"]

# A column with more than half of the squared distances, and three times what the next one has, decides on the nearest
# rows nearly alone: of two columns with 0.75 and 0.25, distances go by 0.87 and 0.5.
DOMINANT, TIMES_THE_NEXT = 0.5, 3.0


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ColumnShares:
    """The length of each column's vectors, and its share in the squared distances between rows of data.

    Of two rows drawn at random, the squared distance of a column's vectors is twice their variance in the mean, and
    variances of columns side by side add up. Where one column has most of it, the nearest rows are those with the same
    or a near category of that column, whatever the others say.

    Parameters
    ----------
    names : tuple of str
        The columns.
    dims : tuple of int
        Lengths of their vectors, in numbers.
    lengths : tuple of float
        Root mean square norm of the vectors that rows of data look up.
    spreads : tuple of float
        Root mean square distance of those from their mean.
    shares : tuple of float
        Of the squared distances between rows; they add up to 1.

    Examples
    --------
    >>> from tabemb import CategoryVectors
    >>> origin = CategoryVectors(["JFK", "LGA"], [[3.0], [-3.0]], [5, 5])
    >>> month = CategoryVectors([1, 2], [[1.0], [-1.0]], [5, 5])
    >>> ColumnShares.of({"origin": origin, "month": month})
    ColumnShares(2 columns)
      origin  dimensions 1  length 3  share 90 %
      month   dimensions 1  length 1  share 10 %
      origin alone has 90 % of the squared distances between rows: the nearest rows go by it. Divide its vectors by 3
      to give it the spread of the next column.
    """

    names: tuple[str, ...]
    dims: tuple[int, ...]
    lengths: tuple[float, ...]
    spreads: tuple[float, ...]
    shares: tuple[float, ...]

    @classmethod
    def of(cls, columns: "Mapping[str, CategoryVectors]") -> "ColumnShares":
        """Measure the vectors of some columns.

        Parameters
        ----------
        columns : mapping of str to CategoryVectors
            The columns that stand side by side. Categories count by their rows; where a column has no counts, all
            count the same.

        Raises
        ------
        DataError
            When there is no column, or none in which categories differ.
        """
        measured = [_measured(each) for each in columns.values()]
        total = sum(spread**2 for _, spread in measured)
        if not total:
            raise DataError(
                "There are no distances to share between columns: expected a mapping from column to CategoryVectors in "
                f"which categories differ, got {len(measured)} columns without a difference."
            )
        return cls(
            names=tuple(columns),
            dims=tuple(each.dim for each in columns.values()),
            lengths=tuple(length for length, _ in measured),
            spreads=tuple(spread for _, spread in measured),
            shares=tuple(spread**2 / total for _, spread in measured),
        )

    @property
    def dominant(self) -> str | None:
        """The column that decides on the nearest rows nearly alone; None where there is none."""
        first, *others = sorted(self.shares, reverse=True)
        if not others or first <= DOMINANT or first < TIMES_THE_NEXT * others[0]:
            return None
        return self.names[self.shares.index(first)]

    @property
    def verdict(self) -> str:
        """A sentence."""
        if self.dominant is None:
            return "No column alone decides which rows are near."
        first, second = sorted(self.spreads, reverse=True)[:2]
        advice = (
            f" Divide its vectors by {first / second:.3g} to give it the spread of the next column." if second else ""
        )
        share = f"{100 * max(self.shares):.0f} %"
        told = f"{self.dominant} alone has {share} of the squared distances between rows"
        return f"{told}: the nearest rows go by it.{advice}"

    def to_frame(self) -> "pd.DataFrame":
        """Return a row for each column: ``dim``, ``length``, ``spread`` and ``share``, indexed by column."""
        import pandas as pd

        columns = {"dim": self.dims, "length": self.lengths, "spread": self.spreads, "share": self.shares}
        return pd.DataFrame(columns, index=pd.Index(self.names, name="column"))

    def __repr__(self) -> str:
        n = len(self.names)
        widths = max(map(len, self.names))
        lines = [f"ColumnShares({n} column{'s' if n > 1 else ''})"]
        lines += [
            f"  {name.ljust(widths)}  dimensions {dim}  length {length:.3g}  share {100 * share:.0f} %"
            for name, dim, length, share in zip(self.names, self.dims, self.lengths, self.shares, strict=True)
        ]
        return "\n".join([*lines, f"  {self.verdict}"])


def _measured(vectors: "CategoryVectors") -> tuple[float, float]:
    """Return the root mean square norm and the root mean square distance from the mean."""
    if not len(vectors):
        return 0.0, 0.0
    counts = np.ones(len(vectors), np.int64) if vectors.counts is None else vectors.counts
    weights = counts if counts.any() else np.ones(len(vectors), np.int64)
    rows = vectors.vectors.astype(np.float64)
    around = rows - count_weighted_mean(rows, weights)
    length, spread = (np.average((each**2).sum(axis=1), weights=weights) ** 0.5 for each in (rows, around))
    return float(length), float(spread)
