"""RowAdam against Keras' own optimizers, and against the same update of every row at every step."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tabemb.training import optimizers
from tabemb.training.optimizers import RowAdam

rng = np.random.default_rng(0)
KERNEL, BIAS = rng.normal(size=(3, 2)), rng.normal(size=2)
GRADIENTS = [(rng.normal(size=(3, 2)), rng.normal(size=2)) for _ in range(20)]
RATES = [0.01] * 10 + [0.003] * 10

TABLE = rng.normal(size=(6, 3)).astype("float32")
# The rows of each step: row 0 always, row 1 sometimes, row 5 never.
VISITS = [[0, *np.flatnonzero(rng.random(4) < 0.3) + 1] for _ in range(60)]
ROW_GRADIENTS = [rng.normal(size=(len(rows), 3)) for rows in VISITS]
ROW_RATES = [0.02] * 30 + [0.005] * 30


def weights_after(gradients, rates, *, weight_decay=0.0, **params):
    kernel, bias = (tf.Variable(v.astype("float32")) for v in (KERNEL, BIAS))
    optimizer = RowAdam([kernel, bias], decays=weight_decay > 0, **params)
    optimizer.reset(weight_decay)
    for gradient, rate in zip(gradients, rates, strict=True):
        optimizer.begin_step(tf.constant(rate))
        optimizer.apply([tf.constant(g, tf.float32) for g in gradient], tf.constant(rate))
    return [kernel.numpy(), bias.numpy()]


def keras_after(optimizer, gradients, rates):
    made = [keras.Variable(v.astype("float32")) for v in (KERNEL, BIAS)]
    for gradient, rate in zip(gradients, rates, strict=True):
        optimizer.learning_rate = rate
        optimizer.apply([tf.constant(g, tf.float32) for g in gradient], made)
    return [v.numpy() for v in made]


@pytest.mark.parametrize("large", [optimizers.LARGE, 1], ids=["plain", "fused"])
@pytest.mark.parametrize("params", [{}, {"beta_1": 0.7, "beta_2": 0.95, "epsilon": 1e-3}], ids=["default", "other"])
def test_weights_get_keras_adam(params, large, monkeypatch):
    monkeypatch.setattr(optimizers, "LARGE", large)
    for ours, theirs in zip(
        weights_after(GRADIENTS, RATES, **params),
        keras_after(keras.optimizers.Adam(**params), GRADIENTS, RATES),
        strict=True,
    ):
        np.testing.assert_allclose(ours, theirs, atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("large", [optimizers.LARGE, 1], ids=["plain", "fused"])
def test_weight_decay_is_that_of_adamw_for_kernels_only(large, monkeypatch):
    monkeypatch.setattr(optimizers, "LARGE", large)
    ours = weights_after(GRADIENTS, RATES, weight_decay=0.3)
    decayed = keras_after(keras.optimizers.AdamW(weight_decay=0.3), GRADIENTS, RATES)
    plain = keras_after(keras.optimizers.Adam(), GRADIENTS, RATES)
    np.testing.assert_allclose(ours[0], decayed[0], atol=1e-6, rtol=1e-5)
    np.testing.assert_allclose(ours[1], plain[1], atol=1e-6, rtol=1e-5)


def start(optimizer, table=TABLE):
    zeros = tf.zeros([len(table), optimizer.row_width(table.shape[1])])
    return optimizer.with_vectors(zeros, tf.constant(table))


def rows_after(visits, gradients, rates, *, weight_decay=0.0, **params):
    """Return the vectors of all rows after steps that read and write the rows of their batch only."""
    optimizer = RowAdam([], decays=weight_decay > 0, **params)
    optimizer.reset(weight_decay)
    rows = tf.Variable(start(optimizer))
    for where, gradient, rate in zip(visits, gradients, rates, strict=True):
        optimizer.begin_step(tf.constant(rate))
        read = tf.gather(rows, where)
        new = optimizer.updated(read, optimizer.vectors(read), tf.constant(gradient, tf.float32), tf.constant(rate))
        rows.scatter_update(tf.IndexedSlices(new, tf.constant(where)))
    return optimizer.vectors(rows.read_value()).numpy(), rows.numpy()


def every_row_at_every_step(
    visits, gradients, rates, *, weight_decay=0.0, beta_2=0.999, epsilon=1e-7, table_factor=1.0
):
    """The same in float64, a row outside of the batch with a gradient of zero."""
    table, second = TABLE.astype("float64"), np.zeros((len(TABLE), 1))
    for step, (where, gradient, rate) in enumerate(zip(visits, gradients, rates, strict=True), start=1):
        dense = np.zeros_like(table)
        dense[where] = gradient
        second = beta_2 * second + (1 - beta_2) * (dense**2).mean(axis=1, keepdims=True)
        table *= 1 - rate * weight_decay
        table -= table_factor * rate * np.sqrt(1 - beta_2**step) * dense / (np.sqrt(second) + epsilon)
    return table


@pytest.mark.parametrize(
    "params",
    [{}, {"weight_decay": 0.4}, {"beta_2": 0.9, "table_factor": 3.0, "weight_decay": 0.4}, {"epsilon": 0.1}],
    ids=str,
)
def test_updating_some_rows_equals_updating_every_row_at_every_step(params):
    ours, _ = rows_after(VISITS, ROW_GRADIENTS, ROW_RATES, **params)
    theirs = every_row_at_every_step(VISITS, ROW_GRADIENTS, ROW_RATES, **params)
    np.testing.assert_allclose(ours, theirs, atol=2e-5)
    assert (np.abs(ours[:5] - TABLE[:5]) > 1e-3).any(axis=1).all()


def test_a_row_used_at_every_step_follows_rmsprop_with_bias_correction():
    """With one number a row its mean of squares is the square; Adam without a first moment is the same formula."""
    column, gradients = TABLE[:, :1], [rng.normal(size=(6, 1)) for _ in range(20)]
    optimizer = RowAdam([])
    optimizer.reset()
    rows = start(optimizer, column)
    for gradient, rate in zip(gradients, RATES, strict=True):
        optimizer.begin_step(rate)
        rows = optimizer.updated(rows, optimizer.vectors(rows), tf.constant(gradient, tf.float32), tf.constant(rate))
    theirs, adam = keras.Variable(column), keras.optimizers.Adam(beta_1=0.0)
    for gradient, rate in zip(gradients, RATES, strict=True):
        adam.learning_rate = rate
        adam.apply([tf.constant(gradient, tf.float32)], [theirs])
    np.testing.assert_allclose(optimizer.vectors(rows), theirs.numpy(), atol=1e-6, rtol=1e-5)


def test_an_unused_row_is_unchanged_without_decay_and_shrinks_with_it():
    still, kept = rows_after(VISITS, ROW_GRADIENTS, ROW_RATES)
    assert np.array_equal(still[5], TABLE[5])
    assert not kept[5, 3:].any()
    shrunk, _ = rows_after(VISITS, ROW_GRADIENTS, ROW_RATES, weight_decay=0.4)
    share = np.prod([1 - rate * 0.4 for rate in ROW_RATES])
    np.testing.assert_allclose(shrunk[5], TABLE[5] * share, rtol=1e-5)


def test_a_row_stores_the_step_of_its_last_use():
    _, rows = rows_after([[0], [0, 1], [0]], [np.ones((1, 3)), np.ones((2, 3)), np.ones((1, 3))], [0.1] * 3)
    assert rows[:3, 4].tolist() == [3, 2, 0]
    assert rows[1, 3] == pytest.approx(0.001, rel=1e-4)


def test_reset_clears_moments_and_new_vectors_keep_them():
    optimizer = RowAdam([], decays=True)
    optimizer.reset(0.5)
    optimizer.begin_step(tf.constant(0.1))
    rows = start(optimizer)
    rows = optimizer.updated(rows, optimizer.vectors(rows), tf.ones((6, 3)), tf.constant(0.1))
    optimizer.begin_step(tf.constant(0.1))
    others = optimizer.with_vectors(rows, tf.ones((6, 3)))
    # New vectors are as of the current step: earlier decay does not apply to them.
    assert np.array_equal(optimizer.vectors(others), np.ones((6, 3)))
    assert np.array_equal(others[:, 3:5], rows[:, 3:5])
    optimizer.reset()
    assert (int(optimizer.step), float(optimizer.weight_decay)) == (0, 0.0)


def test_damping_slows_rare_rows_in_proportion_to_their_frequency():
    """Return the distances moved by two rows with equal gradients, one in every step, one in every hundredth."""
    moved = {}
    for damping in (0.0, 1.0):
        optimizer = RowAdam([], damping=damping)
        optimizer.reset()
        rows = tf.Variable(start(optimizer, np.zeros((2, 3), "float32")))
        for step in range(400):
            where = [0, 1] if step % 100 == 50 else [0]
            optimizer.begin_step(0.01)
            gradient = tf.ones([len(where), 3])
            read = tf.gather(rows, where)
            new = optimizer.updated(read, optimizer.vectors(read), gradient, 0.01, gradient)
            rows.scatter_update(tf.IndexedSlices(new, tf.constant(where)))
        moved[damping] = -optimizer.vectors(rows.read_value()).numpy()[:, 0]
    assert moved[0.0][0] == pytest.approx(4.0, rel=0.01)
    assert moved[1.0][0] == pytest.approx(4.0 / 2**0.5, rel=0.01)
    # Without damping ten times as far per update as the frequent row; with damping, as far.
    assert moved[0.0][1] / 4 > 5 * moved[0.0][0] / 400
    assert moved[1.0][1] / 4 == pytest.approx(2**0.5 * moved[1.0][0] / 400, rel=0.05)


def with_prior(prior, n_before=0):
    """Return an optimizer with a prior, after some steps."""
    optimizer = RowAdam([], shrinks=True)
    optimizer.reset()
    optimizer.prior.assign(prior)
    for _ in range(n_before):
        optimizer.begin_step(0.01)
    return optimizer


def test_a_prior_slows_rare_rows_in_proportion_to_their_frequency():
    """Return the distances moved by two rows with equal gradients, one in every step, one in every hundredth."""
    moved = {}
    for prior in (0.0, 1.0):
        optimizer = with_prior(prior)
        rows = tf.Variable(start(optimizer, np.zeros((2, 3), "float32")))
        for step in range(400):
            where = [0, 1] if step % 100 == 50 else [0]
            optimizer.begin_step(0.01)
            gradient, read = tf.ones([len(where), 3]), tf.gather(rows, where)
            vectors = optimizer.vectors(read)
            # The prior pulls them to their own position, so that only its effect on the second moment remains.
            new = optimizer.updated(read, vectors, gradient, 0.01, gradient, vectors - gradient * 1e-9)
            rows.scatter_update(tf.IndexedSlices(new, tf.constant(where)))
        moved[prior] = -optimizer.vectors(rows.read_value()).numpy()[:, 0]
    assert moved[0.0][0] == pytest.approx(4.0, rel=0.01)
    # Without a prior ten times as far per update as the frequent row.
    assert moved[0.0][1] / 4 > 5 * moved[0.0][0] / 400
    assert moved[1.0][1] / 4 < 1.5 * moved[1.0][0] / 400


@pytest.mark.parametrize("prior", [0.01, 3.0])
@pytest.mark.parametrize("n_before", [0, 50])
def test_a_row_converges_where_its_gradient_and_that_of_the_prior_cancel(prior, n_before):
    """The prior's is, for each step since the row was met, so many rows times the mean square of a cell's gradient."""
    optimizer = with_prior(prior, n_before)
    cells, means = tf.constant(rng.normal(size=(8, 3)), tf.float32), tf.constant(TABLE[::-1].copy())
    rows = start(optimizer)
    optimizer.begin_step(0.01)
    vectors = optimizer.vectors(rows)
    agreed = (n_before + 1) * prior * 8 * tf.reduce_mean(tf.square(cells)) * (means - vectors)
    still = optimizer.vectors(optimizer.updated(rows, vectors, agreed, 0.01, cells, means))
    np.testing.assert_allclose(still, TABLE, atol=1e-5)
    # Without a gradient it moves towards the mean, and never beyond.
    pulled = optimizer.vectors(optimizer.updated(rows, vectors, 0 * agreed, 0.01, cells, means)).numpy()
    way = (pulled - TABLE) / (TABLE[::-1] - TABLE)
    assert (way > 0).all()
    assert (way <= 1).all()


def held_rows_after(held, *, shrinks=False, **params):
    """Return the vectors before and after the updates, with some rows frozen from step 10 to step 40."""
    optimizer = RowAdam([], decays=True, shrinks=shrinks, holds=True, **params)
    optimizer.reset(0.4)
    optimizer.prior.assign(2.0)
    rows, seen = tf.Variable(start(optimizer)), {}
    for step, (where, gradient, rate) in enumerate(zip(VISITS, ROW_GRADIENTS, ROW_RATES, strict=True)):
        if step in (10, 40):
            seen[step] = optimizer.vectors(rows.read_value()).numpy()
            rows.assign(optimizer.with_held(rows.read_value(), held & (step == 10)))
        optimizer.begin_step(tf.constant(rate))
        read, gradient = tf.gather(rows, where), tf.constant(gradient, tf.float32)
        means = tf.zeros_like(gradient) if shrinks else None
        new = optimizer.updated(read, optimizer.vectors(read), gradient, tf.constant(rate), gradient, means)
        rows.scatter_update(tf.IndexedSlices(new, tf.constant(where)))
    return seen[10], seen[40], optimizer.vectors(rows.read_value()).numpy()


@pytest.mark.parametrize("params", [{}, {"damping": 3.0}, {"shrinks": True}], ids=str)
def test_a_frozen_row_is_unchanged_by_all_updates(params):
    held = np.array([True, False, True, False, False, True])
    before, after, end = held_rows_after(held, **params)
    assert before[held].tobytes() == after[held].tobytes()
    assert (before[~held] != after[~held]).any(axis=1).all()
    # Once released, they move again: by their updates, or by decay only.
    assert (after != end).any(axis=1).all()
    free = held_rows_after(np.zeros(6, bool), **params)
    for mine, its in zip((before[~held], after[~held]), (free[0][~held], free[1][~held]), strict=True):
        assert np.array_equal(mine, its)


def test_decay_that_a_frozen_row_missed_is_not_applied_later():
    _, after, end = held_rows_after(np.ones(6, bool))
    share = np.prod([1 - rate * 0.4 for rate in ROW_RATES[40:]])
    np.testing.assert_allclose(end[5], after[5] * share, rtol=1e-5)


def test_support_of_frozen_rows_does_not_change_the_others():
    plain, _ = rows_after(VISITS, ROW_GRADIENTS, ROW_RATES, weight_decay=0.4)
    others, kept = rows_after(VISITS, ROW_GRADIENTS, ROW_RATES, weight_decay=0.4, holds=True)
    assert np.array_equal(plain, others)
    assert kept.shape[1] == 3 + 4
    assert not kept[:, -1].any()


@pytest.mark.parametrize("params", [{}, {"holds": True}, {"shrinks": True}], ids=["plain", "holds", "shrinks"])
def test_averages_are_those_of_all_rows_although_only_the_rows_of_a_batch_are_read(params):
    optimizer = RowAdam([], averages=True, **params)
    optimizer.reset()
    rows, wanted = tf.Variable(start(optimizer)), TABLE
    if params.get("holds"):
        rows.assign(optimizer.with_held(rows.read_value(), np.arange(6) == 1))
    for number, (where, gradient, rate) in enumerate(zip(VISITS, ROW_GRADIENTS, ROW_RATES, strict=True)):
        optimizer.begin_step(tf.constant(rate))
        read = tf.gather(rows, where)
        vectors, gradient = optimizer.vectors(read), tf.constant(gradient, tf.float32)
        pulled = {"of_cells": gradient, "means": tf.zeros_like(vectors)} if params.get("shrinks") else {}
        rows.scatter_update(
            tf.IndexedSlices(
                optimizer.updated(read, vectors, gradient, tf.constant(rate), **pulled), tf.constant(where)
            )
        )
        if number % 4 == 3:
            # They start anew with the first share, and with any of 1.
            share = 1.0 if number in (3, 31) else 0.3
            optimizer.average(share)
            wanted = wanted + share * (optimizer.vectors(rows.read_value()).numpy() - wanted)
            np.testing.assert_allclose(optimizer.averaged(rows.read_value()), wanted, atol=1e-6)
    assert not np.allclose(wanted, optimizer.vectors(rows.read_value()), atol=1e-3)
    assert np.array_equal(wanted[5], TABLE[5])


def test_averages_of_new_vectors_start_anew():
    optimizer = RowAdam([], averages=True)
    optimizer.reset()
    rows = start(optimizer)
    for share in (1.0, 0.3):
        optimizer.average(share)
    rows = optimizer.with_vectors(rows, tf.constant(TABLE + 1))
    assert np.array_equal(optimizer.averaged(rows), TABLE + 1)
    optimizer.reset()
    assert np.array_equal(optimizer.averaged(start(optimizer)), TABLE)


@pytest.mark.parametrize(
    "params", [{}, {"holds": True}, {"averages": True}, {"holds": True, "averages": True}], ids=str
)
@pytest.mark.parametrize("weight_decay", [0.0, 0.3])
def test_second_moments_are_read_and_set_as_of_the_current_step(params, weight_decay):
    optimizer = RowAdam([], decays=weight_decay > 0, **params)
    optimizer.reset(weight_decay)
    rows = start(optimizer)
    if "averages" in params:
        optimizer.average(1.0)
    optimizer.begin_step(tf.constant(0.1))
    rows = optimizer.updated(rows, optimizer.vectors(rows), tf.ones((6, 3)), tf.constant(0.1))
    np.testing.assert_allclose(optimizer.second_moments(rows), np.full((6, 1), 1e-3), rtol=1e-4)
    optimizer.begin_step(tf.constant(0.1))
    np.testing.assert_allclose(optimizer.second_moments(rows), np.full((6, 1), 0.999e-3), rtol=1e-4)
    changed = optimizer.with_second_moments(rows, tf.fill((6, 1), 0.5))
    assert optimizer.second_moments(changed).numpy().tolist() == [[0.5]] * 6
    np.testing.assert_array_equal(optimizer.vectors(changed), optimizer.vectors(rows))
    if "averages" in params:
        np.testing.assert_array_equal(optimizer.averaged(changed), optimizer.averaged(rows))


def test_moments_of_weights_are_taken_over():
    weights = [tf.Variable(np.ones((2, 3), "float32"))]
    one, two = (RowAdam([tf.Variable(each) for each in weights]) for _ in range(2))
    for optimizer in (one, two):
        optimizer.begin_step(tf.constant(0.1))
        optimizer.apply([tf.ones((2, 3))], tf.constant(0.1))
    fresh = RowAdam([tf.Variable(one.weights[0])])
    fresh.resume(int(one.step), one.moments())
    for optimizer in (one, fresh):
        optimizer.begin_step(tf.constant(0.1))
        optimizer.apply([-tf.ones((2, 3))], tf.constant(0.1))
    np.testing.assert_array_equal(fresh.weights[0], one.weights[0])
    assert not np.array_equal(fresh.weights[0], two.weights[0])
