"""Read tables of any kind and encode them as category indices and scaled numbers.

``frames`` reads tables, ``infer`` decides what each column holds and returns a ``schema``, ``vocabulary`` indexes the
categories, ``numeric`` scales the numbers, and ``encoder`` combines them.
"""

from tabemb.table.encoded_table import EncodedTable
from tabemb.table.encoder import TableEncoder
from tabemb.table.frames import Frame, read_frame
from tabemb.table.infer import infer_schema
from tabemb.table.schema import Schema
from tabemb.table.vocabulary import Vocabulary

__all__ = ["EncodedTable", "Frame", "Schema", "TableEncoder", "Vocabulary", "infer_schema", "read_frame"]
