"""The bars."""

import dataclasses
import xml.etree.ElementTree as ET

import pytest

pytest.importorskip("matplotlib", reason="matplotlib is not installed (extra: plot)")
from tabemb.experiments.paper.figures_picture import draw_figures


def words(figures):
    tree = ET.fromstring(draw_figures(figures).replace("xlink:href", "href"))
    return [each.text for each in tree.iter("{http://www.w3.org/2000/svg}text")]


def test_a_bar_for_each_form_of_the_first_line(figures):
    told = words(figures)
    assert {"KNN", "in <time>", "without", "with", "encoded", "published", "0.300", "0.240", "0.250"} <= set(told)
    assert "0.190" not in told


def test_without_published_figures_there_is_no_word_of_them(figures):
    assert "published" not in words(dataclasses.replace(figures, all=figures.all[3:]))
