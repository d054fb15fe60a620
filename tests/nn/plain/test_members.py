"""Operations of members that need more than one call: the rest is compared with Keras in test_own_layers."""

import numpy as np
import pytest

from tabemb.nn.plain import members as plain

rng = np.random.default_rng(0)
X = rng.normal(size=(5, 4))


@pytest.mark.parametrize("n_outputs", [0, 1])
def test_prepared_weights_give_the_same(n_outputs):
    bias = rng.normal(size=6 if n_outputs else 2)
    weights = [rng.normal(size=(4, 2)), bias, rng.normal(size=12), *[rng.normal(size=6)] * n_outputs]
    operation = plain.MemberDense(3)
    prepared, values = operation.prepared(weights)
    assert isinstance(prepared, plain.MemberProducts)
    assert values[0].shape == (3, 4, 2)
    assert np.array_equal(prepared(values, X), operation(weights, X))
    assert prepared(values, X[:0]).shape == (3, 0, 2)


def test_slices_of_no_rows():
    slices = plain.MemberSlices(((0, 1, 3, True), (3, 1, 6, True)), 3)
    assert slices([], np.empty((0, 9)), np.empty((0, 2))).shape == (3, 0, 5)
    assert slices([], np.empty((0, 9))).shape == (3, 0, 3)


def test_no_operation_writes_into_its_inputs():
    before, weights = X.copy(), [np.ones((3, 4, 2)), np.ones((3, 1, 2))]
    plain.MemberProducts()(weights, X)
    plain.MemberLogits()([weights[0], np.ones(6)], X)
    assert np.array_equal(X, before)
    assert all(np.array_equal(weight, np.ones_like(weight)) for weight in weights)
