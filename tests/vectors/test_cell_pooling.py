"""The vectors of cells that hold several values."""

import numpy as np
import pytest

from tabemb.table.schema import CategoricalColumn
from tabemb.vectors.cell_pooling import CellPooling
from tabemb.vectors.key_index import KeyIndex

INDEX = KeyIndex(["b", "a", 7])
VECTORS = np.array([[1.0, 0.0], [0.0, 2.0], [4.0, 4.0]], np.float32)
UNKNOWN, MISSING = np.array([8.0, 8.0], np.float32), np.array([-1.0, -1.0], np.float32)


def pooled(cells, split="|", pooling="mean", query=None, missing=MISSING):
    reading = CellPooling(CategoricalColumn("tags", "tags", split=split, pooling=pooling), query)
    found = reading.pooled(cells, INDEX, VECTORS, UNKNOWN, missing)
    assert found.dtype == np.float32
    return found.tolist()


def test_values_are_pooled_and_others_are_unknown():
    assert pooled(["a|b", " b | a", "a|z", "z", "a"]) == [[0.5, 1], [0.5, 1], [4, 5], [8, 8], [0, 2]]
    assert pooled(["a|b"], pooling="sum") == [[1, 2]]


def test_words_are_found_in_lower_case():
    index, reading = KeyIndex(["sea", "sand"]), CellPooling(CategoricalColumn("text", "text", split="words"))
    found = reading.pooled(["Sand, sea!", "sea of fish"], index, VECTORS[:2], UNKNOWN)
    assert found[0].tolist() == [0.5, 1]
    np.testing.assert_allclose(found[1], [17 / 3, 16 / 3], rtol=1e-6)


def test_cells_without_values_are_missing():
    assert pooled(["|", "a"]) == [[-1, -1], [0, 2]]
    assert pooled(["|"], missing=None) == [[8, 8]]


def test_learned_weights_are_applied():
    query = np.array([10.0, 0.0], np.float32)
    np.testing.assert_allclose(pooled(["a|b"], pooling="attention", query=query), [[1, 0]], atol=1e-3)


@pytest.mark.parametrize("split", [None, "values"])
def test_cells_that_are_not_texts_of_several_values_stay_whole(split):
    assert pooled([7], split=split) == [[4, 4]]
    assert pooled(["a|b"], split=split) == [[8, 8]]
