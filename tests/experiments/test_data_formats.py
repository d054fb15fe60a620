"""Formats of table files: each is read, is limited, and what is not read says how to convert it."""

import dataclasses
import datetime as dt
import gzip
import json
import random
import sys
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest

from tabemb.exceptions import ColumnError, DataError, MissingExtraError
from tabemb.experiments import data_formats
from tabemb.experiments.data_formats import READERS, check_format, check_options, is_plain_text, read_raw
from tabemb.experiments.tables import read_table

TABLE = pd.DataFrame(
    {
        "dest": ["BOS", None, "SFO"],
        "hour": [5, 6, 7],
        "late": [1.5, None, -3.0],
        "far": [True, False, True],
        "day": pd.to_datetime(["2020-01-01", "2020-01-02", "2020-01-03"]),
    }
)


def write_stream(table, path, compression=None, max_chunksize=2):
    options = pa.ipc.IpcWriteOptions(compression=compression)
    with pa.ipc.new_stream(str(path), table.schema, options=options) as writer:
        writer.write_table(table, max_chunksize=max_chunksize)


def write_lines(table, path):
    text = table.to_json(orient="records", lines=True, date_format="iso")
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())


WRITERS = {
    "rows.parquet": lambda path: TABLE.to_parquet(path),
    "rows.pq": lambda path: TABLE.to_parquet(path),
    "rows.csv": lambda path: TABLE.to_csv(path, index=False),
    "rows.csv.gz": lambda path: TABLE.to_csv(path, index=False),
    "rows.tsv": lambda path: TABLE.to_csv(path, index=False, sep="\t"),
    "rows.tsv.zip": lambda path: TABLE.to_csv(path, index=False, sep="\t"),
    "rows.txt": lambda path: TABLE.to_csv(path, index=False, sep=";"),
    "rows.txt.gz": lambda path: TABLE.to_csv(path, index=False, sep="|"),
    "rows.feather": lambda path: TABLE.to_feather(path),
    "rows.arrow": lambda path: feather.write_feather(TABLE, str(path), compression="zstd"),
    "rows.ipc": lambda path: write_stream(pa.Table.from_pandas(TABLE), path),
    "rows.ARROW": lambda path: write_stream(pa.Table.from_pandas(TABLE), path, "lz4"),
    "rows.jsonl": lambda path: write_lines(TABLE, path),
    "rows.ndjson": lambda path: write_lines(TABLE, path),
    "rows.jsonl.gz": lambda path: write_lines(TABLE, path),
    "folder": lambda path: [
        path.mkdir(),
        TABLE[:1].to_parquet(path / "0.parquet"),
        TABLE[1:].to_parquet(path / "1.pq"),
    ],
}


@pytest.mark.parametrize("name", WRITERS)
def test_every_format_is_read_alike(tmp_path, name):
    WRITERS[name](tmp_path / name)
    check_format(tmp_path / name)
    found = read_table(tmp_path / name)
    assert list(found) == list(TABLE)
    assert found["dest"].fillna("").tolist() == ["BOS", "", "SFO"]
    assert found["hour"].tolist() == [5, 6, 7]
    assert found["late"].fillna(0).tolist() == [1.5, 0, -3.0]
    assert found["far"].tolist() == [True, False, True]
    assert pd.to_datetime(found["day"]).dt.day.tolist() == [1, 2, 3]
    assert not isinstance(found["day"][0], str)


@pytest.mark.parametrize("name", sorted(set(WRITERS) - {"folder"}))
def test_a_damaged_file_is_one_error_or_read(tmp_path, name):
    path = tmp_path / name
    WRITERS[name](path)
    whole, generator = path.read_bytes(), random.Random(0)
    for turn in range(60):
        damaged = bytearray(whole)
        damaged[generator.randrange(len(whole))] ^= 1 << generator.randrange(8)
        path.write_bytes(damaged if turn % 3 else damaged[: generator.randrange(len(whole))])
        try:
            read_table(path)
        except DataError as error:
            assert str(path) in str(error)  # noqa: PT017


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("rows.dta", "Convert it with pandas: pd.read_stata('rows.dta').to_parquet('rows.parquet')."),
        ("rows.XLS", "Convert it with pandas: pd.read_excel('rows.XLS').to_parquet('rows.parquet')."),
        ("rows.json", "Convert it with pandas: pd.read_json('rows.json').to_parquet('rows.parquet')."),
        ("rows.rds", "In R: arrow::write_parquet(readRDS('rows.rds'), 'rows.parquet')."),
        ("rows.csv.bz2", "Unpack it."),
        ("rows", "Convert it to one of them; a text with separators only needs such a name."),
    ],
)
@pytest.mark.parametrize("exists", [False, True])
def test_what_is_not_read_says_how_to_convert_it(tmp_path, name, told, exists):
    if exists:
        (tmp_path / name).write_bytes(b"x")
    for check in (check_format, read_raw):
        with pytest.raises(DataError) as caught:
            check(tmp_path / name)
        assert str(caught.value).startswith(
            f"Cannot read {tmp_path / name}: the name must end in .csv, .tsv, .txt, .jsonl, .ndjson (each also with "
            ".gz or .zip), .parquet, .pq, .feather, .arrow, .ipc, .xlsx, .xlsm, or "
        )
        assert str(caught.value).endswith(f"or be that of a folder of Parquet files. {told}")


@pytest.mark.parametrize("name", ["rows.parquet", "rows.feather", "rows.jsonl", "folder"])
def test_a_separator_where_there_is_none_is_refused(tmp_path, name):
    WRITERS[name](tmp_path / name)
    with pytest.raises(DataError, match="has no separator between cells, but the separator ';' is given"):
        check_options(tmp_path / name, separator=";", encoding=None)
    if name == "rows.jsonl":
        assert len(read_table(tmp_path / name, encoding="utf-8")) == 3
    else:
        with pytest.raises(DataError, match="is not a text, but the encoding 'utf-8' is given"):
            check_format(tmp_path / name, encoding="utf-8")


def test_which_files_are_plain_text(tmp_path):
    assert [name for name in READERS if is_plain_text(Path("x" + name))] == [
        f"{stem}{packed}" for stem in (".csv", ".tsv", ".txt") for packed in ("", ".gz", ".zip")
    ]
    (tmp_path / "a.csv").mkdir()
    assert not is_plain_text(tmp_path / "a.csv")


# Folders


def test_names_of_folders_are_columns(tmp_path):
    for year, month in ((2020, "jan"), (2020, "feb"), (2021, "jan")):
        place = tmp_path / "rows" / f"year={year}" / f"month={month}"
        place.mkdir(parents=True)
        pd.DataFrame({"n": [year]}).to_parquet(place / "part-0.parquet")
        (place / "_SUCCESS").touch()
        (place / ".part-0.parquet.crc").touch()
    (tmp_path / "rows" / "_temporary").mkdir()
    pd.DataFrame({"n": [0]}).to_parquet(tmp_path / "rows" / "_temporary" / "x.parquet")
    found = read_table(tmp_path / "rows")
    assert found["year"].tolist() == [2020, 2020, 2021]
    assert found["month"].tolist() == ["feb", "jan", "jan"]
    assert found["n"].tolist() == found["year"].tolist()


def test_types_of_several_files_are_joined(tmp_path):
    pd.DataFrame({"n": [1], "m": [None], "k": ["x"]}).to_parquet(tmp_path / "a.parquet")
    pd.DataFrame({"k": ["y"], "n": [1.5], "m": ["x"]}, index=[7]).to_parquet(tmp_path / "b.parquet")
    found = read_table(tmp_path)
    assert found["n"].tolist() == [1.0, 1.5]
    assert found["m"].isna().tolist() == [True, False]
    assert found["k"].tolist() == ["x", "y"]
    assert list(found) == ["n", "m", "k"]
    pd.DataFrame({"n": ["x"], "m": ["x"], "k": ["x"]}).to_parquet(tmp_path / "c.parquet")
    with pytest.raises(DataError, match=r"a column has types in its files that do not fit together"):
        read_table(tmp_path)


def test_the_index_of_files_without_partitions_is_no_column(tmp_path):
    for name, index in (("a", [7, 3]), ("b", [9, 1])):
        pd.DataFrame({"n": [1, 2]}, index=index).to_parquet(tmp_path / f"{name}.parquet")
    assert list(read_table(tmp_path)) == ["n"]


@pytest.mark.parametrize("index", [pd.Index(["u", "v"], name="customer"), pd.Index([7, 3], name="customer")])
@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("a.parquet", lambda table, path: table.to_parquet(path)),
        ("a.feather", lambda table, path: feather.write_feather(pa.Table.from_pandas(table), path)),
        ("rows", lambda table, path: [path.mkdir(), table.to_parquet(path / "a.parquet")]),
    ],
)
def test_a_named_index_is_a_column(tmp_path, name, write, index):
    write(pd.DataFrame({"n": [1, 2]}, index=index), tmp_path / name)
    found = read_table(tmp_path / name)
    assert {column: found[column].tolist() for column in found} == {"n": [1, 2], "customer": index.tolist()}


def test_levels_of_an_index_with_names_are_columns(tmp_path):
    index = pd.MultiIndex.from_arrays([["u", "v"], [5, 6], [0, 1]], names=["customer", None, "month"])
    pd.DataFrame({"n": [1, 2]}, index=index).to_parquet(tmp_path / "a.parquet")
    found = read_table(tmp_path / "a.parquet")
    assert {column: found[column].tolist() for column in found} == {
        "n": [1, 2],
        "customer": ["u", "v"],
        "month": [0, 1],
    }


def test_a_range_with_a_name_is_no_column(tmp_path):
    pd.DataFrame({"n": [1, 2]}, index=pd.RangeIndex(2, name="row")).to_parquet(tmp_path / "a.parquet")
    assert list(read_table(tmp_path / "a.parquet")) == ["n"]


def test_no_column_of_a_file_is_lost(tmp_path):
    pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "a.parquet")
    pd.DataFrame({"a": [1], "b": [2]}).to_parquet(tmp_path / "b.parquet")
    with pytest.raises(DataError, match=r"b\.parquet has a column 'b', which a\.parquet lacks\."):
        read_table(tmp_path)


def test_folders_that_are_no_table(tmp_path):
    (tmp_path / "rows.csv").write_text("a\n1\n")
    with pytest.raises(DataError, match="is a folder without Parquet files"):
        check_format(tmp_path)
    (tmp_path / "_delta_log").mkdir()
    pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "a.parquet")
    with pytest.raises(DataError, match=r"is a Delta table, whose files may hold rows that were deleted\."):
        read_table(tmp_path)


def test_each_file_of_a_folder_is_limited(tmp_path):
    pq.write_table(pa.table({"a": pa.array(np.zeros(16_000_000, np.int8))}), tmp_path / "a.parquet")
    with pytest.raises(DataError, match=r"a\.parquet: expected at most 1000 times the size of the file"):
        read_table(tmp_path)


# Arrow


def expands(n=16_000_000):
    return {
        "zeros": pa.table({"a": pa.array(np.zeros(n, np.int64))}),
        "nulls": pa.table({"a": pa.nulls(n)}),
        "bits": pa.table({"a": pa.array(np.zeros(n, bool))}),
        "a dictionary": pa.table({"a": pa.DictionaryArray.from_arrays([0], ["x" * n * 4])}),
        "one text": pa.table({"a": ["x" * n * 4]}),
    }


@pytest.mark.parametrize("form", ["file", "stream"])
@pytest.mark.parametrize("content", ["zeros", "nulls", "bits", "a dictionary", "one text"])
def test_an_arrow_file_that_expands_to_much_is_refused(tmp_path, form, content):
    table, path = expands()[content], tmp_path / "rows.arrow"
    options = pa.ipc.IpcWriteOptions(compression="zstd")
    new = {"file": pa.ipc.new_file, "stream": pa.ipc.new_stream}[form]
    with new(str(path), table.schema, options=options) as writer:
        writer.write_table(table)
    assert path.stat().st_size < 30_000
    with pytest.raises(DataError, match=r"rows\.arrow: expected at most 1000 times the size of the file \("):
        read_table(path)


def test_compressed_buffers_are_refused_before_they_are_decompressed(tmp_path, monkeypatch):
    feather.write_feather(expands()["zeros"], str(tmp_path / "rows.feather"), compression="zstd", chunksize=2**24)
    monkeypatch.setattr(data_formats, "_limited", lambda *_: pytest.fail("read"))
    with pytest.raises(DataError, match="expected at most"):
        read_table(tmp_path / "rows.feather")


def test_views_of_the_same_bytes_are_counted(tmp_path):
    n = 5000
    views = np.zeros((n, 4), np.int32)
    text = b"x" * 100_000
    views[:, 0], views[:, 1] = len(text), int.from_bytes(text[:4], "little")
    buffers = [None, pa.py_buffer(views.tobytes()), pa.py_buffer(text)]
    table = pa.table({"a": pa.Array.from_buffers(pa.string_view(), n, buffers)})
    write_stream(table, tmp_path / "rows.arrow", max_chunksize=n)
    with pytest.raises(DataError, match="expected at most"):
        read_table(tmp_path / "rows.arrow")
    write_stream(pa.table({"a": pa.array(["x", None, "y" * 20], pa.string_view())}), tmp_path / "rows.arrow")
    assert read_table(tmp_path / "rows.arrow")["a"].fillna("").tolist() == ["x", "", "y" * 20]


def test_an_arrow_file_of_many_batches_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(data_formats, "CELLS", dataclasses.replace(data_formats.CELLS, free=0))
    table = pa.table({"a": pa.array(range(1000)), "b": pa.array([f"x{i}" for i in range(1000)]).dictionary_encode()})
    for compression in (None, "lz4", "zstd"):
        write_stream(table, tmp_path / "rows.arrow", compression)
        assert read_table(tmp_path / "rows.arrow")["a"].tolist() == list(range(1000))


def test_arrow_files_that_are_not_read_are_said(tmp_path):
    (tmp_path / "old.feather").write_bytes(b"FEA1xxxx")
    with pytest.raises(DataError, match="is a file of Feather version 1"):
        read_table(tmp_path / "old.feather")
    write_stream(pa.table({"a": pa.array([[1]], pa.list_view(pa.int64()))}), tmp_path / "rows.arrow")
    with pytest.raises(DataError, match="the column 'a' holds lists"):
        read_table(tmp_path / "rows.arrow")


def test_two_columns_of_a_name_are_refused_in_every_format(tmp_path):
    write_stream(pa.Table.from_arrays([pa.array([1]), pa.array([2])], ["a", "a"]), tmp_path / "rows.arrow")
    with pytest.raises(ColumnError, match=r"rows\.arrow has more than one column 'a'"):
        read_table(tmp_path / "rows.arrow")


# JSON lines


def lines(path, *rows):
    path.write_text("\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows), encoding="utf-8")
    return path


def test_rows_of_json_may_lack_columns(tmp_path):
    path = lines(tmp_path / "rows.jsonl", {"a": 1}, "", {"b": "02139", "a": None}, {"a": 3, "c": True}, '{"a":4,"a":5}')
    found = read_table(path)
    assert found["a"].fillna(-1).tolist() == [1, -1, 3, 5]
    assert found["b"].fillna("").tolist() == ["", "02139", "", ""]
    assert found["c"].isna().tolist() == [True, True, False, True]
    assert read_table(path, na=["02139"])["b"].isna().all()


def test_dates_in_json_are_dates_unless_the_type_is_known(tmp_path):
    path = lines(tmp_path / "rows.jsonl", {"day": "2020-01-31", "code": "12"}, {"day": "2020-02-01", "code": "7"})
    assert read_table(path)["day"].tolist() == [pd.Timestamp("2020-01-31"), pd.Timestamp("2020-02-01")]
    assert read_table(path)["code"].tolist() == ["12", "7"]
    assert read_table(path, no_dates=["day"])["day"].tolist() == ["2020-01-31", "2020-02-01"]
    found = read_table(path, types={"day": "text", "code": "number"})
    assert found.to_dict("list") == {"day": ["2020-01-31", "2020-02-01"], "code": [12, 7]}


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ('{"a": 1', "line 2: not JSON: "),
        ("[1, 2]", r"line 2: a row is an object with the names of columns, got '\[1, 2\]'"),
        ('{"a": [[1]]}', "line 2: the cell of 'a' is a list that is neither a list of values nor"),
        ('{"a": [{"b": 1}]}', "line 2: the cell of 'a' is a list that is neither a list of values nor"),
        ('{"a": {"b": "c"}}', "line 2: the cell of 'a' is an object that is neither a list of values nor"),
        ('{"a": {"b": true}}', "line 2: the cell of 'a' is an object that is neither a list of values nor"),
        ("[" * 100_000, r"rows\.jsonl"),
    ],
)
def test_a_line_that_is_no_row_is_named(tmp_path, row, told):
    with pytest.raises(DataError, match=told):
        read_table(lines(tmp_path / "rows.jsonl", {"a": 1}, row))


def test_cells_of_json_lines_may_hold_several_values(tmp_path):
    cells = [["Action", "Comedy"], [], None, ["Drama"]]
    weights = [{"red": 2, "blue": 0.5}, {"red": 1}, None, {}]
    rows = [{"genres": a, "colors": b} for a, b in zip(cells, weights, strict=True)]
    found = read_table(lines(tmp_path / "rows.jsonl", *rows))
    assert found["genres"].tolist() == cells
    assert found["colors"].tolist() == weights


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_json_in_every_encoding(tmp_path, encoding):
    (tmp_path / "rows.jsonl").write_bytes('{"größe": "é"}\n'.encode(encoding))
    given = {"encoding": encoding} if encoding == "latin-1" else {}
    assert read_table(tmp_path / "rows.jsonl", **given).to_dict("list") == {"größe": ["é"]}
    if given:
        with pytest.raises(DataError, match="line 1 has the byte 0xf6"):
            read_table(tmp_path / "rows.jsonl")


def test_json_of_ever_new_columns_is_refused(tmp_path):
    path = lines(tmp_path / "rows.jsonl", *({str(i): 1} for i in range(6000)))
    with pytest.raises(DataError, match="expected at most 1000 times"):
        read_table(path)


# Excel


@pytest.fixture
def book(tmp_path):
    openpyxl = pytest.importorskip("openpyxl")

    def write(*sheets, name="rows.xlsx"):
        made = openpyxl.Workbook()
        made.remove(made.active)
        for number, rows in enumerate(sheets):
            sheet = made.create_sheet(f"s{number}")
            for row in rows:
                sheet.append(row)
        made.save(tmp_path / name)
        return tmp_path / name

    return write


def test_an_excel_sheet_is_read(book):
    day = dt.datetime(2020, 1, 2)
    path = book(
        [["dest", "n", "day", 2019, None], ["BOS", 1, day, "", None], [], ["#N/A", 2.5, None, "x", "y"], [None]]
    )
    found = read_table(path)
    assert list(found) == ["dest", "n", "day", "2019", "Unnamed: 4"]
    assert found["n"].tolist() == [1, 2.5]
    assert found["day"].tolist()[0] == pd.Timestamp(day)
    assert found["dest"].isna().tolist() == [False, True]
    assert found["2019"].isna().tolist() == [True, False]
    assert read_table(path, types={"n": "text"})["n"].tolist() == ["1", "2.5"]


def test_other_sheets_are_said(book):
    path = book([["a"], [1]], [["b"], [2]])
    with pytest.warns(UserWarning, match=r"rows\.xlsx has 2 sheets; only the first, 's0', is read\."):
        assert read_table(path)["a"].tolist() == [1]


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([], "The sheet 's0' of .* is empty"),
        ([["a", "b"]], r"has 0 rows and 2 columns"),
        ([["a", "a"], [1, 2]], "has more than one column 'a'"),
    ],
)
def test_a_sheet_that_is_no_table(book, rows, told):
    with pytest.raises(DataError, match=told):
        read_table(book(rows))


def test_an_excel_file_that_expands_is_refused(book, tmp_path, monkeypatch):
    path = book([["a"], [1]])
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/x.xml", bytes(60_000_000))
    with pytest.raises(DataError, match="expected at most 100 times the size of the file"):
        read_table(path)
    monkeypatch.setattr(data_formats, "CELLS", dataclasses.replace(data_formats.CELLS, times=0, free=7000))
    with pytest.raises(DataError, match="expected at most"):
        read_table(book([["a"], *([1] for _ in range(900))]))
    with pytest.raises(DataError, match="expected at most"):
        read_table(book([["a"], *(["x" * 1000] for _ in range(9))]))
    with pytest.raises(DataError, match="expected at most"):
        read_table(book([["a"], [*[None] * 500, 1], [2]]))


def test_a_missing_package_is_said(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    (tmp_path / "rows.xlsx").write_bytes(b"x")
    with pytest.raises(MissingExtraError) as caught:
        read_table(tmp_path / "rows.xlsx")
    assert str(caught.value) == (
        "Reading the Excel file rows.xlsx needs openpyxl. Install it with: pip install 'tabemb[excel]'"
    )


def test_a_file_that_is_no_workbook(tmp_path):
    pytest.importorskip("openpyxl")
    (tmp_path / "rows.xlsx").write_bytes(b"no zip")
    with pytest.raises(DataError, match=r"Cannot read .*rows\.xlsx as a table: "):
        read_table(tmp_path / "rows.xlsx")
