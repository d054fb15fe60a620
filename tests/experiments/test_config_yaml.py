"""YAML with the lines of its values."""

from pathlib import Path

import pytest
import yaml

from tabemb.exceptions import ConfigError
from tabemb.experiments.config_yaml import block_yaml, inline_yaml, parse_yaml

PATH = Path("x.yaml")


def test_every_key_and_list_item_has_its_line():
    lines, values = parse_yaml(PATH, "a: 1\nb:\n  - u\n  - v: 2\n")
    assert values == {"a": 1, "b": ["u", {"v": 2}]}
    assert lines == {(): 1, ("a",): 1, ("b",): 2, ("b", 0): 3, ("b", 1): 4, ("b", 1, "v"): 4}
    assert parse_yaml(PATH, "") == ({(): 1}, None)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a: [1", "x.yaml, line 1: invalid YAML: "),
        ("a: 1\na: 2", "x.yaml, line 2: a is a duplicate key; the first is in line 1."),
        ("a:\n  [1]: 2", "x.yaml, line 2: a key must be text, got a list."),
        ("d: 2013-99-01", "x.yaml, line 1: invalid YAML: '2013-99-01' cannot be read as a value of type timestamp"),
        ("[" * 50 + "]" * 50, "lists and mappings are nested more than 40 deep"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text, told):
    with pytest.raises(ConfigError) as caught:
        parse_yaml(PATH, text)
    assert told in str(caught.value)


def test_settings_are_written_in_their_order_and_read_back():
    values = {"name": "é", "data": {"path": "a.csv", "columns": ["x", "yes"]}}
    text = block_yaml(values)
    assert text.startswith("name: é\ndata:\n  path: a.csv\n")
    assert parse_yaml(PATH, text)[1] == values


@pytest.mark.parametrize(
    "value",
    [
        "x",
        "yes",
        "a: b",
        "1",
        "é\n",
        "\U0001f600",
        "\u2028",
        "\x85",
        "",
        " x",
        ["a", "#b"],
        {"above": 1.5},
        None,
        True,
        "...",
    ],
)
def test_a_value_in_one_line_is_read_back(value):
    text = inline_yaml(value)
    assert "\n" not in text
    assert yaml.safe_load(f"key: {text}  # said\n") == {"key": value}
