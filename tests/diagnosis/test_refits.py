"""Refits of a model to parts of its rows: noise for its vectors, and fits to halves."""

import numpy as np
import pandas as pd
import pytest

from tabemb import EmbeddingClassifier, EmbeddingEncoder, EmbeddingRegressor, EmbeddingStore
from tabemb.diagnosis.refits import fits_to_parts, is_fitted, refit_vectors
from tabemb.exceptions import DataError, UnknownNameError
from tabemb.vectors.refits import noise_from_refits

N = 900


@pytest.fixture(scope="module")
def rides():
    """Return rides with a stop, which determines the target, and a driver, who does not."""
    rng = np.random.default_rng(0)
    return pd.DataFrame({"stop": rng.integers(0, 20, N), "driver": rng.integers(0, 25, N)}).astype(str)


@pytest.fixture(scope="module")
def minutes(rides):
    return rides["stop"].astype(int) / 5 + np.random.default_rng(1).normal(scale=0.3, size=N)


@pytest.fixture(scope="module")
def crowded(minutes):
    return (minutes > 2).to_numpy()


@pytest.fixture(scope="module")
def quick(quick):
    return {**quick, "max_epochs": 1}


def regressor(quick, **params):
    return EmbeddingRegressor(**{**quick, "embedding_dim": 3, "damping": 0, "one_hot_max_categories": 0, **params})


@pytest.fixture(scope="module")
def fitted(rides, minutes, quick):
    return regressor(quick, max_epochs=8).fit(rides, minutes)


@pytest.fixture(scope="module")
def noisy(fitted, rides, minutes):
    return refit_vectors(fitted, rides, minutes)


@pytest.fixture
def fits(monkeypatch):
    """Return a list that collects the rows, targets, weights and the estimator of each fit of a regressor."""
    calls, fit = [], EmbeddingRegressor.fit

    def noted(self, X, y, sample_weight=None):
        calls.append((X, y, sample_weight, self))
        return fit(self, X, y, sample_weight=sample_weight)

    monkeypatch.setattr(EmbeddingRegressor, "fit", noted)
    return calls


def test_the_vectors_are_those_of_the_fitted_model(noisy, fitted):
    assert isinstance(noisy, EmbeddingStore)
    assert list(noisy) == ["stop", "driver"]
    for column, vectors in noisy.items():
        assert vectors.with_noise(None) == fitted.vectors_[column]
        assert vectors.noise.n_refits == 5
        assert vectors.noise.covariance.shape == (3, 3)
        assert fitted.vectors_[column].noise is None


def test_neighbors_of_an_informative_column_come_back(noisy):
    assert not noisy["stop"].reliability().by_chance
    assert noisy["stop"].reliability().share > noisy["driver"].reliability().share + 0.1
    found = noisy["stop"].most_similar("10", topn=3, confidence=True)
    assert [len(each) for each in found] == [3, 3, 3]


def test_each_refit_leaves_out_another_part_of_the_rows(fitted, rides, minutes, fits):
    before = fitted.vectors_["stop"]
    found = refit_vectors(fitted, rides, minutes, n_refits=3)
    assert found["stop"].noise.n_refits == 3
    assert fitted.vectors_["stop"] == before
    kept = [set(X.index) for X, *_ in fits]
    assert [len(rows) for rows in kept] == [600, 600, 600]
    left_out = [set(rides.index) - rows for rows in kept]
    assert set.union(*left_out) == set(rides.index)
    assert sum(map(len, left_out)) == N
    for X, y, weights, copy in fits:
        assert y.index.equals(X.index)
        assert weights is None
        assert copy is not fitted
        # The network of target statistics does not change the vectors.
        assert copy.get_params() | {"embedding_dim": 3, "target_statistics": "auto"} == fitted.get_params()
        assert copy.target_statistics is False
        assert copy.embedding_dim == {"stop": 3, "driver": 3}
    refits = [copy.vectors_["stop"] for *_, copy in fits]
    assert found["stop"].noise == noise_from_refits(before, refits, 1 - 1 / 3)


def test_an_unfitted_estimator_is_cloned_and_fitted(rides, minutes, quick, fits):
    model = regressor(quick)
    found = refit_vectors(model, rides, minutes, n_refits=3)
    assert not is_fitted(model)
    assert [len(X) for X, *_ in fits] == [900, 600, 600, 600]
    assert found["stop"].with_noise(None) == fits[0][-1].vectors_["stop"]
    assert is_fitted(fits[0][-1])


def test_weights_go_to_every_fit(rides, minutes, quick, fits):
    weights = np.where(np.arange(N) < 600, 2.0, 0.0)
    found = refit_vectors(regressor(quick), rides, minutes, list(weights), n_refits=3)
    assert found["stop"].counts.sum() == 600
    assert list(fits[0][2]) == weights.tolist()
    for X, _, own, _ in fits[1:]:
        assert own.tolist() == weights[X.index].tolist()


def test_the_seed_determines_the_parts(fitted, noisy, rides, minutes):
    assert refit_vectors(fitted, rides, minutes) == noisy
    other = refit_vectors(fitted, rides, minutes, random_state=1)
    assert other["stop"].noise != noisy["stop"].noise
    assert other["stop"].with_noise(None) == noisy["stop"].with_noise(None)


def test_encoders_and_classifiers_have_refits_too(rides, crowded, quick):
    for model in (
        EmbeddingEncoder(**quick, embedding_dim=3, cv=None),
        EmbeddingEncoder(**quick, embedding_dim=3, cv=2),
        EmbeddingClassifier(**quick, embedding_dim=3, one_hot_max_categories=0),
    ):
        found = refit_vectors(model, rides, crowded, n_refits=3)
        assert [vectors.noise.n_refits for vectors in found.values()] == [3, 3]


def test_the_noise_of_the_folds_of_an_encoder_is_replaced(rides, minutes, quick):
    model = EmbeddingEncoder(**quick, embedding_dim=3, cv=5).fit(rides, minutes)
    found = refit_vectors(model, rides, minutes, n_refits=3)
    assert (model.vectors_["stop"].noise.n_refits, found["stop"].noise.n_refits) == (5, 3)


@pytest.mark.parametrize("library", ["polars", "arrow"])
def test_tables_and_targets_of_any_library(library, fitted, noisy, rides, minutes):
    pl, pa = pytest.importorskip("polars"), pytest.importorskip("pyarrow")
    X = pl.DataFrame(rides.to_dict("list")) if library == "polars" else pa.table(rides)
    assert refit_vectors(fitted, X, pl.Series(minutes.to_numpy())) == noisy


def test_arrays_and_lists_are_like_a_table_with_their_names(rides, minutes, quick):
    found = refit_vectors(regressor(quick), rides.to_numpy(), minutes.to_list(), n_refits=3)
    named = refit_vectors(regressor(quick), rides.set_axis(["x0", "x1"], axis=1), minutes, n_refits=3)
    assert list(found) == ["x0", "x1"]
    assert found == named


@pytest.mark.usefixtures("without_compiling")
def test_dimensions_are_those_of_the_model(rides, minutes, quick, fits):
    found = refit_vectors(regressor(quick, embedding_dim="auto", batch_size=256), rides, minutes, n_refits=3)
    for _, _, _, copy in fits[1:]:
        assert copy.embedding_dim == {column: vectors.dim for column, vectors in found.items()}


@pytest.mark.usefixtures("without_compiling")
def test_a_model_without_vectors_has_none(rides, minutes, quick):
    assert (
        dict(refit_vectors(regressor(quick, one_hot_max_categories=100, batch_size=256), rides, minutes, n_refits=3))
        == {}
    )


@pytest.mark.parametrize("n_refits", [2, 1, 0, -5, 3.0, True, "5", None])
def test_the_number_of_refits_is_an_integer_of_at_least_three(n_refits, fitted, rides, minutes):
    with pytest.raises(DataError, match=f"n_refits must be an integer of at least 3; got {n_refits!r}"):
        refit_vectors(fitted, rides, minutes, n_refits=n_refits)


def test_numpy_integers_are_integers(rides, minutes, quick):
    found = refit_vectors(regressor(quick, max_epochs=1), rides, minutes, n_refits=np.int64(3))
    assert found["stop"].noise.n_refits == 3


def test_more_parts_than_rows_are_refused(rides, minutes, quick):
    model = regressor(quick, max_epochs=1).fit(rides, minutes)
    with pytest.raises(DataError, match="5 parts need at least as many rows; got 4"):
        refit_vectors(model, rides.head(4), minutes.head(4))


def test_errors_of_the_fit_are_those_of_the_estimator(rides, minutes, quick):
    with pytest.raises(UnknownNameError, match="No body named 'mpl'"):
        refit_vectors(regressor(quick, body="mpl"), rides, minutes)


def test_parts_have_no_row_in_common_and_different_seeds(fitted, rides, minutes, fits):
    one, two = fits_to_parts(fitted, rides, minutes, random_state=3)
    rows = [set(X.index) for X, *_ in fits]
    assert not rows[0] & rows[1]
    assert len(rows[0] | rows[1]) == N
    assert [copy.random_state for *_, copy in fits] == [3, 4]
    assert one["stop"].counts.sum() + two["stop"].counts.sum() == N
    assert [each["stop"].dim for each in (one, two)] == [3, 3]
    assert len(fits_to_parts(fitted, rides, minutes, n_parts=3)) == 3


@pytest.mark.usefixtures("without_compiling")
def test_each_part_is_a_sample_of_each_class(rides, quick, monkeypatch):
    rare = np.where(np.arange(N) % 45 == 0, "rare", "often")
    seen, fit = [], EmbeddingClassifier.fit

    def noted(self, X, y, sample_weight=None):
        seen.append(int((np.asarray(y) == "rare").sum()))
        return fit(self, X, y, sample_weight=sample_weight)

    monkeypatch.setattr(EmbeddingClassifier, "fit", noted)
    model = EmbeddingClassifier(**quick, batch_size=256, one_hot_max_categories=0).fit(rides, rare)
    fits_to_parts(model, rides, rare)
    refit_vectors(model, rides, rare, n_refits=4)
    assert seen == [20, 10, 10, 15, 15, 15, 15]


@pytest.mark.usefixtures("without_compiling")
def test_classes_with_fewer_rows_than_parts_do_not_fail(rides, quick):
    labels = np.array(["a", "b"] * (N // 2), dtype=object)
    labels[:2] = "c"
    model = EmbeddingClassifier(**quick, batch_size=256, one_hot_max_categories=0).fit(rides, labels)
    assert refit_vectors(model, rides, labels, n_refits=3)["stop"].noise is not None


def test_tables_and_models_that_do_not_fit_are_an_error(classifier, flights, late):
    with pytest.raises(DataError, match="X has 120 rows and y has 50"):
        refit_vectors(classifier, flights, late[:50])
    with pytest.raises(DataError, match=r"Expected an EmbeddingClassifier.*got int"):
        refit_vectors(3, flights, late)
    with pytest.raises((DataError, ValueError), match="dest"):
        refit_vectors(classifier, flights.drop(columns="dest"), late)


def test_a_column_may_have_fewer_categories_in_a_part_of_the_rows():
    """With nine categories, it has vectors; with eight, it would be one-hot encoded."""
    rng = np.random.default_rng(0)
    zone = rng.integers(0, 8, 600)
    zone[0] = 8
    X = pd.DataFrame({"stop": rng.integers(0, 30, 600), "zone": zone}).astype(str)
    y = rng.normal(size=600)
    model = EmbeddingRegressor(body="mlp", max_epochs=1, random_state=0).fit(X, y)
    assert set(model.vectors_) == {"stop", "zone"}
    assert set(refit_vectors(model, X, y, n_refits=3)) == {"stop", "zone"}
    assert [set(each) for each in fits_to_parts(model, X, y)] == [{"stop", "zone"}] * 2
