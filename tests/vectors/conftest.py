"""Vectors that several tests query."""

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


@pytest.fixture(scope="session")
def fit_to_rows():
    """Return a function that draws rows around true vectors, and returns the fit to them and the refits without a fold.

    The vector of a category is the mean of its rows, so that the noise is known: ``spread ** 2 / counts``.
    """

    def fit(true, counts, spread, seed, n_refits=5):
        rng, true = np.random.default_rng(seed), np.asarray(true, float)
        whole, parts = np.empty(true.shape), np.empty((n_refits, *true.shape))
        for i, count in enumerate(counts):
            rows = true[i] + np.asarray(spread) * rng.normal(size=(count, true.shape[1]))
            fold = rng.permutation(count) % n_refits
            whole[i] = rows.mean(axis=0)
            parts[:, i] = [rows[fold != each].mean(axis=0) for each in range(n_refits)]
        matrices = [CategoryVectors(range(len(true)), each, counts, name="stop") for each in (whole, *parts)]
        return matrices[0], matrices[1:]

    return fit
