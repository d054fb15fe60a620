"""Vector databases that vectors are pushed to and read back from; each is one module, found by the scheme of a URI."""

from tabemb.vectors.databases import lancedb, milvus
from tabemb.vectors.databases.base import DATABASES, Database, open_database
from tabemb.vectors.databases.names import collection_name, column_of
from tabemb.vectors.databases.pulling import pull
from tabemb.vectors.databases.pushing import push
from tabemb.vectors.databases.summary import ColumnPush, PushSummary

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
