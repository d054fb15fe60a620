"""Tables and progress bars of the command line."""

import dataclasses
import io
import re
from types import SimpleNamespace

import numpy as np
import pytest
from rich.console import Console

from tabemb import CategoryVectors, diagnose
from tabemb.cli.screen import (
    answers,
    comparison_progress,
    comparison_table,
    diagnoses_table,
    diagnosis_table,
    neighbors_table,
    push_progress,
    push_table,
    readings_table,
    study_table,
    vectors_table,
)
from tabemb.diagnosis.diagnose import diagnose_columns
from tabemb.experiments.report.certain_neighbors import CertainNeighbors, NamedCategory, NeighborList
from tabemb.table.schema import ColumnReading
from tabemb.vectors.databases import ColumnPush, PushSummary
from tabemb.vectors.sampling_noise import SamplingNoise

RNG = np.random.default_rng(0)
STOP = CategoryVectors(
    [f"[b]stop {i}" for i in range(30)], RNG.normal(size=(30, 4)), range(30, 0, -1), name="[b]stop", unknown=[9] * 4
)


def shown(what, width=140):
    stream = io.StringIO()
    Console(file=stream, width=width, color_system=None).print(what)
    return stream.getvalue()


def test_one_column_has_a_row_for_each_figure():
    lines = shown(diagnosis_table(diagnose(STOP, min_count=3))).splitlines()
    assert lines[0] == "[b]stop: 30 categories x 4, 28 of them diagnosed"
    assert lines[1].split() == ["check", "value", "reference", "verdict"]
    assert [line[2:].split("  ")[0] for line in lines[2:]] == list(diagnose(STOP))
    assert lines[2].startswith("! effective rank")
    assert lines[3].startswith("  information abundance")
    assert " 30 in all " in lines[6]
    assert lines[6].rstrip().endswith("All categories were trained.")
    assert "p 0." in lines[5]


def test_a_narrow_screen_folds_the_verdict_alone():
    told = shown(diagnosis_table(diagnose(STOP)), width=80)
    assert "information abundance" in told
    assert "…" not in told


def test_all_columns_and_how_they_weigh():
    columns = {
        "[b]stop": STOP,
        "line": CategoryVectors([1], [[1.0]], name="line"),
        "hour": CategoryVectors(range(24), 9 * RNG.normal(size=(24, 3)), name="hour"),
    }
    told = shown(diagnoses_table(diagnose_columns(columns)))
    assert told.startswith("[b]stop: 30 categories x 4\n")
    assert "hour: 24 categories x 3\n" in told
    assert "all columns\n" in told
    assert "hour alone has 9" in told
    assert "Column 'line' has 1 category, and 1 with a vector of its own; a diagnosis requires 3." in told


def test_one_column_has_no_shares_and_no_column_has_a_message():
    assert "all columns" not in shown(diagnoses_table(diagnose_columns({"stop": STOP})))
    assert shown(diagnoses_table(diagnose_columns({}))).startswith(
        "This run has no vectors: columns with few categories"
    )


def test_the_comparison_begins_with_the_headline_and_ends_with_the_verdict(small_comparison):
    told = shown(comparison_table(small_comparison))
    assert " ".join(told.split()).startswith(small_comparison.headline()[1])
    rows = [" ".join(line.split()) for line in told.splitlines()]
    assert "model roc_auc log_loss difference p parameters fit" in rows
    assert "one_hot_mlp 0.7933 ± 0.0153 0.4067 ± 0.0153 +0.0167 0.031 91,000 6.0 s" in rows
    assert "majority 0.5000 ± 0.0000 0.6900 ± 0.0000 +0.3100 < 0.001 2 under 0.1 s" in rows
    assert " ".join(small_comparison.statistics().split()) in " ".join(told.split())
    assert "Left out: ordinal_trees, which failed in fold 2 with a ValueError: it broke on purpose." in " ".join(rows)
    assert told.count("it broke on purpose") == 1


def test_the_headline_is_left_to_the_answers_of_a_run(small_comparison):
    told = shown(comparison_table(small_comparison, headline=False))
    assert told.split()[0] == "model"
    assert small_comparison.headline()[1] not in " ".join(told.split())


def test_a_run_ends_with_two_answers(small_comparison):
    near = NamedCategory(key=EVIL, label="Los [b]Angeles", confidence=0.97)
    lists = (NeighborList(column="[b]stop", category=NamedCategory(key="SFO"), nearest=(near, near)),)
    known = CertainNeighbors(answer="Of dest 57 % come back.", lists=lists, note="Percent: how often.")
    told = " ".join(shown(answers(small_comparison, known), 200).split())
    assert told.startswith(f"Is it worth it for the score? {small_comparison.headline()[1]} What do the vectors know?")
    assert "Of dest 57 % come back. [b]stop SFO: JFK" in told
    assert "(Los [b]Angeles) 97 %, JFK" in told
    assert told.endswith("Percent: how often.")
    assert "\x1b]0" not in told
    assert shown(answers(small_comparison, CertainNeighbors(answer="None."))).rstrip().endswith("know?\nNone.")


@pytest.mark.parametrize(("width", "log_loss"), [(95, False), (120, True)])
def test_as_many_metrics_as_there_is_room_for(small_comparison, width, log_loss):
    told = shown(comparison_table(small_comparison, width=width), width)
    assert ("log_loss" in told.partition("model ")[2].partition("On roc_auc")[0]) is log_loss
    assert "…" not in told


def test_one_fold_has_no_spread(small_comparison):
    assert "±" not in shown(comparison_table(dataclasses.replace(small_comparison, n_folds=1)))


def with_noise(size):
    """Return stops with noise of a size; 1 is that of the differences between the categories."""
    noise = SamplingNoise(np.eye(4) * size**2, rows=15.0, exponent=0.0, n_refits=5)
    return CategoryVectors(STOP.index_to_key, STOP.vectors, STOP.counts, name="[b]stop", noise=noise)


EVIL = "JFK\x1b]0;owned\x07\x1b[2J[red]"


def written(renderable):
    out = io.StringIO()
    Console(file=out, force_terminal=True, width=200).print(renderable, markup=False)
    return out.getvalue()


def test_names_reach_the_terminal_without_control_characters():
    vectors = CategoryVectors([EVIL, EVIL + "2", "LGA", "EWR"], np.eye(4), name=EVIL)
    reading = ColumnReading(EVIL, "categorical", "text", example=EVIL, note=EVIL)
    for text in (
        written(neighbors_table(EVIL, vectors, EVIL)),
        written(diagnosis_table(diagnose(vectors))),
        written(
            push_table(PushSummary("milvus:x.db", (ColumnPush(EVIL, EVIL, 1, written=1, unchanged=0, removed=0),)))
        ),
        written(readings_table([reading], [EVIL])),
    ):
        assert "JFK\\x1b]0;owned\\x07\\x1b[2J[red]" in text
        assert "\x1b]0" not in text
        assert "\x1b[2J" not in text


@pytest.mark.parametrize("width", [100, 140])
def test_long_names_leave_room_for_the_other_cells(small_comparison, width):
    name = "a column whose name is very long " * 6
    vectors = CategoryVectors([name + str(row) for row in range(4)], np.eye(4), name=name)
    model = dataclasses.replace(small_comparison.models[0], name=name)
    comparison = dataclasses.replace(small_comparison, models=(model,), failures=())
    readings = [ColumnReading(name, "categorical", "text", n_categories=4, example=name)]
    pushed = PushSummary("milvus:x.db", (ColumnPush(name, name, 1, written=1, unchanged=0, removed=0),))
    for table, cells in (
        (readings_table(readings), ("categorical", "text", "4", "a column whose na...")),
        (neighbors_table(name, vectors, name + "0"), ("0.000", "very long 3")),
        (comparison_table(comparison, width=width), ("5,400", "2.0 s")),
        (vectors_table(SimpleNamespace(vectors={name: vectors})), ("very long 3", "–")),  # noqa: RUF001
    ):
        told = shown(table, width)
        for cell in cells:
            assert cell in told
    assert "a column whose n…me is very long" in shown(push_table(pushed), 140)


def test_how_columns_were_read():
    readings = [
        ColumnReading("dest", "categorical", "text", n_categories=1050, n_missing=12, example="IAH"),
        ColumnReading("flight", "numeric", "integer", example="1545", note="identifiers?"),
    ]
    header, dest, flight, check, note, how = shown(readings_table(readings, ["9 rows were left out."])).splitlines()
    assert header.split() == ["column", "read", "as", "type", "categories", "missing", "example"]
    assert dest.split() == ["dest", "categorical", "text", "1,050", "12", "IAH"]
    assert flight.split() == ["flight", "numeric", "integer", "1545"]
    assert check.strip() == "! flight: identifiers?"
    assert note.strip() == "9 rows were left out."
    assert how.startswith("To correct a column: --categorical")
    assert len(shown(readings_table(readings[:1])).splitlines()) == 2


def test_a_narrow_terminal_has_room_for_what_to_check():
    note = "a different number in every row, like an identifier: drop?"
    reading = ColumnReading("customer_identifier", "calendar parts", "datetime", example="x" * 30, note=note)
    assert f"! customer_identifier: {note}" in " ".join(shown(readings_table([reading]), width=60).split())


def test_neighbors_of_unknown_confidence():
    pair = CategoryVectors(["JFK", "[bold]BOS"], [[1.0, 0.0], [0.91234, 0.40945]])
    lines = shown(neighbors_table("dest", pair, "JFK")).splitlines()
    assert [line.split() for line in lines] == [["dest", "cosine"], ["[bold]BOS", "0.912"]]
    few = CategoryVectors(["JFK", "[bold]BOS", 7], [[1.0, 0.0], [0.91234, 0.40945], [-0.5, 0.75**0.5]])
    lines = shown(neighbors_table("dest", few, "JFK")).splitlines()
    assert [line.split() for line in lines[1:3]] == [["[bold]BOS", "0.912"], ["7", "-0.500"]]
    assert lines[-1].startswith("How sure these neighbors are is not known: it takes at least three folds")


def test_neighbors_with_their_confidence():
    vectors = with_noise(0.1)
    told = shown(neighbors_table("[b]stop", vectors, "[b]stop 3", 5))
    assert "do not interpret" not in told
    lines = [line.split("  ") for line in told.splitlines()]
    assert [each.strip() for each in lines[0] if each] == ["[b]stop", "cosine", "comes back"]
    frame = vectors.neighbors_frame(5)
    for line, near in zip(lines[1:6], frame[frame["key"] == "[b]stop 3"].itertuples(), strict=True):
        cells = [each.strip() for each in line if each]
        assert cells[:2] == [near.neighbor, f"{near.cosine:.3f}"]
        assert float(cells[2].removesuffix(" %")) == pytest.approx(100 * near.confidence, abs=15)
    assert "among the 5 nearest when the model is fitted to other rows" in told


def test_neighbors_by_chance_have_a_warning():
    told = shown(neighbors_table("[b]stop", with_noise(20.0), "[b]stop 3"))
    assert told.startswith("The neighbors of [b]stop are no more stable than random ones (")
    assert told.index("do not interpret them") < told.index("comes back")


def test_columns_have_their_reliability():
    columns = {"[b]sure": with_noise(0.1), "chance": with_noise(20.0), "unknown": STOP}
    lines = shown(vectors_table(SimpleNamespace(vectors=columns))).splitlines()
    assert "come back  by chance  most frequent" in lines[0]
    for line, vectors in zip(lines[1:3], columns.values(), strict=False):
        known = vectors.reliability()
        assert f" {100 * known.share:.0f} %" in line
        assert f" {100 * known.chance:.0f} %" in line
    assert lines[3].split()[:5] == ["unknown", "30", "4", "–", "–"]  # noqa: RUF001
    styles = [row.style for row in vectors_table(SimpleNamespace(vectors=columns)).rows]
    assert styles == ["", "yellow", ""]


def test_progress_writes_nothing_without_a_terminal():
    stream = io.StringIO()
    with comparison_progress(2, stream) as advance:
        for fold in range(2):
            advance("embeddings", fold, 2)
            advance("majority", fold, 2)
        advance("all rows", 2, 2)
    assert stream.getvalue() == ""


def test_progress_counts_folds_and_the_final_fit(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    stream = io.StringIO()
    stream.isatty = lambda: True
    with comparison_progress(2, stream) as advance:
        for fold in range(2):
            advance("embeddings", fold, 2)
            advance("majority", fold, 2)
        advance("all rows", 2, 2)
    assert "fitting the final model" in stream.getvalue()


def test_the_progress_of_a_study_counts_steps(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    stream = io.StringIO()
    stream.isatty = lambda: True
    with comparison_progress(1, stream, unit="step") as advance:
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


def test_a_table_a_split_with_the_published_figures(study_result):
    lines = [" ".join(line.split()) for line in shown(study_table(study_result)).splitlines()]
    assert lines[0] == study_result.headline()[1]
    assert "in <time>" in lines
    assert "method without (published) with (published) encoded" in lines
    assert "KNN shop 2 0.300 (0.290) 0.240 (0.200) 0.250" in lines
    assert "shop 4 0.190 (0.200)" in lines
    assert lines[-1] == study_result.verdict()


def test_one_line_needs_no_name_and_nothing_published_no_column(study_result):
    one = dataclasses.replace(study_result, lines=("shop 2",), scores=study_result.scores[3:])
    lines = [" ".join(line.split()) for line in shown(study_table(one)).splitlines()]
    assert "method without with encoded" in lines
    assert "KNN 0.250" in lines


def test_a_narrow_console_breaks_heads_and_no_figure(study_result):
    told = shown(study_table(study_result, width=60), 60)
    assert "0.240 (0.200)" in told
    assert "…" not in told


def test_neighbors_have_readable_names():
    vectors = CategoryVectors(["BOS", "JFK", "SFO"], [[1.0, 0.0], [1.0, 0.1], [0.0, 1.0]], name="dest")
    lines = shown(neighbors_table("dest", vectors, "BOS", 2, names={"JFK": "Kennedy \x1b[2J"})).splitlines()
    assert lines[0].split() == ["dest", "name", "cosine"]
    assert lines[1].split() == ["JFK", "Kennedy", "\\x1b[2J", "0.995"]
    assert lines[2].split() == ["SFO", "0.000"]
