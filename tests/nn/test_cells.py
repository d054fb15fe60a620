"""The network and the loss of hidden cells."""

import keras
import numpy as np
import pytest
from keras import ops

from tabemb.nn.cells import CellPredictor, CellTask
from tabemb.nn.embedding import FeatureSpec, TableSpec
from tabemb.nn.network import Network, NetworkSpec
from tabemb.nn.numeric import Standardized

rng = np.random.default_rng(0)


def shares(size):
    return np.r_[0.0, 0.0, rng.dirichlet(np.ones(size))]


def test_queries_and_vectors_are_side_by_side():
    dest, carrier = (TableSpec(name=name, vocabulary_size=6, embedding_dim=dim) for name, dim in (("d", 3), ("c", 2)))
    features = tuple(
        FeatureSpec(name=f"{place}", position=place, table=table)
        for place, table in enumerate((dest, carrier, dest, carrier))
    )
    body = CellPredictor(inputs=(0, 2), predicted=(1, 3), n_bins=4, hidden_units=(8,), dropout=0.0)
    spec = NetworkSpec(features=features, n_numbers=1, n_outputs=14, body=body, numeric=Standardized(), seed=0)
    # Columns of the same dimension are adjacent.
    assert [each.name for each in spec.embedded] == ["0", "2", "1", "3"]
    network = Network(spec)
    indices, numbers = np.array([[2, 3, 4, 5]], np.int32), np.ones((1, 1), np.float32)
    logits = ops.convert_to_numpy(network.model({"indices": indices, "numbers": numbers}))
    assert logits.shape == (1, 14)
    # The places 1 and 3 are the second column of dest and the second of carrier.
    assert np.array_equal(logits[0, 3:6], network.vectors(features[2])[4])
    assert np.array_equal(logits[0, 8:10], network.vectors(features[3])[5])


def test_with_all_categories_in_the_batch_the_loss_is_that_of_a_full_softmax():
    p = np.r_[0.0, 0.0, np.full(4, 0.25)]
    codes = np.tile(np.arange(2, 6), 100)
    table, query = rng.normal(size=(6, 3)).astype("float32"), rng.normal(size=(400, 3)).astype("float32")
    task = CellTask((3,), (p,), (), 1.0)
    targets = np.column_stack([codes, np.ones(400, int)]).astype("int32")
    found = ops.convert_to_numpy(task.training_loss(targets, np.hstack([query, table[codes]])))
    scores = query @ table[2:].T
    full = np.log(np.exp(scores).sum(axis=1)) - scores[np.arange(400), codes - 2]
    assert found == pytest.approx(full / np.log(4), rel=1e-4)


def test_the_sampled_loss_is_near_that_of_a_full_softmax_on_average():
    p, dim = shares(300), 4
    table = rng.normal(size=(302, dim), scale=0.5).astype("float32")
    task, sums = CellTask((dim,), (p,), (), 1.0), []
    for _ in range(40):
        codes = rng.choice(302, 128, p=p)
        query = rng.normal(size=(128, dim)).astype("float32")
        targets = np.column_stack([codes, np.ones(128, int)]).astype("int32")
        found = ops.convert_to_numpy(task.training_loss(targets, np.hstack([query, table[codes]])))
        scores = query @ table[2:].T
        full = np.log(np.exp(scores).sum(axis=1)) - scores[np.arange(128), codes - 2]
        sums.append((found.mean() * -(p[2:] * np.log(p[2:])).sum(), full.mean()))
    sampled, full = np.mean(sums, axis=0)
    assert sampled == pytest.approx(full, rel=0.05)


def test_visible_cells_do_not_count():
    task = CellTask((3,), (shares(4),), (np.array([0.5, 0.5]),), 0.5)
    logits = rng.normal(size=(8, 8)).astype("float32")
    codes = np.column_stack([rng.integers(2, 6, 8), rng.integers(0, 2, 8)])
    none = np.hstack([codes, np.zeros((8, 2), int)]).astype("int32")
    assert not ops.convert_to_numpy(task.training_loss(none, logits)).any()
    number = np.hstack([codes, np.tile([0, 1], (8, 1))]).astype("int32")
    picked = logits[np.arange(8), 6 + codes[:, 1]]
    wanted = (np.log(np.exp(logits[:, 6:]).sum(axis=1)) - picked) / np.log(2) / (0.5 * 2)
    assert ops.convert_to_numpy(task.training_loss(number, logits)) == pytest.approx(wanted, rel=1e-5)


def test_nothing_known_explains_nothing():
    p = np.r_[0.0, 0.0, 0.25, 0.25, 0.5]
    codes = rng.choice(5, 4000, p=p)
    logits = np.hstack([np.zeros((4000, 1)), np.log(p[codes])[:, None]]).astype("float32")
    logits[:, 0] = 1.0
    task = CellTask((1,), (p,), (), 1.0)
    targets = np.column_stack([codes, np.ones(4000, int)]).astype("int32")
    assert task.score(targets, task.activate(logits)) == pytest.approx(0.0, abs=0.02)
    assert task.loss(targets, logits).shape == (4000,)


def test_tasks_with_other_shares_do_not_share_a_compiled_loss():
    one, two = shares(5), shares(5)
    assert CellTask((2,), (one,), (), 0.3).loss_key() == CellTask((2,), (one.copy(),), (), 0.3).loss_key()
    assert CellTask((2,), (one,), (), 0.3).loss_key() != CellTask((2,), (two,), (), 0.3).loss_key()


def test_a_perceptron_needs_valid_parameters():
    with pytest.raises(ValueError, match="dropout"):
        CellPredictor(inputs=(0,), predicted=(0,), dropout=1.0).build(None, 1, None)
    assert keras.backend.backend() == "tensorflow"
