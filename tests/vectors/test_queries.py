"""Queries read from keys and vectors."""

import re

import numpy as np
import pytest

from tabemb.exceptions import DataError, UnknownKeyError
from tabemb.vectors.metrics import Cosine, Dot
from tabemb.vectors.queries import is_vector, read_items, read_list, read_queries, read_query


def test_a_vector_is_a_float_array_of_one_dimension():
    assert is_vector(np.ones(2, np.float16))
    assert not any(is_vector(each) for each in (np.ones((1, 2)), np.ones(2, int), [1.0, 2.0], np.float64(1)))


def test_keys_have_rows_and_vectors_have_none(airports):
    items = read_items(airports, ["SFO", np.array([1.0, 2.0]), "JFK"])
    assert items.rows == [2, 0]
    assert items.vectors.tolist() == [airports["SFO"].tolist(), [1, 2], airports["JFK"].tolist()]
    assert read_items(airports, "LGA").rows == [1]
    assert read_items(airports, []).vectors.shape == (0, 2)


def test_a_query_is_a_point_and_the_rows_that_it_excludes(airports):
    query = read_query(airports, ["JFK"], "SFO", Dot())
    assert query.point.tolist() == (airports["JFK"].astype(float) - airports["SFO"]).tolist()
    assert query.rows == [0, 2]


def test_many_queries_are_read_alike_and_errors_name_them(airports):
    read = read_queries(airports, ["JFK", ("LGA", ["OAK"])], Cosine())
    assert [query.rows for query in read] == [[0], [1, 3]]
    with pytest.raises(UnknownKeyError, match="Query 1: No category 'BOS'"):
        read_queries(airports, ["JFK", "BOS"], Cosine())


def test_a_list_names_the_method_that_needs_it(airports):
    assert read_list(airports, ["JFK", "SFO"], "mean_vector", least=1).rows == [0, 2]
    for keys, message in (("JFK", "m takes a list of keys; got 'JFK'."), (["JFK"], "m needs at least 2 keys; got 1.")):
        with pytest.raises(DataError, match=re.escape(message)):
            read_list(airports, keys, "m", least=2)
