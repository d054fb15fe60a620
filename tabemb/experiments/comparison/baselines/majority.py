"""A constant prediction. A model that is not better has learned nothing."""

import numpy as np
from sklearn.dummy import DummyClassifier, DummyRegressor

from tabemb.experiments.comparison.baselines.baseline import BASELINES, Baseline

__all__ = ["Majority"]


@BASELINES.register("majority")
class Majority(Baseline):
    """Predicts the class shares of the training set, with the most frequent class as the label, or the mean.

    Examples
    --------
    >>> Majority().description
    'constant prediction: class shares, or the mean'
    """

    description = "constant prediction: class shares, or the mean"
    parameter_unit = "numbers"

    def build(self, target, estimator, random_state):
        """Return scikit-learn's DummyClassifier or DummyRegressor."""
        return DummyClassifier(strategy="prior") if target.is_classifier else DummyRegressor(strategy="mean")

    def n_parameters(self, fitted):
        """Return the number of shares or means."""
        shares = getattr(fitted, "class_prior_", None)
        if shares is None:
            return int(np.size(fitted.constant_))
        return int(sum(map(np.size, shares)))

    def input_bytes(self, fitted, X):
        """Return 0, since no column is used."""
        return 0.0, 0.0
