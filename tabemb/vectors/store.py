"""The vectors of several columns, by column."""

import json
from collections.abc import Iterator, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from tabemb.exceptions import ColumnError, DataError, FormatError, did_you_mean
from tabemb.files import read_whole, replacing_folder
from tabemb.vectors.category_vectors import CategoryVectors

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["EmbeddingStore", "column_file"]

_MANIFEST = "store.json"
_KIND = "tabemb.store"
_VERSION = 1


class EmbeddingStore(Mapping[str, CategoryVectors]):
    """A read-only mapping from column to its vectors.

    Parameters
    ----------
    vectors : mapping from str to CategoryVectors
        In the order of the columns.

    Raises
    ------
    DataError
        When a column is no text, or its vectors are no CategoryVectors.

    Notes
    -----
    What holds vectors elsewhere (a network, a run's folder) is a subclass that gives ``__iter__``, ``__len__`` and
    ``_vectors_of``, and makes or reads the vectors of a column when it is asked for.

    Examples
    --------
    >>> import pandas as pd
    >>> from tabemb import CategoryVectors
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

    def __init__(self, vectors: Mapping[str, CategoryVectors]) -> None:
        if not isinstance(vectors, Mapping):
            raise DataError(
                f"An EmbeddingStore is made of a mapping from column to CategoryVectors, such as "
                f"{{'dest': vectors}}; got {type(vectors).__name__}."
            )
        for column, each in vectors.items():
            if not isinstance(column, str):
                raise DataError(f"The columns of an EmbeddingStore are named by text; got {column!r}.")
            if not isinstance(each, CategoryVectors):
                raise DataError(f"Column {column!r}: expected CategoryVectors, got {type(each).__name__}.")
        self._held = dict(vectors)

    def most_similar(
        self, column: str, positive: Any, negative: Any = (), topn: int = 10, **options: Any
    ) -> list[tuple[Any, float]]:
        """Find the categories of a column that are nearest to a query.

        Parameters
        ----------
        column : str
        positive, negative, topn, **options
            As for :meth:`CategoryVectors.most_similar <tabemb.vectors.asking.Asking.most_similar>`.

        Returns
        -------
        list of (key, score)

        Raises
        ------
        ColumnError
            When there is no such column; near ones are named.
        """
        return self[column].most_similar(positive, negative, topn, **options)

    def lookup(self, frame: Any, columns: Sequence[str] | None = None) -> Any:
        """Replace columns of a table by the vectors of their categories.

        Parameters
        ----------
        frame : table of shape (n_rows, n_columns)
            pandas, polars, Arrow, or another that narwhals knows.
        columns : list of str, optional
            Which; by default all that the table has vectors for here.

        Returns
        -------
        table of the same kind
            In the place of ``dest`` stand ``dest_emb0``, ``dest_emb1``, ..., as float32. Categories that the vectors do
            not have get the vector for unknown ones, missing cells that for missing ones.

        Raises
        ------
        ColumnError
            When a column is not here or not in the table, or none of the columns here is.
        DataError
            When a vector is needed that there is not: for an unknown category, or for a missing cell.
        """
        from tabemb.vectors.lookup import look_up

        return look_up(self, frame, columns)

    def to_frame(self) -> "pd.DataFrame":
        """Return all vectors as one table, a row for each category of each column.

        Returns
        -------
        pandas.DataFrame
            The index has the levels ``column`` and ``key``, so that ``frame.loc["dest"]`` is one column; ``count`` is
            in how many rows a category was seen (missing where that is not known), then come ``emb0``, ``emb1``, ...,
            NaN beyond the length of a column's vectors.

        Examples
        --------
        >>> from tabemb import CategoryVectors
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
        """Write the vectors to a folder, a Parquet file a column, whole or not at all.

        Parameters
        ----------
        path : str or path
            The folder; an older one of an EmbeddingStore is replaced.

        Raises
        ------
        OutputError
            When the folder cannot be written, or holds anything else; it then is as it was.
        """
        path = Path(path)
        with replacing_folder(path, _parts(path)) as draft:
            files: dict[str, str] = {}
            for column, each in self.items():
                files[column] = _free(column_file(column), files)
                each.save(draft / files[column], format="parquet")
            manifest = {"format": _KIND, "version": _VERSION, "columns": files}
            (draft / _MANIFEST).write_text(json.dumps(manifest, indent=1), encoding="utf-8")

    @classmethod
    def load(cls, path: str | PathLike[str]) -> "EmbeddingStore":
        """Read a folder that :meth:`save` has written.

        Raises
        ------
        FormatError
            When there is no such folder, or it is not whole.

        Examples
        --------
        >>> import tempfile, pathlib
        >>> from tabemb import CategoryVectors
        >>> store = EmbeddingStore({"day": CategoryVectors(["mon"], [[1.0, 0.5]], name="day")})
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     store.save(pathlib.Path(folder, "vectors"))
        ...     EmbeddingStore.load(pathlib.Path(folder, "vectors")) == store
        True
        """
        return read_whole(Path(path), _read_store)

    def __getitem__(self, column: str) -> CategoryVectors:
        if column not in self:
            raise ColumnError(self._no_such(column))
        return self._vectors_of(column)

    def __contains__(self, column: object) -> bool:
        return any(column == known for known in self)

    def __iter__(self) -> Iterator[str]:
        return iter(self._held)

    def __len__(self) -> int:
        return len(self._held)

    def __repr__(self) -> str:
        sizes = ", ".join(f"{column}: {n} x {dim}" for column, (n, dim) in self._sizes().items())
        return f"{type(self).__name__}({sizes})"

    def _vectors_of(self, column: str) -> CategoryVectors:
        """Return the vectors of a column that is here."""
        return self._held[column]

    def _sizes(self) -> dict[str, tuple[int, int]]:
        """Return how many categories and dimensions each column has."""
        return {column: (len(each), each.dim) for column, each in self.items()}

    def _no_such(self, column: object) -> str:
        """Return what to say of a column that is not here."""
        return (
            f"There are no vectors of a column {column!r}. Columns: {', '.join(self) or 'none'}."
            f"{did_you_mean(column, self)}"
        )


def column_file(column: str) -> str:
    """Return the name of the file that holds a column's vectors.

    Examples
    --------
    >>> column_file("native-country"), column_file("from/to")
    ('native-country.parquet', 'from%2Fto.parquet')
    """
    return f"{quote(column, safe=' ')}.parquet"


def _free(file: str, taken: Mapping[str, str]) -> str:
    """Return a name that no file has yet, on a disk that takes "A" and "a" for the same."""
    names = {each.casefold() for each in taken.values()}
    stem, place = Path(file).stem, 2
    while file.casefold() in names:
        file, place = f"{stem}~{place}.parquet", place + 1
    return file


def _parts(path: Path) -> set[str]:
    """Return the names in an older folder of a store; none where there is no such."""
    try:
        return {_MANIFEST, *_read_manifest(path).values()}
    except FormatError:
        return set()


def _read_store(path: Path) -> EmbeddingStore:
    if not (path / _MANIFEST).is_file():
        what = f"it has no {_MANIFEST}" if path.is_dir() else "there is no such folder"
        raise FormatError(f"{path}: expected a folder that EmbeddingStore.save has written, but {what}.")
    columns = _read_manifest(path)
    return EmbeddingStore(
        {column: CategoryVectors.load(path / file, format="parquet") for column, file in columns.items()}
    )


def _read_manifest(path: Path) -> dict[str, str]:
    """Return the file of each column.

    Names of files only, so that a manifest that was tampered with reaches nothing outside its folder.
    """
    try:
        manifest = json.loads((path / _MANIFEST).read_text(encoding="utf-8"))
        kind, version, columns = manifest["format"], manifest["version"], manifest["columns"]
        plain = all(isinstance(file, str) and Path(file).name == file for file in columns.values())
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise FormatError(f"{path / _MANIFEST} is damaged: {error}. Save the vectors again.") from error
    if kind != _KIND or not plain:
        raise FormatError(f"{path / _MANIFEST} is damaged: it is not as EmbeddingStore.save writes it.")
    if version != _VERSION:
        raise FormatError(
            f"{path}: expected version {_VERSION} of an EmbeddingStore, got {version!r}. A newer tabemb has written "
            "it; update tabemb to read it."
        )
    return dict(columns)
