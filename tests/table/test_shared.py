"""Columns that share a table: which ones, their common vocabulary, and what is refused."""

import re

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from tabemb.exceptions import ColumnError, DataError, FormatError
from tabemb.table.cells import factorize, read_cells
from tabemb.table.encoder import TableEncoder
from tabemb.table.schema import DroppedColumnWarning
from tabemb.table.shared import by_table, check_shared, joined

AIRPORT = {"airport": ["origin", "dest"]}
TABLE_OF = {"origin": "airport", "dest": "airport", "day": "day"}


@pytest.fixture
def flights():
    return pd.DataFrame(
        {
            "origin": ["JFK", "LGA", "JFK", None],
            "distance": [1.0, 2.0, 3.0, 4.0],
            "dest": ["LAX", "LGA", "LGA", "LGA"],
            "day": ["mon", "tue", "mon", "tue"],
        }
    )


# ---------------------------------------------------------------- one vocabulary


def test_one_vocabulary_holds_the_categories_of_all_columns_with_added_counts(flights):
    encoder = TableEncoder(shared=AIRPORT)
    table = encoder.fit_encode(flights)
    assert encoder.table_of == TABLE_OF
    assert list(encoder.vocabularies) == ["origin", "dest", "day"]
    assert encoder.vocabularies["origin"] is encoder.vocabularies["dest"]
    assert list(encoder.tables) == ["airport", "day"]
    airports = encoder.tables["airport"]
    assert airports.keys == ("LGA", "JFK", "LAX")
    assert airports.counts.tolist() == [1, 0, 4, 2, 1]
    assert table.indices.T.tolist() == [[3, 2, 3, 0], [4, 2, 2, 2], [2, 3, 2, 3]]
    assert encoder.sharing("dest") == [0, 1]
    assert encoder.sharing("day") == [2]


def test_an_encoded_table_is_that_of_the_fit(flights):
    encoder = TableEncoder(shared=AIRPORT)
    fitted = encoder.fit_encode(flights)
    again = encoder.encode(flights)
    assert np.array_equal(again.indices, fitted.indices)
    assert fitted.indices.flags.f_contiguous


def test_a_category_of_one_column_is_known_in_the_other(flights):
    encoder = TableEncoder(shared=AIRPORT).fit(flights)
    turned = encoder.encode(flights.assign(origin=flights["dest"], dest="JFK"))
    assert turned.indices[:, :2].tolist() == [[4, 3], [2, 3], [2, 3], [2, 3]]
    assert encoder.encode(flights.assign(dest="BOS")).indices[:, 1].tolist() == [1] * 4


def test_without_shared_columns_each_has_its_own_table(flights):
    for shared in (None, {}):
        encoder = TableEncoder(shared=shared).fit(flights)
        assert encoder.table_of == {name: name for name in encoder.vocabularies}
        assert encoder.tables == encoder.vocabularies


@pytest.mark.parametrize(
    ("limits", "keys"),
    [
        ({"min_frequency": 3}, ("LGA",)),
        ({"min_frequency": 2}, ("LGA", "JFK")),
        # Half of the eight cells, of both columns.
        ({"min_frequency": 0.5}, ("LGA",)),
        ({"max_categories": 3}, ("LGA", "JFK")),
        ({"max_categories": 2}, ("LGA",)),
    ],
)
def test_limits_apply_to_the_sum_of_the_counts(flights, limits, keys):
    encoder = TableEncoder(shared=AIRPORT, **limits).fit(flights)
    airports = encoder.tables["airport"]
    assert airports.keys == keys
    assert airports.counts.sum() == 8


def test_a_table_may_be_named_like_one_of_its_columns(flights):
    encoder = TableEncoder(shared={"origin": ["origin", "dest"]}).fit(flights)
    assert encoder.table_of == {"origin": "origin", "dest": "origin", "day": "day"}


def test_the_counts_of_each_column_are_kept(flights):
    encoder = TableEncoder(shared=AIRPORT).fit(flights)
    again = TableEncoder.from_state(*encoder.to_state())
    for each in (encoder, again):
        assert each.counts_of("origin").tolist() == [1, 0, 1, 2, 0]
        assert each.counts_of("dest").tolist() == [0, 0, 3, 0, 1]
        assert each.counts_of("day").tolist() == [0, 0, 2, 2]
    rare = TableEncoder(shared=AIRPORT, min_frequency=2).fit(flights)
    assert rare.counts_of("dest").tolist() == [0, 1, 3, 0]


@pytest.mark.parametrize("counts", [[1, 2], [], "many", None])
def test_a_state_with_other_counts_is_refused(counts, flights):
    data, arrays = TableEncoder(shared=AIRPORT).fit(flights).to_state()
    data["counts"]["origin"] = counts
    with pytest.raises(FormatError):
        TableEncoder.from_state(data, arrays)


def test_the_order_of_the_columns_is_that_of_the_table(flights):
    encoder = TableEncoder(shared={"airport": ["dest", "origin"]})
    assert np.array_equal(encoder.fit_encode(flights).indices, TableEncoder(shared=AIRPORT).fit_encode(flights).indices)


def test_three_columns_and_two_tables():
    X = pd.DataFrame({"a": ["x", "y"], "k": [1, 2], "b": ["y", "z"], "l": [2, 3], "c": ["z", "x"]})
    shared = {"letters": ["a", "b", "c"], "numbers": ["k", "l"]}
    encoder = TableEncoder(["k", "l"], shared=shared).fit(X)
    assert encoder.tables["letters"].keys == ("x", "y", "z")
    assert encoder.tables["numbers"].keys == (2, 1, 3)
    assert encoder.vocabularies["c"] is encoder.vocabularies["a"]


@pytest.mark.parametrize(
    ("origin", "dest", "keys"),
    [
        (pd.Series([1, 2, 3], dtype="int8"), pd.Series([3.0, np.nan, 2.0]), (2, 3, 1)),
        (pd.Series(["a", "b", "a"], dtype="category"), pd.Series(["b", "c", None], dtype=object), ("a", "b", "c")),
        (pd.Series(["a", 1, "a"], dtype=object), pd.Series([1, 2, 1]), (1, "a", 2)),
        (
            pd.Series(["a", "b", "b"], dtype="string[pyarrow]"),
            pd.Series([True, "a", True], dtype=object),
            ("a", "b", True),
        ),
    ],
)
def test_the_storage_of_the_columns_may_differ(origin, dest, keys):
    X = pd.DataFrame({"origin": origin, "dest": dest})
    encoder = TableEncoder(["origin", "dest"], shared=AIRPORT)
    table = encoder.fit_encode(X)
    assert set(encoder.tables["airport"].keys) == set(keys)
    assert np.array_equal(encoder.encode(X).indices, table.indices)
    for position, column in enumerate(("origin", "dest")):
        decoded = encoder.tables["airport"].decode(table.indices[:, position])
        assert [None if pd.isna(each) else each for each in X[column]] == list(decoded)


def test_parts_of_two_dates_may_share_a_table():
    dates = pd.date_range("2013-01-01", periods=60, freq="17D")
    X = pd.DataFrame({"left": dates, "came": dates[::-1] + pd.Timedelta(days=40)})
    encoder = TableEncoder(shared={"month": ["left_month", "came_month"]}).fit(X)
    assert sorted(encoder.tables["month"].keys) == list(range(1, 13))
    assert encoder.types["left"] == encoder.types["came"] == "datetime"


def test_similar_names_are_found_among_the_categories_of_all_columns():
    X = pd.DataFrame({"origin": ["Newark", "Kennedy"] * 4, "dest": ["Los Angeles", "San Francisco"] * 4})
    encoder = TableEncoder(shared=AIRPORT, min_similarity=0.5).fit(X)
    encoded = encoder.encode(pd.DataFrame({"origin": ["Los Angelos"], "dest": ["Kenedy"]}))
    assert encoder.tables["airport"].decode(encoded.indices[0]).tolist() == ["Los Angeles", "Kennedy"]


def test_the_vocabulary_is_saved_once_and_shared_again(flights):
    encoder = TableEncoder(shared=AIRPORT).fit(flights)
    data, arrays = encoder.to_state()
    assert list(data["vocabularies"]) == ["airport", "day"]
    again = TableEncoder.from_state(data, arrays)
    assert again.table_of == TABLE_OF
    assert again.shared == AIRPORT
    assert again.vocabularies["origin"] is again.vocabularies["dest"]
    assert np.array_equal(again.encode(flights).indices, encoder.encode(flights).indices)


def test_a_state_without_tables_is_that_of_an_earlier_version(flights):
    data, arrays = TableEncoder().fit(flights).to_state()
    del data["tables"], data["params"]["shared"]
    again = TableEncoder.from_state(data, arrays)
    assert again.table_of == {"origin": "origin", "dest": "dest", "day": "day"}


def test_a_state_without_the_vocabulary_of_a_table_is_refused(flights):
    data, arrays = TableEncoder(shared=AIRPORT).fit(flights).to_state()
    del data["vocabularies"]["airport"]
    with pytest.raises(FormatError, match="airport"):
        TableEncoder.from_state(data, arrays)


def test_columns_are_joined_in_order_of_first_appearance():
    coded = joined([factorize(read_cells(each)) for each in (["b", None, "a"], ["c", "a"], [None])])
    assert coded.codes.tolist() == [0, -1, 1, 2, 1, -1]
    assert coded.keys == ["b", "a", "c"]
    assert coded.ordered
    mixed = joined([factorize(read_cells(each)) for each in (["b", 1], pa.array([1.0, 2.0]))])
    assert mixed.codes.tolist() == [0, 1, 1, 2]
    assert mixed.keys == ["b", 1, 2.0]


# ---------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("shared", "message"),
    [
        (["origin", "dest"], "must be None or a mapping from the name of a table to the columns that share it"),
        ("airport", "must be None or a mapping"),
        (True, "must be None or a mapping"),
        ({"airport": []}, "shared['airport'] must name at least two columns, which then share their vectors. Got []."),
        ({"airport": ["origin"]}, "shared['airport'] must name at least two columns"),
        ({"airport": "origin"}, "shared['airport'] must be a list of at least two columns. Got the text 'origin'"),
        ({"airport": {"origin": "dest"}}, "shared['airport'] must be a list of names of columns. Got {"),
        ({"airport": None}, "shared['airport'] must be a list of names of columns. Got None."),
        ({"airport": ["origin", 3]}, "shared['airport'] must be a list of names of columns. Got ['origin', 3]."),
        ({3: ["origin", "dest"]}, "The names of the tables in shared must be text, such as 'airport'. Got 3."),
        ({"": ["origin", "dest"]}, "The names of the tables in shared must be text"),
        ({"airport": ["dest", "dest"]}, "shared names the column 'dest' in 'airport' twice."),
        (
            {"airport": ["origin", "dest"], "place": ["dest", "day"]},
            "shared names the column 'dest' in 'airport' and 'place'. A column belongs to one table, once.",
        ),
    ],
)
def test_what_is_not_a_mapping_to_columns_is_refused(shared, message, flights):
    with pytest.raises(ValueError, match=re.escape(message)):
        check_shared(shared)
    with pytest.raises(ValueError, match=re.escape(message)):
        TableEncoder(shared=shared).fit(flights)


@pytest.mark.parametrize("shared", [None, {}, AIRPORT, {"airport": ("origin", "dest")}])
def test_valid_values(shared):
    assert check_shared(shared) is None


@pytest.mark.parametrize(
    ("shared", "message"),
    [
        (
            {"airport": ["origin", "dst"]},
            "shared['airport'] names the column 'dst', which the table does not have. Did you mean 'dest'? "
            "Its columns: origin, distance, dest, day.",
        ),
        (
            {"airport": ["origin", "distance"]},
            "shared['airport'] names the column 'distance', which is read as numbers. If its values are categories, "
            "name it in categorical= too.",
        ),
        (
            {"day": ["origin", "dest"]},
            "shared names a table 'day', and there is a column 'day' that is not one of its columns "
            "['origin', 'dest'].",
        ),
        ({"distance": ["origin", "dest"]}, "there is a column 'distance' that is not one of its columns"),
    ],
)
def test_other_columns_are_refused(shared, message, flights):
    with pytest.raises(ColumnError, match=re.escape(message)):
        TableEncoder(shared=shared).fit(flights)


def test_dates_are_refused_with_their_parts():
    X = pd.DataFrame({"left": pd.date_range("2013-01-01", periods=60, freq="9D"), "day": ["a", "b"] * 30})
    message = (
        "shared['day of'] names the column 'left', which holds dates and is read by its calendar parts: 'left_year', "
        "'left_month', 'left_day', 'left_weekday'. Name one of these, or name the column in categorical="
    )
    with pytest.raises(ColumnError, match=re.escape(message)):
        TableEncoder(shared={"day of": ["left", "day"]}).fit(X)
    assert TableEncoder(["left", "other"], shared={"day of": ["left", "other"]}).fit(X.assign(other=X["left"])).tables


def test_a_table_named_like_a_calendar_part_is_refused(flights):
    X = flights.assign(left=pd.to_datetime(["2013-01-01", "2014-02-02", "2013-03-03", "2014-04-04"]))
    with pytest.raises(ColumnError, match="there is a column 'left_month' that is not one of its columns"):
        TableEncoder(shared={"left_month": ["origin", "dest"]}).fit(X)


def test_columns_of_different_types_are_refused(flights):
    message = (
        "The columns of the shared table 'airport' have different types: 'origin' holds text, but 'dest' holds number. "
        "The text '1' and the number 1 are different categories, so they would have no vector in common."
    )
    with pytest.raises(DataError, match=re.escape(message)):
        TableEncoder(["dest"], shared=AIRPORT).fit(flights.assign(dest=[1, 2, 1, 2]))
    # Some cells of the same type are enough.
    assert TableEncoder(shared=AIRPORT).fit(flights.assign(dest=["JFK", 1, 2, 1])).tables["airport"].n_categories == 4


@pytest.mark.filterwarnings("ignore:Columns without information are dropped")
def test_a_dropped_column_is_told(flights):
    message = (
        "The shared table 'airport' is learned from 'origin', without 'dest', which has no two different categories."
    )
    with pytest.warns(DroppedColumnWarning, match=message):
        encoder = TableEncoder(shared=AIRPORT).fit(flights.assign(dest="LAX"))
    assert encoder.table_of == {"origin": "airport", "day": "day"}
    with pytest.warns(DroppedColumnWarning, match="is learned from no column, without 'origin' and 'dest'"):
        encoder = TableEncoder(shared=AIRPORT).fit(flights.assign(dest="LAX", origin=None))
    assert list(encoder.tables) == ["day"]


# ---------------------------------------------------------------- parameters by column


def test_values_by_column_become_values_by_table():
    assert by_table({"dest": 8, "other": 3}, TABLE_OF, "embedding_dim") == {"airport": 8, "other": 3}
    assert by_table({"dest": 8, "origin": 8, "airport": 8}, TABLE_OF, "embedding_dim") == {"airport": 8}
    assert by_table({}, TABLE_OF, "embedding_dim") == {}


def test_different_values_for_a_table_are_refused():
    message = (
        "embedding_dim has different values for 'origin' and 'dest', which share the table 'airport'. Give one: "
        "embedding_dim={'airport': ...}."
    )
    with pytest.raises(ColumnError, match=re.escape(message)):
        by_table({"origin": 8, "dest": 4}, TABLE_OF, "embedding_dim")
    with pytest.raises(ColumnError, match="different values"):
        by_table({"origin": np.zeros(2), "dest": np.zeros(2)}, TABLE_OF, "pretrained")
