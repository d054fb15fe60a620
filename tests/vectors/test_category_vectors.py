"""The value itself: what it takes, what it answers, and that nothing changes it."""

import copy
import pickle
import re

import numpy as np
import pandas as pd
import pytest

from tabemb.exceptions import DataError, UnknownKeyError, UnknownNameError
from tabemb.vectors import CategoryVectors


@pytest.fixture
def airports() -> CategoryVectors:
    return CategoryVectors(
        ["JFK", "LGA", "SFO", "OAK"],
        [[1, 0.1], [1, 0.2], [-1, 0.3], [-2, 0.7]],
        [9, 5, 3, 1],
        name="dest",
        unknown=[0.5, 0.5],
        missing=[0, 0],
    )


def test_it_holds_what_it_was_given(airports):
    assert airports.name == "dest"
    assert airports.index_to_key == airports.keys == ["JFK", "LGA", "SFO", "OAK"]
    assert airports.key_to_index["SFO"] == 2
    assert airports.vectors.dtype == np.float32
    assert airports.vectors.shape == (4, 2)
    assert airports.counts.tolist() == [9, 5, 3, 1]
    assert airports.counts.dtype == np.int64
    assert airports.unknown.tolist() == [0.5, 0.5]
    assert airports.missing.tolist() == [0, 0]
    assert (len(airports), airports.dim, list(airports)) == (4, 2, airports.keys)
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


def test_equality_is_of_everything(airports):
    def change(**changes):
        given = {name: getattr(airports, name) for name in ("keys", "vectors", "counts", "name", "unknown", "missing")}
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


def test_most_similar_goes_by_cosine_and_leaves_out_what_was_asked(airports):
    assert [key for key, _ in airports.most_similar("JFK")] == ["LGA", "OAK", "SFO"]
    key, cosine = airports.most_similar("JFK", topn=1)[0]
    assert (key, type(cosine)) == ("LGA", float)
    assert cosine == pytest.approx(airports.similarity("JFK", "LGA"), abs=1e-6)
    assert [key for key, _ in airports.most_similar(["JFK", "LGA"])] == ["OAK", "SFO"]
    assert [key for key, _ in airports.most_similar("JFK", negative="SFO", topn=9)] == ["LGA", "OAK"]
    assert [key for key, _ in airports.most_similar([], negative=["JFK"])] == ["SFO", "OAK", "LGA"]


def test_most_similar_takes_raw_vectors(airports):
    assert airports.most_similar(airports.vectors[0])[0] == ("JFK", pytest.approx(1))
    assert airports.most_similar(np.array([-1.0, 0]), topn=1)[0][0] == "SFO"
    assert airports.most_similar(["JFK", airports["LGA"]], topn=1)[0][0] == "LGA"
    assert airports.most_similar(airports.vectors[:2].astype(np.float64), topn=1)[0][0] in {"JFK", "LGA"}


def test_it_answers_as_the_plain_formula_does():
    rng = np.random.default_rng(3)
    vectors = CategoryVectors(range(60), rng.normal(size=(60, 5)))
    rows = vectors.vectors.astype(np.float64)
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    query = unit[3] + unit[5] - unit[7]
    order = [i for i in np.argsort(-(unit @ query)) if i not in {3, 5, 7}][:10]
    assert [key for key, _ in vectors.most_similar([3, 5], [7])] == order


def test_among_equal_vectors_the_more_frequent_comes_first():
    vectors = CategoryVectors("abcdef", [[1, 0], [0, 1], [0, 2], [0, 1], [0, 3], [1, 1]])
    assert [key for key, _ in vectors.most_similar(np.array([0.0, 1.0]), topn=3)] == ["b", "c", "d"]


def test_zero_vectors_give_no_nan():
    vectors = CategoryVectors(["zero", "a"], [[0, 0], [1, 0]])
    assert vectors.most_similar("zero") == [("a", 0.0)]
    assert vectors.most_similar("a") == [("zero", 0.0)]
    assert vectors.similarity("zero", "zero") == 0
    assert vectors.distance("zero", "a") == 1


def test_keys_of_several_types_are_told_apart():
    vectors = CategoryVectors([1, "1", True], [[1.0], [2.0], [3.0]])
    assert [vectors[key].item() for key in (1, 1.0, "1", True, np.True_)] == [1, 1, 2, 3, 3]
    assert len(vectors.most_similar(True)) == 2


@pytest.mark.parametrize("topn", [0, -1, 2.5, True, None, "3"])
def test_topn_is_a_whole_number_from_one(airports, topn):
    with pytest.raises(DataError, match=re.escape(f"expected a whole number from 1, got {topn!r}.")):
        airports.most_similar("JFK", topn=topn)


def test_an_empty_question_is_refused(airports):
    with pytest.raises(DataError, match="needs at least one key or vector to look for; `positive` is empty"):
        airports.most_similar([])


def test_a_vector_of_another_length_is_refused(airports):
    with pytest.raises(DataError, match="expected a query vector of shape 2, got 3"):
        airports.most_similar(np.ones(3))
    with pytest.raises(DataError, match="expected a query vector of shape 2, got 3"):
        airports.similarity("JFK", np.ones(3))


def test_similarity_and_distance(airports):
    assert airports.similarity("JFK", "JFK") == pytest.approx(1)
    assert airports.distance("JFK", "JFK") == pytest.approx(0, abs=1e-12)
    assert airports.similarity("JFK", "SFO") == pytest.approx(
        np.dot(airports["JFK"], airports["SFO"]) / np.linalg.norm(airports["JFK"]) / np.linalg.norm(airports["SFO"])
    )
    with pytest.raises(UnknownKeyError, match=r"Did you mean 'JFK'\?"):
        airports.similarity("JFKK", "LGA")


def test_to_frame_joins_to_a_table(airports):
    frame = airports.to_frame()
    assert list(frame.columns) == ["dest_emb0", "dest_emb1"]
    assert frame.index.name == "dest"
    assert (frame.dtypes == np.float32).all()
    joined = pd.DataFrame({"dest": ["SFO", "JFK", "XYZ"]}).join(frame, on="dest")
    assert joined["dest_emb0"].tolist()[:2] == [-1, 1]
    assert joined["dest_emb0"].isna().tolist() == [False, False, True]


def test_to_frame_with_counts_and_without_a_name(airports):
    assert list(airports.to_frame(count=True).columns) == ["dest_count", "dest_emb0", "dest_emb1"]
    plain = CategoryVectors([3, 4], [[1], [2]])
    assert list(plain.to_frame().columns) == ["emb0"]
    assert plain.to_frame().index.dtype == np.int64
    with pytest.raises(DataError, match="came without counts; leave out count=True"):
        plain.to_frame(count=True)


def test_save_and_load_go_by_the_suffix_or_the_name(airports, tmp_path):
    airports.save(tmp_path / "dest.parquet")
    airports.save(tmp_path / "dest.w2v")
    airports.save(tmp_path / "dest.bin", format="parquet")
    assert CategoryVectors.load(tmp_path / "dest.parquet") == airports
    assert CategoryVectors.load(str(tmp_path / "dest.bin"), format="parquet") == airports
    assert CategoryVectors.load(tmp_path / "dest.w2v").name == "dest"
    with pytest.raises(UnknownNameError, match="No format named 'parqet'"):
        airports.save(tmp_path / "x.bin", format="parqet")
