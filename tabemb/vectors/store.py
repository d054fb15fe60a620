"""The vectors of several columns, and the look-up of their vectors for a table."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from os import PathLike
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import numpy as np
import numpy.typing as npt

from tabemb.exceptions import ColumnError, DataError, FormatError, did_you_mean, reading
from tabemb.files import (
    check_digest,
    check_seal,
    digest_of_file,
    read_json,
    read_whole,
    replacing_folder,
    sealed,
    short_name,
)
from tabemb.table.cells import Coded
from tabemb.table.frames import Frame, read_frame
from tabemb.table.types import TableLike
from tabemb.vectors.category_vectors import CategoryVectors
from tabemb.vectors.keyed_matrix import KeyedMatrix
from tabemb.vectors.notebook import store_html

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["EmbeddingStore", "column_file", "look_up"]

_MANIFEST = "store.json"
_SUFFIX = ".parquet"
_KIND = "tabemb.store"
_VERSION = 2
# Version 1 has no digests.
_WITHOUT_DIGESTS = 1
# Columns in the repr.
_SHOWN = 8


class EmbeddingStore(Mapping[str, CategoryVectors]):
    """A read-only mapping from column to its vectors.

    Parameters
    ----------
    vectors : mapping from str to CategoryVectors
        In the order of the columns.
    shared : mapping of str to list of str, optional
        Columns that share the vectors of that name: with ``{"airport": ["origin", "dest"]}``, ``store["origin"]`` is
        ``store["airport"]``, and ``lookup`` replaces both columns. An iteration yields the name of the table alone.

    Raises
    ------
    DataError
        If a column is not named by text, or its vectors are not CategoryVectors, or ``shared`` names vectors that are
        not there, or a column that has vectors of its own.

    Notes
    -----
    A subclass that holds vectors elsewhere (a network, a run's folder) defines ``__iter__``, ``__len__`` and
    ``_vectors_of``, which makes or loads the vectors of a column on access.

    Examples
    --------
    >>> import pandas as pd
    >>> airports = CategoryVectors(["JFK", "LGA"], [[1.0, 0.1], [0.9, 0.2]], unknown=[0.0, 0.0], name="origin")
    >>> store = EmbeddingStore({"origin": airports})
    >>> store
    EmbeddingStore(origin: 2 x 2)
    >>> store.most_similar("origin", "JFK")[0][0]
    'LGA'
    >>> store.lookup(pd.DataFrame({"origin": ["LGA", "BOS"], "distance": [733, 200]}))
       origin_emb0  origin_emb1  distance
    0          0.9          0.2       733
    1          0.0          0.0       200
    """

    _shared: Mapping[str, list[str]] = MappingProxyType({})

    def __init__(
        self, vectors: Mapping[str, CategoryVectors], shared: Mapping[str, Sequence[str]] | None = None
    ) -> None:
        if not isinstance(vectors, Mapping):
            raise DataError(
                f"An EmbeddingStore takes a mapping from column to CategoryVectors, such as "
                f"{{'dest': vectors}}; got {type(vectors).__name__}."
            )
        for column, each in vectors.items():
            if not isinstance(column, str):
                raise DataError(f"The column names of an EmbeddingStore must be text; got {column!r}.")
            if not isinstance(each, CategoryVectors):
                raise DataError(f"Column {column!r}: expected CategoryVectors, got {type(each).__name__}.")
        self._vectors = dict(vectors)
        self._shared = {table: list(columns) for table, columns in (shared or {}).items()}
        for table, columns in self._shared.items():
            if table not in self._vectors:
                raise DataError(f"shared names {table!r}, which has no vectors.{did_you_mean(table, self._vectors)}")
            if double := [column for column in columns if column in self._vectors and column != table]:
                raise DataError(f"The columns {double} have vectors of their own and cannot share those of {table!r}.")

    @property
    def shared(self) -> dict[str, list[str]]:
        """The columns that share vectors, by the name of these."""
        return dict(self._shared)

    def table_of(self, column: str) -> str:
        """Return the name under which the vectors of a column are listed: its own, or that of the table it shares.

        Raises
        ------
        ColumnError
            If there are none.
        """
        if any(column == known for known in self):
            return column
        for table, columns in self.shared.items():
            if column in columns:
                return table
        raise ColumnError(self._missing_column(column))

    def most_similar(
        self, column: str, positive: Any, negative: Any = (), topn: int | None = 10, **options: Any
    ) -> Any:
        """Return the categories of a column that are nearest to a query.

        ``store.most_similar("dest", "JFK")`` is ``store["dest"].most_similar("JFK")``.
        """
        return self[column].most_similar(positive, negative, topn, **options)

    def lookup(self, frame: TableLike, columns: Sequence[str] | None = None) -> Any:
        """Return a table with columns replaced by the vectors of their categories.

        Parameters
        ----------
        frame : table of shape (n_rows, n_columns)
            pandas, polars, Arrow, or another that narwhals supports.
        columns : list of str, optional
            All columns of the table that have vectors by default.

        Returns
        -------
        table of the same library
            ``dest`` is replaced by ``dest_emb0``, ``dest_emb1``, ... of float32. Unknown categories and missing cells
            get the ``unknown`` and ``missing`` vectors.

        Raises
        ------
        ColumnError
            If a column is missing in the store or the table, or they have none in common.
        DataError
            If there are unknown categories or missing cells without a vector for them.
        """
        return look_up(self, frame, columns)

    def to_frame(self) -> "pd.DataFrame":
        """Return all vectors as one table with a row for each category of each column.

        Returns
        -------
        pandas.DataFrame
            Indexed by ``column`` and ``key``. The columns are ``count`` (missing if unknown) and ``emb0``, ``emb1``,
            ..., NaN beyond the length of a column's vectors.

        Examples
        --------
        >>> day = CategoryVectors(["mon"], [[1.0, 0.5]])
        >>> store = EmbeddingStore({"day": day, "on": CategoryVectors([True], [[2.0]])})
        >>> store.to_frame()
                     count  emb0  emb1
        column key
        day    mon    <NA>   1.0   0.5
        on     True   <NA>   2.0   NaN
        """
        import pandas as pd

        parts = []
        for column, each in self.items():
            index = pd.MultiIndex.from_arrays(
                [pd.Index([column] * len(each), dtype=object), pd.Index(each.index_to_key, dtype=object)],
                names=["column", "key"],
            )
            counts: Any = [pd.NA] * len(each) if each.counts is None else each.counts
            count = pd.Series(pd.array(counts, "Int64"), index=index, name="count")
            numbers = pd.DataFrame(each.vectors.copy(), index=index, columns=[f"emb{i}" for i in range(each.dim)])
            parts.append(pd.concat([count, numbers], axis=1))
        if parts:
            return pd.concat(parts)
        nothing = pd.MultiIndex.from_arrays([[], []], names=["column", "key"])
        return pd.DataFrame({"count": pd.array([], "Int64")}, index=nothing)

    def save(self, path: str | PathLike[str]) -> None:
        """Write the vectors to a folder atomically, one Parquet file per column, in place of an older store.

        Raises
        ------
        OutputError
            If the folder cannot be written, or has other files. It stays unchanged then.
        """
        path = Path(path)
        with replacing_folder(path, _parts(path)) as draft:
            files: dict[str, str] = {}
            for column, each in self.items():
                files[column] = _free(column_file(column), files)
                each.save(draft / files[column], format="parquet")
            digests = {file: digest_of_file(draft / file) for file in files.values()}
            manifest: dict[str, Any] = {"format": _KIND, "version": _VERSION, "columns": files, "digests": digests}
            if self.shared:
                manifest["shared"] = self.shared
            (draft / _MANIFEST).write_text(json.dumps(sealed(manifest), indent=1), encoding="utf-8")

    @classmethod
    def load(cls, path: str | PathLike[str]) -> "EmbeddingStore":
        """Load a folder that :meth:`save` has written.

        Raises
        ------
        FormatError
            If the folder is missing or damaged.

        Examples
        --------
        >>> import tempfile, pathlib
        >>> store = EmbeddingStore({"day": CategoryVectors(["mon"], [[1.0, 0.5]], name="day")})
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     store.save(pathlib.Path(folder, "vectors"))
        ...     EmbeddingStore.load(pathlib.Path(folder, "vectors")) == store
        True
        """
        return read_whole(Path(path), _read_store)

    def __getitem__(self, column: str) -> CategoryVectors:
        return self._vectors_of(self.table_of(column))

    def __contains__(self, column: object) -> bool:
        return any(column == known for known in [*self, *chain.from_iterable(self.shared.values())])

    def __iter__(self) -> Iterator[str]:
        return iter(self._vectors)

    def __len__(self) -> int:
        return len(self._vectors)

    def _ipython_key_completions_(self) -> list[str]:
        return list(self)

    def __repr__(self) -> str:
        sizes = [f"{column}: {n} x {dim}" for column, (n, dim) in self._sizes().items()]
        more = [f"... {len(sizes) - _SHOWN} more"] if len(sizes) > _SHOWN else []
        return f"{type(self).__name__}({', '.join([*sizes[:_SHOWN], *more])})"

    def _repr_html_(self) -> str:
        return store_html(self, type(self).__name__)

    def _vectors_of(self, column: str) -> CategoryVectors:
        return self._vectors[column]

    def _sizes(self) -> dict[str, tuple[int, int]]:
        """Return the number of categories and dimensions of each column."""
        return {column: (len(each), each.dim) for column, each in self.items()}

    def _missing_column(self, column: object) -> str:
        return (
            f"There are no vectors of a column {column!r}. Columns: {', '.join(self) or 'none'}."
            f"{did_you_mean(column, [*self, *chain.from_iterable(self.shared.values())])}"
        )


def look_up(vectors: Mapping[str, KeyedMatrix], frame: Any, columns: Sequence[str] | None = None) -> Any:
    """Return a table with columns replaced by the vectors of their categories; see ``EmbeddingStore.lookup``."""
    import narwhals as nw

    table = read_frame(frame, keep_index=True)
    if not table.named:
        raise DataError("Vectors are looked up by column name, and this table has no names. Pass a DataFrame.")
    # Access each once: a network's vectors are made on access.
    wanted = {column: vectors[column] for column in _columns(vectors, table, columns)}
    _check_names(table, wanted)
    native = nw.from_native(table.native, eager_only=True)
    series: list[Any] = []
    for column in table.columns:
        if column not in wanted:
            series.append(native[column])
            continue
        matrix = _matrix(column, wanted[column], table.coded(column))
        for place, numbers in enumerate(np.ascontiguousarray(matrix.T)):
            name = f"{column}_emb{place}"
            series.append(nw.new_series(name, numbers, nw.Float32, backend=native.implementation))
    return native.select(*series).to_native()


def _columns(vectors: Mapping[str, KeyedMatrix], table: Frame, columns: Sequence[str] | None) -> list[str]:
    if isinstance(columns, str):
        raise ColumnError(f"columns must be a list of names; got the text {columns!r}. Did you mean [{columns!r}]?")
    if columns is None:
        found = [column for column in table.columns if column in vectors]
        if not found:
            raise ColumnError(
                f"None of the table's columns has vectors. Its columns: {', '.join(table.columns)}. "
                f"Columns with vectors: {', '.join(vectors) or 'none'}."
            )
        return found
    for column in columns:
        if column in vectors and column not in table.columns:
            raise ColumnError(
                f"The table has no column {column!r}.{did_you_mean(column, table.columns)} "
                f"Its columns: {', '.join(table.columns)}."
            )
    return list(columns)


def _check_names(table: Frame, wanted: Mapping[str, KeyedMatrix]) -> None:
    names = Counter(column for column in table.columns if column not in wanted)
    names.update(f"{column}_emb{place}" for column, each in wanted.items() for place in range(each.dim))
    double = [name for name, count in names.items() if count > 1]
    if double:
        raise ColumnError(
            f"Two columns of the output would have the same name: {', '.join(double)}. "
            "Rename or drop those of the table."
        )


def _matrix(column: str, vectors: KeyedMatrix, cells: Coded) -> npt.NDArray[np.float32]:
    """Return the vector of each cell, as an array of shape (n_rows, dim)."""
    index, n = vectors.key_to_index, len(vectors)
    keys = cells.keys
    # The last row is for missing cells, whose code is -1.
    # Not by index.get, which would search similar names for each unknown key.
    known = [key in index for key in keys]
    rows = np.array([*(index[key] if it else n for key, it in zip(keys, known, strict=True)), n + 1], dtype=np.intp)
    used = np.unique(cells.codes)
    if vectors.unknown is None:
        unknown = [keys[code] for code in used if code >= 0 and rows[code] == n]
        if unknown:
            shown = ", ".join(map(repr, unknown[:3])) + (", ..." if len(unknown) > 3 else "")
            raise DataError(
                f"Column {column!r}: {len(unknown):,} of the table's categories have no vector ({shown}), and there "
                "is none for unknown categories. Drop these rows, or make the vectors with unknown=..."
            )
    if vectors.missing is None and len(used) and used[0] < 0:
        raise DataError(
            f"Column {column!r}: {int((cells.codes < 0).sum()):,} of the table's cells are missing, and there is no "
            "vector for missing cells. Drop these rows, or make the vectors with missing=..."
        )
    nothing = np.zeros(vectors.dim, np.float32)
    special = [nothing if each is None else each for each in (vectors.unknown, vectors.missing)]
    table = np.vstack([vectors.vectors, *special])
    return table[rows[cells.codes]]


def column_file(column: str) -> str:
    """Return the file name of a column. A name too long for a file is cut, and ends with a hash.

    Examples
    --------
    >>> column_file("native-country"), column_file("from/to")
    ('native-country.parquet', 'from%2Fto.parquet')
    """
    return short_name(quote(column, safe=" ", errors="surrogatepass"), _SUFFIX)


def _free(file: str, taken: Mapping[str, str]) -> str:
    """Return an unused file name, for file systems that ignore case too."""
    names = {each.casefold() for each in taken.values()}
    stem, place = file.removesuffix(_SUFFIX), 2
    while file.casefold() in names:
        file, place = short_name(stem, f"~{place}{_SUFFIX}"), place + 1
    return file


def _parts(path: Path) -> set[str]:
    """Return the file names of a saved store; none if there is no such folder."""
    try:
        return {_MANIFEST, *_read_manifest(path)["columns"].values()}
    except FormatError:
        return set()


def _read_store(path: Path) -> EmbeddingStore:
    if not (path / _MANIFEST).is_file():
        what = f"it has no {_MANIFEST}" if path.is_dir() else "there is no such folder"
        raise FormatError(f"{path}: expected a folder that EmbeddingStore.save has written, but {what}.")
    manifest = _read_manifest(path)
    vectors = {}
    with reading(path, "vectors that EmbeddingStore.save has written"):
        for column, file in manifest["columns"].items():
            vectors[column] = CategoryVectors.load(path / file, format="parquet")
            if manifest["version"] > _WITHOUT_DIGESTS:
                check_digest(path / file, manifest["digests"].get(file))
        return EmbeddingStore(vectors, manifest["shared"])


def _read_manifest(path: Path) -> dict[str, Any]:
    """Return the manifest, with the file of each column.

    Names with a directory are rejected, so that a manipulated manifest cannot refer to files outside of its folder.
    """
    place = path / _MANIFEST
    manifest = read_json(place)
    if not isinstance(manifest, dict) or manifest.get("format") != _KIND:
        raise FormatError(f"{place} is damaged: it was not written by EmbeddingStore.save.")
    version = manifest.get("version")
    if type(version) is not int or not _WITHOUT_DIGESTS <= version <= _VERSION:
        raise FormatError(
            f"{path}: expected version {_VERSION} of an EmbeddingStore, got {version!r}. It was written by a "
            "newer version of tabemb; update tabemb to read it."
        )
    if version > _WITHOUT_DIGESTS:
        check_seal(manifest, place)
    columns, digests, shared = manifest.get("columns"), manifest.get("digests", {}), manifest.get("shared", {})
    if not isinstance(shared, dict) or not all(
        isinstance(each, list) and all(isinstance(name, str) for name in each) for each in shared.values()
    ):
        raise FormatError(f"{place} is damaged: it does not say which columns share vectors. Save the vectors again.")
    if (
        not isinstance(columns, dict)
        or not isinstance(digests, dict)
        or not all(isinstance(file, str) and Path(file).name == file for file in columns.values())
    ):
        raise FormatError(f"{place} is damaged: it does not name a file for each column. Save the vectors again.")
    return {"columns": columns, "digests": digests, "version": version, "shared": shared}
