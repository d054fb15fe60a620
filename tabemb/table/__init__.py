"""What the data is: tables of any kind go in, typed categories and clean numbers come out.

``frames`` reads tables, ``infer`` decides what each column is and writes it down as a ``schema``, ``vocabulary``
numbers the categories, ``numeric`` scales the numbers, and ``encoder`` puts the parts together.
"""

from tabemb.table.encoded_table import EncodedTable
from tabemb.table.encoder import TableEncoder
from tabemb.table.frames import Frame, read_frame
from tabemb.table.infer import infer_schema
from tabemb.table.schema import Schema
from tabemb.table.vocabulary import Vocabulary

__all__ = ["EncodedTable", "Frame", "Schema", "TableEncoder", "Vocabulary", "infer_schema", "read_frame"]
