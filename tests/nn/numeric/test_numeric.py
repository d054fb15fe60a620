"""The contract of every numeric encoder, and of estimators that have one."""

import pickle

import keras
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

import tabemb
from tabemb.exceptions import UnknownNameError
from tabemb.nn.numeric import NUMERIC_ENCODERS, PBLD, Periodic, PiecewiseLinear
from tabemb.nn.seeds import Seeds
from tabemb.table.scaling import SCALINGS

NAMES = sorted(NUMERIC_ENCODERS)
NUMBERS = np.random.default_rng(0).normal(size=(30, 3)).astype("float32")
MISSING = np.random.default_rng(1).integers(0, 2, (30, 2)).astype("float32")
# Parameters that differ from the defaults.
VARIED = {
    "pbld": PBLD(n_frequencies=3, sigma=0.5, embedding_dim=2, scaling="standard"),
    "periodic": Periodic(n_frequencies=3, sigma=0.5, embedding_dim=2, activation="tanh", lite=True, scaling="robust"),
    "piecewise_linear": PiecewiseLinear(n_bins=5, embedding_dim=None),
}


def model_of(numeric, n_indicators=0, seed=0):
    inputs = keras.Input((3 + n_indicators,), name="numbers")
    numeric = NUMERIC_ENCODERS.resolve(numeric)
    outputs = numeric.build(inputs, Seeds(seed), n_indicators=n_indicators)
    return keras.Model(inputs, keras.layers.Identity()(outputs))


@pytest.mark.parametrize("name", NAMES)
def test_it_names_a_scaling_and_builds_a_matrix_of_one_width_a_number(name):
    encoder = NUMERIC_ENCODERS.resolve(name)
    SCALINGS.resolve(encoder.scaling)
    built = encoder.build(keras.Input((3,), name="numbers"), Seeds(0))
    assert len(built.shape) == 2
    assert built.shape[0] is None
    assert built.shape[1] % 3 == 0


@pytest.mark.parametrize("name", NAMES)
def test_missing_indicators_are_unchanged(name):
    with_indicators = model_of(name, n_indicators=2)(np.hstack([NUMBERS, MISSING])).numpy()
    np.testing.assert_array_equal(with_indicators[:, -2:], MISSING)
    np.testing.assert_allclose(with_indicators[:, :-2], model_of(name)(NUMBERS), rtol=1e-6)


@pytest.mark.parametrize("numeric", [*NAMES, *VARIED.values()], ids=str)
def test_its_layers_are_made_again_from_their_configuration(numeric):
    model = model_of(numeric, n_indicators=2)
    again = keras.Model.from_config(model.get_config())
    assert [type(layer) for layer in again.layers] == [type(layer) for layer in model.layers]
    given = np.hstack([NUMBERS, MISSING])
    np.testing.assert_array_equal(again(given), model(given))


@pytest.mark.parametrize("name", NAMES)
def test_initialization_depends_on_the_seed_only(name):
    one, same, other = (model_of(name, seed=seed).get_weights() for seed in (0, 0, 1))
    assert all((a == b).all() for a, b in zip(one, same, strict=True))
    assert not any((a == b).any() for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("name", NAMES)
def test_columns_are_initialized_differently(name):
    for weights in model_of(name).get_weights():
        by_column = weights.reshape(3, -1)
        assert not (by_column[0] == by_column[1]).any()


@pytest.mark.parametrize("name", NAMES)
def test_columns_are_encoded_independently(name):
    model, moved = model_of(name), NUMBERS.copy()
    moved[:, 1] += 0.5
    before, after = (np.reshape(model(each), (30, 3, -1)) for each in (NUMBERS, moved))
    np.testing.assert_array_equal(before[:, [0, 2]], after[:, [0, 2]])
    assert (before[:, 1] != after[:, 1]).any()


def test_an_unknown_encoder_gets_a_suggestion():
    with pytest.raises(UnknownNameError, match=r"No numeric encoder named 'quantil'.*Did you mean 'quantile'\?"):
        NUMERIC_ENCODERS.resolve("quantil")


# ---------------------------------------------------------------------- in an estimator

SETTINGS = {"max_epochs": 2, "batch_size": 128, "body": {"name": "mlp", "hidden_units": (8,)}, "random_state": 0}


@pytest.fixture(scope="module")
def table():
    """A text column, a number that is mostly zero, one with missing cells, and one of two values."""
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "dest": rng.choice(["IAH", "MIA", "BQN"], 90),
            "gain": np.where(rng.random(90) < 0.9, 0.0, rng.lognormal(size=90)),
            "distance": np.where(rng.random(90) < 0.2, np.nan, rng.normal(1000, 300, 90)),
            "terminal": rng.integers(1, 3, 90),
        }
    )


@pytest.fixture(scope="module")
def late(table):
    return np.where(table["distance"].fillna(0) > 900, "late", "on time")


@pytest.fixture(scope="module")
def fitted(table, late, uncompiled):
    """Return a function that fits an estimator with a numeric encoder, once for all tests that only read it."""
    models = {}

    def with_encoder(numeric):
        if str(numeric) not in models:
            with uncompiled():
                models[str(numeric)] = tabemb.EmbeddingClassifier(numeric=numeric, **SETTINGS).fit(table, late)
        return models[str(numeric)]

    return with_encoder


@pytest.mark.usefixtures("without_compiling")
@pytest.mark.parametrize("numeric", [*NAMES, *VARIED.values()], ids=str)
def test_an_estimator_with_it_is_saved_pickled_and_repeated(numeric, fitted, table, late, tmp_path):
    model = fitted(numeric)
    expected = model.predict_proba(table)
    model.save(tmp_path / "model")
    loaded = tabemb.load(tmp_path / "model")
    assert str(loaded.numeric) == str(numeric)
    for again in (loaded, pickle.loads(pickle.dumps(model)), clone(model).fit(table, late)):
        assert np.array_equal(again.predict_proba(table), expected)


@pytest.mark.parametrize("name", NAMES)
def test_it_predicts_without_keras_also_for_unusual_rows(name, fitted, table):
    model = fitted(name)
    predictor = model.predictor()
    assert predictor.obstacle is None
    strange = table.head(3).assign(gain=[-1e30, 1e30, np.nan], terminal=[np.nan, 7, 1.5])
    for rows in (table, table.head(1), strange):
        np.testing.assert_allclose(predictor.predict_proba(rows), model.predict_proba(rows), rtol=1e-5, atol=1e-5)
    assert np.isfinite(model.predict_proba(strange)).all()


@pytest.mark.parametrize(
    ("numeric", "error", "message"),
    [
        ({"name": "piecewise_linear", "n_bins": 0}, ValueError, "n_bins must be a positive integer, got 0"),
        ({"name": "piecewise_linear", "bins": 3}, UnknownNameError, "'piecewise_linear' does not take these param"),
        (
            PBLD(embedding_dim=1),
            ValueError,
            "embedding_dim must be 2 or more, since one dimension is the number itself; got 1",
        ),
        (Periodic(sigma=0), ValueError, "sigma must be a positive number, got 0"),
        (Periodic(scaling="quantil"), UnknownNameError, r"No scaling named 'quantil'.*Did you mean 'quantile'\?"),
    ],
)
def test_wrong_parameters_are_refused_by_fit(numeric, error, message, table, late):
    with pytest.raises(error, match=message):
        tabemb.EmbeddingClassifier(numeric=numeric, **SETTINGS).fit(table, late)


@pytest.mark.usefixtures("without_compiling")
def test_parameters_are_reached_through_the_estimator(table, late):
    model = tabemb.EmbeddingClassifier(numeric="piecewise_linear", **SETTINGS)
    model.set_params(numeric__n_bins=np.int64(7)).fit(table, late)
    assert model.network_.get_layer("trunk").get_layer("bins").n_bins == 7
    assert model.encoder_.encode(table).numbers[:, :2].max(axis=0).tolist() == [7, 7]


def test_fits_that_differ_in_an_indicator_do_not_share_a_loop(table, late):
    """Two numbers and an indicator, or three numbers: the same number of inputs, but different networks."""
    full = table.assign(distance=table["distance"].fillna(0.0), extra=np.arange(90.0)).drop(columns="terminal")
    with_indicator = table.drop(columns="terminal")
    for X in (full, with_indicator, full):
        model = tabemb.EmbeddingClassifier(numeric="piecewise_linear", **SETTINGS).fit(X, late)
        assert model.predict_proba(X).shape == (90, 2)


@pytest.fixture(scope="module")
def oscillating():
    """A target that a number alone does not tell, as its score shows, and how to learn it."""
    x = np.random.default_rng(0).uniform(-1, 1, 400)
    X, y = pd.DataFrame({"place": np.resize(["a", "b"], 400), "x": x}), np.sin(12 * x) > 0
    settings = {"body": {"name": "mlp", "hidden_units": ()}, "max_epochs": 60, "learning_rate": 0.03}
    settings |= {"early_stopping": False, "random_state": 0}
    assert tabemb.EmbeddingClassifier(numeric="standardized", **settings).fit(X, y).score(X, y) < 0.7
    return X, y, settings


@pytest.mark.parametrize("numeric", ["piecewise_linear", Periodic(sigma=0.5), PBLD(sigma=1.0)], ids=str)
def test_vectors_of_numbers_learn_oscillating_functions(numeric, oscillating):
    X, y, settings = oscillating
    assert tabemb.EmbeddingClassifier(numeric=numeric, **settings).fit(X, y).score(X, y) > 0.9
