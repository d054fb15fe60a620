"""From a column to an index and back."""

import numpy as np
import pytest

from tabemb.exceptions import FormatError, UnknownNameError
from tabemb.vectors import CategoryVectors
from tabemb.vectors.indexes import INDEXES
from tabemb.vectors.indexes.hnsw import Hnsw
from tabemb.vectors.metrics import METRICS


@pytest.fixture
def many():
    return CategoryVectors([f"k{i}" for i in range(300)], np.random.default_rng(0).normal(size=(300, 6)), name="dest")


@pytest.mark.parametrize("metric", sorted(METRICS))
@pytest.mark.parametrize("kind", sorted(INDEXES))
def test_an_index_answers_as_most_similar_does(many, kind, metric):
    keys, scores = many.index(kind, metric=metric).search(many.vectors[:20], topn=5)
    wanted = many.most_similar_batch(list(many.vectors[:20]), topn=5, metric=metric)
    # Three hundred rows are few enough for the graph to find them all.
    assert keys.tolist() == [[key for key, _ in each] for each in wanted]
    assert scores.tolist() == [[score for _, score in each] for each in wanted]


def test_keys_keep_their_types():
    vectors = CategoryVectors([1, "1", True], [[1.0, 0], [0, 1], [1, 1]])
    found = vectors.index().search([1.0, 0.2], topn=3).keys
    assert [(type(key), key) for key in found] == [(int, 1), (bool, True), (str, "1")]


def test_a_kind_is_a_name_with_parameters_or_an_object(many):
    assert many.index("hnsw").parameters == Hnsw(connectivity=16, expansion_add=64, expansion_search=64, threads=0)
    assert many.index("hnsw", connectivity=5).parameters == Hnsw(connectivity=5)
    assert many.index(Hnsw(expansion_search=9)).expansion_search == 9
    with pytest.raises(UnknownNameError, match=r"No index named 'hsnw'. Known: auto, exact, hnsw. Did you mean 'hnsw'"):
        many.index("hsnw")
    with pytest.raises(UnknownNameError, match="The index 'hnsw' does not take these parameters"):
        many.index("hnsw", ef=3)
    with pytest.raises(UnknownNameError, match="No metric named 'cos'"):
        many.index(metric="cos")


def test_an_index_is_read_back_with_its_own_vectors(many, tmp_path):
    many.index("hnsw", metric="dot", connectivity=7).save(tmp_path / "dest.hnsw")
    read = many.load_index(str(tmp_path / "dest.hnsw"))
    assert (read.metric, read.parameters.connectivity) == ("dot", 7)
    assert read.search(many["k3"], 1).keys.shape == (1,)
    with pytest.raises(FormatError, match="made from other vectors of the same size"):
        many._with_vectors(many.vectors + 1).load_index(tmp_path / "dest.hnsw")
