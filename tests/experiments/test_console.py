"""What the command line shows."""

import dataclasses
import io
import re

import pytest
from rich.console import Console

from tabemb.experiments.console import (
    comparison_progress,
    neighbours_table,
    push_progress,
    push_table,
    show_comparison,
)
from tabemb.vectors.databases import ColumnPush, PushSummary


def shown(what, width=140):
    stream = io.StringIO()
    Console(file=stream, width=width, color_system=None).print(what)
    return stream.getvalue()


def test_the_comparison_begins_with_the_headline_and_ends_with_the_verdict(small_comparison):
    told = shown(show_comparison(small_comparison))
    assert told.startswith("Embeddings beat one-hot: roc_auc 0.8100 against 0.7933.")
    rows = [" ".join(line.split()) for line in told.splitlines()]
    assert "model roc_auc log_loss difference p parameters fit" in rows
    assert "one_hot_mlp 0.7933 ± 0.0153 0.4067 ± 0.0153 +0.0167 0.031 91,000 6.0 s" in rows
    assert "majority 0.5000 ± 0.0000 0.6900 ± 0.0000 +0.3100 < 0.001 2 under 0.1 s" in rows
    assert " ".join(small_comparison.verdict().split()) in " ".join(told.split())
    assert "ordinal_trees was left out: it broke on purpose" in told


@pytest.mark.parametrize(("width", "log_loss"), [(95, False), (120, True)])
def test_as_many_metrics_as_there_is_room_for(small_comparison, width, log_loss):
    told = shown(show_comparison(small_comparison, width=width), width)
    assert ("log_loss" in told) is log_loss
    assert "…" not in told


def test_one_fold_has_no_spread(small_comparison):
    assert "±" not in shown(show_comparison(dataclasses.replace(small_comparison, n_folds=1)))


def test_neighbours():
    told = shown(neighbours_table("dest", [("[bold]BOS", 0.91234), (7, -0.5)]))
    assert [line.split() for line in told.splitlines()] == [["dest", "cosine"], ["[bold]BOS", "0.912"], ["7", "-0.500"]]


def test_the_progress_takes_calls_as_compare_makes_them():
    stream = io.StringIO()
    with comparison_progress(2, stream) as advance:
        for fold in range(2):
            advance("embeddings", fold, 2)
            advance("majority", fold, 2)
        advance("all rows", 2, 2)
    assert "Traceback" not in stream.getvalue()


def test_the_progress_of_a_study_counts_steps(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    stream = io.StringIO()
    stream.isatty = lambda: True
    with comparison_progress(1, stream, part="step") as advance:
        advance("without", 0, 3)
    assert "step 1 of 3: without" in stream.getvalue()
    assert "fold" not in stream.getvalue()


def test_the_table_of_a_push():
    one = ColumnPush("dest", "tabemb_dest", 3, written=2000, unchanged=5, removed=1)
    two = ColumnPush("[red]", "tabemb__5b_red_5d_", 2, written=0, unchanged=7, removed=0)
    assert [line.split() for line in shown(push_table(PushSummary("lancedb:x", (one, two)))).splitlines()] == [
        ["column", "collection", "dimensions", "written", "unchanged", "removed"],
        ["dest", "tabemb_dest", "3", "2,000", "5", "1"],
        ["[red]", "tabemb__5b_red_5d_", "2", "0", "7", "0"],
    ]


def test_the_progress_of_a_push_names_the_column_and_counts_rows(monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "100")
    stream = io.StringIO()
    with push_progress(file=stream) as advance:
        advance("[red]", 2, 7)
        advance("[red]", 7, 7)
    told = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", stream.getvalue())
    assert "[red]" in told
    assert "7/7" in told
