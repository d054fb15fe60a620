"""The constructor and the queries of CategoryVectors."""

import copy
import pickle
import re

import numpy as np
import pandas as pd
import pytest

from tabemb.exceptions import DataError, FormatError, UnknownKeyError, UnknownNameError
from tabemb.table.schema import CategoricalColumn
from tabemb.vectors import CategoryVectors
from tabemb.vectors.cell_pooling import CellPooling
from tabemb.vectors.indexes import INDEXES
from tabemb.vectors.indexes.hnsw import Hnsw
from tabemb.vectors.metrics import METRICS
from tabemb.vectors.sampling_noise import SamplingNoise


def test_attributes_hold_the_constructor_arguments(airports):
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


def test_vectors_are_immutable(airports):
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
        airports.color = "red"
    airports.index_to_key.clear()
    assert len(airports.index_to_key) == 4


@pytest.mark.parametrize("clone", [lambda it: pickle.loads(pickle.dumps(it)), copy.deepcopy, copy.copy])
def test_copies_are_equal_and_read_only_too(airports, clone):
    twin = clone(airports)
    assert twin == airports
    assert not twin.vectors.flags.writeable


def test_a_deep_copy_is_the_value_itself(airports):
    assert copy.deepcopy({"dest": airports})["dest"] is airports


def test_equality_compares_everything(airports):
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
def test_errors_name_what_does_not_match(arguments, message):
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


def test_searches_are_cached_by_metric_and_not_part_of_the_value(airports):
    twin = pickle.loads(pickle.dumps(airports))
    assert not hasattr(airports, "_searches")
    airports.most_similar("JFK")
    kept = airports._search("cosine")
    airports.similarity_matrix()
    airports.rank("JFK", "SFO")
    assert airports._search("cosine") is kept
    airports.most_similar("JFK", metric="dot")
    assert len(airports._searches) == 2
    assert airports == twin
    assert copy.deepcopy(airports) is airports
    for clone in (copy.copy, lambda it: pickle.loads(pickle.dumps(it))):
        assert clone(airports) == airports
        assert not hasattr(clone(airports), "_searches")
    assert len(pickle.dumps(airports)) == len(pickle.dumps(twin))


def test_only_the_cosine_copies_the_rows(airports):
    assert airports._search("dot")._rows is airports.vectors
    assert airports._search("euclidean")._rows is airports.vectors
    assert airports._search("cosine")._rows is not airports.vectors


def test_a_metric_is_a_name_or_an_object(airports):
    with pytest.raises(UnknownNameError, match="A metric is given as a name, a mapping with a 'name', or an instance"):
        airports.most_similar("JFK", metric=7)


def test_queries_take_keys_of_any_type():
    vectors = CategoryVectors([1, "1", True], [[1.0, 0], [0, 1], [1, 1]])
    assert [key for key, _ in vectors.most_similar(1)] == [True, "1"]
    assert vectors.most_similar(True, topn=1)[0][0] == 1
    assert type(vectors.most_similar(True, topn=1)[0][0]) is int


def test_memory_order_does_not_change_results():
    rows = np.random.default_rng(0).normal(size=(500, 9)).astype("f4")
    one, two = CategoryVectors(range(500), rows), CategoryVectors(range(500), np.asfortranarray(rows))
    for metric in ("cosine", "dot", "euclidean"):
        assert one.most_similar(3, metric=metric) == two.most_similar(3, metric=metric)
    assert one.distances(3).tolist() == two.distances(3).tolist()
    assert one.analogy(1, 2, 3, method="multiply") == two.analogy(1, 2, 3, method="multiply")


def test_most_similar_sorts_by_cosine_and_excludes_the_query(airports):
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


def test_most_similar_equals_the_plain_formula():
    rng = np.random.default_rng(3)
    vectors = CategoryVectors(range(60), rng.normal(size=(60, 5)))
    rows = vectors.vectors.astype(np.float64)
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    query = unit[3] + unit[5] - unit[7]
    order = [i for i in np.argsort(-(unit @ query)) if i not in {3, 5, 7}][:10]
    assert [key for key, _ in vectors.most_similar([3, 5], [7])] == order


def test_ties_are_sorted_by_frequency():
    vectors = CategoryVectors("abcdef", [[1, 0], [0, 1], [0, 2], [0, 1], [0, 3], [1, 1]])
    assert [key for key, _ in vectors.most_similar(np.array([0.0, 1.0]), topn=3)] == ["b", "c", "d"]


def test_zero_vectors_give_no_nan():
    vectors = CategoryVectors(["zero", "a"], [[0, 0], [1, 0]])
    assert vectors.most_similar("zero") == [("a", 0.0)]
    assert vectors.most_similar("a") == [("zero", 0.0)]
    assert vectors.similarity("zero", "zero") == 0
    assert vectors.distance("zero", "a") == 1


@pytest.mark.parametrize("topn", [0, -1, 2.5, True, "3"])
def test_topn_is_a_whole_number_from_one(airports, topn):
    with pytest.raises(DataError, match=re.escape(f"must be a positive integer, the number of results; got {topn!r}.")):
        airports.most_similar("JFK", topn=topn)


def test_an_empty_query_is_refused(airports):
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


def test_a_batch_equals_single_queries():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(700, 5)).round(1)
    rows[rng.integers(0, 700, 200)] = rows[3]
    vectors = CategoryVectors(range(700), rows, rng.integers(0, 9, 700))
    queries = [*range(40), rng.normal(size=5), np.zeros(5), [1, 2, rows[9]], ([4, 5], [6]), ([7, 8], 9), ([10], ())]
    for options in ({}, {"metric": "dot"}, {"metric": "euclidean"}, {"min_count": 4, "where": lambda key: key % 2}):
        together = vectors.most_similar_batch(queries, topn=6, **options)
        assert len(together) == len(queries)
        for query, found in zip(queries, together, strict=True):
            positive, negative = query if isinstance(query, tuple) else (query, ())
            assert found == vectors.most_similar(positive, negative, topn=6, **options)


def test_a_batch_takes_any_list(airports):
    one = airports.most_similar("JFK")
    for queries in (["JFK"], ("JFK",), np.array(["JFK"]), pd.Series(["JFK"]), iter(["JFK"])):
        assert airports.most_similar_batch(queries) == [one]
    assert airports.most_similar_batch(airports.vectors[:2])[1][0][0] == "LGA"
    assert airports.most_similar_batch([]) == []


@pytest.mark.parametrize(
    ("queries", "error", "message"),
    [
        (
            "JFK",
            DataError,
            "queries must be a list with a key, a vector, or a tuple (positive, negative) for each query; got",
        ),
        (np.ones(2), DataError, "For a single query use most_similar."),
        (
            ["JFK", "LAG"],
            UnknownKeyError,
            "Query 1: No category 'LAG' in column 'dest' (4 categories). Did you mean 'LGA'",
        ),
        (["JFK", []], DataError, "Query 1: A query needs at least one key or vector to look for"),
        ([("JFK",)], DataError, "Query 0: expected a tuple (positive, negative), got 1 items: ('JFK',)."),
        (["JFK", np.ones(3)], DataError, "Query 1: Column 'dest': expected a query vector of shape 2, got 3."),
    ],
)
def test_errors_of_a_batch_name_the_query(airports, queries, error, message):
    with pytest.raises(error, match=re.escape(message)):
        airports.most_similar_batch(queries)


def test_a_batch_is_checked_as_a_single_query(airports):
    with pytest.raises(DataError, match="must be a positive integer, the number of results; got 0"):
        airports.most_similar_batch(["JFK"], topn=0)
    assert len(airports.most_similar_batch(["JFK"], topn=99)[0]) == 3


def test_most_similar_equals_gensims(words_in_both):
    ours, theirs = words_in_both
    found, wanted = ours.most_similar(["w1", "w2"], ["w3"], 20), theirs.most_similar(["w1", "w2"], ["w3"], 20)
    assert [key for key, _ in found] == [key for key, _ in wanted]
    assert [score for _, score in found] == pytest.approx([score for _, score in wanted], abs=1e-6)


def test_mean_vector_weights_and_normalizes(airports):
    unit = airports.vectors / np.linalg.norm(airports.vectors, axis=1, keepdims=True)
    rows = airports.vectors
    np.testing.assert_allclose(airports.mean_vector(["JFK", "OAK"]), unit[[0, 3]].mean(axis=0), rtol=1e-6)
    np.testing.assert_allclose(
        airports.mean_vector(["JFK", "OAK"], [3, -1], pre_normalize=False), (3 * rows[0] - rows[3]) / 4, rtol=1e-6
    )
    assert np.linalg.norm(airports.mean_vector(["JFK", "OAK"], post_normalize=True)) == pytest.approx(1)
    assert airports.mean_vector(["JFK"]).dtype == np.float32
    given = np.array([0.0, 5.0])
    np.testing.assert_allclose(airports.mean_vector(["JFK", given]), (unit[0] + [0, 1]) / 2, rtol=1e-6)


def test_the_mean_is_the_query_of_several_keys(airports):
    mean = airports.mean_vector(["JFK", "LGA"])
    near, asked = airports.most_similar(mean)[2:], airports.most_similar(["JFK", "LGA"])
    assert [key for key, _ in near] == [key for key, _ in asked]
    assert [score for _, score in near] == pytest.approx([score for _, score in asked], abs=1e-6)


def test_the_mean_of_opposites_is_zero_not_nan():
    vectors = CategoryVectors("ab", [[1, 0], [-2, 0]])
    assert vectors.mean_vector(["a", "b"], post_normalize=True).tolist() == [0, 0]


@pytest.mark.parametrize(
    ("keys", "weights", "message"),
    [
        ([], None, "mean_vector needs at least one key; got 0."),
        ("JFK", None, "mean_vector takes a list of keys; got 'JFK'."),
        (["JFK", "LGA"], [1], "Expected 2 weights, one for each key; got an array of shape (1,)."),
        (["JFK"], ["x"], "Expected numbers as weights, one for each key; got ['x']."),
        (["JFK", "LGA"], [0, 0], "Expected finite weights that are not all 0; got [0.0, 0.0]."),
        (["JFK", "LGA"], [1, np.nan], "Expected finite weights that are not all 0; got [1.0, nan]."),
    ],
)
def test_invalid_means_are_refused(airports, keys, weights, message):
    with pytest.raises(DataError, match=re.escape(message)):
        airports.mean_vector(keys, weights)


def test_doesnt_match_returns_the_odd_one_out(airports):
    assert airports.doesnt_match(["JFK", "SFO", "OAK"]) == "JFK"
    assert airports.doesnt_match(["OAK", "JFK", "LGA"]) == "OAK"
    assert type(CategoryVectors([1, 2, 3], [[1, 0], [1, 0], [0, 1]]).doesnt_match([1.0, 2.0, 3.0])) is int


def test_doesnt_match_with_zero_vectors_and_ties():
    vectors = CategoryVectors("abcd", [[1, 0], [1, 0.1], [0, 0], [0, 0]])
    assert vectors.doesnt_match(["a", "c", "b"]) == "c"
    assert vectors.doesnt_match(["d", "c", "a"]) == "d"
    assert CategoryVectors("abc", np.zeros((3, 2))).doesnt_match(["b", "a", "c"]) == "b"


def test_doesnt_match_needs_three_keys(airports):
    with pytest.raises(DataError, match="doesnt_match needs at least 3 keys; got 2"):
        airports.doesnt_match(["JFK", "SFO"])
    with pytest.raises(DataError, match="doesnt_match needs at least 3 keys; got 0"):
        airports.doesnt_match([])
    with pytest.raises(DataError, match="doesnt_match takes keys only"):
        airports.doesnt_match(["JFK", "SFO", airports["LGA"]])
    with pytest.raises(DataError, match="doesnt_match takes a list of keys; got 'JFK'"):
        airports.doesnt_match("JFK")
    with pytest.raises(UnknownKeyError, match=r"Did you mean 'JFK'\?"):
        airports.doesnt_match(["JFKK", "SFO", "OAK"])


def test_mean_vector_and_doesnt_match_equal_gensims(words_in_both):
    ours, theirs = words_in_both
    keys = ["w1", "w2", "w3", "w4"]
    for options in ({}, {"weights": [2, -1, 0.5, 1]}, {"pre_normalize": False, "post_normalize": True}):
        np.testing.assert_allclose(
            ours.mean_vector(keys, **options), theirs.get_mean_vector(keys, **options), atol=1e-6
        )
    for start in range(0, 60, 4):
        some = [f"w{i}" for i in range(start, start + 4)]
        assert ours.doesnt_match(some) == theirs.doesnt_match(some)


@pytest.fixture
def normal():
    return CategoryVectors(range(40), np.random.default_rng(4).normal(size=(40, 3)))


def test_distances_equal_those_of_pairs(normal):
    assert normal.distances(3).tolist() == [normal.distance(3, other) for other in range(40)]
    assert normal.distances(3, [7, 5]).tolist() == [normal.distance(3, 7), normal.distance(3, 5)]
    assert normal.distances(normal[3], [normal[7], 5]).tolist() == [normal.distance(3, 7), normal.distance(3, 5)]
    assert normal.distances(3, 7).shape == (1,)
    assert normal.distances(3, []).shape == (0,)


def test_rank_and_closer_than_agree_with_the_neighbors(normal):
    near = [key for key, _ in normal.most_similar(3, topn=39)]
    assert [normal.rank(3, key) for key in near] == list(range(1, 40))
    assert normal.closer_than(3, near[5]) == near[:5]
    assert normal.closer_than(3, near[0]) == []
    assert normal.closer_than(3, 3) == []
    assert normal.rank(3, 3) == 1
    assert normal.closer_than(normal[3], near[2]) == [3, *near[:2]]


def test_equally_close_categories_have_the_same_rank():
    vectors = CategoryVectors("abcd", [[1, 0], [1, 1], [2, 2], [0, 1]])
    assert [vectors.rank("a", key) for key in "bcd"] == [1, 1, 3]
    assert vectors.closer_than("a", "d") == ["b", "c"]


def test_zero_vectors_have_distance_one():
    vectors = CategoryVectors(["zero", "a", "b"], [[0, 0], [1, 0], [-1, 0]])
    assert vectors.distances("zero").tolist() == [1, 1, 1]
    assert vectors.rank("a", "zero") == 1
    assert vectors.rank("a", "b") == 2
    assert vectors.similarity_matrix().loc["zero"].tolist() == [0, 0, 0]


def test_similarity_matrix_equals_pairs(normal):
    matrix = normal.similarity_matrix()
    assert matrix.shape == (40, 40)
    assert matrix.index.tolist() == matrix.columns.tolist() == list(range(40))
    np.testing.assert_array_equal(matrix, matrix.T)
    assert (np.diag(matrix) == 1).all()
    assert matrix.loc[3, 7] == pytest.approx(normal.similarity(3, 7), abs=1e-15)
    some = normal.similarity_matrix([7, 3, 7])
    assert some.index.tolist() == [7, 3, 7]
    np.testing.assert_allclose(some.to_numpy()[:2, :2], matrix.loc[[7, 3], [7, 3]], atol=1e-15)
    assert normal.similarity_matrix([]).shape == (0, 0)
    assert isinstance(matrix, pd.DataFrame)


def test_errors_suggest_similar_keys(airports):
    for ask in (airports.distances, airports.similarity_matrix):
        with pytest.raises(UnknownKeyError, match=r"No category 'JFX' in column 'dest'.*Did you mean 'JFK'\?"):
            ask(["JFX"] if ask == airports.similarity_matrix else "JFX")
    for ask in (airports.rank, airports.closer_than):
        with pytest.raises(UnknownKeyError, match=r"Did you mean 'LGA'\?"):
            ask("JFK", "LGAA")
    with pytest.raises(DataError, match="expected a query vector of shape 2, got 3"):
        airports.distances(np.ones(3))


def test_distances_and_ranks_equal_gensims(words_in_both):
    ours, theirs = words_in_both
    np.testing.assert_allclose(ours.distances("w1"), theirs.distances("w1"), atol=1e-6)
    assert [ours.rank("w1", f"w{i}") for i in range(2, 20)] == [theirs.rank("w1", f"w{i}") for i in range(2, 20)]
    assert set(ours.closer_than("w1", "w2")) == set(theirs.closer_than("w1", "w2"))


@pytest.fixture
def named():
    return CategoryVectors([f"k{i}" for i in range(300)], np.random.default_rng(0).normal(size=(300, 6)), name="dest")


@pytest.mark.parametrize("metric", sorted(METRICS))
@pytest.mark.parametrize("kind", sorted(INDEXES))
def test_an_index_equals_most_similar(named, kind, metric):
    keys, scores = named.index(kind, metric=metric).search(named.vectors[:20], topn=5)
    wanted = named.most_similar_batch(list(named.vectors[:20]), topn=5, metric=metric)
    # Three hundred rows are few enough for the graph to find them all.
    assert keys.tolist() == [[key for key, _ in each] for each in wanted]
    assert scores.tolist() == [[score for _, score in each] for each in wanted]


def test_keys_keep_their_types():
    vectors = CategoryVectors([1, "1", True], [[1.0, 0], [0, 1], [1, 1]])
    found = vectors.index().search([1.0, 0.2], topn=3).keys
    assert [(type(key), key) for key in found] == [(int, 1), (bool, True), (str, "1")]


def test_a_kind_is_a_name_with_parameters_or_an_object(named):
    assert named.index("hnsw").parameters == Hnsw(connectivity=16, expansion_add=64, expansion_search=64, threads=0)
    assert named.index("hnsw", connectivity=5).parameters == Hnsw(connectivity=5)
    assert named.index(Hnsw(expansion_search=9)).expansion_search == 9
    with pytest.raises(UnknownNameError, match=r"No index named 'hsnw'. Known: auto, exact, hnsw. Did you mean 'hnsw'"):
        named.index("hsnw")
    with pytest.raises(UnknownNameError, match="The index 'hnsw' does not take these parameters"):
        named.index("hnsw", ef=3)
    with pytest.raises(UnknownNameError, match="No metric named 'cos'"):
        named.index(metric="cos")


def test_load_index_needs_the_same_vectors(named, tmp_path):
    named.index("hnsw", metric="dot", connectivity=7).save(tmp_path / "dest.hnsw")
    read = named.load_index(str(tmp_path / "dest.hnsw"))
    assert (read.metric, read.parameters.connectivity) == ("dot", 7)
    assert read.search(named["k3"], 1).keys.shape == (1,)
    with pytest.raises(FormatError, match="built from other vectors of the same size"):
        named.replace(named.vectors + 1).load_index(tmp_path / "dest.hnsw")


@pytest.fixture
def noisy(airports):
    return airports.with_noise(SamplingNoise(np.eye(2) * 0.02, rows=5.0, exponent=-1.0, n_refits=5))


@pytest.mark.parametrize("metric", sorted(METRICS))
def test_confidence_is_added_to_the_same_results(noisy, metric):
    plain = noisy.most_similar("JFK", topn=2, metric=metric)
    found = noisy.most_similar("JFK", topn=2, metric=metric, confidence=True)
    assert [(key, score) for key, score, _ in found] == plain
    assert all(type(confidence) is float and 0 <= confidence <= 1 for *_, confidence in found)
    assert found == noisy.most_similar("JFK", topn=2, metric=metric, confidence=True)


def test_confidence_follows_the_distance(noisy):
    ((key, _, confidence),) = noisy.most_similar("JFK", topn=1, confidence=True)
    assert (key, confidence > 0.9) == ("LGA", True)
    ((key, _, confidence),) = noisy.most_similar("JFK", topn=1, where=lambda key: key != "LGA", confidence=True)
    # Of two that are far away, and at similar angles, neither is sure.
    assert 0.1 < confidence < 0.9
    near, far = (confidence for *_, confidence in noisy.most_similar("LGA", topn=2, confidence=True))
    assert near > far


def test_confidence_counts_the_topn_nearest(noisy):
    """The same neighbor is surer among three than among two or one."""
    one, two, three = (
        {key: confidence for key, _, confidence in noisy.most_similar("JFK", topn=topn, confidence=True)}
        for topn in (1, 2, 3)
    )
    assert one["LGA"] <= two["LGA"] <= three["LGA"] == 1
    assert all(two[key] < 1 for key in two if key != "LGA")
    assert len(noisy.most_similar("JFK", topn=50, confidence=True)) == 3


def test_confidence_of_filtered_results_is_among_those_allowed(noisy):
    found = noisy.most_similar("JFK", topn=1, where=lambda key: key == "OAK", confidence=True)
    assert [(key, confidence) for key, _, confidence in found] == [("OAK", 1.0)]
    found = noisy.most_similar("LGA", topn=3, min_count=3, confidence=True)
    # Of two others, only the nearest one is compared: both would come back by chance alone.
    assert [(key, confidence) for key, _, confidence in found] == [("JFK", 1.0), ("SFO", 0.0)]


def test_confidence_takes_the_queries_of_most_similar(noisy):
    for positive, negative in (
        (["JFK", "LGA"], ["SFO"]),
        ([np.array([1.0, 0.1])], ()),
        (np.array([1.0, 0.1]), ["OAK"]),
        (["JFK", noisy["JFK"]], [noisy["OAK"], "OAK"]),
        (noisy["SFO"], ()),
    ):
        found = noisy.most_similar(positive, negative, topn=1, confidence=True)
        assert [each[:2] for each in found] == noisy.most_similar(positive, negative, topn=1)
        assert 0 <= found[0][2] <= 1


def test_a_key_may_be_given_twice_or_be_near_a_twin(noisy):
    assert len(noisy.most_similar(["JFK", "JFK"], topn=2, confidence=True)) == 2
    assert len(noisy.most_similar(["JFK"], ["JFK"], topn=2, metric="dot", confidence=True)) == 2
    twins = CategoryVectors(["a", "b", "c"], [[1, 0], [1, 0], [0, 1]], [5, 5, 5], noise=noisy.noise)
    assert [key for key, *_ in twins.most_similar(["a", "b", twins["b"]], topn=1, confidence=True)] == ["c"]


def test_confidence_of_few_categories():
    noise = SamplingNoise(np.eye(1), rows=5.0, exponent=-1.0, n_refits=5)
    two = CategoryVectors(["a", "b"], [[1.0], [2.0]], [5, 4], noise=noise)
    assert two.most_similar("a", confidence=True) == [("b", 1.0, 1.0)]
    one = CategoryVectors(["a"], [[1.0]], [5], noise=noise)
    assert one.most_similar("a", confidence=True) == one.most_similar("a") == []


def test_reliability_is_a_method(noisy):
    found = noisy.reliability()
    assert (found.k, found.chance) == (1, pytest.approx(1 / 3))
    assert 0.7 < found.share <= 1
    assert not found.by_chance
    assert noisy.reliability(k=2).k == 2
    with pytest.raises(DataError, match="k, the number of neighbors to compare, must be an integer from 1 to 2"):
        noisy.reliability(k=3)


def test_confidence_needs_noise_and_counts(airports, noisy):
    without = CategoryVectors(noisy.index_to_key, noisy.vectors, name="dest", noise=noisy.noise)
    for vectors in (airports, without):
        for ask in (lambda each: each.most_similar("JFK", confidence=True), CategoryVectors.reliability):
            with pytest.raises(DataError, match=r"Column 'dest' has vectors of a single fit, .*cv=5, of a run, and of"):
                ask(vectors)


def test_only_unchanged_vectors_keep_their_noise(noisy, airports):
    for changed in (noisy.shrink(), noisy.align(airports), noisy.replace(noisy.vectors)):
        assert changed.noise is None


def test_to_frame_and_back_leaves_the_noise_out(noisy):
    assert CategoryVectors.from_frame(noisy.to_frame(count=True), count="dest_count", name="dest").noise is None


WEEK = CategoryVectors(
    ["mon", 1, "tue", "sat"], [[2.0, 0.0], [1.0, 1.0], [0.8, 0.6], [-0.6, 0.8]], [9, 7, 5, 1], unknown=[0.5, 0.5]
)


def test_topn_none_returns_the_scores_of_all_categories_in_their_order():
    scores = WEEK.most_similar("mon", topn=None)
    assert scores.shape == (4,)
    assert scores[0] == pytest.approx(1)
    assert dict(WEEK.most_similar("mon")) == dict(zip(WEEK.index_to_key[1:], scores[1:], strict=True))
    assert np.array_equal(WEEK.most_similar("mon", topn=None, restrict_vocab=2), scores[:2])
    lengths = WEEK.most_similar("mon", topn=None, metric="euclidean")
    assert np.allclose(lengths, np.linalg.norm(WEEK.vectors - WEEK["mon"], axis=1))


@pytest.mark.parametrize("given", [{"where": str}, {"min_count": 2}, {"confidence": True}])
def test_topn_none_takes_no_filter(given):
    with pytest.raises(DataError, match="topn=None returns the scores of all categories"):
        WEEK.most_similar("mon", topn=None, **given)


def test_restrict_vocab_searches_the_first_categories():
    assert [key for key, _ in WEEK.most_similar("sat", restrict_vocab=2)] == [1, "mon"]
    assert [key for key, _ in WEEK.most_similar("mon", restrict_vocab=3, min_count=6)] == [1]
    assert [[key for key, _ in near] for near in WEEK.most_similar_batch(["sat"], restrict_vocab=1)] == [["mon"]]
    assert [key for key, _ in WEEK.analogy("sat", "mon", 1, restrict_vocab=3)] == ["tue"]
    for wrong in (0, -1, True, 1.5, "2"):
        with pytest.raises(DataError, match="restrict_vocab must be a number of categories, at least 1; got"):
            WEEK.most_similar("mon", restrict_vocab=wrong)


def test_vectors_for_all_selects_and_infers():
    found = WEEK.vectors_for_all(["sun", 1.0, "mon", None, "mon", "1"])
    assert found.index_to_key == ["sun", 1.0, "mon", "1"]
    assert found.counts.tolist() == [0, 7, 9, 0]
    assert found["sun"].tolist() == found["1"].tolist() == [0.5, 0.5]
    assert found["mon"].tolist() == [2.0, 0.0]
    assert type(found) is CategoryVectors
    assert WEEK.vectors_for_all(["sun", "tue"], allow_inference=False).index_to_key == ["tue"]
    without = CategoryVectors(["a"], [[1.0]])
    assert without.vectors_for_all(["a", "b"]).index_to_key == ["a"]
    with pytest.raises(DataError, match="none of 1 keys has a vector"):
        without.vectors_for_all(["b"])
    with pytest.raises(DataError, match="vectors_for_all takes a list of keys; got 'mon'"):
        WEEK.vectors_for_all("mon")


@pytest.mark.parametrize("text", ["a|b", " b ; a", "a||a"])
def test_texts_of_several_keys_are_refused_where_it_is_not_known_whether_cells_are_split(text):
    vectors = CategoryVectors(["a", "b"], [[1.0], [2.0]], name="tags", unknown=[5.0])
    with pytest.raises(
        DataError, match=r"Column 'tags': .* has no vector, but its parts '\w' and '\w' have, and these "
    ):
        vectors.vectors_for_all(["a", text])
    assert vectors.vectors_for_all(["a", text], allow_inference=False).index_to_key == ["a"]
    whole = CategoryVectors(
        vectors, vectors.vectors, unknown=[5.0], pooling=CellPooling(CategoricalColumn("tags", "tags"))
    )
    assert whole.vectors_for_all([text])[text].tolist() == [5]


def test_texts_with_parts_that_are_no_keys_are_unknown():
    vectors = CategoryVectors(["a", "b"], [[1.0], [2.0]], unknown=[5.0])
    others = ["a|z", "a|", "|", "a b", "a,b"]
    assert vectors.vectors_for_all(others).vectors.tolist() == [[5]] * 5


def test_vectors_found_by_hashes_are_not_inferred():
    pooling = CellPooling(CategoricalColumn("title", "title"), hashed=True)
    vectors = CategoryVectors(["nurse"], [[1.0]], name="title", unknown=[5.0], pooling=pooling)
    with pytest.raises(
        DataError, match=r"the vector of 'nurses', .* found by hashes\. Ask the estimator: vectors_of\('tit"
    ):
        vectors.vectors_for_all(["nurse", "nurses"])
    assert vectors.vectors_for_all(["nurse"]).index_to_key == ["nurse"]
    assert vectors.vectors_for_all(["nurse", "nurses"], allow_inference=False).index_to_key == ["nurse"]


def test_a_mean_may_leave_out_keys_without_a_vector():
    plain = {"pre_normalize": False}
    assert WEEK.mean_vector(["mon", "sun", "tue"], ignore_missing=True, **plain).tolist() == pytest.approx([1.4, 0.3])
    weighted = WEEK.mean_vector(["sun", "mon", "tue"], [5, 3, 1], ignore_missing=True, **plain)
    assert weighted.tolist() == pytest.approx([1.7, 0.15])
    with pytest.raises(UnknownKeyError):
        WEEK.mean_vector(["mon", "sun"])
    with pytest.raises(DataError):
        WEEK.mean_vector(["sun"], ignore_missing=True)
    with pytest.raises(DataError):
        WEEK.mean_vector(["mon", "tue"], [1, 2, 3], ignore_missing=True)
