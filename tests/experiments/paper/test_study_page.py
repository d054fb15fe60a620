"""The page of a study."""

import dataclasses
import importlib.util
import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser

import numpy as np
import pytest

from tabemb.experiments.paper.study_page import draw_errors, render_study
from tabemb.experiments.report import charts
from tabemb.vectors.category_vectors import CategoryVectors

PLACES = {"shop": {1: (50.0, 8.0), 2: (53.0, 10.0)}}


@pytest.fixture
def record():
    return {
        "title": "Do <vectors> help?",
        "name": "shops",
        "created": "2025-11-23T18:00:00+00:00",
        "description": "",
        "versions": {"tabemb": "0.1.0", "python": "3.11.7"},
        "seed": 0,
        "machine": "Linux, 2 processor cores",
        "data": {
            "target": "log(sales) / log(900)",
            "columns": ["shop", "promo"],
            "source": "shops.csv",
            "rows_read": 304,
            "rows_used": 300,
            "notes": ["4 rows with sales of 0 or less were left out."],
            "sha256": "ab" * 32,
        },
        "seconds": {"study": 80.0, "total": 93.0, "load": 1.0},
        "model": {"embeddings": [{"column": "shop", "categories": 2, "dimensions": 3}]},
    }


@pytest.fixture
def vectors():
    return {"shop": CategoryVectors([1, 2], np.eye(2, 3), [10, 5], name="shop")}


class Words(HTMLParser):
    """Collects the words, and checks that what is opened is closed."""

    def __init__(self, page):
        super().__init__()
        self.open, self.words = [], []
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        if tag not in {"meta", "br", "link"}:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.words.append(data)

    def __str__(self):
        return " ".join(" ".join(self.words).split())


def test_the_page_shows_all_results(record, study_result, vectors):
    words = str(Words(render_study(record, study_result, vectors, config_text="seed: 0")))
    for told in (
        "Do <vectors> help?",
        study_result.headline()[1],
        study_result.verdict(),
        "in <time>",
        "Method without with encoded",
        "KNN shop 2 0.300 0.290, 1.03 0.240 0.200, 1.20 0.250",
        "KNN shop 4 0.190 0.200, 0.95",
        "304 read, 300 used. 4 rows with sales of 0 or less were left out.",
        "predicts log(sales) / log(900), fitted to the training rows of the first split",
        "shop (2 × 3) (categories × dimensions)",  # noqa: RUF001
        "total 1 min 33 s, on Linux, 2 processor cores",
        "seed: 0",
    ):
        assert told in words, told


def test_maps_and_places(record, study_result, vectors):
    assert "Locations" in render_study(record, study_result, vectors, places=PLACES)
    page = render_study(record, study_result, vectors)
    assert "Map of shop" in page
    assert "Locations" not in page
    assert "Map of shop" not in render_study(record, study_result, vectors, maps=[])


def test_colors_follow_the_page(record, study_result, vectors):
    page = render_study(record, study_result, vectors, places=PLACES)
    assert not re.findall(r"#[0-9a-f]{6}\b", page[page.index("<body") :])


def test_without_matplotlib_there_are_tables_only(record, study_result, vectors, monkeypatch):
    monkeypatch.setattr(charts, "can_draw", lambda: False)
    page = render_study(record, study_result, vectors)
    assert "<svg" not in page
    assert "0.240" in page


needs_matplotlib = pytest.mark.skipif(
    importlib.util.find_spec("matplotlib") is None, reason="matplotlib is not installed (extra: plot)"
)


def words(study_result):
    tree = ET.fromstring(draw_errors(study_result).replace("xlink:href", "href"))
    return [each.text for each in tree.iter("{http://www.w3.org/2000/svg}text")]


@needs_matplotlib
def test_a_bar_for_each_form_of_the_first_line(study_result):
    told = words(study_result)
    assert {"KNN", "in <time>", "without", "with", "encoded", "published", "0.300", "0.240", "0.250"} <= set(told)
    assert "0.190" not in told


@needs_matplotlib
def test_without_published_figures_there_is_no_word_of_them(study_result):
    assert "published" not in words(dataclasses.replace(study_result, scores=study_result.scores[3:]))
