"""Vectors of users and items side by side, and the losses that bring together those that belong together."""

from dataclasses import dataclass

import keras
import numpy as np
from keras import ops

from tabemb.nn.bodies import Body
from tabemb.nn.table_task import TableTask

__all__ = ["PairwiseTask", "RatingTask", "SampledSoftmaxTask", "TowerTask", "TowerVectors", "code_parts"]

# Score of an item that is not a candidate.
NEVER = -1e9
# Numbers up to this are exact in float32, and so are the two parts of larger ones.
PART = 2**20


class TowerVectors(Body):
    """Sums of the vectors of the columns of each tower, whose last dimension is a bias.

    The output has, for each tower, the vector of a row and its bias, side by side.

    Parameters
    ----------
    towers : tuple of tuple of int
        For each tower, the places of its features in the order of the concatenated vectors, all of the same dimension.
    unit : bool
        Whether the vectors, without the biases, are scaled to length 1.
    projection_units : tuple of int
        If given, a perceptron with these hidden layers reads each sum, and its output is added to it before any
        scaling; at first, the output is zero. The first tower, of the users, has one, and the others, of items, share
        another one.

    Examples
    --------
    >>> TowerVectors(towers=((0,), (1, 2)), unit=True)
    TowerVectors(towers=((0,), (1, 2)), unit=True)
    """

    def __init__(
        self, towers: tuple[tuple[int, ...], ...] = (), unit: bool = False, projection_units: tuple[int, ...] = ()
    ) -> None:
        self.towers = towers
        self.unit = unit
        self.projection_units = projection_units

    def build(self, features, n_outputs, seeds):
        """Return vectors and biases, of shape (batch, n_towers * (dim + 1))."""
        vectors = ops.split(features.embedded, np.cumsum(features.dims)[:-1].tolist(), axis=1)
        sides = ("user", "item") if self.projection_units else ()
        projections = [self._projection(side, features.dims[0] - 1, seeds) for side in sides]
        parts = []
        for number, places in enumerate(self.towers):
            total = vectors[places[0]]
            for place in places[1:]:
                total = total + vectors[place]
            vector, bias = ops.split(total, [features.dims[places[0]] - 1], axis=1)
            if projections:
                hidden = vector
                for layer in projections[min(number, 1)]:
                    hidden = layer(hidden)
                vector = vector + hidden
            if self.unit:
                lengths = ops.sqrt(ops.maximum(ops.sum(ops.square(vector), axis=1, keepdims=True), 1e-12))
                vector = vector / lengths
            parts += [vector, bias]
        return keras.layers.Concatenate(name="towers")(parts)

    def _projection(self, side, dim, seeds):
        layers = []
        for place, units in enumerate(self.projection_units):
            name = f"{side}_projection_{place}"
            start = keras.initializers.GlorotUniform(seed=seeds[name])
            layers.append(keras.layers.Dense(units, activation="relu", kernel_initializer=start, name=name))
        return [*layers, keras.layers.Dense(dim, kernel_initializer="zeros", name=f"{side}_projection")]


class TowerTask(TableTask):
    """A task whose logits are the vectors and biases of several towers."""

    n_towers = 2
    dim: int

    @property
    def n_outputs(self):
        """Number of numbers in the vectors and biases of a row."""
        return self.n_towers * (self.dim + 1)

    def towers(self, logits):
        """Return vector (batch, dim) and bias (batch,) of each tower."""
        widths = [self.dim, 1] * self.n_towers
        parts = ops.split(logits, np.cumsum(widths)[:-1].tolist(), axis=1)
        return [(vector, bias[:, 0]) for vector, bias in zip(parts[::2], parts[1::2], strict=True)]


@dataclass(frozen=True)
class SampledSoftmaxTask(TowerTask):
    """Which item a user has interacted with, among those of the other rows of the batch.

    A softmax whose candidates are the distinct items of the batch. The logarithm of the probability that an item is
    among them is subtracted from its score, so that the denominator is on average that of all items (Yi et al. 2019,
    "Sampling-bias-corrected neural modeling for large corpus item recommendations"). The item itself is there in any
    case, so its score stays as it is (Khrylchenko et al. 2025, "Correcting the LogQ correction"). With a third tower,
    items drawn uniformly are candidates, too (Yang et al. 2020, "Mixed negative sampling for learning two-tower neural
    networks in recommendations"). The loss is divided by the entropy of the items: it is about 1 if nothing is known.

    Parameters
    ----------
    dim : int
        Number of dimensions.
    temperature : float
        The products of vectors are divided by it.
    n_items : int
        Number of items.
    entropy : float
        Entropy of the distribution of the items, in nats.
    mixed : bool
        Whether there is a third tower, of items drawn uniformly.

    Examples
    --------
    >>> SampledSoftmaxTask(16, 0.1, 1000, 6.5, True).n_outputs
    51
    """

    dim: int
    temperature: float
    n_items: int
    entropy: float
    mixed: bool = False

    @property
    def n_towers(self):
        """Users, items, and items drawn uniformly."""
        return 3 if self.mixed else 2

    def loss_key(self):
        """Return the numbers that are compiled in."""
        return type(self), self.dim, self.temperature, self.n_items, self.entropy, self.mixed

    def training_loss(self, targets, logits):
        """Return the loss of each row.

        Parameters
        ----------
        targets : tensor of float of shape (batch, 3) or (batch, 6)
            Share of the item among the rows, and its number in two parts (:func:`code_parts`); with a third tower, the
            same of the item drawn uniformly.
        logits : tensor of shape (batch, n_outputs)
            Vectors and biases.
        """
        (users, _), (items, biases), *others = self.towers(logits)
        own = ops.sum(users * items, axis=1) / self.temperature + biases
        codes, shares = targets[:, 1:3], targets[:, 0]
        if others:
            items = ops.concatenate([items, others[0][0]], axis=0)
            biases = ops.concatenate([biases, others[0][1]], axis=0)
            shares = ops.concatenate([shares, targets[:, 3]], axis=0)
            candidates = ops.concatenate([codes, targets[:, 4:6]], axis=0)
        else:
            candidates = codes
        n_rows = ops.cast(ops.shape(targets)[0], "float32")
        missed = n_rows * ops.log1p(-ops.clip(shares, 1e-12, 1 - 1e-6))
        if others:
            missed = missed + n_rows * float(np.log1p(-min(1 / self.n_items, 1 - 1e-6)))
        place = ops.arange(ops.shape(candidates)[0])
        earlier = ops.logical_and(_same(candidates, candidates), place[:, None] > place[None, :])
        offset = biases + ops.where(ops.any(earlier, axis=1), NEVER, -ops.log(-ops.expm1(missed)))
        scores = ops.matmul(users, ops.transpose(items)) / self.temperature + offset[None, :]
        scores = ops.where(_same(codes, candidates), NEVER, scores)
        every = ops.logsumexp(ops.concatenate([own[:, None], scores], axis=1), axis=1)
        return (every - own) / max(self.entropy, 1e-3)


@dataclass(frozen=True)
class PairwiseTask(TowerTask):
    """An item that a user has interacted with has a higher score than one drawn uniformly.

    Bayesian personalized ranking (Rendle et al. 2009, arXiv:1205.2618, section 4.1). The third tower is that of the
    items drawn. The loss is divided by log 2: it is 1 if nothing is known.

    Parameters
    ----------
    dim : int
        Number of dimensions.
    temperature : float
        The products of vectors are divided by it.
    """

    dim: int
    temperature: float

    n_towers = 3

    def loss_key(self):
        """Return the numbers that are compiled in."""
        return type(self), self.dim, self.temperature

    def training_loss(self, targets, logits):
        """Return the loss of each row; 0 where the item drawn is that of the row.

        Parameters
        ----------
        targets : tensor of float of shape (batch, 6)
            As of :class:`SampledSoftmaxTask`.
        logits : tensor of shape (batch, n_outputs)
            Vectors and biases.
        """
        (users, _), (items, biases), (others, other_biases) = self.towers(logits)
        gain = ops.sum(users * (items - others), axis=1) / self.temperature + biases - other_biases
        differs = ops.any(ops.not_equal(targets[:, 1:3], targets[:, 4:6]), axis=1)
        return ops.softplus(-gain) / np.float32(np.log(2)) * ops.cast(differs, "float32")


@dataclass(frozen=True)
class RatingTask(TowerTask):
    """The rating is the product of the vectors, plus the biases and the mean (Koren et al. 2009).

    "Matrix factorization techniques for recommender systems", equation 4. The loss is the squared error divided by the
    variance of the ratings: it is 1 if nothing is known.

    Parameters
    ----------
    dim : int
        Number of dimensions.
    mean, variance : float
        Mean and variance of the ratings.
    """

    dim: int
    mean: float
    variance: float

    def loss_key(self):
        """Return the numbers that are compiled in."""
        return type(self), self.dim, self.mean, self.variance

    def training_loss(self, targets, logits):
        """Return the loss of each row.

        Parameters
        ----------
        targets : tensor of float of shape (batch, 1)
            Ratings.
        logits : tensor of shape (batch, n_outputs)
            Vectors and biases.
        """
        (users, user_biases), (items, item_biases) = self.towers(logits)
        found = ops.sum(users * items, axis=1) + user_biases + item_biases + self.mean
        return ops.square(found - targets[:, 0]) / max(self.variance, 1e-12)


def code_parts(codes):
    """Return integers as two columns of numbers that are exact in float32.

    Examples
    --------
    >>> code_parts(np.array([3, 2**30 + 5]))
    array([[   0.,    3.],
           [1024.,    5.]], dtype=float32)
    """
    return np.column_stack([codes // PART, codes % PART]).astype(np.float32)


def _same(one, other):
    """Return which codes, in two parts, are equal: bool of shape (len(one), len(other))."""
    return ops.logical_and(one[:, None, 0] == other[None, :, 0], one[:, None, 1] == other[None, :, 1])
