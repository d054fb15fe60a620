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


@pytest.mark.parametrize("order", ["C", "F"])
def test_look_ups_of_one_column_and_of_many(order):
    tables = [rng.normal(size=(6, dim)).astype("float32") for dim in (2, 3, 3)]
    indices = np.asarray(rng.integers(0, 6, (5, 4)), "int32", order=order)
    by_hand = [table[indices[:, position]] for table, position in zip(tables, (3, 0, 1), strict=True)]
    assert np.array_equal(plain.LookUp()([tables[0]], indices[:, 3]), by_hand[0])
    assert np.array_equal(plain.LookUpSideBySide((3, 0, 1))(tables, indices), np.hstack(by_hand))
    stacks = [np.array([3]), np.array([0]), tables[0], np.array([0, 1]), np.array([0, 6]), np.vstack(tables[1:])]
    assert np.array_equal(plain.LookUpStacked()(stacks, indices), np.hstack(by_hand))
    assert np.array_equal(plain.LookUpStacked()(stacks[3:], indices), np.hstack(by_hand[1:]))


def test_one_hot_reads_rows_of_the_kernel():
    kernel = rng.normal(size=(5, 3)).astype("float32")
    indices = np.array([[0, 9, 2], [1, 9, 0]], "int32")
    y = plain.OneHotDense(positions=(0, 2), offsets=(0, 2))([kernel], indices)
    np.testing.assert_allclose(y, [kernel[0] + kernel[4], kernel[1] + kernel[2]])
    assert y.dtype == "float32"


def test_no_operation_writes_into_its_inputs():
    before = X.copy()
    one = np.ones(4, "float32")
    for operation, weights in [
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
