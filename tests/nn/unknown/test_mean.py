"""The mean of the known vectors."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tabemb.nn.unknown import Mean

ROWS = np.array([[9.0, 9.0], [9.0, 9.0], [1.0, 0.0], [5.0, 4.0], [7.0, 7.0]])


def test_each_category_counts_by_its_rows_and_missing_and_unknown_cells_do_not():
    assert Mean().row(ROWS, np.array([5, 5, 3, 1, 0])).tolist() == [2.0, 1.0]


def test_where_no_category_counts_the_learned_vector_stays():
    assert Mean().row(ROWS, np.array([5, 5, 0, 0, 0])) is None


@given(st.lists(st.integers(0, 2**40), min_size=3, max_size=3).filter(any))
def test_it_lies_between_the_known_ones_and_is_that_of_the_cells(counts):
    row = Mean().row(ROWS.astype("float32"), np.array([1, 1, *counts]))
    assert (row >= ROWS[2:].min(axis=0) - 1e-5).all()
    assert (row <= ROWS[2:].max(axis=0) + 1e-5).all()
    np.testing.assert_allclose(row, np.average(ROWS[2:], axis=0, weights=counts), rtol=1e-5, atol=1e-6)
