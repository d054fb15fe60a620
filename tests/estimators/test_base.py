"""The base of the estimators: parameters, tables of any kind, the split, and the vector for unknown categories."""

import re
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

import tabemb
from tabemb import EmbeddingClassifier, EmbeddingEncoder, EmbeddingRegressor
from tabemb.exceptions import ColumnError, DataError, TrainingError
from tabemb.nn import sizes
from tabemb.nn.bodies import Ensemble, Mlp
from tabemb.nn.network import Network
from tabemb.nn.sizes import Half
from tabemb.nn.starts import STARTS, CooccurrenceStart
from tabemb.table.frames import read_frame
from tabemb.table.schema import DroppedColumnWarning, Schema
from tabemb.training.schedules import CosineSchedule
from tabemb.vectors.neighbors import nearest_rows


def folds(cls):
    """Return the parameters of an estimator that say how many folds it has: few."""
    return {"cv": 2} if cls is EmbeddingEncoder else {}


def rare_and_common(late):
    """A column where one category is rare, and a number that is skewed."""
    rng = np.random.default_rng(5)
    n = len(late)
    column = np.where(late == "late", "x", "y").astype(object)
    column[:6] = ["u", "u", "v", "v", "w", "w"]
    return pd.DataFrame({"code": column, "amount": rng.lognormal(size=n) ** 3, "stop": rng.integers(0, 4, n)})


CHANGES = {
    "categorical": ["stop"],
    "embedding_dim": 7,
    "body": {"name": "mlp", "hidden_units": [3]},
    "numeric": "quantile",
    "min_frequency": 3,
    "max_categories": 3,
    "one_hot_max_categories": 10,
    "category_dropout": 0.5,
    "start": "random",
    "pretrained": {"code": {"x": [1.0, 0.0], "y": [0.0, 1.0], "u": [1.0, 1.0]}},
    "target_statistics": True,
    "learning_rate": 0.1,
    "embedding_rate": 9,
    "schedule": "cosine",
    "weight_averaging": 0,
    "damping": 0.0,
    "shrinkage": 50,
    "weight_decay": 0.9,
    "batch_size": 8,
    "max_epochs": 1,
    "early_stopping": False,
    "validation_fraction": 0.4,
    "validation": "last",
    "class_weight": {"late": 9, "on time": 1},
    "loss": "focal",
    "label_smoothing": 0.3,
    "calibration": "temperature",
    "negative_share": 0.5,
    "n_ensemble": 2,
    "random_state": 1,
}
# Parameters that have tests of their own.
ELSEWHERE = {
    "crosses",
    "freeze",
    "handle_unknown",
    "multi_valued",
    "vocabulary",
    "n_iter_no_change",
    "shared",
    "tol",
    "callbacks",
    "verbose",
}


@pytest.fixture(scope="module")
def plain(late, quick):
    X = rare_and_common(late)
    return X, EmbeddingClassifier(**{**quick, "one_hot_max_categories": 0}).fit(X, late).predict_proba(X)


def test_every_parameter_has_a_case():
    assert set(CHANGES) | ELSEWHERE == set(EmbeddingClassifier().get_params(deep=False))


@pytest.mark.parametrize("name", sorted(CHANGES))
def test_each_parameter_changes_the_predictions(name, plain, late, quick):
    X, before = plain
    settings = {**quick, "one_hot_max_categories": 0, name: CHANGES[name]}
    after = EmbeddingClassifier(**settings).fit(X, late).predict_proba(X)
    assert after.shape == before.shape
    assert not np.array_equal(after, before)


@pytest.mark.parametrize(("dim", "other"), [("capped", False), ({"dest": 2}, True)])
def test_the_embedding_rate_depends_on_the_width(dim, other, late, quick, flights, monkeypatch):
    settings, answers = {**quick, "one_hot_max_categories": 0, "embedding_dim": dim}, []
    for power in (0.75, 0.0):
        monkeypatch.setattr(sizes, "RATE_BY_WIDTH", power)
        answers.append(EmbeddingClassifier(**settings).fit(flights, late).predict_proba(flights))
    assert np.array_equal(*answers) != other


def test_the_automatic_embedding_rate_is_three_at_the_default_width(late, quick, flights):
    settings, answers = {**quick, "one_hot_max_categories": 0, "embedding_dim": "capped"}, {}
    for rate in ("auto", 3, 3.5):
        model = EmbeddingClassifier(**settings, embedding_rate=rate).fit(flights, late)
        answers[rate] = model.predict_proba(flights)
    assert np.array_equal(answers["auto"], answers[3])
    assert not np.array_equal(answers["auto"], answers[3.5])


def test_patience_and_tol_decide_when_training_stops(flights, late, quick):
    epochs = {
        (patience, tol): EmbeddingClassifier(**{**quick, "max_epochs": 12}, n_iter_no_change=patience, tol=tol)
        .fit(flights, late)
        .n_epochs_
        for patience, tol in ((1, 1.0), (4, 1.0), (4, 0.0))
    }
    # The first epoch always counts; with a tol of 1 no other does.
    assert epochs[1, 1.0] == 2
    assert epochs[4, 1.0] == 5
    assert epochs[4, 0.0] > 5


@pytest.mark.parametrize("cls", [EmbeddingClassifier, EmbeddingEncoder])
def test_verbose_shows_a_progress_bar_on_stderr(cls, flights, late, quick, capsys):
    cls(**quick, **folds(cls), verbose=1).fit(flights, late)
    out, err = capsys.readouterr()
    assert out == ""
    assert "epoch 3/3" in err


def test_history_has_one_number_per_epoch_in_plain_lists(classifier):
    assert set(classifier.history_) == {"loss", "learning_rate", "val_loss", "val_accuracy"}
    assert {len(values) for values in classifier.history_.values()} == {classifier.n_epochs_} == {3}
    assert all(type(value) is float for values in classifier.history_.values() for value in values)
    assert classifier.best_epoch_ == int(np.argmin(classifier.history_["val_loss"])) + 1


def test_schema_and_network_are_attributes(classifier):
    assert isinstance(classifier.schema_, Schema)
    assert [c.name for c in classifier.schema_.categorical] == ["dest", "carrier"]
    assert [c.name for c in classifier.schema_.numeric] == ["hour", "distance"]
    assert classifier.network_.name == "tabemb"
    assert classifier.network_.output_shape == (None, 1)
    assert classifier.n_features_in_ == 4
    assert classifier.feature_names_in_.tolist() == ["dest", "carrier", "hour", "distance"]


def test_fewer_than_20_rows_are_never_split(flights, late, quick):
    few = EmbeddingClassifier(**quick).fit(flights[:19], late[:19])
    assert set(few.history_) == {"loss", "learning_rate"}
    assert "val_loss" in EmbeddingClassifier(**quick).fit(flights[:20], late[:20]).history_


TABLES = {
    "pandas object": lambda X: X.astype({"dest": object, "carrier": object}),
    "pandas category": lambda X: X.astype({"dest": "category", "carrier": "category"}),
    "pandas arrow": lambda X: X.convert_dtypes(dtype_backend="pyarrow"),
    "pandas nullable": lambda X: X.convert_dtypes(),
    "pandas other index": lambda X: X.set_axis(np.arange(len(X))[::-1] // 2),
    "polars": pl.from_pandas,
    "pyarrow": lambda X: pa.Table.from_pandas(X, preserve_index=False),
    "columns in another order": lambda X: X[["hour", "dest", "distance", "carrier"]],
}


@pytest.mark.parametrize("name", sorted(TABLES))
def test_tables_of_any_library_give_the_same_predictions(name, classifier, flights):
    table = TABLES[name](flights)
    assert np.array_equal(classifier.predict_proba(table), classifier.predict_proba(flights))


@pytest.mark.filterwarnings("ignore:X does not have valid feature names:UserWarning")
def test_columns_of_an_array_are_matched_by_position(classifier, flights):
    assert np.array_equal(classifier.predict_proba(flights.to_numpy(dtype=object)), classifier.predict_proba(flights))


@pytest.mark.parametrize("name", ["polars", "pyarrow", "pandas category"])
def test_fits_on_tables_of_any_library_are_equal(name, classifier, flights, late, quick):
    again = EmbeddingClassifier(**quick, one_hot_max_categories=0).fit(TABLES[name](flights), late)
    assert np.array_equal(again.predict_proba(flights), classifier.predict_proba(flights))


def test_a_fit_on_an_array_differs_only_in_names(flights, late, quick):
    array = flights[["dest", "carrier", "hour"]].to_numpy(dtype=object)
    model = EmbeddingClassifier(**quick, one_hot_max_categories=0).fit(array, late)
    assert list(model.vectors_) == ["x0", "x1"]
    assert not hasattr(model, "feature_names_in_")
    assert model.n_features_in_ == 3


def test_a_date_becomes_calendar_categories(late, quick):
    days = pd.date_range("2013-01-01", periods=len(late), freq="37h")
    model = EmbeddingClassifier(**quick, one_hot_max_categories=0).fit(pd.DataFrame({"when": days}), late)
    assert list(model.vectors_) == ["when_month", "when_day", "when_weekday", "when_hour"]


# ---------------------------------------------------------------- parameters in parts


def test_set_params_sets_parameters_of_a_part_given_by_name():
    model = EmbeddingClassifier(schedule="cosine", embedding_dim="half")
    model.set_params(body__dropout=0.3, body__hidden_units=(8,), schedule__warmup=0.2, embedding_dim__cap=5)
    assert model.body.get_params() == {**Ensemble().get_params(), "dropout": 0.3, "hidden_units": (8,)}
    assert isinstance(model.schedule, CosineSchedule)
    assert model.schedule.warmup == 0.2
    assert isinstance(model.embedding_dim, Half)
    assert model.embedding_dim.cap == 5
    assert model.numeric == "piecewise_linear"


def test_set_params_sets_a_part_and_its_parameters_together():
    model = EmbeddingClassifier(body=Mlp(dropout=0.9)).set_params(body="mlp", body__activation="tanh")
    assert model.body.get_params() == {**Mlp().get_params(), "activation": "tanh"}
    model.set_params(body={"name": "mlp", "hidden_units": (3,)}, body__dropout=0.0)
    assert model.body.get_params() == {**Mlp().get_params(), "hidden_units": (3,), "dropout": 0.0}


def test_an_unknown_nested_parameter_is_refused():
    with pytest.raises(ValueError, match="Invalid parameter 'dropuot' for estimator Ensemble"):
        EmbeddingClassifier().set_params(body__dropuot=0.1)
    with pytest.raises(ValueError, match="Invalid parameter 'loss' for estimator EmbeddingEncoder"):
        EmbeddingEncoder().set_params(loss__gamma=0.1)


def test_name_mapping_and_instance_are_the_same_body(flights, late, quick):
    bodies = [{"name": "mlp", "dropout": 0.3}, Mlp(dropout=0.3)]
    a, b = (EmbeddingClassifier(**{**quick, "body": body}).fit(flights, late).predict_proba(flights) for body in bodies)
    assert np.array_equal(a, b)


# ---------------------------------------------------------------- weights


@pytest.mark.parametrize("cls", [EmbeddingClassifier, EmbeddingRegressor])
def test_rows_of_weight_zero_are_left_out(cls, flights, late, delay, quick):
    y = late if cls is EmbeddingClassifier else delay
    extra, strange = flights.head(9).assign(dest="NOWHERE"), y[:9].copy()
    strange[:] = "never" if cls is EmbeddingClassifier else 1e6
    weights = np.r_[np.ones(len(y)), np.zeros(9)]
    model = cls(**quick, one_hot_max_categories=0)
    with_them = clone(model).fit(pd.concat([flights, extra]), np.r_[y.astype(object), strange], weights)
    without = clone(model).fit(flights, y.astype(object))
    answer = "predict_proba" if cls is EmbeddingClassifier else "predict"
    assert np.array_equal(getattr(with_them, answer)(flights), getattr(without, answer)(flights))
    assert "NOWHERE" not in with_them.vectors_["dest"]


def test_only_the_proportions_of_weights_matter(flights, late, quick):
    weights = np.random.default_rng(0).uniform(0.5, 2, len(late))
    one, four, none = (
        EmbeddingClassifier(**quick).fit(flights, late, sample_weight=w).predict_proba(flights)
        for w in (weights, 4 * weights, None)
    )
    np.testing.assert_allclose(one, four, atol=1e-6)
    assert not np.allclose(one, none, atol=1e-3)


# ---------------------------------------------------------------- what is served


def test_missing_and_validation_only_categories_get_the_unknown_vector(late, quick):
    n = len(late)
    column = np.where(late == "late", "x", "y").astype(object)
    column[:30] = [f"once{i}" for i in range(30)]
    X = pd.DataFrame({"code": column})
    model = EmbeddingClassifier(**quick, validation_fraction=0.3).fit(X, late)
    code = model.vectors_["code"]
    held = [key for key in code if np.array_equal(code[key], code.unknown)]
    # About three in ten of the categories that came once were in the validation set.
    assert 2 <= len(held) <= 20
    assert {"x", "y"}.isdisjoint(held)
    assert np.array_equal(code.missing, code.unknown)
    rows = pd.DataFrame({"code": [held[0], "never seen", None]})
    probabilities = model.predict_proba(rows)
    assert (probabilities == probabilities[0]).all()
    assert n == len(X)


def test_missing_cells_seen_in_training_have_their_own_vector(flights, late, quick):
    X = flights[["dest"]].mask(np.arange(len(flights))[:, None] % 7 == 0)
    dest = EmbeddingClassifier(**quick, one_hot_max_categories=0).fit(X, late).vectors_["dest"]
    assert not np.array_equal(dest.missing, dest.unknown)


def test_rare_categories_train_the_unknown_vector_without_dropout(late, quick):
    X = rare_and_common(late)[["code"]]
    starts, ends = [], []
    for params in ({"min_frequency": 3}, {"min_frequency": None}):
        params = {**params, "one_hot_max_categories": 0}
        model = EmbeddingClassifier(**quick, category_dropout=0, **params).fit(X, late)
        fresh = model._network_from_seed(model._network.spec.seed)
        starts.append(fresh.vectors(fresh.spec.features[0])[1])
        ends.append(model.vectors_["code"].unknown)
    assert not np.array_equal(starts[0], ends[0])
    assert np.array_equal(starts[1], ends[1])


def test_output_biases_start_at_the_class_shares(flights, quick, untrained):
    y = np.arange(120) % 10 == 0
    for weights, share in ((None, 0.1), (np.where(y, 9.0, 1.0), 0.5)):
        for learn in ("fit", "partial_fit"):
            with untrained():
                model = getattr(EmbeddingClassifier(**quick), learn)(flights, y, sample_weight=weights)
            assert model.predict_proba(flights)[:, 1].mean() == pytest.approx(share, abs=0.07)
    with untrained():
        many = EmbeddingClassifier(**quick, n_ensemble=2).fit(flights, np.array(["a", "b", "b", "b"] * 30))
    np.testing.assert_allclose(many.predict_proba(flights).mean(axis=0), [0.25, 0.75], atol=0.07)


def test_a_failed_fit_leaves_the_estimator_unchanged():
    X = pd.DataFrame({"dest": list("abab") * 10, "hours": range(40)})
    y = [0, 1, 0, 1] * 10
    fresh = EmbeddingClassifier(max_epochs=1, learning_rate=1e30, random_state=0, body="mlp", early_stopping=False)
    with pytest.raises(TrainingError):
        fresh.fit(X, y)
    with pytest.raises(NotFittedError):
        fresh.predict(X)
    fitted = EmbeddingClassifier(max_epochs=1, random_state=0, body="mlp").fit(X, y)
    before = fitted.predict_proba(X)
    with pytest.raises(DataError, match="one class"):
        fitted.fit(X[["hours"]], [1] * 40)
    assert np.array_equal(fitted.predict_proba(X), before)


# ---------------------------------------------------------------- members that leave out rows


def of_members(**params):
    """A classifier of two members, each with a slice of its own of vectors of eight numbers."""
    body = {"name": "ensemble", "n_members": 2, "hidden_units": (8,)}
    return EmbeddingClassifier(body=body, embedding_dim=8, max_epochs=2, random_state=0, **params)


@pytest.fixture(scope="module")
def codes():
    """200 rows of one column; the last 20 categories have one row each."""
    rng = np.random.default_rng(0)
    many = [f"often {code}" for code in rng.integers(0, 6, 180)]
    return pd.DataFrame({"code": [*many, *(f"once {code}" for code in range(20))]}), rng.integers(0, 2, 200)


def test_an_untrained_slice_gets_the_slice_of_unknown_categories(codes):
    X, y = codes
    model = of_members(validation_fraction=0.5).fit(X, y)
    vectors, unknown = model.vectors_["code"], model.vectors_["code"].unknown
    rare = [vectors[f"once {code}"] for code in range(20)]
    # Two folds: of each category with one row, one of the members leaves out that row.
    alike = np.array([[np.array_equal(row[part], unknown[part]) for part in (slice(4), slice(4, 8))] for row in rare])
    assert (alike.sum(axis=1) == 1).all()
    assert 0 < alike[:, 0].sum() < 20
    often = vectors["often 0"]
    assert not np.array_equal(often[:4], unknown[:4])
    assert not np.array_equal(often[4:], unknown[4:])


def test_members_hold_out_rows_only_for_early_stopping_and_only_if_they_share_nothing(codes):
    X, y = codes
    assert "val_loss" in of_members().fit(X, y).history_
    whole = of_members(early_stopping=False).fit(X, y)
    assert "val_loss" not in whole.history_
    rare = [whole.vectors_["code"][f"once {code}"] for code in range(20)]
    assert not any(np.array_equal(row[:4], whole.vectors_["code"].unknown[:4]) for row in rare)


def test_members_with_their_own_validation_rows_repeat_exactly(codes):
    X, y = codes
    one, other = (of_members().fit(X, y).predict_proba(X) for _ in range(2))
    assert np.array_equal(one, other)


# ---------------------------------------------------------------- the start

STILL = {"category_dropout": 0, "early_stopping": False, "embedding_dim": 4}


@pytest.fixture(scope="module")
def rides():
    """Return rides with a zone that depends on the stop, a driver who does not, and whether the ride was crowded."""
    rng = np.random.default_rng(3)
    stop = rng.integers(0, 20, 600)
    zone = np.where(rng.random(600) < 0.8, stop % 3, rng.integers(0, 3, 600))
    X = pd.DataFrame({"stop": stop, "zone": zone, "driver": rng.integers(0, 6, 600)}).astype(str)
    return X, (stop % 2 == 0) ^ (rng.random(600) < 0.1)


@pytest.fixture
def still(quick, untrained):
    """Return a function that fits an estimator whose vectors do not move."""

    def fit(rides, cls=EmbeddingClassifier, weights=None, **params):
        params |= {"cv": None} if cls is EmbeddingEncoder else {"one_hot_max_categories": 0}
        X, y = rides
        y = y.astype(float) if cls is EmbeddingRegressor else y
        with untrained():
            return cls(**{**quick, **STILL, **params}).fit(X, y, weights)

    return fit


def tables(model):
    return {feature.name: model._network.vectors(feature) for feature in model._network.spec.features}


def computed(model, X, column, start=None):
    """Return the rows that a start computes for a column."""
    sizes = [each.size for each in model.encoder_.vocabularies.values()]
    vectors_of = (start or CooccurrenceStart()).of(model.encoder_.encode(read_frame(X)), sizes)
    return vectors_of(list(model.encoder_.vocabularies).index(column), 4, 1)


@pytest.mark.parametrize("cls", [EmbeddingClassifier, EmbeddingRegressor, EmbeddingEncoder])
def test_vectors_start_from_the_table_by_default(cls, rides, still):
    model = still(rides, cls)
    for column in ("stop", "zone"):
        np.testing.assert_allclose(tables(model)[column][2:], computed(model, rides[0], column)[2:], atol=1e-7)
    near = nearest_rows(model.vectors_["stop"].vectors, 3)
    zones = np.array([int(key) % 3 for key in model.vectors_["stop"]])
    assert (zones[near] == zones[:, None]).mean() > 0.95


@pytest.mark.parametrize(
    "start",
    [
        "cooccurrence",
        {"name": "cooccurrence"},
        CooccurrenceStart(),
        {"name": "cooccurrence", "spread": 0.4, "shrinkage": 0},
        CooccurrenceStart(spread=0.4, shrinkage=0),
    ],
    ids=str,
)
def test_a_start_is_a_name_a_mapping_or_an_instance(start, rides, still):
    model = still(rides, start=start)
    expected = computed(model, rides[0], "stop", STARTS.resolve(start))
    np.testing.assert_allclose(tables(model)["stop"][2:], expected[2:], atol=1e-7)


def test_a_random_start_is_that_of_the_network(rides, still):
    model = still(rides, start="random")
    fresh = Network(model._network.spec)
    for feature in model._network.spec.features:
        assert np.array_equal(model._network.vectors(feature)[2:], fresh.vectors(feature)[2:])
    other = still(rides, start="random", random_state=1)
    assert not np.array_equal(tables(other)["stop"], tables(model)["stop"])
    # The seed does not change vectors that are computed.
    one, two = (still(rides, random_state=seed) for seed in (0, 1))
    assert np.array_equal(tables(one)["stop"][2:], tables(two)["stop"][2:])


def test_the_target_does_not_reach_the_start(rides, still):
    X, y = rides
    one, two = still((X, y)), still((X, y[::-1].copy()))
    assert np.array_equal(tables(one)["stop"], tables(two)["stop"])


@pytest.mark.parametrize(
    ("start", "message"),
    [
        ("coocurrence", "No start named 'coocurrence'. Known: cooccurrence, random. Did you mean 'cooccurrence'?"),
        (None, "A start is given as a name, a mapping with a 'name', or an instance; got None."),
        (CooccurrenceStart, "A start is given as a name, a mapping with a 'name', or an instance; got <class"),
        ({"spread": 0.1}, "A start given as a mapping must have a 'name'; got the keys ['spread']."),
        ({"name": "cooccurrence", "spraed": 0.1}, "The start 'cooccurrence' does not take these parameters: "),
        ({"name": "cooccurrence", "spread": 0}, "spread must be a positive number, got 0."),
        ({"name": "cooccurrence", "spread": "wide"}, "spread must be a positive number, got 'wide'."),
        ({"name": "cooccurrence", "shrinkage": -1.5}, "shrinkage must be a number of at least 0, got -1.5."),
        (CooccurrenceStart(shrinkage=np.nan), "shrinkage must be a number of at least 0, got nan."),
    ],
    ids=range(9),
)
@pytest.mark.parametrize("cls", [EmbeddingClassifier, EmbeddingRegressor, EmbeddingEncoder])
def test_a_bad_start_is_refused_by_its_name_and_value(cls, start, message, rides, still):
    with pytest.raises(ValueError, match=re.escape(message)):
        still(rides, cls, start=start)


def test_parameters_of_the_start_are_set_by_name(rides, quick, untrained):
    model = EmbeddingClassifier(**{**quick, **STILL}, one_hot_max_categories=0)
    model.set_params(start__spread=0.4, start__shrinkage=0)
    assert model.start.get_params() == {"shrinkage": 0, "spread": 0.4, "prior": "auto"}
    with untrained():
        wide = tables(model.fit(*rides))["stop"]
    expected = computed(model, rides[0], "stop", CooccurrenceStart(spread=0.4, shrinkage=0))
    np.testing.assert_allclose(wide[2:], expected[2:], atol=1e-7)
    model.set_params(start="random")
    assert model.start == "random"
    with pytest.raises(ValueError, match="Invalid parameter 'spread' for estimator RandomStart"):
        model.set_params(start__spread=0.1)


@pytest.mark.parametrize("start", ["random", {"name": "cooccurrence", "spread": 0.1}, CooccurrenceStart(spread=0.1)])
def test_a_clone_has_the_same_start(start, rides, still, untrained):
    model = still(rides, start=start)
    copy = clone(model)
    assert str(copy.start) == str(model.start)
    with untrained():
        copy.fit(*rides)
    assert np.array_equal(tables(copy)["stop"], tables(model)["stop"])


@pytest.mark.parametrize("cls", [EmbeddingClassifier, EmbeddingEncoder])
@pytest.mark.parametrize("start", ["random", "cooccurrence"])
def test_fits_repeat_bit_for_bit(cls, start, rides, quick):
    params = {**quick, **folds(cls), "start": start, "embedding_dim": 3}
    one, two = (cls(**params).fit(*rides) for _ in range(2))
    for column in one.vectors_:
        assert one.vectors_[column].vectors.tobytes() == two.vectors_[column].vectors.tobytes()
        assert one.vectors_[column] == two.vectors_[column]


def test_a_column_alone_starts_at_random(rides, still):
    X, y = rides
    one, two = (still((X[["stop"]], y), start=start) for start in ("cooccurrence", "random"))
    assert np.array_equal(tables(one)["stop"], tables(two)["stop"])
    # The target is not another column.
    assert tables(one)["stop"].any()


def test_constant_other_columns_say_nothing(rides, still):
    X, y = rides
    constant = X[["stop"]].assign(city="Oslo", year=2013.0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DroppedColumnWarning)
        one, two = (still((constant, y), start=start) for start in ("cooccurrence", "random"))
    assert np.array_equal(tables(one)["stop"], tables(two)["stop"])


def test_numbers_are_other_columns(rides, still):
    X, y = rides
    numbers = X[["stop"]].assign(zone=X["zone"].astype(float) + np.random.default_rng(0).normal(scale=0.1, size=600))
    model = still((numbers, y))
    near = nearest_rows(model.vectors_["stop"].vectors, 3)
    zones = np.array([int(key) % 3 for key in model.vectors_["stop"]])
    assert (zones[near] == zones[:, None]).mean() > 0.95


@pytest.mark.parametrize("cls", [EmbeddingClassifier, EmbeddingEncoder])
def test_a_column_of_missing_cells_is_fine(cls, rides, quick):
    X, y = rides
    empty = X.assign(note=pd.Series([None] * 600, dtype=object))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = cls(["note"], **quick, **folds(cls)).fit(empty, y)
    assert all(np.isfinite(each.vectors).all() for each in model.vectors_.values())


@pytest.mark.parametrize("cls", [EmbeddingClassifier, EmbeddingEncoder])
def test_a_row_per_category_is_fine(cls, rides, quick):
    X, y = rides
    own = X.assign(stop=[f"stop {row}" for row in range(600)])
    model = cls(**quick, **folds(cls)).fit(own, y)
    assert len(model.vectors_["stop"]) == 600
    assert np.isfinite(model.vectors_["stop"].vectors).all()


@pytest.mark.parametrize("cls", [EmbeddingClassifier, EmbeddingEncoder])
def test_rows_of_weight_zero_do_not_reach_the_start(cls, rides, still):
    X, y = rides
    weights = np.where(np.arange(600) % 3 == 0, 0.0, 1.0)
    weighted = still(rides, cls, weights)
    fewer = still((X[weights > 0], y[weights > 0]), cls)
    assert np.array_equal(tables(weighted)["stop"], tables(fewer)["stop"])


def test_rare_categories_start_at_the_center_with_the_unknown(rides, still):
    """Categories below min_frequency are one index, whose rows count together."""
    X, y = rides
    model = still((X, y), min_frequency=30)
    assert len(model.vectors_["stop"]) < 20
    expected = computed(model, X, "stop")
    np.testing.assert_allclose(tables(model)["stop"][2:], expected[2:], atol=1e-7)


def test_a_column_that_embedding_dim_names_is_embedded_however_few_categories_it_has(flights, late, quick, untrained):
    with untrained():
        few, none = (EmbeddingClassifier(**quick, embedding_dim=dim).fit(flights, late) for dim in ({"carrier": 2}, 2))
    assert few.encoder_.vocabularies["carrier"].n_categories <= 8
    assert few.vectors_["carrier"].dim == 2
    assert "carrier" not in none.vectors_
    with pytest.raises(
        ColumnError, match="embedding_dim names the column 'carier', which is not among the categorical"
    ):
        EmbeddingClassifier(**quick, embedding_dim={"carier": 2}).fit(flights, late)


ROWS_IN_TIME = pd.DataFrame({"key": [f"v{i % 9}" for i in range(120)], "x": np.linspace(0, 1, 120)})
OUTCOME = (np.arange(120) % 9 < 4).astype(int)
ESTIMATORS = [
    EmbeddingClassifier(random_state=0, max_epochs=4, n_iter_no_change=2, body={"name": "ensemble", "n_members": 2}),
    EmbeddingClassifier(random_state=0, max_epochs=4, body="mlp", n_ensemble=2, calibration="temperature"),
    EmbeddingRegressor(random_state=0, max_epochs=4, body="mlp", embedding_dim="auto", one_hot_max_categories=0),
    EmbeddingEncoder(random_state=0, max_epochs=4, body="mlp", cv=2),
]


@pytest.mark.parametrize("model", ESTIMATORS, ids=lambda each: type(each).__name__)
def test_validation_rows_from_outside_replace_the_held_out_ones(model):
    early, late = ROWS_IN_TIME[:100], ROWS_IN_TIME[100:]
    model = clone(model).fit(early, OUTCOME[:100], X_val=late, y_val=OUTCOME[100:])
    assert "val_loss" in model.history_
    other = clone(model).fit(early, OUTCOME[:100], X_val=late, y_val=1 - OUTCOME[100:])
    # The first epoch is the same, but it is judged by other rows, which also choose the dimensions of "auto".
    if model.embedding_dim != "auto":
        assert model.history_["loss"][0] == other.history_["loss"][0]
    assert model.history_["val_loss"][0] != other.history_["val_loss"][0]
    assert "_given" not in vars(model)


def test_all_rows_are_trained_on_beside_validation_rows_from_outside():
    settings = {"random_state": 0, "max_epochs": 3, "n_iter_no_change": 9, "body": "mlp"}
    given = EmbeddingClassifier(**settings, tol=0).fit(ROWS_IN_TIME, OUTCOME, X_val=ROWS_IN_TIME, y_val=OUTCOME)
    whole = EmbeddingClassifier(**settings, early_stopping=False).fit(ROWS_IN_TIME, OUTCOME)
    assert given.history_["loss"] == whole.history_["loss"]
    few = EmbeddingClassifier(**settings).fit(ROWS_IN_TIME[:12], OUTCOME[:12], X_val=ROWS_IN_TIME, y_val=OUTCOME)
    assert len(few.history_["val_loss"]) == 3


@pytest.mark.parametrize(
    ("given", "params", "message"),
    [
        ({"X_val": ROWS_IN_TIME}, {}, "pass both, or neither"),
        ({"y_val": OUTCOME}, {}, "pass both, or neither"),
        ({"X_val": ROWS_IN_TIME, "y_val": OUTCOME}, {"early_stopping": False}, "early_stopping=False switches off"),
        ({"X_val": ROWS_IN_TIME[["x"]], "y_val": OUTCOME}, {}, "feature names should match"),
        ({"X_val": ROWS_IN_TIME.head(0), "y_val": []}, {}, "^X_val has no rows, only the columns "),
        ({"X_val": ROWS_IN_TIME, "y_val": OUTCOME[:5]}, {}, "inconsistent numbers of samples"),
        ({"X_val": ROWS_IN_TIME, "y_val": OUTCOME + 3}, {}, "has a class that was not in the first fit"),
    ],
)
def test_validation_rows_that_do_not_fit_are_refused(given, params, message):
    with pytest.raises(ValueError, match=message):
        EmbeddingClassifier(random_state=0, max_epochs=1, **params).fit(ROWS_IN_TIME, OUTCOME, **given)


@pytest.mark.parametrize("cls", [EmbeddingClassifier, EmbeddingRegressor, EmbeddingEncoder])
def test_unknown_categories_can_be_refused(cls, untrained, tmp_path):
    with untrained():
        model = cls(random_state=0, body="mlp", handle_unknown="error").fit(ROWS_IN_TIME, OUTCOME)
    model.save(tmp_path / "model")
    new = ROWS_IN_TIME.assign(key=["v12", *ROWS_IN_TIME["key"][1:119], "w"])
    message = (
        r"Found unknown categories in column 'key' \(2 of 120 rows\): 'v12', 'w'\..* handle_unknown='error' refuses"
    )

    def answer(X, by):
        return by.transform(X) if hasattr(by, "transform") else by.predict(X)

    for each in (model, tabemb.load(tmp_path / "model")):
        assert len(answer(ROWS_IN_TIME, each)) == 120
        with pytest.raises(DataError, match=message):
            answer(new, each)
        # A missing cell is no unknown category.
        assert len(answer(ROWS_IN_TIME.assign(key=None), each)) == 120
    if hasattr(model, "predictor"):
        with pytest.raises(DataError, match=message):
            answer(new, model.predictor())


@pytest.mark.parametrize("rare", [{"min_frequency": 2}, {"max_categories": 9}])
def test_rare_categories_cannot_be_told_from_unknown_ones_that_are_refused(rare):
    with pytest.raises(ValueError, match="handle_unknown='error' cannot be combined with m"):
        EmbeddingClassifier(handle_unknown="error", **rare).fit(ROWS_IN_TIME, OUTCOME)
