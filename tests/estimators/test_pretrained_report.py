"""What was found, as numbers, as a frame and as text."""

import json

import numpy as np
import pytest

from tabemb.estimators.pretrained_report import ColumnReport, PretrainedReport
from tabemb.vectors.sources import WAYS, match, source_of

KEYS = ("nurse", 7, "Pilot", "head nurse", *(f"zz{number}" for number in range(8)))
COUNTS = np.arange(12, 0, -1)


@pytest.fixture
def column():
    words = {"nurse": [1.0, 0.0], "pilot": [0.0, 1.0], 7: [1.0, 1.0]}
    return ColumnReport.of("some words", match(KEYS, source_of(words)), KEYS, COUNTS)


def test_it_counts_categories_and_rows_by_the_way_they_were_found(column):
    assert column.categories == {"whole": 2, "folded": 1, "words": 1, "lacking": 8}
    assert column.rows == {"whole": 23, "folded": 10, "words": 9, "lacking": 36}
    assert sum(column.rows.values()) == COUNTS.sum()
    assert column.examples["whole"] == ("nurse", 7)
    assert column.examples["lacking"] == ("zz0", "zz1", "zz2", "zz3", "zz4")
    assert column.dim == 2


def test_it_comes_back_from_json_with_typed_keys(column):
    again = ColumnReport.from_json(json.loads(json.dumps(column.to_json())))
    assert again == column
    assert type(again.examples["whole"][1]) is int


def test_it_is_a_mapping_a_frame_and_a_text(column):
    report = PretrainedReport({"job": column})
    assert list(report) == ["job"]
    assert report["job"] is column
    frame = report.to_frame()
    assert frame["found"].tolist() == list(WAYS)
    assert frame["rows"].tolist() == [23, 10, 9, 36]
    assert frame["share_of_rows"].sum() == pytest.approx(1)
    assert frame["examples"][1] == ["Pilot"]
    lines = repr(report).splitlines()
    assert lines[0] == "job: 12 categories in 78 rows, looked for in some words (vectors of 2 numbers)"
    assert lines[4] == (
        "  not found                           8 categories (67 %), 36 rows (46 %): "
        "'zz0', 'zz1', 'zz2', 'zz3', 'zz4', ..."
    )
    assert len(lines) == 5


def test_where_nothing_was_found_it_does_not_guess_how_long_vectors_are():
    lacking = ColumnReport.of("some words", match(KEYS, source_of({"welder": [1.0, 2.0]})), KEYS, COUNTS)
    lines = repr(PretrainedReport({"job": lacking})).splitlines()
    assert lines[0] == "job: 12 categories in 78 rows, looked for in some words"
    assert "12 categories (100 %), 78 rows (100 %): 'nurse', 7, 'Pilot'" in lines[4]


def test_where_nothing_was_pretrained_it_says_so():
    empty = PretrainedReport({})
    assert repr(empty) == "PretrainedReport(no column began with vectors from elsewhere)"
    assert empty.to_frame().columns.tolist() == [
        "column",
        "found",
        "categories",
        "rows",
        "share_of_rows",
        "examples",
    ]
    assert len(empty.to_frame()) == 0


def test_a_column_without_categories_has_no_shares():
    nothing = ColumnReport.of("words", match([], source_of({"a": [1.0]})), (), np.zeros(0, int))
    assert "not found                           0 categories (0 %), 0 rows (0 %)" in repr(
        PretrainedReport({"x": nothing})
    )
