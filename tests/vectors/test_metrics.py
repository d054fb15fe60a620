"""Similarity metrics."""

import numpy as np
import pytest

from tabemb.exceptions import DataError, UnknownNameError
from tabemb.vectors import CategoryVectors
from tabemb.vectors.metrics import METRICS, Cosine, Dot, Euclidean


@pytest.fixture
def points():
    return CategoryVectors("abcd", [[1, 0], [3, 0], [0, 2], [-4, 1]])


def test_each_metric_has_its_own_order_and_score(points):
    assert points.most_similar(np.array([1.0, 1.0]), metric="dot") == [("b", 3.0), ("c", 2.0), ("a", 1.0), ("d", -3.0)]
    near = points.most_similar("a", metric="euclidean")
    assert near == [("b", 2.0), ("c", 5**0.5), ("d", 26**0.5)]
    cosines = points.most_similar("a", metric="cosine")
    assert [key for key, _ in cosines] == ["b", "c", "d"]
    assert cosines[0][1] == 1
    assert points.most_similar("a", metric=Euclidean()) == near


def test_several_vectors_are_combined_by_metric():
    positive, negative, none = np.array([[3.0, 0], [0, 1]]), np.array([[0.0, 2]]), np.empty((0, 2))
    np.testing.assert_allclose(Cosine().point(positive, none), [0.5**0.5] * 2)
    np.testing.assert_allclose(Cosine().point(positive, negative), [1, 0])
    assert Dot().point(positive, none).tolist() == [3, 1]
    assert Dot().point(positive, negative).tolist() == [3, -1]
    assert Euclidean().point(positive, none).tolist() == [1.5, 0.5]
    assert Euclidean().point(positive, negative).tolist() == [3, -1]
    assert Euclidean().point(np.tile(positive, (2, 1)), negative).tolist() == [2, 0]


def test_euclidean_results_do_not_change_by_translation():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(50, 3)).round(2)
    here, there = (CategoryVectors(range(50), rows + shift) for shift in (0, 64))
    one, two = (each.most_similar([1, 2], negative=[3], metric="euclidean") for each in (here, there))
    assert [key for key, _ in one] == [key for key, _ in two]
    np.testing.assert_allclose([score for _, score in one], [score for _, score in two], atol=1e-5)


def test_euclidean_queries_need_more_positive_vectors(points):
    message = r"more positive than negative vectors; got 1 and 1\. metric='cosine' has no such limit"
    with pytest.raises(DataError, match=message):
        points.most_similar("a", negative="b", metric="euclidean")


def test_an_unknown_metric_error_lists_metrics(points):
    with pytest.raises(
        UnknownNameError, match=r"No metric named 'euclid'\. Known: cosine, dot, euclidean\. Did you mean"
    ):
        points.most_similar("a", metric="euclid")


@pytest.mark.parametrize("name", sorted(METRICS))
def test_a_score_is_that_of_the_row_alone(name):
    rng = np.random.default_rng(1)
    metric, rows = METRICS.resolve(name), rng.normal(size=(300, 7))
    for query in rng.normal(size=(20, 7)):
        together = metric.scores(rows, query)
        assert together.tolist() == [metric.scores(row[None], query)[0] for row in rows]
        assert together[10:13].tolist() == metric.scores(rows[10:13], query).tolist()
        assert together.tolist() == metric.scores(rows[None], query[None, None])[0].tolist()


@pytest.mark.parametrize("name", sorted(METRICS))
def test_the_product_orders_as_the_scores_do(name):
    rng = np.random.default_rng(2)
    metric, rows, queries = METRICS.resolve(name), rng.normal(size=(40, 5)).astype("f4"), rng.normal(size=(3, 5))
    bias = metric.bias(rows)
    product = metric.queries(queries) @ metric.rows(rows).T + (0 if bias is None else bias)
    scores = np.array([metric.scores(rows, query) for query in queries])
    assert product.argsort(axis=1).tolist() == (-scores if metric.smaller_first else scores).argsort(axis=1).tolist()
    lengths = np.linalg.norm(metric.queries(queries), axis=1)
    assert (np.abs(product).max(axis=1) <= metric.size(np.linalg.norm(rows, axis=1).max(), lengths) + 1e-6).all()
