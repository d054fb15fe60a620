"""Nearest rows."""

from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor

from tabemb.experiments.comparison.downstream.downstream_model import DOWNSTREAM, DownstreamModel

__all__ = ["KnnDownstream"]


@DOWNSTREAM.register("knn")
class KnnDownstream(DownstreamModel):
    """The nearest rows by Euclidean distance, weighted by its inverse.

    Parameters
    ----------
    n_neighbors : int, default=10
        Number of rows.

    Examples
    --------
    >>> DOWNSTREAM.resolve({"name": "knn", "n_neighbors": 20})
    KnnDownstream(n_neighbors=20)
    """

    description = "nearest rows, weighted by distance"

    def __init__(self, n_neighbors=10):
        self.n_neighbors = n_neighbors

    def build(self, target, random_state, categories=None):
        """Return the classifier or the regressor."""
        kind = KNeighborsClassifier if target.is_classifier else KNeighborsRegressor
        return kind(n_neighbors=self.n_neighbors, weights="distance")
