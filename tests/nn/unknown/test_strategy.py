"""What every strategy keeps, over the registry: one that is registered tomorrow is tested tomorrow."""

import numpy as np
import pytest
from sklearn.base import clone

from tabemb.exceptions import UnknownNameError
from tabemb.nn.unknown import UNKNOWN_STRATEGIES, UnknownStrategy

strategies = pytest.mark.parametrize("name", sorted(UNKNOWN_STRATEGIES))
ROWS = np.random.default_rng(0).normal(size=(5, 3)).astype("float32")


def test_the_strategies():
    assert sorted(UNKNOWN_STRATEGIES) == ["learned", "mean", "nearest", "zero"]


@strategies
def test_a_row_is_as_long_as_the_others_and_of_their_type_and_they_stay(name):
    strategy, rows = UNKNOWN_STRATEGIES[name](), ROWS.copy()
    row = strategy.row(rows, np.ones(5, int))
    assert row is None or (row.shape, row.dtype) == ((3,), np.dtype("float32"))
    assert np.array_equal(rows, ROWS)


@strategies
def test_it_is_a_specification(name):
    strategy = UNKNOWN_STRATEGIES[name]()
    assert isinstance(strategy, UnknownStrategy)
    assert clone(strategy).get_params() == strategy.get_params()
    assert UNKNOWN_STRATEGIES.name_of(strategy) == name
    assert strategy.min_similarity is None or 0 < strategy.min_similarity <= 1


def test_an_unknown_name_is_told():
    with pytest.raises(UnknownNameError, match=r"No strategy for unknown categories named 'zeros'.*mean 'zero'"):
        UNKNOWN_STRATEGIES.resolve("zeros")
