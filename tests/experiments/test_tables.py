"""Reading and writing tables."""

import pandas as pd
import pytest

from tabemb.exceptions import DataError, OutputError
from tabemb.experiments.tables import check_writable, read_table, write_table

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
def test_what_is_written_is_read_as_the_same(tmp_path, name):
    write_table(TABLE, tmp_path / name)
    pd.testing.assert_frame_equal(read_table(tmp_path / name), TABLE)


def test_a_file_that_is_not_there_is_told_its_neighbours(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_table(TABLE, "flights.csv")
    with pytest.raises(DataError) as caught:
        read_table("flihgts.csv")
    assert str(caught.value) == "There is no file flihgts.csv. Did you mean 'flights.csv'?"


def test_an_unknown_kind(tmp_path):
    with pytest.raises(DataError, match=r"Cannot read rows\.xlsx: the name must end in \.parquet, \.csv, \.csv\.gz"):
        read_table("rows.xlsx")
    with pytest.raises(DataError, match=r"Cannot write rows\.xlsx: the name must end in \.parquet, \.csv\."):
        check_writable("rows.xlsx")


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("empty.csv", b"", "Cannot read .*empty.csv as a table: No columns to parse from file."),
        ("head.csv", b"dest,hour\n", "head.csv has 0 rows and 2 columns; nothing can be learned from it."),
        ("broken.parquet", b"not parquet", "Cannot read .*broken.parquet as a table: "),
        ("ragged.csv", b"a,b\n1,2\n1,2,3\n", "Cannot read .*ragged.csv as a table: Error tokenizing data"),
        ("bytes.csv", b"a\n\xff\xfe\n", "Cannot read .*bytes.csv as a table: 'utf-8' codec"),
    ],
)
def test_a_file_that_is_not_a_table(tmp_path, name, content, told):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=told):
        read_table(tmp_path / name)


def test_an_unwritable_file_is_found_out_before(tmp_path):
    with pytest.raises(OutputError, match=r"Cannot write .*rows\.csv: there is no folder .*nowhere\."):
        check_writable(tmp_path / "nowhere" / "rows.csv")
    (tmp_path / "rows.csv").mkdir()
    with pytest.raises(OutputError, match=r"Cannot write .*rows\.csv: permission denied, or it is a folder\."):
        check_writable(tmp_path / "rows.csv")
    with pytest.raises(OutputError, match=r"Cannot write .*rows\.csv: "):
        write_table(TABLE, tmp_path / "rows.csv")
