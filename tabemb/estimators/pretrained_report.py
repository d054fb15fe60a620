"""What a fit found among the vectors that it was to begin with."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from tabemb.table.keys import key_from_json, key_to_json
from tabemb.vectors.sources import WAYS, Match

__all__ = ["ColumnReport", "PretrainedReport"]

N_EXAMPLES = 5
IN_WORDS = {
    "whole": "found whole",
    "folded": "found but for case and punctuation",
    "words": "found by their words",
    "lacking": "not found",
}


@dataclass(frozen=True, kw_only=True)
class ColumnReport:
    """How the categories of a column were found.

    Parameters
    ----------
    source : str
        Where they were looked for.
    dim : int
        How long the vectors there are; it says nothing where none was found.
    categories, rows : dict of str to int
        For each way ("whole", "folded", "words", "lacking") the number of categories, and of rows that have them.
    examples : dict of str to tuple
        For each way some categories, the most frequent first.
    """

    source: str
    dim: int
    categories: dict[str, int]
    rows: dict[str, int]
    examples: dict[str, tuple]

    @classmethod
    def of(cls, source: str, match: Match, keys: tuple, counts: np.ndarray) -> "ColumnReport":
        """Return the report of a look-up.

        Parameters
        ----------
        source : str
            Where the categories were looked for.
        match : Match
            What was found.
        keys : tuple of n keys
            The categories, the most frequent first.
        counts : ndarray of int of shape (n,)
            How many rows have each.
        """
        places = {way: np.flatnonzero(match.how == number) for number, way in enumerate(WAYS)}
        return cls(
            source=source,
            dim=match.vectors.shape[1],
            categories={way: len(its) for way, its in places.items()},
            rows={way: int(counts[its].sum()) for way, its in places.items()},
            examples={way: tuple(keys[place] for place in its[:N_EXAMPLES]) for way, its in places.items()},
        )

    def to_json(self) -> dict[str, Any]:
        """Return the report as JSON values."""
        examples = {way: [key_to_json(key) for key in keys] for way, keys in self.examples.items()}
        return {
            "source": self.source,
            "dim": self.dim,
            "categories": self.categories,
            "rows": self.rows,
            "examples": examples,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "ColumnReport":
        """Return the report that :meth:`to_json` wrote."""
        examples = {way: tuple(map(key_from_json, keys)) for way, keys in data["examples"].items()}
        return cls(**{**data, "examples": examples})


class PretrainedReport(Mapping[str, ColumnReport]):
    """A mapping from column to how its categories were found; it shows itself as text.

    Parameters
    ----------
    columns : mapping of str to ColumnReport
        The columns that were to begin with vectors that are there.

    Examples
    --------
    >>> import pandas as pd
    >>> from tabemb import EmbeddingClassifier
    >>> jobs = pd.DataFrame({"job": ["nurse", "Pilot", "welder", "pilot"] * 10})
    >>> words = {"nurse": [1.0, 0.5], "pilot": [-1.0, 0.5]}
    >>> model = EmbeddingClassifier(pretrained={"job": words}, one_hot_max_categories=0, max_epochs=1, random_state=0)
    >>> model.fit(jobs, [0, 1, 0, 1] * 10).pretrained_report_
    job: 4 categories in 40 rows, looked for in dict of 2 keys (vectors of 2 numbers)
      found whole                         2 categories (50 %), 20 rows (50 %): 'nurse', 'pilot'
      found but for case and punctuation  1 categories (25 %), 10 rows (25 %): 'Pilot'
      found by their words                0 categories (0 %), 0 rows (0 %)
      not found                           1 categories (25 %), 10 rows (25 %): 'welder'
    >>> model.pretrained_report_.to_frame()["rows"].tolist()
    [20, 10, 0, 10]
    """

    def __init__(self, columns: Mapping[str, ColumnReport]) -> None:
        self._columns = dict(columns)

    def __getitem__(self, column: str) -> ColumnReport:
        return self._columns[column]

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)

    def to_frame(self) -> pd.DataFrame:
        """Return a row for each column and way, with categories, rows, their share, and examples."""
        return pd.DataFrame(
            [
                {
                    "column": column,
                    "found": way,
                    "categories": each.categories[way],
                    "rows": each.rows[way],
                    "share_of_rows": each.rows[way] / max(1, sum(each.rows.values())),
                    "examples": list(each.examples[way]),
                }
                for column, each in self.items()
                for way in WAYS
            ],
            columns=["column", "found", "categories", "rows", "share_of_rows", "examples"],
        )

    def __repr__(self) -> str:
        lines = []
        for column, each in self.items():
            n_categories, n_rows = sum(each.categories.values()), sum(each.rows.values())
            length = f" (vectors of {each.dim} numbers)" if each.categories["lacking"] < n_categories else ""
            asked = f"{n_categories:,} categories in {n_rows:,} rows"
            lines.append(f"{column}: {asked}, looked for in {each.source}{length}")
            for way, words in IN_WORDS.items():
                of_categories, of_rows = each.categories[way], each.rows[way]
                shown = ", ".join(map(repr, each.examples[way])) + (", ..." if of_categories > N_EXAMPLES else "")
                lines.append(
                    f"  {words:<34}  {of_categories:,} categories ({_percent(of_categories, n_categories)}), "
                    f"{of_rows:,} rows ({_percent(of_rows, n_rows)})" + (f": {shown}" if shown else "")
                )
        return "\n".join(lines) or "PretrainedReport(no column began with vectors from elsewhere)"


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole if whole else 0:.0f} %"
