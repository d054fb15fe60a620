import inspect
import typing

import numpy as np
import pytest
from sklearn.model_selection import KFold

from tabemb import EmbeddingClassifier, EmbeddingEncoder, EmbeddingRegressor
from tabemb.estimators import types


@pytest.mark.parametrize("estimator", [EmbeddingClassifier, EmbeddingEncoder, EmbeddingRegressor])
def test_each_parameter_has_a_type_that_its_default_fits(estimator):
    hints = typing.get_type_hints(estimator.__init__)
    parameters = inspect.signature(estimator).parameters
    assert set(parameters) == set(hints) - {"return"}
    assert [name for name, each in parameters.items() if not _fits(each.default, hints[name])] == []


def _fits(value, hint):
    """Return whether a default fits a union of classes, literals and None."""
    parts = typing.get_args(hint) if typing.get_origin(hint) not in (None, typing.Literal) else (hint,)
    plain = [part for part in parts if typing.get_origin(part) is None]
    literals = [each for part in parts if typing.get_origin(part) is typing.Literal for each in typing.get_args(part)]
    classes = [part for part in plain if part not in (types.Splitter, typing.Any)]
    return value in literals or isinstance(value, tuple(classes)) or (float in classes and isinstance(value, int))


def test_a_splitter_of_scikit_learn_has_its_methods():
    (method,) = [name for name in vars(types.Splitter) if not name.startswith("_")]
    assert len(list(getattr(KFold(2), method)(np.zeros((4, 1))))) == 2
