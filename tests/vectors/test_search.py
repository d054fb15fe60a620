"""Exact search: the results of float64, in batches as alone, and filters."""

import re

import numpy as np
import pytest

from tabemb.exceptions import DataError
from tabemb.vectors import CategoryVectors
from tabemb.vectors.keyed_matrix import KeyedMatrix
from tabemb.vectors.metrics import METRICS
from tabemb.vectors.search import CHUNK, Search, allowed_rows, check_topn


def plain(rows, query, metric, topn, without=(), allowed=None):
    """Return what sorting all scores gives."""
    scores = metric.scores(rows.astype("f8"), query)
    order = np.argsort(scores if metric.smaller_first else -scores, kind="stable")
    return [i for i in order.tolist() if i not in without and (allowed is None or allowed[i])][:topn]


# Rows in a block of the product, here.
ROWS = 4 * CHUNK
SHAPES = [(1, 1), (2, 3), (CHUNK, 2), (CHUNK + 1, 2), (ROWS, 3), (ROWS + 1, 3), (9 * ROWS + 100, 4)]


@pytest.mark.parametrize("name", sorted(METRICS))
@pytest.mark.parametrize(("n", "dim"), SHAPES)
@pytest.mark.parametrize("data", ["normal", "ties", "huge", "far away"])
def test_search_equals_sorting_all_scores(name, n, dim, data, monkeypatch):
    monkeypatch.setattr("tabemb.vectors.search.ROWS", ROWS)
    monkeypatch.setattr("tabemb.vectors.search.QUERIES", 4)
    rng = np.random.default_rng(n + dim)
    rows = rng.normal(size=(n, dim))
    made = {"normal": rows, "ties": rows.round(), "huge": rows * 1e38, "far away": rows / 100 + 1000}[data]
    rows, metric = np.clip(made, -3e38, 3e38).astype("f4"), METRICS.resolve(name)
    queries = np.vstack([rows[rng.integers(0, n, 3)], rng.normal(size=(2, dim)), np.zeros((1, dim))]).astype("f8")
    without = [rng.integers(0, n, 2).tolist() if n > 2 else [] for _ in queries]
    allowed = rng.random(n) < 0.5
    search = Search(rows, metric)
    for options in ({}, {"without": without}, {"allowed": allowed}, {"without": without, "allowed": allowed}):
        for topn in (1, 7, 100):
            found = [(r.tolist(), s.tolist()) for r, s in search.nearest(queries, topn, **options)]
            shut = options.get("without", [()] * len(queries))
            for query, mine, (got, scores) in zip(queries, shut, found, strict=True):
                assert got == plain(rows, query, metric, topn, mine, options.get("allowed"))
                assert scores == search.scores(query, np.array(got, dtype=np.intp)).tolist()


@pytest.mark.parametrize("name", sorted(METRICS))
def test_a_single_query_equals_a_batch(name):
    rng = np.random.default_rng(5)
    rows = rng.normal(size=(3000, 6)).round(1).astype("f4")
    search, queries = Search(rows, METRICS.resolve(name)), rng.normal(size=(600, 6)).round(1)
    together = list(search.nearest(queries, 5))
    for place in range(0, 600, 7):
        ((alone, scores),) = search.nearest(queries[place : place + 1], 5)
        assert alone.tolist() == together[place][0].tolist()
        assert scores.tolist() == together[place][1].tolist()


def test_rows_equal_in_float32_are_sorted_in_float64():
    rows = np.float32([[1, 0], [1, 3e-4], [1, 1e-4], [1, 2e-4]])
    ((found, scores),) = Search(rows, METRICS.resolve("cosine")).nearest(np.array([[1.0, 0.0]]), 4)
    assert found.tolist() == [0, 2, 3, 1]
    assert (np.diff(scores) < 0).all()


def test_no_rows_no_results():
    search = Search(np.empty((0, 3), np.float32), METRICS.resolve("euclidean"))
    assert [rows.tolist() for rows, _ in search.nearest(np.zeros((2, 3)), 4)] == [[], []]
    assert search.scores(np.zeros(3)).shape == (0,)


def test_topn_is_a_whole_number_from_one():
    assert check_topn(np.int64(2)) == 2
    with pytest.raises(DataError, match=r"topn must be a positive integer, the number of results; got 0\."):
        check_topn(0)


def test_no_filter_is_none():
    assert allowed_rows(KeyedMatrix(["a"], [[1]])) is None


def test_filters_are_combined():
    counted = KeyedMatrix("abc", [[1], [2], [3]], [9, 5, 1])
    assert allowed_rows(counted, min_count=5).tolist() == [True, True, False]
    assert allowed_rows(KeyedMatrix("abc", [[1], [2], [3]]), where=lambda key: key > "a").tolist() == [
        False,
        True,
        True,
    ]
    asked = []
    allowed_rows(counted, min_count=5, where=lambda key: not asked.append(key))
    assert asked == ["a", "b"]


def test_filters_apply_to_results_not_queries(airports):
    assert [key for key, _ in airports.most_similar("OAK", min_count=5)] == ["LGA", "JFK"]
    assert [key for key, _ in airports.most_similar("JFK", where=lambda key: key.endswith("O"))] == ["SFO"]
    assert airports.most_similar("JFK", where=lambda key: key == "JFK") == []
    assert [key for key, _ in airports.most_similar_batch(["JFK"], where=lambda key: "A" in key)[0]] == ["LGA", "OAK"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"min_count": 10},
            "Column 'dest': none of 4 categories has a count of 10 or more; the most frequent one has 9.",
        ),
        ({"where": lambda key: False}, "Column 'dest': where=... excludes all categories."),
        (
            {"where": lambda key: key == "OAK", "min_count": 2},
            "Column 'dest': where=... excludes all categories that have a count of 2 or more.",
        ),
        ({"min_count": -1}, "min_count must be a number of rows, an integer of at least 0; got -1."),
        ({"min_count": 1.5}, "min_count must be a number of rows, an integer of at least 0; got 1.5."),
        ({"min_count": True}, "min_count must be a number of rows, an integer of at least 0; got True."),
        (
            {"where": "N"},
            "where must be a function of a key that returns whether it may be a result, such as lambda key:",
        ),
    ],
)
def test_invalid_filters_are_refused(airports, options, message):
    with pytest.raises(DataError, match=re.escape(message)):
        airports.most_similar("JFK", **options)
    with pytest.raises(DataError, match=re.escape(message)):
        airports.most_similar_batch(["JFK"], **options)
    with pytest.raises(DataError, match=re.escape(message)):
        airports.analogy("JFK", "LGA", "SFO", **options)


def test_min_count_needs_counts():
    with pytest.raises(DataError, match="min_count requires counts, and these vectors have none; leave it out"):
        CategoryVectors("ab", [[1], [2]]).most_similar("a", min_count=1)


def test_errors_in_where_note_the_key():
    with pytest.raises(AttributeError) as caught:
        CategoryVectors(["a", 7], [[1], [2]]).most_similar("a", where=lambda key: key.startswith("N"))
    assert caught.value.__notes__ == ["where=... was called with the key 7, of type int."]


def test_a_column_without_categories_has_nothing_to_filter():
    empty = CategoryVectors([], np.empty((0, 2)), [])
    assert empty.most_similar(np.ones(2), min_count=3, where=bool) == []
