"""The heatmap and the dendrogram as drawn, and the clustering."""

import sys
from itertools import pairwise

import numpy as np
import pytest

from tabemb.exceptions import DataError, MissingExtraError, UnknownKeyError
from tabemb.vectors import CategoryVectors
from tabemb.vectors.plots.similarity import cosine_matrix, leaf_order, linkage_of, plot_dendrogram, plot_heatmap
from tabemb.vectors.similarity import cosines

pytest.importorskip("matplotlib", reason="matplotlib is not installed (extra: plot)")
import matplotlib.pyplot as plt
from matplotlib.figure import Figure


@pytest.fixture(autouse=True)
def closed_figures():
    yield
    plt.close("all")


def towns(n=60, dim=5):
    vectors = np.random.default_rng(0).normal(size=(n, dim))
    return CategoryVectors([f"town {i}" for i in range(n)], vectors, range(n), name="town")


def names(ax, axis="y"):
    return [text.get_text() for text in (ax.get_yticklabels() if axis == "y" else ax.get_xticklabels())]


def subtitle(ax):
    return ax.texts[0].get_text()


def test_a_heatmap_shows_the_cosines_of_the_most_frequent():
    vectors = towns()
    ax = plot_heatmap(vectors, top=10)
    assert set(names(ax)) == {f"town {i}" for i in range(50, 60)}
    assert names(ax) == names(ax, "x")
    np.testing.assert_allclose(ax.images[0].get_array(), cosine_matrix(vectors[names(ax)]), atol=1e-6)
    assert subtitle(ax) == "the 10 most frequent of 60 categories"
    assert ax.get_title(loc="left") == "town"


def test_the_scale_starts_at_minus_one_unless_no_cosine_is_negative():
    assert plot_heatmap(towns()).images[0].get_clim() == (-1, 1)
    low, high = plot_heatmap(CategoryVectors("ab", [[1.0, 0.0], [1.0, 1.0]])).images[0].get_clim()
    assert (low, high) == (pytest.approx(0.5**0.5), 1)
    assert plot_heatmap(CategoryVectors("ab", np.ones((2, 2)))).images[0].get_clim() == (0, 1)


@pytest.mark.parametrize("plot", [plot_heatmap, plot_dendrogram])
def test_keys_can_be_chosen(plot):
    ax = plot(towns(), ["town 3", "town 1", "town 3", "town 7"], title="Three")
    assert sorted(names(ax)) == ["town 1", "town 3", "town 7"]
    assert subtitle(ax) == "3 of 60 categories"
    assert ax.get_title(loc="left") == "Three"
    with pytest.raises(UnknownKeyError, match="Did you mean 'town 3'"):
        plot(towns(), ["twon 3", "town 1"])


def test_a_dendrogram_joins_at_the_distances_and_ends_at_zero():
    vectors = CategoryVectors("abc", [[1.0, 0.0], [1.0, 0.1], [-1.0, 0.0]], name="x")
    ax = plot_dendrogram(vectors)
    assert set(names(ax)[1:]) == {"a", "b"} or set(names(ax)[:2]) == {"a", "b"}
    heights = sorted(max(path.vertices[:, 0]) for lines in ax.collections for path in lines.get_paths())
    distances = 1 - cosine_matrix(vectors.vectors)
    assert heights == pytest.approx([distances[0, 1], (distances[0, 2] + distances[1, 2]) / 2], abs=1e-6)
    assert ax.get_xlim()[1] == 0


def test_groups_of_a_dendrogram_have_their_own_colors():
    angles = np.radians([0, 3, 6, 90, 93, 96])
    ax = plot_dendrogram(CategoryVectors("abcdef", np.column_stack([np.cos(angles), np.sin(angles)])))
    assert len({tuple(color) for lines in ax.collections for color in lines.get_colors()}) == 3


@pytest.mark.parametrize("plot", [plot_heatmap, plot_dendrogram])
@pytest.mark.parametrize(
    "vectors",
    [
        CategoryVectors(["a", "b"], [[1.0, 2.0], [3.0, 4.0]], [5, 0]),
        CategoryVectors(range(12), np.arange(12.0)[:, None]),
        CategoryVectors(["$x$", "", "two\nlines", "long " * 20], np.ones((4, 3))),
        CategoryVectors("abc", np.zeros((3, 2))),
    ],
    ids=["two", "one dimension", "equal", "zeros"],
)
def test_small_and_unusual_columns_are_drawn(plot, vectors):
    ax = plot(vectors)
    ax.figure.draw_without_rendering()
    assert len(names(ax)) == len(vectors)


def test_labels_do_not_touch():
    for plot in (plot_heatmap, plot_dendrogram):
        ax = plot(towns(), top=60, ax=Figure(figsize=(5, 5)).subplots())
        ax.figure.draw_without_rendering()
        boxes = sorted((text.get_window_extent() for text in ax.get_yticklabels()), key=lambda box: box.y0)
        assert all(low.y1 <= high.y0 + 0.5 for low, high in pairwise(boxes))


@pytest.mark.parametrize(
    ("plot", "n", "top", "message"),
    [
        (plot_heatmap, 0, 40, "Column 'town': expected at least 1 category to draw, got 0"),
        (plot_dendrogram, 1, 40, "Column 'town': expected at least 2 categories to draw, got 1"),
        (plot_heatmap, 5, 0, "`top` is the number of categories to draw: expected an integer of 1 or more, got 0"),
        (plot_dendrogram, 5, 1, "`top` is the number of categories to draw: expected an integer of 2 or more, got 1"),
        (plot_dendrogram, 5, True, "2 or more, got True"),
    ],
)
def test_too_few_categories_are_refused(plot, n, top, message):
    with pytest.raises(DataError, match=message):
        plot(towns(n), top=top)


def test_an_error_without_matplotlib_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.delitem(sys.modules, "matplotlib.pyplot")
    for plot in (plot_heatmap, plot_dendrogram):
        with pytest.raises(MissingExtraError, match=r"pip install 'tabemb\[plot\]'"):
            plot(towns())


def test_cosine_matrix():
    vectors = np.random.default_rng(0).normal(size=(9, 4))
    matrix = cosine_matrix(vectors)
    for row in range(9):
        np.testing.assert_allclose(matrix[row], cosines(vectors, vectors[row]), atol=1e-12)
    np.testing.assert_array_equal(cosine_matrix(np.zeros((2, 3))), np.eye(2))


def test_similar_rows_are_next_to_each_other():
    angles = np.random.default_rng(0).permutation(np.linspace(0, 2, 30))
    order = leaf_order(np.column_stack([np.cos(angles), np.sin(angles)]))
    along = angles[order]
    assert (np.diff(along) > 0).all() or (np.diff(along) < 0).all()


def test_groups_join_at_the_mean_of_their_pairs():
    vectors = np.random.default_rng(1).normal(size=(3, 5))
    distances = 1 - cosine_matrix(vectors)
    first, second = linkage_of(vectors)
    one, two = sorted(first[:2].astype(int))
    (other,) = {0, 1, 2} - {one, two}
    assert first[2] == pytest.approx(distances[one, two])
    assert second[2] == pytest.approx((distances[one, other] + distances[two, other]) / 2)


@pytest.mark.parametrize(
    "vectors", [np.empty((0, 2)), np.ones((1, 2)), np.ones((2, 2)), np.ones((5, 2)), np.zeros((4, 1))]
)
def test_small_and_equal_columns_have_an_order(vectors):
    assert sorted(leaf_order(vectors)) == list(range(len(vectors)))
