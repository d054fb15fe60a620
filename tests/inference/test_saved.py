"""The files of a saved estimator, whole and damaged."""

import numpy as np
import pytest
from safetensors.numpy import save_file

from tabemb.exceptions import FormatError, OutputError
from tabemb.inference.saved import FORMAT, STATE_FILE, WEIGHTS_FILE, read_saved, write_saved


@pytest.fixture
def saved(tmp_path):
    network = {"0001": np.ones(2), "0000": np.zeros(3)}
    write_saved(tmp_path, {"class": "EmbeddingRegressor"}, {"network-0": network, "table": {"dest/a": np.ones(1)}})
    return tmp_path


def old_format(path):
    (path / STATE_FILE).write_text('{"format": 2, "class": "EmbeddingRegressor"}')


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
        (lambda path: (path / STATE_FILE).write_text('{"format": true}'), "has format True, but this tabemb"),
        (lambda path: (path / STATE_FILE).write_text('{"format": []}'), r"has format \[\], but this tabemb"),
        (lambda path: (path / STATE_FILE).write_text(f'{{"format": {FORMAT}}}'), "does not match its digest"),
        (lambda path: (path / WEIGHTS_FILE).write_bytes(b"no"), "is damaged or of another save"),
        (lambda path: (old_format(path), (path / WEIGHTS_FILE).write_bytes(b"no")), "safetensors cannot be read: "),
    ],
)
def test_damage_is_a_format_error(damage, message, saved):
    damage(saved)
    with pytest.raises(FormatError, match=message):
        read_saved(saved)


def test_a_directory_without_digests_is_read(saved):
    old_format(saved)
    state, groups = read_saved(saved)
    assert state["class"] == "EmbeddingRegressor"
    assert list(groups["network-0"]) == ["0000", "0001"]


@pytest.mark.parametrize(
    ("group", "value", "valid"),
    [
        ("network-0", np.nan, False),
        ("network-1", np.inf, False),
        ("beside", -np.inf, False),
        ("table", np.nan, False),
        # The edges of unused bins.
        ("table", np.inf, True),
    ],
)
def test_weights_must_be_numbers(group, value, valid, tmp_path):
    groups = {group: {"0": np.array([1.0, value], np.float32)}, "other": {"n": np.arange(3)}}
    if valid:
        write_saved(tmp_path, {}, groups)
        assert read_saved(tmp_path)[1][group]["0"].tolist() == [1.0, value]
        return
    with pytest.raises(OutputError, match=f"cannot be saved: {group}/0 holds {value} in 1 of 2 numbers"):
        write_saved(tmp_path, {}, groups)
    old_format(tmp_path)
    save_file({f"{group}/0": groups[group]["0"]}, tmp_path / WEIGHTS_FILE)
    with pytest.raises(FormatError, match=f"safetensors is damaged: {group}/0 holds {value} in 1 of 2 numbers"):
        read_saved(tmp_path)


def test_a_directory_that_does_not_exist_is_a_format_error(tmp_path):
    with pytest.raises(FormatError, match="There is no saved estimator at"):
        read_saved(tmp_path / "nowhere")
