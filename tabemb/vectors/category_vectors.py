"""The learned vectors of one column: an immutable value that answers questions by key."""

from collections.abc import Iterable, Iterator, Mapping
from os import PathLike
from typing import Any

import numpy as np
import numpy.typing as npt

from tabemb.vectors.aligning import Aligning
from tabemb.vectors.analogies import Analogies
from tabemb.vectors.arrays import count_array, float_array
from tabemb.vectors.asking import Asking
from tabemb.vectors.averaging import Averaging
from tabemb.vectors.clusters import Clustering
from tabemb.vectors.comparing import Comparing
from tabemb.vectors.diagnostics import Diagnosing
from tabemb.vectors.framing import Framing
from tabemb.vectors.indexing import Indexing
from tabemb.vectors.key_index import KeyIndex
from tabemb.vectors.plots.accessor import Plotting
from tabemb.vectors.querying import is_several
from tabemb.vectors.search import Search
from tabemb.vectors.shrinking import Shrinking

__all__ = ["CategoryVectors"]


class CategoryVectors(
    Asking, Analogies, Averaging, Clustering, Comparing, Indexing, Shrinking, Aligning, Diagnosing, Framing, Plotting
):
    """The vectors of the categories of one column.

    A value: nothing changes it once it is made, and its arrays are read-only. Names are gensim's (``KeyedVectors``).

    Parameters
    ----------
    keys : iterable of scalars
        The categories, the most frequent first. They keep their type: 1 and 1.0 are one category, ``"1"`` and
        ``True`` are two more.
    vectors : array-like of shape (n, dim)
        A row for each key; finite, kept as float32. A ``numpy.memmap`` of float32 and mode "r" stays in its file.
    counts : array-like of int of shape (n,), optional
        In how many rows each category was seen.
    name : str, default=""
        The column.
    unknown, missing : array-like of shape (dim,), optional
        The vectors for a category that was not seen in training, and for a missing cell.

    Attributes
    ----------
    name : str
    index_to_key : list
    key_to_index : mapping from key to int
    vectors : float32 array of shape (n, dim)
    counts : int64 array of shape (n,) or None
    unknown, missing : float32 array of shape (dim,) or None
    dim : int

    Raises
    ------
    DataError
        When shapes do not fit, a number is not finite, or a key comes twice.

    Examples
    --------
    >>> vectors = CategoryVectors(["JFK", "LGA", "SFO"], [[1.0, 0.1], [0.9, 0.2], [-1.0, 0.3]], name="origin")
    >>> vectors
    CategoryVectors(origin: 3 categories x 2)
    >>> vectors["LGA"]
    array([0.9, 0.2], dtype=float32)
    >>> vectors[["LGA", "SFO"]].shape
    (2, 2)
    >>> [key for key, cosine in vectors.most_similar("JFK")]
    ['LGA', 'SFO']
    """

    __slots__ = ("_counts", "_index", "_missing", "_name", "_searches", "_unknown", "_vectors")

    def __init__(
        self,
        keys: Iterable[Any],
        vectors: npt.ArrayLike,
        counts: npt.ArrayLike | None = None,
        *,
        name: str = "",
        unknown: npt.ArrayLike | None = None,
        missing: npt.ArrayLike | None = None,
    ) -> None:
        self._name = str(name)
        self._index = KeyIndex(keys, column=self._name)
        keys = self._index.keys_in_order
        self._vectors = float_array(vectors, "vectors", (len(keys), None), owner=self._owner(), keys=keys)
        self._counts = None if counts is None else count_array(counts, len(keys), owner=self._owner())
        self._unknown = None if unknown is None else self._row(unknown, "unknown")
        self._missing = None if missing is None else self._row(missing, "missing")
        # Made when they are first needed; they follow from the vectors, and are no part of the value.
        self._searches: dict[type, Search] = {}

    @property
    def name(self) -> str:
        """The column."""
        return self._name

    @property
    def keys(self) -> list[Any]:
        """The categories; the same as ``index_to_key``."""
        return list(self._index)

    @property
    def index_to_key(self) -> list[Any]:
        """The categories, in the order of the rows of ``vectors``."""
        return list(self._index)

    @property
    def key_to_index(self) -> Mapping[Any, int]:
        """From a category to its row; as a dict, but 1 and ``True`` are two keys."""
        return self._index

    @property
    def vectors(self) -> npt.NDArray[np.float32]:
        """The vectors, one row for each category."""
        return self._vectors

    @property
    def counts(self) -> npt.NDArray[np.int64] | None:
        """In how many rows each category was seen, where that is known."""
        return self._counts

    @property
    def unknown(self) -> npt.NDArray[np.float32] | None:
        """The vector of categories that were not seen in training."""
        return self._unknown

    @property
    def missing(self) -> npt.NDArray[np.float32] | None:
        """The vector of missing cells."""
        return self._missing

    @property
    def dim(self) -> int:
        """The length of a vector."""
        return int(self._vectors.shape[1])

    def __len__(self) -> int:
        return len(self._index)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._index)

    def __contains__(self, key: object) -> bool:
        return key in self._index

    def __getitem__(self, key: Any) -> npt.NDArray[np.float32]:
        if is_several(key):
            return self._vectors[np.array([self._index[each] for each in key], dtype=np.intp)]
        row: npt.NDArray[np.float32] = self._vectors[self._index[key]]
        return row

    def save(self, path: str | PathLike[str], *, format: str | None = None) -> None:  # noqa: A002
        """Write the vectors to a file, whole or not at all.

        Parameters
        ----------
        path : str or path
            Its suffix tells the format. All bring keys of every type, numbers, and the vectors for unknown and missing
            back exactly:

            - ``.parquet``, ``.npz``, ``.safetensors`` and ``.jsonl`` (or ``.ndjson``) keep everything; the second and
              the third can be mapped into memory;
            - ``.projector`` is a folder for TensorBoard's Embedding Projector, and keeps everything;
            - ``.csv`` opens in a spreadsheet, and keeps all but the name, which is that of the file;
            - ``.txt``, ``.vec`` and ``.w2v`` are word2vec text, ``.bin`` its binary file and ``.glove`` GloVe text,
              which other programs read, without counts and name.
        format : str, optional
            ``"parquet"``, ``"npz"``, ``"safetensors"``, ``"jsonl"``, ``"projector"``, ``"csv"``, ``"word2vec"``,
            ``"word2vec_binary"`` or ``"glove"``, for a name with another suffix.

        Raises
        ------
        UnknownNameError
            When no format goes by that suffix or name.
        OutputError
            When the file cannot be written; an old one then is as it was.

        Examples
        --------
        >>> import tempfile, pathlib
        >>> vectors = CategoryVectors(["New York", 7], [[1.0, 0.5], [-1.0, 0.5]], name="dest")
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = pathlib.Path(folder, "dest.parquet")
        ...     vectors.save(path)
        ...     CategoryVectors.load(path) == vectors
        True
        """
        from tabemb.vectors.formats import find_format

        find_format(path, format).write(self, path)

    @classmethod
    def load(
        cls,
        path: str | PathLike[str],
        *,
        format: str | None = None,  # noqa: A002
        mmap: bool = False,
    ) -> "CategoryVectors":
        """Read vectors that :meth:`save` has written, or another program's word2vec or GloVe file, gzip or not.

        Parameters
        ----------
        path : str or path
        format : str, optional
            As in :meth:`save`.
        mmap : bool, default=False
            Whether the vectors stay in the file, and are read where they are looked at: many processes then share one
            copy, and it may be larger than memory. Formats npz and safetensors. The file is read through once, to see
            that all numbers are finite, and must not be changed in place meanwhile (:meth:`save` puts a new one in its
            place, which does no harm). Keys and counts are read as ever.

        Raises
        ------
        UnknownNameError
            When no format goes by that suffix or name.
        FormatError
            When there is no such file, it is not whole, or cannot be mapped; the message says what was expected, and
            for text in which line.

        Examples
        --------
        >>> import tempfile, pathlib
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = pathlib.Path(folder, "dest.npz")
        ...     CategoryVectors(["JFK", "SFO"], [[1.0, 0.5], [-1.0, 0.5]]).save(path)
        ...     CategoryVectors.load(path, mmap=True).vectors.sum(axis=0)
        array([0., 1.], dtype=float32)
        """
        from tabemb.vectors.formats import find_format

        return find_format(path, format).read(path, mmap=mmap)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, CategoryVectors):
            return NotImplemented
        return (
            self._name == other._name
            and self._index == other._index
            and _same(self._vectors, other._vectors)
            and _same(self._counts, other._counts)
            and _same(self._unknown, other._unknown)
            and _same(self._missing, other._missing)
        )

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        title = f"{self._name}: " if self._name else ""
        return f"CategoryVectors({title}{len(self)} {'category' if len(self) == 1 else 'categories'} x {self.dim})"

    def __deepcopy__(self, memo: Any) -> "CategoryVectors":
        # Nothing changes it, so that a copy would only cost memory: scikit-learn's clone copies parameters.
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        # Through the constructor, so that what comes out of a pickle is valid and read-only too.
        return _rebuild, (self.keys, self._vectors, self._counts, self._name, self._unknown, self._missing)

    def _row(self, values: npt.ArrayLike, what: str) -> npt.NDArray[np.float32]:
        return float_array(values, what, (self.dim,), owner=self._owner())

    def _owner(self) -> str:
        return f"Column {self._name!r}" if self._name else "CategoryVectors"


def _rebuild(
    keys: list[Any],
    vectors: npt.ArrayLike,
    counts: npt.ArrayLike | None,
    name: str,
    unknown: npt.ArrayLike | None,
    missing: npt.ArrayLike | None,
) -> CategoryVectors:
    return CategoryVectors(keys, vectors, counts, name=name, unknown=unknown, missing=missing)


def _same(one: npt.NDArray[Any] | None, two: npt.NDArray[Any] | None) -> bool:
    return one is two or (one is not None and two is not None and np.array_equal(one, two))
