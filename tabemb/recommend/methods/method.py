"""What the ways to learn vectors of users and items have in common."""

from numbers import Integral, Real
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import Ridge

from tabemb.estimators.scikit import BaseEstimator
from tabemb.recommend.observations import Observations, Side
from tabemb.recommend.towers import FeatureMap, Towers
from tabemb.registry import Registry

__all__ = ["METHODS", "RecommendMethod", "check_count", "check_number", "map_of_columns"]

# Strength of the ridge penalty, in rows, of the vectors that are predicted from columns.
RIDGE = 10.0


class RecommendMethod(BaseEstimator):
    """A way to learn vectors of users and items from interactions."""

    @property
    def rates(self) -> bool:
        """Whether it learns from ratings, and predicts them."""
        return False

    def check(self) -> None:
        """Raise a ValueError if a parameter is out of range."""

    def fit(self, observations: Observations, seed: int, *, verbose: int = 0) -> Towers:
        """Return the vectors of users and items.

        Parameters
        ----------
        observations : Observations
            Who has interacted with what, and the columns of both sides.
        seed : int
            Seed of what is random.
        verbose : int, default=0
            Whether to show a progress bar, if a network is trained.
        """
        raise TypeError("a method must define fit(observations, seed)")


METHODS: Registry[RecommendMethod] = Registry("method")


def map_of_columns(
    side: Side | None, vectors: npt.NDArray[np.float32], biases: npt.NDArray[np.float32] | None = None
) -> FeatureMap | None:
    """Return how vectors, and biases, are predicted from columns by a ridge regression; None without columns.

    Parameters
    ----------
    side : Side or None
        The columns of n users or items.
    vectors : ndarray of float32 of shape (n, dim)
        Their vectors.
    biases : ndarray of float32 of shape (n,), optional
        Their biases.
    """
    if side is None:
        return None
    targets = vectors if biases is None else np.column_stack([vectors, biases])
    model = Ridge(RIDGE, solver="auto").fit(side.features, targets.astype(np.float64))
    weights = np.ascontiguousarray(np.reshape(model.coef_, (targets.shape[1], -1)).T, np.float32)
    intercept = np.broadcast_to(np.asarray(model.intercept_, np.float32), (targets.shape[1],)).copy()
    if biases is None:
        return FeatureMap(weights, intercept)
    return FeatureMap(weights[:, :-1].copy(), intercept[:-1], weights[:, -1].copy(), float(intercept[-1]))


def check_count(name: str, value: Any) -> None:
    """Raise a ValueError unless a parameter is a positive integer."""
    if isinstance(value, bool) or not isinstance(value, Integral) or value < 1:
        raise ValueError(f"{name} must be a positive integer, got {value!r}.")


def check_number(name: str, value: Any, wanted: str, *, least: float, included: bool = True) -> None:
    """Raise a ValueError unless a parameter is a finite number of at least, or above, a number."""
    is_number = isinstance(value, Real) and not isinstance(value, bool)
    if not (is_number and (least <= value if included else least < value) and value < np.inf):
        raise ValueError(f"{name} must be {wanted}, got {value!r}.")
