"""The base class of objectives."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from sklearn.base import BaseEstimator

from tabemb.nn.seeds import Seeds
from tabemb.registry import Registry
from tabemb.training.batches import Rows
from tabemb.training.trainer import TrainingRecord
from tabemb.vectors.sampling_noise import SamplingNoise

__all__ = ["NO_TRAINING", "OBJECTIVES", "Objective"]

# The record of an objective in closed form.
NO_TRAINING = TrainingRecord(history={}, n_epochs=0, best_epoch=0)


class Objective(BaseEstimator):
    """How vectors are learned from a table alone."""

    def check(self) -> None:
        """Raise a ValueError if a parameter is out of range."""

    def learn(self, estimator: Any, rows: Rows, seeds: Seeds) -> TrainingRecord:
        """Learn the tables of the estimator's network.

        Parameters
        ----------
        estimator : EmbeddingEstimator
            Its encoding is fitted, and its network has its initial weights.
        rows : Rows
            The rows of the table; the targets are not used.
        seeds : Seeds
            Source of all randomness.

        Returns
        -------
        TrainingRecord
        """
        raise TypeError("an objective must define learn(estimator, rows, seeds)")

    def noise(self, estimator: Any, rows: Rows, seeds: Seeds) -> Mapping[str, SamplingNoise]:
        """Return how much the vectors would vary between tables with other rows, by column, where this is known.

        Parameters
        ----------
        estimator, rows, seeds
            As for :meth:`learn`, after it.
        """
        return MappingProxyType({})


OBJECTIVES: Registry[Objective] = Registry("objective")
