"""The network of Guo & Berkhahn (arXiv:1604.06737, section VI.1), as a regressor and as an encoder."""

from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator

__all__ = ["StudyNetwork"]


class StudyNetwork(BaseEstimator):
    """Dense ReLU layers without dropout, trained with Adam for a fixed number of epochs; several networks are averaged.

    Differences from the network of the authors: the output is linear instead of a sigmoid (the estimator standardizes
    the targets), embeddings are updated by the row-wise Adam of tabemb with three times the learning rate of the other
    weights, and weights are initialized with Glorot's rule instead of uniformly in [-0.05, 0.05].

    Parameters
    ----------
    hidden_units : sequence of int
        Number of units of each hidden layer.
    epochs : int
        Number of epochs.
    batch_size : int
        Rows per step.
    n_networks : int
        Number of networks, each with its own seed. Their predicted amounts are averaged.

    Examples
    --------
    >>> StudyNetwork(epochs=3).regressor(0).max_epochs
    3
    """

    def __init__(self, hidden_units=(1000, 500), epochs=10, batch_size=128, n_networks=5):
        self.hidden_units = hidden_units
        self.epochs = epochs
        self.batch_size = batch_size
        self.n_networks = n_networks

    def regressor(self, random_state: int, **inputs: Any) -> Any:
        """Return one unfitted network.

        Parameters
        ----------
        random_state : int
            Random seed.
        **inputs
            Parameters of the inputs: ``categorical``, ``embedding_dim``, ``one_hot_max_categories``.
        """
        # Imported here because TensorFlow takes seconds to load, and configuration errors should be fast.
        from tabemb.estimators.regressor import EmbeddingRegressor

        params = {"one_hot_max_categories": 0, "loss": "absolute_error"} | self._params() | inputs
        return EmbeddingRegressor(**params, random_state=random_state)

    def encoder(self, random_state: int, **inputs: Any) -> Any:
        """Return an unfitted encoder with the same network; its loss is always the squared error."""
        from tabemb.estimators.encoder import EmbeddingEncoder

        return EmbeddingEncoder(**inputs, **self._params(), target_type="continuous", random_state=random_state)

    def fit_several(self, X: pd.DataFrame, targets: np.ndarray, seed: int, first: Any = None, **inputs: Any) -> list:
        """Return the fitted networks, with seeds from ``seed`` upwards. ``first`` is used as the first, if given."""
        fitted = [] if first is None else [first]
        seeds = range(seed + len(fitted), seed + self.n_networks)
        return fitted + [self.regressor(each, **inputs).fit(X, targets) for each in seeds]

    def _params(self):
        return {
            "body": {"name": "mlp", "hidden_units": tuple(self.hidden_units), "dropout": 0.0},
            "numeric": "standardized",
            "category_dropout": 0.0,
            "learning_rate": 1e-3,
            "embedding_rate": 3.0,
            "start": "random",
            "schedule": "constant",
            "weight_decay": 0.0,
            "damping": 0.0,
            "batch_size": self.batch_size,
            "max_epochs": self.epochs,
            "early_stopping": False,
        }
