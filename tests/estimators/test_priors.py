"""The share of the change by training that vectors keep."""

import math
from functools import cache

import numpy as np
import pandas as pd
import pytest

import tabemb
from tabemb import EmbeddingClassifier, EmbeddingEncoder, EmbeddingRegressor
from tabemb.diagnosis.model import as_trained
from tabemb.estimators.priors import WEIGHTS, Priors
from tabemb.nn.starts import CooccurrenceStart
from tabemb.table.frames import read_frame
from tabemb.table.vocabulary import Vocabulary

N = 3000
ALL = (EmbeddingClassifier, EmbeddingRegressor, EmbeddingEncoder)


def rides(seed=0, n=N):
    """Return rows with a stop, which decides the target, a driver, who does not, and a depot, which both depend on."""
    rng = np.random.default_rng(seed)
    depot = rng.integers(0, 5, n)
    stop, driver = depot * 4 + rng.integers(0, 4, n), depot * 40 + rng.integers(0, 40, n)
    X = pd.DataFrame({"stop": stop, "driver": driver, "depot": depot}).astype(str)
    return X, (rng.normal(size=20)[stop] + 0.5 * rng.normal(size=n)).astype("float32")


X, Y = rides()


def model(cls=EmbeddingRegressor, **params):
    body = {"name": "mlp", "hidden_units": (16,)}
    settings = {"body": body, "embedding_dim": 4, "max_epochs": 10, "learning_rate": 0.01, "random_state": 0}
    settings["target_statistics"] = False
    if cls is not EmbeddingEncoder:
        settings["one_hot_max_categories"] = 0
    return cls(**{**settings, **params})


def fit(cls=EmbeddingRegressor, **params):
    return model(cls, **params).fit(X, Y if cls is not EmbeddingClassifier else Y > 0)


@cache
def fitted(cls=EmbeddingRegressor):
    """Return a fit with the defaults, which tests only read."""
    return fit(cls)


def tables(estimator):
    return {feature.name: estimator._network.vectors(feature) for feature in estimator._network.spec.features}


def starts_of(estimator):
    table = estimator.encoder_.encode(read_frame(X))
    return {each.table.name: each for each in estimator._started_tables(estimator._network, table)}


# ---------------------------------------------------------------- the choice


@pytest.mark.parametrize("cls", ALL)
def test_a_column_that_does_not_matter_keeps_its_start_and_one_that_does_its_training(cls):
    made = fitted(cls)
    assert set(made.priors_) == {"stop", "driver", "depot"}
    assert set(made.priors_.values()) <= {0.0, *WEIGHTS}
    assert made.priors_["driver"] >= 10
    assert made.priors_["driver"] > made.priors_["stop"]


def test_the_choice_costs_no_quality():
    half = N // 2
    chosen, kept = (
        model(start={"name": "cooccurrence", "prior": prior}).fit(X[:half], Y[:half]) for prior in ("auto", 0)
    )
    assert max(chosen.priors_.values()) > 0
    assert chosen.score(X[half:], Y[half:]) > kept.score(X[half:], Y[half:]) - 0.005


def test_without_held_out_rows_all_of_the_change_is_kept():
    made = fit(early_stopping=False)
    assert made.priors_ == {"stop": 0.0, "driver": 0.0, "depot": 0.0}
    same = fit(early_stopping=False, start={"name": "cooccurrence", "prior": 0})
    for column, rows in tables(made).items():
        np.testing.assert_array_equal(rows, tables(same)[column])


def test_a_random_start_and_pretrained_columns_have_no_prior(untrained):
    vectors = fitted().vectors_["stop"]
    with untrained():
        assert fit(start="random").priors_ == {}
        assert set(fit(pretrained={"stop": vectors}).priors_) == {"driver", "depot"}


def test_a_table_with_one_column_has_no_prior(untrained):
    with untrained():
        assert model().fit(X[["stop"]], Y).priors_ == {}


def test_partial_fit_keeps_all_of_the_change():
    made = model().partial_fit(X, Y)
    assert made.priors_ == {}
    same = model(start={"name": "cooccurrence", "prior": 0}).partial_fit(X, Y)
    np.testing.assert_array_equal(tables(made)["driver"], tables(same)["driver"])


@pytest.mark.parametrize("cls", ALL)
def test_the_choice_is_repeatable(cls):
    one, two = fitted(cls), fit(cls)
    assert one.priors_ == two.priors_
    for column, rows in tables(one).items():
        np.testing.assert_array_equal(rows, tables(two)[column])


# ---------------------------------------------------------------- what it does


@pytest.mark.parametrize("prior", [0, 10, 1000, math.inf])
def test_each_category_keeps_its_share_of_the_change(prior):
    start = {"name": "cooccurrence", "prior": prior}
    made, trained = fit(start=start), fit(start={"name": "cooccurrence", "prior": 0})
    assert set(made.priors_.values()) == {float(prior)}
    for column, each in starts_of(made).items():
        began = each.look_up(np.arange(each.table.vocabulary_size))
        counts = made.encoder_.vocabularies[column].counts[:, None]
        kept = np.zeros_like(counts, float) if math.isinf(prior) else counts / np.maximum(counts + prior, 1e-9)
        expected = began + kept * (tables(trained)[column] - began)
        found = tables(made)[column]
        np.testing.assert_allclose(found[Vocabulary.FIRST :], expected[Vocabulary.FIRST :], atol=1e-6)


def test_the_vector_of_unknown_categories_is_not_pulled():
    unknown = [
        tables(fit(start={"name": "cooccurrence", "prior": prior}))["stop"][Vocabulary.UNKNOWN] for prior in (0, 1000)
    ]
    np.testing.assert_array_equal(*unknown)


def test_all_members_and_folds_have_the_priors_of_the_first():
    start = {"name": "cooccurrence", "prior": {"driver": math.inf}}
    ensemble = fit(n_ensemble=2, start=start)
    for network in ensemble._networks:
        driver = next(feature for feature in network.spec.features if feature.name == "driver")
        began = starts_of(ensemble)["driver"].look_up(np.arange(driver.table.vocabulary_size))
        np.testing.assert_allclose(network.vectors(driver)[2:], began[2:], atol=1e-6)
    encoder = fit(EmbeddingEncoder, start=start)
    began = starts_of(encoder)["driver"]
    one, two = tables(encoder)["driver"][2:], began.look_up(np.arange(2, began.table.vocabulary_size))
    # The folds are rotated to the first, a little.
    assert np.corrcoef((one @ one.T).ravel(), (two @ two.T).ravel())[0, 1] > 0.98


def test_a_mapping_gives_the_priors_of_some_columns():
    made = fit(start={"name": "cooccurrence", "prior": {"driver": 5}})
    assert made.priors_["driver"] == 5
    assert made.priors_["stop"] == fitted().priors_["stop"]


def test_few_rows_are_judged_in_a_long_table(monkeypatch):
    seen = []
    monkeypatch.setattr("tabemb.estimators.priors.MOST_JUDGED", 50)
    losses = tabemb.estimators.priors.held_out_losses
    monkeypatch.setattr(
        "tabemb.estimators.priors.held_out_losses", lambda *args: seen.append(len(args[2])) or losses(*args)
    )
    fit()
    assert set(seen) == {50}


@pytest.mark.parametrize(("favored", "prior"), [(1.0, math.inf), (0.0, 0.0)])
def test_weights_of_rows_count(favored, prior, monkeypatch, untrained):
    """A change that is good for rows with a target of 1 and bad for the others is kept where the first weigh more."""

    def losses(network, task, rows, changed=None):
        return np.where(rows.targets > 0, -1.0, 1.0) * (changed is not None)

    monkeypatch.setattr("tabemb.estimators.priors.held_out_losses", losses)
    y = (Y > 0).astype(float)
    with untrained():
        made = model().fit(X, y, sample_weight=np.where(y == favored, 1.0, 1e-3))
    assert made.priors_ == dict.fromkeys(X, prior)


def test_nothing_is_chosen_without_open_tables():
    priors = Priors([], {})
    priors.settle(None, None, None)
    assert priors.weights == {}


# ---------------------------------------------------------------- parameters, copies, files


@pytest.mark.parametrize(
    "prior", [-1, math.nan, True, None, "automatic", [10], {"stop": -1}, {"stop": "none"}, {"stop": None}]
)
def test_a_bad_prior_is_refused(prior):
    with pytest.raises(ValueError, match="prior must be 'auto', a number of at least 0, or a mapping of these; got "):
        fit(start=CooccurrenceStart(prior=prior))


@pytest.mark.parametrize("cls", ALL)
def test_priors_are_saved(cls, untrained, tmp_path):
    with untrained():
        made = fit(cls, start={"name": "cooccurrence", "prior": {"driver": math.inf}})
    made.save(tmp_path / "model")
    again = tabemb.load(tmp_path / "model")
    assert again.priors_ == made.priors_
    assert math.isinf(again.priors_["driver"])
    assert again.get_params()["start"] == {"name": "cooccurrence", "prior": {"driver": math.inf}}


def test_a_copy_that_trains_as_long_has_the_same_priors(untrained):
    made = fitted()
    copy = as_trained(made).fit(X, Y)
    assert copy.priors_ == made.priors_
    assert made.get_params()["start"] == "cooccurrence"
    with untrained():
        random = fit(start="random")
    assert as_trained(random).get_params()["start"] == "random"
