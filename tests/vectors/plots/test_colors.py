"""Colors of the dots, with legend and color bar."""

import numpy as np
import pandas as pd
import pytest

from tabemb.exceptions import DataError
from tabemb.vectors import CategoryVectors
from tabemb.vectors.plots.colors import OKABE_ITO, LabelColoring, NumberColoring, PlainColoring, coloring_of

pytest.importorskip("matplotlib", reason="matplotlib is not installed (extra: plot)")
from matplotlib.colors import LogNorm, to_hex
from matplotlib.figure import Figure


def drawn(coloring, n=4):
    ax = Figure(layout="constrained").subplots()
    places = np.random.default_rng(0).normal(size=(n, 2))
    coloring.draw(ax, places, np.full(n, 20.0), np.arange(n) < n // 2)
    ax.figure.draw_without_rendering()
    return ax


def colors(ax):
    return [to_hex(color) for scatter in ax.collections for color in scatter.get_facecolor()]


def legend_texts(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def test_by_default_labeled_dots_differ_from_the_others(airports):
    assert isinstance(coloring_of(None, airports), PlainColoring)
    ax = drawn(PlainColoring())
    assert len(set(colors(ax))) == 2
    assert ax.get_legend() is None


def test_a_mapping_to_labels_has_a_color_for_each_and_a_legend(airports):
    coast = {"JFK": "east", "LGA": "east", "SFO": "west"}
    ax = drawn(coloring_of(coast, airports))
    assert legend_texts(ax) == ["east", "west", "no label"]
    assert sum(len(scatter.get_offsets()) for scatter in ax.collections) == 4
    assert set(colors(ax)) >= set(OKABE_ITO[:2])


def test_a_series_of_numbers_has_a_bar_with_its_name(airports):
    heights = pd.Series([4, 7, 4], index=["JFK", "LGA", "SFO"], name="height in m")
    coloring = coloring_of(heights, airports)
    np.testing.assert_array_equal(coloring.values, [4, 7, 4, np.nan])
    ax = drawn(coloring)
    assert [each.get_ylabel() for each in ax.figure.axes[1:]] == ["height in m"]


def test_counts_are_drawn_by_their_logarithm(airports):
    coloring = coloring_of("count", airports)
    assert coloring.values.tolist() == [9, 5, 3, 1]
    assert isinstance(drawn(coloring).collections[0].norm, LogNorm)


def test_clusters_are_named_after_their_members(airports):
    assert legend_texts(drawn(coloring_of("cluster", airports))) == ["JFK, LGA", "SFO, OAK"]


def test_keys_keep_their_type():
    vectors = CategoryVectors([1, "1", True], np.eye(3))
    assert coloring_of({1.0: "number", "1": "text"}, vectors).labels == ["number", "text", None]
    assert coloring_of({True: "bool"}, vectors).labels == [None, None, "bool"]


def test_bools_are_labels_and_missing_values_have_none(airports):
    hub = {"JFK": True, "LGA": False, "SFO": float("nan"), "OAK": None}
    assert coloring_of(hub, airports).labels == ["True", "False", None, None]


def test_more_labels_than_colors_have_shapes_and_others():
    labels = [f"label {i:02d}" for i in range(25)]
    ax = drawn(LabelColoring(labels, "kind"), 25)
    assert legend_texts(ax) == [*labels[:21], "others"]
    assert ax.get_legend().get_title().get_text() == "kind"
    styles = {(handle.get_color(), handle.get_marker()) for handle in ax.get_legend().legend_handles}
    assert len(styles) == 22


def test_large_dots_are_drawn_first_whatever_their_label():
    ax = Figure().subplots()
    areas = np.array([10.0, 40.0, 20.0, 30.0])
    LabelColoring(["a", "a", "b", "b"]).draw(ax, np.zeros((4, 2)), areas, np.ones(4, dtype=bool))
    assert [area for scatter in ax.collections for area in scatter.get_sizes()] == [40, 30, 20, 10]


def test_labels_are_not_mathematics():
    assert legend_texts(drawn(LabelColoring(["$a$", "$b", "c", None]))) == ["$a$", "$b", "c", "no label"]


@pytest.mark.parametrize("values", [[1, 1, 1, 1], [0, 0, 0, 0], [np.nan, 2, 2, 5]])
@pytest.mark.parametrize("log", [False, True])
def test_numbers_may_be_equal_zero_or_missing(values, log):
    assert len(colors(drawn(NumberColoring(values, log=log)))) == 4


@pytest.mark.parametrize(
    ("color", "message"),
    [
        ("cont", r"color must be 'count', 'cluster', or a mapping .* got 'cont'\. Did you mean 'count'\?"),
        (["east", "west"], r"color must be 'count', 'cluster', or a mapping .* got list\."),
        (
            {1: "east"},
            r"color has a value for none of the 4 categories\. Its keys are like 1 \(int\), those of column 'dest' "
            r"like 'JFK' \(str\)\.",
        ),
        (pd.Series(["a", "b"], index=["JFK", "JFK"]), "color has two values for 'JFK'"),
    ],
)
def test_invalid_colors_are_refused(airports, color, message):
    with pytest.raises(DataError, match=message):
        coloring_of(color, airports)


def test_color_by_count_requires_counts():
    with pytest.raises(DataError, match="The vectors of column 'x' have no counts; choose another color"):
        coloring_of("count", CategoryVectors(["a"], [[1.0]], name="x"))
