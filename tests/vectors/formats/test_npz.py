"""npz: numpy reads it, numbers are aligned, and other files are refused."""

import io
import json
import tracemalloc
import zipfile

import numpy as np
import pytest

from tabemb.exceptions import FormatError
from tabemb.vectors import CategoryVectors
from tabemb.vectors.formats import npz


@pytest.fixture
def path(tmp_path):
    return tmp_path / "dest.npz"


def test_numpy_opens_it_without_pickle(path, airports):
    airports.save(path)
    with np.load(path, allow_pickle=False) as arrays:
        assert sorted(arrays) == ["counts", "keys", "missing", "tabemb", "unknown", "vectors"]
        assert np.array_equal(arrays["vectors"], airports.vectors)
        assert np.array_equal(arrays["counts"], airports.counts)
        assert json.loads(arrays["keys"].tobytes()) == airports.index_to_key
    assert zipfile.ZipFile(path).testzip() is None


def test_the_same_vectors_are_the_same_bytes(path, airports):
    airports.save(path)
    first = path.read_bytes()
    airports.save(path)
    assert path.read_bytes() == first


@pytest.mark.parametrize("dim", [1, 2, 3, 33])
def test_the_numbers_begin_at_a_multiple_of_64(dim, path):
    rng = np.random.default_rng(0)
    saved = CategoryVectors(["a", "b"], rng.normal(size=(2, dim)))
    saved.save(path)
    raw = path.read_bytes()
    assert raw.count(saved.vectors.tobytes()) == 1
    assert raw.index(saved.vectors.tobytes()) % 64 == 0


def rewrite(path, compression=zipfile.ZIP_STORED, **changes):
    """Write a good file with some arrays changed, or left out where they are None."""
    CategoryVectors(["a", "b"], [[1, 2], [3, 4]], [5, 6], name="c", unknown=[7, 8]).save(path)
    with np.load(path) as stored:
        arrays = {name: array for name, array in {**stored, **changes}.items() if array is not None}
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w") as member:
                np.lib.format.write_array(member, array)


def header(**changes):
    given = {"format": "tabemb.vectors", "version": 1, "name": "c", "n": 2, "dim": 2} | changes
    return np.frombuffer(json.dumps(given).encode(), np.uint8)


@pytest.mark.parametrize("mmap", [False, True])
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"tabemb": header(version=2)},
            "expected version 1 of tabemb's vectors, got 2. A newer version of tabemb wrote",
        ),
        ({"tabemb": header(format="x")}, "it has no 'tabemb' entry. It has the arrays "),
        ({"tabemb": None}, "it has no 'tabemb' entry. It has the arrays vectors, keys, counts, unknown."),
        ({"tabemb": header(n=3)}, "the header states 3 x 2 vectors, but there are 2 x 2."),
        ({"tabemb": header(dim=1)}, "the header states 2 x 1 vectors, but there are 2 x 2."),
        ({"vectors": None}, "the file is damaged: .*vectors.npy"),
        ({"keys": None}, "the file is damaged: .*keys.npy"),
        ({"keys": np.frombuffer(b'["a"]', np.uint8)}, "expected vectors of shape 1 x dim, got 2 x 2"),
        ({"keys": np.frombuffer(b'["a","a"]', np.uint8)}, "expected each key once, got 'a' in rows 0 and 1"),
        ({"keys": np.frombuffer(b'["a",null]', np.uint8)}, "A saved key is text"),
        ({"keys": np.frombuffer(b'["a"', np.uint8)}, "the file is damaged: Expecting"),
        ({"counts": np.array([1, -1])}, "expected counts as whole numbers from 0"),
        ({"counts": np.array([1])}, "expected 2 counts, one for each key, got 1"),
        ({"unknown": np.ones(3)}, "expected unknown of shape 2, got 3"),
        ({"missing": np.array([1, np.inf])}, "expected finite float32 numbers in missing, got inf"),
        ({"vectors": np.array([[1, 2], [np.nan, 4]], np.float32)}, "got nan in the row of 'b'"),
        ({"vectors": np.array(["a", "b"])}, "the file is damaged: .*vectors"),
    ],
)
def test_a_changed_file_is_refused(changes, message, mmap, path):
    rewrite(path, **changes)
    with pytest.raises(FormatError, match=f"dest.npz: .*{message}"):
        CategoryVectors.load(path, mmap=mmap)


def test_pickled_objects_are_not_run(path):
    class Bomb:
        def __reduce__(self):
            return pytest.fail, ("it was run",)

    rewrite(path, counts=np.array([Bomb(), 1], dtype=object))
    with pytest.raises(FormatError, match=r"dest\.npz: .*Object arrays cannot be loaded when allow_pickle=False"):
        CategoryVectors.load(path)


def test_an_array_with_a_wrong_length_is_refused(path):
    rewrite(path)
    raw = path.read_bytes()
    for lie in (b"(1, 2), }", b"(3, 2), }", b"(2, 9), }", b"(9, 9), }"):
        path.write_bytes(raw.replace(b"(2, 2), }", lie))
        for mmap in (False, True):
            with pytest.raises(FormatError, match=r"dest\.npz: expected vectors as tabemb writes them"):
                CategoryVectors.load(path, mmap=mmap)


def test_a_length_beyond_memory_is_refused(path, monkeypatch):
    def full(*_, **__):
        raise MemoryError

    rewrite(path)
    monkeypatch.setattr(npz, "_array", full)
    with pytest.raises(FormatError, match=r"dest\.npz: .*the file is damaged: MemoryError\."):
        CategoryVectors.load(path)


def test_a_compressed_file_is_read_but_not_mapped(path):
    rewrite(path, zipfile.ZIP_DEFLATED)
    assert CategoryVectors.load(path).index_to_key == ["a", "b"]
    with pytest.raises(FormatError, match=r"compressed vectors cannot be memory-mapped\. Leave out mmap=True\."):
        CategoryVectors.load(path, mmap=True)


def test_other_layouts_are_read_but_not_mapped(path):
    for vectors in (np.array([[1, 2], [3, 4]], np.float64), np.asfortranarray([[1, 2], [3, 4]], np.float32)):
        rewrite(path, vectors=vectors)
        assert np.array_equal(CategoryVectors.load(path).vectors, vectors)
        with pytest.raises(FormatError, match="vectors should be float32 by rows"):
            CategoryVectors.load(path, mmap=True)


@pytest.mark.parametrize("mmap", [False, True])
def test_other_files_of_that_suffix_are_refused(path, mmap):
    np.savez(path, weights=np.ones(3))
    with pytest.raises(FormatError, match=r"it has no 'tabemb' entry\. It has the arrays weights\."):
        CategoryVectors.load(path, mmap=mmap)
    with path.open("wb") as file:
        np.save(file, np.ones(3))
    with pytest.raises(
        FormatError, match=r"expected an npz file, but it cannot be read as one \(File is not a zip file\)"
    ):
        CategoryVectors.load(path, mmap=mmap)


def test_a_small_archive_that_expands_to_much_is_refused_before_it_is_read(path):
    """42 MB of zeros in 40 kB."""
    rewrite(path)
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, bytes(42_000_000) if name == "vectors.npy" else content)
    tracemalloc.start()
    with pytest.raises(FormatError, match=r"dest\.npz: expected at most 8 times the size of the file .* got 42,000,"):
        CategoryVectors.load(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2e6
    # Mapped vectors are not expanded, but the other arrays are.
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, bytes(42_000_000) if name == "keys.npy" else content)
    with pytest.raises(FormatError, match=r"dest\.npz: expected at most 8 times the size of the file .* got 42,000,"):
        CategoryVectors.load(path, mmap=True)


@pytest.mark.parametrize(
    "array",
    [
        {"descr": "<f4", "fortran_order": False, "shape": (10**9, 10**9)},
        {"descr": "<f4", "fortran_order": False, "shape": (10**30, 2)},
        {"descr": "<f4", "fortran_order": False, "shape": (-2, -2)},
        {"descr": "<V0", "fortran_order": False, "shape": (2, 2)},
        {"descr": [("a", "<f4", (10**9,))], "fortran_order": False, "shape": (2, 2)},
        {"descr": "O", "fortran_order": False, "shape": (2, 2)},
        {"descr": "<U100000000", "fortran_order": False, "shape": (1,)},
    ],
    ids=str,
)
@pytest.mark.parametrize("mmap", [False, True])
def test_what_an_array_states_is_compared_with_the_size_of_the_archive(array, mmap, path):
    rewrite(path)
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    out = io.BytesIO()
    np.lib.format.write_array_header_2_0(out, array)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, out.getvalue() + bytes(16) if name == "vectors.npy" else content)
    tracemalloc.start()
    with pytest.raises(FormatError, match=r"dest\.npz: expected vectors as tabemb writes them"):
        CategoryVectors.load(path, mmap=mmap)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2e6


def test_a_flipped_bit_in_a_mapped_file_is_refused(path):
    CategoryVectors(["a", "b"], [[1, 2], [3, 4]]).save(path)
    raw = bytearray(path.read_bytes())
    raw[raw.index(np.float32([3, 4]).tobytes())] ^= 1
    path.write_bytes(raw)
    with pytest.raises(FormatError, match=r"dest\.npz: .* its content does not match its digest"):
        CategoryVectors.load(path, mmap=True)


def test_a_file_without_digest_is_read(path):
    rewrite(path, tabemb=header())
    assert CategoryVectors.load(path).vectors.tolist() == [[1, 2], [3, 4]]
    rewrite(path, tabemb=header(), vectors=np.array([[1, 2], [3, 5]], np.float32))
    assert CategoryVectors.load(path, mmap=True).vectors.tolist() == [[1, 2], [3, 5]]
    rewrite(path, vectors=np.array([[1, 2], [3, 5]], np.float32))
    with pytest.raises(FormatError, match="its content does not match its digest"):
        CategoryVectors.load(path)
