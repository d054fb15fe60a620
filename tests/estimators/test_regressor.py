"""EmbeddingRegressor."""

import re

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import d2_pinball_score, r2_score
from sklearn.model_selection import GridSearchCV

from tabemb import EmbeddingRegressor
from tabemb.exceptions import DataError, UnknownNameError
from tabemb.nn.losses import LOSSES, HuberLoss


def test_it_learns_the_rule_in_the_units_of_the_target(flights, delay, quick):
    model = EmbeddingRegressor(**{**quick, "max_epochs": 15}).fit(flights, 1000 + 10 * delay)
    answers = model.predict(flights)
    assert answers.shape == (120,)
    assert 1000 < answers.mean() < 1300
    assert model.score(flights, 1000 + 10 * delay) > 0.5
    assert model.score(flights, 1000 + 10 * delay) == r2_score(1000 + 10 * delay, answers)
    assert "val_r2" in model.history_


def test_several_numbers_at_once(flights, delay, quick):
    Y = np.column_stack([delay, -100 * delay, np.where(flights["carrier"] == "UA", 5.0, 7.0)])
    model = EmbeddingRegressor(**{**quick, "max_epochs": 25}).fit(flights, Y)
    assert model.predict(flights).shape == (120, 3)
    assert model.score(flights, Y) > 0.5


def test_a_constant_target_is_answered_with_itself(flights, quick):
    model = EmbeddingRegressor(**quick).fit(flights, np.full(120, 42.0))
    np.testing.assert_allclose(model.predict(flights), 42, atol=1)


def test_integers_are_numbers(flights, delay, quick):
    whole = delay.round().astype(int)
    a, b = (EmbeddingRegressor(**quick).fit(flights, y).predict(flights) for y in (whole, whole.astype(float)))
    assert np.array_equal(a, b)


def test_sample_weights_pull_the_answer(flights, delay, quick):
    heavy = EmbeddingRegressor(**quick).fit(flights, delay, sample_weight=np.where(delay > 15, 20.0, 1.0))
    light = EmbeddingRegressor(**quick).fit(flights, delay, sample_weight=np.where(delay > 15, 1.0, 20.0))
    assert heavy.predict(flights).mean() > light.predict(flights).mean() + 3


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (pd.date_range("2013-01-01", periods=20), "predicts numbers, but the target holds values such as '2013-01-01"),
        ([1e300] * 20, "too large for dtype"),
    ],
)
def test_targets_that_are_no_usable_numbers_are_refused(y, message):
    with pytest.raises(DataError, match=message):
        EmbeddingRegressor().fit(pd.DataFrame({"dest": ["a", "b"] * 10}), y)


# ---------------------------------------------------------------- losses


def skewed(n=3000):
    """Amounts whose median, mean and spread differ by category."""
    rng = np.random.default_rng(0)
    dest = rng.integers(0, 4, n)
    return pd.DataFrame({"dest": dest.astype(str)}), 100 * (1 + dest) * rng.gamma(2.0, 1.0, n), dest


LEARN = {
    "max_epochs": 8,
    "learning_rate": 0.01,
    "schedule": "cosine",
    "body": {"name": "mlp", "hidden_units": (16,), "dropout": 0.0},
    "category_dropout": 0.0,
    "early_stopping": False,
    "target_statistics": False,
    "random_state": 0,
}
# What each loss predicts of the rows of one category.
PREDICTED = {
    "squared_error": np.mean,
    "absolute_error": np.median,
    "quantile": lambda y: np.quantile(y, [0.1, 0.5, 0.9]),
    "poisson": np.mean,
    "tweedie": np.mean,
    "gamma": np.mean,
    "huber": lambda y: (np.mean(y) + np.median(y)) / 2,
}


@pytest.mark.parametrize("loss", sorted(name for name in LOSSES if LOSSES[name].predicts == "numbers"))
def test_every_loss_learns_what_it_is_for(loss):
    X, y, dest = skewed()
    model = EmbeddingRegressor(**LEARN, loss=loss).fit(X, y)
    answers = model.predict(X)
    for category in range(4):
        rows = dest == category
        np.testing.assert_allclose(answers[rows][0], PREDICTED[loss](y[rows]), rtol=0.15)
    assert model.score(X, y) > 0.05


@pytest.mark.parametrize("loss", sorted(name for name in LOSSES if LOSSES[name].predicts == "numbers"))
def test_the_figure_of_the_validation_part_fits_the_loss(loss):
    X, y, _ = skewed()
    history = EmbeddingRegressor(**{**LEARN, "early_stopping": True}, loss=loss).fit(X, y).history_
    figure = f"val_{LOSSES[loss].metric}"
    assert set(history) == {"loss", "learning_rate", "val_loss", figure}
    # 0 is what a constant reaches.
    assert max(history[figure]) > 0.02


@pytest.mark.parametrize("loss", ["poisson", "absolute_error", "huber"])
def test_the_unit_of_the_target_does_not_matter(loss):
    X, y, _ = skewed(300)
    model = EmbeddingRegressor(**{**LEARN, "max_epochs": 2}, loss=loss)
    one, other = (model.fit(X, factor * y).predict(X) for factor in (1, 1e6))
    np.testing.assert_allclose(other, 1e6 * one, rtol=1e-3)


def test_a_name_a_mapping_and_an_instance_are_the_same_loss(flights, delay, quick):
    losses = [{"name": "huber", "delta": 0.2}, HuberLoss(delta=0.2)]
    one, other = (EmbeddingRegressor(**quick, loss=loss).fit(flights, delay).predict(flights) for loss in losses)
    model = EmbeddingRegressor(**quick, loss="huber").fit(flights, delay)
    assert np.array_equal(one, other)
    assert not np.array_equal(model.predict(flights), one)
    assert np.array_equal(model.set_params(loss__delta=0.2).fit(flights, delay).predict(flights), one)
    assert model.get_params()["loss__delta"] == 0.2


def test_a_search_goes_over_the_parameters_of_a_loss(flights, delay, quick):
    model = EmbeddingRegressor(**{**quick, "max_epochs": 1}, loss="huber")
    search = GridSearchCV(model, {"loss__delta": [0.1, 1.0]}, cv=2).fit(flights, delay)
    assert search.best_estimator_.loss.delta in (0.1, 1.0)
    assert model.loss == "huber"
    losses = GridSearchCV(model, {"loss": ["huber", "squared_error"]}, cv=2).fit(flights, delay)
    assert losses.best_params_["loss"] in ("huber", "squared_error")


def test_one_quantile_is_a_number_a_row_and_several_are_columns_that_rise(flights, delay, quick):
    one = EmbeddingRegressor(**quick, loss={"name": "quantile", "quantiles": 0.5}).fit(flights, delay)
    assert one.predict(flights).shape == (120,)
    several = EmbeddingRegressor(**quick, loss="quantile", n_ensemble=2).fit(flights, delay)
    answers = several.predict(flights)
    assert answers.shape == (120, 3)
    assert (np.diff(answers, axis=1) >= 0).all()
    figures = [d2_pinball_score(delay, answers[:, i], alpha=q) for i, q in enumerate((0.1, 0.5, 0.9))]
    assert several.score(flights, delay) == pytest.approx(np.mean(figures), rel=1e-3)
    weights = np.linspace(1, 2, 120)
    assert several.score(flights, delay, weights) != several.score(flights, delay)
    both = np.column_stack([delay, -delay])
    median = EmbeddingRegressor(**quick, loss={"name": "quantile", "quantiles": [0.5]}).fit(flights, both)
    assert median.predict(flights).shape == (120, 2)


def test_counts_of_several_targets_are_positive(flights, delay, quick):
    counts = np.column_stack([np.abs(delay).round(), flights["hour"] == 12])
    answers = EmbeddingRegressor(**quick, loss="tweedie").fit(flights, counts).predict(flights)
    assert answers.shape == (120, 2)
    assert (answers > 0).all()


@pytest.mark.parametrize(
    ("loss", "y", "error", "message"),
    [
        ("poisson", [1.0, -2.0] * 10, DataError, "The loss 'poisson' requires targets of 0 or more; one is -2."),
        ("gamma", [1.0, 0.0] * 10, DataError, "The loss 'gamma' requires targets of more than 0; one is 0."),
        (
            "quantile",
            [[1.0, 2.0]] * 20,
            DataError,
            "Several quantiles can be predicted for one target only; got 2 targets and 3",
        ),
        ({"name": "huber", "delta": 0}, [1.0, 2.0] * 10, ValueError, "delta of the huber loss must be a positive"),
        ("focal", [1.0, 2.0] * 10, UnknownNameError, "The loss 'focal' is for classes, but the target holds numbers"),
    ],
)
def test_a_loss_that_does_not_fit_is_refused(loss, y, error, message):
    with pytest.raises(error, match=re.escape(message)):
        EmbeddingRegressor(loss=loss).fit(pd.DataFrame({"dest": ["a", "b"] * 10}), np.array(y))


def test_a_later_portion_is_looked_at_too(flights, delay, quick):
    model = EmbeddingRegressor(**quick, loss="poisson").partial_fit(flights, np.abs(delay))
    with pytest.raises(DataError, match="The loss 'poisson' requires targets of 0 or more"):
        model.partial_fit(flights, -np.abs(delay))
