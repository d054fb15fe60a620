"""Vectors learned without a row's own target, all in one space."""

import json
import pickle
import re

import keras
import numpy as np
import pandas as pd
import pytest
import sklearn
from scipy.spatial.distance import pdist
from sklearn.base import clone
from sklearn.exceptions import UnsetMetadataPassedError
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold, KFold, LeaveOneGroupOut, ShuffleSplit, StratifiedKFold, TimeSeriesSplit
from sklearn.pipeline import make_pipeline
from threadpoolctl import threadpool_info, threadpool_limits

import tabemb
from tabemb import EmbeddingEncoder
from tabemb.estimators import cross_fitting
from tabemb.exceptions import DataError, FormatError
from tabemb.files import sealed
from tabemb.inference.saved import STATE_FILE
from tabemb.training.trainer import Trainer

COLUMNS = ["dest", "carrier", "hour"]
FOLDS = [(np.flatnonzero(np.arange(120) % 4 != k), np.flatnonzero(np.arange(120) % 4 == k)) for k in range(4)]


@pytest.fixture(scope="module")
def categories(flights):
    return flights[COLUMNS]


@pytest.fixture
def trained(monkeypatch):
    """Return a list that collects, per training: its number of rows and of validation rows, and its last epoch."""
    runs, fit = [], Trainer.fit

    def noted(self, loop, train, validation, seeds):
        record = fit(self, loop, train, validation, seeds)
        runs.append((len(train), 0 if validation is None else len(validation), self.stop_after, record))
        return record

    monkeypatch.setattr(Trainer, "fit", noted)
    return runs


def make(quick, **params):
    return EmbeddingEncoder(**{**quick, "embedding_dim": 3, "cv": FOLDS, **params})


@pytest.fixture(scope="module")
def default(categories, late, quick):
    """Return an encoder, which tests only read, and the output of its ``fit_transform``."""
    made = make(quick)
    return made, made.fit_transform(categories, late)


# ---------------------------------------------------------------- what a row is given


def test_vectors_of_a_row_do_not_depend_on_its_target(categories, late, quick, default):
    """Changing the targets of the first fold does not change the vectors of its rows."""
    first = FOLDS[0][1]
    other = late.copy()
    other[first] = np.where(late[first] == "late", "on time", "late")
    before, after = default[1], make(quick).fit_transform(categories, other)
    assert np.array_equal(before[first], after[first])
    rest = np.setdiff1d(np.arange(120), first)
    assert (before[rest] != after[rest]).any(axis=1).all()


def test_vectors_of_later_folds_depend_on_their_targets_by_a_rotation_only(categories, late, quick):
    third = FOLDS[2][1]
    other = late.copy()
    other[third] = np.where(late[third] == "late", "on time", "late")
    # Fixed, since the first fold would find the number of epochs.
    before, after = (make(quick, early_stopping=False).fit_transform(categories, y) for y in (late, other))
    assert not np.allclose(before[third], after[third], atol=1e-3)
    for start in (0, 3, 6):
        column = slice(start, start + 3)
        np.testing.assert_allclose(pdist(before[third, column]), pdist(after[third, column]), atol=1e-4)


def test_transform_returns_the_mean_over_the_folds(categories, default):
    made, out = default
    rows = made.vectors_["dest"]
    for key in rows:
        of_folds = [out[held][(categories["dest"] == key).to_numpy()[held]][0, :3] for _, held in FOLDS]
        np.testing.assert_allclose(np.mean(of_folds, axis=0), rows[key], atol=1e-6)
        assert np.ptp(of_folds, axis=0).max() > 1e-3
    assert np.array_equal(made.transform(categories)[:, :3], rows[categories["dest"].tolist()])


def test_all_folds_are_in_one_space(categories, late, quick):
    """A model trained on the vectors of the folds predicts well from those of ``transform``."""
    made = make({**quick, "max_epochs": 20})
    out = made.fit_transform(categories, late)
    served = made.transform(categories)
    # Half of the variance of the vectors; spaces that are not aligned would differ by more than all of it.
    assert np.square(out - served).sum() < 0.5 * np.square(served - served.mean(axis=0)).sum()
    model = LogisticRegression().fit(out, late)
    assert model.score(out, late) > 0.8
    assert model.score(served, late) > 0.8


def test_a_category_unseen_by_a_fold_is_unknown_there_and_left_out_of_the_mean(late, quick):
    dest = np.array(["IAH", "MIA", "ATL"] * 40, dtype=object)
    dest[[0, 4, 1]] = ["RARE", "RARER", "ELSEWHERE"]
    X = pd.DataFrame({"dest": dest})
    made = make(quick, early_stopping=False)
    out = made.fit_transform(X, late)
    # The rows 0 and 4 are in one fold, and 1 in the next.
    assert np.array_equal(out[0], out[4])
    assert not np.array_equal(out[0], out[1])
    vectors = made.vectors_["dest"]
    for key in ("RARE", "RARER", "ELSEWHERE"):
        assert not np.allclose(vectors[key], vectors.unknown, atol=1e-4)
    np.testing.assert_allclose(made.transform(pd.DataFrame({"dest": ["NOWHERE"]}))[0], vectors.unknown)


def test_frequent_categories_have_the_mean_of_the_folds(flights, late, quick, monkeypatch):
    counts = flights["dest"].value_counts()
    monkeypatch.setattr(cross_fitting, "FREQUENT", counts.iloc[1])
    made = make(quick)
    out, frequent = made.fit_transform(flights[COLUMNS], late), flights["dest"].map(counts) >= counts.iloc[1]
    served = made.transform(flights[COLUMNS])
    assert 0 < frequent.sum() < len(out)
    assert np.array_equal(out[frequent, :3], served[frequent, :3])
    assert (out[~frequent, :3] != served[~frequent, :3]).any(axis=1).all()


def test_a_fold_that_saw_few_rows_of_a_frequent_category_keeps_its_own_vector(late, quick, monkeypatch):
    """With groups of destinations held out together, a row must not get what its own group has learned."""
    monkeypatch.setattr(cross_fitting, "FREQUENT", 1)
    X = pd.DataFrame({"dest": np.repeat(["ATL", "IAH", "MIA", "ORD"], 30), "hour": np.arange(120) % 3})
    made = make(quick, cv=GroupKFold(4))
    out = made.fit_transform(X, late, groups=X["dest"])
    served = made.transform(X)
    # In the fold that holds it out, a destination has the vector of unknown ones; hours are shared.
    assert (out[:, :3] != served[:, :3]).any(axis=1).all()
    assert len(np.unique(out[:, :3], axis=0)) == 4
    assert np.array_equal(out[:, 3:], served[:, 3:])


def test_rows_of_weight_zero_are_not_trained_on_and_get_the_mean_vectors(categories, late, quick):
    weights = np.where(np.arange(120) % 10 == 0, 0.0, 1.0)
    changed = np.where(weights == 0, "late", late)
    for cv in (4, FOLDS):
        made = make(quick, cv=cv, target_statistics=True)
        out = made.fit_transform(categories, late, sample_weight=weights)
        left_out = weights == 0
        assert np.array_equal(out[left_out], made.transform(categories)[left_out])
        assert (out[~left_out] != made.transform(categories)[~left_out]).any(axis=1).all()
        assert np.array_equal(out, made.fit_transform(categories, changed, sample_weight=weights))
        if cv == 4:
            without = clone(made).fit_transform(categories[~left_out], late[~left_out])
            assert np.array_equal(out[~left_out], without)


def test_weights_count_in_vectors_and_statistics(categories, late, quick):
    heavy = np.where(late == "late", 9.0, 1.0)
    made = [make(quick, target_statistics=True).fit(categories, late, sample_weight=w) for w in (None, heavy)]
    plain, weighted = (each.transform(categories) for each in made)
    assert (plain != weighted).any(axis=1).all()
    # Log-odds of the second class, "on time", before they are standardized.
    means = [each.encoder_.statistics.mean[0] for each in made]
    assert means[0] == np.mean(late == "on time")
    assert means[1] == pytest.approx(np.average(late == "on time", weights=heavy))
    assert np.array_equal(make(quick).fit(categories, late, sample_weight=2.0).transform(categories), plain[:, :9])


@pytest.mark.parametrize("kind", ["classes", "several labels", "numbers", "several numbers"])
def test_targets_of_every_kind(kind, flights, late, delay, quick):
    y = {
        "classes": flights["carrier"].to_numpy(),
        "several labels": np.column_stack([late == "late", flights["carrier"] == "UA"]).astype(int),
        "numbers": delay,
        "several numbers": np.column_stack([delay, -delay]),
    }[kind]
    out = EmbeddingEncoder(**quick, embedding_dim=3, remainder="drop").fit_transform(flights, y)
    assert out.shape == (120, 9)
    assert np.isfinite(out).all()


# ---------------------------------------------------------------- how it is trained


def test_the_first_fold_finds_the_number_of_epochs_and_the_others_train_on_all_their_rows(
    categories, late, quick, trained
):
    made = make({**quick, "max_epochs": 30, "learning_rate": 0.05}).fit(categories, late)
    (first, judging, stop_after, record), *others = trained
    assert (first, judging, stop_after) == (81, 9, None)
    assert record.best_epoch < record.n_epochs < 30
    assert [run[:3] for run in others] == [(90, 0, record.best_epoch)] * 3
    assert made.history_ == record.history
    assert (made.n_epochs_, made.best_epoch_, made.n_folds_) == (record.n_epochs, record.best_epoch, 4)


def test_without_early_stopping_every_fold_trains_all_epochs(categories, late, quick, trained):
    make(quick, early_stopping=False).fit(categories, late)
    assert [(run[0], run[1], run[3].n_epochs) for run in trained] == [(90, 0, 3)] * 4


def test_with_callbacks_each_fold_finds_its_own_number_of_epochs(categories, late, quick, trained):
    class Noted(keras.callbacks.Callback):
        begun = 0

        def on_train_begin(self, logs=None):
            type(self).begun += 1

    make(quick, callbacks=[Noted()]).fit(categories, late)
    assert [run[:3] for run in trained] == [(81, 9, None)] * 4
    assert Noted.begun == 4


def test_the_fold_with_the_most_training_rows_comes_first(categories, late, quick, trained):
    small = (np.arange(10), np.arange(10, 120))
    large = (np.arange(10, 120), np.arange(10))
    made = make(quick, cv=[small, large])
    made.fit(categories, late)
    assert [run[:2] for run in trained] == [(99, 11), (10, 0)]
    assert made.n_folds_ == 2


def test_each_fold_starts_from_different_weights(categories, late, quick, untrained):
    """Without any progress, the result is the mean of the rotated initial tables."""
    with untrained():
        made = make(quick, start="random").fit(categories, late)
    start = made._network_from_seed(made._network.spec.seed)
    for feature in start.spec.features:
        mean, first = made._network.vectors(feature)[1:], start.vectors(feature)[1:]
        assert (mean * first).sum() > 0
        # The mean of unrelated tables is small.
        assert np.linalg.norm(mean - first) > 0.3 * np.linalg.norm(first)
        assert np.linalg.norm(mean) < 0.95 * np.linalg.norm(first)


def test_all_folds_start_from_the_same_computed_vectors(late, quick, untrained):
    """Without any progress, the mean over the folds is the start, which depends on no target."""
    X = pd.DataFrame({"dest": list("ABCDEF") * 20, "zone": ["x", "x", "y", "y", "z", "z"] * 20})
    with untrained():
        made, again = (make(quick).fit(X, y) for y in (late, late[::-1].copy()))
        alone = make(quick, cv=None).fit(X, late)
        random = make(quick, start="random").fit(X, late).vectors_["dest"]
    for column in ("dest", "zone"):
        start = alone.vectors_[column].vectors
        np.testing.assert_allclose(made.vectors_[column].vectors, start, atol=1e-6)
        np.testing.assert_allclose(again.vectors_[column].vectors, start, atol=1e-6)
    assert np.abs(random.noise.covariance).max() > 1e-6


def test_the_network_has_the_mean_tables_and_the_body_of_the_first_fold(categories, late, quick):
    made = make({**quick, "max_epochs": 20}).fit(categories, late)
    chances = made._network.logits(made.encoder_.encode(categories))[:, 0]
    assert roc_auc_score(late == "on time", chances) > 0.8
    alone = make({**quick, "max_epochs": 20, "cv": [FOLDS[0], FOLDS[0][::-1]]}).fit(categories, late)
    for one, two in zip(made._network.trunk.get_weights(), alone._network.trunk.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)


def test_without_categorical_columns_there_are_no_folds(flights, late, quick, trained):
    with pytest.warns(UserWarning, match="no categorical column"):
        made = EmbeddingEncoder(**quick).fit(flights[["distance"]], late)
    assert len(trained) == 1
    assert made.n_folds_ == 0


def test_numbers_pass_through_unchanged_in_every_fold(flights, late, quick, untrained):
    with untrained():
        out = EmbeddingEncoder(**quick, embedding_dim=1).fit_transform(flights, late)
    np.testing.assert_array_equal(out[:, -1], flights["distance"].to_numpy("float32"))


# ---------------------------------------------------------------- cv and groups


def test_the_same_seed_gives_the_same_folds_and_another_seed_others(categories, late, quick, untrained):
    def statistics(seed):
        with untrained():
            return make(quick, cv=5, random_state=seed, target_statistics=True).fit_transform(categories, late)[:, 9:]

    assert np.array_equal(statistics(0), statistics(0))
    assert not np.allclose(statistics(0), statistics(1))


@pytest.mark.parametrize("cv", [2, StratifiedKFold(3), KFold(4, shuffle=True, random_state=0), GroupKFold(3)])
def test_cv_accepts_splitters_and_iterables(cv, categories, late, quick, default, untrained):
    params = {"groups": np.arange(120) % 6} if isinstance(cv, GroupKFold) else {}
    made = make(quick, cv=cv, start="random")
    with untrained() as trainings:
        out = made.fit_transform(categories, late, **params)
        fitted = make(quick, cv=cv, start="random").fit(categories, late, **params)
    assert len(trainings) == 2 * made.n_folds_
    assert made.n_folds_ == (cv if isinstance(cv, int) else cv.n_splits)
    assert not np.array_equal(out, default[1])
    assert np.array_equal(fitted.transform(categories), made.transform(categories))


@pytest.mark.parametrize("cv", [TimeSeriesSplit(3), ShuffleSplit(3, random_state=0)])
def test_a_splitter_must_hold_out_each_row_once(cv, categories, late, quick):
    for method in ("fit", "fit_transform"):
        with pytest.raises(DataError, match="Each row must be held out by exactly one fold"):
            getattr(make(quick, cv=cv), method)(categories, late)


@pytest.mark.filterwarnings("ignore:The least populated class in y has only")
def test_fewer_rows_than_folds_are_refused(categories, late, quick):
    with pytest.raises(DataError, match=re.escape("cv=5 needs at least 5 rows, got n_samples=3")):
        make(quick, cv=5).fit(categories[:3], ["late", "late", "on time"])
    few = make(quick, cv=3).fit_transform(categories[:3], ["late", "late", "on time"])
    assert np.isfinite(few).all()


GROUPS = np.arange(120) % 5


def test_vectors_of_a_group_are_learned_from_other_groups(categories, late, quick):
    first = GROUPS == 0
    other = np.where(first, np.where(late == "late", "on time", "late"), late)
    before, after = (
        make(quick, cv=LeaveOneGroupOut()).fit_transform(categories, y, groups=GROUPS) for y in (late, other)
    )
    assert np.array_equal(before[first], after[first])


def test_unused_groups_are_refused(categories, late, quick):
    for cv in (5, None, FOLDS):
        with pytest.raises(DataError, match=r"does not use them\. Pass a splitter that does"):
            make(quick, cv=cv).fit_transform(categories, late, groups=GROUPS)
    with pytest.raises(ValueError, match="'groups' parameter should not be None"):
        make(quick, cv=GroupKFold(3)).fit(categories, late)
    assert make(quick, cv=None).fit(categories, late, groups=None).n_folds_ == 0


@pytest.mark.parametrize("method", ["fit", "fit_transform"])
def test_a_misspelled_argument_is_refused(method, categories, late, quick):
    message = f"{method}() got an unexpected keyword argument 'sample_weights'. It takes X, y, sample_weight, and"
    with pytest.raises(TypeError, match=re.escape(message)):
        getattr(make(quick), method)(categories, late, sample_weights=np.ones(120))


def test_a_failed_cross_fit_leaves_the_encoder_unchanged(categories, late, quick):
    made = make(quick).fit(categories, late)
    before = dict(vars(made))
    with pytest.raises(DataError):
        made.set_params(cv=TimeSeriesSplit(3)).fit(categories, late)
    assert {**vars(made), "cv": FOLDS} == before


# ---------------------------------------------------------------- metadata routing


@pytest.fixture
def routing():
    with sklearn.config_context(enable_metadata_routing=True):
        yield


def test_groups_and_weights_are_routed_through_a_pipeline(routing, categories, late, quick):
    weights = np.where(late == "late", 9.0, 1.0)
    encoder = make(quick, cv=GroupKFold(4)).set_fit_request(sample_weight=True)
    model = LogisticRegression().set_fit_request(sample_weight=False)
    pipeline = make_pipeline(encoder, model).fit(categories, late, groups=GROUPS, sample_weight=weights)
    out = clone(encoder).fit_transform(categories, late, sample_weight=weights, groups=GROUPS)
    np.testing.assert_array_equal(pipeline[-1].coef_, LogisticRegression().fit(out, late).coef_)
    plain = clone(encoder).fit_transform(categories, late, groups=GROUPS)
    assert not np.array_equal(out, plain)


def test_unrequested_weights_are_refused(routing, categories, late, quick):
    with pytest.raises(UnsetMetadataPassedError, match="sample_weight"):
        make_pipeline(make(quick), LogisticRegression()).fit(categories, late, sample_weight=np.ones(120))


def test_groups_without_a_splitter_that_requests_them_are_refused(routing, categories, late, quick):
    with pytest.raises(TypeError, match="groups"):
        make(quick, cv=3).fit_transform(categories, late, groups=GROUPS)


def test_the_routing_can_be_inspected(routing):
    by_group = EmbeddingEncoder(cv=GroupKFold(3)).get_metadata_routing()
    for method in ("fit", "fit_transform"):
        assert by_group.consumes(method, ["groups", "sample_weight"]) == {"groups"}
    asked = EmbeddingEncoder().set_fit_request(sample_weight=True).get_metadata_routing()
    assert asked.consumes("fit", ["groups", "sample_weight"]) == {"sample_weight"}


# ---------------------------------------------------------------- noise


def test_the_noise_includes_that_of_the_computed_start(quick, untrained):
    """Vectors that do not move from the start vary as much as starts from the rows of each fold."""
    X, y = stops()
    X["depot"] = (X["stop"].astype(int) // 4).astype(str)
    with untrained():
        made = EmbeddingEncoder(**quick, embedding_dim=3).fit(X, y)
        few = EmbeddingEncoder(**quick, embedding_dim=3).fit(X[:300], y[:300])
    stop, of_few, driver = made.vectors_["stop"], few.vectors_["stop"], made.vectors_["driver"]
    assert 0 < np.trace(stop.noise.covariance) < np.trace(of_few.noise.covariance)
    # The stops of a depot are alike in all rows, and drivers in none.
    assert not stop.reliability().by_chance
    assert driver.reliability().by_chance


def test_the_noise_is_estimated_with_one_thread(quick, untrained, monkeypatch):
    seen, estimated = [], cross_fitting.noise_of_tables

    def noted(*args):
        seen.extend(each["num_threads"] for each in threadpool_info() if each["user_api"] == "blas")
        return estimated(*args)

    monkeypatch.setattr(cross_fitting, "noise_of_tables", noted)
    with untrained(), threadpool_limits(2):
        EmbeddingEncoder(**quick, embedding_dim=3).fit(*stops(300))
    assert set(seen) == {1}


def stops(n=1500, seed=0):
    """Return rows with a stop, whose number decides the target, and a driver, who does not."""
    rng = np.random.default_rng(seed)
    X = pd.DataFrame({"stop": rng.integers(0, 20, n), "driver": rng.integers(0, 25, n)}).astype(str)
    return X, X["stop"].astype(int) / 5 + rng.normal(scale=0.3, size=n)


@pytest.mark.parametrize(
    ("cv", "n_refits"),
    [(5, 5), (3, 3), (FOLDS, 4), (StratifiedKFold(3), 3), (GroupKFold(3), 3), (2, None), (None, None)],
)
def test_three_folds_or_more_show_the_noise(cv, n_refits, categories, late, quick, untrained):
    params = {"groups": GROUPS} if isinstance(cv, GroupKFold) else {}
    with untrained():
        made = make(quick, cv=cv, start="random").fit(categories, late, **params)
    for column in COLUMNS:
        vectors = made.vectors_[column]
        if n_refits is None:
            assert vectors.noise is None
            with pytest.raises(DataError, match=f"Column '{column}' has vectors of a single fit"):
                vectors.most_similar(vectors.index_to_key[0], confidence=True)
        else:
            assert vectors.noise.n_refits == n_refits
            assert vectors.noise.covariance.shape == (3, 3)
            assert np.trace(vectors.noise.covariance) > 0
            assert vectors.counts.min() <= vectors.noise.rows <= vectors.counts.max()


def test_neighbors_of_an_informative_column_are_reliable_and_of_another_less(quick):
    X, y = stops()
    made = EmbeddingEncoder(**{**quick, "max_epochs": 15}, embedding_dim=3).fit(X, y)
    stop, driver = made.vectors_["stop"].reliability(), made.vectors_["driver"].reliability()
    assert stop.share > 0.35
    assert not stop.by_chance
    assert driver.by_chance
    assert stop.share - stop.chance > 2 * (driver.share - driver.chance)
    found = made.vectors_["stop"].most_similar("10", topn=4, confidence=True)
    assert all(0 <= confidence <= 1 for *_, confidence in found)


def test_a_refit_without_folds_drops_the_noise(categories, late, quick):
    made = make(quick).fit(categories, late)
    assert made.vectors_["dest"].noise is not None
    assert made.set_params(cv=None).fit(categories, late).vectors_["dest"].noise is None


def test_a_column_of_two_categories_has_no_noise(late, quick, untrained):
    X = pd.DataFrame({"dest": ["IAH", "MIA"] * 60, "carrier": ["UA", "AA", "B6"] * 40})
    with untrained():
        made = make(quick, start="random").fit(X, late)
    assert made.vectors_["dest"].noise is None
    assert made.vectors_["carrier"].noise is not None


def test_categories_that_a_fold_has_not_seen_are_left_out_of_the_noise(late, quick):
    X = pd.DataFrame({"dest": ["IAH", "MIA", "ORD", "ATL", "SFO"] * 24})
    plain = make(quick).fit(X, late).vectors_["dest"].noise
    X.loc[FOLDS[0][1][:5], "dest"] = "BQN"
    seen = make(quick).fit(X, late).vectors_["dest"]
    assert "BQN" in seen
    assert seen.noise.rows == pytest.approx(plain.rows, rel=0.1)


def test_frozen_columns_have_no_noise(categories, late, quick):
    rows = np.random.default_rng(0).normal(size=(6, 3))
    source = {"dest": dict(zip(sorted(set(categories["dest"])), rows, strict=True))}
    made = make(quick, pretrained=source, freeze=True).fit(categories, late)
    assert np.abs(made.vectors_["dest"].noise.covariance).max() < 1e-12
    assert made.vectors_["dest"].reliability().share == 1
    assert np.trace(made.vectors_["carrier"].noise.covariance) > 0


def test_fits_repeat_their_noise_exactly(categories, late, quick, default):
    one, two = default[0].vectors_, make(quick).fit(categories, late).vectors_
    for column in COLUMNS:
        assert one[column].noise.covariance.tobytes() == two[column].noise.covariance.tobytes()
        assert one[column] == two[column]


def test_rows_of_weight_zero_do_not_change_the_noise(categories, late, quick):
    weights = np.where(np.arange(120) < 90, 1.0, 0.0)
    weighted = make(quick, cv=3).fit(categories, late, sample_weight=weights)
    fewer = make(quick, cv=3).fit(categories.head(90), late[:90])
    assert weighted.vectors_["dest"].noise == fewer.vectors_["dest"].noise


# ---------------------------------------------------------------- saving


@pytest.mark.parametrize("cv", [3, None, KFold(3), GroupKFold(3), LeaveOneGroupOut(), FOLDS])
def test_saving_loading_and_pickling_keep_the_encoder(cv, categories, late, quick, untrained, tmp_path):
    params = {"groups": GROUPS} if isinstance(cv, (GroupKFold, LeaveOneGroupOut)) else {}
    with untrained():
        made = make(quick, cv=cv, start="random", target_statistics=True).fit(categories, late, **params)
    made.save(tmp_path / "encoder")
    loaded, pickled = tabemb.load(tmp_path / "encoder"), pickle.loads(pickle.dumps(made))
    odd = categories.head(3).assign(dest=["NOWHERE", None, "IAH"])
    for again in (loaded, pickled):
        for X in (categories, odd):
            assert np.array_equal(again.transform(X), made.transform(X))
        assert dict(again.vectors_) == dict(made.vectors_)
        assert (again.vectors_["dest"].noise is None) == (cv is None)
        assert again.vectors_["dest"].noise == made.vectors_["dest"].noise
        assert again.n_folds_ == made.n_folds_
        assert vars(again).keys() == vars(made).keys()
    known = cv is None or isinstance(cv, (int, KFold, GroupKFold))
    assert repr(loaded.cv) == repr(cv if known else made.n_folds_)


def test_an_encoder_that_was_saved_without_noise_has_none(default, tmp_path):
    default[0].save(tmp_path / "encoder")
    state = json.loads((tmp_path / "encoder" / STATE_FILE).read_text())
    del state["beside"]["noise"]
    (tmp_path / "encoder" / STATE_FILE).write_text(json.dumps(sealed(state)))
    assert tabemb.load(tmp_path / "encoder").vectors_["dest"].noise is None


@pytest.mark.parametrize("changes", [{"rows": -1}, {"covariance": [["a"]]}, {"covariance": [[float("nan")] * 3] * 3}])
def test_a_damaged_noise_of_a_saved_encoder_is_refused(changes, default, tmp_path):
    default[0].save(tmp_path / "encoder")
    state = json.loads((tmp_path / "encoder" / STATE_FILE).read_text())
    state["beside"]["noise"]["dest"] |= changes
    (tmp_path / "encoder" / STATE_FILE).write_text(json.dumps(sealed(state)))
    with pytest.raises(FormatError, match="is not a complete saved estimator: The noise of vectors must have"):
        tabemb.load(tmp_path / "encoder")
