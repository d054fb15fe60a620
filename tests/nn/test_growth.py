"""Networks for vocabularies that have grown."""

import numpy as np
import pytest

from tabemb.nn.bodies import BODIES
from tabemb.nn.embedding import FeatureSpec, HeldRows, OneHotSpec, TableSpec
from tabemb.nn.growth import grown_network, grown_rows
from tabemb.nn.network import Network, NetworkSpec
from tabemb.nn.numeric import Standardized
from tabemb.table.encoded_table import EncodedTable

ROWS = EncodedTable(
    np.stack([np.arange(12) % 5, np.arange(12) % 4, np.arange(12) % 3], axis=1).astype(np.int32),
    np.random.default_rng(0).normal(size=(12, 1)).astype(np.float32),
)


def network_of(body, rate=1.0):
    dest = FeatureSpec(
        name="dest", position=0, table=TableSpec(name="dest", vocabulary_size=5, embedding_dim=32, rate=rate)
    )
    one_hot = tuple(
        OneHotSpec(name=name, position=at, vocabulary_size=size) for name, at, size in (("a", 1, 4), ("b", 2, 3))
    )
    return Network(
        NetworkSpec(
            features=(dest,),
            one_hot=one_hot,
            n_numbers=1,
            n_outputs=2,
            body=BODIES[body](),
            numeric=Standardized(),
            seed=3,
        )
    )


@pytest.mark.parametrize("body", list(BODIES))
def test_known_rows_are_predicted_the_same_and_new_ones_as_what_they_start_from(body):
    small = network_of(body)
    large = grown_network(small, {0: 7, 1: 6, 2: 3}, lambda position, rows, are_vectors: rows[[1, 2]])
    np.testing.assert_allclose(large.logits(ROWS), small.logits(ROWS), rtol=1e-6, atol=1e-6)
    new = EncodedTable(ROWS.indices.copy(), ROWS.numbers)
    as_unknown = EncodedTable(ROWS.indices.copy(), ROWS.numbers)
    new.indices[:, :2], as_unknown.indices[:, :2] = (5, 4), 1
    np.testing.assert_allclose(large.logits(new), small.logits(as_unknown), rtol=1e-6, atol=1e-6)
    new.indices[:, :2], as_unknown.indices[:, :2] = (6, 5), 2
    np.testing.assert_allclose(large.logits(new), small.logits(as_unknown), rtol=1e-6, atol=1e-6)


def test_rates_and_frozen_rows_are_kept():
    small = network_of("mlp", rate=2.5)
    table = small.spec.features[0].table
    small.held[table] = HeldRows(which=np.array([True, False, True, False, False]), n_epochs=4)
    asked = []
    large = grown_network(small, {0: 6, 1: 4, 2: 3}, lambda *each: asked.append((each[0], each[2])) or each[1][:1])
    (grown,) = large.held
    assert (grown.rate, grown.vocabulary_size) == (2.5, 6)
    assert large.held[grown].which.tolist() == [True, False, True, False, False, False]
    assert large.held[grown].n_epochs == 4
    # Only columns with new categories are asked for rows.
    assert asked == [(0, True)]
    assert list(small.held) == [table]
    assert small.vectors(small.spec.features[0]).shape == (5, 32)


def test_a_vocabulary_cannot_shrink():
    with pytest.raises(ValueError, match="A vocabulary cannot shrink: column 0 has 5 rows, 1 too many"):
        grown_network(network_of("mlp"), {0: 4, 1: 4, 2: 3}, lambda position, rows, are_vectors: rows[:0])


def test_masks_grow():
    assert grown_rows(np.array([True, False]), 2).tolist() == [True, False]
    assert grown_rows(np.array([False, False]), 3).tolist() == [False, False, False]
