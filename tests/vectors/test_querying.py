"""What a question is asked with."""

import copy
import pickle

import numpy as np
import pytest

from tabemb.exceptions import UnknownNameError
from tabemb.vectors import CategoryVectors
from tabemb.vectors.querying import is_several, is_vector


def test_lists_are_several_and_text_is_one():
    assert [is_several(each) for each in (["a"], ("a",), np.array(["a"]), {"a"})] == [True] * 4
    assert [is_several(each) for each in ("ab", b"ab", 7, np.array(7.0), None)] == [False] * 5


def test_a_vector_is_a_float_array_of_one_dimension():
    assert is_vector(np.ones(2, np.float16))
    assert not any(is_vector(each) for each in (np.ones((1, 2)), np.ones(2, int), [1.0, 2.0], np.float64(1)))


def test_rows_are_made_ready_once_for_each_metric_and_are_no_part_of_the_value(airports):
    twin = pickle.loads(pickle.dumps(airports))
    assert airports._searches == {}
    airports.most_similar("JFK")
    kept = airports._searched("cosine")
    airports.similarity_matrix()
    airports.rank("JFK", "SFO")
    assert airports._searched("cosine") is kept
    airports.most_similar("JFK", metric="dot")
    assert len(airports._searches) == 2
    assert airports == twin
    assert copy.deepcopy(airports) is airports
    for clone in (copy.copy, lambda it: pickle.loads(pickle.dumps(it))):
        assert clone(airports) == airports
        assert clone(airports)._searches == {}
    assert len(pickle.dumps(airports)) == len(pickle.dumps(twin))


def test_only_the_cosine_takes_rows_of_its_own(airports):
    assert airports._searched("dot")._rows is airports.vectors
    assert airports._searched("euclidean")._rows is airports.vectors
    assert airports._searched("cosine")._rows is not airports.vectors


def test_a_metric_is_a_name_or_an_object(airports):
    with pytest.raises(UnknownNameError, match="A metric is given as a name, a mapping with a 'name', or an instance"):
        airports.most_similar("JFK", metric=7)


def test_keys_of_any_type_ask():
    vectors = CategoryVectors([1, "1", True], [[1.0, 0], [0, 1], [1, 1]])
    assert [key for key, _ in vectors.most_similar(1)] == [True, "1"]
    assert vectors.most_similar(True, topn=1)[0][0] == 1
    assert type(vectors.most_similar(True, topn=1)[0][0]) is int


def test_the_order_of_memory_changes_no_answer():
    rows = np.random.default_rng(0).normal(size=(500, 9)).astype("f4")
    one, two = CategoryVectors(range(500), rows), CategoryVectors(range(500), np.asfortranarray(rows))
    for metric in ("cosine", "dot", "euclidean"):
        assert one.most_similar(3, metric=metric) == two.most_similar(3, metric=metric)
    assert one.distances(3).tolist() == two.distances(3).tolist()
    assert one.analogy(1, 2, 3, method="multiply") == two.analogy(1, 2, 3, method="multiply")
