"""The report of a run that recommends items."""

import re

import numpy as np
import pandas as pd
import pytest

from tabemb.experiments.recommendation import RankingResult
from tabemb.experiments.report import charts, recommend_page
from tabemb.experiments.report.recommend_page import render_recommendations
from tabemb.vectors.category_vectors import CategoryVectors

rng = np.random.default_rng(0)
VECTORS = {
    "film": CategoryVectors([1, 2, 3, 4], rng.normal(size=(4, 3)), [9, 5, 4, 2], name="film"),
    "user": CategoryVectors(["ann", "bob"], rng.normal(size=(2, 3)), [7, 6], name="user"),
}
LABELS = {"film": {1: "Heat <b>", 2: "Alien", 3: "Fargo"}}
RANKING = RankingResult(
    method="mf",
    metrics=pd.DataFrame(
        {"recall": [0.5, 0.25], "ndcg": [0.4, 0.1]},
        index=pd.MultiIndex.from_tuples([(10, "mf"), (10, "most popular")], names=["k", "model"]),
    ),
    k=10,
    difference=0.3,
    low=0.2,
    high=0.4,
    ratings=None,
    split={"how": "the last of each", "train": 1234, "test": 56, "left_out": 7, "users": 2, "items": 4},
)
RECORD = {
    "name": "films",
    "title": "Films <i>",
    "description": None,
    "created": "2026-01-02T00:00:00+00:00",
    "verdict": RANKING.verdict(),
    "seed": 0,
    "data": {
        "source": "films.csv",
        "columns": ["user", "film"],
        "rows_read": 1300,
        "rows_used": 1290,
        "notes": ["10 rows have no film."],
        "reading": [],
        "sha256": "abc",
    },
    "model": {
        "embeddings": [
            {"column": "film", "categories": 4, "dimensions": 3, "reliability": None},
            {"column": "user", "categories": 2, "dimensions": 3, "reliability": None},
        ]
    },
    "recommend": {"fitted_to": "all interactions"},
    "seconds": {"load": 0.1, "fit": 2.0, "evaluate": 0.3, "refit": 1.0, "total": 3.5},
    "machine": "a machine",
    "versions": {"tabemb": "1"},
}
EXAMPLES = [
    {
        "user": "ann",
        "n_seen": 2,
        "seen": ["Alien", "Fargo"],
        "items": [{"key": 1, "name": "Heat <b>", "because": ["Fargo"]}],
    }
]


def render(ranking=RANKING, **options):
    options = {"examples": EXAMPLES, "command": "tabemb recommend runs/films --user KEY", "maps": ["film"]} | options
    return render_recommendations(RECORD, ranking, VECTORS, labels=LABELS, config_text="recommend: {}", **options)


def test_it_shows_metrics_sizes_and_examples():
    page = render()
    for text in (
        "Films &lt;i&gt;",
        '<div class="verdict won"><p class="headline">mf finds more of the held-out items',
        "<p>The difference is +0.3000, 95 % interval over 2 users",
        'data-label="recall">0.5000</td>',
        'class="number best" data-label="ndcg">0.4000',
        "Held out: the last of each. 1,234 interactions to learn from",
        "7 more have a user or an item",
        "Heat &lt;b&gt;",
        "2 items seen, such as Alien · Fargo",
        # The command breaks between its words only.
        "<span>recommend</span> <span>runs/films</span> <span>--user</span> <span>KEY</span></code>",
        '<th scope="row" data-unit="items">10</th>',
        "10 rows have no film.",
        "fit 2.0 s, evaluate 0.3 s, refit 1.0 s, total 3.5 s",
        "film (4",
        "fitted to all interactions",
        "recommend: {}",
    ):
        assert text in page
    assert "Heat <b>" not in page
    assert "<h2>Ratings</h2>" not in page


def test_ratings_have_a_table():
    ratings = pd.DataFrame({"rmse": [0.9, 1.1], "mae": [0.7, 0.8]}, index=["mf", "mean"])
    page = render(RankingResult(**{name: getattr(RANKING, name) for name in RANKING.__slots__} | {"ratings": ratings}))
    assert "<h2>Ratings</h2>" in page
    assert 'data-label="RMSE">1.1000</td>' in page


def test_the_map_is_of_the_items_with_their_names(monkeypatch):
    if not charts.can_draw():
        pytest.skip("matplotlib is not installed")
    page = render()
    assert 'aria-label="Map of film"' in page
    assert 'aria-label="Map of user"' not in page
    assert page[page.index("<svg") : page.index("</svg>")].count("Alien") == 1
    assert "most frequent categories are drawn" not in page
    monkeypatch.setattr(recommend_page, "N_MAPPED", 2)
    page = render()
    assert "the 2 most frequent categories are drawn" in page
    drawn = page[page.index("<svg") : page.index("</svg>")]
    assert ("Alien" in drawn, "Fargo" in drawn) == (True, False)


def test_neighbors_whose_keys_are_numbers_are_named_by_their_titles():
    page = render()
    table = page[page.index('<table class="neighbors">') :]
    cells = re.findall(
        "<b[^>]*>(.*?)</b>(?:<span>.*?</span>)?\\s*(?:<small>(.*?)</small>)?", table[: table.index("</table>")]
    )
    # The key of a neighbor is in the tooltip. A film without a title has its key.
    assert [cell for cell in cells if cell[1]] == [("Heat &lt;b&gt;", "1"), ("Alien", "2"), ("Fargo", "3")]
    assert {key for key, _ in cells} == {"Heat &lt;b&gt;", "Alien", "Fargo", "4"}
    assert table.count('title="Alien (2)"') == 4
    assert 'title="4"' not in table


def test_without_examples_there_is_no_section_of_them():
    assert 'id="examples"' not in render(examples=[])
