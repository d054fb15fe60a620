"""The index that fits the size."""

import sys

import numpy as np

from tabemb.vectors.indexes.auto import HNSW_FROM, Auto
from tabemb.vectors.indexes.exact import ExactIndex
from tabemb.vectors.indexes.hnsw import HnswIndex
from tabemb.vectors.metrics import Cosine


def built(n, **parameters):
    rows = np.random.default_rng(0).normal(size=(n, 2)).astype("f4")
    return type(Auto(**parameters).build(rows, np.arange(n), Cosine()))


def test_it_goes_by_the_number_of_rows():
    assert Auto().hnsw_from == HNSW_FROM
    assert built(30) is ExactIndex
    assert built(30, hnsw_from=31) is ExactIndex
    assert built(30, hnsw_from=30) is HnswIndex


def test_without_usearch_it_is_exact(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setitem(sys.modules, "usearch", None)
    assert built(30, hnsw_from=1) is ExactIndex
