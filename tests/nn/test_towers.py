"""Vectors of two towers, and their losses."""

import numpy as np
import pytest
from keras import ops

from tabemb.nn.embedding import FeatureSpec, TableSpec
from tabemb.nn.network import Network, NetworkSpec
from tabemb.nn.numeric import Standardized
from tabemb.nn.towers import PairwiseTask, RatingTask, SampledSoftmaxTask, TowerVectors, code_parts

DIM, N_ROWS = 3, 40


def drawn(n_towers, seed=0):
    """Return logits, and vectors (n_rows, n_towers, dim) and biases (n_rows, n_towers)."""
    whole = np.random.default_rng(seed).normal(size=(N_ROWS, n_towers, DIM + 1)).astype(np.float32)
    return whole.reshape(N_ROWS, -1), whole[:, :, :DIM].astype(float), whole[:, :, DIM].astype(float)


def targets_of(items, shares, others=None):
    parts = [
        np.column_stack([shares[each], code_parts(each)]) for each in ([items] if others is None else [items, others])
    ]
    return np.hstack(parts).astype(np.float32)


def loss_of(task, targets, logits):
    return ops.convert_to_numpy(task.training_loss(ops.convert_to_tensor(targets), ops.convert_to_tensor(logits)))


def sampled_softmax(users, items, others, vectors, biases, shares, *, temperature, n_items):
    """Return the loss of each row in nats, by its definition: distinct candidates, and their inclusion probability.

    ``vectors`` and ``biases`` are those of the items by their number.
    """
    candidates = sorted({*items, *([] if others is None else others)})
    missed = {item: (1 - shares[item]) ** len(items) for item in candidates}
    if others is not None:
        missed = {item: each * (1 - 1 / n_items) ** len(items) for item, each in missed.items()}
    losses = []
    for user, item in zip(users, items, strict=True):
        scores = vectors @ user / temperature + biases
        corrected = [scores[each] - np.log(1 - missed[each]) for each in candidates if each != item]
        losses.append(np.log(np.exp([scores[item], *corrected]).sum()) - scores[item])
    return np.array(losses)


@pytest.mark.parametrize("mixed", [False, True])
def test_the_sampled_softmax_is_that_of_its_definition(mixed):
    rng, n_items, temperature, entropy = np.random.default_rng(1), 12, 0.7, 2.2
    users = rng.normal(size=(N_ROWS, DIM))
    vectors, biases = rng.normal(size=(n_items, DIM)), rng.normal(size=n_items)
    items, shares = rng.choice(n_items - 3, N_ROWS), rng.dirichlet(np.ones(n_items)).astype(np.float32)
    others = rng.choice(n_items, N_ROWS) if mixed else None
    zero = np.zeros((N_ROWS, 1))
    parts = [users, zero, vectors[items], biases[items, None]]
    if mixed:
        parts += [vectors[others], biases[others, None]]
    task = SampledSoftmaxTask(DIM, temperature, n_items, entropy, mixed)
    found = loss_of(task, targets_of(items, shares, others), np.hstack(parts).astype(np.float32))
    expected = sampled_softmax(
        users, items, others, vectors, biases, shares.astype(float), temperature=temperature, n_items=n_items
    )
    # Items occur several times in the batch, and the items drawn are among those of the rows.
    assert len(set(items)) < N_ROWS
    np.testing.assert_allclose(found * entropy, expected, rtol=2e-4)
    assert task.n_outputs == (3 if mixed else 2) * (DIM + 1)


def test_the_bias_of_a_user_changes_no_choice_of_items():
    logits, _, _ = drawn(2)
    items, shares = np.arange(N_ROWS) % 7, np.full(7, 1 / 7)
    task = SampledSoftmaxTask(DIM, 0.5, 7, np.log(7))
    before = loss_of(task, targets_of(items, shares), logits)
    logits[:, DIM] += 5
    assert np.array_equal(loss_of(task, targets_of(items, shares), logits), before)


def test_a_batch_of_one_item_has_nothing_to_tell_apart():
    logits, _, _ = drawn(2)
    logits[:, DIM + 1 :] = logits[0, DIM + 1 :]
    items, shares = np.zeros(N_ROWS, int), np.array([1.0])
    assert loss_of(SampledSoftmaxTask(DIM, 0.5, 1, 0.0), targets_of(items, shares), logits) == pytest.approx(
        0, abs=1e-3
    )


@pytest.mark.parametrize("mixed", [False, True])
def test_the_loss_is_about_one_if_nothing_is_known(mixed):
    rng, n_items, n_rows = np.random.default_rng(0), 60, 4000
    shares = rng.dirichlet(np.full(n_items, 0.6))
    items, others = rng.choice(n_items, n_rows, p=shares), rng.integers(0, n_items, n_rows)
    known = shares[shares > 0]
    task = SampledSoftmaxTask(DIM, 0.1, n_items, float(-(known * np.log(known)).sum()), mixed)
    logits = np.zeros((n_rows, task.n_outputs), np.float32)
    # What is known is how frequent the items are.
    logits[:, 2 * DIM + 1] = np.log(shares[items] * n_items)
    if mixed:
        logits[:, 3 * DIM + 2] = np.log(shares[others] * n_items)
    found = loss_of(task, targets_of(items, shares, others if mixed else None), logits)
    assert found.mean() == pytest.approx(1, abs=0.03)


def test_pairs_are_those_of_bayesian_personalized_ranking():
    logits, vectors, biases = drawn(3)
    items, others = np.arange(N_ROWS), np.arange(N_ROWS) // 2
    task = PairwiseTask(DIM, 0.4)
    found = loss_of(task, targets_of(items, np.full(N_ROWS, 0.1), others), logits)
    scores = [np.einsum("ij,ij->i", vectors[:, 0], vectors[:, each]) / 0.4 + biases[:, each] for each in (1, 2)]
    expected = np.log(1 + np.exp(scores[1] - scores[0])) / np.log(2) * (items != others)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)
    # The first item is drawn for itself.
    assert found[0] == 0
    assert loss_of(task, targets_of(items, np.ones(N_ROWS), others), 0 * logits)[1:] == pytest.approx(1)


def test_ratings_are_the_mean_the_biases_and_the_product():
    logits, vectors, biases = drawn(2)
    ratings = np.random.default_rng(3).normal(3.5, 2, N_ROWS).astype(np.float32)
    task = RatingTask(DIM, 3.5, 4.0)
    found = loss_of(task, ratings[:, None], logits)
    expected = (3.5 + (vectors[:, 0] * vectors[:, 1]).sum(axis=1) + biases.sum(axis=1) - ratings) ** 2 / 4
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
    mean, variance = float(ratings.mean()), float(ratings.var())
    assert loss_of(RatingTask(DIM, mean, variance), ratings[:, None], 0 * logits).mean() == pytest.approx(1, rel=1e-5)


def test_equal_ratings_have_no_variance_and_a_finite_loss():
    logits, _, _ = drawn(2)
    assert np.isfinite(loss_of(RatingTask(DIM, 3.0, 0.0), np.full((N_ROWS, 1), 3.0, np.float32), logits)).all()


def test_codes_above_two_to_the_24_stay_apart():
    codes = np.array([2**24, 2**24 + 1, 2**31 - 1, 2**31 - 2, 0])
    assert len({tuple(each) for each in code_parts(codes)}) == 5
    assert (code_parts(codes).astype(np.int64) @ np.array([2**20, 1]) == codes).all()
    # Equal float32 numbers, but different items: none of them is removed as a hit.
    logits = np.zeros((2, 2 * (DIM + 1)), np.float32)
    targets = np.column_stack([[0.5, 0.5], code_parts(codes[:2])]).astype(np.float32)
    missed = 0.5**2
    expected = np.log(1 + 1 / (1 - missed)) / np.log(2)
    assert loss_of(SampledSoftmaxTask(DIM, 1.0, 2, np.log(2)), targets, logits) == pytest.approx(expected, rel=1e-5)


def test_tasks_that_differ_in_a_number_share_no_compiled_loss():
    keys = [
        task.loss_key()
        for task in (
            SampledSoftmaxTask(DIM, 0.1, 9, 2.0),
            SampledSoftmaxTask(DIM, 0.2, 9, 2.0),
            SampledSoftmaxTask(DIM, 0.1, 8, 2.0),
            SampledSoftmaxTask(DIM, 0.1, 9, 2.5),
            SampledSoftmaxTask(DIM, 0.1, 9, 2.0, True),
            PairwiseTask(DIM, 0.1),
            PairwiseTask(DIM, 0.2),
            RatingTask(DIM, 0.1, 1.0),
            RatingTask(DIM, 0.2, 1.0),
        )
    ]
    assert len(set(keys)) == len(keys)
    assert SampledSoftmaxTask(DIM, 0.1, 9, 2.0).loss_key() == keys[0]


@pytest.mark.parametrize("unit", [False, True])
def test_a_tower_is_the_sum_of_the_vectors_of_its_columns(unit):
    user, item, genre = (TableSpec(name=name, vocabulary_size=6, embedding_dim=DIM + 1) for name in ("u", "i", "g"))
    features = tuple(
        FeatureSpec(name=name, position=place, table=table)
        for place, (name, table) in enumerate([("u", user), ("i", item), ("g", genre), ("drawn i", item)])
    )
    spec = NetworkSpec(
        features=features,
        n_outputs=3 * (DIM + 1),
        body=TowerVectors(towers=((0,), (1, 2), (3,)), unit=unit),
        numeric=Standardized(),
        seed=0,
    )
    network = Network(spec)
    assert [each.name for each in spec.embedded] == ["u", "i", "g", "drawn i"]
    found = ops.convert_to_numpy(network.model({"indices": np.array([[2, 3, 4, 5]], np.int32)}))[0]
    tables = {each.name: network.vectors(each) for each in features}
    sums = [tables["u"][2], tables["i"][3] + tables["g"][4], tables["i"][5]]
    for place, total in enumerate(sums):
        vector, bias = total[:DIM], total[DIM]
        its = found[place * (DIM + 1) : (place + 1) * (DIM + 1)]
        np.testing.assert_allclose(its[:DIM], vector / np.linalg.norm(vector) if unit else vector, rtol=1e-5)
        assert its[DIM] == pytest.approx(bias)


def test_a_projection_adds_to_the_sums_and_items_share_theirs():
    user, item = (TableSpec(name=name, vocabulary_size=6, embedding_dim=DIM + 1) for name in ("u", "i"))
    features = tuple(
        FeatureSpec(name=name, position=place, table=table)
        for place, (name, table) in enumerate([("u", user), ("i", item), ("drawn i", item)])
    )
    body = TowerVectors(towers=((0,), (1,), (2,)), unit=True, projection_units=(7, 5))
    network = Network(
        NetworkSpec(features=features, n_outputs=3 * (DIM + 1), body=body, numeric=Standardized(), seed=0)
    )

    def found():
        rows = {"indices": np.array([[2, 3, 3]], np.int32)}
        return ops.convert_to_numpy(network.model(rows))[0].reshape(3, DIM + 1)

    def unit(vector):
        return vector / np.linalg.norm(vector)

    vectors = [network.vectors(features[0])[2], network.vectors(features[1])[3]]
    at_first = found()
    for place, total in enumerate([*vectors, vectors[1]]):
        np.testing.assert_allclose(at_first[place, :DIM], unit(total[:DIM]), rtol=1e-5)
    rng = np.random.default_rng(0)
    expected = []
    for side, total in zip(("user", "item"), vectors, strict=True):
        hidden = total[:DIM]
        for number, name in enumerate((f"{side}_projection_0", f"{side}_projection_1", f"{side}_projection")):
            layer = network.trunk.get_layer(name)
            layer.set_weights([rng.normal(size=each.shape) for each in layer.get_weights()])
            kernel, bias = layer.get_weights()
            hidden = (np.maximum(hidden, 0) if number else hidden) @ kernel + bias
        expected.append(np.append(unit(total[:DIM] + hidden), total[DIM]))
    np.testing.assert_allclose(found(), [*expected, expected[1]], rtol=1e-4, atol=1e-6)
