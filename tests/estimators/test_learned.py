"""The mapping from column to learned vectors."""

import copy
import re

import numpy as np
import pandas as pd
import pytest

from tabemb import CategoryVectors, EmbeddingClassifier, EmbeddingStore
from tabemb.estimators.learned import LearnedVectors
from tabemb.exceptions import ColumnError
from tabemb.vectors.sampling_noise import SamplingNoise


def test_vectors_are_mapped_by_embedded_column(classifier, flights):
    vectors = classifier.vectors_
    assert list(vectors) == ["dest", "carrier"]
    assert len(vectors) == 2
    assert isinstance(vectors["dest"], CategoryVectors)
    assert vectors["dest"].name == "dest"
    assert set(vectors["dest"]) == set(flights["dest"])
    assert vectors["dest"].counts.tolist() == flights["dest"].value_counts().tolist()
    assert repr(vectors) == "LearnedVectors(dest: 6 x 4, carrier: 3 x 3)"


def test_vectors_are_the_rows_of_the_network(classifier):
    dest = classifier.vectors_["dest"]
    table = classifier.network_.get_layer("dest_embedding").embeddings.numpy()
    assert np.array_equal(dest.missing, table[0])
    assert np.array_equal(dest.unknown, table[1])
    assert np.array_equal(dest.vectors, table[2:])
    assert np.array_equal(dest[dest.index_to_key[3]], table[5])


def test_a_deep_copy_shares_the_networks(classifier):
    vectors = classifier.vectors_
    assert copy.deepcopy([vectors])[0] is vectors


def test_an_unknown_column_is_refused_with_the_nearest_name(classifier):
    message = (
        "No vectors were learned for a column 'dset'. Columns with vectors: ['dest', 'carrier']. Did you mean 'dest'?"
    )
    with pytest.raises(ColumnError, match=re.escape(message)):
        classifier.vectors_["dset"]
    assert "hour" not in classifier.vectors_


def test_a_one_hot_column_says_how_to_get_vectors(flights, late, quick, untrained):
    with untrained():
        vectors = EmbeddingClassifier(**quick, one_hot_max_categories=3).fit(flights, late).vectors_
    assert list(vectors) == ["dest"]
    message = "Its 3 categories are one-hot encoded. Set one_hot_max_categories=0 to learn vectors for columns with few"
    with pytest.raises(ColumnError, match=re.escape(message)):
        vectors["carrier"]


def test_learned_vectors_are_an_embedding_store(classifier, flights, tmp_path):
    vectors = classifier.vectors_
    assert isinstance(vectors, EmbeddingStore)
    found = vectors.lookup(flights.head(5))
    wanted = vectors["dest"][flights["dest"].head(5)]
    np.testing.assert_array_equal(found[[f"dest_emb{place}" for place in range(4)]], wanted)
    assert vectors.most_similar("dest", "IAH", topn=2) == vectors["dest"].most_similar("IAH", topn=2)
    vectors.save(tmp_path / "vectors")
    assert EmbeddingStore.load(tmp_path / "vectors") == vectors


def test_vectors_have_the_noise_of_their_column(classifier):
    noise = SamplingNoise(np.eye(classifier.vectors_["dest"].dim), rows=20.0, exponent=-1.0, n_refits=5)
    vectors = LearnedVectors(classifier._networks, classifier.encoder_.vocabularies, {"dest": noise})
    assert vectors["dest"].noise is noise
    assert vectors["carrier"].noise is None
    assert vectors["dest"].with_noise(None) == classifier.vectors_["dest"]


def test_a_numeric_column_is_named_as_such(untrained):
    X = pd.DataFrame({"dest": [f"d{n % 9}" for n in range(40)], "hours": np.arange(40.0)})
    with untrained():
        model = EmbeddingClassifier(one_hot_max_categories=0, random_state=0).fit(X, np.arange(40) % 2)
    with pytest.raises(ColumnError, match=r"'hours'.*It was read as numbers\. .*name it in categorical="):
        model.vectors_["hours"]
