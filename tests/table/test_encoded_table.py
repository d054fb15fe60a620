import numpy as np
import pytest

from tabemb.exceptions import DataError
from tabemb.table.bags import Bags
from tabemb.table.encoded_table import EncodedTable


def table():
    return EncodedTable(np.arange(6, dtype=np.int32).reshape(3, 2), np.arange(3, dtype=np.float32).reshape(3, 1))


def test_length_and_bytes():
    assert len(table()) == 3
    assert table().nbytes == 3 * 2 * 4 + 3 * 4


@pytest.mark.parametrize("rows", [np.array([2, 0]), np.array([True, False, True]), slice(0, 3, 2)])
def test_take_selects_the_same_rows_of_both_matrices(rows):
    part = table().take(rows)
    assert sorted(part.indices[:, 0].tolist()) == [0, 4]
    assert (part.indices[:, 0] / 2 == part.numbers[:, 0]).all()


def test_float_indices_are_refused():
    with pytest.raises(DataError, match=r"holds int32 indices and float32 numbers; got float32 and float32\."):
        EncodedTable(np.zeros((1, 1), np.float32), np.zeros((1, 1), np.float32))


@pytest.mark.parametrize("numbers", [np.zeros((2, 1), np.float32), np.zeros(3, np.float32)])
def test_the_matrices_have_the_same_rows(numbers):
    with pytest.raises(DataError, match="Indices and numbers must be two matrices with the same rows"):
        EncodedTable(np.zeros((3, 1), np.int32), numbers)


def test_either_matrix_may_have_no_columns():
    assert len(EncodedTable(np.zeros((3, 0), np.int32), np.zeros((3, 1), np.float32))) == 3
    assert len(EncodedTable(np.zeros((3, 1), np.int32), np.zeros((3, 0), np.float32))) == 3


def test_a_table_with_one_value_per_cell_keeps_the_other_columns():
    bags = Bags(np.array([0, 1, 5, 6], np.int32), np.array([0, 1, 2, 4]))
    indices = np.array([[4, 2], [5, 0], [6, 1]], np.int32)
    table = EncodedTable(indices, np.zeros((3, 1), np.float32), {1: bags})
    drawn = table.with_one_value(np.random.default_rng(0))
    assert drawn.indices[:, 0].tolist() == [4, 5, 6]
    assert drawn.indices[0, 1] in (5, 6)
    assert drawn.indices[1:, 1].tolist() == [0, 1]
    assert not drawn.bags
    assert indices[0, 1] == 2
    assert drawn.with_one_value(np.random.default_rng(0)) is drawn


def test_values_of_cells_are_counted_and_found():
    bags = Bags(np.array([0, 1, 5, 6, 5], np.int32), np.array([0, 1, 2, 4, 5]))
    indices = np.array([[4, 2], [5, 0], [6, 3], [6, 2]], np.int32)
    table = EncodedTable(indices, np.zeros((4, 1), np.float32), {1: bags})
    assert table.counts(1, 7).tolist() == [1, 0, 0, 0, 0, 3, 2]
    assert table.counts(1, 7, np.array([0, 3])).tolist() == [0, 0, 0, 0, 0, 2, 2]
    assert table.counts(0, 7).tolist() == [0, 0, 0, 0, 1, 1, 2]
    assert [each.tolist() for each in table.occurrences(1)] == [[0, 0, 1, 2, 3, 3], [5, 6, 0, 5, 5, 6]]
    part = table.take(np.array([2]))
    assert part.compact().bags[1].values.tolist() == [0, 1, 5]
    assert sorted(part.inputs()) == ["indices", "numbers", "offsets_1", "values_1", "weights_1"]
    assert table.nbytes == indices.nbytes + 16 + bags.nbytes
    other = table.with_numbers(np.ones((4, 2), np.float32))
    assert other.bags is table.bags
