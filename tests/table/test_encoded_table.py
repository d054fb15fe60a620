import numpy as np
import pytest

from tabemb.exceptions import DataError
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
