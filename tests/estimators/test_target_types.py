"""What the target of an encoder is taken for."""

import re

import numpy as np
import pytest

from tabemb.estimators.target_types import MOST_INTEGER_CLASSES, check_target_type, task_of_type
from tabemb.exceptions import DataError, UnknownNameError
from tabemb.nn.tasks import Binary, Multiclass, Multilabel, MultiRegression, Regression

rng = np.random.default_rng(0)
TWO, THREE, REAL = rng.integers(0, 2, 240), rng.integers(0, 3, 240), rng.normal(size=240)
MANY = np.arange(240) % (MOST_INTEGER_CLASSES + 1)


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


def test_an_unknown_type_is_named_with_its_near_names():
    with pytest.raises(UnknownNameError, match=r"No target_type named 'binray'\..*Did you mean 'binary'\?"):
        check_target_type("binray")
    check_target_type("binary")
