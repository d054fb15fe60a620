"""What a table added to the vocabularies of an estimator."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

from tabemb.table.keys import Key

__all__ = ["ColumnGrowth", "GrowthReport"]

N_EXAMPLES = 3


@dataclass(frozen=True, kw_only=True)
class ColumnGrowth:
    """The categories that a table added to a column.

    Parameters
    ----------
    n_rows : int
        Number of rows of the table.
    new : tuple of keys
        Categories that were added, the most frequent first.
    rows_of_new : tuple of int
        Number of rows of each of them.
    rows_unknown, n_unknown : int
        Number of rows, and of categories, that remain unknown: too rare for ``min_frequency``, without room in
        ``max_categories``, or in a column that was not to be extended.
    unknown : tuple of keys
        Some of them, the most frequent first.
    drift : float
        Jensen-Shannon distance of the frequencies in the table to those so far, in [0, 1]; see
        :func:`tabemb.table.frequency_drift.jensen_shannon`.
    unit : {"rows", "values"}, default="rows"
        What the numbers count: rows, or the values of cells that hold several.
    """

    n_rows: int
    new: tuple[Key, ...]
    rows_of_new: tuple[int, ...]
    rows_unknown: int
    n_unknown: int
    unknown: tuple[Key, ...]
    drift: float
    unit: str = "rows"


class GrowthReport(Mapping[str, ColumnGrowth]):
    """A mapping from categorical column to its ColumnGrowth, with a readable repr.

    Parameters
    ----------
    columns : mapping of str to ColumnGrowth
        All categorical columns.

    Examples
    --------
    >>> import pandas as pd
    >>> from tabemb import EmbeddingClassifier
    >>> june = pd.DataFrame({"dest": ["IAH", "MIA"] * 20})
    >>> july = pd.DataFrame({"dest": ["IAH", "MIA", "MIA", "TVC"] * 10})
    >>> model = EmbeddingClassifier(max_epochs=1, random_state=0).fit(june, [0, 1] * 20)
    >>> model.extend(july).growth_report_
    dest: 1 new categories in 10 of 40 rows: 'TVC'; drift 0.39
    >>> model.new_categories_
    {'dest': ['TVC']}
    """

    def __init__(self, columns: Mapping[str, ColumnGrowth]) -> None:
        self._columns = dict(columns)

    def __getitem__(self, column: str) -> ColumnGrowth:
        return self._columns[column]

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)

    def to_frame(self) -> pd.DataFrame:
        """Return a data frame with a row per column."""
        rows = {
            column: {
                "new_categories": len(each.new),
                "rows_of_new": sum(each.rows_of_new),
                "share_of_new": sum(each.rows_of_new) / max(1, each.n_rows),
                "unknown_categories": each.n_unknown,
                "rows_unknown": each.rows_unknown,
                "drift": each.drift,
                "new": list(each.new),
            }
            for column, each in self.items()
        }
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis("column")

    def __repr__(self) -> str:
        lines = []
        for column, each in self.items():
            rows = f"{sum(each.rows_of_new):,} of {each.n_rows:,} {each.unit}"
            line = f"{column}: {len(each.new):,} new categories in {rows}{_listed(each.new, len(each.new))}"
            if each.n_unknown:
                line += f"; {each.n_unknown:,} remain unknown{_listed(each.unknown, each.n_unknown)}"
            lines.append(f"{line}; drift {each.drift:.2f}")
        return "\n".join(lines) or "GrowthReport(no categorical columns)"


def _listed(keys: tuple[Key, ...], n_keys: int) -> str:
    shown = ", ".join(map(repr, keys[:N_EXAMPLES]))
    return f": {shown}{', ...' if n_keys > N_EXAMPLES else ''}" if shown else ""
