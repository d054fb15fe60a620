"""File formats of vectors: each is a module, found by name or by suffix."""

from tabemb.vectors.formats import csv, jsonl, npz, parquet, projector, safetensors, word2vec
from tabemb.vectors.formats.base import FORMATS, FolderFormat, Format, find_format

__all__ = [
    "FORMATS",
    "FolderFormat",
    "Format",
    "csv",
    "find_format",
    "jsonl",
    "npz",
    "parquet",
    "projector",
    "safetensors",
    "word2vec",
]
