"""Checks of tables, targets and weights."""

import re

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from sklearn.base import BaseEstimator
from sklearn.exceptions import DataConversionWarning

from tabemb.estimators import inputs
from tabemb.estimators.inputs import (
    auto_batch_size,
    check_table,
    check_targets,
    check_weights,
    empty_columns,
    has_information,
    take_column_order,
    warn_of_constant_columns,
    warn_of_target_column,
)
from tabemb.exceptions import ColumnError, DataError
from tabemb.table.frames import read_frame
from tabemb.table.schema import SchemaHint

TEXT = ["late", "on time", "late"]


def targets(y, n=3, *, numeric=False):
    return check_targets(y, n, numeric=numeric, owner="EmbeddingRegressor" if numeric else "EmbeddingClassifier")


@pytest.mark.parametrize(
    "y",
    [
        TEXT,
        np.array(TEXT),
        np.array(TEXT, dtype=object),
        pd.Series(TEXT),
        pd.Series(TEXT, dtype="category"),
        pd.Series(TEXT, dtype=object, index=[7, 7, 9]),
        pl.Series(TEXT),
        pa.array(TEXT),
        pa.chunked_array([TEXT[:1], TEXT[1:]]),
    ],
    ids=lambda y: f"{type(y).__module__}-{type(y).__name__}-{getattr(y, 'dtype', '')}",
)
def test_text_targets_of_any_library(y):
    assert targets(y).tolist() == TEXT


@pytest.mark.parametrize(
    ("y", "kind"),
    [
        (pd.Series([1, 2, 3], dtype="Int64"), "i"),
        (pd.Series([True, False, True], dtype="boolean"), "b"),
        (pd.Series([1, 2, 3], dtype=object), "i"),
        (np.array([True, False, True], dtype=object), "b"),
        (pl.Series([1.5, 2.0, 3.0]), "f"),
        (pa.array([1, 2, 3]), "i"),
    ],
)
def test_numbers_and_booleans_of_any_dtype(y, kind):
    assert targets(y).dtype.kind == kind


@pytest.mark.parametrize(
    "y", [pd.DataFrame({"a": [1, 2, 3], "b": [0, 1, 0]}), pl.DataFrame({"a": [1, 2, 3], "b": [0, 1, 0]})]
)
def test_target_matrices_stay_matrices(y):
    assert targets(y, numeric=True).tolist() == [[1, 0], [2, 1], [3, 0]]


def test_a_column_vector_is_flattened_with_scikit_learns_warning():
    with pytest.warns(DataConversionWarning, match="A column-vector y was passed when a 1d array was expected"):
        assert targets(np.array([[1], [2], [3]])).tolist() == [1, 2, 3]


@pytest.mark.parametrize(
    ("y", "numeric", "message"),
    [
        (
            None,
            False,
            "requires y to be passed, but the target y is None: EmbeddingClassifier learns vectors from a target. "
            "Pass y with one value per row.",
        ),
        (
            ["a", None, "b"],
            False,
            "Input y contains NaN: 1 of 3 target values are missing. Drop those rows before the fit.",
        ),
        ([1.0, np.nan, np.nan], True, "Input y contains NaN: 2 of 3 target values are missing."),
        (pd.Series([1, None, 2], dtype="Int64"), True, "Input y contains NaN: 1 of 3 target values are missing."),
        (pl.Series(["a", None, "b"]), False, "Input y contains NaN: 1 of 3 target values are missing."),
        ([1.0, np.inf, 2.0], True, "Input y contains infinity or a value too large. Replace it, or drop those rows."),
        ([1.0, -np.inf, 2.0], False, "Input y contains infinity"),
        ([1j, 2, 3], False, "Complex data not supported: the target is complex."),
        ([1, 2], False, "Found input variables with inconsistent numbers of samples: [3, 2]"),
        ([1, 2, 3, 4], True, "Found input variables with inconsistent numbers of samples: [3, 4]"),
        (np.zeros((3, 2, 2)), True, "The target must be one column, or a matrix with one column per output, got shape"),
        (
            ["a", "b", "c"],
            True,
            "EmbeddingRegressor predicts numbers, but the target holds values such as 'a'. "
            "Convert them to numbers, or use EmbeddingClassifier for classes.",
        ),
    ],
)
def test_invalid_targets_are_refused(y, numeric, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        targets(y, numeric=numeric)


class Fitted(BaseEstimator):
    """An estimator that knows the columns of its fit."""

    def __init__(self, X=None):
        if X is not None:
            check_table(self, X)


TABLE = pd.DataFrame({"dest": ["IAH", "MIA"], "distance": [1400, 1089]})


@pytest.mark.parametrize("make", [pd.DataFrame, pl.from_pandas, pa.Table.from_pandas])
def test_columns_are_put_into_the_order_of_the_fit(make):
    fitted = Fitted(TABLE)
    for table in (TABLE, TABLE[["distance", "dest"]]):
        frame = take_column_order(fitted, make(table))
        assert frame.columns == ("dest", "distance")
        assert frame.cells("dest").to_pylist() == ["IAH", "MIA"]


def test_a_table_with_the_columns_of_the_fit_is_not_checked_again(monkeypatch):
    fitted = Fitted(TABLE)
    monkeypatch.setattr(inputs, "validate_data", None)
    assert take_column_order(fitted, TABLE).native is TABLE


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (
            TABLE.rename(columns={"dest": "dst"}),
            "The feature names should match those that were passed during fit.\n"
            "Feature names unseen at fit time:\n- dst\n"
            "Feature names seen at fit time, yet now missing:\n- dest\n'dest' is missing. Did you mean 'dst'?\n",
        ),
        (
            TABLE.assign(origin="JFK"),
            "The feature names should match those that were passed during fit.\n"
            "Feature names unseen at fit time:\n- origin\n",
        ),
        (
            TABLE[["dest"]],
            "The feature names should match those that were passed during fit.\n"
            "Feature names seen at fit time, yet now missing:\n- distance\n",
        ),
    ],
)
def test_other_columns_are_refused_by_name(table, message):
    with pytest.raises(ColumnError) as caught:
        take_column_order(Fitted(TABLE), table)
    assert str(caught.value) == message


def test_tables_without_names_are_checked_by_scikit_learn():
    matrix = np.eye(2)
    with pytest.warns(
        UserWarning, match="X does not have valid feature names, but Fitted was fitted with feature names"
    ):
        take_column_order(Fitted(TABLE), matrix)
    with pytest.warns(UserWarning, match="X has feature names, but Fitted was fitted without feature names"):
        take_column_order(Fitted(matrix), TABLE)
    with pytest.raises(ValueError, match="X has 3 features, but Fitted is expecting 2 features as input"):
        take_column_order(Fitted(matrix), np.eye(3))
    assert take_column_order(Fitted(matrix), matrix).columns == ("x0", "x1")


def test_weights_are_float64_with_one_per_row():
    assert check_weights(None, 3) is None
    assert check_weights([1, 2, 0], 3).tolist() == [1.0, 2.0, 0.0]
    assert check_weights(pd.Series([1, 2, 3]), 3).dtype == "float64"
    assert check_weights(2, 3).tolist() == [2.0, 2.0, 2.0]
    for dtype in ("category", object, "Float64", "float32[pyarrow]"):
        assert check_weights(pd.Series([1.5, 2.0, 1.5], dtype=dtype), 3).tolist() == [1.5, 2.0, 1.5]
    assert check_weights(pa.array([1.5, 2.0, 1.5]).dictionary_encode(), 3).tolist() == [1.5, 2.0, 1.5]


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([1, -2, 1], "Negative values in sample_weight: -2. Weights must be at least 0."),
        ([1, np.nan, 1], "Input sample_weight contains NaN or infinity. Each row needs a finite weight of at least 0."),
        ([1, np.inf, 1], "Input sample_weight contains NaN or infinity."),
        ([1, 1], "sample_weight must have shape (3,), one weight per row, got shape (2,)."),
        (np.ones((3, 1)), "sample_weight must have shape (3,), one weight per row, got shape (3, 1)."),
        ([0, 0, 0], "All weights in sample_weight are zero, so there is no row to train on."),
        (["a", "b", "c"], "sample_weight must be numbers, got 'a'. Pass one number of at least 0 per row."),
        (pd.Series(list("aba"), dtype="category"), "sample_weight must be numbers, got 'a'."),
        (pd.Series([1, None, 1], dtype="category"), "Input sample_weight contains NaN or infinity."),
        (pd.to_datetime(["2026-01-02"] * 3), "sample_weight must be numbers, got datetime.datetime(2026, 1, 2, 0, 0)."),
        (pd.to_timedelta([1, 2, 3], unit="D"), "sample_weight must be numbers, got "),
    ],
)
def test_invalid_weights_are_refused(weights, message):
    with pytest.raises(DataError, match=re.escape(message)):
        check_weights(weights, 3)


def test_the_automatic_batch_size_is_a_power_of_two_for_about_64_steps():
    assert [auto_batch_size(n) for n in (1, 2_000, 8_192, 100_000)] == [32, 32, 128, 1024]


def test_what_varies_in_a_table():
    frame = read_frame(pd.DataFrame({"a": ["x", "x"], "b": [None, None]}))
    assert not has_information(frame)
    assert empty_columns(frame) == ["b"]
    assert has_information(read_frame(pd.DataFrame({"a": ["x", None]})))
    with pytest.warns(SchemaHint, match="No column of the table varies: 'a', 'b'. All rows get the same vectors"):
        warn_of_constant_columns(frame)


ROWS = 3_000
LATE = np.arange(ROWS) % 3 == 0


@pytest.mark.parametrize(
    ("cells", "targets"),
    [
        (LATE, LATE),
        (np.where(LATE, "late", "on time"), LATE.astype(int)),
        (pd.Categorical(np.where(LATE, "a", "b")), np.where(LATE, "yes", "no").astype(object)),
        (np.where(LATE, "late", None), LATE),
        (np.arange(ROWS) % 500, (np.arange(ROWS) % 500).astype(float)),
        (np.arange(ROWS) / 7, np.arange(ROWS) / 7),
        (np.sort(LATE), np.sort(LATE)),
    ],
    ids=["same", "other names", "categories", "missing", "numbers", "all differ", "sorted"],
)
def test_the_target_among_the_columns_is_warned_of(cells, targets):
    frame = read_frame(pd.DataFrame({"hour": np.arange(ROWS) % 24, "arrival": cells}))
    with pytest.warns(SchemaHint, match=r"among the columns of the table: 'arrival'\. .* Leave it out of X\."):
        warn_of_target_column(frame, targets)


@pytest.mark.parametrize(
    ("cells", "targets"),
    [
        (LATE ^ (np.arange(ROWS) == 1_500), LATE),
        (np.arange(ROWS), np.arange(ROWS) + 0.5),
        (np.arange(ROWS) % 6, LATE),
        (LATE, np.arange(ROWS) % 6),
        (LATE, np.column_stack([LATE, ~LATE])),
        (LATE, np.zeros(ROWS)),
    ],
    ids=["one row differs", "all differ", "finer", "coarser", "outputs", "constant"],
)
def test_other_columns_are_not_the_target(cells, targets, recwarn):
    warn_of_target_column(read_frame(pd.DataFrame({"arrival": cells})), targets)
    assert not recwarn.list


def test_few_rows_may_agree_by_chance(recwarn):
    warn_of_target_column(read_frame(pd.DataFrame({"arrival": LATE[:999]})), LATE[:999])
    assert not recwarn.list
