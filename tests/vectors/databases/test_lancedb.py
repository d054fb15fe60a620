"""LanceDB: searches by its own client."""

import numpy as np
import pytest

from tabemb.exceptions import DatabaseError
from tabemb.vectors import CategoryVectors
from tabemb.vectors.databases import pull, push

lancedb = pytest.importorskip("lancedb", reason="lancedb is not installed")


def search(folder, column, vector, metric, n):
    table = lancedb.connect(folder).open_table(f"tabemb_{column}")
    return [row["key"] for row in table.search(vector).distance_type(metric).limit(n).to_list()]


@pytest.fixture
def many():
    rng = np.random.default_rng(0)
    return CategoryVectors([f"k{i}" for i in range(500)], rng.normal(size=(500, 12)), name="c")


def test_a_search_returns_what_most_similar_returns(many, tmp_path):
    push(many, f"lancedb:{tmp_path}/vectors")
    for key in many.index_to_key[:20]:
        # The nearest of all is the category itself.
        found = search(tmp_path / "vectors", "c", many[key], "cosine", 11)
        assert found == [key, *(near for near, _ in many.most_similar(key, topn=10))]


def test_a_search_by_dot_product_and_by_distance(many, tmp_path):
    push(many, f"lancedb:{tmp_path}/vectors")
    query = many["k7"]
    by_dot = np.argsort(-(many.vectors @ query))[:10]
    by_distance = np.argsort(np.linalg.norm(many.vectors - query, axis=1))[:10]
    assert search(tmp_path / "vectors", "c", query, "dot", 10) == [many.index_to_key[i] for i in by_dot]
    assert search(tmp_path / "vectors", "c", query, "l2", 10) == [many.index_to_key[i] for i in by_distance]


def test_a_zero_vector_is_stored_but_not_found_by_cosine(tmp_path):
    vectors = CategoryVectors(["a", "zero", "b"], [[1.0, 0.0], [0.0, 0.0], [-1.0, 0.1]], name="c")
    push(vectors, f"lancedb:{tmp_path}/vectors")
    assert search(tmp_path / "vectors", "c", vectors["a"], "cosine", 10) == ["a", "b"]
    assert pull(f"lancedb:{tmp_path}/vectors", "c") == vectors


def test_a_damaged_table_is_an_error(tmp_path):
    push(CategoryVectors(["a"], [[1.0, 2.0]], name="c"), f"lancedb:{tmp_path}/vectors")
    for path in (tmp_path / "vectors" / "tabemb_c.lance" / "data").iterdir():
        path.write_bytes(b"")
    with pytest.raises(DatabaseError, match=r"vectors: LanceDB failed \("):
        pull(f"lancedb:{tmp_path}/vectors", "c")
