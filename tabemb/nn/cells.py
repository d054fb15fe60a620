"""Predict cells of a row from its other cells: the body and the task of masked self-prediction."""

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from keras import ops

from tabemb.nn.bodies import blocks
from tabemb.nn.bodies.body import DeepBody
from tabemb.nn.table_task import TableTask, digest_of, entropy

__all__ = ["CellPredictor", "CellTask"]

# The categories of so many rows of a batch are the candidates for each cell of it.
CANDIDATES = 256
# Score of a category that is not a candidate.
NEVER = -1e9


class CellPredictor(DeepBody):
    """Perceptron from the visible cells of a row to a query for each of its categories, and logits for its numbers.

    A category is predicted by the products of the query with the vectors of the candidates, which the network looks up
    as further features.

    Parameters
    ----------
    inputs, predicted : tuple of int
        Places of the features, in the order of their concatenated vectors: those of the visible cells, and those of the
        cells that are predicted.
    n_bins : int
        Number of logits for the numbers.
    hidden_units, dropout, activation, normalization
        As in :class:`~tabemb.nn.bodies.body.DeepBody`.

    Examples
    --------
    >>> CellPredictor(inputs=(0,), predicted=(1,), hidden_units=(64,)).first_layer
    'hidden_0'
    """

    def __init__(
        self,
        inputs=(),
        predicted=(),
        n_bins=0,
        hidden_units=(256, 128),
        dropout=0.2,
        activation="relu",
        normalization=None,
    ):
        super().__init__(hidden_units, dropout, activation, normalization)
        self.inputs = inputs
        self.predicted = predicted
        self.n_bins = n_bins

    def build(self, features, n_outputs, seeds):
        """Return, side by side, query and vector of each predicted category, then the logits of the numbers."""
        self.check()
        # One split, since the gradient of each separate slice would be as wide as all vectors.
        vectors = ops.split(features.embedded, np.cumsum(features.dims)[:-1].tolist(), axis=1)
        seen = [vectors[place] for place in self.inputs] + ([] if features.numbers is None else [features.numbers])
        given = keras.layers.Concatenate(name="visible")(seen) if len(seen) > 1 else seen[0]
        hidden = self.hidden(lambda units, seeds, name: blocks.dense(given, units, seeds, name=name), seeds)
        parts = []
        for place in self.predicted:
            query = blocks.dense(hidden, features.dims[place], seeds, name=f"query_{place}")
            parts += [query, vectors[place]]
        if self.n_bins:
            parts.append(blocks.dense(hidden, self.n_bins, seeds, name="intervals"))
        return keras.layers.Concatenate(name="queries_and_vectors")(parts) if len(parts) > 1 else parts[0]


@dataclass(frozen=True, eq=False)
class CellTask(TableTask):
    """The hidden cells of a row, as targets of the network of :class:`CellPredictor`.

    A category is predicted by a sampled softmax, whose candidates are the distinct categories of 256 rows of the batch.
    The logarithm of the probability that a category is among them is subtracted from its score, so that the denominator
    is on average that of a full softmax (Bengio & Senécal 2008, "Adaptive importance sampling to accelerate training of
    a neural probabilistic language model"; for categories of the batch Yi et al. 2019, "Sampling-bias-corrected neural
    modeling for large corpus item recommendations"). The category to be predicted is there in any case, so its score
    stays as it is (Khrylchenko et al. 2025, "Correcting the LogQ correction"). A number is predicted by its interval.
    The loss of a column is divided by its entropy: it is 1 if nothing is known about a cell.

    Parameters
    ----------
    dims : tuple of int
        Number of dimensions of the vectors of each categorical column.
    shares : tuple of ndarray
        Share of the rows with each index, for each categorical column.
    intervals : tuple of ndarray
        Share of the rows with each interval, for each number.
    hidden_share : float
        Share of the cells that are hidden.

    Examples
    --------
    >>> CellTask((4,), (np.array([0.0, 0.0, 0.5, 0.5]),), (), 0.3).n_outputs
    8
    """

    dims: tuple[int, ...]
    shares: tuple[npt.NDArray[np.floating[Any]], ...]
    intervals: tuple[npt.NDArray[np.floating[Any]], ...]
    hidden_share: float

    @property
    def n_outputs(self):
        """Number of queries' and vectors' dimensions, and of the logits of the numbers."""
        return 2 * sum(self.dims) + sum(map(len, self.intervals))

    def loss_key(self):
        """Return a digest of the shares, which are compiled in."""
        return type(self), self.dims, self.hidden_share, digest_of((*self.shares, *self.intervals))

    def training_loss(self, targets, logits):
        """Return the loss of the hidden cells of each row, 1 on average if nothing is known about them.

        Parameters
        ----------
        targets : tensor of int of shape (batch, 2 * n_columns)
            Index or interval of each cell, then 1 for the hidden ones.
        logits : tensor of shape (batch, n_outputs)
        """
        n_columns, n_rows, total = len(self.shares) + len(self.intervals), ops.shape(targets)[0], 0.0
        widths = [width for dim in self.dims for width in (dim, dim)] + [len(each) for each in self.intervals]
        parts = iter(ops.split(logits, np.cumsum(widths)[:-1].tolist(), axis=1))
        for column, shares in enumerate(self.shares):
            query, vectors = next(parts), next(parts)
            # Only the hidden cells are worth the products with all candidates.
            hidden = ops.nonzero(targets[:, n_columns + column])[0]
            losses = _sampled(query, vectors, targets[:, column], hidden, shares) / entropy(shares)
            total += ops.scatter(hidden[:, None], losses, (n_rows,))
        for number, shares in enumerate(self.intervals, start=len(self.shares)):
            scores = next(parts)
            codes = ops.one_hot(targets[:, number], len(shares))
            losses = (ops.logsumexp(scores, axis=1) - ops.sum(scores * codes, axis=1)) / entropy(shares)
            total += losses * ops.cast(targets[:, n_columns + number], "float32")
        return total / (self.hidden_share * n_columns)


def _sampled(query, vectors, codes, hidden, shares):
    """Return the loss of each hidden cell, whose candidates are the distinct categories of the first rows."""
    others = codes[:CANDIDATES]
    place = ops.arange(ops.shape(others)[0])
    rare = ops.convert_to_tensor(np.log1p(-np.clip(shares, 1e-12, 1 - 1e-6)).astype("float32"))
    # Logarithm of the probability that a category is among the candidates.
    among = ops.log(-ops.expm1(ops.cast(ops.shape(others)[0], "float32") * ops.take(rare, others)))
    earlier = ops.logical_and(others[:, None] == others[None, :], place[:, None] > place[None, :])
    offset = ops.where(ops.any(earlier, axis=1), NEVER, -among)
    asked, wanted = ops.take(query, hidden, axis=0), ops.take(codes, hidden)
    own = ops.sum(asked * ops.take(vectors, hidden, axis=0), axis=1)
    scores = ops.matmul(asked, ops.transpose(vectors[:CANDIDATES])) + offset[None, :]
    scores = ops.where(wanted[:, None] == others[None, :], NEVER, scores)
    return ops.logsumexp(ops.concatenate([own[:, None], scores], axis=1), axis=1) - own
