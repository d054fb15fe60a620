"""The methods that a study compares: neighbours, a random forest, boosted trees, and the network itself."""

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

__all__ = ["METHODS", "Method"]


class Method(BaseEstimator):
    """One method; all learn log(amount) / log(largest amount)."""

    title = ""
    # Whether it learns vectors itself, so that it can do nothing with those of others.
    is_network = False

    def predict(self, features: EncodedSplit, rows: SplitRows, network: StudyNetwork, seed: int) -> np.ndarray:
        """Learn from the rows, and return the amounts that are predicted for those to be judged by.

        Parameters
        ----------
        features : EncodedSplit
            The rows in the form in which they are learned from.
        rows : SplitRows
            Their targets.
        network : StudyNetwork
            The network, where the method is one.
        seed : int
            Of what is random.

        Returns
        -------
        ndarray of float64 of shape (n_test,)
        """
        raise TypeError("a method defines predict(features, rows, network, seed)")


METHODS: Registry[Method] = Registry("method")


@METHODS.register("knn")
class NearestNeighbors(Method):
    """The mean of the nearest rows weighted by 1 / distance (L1).

    A row of codes is scaled to length 1 first, as in the authors' code (their paper does not say so): this is what
    makes neighbours so poor without vectors. With vectors it changes nothing that can be measured, and is left out:
    distances are sums over columns then; see `tabemb.experiments.paper.nearest`.

    Parameters
    ----------
    n_neighbors : int, default=10
        How many rows are averaged.
    """

    title = "KNN"

    def __init__(self, n_neighbors=10):
        self.n_neighbors = n_neighbors

    def predict(self, features, rows, network, seed):
        """Return weighted means; see `Method.predict`."""
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
    """scikit-learn's random forest on all cores, all features at every split.

    Parameters
    ----------
    n_trees : int, default=200
        How many trees are averaged.
    max_depth : int, default=35
        The most splits above a leaf.
    """

    title = "random forest"

    def __init__(self, n_trees=200, max_depth=35):
        self.n_trees = n_trees
        self.max_depth = max_depth

    def predict(self, features, rows, network, seed):
        """Return the mean of the trees; see `Method.predict`."""
        train, test = features.matrices
        forest = RandomForestRegressor(self.n_trees, max_depth=self.max_depth, random_state=seed, n_jobs=-1)
        return rows.in_amounts(forest.fit(train, rows.targets).predict(test))


@METHODS.register("boosted_trees")
class BoostedTrees(Method):
    """Gradient-boosted trees: LightGBM where it is installed, else scikit-learn's HistGradientBoosting.

    The paper has xgboost with 3,000 rounds of rate 0.02; here are fewer and larger steps, which add up to the same.
    LightGBM has as many bins as the widest column has categories, so that it can tell each of them apart, as xgboost
    does; HistGradientBoosting has 255 at most, and learns from all rows in every round.

    Parameters
    ----------
    rounds : int, default=600
        How many trees are added up.
    learning_rate : float, default=0.1
        What share of each is added.
    max_depth : int, default=10
        The most splits above a leaf.
    share : float, default=0.7
        Share of the columns, and of the rows, that each tree is grown from.
    """

    title = "boosted trees"

    def __init__(self, rounds=600, learning_rate=0.1, max_depth=10, share=0.7):
        self.rounds = rounds
        self.learning_rate = learning_rate
        self.max_depth = max_depth
        self.share = share

    def predict(self, features, rows, network, seed):
        """Return the sum of the trees; see `Method.predict`."""
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
    """The network; several, whose amounts are averaged."""

    title = "neural network"
    is_network = True

    def predict(self, features, rows, network, seed):
        """Return the mean amounts; see `Method.predict`."""
        train, test = rows.tables
        fitted = network.fit_several(train, rows.targets, seed, known=features.fitted, **features.inputs)
        return np.mean([rows.in_amounts(each.predict(test)) for each in fitted], axis=0)
