"""A random forest."""

from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

from tabemb.experiments.comparison.downstream.downstream_model import DOWNSTREAM, DownstreamModel

__all__ = ["ForestDownstream"]


@DOWNSTREAM.register("forest")
class ForestDownstream(DownstreamModel):
    """The random forest of scikit-learn.

    Parameters
    ----------
    n_estimators : int, default=100
        Number of trees.
    max_depth : int, optional
        Maximum depth of a tree.
    min_samples_leaf : int, default=5
        Minimum number of rows of a leaf. With fewer, probabilities are mostly 0 and 1.

    Examples
    --------
    >>> DOWNSTREAM.resolve({"name": "forest", "n_estimators": 50})
    ForestDownstream(n_estimators=50)
    """

    description = "random forest"

    def __init__(self, n_estimators=100, max_depth=None, min_samples_leaf=5):
        self.n_estimators = n_estimators
        self.max_depth = max_depth
        self.min_samples_leaf = min_samples_leaf

    def build(self, target, random_state, categories=None):
        """Return the classifier or the regressor."""
        kind = RandomForestClassifier if target.is_classifier else RandomForestRegressor
        return kind(
            n_estimators=self.n_estimators,
            max_depth=self.max_depth,
            min_samples_leaf=self.min_samples_leaf,
            random_state=random_state,
        )
