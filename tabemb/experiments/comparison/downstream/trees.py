"""Gradient-boosted trees, which read categories without one-hot columns."""

from tabemb.experiments.comparison.baselines.baseline import boosted_trees
from tabemb.experiments.comparison.downstream.downstream_model import DOWNSTREAM, DownstreamModel

__all__ = ["TreesDownstream"]


@DOWNSTREAM.register("trees")
class TreesDownstream(DownstreamModel):
    """HistGradientBoosting, whose plain form is that of the baseline ``ordinal_trees``.

    Columns of at most 255 categories are its categorical features; the codes of larger ones are split as ordered
    numbers.

    Parameters
    ----------
    max_iter, learning_rate
        Parameters of HistGradientBoosting, with its defaults.

    Examples
    --------
    >>> DOWNSTREAM.resolve("trees").reads_categories
    True
    """

    description = "gradient-boosted trees"
    reads_categories = True

    def __init__(self, max_iter=100, learning_rate=0.1):
        self.max_iter = max_iter
        self.learning_rate = learning_rate

    def build(self, target, random_state, categories=None):
        """Return the classifier or the regressor."""
        return boosted_trees(
            target,
            random_state,
            max_iter=self.max_iter,
            learning_rate=self.learning_rate,
            categorical_features=categories or None,
        )
