"""Read queries: convert keys and vectors given by a user to rows and numbers."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from tabemb.exceptions import DataError, TabembError
from tabemb.table.keys import as_key, identity
from tabemb.table.multi_valued import SEPARATORS
from tabemb.vectors.key_index import is_several
from tabemb.vectors.keyed_matrix import KeyedMatrix
from tabemb.vectors.metrics import SimilarityMetric

__all__ = ["Items", "Query", "is_vector", "read_items", "read_list", "read_queries", "read_query", "subset"]


class Items(NamedTuple):
    """Keys and vectors that a user has given: the rows of the keys, and the vectors of all, of shape (n, dim)."""

    rows: list[int]
    vectors: npt.NDArray[np.float32]


class Query(NamedTuple):
    """A query of a nearest-neighbor search: a point of shape (dim,), and the rows of its keys, which are excluded."""

    point: npt.NDArray[np.float64]
    rows: list[int]


def is_vector(item: Any) -> bool:
    """Return whether an item is a vector, a float array of one dimension, and not a key.

    Examples
    --------
    >>> is_vector(np.array([0.5, 1.0])), is_vector(np.array([1, 2]))
    (True, False)
    """
    return isinstance(item, np.ndarray) and item.ndim == 1 and item.dtype.kind == "f"


def read_items(matrix: KeyedMatrix, items: Any) -> Items:
    """Return the rows and vectors of a key, a vector, or a list of keys and vectors."""
    rows: list[int] = []
    vectors: list[npt.NDArray[np.float32]] = []
    several = is_several(items) and not is_vector(items)
    for item in items if several else [items]:
        if is_vector(item):
            vectors.append(matrix.vector(item, "a query vector"))
        else:
            rows.append(matrix.key_to_index[item])
            vectors.append(matrix.vectors[rows[-1]])
    return Items(rows, np.array(vectors, dtype=np.float32).reshape(len(vectors), matrix.dim))


def read_list(matrix: KeyedMatrix, keys: Any, method: str, *, least: int) -> Items:
    """Return the rows and vectors of a list of at least ``least`` keys and vectors; errors name the method."""
    if not is_several(keys) or is_vector(keys):
        raise DataError(f"{method} takes a list of keys; got {keys!r}.")
    items = read_items(matrix, keys)
    if len(items.vectors) < least:
        wanted = "one key" if least == 1 else f"{least} keys"
        raise DataError(f"{method} needs at least {wanted}; got {len(items.vectors)}.")
    return items


def read_query(
    matrix: KeyedMatrix, positive: Any, negative: Any, metric: SimilarityMetric, what: str = "most_similar"
) -> Query:
    """Return the query that combines positive and negative keys and vectors by a metric."""
    added, subtracted = read_items(matrix, positive), read_items(matrix, negative)
    if not len(added.vectors) and not len(subtracted.vectors):
        raise DataError(f"{what} needs at least one key or vector to look for; `positive` is empty.")
    return Query(metric.point(added.vectors, subtracted.vectors), added.rows + subtracted.rows)


def read_queries(matrix: KeyedMatrix, queries: Iterable[Any], metric: SimilarityMetric) -> list[Query]:
    """Return many queries, each a key, a vector, a list of these, or a tuple (positive, negative).

    The error for an invalid query begins with its number.
    """
    if not is_several(queries) or is_vector(queries):
        raise DataError(
            f"queries must be a list with a key, a vector, or a tuple (positive, negative) for each query; "
            f"got {queries!r}. For a single query use most_similar."
        )
    read = []
    for number, query in enumerate(queries):
        try:
            read.append(read_query(matrix, *_sides(query), metric, "A query"))
        except TabembError as error:
            raise type(error)(f"Query {number}: {error}") from error
    return read


def _sides(query: Any) -> tuple[Any, Any]:
    # A tuple is never a key.
    if not isinstance(query, tuple):
        return query, ()
    if len(query) != 2:
        raise DataError(f"expected a tuple (positive, negative), got {len(query)} items: {query!r}.")
    return query


def subset(matrix: KeyedMatrix, keys: Iterable[Any], *, infer: bool) -> KeyedMatrix:
    """Return the vectors of some keys; a key without a vector gets an inferred one or is left out.

    Raises
    ------
    DataError
        If no key is left, ``keys`` is a single key, or the vector of one cannot be inferred: the column is
        hashed, or it is a text of several keys and the matrix does not know whether cells are split.

    Examples
    --------
    >>> airports = KeyedMatrix(["JFK", "LGA"], [[1.0], [2.0]], [9, 5], unknown=[0.5])
    >>> found = subset(airports, ["SFO", "JFK"], infer=True)
    >>> found.index_to_key, found.vectors.tolist(), found.counts.tolist()
    (['SFO', 'JFK'], [[0.5], [1.0]], [0, 9])
    """
    if not is_several(keys):
        raise DataError(f"vectors_for_all takes a list of keys; got {keys!r}.")
    infers = infer and matrix.unknown is not None
    wanted = {identity(key): key for each in keys if (key := as_key(each)) is not None}
    chosen = [key for key in wanted.values() if infers or key in matrix]
    if not chosen:
        raise DataError(f"{matrix.owner}: none of {len(wanted):,} keys has a vector.")
    rows = np.array([matrix.key_to_index[key] if key in matrix else -1 for key in chosen], dtype=np.intp)
    vectors, counts = matrix.vectors[rows], None if matrix.counts is None else matrix.counts[rows]
    if infers:
        vectors[rows < 0] = _inferred(matrix, [key for key in chosen if key not in matrix])
    if counts is not None:
        counts[rows < 0] = 0
    return KeyedMatrix(
        chosen,
        vectors,
        counts,
        name=matrix.name,
        unknown=matrix.unknown,
        missing=matrix.missing,
        pooling=matrix.pooling,
    )


def _inferred(matrix: KeyedMatrix, keys: list[Any]) -> npt.NDArray[np.float32]:
    """Return the vectors of keys that are not listed: those pooled of their values, or that of unknown categories."""
    pooling, unknown = matrix.pooling, np.asarray(matrix.unknown, np.float32)
    if pooling is None:
        _refuse_several(matrix, keys)
    elif pooling.hashed and keys:
        raise DataError(
            f"{matrix.owner}: the vector of {keys[0]!r}, which is not listed, is found by hashes. Ask the estimator: "
            f"vectors_of({pooling.column.name!r}, [{keys[0]!r}]). allow_inference=False leaves such keys out."
        )
    elif pooling.column.split is not None and keys:
        return pooling.pooled(keys, matrix.key_to_index, matrix.vectors, unknown, matrix.missing)
    return np.repeat(unknown[None], len(keys), axis=0)


def _refuse_several(matrix: KeyedMatrix, keys: list[Any]) -> None:
    """Raise an error if a text consists of several keys of the matrix."""
    for key in keys:
        for separator in SEPARATORS if isinstance(key, str) else ():
            parts = [part for each in key.split(separator) if (part := each.strip())]
            if len(parts) > 1 and all(part in matrix for part in parts):
                raise DataError(
                    f"{matrix.owner}: {key!r} has no vector, but its parts {' and '.join(map(repr, parts))} have, and "
                    "these vectors do not know whether cells hold several values. Ask the estimator for the vector of "
                    f"such a cell: vectors_of({matrix.name or 'column'!r}, [{key!r}]). allow_inference=False leaves "
                    "such keys out."
                )
