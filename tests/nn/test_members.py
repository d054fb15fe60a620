"""Layers of members against a plain layer for each member."""

import numpy as np
import pytest

from tabemb.nn.members import (
    MemberDense,
    MemberLogits,
    MemberMean,
    MemberSlices,
    deal_to_members,
    for_members,
    portions_of_members,
)

K = 3
rng = np.random.default_rng(0)
X = rng.normal(size=(5, 4)).astype("float32")
OWN = rng.normal(size=(K, 5, 4)).astype("float32")


def drawn(layer, inputs):
    """Build a layer with random weights."""
    layer(inputs)
    for weight in layer.weights:
        weight.assign(rng.normal(size=weight.shape))
    return layer


@pytest.mark.parametrize("own_outputs", [True, False])
@pytest.mark.parametrize("inputs", [X, OWN], ids=["for all", "own"])
def test_a_member_scales_inputs_and_outputs(inputs, own_outputs):
    layer = drawn(MemberDense(2, K, own_outputs=own_outputs), inputs)
    out, kernel = layer(inputs).numpy(), layer.kernel.numpy()
    assert out.shape == (K, 5, 2)
    r, b = layer.input_scale.numpy().reshape(K, 4), np.broadcast_to(layer.bias.numpy().reshape(-1, 2), (K, 2))
    s = layer.output_scale.numpy().reshape(K, 2) if own_outputs else np.ones((K, 2))
    for member in range(K):
        x = inputs if inputs.ndim == 2 else inputs[member]
        np.testing.assert_allclose(out[member], s[member] * ((r[member] * x) @ kernel) + b[member], atol=1e-5)


def test_members_are_initialized_alike_unless_their_signs_differ():
    alike, apart = (MemberDense(2, K, signs=signs, seed=1)(X).numpy() for signs in (False, True))
    assert np.array_equal(alike[0], alike[1])
    assert not np.allclose(apart[0], apart[1])
    layer = MemberDense(2, 50, signs=True, seed=1)
    layer(X)
    scales = layer.input_scale.numpy()
    assert set(scales) == {-1, 1}
    assert abs(scales.mean()) < 0.2
    assert not np.array_equal(MemberDense(2, K, signs=True, seed=2)(X).numpy(), apart)


@pytest.mark.parametrize("inputs", [X, OWN], ids=["for all", "own"])
def test_each_member_has_its_own_logits(inputs):
    layer = drawn(MemberLogits(2, K), inputs)
    out, bias = layer(inputs).numpy(), layer.bias.numpy().reshape(K, 2)
    assert out.shape == (5, K, 2)
    for member in range(K):
        x = inputs if inputs.ndim == 2 else inputs[member]
        np.testing.assert_allclose(out[:, member], x @ layer.kernel.numpy()[member] + bias[member], atol=1e-5)


def test_logits_have_glorots_initializer_for_one_member():
    layer = MemberLogits(100, K, seed=1)
    layer(np.zeros((5, 400), "float32"))
    assert np.abs(layer.kernel.numpy()).max() == pytest.approx((6 / 500) ** 0.5, rel=0.001)


@pytest.mark.parametrize("for_all", [[], [rng.normal(size=(5, 2)).astype("float32")]], ids=["vectors alone", "beside"])
@pytest.mark.parametrize("dims", [[6, 6], [6, 3, 3, 6], [3]])
def test_a_member_sees_its_slice_of_each_vector_and_the_shared_inputs(dims, for_all):
    vectors = rng.normal(size=(5, sum(dims))).astype("float32")
    out = MemberSlices(dims, K)([vectors, *for_all]).numpy()
    starts = np.cumsum([0, *dims])
    for member in range(K):
        parts = [
            vectors[:, start + member * dim // K : start + (member + 1) * dim // K]
            for start, dim in zip(starts, dims, strict=False)
        ]
        assert np.array_equal(out[member], np.hstack([*parts, *for_all]))


def test_the_mean_is_over_members():
    logits = rng.normal(size=(5, K, 2)).astype("float32")
    np.testing.assert_allclose(MemberMean()(logits).numpy(), logits.mean(axis=1), atol=1e-6)


def test_only_kernels_have_more_than_one_axis_so_that_weight_decay_leaves_the_rest_alone():
    layers = [drawn(MemberDense(2, K), X), drawn(MemberLogits(2, K), X)]
    assert [weight.name for layer in layers for weight in layer.weights if len(weight.shape) > 1] == ["kernel"] * 2


def test_vectors_that_are_not_cut_are_seen_whole_by_all():
    vectors = rng.normal(size=(5, 10)).astype("float32")
    layer = MemberSlices([6, 4], K, cut=[True, False])
    out = layer([vectors]).numpy()
    assert out.shape == layer.compute_output_shape([vectors.shape]) == (K, 5, 6)
    for member in range(K):
        assert np.array_equal(out[member], np.hstack([vectors[:, 2 * member : 2 * member + 2], vectors[:, 6:]]))
    assert MemberSlices.from_config(layer.get_config()).cut == [True, False]


@pytest.mark.parametrize("cut", [[True, True, False], [True, True, True], [False, False, False]])
def test_members_with_portions_see_only_their_rows(cut):
    vectors, numbers = rng.normal(size=(4 * K, 15)).astype("float32"), rng.normal(size=(4 * K, 2)).astype("float32")
    layer = MemberSlices([6, 6, 3], K, cut=cut)
    whole = layer([vectors, numbers]).numpy()
    with portions_of_members():
        portions = layer([vectors, numbers]).numpy()
    assert portions.shape == (K, 4, whole.shape[2])
    for member in range(K):
        assert np.array_equal(portions[member], whole[member, 4 * member : 4 * member + 4])


def test_rows_that_members_see():
    cells = np.arange(12).reshape(6, 2)
    assert for_members(cells, 3).shape == (1, 6, 2)
    with portions_of_members():
        assert np.array_equal(for_members(cells, 3), cells.reshape(3, 2, 2))
    assert for_members(cells, 3).shape == (1, 6, 2)


def test_an_error_ends_the_context_of_portions():
    def failing():
        with portions_of_members():
            raise RuntimeError("in it")

    with pytest.raises(RuntimeError, match="in it"):
        failing()
    assert for_members(np.zeros((6, 2)), 3).shape == (1, 6, 2)


@pytest.mark.parametrize(("n", "n_members", "most"), [(1, 1, 1), (10, 3, 100), (101, 4, 8), (50, 5, 1)])
def test_each_row_is_dealt_once_to_its_member(n, n_members, most):
    members, dealt = np.random.default_rng(0).integers(0, n_members, n), []
    for rows, real, of in deal_to_members(members, n_members, most):
        assert len(rows) % n_members == 0
        assert len(rows) <= max(most, n_members)
        np.testing.assert_array_equal(members[rows[real]], of)
        np.testing.assert_array_equal(real // (len(rows) // n_members), of)
        dealt.extend(rows[real])
    assert sorted(dealt) == list(range(n))
