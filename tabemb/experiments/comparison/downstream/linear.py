"""A linear model."""

from tabemb.experiments.comparison.baselines.one_hot_linear import linear_model
from tabemb.experiments.comparison.downstream.downstream_model import DOWNSTREAM, DownstreamModel

__all__ = ["LinearDownstream"]


@DOWNSTREAM.register("linear")
class LinearDownstream(DownstreamModel):
    """Logistic or ridge regression, as in the baseline ``one_hot_linear``.

    Parameters
    ----------
    C : float, default=1.0
        Inverse strength of the L2 penalty; ridge gets ``alpha = 1 / C``.
    max_iter : int, default=200
        Maximum number of iterations of the solver.

    Examples
    --------
    >>> DOWNSTREAM.resolve("linear")
    LinearDownstream()
    """

    description = "logistic or ridge regression"

    def __init__(self, C=1.0, max_iter=200):
        self.C = C
        self.max_iter = max_iter

    def build(self, target, random_state, categories=None):
        """Return logistic regression for classes, ridge regression for numbers."""
        return linear_model(target, self.C, self.max_iter, random_state)
