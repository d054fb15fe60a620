"""Character n-grams: the vector of a text is the mean of those of the parts of its words."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from tabemb.table.cells import Coded, families, n_different
from tabemb.table.hashes import ngram_hashes
from tabemb.table.vocabularies.kind import MANY, VOCABULARIES, ValueRows, VocabularyKind, check_count

__all__ = ["Ngrams"]


@VOCABULARIES.register("ngrams")
@dataclass(frozen=True)
class Ngrams(VocabularyKind):
    """The vector of a text is the mean of those of the character n-grams of its words (Bojanowski et al. 2017).

    Words are what white space separates. As in "Enriching word vectors with subword information" (arXiv:1607.04606),
    ``<`` and ``>`` mark the ends of a word, n-grams are hashed to rows, and a text that the fit has seen often enough
    has a row of its own, which is one more part. Here longer words are a part too. So a text that the fit has not seen
    has a vector near those of similar texts.

    Texts that differ only in case and white space have the same n-grams. If they are rare, they have the same vector.
    If they are frequent, each has a row of its own and is listed, since case may tell categories apart, and their
    vectors differ by these rows. To make them one category, clean the column first, such as by ``str.lower``.

    Parameters
    ----------
    n_buckets : int, default=20000
        Number of rows of n-grams.
    shortest, longest : int, default=3, 5
        Number of characters of the n-grams, including the marks.
    lowercase : bool, default=True
        Whether case is ignored in n-grams.
    min_frequency : int, default=5
        Minimal number of rows at which a text has a row of its own and is listed in ``vectors_``.

    Examples
    --------
    >>> from tabemb.table.cells import factorize, read_cells
    >>> rows = Ngrams().rows(factorize(read_cells(["Engineer", "Sr. Engineer"])), "title")
    >>> rows.sizes, len(set(rows.buckets[:22]) & set(rows.buckets[22:]))
    (array([22, 28]), 22)
    """

    n_buckets: int = 20_000
    shortest: int = 3
    longest: int = 5
    lowercase: bool = True
    min_frequency: int = 5
    has_one_bucket: ClassVar[bool] = False
    reads_texts: ClassVar[bool] = True

    def __post_init__(self) -> None:
        check_count(self, "n_buckets", 1)
        check_count(self, "shortest", 1)
        check_count(self, "longest", self.shortest)
        check_count(self, "min_frequency", 1)
        if not isinstance(self.lowercase, bool):
            raise ValueError(f"lowercase of the vocabulary 'ngrams' must be True or False; got {self.lowercase!r}.")

    def suits(self, coded: Coded) -> bool:
        """Return whether a column has many texts."""
        return families(coded) == {"text"} and n_different(coded) >= MANY

    def rows(self, coded: Coded, column: str) -> ValueRows:
        """Return the buckets of the distinct values of a column."""
        keys = coded.keys
        positions: dict[str, int] = {}
        sizes = np.zeros(len(keys), np.int64)
        places: list[int] = []
        # Python's words, not Arrow's, which differ with its version.
        for number, key in enumerate(keys):
            if isinstance(key, str):
                words = (key.lower() if self.lowercase else key).split()
                places += [positions.setdefault(word, len(positions)) for word in words]
                sizes[number] = len(words)
        return self._of_words(list(positions), np.array(places, np.intp), sizes)

    def _of_words(
        self, words: list[str], places: npt.NDArray[np.integer[Any]], sizes: npt.NDArray[np.integer[Any]]
    ) -> ValueRows:
        """Return the buckets of texts, given distinct words, those of all texts, and the number of words of each."""
        hashes, n_parts = ngram_hashes([f"<{word}>" for word in words], self.shortest, self.longest)
        buckets = (hashes % np.uint64(self.n_buckets)).astype(np.int32)
        ends = np.cumsum(n_parts)
        # The parts of the words of the texts.
        of_words = n_parts[places]
        within = np.arange(of_words.sum()) - np.repeat(np.cumsum(of_words) - of_words, of_words)
        parts = buckets[np.repeat(ends[places] - of_words, of_words) + within]
        owners = np.repeat(np.arange(len(sizes)), sizes)
        found = np.bincount(owners, weights=of_words, minlength=len(sizes)).astype(np.int64)
        # A value without words is unknown.
        empty = np.flatnonzero(found == 0)
        parts = np.insert(parts, (np.cumsum(found) - found)[empty], -1)
        return ValueRows(parts, np.maximum(found, 1))
