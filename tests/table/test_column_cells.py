import numpy as np
import pandas as pd
import pytest

from tabemb.exceptions import DataError
from tabemb.table.cells import factorize, read_cells
from tabemb.table.column_cells import as_rows, category_cells, cells_to_fit, counted_cells, refuse_unknown
from tabemb.table.frames import read_frame
from tabemb.table.multi_valued import SplitCells
from tabemb.table.schema import CategoricalColumn
from tabemb.table.vocabulary import Vocabulary

FRAME = read_frame(
    pd.DataFrame({"tags": ["a|b", "a", None], "day": pd.to_datetime(["2013-01-31"] * 3), "lists": [["a"], [], ["b"]]})
)
TAGS = CategoricalColumn("tags", "tags", split="|")


def test_cells_are_those_of_the_source_or_a_part_of_a_date():
    assert factorize(category_cells(FRAME, CategoricalColumn("tags", "tags"), "tags")).keys == ["a|b", "a"]
    assert factorize(category_cells(FRAME, CategoricalColumn("day_month", "day", "month"), "day")).keys == [1]
    with pytest.raises(DataError, match="A cell of column 'lists' holds several values"):
        category_cells(FRAME, CategoricalColumn("lists", "lists"), "lists")


def test_cells_with_several_values_are_split_for_the_fit_and_count_once_per_value():
    assert isinstance(cells_to_fit(FRAME, TAGS), SplitCells)
    counted = counted_cells(FRAME, TAGS, "tags")
    assert (counted.codes.tolist(), counted.keys) == ([0, 1, 0, -1], ["a", "b"])
    assert not isinstance(cells_to_fit(FRAME, CategoricalColumn("tags", "tags")), SplitCells)


@pytest.mark.parametrize(("least", "expected"), [(None, None), (3, 3), (0.25, 3), (0.01, 1)])
def test_a_share_of_rows_is_a_number_of_rows(least, expected):
    assert as_rows(least, 10) == expected


def test_unknown_cells_are_refused_by_name():
    refuse_unknown("dest", read_cells(["SFO"]), np.array([2], np.int32), Vocabulary(["SFO"]))
    with pytest.raises(DataError, match=r"unknown categories in column 'dest' \(1 of 2 rows\): 'SFP'.*'SFO'"):
        refuse_unknown("dest", read_cells(["SFO", "SFP"]), np.array([2, 1], np.int32), Vocabulary(["SFO"]))
