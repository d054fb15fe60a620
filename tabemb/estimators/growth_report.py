"""What a table added to the vocabularies of an estimator."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import pandas as pd
from sklearn.utils.validation import check_is_fitted

from tabemb.exceptions import FormatError
from tabemb.table.keys import Key, key_from_json, key_to_json

__all__ = ["ColumnGrowth", "GrowthReport", "growth_to_json", "last_growth", "take_growth"]

N_EXAMPLES = 3
# An estimator without a report; None is one whose report was not saved.
NONE = object()


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
        :func:`tabemb.table.frequency_drift.jensen_shannon`. NaN for hashed columns.
    unit : {"rows", "values"}, default="rows"
        What the numbers count: rows, or the values of cells that hold several.
    hashed : bool, default=False
        Whether the column finds vectors by hashes. Then no category is added, because new ones have vectors without it.
    n_hashed_new, rows_of_hashed_new : int, default=0
        Number of categories of a hashed column that the fit certainly did not have, and of their rows: no category of
        the fit has one of their vectors. Others may be new too.
    """

    n_rows: int
    new: tuple[Key, ...]
    rows_of_new: tuple[int, ...]
    rows_unknown: int
    n_unknown: int
    unknown: tuple[Key, ...]
    drift: float
    unit: str = "rows"
    hashed: bool = False
    n_hashed_new: int = 0
    rows_of_hashed_new: int = 0

    def to_json(self) -> dict[str, Any]:
        """Return the numbers and the keys as JSON values."""
        keys = {name: [key_to_json(each) for each in getattr(self, name)] for name in ("new", "unknown")}
        drift = None if math.isnan(self.drift) else self.drift
        return asdict(self) | keys | {"rows_of_new": list(self.rows_of_new), "drift": drift}

    @classmethod
    def from_json(cls, data: Any) -> "ColumnGrowth":
        """Return the growth of a column from the output of :meth:`to_json`.

        Raises
        ------
        FormatError
            If an entry is missing or invalid.
        """
        names = {field.name for field in fields(cls)}
        if not isinstance(data, Mapping) or set(data) != names:
            raise FormatError(f"its growth report has a column without the entries {', '.join(sorted(names))}")
        new, unknown = (tuple(map(key_from_json, data[name])) for name in ("new", "unknown"))
        counts, drift = tuple(data["rows_of_new"]), math.nan if data["drift"] is None else data["drift"]
        numbers = [data[name] for name in names if name.startswith(("n_", "rows_")) and name != "rows_of_new"]
        if (
            any(type(each) is not int or each < 0 for each in [*counts, *numbers])
            or len(counts) != len(new)
            or type(drift) not in (int, float)
            or drift < 0
            or drift > 1
            or data["unit"] not in ("rows", "values")
            or type(data["hashed"]) is not bool
        ):
            raise FormatError(f"its growth report has a column with an invalid entry: {dict(data)!r:.200}")
        return cls(**{**data, "new": new, "unknown": unknown, "rows_of_new": counts, "drift": drift})


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
        """Return a data frame with a row per column.

        For hashed columns, ``new_categories``, ``rows_of_new`` and ``share_of_new`` count the categories that are
        certainly new, and the drift is NaN.
        """
        rows = {
            column: {
                "new_categories": each.n_hashed_new if each.hashed else len(each.new),
                "rows_of_new": _rows_of_new(each),
                "share_of_new": _rows_of_new(each) / max(1, each.n_rows),
                "unknown_categories": each.n_unknown,
                "rows_unknown": each.rows_unknown,
                "drift": each.drift,
                "new": list(each.new),
                "hashed": each.hashed,
            }
            for column, each in self.items()
        }
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis("column")

    def __repr__(self) -> str:
        lines = []
        for column, each in self.items():
            rows = f"{_rows_of_new(each):,} of {each.n_rows:,} {each.unit}"
            if each.hashed:
                line = f"{column}: hashed, nothing to add; at least {each.n_hashed_new:,} new categories in {rows}"
            else:
                line = f"{column}: {len(each.new):,} new categories in {rows}{_listed(each.new, len(each.new))}"
            if each.n_unknown:
                line += f"; {each.n_unknown:,} remain unknown{_listed(each.unknown, each.n_unknown)}"
            lines.append(line if each.hashed else f"{line}; drift {each.drift:.2f}")
        return "\n".join(lines) or "GrowthReport(no categorical columns)"


def last_growth(estimator: Any) -> GrowthReport:
    """Return the report of the last ``extend`` or ``partial_fit`` of an estimator.

    Raises
    ------
    NotFittedError
        If the estimator is not fitted.
    AttributeError
        If there was neither since the fit, or the estimator was saved without its report.
    """
    check_is_fitted(estimator, "encoder_")
    report = vars(estimator).get("_growth", NONE)
    if report is None:
        raise AttributeError(
            "No growth report was saved with this estimator: the tabemb that saved it did not save reports. The next "
            "extend or partial_fit makes one."
        )
    if not isinstance(report, GrowthReport):
        raise AttributeError(
            "There is no growth report: since the fit, neither extend nor partial_fit has read a further table."
        )
    return report


def growth_to_json(estimator: Any) -> dict[str, Any] | None:
    """Return the growth report of a fitted estimator as JSON values, None if it has none."""
    report = vars(estimator).get("_growth")
    return None if report is None else {column: each.to_json() for column, each in report.items()}


def take_growth(estimator: Any, state: Mapping[str, Any]) -> None:
    """Give a loaded estimator its growth report, from the entry "growth" of its state.

    Raises
    ------
    FormatError
        If the report is invalid.
    """
    saved = state.get("growth")
    if saved is not None and not isinstance(saved, Mapping):
        raise FormatError(f"its growth report is {saved!r:.80}; expected an entry for each column")
    if saved is not None:
        estimator._growth = GrowthReport({column: ColumnGrowth.from_json(each) for column, each in saved.items()})
    elif "growth" not in state:
        estimator._growth = None


def _rows_of_new(growth: ColumnGrowth) -> int:
    return growth.rows_of_hashed_new if growth.hashed else sum(growth.rows_of_new)


def _listed(keys: tuple[Key, ...], n_keys: int) -> str:
    shown = ", ".join(map(repr, keys[:N_EXAMPLES]))
    return f": {shown}{', ...' if n_keys > N_EXAMPLES else ''}" if shown else ""
