"""The files of a saved estimator, whole and damaged."""

import json

import numpy as np
import pytest
from safetensors.numpy import save_file

from tabemb.exceptions import FormatError
from tabemb.inference.saved import FORMAT, STATE_FILE, WEIGHTS_FILE, read_saved


@pytest.fixture
def saved(tmp_path):
    (tmp_path / STATE_FILE).write_text(json.dumps({"format": FORMAT, "class": "EmbeddingRegressor"}))
    arrays = {"network-0/0001": np.ones(2), "network-0/0000": np.zeros(3), "table/dest/a": np.ones(1)}
    save_file(arrays, tmp_path / WEIGHTS_FILE)
    return tmp_path


def test_arrays_come_by_group_and_in_order(saved):
    state, groups = read_saved(saved)
    assert state["class"] == "EmbeddingRegressor"
    assert list(groups["network-0"]) == ["0000", "0001"]
    assert list(groups["table"]) == ["dest/a"]
    assert groups["no such"] == {}


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda path: (path / STATE_FILE).unlink(), "tabemb.json is missing"),
        (lambda path: (path / WEIGHTS_FILE).unlink(), "weights.safetensors is missing"),
        (lambda path: (path / STATE_FILE).write_text("{"), "is not JSON"),
        (lambda path: (path / STATE_FILE).write_text("[]"), "has format None"),
        (
            lambda path: (path / STATE_FILE).write_text('{"format": 99}'),
            "has format 99, but this tabemb",
        ),
        (lambda path: (path / WEIGHTS_FILE).write_bytes(b"no"), "cannot be read"),
    ],
)
def test_damage_is_a_format_error(damage, message, saved):
    damage(saved)
    with pytest.raises(FormatError, match=message):
        read_saved(saved)


def test_a_directory_that_does_not_exist_is_a_format_error(tmp_path):
    with pytest.raises(FormatError, match="There is no saved estimator at"):
        read_saved(tmp_path / "nowhere")
