"""The style of axes, titles and labels."""

import sys

import pytest

from tabemb.exceptions import MissingExtraError
from tabemb.vectors.plots.style import add_title, clear_axes, new_axes, short_label

pytest.importorskip("matplotlib", reason="matplotlib is not installed (extra: plot)")
from matplotlib.figure import Figure


def test_titles_and_subtitles_are_not_parsed_as_mathematics():
    ax = Figure().subplots()
    add_title(ax, "$x$").set_text("3 categories, $y$")
    ax.figure.draw_without_rendering()
    assert ax.get_title(loc="left") == "$x$"
    assert [text.get_text() for text in ax.texts] == ["3 categories, $y$"]
    assert not ax.texts[0].get_parse_math()


def test_without_a_title_there_is_only_the_subtitle():
    ax = Figure().subplots()
    add_title(ax, "")
    assert ax.get_title(loc="left") == ""


def test_cleared_axes_have_no_ticks():
    ax = Figure().subplots()
    clear_axes(ax)
    assert (len(ax.get_xticks()), len(ax.get_yticks())) == (0, 0)


@pytest.mark.parametrize(
    ("key", "label"),
    [
        ("JFK", "JFK"),
        (7, "7"),
        ("", "(blank)"),
        (" \n", "(blank)"),
        ("a\n\tb", "a b"),
        ("x" * 27, "x" * 13 + "…" + "x" * 12),
    ],
)
def test_labels_are_one_short_line(key, label):
    assert short_label(key) == label


def test_an_error_without_matplotlib_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingExtraError, match=r"needs matplotlib\. Install it with: pip install 'tabemb\[plot\]'"):
        new_axes()
