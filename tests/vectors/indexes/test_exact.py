"""The exact index."""

import numpy as np
import pytest

from tabemb.exceptions import DataError
from tabemb.vectors.indexes.exact import Exact
from tabemb.vectors.metrics import Euclidean


def test_exact_search_equals_sorting():
    rows = np.random.default_rng(0).normal(size=(2000, 4)).astype("f4")
    found = Exact().build(rows, np.arange(2000), Euclidean()).search(rows[:30], topn=8)
    distances = np.linalg.norm(rows[:30, None].astype("f8") - rows, axis=2)
    assert found.keys.tolist() == distances.argsort(axis=1)[:, :8].tolist()


def test_an_exact_index_cannot_be_saved(tmp_path):
    index = Exact().build(np.ones((1, 2), np.float32), np.arange(1), Euclidean())
    assert repr(index) == "ExactIndex(1 x 2, euclidean)"
    with pytest.raises(DataError, match="an index of kind 'exact' has no data besides its vectors"):
        index.save(tmp_path / "x")
    assert list(tmp_path.iterdir()) == []
