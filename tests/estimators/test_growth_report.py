"""The report of what a table added to the vocabularies."""

import pytest

from tabemb.estimators.growth_report import ColumnGrowth, GrowthReport

DEST = ColumnGrowth(
    n_rows=1200,
    new=("TVC", "MYR", "ANC", 7),
    rows_of_new=(40, 3, 2, 1),
    rows_unknown=5,
    n_unknown=2,
    unknown=("x", "y"),
    drift=0.125,
)
SAME = ColumnGrowth(n_rows=1200, new=(), rows_of_new=(), rows_unknown=0, n_unknown=0, unknown=(), drift=0.0)


def test_the_report_is_a_mapping_that_reads_well():
    report = GrowthReport({"dest": DEST, "origin": SAME})
    assert (list(report), len(report), report["dest"]) == (["dest", "origin"], 2, DEST)
    assert repr(report).splitlines() == [
        "dest: 4 new categories in 46 of 1,200 rows: 'TVC', 'MYR', 'ANC', ...; 2 remain unknown: 'x', 'y'; drift 0.12",
        "origin: 0 new categories in 0 of 1,200 rows; drift 0.00",
    ]
    assert repr(GrowthReport({})) == "GrowthReport(no categorical columns)"


def test_the_frame_has_a_row_per_column():
    frame = GrowthReport({"dest": DEST, "origin": SAME}).to_frame()
    assert frame.index.tolist() == ["dest", "origin"]
    row = frame.loc["dest"]
    assert (row["new_categories"], row["rows_of_new"], row["unknown_categories"], row["rows_unknown"]) == (4, 46, 2, 5)
    assert row["share_of_new"] == pytest.approx(46 / 1200)
    assert row["new"] == ["TVC", "MYR", "ANC", 7]
