"""Vectors that several tests ask."""

from typing import Any

import numpy as np
import pytest

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


@pytest.fixture
def words_in_both() -> tuple[CategoryVectors, Any]:
    """The same words and vectors, ours and in gensim."""
    models = pytest.importorskip("gensim.models", reason="gensim is not installed")
    keys, rows = [f"w{i}" for i in range(200)], np.random.default_rng(0).normal(size=(200, 10)).astype("f4")
    theirs = models.KeyedVectors(10)
    theirs.add_vectors(keys, rows)
    return CategoryVectors(keys, rows), theirs
