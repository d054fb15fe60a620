"""The files that vectors are kept in; each format is one module, found by name or by suffix."""

from tabemb.vectors.formats import glove, parquet, word2vec, word2vec_binary
from tabemb.vectors.formats.base import FORMATS, Format, find_format

__all__ = ["FORMATS", "Format", "find_format", "glove", "parquet", "word2vec", "word2vec_binary"]
