"""What all first YAML files have in common."""

import pytest

from tabemb.experiments.config import make_config
from tabemb.experiments.starter.sections import column_lines, comment, starter_name
from tabemb.table.schema import ColumnReading


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("rows.csv", "rows"),
        ("a/My rows (1).csv.gz", "My-rows-1"),
        ("folder", "folder"),
        (".csv", "csv"),
        ("äöü.csv", "experiment"),
        ("..", "experiment"),
    ],
)
def test_the_name_is_that_of_the_table(file, name, tmp_path):
    assert starter_name(tmp_path / file) == name
    assert make_config({"name": name, "data": {"path": file, "target": "y"}}).name == name


def test_a_column_that_is_not_used_becomes_a_comment():
    reading = ColumnReading("a: b", "dropped", "text", note="constant", example="x")
    assert column_lines(reading) == "    # ! constant\n    # - 'a: b'  # not used; such as x"
    used = ColumnReading("dest", "categorical", "text", n_categories=2, n_missing=1, example="BOS")
    assert column_lines(used) == "    - dest  # categorical, text; 2 categories; 1 missing; such as BOS"


def test_a_comment_has_one_line_of_limited_length():
    assert comment("a\nb\x1b\x85") == "a b  "
    assert comment("x" * 500) == "x" * 107 + "..."
