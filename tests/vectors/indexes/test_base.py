"""Contract tests for all registered indexes."""

import re

import numpy as np
import pandas as pd
import pytest

from tabemb.exceptions import DataError
from tabemb.vectors.indexes import INDEXES
from tabemb.vectors.indexes.base import label_array
from tabemb.vectors.metrics import METRICS

kinds = pytest.mark.parametrize("kind", sorted(INDEXES))


def build(kind, rows, metric="cosine", labels=None):
    rows = np.asarray(rows, np.float32)
    names = np.arange(len(rows)) if labels is None else labels
    return INDEXES.resolve(kind).build(rows, names, METRICS.resolve(metric))


@kinds
def test_shape_of_results_for_one_and_many_queries(kind):
    rows = np.random.default_rng(0).normal(size=(50, 3))
    index = build(kind, rows)
    many, one = index.search(rows[:4], topn=3), index.search(rows[0], topn=3)
    assert many.keys.shape == many.scores.shape == (4, 3)
    assert one.keys.shape == one.scores.shape == (3,)
    assert many.keys[0].tolist() == one.keys.tolist()
    assert many.keys[:, 0].tolist() == [0, 1, 2, 3]
    assert (np.diff(many.scores, axis=1) <= 0).all()
    assert index.search(pd.DataFrame(rows), topn=1).keys.ravel().tolist() == list(range(50))
    assert index.search(np.empty((0, 3))).keys.shape == (0, 10)
    assert (len(index), index.dim, index.metric) == (50, 3, "cosine")


@kinds
def test_fewer_results_if_there_are_fewer_rows(kind):
    assert build(kind, [[1, 0], [0, 1]]).search([[1.0, 0.5]], topn=9).keys.tolist() == [[0, 1]]
    assert build(kind, np.empty((0, 2))).search([[1.0, 0.5]]).keys.shape == (1, 0)


@kinds
@pytest.mark.parametrize("metric", sorted(METRICS))
def test_ties_are_sorted_by_row_and_zeros_give_no_nan(kind, metric):
    rows = [[0, 1], [0, 0], [0, 1], [1, 0], [0, 1]]
    found = build(kind, rows, metric).search([[0.0, 1.0], [0.0, 0.0]], topn=5)
    assert found.keys[0, :3].tolist() == [0, 2, 4]
    assert np.isfinite(found.scores).all()


@kinds
def test_labels_keep_their_type(kind):
    dates = pd.date_range("2013-01-01", periods=2).to_numpy()
    assert build(kind, [[1, 0], [0, 1]], labels=dates).search([1.0, 0.0], 1).keys.dtype == dates.dtype
    assert label_array([(1, 2), "x"]).tolist() == [(1, 2), "x"]


@kinds
@pytest.mark.parametrize(
    ("queries", "topn", "message"),
    [
        ([], 1, "An index of rows of length 2: expected queries of shape 2, got 0."),
        ([1.0, 2.0, 3.0], 1, "expected queries of shape 2, got 3."),
        ([[1.0], [2.0]], 1, "expected queries of shape 2 x 2, got 2 x 1."),
        ([[1.0, 2.0], [3.0]], 1, "expected queries as 2 x 2 numbers, got [[1.0, 2.0], [3.0]]."),
        ([[1.0, np.nan]], 1, "expected finite float32 numbers in queries, got nan."),
        ("JFK", 1, "expected queries as 1 x 2 numbers, got 'JFK'."),
        (7.0, 1, "expected queries of shape 1 x 2, got one number."),
        ([1.0, 2.0], 0, "must be a positive integer, the number of results; got 0."),
        ([1.0, 2.0], 1.5, "must be a positive integer, the number of results; got 1.5."),
    ],
)
def test_invalid_queries_are_refused(kind, queries, topn, message):
    with pytest.raises(DataError, match=re.escape(message)):
        build(kind, [[1, 0], [0, 1]]).search(queries, topn)


def test_many_queries_are_searched_in_chunks(monkeypatch):
    rows = np.random.default_rng(0).normal(size=(30, 2))
    index = build("exact", rows)
    whole = index.search(rows, topn=4)
    monkeypatch.setattr("tabemb.vectors.indexes.base.CELLS", 24)
    portions = index.search(rows, topn=4)
    assert portions.keys.tolist() == whole.keys.tolist()
    assert portions.scores.tolist() == whole.scores.tolist()
