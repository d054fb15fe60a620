"""A table's categories replaced by their vectors."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import narwhals as nw
import numpy as np
import numpy.typing as npt

from tabemb.exceptions import ColumnError, DataError, did_you_mean
from tabemb.table.cells import Coded
from tabemb.table.frames import Frame, read_frame
from tabemb.vectors.category_vectors import CategoryVectors

__all__ = ["look_up"]


def look_up(vectors: Mapping[str, CategoryVectors], frame: Any, columns: Sequence[str] | None = None) -> Any:
    """Replace columns of a table by the vectors of their categories; see ``EmbeddingStore.lookup``.

    Examples
    --------
    >>> import pandas as pd
    >>> dest = CategoryVectors(["JFK"], [[1.0, 0.5]], missing=[0.0, 0.0])
    >>> look_up({"dest": dest}, pd.DataFrame({"dest": ["JFK", None], "late": [3, 4]}))
       dest_emb0  dest_emb1  late
    0        1.0        0.5     3
    1        0.0        0.0     4
    """
    table = read_frame(frame)
    if not table.named:
        raise DataError("Vectors are looked up by the names of columns, and this table has none. Give a DataFrame.")
    # Once each: a network's are made when they are asked for.
    wanted = {column: vectors[column] for column in _wanted(vectors, table, columns)}
    _check_names(table, wanted)
    native = nw.from_native(table.native, eager_only=True)
    series: list[Any] = []
    for column in table.columns:
        if column not in wanted:
            series.append(native[column])
            continue
        matrix = _matrix(column, wanted[column], table.coded(column))
        for place, numbers in enumerate(np.ascontiguousarray(matrix.T)):
            name = f"{column}_emb{place}"
            series.append(nw.new_series(name, numbers, nw.Float32, backend=native.implementation))
    return native.select(*series).to_native()


def _wanted(vectors: Mapping[str, CategoryVectors], table: Frame, columns: Sequence[str] | None) -> list[str]:
    if isinstance(columns, str):
        raise ColumnError(f"columns is a list of names; got the text {columns!r}. Did you mean [{columns!r}]?")
    if columns is None:
        found = [column for column in table.columns if column in vectors]
        if not found:
            raise ColumnError(
                f"None of the table's columns has vectors here. Its columns: {', '.join(table.columns)}. "
                f"Columns with vectors: {', '.join(vectors) or 'none'}."
            )
        return found
    for column in columns:
        if column in vectors and column not in table.columns:
            raise ColumnError(
                f"The table has no column {column!r}.{did_you_mean(column, table.columns)} "
                f"Its columns: {', '.join(table.columns)}."
            )
    return list(columns)


def _check_names(table: Frame, wanted: Mapping[str, CategoryVectors]) -> None:
    names = Counter(column for column in table.columns if column not in wanted)
    names.update(f"{column}_emb{place}" for column, each in wanted.items() for place in range(each.dim))
    double = [name for name, count in names.items() if count > 1]
    if double:
        raise ColumnError(
            f"Two columns of the output would have the same name: {', '.join(double)}. "
            "Rename or drop those of the table."
        )


def _matrix(column: str, vectors: CategoryVectors, cells: Coded) -> npt.NDArray[np.float32]:
    """Return the vector of each cell, as an array of shape (n_rows, dim)."""
    index, n = vectors.key_to_index, len(vectors)
    keys = cells.keys
    # The last place stands for missing cells, whose code is -1.
    # Not by index.get, which would look for near names of each unknown one.
    known = [key in index for key in keys]
    rows = np.array([*(index[key] if it else n for key, it in zip(keys, known, strict=True)), n + 1], dtype=np.intp)
    used = np.unique(cells.codes)
    if vectors.unknown is None:
        unknown = [keys[code] for code in used if code >= 0 and rows[code] == n]
        if unknown:
            shown = ", ".join(map(repr, unknown[:3])) + (", ..." if len(unknown) > 3 else "")
            raise DataError(
                f"Column {column!r}: {len(unknown):,} of the table's categories have no vector ({shown}), and these "
                "vectors have none for unknown categories. Leave those rows out, or make the vectors with unknown=..."
            )
    if vectors.missing is None and len(used) and used[0] < 0:
        raise DataError(
            f"Column {column!r}: {int((cells.codes < 0).sum()):,} of the table's cells are missing, and these vectors "
            "have none for missing cells. Leave those rows out, or make the vectors with missing=..."
        )
    nothing = np.zeros(vectors.dim, np.float32)
    special = [nothing if each is None else each for each in (vectors.unknown, vectors.missing)]
    table = np.vstack([vectors.vectors, *special])
    return table[rows[cells.codes]]
