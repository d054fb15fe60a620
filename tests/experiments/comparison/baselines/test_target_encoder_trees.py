import numpy as np
import pandas as pd
from sklearn.dummy import DummyClassifier

from tabemb.experiments.comparison.baselines import TargetEncoderTrees
from tabemb.experiments.comparison.targets import TARGETS


def fit(X, y, task, **params):
    return TargetEncoderTrees(**params).build(TARGETS[task](y), DummyClassifier(), 0).fit(X, y)


def test_several_classes_give_a_column_each(table, targets):
    pipeline = fit(table[["city", "kind"]], targets["multiclass"], "multiclass").model_
    assert pipeline[-1].n_features_in_ == 2 * 3


def test_with_several_outputs_each_has_its_own_encoder(table, targets):
    models = fit(table, targets["multi_regression"], "multi_regression").model_.estimators_
    one, two = (each[0].named_transformers_["target"].target_mean_ for each in models)
    assert one == -two != 0


def test_the_encoder_is_cross_fitted_so_that_noise_is_not_learned():
    # A key a row: encoded without cross-fitting, the targets themselves would be the input.
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"key": [f"k{i // 2}" for i in range(400)]})
    y = rng.integers(0, 2, 400)
    target = TARGETS["binary"](y)
    model = fit(X, y, "binary")
    fresh = rng.integers(0, 2, 400)
    assert np.mean(target.predict(model, X) == fresh) < 0.6


def test_nodes_and_means_are_counted(table, targets):
    model = fit(table[["city"]], targets["regression"], "regression", max_iter=1)
    nodes = TargetEncoderTrees().n_parameters(model)
    # Four cities and the missing one have a mean each.
    assert nodes - 5 >= 3
    assert TargetEncoderTrees().input_bytes(model, table[["city"]]) == (8.0 * len(table), 8.0 * len(table))


def test_its_parameters_reach_the_trees(table, targets):
    model = fit(table, targets["regression"], "regression", max_iter=7, learning_rate=0.5).model_[-1]
    assert (model.n_iter_, model.learning_rate) == (7, 0.5)
