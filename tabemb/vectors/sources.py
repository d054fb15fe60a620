"""Where vectors may come from: values in memory, other libraries' objects, files; each is asked for some keys only."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from tabemb.exceptions import DataError
from tabemb.vectors.arrays import float_array
from tabemb.vectors.category_vectors import CategoryVectors
from tabemb.vectors.formats import find_format

__all__ = ["Source", "source_of"]

Wanted = Callable[[Any], bool]


class Source(ABC):
    """Vectors by key, of which some are wanted.

    Parameters
    ----------
    given : object
        What the user gave.
    """

    def __init__(self, given: Any) -> None:
        self._given = given

    @classmethod
    @abstractmethod
    def takes(cls, given: Any) -> bool:
        """Return whether a value is a source of this kind."""

    @abstractmethod
    def select(self, wanted: Wanted) -> CategoryVectors:
        """Return the vectors of the keys that are wanted, in the order of the source.

        Raises
        ------
        DataError
            When the vectors are not of one length, or not finite.
        FormatError
            When a file is not whole.
        """

    @abstractmethod
    def __str__(self) -> str:
        """Return what it is, in a few words."""


class _Keyed(Source):
    """``CategoryVectors``, and gensim's ``KeyedVectors``: a mapping from key to row, and rows."""

    @classmethod
    def takes(cls, given: Any) -> bool:
        return isinstance(getattr(given, "key_to_index", None), Mapping) and (
            hasattr(given, "vectors") or hasattr(given, "__getitem__")
        )

    def select(self, wanted: Wanted) -> CategoryVectors:
        given = self._given
        chosen = [(key, row) for key, row in given.key_to_index.items() if wanted(key)]
        keys = [key for key, _ in chosen]
        if getattr(given, "vectors", None) is not None:
            rows = np.asarray(given.vectors)[[row for _, row in chosen]]
        else:
            rows = np.array([given[key] for key in keys])
        special = {name: getattr(given, name, None) for name in ("unknown", "missing")}
        return _vectors(keys, rows, str(self), **(special if isinstance(given, CategoryVectors) else {}))

    def __str__(self) -> str:
        given = self._given
        return repr(given) if isinstance(given, CategoryVectors) else f"{type(given).__name__} of {len(given):,} keys"


class _File(Source):
    """A path to any of the formats."""

    @classmethod
    def takes(cls, given: Any) -> bool:
        return isinstance(given, str | PathLike)

    def select(self, wanted: Wanted) -> CategoryVectors:
        path = Path(self._given).expanduser()
        return find_format(path).select(path, wanted)

    def __str__(self) -> str:
        return str(self._given)


class _Frame(Source):
    """A table of pandas, polars or Arrow: keys in its index, or in the one column that is no number."""

    @classmethod
    def takes(cls, given: Any) -> bool:
        return hasattr(given, "columns") and (hasattr(given, "iloc") or hasattr(given, "to_pandas"))

    def select(self, wanted: Wanted) -> CategoryVectors:
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
                "A frame of vectors has its keys in the index and nothing but numbers beside them, or the keys in the "
                f"one column that is no number; this one has the columns {_few(frame.columns)}, of which {len(others)} "
                f"are no numbers, and {'no keys' if isinstance(frame.index, pd.RangeIndex) else 'keys'} in its index."
            )
        chosen = [row for row, key in enumerate(keys) if wanted(key)]
        rows = frame.iloc[chosen, [place for place, is_number in enumerate(numeric) if is_number]]
        return _vectors([keys[row] for row in chosen], rows.to_numpy(np.float64), str(self))

    def __str__(self) -> str:
        return f"{type(self._given).__name__} of {len(self._given):,} rows"


class _ByKey(Source):
    """A mapping from key to vector."""

    @classmethod
    def takes(cls, given: Any) -> bool:
        return isinstance(given, Mapping)

    def select(self, wanted: Wanted) -> CategoryVectors:
        keys = [key for key in self._given if wanted(key)]
        try:
            rows = np.array([np.asarray(self._given[key], np.float64) for key in keys])
        except (TypeError, ValueError) as error:
            raise DataError(f"{self}: expected vectors of numbers, all of one length; {error}.") from error
        return _vectors(keys, rows, str(self))

    def __str__(self) -> str:
        return f"{type(self._given).__name__} of {len(self._given):,} keys"


_KINDS: tuple[type[Source], ...] = (_Keyed, _File, _Frame, _ByKey)


_WANTED = (
    "CategoryVectors, gensim's KeyedVectors, the path of a file (GloVe, word2vec, or what CategoryVectors.save wrote), "
    "a mapping from key to vector, or a frame with a row for each key"
)


def source_of(given: Any) -> Source:
    """Return the source that a value is.

    Parameters
    ----------
    given : CategoryVectors, KeyedVectors, path, frame or mapping
        gensim's ``KeyedVectors`` are known by their ``key_to_index``, with ``vectors`` or ``[key]``.

    Raises
    ------
    DataError
        When it is none of these.

    Examples
    --------
    >>> source = source_of({"nurse": [1.0, 0.0], "pilot": [0.0, 1.0]})
    >>> source.select({"pilot"}.__contains__).vectors
    array([[0., 1.]], dtype=float32)
    """
    for kind in _KINDS:
        if kind.takes(given):
            return kind(given)
    raise DataError(f"Expected vectors as {_WANTED}; got {type(given).__name__}.")


def _vectors(keys: list[Any], rows: Any, name: str, **special: Any) -> CategoryVectors:
    if not keys:
        return CategoryVectors([], np.zeros((0, 1)))
    return CategoryVectors(keys, float_array(rows, "vectors", (len(keys), None), owner=name, keys=keys), **special)


def _few(names: Any) -> str:
    shown = ", ".join(map(str, list(names)[:5]))
    return f"{shown}, ..." if len(names) > 5 else shown
