import json

import pytest

from tabemb.exceptions import FormatError
from tabemb.table.schema import CategoricalColumn, ColumnReading, DroppedColumn, NumericColumn, Schema, free_name

SCHEMA = Schema(
    columns=("b", "when", "a", "year"),
    named=True,
    categorical=(CategoricalColumn("a", "a"), CategoricalColumn("when_month", "when", "month")),
    numeric=(NumericColumn("b"),),
    dropped=(DroppedColumn("year", "constant"),),
    hints=("A hint.",),
)


def test_json_round_trip():
    assert Schema.from_json(json.loads(json.dumps(SCHEMA.to_json()))) == SCHEMA


def test_used_columns_are_in_the_tables_order():
    assert SCHEMA.used == ("b", "when", "a")


@pytest.mark.parametrize("data", [{}, {**SCHEMA.to_json(), "numeric": [{"nom": "b"}]}])
def test_a_broken_file_is_refused(data):
    with pytest.raises(FormatError, match="A saved schema cannot be read"):
        Schema.from_json(data)


def test_schemas_are_values():
    assert Schema.from_json(SCHEMA.to_json()) == SCHEMA
    assert hash(Schema.from_json(SCHEMA.to_json())) == hash(SCHEMA)


def test_a_table_of_how_columns_were_read():
    readings = (
        ColumnReading("dest", "categorical", "text", n_categories=2, n_missing=1, example="<IAH>", note="a & b"),
        ColumnReading("distance", "numeric", "integer", example="1400"),
    )
    schema = Schema(("dest", "distance"), True, SCHEMA.categorical[:1], (NumericColumn("distance"),), readings=readings)
    frame = schema.to_frame()
    assert list(frame) == ["column", "kind", "type", "categories", "missing", "example", "note"]
    assert frame.iloc[0].tolist() == ["dest", "categorical", "text", 2, 1, "<IAH>", "a & b"]
    assert frame.iloc[1].isna().tolist() == [False, False, False, True, False, False, False]
    page = schema._repr_html_()
    assert "&lt;IAH&gt;" in page
    assert "a &amp; b" in page
    assert "<NA>" not in page
    again = Schema.from_json(json.loads(json.dumps(schema.to_json())))
    assert again.readings == readings


def test_a_schema_saved_without_readings_has_the_kinds():
    saved = {key: value for key, value in SCHEMA.to_json().items() if key != "readings"}
    frame = Schema.from_json(saved).to_frame()
    kinds = {column.source: "calendar parts" if column.part else "categorical" for column in SCHEMA.categorical}
    kinds |= {column.name: "numeric" for column in SCHEMA.numeric} | {
        column.name: "dropped" for column in SCHEMA.dropped
    }
    assert dict(zip(frame["column"], frame["kind"], strict=True)) == {name: kinds[name] for name in SCHEMA.columns}


def test_a_free_name_differs_from_all_others():
    assert free_name("a", {"b"}, "_x") == "a"
    assert free_name("a", {"a", "a_x"}, "_x") == "a_x_x"


def test_repr_counts_columns_by_kind():
    assert repr(SCHEMA) == "Schema(4 columns: 2 categorical, 1 numeric, 1 dropped)"
    assert repr(Schema((), True, (), ())) == "Schema(0 columns)"
    parts = tuple(CategoricalColumn(f"when_{part}", "when", part) for part in ("month", "hour"))
    assert repr(Schema(("when",), True, parts, ())) == "Schema(1 column: 1 categorical)"


def test_a_notebook_shows_columns_of_which_something_is_known():
    page = SCHEMA._repr_html_()
    assert "4 columns: 2 categorical, 1 numeric, 1 dropped" in page
    assert "<th>column</th><th>read as</th><th>to check</th>" in page
    assert "<td>year</td><td>dropped</td><td>constant</td>" in page
    assert "A hint." in page
    wide = ColumnReading("<b>n</b>", "numeric", "integer", n_missing=1234, example="<i>")
    page = Schema(("<b>n</b>",), True, (), (NumericColumn("<b>n</b>"),), readings=(wide,))._repr_html_()
    assert '<td>&lt;b&gt;n&lt;/b&gt;</td><td>numeric</td><td>integer</td><td class="number">1,234</td>' in page
    assert "<b>" not in page
    assert "<i>" not in page
    assert "categories" not in page
