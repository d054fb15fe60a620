"""The methods that a study compares: nearest neighbors, random forest, boosted trees and networks."""

import importlib
import importlib.util

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import Normalizer

from tabemb.experiments.paper.forms import EncodedSplit
from tabemb.experiments.paper.nearest import nearest, vector_distances, weighted_means
from tabemb.experiments.paper.network import StudyNetwork
from tabemb.experiments.paper.split_rows import SplitRows
from tabemb.registry import Registry

__all__ = [
    "METHODS",
    "AveragedNetworks",
    "BoostedTrees",
    "Method",
    "NearestNeighbors",
    "RandomForest",
]


class Method(BaseEstimator):
    """A method. All learn log(amount) / log(largest amount)."""

    title = ""
    # Whether it learns its own vectors and does not use those of another network.
    is_network = False

    def predict(self, features: EncodedSplit, rows: SplitRows, network: StudyNetwork, seed: int) -> np.ndarray:
        """Fit the training rows and predict the amounts of the test rows.

        Parameters
        ----------
        features : EncodedSplit
            The rows in one form.
        rows : SplitRows
            The split, with the targets.
        network : StudyNetwork
            The network, used if the method is one.
        seed : int
            Random seed.

        Returns
        -------
        ndarray of float64 of shape (n_test,)
        """
        raise TypeError("a method must define predict(features, rows, network, seed)")


METHODS: Registry[Method] = Registry("method")


@METHODS.register("knn")
class NearestNeighbors(Method):
    """The mean of the nearest rows, weighted by 1 / distance (L1).

    Rows of codes are first scaled to length 1, as in the code of the authors (the paper does not mention it). This
    makes the method poor without embeddings. With embeddings it has no measurable effect and is skipped, so that
    distances are sums over columns; see `tabemb.experiments.paper.nearest`.

    Parameters
    ----------
    n_neighbors : int, default=10
        Number of rows to average.
    """

    title = "KNN"

    def __init__(self, n_neighbors=10):
        self.n_neighbors = n_neighbors

    def predict(self, features, rows, network, seed):
        """Return the weighted means; see `Method.predict`."""
        k = min(self.n_neighbors, len(rows.targets))
        if features.are_codes:
            train, test = features.matrices
            model = make_pipeline(Normalizer(), KNeighborsRegressor(k, weights="distance", p=1))
            return rows.in_amounts(model.fit(train, rows.targets).predict(test))
        columns = [vector_distances(*pair) for pair in zip(features.train, features.test, strict=True)]
        distances, found = nearest(columns, k)
        return rows.in_amounts(weighted_means(distances, rows.targets[found]))


@METHODS.register("random_forest")
class RandomForest(Method):
    """The random forest of scikit-learn, on all cores, with all features at each split.

    Parameters
    ----------
    n_trees : int, default=200
        Number of trees.
    max_depth : int, default=35
        Maximum depth of a tree.
    """

    title = "random forest"

    def __init__(self, n_trees=200, max_depth=35):
        self.n_trees = n_trees
        self.max_depth = max_depth

    def predict(self, features, rows, network, seed):
        """Return the predictions of the forest; see `Method.predict`."""
        train, test = features.matrices
        forest = RandomForestRegressor(self.n_trees, max_depth=self.max_depth, random_state=seed, n_jobs=-1)
        return rows.in_amounts(forest.fit(train, rows.targets).predict(test))


@METHODS.register("boosted_trees")
class BoostedTrees(Method):
    """Gradient-boosted trees: LightGBM if it is installed, otherwise HistGradientBoosting of scikit-learn.

    The paper uses xgboost with 3,000 rounds and a learning rate of 0.02; the default here is fewer and larger steps
    with the same sum. LightGBM gets as many bins as the column with the most categories, so that it can distinguish all
    of them, as xgboost does. HistGradientBoosting has at most 255 bins and uses all rows in each round.

    Parameters
    ----------
    rounds : int, default=600
        Number of trees.
    learning_rate : float, default=0.1
        Learning rate.
    max_depth : int, default=10
        Maximum depth of a tree.
    share : float, default=0.7
        Fraction of the columns, and of the rows, that each tree uses.
    """

    title = "boosted trees"

    def __init__(self, rounds=600, learning_rate=0.1, max_depth=10, share=0.7):
        self.rounds = rounds
        self.learning_rate = learning_rate
        self.max_depth = max_depth
        self.share = share

    def predict(self, features, rows, network, seed):
        """Return the predictions of the trees; see `Method.predict`."""
        train, test = (side.astype("float64") for side in features.matrices)
        n_categories = int(rows.codes[0].max()) + 1
        make = self._lightgbm if importlib.util.find_spec("lightgbm") else self._scikit_learn
        return rows.in_amounts(make(n_categories, seed).fit(train, rows.targets).predict(test))

    def _lightgbm(self, n_categories, seed):
        kind = importlib.import_module("lightgbm").LGBMRegressor
        return kind(
            n_estimators=self.rounds,
            learning_rate=self.learning_rate,
            max_depth=self.max_depth,
            num_leaves=2**self.max_depth - 1,
            min_child_samples=1,
            subsample=self.share,
            subsample_freq=1,
            colsample_bytree=self.share,
            # One for each category, one for what is missing.
            max_bin=max(255, n_categories + 1),
            min_data_in_bin=1,
            random_state=seed,
            deterministic=True,
            force_col_wise=True,
            verbose=-1,
        )

    def _scikit_learn(self, n_categories, seed):
        return HistGradientBoostingRegressor(
            max_iter=self.rounds,
            learning_rate=self.learning_rate,
            max_depth=self.max_depth,
            max_leaf_nodes=None,
            min_samples_leaf=1,
            max_features=self.share,
            early_stopping=False,
            random_state=seed,
        )


@METHODS.register("network")
class AveragedNetworks(Method):
    """The mean of several networks."""

    title = "neural network"
    is_network = True

    def predict(self, features, rows, network, seed):
        """Return the mean amounts; see `Method.predict`."""
        train, test = rows.tables
        fitted = network.fit_several(train, rows.targets, seed, first=features.fitted, **features.inputs)
        return np.mean([rows.in_amounts(each.predict(test)) for each in fitted], axis=0)
