"""Which column of a side table holds the categories, what it says about them, and tables that are wrong."""

import datetime as dt
import json

import numpy as np
import pandas as pd
import pytest

from tabemb.exceptions import ColumnError, DataError
from tabemb.experiments.explorer.side_table import side_data
from tabemb.vectors import CategoryVectors


def vectors(*keys):
    return CategoryVectors(keys, np.ones((len(keys), 2)))


RUN = {"origin": vectors("JFK", "LGA"), "dest": vectors("SFO", "JFK", "BOS", "LAX"), "month": vectors(*range(1, 13))}
AIRPORTS = pd.DataFrame(
    {
        "faa": ["LAX", "SFO", "JFK", "XXX", "LGA"],
        "name": ["Los Angeles", "San Francisco", "Kennedy", "?", "La Guardia"],
        "zone": ["west", "west", "east", None, "east"],
        "feet": [126, 13, None, 0, 22],
    }
)


def test_the_key_is_the_column_that_holds_most_categories():
    found = side_data(AIRPORTS, RUN)
    assert list(found) == ["origin", "dest"]
    dest = found["dest"]
    assert (dest.source, dest.key, dest.n_found) == ("side", "faa", 3)
    assert dest.names == ["San Francisco", "Kennedy", "", "Los Angeles"]
    assert dest.columns == [
        {"name": "name", "kind": "text", "texts": ["San Francisco", "Kennedy", "", "Los Angeles"], "is_name": True},
        {"name": "zone", "kind": "label", "labels": ["west", "east"], "codes": [0, 1, -1, 0]},
        {"name": "feet", "kind": "number", "values": [13.0, None, None, 126.0]},
    ]
    json.dumps(dest.columns, allow_nan=False)


@pytest.mark.parametrize("shift", [1, -1])
def test_numbers_that_match_by_chance_are_no_key(shift):
    # "feet" has all months, and "faa" a part of the airports only; some rows are repeated in "feet".
    table = pd.concat([AIRPORTS, pd.DataFrame({"faa": [f"X{i:02}" for i in range(40)]})], ignore_index=True)
    table["feet"] = [1 + i % 12 for i in range(len(table))]
    assert side_data(table.iloc[:, ::shift], RUN)["dest"].key == "faa"


def test_a_key_of_the_same_name_is_about_that_column_alone():
    users, items = vectors(*range(100)), vectors(*range(50))
    table = pd.DataFrame({"Item": range(40), "genre": ["a", "b"] * 20})
    assert list(side_data(table, {"user": users, "item": items})) == ["item"]
    other = table.rename(columns={"Item": "id"})
    assert side_data(other, {"user": users, "item": items}).keys() == {"item"}
    assert side_data(other, {"user id": users, "item id": items}).keys() == {"user id", "item id"}


def test_a_few_numbers_that_match_are_chance_unless_the_names_say_otherwise():
    zones = pd.DataFrame({"zone": ["up", "down"], "id": [1, 2]})
    with pytest.raises(DataError, match=r"The column 'id' holds 2 of the 12 of month\. Name the column"):
        side_data(zones, RUN)
    assert side_data(zones, RUN, key="id").keys() == {"month"}
    assert side_data(zones, {"pickup_id": vectors(1, 2, 3)}).keys() == {"pickup_id"}


def test_the_key_can_be_given():
    table = AIRPORTS.assign(icao=["JFK", "SFO", "LAX", "BOS", "ZZZ"])
    assert side_data(table, RUN, key="icao")["dest"].names[2] == "?"
    assert side_data(table, RUN, key="faa")["dest"].names[2] == ""
    with pytest.raises(ColumnError, match=r"no column 'fa', which should hold .* It has: faa, .*Did you mean 'faa'"):
        side_data(table, RUN, key="fa")
    # Even a column that holds few of them.
    assert (
        side_data(pd.DataFrame({"a": ["BOS"], "b": [1]}), {"dest": vectors("BOS", *range(99))}, key="a")["dest"].n_found
        == 1
    )


def test_an_index_with_the_categories_is_a_column():
    for table in (
        AIRPORTS.set_index("faa"),
        AIRPORTS.set_index("faa").rename_axis(None),
        AIRPORTS.set_index("faa")["zone"],
    ):
        assert side_data(table, RUN)["dest"].n_found == 3
    kept = AIRPORTS.set_index("faa", drop=False)
    assert side_data(kept, RUN)["dest"].key == "faa"


def test_polars_tables_are_read():
    polars = pytest.importorskip("polars")
    assert side_data(polars.from_pandas(AIRPORTS), RUN)["dest"].n_found == 3


@pytest.mark.parametrize(
    ("keys", "cells"),
    [
        (["1", "2", "3"], [3, 2, 9]),
        ([1, 2, 3], ["3", "2", "x"]),
        ([1, 2, 3], [3.0, 2.0, None]),
        (["1.5", "2"], [1.5, 2]),
    ],
)
def test_codes_that_are_text_in_one_table_and_numbers_in_the_other_match(keys, cells):
    found = side_data(pd.DataFrame({"code": cells, "note": ["a", "b", "c"][: len(cells)]}), {"code": vectors(*keys)})
    assert found["code"].n_found == 2


def test_files_are_read_by_their_suffix(tmp_path):
    AIRPORTS.to_csv(tmp_path / "airports.csv", index=False)
    AIRPORTS.to_parquet(tmp_path / "airports.parquet")
    for name in ("airports.csv", "airports.parquet"):
        found = side_data(tmp_path / name, RUN)["dest"]
        assert (found.source, found.columns[2]["values"]) == (name, [13.0, None, None, 126.0])
    assert side_data(str(tmp_path / "airports.csv"), RUN).keys() == {"origin", "dest"}


def test_several_tables_are_about_several_columns():
    months = pd.DataFrame({"month": range(1, 13), "season": ["cold"] * 3 + ["warm"] * 6 + ["cold"] * 3})
    assert side_data([AIRPORTS, months], RUN).keys() == {"origin", "dest", "month"}
    assert side_data({"dest": AIRPORTS, "month": months}, RUN).keys() == {"dest", "month"}
    with pytest.raises(DataError, match="side and side are both about the column 'origin'"):
        side_data([AIRPORTS, AIRPORTS], RUN)
    with pytest.raises(
        ColumnError, match=r"no vectors of a column 'dst', .*Columns: origin, dest, month\. Did you mean"
    ):
        side_data({"dst": AIRPORTS}, RUN)


def kinds(values, n=None):
    keys = [f"k{i}" for i in range(n or len(values))]
    return side_data(pd.DataFrame({"key": keys[: len(values)], "x": values}), {"key": vectors(*keys)})["key"].columns[0]


def test_kinds_of_columns():
    assert kinds([1, 2, 2**60])["values"] == [1, 2, float(2**60)]
    assert kinds([True, False, True]) == {
        "name": "x",
        "kind": "label",
        "labels": ["True", "False"],
        "codes": [0, 1, 0],
    }
    days = [dt.date(2020, 1, 1), dt.date(2020, 1, 2), dt.date(2020, 1, 1)]
    assert kinds(days)["labels"] == ["2020-01-01", "2020-01-02"]
    assert kinds(["a", 1, "a"])["labels"] == ["a", "1"]
    assert kinds(["b"] * 3)["labels"] == ["b"]
    assert kinds([f"v{i // 2}" for i in range(40)])["kind"] == "label"
    # Nearly all different.
    assert kinds([f"v{max(i, 3)}" for i in range(40)])["kind"] == "text"
    assert kinds([[1, 2], [3], [1, 2]])["labels"] == ["[1, 2]", "[3]"]
    assert kinds([1.0, np.inf, 2.0])["kind"] in ("text", "label")


def test_columns_without_values_are_left_out():
    table = AIRPORTS.assign(empty=None, elsewhere=[None, None, None, "only XXX", None])
    assert [each["name"] for each in side_data(table, RUN)["dest"].columns] == ["name", "zone", "feet"]


def test_names_are_of_a_column_called_so_or_of_one_that_differs_in_each_row():
    keys = [f"k{i}" for i in range(4)]
    table = pd.DataFrame({"key": keys, "street": list("wxyz"), "Title": ["a", "a", "b", "b"]})
    assert side_data(table, {"key": vectors(*keys)})["key"].names == ["a", "a", "b", "b"]
    assert side_data(table.drop(columns="Title"), {"key": vectors(*keys)})["key"].names == list("wxyz")
    assert (
        side_data(table[["key", "Title"]].rename(columns={"Title": "kind"}), {"key": vectors(*keys)})["key"].names
        == [""] * 4
    )


@pytest.mark.parametrize(
    ("side", "told"),
    [
        (
            AIRPORTS[["name", "feet"]],
            r"none of its columns holds the categories of one\. 'name' has 'Los Angeles', .*dest has",
        ),
        (
            pd.concat([AIRPORTS, AIRPORTS[1:2]]),
            r"'SFO' of dest in the rows 2 and 6 of its column 'faa'; expected one row per",
        ),
        (AIRPORTS[["faa"]], "has 1 column; expected one with the categories and at least one about them"),
        (AIRPORTS[["faa"]].assign(x=None), "has no value for any category of .* beside those of its key column 'faa'"),
        (7, "side must be the path of a table or a pandas DataFrame .*got int"),
        ("nowhere.csv", r"There is no file nowhere\.csv"),
    ],
)
def test_a_wrong_table_is_an_error_that_says_what_to_do(side, told):
    with pytest.raises(DataError, match=told):
        side_data(side, RUN)


def test_rows_of_other_categories_may_repeat():
    assert side_data(pd.concat([AIRPORTS, AIRPORTS[3:4]]), RUN)["dest"].n_found == 3


def test_a_given_key_that_holds_no_category_is_an_error():
    with pytest.raises(DataError, match=r"its column 'zone' does not hold the categories of one\. 'zone' has 'west'"):
        side_data(AIRPORTS, RUN, key="zone")


def test_unreadable_files_are_errors(tmp_path):
    broken = tmp_path / "airports.parquet"
    broken.write_bytes(b"PAR1 and no more")
    with pytest.raises(DataError, match=r"Cannot read .*airports\.parquet as a table"):
        side_data(broken, RUN)
    (tmp_path / "empty.csv").write_text("")
    with pytest.raises(DataError, match=r"empty\.csv is empty"):
        side_data(tmp_path / "empty.csv", RUN)
