"""The regressor."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import r2_score

from tabemb import EmbeddingRegressor
from tabemb.exceptions import DataError


def test_it_learns_the_rule_in_the_units_of_the_target(flights, delay):
    model = EmbeddingRegressor(max_epochs=15, learning_rate=0.02, random_state=0).fit(flights, 1000 + 10 * delay)
    answers = model.predict(flights)
    assert answers.shape == (120,)
    assert 1000 < answers.mean() < 1300
    assert model.score(flights, 1000 + 10 * delay) > 0.5
    assert model.score(flights, 1000 + 10 * delay) == r2_score(1000 + 10 * delay, answers)
    assert "val_r2" in model.history_


def test_several_numbers_at_once(flights, delay):
    Y = np.column_stack([delay, -100 * delay, np.where(flights["carrier"] == "UA", 5.0, 7.0)])
    model = EmbeddingRegressor(max_epochs=15, learning_rate=0.02, random_state=0).fit(flights, Y)
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
        (pd.date_range("2013-01-01", periods=20), "predicts numbers; the target holds '2013-01-01"),
        ([1e300] * 20, "too large for dtype"),
    ],
)
def test_targets_that_are_no_usable_numbers_are_refused(y, message):
    with pytest.raises(DataError, match=message):
        EmbeddingRegressor().fit(pd.DataFrame({"dest": ["a", "b"] * 10}), y)
