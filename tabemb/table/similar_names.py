"""Find the category whose name is most similar to a text."""

import unicodedata
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from tabemb.ranges import check_share
from tabemb.table.keys import Key

__all__ = ["SimilarNames"]

# Range of n of the character n-grams.
LETTERS = (2, 4)
# Maximum number of similarities in memory at a time.
CELLS = 2**22
# Similarities are rounded to this many digits, as the order of summation affects the later ones.
DIGITS = 5


class SimilarNames:
    """Search over the names of categories for the one most similar to a text.

    The similarity of two texts is the cosine of their counts of character n-grams (two to four letters within a word,
    including its boundaries): 1 for identical counts, 0 for none in common. Case and Unicode normal form do not count.
    N-grams match dirty names as well as edit distances do, at the cost of a sparse product (Cerda, Varoquaux & Kégl
    2018, "Similarity encoding for learning with dirty categorical variables", arXiv:1806.00979). N-grams are hashed, so
    that those in no known name count, too.

    Parameters
    ----------
    keys : sequence of keys
        The categories, the most frequent first. Keys that are not text never match.
    min_similarity : float
        Minimal similarity of a match, in (0, 1].

    Raises
    ------
    ValueError
        If ``min_similarity`` is out of range.

    Examples
    --------
    >>> titles = SimilarNames(["manager", "registered nurse", 7], min_similarity=0.5)
    >>> titles.find(["Office Manager", "nurse", "pilot"])
    array([ 0,  1, -1])
    """

    _min_similarity: float
    _texts: list[str]
    _positions: npt.NDArray[np.intp]

    def __init__(self, keys: Sequence[Key], min_similarity: float) -> None:
        check_share("min_similarity", min_similarity, one=True)
        self._min_similarity = float(min_similarity)
        self._texts = [key for key in keys if isinstance(key, str)]
        self._positions = np.flatnonzero([isinstance(key, str) for key in keys])

    def find(self, texts: Sequence[Key], *, among: npt.NDArray[np.bool_] | None = None) -> npt.NDArray[np.intp]:
        """Return the position of the most similar category for each text, -1 if none is similar enough.

        Parameters
        ----------
        texts : sequence of keys
            Texts to search for; keys that are not text match nothing.
        among : ndarray of bool of shape (n_keys,), optional
            Mask of the categories to search; all by default.

        Returns
        -------
        ndarray of int of shape (n_texts,)
            The first of equally similar categories.
        """
        found = np.full(len(texts), -1, np.intp)
        queries = [place for place, text in enumerate(texts) if isinstance(text, str)]
        chosen = slice(None) if among is None else among[self._positions]
        positions = self._positions[chosen]
        if not queries or not len(positions):
            return found
        known = self._grams[chosen].T.tocsr()
        step = max(1, CELLS // len(positions))
        for start in range(0, len(queries), step):
            portion = queries[start : start + step]
            places = _most_similar(_grams([texts[each] for each in portion]) @ known, self._min_similarity)
            found[portion] = np.where(places < 0, -1, positions[places])
        return found

    @cached_property
    def _grams(self) -> Any:
        return _grams(self._texts)

    def __getstate__(self) -> dict[str, Any]:
        # The n-grams can be recomputed.
        return {name: value for name, value in vars(self).items() if name != "_grams"}


def _grams(texts: Sequence[Key]) -> Any:
    """Return the n-gram counts of each text, scaled to unit length."""
    from scipy.sparse import csr_array
    from sklearn.feature_extraction.text import HashingVectorizer

    vectorizer = HashingVectorizer(analyzer="char_wb", ngram_range=LETTERS, alternate_sign=False, dtype=np.float32)
    # "é" and "가" are one character or several, depending on the system that wrote them; they read the same.
    same = [text if text.isascii() else unicodedata.normalize("NFKC", text).casefold() for text in map(str, texts)]
    return csr_array(vectorizer.transform(same))


def _most_similar(similarities: Any, threshold: float) -> npt.NDArray[np.intp]:
    """Return the column of the maximum of each row of a sparse matrix, the first of ties; -1 if below ``threshold``."""
    similarities = similarities.tocsr()
    values = similarities.data.round(DIGITS)
    rows = np.repeat(np.arange(similarities.shape[0]), np.diff(similarities.indptr))
    order = np.lexsort((similarities.indices, -values, rows))
    best = np.full(similarities.shape[0], -1, np.intp)
    filled = np.flatnonzero(np.diff(similarities.indptr))
    first = order[similarities.indptr[filled]]
    best[filled] = np.where(values[first] >= threshold, similarities.indices[first], -1)
    return best
