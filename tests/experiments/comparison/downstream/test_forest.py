import numpy as np

from tabemb.experiments.comparison.downstream.forest import ForestDownstream
from tabemb.experiments.comparison.targets import TARGETS


def test_parameters_and_the_seed_reach_the_forest():
    target = TARGETS["regression"](np.array([0.0, 1.0]))
    forest = ForestDownstream(n_estimators=3, max_depth=2, min_samples_leaf=4).build(target, 9)
    assert (forest.n_estimators, forest.max_depth, forest.min_samples_leaf, forest.random_state) == (3, 2, 4, 9)
