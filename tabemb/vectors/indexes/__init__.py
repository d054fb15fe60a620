"""Indexes: rows that are searched again and again; each kind is one module, found by name."""

from tabemb.vectors.indexes import auto, exact, hnsw
from tabemb.vectors.indexes.base import INDEXES, IndexKind, NearestIndex, Neighbours

__all__ = ["INDEXES", "IndexKind", "NearestIndex", "Neighbours", "auto", "exact", "hnsw"]
