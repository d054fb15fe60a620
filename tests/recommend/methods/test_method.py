"""What the ways to learn vectors have in common."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.linear_model import Ridge

from tabemb.recommend.methods import METHODS, RecommendMethod
from tabemb.recommend.methods.method import RIDGE, check_count, check_number, map_of_columns

SEEN = pd.DataFrame({"user": list("aabbc"), "item": list("xyxzx"), "group": list("gghhg"), "stars": [1.0, 2, 3, 4, 5]})


def test_a_method_must_say_how_it_learns():
    with pytest.raises(TypeError, match="a method must define fit"):
        RecommendMethod().fit(None, 0)
    assert RecommendMethod().rates is False


@pytest.mark.parametrize("name", METHODS)
def test_methods_have_names_and_parameters_and_are_checked(name):
    method = METHODS.resolve({"name": name, "dim": 3})
    assert METHODS.name_of(method) == name
    assert (method.dim, clone(method).get_params()) == (3, method.get_params())
    for dim in (0, 2.5, True, "3"):
        with pytest.raises(ValueError, match="dim must be a positive integer, got"):
            METHODS.resolve({"name": name, "dim": dim}).check()


@pytest.mark.parametrize(
    ("spec", "rates"),
    [
        ("linear_autoencoder", False),
        ("mf", True),
        ("two_towers", False),
        ({"name": "two_towers", "loss": "rating"}, True),
    ],
)
def test_which_methods_predict_ratings(spec, rates):
    assert METHODS.resolve(spec).rates is rates


@pytest.mark.parametrize("biased", [False, True])
def test_columns_predict_vectors_by_a_ridge_regression(observe, biased):
    side = observe(SEEN, user=["group"]).users
    vectors = np.random.default_rng(0).normal(size=(3, 2)).astype(np.float32)
    biases = np.array([1, -1, 0.5], np.float32) if biased else None
    found = map_of_columns(side, vectors, biases)
    features = side.features.toarray()
    for place in range(2):
        model = Ridge(RIDGE, solver="cholesky").fit(features, vectors[:, place])
        np.testing.assert_allclose(found.vectors(side.features)[:, place], model.predict(features), atol=1e-4)
    if biased:
        model = Ridge(RIDGE, solver="cholesky").fit(features, biases)
        np.testing.assert_allclose(found.biases(side.features), model.predict(features), atol=1e-4)
    else:
        assert found.biases(side.features).tolist() == [0, 0, 0]
    # What is known of nothing is about the mean.
    nothing = sparse.csr_array((1, features.shape[1]), dtype=np.float32)
    assert found.vectors(nothing).shape == (1, 2)


def test_without_columns_there_is_no_map():
    assert map_of_columns(None, np.ones((2, 2), np.float32)) is None


def test_one_dimension_and_one_row(observe):
    side = observe(SEEN.head(1), user=["group"]).users
    found = map_of_columns(side, np.full((1, 1), 3.0, np.float32))
    assert found.vectors(side.features).tolist() == [[3.0]]


@pytest.mark.parametrize("value", [1, np.int64(3)])
def test_counts(value):
    check_count("dim", value)
    for wrong in (0, -1, 1.0, True, None, "1"):
        with pytest.raises(ValueError, match="dim must be a positive integer, got"):
            check_count("dim", wrong)


def test_numbers():
    for right in (0.5, 1, np.float32(2)):
        check_number("penalty", right, "a positive number", least=0.0, included=False)
    check_number("penalty", 0, "a number of at least 0", least=0.0)
    for wrong in (0, -1, np.nan, np.inf, True, None, "1"):
        with pytest.raises(ValueError, match="penalty must be a positive number, got"):
            check_number("penalty", wrong, "a positive number", least=0.0, included=False)
