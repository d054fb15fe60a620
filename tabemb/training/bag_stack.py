"""Embedding tables of columns whose cells hold several values, during training."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from tabemb.nn.embedding import FeatureSpec
from tabemb.training.stacks import NO_BAGS, TableStack, Touched

__all__ = ["BagStack", "TouchedBags"]


@dataclass(frozen=True, kw_only=True)
class TouchedBags(Touched):
    """The rows of a table that a batch uses, and the cells that hold them.

    Parameters
    ----------
    ids, where, rows
        As of :class:`~tabemb.training.stacks.Touched`; ``where`` has one entry per value.
    cells : tensor of int64 of shape (n_values,)
        The cell of each value, counted row by row of the batch and column by column.
    weights : tensor of float32 of shape (n_values,)
        Weight of each value.
    n_cells : tensor of int64
        Number of cells of the batch.
    """

    cells: Any
    weights: Any
    n_cells: Any


class BagStack(TableStack):
    """The table of one or several columns some of whose cells hold several values.

    The vectors of cells are a product of a sparse matrix, of the weights of the values, with the distinct rows of the
    table that the batch uses. So a value takes as long as a cell of other columns, and nothing is padded.

    Parameters
    ----------
    features : tuple of FeatureSpec
        The columns, which share one table.
    optimizer, small, with_rates, narrows
        As of :class:`~tabemb.training.stacks.TableStack`.
    queries : sequence of tf.Variable or None
        For each column, the query of its pooling, if the weights are learned.
    """

    def __init__(
        self,
        features: tuple[FeatureSpec, ...],
        *,
        optimizer: Any,
        small: bool,
        with_rates: bool = False,
        narrows: bool = False,
        queries: Sequence[tf.Variable | None] = (),
    ) -> None:
        super().__init__(features, optimizer=optimizer, small=small, with_rates=with_rates, narrows=narrows)
        self._pooled = [feature.pooling is not None for feature in features]
        self._queries = list(queries) or [None] * len(features)

    @property
    def queries(self) -> list[tf.Variable]:
        """The queries of the columns whose weights are learned."""
        return [query for query in self._queries if query is not None]

    def touch(self, cells: Any, bags: Mapping[str, Any] = NO_BAGS) -> TouchedBags:
        """Read the rows of a batch; parameters as of the base class."""
        n_rows, n_columns = tf.shape(cells, tf.int64)[0], len(self.positions)
        parts = [
            self._values(place, cells[:, place], bags, n_columns)
            if is_pooled
            else self._singles(place, cells[:, place])
            for place, is_pooled in enumerate(self._pooled)
        ]
        values, weights, owners = (
            tf.concat(each, axis=0) if len(each) > 1 else each[0] for each in zip(*parts, strict=True)
        )
        if self.small:
            ids, where, rows = None, values, self.rows.read_value()
        else:
            ids, where = tf.unique(values)
            rows = tf.gather(self.rows, ids)
        return TouchedBags(ids=ids, where=where, rows=rows, cells=owners, weights=weights, n_cells=n_rows * n_columns)

    def _singles(self, place, column):
        n_rows = tf.shape(column, tf.int64)[0]
        return column, tf.ones([n_rows]), tf.range(n_rows) * len(self.positions) + place

    def _values(self, place, column, bags, n_columns):
        position = self.positions[place]
        offsets = bags[f"offsets_{position}"]
        starts = tf.gather(offsets, column)
        sizes = tf.gather(offsets, column + 1) - starts
        ends = tf.cumsum(sizes)
        rows = tf.repeat(tf.range(tf.size(column, tf.int64)), sizes)
        places = tf.range(ends[-1]) - tf.gather(ends - sizes - starts, rows)
        values = tf.gather(bags[f"values_{position}"], places)
        return values, tf.gather(bags[f"weights_{position}"], places), rows * n_columns + place

    def vectors(self, of_rows: Any, touched: Touched) -> Any:
        """Return the pooled vectors of the cells of a batch, (batch, n_columns * dim)."""
        return self._pooled_vectors(of_rows, touched, self._weights(of_rows, touched))

    def _pooled_vectors(self, of_rows, touched, weights):
        pooled = tf.raw_ops.SparseTensorDenseMatMul(
            a_indices=tf.stack([touched.cells, tf.cast(touched.where, tf.int64)], axis=1),
            a_values=weights,
            a_shape=tf.stack([touched.n_cells, tf.shape(of_rows, tf.int64)[0]]),
            b=of_rows,
        )
        return self.side_by_side(pooled)

    def _weights(self, of_rows, touched):
        """Return the weight of each value: the softmax of its score in its cell, where weights are learned."""
        if not self.queries:
            return touched.weights
        n_columns = len(self.positions)
        column = touched.cells % n_columns
        zero = tf.zeros([self.dim])
        queries = tf.stack([zero if query is None else query.read_value() for query in self._queries])
        scores = tf.matmul(of_rows, queries, transpose_b=True)
        own = tf.gather_nd(scores, tf.stack([tf.cast(touched.where, tf.int64), column], axis=1))
        segments = tf.cast(touched.cells, tf.int32)
        n_cells = tf.cast(touched.n_cells, tf.int32)
        highest = tf.gather(tf.math.unsorted_segment_max(tf.stop_gradient(own), segments, n_cells), segments)
        shares = touched.weights * tf.exp(own - highest)
        learned = shares / tf.gather(tf.math.unsorted_segment_sum(shares, segments, n_cells), segments)
        is_learned = tf.gather(tf.constant([query is not None for query in self._queries]), column)
        return tf.where(is_learned, learned, touched.weights)

    def look_up(self, cells: Any, optimizer: Any, bags: Mapping[str, Any] = NO_BAGS, *, averaged: bool = False) -> Any:
        """Return the pooled vectors of cells, or those of the averages, for prediction."""
        touched = self.touch(cells, bags)
        of_rows = optimizer.averaged(touched.rows) if averaged else optimizer.vectors(touched.rows)
        return self.vectors(of_rows, touched)

    def summed(self, gradient: Any, touched: Touched) -> Any:
        """Return the gradient of each touched row, from the gradient of the pooled vectors."""
        n_rows = tf.shape(touched.rows, tf.int64)[0]
        return tf.raw_ops.SparseTensorDenseMatMul(
            a_indices=tf.stack([tf.cast(touched.where, tf.int64), touched.cells], axis=1),
            a_values=touched.weights,
            a_shape=tf.stack([n_rows, touched.n_cells]),
            b=tf.reshape(gradient, [-1, self.dim]),
        )

    def gradients(self, of_rows: Any, gradient: Any, touched: Touched) -> tuple[Any, list[Any]]:
        """Return the gradients of the touched rows and of the queries, from the gradient of the pooled vectors."""
        if not self.queries:
            return self.summed(gradient, touched), []
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(of_rows)
            tape.watch(self.queries)
            pooled = self.vectors(of_rows, touched)
        found, of_queries = tape.gradient(pooled, [of_rows, self.queries], output_gradients=gradient)
        return found, [tf.convert_to_tensor(each) for each in of_queries]

    def of_cells(self, gradient: Any, touched: Touched) -> Any:
        """Return the gradients of cells times the size of the weights of their values."""
        return gradient * tf.sqrt(tf.reduce_mean(tf.square(touched.weights)))

    def means(self, vectors: Any, touched: Touched) -> Any:
        """Return, for each touched row, the mean vector of all cells."""
        mean = tf.reduce_mean(tf.reshape(vectors, [-1, self.dim]), axis=0)
        return tf.tile(mean[None], [tf.shape(touched.rows)[0], 1])
