"""The share of each column in the distances between rows, if the vectors of the columns are concatenated."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tabemb.exceptions import DataError
from tabemb.table.notebook import as_html_table, html_note, html_view
from tabemb.vectors.category_vectors import CategoryVectors
from tabemb.vectors.shrinkage import count_weighted_mean

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ColumnShares"]

# A column with more than half of the squared distances, and three times the share of the next, determines the nearest
# rows almost alone: shares of 0.75 and 0.25 are distances of 0.87 and 0.5.
DOMINANT, TIMES_THE_NEXT = 0.5, 3.0


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ColumnShares:
    """The length of each column's vectors, and its share in the squared distances between rows of data.

    The mean squared distance between two random rows is the sum over columns of twice the variance of their vectors. If
    one column has most of it, the nearest rows are those with the same or a similar category in this column, whatever
    the others are.

    Parameters
    ----------
    names : tuple of str
        Names of the columns.
    dims : tuple of int
        Number of dimensions of each.
    lengths : tuple of float
        Root mean square norm of the vectors, over rows of data.
    spreads : tuple of float
        Root mean square distance of the vectors from their mean, over rows of data.
    shares : tuple of float
        Shares of the squared distances between rows, which add up to 1.

    Examples
    --------
    >>> origin = CategoryVectors(["JFK", "LGA"], [[3.0], [-3.0]], [5, 5])
    >>> month = CategoryVectors([1, 2], [[1.0], [-1.0]], [5, 5])
    >>> ColumnShares.of({"origin": origin, "month": month})
    ColumnShares(2 columns)
      origin  dimensions 1  length 3  share 90 %
      month   dimensions 1  length 1  share 10 %
      origin alone has 90 % of the squared distances between rows, and determines the nearest rows. Divide its vectors
      by 3 to give it the spread of the next column.
    """

    names: tuple[str, ...]
    dims: tuple[int, ...]
    lengths: tuple[float, ...]
    spreads: tuple[float, ...]
    shares: tuple[float, ...]

    @classmethod
    def of(cls, columns: Mapping[str, CategoryVectors]) -> "ColumnShares":
        """Return the shares of columns.

        Parameters
        ----------
        columns : mapping of str to CategoryVectors
            The vectors of each column. Categories are weighted by their counts, or equally without counts.

        Raises
        ------
        DataError
            If the vectors of each column are all equal, or there is no column.
        """
        measured = [_measured(each) for each in columns.values()]
        total = sum(spread**2 for _, spread in measured)
        if not total:
            raise DataError(
                "There are no distances between rows: expected a mapping from column to CategoryVectors with different "
                f"vectors, got {len(measured)} columns whose vectors are all equal."
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
        """The column that determines the nearest rows almost alone, or None."""
        first, *others = sorted(self.shares, reverse=True)
        if not others or first <= DOMINANT or first < TIMES_THE_NEXT * others[0]:
            return None
        return self.names[self.shares.index(first)]

    @property
    def verdict(self) -> str:
        """A sentence about the dominant column."""
        if self.dominant is None:
            return "No column alone determines which rows are near."
        first, second = sorted(self.spreads, reverse=True)[:2]
        advice = (
            f" Divide its vectors by {first / second:.3g} to give it the spread of the next column." if second else ""
        )
        share = f"{100 * max(self.shares):.0f} %"
        return (
            f"{self.dominant} alone has {share} of the squared distances between rows, and determines the nearest "
            f"rows.{advice}"
        )

    def to_frame(self) -> "pd.DataFrame":
        """Return a DataFrame with one row per column: ``dim``, ``length``, ``spread`` and ``share``."""
        import pandas as pd

        columns = {"dim": self.dims, "length": self.lengths, "spread": self.spreads, "share": self.shares}
        return pd.DataFrame(columns, index=pd.Index(self.names, name="column"))

    def _repr_html_(self) -> str:
        rows = [
            [name, dim, f"{length:.3g}", f"{100 * share:.0f} %"]
            for name, dim, length, share in zip(self.names, self.dims, self.lengths, self.shares, strict=True)
        ]
        titles = ["column", "dimensions", "length", "share"]
        table = as_html_table(titles, rows, titles[1:])
        note = html_note(self.verdict, mark=self.dominant is not None)
        return html_view("Column shares", "", ["in the squared distances between rows"], table, note)

    def __repr__(self) -> str:
        n = len(self.names)
        widths = max(map(len, self.names))
        lines = [f"ColumnShares({n} column{'s' if n > 1 else ''})"]
        lines += [
            f"  {name.ljust(widths)}  dimensions {dim}  length {length:.3g}  share {100 * share:.0f} %"
            for name, dim, length, share in zip(self.names, self.dims, self.lengths, self.shares, strict=True)
        ]
        return "\n".join([*lines, f"  {self.verdict}"])


def _measured(vectors: CategoryVectors) -> tuple[float, float]:
    """Return the root mean square norm and the root mean square distance from the mean."""
    if not len(vectors):
        return 0.0, 0.0
    counts = np.ones(len(vectors), np.int64) if vectors.counts is None else vectors.counts
    weights = counts if counts.any() else np.ones(len(vectors), np.int64)
    rows = vectors.vectors.astype(np.float64)
    around = rows - count_weighted_mean(rows, weights)
    length, spread = (np.average((each**2).sum(axis=1), weights=weights) ** 0.5 for each in (rows, around))
    return float(length), float(spread)
