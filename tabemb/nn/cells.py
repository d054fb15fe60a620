"""Predict cells of a row from its other cells: the body and the task of masked self-prediction."""

import hashlib
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar

import keras
import numpy as np
import numpy.typing as npt
from keras import ops

from tabemb.nn.bodies import blocks
from tabemb.nn.bodies.body import DeepBody
from tabemb.nn.numeric.numeric_encoder import ColumnRange
from tabemb.nn.tasks import Task

__all__ = ["CellPredictor", "CellTask"]

# Rows whose categories are each other's candidates in a validation loss.
CANDIDATE_ROWS = 512
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
        ends = np.cumsum([0, *features.dims])
        vectors = [
            ColumnRange(start, stop, name=f"vector_{place}")(features.embedded)
            for place, (start, stop) in enumerate(pairwise(ends))
        ]
        seen = [vectors[place] for place in self.inputs] + ([] if features.numbers is None else [features.numbers])
        given = keras.layers.Concatenate(name="visible")(seen) if len(seen) > 1 else seen[0]
        hidden = self.hidden(lambda units, seeds, name: blocks.dense(given, units, seeds, name=name), seeds)
        parts = []
        for place in self.predicted:
            query = blocks.dense(hidden, features.dims[place], seeds, name=f"query_{place}")
            parts += [query, vectors[place]]
        if self.n_bins:
            parts.append(blocks.dense(hidden, self.n_bins, seeds, name="bins"))
        return keras.layers.Concatenate(name="queries_and_vectors")(parts) if len(parts) > 1 else parts[0]


@dataclass(frozen=True, eq=False)
class CellTask(Task):
    """The hidden cells of a row, as targets of the network of :class:`CellPredictor`.

    A category is predicted by a sampled softmax, whose candidates are the distinct categories of the column in the
    batch. The logarithm of the probability that a category is among them is subtracted from its score, so that the
    denominator is on average that of a full softmax (Bengio & Senécal 2008, "Adaptive importance sampling to accelerate
    training of a neural probabilistic language model"; for categories of the batch Yi et al. 2019,
    "Sampling-bias-corrected neural modeling for large corpus item recommendations"). The category to be predicted is
    there in any case, so its score stays as it is (Khrylchenko et al. 2025, "Correcting the LogQ correction"). A number
    is predicted by its interval. The loss of a column is divided by its entropy: it is 1 if nothing is known about a
    cell.

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

    metric: ClassVar[str] = "explained"

    @property
    def n_outputs(self):
        """Number of queries' and vectors' dimensions, and of the logits of the numbers."""
        return 2 * sum(self.dims) + sum(map(len, self.intervals))

    def loss_key(self):
        """Return a digest of the shares, which are compiled in."""
        digest = hashlib.sha256()
        for each in (*self.shares, *self.intervals):
            digest.update(np.ascontiguousarray(each, np.float64).tobytes())
        return type(self), self.dims, self.hidden_share, digest.hexdigest()

    def training_loss(self, targets, logits):
        """Return the loss of the hidden cells of each row, 1 on average if nothing is known about them.

        Parameters
        ----------
        targets : tensor of int of shape (batch, 2 * n_columns)
            Index or interval of each cell, then 1 for the hidden ones.
        logits : tensor of shape (batch, n_outputs)
        """
        n_columns, place, losses = len(self.shares) + len(self.intervals), 0, []
        for column, (dim, shares) in enumerate(zip(self.dims, self.shares, strict=True)):
            query, vectors = logits[:, place : place + dim], logits[:, place + dim : place + 2 * dim]
            losses.append(_sampled(query, vectors, targets[:, column], shares) / _entropy(shares))
            place += 2 * dim
        for number, shares in enumerate(self.intervals):
            scores = logits[:, place : place + len(shares)]
            codes = ops.one_hot(targets[:, len(self.shares) + number], len(shares))
            loss = ops.logsumexp(scores, axis=1) - ops.sum(scores * codes, axis=1)
            losses.append(loss / _entropy(shares))
            place += len(shares)
        hidden = ops.cast(targets[:, n_columns:], "float32")
        return ops.sum(ops.stack(losses, axis=1) * hidden, axis=1) / (self.hidden_share * n_columns)

    def loss(self, targets, logits):
        """Return the loss of each row, with candidates from 512 rows at a time."""
        starts = range(0, len(targets), CANDIDATE_ROWS)
        parts = [
            self.training_loss(
                ops.convert_to_tensor(targets[start : start + CANDIDATE_ROWS]),
                ops.convert_to_tensor(logits[start : start + CANDIDATE_ROWS]),
            )
            for start in starts
        ]
        return np.concatenate([ops.convert_to_numpy(part) for part in parts])

    def activate(self, logits):
        """Return the logits; there is nothing to predict."""
        return logits

    def score(self, targets, activated, sample_weight=None):
        """Return the share of the entropy of the hidden cells that the visible ones explain, at most 1."""
        return 1.0 - float(self.loss(targets, activated).mean())


def _sampled(query, vectors, codes, shares):
    """Return the loss of each row, whose candidates are the distinct categories of the batch."""
    n_others = ops.cast(ops.shape(query)[0] - 1, "float32")
    rare = ops.convert_to_tensor(np.log1p(-np.clip(shares, 1e-12, 1 - 1e-6)).astype("float32"))
    # Logarithm of the probability that a category is in another row of the batch.
    among = ops.log(ops.maximum(-ops.expm1(n_others * ops.take(rare, codes)), 1e-12))
    place = ops.arange(ops.shape(query)[0])
    same, earlier = codes[:, None] == codes[None, :], place[:, None] > place[None, :]
    repeated = ops.any(ops.logical_and(same, earlier), axis=1)
    scores = ops.matmul(query, ops.transpose(vectors)) - ops.where(same, 0.0, among[None, :])
    own = ops.sum(query * vectors, axis=1)
    return ops.logsumexp(ops.where(repeated[None, :], NEVER, scores), axis=1) - own


def _entropy(shares) -> float:
    present = shares[shares > 0]
    return max(float(-(present * np.log(present)).sum()), 1e-3)
