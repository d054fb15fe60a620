"""Find the category whose word vector is most similar to that of a text."""

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from tabemb.exceptions import FormatError
from tabemb.table.keys import Key

__all__ = ["SimilarWords", "folded"]

_NOT_ALPHANUMERIC = re.compile(r"[\W_]+")
# Maximum number of similarities in memory at a time.
CELLS = 2**22


def folded(text: str) -> str:
    """Return a text in lower case with all but letters and digits replaced by single blanks.

    Examples
    --------
    >>> folded("New_York"), folded(" Outlying-US(Guam-USVI-etc) ")
    ('new york', 'outlying us guam usvi etc')
    """
    low = (text if text.isascii() else unicodedata.normalize("NFKC", text)).casefold()
    return low if low.isalnum() else _NOT_ALPHANUMERIC.sub(" ", low).strip()


class SimilarWords:
    """Search over the word vectors of categories for the one most similar to a text.

    The vector of a text is that of its name, or else the mean of those of its words, weighted by their inverse document
    frequency over the categories, as where vectors of categories are looked up at fit.

    Parameters
    ----------
    rows : mapping of str to int
        Row of each word, :func:`folded`.
    vectors : ndarray of shape (n_words, dim)
        The vectors of words; kept as float16.
    keys : sequence of keys
        The categories.
    min_cosine : float
        Minimal cosine similarity of a match.

    Examples
    --------
    >>> words = {"nurse": 0, "doctor": 1, "pilot": 2}
    >>> jobs = SimilarWords(words, np.array([[1, 0], [0.9, 0.1], [-1, 1]]), ["nurse", "pilot", "welder"], 0.7)
    >>> jobs.find(["Doctor", "test pilot", "welder", 7])
    array([ 0,  1, -1, -1])
    """

    def __init__(
        self, rows: Mapping[str, int], vectors: npt.NDArray[Any], keys: Sequence[Key], min_cosine: float
    ) -> None:
        self._rows, self._min_cosine = dict(rows), float(min_cosine)
        self._vectors: npt.NDArray[np.float16] = vectors.astype(np.float16)
        names = [folded(key) if isinstance(key, str) else "" for key in keys]
        counts = Counter(word for name in names for word in set(name.split()))
        self._weights = {word: self._weight(len(names), count) for word, count in counts.items() if word in self._rows}
        self._default, self._n_keys = self._weight(len(names), 0), len(keys)
        unit, found = self._units(names)
        self._known, self._positions = unit, found

    @staticmethod
    def _weight(n_names: int, count: int) -> float:
        return 1 + float(np.log((1 + n_names) / (1 + count)))

    def find(self, texts: Sequence[Key], *, among: npt.NDArray[np.bool_] | None = None) -> npt.NDArray[np.intp]:
        """Return the position of the most similar category for each text, -1 if none is similar enough.

        Parameters
        ----------
        texts : sequence of keys
            Texts to search for; keys that are not text match nothing.
        among : ndarray of bool of shape (n_keys,), optional
            Mask of the categories to search; all by default.
        """
        found = np.full(len(texts), -1, np.intp)
        chosen = slice(None) if among is None else among[self._positions]
        known, positions = self._known[chosen], self._positions[chosen]
        units, places = self._units([folded(text) if isinstance(text, str) else "" for text in texts])
        if not len(places) or not len(positions):
            return found
        step = max(1, CELLS // len(positions))
        for start in range(0, len(places), step):
            cosines = units[start : start + step] @ known.T
            best = cosines.argmax(axis=1)
            near = cosines[np.arange(len(best)), best] >= self._min_cosine
            found[places[start : start + step]] = np.where(near, positions[best], -1)
        return found

    def _units(self, names: Sequence[str]) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.intp]]:
        """Return the vectors of names, of unit length, and which names have one."""
        vectors, places = [], []
        for place, name in enumerate(names):
            words = [name] if name in self._rows else [word for word in name.split() if word in self._rows]
            if words:
                its = self._vectors[[self._rows[word] for word in words]].astype(np.float32)
                mean = np.average(its, axis=0, weights=[self._weights.get(word, self._default) for word in words])
                if length := float(np.linalg.norm(mean)):
                    vectors.append(mean / length)
                    places.append(place)
        matrix = np.array(vectors, np.float32).reshape(len(places), self._vectors.shape[1])
        return matrix, np.array(places, np.intp)

    def to_state(self) -> tuple[dict[str, Any], npt.NDArray[np.float16]]:
        """Return the words as JSON values, and their vectors."""
        return {"rows": self._rows, "min_cosine": self._min_cosine}, self._vectors

    @classmethod
    def from_state(
        cls, data: Mapping[str, Any], vectors: npt.NDArray[np.float16], keys: Sequence[Key]
    ) -> "SimilarWords":
        """Return the words from the output of :meth:`to_state`.

        Raises
        ------
        FormatError
            If the two do not fit together.
        """
        try:
            return cls(data["rows"], vectors, keys, data["min_cosine"])
        except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
            raise FormatError(f"The saved words of a column cannot be read: {error}.") from error
