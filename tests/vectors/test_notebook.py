"""What notebooks show of vectors."""

import re
from html import escape

import numpy as np
import pytest

from tabemb.exceptions import FormatError
from tabemb.vectors import CategoryVectors, notebook
from tabemb.vectors.sampling_noise import SamplingNoise
from tabemb.vectors.store import EmbeddingStore


def cells(page):
    """The texts of the cells of the first table, row by row."""
    rows = re.findall(r"<tr>(.*?)</tr>", page)
    return [[re.sub(r"<[^>]+>", "", cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)] for row in rows]


@pytest.fixture
def months():
    return CategoryVectors([1, 2], [[1.0, 0.0, 0.5], [0.5, 1.0, 0.0]], name="month")


def clusters(spread):
    """Return 20 categories in two clusters, with noise of this variance."""
    rng = np.random.default_rng(0)
    points = np.repeat([[1.0, 0.0], [0.0, 1.0]], 10, axis=0) + rng.normal(size=(20, 2)) / 100
    noise = SamplingNoise(np.eye(2) * spread, rows=5.0, exponent=-1.0, n_refits=5)
    return CategoryVectors([f"c{i}" for i in range(20)], points, np.arange(40, 20, -1), name="stop", noise=noise)


def test_the_most_frequent_categories_with_their_neighbors(airports):
    page = airports._repr_html_()
    assert "CategoryVectors dest" in page
    assert "4 categories x 2 · 18 rows · vectors for unknown and missing cells" in page
    head, *rows = cells(page)
    assert head == ["category", "rows", "nearest: cosine"]
    assert [row[:2] for row in rows] == [["JFK", "9"], ["LGA", "5"], ["SFO", "3"], ["OAK", "1"]]
    for key, _, near in rows:
        expected = [f"{other} {cosine:.2f}" for other, cosine in airports.most_similar(key, topn=3)]
        assert near == " ".join(expected)
    assert "most frequent of" not in page


def test_frequency_decides_and_not_the_order():
    vectors = CategoryVectors(range(12), np.eye(12), counts=range(12))
    page = vectors._repr_html_()
    assert [row[0] for row in cells(page)[1:]] == ["11", "10", "9", "8", "7", "6", "5", "4"]
    assert "The 8 most frequent of 12 categories." in page
    page = CategoryVectors(range(12), np.eye(12))._repr_html_()
    assert [row[0] for row in cells(page)] == ["category", *map(str, range(8))]
    assert "The first 8 of 12 categories." in page


def test_confidence_is_that_of_the_queries():
    vectors = clusters(1e-4)
    page = vectors._repr_html_()
    near = vectors.neighbors_frame(3, n_categories=1)
    expected = [f"{row.neighbor} {row.cosine:.2f}, {100 * row.confidence:.0f} %" for row in near.itertuples()]
    assert cells(page)[1][2] == " ".join(expected)
    known = vectors.reliability()
    assert cells(page)[0][2] == "nearest: cosine, confidence"
    assert f"In all, {100 * known.share:.0f}&nbsp;% of the {known.k} nearest come back, " in page


def test_one_sentence_instead_of_neighbors_where_the_column_says_nothing():
    vectors = clusters(1e6)
    assert vectors.reliability().by_chance
    page = vectors._repr_html_()
    assert cells(page)[0] == ["category", "rows"]
    assert page.count("The neighbors of stop are no more stable than random ones") == 1
    assert "do not interpret them" in EmbeddingStore({"stop": vectors})._repr_html_()


@pytest.mark.parametrize("key", ["<script>alert(1)</script>", "<b>", 'a"b', "&amp;"])
def test_keys_and_names_are_escaped(key):
    vectors = CategoryVectors([key, "other"], [[1.0], [2.0]], [2, 1], name=key)
    for page in (vectors._repr_html_(), EmbeddingStore({key: vectors})._repr_html_()):
        assert escape(key) in page
        assert key not in page.replace(escape(key), "")


@pytest.mark.parametrize(
    "vectors",
    [
        CategoryVectors(["only"], [[1.0, 2.0]], [3]),
        CategoryVectors([], np.empty((0, 3))),
        CategoryVectors([], np.empty((0, 3)), []),
        CategoryVectors(["a", "b"], np.zeros((2, 2))),
        CategoryVectors([1, 1.5, True, b"x", ""], np.eye(5), [0, 0, 0, 0, 0]),
        CategoryVectors(["a", "b"], np.eye(2), [0, 0], noise=SamplingNoise(np.eye(2), 5.0, -1.0, 5)),
    ],
)
def test_few_and_odd_categories(vectors):
    shown = sorted(row[0] for row in cells(vectors._repr_html_())[1:])
    assert shown == sorted(escape(str(key) or "''") for key in vectors)
    assert "1 column<" in EmbeddingStore({"a": vectors})._repr_html_()


def test_a_look_at_many_categories_makes_no_second_array(airports, monkeypatch):
    monkeypatch.setattr(notebook, "MOST_SEARCHED", 3)
    page = notebook.vectors_html(airports, lambda: pytest.fail("searched"))
    assert cells(page)[0] == ["category", "rows"]
    assert "Neighbors of more than 3 categories: most_similar(key)." in page


def test_a_store_is_a_table_of_its_columns(airports, months):
    page = EmbeddingStore({"dest": airports, "month": months})._repr_html_()
    assert cells(page) == [
        ["column", "categories", "dimensions", "most frequent"],
        ["dest", "4", "2", "JFK, LGA, SFO, …"],
        ["month", "2", "3", ", ".join(map(str, months))],
    ]
    assert 'EmbeddingStore</span> <span class="quiet">2 columns' in page
    assert cells(EmbeddingStore({"stop": clusters(1e-4)})._repr_html_())[0][-1] == "neighbors in fits to other rows"


def test_an_empty_and_a_wide_store(airports):
    assert "0 columns" in EmbeddingStore({})._repr_html_()
    wide = EmbeddingStore({f"c{i}": airports for i in range(30)})
    page = wide._repr_html_()
    assert len(cells(page)) == 21
    assert "The first 20 of 30 columns." in page
    assert repr(wide) == ("EmbeddingStore(" + ", ".join(f"c{i}: 4 x 2" for i in range(8)) + ", ... 22 more)")


def test_a_damaged_column_is_told_and_the_others_are_shown(airports):
    class Damaged(EmbeddingStore):
        def _vectors_of(self, column):
            if column == "b":
                raise FormatError("b.parquet is <damaged>")
            return super()._vectors_of(column)

    page = Damaged({"a": airports, "b": airports, "c": airports})._repr_html_()
    assert [row[:4] for row in cells(page)[1:]] == [
        ["a", "4", "2", "JFK, LGA, SFO, …"],
        ["b", "", "", "b.parquet is &lt;damaged&gt;"],
        ["c", "4", "2", "JFK, LGA, SFO, …"],
    ]


def test_keys_are_completed(airports, months):
    store = EmbeddingStore({"dest": airports, "month": months})
    assert store._ipython_key_completions_() == ["dest", "month"]
    assert store["dest"]._ipython_key_completions_() == ["JFK", "LGA", "SFO", "OAK"]
    assert airports.key_to_index._ipython_key_completions_() == ["JFK", "LGA", "SFO", "OAK"]
