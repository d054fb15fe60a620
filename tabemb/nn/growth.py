"""Larger networks: the same network for vocabularies that have grown."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from tabemb.nn.columns import OneHotRows
from tabemb.nn.embedding import HeldRows
from tabemb.nn.network import Network

__all__ = ["NewRows", "grown_network", "grown_rows"]

# The rows of new categories of a column: from the position of the column, its rows so far, and whether these are
# vectors, or the kernel rows of a one-hot column.
NewRows = Callable[[int, np.ndarray, bool], np.ndarray]


def grown_network(network: Network, sizes: Mapping[int, int], new_rows: NewRows) -> Network:
    """Return the same network with further rows for new categories, at the end of each vocabulary.

    All rows and weights so far are copied, so that it predicts the same for all known categories. The dimensions and
    the learning rates of the tables, and the columns that are one-hot encoded, stay the same.

    Parameters
    ----------
    network : Network
        The network; it is not changed.
    sizes : mapping of int to int
        New vocabulary size by position of the column.
    new_rows : callable
        From the position of a column, its rows of shape (old size, width), and whether these are vectors (not the
        kernel rows of a one-hot column), to its new rows of shape (new size - old size, width).

    Raises
    ------
    ValueError
        If a vocabulary would shrink.

    Examples
    --------
    >>> from tabemb.nn.bodies import Mlp
    >>> from tabemb.nn.embedding import FeatureSpec, TableSpec
    >>> from tabemb.nn.network import NetworkSpec
    >>> from tabemb.nn.numeric import Standardized
    >>> dest = FeatureSpec(name="dest", position=0, table=TableSpec(name="dest", vocabulary_size=5, embedding_dim=2))
    >>> small = Network(NetworkSpec(features=(dest,), n_outputs=1, body=Mlp(), numeric=Standardized(), seed=0))
    >>> large = grown_network(small, {0: 6}, lambda position, rows, are_vectors: rows[1:2])
    >>> large.vectors(large.spec.features[0]).shape
    (6, 2)
    """
    spec, tables, positions = network.spec, {}, {}
    for feature in spec.features:
        if feature.table not in tables:
            tables[feature.table] = _larger(feature.table, sizes[feature.position])
            positions[feature.table] = feature.position
    larger = Network(
        replace(
            spec,
            features=tuple(replace(each, table=tables[each.table]) for each in spec.features),
            one_hot=tuple(replace(each, vocabulary_size=sizes[each.position]) for each in spec.one_hot),
        )
    )
    for before, after in tables.items():
        rows = np.array(network.tables[before].embeddings.numpy())
        n_new = after.vocabulary_size - before.vocabulary_size
        larger.tables[after].embeddings.assign(_appended(rows, n_new, new_rows, positions[before], True))
    for before, after in zip(network.trunk.layers, larger.trunk.layers, strict=True):
        if not isinstance(before, OneHotRows):
            for its, mine in zip(before.variables, after.variables, strict=True):
                mine.assign(its)
            continue
        kernel, blocks = np.array(before.kernel.numpy()), []
        for position, offset, size, larger_size in zip(
            before.positions, before.offsets, before.sizes, after.sizes, strict=True
        ):
            rows = kernel[offset : offset + size]
            blocks.append(_appended(rows, larger_size - size, new_rows, position, False))
        after.kernel.assign(np.concatenate(blocks))
    for its, mine in zip(network.queries, larger.queries, strict=True):
        mine.assign(its)
    larger.held = {
        tables[table]: HeldRows(which=grown_rows(each.which, tables[table].vocabulary_size), n_epochs=each.n_epochs)
        for table, each in network.held.items()
    }
    return larger


def _larger(table, size):
    """Return a table with more rows, which use all dimensions."""
    added = ((size - table.vocabulary_size, table.embedding_dim),)
    blocks = (*table.blocks, *added) if table.blocks and size > table.vocabulary_size else table.blocks
    return replace(table, vocabulary_size=size, blocks=blocks)


def grown_rows(mask: np.ndarray, size: int) -> np.ndarray:
    """Return a mask of rows for a larger vocabulary. The new rows are frozen, or found, only if all others are.

    Examples
    --------
    >>> grown_rows(np.array([True, False]), 3).tolist(), grown_rows(np.array([True, True]), 3).tolist()
    ([True, False, False], [True, True, True])
    """
    return np.append(mask, np.full(size - len(mask), bool(mask.all())))


def _appended(rows, n_new, new_rows, position, are_vectors):
    if n_new < 0:
        raise ValueError(f"A vocabulary cannot shrink: column {position} has {len(rows)} rows, {-n_new} too many.")
    if not n_new:
        return rows
    return np.concatenate([rows, np.asarray(new_rows(position, rows, are_vectors), rows.dtype)])
