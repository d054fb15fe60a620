import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabemb.exceptions import DataError, UnknownNameError
from tabemb.table.bags import POOLINGS, Bags

CELLS = st.lists(st.lists(st.integers(0, 9), min_size=1, max_size=4), min_size=1, max_size=6)


def bags_of(cells, pooling="mean", weights=None):
    offsets = np.concatenate([[0], np.cumsum([len(cell) for cell in cells])])
    return Bags(np.array([value for cell in cells for value in cell], np.int32), offsets, weights, pooling)


@given(CELLS, st.data())
def test_occurrences_are_the_values_of_the_cells_of_rows(cells, data):
    rows = np.array(data.draw(st.lists(st.integers(0, len(cells) - 1), max_size=8)), np.int32)
    owners, values = bags_of(cells).occurrences(rows)
    assert owners.tolist() == [row for row, cell in enumerate(rows) for _ in cells[cell]]
    assert values.tolist() == [value for cell in rows for value in cells[cell]]


@given(CELLS, st.data())
def test_compact_bags_hold_the_same_cells_and_none_that_no_row_has(cells, data):
    bags = bags_of([[0], [1], *cells])
    rows = np.array(data.draw(st.lists(st.integers(0, len(cells) + 1), max_size=8)), np.int32)
    fewer, numbers = bags.compact(rows)
    assert len(fewer) == len({0, 1, *rows.tolist()})
    assert [each.tolist() for each in fewer.occurrences(numbers)] == [each.tolist() for each in bags.occurrences(rows)]
    assert numbers.dtype == np.int32
    assert fewer.occurrences(np.array([0, 1]))[1].tolist() == [0, 1]


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("pooling", POOLINGS)
def test_vectors_are_pooled_by_cell(pooling, weighted):
    rng = np.random.default_rng(0)
    vectors, query = rng.normal(size=(10, 3)), rng.normal(size=3)
    cells = [[0], [1], [2, 3, 3], [9]]
    weights = np.array([1, 1, 2, 0.5, 1, 3], np.float32) if weighted else None
    pooled = bags_of(cells, pooling, weights).pooled(vectors, query if pooling == "attention" else None)
    of_values = np.ones(6) if weights is None else weights
    for number, (cell, own) in enumerate(zip(cells, np.split(of_values, [1, 2, 5]), strict=True)):
        factors = {
            "mean": own / own.sum(),
            "sum": own,
            "sqrtn": own / np.sqrt((own**2).sum()),
            "attention": own * np.exp(vectors[cell] @ query) / (own * np.exp(vectors[cell] @ query)).sum(),
        }
        np.testing.assert_allclose(pooled[number], factors[pooling] @ vectors[cell], rtol=1e-6)


@pytest.mark.parametrize(
    ("offsets", "weights"), [([0, 2], None), ([1, 3], None), ([0, 0, 3], None), ([], None), ([0, 3], np.ones(2))]
)
def test_bags_that_do_not_fit_together_are_refused(offsets, weights):
    with pytest.raises(DataError, match="offsets of bags must begin at 0"):
        Bags(np.zeros(3, np.int32), np.array(offsets, np.int64), weights)


def test_an_unknown_pooling_is_refused():
    with pytest.raises(UnknownNameError, match=r"pooling named 'meen'.*Did you mean 'mean'"):
        bags_of([[0]], "meen")


def test_other_values_leave_the_cells_as_they_are():
    bags = bags_of([[0], [1], [2, 3]], "sum", np.array([1, 1, 2, 5], np.float32))
    other = bags.with_values(np.array([0, 1, 7, 8]))
    assert (other.values.tolist(), other.offsets is bags.offsets, other.weights is bags.weights, other.pooling) == (
        [0, 1, 7, 8],
        True,
        True,
        "sum",
    )
    assert other.nbytes == 4 * 4 + 8 * 4 + 4 * 4


def test_joined_bags_hold_the_cells_of_all_parts():
    weighted = bags_of([[2, 3]], "sum", np.array([1, 2], np.float32))
    joined = Bags.joined([bags_of([[0], [5, 5]], "sum"), Bags.of_single(2), weighted])
    assert [cell.tolist() for cell in np.split(joined.values, joined.offsets[1:-1])] == [[0], [5, 5], [0], [1], [2, 3]]
    assert joined.weights.tolist() == [1, 1, 1, 1, 1, 1, 2]
    assert joined.pooling == "sum"
