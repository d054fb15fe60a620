import json
import pickle
import re

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from tabemb.exceptions import DataError, FormatError
from tabemb.table.cells import factorize, read_cells
from tabemb.table.multi_valued import SplitCells
from tabemb.table.vocabularies import (
    VOCABULARIES,
    DoubleHashing,
    HashedVocabulary,
    Hashing,
    Ngrams,
    vocabulary_from_json,
)
from tabemb.table.vocabulary import Vocabulary

TITLES = ["Engineer"] * 5 + ["Senior Engineer"] * 2 + ["Nurse"] * 6 + [None]
KINDS = sorted(VOCABULARIES)


def fitted(name, cells=TITLES, **params):
    kind = VOCABULARIES.resolve({"name": name, "n_buckets": 50, **params})
    return HashedVocabulary.fit_cells(kind, "title", read_cells(cells))


def test_rows_are_missing_unknown_listed_and_buckets():
    plain, ngrams = fitted("hashing"), fitted("ngrams")
    assert (plain.size, ngrams.size) == (52, 54)
    assert ngrams.keys == ("Nurse", "Engineer")
    assert ngrams.lists_categories
    assert not plain.lists_categories


def test_plain_hashing_has_an_index_per_cell():
    vocabulary = fitted("hashing")
    indices = vocabulary.encode(TITLES)
    assert indices[-1] == Vocabulary.MISSING
    assert (indices[:-1] >= Vocabulary.FIRST).all()
    assert vocabulary.encode(["never seen"])[0] >= Vocabulary.FIRST
    out = np.empty(len(TITLES), np.int32)
    vocabulary.encode(TITLES, out=out)
    assert out.tolist() == indices.tolist()
    dictionary = pa.array(TITLES).dictionary_encode()
    assert vocabulary.encode(dictionary).tolist() == indices.tolist()
    assert vocabulary.encode(pd.Categorical(TITLES, ["Nurse", "Engineer", "Senior Engineer"])).tolist() == (
        indices.tolist()
    )


@pytest.mark.parametrize("name", KINDS)
def test_the_vector_of_a_cell_is_the_mean_of_its_rows(name):
    vocabulary = fitted(name)
    cells, bags = vocabulary.encode_bags(read_cells([*TITLES, "never seen", None]))
    rows = np.random.default_rng(0).normal(size=(vocabulary.size, 3))
    expected = np.array([rows[bags.values[bags.offsets[c] : bags.offsets[c + 1]]].mean(axis=0) for c in cells])
    np.testing.assert_allclose(bags.pooled(rows)[cells], expected)
    np.testing.assert_allclose(vocabulary.pooled([*TITLES, "never seen", None], rows), expected)
    assert cells[len(TITLES) - 1] == cells[-1] == 0


def test_listed_categories_have_a_row_more():
    vocabulary = fitted("ngrams")
    (nurse, senior), bags = vocabulary.encode_bags(read_cells(["Nurse", "Senior Engineer"]))
    sizes = bags.sizes
    # <nurse>: 5 + 4 + 3 n-grams, the word, and its own row.
    assert sizes[nurse] == 14
    assert bags.values[bags.offsets[nurse]] == Vocabulary.FIRST
    assert (bags.values[bags.offsets[senior] : bags.offsets[senior + 1]] >= Vocabulary.FIRST + 2).all()


def test_values_of_a_cell_are_pooled_as_their_vectors():
    vocabulary = HashedVocabulary(DoubleHashing(20), "tags")
    split = SplitCells.of(read_cells(["a|b", "b", None, "a|b|c"]), "|")
    rows = np.random.default_rng(0).normal(size=(22, 2))
    a, b, c = vocabulary.pooled(["a", "b", "c"], rows)
    for pooling, expected in {
        "mean": [(a + b) / 2, b, rows[0], (a + b + c) / 3],
        "sum": [a + b, b, rows[0], a + b + c],
        "sqrtn": [(a + b) / 2**0.5, b, rows[0], (a + b + c) / 3**0.5],
    }.items():
        cells, bags = vocabulary.encode_bags(split, pooling)
        np.testing.assert_allclose(bags.pooled(rows)[cells], expected, rtol=1e-6)


def test_weights_of_values_are_kept():
    weighted = SplitCells.of(read_cells([{"a": 3.0, "b": 1.0}], several=True), "values")
    rows = np.random.default_rng(0).normal(size=(22, 2))
    for kind in (Hashing(20), DoubleHashing(20)):
        vocabulary = HashedVocabulary(kind, "tags")
        a, b = vocabulary.pooled(["a", "b"], rows)
        cells, bags = vocabulary.encode_bags(weighted, "mean")
        np.testing.assert_allclose(bags.pooled(rows)[cells], [0.75 * a + 0.25 * b], rtol=1e-6)


def test_attention_needs_one_row_per_value():
    split = SplitCells.of(read_cells(["a|b"]), "|")
    assert HashedVocabulary(Hashing(20), "tags").encode_bags(split, "attention")[1].pooling == "attention"
    with pytest.raises(DataError, match="The pooling 'attention' of 'tags' needs one row per value"):
        HashedVocabulary(DoubleHashing(20), "tags").encode_bags(split, "attention")


def test_unused_values_of_a_dictionary_cost_nothing():
    vocabulary = fitted("double_hashing")
    column = pa.DictionaryArray.from_arrays(pa.array([3], pa.int32()), pa.array([f"t{i}" for i in range(100)]))
    _, bags = vocabulary.encode_bags(read_cells(column))
    assert len(bags) == 3


@pytest.mark.parametrize("name", KINDS)
def test_a_vocabulary_without_cells(name):
    vocabulary = fitted(name, [None, None])
    cells, bags = vocabulary.encode_bags(read_cells([None]))
    assert (cells.tolist(), bags.values.tolist()) == ([0], [0, 1])


@pytest.mark.parametrize("name", KINDS)
def test_json_and_pickle_keep_everything(name):
    vocabulary = fitted(name).counted(np.arange(fitted(name).size))
    for again in (
        vocabulary_from_json(json.loads(json.dumps(vocabulary.to_json()))),
        pickle.loads(pickle.dumps(vocabulary)),
    ):
        assert again == vocabulary
        assert again.families == {"text"}
        assert again.counts.tolist() == list(range(vocabulary.size))
        cells = factorize(read_cells(TITLES))
        assert again.encode_bags(cells)[1].values.tolist() == vocabulary.encode_bags(cells)[1].values.tolist()


def test_the_saved_form_does_not_grow_with_the_categories():
    few, many = (len(json.dumps(fitted("hashing", [f"user {i}" for i in range(n)]).to_json())) for n in (10, 10_000))
    assert few == many


def test_vocabularies_differ_by_kind_column_and_counts():
    one = HashedVocabulary(Hashing(5), "a")
    assert one == HashedVocabulary(Hashing(5), "a")
    assert one != HashedVocabulary(Hashing(6), "a")
    assert one != HashedVocabulary(Hashing(5), "b")
    assert one != one.counted([0, 0, 1, 0, 0, 0, 0])
    assert one != "a"
    assert repr(one) == "HashedVocabulary(Hashing(n_buckets=5), 'a')"


@pytest.mark.parametrize(
    "change", [{"kind": {"name": "hashin"}}, {"kind": {"name": "hashing", "n_buckets": 0}}, {"counts": [1]}]
)
def test_damaged_files_are_refused(change):
    with pytest.raises(FormatError, match="A saved vocabulary cannot be read"):
        vocabulary_from_json({**fitted("hashing").to_json(), **change})
    with pytest.raises(FormatError, match="A saved vocabulary cannot be read: 'column'"):
        vocabulary_from_json({"kind": {"name": "hashing"}})


def test_categories_cannot_be_told_from_their_rows():
    vocabulary = fitted("hashing")
    told = re.escape("Ask for the vectors of given categories: vectors_of('title', [...]).")
    with pytest.raises(DataError, match=told):
        vocabulary.decode([2])
    with pytest.raises(DataError, match=told):
        _ = vocabulary.keys


def test_texts_that_differ_in_case_and_spaces_share_ngrams_but_not_the_rows_of_frequent_ones():
    cells = read_cells(["Office Manager"] * 6 + ["office  manager "] * 5 + ["OFFICE MANAGER", " office manager"])
    vocabulary = HashedVocabulary.fit_cells(Ngrams(), "title", cells)
    assert vocabulary.keys == ("Office Manager", "office  manager ")
    numbers, bags = vocabulary.encode_bags(cells)
    parts = [bags.values[bags.offsets[each] : bags.offsets[each + 1]].tolist() for each in numbers]
    own, of_first, of_second, of_rare, of_other = Vocabulary.FIRST, parts[0], parts[6], parts[-2], parts[-1]
    assert of_rare == of_other
    assert sorted(of_first) == sorted([own, *of_rare])
    assert sorted(of_second) == sorted([own + 1, *of_rare])


def test_ngrams_need_texts():
    with pytest.raises(DataError) as raised:
        fitted("ngrams", [1, 2, 3])
    assert str(raised.value) == (
        "The vocabulary 'ngrams' reads the characters of texts, but the column 'title' holds number. Convert it to "
        "text, or choose another kind, such as 'hashing'."
    )
    with pytest.raises(DataError, match="holds number and text"):
        fitted("ngrams", [1, "a"])
    assert Ngrams.reads_texts
