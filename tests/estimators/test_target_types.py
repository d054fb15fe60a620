"""Inference of the type of a target."""

import re
import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import DataConversionWarning

from tabemb.estimators.inputs import check_targets, has_categorical_dtype
from tabemb.estimators.target_types import (
    MAX_WHOLE_CLASSES,
    check_target_type,
    looks_like_classes,
    task_of_type,
)
from tabemb.exceptions import DataError, UnknownNameError
from tabemb.experiments.comparison.targets import read_targets, target_of
from tabemb.nn.tasks import Binary, Multiclass, Multilabel, MultiRegression, Regression

rng = np.random.default_rng(0)
TWO, THREE, REAL = rng.integers(0, 2, 240), rng.integers(0, 3, 240), rng.normal(size=240)
MANY = np.arange(240) % (MAX_WHOLE_CLASSES + 1)


def task(y, target_type="auto"):
    return task_of_type(np.asarray(y), target_type)


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
        (MANY % MAX_WHOLE_CLASSES, "auto", Multiclass),
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


FEW, FIFTY = np.arange(200) % 20, np.arange(200) % 50


@pytest.mark.parametrize(
    ("y", "classes"),
    [
        (["late", "on time"] * 100, True),
        (FIFTY.astype(str), True),
        (pd.Series(FIFTY).map("store {}".format), True),
        ([True, False] * 100, True),
        (pd.array([True, False] * 100, dtype="boolean"), True),
        (pd.Series(FIFTY, dtype="category"), True),
        (pd.DataFrame({"store": pd.Series(FIFTY, dtype="category")}), True),
        (FEW, True),
        (FEW.astype("uint8"), True),
        (FIFTY, False),
        (pd.array(FEW, dtype="Int64"), True),
        (pd.Series(FIFTY, dtype="Int64"), False),
        (pd.Series(FEW, dtype="int64[pyarrow]"), True),
        (pd.Series(FIFTY, dtype=object), False),
        (FEW.astype(float), True),
        (FIFTY.astype(float), False),
        (pd.array(FEW, dtype="Float64"), True),
        (FEW + 0.5, False),
        ([0.25, 0.75] * 100, False),
        ([1e300, -1e300] * 100, False),
        (np.column_stack([TWO, TWO]), True),
        (np.column_stack([TWO, TWO]).astype(float), True),
        (np.column_stack([TWO, THREE]), False),
        (np.column_stack([REAL, REAL]), False),
    ],
)
def test_encoder_and_comparison_take_the_same_targets_for_classes(y, classes):
    with warnings.catch_warnings(action="ignore", category=DataConversionWarning):
        targets = check_targets(y, len(y), numeric=False, owner="EmbeddingEncoder")
    assert looks_like_classes(targets, categorical=has_categorical_dtype(y)) is classes
    values, _ = read_targets(y)
    assert target_of(values).is_classifier is classes


def test_numbers_that_are_taken_for_classes_say_how_to_override():
    with pytest.raises(DataError, match=r"one class.*set target_type='continuous' if it holds numbers\."):
        task([5] * 10)
    assert type(task([5] * 10, "continuous")) is Regression
    assert type(task(FIFTY)) is Regression
    assert type(task(FIFTY, "multiclass")) is Multiclass


@pytest.mark.parametrize(
    ("y", "target_type", "message"),
    [
        (THREE, "binary", "target_type is 'binary', but the target looks 'multiclass'. Set the type that fits"),
        (TWO, "multilabel", "target_type is 'multilabel', but the target looks 'binary'."),
        (np.column_stack([TWO, TWO]), "binary", "but the target looks 'multilabel-indicator'."),
        (REAL, "multiclass", "Unknown label type: continuous."),
    ],
)
def test_a_target_of_another_type_is_refused(y, target_type, message):
    with pytest.raises(DataError, match=re.escape(message)):
        task(y, target_type)


def test_an_unknown_type_is_named_with_its_near_names():
    with pytest.raises(UnknownNameError, match=r"No target_type named 'binray'\..*Did you mean 'binary'\?"):
        check_target_type("binray")
    check_target_type("binary")
