"""Combinations of categories as codes."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabemb.exceptions import DataError, FormatError
from tabemb.table.crosses import Crosses

SIZES = [5, 4, 7]
INDICES = st.lists(st.tuples(*(st.integers(0, size - 1) for size in SIZES)), min_size=1, max_size=40)
CROSSES = [(0,), (0, 1), (2, 0), (0, 1, 2)]


@given(INDICES, INDICES)
def test_rows_share_a_code_exactly_if_they_share_all_categories(fitted, asked):
    crosses, fitted, asked = Crosses(CROSSES, SIZES), np.array(fitted), np.array(asked)
    codes, more = crosses.fit_codes(fitted), crosses.codes(asked)
    assert np.array_equal(np.stack(crosses.codes(fitted)), np.stack(codes))
    for place, cross in enumerate(CROSSES):
        known = {tuple(row): code for row, code in zip(fitted[:, cross].tolist(), codes[place], strict=True)}
        assert sorted(set(known.values())) == list(range(len(known)))
        assert crosses.n_codes[place] == len(known)
        assert more[place].tolist() == [known.get(tuple(row), len(known)) for row in asked[:, cross].tolist()]


def test_combinations_beyond_32_bits_are_told_apart():
    size = 2**31
    crosses = Crosses([(0, 1)], [size, size])
    rows = np.array([[0, 1], [1, 0], [size - 1, size - 1], [size - 1, size - 2]])
    assert len(set(crosses.fit_codes(rows)[0])) == 4


@pytest.mark.parametrize(
    ("columns", "message"),
    [([()], "at least one column"), ([(0, 1, 2)], "more combinations than fit into 64 bits. Cross fewer columns.")],
)
def test_crosses_that_are_none_are_refused(columns, message):
    with pytest.raises(DataError, match=re.escape(message)):
        Crosses(columns, [2**31] * 3)


def test_saved_crosses_are_the_same():
    crosses = Crosses(CROSSES, SIZES)
    rows = np.random.default_rng(0).integers(0, 4, (20, 3))
    crosses.fit_codes(rows)
    state, arrays = crosses.to_state()
    again = Crosses.from_state(state, arrays)
    asked = np.random.default_rng(1).integers(0, 4, (20, 3))
    assert np.array_equal(np.stack(again.codes(asked)), np.stack(crosses.codes(asked)))
    for damaged in (arrays["keys_1"][::-1], arrays["keys_1"].astype(float), arrays["keys_1"][:0]):
        with pytest.raises(FormatError, match="combinations of a cross are damaged"):
            Crosses.from_state(state, arrays | {"keys_1": damaged})


def test_categories_beyond_the_fitted_sizes_have_no_combination():
    """The key of a category that a vocabulary got later equals that of another combination."""
    crosses = Crosses([(0, 1), (0,)], [4, 3])
    crosses.fit_codes(np.array([[3, 0], [3, 1], [2, 2]]))
    codes = crosses.codes(np.array([[2, 3], [2, 4], [9, 0]]))
    assert [each.tolist() for each in codes] == [[3, 3, 3], [0, 0, 2]]
