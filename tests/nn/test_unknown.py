"""Strategies for the vectors of unknown categories and of categories without training rows."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone

from tabemb.exceptions import UnknownNameError
from tabemb.nn.unknown import UNKNOWN_STRATEGIES, Learned, Mean, Nearest, Trained, UnknownStrategy, Zero

strategies = pytest.mark.parametrize("name", sorted(UNKNOWN_STRATEGIES))
ANY_ROWS = np.random.default_rng(0).normal(size=(5, 3)).astype("float32")


def test_the_strategies():
    assert sorted(UNKNOWN_STRATEGIES) == ["error", "learned", "mean", "nearest", "pretrained", "zero"]


@strategies
def test_a_row_has_the_length_and_dtype_of_the_others(name):
    strategy, rows = UNKNOWN_STRATEGIES[name](), ANY_ROWS.copy()
    row = strategy.row(rows, np.ones(5, int))
    assert row is None or (row.shape, row.dtype) == ((3,), np.dtype("float32"))
    assert np.array_equal(rows, ANY_ROWS)


@strategies
def test_it_is_a_specification(name):
    strategy = UNKNOWN_STRATEGIES[name]()
    assert isinstance(strategy, UnknownStrategy)
    assert clone(strategy).get_params() == strategy.get_params()
    assert UNKNOWN_STRATEGIES.name_of(strategy) == name
    assert strategy.min_similarity is None or 0 < strategy.min_similarity <= 1


def test_an_unknown_name_is_refused():
    with pytest.raises(UnknownNameError, match=r"No strategy for unknown categories named 'zeros'.*mean 'zero'"):
        UNKNOWN_STRATEGIES.resolve("zeros")


def test_learned_keeps_the_learned_vector_and_compares_no_names():
    assert Learned().row(np.ones((4, 2)), np.ones(4)) is None
    assert Learned().min_similarity is None


KNOWN_ROWS = np.array([[9.0, 9.0], [9.0, 9.0], [1.0, 0.0], [5.0, 4.0], [7.0, 7.0]])


def test_the_mean_is_weighted_by_rows_of_known_categories():
    assert Mean().row(KNOWN_ROWS, np.array([5, 5, 3, 1, 0])).tolist() == [2.0, 1.0]


def test_without_rows_of_categories_the_learned_vector_is_kept():
    assert Mean().row(KNOWN_ROWS, np.array([5, 5, 0, 0, 0])) is None


@given(st.lists(st.integers(0, 2**40), min_size=3, max_size=3).filter(any))
def test_the_mean_lies_between_the_known_vectors_and_is_weighted_by_their_cells(counts):
    row = Mean().row(KNOWN_ROWS.astype("float32"), np.array([1, 1, *counts]))
    assert (row >= KNOWN_ROWS[2:].min(axis=0) - 1e-5).all()
    assert (row <= KNOWN_ROWS[2:].max(axis=0) + 1e-5).all()
    np.testing.assert_allclose(row, np.average(KNOWN_ROWS[2:], axis=0, weights=counts), rtol=1e-5, atol=1e-6)


def test_nearest_keeps_the_learned_vector_if_no_name_is_similar():
    assert Nearest().row(np.ones((4, 2)), np.ones(4)) is None


def test_nearest_has_a_minimal_similarity():
    assert Nearest().min_similarity == 0.6
    assert Nearest(min_similarity=0.9).min_similarity == 0.9


def test_zero_is_zero_whatever_was_learned():
    assert Zero().row(np.full((4, 3), np.inf), np.zeros(4)).tolist() == [0, 0, 0]


ROWS = np.arange(20.0).reshape(5, 4)


def trained(counts, stand_ins, *, learns_unknown=True):
    return Trained(np.atleast_2d(counts), np.atleast_2d(stand_ins), learns_unknown)


def test_untrained_rows_get_the_vectors_of_their_stand_ins():
    rows = ROWS.copy()
    assert trained([0, 0, 4, 0, 0], [1, 1, 2, 1, 2]).serve(rows, Learned())
    assert np.array_equal(rows, ROWS[[1, 1, 2, 1, 2]])


def test_trained_rows_are_kept():
    rows = ROWS.copy()
    assert not trained([1, 0, 4, 1, 1], [0, 1, 2, 3, 4]).serve(rows, Learned())
    assert np.array_equal(rows, ROWS)


@pytest.mark.parametrize(("strategy", "expected"), [(Zero(), np.zeros(4)), (Mean(), ROWS[2:].mean(axis=0))])
def test_the_vector_of_the_strategy_is_for_unknown_and_untrained_rows(strategy, expected):
    rows = ROWS.copy()
    assert trained([0, 0, 2, 2, 2], [1, 1, 2, 3, 4]).serve(rows, strategy)
    assert np.array_equal(rows[:2], [expected, expected])
    assert np.array_equal(rows[2:], ROWS[2:])


@pytest.mark.parametrize(
    ("learns_unknown", "n_unknown", "strategy", "served"),
    [(False, 0, Learned(), False), (False, 3, Learned(), True), (True, 0, Learned(), True), (False, 0, Zero(), True)],
)
def test_an_untrained_unknown_vector_is_not_used(learns_unknown, n_unknown, strategy, served):
    rows = ROWS.copy()
    trained([0, n_unknown, 1, 1, 0], [1, 1, 2, 3, 2], learns_unknown=learns_unknown).serve(rows, strategy)
    assert np.array_equal(rows[0], rows[1] if served else ROWS[0])
    # A similar category was trained.
    assert np.array_equal(rows[4], ROWS[2])


def test_each_member_has_its_own_slice():
    rows = ROWS.copy()
    trained([[1, 0, 2, 2, 0], [1, 0, 2, 0, 2]], [[0, 1, 2, 3, 1], [0, 1, 2, 2, 4]]).serve(rows, Mean())
    assert np.array_equal(rows[1], [*ROWS[[2, 3], :2].mean(axis=0), *ROWS[[2, 4], 2:].mean(axis=0)])
    assert np.array_equal(rows[4], [*rows[1, :2], *ROWS[4, 2:]])
    assert np.array_equal(rows[3], [*ROWS[3, :2], *ROWS[2, 2:]])


def test_a_row_of_a_shared_table_is_trained_if_any_column_trained_it():
    one = trained([0, 0, 3, 0, 0], [1, 1, 2, 2, 1], learns_unknown=False)
    two = trained([0, 1, 4, 5, 0], [1, 1, 2, 3, 1])
    both = Trained.together([one, two])
    assert both.counts.tolist() == [[0, 1, 7, 5, 0]]
    assert both.stand_ins.tolist() == [[1, 1, 2, 3, 1]]
    assert both.learns_unknown
    assert not Trained.together([one]).learns_unknown


@pytest.mark.parametrize(("name", "param"), [("nearest", "min_similarity"), ("pretrained", "min_cosine")])
def test_a_strategy_checks_its_parameter(name, param):
    for value in (0, 1.5, "most", None, True):
        with pytest.raises(ValueError, match=re.escape(f"{param} must be a number in (0, 1], got {value!r}.")):
            UNKNOWN_STRATEGIES.resolve({"name": name, param: value}).check()


@pytest.mark.parametrize("name", sorted(UNKNOWN_STRATEGIES))
def test_the_defaults_of_a_strategy_are_right(name):
    UNKNOWN_STRATEGIES[name]().check()
