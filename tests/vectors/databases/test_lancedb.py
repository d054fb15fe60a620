"""LanceDB: searches by its own client."""

import random
import shutil

import numpy as np
import pytest

from tabemb.exceptions import DatabaseError, TabembError
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


def test_any_damage_to_a_database_is_noticed_or_without_effect(tmp_path):
    """Whatever LanceDB raises, and also if its Rust code panics."""
    vectors = CategoryVectors(list("abcd"), np.eye(4), [4, 3, 2, 1], name="c")
    push(vectors, f"lancedb:{tmp_path}/whole")
    files = sorted(path for path in (tmp_path / "whole").rglob("*") if path.is_file())
    generator, messages = random.Random(0), []
    for number in range(60):
        folder = tmp_path / f"{number}"
        shutil.copytree(tmp_path / "whole", folder)
        path = folder / generator.choice(files).relative_to(tmp_path / "whole")
        raw = bytearray(path.read_bytes())
        for _ in range(generator.randrange(1, 4)):
            raw[generator.randrange(len(raw))] ^= 1 << generator.randrange(8)
        path.write_bytes(raw if generator.random() < 0.7 else raw[: generator.randrange(len(raw))])
        try:
            assert pull(f"lancedb:{folder}", "c") == vectors
        except TabembError as error:
            messages.append(str(error))
    assert messages


@pytest.mark.parametrize(
    "error", [KeyError("vector"), TypeError("x"), AttributeError("y"), OSError(28, "No space left")]
)
def test_any_error_of_the_client_is_converted(tmp_path, monkeypatch, error):
    push(CategoryVectors(["a"], [[1.0, 2.0]], name="c"), f"lancedb:{tmp_path}/vectors")

    def fail(*args, **options):
        raise error

    monkeypatch.setattr(lancedb.db.LanceDBConnection, "open_table", fail)
    with pytest.raises(DatabaseError, match=r"vectors: LanceDB failed \(.*(vector|x|y|No space left).*\)\.$"):
        pull(f"lancedb:{tmp_path}/vectors", "c")
