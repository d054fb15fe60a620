"""Categories of a column, looked up among vectors that were learned elsewhere: whole, or by their words."""

import re
import unicodedata
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tabemb.exceptions import DataError
from tabemb.table.keys import as_key, identity
from tabemb.vectors.category_vectors import CategoryVectors
from tabemb.vectors.sources import Source

__all__ = ["FOLDED", "LACKING", "WAYS", "WHOLE", "WORDS", "Match", "folded", "match"]

WAYS = ("whole", "folded", "words", "lacking")
WHOLE, FOLDED, WORDS, LACKING = range(4)

_BETWEEN = re.compile(r"[\W_]+")


@dataclass(frozen=True, eq=False)
class Match:
    """What a source has for the categories of a column.

    Parameters
    ----------
    vectors : ndarray of float32 of shape (n, dim)
        A row for each category; zero where there is nothing.
    how : ndarray of int of shape (n,)
        The position in :data:`WAYS` of how each was found.
    unknown, missing : ndarray of float32 of shape (dim,) or None
        What the source has for unknown categories and missing cells.
    """

    vectors: npt.NDArray[np.float32]
    how: npt.NDArray[np.intp]
    unknown: npt.NDArray[np.float32] | None = None
    missing: npt.NDArray[np.float32] | None = None

    @property
    def found(self) -> npt.NDArray[np.bool_]:
        """Which categories were found, in whatever way."""
        found: npt.NDArray[np.bool_] = self.how != LACKING
        return found


def folded(text: str) -> str:
    """Return a text without what tells spellings of one name apart: case, and all but letters and digits.

    Examples
    --------
    >>> folded("New_York"), folded(" Outlying-US(Guam-USVI-etc) ")
    ('new york', 'outlying us guam usvi etc')
    """
    low = (text if text.isascii() else unicodedata.normalize("NFKC", text)).casefold()
    return low if low.isalnum() else _BETWEEN.sub(" ", low).strip()


def match(keys: Sequence[Any], source: Source) -> Match:
    """Look categories up in a source, which is read once.

    A category is looked up as it is, with its type; then, where it is text, :func:`folded`; then by its words: the mean
    of the vectors of those that are there, weighted by their inverse document frequency over the categories of the
    column (``1 + log((1 + n) / (1 + n_with_the_word))``, Salton & Buckley 1988), so that what many categories share
    says little. Of several spellings in the source, the one in lower case counts, or else the first.

    Parameters
    ----------
    keys : sequence of keys
        The categories, each once.
    source : Source
        Where the vectors are.

    Returns
    -------
    Match

    Raises
    ------
    DataError, FormatError
        When the source cannot be used.

    Examples
    --------
    >>> from tabemb.vectors.sources import source_of
    >>> words = source_of({"nurse": [1.0, 0.0], "registered": [0.0, 1.0], "pilot": [-1.0, 0.0]})
    >>> found = match(["pilot", "Nurse", "registered nurse", "welder"], words)
    >>> [WAYS[way] for way in found.how]
    ['whole', 'folded', 'words', 'lacking']
    >>> found.vectors[2].round(2)
    array([0.44, 0.56], dtype=float32)
    """
    names = [folded(key) if isinstance(key, str) else "" for key in keys]
    having = source.select(_Wanted(keys, names))
    rows = _by_fold(having)
    weights = _idf(names)
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


class _Wanted:
    """Whether a key of a source is one that a look-up may ask for."""

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


def _by_fold(having: CategoryVectors) -> dict[str, int]:
    rows: dict[str, int] = {}
    for row, key in enumerate(having):
        if isinstance(key, str) and (name := folded(key)) and (name not in rows or key == name):
            rows[name] = row
    return rows


def _idf(names: Sequence[str]) -> dict[str, float]:
    counts = Counter(word for name in names for word in set(name.split()))
    return {word: 1 + float(np.log((1 + len(names)) / (1 + count))) for word, count in counts.items()}
