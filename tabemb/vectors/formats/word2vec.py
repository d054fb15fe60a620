"""word2vec text: one category a line, its key as one word, then its numbers; gensim and many others read it.

The first line says how many lines and numbers there are. How a key becomes a word, :mod:`~tabemb.vectors.formats.words`
says. Counts are not kept, and the name is that of the file.

Files of other programs (word2vec, fastText, GloVe, which has no first line) are read as well.
"""

from pathlib import Path
from typing import IO

from tabemb.vectors.category_vectors import CategoryVectors
from tabemb.vectors.formats.base import FORMATS
from tabemb.vectors.formats.word_lines import WordLines
from tabemb.vectors.formats.word_rows import WordFormat, WordRows
from tabemb.vectors.formats.words import lines_of, rows_of

__all__ = ["Word2Vec"]


@FORMATS.register("word2vec")
class Word2Vec(WordFormat):
    """One line a category; keys and numbers come back exactly, counts do not.

    Examples
    --------
    >>> Word2Vec.suffixes
    ('.txt', '.vec', '.w2v')
    """

    suffixes = (".txt", ".vec", ".w2v")

    def _write(self, vectors: CategoryVectors, path: Path) -> None:
        rows = rows_of(vectors)
        with path.open("w", encoding="utf-8", newline="\n") as file:
            file.write(f"{len(rows)} {vectors.dim}\n")
            file.writelines(lines_of(rows))

    def _rows(self, path: Path, file: IO[bytes]) -> WordRows:
        return WordLines(path, file, header=True)
