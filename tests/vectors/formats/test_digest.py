"""The digest of vectors: what it covers, and that it stays the same."""

import datetime as dt

import numpy as np
import pytest

from tabemb.exceptions import FormatError
from tabemb.vectors import CategoryVectors
from tabemb.vectors.arrays import mapped_floats
from tabemb.vectors.formats.digest import check_digest, digest_of, row_digests
from tabemb.vectors.sampling_noise import SamplingNoise

NOISE = SamplingNoise(np.eye(2), rows=9, exponent=-1.0, n_refits=5)
GIVEN = {
    "keys": ["a", 1, dt.date(2013, 1, 31)],
    "vectors": [[0.1, -0.0], [1e-40, 3e38], [5, 6]],
    "counts": [9, 0, 2**40],
    "name": "dest",
    "unknown": [1, 2],
    "missing": [3, 4],
    "noise": NOISE,
}
OTHERS = [
    {"keys": ["a", "1", dt.date(2013, 1, 31)]},
    {"keys": ["a", 1.0, dt.date(2013, 1, 31)]},
    {"keys": [1, "a", dt.date(2013, 1, 31)]},
    {"vectors": [[0.1, 0.0], [1e-40, 3e38], [5, 6]]},
    {"vectors": [[0.1, -0.0], [5, 6], [1e-40, 3e38]]},
    {"counts": [9, 1, 2**40]},
    {"counts": None},
    {"name": ""},
    {"unknown": [2, 2]},
    {"unknown": None},
    {"missing": [3, 5]},
    {"missing": [1, 2], "unknown": [3, 4]},
    {"missing": None},
    {"noise": None},
    {"noise": SamplingNoise(np.eye(2) * 2, rows=9, exponent=-1.0, n_refits=5)},
    {"noise": SamplingNoise(np.eye(2), rows=8, exponent=-1.0, n_refits=5)},
    {"noise": SamplingNoise(np.eye(2), rows=9, exponent=-2.0, n_refits=5)},
    {"noise": SamplingNoise(np.eye(2), rows=9, exponent=-1.0, n_refits=6)},
]


def test_the_digest_of_saved_files_never_changes():
    assert digest_of(CategoryVectors(["é", 7], [[0.1, -0.0], [1, 1e30]], [9, 5], name="dest", missing=[0.5, 2])) == (
        "e755969d0ed2cfa9f97f50c2ad8e2c13"
    )
    assert row_digests(["a", ["<unknown>"]], [7, None], np.ones((2, 3), np.float32)) == ["x0afa4e6a", "xa762fc9d"]


def test_the_digest_covers_all_content():
    digests = [digest_of(CategoryVectors(**(GIVEN | changes))) for changes in [{}, *OTHERS]]
    assert len(set(digests)) == len(digests)
    assert digest_of(CategoryVectors(**GIVEN)) == digests[0]
    assert digest_of(CategoryVectors(**GIVEN), "more") not in digests


def test_the_layout_in_memory_does_not_matter(tmp_path):
    rows = np.random.default_rng(0).normal(size=(2, 2**20)).astype(np.float32)
    expected = digest_of(CategoryVectors(["a", "b"], rows))
    assert digest_of(CategoryVectors(["a", "b"], np.asfortranarray(rows))) == expected
    (tmp_path / "numbers").write_bytes(rows.tobytes())
    assert digest_of(CategoryVectors(["a", "b"], mapped_floats(tmp_path / "numbers", 0, rows.shape))) == expected
    # Beyond the first block of 4 MB.
    rows[1, -1] += 1
    assert digest_of(CategoryVectors(["a", "b"], rows)) != expected


def test_vectors_are_compared_with_the_digest_of_their_header():
    vectors = CategoryVectors(**GIVEN)
    assert check_digest({}, vectors) is vectors
    assert check_digest({"digest": digest_of(vectors, "column")}, vectors, "column") is vectors
    for other in ("", None, 7, [], digest_of(vectors), digest_of(vectors, "column")[:-1]):
        with pytest.raises(FormatError, match="its content does not match its digest"):
            check_digest({"digest": other}, vectors, "column")


@pytest.mark.parametrize(
    "change",
    [
        {"keys": ["a", "c"]},
        {"keys": ["a", ["b"]]},
        {"counts": [7, 9]},
        {"counts": [7, None]},
        {"rows": np.array([[1, 2], [3, 5]], np.float32)},
    ],
)
def test_each_row_has_its_own_digest(change):
    given = {"keys": ["a", "b"], "counts": [7, 8], "rows": np.array([[1, 2], [3, 4]], np.float32)}
    before, after = row_digests(**given), row_digests(**(given | change))
    assert before[0] == after[0]
    assert before[1] != after[1]
