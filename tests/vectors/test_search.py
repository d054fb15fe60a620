"""Exact search: the answers of float64, and the same whether alone or among many."""

import numpy as np
import pytest

from tabemb.exceptions import DataError
from tabemb.vectors.metrics import METRICS
from tabemb.vectors.search import CHUNK, Search, checked_topn


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
def test_it_finds_what_sorting_all_scores_finds(name, n, dim, data, monkeypatch):
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
def test_a_query_is_answered_alone_as_among_many(name):
    rng = np.random.default_rng(5)
    rows = rng.normal(size=(3000, 6)).round(1).astype("f4")
    search, queries = Search(rows, METRICS.resolve(name)), rng.normal(size=(600, 6)).round(1)
    together = list(search.nearest(queries, 5))
    for place in range(0, 600, 7):
        ((alone, scores),) = search.nearest(queries[place : place + 1], 5)
        assert alone.tolist() == together[place][0].tolist()
        assert scores.tolist() == together[place][1].tolist()


def test_rows_that_float32_cannot_tell_apart_are_ordered_by_float64():
    rows = np.float32([[1, 0], [1, 3e-4], [1, 1e-4], [1, 2e-4]])
    ((found, scores),) = Search(rows, METRICS.resolve("cosine")).nearest(np.array([[1.0, 0.0]]), 4)
    assert found.tolist() == [0, 2, 3, 1]
    assert (np.diff(scores) < 0).all()


def test_nothing_is_found_among_no_rows():
    search = Search(np.empty((0, 3), np.float32), METRICS.resolve("euclidean"))
    assert [rows.tolist() for rows, _ in search.nearest(np.zeros((2, 3)), 4)] == [[], []]
    assert search.scores(np.zeros(3)).shape == (0,)


def test_topn_is_a_whole_number_from_one():
    assert checked_topn(np.int64(2)) == 2
    with pytest.raises(
        DataError, match=r"topn is how many neighbours to return: expected a whole number from 1, got 0\."
    ):
        checked_topn(0)
