"""Tables of the user about the categories of a run, such as a file of airports: columns for the page."""

import math
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import pandas as pd

from tabemb.exceptions import ColumnError, DataError, did_you_mean
from tabemb.experiments.tables import read_table
from tabemb.table.keys import as_key, family, identity
from tabemb.vectors.category_vectors import CategoryVectors
from tabemb.vectors.store import EmbeddingStore

__all__ = ["Side", "SideData", "side_data"]

Side: TypeAlias = str | Path | pd.DataFrame
# Without a named key, a table is about a column of the run if it has this share of its categories, or this many.
LEAST_SHARE, LEAST_FOUND = 0.1, 20
# Other columns of the run have the same keys if this share of the best one's is found.
SAME_KEYS = 0.5
# Numbers match by chance: 1 to 12 are among the counts of any table. They count half, and must hold this share and as
# many as above, unless one column has the name of the other within its own, as LocationID and PULocationID.
NUMBERS, LEAST_SHARE_OF_NUMBERS = 0.5, 0.5
# Few labels can be told apart by color whatever the number of categories.
FEW_LABELS = 12
NAMES = ("name", "title", "label")
EXAMPLES = 3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SideData:
    """What a side table says about the categories of a column.

    Parameters
    ----------
    source : str
        Name of the table.
    key : str
        The column of the table that holds the categories.
    n_found : int
        Number of categories that have a row.
    names : list of str
        Readable name of each category; empty where the table has none.
    columns : list of dict
        The other columns, as JSON values. All have a ``name`` and a ``kind``: "label" with ``labels`` (most frequent
        first) and ``codes`` (-1 for no value), "number" with ``values`` (None for no value), or "text" with ``texts``
        (empty for no value). The one that gives the names has ``is_name``.
    """

    source: str
    key: str
    n_found: int
    names: list[str]
    columns: list[dict[str, Any]]


def side_data(
    side: Side | Mapping[str, Side | SideData] | Sequence[Side],
    vectors: Mapping[str, CategoryVectors],
    *,
    key: str | None = None,
) -> dict[str, SideData]:
    """Return what side tables say about the categories of each column.

    Parameters
    ----------
    side : path, pandas.DataFrame, a list of them, or a mapping from column of the run to one of them
        A table with one row per category. Files are read by :func:`~tabemb.experiments.tables.read_table`. Its key
        column holds the categories; rows of other categories are ignored. An index with a name counts as a column. What
        this function has returned is returned again.
    vectors : mapping of str to CategoryVectors
        The vectors of each column of the run.
    key : str, optional
        The key column. By default the one that holds most of the categories of a column of the run, and few values
        twice. If it has the name of a column of the run, the table is about that column; otherwise about each column
        of which it holds half as many categories as of the best one.

    Returns
    -------
    dict of str to SideData
        For the columns of the run that a table is about.

    Raises
    ------
    ColumnError
        If ``key`` or a column of the mapping is missing.
    DataError
        If a table cannot be read, has no other column, holds no category of the run or one of them twice, or if two
        tables are about the same column.

    Examples
    --------
    >>> vectors = {"dest": CategoryVectors(["JFK", "SFO"], [[1.0, 0.0], [0.0, 1.0]])}
    >>> airports = pd.DataFrame({"faa": ["SFO", "JFK"], "name": ["San Francisco", "Kennedy"], "tz": [-8, -5]})
    >>> found = side_data(airports, vectors)["dest"]
    >>> found.key, found.names, found.columns[1]
    ('faa', ['Kennedy', 'San Francisco'], {'name': 'tz', 'kind': 'number', 'values': [-5, -8]})
    """
    if isinstance(side, Mapping) and all(isinstance(each, SideData) for each in side.values()):
        return {column: each for column, each in side.items() if isinstance(each, SideData)}
    found: dict[str, SideData] = {}
    for owners, name, table in _tables(side, vectors):
        for column, each in _data_of(_SideTable(name, table), owners, key).items():
            if column in found:
                raise DataError(
                    f"{found[column].source} and {name} are both about the column {column!r}; expected one table per "
                    "column. Join them first."
                )
            found[column] = each
    return found


def _tables(
    side: Any, vectors: Mapping[str, CategoryVectors]
) -> Iterator[tuple[dict[str, CategoryVectors], str, pd.DataFrame]]:
    """Return the columns that each table may be about, its name and the table."""
    if isinstance(side, Mapping):
        for column, each in side.items():
            if column not in vectors:
                raise ColumnError(
                    f"The run has no vectors of a column {column!r}, which the side table {_name_of(each)} is for. "
                    f"Columns: {', '.join(vectors) or 'none'}.{did_you_mean(column, list(vectors))}"
                )
            # Columns that share vectors have one page, by the name of these.
            name = vectors.table_of(column) if isinstance(vectors, EmbeddingStore) else column
            yield {name: vectors[name]}, _name_of(each), _read(each)
        return
    for each in side if isinstance(side, list | tuple) else [side]:
        yield {column: vectors[column] for column in vectors}, _name_of(each), _read(each)


def _name_of(side: Any) -> str:
    return Path(side).name if isinstance(side, str | Path) else "side"


def _read(side: Any) -> pd.DataFrame:
    if isinstance(side, str | Path):
        return read_table(side)
    if isinstance(side, pd.Series):
        side = side.to_frame()
    elif not isinstance(side, pd.DataFrame) and hasattr(side, "to_pandas"):
        side = side.to_pandas()
    if not isinstance(side, pd.DataFrame):
        raise DataError(
            "side must be the path of a table or a pandas DataFrame with one row per category, a list of them, or a "
            f"mapping from column to one of them; got {type(side).__name__}."
        )
    is_numbered = isinstance(side.index, pd.RangeIndex) and side.index.name is None
    # Categories are often the index, as for diagnose(side=...).
    return side.reset_index(drop=is_numbered or side.index.name in side.columns)


class _SideTable:
    """A side table whose cells are typed keys."""

    def __init__(self, name: str, table: pd.DataFrame) -> None:
        self.name = name
        self.columns = [str(column) for column in table.columns]
        self.cells = [[_cell(value) for value in table.iloc[:, place].tolist()] for place in range(table.shape[1])]
        if len(self.columns) < 2:
            raise DataError(
                f"The side table {name} has {len(self.columns)} column; expected one with the categories and at least "
                "one about them."
            )

    def place_of(self, column: str) -> int:
        if column not in self.columns:
            raise ColumnError(
                f"The side table {self.name} has no column {column!r}, which should hold the categories. It has: "
                f"{', '.join(self.columns)}.{did_you_mean(column, self.columns)}"
            )
        return self.columns.index(column)


class _Match:
    """The rows of a side table for the categories of a column, if a column of the table is the key."""

    def __init__(self, side: _SideTable, place: int, column: str, vectors: CategoryVectors) -> None:
        self.side, self.place, self.column, self.vectors = side, place, column, vectors
        one, two = side.columns[place].casefold(), column.casefold()
        self.has_its_name, self.is_called_alike = one == two, one in two or two in one
        cells = side.cells[place]
        self.rows = _rows_by(identity, cells, vectors.index_to_key)
        if not self.rows:
            # A code may be text in one table and a number in the other.
            self.rows = _rows_by(_plain, cells, vectors.index_to_key)
        present = [cell for cell in cells if cell is not None]
        self.uniqueness = len({identity(cell) for cell in present}) / len(present) if present else 0.0
        self.is_numeric = bool(present) and family(present[0]) == "number"

    @property
    def n_found(self) -> int:
        return len(self.rows)

    @property
    def share(self) -> float:
        return self.n_found / len(self.vectors)

    @property
    def score(self) -> float:
        """How likely the column of the table holds the categories."""
        if not self.is_enough:
            return 0.0
        likely = NUMBERS if self.is_numeric and not self.is_called_alike else 1.0
        return self.share * self.uniqueness * likely + self.has_its_name

    @property
    def is_enough(self) -> bool:
        if self.is_numeric and not self.is_called_alike:
            return self.share >= LEAST_SHARE_OF_NUMBERS and self.n_found >= LEAST_FOUND
        return self.share >= LEAST_SHARE or self.n_found >= LEAST_FOUND

    def data(self) -> SideData:
        """Return what the other columns of the table say about the categories."""
        for category, rows in self.rows.items():
            if len(rows) > 1:
                raise DataError(
                    f"The side table {self.side.name} has the category {self.vectors.index_to_key[category]!r} of "
                    f"{self.column} in the rows {rows[0] + 1:,} and {rows[1] + 1:,} of its column "
                    f"{self.side.columns[self.place]!r}; expected one row per category. Remove the others, or name "
                    "another key column (--side-key; side_key=... in Python)."
                )
        columns = []
        for place, name in enumerate(self.side.columns):
            if place == self.place:
                continue
            cells = self.side.cells[place]
            values = [
                cells[self.rows[category][0]] if category in self.rows else None
                for category in range(len(self.vectors))
            ]
            if any(value is not None for value in values):
                columns.append(_column(name, values))
        if not columns:
            raise DataError(
                f"The side table {self.side.name} has no value for any category of {self.column} beside those of its "
                f"key column {self.side.columns[self.place]!r}."
            )
        return SideData(
            source=self.side.name,
            key=self.side.columns[self.place],
            n_found=self.n_found,
            names=_take_names(columns, len(self.vectors)),
            columns=columns,
        )


def _data_of(side: _SideTable, owners: Mapping[str, CategoryVectors], key: str | None) -> dict[str, SideData]:
    """Return the data of a side table for the columns that it is about."""
    places = range(len(side.columns)) if key is None else [side.place_of(key)]
    matches = [
        _Match(side, place, column, vectors) for place in places for column, vectors in owners.items() if len(vectors)
    ]
    found = [each for each in matches if each.n_found]
    if key is None:
        found = [each for each in found if each.score]
    if not found:
        raise DataError(_no_overlap(side, owners, key, matches))
    best = max(found, key=lambda each: (each.score, each.n_found))
    if best.has_its_name:
        return {best.column: best.data()}
    least = SAME_KEYS * best.share
    return {each.column: each.data() for each in found if each.place == best.place and each.share >= least}


def _no_overlap(
    side: _SideTable, owners: Mapping[str, CategoryVectors], key: str | None, matches: Sequence[_Match]
) -> str:
    """Return the message for a table that is about no column, with examples of what was expected and of what came."""
    if key is None:
        which = "none of its columns holds"
        way = "Name the column that holds the categories (--side-key; side_key=... in Python), or give another table."
    else:
        which, way = f"its column {key!r} does not hold", "Name another key column, or give another table."
    place = 0 if key is None else side.place_of(key)
    known = "; ".join(f"{column} has {_examples(vectors.index_to_key)}" for column, vectors in owners.items())
    shown = _examples([cell for cell in side.cells[place] if cell is not None])
    most = max(matches, key=lambda each: each.n_found, default=None)
    few = (
        f" The column {side.columns[most.place]!r} holds {most.n_found} of the {len(most.vectors):,} of {most.column}."
        if most is not None and most.n_found
        else ""
    )
    return (
        f"The side table {side.name} is about no column of the run: {which} the categories of one. "
        f"{side.columns[place]!r} has {shown}; {known}.{few} {way}"
    )


def _examples(values: Sequence[Any]) -> str:
    shown = ", ".join(repr(value) for value in values[:EXAMPLES])
    return f"{shown}, ..." if len(values) > EXAMPLES else shown or "no values"


def _rows_by(read: Any, cells: Sequence[Any], keys: Iterable[Any]) -> dict[int, list[int]]:
    """Return the rows of each category that a column has."""
    categories: dict[Hashable, int] = {}
    for category, key in enumerate(keys):
        categories.setdefault(read(key), category)
    rows: dict[int, list[int]] = {}
    for row, cell in enumerate(cells):
        if cell is not None and (category := categories.get(read(cell))) is not None:
            rows.setdefault(category, []).append(row)
    return rows


def _plain(key: Any) -> str:
    """Return the text of a key; a number without decimals as an integer."""
    is_whole = family(key) == "number" and key == int(key)
    return str(int(key)) if is_whole else str(key)


def _cell(value: Any) -> Any:
    """Return a cell as a typed key, None if it is missing; what no key can be as text."""
    try:
        return as_key(value)
    except DataError:
        return str(value)


def _column(name: str, values: list[Any]) -> dict[str, Any]:
    known = [value for value in values if value is not None]
    if all(family(value) == "number" for value in known):
        return {"name": name, "kind": "number", "values": [_number(value) for value in values]}
    texts = ["" if value is None else str(value) for value in values]
    counts = Counter(text for text in texts if text)
    n_known = counts.total()
    if len(counts) == n_known > 1 or (len(counts) > FEW_LABELS and 2 * len(counts) > n_known):
        return {"name": name, "kind": "text", "texts": texts}
    codes = {label: code for code, (label, _) in enumerate(counts.most_common())}
    return {"name": name, "kind": "label", "labels": list(codes), "codes": [codes.get(text, -1) for text in texts]}


def _number(value: Any) -> int | float | None:
    if value is None or isinstance(value, int):
        # Beyond 2^53 JavaScript would round an integer anyway.
        return value if value is None or abs(value) <= 2**53 else float(value)
    number = float(value)
    return number if math.isfinite(number) else None


def _take_names(columns: list[dict[str, Any]], n: int) -> list[str]:
    """Mark the column with readable names, one called "name" or the first that differs in most rows; return them."""
    texts = [each for each in columns if each["kind"] != "number"]
    called = [each for name in NAMES for each in texts if each["name"].casefold() == name]
    chosen = next(iter(called or [each for each in texts if each["kind"] == "text"]), None)
    if chosen is None:
        return [""] * n
    chosen["is_name"] = True
    if chosen["kind"] == "text":
        return list(chosen["texts"])
    return ["" if code < 0 else chosen["labels"][code] for code in chosen["codes"]]
