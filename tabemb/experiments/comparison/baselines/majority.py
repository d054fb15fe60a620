"""Always the same answer: the shares of the classes, or the mean. What is not better has learned nothing."""

import numpy as np
from sklearn.dummy import DummyClassifier, DummyRegressor

from tabemb.experiments.comparison.baselines.baseline import BASELINES, Baseline

__all__ = ["Majority"]


@BASELINES.register("majority")
class Majority(Baseline):
    """The share of each class in the training part (the most frequent one as the label), or the mean.

    Examples
    --------
    >>> Majority().description
    'always the same answer: the shares of the classes, or the mean'
    """

    description = "always the same answer: the shares of the classes, or the mean"
    parameter_unit = "numbers"

    def build(self, target, estimator, random_state):
        """Return a dummy; both take several outputs as they are."""
        return DummyClassifier(strategy="prior") if target.is_classifier else DummyRegressor(strategy="mean")

    def n_parameters(self, fitted):
        """Return the number of shares or means."""
        shares = getattr(fitted, "class_prior_", None)
        if shares is None:
            return int(np.size(fitted.constant_))
        return int(sum(map(np.size, shares)))

    def input_bytes(self, fitted, X):
        """Return 0: it looks at no column."""
        return 0.0, 0.0
