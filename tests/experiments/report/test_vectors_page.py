"""The report of a run without a target."""

import numpy as np
import pytest

from tabemb.experiments.report import charts
from tabemb.experiments.report.certain_neighbors import certain_neighbors
from tabemb.experiments.report.vectors_page import render_vectors
from tabemb.vectors.category_vectors import CategoryVectors

rng = np.random.default_rng(0)
VECTORS = {
    name: CategoryVectors(keys, rng.normal(size=(len(keys), 3)), np.arange(len(keys), 0, -1) * 10, name=name)
    for name, keys in {"dest": ["BOS", "SFO", "<LAX>", "JFK"], "month": [1, 2, 3]}.items()
}
RECORD = {
    "name": "trips",
    "title": "Trips <b>",
    "description": None,
    "created": "2026-01-02T00:00:00+00:00",
    "seed": 0,
    "data": {
        "source": "trips.csv",
        "columns": ["dest", "month", "miles"],
        "rows_read": 1200,
        "rows_used": 1200,
        "notes": [],
        "reading": [],
        "sha256": "abc",
    },
    "model": {
        "embeddings": [
            {"column": "dest", "categories": 4, "dimensions": 3, "reliability": {"share": 0.5, "chance": 0.25}},
            {"column": "month", "categories": 3, "dimensions": 3, "reliability": None},
        ],
        "dropped": [{"column": "same", "reason": "constant"}],
    },
    "pretrain": {"objective": "masked", "sentence": "masked, from all 1,200 rows"},
    "seconds": {"load": 0.1, "learn": 2.0, "total": 2.5},
    "machine": "a machine",
    "versions": {"tabemb": "1"},
}


def render(vectors=VECTORS, **options):
    known = certain_neighbors(vectors, by_folds=False)
    return render_vectors(RECORD, vectors, known=known, config_text="pretrain: {}", **options)


def test_it_says_what_was_learned_from_what():
    page = render(explore="tabemb explore runs/trips")
    for text in (
        "Trips &lt;b&gt;",
        "What do the vectors know?",
        "is not known for this objective",
        "Learned without a target: masked, from all 1,200 rows",
        "2 of 3",
        "50\N{NO-BREAK SPACE}%" if "50\N{NO-BREAK SPACE}%" in page else "50 %",
        "&lt;LAX&gt;",
        "same: constant",
        "tabemb explore runs/trips",
        "pretrain: {}",
    ):
        assert text in page
    for text in ("Is it worth it", "effects on the target", "kfold", "<LAX>"):
        assert text not in page
    assert ("<svg" in page) == charts.can_draw()


def test_maps_are_those_asked_for():
    if not charts.can_draw():
        pytest.skip("matplotlib is not installed")
    page = render(maps=["month"])
    assert 'aria-label="Map of month"' in page
    assert 'aria-label="Map of dest"' not in page


def test_a_run_without_vectors_says_so():
    page = render({})
    assert "This run has no vectors" in page
