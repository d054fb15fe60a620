"""Vectors from wherever they come, some keys of them."""

import re

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from tabemb import CategoryVectors
from tabemb.exceptions import DataError, FormatError, UnknownNameError
from tabemb.vectors.sources import source_of

KEYS, ROWS = ["nurse", "pilot", "welder"], np.arange(6, dtype=np.float32).reshape(3, 2)
VECTORS = CategoryVectors(KEYS, ROWS, [3, 2, 1], name="job", unknown=[7, 8], missing=[9, 9])


class Keyed:
    """As gensim's KeyedVectors, of which nothing else is looked at."""

    key_to_index = {key: row for row, key in enumerate(KEYS)}
    vectors = ROWS

    def __len__(self):
        return len(KEYS)


class KeyedByRow(Keyed):
    vectors = None

    def __getitem__(self, key):
        return ROWS[KEYS.index(key)]


def frame():
    return pd.DataFrame({"word": KEYS, "d0": ROWS[:, 0], "d1": ROWS[:, 1]})


SOURCES = {
    "CategoryVectors": lambda path: VECTORS,
    "KeyedVectors": lambda path: Keyed(),
    "KeyedVectors without an array": lambda path: KeyedByRow(),
    "mapping": lambda path: dict(zip(KEYS, ROWS.tolist(), strict=True)),
    "frame with a column of keys": lambda path: frame(),
    "frame with keys in its index": lambda path: frame().set_index("word"),
    "the vectors' own frame": lambda path: VECTORS.to_frame(),
    "polars": lambda path: pl.from_pandas(frame()),
    "pyarrow": lambda path: pa.Table.from_pandas(frame(), preserve_index=False),
}
for suffix in (".txt", ".glove", ".bin", ".parquet"):

    def saved(path, suffix=suffix):
        VECTORS.save(path.with_suffix(suffix))
        return path.with_suffix(suffix)

    SOURCES[f"file {suffix}"] = saved
    SOURCES[f"file {suffix}, path as text"] = lambda path, saved=saved: str(saved(path))


@pytest.mark.parametrize("name", sorted(SOURCES))
def test_some_keys_come_with_their_vectors_in_the_order_of_the_source(name, tmp_path):
    source = source_of(SOURCES[name](tmp_path / "job"))
    some = source.select({"welder", "nurse", "teacher"}.__contains__)
    assert some.index_to_key == ["nurse", "welder"]
    assert np.array_equal(some.vectors, ROWS[[0, 2]])
    assert (some.unknown is not None) == (name.startswith("file") or name == "CategoryVectors")
    assert len(source.select(lambda key: False)) == 0


def test_gensims_keyed_vectors_are_one():
    models = pytest.importorskip("gensim.models", reason="gensim is not installed")
    keyed = models.KeyedVectors(2)
    keyed.add_vectors(KEYS, ROWS)
    source = source_of(keyed)
    assert source.select({"pilot"}.__contains__).vectors.tolist() == [[2, 3]]
    assert str(source) == "KeyedVectors of 3 keys"


def test_keys_keep_their_type():
    some = source_of({1: [1.0], "1": [2.0]}).select(lambda key: isinstance(key, int))
    assert some.index_to_key == [1]
    numbered = pd.DataFrame({"d0": [1.0, 2.0]}, index=[7, 9])
    assert source_of(numbered).select(lambda key: key == 9).vectors.tolist() == [[2.0]]


def test_each_says_what_it_is(tmp_path):
    assert str(source_of(VECTORS)) == "CategoryVectors(job: 3 categories x 2)"
    assert str(source_of({"a": [1]})) == "dict of 1 keys"
    assert str(source_of(frame())) == "DataFrame of 3 rows"
    assert str(source_of("words.txt")) == "words.txt"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (3, "Expected vectors as CategoryVectors, gensim's KeyedVectors, the path of a file (GloVe, word2vec, or what"),
        ([[1, 2]], "a mapping from key to vector, or a frame with a row for each key; got list."),
    ],
)
def test_what_is_no_source_is_told_what_is(given, message):
    with pytest.raises(DataError, match=re.escape(message)):
        source_of(given)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"a": [1, 2], "b": [1]}, "dict of 2 keys: expected vectors of numbers, all of one length; "),
        ({"a": ["x"]}, "dict of 1 keys: expected vectors of numbers, all of one length; could not convert"),
        ({"a": [np.nan]}, "dict of 1 keys: expected finite float32 numbers in vectors, got nan in the row of 'a'."),
        (
            pd.DataFrame({"a": ["x"], "b": ["y"], "c": [1]}),
            "this one has the columns a, b, c, of which 2 are no numbers, and no keys in its index.",
        ),
        (
            pd.DataFrame({f"d{i}": [1] for i in range(9)}),
            "this one has the columns d0, d1, d2, d3, d4, ..., of which 0 are no numbers, and no keys in its index.",
        ),
        (pd.DataFrame({"w": ["a", "a"], "d": [1, 2]}), "expected each key once, got 'a' in rows 0 and 1."),
    ],
)
def test_vectors_that_do_not_fit_are_refused(given, message):
    with pytest.raises(DataError, match=re.escape(message)):
        source_of(given).select(lambda key: True)


def test_a_file_that_is_not_there_or_of_no_known_kind_is_refused(tmp_path):
    with pytest.raises(FormatError, match="there is no such file"):
        source_of(tmp_path / "words.txt").select(lambda key: True)
    with pytest.raises(UnknownNameError, match=re.escape("No format goes by the suffix '.tsv'")):
        source_of(tmp_path / "words.tsv").select(lambda key: True)
