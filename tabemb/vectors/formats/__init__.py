"""File formats of vectors: each is a module, found by name or by suffix.

=================  ===========================  ==================================================================
format             suffixes                     what is noticed when a file is read
=================  ===========================  ==================================================================
parquet            .parquet                     any change, by a digest of the content in the file's metadata
npz                .npz                         any change, by a digest in its header; also when memory-mapped
safetensors        .safetensors                 any change, by a digest in its header; also when memory-mapped
jsonl              .jsonl, .ndjson              any change, by a digest in the first line
projector          .projector                   any change, by a digest in its list; side columns are not checked
csv                .csv                         a changed row, by its cell ``check``; not rows removed or moved
word2vec           .txt, .vec, .w2v             missing or additional words, as the first line has their number
word2vec_binary    .bin                         missing or additional words, as the first line has their number
glove              .glove                       nothing but lines that are no vectors
=================  ===========================  ==================================================================

The last three belong to other programs and have no room for a digest: a changed number is read as it stands. Compress
such a file with gzip, which has a checksum, where that matters. Files without a digest, as earlier versions of tabemb
wrote them, are read unchecked.

All numbers must be finite. Every error of reading is a :class:`~tabemb.exceptions.FormatError` with the file and, for
text, the line. Reading takes at most 100 MB, 8 times the size of the file, and some hundred bytes for each category,
whatever the file states (:mod:`~tabemb.vectors.formats.limits`).
"""

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
