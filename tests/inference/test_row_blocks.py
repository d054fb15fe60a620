"""Tables in blocks of rows of the same width."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabemb.exceptions import FormatError
from tabemb.inference.row_blocks import RowBlocks, used_dimensions


@st.composite
def tables(draw):
    n_slices, most = draw(st.sampled_from([1, 2, 4])), draw(st.integers(1, 5))
    widths = [most, *draw(st.lists(st.integers(1, most), max_size=4))]
    blocks = tuple((draw(st.integers(1, 4)), width * n_slices) for width in widths)
    vectors = np.arange(1, 1 + sum(size for size, _ in blocks) * most * n_slices, dtype=np.float32)
    vectors = vectors.reshape(-1, most * n_slices)
    used = np.concatenate([np.tile(used_dimensions(most * n_slices, w, n_slices), (size, 1)) for size, w in blocks])
    return RowBlocks(np.where(used, vectors, 0), blocks, n_slices)


@given(tables())
def test_nothing_is_lost_and_no_zero_is_kept(table):
    layout = json.loads(json.dumps(table.layout()))
    again = RowBlocks.unpacked(table.packed(), layout)
    assert np.array_equal(again.vectors, table.vectors)
    assert (again.blocks, again.n_slices) == (table.blocks, table.n_slices)
    assert table.packed().size == sum(size * width for size, width in table.blocks) == np.count_nonzero(table.vectors)


@pytest.mark.parametrize(
    "layout",
    [
        {"blocks": [[1, 2]], "n_slices": 1},
        {"blocks": [[10**12, 2]], "n_slices": 1},
        {"blocks": [[2, 2], [-1, 1]], "n_slices": 1},
        {"blocks": [[1, 3]], "n_slices": 2},
        {"blocks": [[1, 3]], "n_slices": 0},
        {"blocks": [], "n_slices": 1},
        {"blocks": [3], "n_slices": 1},
        {"blocks": "none", "n_slices": 1},
        {"n_slices": 1},
        None,
    ],
)
def test_blocks_of_other_numbers_are_refused(layout):
    with pytest.raises(FormatError):
        RowBlocks.unpacked(np.ones(3, np.float32), layout)
