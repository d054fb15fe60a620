"""The diagnoses of all columns."""

import numpy as np
import pytest

from tabemb import CategoryVectors
from tabemb.exceptions import ColumnError, DataError
from tabemb.vectors.table_diagnosis import TableDiagnosis

RNG = np.random.default_rng(0)
COLUMNS = {
    "stop": CategoryVectors(list("abcdefgh"), RNG.normal(size=(8, 2)), name="stop"),
    "line": CategoryVectors([1, 2], [[1.0], [2.0]], name="line"),
    "hour": CategoryVectors(range(24), RNG.normal(size=(24, 3)), [5] * 24, name="hour"),
}


def test_columns_of_too_few_categories_are_left_out_with_the_reason():
    found = TableDiagnosis.of(COLUMNS)
    assert (list(found), len(found), "line" in found) == (["stop", "hour"], 2, False)
    assert found["hour"] == COLUMNS["hour"].diagnose()
    assert found.left_out == {
        "line": "Column 'line' has 2 categories, and 2 with a vector of its own; a diagnosis takes 3. There is nothing "
        "to compare."
    }
    assert found.shares.names == ("stop", "line", "hour")
    with pytest.raises(ColumnError, match="The column 'line' was not diagnosed: Column 'line' has 2 categories"):
        found["line"]
    with pytest.raises(ColumnError, match=r"No column 'hours' was diagnosed\. Columns: stop, hour\."):
        found["hours"]


def test_what_stands_beside_a_column_and_settings_for_all_are_handed_on():
    side = {key: place for place, key in enumerate("abcdefgh")}
    found = TableDiagnosis.of(COLUMNS, {"stop": {"side": side}}, k=2, n_permutations=19)
    assert found["stop"] == COLUMNS["stop"].diagnose(side=side, k=2, n_permutations=19)
    assert "side correlation" not in found["hour"]
    assert found["hour"].k == 2
    with pytest.raises(ColumnError, match=r"There are no vectors of a column 'stops'.*Did you mean 'stop'"):
        TableDiagnosis.of(COLUMNS, {"stops": {}})


def test_what_is_wrong_for_another_reason_is_no_column_left_out():
    with pytest.raises(DataError, match="knows none of the categories"):
        TableDiagnosis.of(COLUMNS, {"stop": {"side": {"x": 1}}})
    with pytest.raises(DataError, match="Column 'stop' came without counts"):
        TableDiagnosis.of(COLUMNS, min_count=2)


def test_its_frame_and_text_have_all_columns():
    found = TableDiagnosis.of(COLUMNS)
    frame = found.to_frame()
    assert frame.index.names == ["column", "figure"]
    assert frame.loc[("hour", "dimensions"), "value"] == found["hour"]["dimensions"].value
    told = repr(found)
    assert told.startswith("Diagnosis(stop: 8 categories x 2")
    assert "line was left out: Column 'line' has 2 categories" in told
    assert "ColumnShares(3 columns)" in told


def test_categories_without_rows_have_no_distances_to_share():
    found = TableDiagnosis.of({"line": CategoryVectors([1, 2], [[1.0], [2.0]], [5, 0], name="line")})
    assert found.shares is None
    assert repr(found).startswith("line was left out: ")


def test_nothing_at_all():
    nothing = TableDiagnosis.of({})
    assert (len(nothing), nothing.shares, nothing.to_frame().empty, repr(nothing)) == (0, None, True, "")
