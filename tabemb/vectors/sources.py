"""Sources of vectors (memory, other libraries, files), and the matching of their keys to the categories of a column."""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tabemb.exceptions import DataError
from tabemb.table.keys import as_key, identity
from tabemb.table.similar_words import SimilarWords, folded
from tabemb.vectors.arrays import float_array
from tabemb.vectors.formats import find_format
from tabemb.vectors.keyed_matrix import KeyedMatrix

__all__ = [
    "FOLDED",
    "LACKING",
    "WAYS",
    "WHOLE",
    "WORDS",
    "Match",
    "VectorSource",
    "match",
    "similar_words",
    "source_of",
]

Wanted = Callable[[Any], bool]

WAYS = ("whole", "folded", "words", "lacking")
WHOLE, FOLDED, WORDS, LACKING = range(4)


class VectorSource(ABC):
    """Vectors by key, given by a user, from which some keys can be selected."""

    def __init__(self, given: Any) -> None:
        self._given = given

    @classmethod
    @abstractmethod
    def takes(cls, given: Any) -> bool:
        """Return whether a value is a source of this kind."""

    @abstractmethod
    def select(self, wanted: Wanted) -> KeyedMatrix:
        """Return the vectors of the keys that are wanted, in the order of the source.

        Raises
        ------
        DataError
            If the vectors differ in length, or are not finite.
        FormatError
            If a file is damaged.
        """

    @abstractmethod
    def __str__(self) -> str:
        """Return a short description."""


class _Keyed(VectorSource):
    """``CategoryVectors``, or gensim's ``KeyedVectors``: a mapping from key to row, and rows."""

    @classmethod
    def takes(cls, given: Any) -> bool:
        return isinstance(getattr(given, "key_to_index", None), Mapping) and (
            hasattr(given, "vectors") or hasattr(given, "__getitem__")
        )

    def select(self, wanted: Wanted) -> KeyedMatrix:
        given = self._given
        chosen = [(key, row) for key, row in given.key_to_index.items() if wanted(key)]
        keys = [key for key, _ in chosen]
        if getattr(given, "vectors", None) is not None:
            rows = np.asarray(given.vectors)[[row for _, row in chosen]]
        else:
            rows = np.array([given[key] for key in keys])
        special = {name: getattr(given, name, None) for name in ("unknown", "missing")}
        return _matrix(keys, rows, str(self), **(special if isinstance(given, KeyedMatrix) else {}))

    def __str__(self) -> str:
        given = self._given
        return repr(given) if isinstance(given, KeyedMatrix) else f"{type(given).__name__} of {len(given):,} keys"


class _File(VectorSource):
    """The path of a file of any format."""

    @classmethod
    def takes(cls, given: Any) -> bool:
        return isinstance(given, str | PathLike)

    def select(self, wanted: Wanted) -> KeyedMatrix:
        path = Path(self._given).expanduser()
        return find_format(path).select(path, wanted)

    def __str__(self) -> str:
        return str(self._given)


class _Frame(VectorSource):
    """A table of pandas, polars or Arrow with the keys in its index, or in its only column that is not numeric."""

    @classmethod
    def takes(cls, given: Any) -> bool:
        return hasattr(given, "columns") and (hasattr(given, "iloc") or hasattr(given, "to_pandas"))

    def select(self, wanted: Wanted) -> KeyedMatrix:
        import pandas as pd

        frame = self._given if isinstance(self._given, pd.DataFrame) else self._given.to_pandas()
        numeric = [bool(pd.api.types.is_numeric_dtype(dtype)) for dtype in frame.dtypes]
        others = [place for place, is_number in enumerate(numeric) if not is_number]
        if isinstance(frame.index, pd.RangeIndex) and len(others) == 1:
            keys = frame.iloc[:, others[0]].tolist()
        elif not isinstance(frame.index, pd.RangeIndex) and not others:
            keys = frame.index.tolist()
        else:
            raise DataError(
                "A frame of vectors must have its keys in the index and only numeric columns, or its keys in the only "
                f"column that is not numeric; this one has the columns {_first_names(frame.columns)}, {len(others)} of "
                f"them not numeric, and {'no keys' if isinstance(frame.index, pd.RangeIndex) else 'keys'} in its index."
            )
        chosen = [row for row, key in enumerate(keys) if wanted(key)]
        rows = frame.iloc[chosen, [place for place, is_number in enumerate(numeric) if is_number]]
        return _matrix([keys[row] for row in chosen], rows.to_numpy(np.float64), str(self))

    def __str__(self) -> str:
        return f"{type(self._given).__name__} of {len(self._given):,} rows"


class _ByKey(VectorSource):
    """A mapping from key to vector."""

    @classmethod
    def takes(cls, given: Any) -> bool:
        return isinstance(given, Mapping)

    def select(self, wanted: Wanted) -> KeyedMatrix:
        keys = [key for key in self._given if wanted(key)]
        try:
            rows = np.array([np.asarray(self._given[key], np.float64) for key in keys])
        except (TypeError, ValueError) as error:
            raise DataError(f"{self}: expected numeric vectors of the same length; {error}.") from error
        return _matrix(keys, rows, str(self))

    def __str__(self) -> str:
        return f"{type(self._given).__name__} of {len(self._given):,} keys"


_KINDS: tuple[type[VectorSource], ...] = (_Keyed, _File, _Frame, _ByKey)


def source_of(given: Any) -> VectorSource:
    """Return the source for a value.

    Parameters
    ----------
    given : CategoryVectors, KeyedVectors, path, frame or mapping
        gensim's ``KeyedVectors`` are recognized by ``key_to_index`` with ``vectors`` or ``[key]``.

    Raises
    ------
    DataError
        If it is none of these.

    Examples
    --------
    >>> source = source_of({"nurse": [1.0, 0.0], "pilot": [0.0, 1.0]})
    >>> source.select({"pilot"}.__contains__).vectors
    array([[0., 1.]], dtype=float32)
    """
    for kind in _KINDS:
        if kind.takes(given):
            return kind(given)
    raise DataError(
        "Expected vectors as CategoryVectors, gensim's KeyedVectors, the path of a file (GloVe, word2vec, or what "
        "CategoryVectors.save wrote), a mapping from key to vector, or a frame with a row for each key; got "
        f"{type(given).__name__}."
    )


@dataclass(frozen=True, eq=False)
class Match:
    """The vectors of a source that match the categories of a column.

    Parameters
    ----------
    vectors : ndarray of float32 of shape (n, dim)
        One row per category, zero if it was not found.
    how : ndarray of int of shape (n,)
        How each category was found, as a position in :data:`WAYS`.
    unknown, missing : ndarray of float32 of shape (dim,) or None
        Vectors of the source for unknown categories and missing cells.
    """

    vectors: npt.NDArray[np.float32]
    how: npt.NDArray[np.intp]
    unknown: npt.NDArray[np.float32] | None = None
    missing: npt.NDArray[np.float32] | None = None

    @property
    def found(self) -> npt.NDArray[np.bool_]:
        """Whether each category was found."""
        found: npt.NDArray[np.bool_] = self.how != LACKING
        return found


def match(keys: Sequence[Any], source: VectorSource) -> Match:
    """Find the vectors of categories (unique keys) in a source, which is read once.

    Categories are matched exactly, by key and type; text then :func:`folded` (ignoring case and punctuation), then word
    by word: the mean of the vectors of its words, weighted by their inverse document frequency over the categories of
    the column (``1 + log((1 + n) / (1 + n_with_the_word))``, Salton & Buckley 1988). Of several spellings in the source
    the lower case one is used, or else the first.

    Examples
    --------
    >>> words = source_of({"nurse": [1.0, 0.0], "registered": [0.0, 1.0], "pilot": [-1.0, 0.0]})
    >>> found = match(["pilot", "Nurse", "registered nurse", "welder"], words)
    >>> [WAYS[way] for way in found.how]
    ['whole', 'folded', 'words', 'lacking']
    >>> found.vectors[2].round(2)
    array([0.44, 0.56], dtype=float32)
    """
    names = [folded(key) if isinstance(key, str) else "" for key in keys]
    having = source.select(_KeysToMatch(keys, names))
    rows = _rows_by_folded_key(having)
    counts = Counter(word for name in names for word in set(name.split()))
    weights = {word: 1 + float(np.log((1 + len(names)) / (1 + count))) for word, count in counts.items()}
    vectors = np.zeros((len(keys), having.dim), np.float32)
    how = np.full(len(keys), LACKING, np.intp)
    for place, (key, name) in enumerate(zip(keys, names, strict=True)):
        if key in having:
            vectors[place], how[place] = having[key], WHOLE
        elif name in rows:
            vectors[place], how[place] = having.vectors[rows[name]], FOLDED
        elif words := [word for word in name.split() if word in rows]:
            its = having.vectors[[rows[word] for word in words]].astype(np.float64)
            vectors[place] = np.average(its, axis=0, weights=[weights[word] for word in words])
            how[place] = WORDS
    return Match(vectors, how, having.unknown, having.missing)


def similar_words(keys: Sequence[Any], source: VectorSource, min_cosine: float) -> SimilarWords:
    """Return the words of a source, to find the categories most similar to further ones.

    Parameters
    ----------
    keys : sequence of keys
        The categories.
    source : VectorSource
        Is read whole.
    min_cosine : float
        Minimal cosine similarity of a match.

    Examples
    --------
    >>> words = source_of({"nurse": [1.0, 0.1], "medic": [0.9, 0.2], "pilot": [-1.0, 0.0]})
    >>> similar_words(["Pilot", "nurse"], words, 0.7).find(["medic"])
    array([1])
    """
    having = source.select(lambda key: isinstance(key, str))
    return SimilarWords(_rows_by_folded_key(having), having.vectors, keys, min_cosine)


class _KeysToMatch:
    """Predicate: whether a key of a source may match a category."""

    def __init__(self, keys: Sequence[Any], names: Sequence[str]) -> None:
        self._texts = {key for key in keys if isinstance(key, str)}
        self._others = {identity(key) for key in keys if not isinstance(key, str)}
        self._names = {word for name in names for word in (name, *name.split()) if word}

    def __call__(self, key: Any) -> bool:
        if isinstance(key, str):
            return key in self._texts or folded(key) in self._names
        return bool(self._others) and _identity(key) in self._others


def _identity(key: Any) -> Hashable:
    try:
        known = as_key(key)
    except DataError:
        return None
    return None if known is None else identity(known)


def _rows_by_folded_key(having: KeyedMatrix) -> dict[str, int]:
    rows: dict[str, int] = {}
    for row, key in enumerate(having):
        if isinstance(key, str) and (name := folded(key)) and (name not in rows or key == name):
            rows[name] = row
    return rows


def _matrix(keys: list[Any], rows: Any, owner: str, **special: Any) -> KeyedMatrix:
    if not keys:
        return KeyedMatrix([], np.zeros((0, 1)))
    return KeyedMatrix(keys, float_array(rows, "vectors", (len(keys), None), owner=owner, keys=keys), **special)


def _first_names(names: Any) -> str:
    shown = ", ".join(map(str, list(names)[:5]))
    return f"{shown}, ..." if len(names) > 5 else shown
