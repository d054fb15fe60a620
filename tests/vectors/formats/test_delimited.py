"""Delimited text with types, and rows that do not have them."""

import re

import pyarrow as pa
import pytest

from tabemb.vectors.formats import delimited
from tabemb.vectors.formats.delimited import read_delimited

COLUMNS = {"key": pa.string(), "x": pa.float32()}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "table.txt"


def test_texts_are_texts_and_numbers_numbers(path):
    path.write_text('"a, ""b""\nc",1\nNA,nan\n,\n"",2.5\n')
    table = read_delimited(path, COLUMNS)
    assert table.schema.types == [pa.string(), pa.float32()]
    assert table["key"].to_pylist() == ['a, "b"\nc', "NA", "", ""]
    assert [str(each) for each in table["x"].to_pylist()] == ["1.0", "nan", "None", "2.5"]


def test_without_quotes_a_quote_is_a_character_and_every_line_a_row(path):
    path.write_text('"a\t1\nb"\t2\n')
    assert read_delimited(path, COLUMNS, delimiter="\t", quotes=False)["key"].to_pylist() == ['"a', 'b"']
    path.write_text("1\n\n2\n")
    table = read_delimited(path, {"x": pa.float32()}, delimiter="\t", quotes=False)
    assert table["x"].to_pylist() == [1, None, 2]


def test_a_header_is_left_out(path):
    path.write_text("other,names\na,1\n")
    assert read_delimited(path, COLUMNS, header=True).to_pylist() == [{"key": "a", "x": 1}]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,1\nb,x\n", "In CSV column #1: Row #2: CSV conversion error to float: invalid value 'x'"),
        ("a,1\nb\n", "Row #2: Expected 2 columns, got 1"),
        ("a,1,2\n", "Row #1: Expected 2 columns, got 3"),
    ],
)
def test_what_does_not_fit_is_named_by_its_row(text, message, path):
    path.write_text(text)
    with pytest.raises(pa.ArrowInvalid, match=re.escape(message)):
        read_delimited(path, COLUMNS)


def test_a_row_longer_than_a_block_is_read_with_longer_ones(path, monkeypatch):
    monkeypatch.setattr(delimited, "_BLOCKS", (16, 1024))
    path.write_text(f"{'a' * 100},1\nb,2\n")
    assert read_delimited(path, COLUMNS)["x"].to_pylist() == [1, 2]
    path.write_text(f"{'a' * 5000},1\nb,2\n")
    with pytest.raises(pa.ArrowInvalid, match="straddling"):
        read_delimited(path, COLUMNS)
