import warnings

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabemb.exceptions import ColumnError, DataError, UnknownNameError
from tabemb.table.cells import factorize, read_cells
from tabemb.table.encoder import TableEncoder
from tabemb.table.multi_valued import BIGRAMS, LISTS, WORDS, SplitCells, SplitSpec, found_separator, split_specs
from tabemb.table.schema import SchemaHint

GENRES = ["Action|Comedy", "Comedy", None, "Drama|Action|War", "Action|Comedy", " War | Drama "]


def values_of(cells, split, encoder=None):
    """Return the values of each row as keys."""
    frame = pd.DataFrame({"c": pd.Series(cells, dtype=object), "n": range(len(cells))})
    encoder = encoder or TableEncoder(multi_valued={"c": split}).fit(frame)
    table = encoder.encode(frame)
    rows, values = table.occurrences(0)
    found = [[] for _ in cells]
    for row, key in zip(rows, encoder.vocabularies["c"].decode(values, unknown="?"), strict=True):
        found[row].append(key)
    return found


def test_texts_are_split_by_a_separator_and_trimmed():
    assert values_of(GENRES, "|") == [
        ["Action", "Comedy"],
        ["Comedy"],
        [None],
        ["Drama", "Action", "War"],
        ["Action", "Comedy"],
        ["War", "Drama"],
    ]


def test_the_vocabulary_counts_values_in_all_rows():
    encoder = TableEncoder(multi_valued={"g": "|"}).fit(pd.DataFrame({"g": GENRES, "n": range(6)}))
    vocabulary = encoder.vocabularies["g"]
    assert vocabulary.keys == ("Action", "Comedy", "Drama", "War")
    assert vocabulary.counts.tolist() == [1, 0, 3, 3, 2, 2]
    rare = TableEncoder(multi_valued={"g": "|"}, min_frequency=3).fit(pd.DataFrame({"g": GENRES, "n": range(6)}))
    assert rare.vocabularies["g"].counts.tolist() == [1, 4, 3, 3]
    share = TableEncoder(multi_valued={"g": "|"}, min_frequency=0.5).fit(pd.DataFrame({"g": GENRES, "n": range(6)}))
    assert share.vocabularies["g"].keys == ("Action", "Comedy")


@pytest.mark.parametrize("empty", ["", "|", " | ", "||"])
def test_cells_without_a_value_are_missing(empty):
    assert values_of(["a|b", empty, "||a|"], "|") == [["a", "b"], [None], ["a"]]


def test_a_separator_may_have_several_characters_and_stand_within_words():
    assert values_of(["a and b", "sand", "c and a"], " and ") == [["a", "b"], ["sand"], ["c", "a"]]


def test_words_are_in_lower_case_and_longer_than_a_letter():
    assert values_of(["I am VERY, very good!", "", "été_2 très-bon"], WORDS) == [
        ["am", "very", "very", "good"],
        [None],
        ["été_2", "très", "bon"],
    ]


def test_bigrams_are_words_and_pairs_of_adjacent_ones():
    assert values_of(["Not a good fit", "good", "", 7], BIGRAMS) == [
        ["not", "good", "fit", "not good", "good fit"],
        ["good"],
        [None],
        [7],
    ]


@pytest.mark.parametrize(
    "make",
    [
        lambda cells: pd.DataFrame({"c": cells, "n": range(len(cells))}),
        lambda cells: pl.DataFrame({"c": cells, "n": range(len(cells))}, strict=False),
        lambda cells: pa.table({"c": cells, "n": list(range(len(cells)))}),
    ],
)
@pytest.mark.parametrize("cells", [[["a", "b"], None, [], ["a", None]], [[3, 1], [1], [], None]])
def test_lists_need_no_setting(make, cells):
    encoder = TableEncoder().fit(make(cells))
    table = encoder.encode(make(cells))
    rows, values = table.occurrences(0)
    keys = encoder.vocabularies["c"].decode(values)
    assert [[k for r, k in zip(rows, keys, strict=True) if r == row and k is not None] for row in range(4)] == [
        [value for value in cell or () if value is not None] for cell in cells
    ]
    assert encoder.schema.categorical[0].split == LISTS


def test_sets_tuples_arrays_and_single_values_are_lists_too():
    cells = [{"b", "a"}, ("a", "a"), np.array(["c"]), "b", frozenset(), None]
    frame = pd.DataFrame({"c": pd.Series(cells, dtype=object), "n": range(6)})
    assert values_of(cells, None, TableEncoder().fit(frame)) == [["a", "b"], ["a", "a"], ["c"], ["b"], [None], [None]]


def test_a_dict_gives_the_weight_of_each_value():
    frame = pd.DataFrame({"c": [{"x": 3, "y": 1}, {"y": 2.5}, {"x": 0}, ["x", "y"]], "n": range(4)})
    table = TableEncoder().fit_encode(frame)
    bags = table.bags[0]
    cells = [np.split(bags.weights, bags.offsets[1:-1])[cell].tolist() for cell in table.indices[:, 0]]
    assert cells == [[3, 1], [2.5], [1], [1, 1]]
    assert table.indices[2, 0] == 0


def test_texts_among_numbers_are_split():
    assert values_of(["a|b", 7, None, "b"], "|") == [["a", "b"], [7], [None], ["b"]]


@given(st.lists(st.lists(st.text("ab|; é", min_size=0, max_size=3), max_size=4), min_size=1, max_size=8))
def test_texts_and_lists_of_their_parts_are_read_alike(lists):
    parts = [[each.strip() for part in cell for each in part.split("|") if each.strip()] for cell in lists]
    of_texts = SplitCells.of(read_cells(["|".join(cell) for cell in lists]), "|")
    cells = [values.tolist() for values in np.split(np.array(factorize(of_texts.values).codes), of_texts.offsets[1:-1])]
    keys = factorize(of_texts.values).keys
    found = [[] if code < 0 else [keys[value] for value in cells[code]] for code in of_texts.codes]
    assert found == parts


def test_unknown_values_of_a_cell_are_unknown_and_the_others_are_not():
    frame = pd.DataFrame({"g": GENRES, "n": range(6)})
    encoder = TableEncoder(multi_valued={"g": "|"}).fit(frame)
    later = pd.DataFrame({"g": ["Noir|War", "Noir", "War"], "n": [1, 2, 3]})
    table = encoder.encode(later)
    rows, values = table.occurrences(0)
    assert rows.tolist() == [0, 0, 1, 2]
    assert values.tolist() == [1, 5, 1, 5]
    assert encoder.unknown_keys(later, table) == {"g": (2, ["Noir"])}


def test_unknown_values_are_refused_or_found_by_name_on_request():
    frame = pd.DataFrame({"g": ["manager|office clerk", "office clerk", "driver"], "n": range(3)})
    strict = TableEncoder(multi_valued={"g": "|"}, refuse_unknown=True).fit(frame)
    with pytest.raises(DataError, match=r"unknown categories in column 'g' .*'pilot'"):
        strict.encode(pd.DataFrame({"g": ["pilot|driver"], "n": [1]}))
    near = TableEncoder(multi_valued={"g": "|"}, min_similarity=0.5).fit(frame)
    table = near.encode(pd.DataFrame({"g": ["office clerks|driver"], "n": [1]}))
    assert near.vocabularies["g"].decode(table.occurrences(0)[1]).tolist() == ["office clerk", "driver"]


def test_a_saved_encoder_splits_as_before():
    frame = pd.DataFrame({"g": GENRES, "w": ["so good"] * 6, "l": [["a"], ["b", "a"]] * 3, "n": range(6)})
    encoder = TableEncoder(multi_valued={"g": {"split": "|", "pooling": "sum"}, "w": WORDS}, drop_constant=False)
    table = encoder.fit_encode(frame)
    again = TableEncoder.from_state(*encoder.to_state())
    assert again.schema == encoder.schema
    for position, bags in again.encode(frame).bags.items():
        assert np.array_equal(bags.values, table.bags[position].values)
        assert bags.pooling == table.bags[position].pooling == ("sum" if position == 0 else "mean")


# ---------------------------------------------------------------- found by itself


def test_a_separator_is_found_and_said():
    frame = pd.DataFrame({"genres": [each for each in GENRES if each] * 6, "n": range(30)})
    with pytest.warns(SchemaHint, match=r"'genres' holds several values per cell, separated by '\|': 4 different"):
        encoder = TableEncoder(multi_valued="auto").fit(frame)
    assert encoder.schema.categorical[0].split == "|"
    reading = encoder.schema.readings[0]
    assert (reading.kind, reading.n_categories) == ("several values", 4)
    assert reading.note == "several values per cell, separated by '|'"


@pytest.mark.parametrize(
    "kept", [{"categorical": ["genres"]}, {"multi_valued": {"genres": None}}, {"multi_valued": None}]
)
def test_a_column_stays_whole_on_request(kept, recwarn):
    frame = pd.DataFrame({"genres": [each for each in GENRES if each] * 6, "n": range(30)})
    encoder = TableEncoder(**{"multi_valued": "auto"} | kept).fit(frame)
    assert encoder.schema.categorical[0].split is None
    assert not [each for each in recwarn if "several values" in str(each.message)]


@pytest.mark.parametrize(
    "cells",
    [
        ["NY|2012", "NY|2013", "NJ|2012", "NJ|2013"] * 10,  # always two parts
        ["a", "b", "c", "a|b"] * 4,  # too few rows
        [f"{i}|{i + 1}" if i % 2 else f"{i}" for i in range(100)],  # parts do not repeat
        ["Smith, Ann", "Lee", "Smith, Bo", "Lee, Ann"] * 10,  # commas
        ["a|b"] * 40,  # one cell
    ],
)
def test_other_texts_are_one_value(cells):
    assert found_separator(factorize(read_cells(cells))) is None


def test_semicolons_are_found():
    assert found_separator(factorize(read_cells(["a;b", "b", "a;c;b", "c;a"] * 10))) == ";"


# ---------------------------------------------------------------- wrong input


@pytest.mark.parametrize(
    ("spec", "error", "message"),
    [
        ("|", ValueError, "multi_valued must be 'auto', None, or a mapping"),
        ({"genre": "|"}, ColumnError, "names the column 'genre', which the table does not have. Did you mean 'genres'"),
        ({"genres": ""}, ValueError, "multi_valued of 'genres' must be a separator"),
        ({"genres": 3}, ValueError, "multi_valued of 'genres' must be a separator"),
        ({"genres": "attention"}, ValueError, "multi_valued of 'genres' is 'attention', which is a pooling"),
        ({"genres": {"sep": "|"}}, ValueError, "multi_valued of 'genres' must be a separator"),
        ({"genres": {"split": "|", "pooling": "max"}}, UnknownNameError, "No pooling of 'genres' named 'max'"),
    ],
)
def test_wrong_settings_are_refused(spec, error, message):
    with pytest.raises(error, match=message):
        split_specs(spec, ("genres", "year"))


def test_settings_are_read():
    assert split_specs({"a": "|", "b": {"split": WORDS, "pooling": "sum"}, "c": None}, ("a", "b", "c")) == {
        "a": SplitSpec("|"),
        "b": SplitSpec(WORDS, "sum"),
        "c": SplitSpec(None),
    }
    assert split_specs("auto", ("a",)) == split_specs(None, ("a",)) == {}


@pytest.mark.parametrize("cells", [[1, 2, 3], [1.5, 2.5, None], [True, False, True]])
def test_columns_that_are_no_texts_are_refused(cells):
    with pytest.raises(
        DataError, match=r"multi_valued splits the cells of 'c' by the separator '\|', but its cells are"
    ):
        TableEncoder(multi_valued={"c": "|"}).fit(pd.DataFrame({"c": cells, "d": ["x", "y", "z"]}))


def test_a_pooling_without_a_separator_needs_lists():
    frame = pd.DataFrame({"c": ["a|b", "a", "b"], "d": [["a"], ["a", "b"], ["b"]]})
    with pytest.raises(DataError, match="multi_valued gives no separator for 'c', whose cells are no lists"):
        TableEncoder(multi_valued={"c": {"pooling": "sum"}}).fit(frame)
    encoder = TableEncoder(multi_valued={"d": {"pooling": "sum"}}).fit(frame)
    assert [(each.split, each.pooling) for each in encoder.schema.categorical] == [(None, "mean"), (LISTS, "sum")]


def test_a_cross_with_several_values_is_refused():
    frame = pd.DataFrame({"g": GENRES, "d": list("xyxyxy")})
    encoder = TableEncoder(multi_valued={"g": "|"}).fit(frame)
    with pytest.raises(ColumnError, match="A cross needs one value per cell; 'g' has several"):
        encoder.positions_of(["g", "d"])
    assert encoder.positions_of(["g"]) == (0,)


def test_a_separator_that_no_cell_holds_is_said():
    frame = pd.DataFrame({"text": ["so good", "not good", "good"] * 5, "n": range(15)})
    with pytest.warns(
        SchemaHint, match=r"No cell of column 'text' holds the separator 'word', .* Did you mean 'words'"
    ):
        TableEncoder(multi_valued={"text": "word"}).fit(frame)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        TableEncoder(multi_valued={"text": "words"}).fit(frame)
        TableEncoder(multi_valued={"text": " "}).fit(frame)


@pytest.mark.parametrize("make", [pl.DataFrame, lambda columns: pa.table(columns)])
def test_structs_are_refused_with_what_to_do(make):
    frame = make({"w": [{"u": 1.0, "v": 2.0}, {"u": 2.0, "v": 1.0}], "n": [1, 2]})
    with pytest.raises(
        DataError, match="column 'w' of the argument must be one value; got structs with the fields 'u'"
    ):
        TableEncoder().fit(frame)


def test_maps_give_weights():
    weights = pa.array([[("u", 1.0)], [("u", 2.0), ("v", 1.0)]], pa.map_(pa.string(), pa.float64()))
    table = TableEncoder().fit_encode(pa.table({"w": weights, "n": [1, 2]}))
    assert table.bags[0].weights.tolist() == [1, 1, 1, 2, 1]
