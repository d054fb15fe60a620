import json

import pytest

from tabemb.exceptions import FormatError
from tabemb.table.schema import CategoricalColumn, DroppedColumn, NumericColumn, Schema

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
