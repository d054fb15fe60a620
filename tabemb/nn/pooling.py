"""Layers for columns whose cells hold several values: pool the vectors of the values of each cell."""

import keras
from keras import ops

__all__ = ["AttentionPooling", "CellRows", "ValuePooling", "value_pooling"]


@keras.saving.register_keras_serializable(package="tabemb")
class ValuePooling(keras.layers.Layer):
    """The weighted sum of the vectors of the values of each cell.

    Called with the vectors, (n_values, dim), the weights of the values, (n_values,), and the offsets of the cells,
    (n_cells + 1,).
    """

    def call(self, inputs):
        """Return the pooled vectors, of shape (n_cells, dim)."""
        vectors, weights, offsets = inputs
        cells, n_cells = _cells(vectors, offsets)
        return ops.segment_sum(vectors * weights[:, None], cells, n_cells)

    def compute_output_shape(self, input_shape):
        """Return ``(n_cells, dim)``."""
        return _pooled_shape(input_shape)


@keras.saving.register_keras_serializable(package="tabemb")
class AttentionPooling(keras.layers.Layer):
    """The mean of the vectors of the values of each cell, with weights by their products with a learned query.

    The weights are the softmax of the products in the cell, as in Yang et al. 2016, "Hierarchical attention networks
    for document classification", equations 8 to 10, without their hidden layer. Inputs as of :class:`ValuePooling`.
    """

    def build(self, input_shape):
        """Create the query, which begins at zero: the mean."""
        self.query = self.add_weight(shape=(input_shape[0][-1],), initializer="zeros", name="query")

    def call(self, inputs):
        """Return the pooled vectors, of shape (n_cells, dim)."""
        vectors, weights, offsets = inputs
        cells, n_cells = _cells(vectors, offsets)
        scores = ops.sum(vectors * self.query, axis=1)
        shares = weights * ops.exp(scores - ops.take(ops.segment_max(scores, cells, n_cells), cells))
        shares = shares / ops.take(ops.segment_sum(shares, cells, n_cells), cells)
        return ops.segment_sum(vectors * shares[:, None], cells, n_cells)

    def compute_output_shape(self, input_shape):
        """Return ``(n_cells, dim)``."""
        return _pooled_shape(input_shape)


@keras.saving.register_keras_serializable(package="tabemb")
class CellRows(keras.layers.Layer):
    """The pooled vector of the cell of each row, from the pooled vectors and the numbers of the cells."""

    def call(self, inputs):
        """Return the vectors, of shape (batch, dim)."""
        pooled, cells = inputs
        return ops.take(pooled, cells, axis=0)

    def compute_output_shape(self, input_shape):
        """Return ``(batch, dim)``."""
        return (input_shape[1][0], input_shape[0][1])


def value_pooling(pooling: str, *, name: str) -> keras.layers.Layer:
    """Return the layer of a pooling.

    Parameters
    ----------
    pooling : str
        One of :data:`~tabemb.table.bags.POOLINGS`; all but "attention" differ in the weights only.
    name : str
        Name of the layer.
    """
    return AttentionPooling(name=name) if pooling == "attention" else ValuePooling(name=name)


def _cells(vectors, offsets):
    """Return the cell of each value, and the number of cells."""
    places = ops.arange(ops.shape(vectors)[0], dtype=offsets.dtype)
    return ops.searchsorted(offsets[1:], places, side="right"), ops.shape(offsets)[0] - 1


def _pooled_shape(input_shape):
    vectors, _, offsets = input_shape
    return (None if offsets[0] is None else offsets[0] - 1, vectors[1])
