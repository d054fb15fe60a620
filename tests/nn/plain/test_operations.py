"""The operations by themselves."""

import numpy as np
import pytest

from tabemb.nn.plain import operations as plain

rng = np.random.default_rng(0)
X = rng.normal(size=(5, 4)).astype("float32")


def test_dense_with_and_without_bias_and_over_a_middle_axis():
    kernel, bias = rng.normal(size=(4, 3)).astype("float32"), np.arange(3, dtype="float32")
    np.testing.assert_allclose(plain.Dense()([kernel], X), X @ kernel)
    np.testing.assert_allclose(plain.Dense()([kernel, bias], X), X @ kernel + bias)
    cube = rng.normal(size=(5, 2, 4)).astype("float32")
    np.testing.assert_allclose(plain.Dense()([kernel, bias], cube), cube @ kernel + bias, rtol=1e-5)


@pytest.mark.parametrize(("scale", "center"), [(True, True), (True, False), (False, True), (False, False)])
def test_a_batch_normalisation_is_a_scale_and_a_shift(scale, center):
    mean, variance = X.mean(axis=0), X.var(axis=0)
    rest = [np.float32(3)] * scale + [np.float32(5)] * center
    y = plain.BatchNormalize(1e-6, scale, center)([mean, variance, *rest], X)
    np.testing.assert_allclose(y.mean(axis=0), 5 if center else 0, atol=1e-4)
    np.testing.assert_allclose(y.std(axis=0), 3 if scale else 1, rtol=1e-3)


@pytest.mark.parametrize(("scale", "center"), [(True, True), (True, False), (False, True), (False, False)])
def test_a_layer_normalisation_is_by_row(scale, center):
    rest = [np.full(4, 3, "float32")] * scale + [np.full(4, 5, "float32")] * center
    y = plain.LayerNormalize(1e-6, scale, center)(rest, X)
    np.testing.assert_allclose(y.mean(axis=1), 5 if center else 0, atol=1e-4)
    np.testing.assert_allclose(y.std(axis=1), 3 if scale else 1, rtol=1e-3)


def test_sums_differences_and_products():
    assert np.array_equal(plain.Add()([], X, X, X), X + X + X)
    assert np.array_equal(plain.Subtract()([], X, 2 * X), X - 2 * X)
    assert np.array_equal(plain.Multiply()([], X, X, X), X * X * X)


def test_columns_shapes_and_neighbours():
    assert np.array_equal(plain.Columns(2)([], X), X[:, 2])
    assert np.array_equal(plain.Columns(slice(1, 3))([], X), X[:, 1:3])
    assert plain.Reshape((2, 2))([], X).shape == (5, 2, 2)
    assert np.array_equal(plain.Concatenate(-1)([], X, X[:, :1]), np.hstack([X, X[:, :1]]))


def test_a_gate_is_one_half_times_a_function_of_the_other():
    assert np.array_equal(plain.Gate(np.abs)([], X), X[:, :2] * np.abs(X[:, 2:]))


def test_no_operation_writes_into_its_inputs():
    before = X.copy()
    one = np.ones(4, "float32")
    for operation, weights in [
        (plain.Gate(np.abs), []),
        (plain.Affine(), [one, one]),
        (plain.BatchNormalize(1e-3, True, True), [one, one, one, one]),
        (plain.LayerNormalize(1e-3, True, True), [one, one]),
        (plain.Dense(), [np.eye(4, dtype="float32"), one]),
    ]:
        operation(weights, X)
        assert np.array_equal(X, before)
        assert np.array_equal(one, np.ones(4))


def test_an_operation_has_to_say_what_it_does():
    with pytest.raises(TypeError, match="an operation defines __call__"):
        plain.Operation()([])


def test_what_depends_on_the_weights_alone_can_be_done_before():
    one = np.arange(1, 5, dtype="float32")
    normalize, weights = plain.BatchNormalize(1e-3, True, True), [one, one, one, one]
    affine, prepared = normalize.prepared(weights)
    assert isinstance(affine, plain.Affine)
    np.testing.assert_allclose(affine(prepared, X), normalize(weights, X), rtol=1e-6)
    assert plain.Add().prepared([]) == (plain.Add(), [])
