"""Forecasts of the quality for unseen categories."""

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError

from tabemb import EmbeddingClassifier, EmbeddingRegressor
from tabemb.estimators.forecast import ENOUGH_ROWS, parts_by_category
from tabemb.exceptions import ColumnError, DataError

RNG = np.random.default_rng(0)
N = 1500
X = pd.DataFrame({"stop": RNG.choice([f"s{each}" for each in range(60)], N), "x": RNG.normal(size=N)})
EFFECT = X["stop"].str[1:].astype(int).map(dict(enumerate(RNG.normal(size=60) * 2))).to_numpy()
Y = EFFECT + 0.5 * X["x"].to_numpy() + 0.3 * RNG.normal(size=N)


def model(cls, quick, **more):
    return cls(**{**quick, "max_epochs": 12, "target_statistics": False, **more})


def test_unseen_categories_lose_what_their_vectors_know(quick):
    fitted = model(EmbeddingRegressor, quick).fit(X, Y)
    row = fitted.forecast_unseen(X, Y, n_folds=3).loc["stop"]
    assert row["seen"] > 0.7
    assert row["unseen"] < 0.3
    assert row["n_folds"] == 3
    assert row["n_categories"] == 30
    # The truth: other stops.
    again = model(EmbeddingRegressor, quick).fit(X[EFFECT < 9], Y[EFFECT < 9])
    new = X.assign(stop="t" + X["stop"])
    assert row["unseen"] == pytest.approx(again.score(new, Y), abs=0.15)


def test_two_classes_are_scored_by_roc_auc(quick):
    late = Y > 0
    fitted = model(EmbeddingClassifier, quick).fit(X, late)
    before = fitted.predict_proba(X)
    report = fitted.forecast_unseen(X, late, n_folds=2)
    assert report.index.tolist() == ["stop"]
    assert report.loc["stop", "seen"] > 0.85
    assert 0.45 < report.loc["stop", "unseen"] < 0.8
    assert report.loc["stop", "standard_error"] >= 0
    pd.testing.assert_frame_equal(report, fitted.forecast_unseen(X, pd.Series(late), n_folds=2))
    accuracy = fitted.forecast_unseen(X, late, n_folds=2, scoring="accuracy")
    assert not np.array_equal(accuracy["seen"], report["seen"])
    assert np.array_equal(fitted.predict_proba(X), before)


@pytest.mark.parametrize("n_categories", [2, 3, 7, 200, 5000])
@pytest.mark.parametrize("n_folds", [2, 5])
def test_no_category_is_in_both_parts(n_categories, n_folds):
    codes = np.random.default_rng(0).integers(-1, n_categories, 8000)
    parts = list(parts_by_category(codes, n_folds, 0))
    assert len(parts) == min(n_folds, n_categories)
    left_out = []
    for unseen, seen, train in parts:
        assert not np.isin(codes[unseen], codes[train]).any()
        assert np.isin(codes[seen], codes[train]).all()
        assert not set(seen) & set(train)
        assert (codes[unseen] >= 0).all()
        left_out.append(set(codes[unseen].tolist()))
    assert len(set().union(*left_out)) == sum(map(len, left_out))
    assert sum(len(unseen) for unseen, _, _ in parts) <= max(2 * ENOUGH_ROWS, 2 * n_categories)


def test_rows_in_the_order_of_time_are_scored_after_the_training_rows(quick):
    codes = np.random.default_rng(0).integers(-1, 50, 1000)
    parts = list(parts_by_category(codes, 3, 0, 0.2))
    assert len(parts) == 3
    for unseen, seen, train in parts:
        assert train.max() < 800 <= min(unseen.min(), seen.min())
        assert not np.isin(codes[unseen], codes[train]).any()
        assert np.isin(codes[seen], codes[train]).all()
    # In the last quarter, the stops have other effects.
    turned = np.where(np.arange(N) < 0.75 * N, Y, -Y)
    fitted = model(EmbeddingRegressor, quick, max_epochs=6, validation="last").fit(X, turned)
    given = fitted.forecast_unseen(X, turned, n_folds=2, last=0.25)
    assert given.loc["stop", "seen"] < 0
    pd.testing.assert_frame_equal(given, fitted.forecast_unseen(X, turned, n_folds=2))
    assert list(parts_by_category(np.array([0, 0, 0, -1]), 2, 0, 0.25)) == []


def test_columns_that_cannot_be_forecast(quick):
    late = Y > 0
    one = X.assign(few=["a"] * (N - 3) + ["b"] * 3)
    fitted = model(EmbeddingClassifier, quick, max_epochs=1).fit(one, late)
    report = fitted.forecast_unseen(one, late, n_folds=2)
    assert report.index.tolist() == ["stop", "few"]
    with pytest.raises(ColumnError, match="There is no categorical column 'x' to forecast"):
        fitted.forecast_unseen(one, late, columns=["x"])
    with pytest.raises(DataError, match="Column 'few' has fewer than two categories"):
        fitted.forecast_unseen(one.assign(few="a"), late, columns=["few"])
    with pytest.raises(DataError, match="X has 1500 rows and y has 3"):
        fitted.forecast_unseen(one, late[:3])
    for bad in (1, 2.0, True, "2"):
        with pytest.raises(ValueError, match=f"n_folds must be an integer of at least 2, got {bad!r}"):
            fitted.forecast_unseen(one, late, n_folds=bad)
    for bad in (0, 1, 1.5, "0.1", True):
        with pytest.raises(ValueError, match=rf"last must be a number in \(0, 1\) or None, got {bad!r}"):
            fitted.forecast_unseen(one, late, last=bad)
    with pytest.raises(NotFittedError):
        EmbeddingClassifier().forecast_unseen(X, late)


def test_too_few_rows_give_no_forecast(quick):
    fitted = model(EmbeddingRegressor, quick, max_epochs=1).fit(X, Y)
    report = fitted.forecast_unseen(X[:12], Y[:12], n_folds=2)
    assert np.isnan(report.loc["stop", "unseen"])
    assert report.loc["stop", "n_folds"] == 0
