"""Two towers, trained by gradient: users and items are sums of the vectors of their columns."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from tabemb.exceptions import DataError, UnknownNameError
from tabemb.ranges import check_share
from tabemb.recommend.methods.linear_autoencoder import LinearAutoencoder
from tabemb.recommend.methods.method import METHODS, RecommendMethod, check_count, check_number
from tabemb.recommend.methods.tower_network import TowerNetwork
from tabemb.recommend.observations import Observations
from tabemb.recommend.towers import Towers

__all__ = ["TwoTowers"]

LOSSES = ("softmax", "mixed", "bpr", "rating")
STARTS = ("linear_autoencoder", "random")
USER_TOWERS = ("key", "history")
# Learning rates, and that of histories that start from the linear autoencoder.
RATE, HISTORY_RATE = 3e-4, 3e-5
# The hidden layer of the projection head.
PROJECTION_UNITS = (256,)
# Prior of the vectors, in ratings, if ratings are predicted.
RATING_SHRINKAGE = 20.0


@METHODS.register("two_towers")
class TwoTowers(RecommendMethod):
    """Trains vectors of the keys and columns of both sides by a sampled softmax, by pairs of items, or by ratings.

    A user is the sum of the vectors of the key and of the columns, and so is an item (Kula 2015, "Metadata embeddings
    for user and item cold-start recommendations", arXiv:1507.08439); both are scaled to length 1, except for ratings.
    Items have a bias, so that the vectors need not tell how popular they are.

    With ``user_tower="history"``, the mean of the vectors of the seen items, without the item to be found, is in place
    of the vector of the key (Covington et al. 2016, "Deep neural networks for YouTube recommendations", section 3.2).

    In training, a perceptron reads the sum of each tower, and its output is added to it, a projection head. It takes up
    what the loss asks for, and the vectors before it, which are kept, find items better (Chen et al. 2020, "A simple
    framework for contrastive learning of visual representations", section 4.2).

    Parameters
    ----------
    dim : int, default=128
        Number of dimensions.
    loss : {"softmax", "mixed", "bpr", "rating"}, default="softmax"
        "softmax": the item is found among those of the batch, corrected for how often they are there; "mixed": among
        these and as many drawn uniformly; "bpr": it has a higher score than one drawn uniformly; "rating": squared
        error of the ratings. See :mod:`tabemb.nn.towers`.
    start : {"linear_autoencoder", "random"}, default="linear_autoencoder"
        The vectors of the keys before training; always random for ratings.
    temperature : float, default=0.125
        The cosines are divided by it.
    learning_rate : float or "auto", default="auto"
        Learning rate of Adam. "auto" is 0.0003, and 0.00003 for histories that start from the linear autoencoder, whose
        order of items larger steps make worse. From a random start, take 0.003.
    weight_decay : float, default=0.0
        Decoupled weight decay.
    id_dropout : float, default=0.1
        Share of the cells that are unknown in a step, so that the other columns learn to stand for a key; in [0, 1).
    batch_size : int, default=2048
        Number of interactions per step; fewer if there are few.
    max_epochs : int, default=30
        Maximum number of epochs. Training stops earlier once the loss of held-out interactions does not fall any more.
    user_tower : {"key", "history"}, default="key"
        What a user is, besides the columns: a vector of the key, or the mean of the vectors of the seen items, weighted
        by the interactions; then new users need no fit. Not for ratings.
    max_history : int, default=100
        With "history", the maximum number of seen items of a training row, drawn anew in each epoch. Recommendations
        use all.
    projection_units : tuple of int or "auto", default="auto"
        Numbers of units of the hidden layers of the projection head; ``()`` is none. "auto" is ``(256,)`` for keys, and
        none for histories and ratings.

    Examples
    --------
    >>> TwoTowers(dim=32, loss="bpr")
    TwoTowers(dim=32, loss='bpr')
    """

    def __init__(
        self,
        dim: int = 128,
        loss: str = "softmax",
        start: str = "linear_autoencoder",
        temperature: float = 0.125,
        learning_rate: float | str = "auto",
        weight_decay: float = 0.0,
        id_dropout: float = 0.1,
        batch_size: int = 2048,
        max_epochs: int = 30,
        user_tower: str = "key",
        max_history: int = 100,
        projection_units: Sequence[int] | str = "auto",
    ) -> None:
        self.dim = dim
        self.loss = loss
        self.start = start
        self.temperature = temperature
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.id_dropout = id_dropout
        self.batch_size = batch_size
        self.max_epochs = max_epochs
        self.user_tower = user_tower
        self.max_history = max_history
        self.projection_units = projection_units

    @property
    def rates(self) -> bool:
        """Whether it learns from ratings."""
        return bool(self.loss == "rating")

    def check(self) -> None:
        """Raise a ValueError if a parameter is out of range."""
        for name in ("dim", "batch_size", "max_epochs", "max_history"):
            check_count(name, getattr(self, name))
        if self.learning_rate != "auto":
            check_number("learning_rate", self.learning_rate, "a positive number or 'auto'", least=0.0, included=False)
        check_number("temperature", self.temperature, "a positive number", least=0.0, included=False)
        check_number("weight_decay", self.weight_decay, "a number of at least 0", least=0.0)
        check_share("id_dropout", self.id_dropout, zero=True)
        if self.projection_units != "auto":
            if not isinstance(self.projection_units, tuple | list):
                raise ValueError(
                    f"projection_units must be a tuple of positive integers, or 'auto', got {self.projection_units!r}."
                )
            for units in self.projection_units:
                check_count("projection_units", units)
        for name, known in (("loss", LOSSES), ("start", STARTS), ("user_tower", USER_TOWERS)):
            if getattr(self, name) not in known:
                raise UnknownNameError.among(name, getattr(self, name), known)
        if self.rates and self.user_tower == "history":
            raise ValueError(
                "user_tower='history' is for interactions, not for the loss 'rating', which needs a bias of each user. "
                "Use user_tower='key', or another loss."
            )

    def fit(self, observations: Observations, seed: int, *, verbose: int = 0) -> Towers:
        """Return the vectors of users and items."""
        self.check()
        if len(observations) < 2:
            raise DataError("There is nothing to learn from: the table has a single interaction. Pass at least two.")
        if self.rates and observations.ratings is None:
            raise DataError("The loss 'rating' needs ratings, and there are none.")
        if not self.rates:
            observations = replace(observations, ratings=None)
        by_history = self.user_tower == "history"
        network = TowerNetwork(
            observations,
            int(self.dim),
            unit=not self.rates,
            draws=self.loss in ("mixed", "bpr"),
            seed=seed,
            projection_units=self._projection_units(),
            most_seen=int(self.max_history) if by_history else None,
        )
        if not self.rates:
            self._start(network, observations, seed)
        users, items = network.trained(
            self._task(observations),
            batch_size=int(self.batch_size),
            max_epochs=int(self.max_epochs),
            learning_rate=self._rate(),
            weight_decay=float(self.weight_decay),
            category_dropout=float(self.id_dropout),
            shrinkage=RATING_SHRINKAGE if self.rates else 0.0,
            verbose=verbose,
        )
        user_map = None if observations.users is None else users.columns
        item_map = None if observations.items is None else items.columns
        if observations.ratings is not None:
            return Towers(
                users=users.vectors,
                items=items.vectors,
                user_biases=users.biases,
                item_biases=items.biases,
                offset=observations.mean_rating,
                user_map=user_map,
                item_map=item_map,
            )
        # The temperature goes into the length of the vectors of users, whose biases order no items.
        sharpness = 1 / float(self.temperature)
        if user_map is not None:
            user_map = replace(user_map, bias_weights=None, bias_intercept=0.0)
        scales = np.float32(sharpness) / np.maximum(np.linalg.norm(users.vectors, axis=1), 1e-12)
        return Towers(
            users=_unit(users.vectors) * np.float32(sharpness),
            items=_unit(items.vectors),
            item_biases=items.biases,
            history=items.vectors if by_history else None,
            user_scales=scales.astype(np.float32) if by_history else None,
            lengths=(sharpness, 1.0),
            user_map=user_map,
            item_map=item_map,
        )

    def _projection_units(self) -> tuple[int, ...]:
        if self.projection_units != "auto":
            return tuple(int(each) for each in self.projection_units)
        return () if self.rates or self.user_tower == "history" else PROJECTION_UNITS

    def _rate(self) -> float:
        if self.learning_rate != "auto":
            return float(self.learning_rate)
        return HISTORY_RATE if self.user_tower == "history" and self.start != "random" else RATE

    def _task(self, observations: Observations) -> object:
        # Keras is loaded by those who train.
        from tabemb.nn.towers import PairwiseTask, RatingTask, SampledSoftmaxTask

        if observations.ratings is not None:
            return RatingTask(int(self.dim), observations.mean_rating, float(observations.ratings.var()))
        if self.loss == "bpr":
            return PairwiseTask(int(self.dim), float(self.temperature))
        known = observations.item_shares[observations.item_shares > 0].astype(np.float64)
        entropy, n_items = float(-(known * np.log(known)).sum()), len(observations.item_shares)
        return SampledSoftmaxTask(int(self.dim), float(self.temperature), n_items, entropy, self.loss == "mixed")

    def _start(self, network: TowerNetwork, observations: Observations, seed: int) -> None:
        """Set the biases to what is best if nothing is known of a user, and the vectors to those of the start."""
        shares = observations.item_shares
        biases = np.log(np.maximum(shares * len(shares), 1e-6)).astype(np.float32)
        users = items = None
        if self.start != "random":
            has_pairs = (np.diff(observations.matrix.matrix.indptr) >= 2).any()
            method = LinearAutoencoder(dim=self.dim, penalty="auto" if has_pairs else 1.0)
            found = method.fit(replace(observations, half_life=None, users=None, items=None), seed)
            if self.user_tower == "history":
                # Their lengths are their weights in the mean: the square roots of what they are in the autoencoder.
                lengths = np.linalg.norm(found.items, axis=1, keepdims=True)
                items = _unit(found.items) * np.sqrt(lengths)
            else:
                # All of the same length, so that a step of training turns rare keys no more than frequent ones.
                users, items = _unit(found.users), _unit(found.items)
        network.start(users, items, biases)


def _unit(vectors: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-12), np.float32)
