"""The traced loop against plain Keras, its category dropout, and how often it is traced."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tabemb.nn.bodies import Mlp
from tabemb.training.optimizers import RowAdam
from tabemb.training.steps import FORWARD_ROWS, TrainingLoop


def loop_of(network, workshop, *, batch_size=1000, category_dropout=0.0, seed=3):
    tables = [layer.embeddings.value for layer in network.tables.values()]
    weights = [v.value for v in network.trunk.trainable_variables]
    return TrainingLoop(
        network,
        workshop.task,
        RowAdam(tables, weights),
        batch_size=batch_size,
        category_dropout=category_dropout,
        seed=seed,
    )


def run(loop, rows, order, rates):
    return loop.run(rows.tensors, np.asarray(order, "int32"), np.asarray(rates, "float32"))


def dense_step(network, workshop, rows, rate):
    """One step of Keras' own Adam over everything, from the gradients of the whole model."""
    tensors = rows.tensors
    inputs = {name: tensors[name] for name in network.model.input}
    variables = network.model.trainable_variables
    with tf.GradientTape() as tape:
        losses = workshop.task.loss(tensors["targets"], network.model(inputs, training=True))
        loss = tf.reduce_mean(losses * tensors["weights"])
    gradients = tape.gradient(loss, [v.value for v in variables])
    keras.optimizers.Adam(rate).apply([tf.convert_to_tensor(g) for g in gradients], variables)
    return float(tf.reduce_sum(losses * tensors["weights"]))


@pytest.mark.parametrize("kind", [{}, {"shared": True}, {"one_hot": True}], ids=["two tables", "shared", "one-hot"])
def test_a_step_is_the_step_of_keras_adam(kind, workshop):
    rows = workshop.rows(40, weights=np.linspace(0.5, 2, 40), size=7)
    ours, theirs = workshop.network(**kind), workshop.network(**kind)
    start = theirs.model.get_weights()
    loss = run(loop_of(ours, workshop), rows, range(40), [0.01])
    assert loss == pytest.approx(dense_step(theirs, workshop, rows, 0.01), rel=1e-5)
    for a, b, before in zip(ours.model.get_weights(), theirs.model.get_weights(), start, strict=True):
        np.testing.assert_allclose(a, b, atol=2e-6)
        assert not np.array_equal(a, before)


def test_a_shared_table_gets_the_sum_of_both_columns_gradients(workshop):
    """With the gradient of one column only, the second moment and the step would differ after two steps."""
    rows = workshop.rows(40)
    ours, theirs = workshop.network(shared=True), workshop.network(shared=True)
    run(loop_of(ours, workshop), rows, [*range(40), *range(40)], [0.01])
    dense_step(theirs, workshop, rows, 0.01)
    (a,), (b,) = ours.tables.values(), theirs.tables.values()
    np.testing.assert_allclose(a.embeddings.numpy(), b.embeddings.numpy(), atol=2e-6)


def test_rows_that_no_batch_had_stay_to_the_last_bit(workshop):
    network, rows = workshop.network(size=30), workshop.rows(40)
    before = network.vectors(network.spec.features[0])
    run(loop_of(network, workshop, batch_size=8), rows, range(40), [0.01] * 5)
    after = network.vectors(network.spec.features[0])
    seen = np.unique(rows.table.indices[:, 0])
    assert np.array_equal(np.delete(after, seen, axis=0), np.delete(before, seen, axis=0))
    assert (after[seen] != before[seen]).any(axis=1).all()


def test_order_and_batches_are_those_asked_for(workshop):
    rows = workshop.rows(40)
    one, two, other = (workshop.network() for _ in range(3))
    order = np.random.default_rng(0).permutation(40)
    run(loop_of(one, workshop, batch_size=16), rows, order, [0.01, 0.01, 0.01])
    loop = loop_of(two, workshop, batch_size=16)
    for first in (0, 16, 32):
        run(loop, rows, order[first : first + 16], [0.01])
    run(loop_of(other, workshop, batch_size=16), rows, range(40), [0.01, 0.01, 0.01])
    assert all(np.array_equal(a, b) for a, b in zip(one.model.get_weights(), two.model.get_weights(), strict=True))
    assert not np.array_equal(one.model.get_weights()[0], other.model.get_weights()[0])


def test_a_weight_of_two_is_a_row_given_twice(workshop):
    rows = workshop.rows(30)
    weights = np.where(np.arange(30) < 10, 2.0, 1.0)
    weighted, doubled = workshop.network(), workshop.network()
    run(loop_of(weighted, workshop), workshop.rows(30, weights=weights), range(30), [0.01])
    run(loop_of(doubled, workshop), rows, [*range(30), *range(10)], [0.01])
    for a, b in zip(weighted.model.get_weights(), doubled.model.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, atol=2e-6)


def test_the_loss_is_the_weighted_sum_before_the_step(workshop):
    network = workshop.network()
    rows = workshop.rows(30, weights=np.linspace(1, 4, 30))
    losses = np.asarray(workshop.task.loss(rows.targets, network.logits(rows.table)))
    expected = (losses * rows.weights / rows.weights.mean()).sum()
    assert run(loop_of(network, workshop), rows, range(30), [0.01]) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("share", [0.05, 0.5])
def test_category_dropout_takes_that_share_of_known_cells_and_no_other(share, workshop):
    loop = loop_of(workshop.network(), workshop, category_dropout=share)
    indices = np.random.default_rng(0).integers(0, 10, (100_000, 2)).astype("int32")
    shown = loop._drop_categories(tf.constant(indices)).numpy()
    changed, known = shown != indices, indices >= 2
    assert (shown[changed] == 1).all()
    assert not changed[~known].any()
    assert changed[known].mean() == pytest.approx(share, abs=0.005)
    assert changed[:, 0].mean() == pytest.approx(changed[:, 1].mean(), abs=0.005)


def test_category_dropout_draws_anew_each_step_and_repeats_with_the_seed(workshop):
    indices = tf.constant(np.full((1000, 2), 5, "int32"))
    draws = []
    for seed, step in ((3, 0), (3, 0), (3, 1), (4, 0)):
        loop = loop_of(workshop.network(), workshop, category_dropout=0.5, seed=seed)
        loop.optimizer.step.assign(step)
        draws.append(loop._drop_categories(indices).numpy())
    assert np.array_equal(draws[0], draws[1])
    assert not np.array_equal(draws[0], draws[2])
    assert not np.array_equal(draws[0], draws[3])


def test_without_category_dropout_the_unknown_row_is_not_touched(workshop):
    rows = workshop.rows(40)
    for share, moved in ((0.0, False), (0.5, True)):
        network = workshop.network()
        before = network.vectors(network.spec.features[0])
        run(loop_of(network, workshop, category_dropout=share), rows, range(40), [0.01])
        after = network.vectors(network.spec.features[0])
        assert (after[1] != before[1]).any() == moved
        assert np.array_equal(after[0], before[0])


def test_it_is_traced_once_whatever_the_sizes(workshop):
    loop = loop_of(workshop.network(), workshop, batch_size=8, category_dropout=0.1)
    for n, steps in ((40, 5), (64, 8), (13, 2)):
        run(loop, workshop.rows(n), range(n), np.linspace(0.01, 0.02, steps))
        loop.logits(workshop.rows(n).table)
    loop.batch_size = 32
    run(loop, workshop.rows(40), range(40), [0.01, 0.01])
    assert loop._compiled.experimental_get_tracing_count() == 1
    assert loop._forward.experimental_get_tracing_count() == 1


def test_many_loops_in_a_session_make_tensorflow_warn_of_no_retracing(workshop, caplog):
    for _ in range(6):
        loop = loop_of(workshop.network(body=Mlp(hidden_units=())), workshop)
        run(loop, workshop.rows(10), range(10), [0.01])
        loop.logits(workshop.rows(10).table)
    assert "retracing" not in caplog.text


def test_logits_are_those_of_the_network_in_any_number_of_portions(workshop):
    network = workshop.network(body=Mlp(hidden_units=(8,), dropout=0.5))
    loop = loop_of(network, workshop)
    for n in (1, 30, FORWARD_ROWS + 5):
        table = workshop.rows(n).table
        np.testing.assert_allclose(loop.logits(table), network.logits(table), atol=1e-6)
