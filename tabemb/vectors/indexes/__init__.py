"""Indexes: rows prepared for many searches. Each kind is a module, registered by name."""

from tabemb.vectors.indexes import exact, hnsw
from tabemb.vectors.indexes.base import INDEXES, IndexKind, NearestIndex, SearchResult

__all__ = ["INDEXES", "IndexKind", "NearestIndex", "SearchResult", "exact", "hnsw"]
