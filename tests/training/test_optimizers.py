"""RowAdam against Keras' own Adam."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tabemb.training.optimizers import RowAdam

rng = np.random.default_rng(0)
TABLE, KERNEL, BIAS = rng.normal(size=(6, 3)), rng.normal(size=(3, 2)), rng.normal(size=2)
GRADIENTS = [(rng.normal(size=(6, 3)), rng.normal(size=(3, 2)), rng.normal(size=2)) for _ in range(20)]
RATES = [0.01] * 10 + [0.003] * 10


def variables():
    return [tf.Variable(v.astype("float32")) for v in (TABLE, KERNEL, BIAS)]


def row_adam(gradients, rates, rows=range(6), **params):
    table, kernel, bias = variables()
    optimizer = RowAdam([table], [kernel, bias], **params)
    where = tf.constant(list(rows), tf.int32)
    for (g_table, g_kernel, g_bias), rate in zip(gradients, rates, strict=True):
        dense = [tf.constant(g, tf.float32) for g in (g_kernel, g_bias)]
        optimizer.apply([where], [tf.constant(g_table[list(rows)], tf.float32)], dense, tf.constant(rate))
    return optimizer, [v.numpy() for v in (table, kernel, bias)]


def keras_adam(optimizer, gradients, rates):
    made = [keras.Variable(v.astype("float32")) for v in (TABLE, KERNEL, BIAS)]
    for gradient, rate in zip(gradients, rates, strict=True):
        optimizer.learning_rate = rate
        optimizer.apply([tf.constant(g, tf.float32) for g in gradient], made)
    return [v.numpy() for v in made]


def test_with_every_row_in_every_batch_it_is_adam():
    ours = row_adam(GRADIENTS, RATES)[1]
    theirs = keras_adam(keras.optimizers.Adam(), GRADIENTS, RATES)
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6, rtol=1e-5)


def test_betas_and_epsilon_are_adams():
    params = {"beta_1": 0.7, "beta_2": 0.95, "epsilon": 1e-3}
    ours = row_adam(GRADIENTS, RATES, **params)[1]
    theirs = keras_adam(keras.optimizers.Adam(**params), GRADIENTS, RATES)
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6, rtol=1e-5)


def test_weight_decay_is_adamws_on_tables_and_kernels_and_spares_biases():
    ours = row_adam(GRADIENTS, RATES, weight_decay=0.3)[1]
    decayed = keras.optimizers.AdamW(weight_decay=0.3)
    theirs = keras_adam(decayed, GRADIENTS, RATES)
    plain = keras_adam(keras.optimizers.Adam(), GRADIENTS, RATES)
    np.testing.assert_allclose(ours[0], theirs[0], atol=1e-6, rtol=1e-5)
    np.testing.assert_allclose(ours[1], theirs[1], atol=1e-6, rtol=1e-5)
    np.testing.assert_allclose(ours[2], plain[2], atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("weight_decay", [0.0, 0.3])
def test_rows_outside_of_the_batch_and_their_moments_stay_to_the_last_bit(weight_decay):
    optimizer, (table, _, _) = row_adam(GRADIENTS, RATES, rows=[4, 1], weight_decay=weight_decay)
    outside = [0, 2, 3, 5]
    assert np.array_equal(table[outside], TABLE.astype("float32")[outside])
    assert (table[[1, 4]] != TABLE.astype("float32")[[1, 4]]).all()
    ((first, second),) = optimizer._moments
    assert not first.numpy()[outside].any()
    assert not second.numpy()[outside].any()
    assert (first.numpy()[[1, 4]] != 0).all()


def test_rows_in_the_batch_are_updated_as_in_the_whole_table():
    some, every = (row_adam(GRADIENTS, RATES, rows=rows)[1][0] for rows in ([4, 1], range(6)))
    assert np.array_equal(some[[1, 4]], every[[1, 4]])


def test_a_row_that_comes_back_has_the_moments_of_its_last_visit():
    """The bias correction counts steps, the moments count visits: Adam by hand."""
    table = tf.Variable(np.ones((2, 1), "float32"))
    optimizer = RowAdam([table], [])
    visits = {1: ([0], 0.5), 2: ([1], 2.0), 3: ([0], -1.0)}
    for where, gradient in visits.values():
        optimizer.apply([tf.constant(where)], [tf.constant([[gradient]])], [], tf.constant(0.1))
    m = v = 0.0
    row = 1.0
    for step, gradient in ((1, 0.5), (3, -1.0)):
        m, v = 0.9 * m + 0.1 * gradient, 0.999 * v + 0.001 * gradient**2
        row -= 0.1 * np.sqrt(1 - 0.999**step) / (1 - 0.9**step) * m / (np.sqrt(v) + 1e-7)
    assert table.numpy()[0, 0] == pytest.approx(row, rel=1e-5)
    assert optimizer.step.numpy() == 3
