"""Tables of text: their separator, their encoding, and what is no text."""

import codecs
import gzip
import zipfile

import numpy as np
import pandas as pd
import pytest

from tabemb.exceptions import DataError
from tabemb.experiments import data_texts
from tabemb.experiments.data_texts import (
    SEPARATORS,
    as_texts,
    check_encoding,
    check_separator,
    encoding_of,
    opened,
    read_delimited,
    with_decimal_points,
)

ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "cp1252", "latin-1", "cp437"]


def table_of(folder, content, name="rows.csv", **options):
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_delimited(folder / name, **options).table


@pytest.mark.parametrize("usual", [",", "\t"])
@pytest.mark.parametrize("mark", SEPARATORS)
@pytest.mark.parametrize("packed", ["", ".gz"])
def test_the_separator_is_found(tmp_path, mark, usual, packed):
    rows = [["name", "a b", "n"], ["x, y; z" if mark == "|" else "x", "1", "2"], [f'"a{mark}b"', "", "3"]]
    content = "\n".join(mark.join(row) for row in rows).encode()
    name = f"rows.csv{packed}"
    found = table_of(tmp_path, gzip.compress(content) if packed else content, name, usual=usual)
    assert list(found) == ["name", "a b", "n"]
    assert found["name"].tolist()[1] == f"a{mark}b"
    assert found["n"].tolist() == ["2", "3"]


@pytest.mark.parametrize(
    ("content", "names"),
    [
        # The usual separator, if all rows agree on it, whatever else is in them; else one that they agree on.
        ("a,b;c\n1,2;3\n", ["a", "b;c"]),
        ("a;b,c\n1;2\n3;4,5\n", ["a", "b,c"]),
        # One column.
        ("a\n1\n2\n", ["a"]),
        ("a\n1;2\n2\n", ["a"]),
        # More cells win.
        ("a|b;c;d\n1|2;3;4\n", ["a|b", "c", "d"]),
    ],
)
def test_which_separator_wins(tmp_path, content, names):
    assert list(table_of(tmp_path, content)) == names


def test_the_separator_of_a_long_file_is_found_from_whole_rows(tmp_path):
    rows = "".join(f"{i};{'x' * 997};\n" for i in range(200))
    assert table_of(tmp_path, "a;b;c\n" + rows).shape == (200, 3)


@pytest.mark.parametrize("mark", [";", "\t", "|"])
def test_cells_that_rows_disagree_on_are_said(tmp_path, mark):
    with pytest.raises(DataError) as caught:
        table_of(tmp_path, f"a{mark}b\n1\n1{mark}2{mark}3\n")
    assert f"rows.csv has one column, {f'a{mark}b'!r}; its cells seem to be separated by {mark!r}" in str(caught.value)
    assert "--sep; in YAML data.sep" in str(caught.value)


@pytest.mark.parametrize(
    ("given", "mark"), [(";", ";"), ("tab", "\t"), ("\\t", "\t"), ("\t", "\t"), ("space", " "), ("#", "#")]
)
def test_a_separator_that_is_given_is_used(tmp_path, given, mark):
    assert check_separator(given) == mark
    assert table_of(tmp_path, f"a,b{mark}c\n1,2{mark}3\n", separator=given).to_dict("list") == {
        "a,b": ["1,2"],
        "c": ["3"],
    }


@pytest.mark.parametrize("given", ["", ";;", '"', "\n", "x", "1", "é", "tabulator"])
def test_what_is_no_separator(given):
    with pytest.raises(DataError, match="A separator is one character"):
        check_separator(given)


@pytest.mark.parametrize("packed", ["", ".gz", ".zip"])
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_every_encoding_is_read(tmp_path, encoding, packed):
    content, path = "stadt;größe\nKöln;1\né;2\n".encode(encoding), tmp_path / f"rows.csv{packed}"
    if packed == ".zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("rows.csv", content)
    else:
        path.write_bytes(gzip.compress(content) if packed else content)
    # The byte order mark says what these are.
    given = None if encoding.startswith("utf") else encoding
    expected = {"stadt": ["Köln", "é"], "größe": ["1", "2"]}
    assert read_delimited(path, encoding=given).table.to_dict("list") == expected
    assert read_delimited(path, encoding=encoding).table.to_dict("list") == expected


def test_a_mark_wins_over_another_encoding(tmp_path):
    assert list(table_of(tmp_path, codecs.BOM_UTF8 + "é,b\n1,2\n".encode(), encoding="latin-1")) == ["é", "b"]


@pytest.mark.parametrize("place", [0, 1, 70_000])
@pytest.mark.parametrize("packed", ["", ".gz"])
def test_a_byte_of_another_encoding_is_found(tmp_path, place, packed, monkeypatch):
    monkeypatch.setattr(data_texts, "_BLOCK", 1024)
    head = b"a,b\n"
    content = head + "é,2\n".encode() * place + b"K\xf6ln,2\nx,3\n"
    offset = len(head) + place * 5 + 1
    path = tmp_path / f"rows.csv{packed}"
    path.write_bytes(gzip.compress(content, 1) if packed else content)
    with pytest.raises(DataError) as caught:
        read_delimited(path)
    assert str(caught.value) == (
        f"{path} is not text in UTF-8: line {place + 2:,} has the byte 0xf6 (byte {offset + 1:,} of the file). Give "
        "its encoding, often cp1252 (Windows) or latin-1: --encoding cp1252; in YAML data.encoding, in Python "
        "encoding='cp1252'."
    )
    assert read_delimited(path, encoding="latin-1").table["a"].tolist()[-2] == "Köln"


def test_a_name_of_another_encoding_and_a_cut_character_are_found(tmp_path):
    with pytest.raises(DataError, match="line 1 has the byte 0xf6"):
        table_of(tmp_path, b"K\xf6ln,b\n1,2\n")
    with pytest.raises(DataError, match=r"line 2 has the byte 0xc3 \(byte 9 of the file\)"):
        table_of(tmp_path, b"a,b\n1,2\n\xc3"[:9].replace(b"1,2\n", b"1,22"))


def test_a_byte_that_another_encoding_lacks_is_found(tmp_path):
    with pytest.raises(
        DataError, match=r"is not text in CP1252: line 2 has the byte 0x81 .* often latin-1: --encoding latin-1"
    ):
        table_of(tmp_path, b"a,b\n\x81,2\n", encoding="cp1252")


@pytest.mark.parametrize("name", ["utf9", "latim", "zip", "rot13", "hex", "", "\0", "ütf"])
def test_what_is_no_encoding(name):
    with pytest.raises(DataError, match="There is no encoding"):
        check_encoding(name)
    with pytest.raises(DataError, match="Did you mean 'utf-8'"):
        check_encoding("utf9")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", r"rows\.csv is empty; a table has a line with the names"),
        (b"PK\x03\x04rest", r"seems to be a zip archive or an Excel file, not a text.* end in \.xlsx or \.csv\.zip\."),
        (b"PAR1rest", r"seems to be a Parquet file, not a text.* end in \.parquet\."),
        (b"\x1f\x8brest", r"seems to be a gzip file"),
    ],
)
def test_what_is_no_text_is_said(tmp_path, content, told):
    with pytest.raises(DataError, match=told):
        table_of(tmp_path, content)
    (tmp_path / "empty.csv.gz").write_bytes(gzip.compress(b""))
    with pytest.raises(DataError, match="is empty"):
        encoding_of(tmp_path / "empty.csv.gz", None)


def test_the_content_of_a_file_is_opened(tmp_path):
    (tmp_path / "rows.csv").write_bytes(b"a,b")
    with opened(tmp_path / "rows.csv") as content:
        assert content.read() == b"a,b"


@pytest.mark.parametrize(
    ("cells", "is_number"),
    [
        (["1,5", "-2", "+,5", None], True),
        (["1,5e3"], True),
        (["1", "2"], False),
        (["1,5", "x"], False),
        (["1,2,3"], False),
        (["1.000,5"], False),
        ([None], False),
    ],
)
def test_decimal_commas_are_noted(tmp_path, cells, is_number):
    content = "a;b\n" + "".join(f"{'' if cell is None else cell};x\n" for cell in cells)
    (tmp_path / "rows.csv").write_text(content)
    raw = read_delimited(tmp_path / "rows.csv")
    assert raw.notes == ({"a": "decimal commas, read as numbers"} if is_number else {})
    pd.DataFrame({"a": cells, "b": "x"}).to_csv(tmp_path / "commas.csv", index=False)
    assert read_delimited(tmp_path / "commas.csv").notes == {}


def test_a_missing_text_stays_missing():
    found = as_texts(pd.Series(["a", None, np.nan, "None"], dtype=object))
    assert found.isna().tolist() == [False, True, True, False]
    assert found.tolist()[::3] == ["a", "None"]


def test_commas_become_points():
    assert with_decimal_points(pd.Series(["1,5", np.nan, "2"], dtype="str")).tolist()[::2] == ["1.5", "2"]
