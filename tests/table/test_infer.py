import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.compose import make_column_selector

from tabemb.exceptions import ColumnError, DataError, UnknownNameError
from tabemb.table.frames import read_frame
from tabemb.table.infer import infer_schema
from tabemb.table.schema import CategoricalColumn, DroppedColumn, DroppedColumnWarning, SchemaHint


def names(schema):
    return [column.name for column in schema.categorical], [column.name for column in schema.numeric]


def infer(table, *args, **options):
    return infer_schema(read_frame(table), *args, **options)


FLIGHTS = pd.DataFrame(
    {
        "dest": ["IAH", "MIA", "ORD"],
        "flight": [1545, 1141, 725],
        "distance": [1400.0, 1089.5, None],
        "cancelled": [True, False, False],
        "carrier": pd.Categorical(["UA", "AA", "UA"]),
        "note": np.array(["a", 1, None], dtype=object),
    }
)


def test_the_type_determines_the_kind():
    schema = infer(FLIGHTS)
    assert names(schema) == (["dest", "cancelled", "carrier", "note"], ["flight", "distance"])
    assert schema.columns == tuple(FLIGHTS.columns)
    assert schema.named


@pytest.mark.parametrize(
    "categorical",
    [
        ["flight", "distance"],
        ("distance", "flight"),
        pd.Index(["flight", "distance"]),
        np.array(["flight", "distance"]),
        [1, 2],
        [-5, -4],
        np.array([1, 2]),
        [False, True, True, False, False, False],
        np.array([0, 1, 1, 0, 0, 0], dtype=bool),
        make_column_selector(dtype_include="number"),
        lambda table: [1, 2],
        {"flight", 2},
    ],
)
def test_named_columns_are_categories_and_text_still_is(categorical):
    schema = infer(FLIGHTS, categorical)
    assert names(schema) == (["dest", "flight", "distance", "cancelled", "carrier", "note"], [])


@pytest.mark.parametrize("categorical", ["flight", 1])
def test_one_column_may_be_given_without_a_list(categorical):
    assert names(infer(FLIGHTS, categorical))[1] == ["distance"]


@pytest.mark.parametrize("categorical", [None, [], np.array([], dtype=int)])
def test_nothing_named(categorical):
    assert names(infer(FLIGHTS, categorical))[1] == ["flight", "distance"]


def test_a_callable_receives_the_original_table():
    given = []
    infer(FLIGHTS, lambda table: given.append(table) or [])
    assert given[0] is FLIGHTS


def test_integers_may_be_categories():
    assert names(infer(FLIGHTS, integers="categorical"))[1] == ["distance"]


def test_positions_in_a_table_without_names():
    schema = infer(np.array([[1.0, 2.0], [3.0, 4.0]]), [1])
    assert names(schema) == (["x1"], ["x0"])
    assert not schema.named


@pytest.mark.parametrize(
    ("categorical", "message"),
    [
        (
            ["flihgt"],
            r"names the column 'flihgt', which the table does not have. Did you mean 'flight'\? Its columns: dest,",
        ),
        ([6], "has the position 6, but the table has 6 columns"),
        ([-7], "has the position -7"),
        ([True, False], "as a mask must have one boolean for each of the 6 columns; got 2"),
        ([1.5], "got the entry 1.5, of type float"),
        (1.5, "got the entry 1.5, of type float"),
    ],
)
def test_columns_that_are_not_in_the_table_are_refused(categorical, message):
    with pytest.raises(ColumnError, match=message):
        infer(FLIGHTS, categorical)


def test_names_for_a_table_without_names_are_refused():
    with pytest.raises(
        ColumnError, match=r"names the column 'dest', but the table has no column names\. Give positions, 0"
    ):
        infer(np.eye(2), ["dest"])


def test_another_treatment_of_integers_is_refused():
    with pytest.raises(
        UnknownNameError, match=r"No treatment of integers named 'category'\. .* Did you mean 'categorical'"
    ):
        infer(FLIGHTS, integers="category")


def test_columns_without_information_are_dropped_with_a_warning():
    table = FLIGHTS.assign(year=2013, empty=None, blank=np.nan, same="x", half=[1, None, 1])
    with pytest.warns(DroppedColumnWarning) as caught:
        schema = infer(table)
    assert str(caught[0].message) == (
        "Columns without information are dropped: "
        "'year' (constant), 'empty' (all missing), 'blank' (all missing), 'same' (constant)."
    )
    assert schema.dropped == (
        DroppedColumn("year", "constant"),
        DroppedColumn("empty", "all missing"),
        DroppedColumn("blank", "all missing"),
        DroppedColumn("same", "constant"),
    )
    assert "half" in names(schema)[1]


def test_constant_columns_may_be_kept():
    schema = infer(FLIGHTS.assign(year=2013, same="x"), drop_constant=False)
    assert schema.dropped == ()
    assert names(schema)[1] == ["flight", "distance", "year"]


def test_one_row_keeps_its_columns():
    schema = infer(FLIGHTS.iloc[[2]])
    assert schema.dropped == ()
    assert names(schema) == (["dest", "cancelled", "carrier", "note"], ["flight", "distance"])


def test_a_table_without_information_is_refused():
    with (
        pytest.warns(DroppedColumnWarning),
        pytest.raises(
            DataError, match=r"No column is left to learn from: 'a' is constant, 'b' is all missing. Give at least"
        ),
    ):
        infer(pd.DataFrame({"a": [1, 1], "b": [None, None]}))


WHEN = pd.to_datetime(["2013-01-31 05:00", "2013-02-28 05:00", None])


def test_datetimes_become_the_calendar_parts_that_vary():
    schema = infer(pd.DataFrame({"when": WHEN}))
    assert schema.categorical == tuple(
        CategoricalColumn(f"when_{part}", "when", part) for part in ("year", "month", "day", "weekday", "hour")
    )
    with_no_gap = infer(pd.DataFrame({"when": WHEN[:2]}))
    assert names(with_no_gap)[0] == ["when_month", "when_day"]


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame])
def test_dates_have_no_hour(make):
    dates = pd.to_datetime(["2013-01-31", "2014-02-28"]).date
    assert names(infer(make({"when": dates})))[0] == ["when_year", "when_month", "when_day", "when_weekday"]


def test_a_named_datetime_column_is_one_category():
    assert infer(pd.DataFrame({"when": WHEN}), ["when"]).categorical == (CategoricalColumn("when", "when"),)


def test_datetimes_that_differ_in_minutes_only_are_dropped():
    when = pd.to_datetime(["2013-01-31 05:01", "2013-01-31 05:02"])
    with pytest.warns(DroppedColumnWarning, match=r"'when' \(constant\)"):
        schema = infer(pd.DataFrame({"when": when, "a": [1, 2]}))
    assert names(schema) == ([], ["a"])


def test_calendar_parts_do_not_take_the_name_of_a_column():
    schema = infer(pd.DataFrame({"when": WHEN[:2], "when_month": ["a", "b"]}))
    assert names(schema)[0] == ["when_month_part", "when_day", "when_month"]


@pytest.mark.parametrize(
    "name", ["id", "user_id", "userId", "Clothing ID", "customerID", "zip", "ROLE_CODE", "house-no"]
)
def test_an_integer_column_named_like_an_identifier_gives_a_hint(name):
    table = pd.DataFrame({name: [3, 1, 4, 1, 5], "x": range(5)})
    with pytest.warns(SchemaHint) as caught:
        schema = infer(table)
    assert schema.hints == (
        f"Column {name!r} holds integers that look like identifiers, and is treated as numeric. "
        "If its values are identifiers, add it to categorical=.",
    )
    assert str(caught[0].message) == schema.hints[0]
    assert infer(table, [name]).hints == ()
    assert infer(table, integers="categorical").hints == ()


def test_hints_come_as_one_warning():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        infer(pd.DataFrame({"user_id": [1, 2, 3, 3], "item_id": [1, 2, 3, 3]}))
    assert len(caught) == 1


def test_sparse_repeated_integers_give_a_hint():
    ids = np.random.default_rng(0).choice(np.arange(20_000, 90_000), 200)
    table = pd.DataFrame({"resource": np.random.default_rng(1).choice(ids, 2000)})
    with pytest.warns(SchemaHint, match="Column 'resource' holds integers that look like identifiers"):
        infer(table)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("paid", [3, 1, 4, 1, 5]),
        ("grid", [3, 1, 4, 1, 5]),
        ("row_id", [1, 2, 3, 4, 5]),
        ("flag_id", [0, 1, 0, 1, 0]),
        ("weight_id", [0.5, 1.5, 0.5, 2, 3]),
        ("amount", np.random.default_rng(0).choice(np.arange(10_000, 90_000, 50), 2000) // 100 * 100),
        ("distance", np.random.default_rng(0).choice(np.arange(17, 5000), 200).repeat(10)),
        ("year", np.arange(2000).repeat(2)),
    ],
)
def test_other_numbers_give_no_hint(name, values):
    assert infer(pd.DataFrame({name: values})).hints == ()


def test_tables_without_names_give_no_hints():
    assert infer(np.random.default_rng(0).choice([2000, 31_111, 45_555], (2000, 2))).hints == ()


def test_fractions_of_type_object_give_a_hint():
    table = pd.DataFrame({"price": np.array([1.5, 2.25, 1.5], dtype=object)})
    with pytest.warns(SchemaHint, match="Column 'price' is of type object, and all its cells are numbers"):
        schema = infer(table)
    assert names(schema) == (["price"], [])
    assert infer(table, ["price"]).hints == ()
    assert infer(pd.DataFrame({"n": np.array([1, 2, 2.0], dtype=object)})).hints == ()


@pytest.mark.parametrize(
    ("table", "columns"),
    [
        ("adult", []),
        # The column holds dates as text.
        ("nycflights13_flights", ["time_hour"]),
        ("lendingclub_loans10k", []),
        ("movielens100k_ratings", ["user_id", "movie_id"]),
        ("womens_ecommerce", ["Clothing ID", "Review Text"]),
    ],
)
@pytest.mark.filterwarnings("ignore::tabemb.table.schema.SchemaHint")
@pytest.mark.filterwarnings("ignore::tabemb.table.schema.DroppedColumnWarning")
def test_hints_for_real_tables(shared_data, table, columns):
    assert [hint.split("'")[1] for hint in infer(shared_data(table)).hints] == columns


@pytest.mark.parametrize(("rows", "different", "hinted"), [(1000, 700, True), (1000, 600, False), (999, 999, False)])
def test_a_column_of_free_text_gives_a_hint(rows, different, hinted):
    frame = read_frame(pd.DataFrame({"review": [f"text {place % different}" for place in range(rows)]}))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        schema = infer_schema(frame)
    assert bool(schema.hints) == hinted
    assert any("looks like free text" in str(each.message) for each in caught) == hinted


def reading(column, name="c", n=40, **options):
    frame = read_frame(pd.DataFrame({name: column, "other": np.arange(len(column)) % 7 + 0.5}))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return infer_schema(frame, **options).readings[0]


@pytest.mark.parametrize(
    ("column", "name", "expected"),
    [
        (["a", None, "b", "a"], "c", ("categorical", "text", 2, 1, "a", "")),
        (pd.Series(["\ud800", "a"], dtype=object), "c", ("categorical", "object", 2, 0, "\\ud800", "")),
        ([None, 1.5, 2.5], "c", ("numeric", "float", None, 1, "1.5", "")),
        ([True, False], "c", ("categorical", "bool", 2, 0, "True", "")),
        (
            pd.to_datetime(["2020-01-01", "2021-02-02"]),
            "c",
            ("calendar parts", "datetime", None, 0, "2020-01-01 00:00:00", ""),
        ),
        (pd.to_timedelta([1, 2], unit="h"), "c", ("numeric", "duration", None, 0, "1:00:00", "")),
        ([1, 1], "c", ("dropped", "integer", None, 0, "1", "constant")),
        (["x" * 40, "y"], "c", ("categorical", "text", 2, 0, "x" * 27 + "...", "")),
        (pd.Categorical(["b", "b", "c"], categories=["a", "b", "c"]), "c", ("categorical", "category", 2, 0, "b", "")),
        (pd.Categorical(["b", None, "c"], categories=["a", "b", "c"]), "c", ("categorical", "category", 2, 1, "b", "")),
        (
            np.arange(40) * 3,
            "customer_id",
            ("numeric", "integer", None, 0, "0", "a different number in every row, like an identifier: drop?"),
        ),
        (np.arange(40)[::-1], "n", ("numeric", "integer", None, 0, "39", "counts the rows: drop?")),
        (
            [5, 6, 7, 5] * 10,
            "plan_code",
            ("numeric", "integer", None, 0, "5", "integers that look like identifiers or codes: categorical?"),
        ),
        (
            [5.0, 6.0, None, 7.0] * 10,
            "zip",
            ("numeric", "float", None, 10, "5.0", "integers that look like identifiers or codes: categorical?"),
        ),
        (
            [5, 6, 7, 5] * 10,
            "n",
            ("numeric", "integer", None, 0, "5", "only 3 different integers: categorical, if they are codes"),
        ),
        (
            [str(i) + "x" for i in range(40)],
            "c",
            ("categorical", "text", 40, 0, "0x", "a different text in every row: drop?"),
        ),
        (
            ["1.2.2020", "3.4.2021"],
            "c",
            ("categorical", "text", 2, 0, "1.2.2020", "dates as text, treated as categories"),
        ),
    ],
)  # fmt: skip
def test_how_a_column_is_read_and_what_to_check(column, name, expected):
    found = reading(column, name)
    assert found.name == name
    assert (found.kind, found.type, found.n_categories, found.n_missing, found.example, found.note) == expected


def test_a_column_that_the_user_named_has_nothing_to_check():
    assert reading([5, 6, 7, 5] * 10, "plan_code", categorical=["plan_code"]).note == ""


def test_dates_as_text_and_identifiers_are_worth_a_warning():
    dates = pd.date_range("2020-01-01", periods=40).astype(str)
    with pytest.warns(SchemaHint) as caught:
        schema = infer_schema(read_frame(pd.DataFrame({"day": dates, "customer_id": np.arange(40)})))
    assert str(caught[0].message) == "\n".join(schema.hints)
    assert schema.hints[0].startswith("Column 'day' holds dates as text, such as '2020-01-01', and is treated as categ")
    assert schema.hints[1].startswith(
        "Column 'customer_id' holds a different integer in every row and is named like an"
    )
    infer_schema(read_frame(pd.DataFrame({"day": dates})), categorical=["day"])


def test_no_calendar_part_has_the_name_of_another_column():
    dates = pd.date_range("2019-11-30", periods=120, freq="3D")
    columns = {
        "date": dates,
        "date_year": list("abcd") * 30,
        "date_year_part": list("pq") * 60,
        "date_year_part_part": 1.5,
    }
    columns |= {"date_month": list("xyz") * 40, "date_": dates, "date__year": list("kl") * 60}
    with pytest.warns(DroppedColumnWarning):
        schema = infer_schema(read_frame(pd.DataFrame(columns)))
    found = [column.name for column in schema.categorical]
    assert len(found) == len(set(found))
    parts = {column.name: (column.source, column.part) for column in schema.categorical if column.part is not None}
    assert parts["date_year_part_part_part"] == ("date", "year")
    assert parts["date__year_part"] == ("date_", "year")
    assert not set(parts) & set(columns)


@pytest.mark.parametrize("stored", ["timedelta64[ns]", object, "duration[ms][pyarrow]"])
def test_durations_are_numbers_unless_named(stored):
    durations = pd.Series(pd.to_timedelta([1, 2, 3, 1], unit="h")).astype(stored)
    frame = read_frame(pd.DataFrame({"slot": durations}))
    assert [column.name for column in infer_schema(frame).numeric] == ["slot"]
    assert [column.name for column in infer_schema(frame, categorical=["slot"]).categorical] == ["slot"]


@pytest.mark.parametrize(("rows", "different", "hinted"), [(3000, 2001, True), (3000, 2000, False), (999, 999, False)])
def test_integers_read_as_categories_that_hardly_repeat_give_a_hint(rows, different, hinted):
    table = pd.DataFrame({"weight": np.arange(rows) % different, "dest": ["IAH", "MIA", "BOS"] * (rows // 3)})
    message = (
        f"Column 'weight' holds {different:,} different integers in {rows:,} rows, and is treated as categorical. "
        "If it is a quantity, convert it to float; if it identifies the rows, drop it."
    )
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        schema = infer_schema(read_frame(table), integers="categorical")
    assert schema.hints == ((message,) if hinted else ())
    assert [str(each.message) for each in caught] == list(schema.hints)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        infer_schema(read_frame(table), ["weight"], integers="categorical")
