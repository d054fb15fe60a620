"""The files that vectors are kept in; each format is one module, found by name or by suffix."""

from tabemb.vectors.formats import (
    csv,
    glove,
    jsonl,
    npz,
    parquet,
    projector,
    safetensors,
    word2vec,
    word2vec_binary,
)
from tabemb.vectors.formats.base import FORMATS, FolderFormat, Format, find_format

__all__ = [
    "FORMATS",
    "FolderFormat",
    "Format",
    "csv",
    "find_format",
    "glove",
    "jsonl",
    "npz",
    "parquet",
    "projector",
    "safetensors",
    "word2vec",
    "word2vec_binary",
]
