"""Projections: the contract of all, and the properties of each."""

import sys

import numpy as np
import pytest

from tabemb.exceptions import DataError, MissingExtraError, UnknownNameError
from tabemb.vectors.plots.projections import PROJECTIONS, Pca, Tsne, Umap, principal_components

# UMAP is compiled when it is first used, which takes a minute.
NAMES = [pytest.param(name, marks=pytest.mark.slow if name == "umap" else ()) for name in sorted(PROJECTIONS)]


def clusters(n=60, dim=6, k=3, seed=0):
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % k
    return (rng.normal(size=(k, dim)) * 3)[labels] + rng.normal(size=(n, dim)) * 0.3, labels


def place(name, vectors):
    if name == "umap":
        pytest.importorskip("umap", reason="umap-learn is not installed (extra: umap)")
    return PROJECTIONS[name]().project(vectors)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "vectors",
    [
        [[1.0, 2.0, 3.0]],
        [[1.0], [2.0]],
        np.arange(30.0)[:, None],
        np.ones((5, 3)),
        np.zeros((5, 3)),
        np.repeat(np.eye(3), 10, axis=0),
        np.random.default_rng(0).normal(size=(7, 2)),
    ],
    ids=["one", "two", "one dimension", "equal", "zeros", "many equal", "seven"],
)
def test_every_category_gets_a_point_in_any_column(name, vectors):
    plane = place(name, vectors)
    assert plane.points.shape == (len(vectors), 2)
    assert plane.points.dtype == np.float64
    assert np.isfinite(plane.points).all()


@pytest.mark.parametrize("name", NAMES)
def test_the_same_vectors_give_the_same_points(name):
    vectors, _ = clusters()
    np.testing.assert_array_equal(place(name, vectors).points, place(name, vectors).points)


@pytest.mark.parametrize("name", NAMES)
def test_similar_vectors_are_close_together(name):
    vectors, labels = clusters()
    places = place(name, vectors).points
    distances = np.linalg.norm(places[:, None] - places[None], axis=2) + np.diag(np.full(len(places), np.inf))
    assert (labels[distances.argmin(axis=1)] == labels).mean() > 0.95


@pytest.mark.parametrize("name", sorted(PROJECTIONS))
@pytest.mark.parametrize("vectors", [np.empty((0, 3)), np.empty((3, 0)), [1.0, 2.0]])
def test_no_vectors_are_an_error(name, vectors):
    with pytest.raises(DataError, match=r"requires at least one vector, of shape \(n, dim\); got shape \("):
        PROJECTIONS[name]().project(vectors)


def test_the_labels_of_the_axes():
    vectors, _ = clusters()
    shares = principal_components(vectors)[1]
    plane = Pca().project(vectors)
    assert plane.x_label == f"first component: {shares[0]:.0%} of the variance"
    assert plane.y_label == f"second component: {shares[1]:.0%}"
    assert Pca().project(np.arange(5.0)[:, None]).y_label == ""
    assert Tsne().project(vectors).x_label == "t-SNE, perplexity 19.7"
    assert Tsne(perplexity=5).project(vectors).x_label == "t-SNE, perplexity 5"


def test_perplexity_changes_the_points():
    vectors, _ = clusters(n=400)
    usual = Tsne(perplexity=10).project(vectors).points
    assert not np.allclose(usual, Tsne(perplexity=4).project(vectors).points)


@pytest.mark.parametrize("perplexity", [0, True, "many", float("nan")])
def test_a_bad_perplexity_is_refused(perplexity):
    with pytest.raises(DataError, match="perplexity must be a number of at least 1, got"):
        Tsne(perplexity)


def test_an_unknown_name_suggests_similar_ones():
    with pytest.raises(UnknownNameError, match=r"No projection named 'tsn'\. Known: pca, tsne, umap\. Did you mean"):
        PROJECTIONS.resolve("tsn")


def test_an_error_without_umap_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "umap", None)
    with pytest.raises(MissingExtraError, match=r"needs umap-learn\. Install it with: pip install 'tabemb\[umap\]'"):
        Umap().project(clusters()[0])


def test_principal_components_are_those_of_scikit_learn():
    decomposition = pytest.importorskip("sklearn.decomposition")
    vectors, _ = clusters()
    theirs = decomposition.PCA(2, svd_solver="full").fit(vectors)
    places, shares = principal_components(vectors)
    np.testing.assert_allclose(np.abs(places), np.abs(theirs.transform(vectors)), atol=1e-9)
    np.testing.assert_allclose(shares, theirs.explained_variance_ratio_, rtol=1e-9)


def test_mirrored_vectors_give_the_same_points():
    vectors, _ = clusters()
    np.testing.assert_allclose(principal_components(vectors)[0], principal_components(-vectors)[0], atol=1e-6)


def test_a_direction_due_to_rounding_is_ignored():
    line = np.linspace(0, 1, 20)[:, None] * np.array([[0.1, 0.7, 0.3]]) + 1 / 3
    places, shares = principal_components(line)
    assert np.ptp(places[:, 1]) == 0
    assert shares.tolist() == [1, 0]
