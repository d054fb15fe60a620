"""The value behind vectors: keys, rows, equality, pickling, wrapping."""

import copy
import pickle
import re

import numpy as np
import pytest

from tabemb import CategoryVectors
from tabemb.exceptions import DataError, UnknownKeyError
from tabemb.table.schema import CategoricalColumn
from tabemb.vectors.cell_pooling import CellPooling
from tabemb.vectors.keyed_matrix import KeyedMatrix
from tabemb.vectors.sampling_noise import SamplingNoise

KEYS = ["JFK", 1, True, 2.5]
ROWS = np.arange(8, dtype=np.float32).reshape(4, 2)
NOISE = SamplingNoise(np.diag([0.5, 2.0]), rows=4.0, exponent=-1.0, n_refits=5)


@pytest.fixture
def matrix():
    return KeyedMatrix(KEYS, ROWS, [9, 5, 3, 1], name="origin", unknown=[0.5, 0.5], missing=[0.0, -1.0])


def test_rows_are_found_by_typed_keys(matrix):
    assert matrix[1].tolist() == matrix[1.0].tolist() == [2, 3]
    assert matrix[True].tolist() == [4, 5]
    with pytest.raises(UnknownKeyError, match=re.escape("No category '1' in column 'origin'")):
        matrix["1"]


def test_keys_behave_as_those_of_a_mapping(matrix):
    assert list(matrix.keys()) == matrix.index_to_key == list(matrix) == KEYS
    assert len(matrix.keys()) == len(matrix) == 4
    assert 2.5 in matrix.keys()  # noqa: SIM118
    assert "LGA" not in matrix.keys()  # noqa: SIM118
    few = KeyedMatrix(["a", "b"], [[1.0], [2.0]])
    assert {key: row.tolist() for key, row in dict(few).items()} == {"a": [1.0], "b": [2.0]}


def test_arrays_are_copies_and_read_only(matrix):
    with pytest.raises(ValueError, match="read-only"):
        matrix.vectors[0, 0] = 1
    assert matrix.vectors.base is not ROWS


def test_replace_keeps_what_is_not_given(matrix):
    made = matrix.replace(ROWS[:, :2] * 2, unknown=[1.0, 1.0])
    assert (made.index_to_key, made.name, made.counts.tolist()) == (KEYS, "origin", [9, 5, 3, 1])
    assert (made.unknown.tolist(), made.missing.tolist()) == ([1, 1], [0, -1])
    assert made.vectors.tolist() == (ROWS * 2).tolist()
    with pytest.raises(DataError, match=r"Column 'origin': expected unknown of shape 3, got 2\."):
        matrix.replace(np.zeros((4, 3)))


def test_wrapping_shares_the_arrays(matrix):
    wrapped = CategoryVectors.wrap(matrix)
    assert type(wrapped) is CategoryVectors
    assert wrapped.vectors is matrix.vectors
    assert wrapped == matrix
    assert wrapped.most_similar(1, topn=1)[0][0] in KEYS


@pytest.mark.parametrize("cls", [KeyedMatrix, CategoryVectors])
def test_a_pickle_gives_the_same_value_of_the_same_class(cls, matrix):
    value = cls.wrap(matrix)
    again = pickle.loads(pickle.dumps(value))
    assert type(again) is cls
    assert again == value
    assert not again.vectors.flags.writeable
    assert copy.deepcopy(value) is value


def test_values_differ_in_each_part(matrix):
    assert matrix == KeyedMatrix(KEYS, ROWS, [9, 5, 3, 1], name="origin", unknown=[0.5, 0.5], missing=[0.0, -1.0])
    assert matrix != KeyedMatrix(KEYS, ROWS, [9, 5, 3, 1], name="dest", unknown=[0.5, 0.5], missing=[0.0, -1.0])
    assert matrix != KeyedMatrix(KEYS, ROWS, name="origin", unknown=[0.5, 0.5], missing=[0.0, -1.0])
    assert matrix != KeyedMatrix(KEYS, ROWS, [9, 5, 3, 1], name="origin")
    assert matrix != "matrix"
    with pytest.raises(TypeError, match="unhashable"):
        hash(matrix)


def test_the_repr_names_class_column_and_shape(matrix):
    assert repr(matrix) == "KeyedMatrix(origin: 4 categories x 2)"
    assert repr(KeyedMatrix(["a"], [[1.0]])) == "KeyedMatrix(1 category x 1)"


def test_with_noise_changes_nothing_else(matrix):
    assert matrix.noise is None
    noisy = matrix.with_noise(NOISE)
    assert noisy.noise is NOISE
    assert noisy != matrix
    assert noisy.with_noise(None) == matrix
    assert noisy.vectors.tobytes() == matrix.vectors.tobytes()
    assert type(CategoryVectors.wrap(matrix).with_noise(NOISE)) is CategoryVectors


def test_equality_compares_the_noise(matrix):
    other = SamplingNoise(np.diag([0.5, 2.0]), rows=5.0, exponent=-1.0, n_refits=5)
    assert matrix.with_noise(NOISE) == matrix.with_noise(SamplingNoise(np.diag([0.5, 2.0]), 4.0, -1.0, 5))
    assert matrix.with_noise(NOISE) != matrix.with_noise(other)


@pytest.mark.parametrize("cls", [KeyedMatrix, CategoryVectors])
@pytest.mark.parametrize("same", [lambda value: pickle.loads(pickle.dumps(value)), copy.copy, copy.deepcopy])
def test_copies_keep_the_noise(cls, same, matrix):
    again = same(cls.wrap(matrix.with_noise(NOISE)))
    assert type(again) is cls
    assert again.noise == NOISE


def test_wrapping_keeps_the_noise(matrix):
    assert CategoryVectors.wrap(matrix.with_noise(NOISE)).noise is NOISE


def test_other_vectors_have_no_noise(matrix):
    noisy = matrix.with_noise(NOISE)
    assert noisy.replace(ROWS * 2).noise is None
    assert noisy.replace(ROWS).noise is None


def test_noise_has_the_dimensions_of_the_vectors(matrix):
    with pytest.raises(DataError, match="Column 'origin': expected noise of 2 dimensions, as the vectors have, got 3"):
        matrix.with_noise(SamplingNoise(np.eye(3), 4.0, -1.0, 5))


def test_the_pooling_of_cells_is_kept_but_not_compared(matrix):
    column = CategoricalColumn("origin", "origin", split="|")
    given = {"name": "origin", "unknown": [0.5, 0.5], "missing": [0.0, -1.0]}
    plain = KeyedMatrix(KEYS, ROWS, [9, 5, 3, 1], pooling=CellPooling(column), **given)
    learned = KeyedMatrix(KEYS, ROWS, [9, 5, 3, 1], pooling=CellPooling(column, np.ones(2, np.float32)), **given)
    assert plain == learned == matrix
    assert matrix.pooling is None
    for each in (plain, learned):
        for made in (each.with_noise(NOISE), CategoryVectors.wrap(each), copy.copy(each)):
            assert made.pooling.column == column
        again = pickle.loads(pickle.dumps(each)).pooling
        assert again.column == column
        assert (again.query is None) == (each.pooling.query is None)
    # Learned weights belong to the vectors that they were learned with.
    assert plain.replace(ROWS).pooling is plain.pooling
    assert learned.replace(ROWS).pooling is None
