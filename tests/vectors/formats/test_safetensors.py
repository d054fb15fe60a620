"""safetensors: the library reads it, and other files are refused."""

import json
import os

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from tabemb.exceptions import FormatError, OutputError
from tabemb.vectors import CategoryVectors
from tabemb.vectors.formats import safetensors


@pytest.fixture
def path(tmp_path):
    return tmp_path / "dest.safetensors"


def test_the_library_opens_it(path, airports):
    airports.save(path)
    tensors = load_file(path)
    assert sorted(tensors) == ["counts", "keys", "missing", "unknown", "vectors"]
    assert np.array_equal(tensors["vectors"], airports.vectors)
    assert json.loads(tensors["keys"].tobytes()) == airports.index_to_key


@pytest.mark.skipif(os.name != "posix", reason="modes of a POSIX system")
def test_a_file_has_the_permissions_of_any_new_file(path, airports):
    airports.save(path)
    beside = path.with_name("plain")
    beside.write_text("")
    assert path.stat().st_mode == beside.stat().st_mode


def test_an_error_of_the_library_is_an_output_error(path, airports, monkeypatch):
    def full(*_, **__):
        raise safetensors.SafetensorError("No space left on device")

    monkeypatch.setattr(safetensors, "save_file", full)
    with pytest.raises(OutputError, match=r"Cannot write .*dest\.safetensors: No space left on device\."):
        airports.save(path)
    assert list(path.parent.iterdir()) == []


def rewrite(path, meta=None, **changes):
    """Write a good file with some tensors changed, or left out where they are None."""
    CategoryVectors(["a", "b"], [[1, 2], [3, 4]], [5, 6], name="c", unknown=[7, 8]).save(path)
    tensors = {name: tensor for name, tensor in {**load_file(path), **changes}.items() if tensor is not None}
    header = {"format": "tabemb.vectors", "version": 1, "name": "c", "n": 2, "dim": 2} | (meta or {})
    save_file(tensors, path, metadata={"tabemb": json.dumps(header)})


@pytest.mark.parametrize("mmap", [False, True])
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"meta": {"version": 2}}, "expected version 1 of tabemb's vectors, got 2. A newer version of tabemb wrote it"),
        ({"meta": {"format": "x"}}, "its metadata has no 'tabemb' entry"),
        ({"meta": {"n": 3}}, "the header states 3 x 2 vectors, but there are 2 x 2."),
        ({"meta": {"dim": 3}}, "the header states 2 x 3 vectors, but there are 2 x 2."),
        ({"vectors": None}, "the file is damaged: .*vectors"),
        ({"keys": None}, "the file is damaged: .*keys"),
        ({"keys": np.frombuffer(b'["a"]', np.uint8)}, "expected vectors of shape 1 x dim, got 2 x 2"),
        ({"keys": np.frombuffer(b'["a","a"]', np.uint8)}, "expected each key once, got 'a' in rows 0 and 1"),
        ({"keys": np.frombuffer(b'["a"', np.uint8)}, "the file is damaged: Expecting"),
        ({"counts": np.array([1, -1])}, "expected counts as whole numbers from 0"),
        ({"unknown": np.ones(3)}, "expected unknown of shape 2, got 3"),
        ({"vectors": np.array([[1, 2], [np.inf, 4]], np.float32)}, "got inf in the row of 'b'"),
    ],
)
def test_a_changed_file_is_refused(changes, message, mmap, path):
    rewrite(path, **changes)
    with pytest.raises(FormatError, match=f"dest.safetensors: .*{message}"):
        CategoryVectors.load(path, mmap=mmap)


def test_other_types_are_read_but_not_mapped(path):
    rewrite(path, vectors=np.array([[1, 2], [3, 4]], np.float64))
    assert CategoryVectors.load(path).vectors.tolist() == [[1, 2], [3, 4]]
    with pytest.raises(FormatError, match=r"vectors should be float32 by rows, but are F64 of shape \[2, 2\]"):
        CategoryVectors.load(path, mmap=True)


@pytest.mark.parametrize("mmap", [False, True])
def test_other_files_of_that_suffix_are_refused(path, mmap):
    save_file({"weights": np.ones(3)}, path)
    with pytest.raises(FormatError, match=r"its metadata has no 'tabemb' entry\. It has the tensors weights\."):
        CategoryVectors.load(path, mmap=mmap)
    path.write_text("not at all")
    with pytest.raises(FormatError, match="expected a safetensors file, but it cannot be read as one"):
        CategoryVectors.load(path, mmap=mmap)


@pytest.mark.parametrize("mmap", [False, True])
@pytest.mark.parametrize("dtype", ["F8_E4M3", "F8_E5M2", "BF16", "F16", "BOOL", "C64", "x"])
def test_tensors_of_other_types_are_refused(dtype, mmap, path):
    CategoryVectors(["a", "b"], [[1, 2], [3, 4]], [7, 8]).save(path)
    raw = path.read_bytes()
    size = int.from_bytes(raw[:8], "little")
    head = json.loads(raw[8 : 8 + size])
    width = {"BF16": 2, "F16": 2, "C64": 8}.get(dtype, 1)
    head["counts"] |= {"dtype": dtype, "shape": [16 // width]}
    text = json.dumps(head).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + raw[8 + size :])
    with pytest.raises(FormatError, match=r"dest\.safetensors: expected "):
        CategoryVectors.load(path, mmap=mmap)
