"""GloVe text: one category a line, its key as one word, then its numbers, and no first line that says how many."""

from pathlib import Path
from typing import IO

from tabemb.exceptions import DataError
from tabemb.vectors.category_vectors import CategoryVectors
from tabemb.vectors.formats.base import FORMATS
from tabemb.vectors.formats.word_lines import WordLines
from tabemb.vectors.formats.word_rows import WordFormat, WordRows
from tabemb.vectors.formats.words import lines_of, rows_of

__all__ = ["Glove"]


@FORMATS.register("glove")
class Glove(WordFormat):
    """As ``word2vec``, without its first line; so a file that was cut at the end of a line cannot be told.

    Pennington, Socher & Manning 2014, "GloVe: global vectors for word representation". gensim opens the file with
    ``no_header=True``. GloVe's own files go by ``.txt``, and are read by the format ``word2vec`` too.

    Examples
    --------
    >>> Glove.suffixes
    ('.glove',)
    """

    suffixes = (".glove",)

    def _write(self, vectors: CategoryVectors, path: Path) -> None:
        rows = rows_of(vectors)
        if not rows:
            raise DataError("GloVe text holds one vector or more, and here is none. Save to .parquet or .txt.")
        with path.open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(lines_of(rows))

    def _rows(self, path: Path, file: IO[bytes]) -> WordRows:
        return WordLines(path, file, header=False)
