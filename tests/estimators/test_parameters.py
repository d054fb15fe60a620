"""Ranges and documentation of the parameters."""

import inspect
import re

import numpy as np
import pytest
from sklearn.model_selection import KFold

from tabemb import EmbeddingClassifier, EmbeddingEncoder, EmbeddingRanker, EmbeddingRegressor
from tabemb.estimators.parameters import RANGES, check_parameters
from tabemb.exceptions import UnknownNameError
from tabemb.nn.unknown import Nearest

BAD = {
    "category_dropout": [-0.1, 1, 1.0, "0.1", None, np.nan, True],
    "pretrained": ["glove.txt", 3, ["dest"], True],
    "freeze": [None, 0, -1, 1.5, "all", {"dest": "all"}, ["dest"]],
    "learning_rate": [0, -1e-3, np.inf, np.nan, "0.1", None],
    "embedding_rate": [0, -1.0, np.inf, np.nan, "Auto", "3", None, True],
    "weight_decay": [-1, np.inf, np.nan, None],
    "weight_averaging": [-1, np.inf, np.nan, None, "2"],
    "damping": [-1, np.inf, np.nan, None, "1", True],
    "shrinkage": [-1, np.inf, np.nan, None, "1", True],
    "batch_size": [0, -5, 1.5, "Auto", None, True],
    "max_epochs": [0, -1, 2.0, None, True],
    "validation": ["first", None, True, ["last"]],
    "validation_fraction": [0, 0.0, 1.0, 1, -0.1, None],
    "n_iter_no_change": [0, 1.0, None, "Auto", True],
    "tol": [-1e-4, None, np.nan],
    "one_hot_max_categories": [-1, "inf", None, np.nan],
    "multi_valued": ["|", True, ["genres"], 3],
    "vocabulary": [True, 3, ["hashing"]],
    "label_smoothing": [-0.1, 1, 1.0, "0.1", None, np.nan],
    "calibration": ["isotonic", True, 1.0, ["temperature"]],
    "n_ensemble": [0, -1, 2.0, None, True],
    "early_stopping": [0, 1, "yes", None],
    "verbose": ["yes", 0.5, None],
    "callbacks": ["stop", 3],
    "random_state": [-1, 1.5, "seed", np.random.default_rng(0), True],
    "remainder": ["pass", None, ["drop"]],
    "cv": [1, 0, -5, 2.0, True, "kfold", "5"],
    "target_statistics": [0, 1, None, "yes"],
    "crosses": ["all", 3, True, [["a"]], [["a", "b"], 5], "ab"],
    "group": [None, 3, ["query"], True],
    "negative_share": [0, -0.1, 1.5, "0.1", True, np.nan],
}
GOOD = {
    "category_dropout": [0, 0.99, np.float32(0.1)],
    "pretrained": [None, {}, {"dest": "glove.txt"}],
    "freeze": [True, False, np.True_, "found", 3, np.int64(1), {"dest": True, "origin": 2}],
    "learning_rate": [1, np.float64(1e-3)],
    "embedding_rate": ["auto", 3, np.float64(0.5)],
    "weight_decay": [0, 0.1],
    "weight_averaging": [0, 0.5, 3],
    "damping": [0, 0.5, np.int64(10)],
    "shrinkage": [0, 0.5, np.int64(10)],
    "batch_size": ["auto", 1, np.int64(64)],
    "max_epochs": [1, np.int32(3)],
    "validation": ["random", "last"],
    "validation_fraction": [0.01, 0.99],
    "n_iter_no_change": ["auto", 1, np.int64(5)],
    "tol": [0, 1e-4, np.inf],
    "one_hot_max_categories": [0, 3, np.inf],
    "multi_valued": [None, "auto", {}],
    "vocabulary": [None, "hashing", {}, {"dest": "ngrams"}, {"name": "hashing", "n_buckets": np.int64(5)}],
    "label_smoothing": [0, 0.99, np.float32(0.1)],
    "calibration": [None, "temperature"],
    "n_ensemble": [1, np.int64(3)],
    "early_stopping": [True, False, np.True_],
    "verbose": [0, 1, True, False, 2],
    "callbacks": [None, [], ()],
    "random_state": [None, 0, np.int64(5), np.random.RandomState(0)],
    "remainder": ["passthrough", "drop"],
    "cv": [None, 2, np.int64(10), KFold(3), [([0], [1]), ([1], [0])]],
    "target_statistics": [True, False, np.True_],
    "crosses": [None, "auto", []],
    "group": ["query"],
    "negative_share": [None, 0.1, 1, 1.0, np.float32(0.5)],
}


def owner(name):
    if name == "group":
        return EmbeddingRanker
    return EmbeddingClassifier if name in EmbeddingClassifier().get_params(deep=False) else EmbeddingEncoder


def test_every_range_is_tested():
    assert set(BAD) == set(GOOD) == set(RANGES)


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in BAD.items() for value in values])
def test_out_of_range(name, value):
    cls = owner(name)
    wanted = RANGES[name][0]
    message = f"The {name!r} parameter of {cls.__name__} must be {wanted}. Got {value!r} instead."
    with pytest.raises(ValueError, match=re.escape(message)):
        check_parameters(cls(**{name: value}))


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in GOOD.items() for value in values])
def test_in_range(name, value):
    check_parameters(owner(name)(**{name: value}))


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"body": "mpl"}, "No body named 'mpl'. Known: cross, "),
        ({"body": {"name": "mlp", "dropuot": 0.1}}, "The body 'mlp' does not take these parameters: "),
        ({"numeric": "standard"}, "No numeric encoder named 'standard'. Known: pbld, periodic, piecewise_linear, "),
        ({"schedule": "cosin"}, "No schedule named 'cosin'. Known: constant, cosine, linear. Did you mean 'cosine'?"),
        (
            {"handle_unknown": "nearst"},
            "No strategy for unknown categories named 'nearst'. Known: error, learned, mean, nearest, "
            "pretrained, zero. Did you",
        ),
        ({"start": "randm"}, "No start named 'randm'. Known: cooccurrence, random. Did you mean 'random'?"),
        ({"start": 3}, "A start is given as a name, a mapping with a 'name', or an instance; got 3."),
        ({"schedule": 3}, "A schedule is given as a name, a mapping with a 'name', or an instance; got 3."),
    ],
)
def test_unknown_parts_are_named_with_their_near_names(params, message):
    with pytest.raises(UnknownNameError, match=re.escape(message)):
        check_parameters(EmbeddingClassifier(**params))


@pytest.mark.parametrize("cls", [EmbeddingClassifier, EmbeddingEncoder])
def test_the_check_comes_first_in_fit(cls, flights, late):
    with pytest.raises(ValueError, match=re.escape("must be a positive integer. Got 0 instead.")):
        cls(max_epochs=0).fit(flights, late)


def test_bad_values_that_later_parts_find_are_refused_by_fit(flights, late):
    cases = [
        (
            {"min_frequency": 0},
            "min_frequency must be a number of rows (int, 1 or more), a share of them (a number in",
        ),
        ({"max_categories": 0}, "max_categories must be an int, 1 or more, or None; got 0."),
        ({"embedding_dim": 0, "one_hot_max_categories": 0}, "embedding_dim must be at least 1, got 0."),
        ({"embedding_dim": {"dset": 3}, "one_hot_max_categories": 0}, "embedding_dim names the column 'dset'"),
        ({"categorical": ["huor"]}, "categorical= names the column 'huor', which the table does not have. Did you"),
        ({"body": {"name": "mlp", "dropout": 1}}, "dropout must be a number in [0, 1), got 1."),
        ({"start": {"name": "cooccurrence", "spread": -1}}, "spread must be a positive number, got -1."),
        ({"handle_unknown": Nearest(min_similarity=0)}, "min_similarity must be a number in (0, 1], got 0."),
    ]
    for params, message in cases:
        with pytest.raises(ValueError, match=re.escape(message)):
            EmbeddingClassifier(**params).fit(flights, late)


# ---------------------------------------------------------------- documentation

# An encoder appends target statistics to its output; the others read them.
DEFAULTS_DIFFER = {"categorical", "body", "crosses", "damping", "embedding_dim", "loss", "numeric", "target_statistics"}


def documented(cls):
    """Return the documented parameters with their types and descriptions."""
    section = inspect.getdoc(cls).partition("Parameters\n----------\n")[2].partition("\n\n")[0]
    parts = re.split(r"^(\w+) : ", section, flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


@pytest.mark.parametrize("cls", [EmbeddingClassifier, EmbeddingRegressor, EmbeddingEncoder])
def test_each_parameter_is_documented_in_the_order_of_the_signature(cls):
    assert list(documented(cls)) == list(inspect.signature(cls).parameters)


@pytest.mark.parametrize("other", [EmbeddingRegressor, EmbeddingEncoder])
def test_shared_parameters_are_documented_in_the_same_words(other):
    mine, its = documented(EmbeddingClassifier), documented(other)
    for name in mine.keys() & its.keys() - DEFAULTS_DIFFER:
        assert its[name].replace(" All folds start from them.", "").split() == mine[name].split()
