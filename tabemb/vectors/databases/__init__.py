"""Vector databases: push vectors to them and pull them back. Each is a module, found by the scheme of a URI."""

from tabemb.vectors.databases import lancedb, milvus
from tabemb.vectors.databases.base import DATABASES, Database, collection_name, column_of, open_database
from tabemb.vectors.databases.pull import pull
from tabemb.vectors.databases.push import ColumnPush, PushSummary, push

__all__ = [
    "DATABASES",
    "ColumnPush",
    "Database",
    "PushSummary",
    "collection_name",
    "column_of",
    "lancedb",
    "milvus",
    "open_database",
    "pull",
    "push",
]
