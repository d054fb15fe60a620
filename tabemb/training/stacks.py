"""Embedding tables during training: tables of the same dimension are stacked in one variable."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from types import MappingProxyType
from typing import Any

import numpy as np
import tensorflow as tf

from tabemb.nn.embedding import FeatureSpec, TableSpec
from tabemb.nn.network import Network

__all__ = ["NO_BAGS", "TableStack", "Touched", "stack_features"]

# Stacks with at most this many rows are updated as a whole: finding the distinct rows of a batch would take longer.
SMALL = 4096
# Number of rows copied at once between a stack and a network; bounds the memory.
PORTION = 100_000
NO_BAGS: Mapping[str, Any] = MappingProxyType({})


def stack_features(features: tuple[FeatureSpec, ...]) -> list[tuple[FeatureSpec, ...]]:
    """Divide columns into stacks, one per dimension; if all have the same dimension, into two.

    Columns whose cells hold several values have a stack per table, with all columns that share it.

    TensorFlow finds, gathers and writes the rows of one stack on a single core; several stacks run in parallel.

    Parameters
    ----------
    features : tuple of FeatureSpec
        Columns, those of the same dimension adjacent.

    Returns
    -------
    list of tuple of FeatureSpec
        The same columns in the same order. Columns that share a table are in the same stack.
    """
    pooled = {feature.table for feature in features if feature.pooling is not None}

    def stack_of(feature: FeatureSpec) -> object:
        return feature.table if feature.table in pooled else feature.table.embedding_dim

    stacks = [tuple(group) for _, group in groupby(features, key=stack_of)]
    if len(stacks) == 1:
        half = (len(features) + 1) // 2
        first, second = features[:half], features[half:]
        if second and not {f.table for f in first} & {f.table for f in second}:
            return [first, second]
    return stacks


@dataclass(frozen=True, kw_only=True)
class Touched:
    """The rows of a stack that a batch uses.

    Parameters
    ----------
    ids : tensor of shape (n,) or None
        Distinct row numbers of the stack; None for all rows.
    where : tensor of shape (batch * n_columns,)
        For each cell of the batch, the position of its row in ``ids``.
    rows : tensor of shape (n, dim + extra)
        The rows.
    """

    ids: Any
    where: Any
    rows: Any


class TableStack:
    """Tables of the same dimension in one variable; each row holds its vector and the state of the optimizer.

    A step thus reads and writes vectors and state together, and all columns at once.

    Parameters
    ----------
    features : tuple of FeatureSpec
        The columns, in the order of their vectors.
    optimizer : RowAdam
        The optimizer, which defines what a row holds.
    small : bool
        Whether the stack is updated as a whole in each step.
    with_rates : bool, default=False
        Whether the tables have separate learning rates.
    narrows : bool, default=False
        Whether some rows use fewer dimensions.
    """

    def __init__(
        self,
        features: tuple[FeatureSpec, ...],
        *,
        optimizer: Any,
        small: bool,
        with_rates: bool = False,
        narrows: bool = False,
    ) -> None:
        self.positions = [feature.position for feature in features]
        self.dim, self.small = features[0].table.embedding_dim, small
        self._row_width = optimizer.row_width(self.dim)
        # The number of rows is unspecified, so that a compiled loop supports tables of any size.
        self.rows = tf.Variable(
            tf.zeros([0, self._row_width]),
            shape=tf.TensorShape([None, self._row_width]),
            trainable=False,
            dtype=tf.float32,
        )
        self._offsets = tf.Variable(tf.zeros([1, len(features)], tf.int32), trainable=False)
        # The columns in the order of their tables in the stack.
        self._order = tf.Variable(tf.range(len(features)), trainable=False)
        self._rates = tf.Variable(tf.ones([len(features)]), trainable=False) if with_rates else None
        # The number of dimensions that each row uses of each slice.
        self._widths = None
        if narrows:
            self._widths = tf.Variable(tf.zeros([0], tf.int32), shape=tf.TensorShape([None]), trainable=False)
            self._slice_dim = self.dim // max(feature.table.n_slices for feature in features)

    @property
    def width(self) -> int:
        """Width of the concatenated vectors of a row of the batch."""
        return len(self.positions) * self.dim

    def open(self, features: tuple[FeatureSpec, ...]) -> None:
        """Allocate the tables of the given columns, initialized to zero."""
        self._starts, n_rows = {}, 0
        for feature in features:
            if feature.table not in self._starts:
                self._starts[feature.table] = n_rows
                n_rows += feature.table.vocabulary_size
        offsets = [self._starts[feature.table] for feature in features]
        self._offsets.assign([offsets])
        self._order.assign(np.argsort(offsets, kind="stable").astype("int32"))
        if self._rates is not None:
            self._rates.assign([feature.table.rate for feature in features])
        self.rows.assign(tf.zeros([n_rows, self._row_width]))
        if self._widths is not None:
            n_slices = self.dim // self._slice_dim
            self._widths.assign(np.concatenate([table.widths() // n_slices for table in self._starts]))

    def close(self) -> None:
        """Free the memory of the tables."""
        self.rows.assign(tf.zeros([0, self._row_width]))

    def load(self, network: Network, optimizer: Any) -> None:
        """Copy the vectors from the tables of a network; the state of the optimizer is unchanged."""
        for table, part, ids in self._parts():
            vectors = self._narrow(tf.gather(network.tables[table].embeddings.value, part), ids)
            self._write(ids, optimizer.with_vectors(tf.gather(self.rows, ids), vectors))

    def store(self, network: Network, optimizer: Any, *, averaged: bool = False) -> None:
        """Copy the current vectors, or their averages, to the tables of a network."""
        for table, part, ids in self._parts():
            vectors = self._vectors(ids, optimizer, averaged)
            handle = network.tables[table].embeddings.value.handle
            tf.raw_ops.ResourceScatterUpdate(resource=handle, indices=part, updates=vectors)

    def hold(self, held: Mapping[TableSpec, np.ndarray], optimizer: Any) -> None:
        """Freeze the rows of the given tables by masks of shape (vocabulary_size,), and release their other rows."""
        for table, part, ids in self._parts():
            if table in held:
                mine = tf.gather(tf.constant(held[table]), part)
                self._write(ids, optimizer.with_held(tf.gather(self.rows, ids), mine))

    def second_moments(self, optimizer: Any) -> dict[TableSpec, np.ndarray]:
        """Return the second moment of each row, of shape (vocabulary_size,), by table."""
        found: dict[TableSpec, list[np.ndarray]] = {table: [] for table in self._starts}
        for table, _, ids in self._parts():
            found[table].append(optimizer.second_moments(tf.gather(self.rows, ids)).numpy()[:, 0])
        return {table: np.concatenate(parts) for table, parts in found.items()}

    def resume(self, second: Mapping[TableSpec, np.ndarray], optimizer: Any) -> None:
        """Set the second moment of each row, by table."""
        for table, part, ids in self._parts():
            mine = tf.gather(tf.constant(second[table], tf.float32), part)[:, None]
            self._write(ids, optimizer.with_second_moments(tf.gather(self.rows, ids), mine))

    def _parts(self):
        """Yield portions of each table, as row numbers of the table and of the stack."""
        for table, start in self._starts.items():
            for first in range(0, table.vocabulary_size, PORTION):
                part = tf.range(first, min(first + PORTION, table.vocabulary_size))
                yield table, part, part + start

    def cells(self, indices: Any) -> Any:
        """Return the row number in the stack of each cell, of shape (n, n_columns).

        Parameters
        ----------
        indices : tensor of int32 of shape (n, all categorical columns)
            Category indices.
        """
        first, last = self.positions[0], self.positions[-1]
        if self.positions == list(range(first, last + 1)):
            mine = indices[:, first : last + 1]
        else:
            mine = tf.gather(indices, np.asarray(self.positions), axis=1)
        return mine + self._offsets

    def touch(self, cells: Any, bags: Mapping[str, Any] = NO_BAGS) -> Touched:
        """Read the rows of a batch.

        Parameters
        ----------
        cells : tensor of int32 of shape (batch, n_columns)
            Rows of the output of :meth:`cells`.
        bags : mapping of str to tensor, optional
            The bags of cells with several values, which this stack does not have.
        """
        cells = tf.reshape(cells, [-1])
        if self.small:
            return Touched(ids=None, where=cells, rows=self.rows.read_value())
        ids, where = tf.unique(cells)
        return Touched(ids=ids, where=where, rows=tf.gather(self.rows, ids))

    def vectors(self, of_rows: Any, touched: Touched) -> Any:
        """Return the vectors of the cells of a batch, (batch, n_columns * dim), from those of the touched rows."""
        return self.side_by_side(tf.gather(of_rows, touched.where))

    def look_up(self, cells: Any, optimizer: Any, bags: Mapping[str, Any] = NO_BAGS, *, averaged: bool = False) -> Any:
        """Return the vectors of cells, or their averages, of shape (n, n_columns * dim), for prediction."""
        return self.side_by_side(self._vectors(tf.reshape(cells, [-1]), optimizer, averaged))

    def _vectors(self, ids, optimizer, averaged):
        rows = tf.gather(self.rows, ids)
        return optimizer.averaged(rows) if averaged else optimizer.vectors(rows)

    def side_by_side(self, vectors: Any) -> Any:
        """Reshape the vectors of all cells, (batch * n_columns, dim), to (batch, n_columns * dim)."""
        return tf.reshape(vectors, [-1, self.width])

    def summed(self, gradient: Any, touched: Touched) -> Any:
        """Return the gradient of each touched row, (n, dim), from the gradient of the concatenated vectors."""
        n_cells, n_rows = tf.size(touched.where), tf.shape(touched.rows)[0]
        # A product with a sparse matrix of ones is a segment sum in a fourth of the time on a CPU.
        return tf.raw_ops.SparseTensorDenseMatMul(
            a_indices=tf.stack([touched.where, tf.range(n_cells)], axis=1),
            a_values=tf.ones([n_cells]),
            a_shape=tf.cast(tf.stack([n_rows, n_cells]), tf.int64),
            b=tf.reshape(gradient, [-1, self.dim]),
        )

    def gradients(self, of_rows: Any, gradient: Any, touched: Touched) -> tuple[Any, list[Any]]:
        """Return the gradients of the touched rows, and of weights of the stack, which has none.

        Parameters
        ----------
        of_rows : tensor of shape (n, dim)
            The vectors of the touched rows.
        gradient : tensor of shape (batch, n_columns * dim)
            The gradient of the concatenated vectors.
        touched : Touched
            The touched rows.
        """
        return self.summed(gradient, touched), []

    def of_cells(self, gradient: Any, touched: Touched) -> Any:
        """Return the gradients of single cells on the scale of those of their rows, from those of the batch."""
        return gradient

    def narrowed(self, values: Any, touched: Touched) -> Any:
        """Return values of the touched rows, (n, dim), with zeros in the dimensions that a row does not use."""
        return self._narrow(values, touched.ids)

    def _narrow(self, values, ids):
        if self._widths is None:
            return values
        widths = self._widths.read_value() if ids is None else tf.gather(self._widths, ids)
        return tf.where((tf.range(self.dim) % self._slice_dim)[None] < widths[:, None], values, 0.0)

    def means(self, vectors: Any, touched: Touched) -> Any:
        """Return, for each touched row, the mean vector over the cells of the columns of its table, (n, dim).

        Parameters
        ----------
        vectors : tensor of shape (batch, n_columns * dim)
            The concatenated vectors of the cells.
        touched : Touched
            The touched rows.
        """
        of_columns = tf.reduce_mean(tf.reshape(vectors, [-1, len(self.positions), self.dim]), axis=0)
        # Columns with the same offset share a table.
        same = tf.cast(self._offsets[0][:, None] == self._offsets[0][None, :], tf.float32)
        of_tables = tf.matmul(same / tf.reduce_sum(same, axis=1, keepdims=True), of_columns)
        return tf.gather(of_tables, self._columns(touched))

    def rates(self, touched: Touched) -> Any:
        """Return the factor of the learning rate of each touched row: (n, 1), or 1 for all."""
        return 1.0 if self._rates is None else tf.gather(self._rates, self._columns(touched))[:, None]

    def _columns(self, touched):
        """Return the column of each touched row; the last of the columns that share a table."""
        ids = tf.range(tf.shape(touched.rows)[0]) if touched.ids is None else touched.ids
        starts = tf.gather(self._offsets[0], self._order)
        return tf.gather(self._order, tf.searchsorted(starts, ids, side="right") - 1)

    def write(self, touched: Touched, rows: Any) -> None:
        """Write the rows of a batch."""
        if touched.ids is None:
            self.rows.assign(rows)
        else:
            self._write(touched.ids, rows)

    def _write(self, ids, rows):
        # The raw operation, since the method of the variable returns, and thus copies, the whole stack.
        tf.raw_ops.ResourceScatterUpdate(resource=self.rows.handle, indices=ids, updates=rows)
