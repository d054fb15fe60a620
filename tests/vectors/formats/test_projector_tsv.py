"""The projector's tables: what its page makes of them, and broken ones."""

import re

import numpy as np
import pytest

from tabemb.exceptions import DataError, FormatError
from tabemb.vectors import CategoryVectors
from tabemb.vectors.formats.projector_tsv import (
    read_metadata,
    read_vectors,
    side_texts,
    write_metadata,
    write_vectors,
)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "table.tsv"


def projector_rows(text):
    """Return the points' metadata as the projector's page takes the file apart."""
    lines = [line for line in text.split("\n") if line.strip(" \t\r\ufeff\xa0\u3000")]
    header = ["label"]
    if "\t" in lines[0]:
        header = lines.pop(0).split("\t")
    return [dict(zip(header, line.split("\t"), strict=True)) for line in lines]


@pytest.mark.parametrize(
    ("keys", "columns"),
    [
        (["a", "b"], ["label"]),
        (["a b", "é\u200b👩‍👩‍👧"], ["label"]),
        (["a\tb", "c"], ["key", "key_json"]),
        (["a\nb", "c"], ["key", "key_json"]),
        (["a\rb", "c"], ["key", "key_json"]),
        (["", "c"], ["key", "key_json"]),
        ([" ", "c"], ["key", "key_json"]),
        (["\ufeff", "c"], ["key", "key_json"]),
        (["\xa0 \u3000", "c"], ["key", "key_json"]),
        (["\ud800", "c"], ["key", "key_json"]),
        ([1, 2], ["key", "key_json"]),
    ],
)
def test_every_point_has_its_own_line_of_metadata(keys, columns, path):
    write_metadata(path, CategoryVectors(keys, np.eye(2)), {})
    rows = projector_rows(path.read_text(encoding="utf-8"))
    assert len(rows) == 2
    assert list(rows[0]) == columns
    assert read_metadata(path, 2) == (keys, None)


def test_counts_and_side_columns_have_a_header(path, airports):
    write_metadata(path, airports, side_texts("dest", airports, {"state": ["NY", "NY", "CA", None]}))
    assert projector_rows(path.read_text())[3] == {"key": "OAK", "count": "1", "state": ""}
    assert read_metadata(path, 4) == (airports.index_to_key, [9, 5, 3, 1])


def test_vectors_are_lines_of_numbers(path, airports):
    write_vectors(path, airports)
    assert path.read_text() == "1\t0.1\n1\t0.2\n-1\t0.3\n-2\t0.7\n"
    assert np.array_equal(read_vectors(path, 4, 2), airports.vectors)


def test_no_categories_are_no_lines(path):
    none = CategoryVectors([], np.empty((0, 3)))
    write_vectors(path, none)
    assert (path.read_bytes(), read_vectors(path, 0, 3).shape) == (b"", (0, 3))
    write_metadata(path, none, {})
    assert (path.read_bytes(), read_metadata(path, 0)) == (b"", ([], None))


def test_side_columns_that_do_not_fit_are_refused(airports):
    for side, message in (
        (
            {"x": [1]},
            "Column 'dest': expected 4 values in the side column 'x', one for each key in their order, got",
        ),
        ({"count": "abcd"}, "Column 'dest': the name of the side column 'count' is taken. Give it another one."),
        ({"x": [[1]] * 4}, "Every cell in column 'x' of the argument must be one value"),
    ):
        with pytest.raises(DataError, match=re.escape(message)):
            side_texts("dest", airports, side)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1\t2\n3\t4", "expected an end of line after the last row. The file may have been cut short."),
        ("1\t2\n", "expected 2 lines, got 1. The file may have been cut short."),
        ("1\t2\n3\t4\n5\t6\n", "expected 2 lines, got 3."),
    ],
)
def test_tables_of_another_length_are_refused(text, message, path):
    path.write_text(text)
    for read in (lambda: read_vectors(path, 2, 2), lambda: read_metadata(path, 1)):
        with pytest.raises(FormatError, match=r"table\.tsv: " + re.escape(message)):
            read()


def test_a_table_that_is_gone_is_named(path):
    with pytest.raises(FormatError, match=r"table\.tsv: expected a file of the projector's folder, but there is no"):
        read_vectors(path, 2, 2)


def test_an_empty_cell_is_no_number(path):
    path.write_text("1\t2\n3\t\n")
    assert np.isnan(read_vectors(path, 2, 2)[1, 1])


def test_a_line_with_a_cell_too_many_is_shown(path):
    path.write_text("key\tcount\na\t1\nb\t2\t3\n")
    with pytest.raises(FormatError, match=r"table\.tsv: expected key, count for each category, got 'b\\t2\\t3'\."):
        read_metadata(path, 2)
