"""The map as drawn, and the placement of labels."""

import sys
import warnings

import numpy as np
import pytest

from tabemb.exceptions import DataError, MissingExtraError, UnknownNameError
from tabemb.vectors import CategoryVectors
from tabemb.vectors.plots.map import boxes_overlap, place_labels, plot_map, plot_places
from tabemb.vectors.plots.projections import principal_components

pytest.importorskip("matplotlib", reason="matplotlib is not installed (extra: plot)")
import matplotlib.pyplot as plt
from matplotlib.figure import Figure
from matplotlib.text import Annotation, Text

FRAME = np.array([0.0, 0.0, 600.0, 400.0])


@pytest.fixture(autouse=True)
def closed_figures():
    yield
    plt.close("all")


def clusters(n=200, dim=8, seed=0):
    rng = np.random.default_rng(seed)
    centers = rng.normal(size=(5, dim)) * 2
    vectors = centers[rng.integers(0, 5, n)] + rng.normal(size=(n, dim)) * 0.3
    counts = np.sort(rng.zipf(1.5, n).clip(max=10_000))
    return CategoryVectors([f"category {i}" for i in range(n)], vectors, counts, name="town")


def labels(ax) -> list[Annotation]:
    return [text for text in ax.texts if text.arrow_patch is not None]


def test_labels_do_not_overlap_in_the_picture_as_drawn():
    ax = plot_map(clusters())
    ax.figure.canvas.draw()
    assert len(labels(ax)) >= 25
    boxes = np.array([Text.get_window_extent(text).extents for text in labels(ax)])
    assert not (boxes_overlap(boxes, boxes) & ~np.eye(len(boxes), dtype=bool)).any()
    frame = ax.get_window_extent().extents
    assert (boxes[:, :2] >= frame[:2]).all()
    assert (boxes[:, 2:] <= frame[2:]).all()


def test_the_most_frequent_are_labeled_and_have_larger_dots():
    vectors = clusters()
    ax = plot_map(vectors, top=5)
    assert {text.get_text() for text in labels(ax)} == {f"category {i}" for i in range(195, 200)}
    others, named = (scatter.get_sizes() for scatter in ax.collections)
    assert len(others) == 195
    assert others.max() <= named.min()


def test_title_subtitle_and_axis_labels():
    ax = plot_map(clusters(), top=5)
    assert ax.get_title(loc="left") == "town"
    assert "200 categories; the 5 most frequent labeled; area of a dot: count" in [text.get_text() for text in ax.texts]
    _, shares = principal_components(clusters().vectors)
    assert ax.get_xlabel() == f"first component: {shares[0]:.0%} of the variance"
    assert ax.get_ylabel() == f"second component: {shares[1]:.0%}"
    assert plot_map(clusters(), title="Towns").get_title(loc="left") == "Towns"


def test_it_draws_on_given_axes_and_opens_no_window():
    ax = Figure(figsize=(4, 3)).subplots()
    assert plot_map(clusters(), ax=ax) is ax
    assert plt.get_fignums() == []
    assert plot_map(clusters()).figure.get_size_inches().tolist() == [6.4, 4.8]


def test_labels_without_room_are_left_out_and_not_counted():
    vectors = CategoryVectors([f"a rather long name {i}" for i in range(60)], np.eye(60)[:, :2], range(60))
    ax = plot_map(vectors, top=60, ax=Figure(figsize=(2.5, 2)).subplots())
    n_labels = len(labels(ax))
    assert 0 < n_labels < 60
    assert f"60 categories; {n_labels} frequent ones labeled; area of a dot: count" in [
        text.get_text() for text in ax.texts
    ]


@pytest.mark.parametrize(
    "vectors",
    [
        CategoryVectors(["a", "b", "c"], [[1], [2], [5]]),
        CategoryVectors(["a", "b"], [[1, 2], [3, 4]], [5, 0]),
        CategoryVectors(["a"], [[1, 2, 3]]),
        CategoryVectors(["a", "b"], np.ones((2, 3))),
        CategoryVectors([0, True, "$x_1$", "", "two\nlines", "long " * 20], np.eye(6), np.zeros(6, int)),
    ],
)
def test_small_and_unusual_columns_are_drawn_with_all_labels(vectors):
    ax = plot_map(vectors)
    ax.figure.canvas.draw()
    assert len(labels(ax)) == len(vectors)
    assert "nan" not in ax.get_xlabel()


def test_a_label_is_one_short_line():
    vectors = CategoryVectors(["$x_1$", "", "two\nlines", "long " * 20], np.eye(4))
    said = {text.get_text() for text in labels(plot_map(vectors))}
    assert said == {"$x_1$", "(blank)", "two lines", "long long lon…ng long long"}


def test_no_categories_and_a_negative_top_are_refused():
    with pytest.raises(DataError, match="Column 'c' has no categories to draw"):
        plot_map(CategoryVectors([], np.empty((0, 2)), name="c"))
    with pytest.raises(DataError, match="expected 0 or more, got -1"):
        plot_map(clusters(), top=-1)
    assert labels(plot_map(clusters(), top=0)) == []


def test_an_error_without_matplotlib_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.delitem(sys.modules, "matplotlib.pyplot")
    with pytest.raises(MissingExtraError, match=r"needs matplotlib\. Install it with: pip install 'tabemb\[plot\]'"):
        plot_map(clusters())


def test_projection_and_colors():
    ax = plot_map(clusters(), method={"name": "tsne", "perplexity": 8}, color="cluster")
    assert ax.get_xlabel() == "t-SNE, perplexity 8"
    assert len(ax.get_legend().get_texts()) > 1
    assert len(labels(ax)) >= 25
    with pytest.raises(UnknownNameError, match="No projection named 'psa'"):
        plot_map(clusters(), method="psa")


def test_labels_do_not_overlap_the_legend():
    ax = plot_map(clusters(), color="cluster")
    ax.figure.canvas.draw()
    frame = ax.get_window_extent().extents
    boxes = np.array([Text.get_window_extent(text).extents for text in labels(ax)])
    assert (boxes[:, 2:] <= frame[2:]).all()
    assert ax.get_legend().get_window_extent().x0 >= frame[2]


def test_dots_are_smaller_if_there_are_many_categories():
    def largest(n):
        return max(scatter.get_sizes().max() for scatter in plot_map(clusters(n), top=5).collections)

    assert largest(1600) < largest(200)


PLACES = {"HH": (53.6, 10.0), "SH": (54.2, 9.8), "BY": (48.9, 11.4), "HB,NI": (52.8, 9.1)}


def test_locations_are_drawn_as_on_a_map():
    ax = plot_places(PLACES, title="Where they lie")
    degrees = dict(zip(PLACES, ax.collections[0].get_offsets().tolist(), strict=True))
    assert degrees["BY"] == [11.4, 48.9]
    assert {text.get_text() for text in labels(ax)} == set(PLACES)
    # At 52 degrees north a degree of latitude is as long as 1.6 degrees of longitude.
    assert ax.get_aspect() == pytest.approx(1 / np.cos(np.radians(52.375)))
    assert ax.get_title(loc="left") == "Where they lie"


def test_labels_of_locations_do_not_overlap():
    rng = np.random.default_rng(0)
    ax = plot_places({f"town {i}": (50 + place[0], 10 + place[1]) for i, place in enumerate(rng.normal(size=(30, 2)))})
    ax.figure.canvas.draw()
    boxes = np.array([Text.get_window_extent(text).extents for text in labels(ax)])
    assert not (boxes_overlap(boxes, boxes) & ~np.eye(len(boxes), dtype=bool)).any()


def test_no_locations():
    with pytest.raises(DataError, match="There are no locations to draw"):
        plot_places({})


def boxes_of(centers, sizes):
    return np.hstack([centers - sizes / 2, centers + sizes / 2])


@pytest.mark.parametrize("seed", range(5))
def test_crowded_labels_neither_overlap_nor_leave_the_frame(seed):
    rng = np.random.default_rng(seed)
    dots = rng.normal([300, 200], 40, size=(200, 2))
    sizes = np.column_stack([rng.uniform(20, 90, 30), np.full(30, 11.0)])
    centers = place_labels(sizes, dots, rng.uniform(2, 9, 200), FRAME)
    placed = ~np.isnan(centers).any(axis=1)
    assert placed.sum() >= 25
    assert placed[0]
    boxes = boxes_of(centers[placed], sizes[placed])
    assert not (boxes_overlap(boxes, boxes) & ~np.eye(len(boxes), dtype=bool)).any()
    assert (boxes[:, :2] >= FRAME[:2]).all()
    assert (boxes[:, 2:] <= FRAME[2:]).all()


def test_a_lonely_label_is_at_the_right_of_its_dot_and_at_the_edge_on_the_left():
    sizes = np.array([[40.0, 10.0]])
    middle, edge = (place_labels(sizes, np.array([[x, 200.0]]), np.array([4.0]), FRAME)[0] for x in (300.0, 590.0))
    assert middle.tolist() == [300 + 4 + 2 + 20, 200]
    assert edge.tolist() == [590 - 4 - 2 - 20, 200]


def test_a_label_makes_way_for_a_dot():
    dots = np.array([[300.0, 200.0], [320.0, 200.0]])
    center = place_labels(np.array([[40.0, 10.0]]), dots, np.array([4.0, 4.0]), FRAME)[0]
    assert center[0] < 300


def test_a_label_without_room_is_left_out():
    dots = np.array([[10.0, 10.0], [10.0, 10.0]])
    centers = place_labels(np.array([[10.0, 8.0], [10.0, 8.0]]), dots, np.ones(2), np.array([0.0, 0.0, 25.0, 15.0]))
    assert np.isnan(centers).any(axis=1).tolist() == [False, True]


def test_boxes_that_touch_do_not_overlap_but_a_gap_keeps_them_apart():
    one, two = np.array([[0.0, 0, 1, 1]]), np.array([[1.0, 0, 2, 1]])
    assert not boxes_overlap(one, two).any()
    assert boxes_overlap(one, two, gap=0.5).all()


def test_names_are_drawn_in_fonts_that_have_their_characters(monkeypatch):
    monkeypatch.setattr(
        "tabemb.vectors.plots.labels._choose", lambda missing: (("Some CJK font",) * bool(missing), False)
    )
    vectors = CategoryVectors(["東京", "Zürich", "Oslo"], np.eye(3))
    with warnings.catch_warnings():
        # The font does not exist.
        warnings.simplefilter("ignore")
        fonts = {text.get_text(): text.get_fontfamily() for text in labels(plot_map(vectors))}
    assert fonts["東京"] == fonts["Zürich"] == ["DejaVu Sans", "Some CJK font"]
    assert fonts["Oslo"] == ["sans-serif"]
    plain = CategoryVectors(["Bern", "Zürich", "Oslo"], np.eye(3))
    assert {tuple(text.get_fontfamily()) for text in labels(plot_map(plain))} == {("sans-serif",)}
