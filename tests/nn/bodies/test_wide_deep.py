"""Wide and deep against NumPy."""

import numpy as np

from tabemb.nn.bodies import WideDeep


def test_the_logits_are_the_sum_of_a_linear_model_and_a_perceptron(bench):
    made = bench(WideDeep(hidden_units=(6, 4)), dims=(3, 2), n_numbers=2)
    by_hand = made.dense("wide", made.flat) + made.dense("logits", made.perceptron(made.flat))
    np.testing.assert_allclose(made.logits, by_hand, atol=1e-5)


def test_one_hot_columns_are_in_both_parts(bench):
    made = bench(WideDeep(hidden_units=(6, 4)), dims=(3,), one_hot=2)
    wide = made.dense("wide", made.flat) + made.one_hot_rows("wide_one_hot").sum(axis=1)
    first = made.dense("hidden_0", made.flat) + made.one_hot_rows("hidden_0_one_hot").sum(axis=1)
    by_hand = wide + made.dense("logits", made.perceptron(None, first))
    np.testing.assert_allclose(made.logits, by_hand, atol=1e-5)


def test_without_hidden_units_it_is_linear(bench):
    made = bench(WideDeep(hidden_units=()), dims=(3,), n_numbers=1)
    np.testing.assert_allclose(made.logits, made.dense("wide", made.flat), atol=1e-5)
