"""Targets of any library and dtype as plain arrays."""

import re
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from tabemb.estimators.inputs import check_targets
from tabemb.estimators.target_values import plain_column, plain_targets
from tabemb.exceptions import DataError
from tabemb.experiments.comparison.targets import read_targets, target_of
from tabemb.nn.tasks import task_of

BITS = [1, 0, 1]
FLAGS = [True, False, True]
WORDS = ["late", "on time", "late"]
VARIABLE_WIDTH = np.dtypes.StringDType()


def column_dtypes(values):
    """Return a column in all the ways that its values can be held."""
    yield pd.DataFrame({"t": pd.Series(values, dtype=object)})
    yield np.array(values, dtype=object)
    yield np.array(values, dtype=object)[:, None]
    yield pl.DataFrame({"t": values})
    yield pa.table({"t": values})
    yield pa.record_batch({"t": values})
    yield pd.Series(pd.array(values))
    yield pd.DataFrame({"t": pd.array(values)})
    yield pd.Series(values, dtype="category")
    yield pd.Series(values, dtype=pd.ArrowDtype(pa.array(values).type))
    yield np.ma.array(values)


@pytest.mark.parametrize(("values", "kind"), [(BITS, "i"), (FLAGS, "b"), ([0.5, 1.5, 0.5], "f"), (WORDS, "O")])
def test_a_column_is_read_as_its_plain_form_in_every_dtype(values, kind):
    for y in column_dtypes(values):
        plain = plain_targets(y)
        assert plain.ravel().tolist() == values
        # A masked array of text keeps its width.
        assert plain.dtype.kind in (kind, "U" if kind == "O" else kind)


@pytest.mark.parametrize("na", [{}, {"na_object": None}])
def test_text_of_variable_width_is_text(na):
    words = np.array(WORDS, dtype=np.dtypes.StringDType(**na))
    assert plain_targets(words).tolist() == WORDS
    assert plain_targets(words[:, None]).tolist() == [[word] for word in WORDS]
    assert read_targets(words)[0].tolist() == WORDS


@pytest.mark.parametrize(
    "make",
    [
        lambda a, b: pd.DataFrame({"a": pd.array(a, "boolean"), "b": pd.array(b, "boolean")}),
        lambda a, b: pd.DataFrame({"a": pd.array(a, "Int64"), "b": pd.array(b, "boolean")}),
        lambda a, b: pd.DataFrame({"a": pd.Series(a, dtype=object), "b": pd.array(b, "Float64")}),
        lambda a, b: pd.DataFrame({"a": pd.Series(a, dtype="bool[pyarrow]"), "b": b}),
        lambda a, b: pd.DataFrame(np.array([a, b], dtype=object).T, columns=["t", "t"]),
        lambda a, b: pl.DataFrame({"a": a, "b": [int(each) for each in b]}),
        lambda a, b: pa.table({"a": a, "b": [int(each) for each in b]}),
        lambda a, b: np.array([a, b], dtype=object).T,
        lambda a, b: [[x, int(y)] for x, y in zip(a, b, strict=True)],
    ],
)
def test_labels_of_any_dtype_are_an_indicator_matrix(make):
    y = make(FLAGS, [False, False, True])
    plain = check_targets(y, 3, numeric=False, owner="EmbeddingClassifier")
    assert plain.astype(float).tolist() == [[1, 0], [0, 0], [1, 1]]
    assert task_of(plain, classifier=True).n_outputs == 2
    assert target_of(read_targets(y)[0]).name == "multilabel"


def test_decimals_are_numbers():
    y = [Decimal("1.5"), Decimal(2), None]
    for each in (pd.Series(y, dtype=object), pl.Series(y), pa.array(y)):
        assert plain_targets(each)[:2].tolist() == [1.5, 2.0]
        assert np.isnan(plain_targets(each)[2])
        assert read_targets(each)[0].tolist() == [1.5, 2.0]
    assert plain_column(pa.array(y[:2])).dtype == "float64"


@pytest.mark.parametrize("shape", [(3,), (3, 2)])
def test_masked_targets_are_missing(shape):
    y = np.ma.array(np.ones(shape, int), mask=False)
    y[0] = np.ma.masked
    with pytest.raises(DataError, match=r"Input y contains NaN: \d of \d target values are missing"):
        check_targets(y, 3, numeric=False, owner="EmbeddingClassifier")
    assert read_targets(y)[1].tolist() == [False, True, True]


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (np.array([1, "a"], dtype=object), "The classes have types that cannot be sorted together: int, str ("),
        (np.array([[1, "a"], [0, "b"]], dtype=object), "A target of several columns must be an indicator matrix"),
        (pd.DataFrame({"a": [1, 0], "b": ["u", "v"]}), "one column per label, got values of type int, str."),
        (pd.Series([(1, 2), (3, 4)]), "Each target must be one value, and (1, 2) is several. For several labels"),
        (pd.Series([["a"], ["b", "c"]]), "and ['a'] is several. For several labels per row, pass a matrix of 0 and 1"),
        ([["a"], ["b", "c"]], "The targets are neither values nor rows of one length ("),
        ("late", "not the text 'late'. If this is the name of a column, pass the column, X['late']"),
    ],
)
def test_classes_that_cannot_be_used_are_refused_with_their_types(y, message):
    with pytest.raises(DataError, match=re.escape(message)):
        task_of(plain_targets(y), classifier=True)


def test_numbers_beside_text_stay_numbers():
    assert plain_targets(pd.DataFrame({"a": [1, 0], "b": ["u", "v"]})).tolist() == [[1, "u"], [0, "v"]]
    assert plain_targets(np.array([["1", "u"]], dtype=VARIABLE_WIDTH)).tolist() == [["1", "u"]]
    assert plain_targets(pd.DataFrame(index=range(3))).shape == (3, 0)
