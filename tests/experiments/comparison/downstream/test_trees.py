import numpy as np

from tabemb.experiments.comparison.downstream.trees import TreesDownstream
from tabemb.experiments.comparison.targets import TARGETS


def test_categories_are_native_features_and_vectors_are_numbers():
    target = TARGETS["regression"](np.array([0.0, 1.0]))
    assert TreesDownstream().build(target, 0, [0, 2]).categorical_features == [0, 2]
    assert TreesDownstream(max_iter=3).build(target, 0, []).categorical_features is None
