"""The transformer."""

import re

import numpy as np
import pandas as pd
import polars as pl
import pytest

from tabemb import EmbeddingEncoder
from tabemb.estimators.encoder import MOST_INTEGER_CLASSES, _nearest_rows
from tabemb.exceptions import DataError, UnknownNameError
from tabemb.nn.tasks import Binary, Multiclass, Multilabel, MultiRegression, Regression

NAMES = [*(f"dest_emb{i}" for i in range(3)), *(f"carrier_emb{i}" for i in range(3))]
NAMES = [*NAMES, *(f"hour_emb{i}" for i in range(3)), "distance"]


def test_vectors_side_by_side_then_the_numbers_as_they_came(encoder, flights):
    out = encoder.transform(flights)
    assert out.dtype == "float32"
    assert out.shape == (120, 10)
    vectors = encoder.vectors_
    assert list(vectors) == ["dest", "carrier", "hour"]
    assert np.array_equal(out[:, :3], vectors["dest"][flights["dest"].tolist()])
    assert np.array_equal(out[:, 3:6], vectors["carrier"][flights["carrier"].tolist()])
    assert np.array_equal(out[:, 6:9], vectors["hour"][flights["hour"].tolist()])
    np.testing.assert_array_equal(out[:, 9], flights["distance"].to_numpy("float32"))


def test_rows_are_the_same_however_many_are_gathered_at_once(encoder, flights, monkeypatch):
    whole = encoder.transform(flights)
    monkeypatch.setattr("tabemb.estimators.encoder.ROWS_IN_CACHE", 7)
    np.testing.assert_array_equal(encoder.transform(flights), whole)
    np.testing.assert_array_equal(encoder.transform(flights.head(1)), whole[:1])


def test_names(encoder):
    assert encoder.get_feature_names_out().tolist() == NAMES
    assert encoder.get_feature_names_out(["dest", "carrier", "hour", "distance"]).tolist() == NAMES
    with pytest.raises(ValueError, match="input_features is not equal to feature_names_in_"):
        encoder.get_feature_names_out(["dest", "carrier", "hour", "other"])
    with pytest.raises(ValueError, match=re.escape("number of features (4), got 1")):
        encoder.get_feature_names_out(["dest"])


def test_frames_after_set_output(encoder, flights):
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


def test_inverse_gives_the_categories_and_the_numbers_back(encoder, flights):
    back = encoder.inverse_transform(encoder.transform(flights))
    assert back.dtype == object
    assert back[:, :3].tolist() == flights[["dest", "carrier", "hour"]].to_numpy(dtype=object).tolist()
    np.testing.assert_array_equal(back[:, 3].astype("float32"), flights["distance"].to_numpy("float32"))


def test_inverse_finds_the_nearest_and_none_for_unknown_or_missing(encoder, flights):
    near = encoder.transform(flights) + np.float32(1e-4)
    assert encoder.inverse_transform(near)[:, 0].tolist() == flights["dest"].tolist()
    strange = encoder.transform(flights.head(2).assign(dest=["NOWHERE", None]))
    assert encoder.inverse_transform(strange)[:, 0].tolist() == [None, None]


@pytest.mark.parametrize("shape", [(2, 9), (10,), (2, 3, 10)])
def test_inverse_wants_what_transform_returned(encoder, shape):
    message = f"X must have 10 columns, as transform returns them; its shape is {shape}."
    with pytest.raises(DataError, match=re.escape(message)):
        encoder.inverse_transform(np.zeros(shape))


def test_remainder_drop_leaves_the_numbers_out(encoder, flights, late, quick):
    dropped = EmbeddingEncoder(**quick, embedding_dim=3, remainder="drop").fit(flights, late)
    assert dropped.get_feature_names_out().tolist() == NAMES[:-1]
    assert np.array_equal(dropped.transform(flights), encoder.transform(flights)[:, :-1])
    assert dropped.inverse_transform(dropped.transform(flights)).shape == (120, 3)


def test_unseen_and_missing_cells_get_the_vectors_for_them(encoder, flights):
    out = encoder.transform(flights.head(3).assign(dest=["NOWHERE", None, "IAH"]))
    dest = encoder.vectors_["dest"]
    assert np.array_equal(out[:, :3], np.vstack([dest.unknown, dest.missing, dest["IAH"]]))


def test_fit_transform_is_fit_then_transform(encoder, flights, late, quick):
    out = EmbeddingEncoder(**quick, embedding_dim=3).fit_transform(flights, late)
    assert np.array_equal(out, encoder.transform(flights), equal_nan=True)


@pytest.mark.filterwarnings("ignore::tabemb.table.schema.SchemaHint")
def test_only_numbers_pass_through_or_are_an_error(flights, late, quick):
    numbers = flights[["distance"]]
    passed = EmbeddingEncoder(**quick).fit(numbers, late).transform(numbers)
    np.testing.assert_array_equal(passed, numbers.to_numpy("float32"))
    message = "The table has no categorical column, and remainder='drop' leaves nothing to return."
    with pytest.raises(DataError, match=re.escape(message)):
        EmbeddingEncoder(**quick, remainder="drop").fit(numbers, late)


def test_parts_of_a_date_have_names_of_their_own(late, quick):
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


# ---------------------------------------------------------------- what the target is

rng = np.random.default_rng(0)
TWO, THREE, REAL = rng.integers(0, 2, 240), rng.integers(0, 3, 240), rng.normal(size=240)
MANY = np.arange(240) % (MOST_INTEGER_CLASSES + 1)


def task(y, target_type="auto"):
    return EmbeddingEncoder(target_type=target_type)._task_of(np.asarray(y))


@pytest.mark.parametrize(
    ("y", "target_type", "kind"),
    [
        (TWO, "auto", Binary),
        (TWO.astype(bool), "auto", Binary),
        (TWO.astype(str), "auto", Binary),
        (THREE, "auto", Multiclass),
        (REAL, "auto", Regression),
        (MANY, "auto", Regression),
        (MANY.astype(float), "auto", Regression),
        (MANY % MOST_INTEGER_CLASSES, "auto", Multiclass),
        (MANY.astype(str), "auto", Multiclass),
        (np.column_stack([TWO, THREE % 2]), "auto", Multilabel),
        (np.column_stack([REAL, REAL]), "auto", MultiRegression),
        (TWO, "binary", Binary),
        (TWO, "multiclass", Binary),
        (MANY, "multiclass", Multiclass),
        (TWO, "continuous", Regression),
        (np.column_stack([TWO, THREE]), "continuous", MultiRegression),
        (np.column_stack([TWO, TWO]), "multilabel", Multilabel),
    ],
)
def test_target_type(y, target_type, kind):
    assert type(task(y, target_type)) is kind


@pytest.mark.parametrize(
    ("y", "target_type", "message"),
    [
        (THREE, "binary", "target_type is 'binary', but the target looks 'multiclass'. Say which of the two is right"),
        (TWO, "multilabel", "target_type is 'multilabel', but the target looks 'binary'."),
        (np.column_stack([TWO, TWO]), "binary", "but the target looks 'multilabel-indicator'."),
        (REAL, "multiclass", "Unknown label type: continuous."),
    ],
)
def test_a_target_of_another_type_is_refused(y, target_type, message):
    with pytest.raises(DataError, match=re.escape(message)):
        task(y, target_type)


def test_an_unknown_target_type_is_named(flights, late):
    message = (
        "No target_type named 'binray'. Known: auto, binary, continuous, multiclass, multilabel. Did you mean 'binary'?"
    )
    with pytest.raises(UnknownNameError, match=re.escape(message)):
        EmbeddingEncoder(target_type="binray").fit(flights, late)


def test_output_columns_of_the_same_name_are_refused():
    X = pd.DataFrame({"a": ["x", "y"] * 20, "a_emb0": np.linspace(0, 1, 40)})
    with pytest.raises(DataError, match="same name: a_emb0"):
        EmbeddingEncoder(max_epochs=1).fit(X, [0, 1] * 20)
