"""CSV: content, other readers, damaged files, and delimited text."""

import re

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from tabemb.exceptions import DataError, FormatError
from tabemb.vectors import CategoryVectors
from tabemb.vectors.formats import csv
from tabemb.vectors.formats.csv import read_delimited

MARK = "\ufeff"
CHECK = '"x[0-9a-f]{8}"'
COLUMNS = {"key": pa.string(), "x": pa.float32()}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "dest.csv"


def test_plain_keys_need_no_second_column(path):
    CategoryVectors(['New "York"', "a,b\n", ""], [[0.1, -0.0], [1, 1e30], [2, 3]], [9, 5, 1], missing=[0, 0.5]).save(
        path
    )
    assert re.sub(CHECK, '"x"', path.read_bytes().decode("utf-8")) == (
        f'{MARK}"key","count","emb0","emb1","check"\n"New ""York""",9,0.1,-0,"x"\n'
        '"a,b\n",5,1,1e+30,"x"\n"",1,2,3,"x"\n"<missing>",,0,0.5,"x"\n'
    )


def test_keys_of_other_types_have_a_column_of_json(path):
    CategoryVectors([7, "7", True], [[1], [2], [3]], unknown=[0]).save(path)
    assert re.sub(CHECK, '"x"', path.read_text(encoding="utf-8-sig")).splitlines() == [
        '"key","key_json","emb0","check"',
        '"7","7",1,"x"',
        '"7","""7""",2,"x"',
        '"True","true",3,"x"',
        '"<unknown>","",0,"x"',
    ]


@pytest.mark.parametrize("key", ["=1+1", "+A1", "-A1", "@SUM(A1)", "\t=1", "\r=1", "\uff1d1"])
def test_no_key_is_a_formula(key, path):
    CategoryVectors([key, "b"], [[1], [2]]).save(path)
    table = pd.read_csv(path)
    assert table["key"].tolist() == ["'" + key, "b"]
    assert not table["key_json"].str.startswith(("=", "+", "-", "@")).any()
    assert CategoryVectors.load(path).index_to_key == [key, "b"]


def test_negative_numbers_are_numbers(path):
    CategoryVectors([-7, -0.5], [[1], [2]]).save(path)
    assert pd.read_csv(path)["key"].tolist() == [-7, -0.5]


def test_a_category_named_unknown_is_a_category(path):
    saved = CategoryVectors(["<unknown>", "a"], [[1], [2]], missing=[3], name="dest")
    saved.save(path)
    assert CategoryVectors.load(path) == saved
    saved = CategoryVectors(["<unknown>", "a"], [[1], [2]], unknown=[3], name="dest")
    saved.save(path)
    assert CategoryVectors.load(path) == saved


def test_pandas_and_polars_read_it(path, airports):
    airports.save(path)
    for table in (pd.read_csv(path), pl.read_csv(path).to_pandas()):
        assert list(table.columns) == ["key", "count", "emb0", "emb1", "check"]
        assert table["key"].tolist() == [*airports.index_to_key, "<unknown>", "<missing>"]
        assert table["count"].tolist()[:4] == [9, 5, 3, 1]
        np.testing.assert_array_equal(table["emb1"].astype(np.float32)[:4], airports.vectors[:, 1])


def test_a_file_saved_by_a_spreadsheet_is_read(path):
    path.write_bytes(b'\xef\xbb\xbfkey,count,emb0,emb1\r\nJFK,9,1,0.5\r\nSFO,,-1,"2"\r\n'.replace(b"SFO,,", b"SFO,4,"))
    loaded = CategoryVectors.load(path)
    assert (loaded.index_to_key, loaded.counts.tolist()) == (["JFK", "SFO"], [9, 4])
    assert loaded.vectors.tolist() == [[1, 0.5], [-1, 2]]
    path.write_text("key,emb0\nb,2\na,1\n")
    assert CategoryVectors.load(path).index_to_key == ["b", "a"]


def test_rows_may_be_moved_removed_and_added_but_not_changed(path):
    CategoryVectors(["a", "b", "c"], [[1], [2], [3]], [7, 8, 9], unknown=[4]).save(path)
    head, a, b, c, unknown = path.read_text().splitlines()
    path.write_text("\n".join([head, unknown, c, a, '"new",5,6,""', ""]))
    loaded = CategoryVectors.load(path)
    assert (loaded.index_to_key, loaded.counts.tolist()) == (["c", "a", "new"], [9, 7, 5])
    assert (loaded.vectors.tolist(), loaded.unknown.tolist()) == ([[3], [1], [6]], [4])
    for changed in (b.replace("b", "d"), b.replace(",8,", ",6,"), b.replace(",2,", ",6,"), unknown.replace("4", "6")):
        path.write_text("\n".join([head, a, changed, ""]))
        with pytest.raises(FormatError, match=r"dest\.csv: expected the row 2, '(b|d|<unknown>)', to match its cell"):
            CategoryVectors.load(path)


def test_a_file_without_digests_is_read(path):
    saved = CategoryVectors(["a", 1], [[1], [2]], [7, 8], unknown=[4], name="dest")
    saved.save(path)
    pd.read_csv(path, dtype=str, keep_default_na=False).drop(columns="check").to_csv(path, index=False)
    assert CategoryVectors.load(path) == saved


def test_a_table_with_more_columns_than_arrow_reads_well_is_refused(path, monkeypatch):
    CategoryVectors(["a"], [[1, 2]]).save(path)
    monkeypatch.setattr(csv, "MOST_COLUMNS", 1)
    with pytest.raises(FormatError, match=r"dest\.csv, line 1: expected at most 1 dimensions, got 2\."):
        CategoryVectors.load(path)
    monkeypatch.setattr(csv.Csv, "most_dims", 1)
    with pytest.raises(DataError, match=r"holds vectors of at most 1 dimensions, got 2\. Save to \.npz"):
        CategoryVectors(["b"], [[1, 2]]).save(path)


HEAD = "expected the columns key, (key_json, count,) emb0, emb1, ... that CategoryVectors.save writes, got "


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", f", line 1: {HEAD}no such line"),
        ("\n", f", line 1: {HEAD}no such line"),
        ("city,lat\nOslo,59.9\n", f", line 1: {HEAD}city, lat. Read other tables with pandas and use CategoryVectors"),
        ("key;emb0\na;1\n", f", line 1: {HEAD}key;emb0."),
        ("key,emb1\na,1\n", f", line 1: {HEAD}key, emb1."),
        ("key,emb0,emb2\na,1,2\n", f", line 1: {HEAD}key, emb0, emb2."),
        ("key,emb0,emb0\na,1,2\n", f", line 1: {HEAD}key, emb0, emb0."),
        ("key,count,key_json,emb0\na,1,2,3\n", f", line 1: {HEAD}key, count, key_json, emb0."),
        ("key,emb0\na,1\nb,2", ": expected a line break after the last row. The file may be truncated."),
        ("key,emb0\na,1\nb\n", "but the file is damaged: CSV parse error: Row #3:"),
        ("key,emb0\na,1,2\n", "but the file is damaged: CSV parse error: Row #2:"),
        ("key,emb0\na,x\n", "In CSV column #1: Row #2: CSV conversion error to float: invalid value 'x'"),
        ("key,emb0\na,1\nb,\n", ": expected a number in the column 'emb0', got an empty cell in row 2."),
        ("key,emb0\na,nan\n", "expected finite float32 numbers in vectors, got nan in the row of 'a'."),
        ("key,emb0\na,inf\n", "expected finite float32 numbers in vectors, got inf in the row of 'a'."),
        ("key,emb0\na,1e39\n", "expected finite float32 numbers in vectors, got inf in the row of 'a'."),
        ("key,emb0\na,1\na,2\n", "Column 'dest': expected each key once, got 'a' in rows 0 and 1."),
        ("key,emb0\n<unknown>,1\n<unknown>,2\n", ": expected '<unknown>' once, got it in rows 1 and 2."),
        ("key,count,emb0\na,,2\n", "expected counts as whole numbers from 0"),
        ("key,count,emb0\na,1.5,2\n", "CSV conversion error to int64: invalid value '1.5'"),
        ("key,count,emb0\na,-1,2\n", "expected counts as whole numbers from 0"),
        ("key,key_json,emb0\na,{,2\n", "the file is damaged: Expecting property name"),
        ("key,key_json,emb0\na,null,2\n", "the file is damaged: A saved key is text"),
        ("key,key_json,emb0\na,,2\n", "the file is damaged: Expecting value"),
    ],
)  # fmt: skip
def test_a_broken_file_is_refused(text, message, path):
    path.write_bytes(text.encode())
    with pytest.raises(FormatError, match=rf"dest\.csv.*{re.escape(message)}"):
        CategoryVectors.load(path)


def test_a_key_that_is_not_utf8_is_refused(path):
    path.write_bytes(b"key,emb0\n\xff,1\n")
    with pytest.raises(FormatError, match=r"dest\.csv: .*invalid UTF8"):
        CategoryVectors.load(path)
    path.write_bytes(b"k\xffy,emb0\na,1\n")
    with pytest.raises(FormatError, match=r"dest\.csv, line 1: expected the columns key"):
        CategoryVectors.load(path)


@pytest.fixture
def file(tmp_path):
    return tmp_path / "table.txt"


def test_text_and_numbers_have_their_types(file):
    file.write_text('"a, ""b""\nc",1\nNA,nan\n,\n"",2.5\n')
    table = read_delimited(file, COLUMNS)
    assert table.schema.types == [pa.string(), pa.float32()]
    assert table["key"].to_pylist() == ['a, "b"\nc', "NA", "", ""]
    assert [str(each) for each in table["x"].to_pylist()] == ["1.0", "nan", "None", "2.5"]


def test_without_quotes_a_quote_is_a_character_and_every_line_a_row(file):
    file.write_text('"a\t1\nb"\t2\n')
    assert read_delimited(file, COLUMNS, delimiter="\t", quotes=False)["key"].to_pylist() == ['"a', 'b"']
    file.write_text("1\n\n2\n")
    table = read_delimited(file, {"x": pa.float32()}, delimiter="\t", quotes=False)
    assert table["x"].to_pylist() == [1, None, 2]


def test_a_header_is_skipped(file):
    file.write_text("other,names\na,1\n")
    assert read_delimited(file, COLUMNS, header=True).to_pylist() == [{"key": "a", "x": 1}]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,1\nb,x\n", "In CSV column #1: Row #2: CSV conversion error to float: invalid value 'x'"),
        ("a,1\nb\n", "Row #2: Expected 2 columns, got 1"),
        ("a,1,2\n", "Row #1: Expected 2 columns, got 3"),
    ],
)
def test_errors_name_the_row(text, message, file):
    file.write_text(text)
    with pytest.raises(pa.ArrowInvalid, match=re.escape(message)):
        read_delimited(file, COLUMNS)


def test_a_row_longer_than_a_block_is_read_with_longer_blocks(file, monkeypatch):
    monkeypatch.setattr(csv, "_BLOCKS", (16, 1024))
    file.write_text(f"{'a' * 100},1\nb,2\n")
    assert read_delimited(file, COLUMNS)["x"].to_pylist() == [1, 2]
    file.write_text(f"{'a' * 5000},1\nb,2\n")
    with pytest.raises(pa.ArrowInvalid, match="straddling"):
        read_delimited(file, COLUMNS)
