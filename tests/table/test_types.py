import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from tabemb.table import types
from tabemb.table.frames import read_frame

COLUMNS = {"dest": ["IAH", "MIA"], "distance": [1400, 1089]}
FRAME = pd.DataFrame(COLUMNS)


def shaped(value):
    """Whether a value has the attribute of one of the protocols."""
    names = ["shape", "__array__", "__arrow_c_stream__", "__arrow_c_array__"]
    return any(hasattr(value, name) for name in names) or isinstance(value, (list, tuple))


@pytest.mark.parametrize(
    "table",
    [
        FRAME,
        FRAME.to_numpy(),
        FRAME.to_records(index=False),
        pl.DataFrame(COLUMNS),
        pa.table(COLUMNS),
        pa.record_batch(COLUMNS),
        pa.table(COLUMNS).to_reader(),
        [["IAH", 1400], ["MIA", 1089]],
        (("IAH", 1400), ("MIA", 1089)),
        [{"dest": "IAH"}, {"dest": "MIA"}],
    ],
)
def test_what_is_read_as_a_table_is_like_one(table):
    assert shaped(table)
    assert read_frame(table).n_rows == 2


@pytest.mark.parametrize("other", ["flights.csv", 3, None, COLUMNS, {1, 2}])
def test_other_values_are_not(other):
    assert not shaped(other)


def test_the_protocols_have_these_attributes():
    members = {
        name
        for protocol in (types.HasShape, types.HasArray, types.HasArrowStream, types.HasArrowArray)
        for name in vars(protocol)
        if name in ("shape", "__array__", "__arrow_c_stream__", "__arrow_c_array__")
    }
    assert members == {"shape", "__array__", "__arrow_c_stream__", "__arrow_c_array__"}
