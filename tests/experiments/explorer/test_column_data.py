"""What the page is told of a column, and what 16 bits a number cost."""

import base64
import datetime as dt
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabemb.experiments.explorer import column_data as module
from tabemb.experiments.explorer.column_data import column_data, labels_of, to_int16
from tabemb.experiments.explorer.neighbors_kept import neighbors_kept
from tabemb.vectors import CategoryVectors
from tabemb.vectors.similarity import unit_rows


def array(text, dtype):
    return np.frombuffer(base64.b64decode(text), dtype)


@pytest.fixture(scope="module")
def told(towns):
    return json.loads(json.dumps(column_data("town", towns)))


@pytest.fixture
def without_tsne(monkeypatch):
    monkeypatch.setattr(module, "MAX_TSNE_CATEGORIES", 0)


def test_the_data_of_a_column(told, towns):
    assert told["labels"] == towns.index_to_key
    assert (told["name"], told["kinds"], told["dim"], told["texts"]) == ("town", "text", 8, {})
    assert told["counts"] == list(range(900, 600, -1))
    assert told["frequent"] is None
    stored = array(told["vectors"], "<i2").reshape(300, 8).astype(float)
    np.testing.assert_allclose(unit_rows(stored), unit_rows(towns.vectors), atol=5e-5)
    groups = array(told["groups"], "u1")
    assert len(groups) == 300
    # The regions that the towns were made in.
    assert sorted({(group, row % 4) for row, group in enumerate(groups.tolist())}) == sorted(
        {(groups[region], region) for region in range(4)}
    )
    assert told["group_names"] == ["town 0, town 4, …", "town 1, town 5, …", "town 2, town 6, …", "town 3, town 7, …"]


def test_rows_that_are_not_in_the_order_of_their_counts_are_ordered():
    vectors = CategoryVectors(["a", "b", "c", "d"], np.eye(4), [3, 7, 7, 1], name="letter")
    assert json.loads(json.dumps(column_data("letter", vectors)))["frequent"] == [1, 2, 0, 3]
    assert column_data("letter", CategoryVectors(["a", "b"], np.eye(2), name="letter"))["frequent"] is None


def test_maps_lie_between_minus_one_and_one_and_keep_their_shape(told):
    assert [each["name"] for each in told["maps"]] == ["PCA", "t-SNE"]
    for each in told["maps"]:
        places = array(each["places"], "<f4").reshape(300, 2)
        assert np.abs(places).max() == pytest.approx(1)
        np.testing.assert_allclose(places.max(axis=0), -places.min(axis=0), atol=1e-6)


@pytest.mark.usefixtures("without_tsne")
def test_neighbors_have_a_confidence(sure, monkeypatch):
    confidence = json.loads(json.dumps(column_data("sure", sure)))["confidence"]
    assert (confidence["k"], confidence["width"]) == (10, 10)
    percents = array(confidence["percents"], "u1").reshape(300, 10)
    np.testing.assert_array_equal(percents.ravel(), np.round(100 * sure.neighbors_frame(10)["confidence"]))
    monkeypatch.setattr(module, "MAX_CONFIDENCE_CATEGORIES", 7)
    assert len(array(column_data("sure", sure)["confidence"]["percents"], "u1")) == 7 * 10


@pytest.mark.usefixtures("without_tsne")
def test_columns_with_few_categories_have_a_confidence(sure):
    few = CategoryVectors("abcde", sure.vectors[:5], [9] * 5, noise=sure.noise)
    confidence = column_data("few", few)["confidence"]
    assert (confidence["k"], confidence["width"]) == (2, 4)
    one = CategoryVectors("a", sure.vectors[:1], [9], noise=sure.noise)
    assert column_data("one", one)["confidence"] is None


@pytest.mark.usefixtures("without_tsne")
def test_neighbors_by_chance_have_a_warning_and_no_confidence(told, chance, sure):
    by_chance = column_data("chance", chance)
    assert by_chance["warning"] == chance.reliability().warning("chance")
    assert by_chance["confidence"] is None
    assert column_data("sure", sure)["warning"] == told["warning"] == ""
    assert told["confidence"] is None


def test_typed_keys_keep_their_text_and_kind():
    told = column_data("x", CategoryVectors(["1", 1, "a"], np.eye(3)))
    assert told["labels"] == ["1 (text)", "1 (number)", "a"]
    assert told["names"] == {}
    assert told["texts"] == {0: "1", 1: "1"}
    assert told["kinds"] == ["text", "number", "text"]
    assert told["counts"] is None


def test_numbers_with_names_are_labeled_by_them():
    films = CategoryVectors([7, 8, 9, 10], np.eye(4))
    told = column_data("film", films, ["Alien", "Twin", "Twin", ""])
    assert told["titled"] is True
    assert told["labels"] == ["Alien", "Twin (8)", "Twin (9)", "10"]
    assert told["texts"] == {0: "7", 1: "8", 2: "9"}
    assert told["names"] == {0: "7", 1: "8", 2: "9"}
    assert told["kinds"] == "number"
    assert all(each.split(",")[0].rstrip("…. ") in told["labels"] for each in told["group_names"])
    # Few names, codes that are text, and on request: by the keys.
    assert column_data("film", films, ["Alien", "", "", ""])["labels"] == ["7", "8", "9", "10"]
    assert column_data("film", films, ["Alien", "Twin", "Rope", ""], titled=False)["names"] == {
        0: "Alien",
        1: "Twin",
        2: "Rope",
    }
    airports = CategoryVectors(["JFK", "LGA"], np.eye(2))
    assert column_data("dest", airports, ["Kennedy", "La Guardia"])["labels"] == ["JFK", "LGA"]
    assert column_data("dest", airports, ["Kennedy", "La Guardia"], titled=True)["names"] == {0: "JFK", 1: "LGA"}


@pytest.mark.parametrize("vectors", [[[1.0, 2.0]], [[1.0], [2.0], [-3.0]], np.ones((4, 3)), np.zeros((6, 2))])
def test_small_and_unusual_columns(vectors):
    told = column_data("x", CategoryVectors(range(len(vectors)), vectors))
    json.dumps(told, allow_nan=False)
    assert told["maps"][0]["name"] == "PCA"


def test_captions_say_what_the_map_keeps(told, towns):
    pca, tsne = (each["about"] for each in told["maps"])
    variance = np.linalg.svd(towns.vectors - towns.vectors.mean(axis=0), compute_uv=False) ** 2
    first, second, *_ = variance / variance.sum()
    assert pca.startswith(f"PCA, first component: {first:.0%} of the variance; second component: {second:.0%}. ")
    for about, each in zip((pca, tsne), told["maps"], strict=True):
        kept, k = neighbors_kept(towns.vectors, array(each["places"], "<f4").reshape(300, 2))
        assert about.endswith(
            f". {kept:.0%} of the {k} nearest neighbors by cosine are among the {k} nearest on this map (by chance 3%)."
        )
    assert tsne.startswith("t-SNE, perplexity 30: neighbors are close together; large distances mean little. ")


def test_a_column_too_small_for_tsne_has_no_map_of_that_name():
    # Three directions: t-SNE would be PCA under another name.
    vectors = np.tile(np.eye(3), (4, 1))
    assert [each["name"] for each in column_data("x", CategoryVectors(range(12), vectors))["maps"]] == ["PCA"]
    one = column_data("x", CategoryVectors(["a"], [[1.0, 2.0]]))
    assert "neighbors" not in one["maps"][0]["about"]


def test_large_columns_have_no_map_by_neighbors(monkeypatch):
    monkeypatch.setattr(module, "MAX_TSNE_CATEGORIES", 9)
    vectors = np.random.default_rng(0).normal(size=(10, 3))
    assert [each["name"] for each in column_data("x", CategoryVectors(range(10), vectors))["maps"]] == ["PCA"]
    assert len(column_data("x", CategoryVectors(range(9), vectors[:9]))["maps"]) == 2


def test_sixteen_bits_cost_less_than_a_ten_thousandth_of_a_cosine():
    vectors = np.random.default_rng(0).normal(size=(500, 32)).astype(np.float32) * 1e-3
    exact, stored = unit_rows(vectors.astype(float)), unit_rows(to_int16(vectors).astype(float))
    assert np.abs(exact @ exact.T - stored @ stored.T).max() < 1e-4


def test_the_nearest_ten_of_a_real_column_are_the_same(shared_data):
    words = shared_data("glove100_small").set_index("word").head(3000)
    vectors = CategoryVectors(words.index, words.to_numpy(np.float32))
    stored = CategoryVectors(words.index, to_int16(vectors.vectors).astype(np.float32))
    asked = words.index[::20]
    near = [[key for key, _ in each.most_similar(word)] for word in asked for each in (vectors, stored)]
    assert np.mean([one == two for one, two in zip(near[::2], near[1::2], strict=True)]) > 0.95


def test_keys_are_shown_as_their_text():
    assert labels_of(["JFK", "New York", 7, 1.5, dt.date(2013, 1, 31)]) == ["JFK", "New York", "7", "1.5", "2013-01-31"]


def test_keys_with_the_same_text_are_labeled_by_type():
    assert labels_of(["1", 1, "True", True, "x"]) == ["1 (text)", "1 (number)", "True (text)", "True (bool)", "x"]


def test_a_key_that_looks_like_such_a_label_is_numbered():
    assert labels_of(["1 (text)", "1", 1]) == ["'1 (text)'", "'1'", "1 (number)"]


def test_invisible_characters_are_shown():
    assert labels_of(["", " ", "a\nb", "a\tb", "a\r\nc"]) == ["(blank)", "(blank, 1)", "a↵b", "a⇥b", "a↵c"]
    assert len(set(labels_of(["", "(blank)", "a\nb", "a↵b"]))) == 4


@given(st.lists(st.text("ab1 ()'\n↵", max_size=6) | st.integers(0, 3) | st.sampled_from(["1 (text)", "''"])))
def test_no_two_labels_are_the_same_and_none_is_empty(keys):
    keys = list(dict.fromkeys(keys))
    labels = labels_of(keys)
    assert len(labels) == len(set(labels)) == len(keys)
    assert all(labels)
