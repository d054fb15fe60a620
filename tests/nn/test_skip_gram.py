"""The loss of skip-gram with negative sampling."""

import numpy as np
import pytest
from keras import ops

from tabemb.nn.embedding import FeatureSpec, TableSpec
from tabemb.nn.network import Network, NetworkSpec
from tabemb.nn.numeric import Standardized
from tabemb.nn.skip_gram import SkipGramTask, SkipGramVectors
from tabemb.training.negative_cells import Noise

rng = np.random.default_rng(0)
N_ROWS, DIM, NEGATIVES = 12, 4, 3


def task_of(counts, n_categories, n_negatives=NEGATIVES):
    noises = [Noise(np.array(each)) for each in counts]
    return SkipGramTask(
        n_categories,
        DIM,
        n_negatives,
        tuple(noise.log_odds(n_negatives) for noise in noises),
        tuple(noise.counts / noise.counts.sum() for noise in noises),
        tuple(noise.shares for noise in noises),
    )


def test_vectors_of_different_lengths_are_filled_up_in_order():
    dest, other = (TableSpec(name=name, vocabulary_size=6, embedding_dim=dim) for name, dim in (("d", 2), ("c", 3)))
    features = tuple(
        FeatureSpec(name=str(place), position=place, table=table) for place, table in enumerate((other, dest, other))
    )
    spec = NetworkSpec(
        features=features, n_outputs=9, body=SkipGramVectors(places=(2, 0, 1), dim=3), numeric=Standardized(), seed=0
    )
    network = Network(spec)
    logits = ops.convert_to_numpy(network.model({"indices": np.array([[2, 3, 4]], np.int32)}))
    # The third place is that of dest, since columns of the same dimension are adjacent.
    assert [each.name for each in spec.embedded] == ["0", "2", "1"]
    wanted = [*network.vectors(features[1])[3], 0.0]
    assert np.array_equal(logits[0, :3], wanted)
    assert np.array_equal(logits[0, 3:6], network.vectors(features[0])[2])


def test_the_loss_is_that_of_the_other_columns_and_their_negatives():
    task = task_of([[8, 4], [3, 9], [6, 6]], 2)
    vectors = rng.normal(size=(N_ROWS, 2 + 3 + 3, DIM)).astype("float32")
    codes = rng.integers(0, 2, (N_ROWS, 6))
    targets = np.column_stack([task.odds[place % 3][codes[:, place]] for place in range(6)]).astype("float32")
    found = ops.convert_to_numpy(task.training_loss(targets, vectors.reshape(N_ROWS, -1)))
    wanted, total = np.zeros(N_ROWS), 0.0
    for category in range(2):
        for context in {0, 1, 2} - {category}:
            total += task._ignorant[context]
            scores = (vectors[:, category] * vectors[:, 2 + context]).sum(axis=1) + targets[:, context]
            wanted += np.log1p(np.exp(-scores))
            for shift in range(NEGATIVES):
                rows = (np.arange(N_ROWS) + shift) % N_ROWS
                scores = (vectors[:, category] * vectors[rows, 5 + context]).sum(axis=1) + targets[rows, 3 + context]
                wanted += np.log1p(np.exp(scores))
    assert found == pytest.approx(wanted / total, rel=1e-4)


def test_zero_vectors_know_nothing():
    task, counts = task_of([[900, 90, 10], [500, 500]], 2), [[900, 90, 10], [500, 500]]
    contexts = np.column_stack([rng.permutation(np.repeat(np.arange(len(each)), each)) for each in counts])
    negatives = np.column_stack([Noise(np.array(each)).draw(1000, rng) for each in counts])
    codes = np.hstack([contexts, negatives])
    targets = np.column_stack([task.odds[place % 2][codes[:, place]] for place in range(4)]).astype("float32")
    assert task.score(targets, np.zeros((1000, task.n_outputs), "float32")) == pytest.approx(0, abs=0.02)


def test_a_value_without_rows_does_not_matter():
    assert task_of([[0, 5, 5], [4, 6]], 2)._ignorant == pytest.approx(task_of([[5, 5], [4, 6]], 2)._ignorant)


def test_tasks_with_other_counts_do_not_share_a_compiled_loss():
    one, same, other = (task_of([counts, [4, 6]], 2) for counts in ([5, 5], [50, 50], [2, 8]))
    assert one.loss_key() == same.loss_key() != other.loss_key()
