"""What the command line shows of a diagnosis."""

import io

import numpy as np
from rich.console import Console

from tabemb import CategoryVectors
from tabemb.cli.diagnosis_screen import show_diagnoses, show_diagnosis
from tabemb.vectors.table_diagnosis import TableDiagnosis

RNG = np.random.default_rng(0)
STOP = CategoryVectors(
    [f"[b]stop {i}" for i in range(30)], RNG.normal(size=(30, 4)), range(30, 0, -1), name="[b]stop", unknown=[9] * 4
)


def shown(what, width=140):
    stream = io.StringIO()
    Console(file=stream, width=width, color_system=None).print(what)
    return stream.getvalue()


def test_one_column_has_a_row_for_each_figure():
    lines = shown(show_diagnosis(STOP.diagnose(min_count=3))).splitlines()
    assert lines[0] == "[b]stop: 30 categories x 4, 28 of them diagnosed"
    assert lines[1].split() == ["figure", "value", "beside", "verdict"]
    assert [line[2:].split("  ")[0] for line in lines[2:]] == list(STOP.diagnose())
    assert lines[2].startswith("! effective rank")
    assert lines[3].startswith("  information abundance")
    assert " 30 in all " in lines[6]
    assert lines[6].rstrip().endswith("All categories were trained.")
    assert "p 0." in lines[5]


def test_a_narrow_screen_folds_the_verdict_alone():
    told = shown(show_diagnosis(STOP.diagnose()), width=80)
    assert "information abundance" in told
    assert "…" not in told


def test_all_columns_and_how_they_weigh():
    columns = {
        "[b]stop": STOP,
        "line": CategoryVectors([1], [[1.0]], name="line"),
        "hour": CategoryVectors(range(24), 9 * RNG.normal(size=(24, 3)), name="hour"),
    }
    told = shown(show_diagnoses(TableDiagnosis.of(columns)))
    assert told.startswith("[b]stop: 30 categories x 4\n")
    assert "hour: 24 categories x 3\n" in told
    assert "side by side\n" in told
    assert "hour alone has 9" in told
    assert "Column 'line' has 1 category, and 1 with a vector of its own; a diagnosis takes 3." in told


def test_one_column_has_none_beside_it_and_no_column_has_a_reason():
    assert "side by side" not in shown(show_diagnoses(TableDiagnosis.of({"stop": STOP})))
    assert shown(show_diagnoses(TableDiagnosis.of({}))).startswith("This run has no vectors: columns of few categories")
