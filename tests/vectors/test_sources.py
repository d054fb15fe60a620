"""Vectors from elsewhere, and categories matched to them."""

import re

import hypothesis.strategies as st
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given

from tabemb import CategoryVectors
from tabemb.exceptions import DataError, FormatError, UnknownNameError
from tabemb.table.similar_words import folded
from tabemb.vectors.sources import FOLDED, LACKING, WHOLE, WORDS, match, similar_words, source_of

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
def test_select_keeps_the_order_of_the_source(name, tmp_path):
    source = source_of(SOURCES[name](tmp_path / "job"))
    some = source.select({"welder", "nurse", "teacher"}.__contains__)
    assert some.index_to_key == ["nurse", "welder"]
    assert np.array_equal(some.vectors, ROWS[[0, 2]])
    assert (some.unknown is not None) == (name.startswith("file") or name == "CategoryVectors")
    assert len(source.select(lambda key: False)) == 0


def test_gensims_keyed_vectors_are_a_source():
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


def test_sources_describe_themselves(tmp_path):
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
def test_errors_for_other_types_list_the_sources(given, message):
    with pytest.raises(DataError, match=re.escape(message)):
        source_of(given)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"a": [1, 2], "b": [1]}, "dict of 2 keys: expected numeric vectors of the same length; "),
        ({"a": ["x"]}, "dict of 1 keys: expected numeric vectors of the same length; could not convert"),
        ({"a": [np.nan]}, "dict of 1 keys: expected finite float32 numbers in vectors, got nan in the row of 'a'."),
        (
            pd.DataFrame({"a": ["x"], "b": ["y"], "c": [1]}),
            "this one has the columns a, b, c, 2 of them not numeric, and no keys in its index.",
        ),
        (
            pd.DataFrame({f"d{i}": [1] for i in range(9)}),
            "this one has the columns d0, d1, d2, d3, d4, ..., 0 of them not numeric, and no keys in its index.",
        ),
        (pd.DataFrame({"w": ["a", "a"], "d": [1, 2]}), "expected each key once, got 'a' in rows 0 and 1."),
    ],
)
def test_invalid_vectors_of_a_source_are_refused(given, message):
    with pytest.raises(DataError, match=re.escape(message)):
        source_of(given).select(lambda key: True)


def test_missing_files_and_unknown_formats_are_refused(tmp_path):
    with pytest.raises(FormatError, match="there is no such file"):
        source_of(tmp_path / "words.txt").select(lambda key: True)
    with pytest.raises(UnknownNameError, match=re.escape("No format has the suffix '.tsv'")):
        source_of(tmp_path / "words.tsv").select(lambda key: True)


def look_up(keys, source):
    return match(keys, source_of(source))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Nurse", "nurse"),
        ("New_York", "new york"),
        ("  Sr. Sales-Manager/Buyer ", "sr sales manager buyer"),
        ("STRASSE", "strasse"),
        ("Straße", "strasse"),
        ("cafe\u0301", "café"),
        ("№ 5", "no 5"),
        ("???", ""),
        ("", ""),
    ],
)
def test_names_are_folded_to_letters_digits_and_single_blanks(text, name):
    assert folded(text) == name


@given(st.text())
def test_folding_twice_is_folding_once_and_case_is_no_matter(text):
    name = folded(text)
    assert folded(name) == name
    assert name == name.strip()
    assert "  " not in name


def test_exact_matches_precede_folded_ones_and_words():
    words = {"registered nurse": [1, 0], "Registered Nurse": [2, 0], "registered": [3, 0], "nurse": [4, 0]}
    found = look_up(["Registered Nurse", "REGISTERED-NURSE", "nurse registered", "welder"], words)
    assert found.how.tolist() == [WHOLE, FOLDED, WORDS, LACKING]
    assert found.vectors[:2, 0].tolist() == [2, 1]
    assert found.vectors[3].tolist() == [0, 0]
    assert found.found.tolist() == [True, True, True, False]


def test_words_are_weighted_by_inverse_document_frequency():
    words = {"manager": [1, 0], "sales": [0, 1]}
    keys = ["sales manager", "office manager", "store manager", "of the"]
    found = look_up(keys, words)
    manager, sales = 1 + np.log(5 / 4), 1 + np.log(5 / 2)
    np.testing.assert_allclose(found.vectors[0], np.array([manager, sales]) / (manager + sales), rtol=1e-6)
    # Words that are not there are left out.
    assert found.vectors[1].tolist() == [1, 0]
    assert found.how.tolist() == [WORDS, WORDS, WORDS, LACKING]


def test_a_repeated_word_counts_twice():
    found = look_up(["new new york"], {"new": [1, 0], "york": [0, 1]})
    np.testing.assert_allclose(found.vectors[0], [2 / 3, 1 / 3], rtol=1e-6)


def test_lower_case_spelling_is_preferred_else_the_first():
    found = look_up(["PILOT!", "NURSE!"], {"Pilot": [1], "PILOT": [2], "Nurse": [3], "nurse": [4]})
    assert found.vectors.ravel().tolist() == [1, 4]


def test_other_keys_than_text_match_exactly_by_type():
    vectors = CategoryVectors([1, "2", True, 2.5], [[1], [2], [3], [4]])
    found = look_up([1.0, 2, "true", "1", 2.5, True], vectors)
    assert found.how.tolist() == [WHOLE, LACKING, LACKING, LACKING, WHOLE, WHOLE]
    assert found.vectors.ravel().tolist() == [1, 0, 0, 0, 4, 3]


def test_matches_include_unknown_and_missing_vectors():
    found = look_up(["a"], CategoryVectors(["a"], [[1, 2]], unknown=[3, 4], missing=[5, 6]))
    assert (found.unknown.tolist(), found.missing.tolist()) == ([3, 4], [5, 6])
    assert look_up(["a"], {"a": [1]}).unknown is None


def test_a_text_without_letters_matches_exactly_only():
    assert look_up(["?", "!"], {"?": [1], "-": [2]}).how.tolist() == [WHOLE, LACKING]


def test_no_category_found():
    found = look_up(["a", "b"], {"c": [1, 2]})
    assert not found.found.any()
    assert len(found.vectors) == 2
    assert not look_up([], {"c": [1, 2]}).found.any()


def test_a_source_is_read_once_and_only_for_wanted_keys():
    class Asked(dict):
        asked = 0

        def __iter__(self):
            self.asked += 1
            return super().__iter__()

        def __getitem__(self, key):
            assert key in ("nurse", "Registered")
            return super().__getitem__(key)

    source = Asked({"nurse": [1], "Registered": [2], "the": [3], 7: [4], float("nan"): [5]})
    assert look_up(["registered nurse"], source).how.tolist() == [WORDS]
    assert source.asked == 1


def test_real_words_cover_real_titles(shared_data):
    loans, words = shared_data("lendingclub_loans10k"), shared_data("glove100_small")
    titles = loans["emp_title"].dropna().unique().tolist()
    found = look_up(titles, words)
    assert found.found.mean() > 0.85
    assert found.vectors.shape == (len(titles), 100)


def test_all_words_of_a_source_are_kept_to_look_further_texts_up():
    words = source_of({"nurse": [1.0, 0.1], "Medic": [0.9, 0.2], "pilot": [-1.0, 0.0], 7: [0.0, 1.0]})
    found = similar_words(["Pilot", "nurse", 7], words, 0.7)
    assert found.find(["medic", "Medic!", "pilot", "welder", 7]).tolist() == [1, 1, 0, -1, -1]
