"""Table files: what is read from them, and what is written."""

import dataclasses
import datetime as dt
import gzip
import random
import zipfile

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tabemb.exceptions import ColumnError, DataError, OutputError
from tabemb.experiments import data_formats, data_texts
from tabemb.experiments.tables import check_readable, check_writable, formula_free, read_file, read_table, write_table

TABLE = pd.DataFrame({"dest": ["BOS", "SFO"], "hour": [5, 6]})


@pytest.mark.parametrize("name", ["rows.csv", "rows.parquet", "rows.CSV", "rows.csv.gz", "rows.tsv"])
def test_every_kind_is_read(tmp_path, name):
    path = tmp_path / name
    if name.endswith("parquet"):
        TABLE.to_parquet(path)
    else:
        TABLE.to_csv(path, index=False, sep="\t" if name.endswith("tsv") else ",")
    pd.testing.assert_frame_equal(read_table(path), TABLE)


@pytest.mark.parametrize("name", ["rows.csv", "rows.parquet"])
def test_a_round_trip_changes_nothing(tmp_path, name):
    write_table(TABLE, tmp_path / name)
    pd.testing.assert_frame_equal(read_table(tmp_path / name), TABLE)


def test_a_missing_file_gets_suggestions(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_table(TABLE, "flights.csv")
    with pytest.raises(DataError) as caught:
        read_table("flihgts.csv")
    assert str(caught.value) == "There is no file flihgts.csv. Did you mean 'flights.csv'?"


def test_an_unknown_kind():
    with pytest.raises(DataError, match=r"Cannot read rows\.dta: the name must end in \.csv, \.tsv, \.txt, "):
        read_table("rows.dta")
    with pytest.raises(DataError, match=r"Cannot write rows\.xlsx: the name must end in \.parquet, \.csv\."):
        check_writable("rows.xlsx")


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("empty.csv", b"", "empty.csv is empty; a table has a line with the names of its columns"),
        ("head.csv", b"dest,hour\n", "head.csv has 0 rows and 2 columns; a table needs at least one row."),
        ("broken.parquet", b"not parquet", "Cannot read .*broken.parquet as a table: "),
        ("ragged.csv", b"a,b\n1,2\n1,2,3\n", "Cannot read .*ragged.csv as a table: Error tokenizing data"),
        ("bytes.csv", b"a\n\xff\xfe\n", "bytes.csv is not text in UTF-8: line 2 has the byte 0xff"),
    ],
)
def test_a_file_that_is_not_a_table(tmp_path, name, content, told):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=told):
        read_table(tmp_path / name)


def test_an_unwritable_file_is_found_out_before(tmp_path):
    with pytest.raises(OutputError, match=r"Cannot write .*new\.csv: there is no folder .*nowhere\."):
        check_writable(tmp_path / "nowhere" / "new.csv")
    (tmp_path / "new.csv").mkdir()
    with pytest.raises(OutputError, match=r"Cannot write .*new\.csv: it is a folder\."):
        check_writable(tmp_path / "new.csv")
    with pytest.raises(OutputError, match=r"Cannot write .*new\.csv: "):
        write_table(TABLE, tmp_path / "new.csv")


def test_a_long_column_has_one_type_whatever_piece_a_cell_is_in(tmp_path):
    codes = np.random.default_rng(0).integers(10, 30, 20_000).astype(str).astype(object)
    codes[-1] = "A1"
    pd.DataFrame({"code": codes, **{f"x{i}": np.zeros(20_000, int) for i in range(130)}}).to_csv(
        tmp_path / "wide.csv", index=False
    )
    table = read_table(tmp_path / "wide.csv")
    assert set(map(type, table["code"])) == {str}
    assert table["x7"].dtype == np.int64


def test_known_types_decide_how_a_file_is_read(tmp_path):
    (tmp_path / "new.csv").write_text("code,hour,day\n12,7,2020-01-01\n07,x,2020-01-02\n")
    table = read_table(tmp_path / "new.csv", types={"code": "text", "hour": "number", "day": "text"})
    assert table.to_numpy().tolist() == [["12", 7, "2020-01-01"], ["07", "x", "2020-01-02"]]


@pytest.mark.parametrize("name", ["rows.csv", "rows.tsv", "rows.parquet"])
def test_texts_that_mean_missing(tmp_path, name):
    table = pd.DataFrame({"country": ["NA", "DE", "?"], "n": [1, 2, 3]})
    if name.endswith("parquet"):
        table.to_parquet(tmp_path / name)
    else:
        table.to_csv(tmp_path / name, index=False, sep="\t" if name.endswith("tsv") else ",")
    assert read_table(tmp_path / name)["country"].tolist() == ["NA", "DE", "?"]
    found = read_table(tmp_path / name, na=["NA", "?"])
    assert found["country"].isna().tolist() == [True, False, True]
    assert found["n"].tolist() == [1, 2, 3]


def test_a_text_for_missing_among_numbers_leaves_numbers(tmp_path):
    (tmp_path / "rows.csv").write_text("n,m\n1,1\n-9,-9\n?,2\n")
    found = read_table(tmp_path / "rows.csv", na=["?", "-9"])
    assert found.fillna(0).to_numpy().tolist() == [[1, 1], [0, 0], [0, 2]]


def test_how_a_column_was_read_is_noted(tmp_path):
    (tmp_path / "rows.csv").write_text("zip,day\n02139,2020-01-01\n10115,2020-01-02\n")
    file = read_file(tmp_path / "rows.csv", no_dates=["day"])
    assert file.notes == {"zip": "digits with leading zeros, read as text"}
    assert file.table["day"].tolist() == ["2020-01-01", "2020-01-02"]


def test_two_columns_of_one_name(tmp_path):
    (tmp_path / "rows.csv").write_text("a,b,a\n1,2,3\n")
    with pytest.raises(ColumnError, match=r"rows\.csv has more than one column 'a'\."):
        read_table(tmp_path / "rows.csv")


def test_numbers_with_decimal_commas_are_numbers_if_the_separator_is_none(tmp_path):
    (tmp_path / "rows.csv").write_text("price;place;code\n1,5;1,2,3;1,2\n-2;4;3,4\n")
    file = read_file(tmp_path / "rows.csv", types={"code": "text"})
    assert file.table.to_dict("list") == {"price": [1.5, -2.0], "place": ["1,2,3", "4"], "code": ["1,2", "3,4"]}
    assert file.notes["price"] == "decimal commas, read as numbers"
    assert read_table(tmp_path / "rows.csv", types={"price": "number"})["price"].tolist() == [1.5, -2.0]


def test_rows_with_more_cells_than_names_are_not_shifted(tmp_path):
    (tmp_path / "rows.csv").write_text("a,b\n1,2,3\n4,5,6\n")
    with pytest.raises(DataError) as caught:
        read_table(tmp_path / "rows.csv")
    told = "is not a table: its rows have more cells than its first line, which names the columns."
    assert str(caught.value) == f"{tmp_path / 'rows.csv'} {told}"


def test_a_byte_order_mark_is_not_part_of_a_name(tmp_path):
    (tmp_path / "rows.csv").write_bytes(b"\xef\xbb\xbfa,b\n1,2\n")
    assert list(read_table(tmp_path / "rows.csv")) == ["a", "b"]


def test_a_missing_file_is_found_before_anything_slow(tmp_path):
    with pytest.raises(DataError, match=r"There is no file .*rows\.csv\."):
        check_readable(tmp_path / "rows.csv")


@pytest.mark.parametrize("text", ["=1+1", "@SUM(A1)", "-2+3", "+cmd|' /C calc'!A0", "\t=1", "\r=1", "\uff1d1", "-"])
def test_a_spreadsheet_runs_nothing(tmp_path, text):
    table = pd.DataFrame({"prediction": [text, "late"], text: [-1.0, 2.0]})
    assert formula_free(table).iloc[0].tolist() == ["'" + text, -1.0]
    assert list(formula_free(table)) == ["prediction", "'" + text]
    assert formula_free(table.astype({"prediction": "category"})).iloc[0, 0] == "'" + text
    write_table(table, tmp_path / "new.csv")
    raw = pd.read_csv(tmp_path / "new.csv")
    assert raw["prediction"].tolist() == ["'" + text, "late"]
    write_table(table, tmp_path / "new.parquet")
    assert read_table(tmp_path / "new.parquet")["prediction"].tolist() == [text, "late"]


def test_numbers_and_other_texts_stay_as_they_are():
    table = pd.DataFrame({"a": ["-5", "+1.5", "a=b", ""], "b": [-1, 2, 3, 4], 7: [True, False, None, True]})
    pd.testing.assert_frame_equal(formula_free(table), table)


def test_a_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    (tmp_path / "new.csv").write_text("old")

    def fail(self, path, **options):
        path.write_text("half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pd.DataFrame, "to_csv", fail)
    with pytest.raises(OutputError, match=r"Cannot write .*new\.csv: No space left on device\."):
        write_table(TABLE, tmp_path / "new.csv")
    assert (tmp_path / "new.csv").read_text() == "old"
    assert [each.name for each in tmp_path.iterdir()] == ["new.csv"]


REGULAR = [
    b"a,b\n1,2\n\n3,4\n",
    b'a,b\n1,\n,""\n',
    b"\xef\xbb\xbfa,b\r\n1,2\r\n",
    b'a,b\n"x\ny",2\n"q""q",3\n',
    b'a,b\n5" pipe,2\n',
    b"a,b\n1\n",
    b",b\n0,x\n1,y\n",
    b"a,b\n 1, x y \n",
    b"a,b\nNA,null\n",
    b'"a,c",b\n1,2',
    b"a,b\r1,2\r",
    b"a,b\n1,2\n\x00,3\n",
]


@pytest.mark.parametrize("content", REGULAR)
def test_both_parsers_read_the_same(tmp_path, monkeypatch, content):
    (tmp_path / "rows.csv").write_bytes(content)
    fast = read_table(tmp_path / "rows.csv")

    def refuse(*_):
        raise pa.ArrowInvalid("no")

    monkeypatch.setattr(data_texts, "_read_by_arrow", refuse)
    pd.testing.assert_frame_equal(read_table(tmp_path / "rows.csv"), fast)


def test_a_file_of_many_blocks(tmp_path, monkeypatch):
    monkeypatch.setattr(data_texts, "_BLOCK", 64)
    table = pd.DataFrame({"a": [f"x{i}" for i in range(500)], "b": range(500)})
    table.to_csv(tmp_path / "rows.csv", index=False)
    pd.testing.assert_frame_equal(read_table(tmp_path / "rows.csv"), table)


TYPED = {
    "integers": ([12, 7], "text", ["12", "7"]),
    "nullable integers": (pd.array([12, None], "Int64"), "text", ["12", None]),
    "floats": ([12.0, 7.5], "text", ["12", "7.5"]),
    "floats with a missing one": ([12.0, None], "text", ["12", None]),
    "booleans": ([True, False], "text", ["True", "False"]),
    "dates": ([dt.date(2020, 1, 1), None], "text", ["2020-01-01", None]),
    "days": (pd.to_datetime(["2020-01-01", "2020-01-02"]), "text", ["2020-01-01", "2020-01-02"]),
    "moments": (pd.to_datetime(["2020-01-01 05:00", None]), "text", ["2020-01-01 05:00:00", None]),
    "a category of integers": (pd.Categorical([12, 7]), "text", ["12", "7"]),
    "texts": (["12", None], "text", ["12", None]),
    "texts of numbers": (["12", None], "number", [12.0, None]),
    "texts of integers": (["12", "7"], "number", [12, 7]),
    "a category of texts of integers": (pd.Categorical(["12", "7"]), "number", [12, 7]),
    "texts of booleans": (["true", "False"], "bool", [True, False]),
    "texts of dates": (["2020-01-01", None], "date", [dt.date(2020, 1, 1), None]),
    "texts of datetimes": (["2020-01-01", None], "datetime", [pd.Timestamp("2020-01-01"), None]),
    "datetimes as dates": (pd.to_datetime(["2020-01-01", None]), "date", [dt.date(2020, 1, 1), None]),
    "dates as datetimes": ([dt.date(2020, 1, 1), None], "datetime", [pd.Timestamp("2020-01-01"), None]),
    "integers as numbers": ([12, 7], "number", [12, 7]),
    "numbers as booleans": ([1, 0], "bool", [1, 0]),
    "texts that are no numbers": (["12", "x"], "number", [12, "x"]),
    "bytes": ([b"12", None], "text", [b"12", None]),
}


@pytest.mark.parametrize("name", TYPED)
def test_a_typed_file_is_read_by_known_types(tmp_path, name):
    given, kind, values = TYPED[name]
    pd.DataFrame({"a": given, "b": [1, 2]}).to_parquet(tmp_path / "rows.parquet")
    table = read_table(tmp_path / "rows.parquet", types={"a": kind, "z": "text"})
    found = [None if pd.isna(each) else each for each in table["a"].tolist()]
    assert found == values
    assert list(map(type, found)) == list(map(type, values))
    assert table["b"].tolist() == [1, 2]


# But for floats that are whole, which pandas writes as 12.0, and types that a number or a boolean cannot have.
AS_CSV = [(name, kind) for name, (_, kind, _) in TYPED.items() if name != "bytes" and "float" not in name]
AS_CSV.remove(("numbers as booleans", "bool"))
AS_CSV += [(name, "text") for name, kind in AS_CSV if kind not in ("text", "bool")]


@pytest.mark.parametrize(("name", "kind"), AS_CSV)
def test_a_typed_file_is_read_as_its_csv(tmp_path, name, kind):
    table = pd.DataFrame({"a": TYPED[name][0]})
    table.to_parquet(tmp_path / "rows.parquet")
    table.to_csv(tmp_path / "rows.csv", index=False)
    typed, by_csv = (read_table(tmp_path / f"rows.{end}", types={"a": kind})["a"] for end in ("parquet", "csv"))
    assert typed.isna().tolist() == by_csv.isna().tolist()
    assert typed.dropna().tolist() == by_csv.dropna().tolist()


def test_numbers_that_mean_missing_among_codes(tmp_path):
    pd.DataFrame({"code": [12, -9], "n": [-9, 1]}).to_parquet(tmp_path / "rows.parquet")
    table = read_table(tmp_path / "rows.parquet", types={"code": "text"}, na=["-9"])
    assert table["code"].isna().tolist() == [False, True]
    assert table["n"].tolist() == [-9, 1]


def compressed(path, content):
    if path.name.lower().endswith(".zip"):
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("rows.csv", content)
    else:
        path.write_bytes(gzip.compress(content))
    return path


@pytest.mark.parametrize("name", ["rows.csv.gz", "rows.csv.zip", "rows.CSV.GZ", "rows.csv.ZIP"])
def test_a_compressed_table_is_read_as_its_content(tmp_path, name):
    table = pd.DataFrame({"dest": ["BOS", "SFO", "NA"] * 5000, "hour": range(15_000)})
    table.to_csv(tmp_path / "rows.csv", index=False)
    path = compressed(tmp_path / name, (tmp_path / "rows.csv").read_bytes())
    pd.testing.assert_frame_equal(read_table(path), table)


@pytest.mark.parametrize("name", ["rows.csv.gz", "rows.csv.zip"])
@pytest.mark.parametrize("content", REGULAR)
def test_an_irregular_compressed_table_is_read_as_its_content(tmp_path, name, content):
    (tmp_path / "rows.csv").write_bytes(content)
    path = compressed(tmp_path / name, content)
    pd.testing.assert_frame_equal(read_table(path), read_table(tmp_path / "rows.csv"))


def test_two_members_of_a_gzip_file_are_one_table(tmp_path):
    (tmp_path / "rows.csv.gz").write_bytes(gzip.compress(b"a\n1\n") + gzip.compress(b"2\n"))
    assert read_table(tmp_path / "rows.csv.gz")["a"].tolist() == [1, 2]


@pytest.mark.parametrize("name", ["rows.csv.gz", "rows.csv.zip"])
def test_a_table_that_expands_to_gigabytes_is_refused_before_it_is_read(tmp_path, name, monkeypatch):
    path = compressed(tmp_path / name, b"a,b\n" + b"1,2\n" * 12_000_000)
    size = path.stat().st_size
    assert size < 200_000
    read = []
    monkeypatch.setattr(pd, "read_csv", lambda *args, **options: read.append(args))
    with pytest.raises(DataError) as caught:
        read_table(path)
    assert str(caught.value).startswith(
        f"{path}: expected at most 100 times the size of the file ({size:,} bytes) plus 33,554,432 bytes of content, "
    )
    assert str(caught.value).endswith(" bytes. If you trust the file, unpack it, and read the content.")
    assert read == []


@pytest.mark.parametrize("content", [b"a,b\n" + b"1,2\n" * 12_000_000, b"a" * 48_000_000], ids=["rows", "one cell"])
def test_a_gzip_file_that_states_a_small_size_is_refused_at_the_limit(tmp_path, content):
    path = tmp_path / "rows.csv.gz"
    path.write_bytes(gzip.compress(content) + gzip.compress(b"1,2\n"))
    with pytest.raises(DataError, match=r"rows\.csv\.gz: expected at most 100 times .* got at least [\d,]+ bytes\."):
        read_table(path)


def test_a_table_that_compresses_fifty_times_is_read(tmp_path, monkeypatch):
    """Also one that is larger than what any file may expand to."""
    monkeypatch.setattr(data_texts, "EXPANSION", dataclasses.replace(data_texts.EXPANSION, free=0))
    text = b"some long text that repeats itself in each of the rows; " * 3
    content = b"a,b\n" + b"".join(b"%d,%b\n" % (i, text) for i in range(9999))
    path = compressed(tmp_path / "rows.csv.gz", content)
    assert 40 < len(content) / path.stat().st_size < 90
    assert len(read_table(path)) == 9999


def test_a_parquet_file_that_expands_to_much_is_refused_before_it_is_read(tmp_path, monkeypatch):
    path, read = tmp_path / "rows.parquet", []
    pq.write_table(pa.table({"a": pa.array(np.zeros(16_000_000, np.int8))}), path)
    monkeypatch.setattr(pd, "read_parquet", read.append)
    with pytest.raises(DataError) as caught:
        read_table(path)
    size = path.stat().st_size
    assert size < 90_000
    assert str(caught.value) == (
        f"{path}: expected at most 1000 times the size of the file ({size:,} bytes) plus 33,554,432 bytes of content, "
        "got 128,000,000 bytes. If you trust the file, read it with pandas, and pass the table."
    )
    assert read == []


def test_a_parquet_file_of_few_bits_per_cell_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(data_formats, "CELLS", dataclasses.replace(data_formats.CELLS, free=0))
    late = np.random.default_rng(0).choice(["on time", "late"], 100_000)
    pd.DataFrame({"late": late, "month": np.repeat(np.arange(10), 10_000), "none": None}).to_parquet(
        tmp_path / "rows.parquet", compression="zstd"
    )
    assert len(read_table(tmp_path / "rows.parquet")) == 100_000


@pytest.mark.parametrize("n", [0, 2])
def test_an_archive_of_no_file_or_several(tmp_path, n):
    with zipfile.ZipFile(tmp_path / "rows.csv.zip", "w") as archive:
        for number in range(n):
            archive.writestr(f"{number}.csv", "a\n1\n")
    with pytest.raises(DataError, match=rf"rows\.csv\.zip: expected one file in the archive, got {n}\. Unpack it\."):
        read_table(tmp_path / "rows.csv.zip")


@pytest.mark.parametrize("name", ["rows.csv.gz", "rows.csv.zip"])
def test_a_damaged_compressed_table_is_refused_or_read(tmp_path, name):
    content = b"a,b\n" + b"".join(b"%d,x%d\n" % (i, i * i) for i in range(500))
    whole = compressed(tmp_path / name, content).read_bytes()
    generator, messages = random.Random(0), []
    for _ in range(100):
        damaged = bytearray(whole)
        damaged[generator.randrange(len(whole))] ^= 1 << generator.randrange(8)
        (tmp_path / name).write_bytes(
            damaged if generator.random() < 0.7 else damaged[: generator.randrange(len(whole))]
        )
        try:
            read_table(tmp_path / name)
        except DataError as error:
            messages.append(str(error))
    assert len(messages) > 80
    assert [each for each in messages if str(tmp_path / name) not in each or "expected at most" in each] == []
