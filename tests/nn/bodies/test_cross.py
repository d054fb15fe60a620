"""The cross network against NumPy."""

import numpy as np
import pytest

from tabemb.exceptions import UnknownNameError
from tabemb.nn.bodies import Cross


def crossed(made, n_layers):
    x = made.flat
    for depth in range(n_layers):
        weighted = x
        if made.has(f"cross_{depth}_narrow"):
            weighted = made.dense(f"cross_{depth}_narrow", x)
        x = made.flat * made.dense(f"cross_{depth}", weighted) + x
    return x


@pytest.mark.parametrize("n_layers", [1, 3])
def test_parallel_structure(n_layers, bench):
    made = bench(Cross(n_layers=n_layers, hidden_units=(6, 4)), dims=(3, 2), n_numbers=2)
    beside = np.hstack([crossed(made, n_layers), made.perceptron(made.flat)])
    np.testing.assert_allclose(made.logits, made.dense("logits", beside), rtol=1e-4, atol=1e-4)


def test_stacked_structure(bench):
    made = bench(Cross(structure="stacked", hidden_units=(6, 4)), dims=(3, 2), n_numbers=2)
    by_hand = made.dense("logits", made.perceptron(crossed(made, 2)))
    np.testing.assert_allclose(made.logits, by_hand, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("structure", ["parallel", "stacked"])
def test_a_low_rank_and_no_perceptron(structure, bench):
    made = bench(Cross(rank=2, structure=structure, hidden_units=()), dims=(3, 2), n_numbers=2)
    assert made.layer("cross_0_narrow").kernel.shape == (7, 2)
    np.testing.assert_allclose(made.logits, made.dense("logits", crossed(made, 2)), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(("rank", "width", "narrow"), [(3, 7, True), (3, 6, False), (None, 7, False)])
def test_low_rank_factors_are_used_if_smaller(rank, width, narrow, bench):
    made = bench(Cross(rank=rank), dims=(width,))
    assert made.has("cross_1_narrow") == narrow
    assert made.layer("cross_1").kernel.shape == (rank if narrow else width, width)


def test_the_matrix_does_not_grow_with_the_categories_of_one_hot_columns(bench):
    made = bench(Cross(), one_hot=3)
    assert made.layer("cross_0").kernel.shape == (24, 24)


def test_a_misspelled_structure_gets_a_suggestion(bench):
    with pytest.raises(UnknownNameError, match=r"No structure named 'stack'. Known: parallel, stacked. Did you mean"):
        bench(Cross(structure="stack"), n_numbers=2)
