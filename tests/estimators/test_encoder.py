"""EmbeddingEncoder."""

import re

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.model_selection import KFold

import tabemb
from tabemb import EmbeddingEncoder
from tabemb.estimators.target_statistics import target_columns
from tabemb.estimators.vector_transformer import _nearest_rows
from tabemb.exceptions import ColumnError, DataError, UnknownNameError
from tabemb.table.target_statistics import TargetStatistics

NAMES = [*(f"dest_emb{i}" for i in range(3)), *(f"carrier_emb{i}" for i in range(3))]
NAMES = [*NAMES, *(f"hour_emb{i}" for i in range(3)), "distance"]


def test_transform_returns_vectors_then_unchanged_numbers(encoder, flights):
    out = encoder.transform(flights)
    assert out.dtype == "float32"
    assert out.shape == (120, 10)
    vectors = encoder.vectors_
    assert list(vectors) == ["dest", "carrier", "hour"]
    assert np.array_equal(out[:, :3], vectors["dest"][flights["dest"].tolist()])
    assert np.array_equal(out[:, 3:6], vectors["carrier"][flights["carrier"].tolist()])
    assert np.array_equal(out[:, 6:9], vectors["hour"][flights["hour"].tolist()])
    np.testing.assert_array_equal(out[:, 9], flights["distance"].to_numpy("float32"))


def test_the_output_does_not_depend_on_the_chunk_size(encoder, flights, monkeypatch):
    whole = encoder.transform(flights)
    monkeypatch.setattr("tabemb.inference.vector_lookup.ROWS_IN_CACHE", 7)
    np.testing.assert_array_equal(encoder.transform(flights), whole)
    np.testing.assert_array_equal(encoder.transform(flights.head(1)), whole[:1])


def test_feature_names_out(encoder):
    assert encoder.get_feature_names_out().tolist() == NAMES
    assert encoder.get_feature_names_out(["dest", "carrier", "hour", "distance"]).tolist() == NAMES
    with pytest.raises(ValueError, match="input_features is not equal to feature_names_in_"):
        encoder.get_feature_names_out(["dest", "carrier", "hour", "other"])
    with pytest.raises(ValueError, match=re.escape("number of features (4), got 1")):
        encoder.get_feature_names_out(["dest"])


def test_transform_returns_data_frames_after_set_output(encoder, flights):
    plain = encoder.transform(flights)
    try:
        shifted = flights.set_axis(np.arange(120) + 500)
        frame = encoder.set_output(transform="pandas").transform(shifted)
        assert frame.columns.tolist() == NAMES
        assert frame.index.equals(shifted.index)
        assert set(frame.dtypes) == {np.dtype("float32")}
        assert np.array_equal(frame.to_numpy(), plain, equal_nan=True)
        table = encoder.set_output(transform="polars").transform(pl.from_pandas(flights))
        assert table.columns == NAMES
        assert set(table.dtypes) == {pl.Float32}
        assert np.array_equal(table.to_numpy(), plain, equal_nan=True)
    finally:
        encoder.set_output(transform="default")


def test_inverse_transform_returns_categories_and_numbers(encoder, flights):
    back = encoder.inverse_transform(encoder.transform(flights))
    assert back.dtype == object
    assert back[:, :3].tolist() == flights[["dest", "carrier", "hour"]].to_numpy(dtype=object).tolist()
    np.testing.assert_array_equal(back[:, 3].astype("float32"), flights["distance"].to_numpy("float32"))


def test_inverse_transform_returns_none_for_unknown_or_missing(encoder, flights):
    near = encoder.transform(flights) + np.float32(1e-4)
    assert encoder.inverse_transform(near)[:, 0].tolist() == flights["dest"].tolist()
    strange = encoder.transform(flights.head(2).assign(dest=["NOWHERE", None]))
    assert encoder.inverse_transform(strange)[:, 0].tolist() == [None, None]


@pytest.mark.parametrize("shape", [(2, 9), (10,), (2, 3, 10)])
def test_inverse_transform_checks_the_shape(encoder, shape):
    message = f"X must have the 10 columns that transform returns, got shape {shape}."
    with pytest.raises(DataError, match=re.escape(message)):
        encoder.inverse_transform(np.zeros(shape))


def test_remainder_drop_omits_the_numbers(encoder, flights, late, quick):
    dropped = EmbeddingEncoder(**quick, embedding_dim=3, remainder="drop").fit(flights, late)
    assert dropped.get_feature_names_out().tolist() == NAMES[:-1]
    assert np.array_equal(dropped.transform(flights), encoder.transform(flights)[:, :-1])
    assert dropped.inverse_transform(dropped.transform(flights)).shape == (120, 3)


def test_unseen_and_missing_cells_get_their_vectors(encoder, flights):
    out = encoder.transform(flights.head(3).assign(dest=["NOWHERE", None, "IAH"]))
    dest = encoder.vectors_["dest"]
    assert np.array_equal(out[:, :3], np.vstack([dest.unknown, dest.missing, dest["IAH"]]))


def test_fit_and_fit_transform_learn_the_same(encoder, flights, late, quick):
    """As with scikit-learn's TargetEncoder, ``fit_transform`` is not ``transform``; see test_cross_fitting."""
    made = EmbeddingEncoder(**quick, embedding_dim=3)
    out = made.fit_transform(flights, late)
    assert np.array_equal(made.transform(flights), encoder.transform(flights), equal_nan=True)
    assert dict(made.vectors_) == dict(encoder.vectors_)
    assert made.history_ == encoder.history_
    assert out.shape == (120, 10)
    assert (out[:, :9] != encoder.transform(flights)[:, :9]).any(axis=1).all()


def test_without_folds_fit_transform_is_fit_then_transform(flights, late, quick):
    one, two = (EmbeddingEncoder(**quick, embedding_dim=3, cv=None) for _ in range(2))
    assert np.array_equal(one.fit_transform(flights, late), two.fit(flights, late).transform(flights), equal_nan=True)


def test_fit_transform_returns_data_frames_after_set_output(flights, late, quick):
    made = EmbeddingEncoder(**quick, embedding_dim=3, target_statistics=True).set_output(transform="pandas")
    shifted = flights.set_axis(np.arange(120) + 500)
    frame = made.fit_transform(shifted, late)
    assert frame.columns.tolist() == [*NAMES[:-1], "dest_target", "carrier_target", "hour_target", "distance"]
    assert frame.index.equals(shifted.index)
    np.testing.assert_array_equal(frame["distance"].to_numpy(), flights["distance"].to_numpy("float32"))


# ---------------------------------------------------------------- target statistics


@pytest.fixture(scope="module")
def with_statistics(flights, late, quick):
    return EmbeddingEncoder(**quick, embedding_dim=3, target_statistics=True).fit(flights, late)


COLUMNS = ["dest", "carrier", "hour"]


def test_target_statistics_come_between_vectors_and_numbers(with_statistics, encoder, flights, late):
    out = with_statistics.transform(flights)
    assert out.dtype == "float32"
    np.testing.assert_array_equal(out[:, [*range(9), -1]], encoder.transform(flights))
    names = with_statistics.get_feature_names_out().tolist()
    assert names[9:12] == ["dest_target", "carrier_target", "hour_target"]
    # Standardized log-odds of the second class, in the order of its shares.
    shares = flights.assign(y=late == np.unique(late)[1]).groupby("dest")["y"].mean()
    means = flights["dest"].map(shares).to_numpy()
    assert np.corrcoef(out[:, 9], np.log(means / (1 - means)).clip(-3, 3))[0, 1] > 0.98


@pytest.mark.parametrize("kind", ["two classes", "more classes", "numbers"])
def test_fit_transform_returns_the_statistics_of_the_fold(kind, flights, late, quick, untrained):
    y = {"two classes": late, "more classes": flights["carrier"].to_numpy(), "numbers": np.arange(120.0) % 7 + 0.5}[
        kind
    ]
    folds = list(KFold(4, shuffle=True, random_state=0).split(flights))
    made = EmbeddingEncoder(**quick, embedding_dim=3, target_statistics=True, crosses=[COLUMNS[:2]], cv=folds)
    with untrained():
        out, fold_of = made.fit_transform(flights[COLUMNS], y), np.empty(120, int)
    for number, (_, held) in enumerate(folds):
        fold_of[held] = number
    indices, columns = made.encoder_.encode(flights[COLUMNS]).indices, target_columns(made.task_, y)
    statistics = TargetStatistics(
        [(0,), (1,), (2,), (0, 1)], indices.max(axis=0) + 1, made.encoder_.statistics.scale, indicators=False
    )
    np.testing.assert_allclose(out[:, 9:], statistics.fit_encode(indices, columns, fold_of), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(
        made.transform(flights[COLUMNS])[:, 9:], statistics.encode(indices), rtol=1e-4, atol=1e-5
    )
    assert made.encoder_.statistics.scale == ("identity" if kind == "numbers" else "logit")


def test_without_folds_statistics_are_those_of_all_rows(flights, late, quick):
    made = EmbeddingEncoder(**quick, embedding_dim=3, target_statistics=True, cv=None)
    assert np.array_equal(made.fit_transform(flights, late), made.transform(flights), equal_nan=True)
    assert "dest_target" in made.get_feature_names_out()


def test_crosses_have_statistics_where_they_explain_more_than_their_columns(quick, untrained):
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.choice(list("abcdef"), (600, 3)), columns=["one", "two", "three"])
    y = (X["one"] == X["two"]).to_numpy()
    made = EmbeddingEncoder(**quick, embedding_dim=2, target_statistics=True)
    with untrained():
        out = pd.DataFrame(made.fit_transform(X, y), columns=made.get_feature_names_out())
        named, none = (
            EmbeddingEncoder(**quick, embedding_dim=2, target_statistics=True, crosses=crosses).fit(X, y)
            for crosses in ([["two", "three"]], None)
        )
    singles = ["one_target", "two_target", "three_target"]
    assert out.columns[6:].tolist() == [*singles, "one_x_two_target"]
    assert made.encoder_.crosses == [("one", "two")]
    assert np.corrcoef(out["one_x_two_target"], y)[0, 1] > 0.95
    assert named.get_feature_names_out().tolist()[6:] == [*singles, "two_x_three_target"]
    assert none.get_feature_names_out().tolist()[6:] == singles
    with pytest.raises(ColumnError, match="column 'tow' to cross"):
        EmbeddingEncoder(**quick, target_statistics=True, crosses=[["one", "tow"]]).fit(X, y)


def test_statistics_treat_missing_cells_as_a_category_and_unseen_ones_as_the_mean(quick, untrained):
    X = pd.DataFrame({"dest": ["IAH", "MIA", None, "ATL"] * 10})
    y = np.array([1, 0, 1, 0] * 10)
    with untrained():
        made = EmbeddingEncoder(**quick, embedding_dim=1, target_statistics=True).fit(X, y)
    odd = pd.DataFrame({"dest": ["IAH", None, "NOWHERE", "ATL"]})
    one, missing, unseen, other = made.transform(odd)[:, 1]
    assert one == missing
    assert other < unseen < one
    share = made.encoder_.statistics
    assert unseen == pytest.approx((0.0 - share._center[0]) / share._spread[0])


def test_statistics_pool_rare_categories(quick, untrained):
    X = pd.DataFrame({"dest": ["IAH"] * 20 + list("abcdefghij")})
    y = np.array([1] * 10 + [0] * 20)
    with untrained():
        made = EmbeddingEncoder(**quick, embedding_dim=1, min_frequency=2, target_statistics=True).fit(X, y)
    out = made.transform(X)[:, 1]
    assert len(np.unique(out[:20])) == len(np.unique(out[20:])) == 1
    assert out[0] > out[20]


def test_an_encoder_of_an_earlier_version_has_the_means_that_it_saved(flights, late, quick, tmp_path):
    made = EmbeddingEncoder(**quick, embedding_dim=3).fit(flights, late)
    rng = np.random.default_rng(0)
    means = {name: rng.random((vocabulary.size, 1)) for name, vocabulary in made.encoder_.vocabularies.items()}
    learned, groups = made._to_state()
    learned["beside"]["statistics"] = list(means)
    groups["beside"] = {f"{place:04d}": table for place, table in enumerate(means.values())}
    loaded = EmbeddingEncoder(**quick, embedding_dim=3)
    loaded._take_state(learned, groups)
    out, indices = loaded.transform(flights), made.encoder_.encode(flights).indices
    np.testing.assert_array_equal(out[:, [*range(9), -1]], made.transform(flights))
    expected = [table[column, 0] for table, column in zip(means.values(), indices.T, strict=True)]
    np.testing.assert_allclose(out[:, 9:12], np.transpose(expected), rtol=1e-6)
    assert loaded.get_feature_names_out().tolist()[9:12] == ["dest_target", "carrier_target", "hour_target"]
    loaded.save(tmp_path / "again")
    np.testing.assert_array_equal(tabemb.load(tmp_path / "again").transform(flights), out)


@pytest.mark.parametrize(
    ("y", "names"),
    [
        (np.array(["a", "b", "c"] * 40), ["dest_target_a", "dest_target_b", "dest_target_c"]),
        (np.array([[0, 1], [1, 1], [0, 0]] * 40), ["dest_target_0", "dest_target_1"]),
        (np.arange(240.0).reshape(120, 2) / 7, ["dest_target_0", "dest_target_1"]),
        (np.arange(120.0) / 7, ["dest_target"]),
    ],
)
def test_statistics_have_a_column_per_class_or_output(y, names, flights, quick, untrained):
    made = EmbeddingEncoder(**quick, embedding_dim=1, target_statistics=True, remainder="drop")
    with untrained():
        out = made.fit_transform(flights[["dest"]], y)
    assert made.get_feature_names_out().tolist() == ["dest_emb0", *names]
    assert out.shape == (120, 1 + len(names))
    assert np.isfinite(out).all()


def test_inverse_transform_ignores_statistics(with_statistics, encoder, flights):
    out = with_statistics.transform(flights)
    back = with_statistics.inverse_transform(out)
    assert back[:, :3].tolist() == encoder.inverse_transform(encoder.transform(flights))[:, :3].tolist()
    np.testing.assert_array_equal(back[:, 3].astype("float32"), flights["distance"].to_numpy("float32"))
    out[:, 9:12] = 99.0
    assert with_statistics.inverse_transform(out)[:, :3].tolist() == back[:, :3].tolist()


def test_a_column_named_like_a_statistic_is_refused():
    X = pd.DataFrame({"a": ["x", "y"] * 20, "a_target": np.linspace(0, 1, 40)})
    with pytest.raises(DataError, match="same name: a_target"):
        EmbeddingEncoder(max_epochs=1, target_statistics=True).fit(X, [0, 1] * 20)


@pytest.mark.filterwarnings("ignore::tabemb.table.schema.SchemaHint")
def test_a_table_of_numbers_passes_through_or_is_refused(flights, late, quick):
    numbers = flights[["distance"]]
    passed = EmbeddingEncoder(**quick).fit(numbers, late).transform(numbers)
    np.testing.assert_array_equal(passed, numbers.to_numpy("float32"))
    message = "The table has no categorical column, and remainder='drop' leaves nothing to return."
    with pytest.raises(DataError, match=re.escape(message)):
        EmbeddingEncoder(**quick, remainder="drop").fit(numbers, late)


def test_calendar_parts_have_their_own_names(late, quick):
    X = pd.DataFrame({"when": pd.date_range("2013-01-01", periods=len(late), freq="25h")})
    made = EmbeddingEncoder(**quick, embedding_dim=1, early_stopping=False).fit(X, late)
    assert made.get_feature_names_out().tolist() == [f"when_{p}_emb0" for p in ("month", "day", "weekday", "hour")]
    when = pd.DatetimeIndex(X["when"])
    parts = np.column_stack([when.month, when.day, when.day_of_week, when.hour])
    assert made.inverse_transform(made.transform(X)).tolist() == parts.tolist()


def test_nearest_rows_are_the_same_in_small_chunks():
    draw = np.random.default_rng(0)
    queries, rows = draw.normal(size=(50, 3)), draw.normal(size=(20, 3))
    distances = ((queries[:, None] - rows) ** 2).sum(axis=2)
    for cells in (1, 60, 2**24):
        assert _nearest_rows(queries, rows, cells).tolist() == distances.argmin(axis=1).tolist()


def test_an_unknown_target_type_is_refused(flights, late):
    message = (
        "No target_type named 'binray'. Known: auto, binary, continuous, multiclass, multilabel. Did you mean 'binary'?"
    )
    with pytest.raises(UnknownNameError, match=re.escape(message)):
        EmbeddingEncoder(target_type="binray").fit(flights, late)


def test_output_columns_of_the_same_name_are_refused():
    X = pd.DataFrame({"a": ["x", "y"] * 20, "a_emb0": np.linspace(0, 1, 40)})
    with pytest.raises(DataError, match="same name: a_emb0"):
        EmbeddingEncoder(max_epochs=1).fit(X, [0, 1] * 20)


@pytest.mark.parametrize(
    ("target", "kind", "classes"),
    [
        (["late", "on time"] * 30, "binary", ["late", "on time"]),
        ([3, 1, 2] * 20, "multiclass", [1, 2, 3]),
        (np.linspace(0, 1, 60), "continuous", None),
        (np.array([[0, 1], [1, 1]] * 30), "multilabel", None),
        (np.random.default_rng(0).normal(size=(60, 2)), "continuous", None),
    ],
)
def test_the_type_of_the_target_and_its_classes_are_known(target, kind, classes, untrained):
    encoder = EmbeddingEncoder(body="mlp", random_state=0, cv=2)
    assert not hasattr(encoder, "target_type_")
    assert not hasattr(encoder, "classes_")
    with untrained():
        encoder.fit(pd.DataFrame({"a": list("abc") * 20}), target)
    assert encoder.target_type_ == kind
    assert (None if encoder.classes_ is None else encoder.classes_.tolist()) == classes
