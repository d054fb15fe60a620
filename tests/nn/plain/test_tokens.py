"""Operations on tokens that need more than one call: the rest is compared with Keras in test_own_layers."""

import numpy as np
import pytest

from tabemb.nn.plain import tokens as plain

rng = np.random.default_rng(0)


def test_tokens_of_prepared_weights_are_the_same():
    x, weights = rng.normal(size=(5, 4)), [rng.normal(size=(4, 3)), rng.normal(size=9)]
    operation = plain.ColumnTokens((1, 2, 1))
    prepared, block = operation.prepared(weights)
    assert isinstance(prepared, plain.DenseTokens)
    assert block[0].shape == (4, 9)
    assert np.array_equal(prepared(block, x), operation(weights, x))
    np.testing.assert_allclose(prepared(block, x)[:, 1], x[:, 1:3] @ weights[0][1:3] + weights[1][3:6])


@pytest.mark.parametrize("shape", [(5, 3, 8), (5, 8)])
def test_attention_keeps_the_queries_shape_also_of_no_rows(shape):
    queries, both = rng.normal(size=shape), rng.normal(size=(5, 4, 16))
    seen = plain.Attend(2)([], queries, both)
    assert seen.shape == shape
    assert plain.Attend(2)([], queries[:0], both[:0]).shape == (0, *shape[1:])


def test_no_operation_writes_into_its_inputs():
    groups = [rng.normal(size=(5, 2, 3)), rng.normal(size=(5, 1, 3))]
    before = [group.copy() for group in groups]
    plain.Interactions()([], *groups)
    plain.WithClassToken()([np.ones(3)], *groups)
    assert all(np.array_equal(group, was) for group, was in zip(groups, before, strict=True))
