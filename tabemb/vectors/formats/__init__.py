"""The files that vectors are kept in; each format is one module, found by name or by suffix."""

from tabemb.vectors.formats import parquet, word2vec
from tabemb.vectors.formats.base import FORMATS, Format, find_format

__all__ = ["FORMATS", "Format", "find_format", "parquet", "word2vec"]
