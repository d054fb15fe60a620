"""Tell the other cells of a row from negative samples by products of vectors: body and task of "skip_gram"."""

from dataclasses import dataclass

import keras
import numpy as np
from keras import ops

from tabemb.nn.bodies import Body
from tabemb.nn.table_task import TableTask, digest_of

__all__ = ["SkipGramTask", "SkipGramVectors"]


class SkipGramVectors(Body):
    """The vectors of categories, contexts and negatives side by side, all filled up with zeros to the same length.

    Parameters
    ----------
    places : tuple of int
        Places of categories, contexts and negatives in the order of the concatenated vectors.
    dim : int
        Length to which the vectors are filled up, that of the longest.

    Examples
    --------
    >>> SkipGramVectors(places=(0, 1, 2), dim=8)
    SkipGramVectors(dim=8, places=(0, 1, 2))
    """

    def __init__(self, places=(), dim=1):
        self.places = places
        self.dim = dim

    def build(self, features, n_outputs, seeds):
        """Return the vectors, of shape (batch, n_places * dim)."""
        vectors = ops.split(features.embedded, np.cumsum(features.dims)[:-1].tolist(), axis=1)
        parts = []
        for place in self.places:
            missing = self.dim - features.dims[place]
            parts.append(ops.pad(vectors[place], [[0, 0], [0, missing]]) if missing else vectors[place])
        return keras.layers.Concatenate(name="vectors_by_role")(parts)


@dataclass(frozen=True, eq=False)
class SkipGramTask(TableTask):
    """Skip-gram with negative sampling: which values are in a row with a category, and which are drawn at random.

    The score of a category and a context is the product of their vectors, plus the log odds of the context whatever
    the category. So the product is their pointwise mutual information where the loss is smallest (Levy & Goldberg
    2014, "Neural word embedding as implicit matrix factorization"). The negatives of a row are those drawn for it and
    for the rows after it. The loss is divided by that of zero vectors: it is 1 if nothing is known.

    Parameters
    ----------
    n_categories : int
        Number of categorical columns, which are the first contexts, too.
    dim : int
        Number of dimensions.
    n_negatives : int
        Number of negatives per context.
    odds, shares, noise : tuple of ndarray
        Log odds, share of the rows, and share of the negatives of each value of each context.

    Examples
    --------
    >>> half = np.array([0.5, 0.5])
    >>> SkipGramTask(2, 4, 5, (np.log(half / 2.5),) * 2, (half,) * 2, (half,) * 2).n_outputs
    24
    """

    n_categories: int
    dim: int
    n_negatives: int
    odds: tuple[np.ndarray, ...]
    shares: tuple[np.ndarray, ...]
    noise: tuple[np.ndarray, ...]

    @property
    def n_outputs(self):
        """Number of numbers in the vectors of a row."""
        return (self.n_categories + 2 * len(self.odds)) * self.dim

    def loss_key(self):
        """Return the numbers that are compiled in."""
        return type(self), self.n_categories, self.dim, self.n_negatives, digest_of(self._ignorant)

    @property
    def _ignorant(self) -> list[float]:
        """The loss of each context if nothing is known."""
        return [
            float((p * np.logaddexp(0, -odds) + self.n_negatives * q * np.logaddexp(0, odds))[p > 0].sum())
            for odds, p, q in zip(self.odds, self.shares, self.noise, strict=True)
        ]

    def training_loss(self, targets, logits):
        """Return the loss of each row, 1 on average if nothing is known about it.

        Parameters
        ----------
        targets : tensor of float of shape (batch, 2 * n_contexts)
            Log odds of the contexts and of the negatives.
        logits : tensor of shape (batch, n_outputs)
            Vectors of categories, contexts and negatives.
        """
        n, n_contexts = self.n_categories, len(self.odds)
        vectors = ops.reshape(logits, (-1, n + 2 * n_contexts, self.dim))
        categories, contexts, negatives = ops.split(vectors, [n, n + n_contexts], axis=1)
        odds, of_negatives = ops.split(targets[:, None, :], 2, axis=2)
        losses = ops.softplus(-self._scores(categories, contexts, odds))
        for shift in range(self.n_negatives):
            ahead = ops.roll(negatives, -shift, axis=0), ops.roll(of_negatives, -shift, axis=0)
            losses += ops.softplus(self._scores(categories, *ahead))
        # A column is no context of itself.
        counts = 1.0 - np.eye(n, n_contexts)
        weights = counts / (counts @ np.array(self._ignorant)).sum()
        return ops.sum(losses * weights.astype(np.float32), axis=(1, 2))

    @staticmethod
    def _scores(categories, contexts, odds):
        return ops.matmul(categories, ops.transpose(contexts, (0, 2, 1))) + odds
