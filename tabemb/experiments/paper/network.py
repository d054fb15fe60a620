"""The network of Guo & Berkhahn (arXiv:1604.06737, section VI.1), as an estimator and as an encoder."""

from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator

__all__ = ["StudyNetwork"]


class StudyNetwork(BaseEstimator):
    """Dense layers of rectified units, without dropout; Adam, so many epochs, no validation part; the mean of several.

    What differs from the authors' network: it ends in a linear unit where theirs ends in a sigmoid (their targets lie
    between 0 and 1; ours are scaled to a spread of 1 inside the estimator); tables are updated by the library's own row
    by row Adam, all at three times the learning rate of the other weights; its weights start as Glorot has it, not
    uniformly within 0.05.

    Parameters
    ----------
    hidden_units : sequence of int
        Width of each hidden layer.
    epochs : int
        Passes over the rows.
    batch_size : int
        Rows a step.
    n_networks : int
        How many are fitted, each from a seed of its own; their amounts are averaged.

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
            Its seed.
        **inputs
            How columns enter: ``categorical``, ``embedding_dim``, ``one_hot_max_categories``.
        """
        # Here, not on top: TensorFlow takes seconds, and a bad configuration should be told at once.
        from tabemb.estimators.regressor import EmbeddingRegressor

        params = {"one_hot_max_categories": 0, "loss": "absolute_error"} | self._params() | inputs
        return EmbeddingRegressor(**params, random_state=random_state)

    def encoder(self, random_state: int, **inputs: Any) -> Any:
        """Return an unfitted encoder with the same network; it learns by the squared error, the one that it has."""
        from tabemb.estimators.encoder import EmbeddingEncoder

        return EmbeddingEncoder(**inputs, **self._params(), target_type="continuous", random_state=random_state)

    def fit_several(self, X: pd.DataFrame, targets: np.ndarray, seed: int, known: Any = None, **inputs: Any) -> list:
        """Return the fitted networks, with seeds from ``seed`` upwards; ``known`` is the first where it is given."""
        fitted = [] if known is None else [known]
        seeds = range(seed + len(fitted), seed + self.n_networks)
        return fitted + [self.regressor(each, **inputs).fit(X, targets) for each in seeds]

    def _params(self):
        return {
            "body": {"name": "mlp", "hidden_units": tuple(self.hidden_units), "dropout": 0.0},
            "numeric": "standardized",
            "category_dropout": 0.0,
            "learning_rate": 1e-3,
            "embedding_rate": 3.0,
            "schedule": "constant",
            "weight_decay": 0.0,
            "damping": 0.0,
            "batch_size": self.batch_size,
            "max_epochs": self.epochs,
            "early_stopping": False,
        }
