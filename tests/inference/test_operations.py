"""Each operation by itself, those that only one call uses are compared with Keras in tests/nn/test_translation.py."""

import dataclasses

import numpy as np
import pytest

from tabemb.inference import operations as ops

rng = np.random.default_rng(0)
X = rng.normal(size=(5, 4)).astype("float32")


def test_dense_with_and_without_bias_and_over_a_middle_axis():
    kernel, bias = rng.normal(size=(4, 3)).astype("float32"), np.arange(3, dtype="float32")
    np.testing.assert_allclose(ops.Dense()([kernel], X), X @ kernel)
    np.testing.assert_allclose(ops.Dense()([kernel, bias], X), X @ kernel + bias)
    cube = rng.normal(size=(5, 2, 4)).astype("float32")
    np.testing.assert_allclose(ops.Dense()([kernel, bias], cube), cube @ kernel + bias, rtol=1e-5)


@pytest.mark.parametrize(("scale", "center"), [(True, True), (True, False), (False, True), (False, False)])
def test_a_batch_normalization_is_a_scale_and_a_shift(scale, center):
    mean, variance = X.mean(axis=0), X.var(axis=0)
    rest = [np.float32(3)] * scale + [np.float32(5)] * center
    y = ops.BatchNormalize(1e-6, scale, center)([mean, variance, *rest], X)
    np.testing.assert_allclose(y.mean(axis=0), 5 if center else 0, atol=1e-4)
    np.testing.assert_allclose(y.std(axis=0), 3 if scale else 1, rtol=1e-3)


@pytest.mark.parametrize(("scale", "center"), [(True, True), (True, False), (False, True), (False, False)])
def test_a_layer_normalization_is_by_row(scale, center):
    rest = [np.full(4, 3, "float32")] * scale + [np.full(4, 5, "float32")] * center
    y = ops.LayerNormalize(1e-6, scale, center)(rest, X)
    np.testing.assert_allclose(y.mean(axis=1), 5 if center else 0, atol=1e-4)
    np.testing.assert_allclose(y.std(axis=1), 3 if scale else 1, rtol=1e-3)


def test_sums_differences_and_products():
    assert np.array_equal(ops.Add()([], X, X, X), X + X + X)
    assert np.array_equal(ops.Subtract()([], X, 2 * X), X - 2 * X)
    assert np.array_equal(ops.Multiply()([], X, X, X), X * X * X)


def test_columns_shapes_and_neighbors():
    assert np.array_equal(ops.TakeColumn(2)([], X), X[:, 2])
    assert np.array_equal(ops.TakeColumns(1, 3)([], X), X[:, 1:3])
    assert ops.Reshape((2, 2))([], X).shape == (5, 2, 2)
    assert np.array_equal(ops.Concatenate(-1)([], X, X[:, :1]), np.hstack([X, X[:, :1]]))


def test_a_gate_is_one_half_times_a_function_of_the_other():
    assert np.array_equal(ops.GatedActivation("tanh")([], X), X[:, :2] * np.tanh(X[:, 2:]))


def test_no_operation_writes_into_its_inputs():
    before = X.copy()
    one = np.ones(4, "float32")
    for operation, weights in [
        (ops.GatedActivation("tanh"), []),
        (ops.Affine(), [one, one]),
        (ops.BatchNormalize(1e-3, True, True), [one, one, one, one]),
        (ops.LayerNormalize(1e-3, True, True), [one, one]),
        (ops.Dense(), [np.eye(4, dtype="float32"), one]),
    ]:
        operation(weights, X)
        assert np.array_equal(X, before)
        assert np.array_equal(one, np.ones(4))


def test_an_operation_has_to_say_what_it_does():
    with pytest.raises(TypeError, match="an operation must define __call__"):
        ops.Operation()([])


def test_what_depends_on_the_weights_alone_can_be_done_before():
    one = np.arange(1, 5, dtype="float32")
    normalize, weights = ops.BatchNormalize(1e-3, True, True), [one, one, one, one]
    affine, prepared = normalize.prepared(weights)
    assert isinstance(affine, ops.Affine)
    np.testing.assert_allclose(affine(prepared, X), normalize(weights, X), rtol=1e-6)
    assert ops.Add().prepared([]) == (ops.Add(), [])


@pytest.mark.parametrize("n_outputs", [0, 1])
def test_a_scaled_dense_prepared_gives_the_same(n_outputs):
    bias = rng.normal(size=6 if n_outputs else 2)
    weights = [rng.normal(size=(4, 2)), bias, rng.normal(size=12), *[rng.normal(size=6)] * n_outputs]
    operation = ops.ScaledDense(3)
    prepared, values = operation.prepared(weights)
    assert isinstance(prepared, ops.BatchedDense)
    assert values[0].shape == (3, 4, 2)
    assert np.array_equal(prepared(values, X), operation(weights, X))
    assert prepared(values, X[:0]).shape == (3, 0, 2)


def test_members_of_no_rows():
    slices = ops.SplitMembers(((0, 1, 3, True), (3, 1, 6, True)), 3)
    assert slices([], np.empty((0, 9)), np.empty((0, 2))).shape == (3, 0, 5)
    assert slices([], np.empty((0, 9))).shape == (3, 0, 3)


def test_no_batched_operation_writes_to_its_inputs():
    before, weights = X.copy(), [np.ones((3, 4, 2)), np.ones((3, 1, 2))]
    ops.BatchedDense()(weights, X)
    ops.BatchedDense()([weights[0], np.ones(6)], X)
    assert np.array_equal(X, before)
    assert all(np.array_equal(weight, np.ones_like(weight)) for weight in weights)


def test_a_block_diagonal_dense_prepared_gives_the_same():
    x, weights = rng.normal(size=(5, 4)), [rng.normal(size=(4, 3)), rng.normal(size=9)]
    operation = ops.BlockDiagonalDense((1, 2, 1))
    prepared, block = operation.prepared(weights)
    assert isinstance(prepared, ops.TokenDense)
    assert block[0].shape == (4, 9)
    assert np.array_equal(prepared(block, x), operation(weights, x))
    np.testing.assert_allclose(prepared(block, x)[:, 1], x[:, 1:3] @ weights[0][1:3] + weights[1][3:6])


@pytest.mark.parametrize("shape", [(5, 3, 8), (5, 8)])
def test_attention_keeps_the_queries_shape_also_of_no_rows(shape):
    queries, both = rng.normal(size=shape), rng.normal(size=(5, 4, 16))
    seen = ops.Attention(2)([], queries, both)
    assert seen.shape == shape
    assert ops.Attention(2)([], queries[:0], both[:0]).shape == (0, *shape[1:])


def test_no_token_operation_writes_to_its_inputs():
    groups = [rng.normal(size=(5, 2, 3)), rng.normal(size=(5, 1, 3))]
    before = [group.copy() for group in groups]
    ops.PairProducts()([], *groups)
    ops.PrependToken()([np.ones(3)], *groups)
    assert all(np.array_equal(group, was) for group, was in zip(groups, before, strict=True))


def test_every_operation_is_frozen_and_has_plain_attributes():
    for name, cls in ops.OPERATIONS.items():
        assert dataclasses.is_dataclass(cls), name
        assert cls.__dataclass_params__.frozen, name
        kinds = {str(field.type) for field in dataclasses.fields(cls)}
        assert kinds <= {"<class 'int'>", "<class 'float'>", "<class 'bool'>", "<class 'str'>"} | {
            kind for kind in kinds if kind.startswith("tuple[")
        }
