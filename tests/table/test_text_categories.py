import numpy as np
import pyarrow as pa
import pytest

from tabemb.table import text_categories
from tabemb.table.text_categories import TextCategories, as_text, text_array


def held(n):
    return TextCategories(text_array([f"k{place}" for place in range(n)]))


def test_few_cells_are_found_without_a_hash_table_of_all_categories(monkeypatch):
    many = held(20_000)
    monkeypatch.setattr(text_categories.pc, "index_in", None)
    for n in (1, 2000):
        assert many.find(text_array(["no", None, *(f"k{place}" for place in range(n))])).tolist() == [-1, -1, *range(n)]
    with pytest.raises(TypeError):
        many.find(text_array([f"k{place}" for place in range(4000)]))


def test_many_cells_are_found_by_arrow():
    many = held(1000)
    assert many.find(text_array([f"k{place}" for place in range(500)])).tolist() == list(range(500))
    assert "_hashes" not in vars(many)


@pytest.mark.parametrize("n_cells", [3, 30], ids=["a handful", "more"])
def test_texts_with_the_same_hash_are_distinguished(monkeypatch, n_cells):
    monkeypatch.setattr(text_categories, "hash", lambda text: len(text or ""), raising=False)
    categories = held(1000)
    cells = [*(f"k{place}" for place in range(100, 100 + n_cells)), "k1000", "z99", "longer", None]
    assert categories.find(text_array(cells)).tolist() == [*range(100, 100 + n_cells), -1, -1, -1, -1]


def test_hashes_are_computed_in_chunks(monkeypatch):
    monkeypatch.setattr(text_categories, "_CHUNK", 7)
    assert held(100).find(text_array(["k99", "k0", "k7"])).tolist() == [99, 0, 7]


def test_the_first_duplicate_text():
    assert TextCategories(text_array(["a", "b", "c", "b", "a"])).first_duplicate() == "a"
    assert TextCategories(text_array(["a", "c", "b", "b"])).first_duplicate() == "b"
    assert TextCategories(text_array([])).first_duplicate() is None


def test_no_text_at_all():
    empty = TextCategories(text_array([]))
    assert (len(empty), empty.keys(), empty.families) == (0, [], frozenset())
    assert empty.find(text_array(["a", None])).tolist() == [-1, -1]
    assert empty.find(text_array(["a"] * 100)).tolist() == [-1] * 100


def test_some_keys():
    assert held(5).at(np.array([4, 0])) == ["k4", "k0"]


def test_other_cells_are_not_text():
    assert held(5).find(pa.array([b"k1"], pa.large_binary())).tolist() == [-1]
    assert held(5).find_keys([b"k1", 1, "k1", "\ud800"]).tolist() == [-1, -1, 1, -1]


def test_lone_surrogates_cannot_be_arrow_text():
    assert as_text("\ud800") is None
    with pytest.raises(UnicodeError):
        text_array(["\ud800"])
