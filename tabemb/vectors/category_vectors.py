"""The learned vectors of one column: an immutable value that answers questions by key."""

from collections.abc import Iterable
from os import PathLike
from typing import Any

import numpy as np
import numpy.typing as npt

from tabemb.vectors.aligning import Aligning
from tabemb.vectors.analogies import Analogies
from tabemb.vectors.asking import Asking
from tabemb.vectors.averaging import Averaging
from tabemb.vectors.clusters import Clustering
from tabemb.vectors.comparing import Comparing
from tabemb.vectors.diagnostics import Diagnosing
from tabemb.vectors.framing import Framing
from tabemb.vectors.indexing import Indexing
from tabemb.vectors.keyed_matrix import KeyedMatrix
from tabemb.vectors.plots.accessor import Plotting
from tabemb.vectors.querying import is_several
from tabemb.vectors.search import Search
from tabemb.vectors.shrinking import Shrinking

__all__ = ["CategoryVectors"]


class CategoryVectors(
    Asking,
    Analogies,
    Averaging,
    Clustering,
    Comparing,
    Indexing,
    Shrinking,
    Aligning,
    Diagnosing,
    Framing,
    Plotting,
    KeyedMatrix,
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

    __slots__ = ("_searches",)

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
        super().__init__(keys, vectors, counts, name=name, unknown=unknown, missing=missing)
        # Derived from the vectors when first needed; not part of the value.
        self._searches: dict[type, Search] = {}

    @classmethod
    def wrap(cls, matrix: KeyedMatrix) -> "CategoryVectors":
        """Return a matrix as :class:`CategoryVectors`, sharing its arrays without checking or copying them."""
        made = super().wrap(matrix)
        made._searches = {}
        return made

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

    def _row(self, values: npt.ArrayLike, what: str) -> npt.NDArray[np.float32]:
        return self.vector(values, what)

    def _owner(self) -> str:
        return self.owner
