"""The value itself: what it takes, what it answers, and that nothing changes it."""

import copy
import pickle
import re

import numpy as np
import pandas as pd
import pytest

from tabemb.exceptions import DataError, UnknownKeyError, UnknownNameError
from tabemb.vectors import CategoryVectors


def test_it_holds_what_it_was_given(airports):
    assert airports.name == "dest"
    assert airports.index_to_key == airports.index_to_key == ["JFK", "LGA", "SFO", "OAK"]
    assert airports.key_to_index["SFO"] == 2
    assert airports.vectors.dtype == np.float32
    assert airports.vectors.shape == (4, 2)
    assert airports.counts.tolist() == [9, 5, 3, 1]
    assert airports.counts.dtype == np.int64
    assert airports.unknown.tolist() == [0.5, 0.5]
    assert airports.missing.tolist() == [0, 0]
    assert (len(airports), airports.dim, list(airports)) == (4, 2, airports.index_to_key)
    assert "JFK" in airports
    assert "jfk" not in airports
    assert repr(airports) == "CategoryVectors(dest: 4 categories x 2)"


def test_a_key_gives_a_vector_and_a_list_of_keys_a_matrix(airports):
    assert airports["LGA"].tolist() == pytest.approx([1, 0.2])
    assert airports[["LGA", "JFK"]][:, 1].tolist() == pytest.approx([0.2, 0.1])
    assert airports[pd.Series(["LGA", "LGA"])].shape == (2, 2)
    assert airports[np.array(["LGA"])].shape == (1, 2)
    assert airports[[]].shape == (0, 2)
    with pytest.raises(UnknownKeyError, match="No category 'LAG' in column 'dest'"):
        airports[["JFK", "LAG"]]


def test_it_cannot_be_changed(airports):
    given = np.ones((1, 2), dtype=np.float32)
    vectors = CategoryVectors(["a"], given)
    given[:] = 7
    assert vectors["a"].tolist() == [1, 1]
    for array in (airports.vectors, airports.counts, airports.unknown, airports.missing, airports["JFK"]):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1
    with pytest.raises(AttributeError):
        airports.vectors = given
    with pytest.raises(AttributeError):
        airports.colour = "red"
    airports.index_to_key.clear()
    assert len(airports.index_to_key) == 4


@pytest.mark.parametrize("clone", [lambda it: pickle.loads(pickle.dumps(it)), copy.deepcopy, copy.copy])
def test_copies_are_equal_and_read_only_too(airports, clone):
    twin = clone(airports)
    assert twin == airports
    assert not twin.vectors.flags.writeable


def test_a_deep_copy_is_the_value_itself(airports):
    assert copy.deepcopy({"dest": airports})["dest"] is airports


def test_equality_is_of_everything(airports):
    def change(**changes):
        given = {name: getattr(airports, name) for name in ("vectors", "counts", "name", "unknown", "missing")}
        given["keys"] = airports.keys()
        return CategoryVectors(**{**given, **changes})

    assert change() == airports
    for changes in (
        {"keys": ["JFK", "LGA", "SFO", "BOS"]},
        {"vectors": -airports.vectors},
        {"counts": None},
        {"counts": [9, 5, 3, 2]},
        {"name": "origin"},
        {"unknown": None},
        {"missing": [0, 1]},
    ):
        assert change(**changes) != airports
    assert airports != "dest"


def test_a_column_without_categories_still_has_its_unknown_row():
    vectors = CategoryVectors([], np.empty((0, 3)), [], unknown=[1, 2, 3])
    assert (len(vectors), vectors.dim) == (0, 3)
    assert vectors.most_similar(np.array([1.0, 0, 0])) == []
    assert vectors.to_frame().shape == (0, 3)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"vectors": [[1, 2]]}, "Column 'c': expected vectors of shape 2 x dim, got 1 x 2."),
        ({"vectors": [1, 2]}, "Column 'c': expected vectors of shape 2 x dim, got 2."),
        ({"vectors": np.empty((2, 0))}, "Column 'c': expected vectors of shape 2 x dim, got 2 x 0."),
        ({"vectors": [[1, 2], [3]]}, "Column 'c': expected vectors as 2 x dim numbers, got [[1, 2], [3]]."),
        ({"vectors": [["x", 1], [1, 1]]}, "Column 'c': expected vectors as 2 x dim numbers"),
        ({"vectors": [[1, 2], [3, np.nan]]}, "expected finite float32 numbers in vectors, got nan in the row of 'b'."),
        ({"unknown": [1, 2, 3]}, "Column 'c': expected unknown of shape 2, got 3."),
        ({"missing": [np.inf, 2]}, "Column 'c': expected finite float32 numbers in missing, got inf."),
        ({"counts": [1]}, "Column 'c': expected 2 counts, one for each key, got 1."),
        ({"counts": [1, -1]}, "Column 'c': expected counts as whole numbers from 0, got [1, -1]."),
        ({"counts": [1, 1.5]}, "Column 'c': expected counts as whole numbers from 0, got [1, 1.5]."),
        ({"counts": [1, np.nan]}, "Column 'c': expected counts as whole numbers from 0, got [1, nan]."),
        ({"counts": ["1", "2"]}, "Column 'c': expected counts as whole numbers from 0"),
        ({"keys": ["a", "a"]}, "Column 'c': expected each key once, got 'a' in rows 0 and 1."),
    ],
)
def test_what_does_not_fit_is_named(arguments, message):
    given = {"keys": ["a", "b"], "vectors": [[1, 2], [3, 4]], "name": "c"} | arguments
    with pytest.raises(DataError, match=re.escape(message)):
        CategoryVectors(**given)


def test_a_number_that_float32_cannot_hold_is_refused():
    with pytest.raises(DataError, match="expected finite float32 numbers in vectors, got inf in the row of 'a'"):
        CategoryVectors(["a"], [[1e300]])


def test_keys_of_several_types_are_told_apart():
    vectors = CategoryVectors([1, "1", True], [[1.0], [2.0], [3.0]])
    assert [vectors[key].item() for key in (1, 1.0, "1", True, np.True_)] == [1, 1, 2, 3, 3]
    assert len(vectors.most_similar(True)) == 2


def test_save_and_load_go_by_the_suffix_or_the_name(airports, tmp_path):
    airports.save(tmp_path / "dest.parquet")
    airports.save(tmp_path / "dest.w2v")
    airports.save(tmp_path / "dest.bin", format="parquet")
    assert CategoryVectors.load(tmp_path / "dest.parquet") == airports
    assert CategoryVectors.load(str(tmp_path / "dest.bin"), format="parquet") == airports
    assert CategoryVectors.load(tmp_path / "dest.w2v").name == "dest"
    with pytest.raises(UnknownNameError, match="No format named 'parqet'"):
        airports.save(tmp_path / "x.bin", format="parqet")
