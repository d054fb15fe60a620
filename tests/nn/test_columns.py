"""Selection of columns, and layers over one-hot columns, against the plain computation."""

import numpy as np
import pytest

from tabemb.nn.columns import Column, OneHotDense, OneHotRows, OneHotVectors

rng = np.random.default_rng(0)
INDICES = rng.integers(0, 4, size=(20, 3)).astype("int32")


def one_hot(indices, sizes):
    return np.hstack([np.eye(size, dtype="float32")[indices[:, place]] for place, size in enumerate(sizes)])


def test_a_column_of_indices_and_of_vectors():
    column = Column(1, name="dest_indices")
    assert column(np.array([[3, 5], [7, 9]])).numpy().tolist() == [5, 9]
    assert column(np.arange(12).reshape(2, 3, 2)).numpy().tolist() == [[2, 3], [8, 9]]
    assert column.compute_output_shape((None, 3)) == (None,)
    assert column.compute_output_shape((None, 3, 2)) == (None, 2)


@pytest.mark.parametrize("size", [6, 600], ids=["few", "many"])
def test_one_hot_dense_is_a_dense_layer_over_a_one_hot_matrix(size):
    layer = OneHotDense(5, [0, 2], [4, size], seed=1)
    out = layer(INDICES).numpy()
    dense = one_hot(INDICES[:, [0, 2]], [4, size]) @ layer.kernel.numpy()
    assert layer.is_narrow is (size == 6)
    assert layer.kernel.shape == (4 + size, 5)
    np.testing.assert_allclose(out, dense, atol=1e-6)


def test_the_one_hot_matrix():
    layer = OneHotDense(5, [0, 2], [4, 6], dtype="float16")
    matrix = layer.one_hot(INDICES).numpy()
    assert matrix.dtype == "float16"
    assert np.array_equal(matrix, one_hot(INDICES[:, [0, 2]], [4, 6]))


def test_one_hot_dense_is_initialized_like_one_dense_layer_over_all_inputs():
    alone, beside = (OneHotDense(50, [0], [400], fan_in=fan_in, seed=1) for fan_in in (None, 10_000))
    for layer, limit in ((alone, (6 / 450) ** 0.5), (beside, (6 / 10_050) ** 0.5)):
        layer.build((None, 1))
        assert np.abs(layer.kernel.numpy()).max() == pytest.approx(limit, rel=0.001)


def test_one_hot_vectors_are_rows_of_the_kernel():
    layer = OneHotVectors(5, [0, 2], [4, 6], seed=1)
    out = layer(INDICES).numpy()
    kernel = layer.kernel.numpy()
    assert np.array_equal(out[:, 0], kernel[INDICES[:, 0]])
    assert np.array_equal(out[:, 1], kernel[4 + INDICES[:, 2]])


def test_one_hot_vectors_are_initialized_with_length_one():
    layer = OneHotVectors(64, [0], [500], seed=1)
    layer.build((None, 1))
    assert np.linalg.norm(layer.kernel.numpy(), axis=1).mean() == pytest.approx(1, rel=0.02)


@pytest.mark.parametrize("kind", [OneHotDense, OneHotVectors])
def test_the_seed_determines_the_initialization(kind):
    kernels = []
    for seed in (1, 1, 2):
        layer = kind(5, [0], [4], seed=seed)
        layer.build((None, 1))
        kernels.append(layer.kernel.numpy())
    assert np.array_equal(kernels[0], kernels[1])
    assert not np.array_equal(kernels[0], kernels[2])


def test_a_layer_over_one_hot_rows_must_define_its_initializer():
    with pytest.raises(TypeError, match=r"must define start\(\)"):
        OneHotRows(2, [0], [3]).start()
