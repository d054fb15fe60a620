"""The training loop against plain Keras, its category dropout, and the number of tracings."""

from dataclasses import replace

import keras
import numpy as np
import pytest
import tensorflow as tf

from tabemb.nn.bodies import BODIES, Ensemble, Mlp, TabM
from tabemb.nn.embedding import HeldRows
from tabemb.nn.members import MemberMean
from tabemb.nn.network import Network
from tabemb.nn.tasks import TASKS
from tabemb.training import steps
from tabemb.training.steps import FORWARD_ROWS, TrainingLoop


def loop_of(network, workshop, *, batch_size=1000, category_dropout=0.0, seed=3, chains=1):
    # Two chains, as in an estimator, take twice as long to trace.
    loop = TrainingLoop(network.spec, workshop.task, drops=category_dropout > 0, chains=chains)
    loop.begin(network, batch_size=batch_size, category_dropout=category_dropout, seed=seed)
    return loop


def run(loop, rows, order, rates):
    total = loop.run(rows.tensors, np.asarray(order, "int32"), np.asarray(rates, "float32"))
    loop.store()
    return total


def before_the_mean(network):
    """Return the model that ends in the logits of all members, if the network has any."""
    last = network.model.layers[-1]
    return keras.Model(network.model.input, last.input) if isinstance(last, MemberMean) else network.model


def losses_of(task, targets, logits):
    """Return the loss of each row, averaged over the losses of members."""
    if len(logits.shape) == 2:
        return task.loss(targets, logits)
    return tf.reduce_mean([task.loss(targets, logits[:, k]) for k in range(logits.shape[1])], axis=0)


def whole_step(network, workshop, rows, rate):
    """One first step over everything, from the gradients of the whole model: Keras' Adam, and by hand for tables."""
    tensors, model = rows.tensors, before_the_mean(network)
    inputs = {name: tensors[name] for name in network.model.input}
    weights, tables = network.trunk.trainable_variables, [each.embeddings for each in network.tables.values()]
    rates = [rate * table.rate for table in network.tables]
    with tf.GradientTape() as tape:
        losses = losses_of(workshop.task, tensors["targets"], model(inputs, training=True))
        loss = tf.reduce_mean(losses * tensors["weights"])
    of_weights, of_tables = tape.gradient(loss, [[v.value for v in weights], [v.value for v in tables]])
    keras.optimizers.Adam(rate).apply([tf.convert_to_tensor(g) for g in of_weights], weights)
    for table, gradient, rate in zip(tables, of_tables, rates, strict=True):
        dense = tf.convert_to_tensor(gradient).numpy()
        mean_square = (dense**2).mean(axis=1, keepdims=True)
        # The bias correction cancels the factor 1 - beta_2 in the first step.
        table.assign_sub(rate * dense / (np.sqrt(mean_square) + 1e-7 / np.sqrt(0.001)))
    return float(tf.reduce_sum(losses * tensors["weights"]))


@pytest.mark.parametrize(
    "kind",
    [{}, {"shared": True}, {"one_hot": True}, {"rates": (4.0, 0.5)}, {"rates": (4.0, 0.5), "size": 3000}],
    ids=["two tables", "shared", "one-hot", "rates", "rates, row by row"],
)
def test_a_step_equals_a_step_of_the_whole_model(kind, workshop):
    loop = None
    for n in (40, 1):
        rows = workshop.rows(n, weights=np.linspace(0.5, 2, n), size=7)
        ours, theirs = workshop.network(**kind), workshop.network(**kind)
        start = theirs.model.get_weights()
        loop = loop or loop_of(ours, workshop, chains=2)
        loop.begin(ours, batch_size=1000)
        loss = run(loop, rows, range(n), [0.01])
        assert loss == pytest.approx(whole_step(theirs, workshop, rows, 0.01), rel=1e-5)
        for a, b, before in zip(ours.model.get_weights(), theirs.model.get_weights(), start, strict=True):
            np.testing.assert_allclose(a, b, atol=2e-5)
            assert not np.array_equal(a, before)


@pytest.mark.parametrize("name", sorted(BODIES))
@pytest.mark.usefixtures("without_compiling")
def test_every_body_learns_in_the_loop_what_the_whole_model_learns(name, workshop):
    # Without randomness, and without weights that only noise moves: a bias before a normalization.
    off = {"dropout": 0.0, "attention_dropout": 0.0, "normalization": None}
    body = BODIES.resolve(name)
    body.set_params(**{param: value for param, value in off.items() if param in body.get_params()})
    rows = workshop.rows(40, weights=np.linspace(0.5, 2, 40), size=7)
    ours, theirs = workshop.network(body=body), workshop.network(body=body)
    before = ours.logits(rows.table)
    loss = run(loop_of(ours, workshop), rows, range(40), [0.001])
    assert loss == pytest.approx(whole_step(theirs, workshop, rows, 0.001), rel=1e-5)
    after = ours.logits(rows.table)
    np.testing.assert_allclose(after, theirs.logits(rows.table), atol=2e-5)
    assert np.abs(after - before).max() > 1e-3


@pytest.mark.parametrize("size", [30, 3000], ids=["updated whole", "row by row"])
@pytest.mark.usefixtures("without_compiling")
def test_unused_rows_are_exactly_unchanged(size, workshop):
    network, rows = workshop.network(size=size), workshop.rows(40)
    before = network.vectors(network.spec.features[0])
    run(loop_of(network, workshop, batch_size=8), rows, range(40), [0.01] * 5)
    after = network.vectors(network.spec.features[0])
    seen = np.unique(rows.table.indices[:, 0])
    assert np.array_equal(np.delete(after, seen, axis=0), np.delete(before, seen, axis=0))
    assert (after[seen] != before[seen]).any(axis=1).all()


@pytest.mark.usefixtures("without_compiling")
def test_small_and_large_tables_learn_the_same(workshop, monkeypatch):
    rows, learned = workshop.rows(40), []
    for small in (4096, 0):
        monkeypatch.setattr(steps, "SMALL", small)
        network = workshop.network()
        run(loop_of(network, workshop, batch_size=8, category_dropout=0.2), rows, range(40), [0.01] * 5)
        learned.append(network.model.get_weights())
    for a, b in zip(*learned, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)


@pytest.mark.usefixtures("without_compiling")
def test_two_portions_of_a_batch_give_the_same_step(workshop):
    rows, learned = workshop.rows(41), []
    for chains in (1, 2, 3):
        network = workshop.network()
        run(loop_of(network, workshop, batch_size=8, chains=chains), rows, range(41), [0.01] * 6)
        learned.append(network.model.get_weights())
    for once, twice, thrice in zip(*learned, strict=True):
        np.testing.assert_allclose(twice, once, atol=2e-6)
        np.testing.assert_allclose(thrice, once, atol=2e-6)


@pytest.mark.usefixtures("without_compiling")
def test_batch_normalization_sees_the_whole_batch(workshop):
    """Two portions would have separate means."""
    rows = workshop.rows(40)
    body = Mlp(hidden_units=(8,), dropout=0.0, normalization="batch")
    ours, theirs = workshop.network(body=body), workshop.network(body=body)
    run(loop_of(ours, workshop, chains=2), rows, range(40), [0.01])
    whole_step(theirs, workshop, rows, 0.01)
    # The gradient of the bias before a normalization is only noise, so it is left out.
    mine, its = (
        [*made.trunk.get_layer("hidden_0_normalization").get_weights(), *made.trunk.get_layer("logits").get_weights()]
        for made in (ours, theirs)
    )
    assert (mine[2] != 0).all()
    for a, b in zip(mine, its, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-7)


def test_a_reused_loop_trains_as_a_new_one(workshop):
    rows = workshop.rows(40)
    used, learned = loop_of(workshop.network(size=30), workshop, category_dropout=0.5), []
    run(used, workshop.rows(40, size=30), range(40), [0.01])
    used.end()
    body = Mlp(hidden_units=(8,), dropout=0.0)
    for fresh in (True, False):
        network = workshop.network(seed=1, body=body)
        loop = loop_of(network, workshop, batch_size=16, category_dropout=0.2) if fresh else used
        loop.begin(network, batch_size=16, category_dropout=0.2, seed=3)
        run(loop, rows, range(40), [0.01] * 3)
        learned.append(network.model.get_weights())
    assert all(np.array_equal(a, b) for a, b in zip(*learned, strict=True))
    assert used._compiled[False].experimental_get_tracing_count() == 1


def test_dropout_masks_are_those_of_the_network_and_go_on_from_step_to_step(workshop):
    """The seeds of dropout are among the weights that are loaded and stored."""
    rows, body, learned = workshop.rows(40), Mlp(hidden_units=(16,), dropout=0.5), []
    loop = loop_of(workshop.network(body=body), workshop)
    for portions in ([[0.01] * 4], [[0.01] * 2] * 2):
        network = workshop.network(body=body)
        loop.begin(network, batch_size=10)
        order = np.arange(40)
        for rates, part in zip(portions, np.array_split(order, len(portions)), strict=True):
            run(loop, rows, part, rates)
            loop.load()
        learned.append(network.model.get_weights())
    other = workshop.network(body=body, seed=1)
    other.model.set_weights(workshop.network(body=body).model.get_weights())
    loop.begin(other, batch_size=10)
    run(loop, rows, range(40), [0.01] * 4)
    assert all(np.array_equal(a, b) for a, b in zip(*learned, strict=True))
    assert not np.array_equal(other.model.get_weights()[0], learned[0][0])


def test_an_ended_loop_holds_no_network_and_no_table(workshop):
    loop = loop_of(workshop.network(), workshop)
    loop.end()
    assert loop.network is None
    assert all(stack.rows.read_value().shape[0] == 0 for stack in loop._stacks)


def test_order_and_batches_are_followed(workshop):
    rows = workshop.rows(40)
    one, two, other = (workshop.network() for _ in range(3))
    order = np.random.default_rng(0).permutation(40)
    loop = loop_of(one, workshop, batch_size=16)
    run(loop, rows, order, [0.01, 0.01, 0.01])
    loop.begin(two, batch_size=16)
    for first in (0, 16, 32):
        run(loop, rows, order[first : first + 16], [0.01])
    loop.begin(other, batch_size=16)
    run(loop, rows, range(40), [0.01, 0.01, 0.01])
    assert all(np.array_equal(a, b) for a, b in zip(one.model.get_weights(), two.model.get_weights(), strict=True))
    assert not np.array_equal(one.model.get_weights()[0], other.model.get_weights()[0])


@pytest.mark.usefixtures("without_compiling")
def test_a_weight_of_two_equals_a_repeated_row(workshop):
    rows = workshop.rows(30)
    weights = np.where(np.arange(30) < 10, 2.0, 1.0)
    weighted, doubled = workshop.network(), workshop.network()
    run(loop_of(weighted, workshop), workshop.rows(30, weights=weights), range(30), [0.01])
    run(loop_of(doubled, workshop), rows, [*range(30), *range(10)], [0.01])
    for a, b in zip(weighted.model.get_weights(), doubled.model.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, atol=2e-6)


@pytest.mark.usefixtures("without_compiling")
def test_the_loss_is_the_weighted_sum_before_the_step(workshop):
    network = workshop.network()
    rows = workshop.rows(30, weights=np.linspace(1, 4, 30))
    losses = np.asarray(workshop.task.loss(rows.targets, network.logits(rows.table)))
    expected = (losses * rows.weights / rows.weights.mean()).sum()
    assert run(loop_of(network, workshop), rows, range(30), [0.01]) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("share", [0.05, 0.5])
def test_category_dropout_replaces_that_share_of_known_cells(share, workshop):
    loop = loop_of(workshop.network(), workshop, category_dropout=share)
    indices = np.random.default_rng(0).integers(0, 10, (100_000, 2)).astype("int32")
    shown = loop._drop_categories(tf.constant(indices)).numpy()
    changed, known = shown != indices, indices >= 2
    assert (shown[changed] == 1).all()
    assert not changed[~known].any()
    assert changed[known].mean() == pytest.approx(share, abs=0.005)
    assert changed[:, 0].mean() == pytest.approx(changed[:, 1].mean(), abs=0.005)


def test_category_dropout_differs_by_step_and_repeats_with_the_seed(workshop):
    indices = tf.constant(np.full((1000, 2), 5, "int32"))
    draws = []
    for seed, step in ((3, 0), (3, 0), (3, 1), (4, 0)):
        loop = loop_of(workshop.network(), workshop, category_dropout=0.5, seed=seed)
        loop.optimizer.step.assign(step)
        draws.append(loop._drop_categories(indices).numpy())
    assert np.array_equal(draws[0], draws[1])
    assert not np.array_equal(draws[0], draws[2])
    assert not np.array_equal(draws[0], draws[3])


@pytest.mark.usefixtures("without_compiling")
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
    loop = loop_of(workshop.network(), workshop, batch_size=8, category_dropout=0.1, chains=2)
    for n, n_steps in ((40, 5), (64, 8), (13, 2)):
        run(loop, workshop.rows(n), range(n), np.linspace(0.01, 0.02, n_steps))
        loop.logits(workshop.rows(n).table)
    loop.batch_size = 32
    run(loop, workshop.rows(40), range(40), [0.01, 0.01])
    assert loop._compiled[False].experimental_get_tracing_count() == 1
    assert loop._answers[False, False].experimental_get_tracing_count() == 1


def test_many_loops_cause_no_retracing_warning(workshop, caplog):
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


# ---------------------------------------------------------------- members


@pytest.mark.parametrize("task", sorted(TASKS))
@pytest.mark.usefixtures("without_compiling")
def test_the_loss_of_members_is_the_mean_of_their_losses_for_every_task(task, workshop):
    rng = np.random.default_rng(0)
    targets = {
        "binary": rng.integers(0, 2, 30),
        "multiclass": np.arange(30) % 3,
        "multilabel": rng.integers(0, 2, (30, 2)),
        "regression": rng.normal(size=30),
        "multi_regression": rng.normal(size=(30, 2)),
        "quantiles": rng.normal(size=30),
        "ranking": np.column_stack([rng.integers(0, 4, 30), np.arange(30) % 4]),
    }
    fitted = TASKS[task].from_targets(targets[task])
    made = workshop.rows(30, weights=np.linspace(1, 4, 30))
    rows = replace(made, targets=fitted.encode(targets[task]))
    spec = workshop.network(body=TabM(n_members=3, hidden_units=(4,), dropout=0.0)).spec
    network = Network(replace(spec, n_outputs=fitted.n_outputs))
    members = before_the_mean(network)({"indices": rows.table.indices, "numbers": rows.table.numbers})
    expected = (losses_of(fitted, rows.targets, members).numpy() * rows.weights / rows.weights.mean()).sum()
    # Groups stay whole in batches and in their portions.
    size, n_steps = (30, 1) if fitted.grouped else (8, 4)
    loop = TrainingLoop(network.spec, fitted, chains=1 if fitted.grouped else 2)
    loop.begin(network, batch_size=size)
    assert loop.logits(rows.table).shape == (30, fitted.n_outputs)
    np.testing.assert_allclose(loop.logits(rows.table), members.numpy().mean(axis=1), atol=1e-6)
    # With a rate of zero, the loss of all steps is the initial loss.
    assert run(loop, rows, range(30), [0.0] * n_steps) == pytest.approx(expected, rel=1e-5)


@pytest.mark.usefixtures("without_compiling")
def test_members_learn_independently(workshop):
    """With the loss of the mean, members would be affected by the errors of each other."""
    rows, learned = workshop.rows(40), []
    for moved in (0.0, 1.0):
        network = workshop.network(body=TabM(n_members=2, hidden_units=(), dropout=0.0))
        logits = network.trunk.get_layer("logits")
        logits.bias.assign([0.0, moved])
        run(loop_of(network, workshop), rows, range(40), [0.01])
        learned.append((logits.kernel.numpy(), logits.bias.numpy()))
    (kernels, biases), (other_kernels, other_biases) = learned
    assert np.array_equal(kernels[0], other_kernels[0])
    assert biases[0] == other_biases[0]
    assert not np.array_equal(kernels[1], other_kernels[1])


def ensemble(workshop):
    return workshop.network(body=Ensemble(n_members=2, hidden_units=(4,), dropout=0.0), one_hot=True)


@pytest.mark.usefixtures("without_compiling")
def test_a_member_learns_nothing_of_the_rows_that_it_leaves_out(workshop):
    rows = workshop.rows(40)
    folds, kernels = np.arange(40, dtype="int32") % 2, []
    for targets in (rows.targets, np.where(folds == 0, 1 - rows.targets, rows.targets).astype("float32")):
        network = ensemble(workshop)
        run(loop_of(network, workshop), replace(rows, targets=targets, folds=folds), range(40), [0.01] * 5)
        kernels.append(network.trunk.get_layer("hidden_0").kernel.numpy())
    # With inverted targets of fold 0, member 0, which leaves it out, is unchanged.
    assert np.array_equal(kernels[0][0], kernels[1][0])
    assert not np.array_equal(kernels[0][1], kernels[1][1])


@pytest.mark.usefixtures("without_compiling")
def test_the_loss_of_a_row_is_averaged_over_its_training_members(workshop):
    folds = np.arange(40, dtype="int32") % 3
    rows = replace(workshop.rows(40, weights=np.linspace(1, 3, 40)), folds=folds)
    network = ensemble(workshop)
    members = before_the_mean(network)({"indices": rows.table.indices, "numbers": rows.table.numbers})
    losses = np.stack([workshop.task.loss(rows.targets, members.numpy()[:, k]).numpy() for k in range(2)], axis=1)
    learned = folds[:, None] != np.arange(2)
    expected = ((losses * learned).sum(axis=1) / learned.sum(axis=1) * rows.weights / rows.weights.mean()).sum()
    assert run(loop_of(network, workshop), rows, range(40), [0.0] * 5) == pytest.approx(expected, rel=1e-5)


def test_a_row_is_predicted_by_the_given_member(workshop, monkeypatch):
    rows, network = workshop.rows(40), ensemble(workshop)
    members = before_the_mean(network)({"indices": rows.table.indices, "numbers": rows.table.numbers}).numpy()
    loop = loop_of(network, workshop)
    monkeypatch.setattr(steps, "FORWARD_ROWS", 7)
    for who in (np.arange(40) % 2, (np.arange(40) > 3).astype(int), np.zeros(40, int)):
        np.testing.assert_allclose(loop.logits(rows.table, who), members[np.arange(40), who], atol=1e-6)


def test_one_loop_trains_with_folds_and_without(workshop):
    rows, network = workshop.rows(40), ensemble(workshop)
    loop = loop_of(network, workshop)
    with_folds = replace(rows, folds=np.arange(40, dtype="int32") % 2)
    first = [run(loop, each, range(40), [0.0] * 5) for each in (rows, with_folds)]
    assert first == [run(loop, each, range(40), [0.0] * 5) for each in (rows, with_folds)]
    assert first[0] != first[1]


# ---------------------------------------------------------------- frozen rows


def held_network(workshop, *, size, n_epochs=None, column=0):
    network = workshop.network(size=size)
    which = np.zeros(size, bool)
    which[[1, 2, 3, 5]] = True
    network.held[network.spec.features[column].table] = HeldRows(which=which, n_epochs=n_epochs)
    return network, which


@pytest.mark.parametrize("size", [10, 5000], ids=["updated whole", "row by row"])
@pytest.mark.parametrize("params", [{}, {"decays": True, "drops": True, "shrinks": True, "damping": 2.0}], ids=str)
def test_frozen_rows_are_exactly_unchanged_and_the_others_learn(size, params, workshop):
    network, which = held_network(workshop, size=size)
    rows, (first, second) = workshop.rows(60), network.spec.features
    before = [network.vectors(each) for each in (first, second)]
    loop = TrainingLoop(network.spec, workshop.task, holds=True, chains=1, **params)
    loop.begin(network, batch_size=8, weight_decay=0.3 * bool(params), category_dropout=0.2 * bool(params))
    loop.optimizer.prior.assign(3.0)
    for _ in range(2):
        loop.begin_epoch()
        run(loop, rows, range(60), [0.01] * 8)
        # Predictions and reloaded weights of the loop include the frozen rows.
        np.testing.assert_allclose(loop.logits(rows.table), network.logits(rows.table), atol=1e-6)
        loop.load()
    after = [network.vectors(each) for each in (first, second)]
    assert after[0][which].tobytes() == before[0][which].tobytes()
    seen = np.setdiff1d(rows.table.indices[:, 0], np.flatnonzero(which))
    assert (after[0][seen] != before[0][seen]).any(axis=1).all()
    assert (after[1][seen] != before[1][seen]).any(axis=1).all()


def test_rows_are_frozen_for_the_given_number_of_epochs(workshop):
    network, which = held_network(workshop, size=10, n_epochs=2)
    rows, first = workshop.rows(60), network.spec.features[0]
    trained = which & np.isin(np.arange(10), rows.table.indices[:, 0])
    loop = TrainingLoop(network.spec, workshop.task, holds=True, chains=1)
    for epochs_before in (0, 1, 2):
        loop.begin(network, batch_size=8, epoch=epochs_before)
        for epoch in range(epochs_before, 4):
            before = network.vectors(first)
            loop.begin_epoch()
            run(loop, rows, range(60), [0.01] * 8)
            moved = (network.vectors(first) != before).any(axis=1)
            assert moved[trained].all() == (epoch >= 2)
            assert moved[trained].any() == (epoch >= 2)
        loop.end()


def test_a_loop_forgets_frozen_rows_with_the_network(workshop):
    network, _ = held_network(workshop, size=10)
    loop = TrainingLoop(network.spec, workshop.task, holds=True, chains=1)
    loop.begin(network, batch_size=8)
    loop.end()
    other = workshop.network()
    before = other.vectors(other.spec.features[0])
    loop.begin(other, batch_size=8)
    loop.begin_epoch()
    rows = workshop.rows(60)
    run(loop, rows, range(60), [0.01] * 8)
    seen = np.unique(rows.table.indices[:, 0])
    assert (other.vectors(other.spec.features[0])[seen] != before[seen]).any(axis=1).all()
