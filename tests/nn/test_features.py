"""What a body sees, against the plain computation."""

import keras
import numpy as np
import pytest

from tabemb.nn.embedding import OneHotSpec
from tabemb.nn.features import Features, OneHotDense, Slice
from tabemb.nn.seeds import Seeds

rng = np.random.default_rng(0)
INDICES = rng.integers(0, 4, size=(20, 3)).astype("int32")


def one_hot(indices, sizes):
    return np.hstack([np.eye(size, dtype="float32")[indices[:, place]] for place, size in enumerate(sizes)])


def test_one_hot_dense_is_a_dense_layer_over_a_one_hot_matrix():
    layer = OneHotDense(5, [0, 2], [4, 6], seed=1)
    out = layer(INDICES).numpy()
    dense = one_hot(INDICES[:, [0, 2]], [4, 6]) @ layer.kernel.numpy()
    assert layer.kernel.shape == (10, 5)
    np.testing.assert_allclose(out, dense, atol=1e-6)


def test_one_hot_dense_starts_like_one_dense_layer_over_all_inputs():
    alone, beside = (OneHotDense(50, [0], [400], fan_in=fan_in, seed=1) for fan_in in (None, 10_000))
    for layer, limit in ((alone, (6 / 450) ** 0.5), (beside, (6 / 10_050) ** 0.5)):
        layer.build((None, 1))
        assert np.abs(layer.kernel.numpy()).max() == pytest.approx(limit, rel=0.001)


def test_one_hot_dense_survives_keras_own_config():
    layer = OneHotDense(5, [0, 2], [4, 6], fan_in=20, seed=3, name="first_one_hot")
    again = OneHotDense.from_config(layer.get_config())
    assert again.get_config() == layer.get_config()
    assert np.array_equal(again(INDICES), layer(INDICES))


def make(vectors=(3, 2), numbers=2, one_hot_specs=((1, 4),)):
    inputs = {"vectors": keras.Input((sum(vectors),), name="vectors")} if vectors else {}
    if numbers:
        inputs["numbers"] = keras.Input((numbers,), name="numbers")
    if one_hot_specs:
        inputs["indices"] = keras.Input((3,), dtype="int32", name="indices")
    specs = tuple(OneHotSpec(name=f"c{p}", position=p, vocabulary_size=size) for p, size in one_hot_specs)
    features = Features(
        embedded=inputs.get("vectors"),
        dims=vectors,
        numbers=inputs.get("numbers"),
        indices=inputs.get("indices"),
        one_hot=specs,
    )
    return inputs, features


@pytest.mark.parametrize("vectors", [(), (3,), (3, 2)])
@pytest.mark.parametrize("numbers", [0, 2])
@pytest.mark.parametrize("specs", [(), ((1, 4),), ((0, 4), (2, 6))])
def test_dense_over_all_features_is_one_dense_layer_over_them_side_by_side(vectors, numbers, specs):
    if not (vectors or numbers or specs):
        return
    inputs, features = make(vectors, numbers, specs)
    model = keras.Model(inputs, features.dense(7, Seeds(0), name="first"))
    values = {"vectors": rng.normal(size=(20, sum(vectors))).astype("float32")} if vectors else {}
    if numbers:
        values["numbers"] = rng.normal(size=(20, numbers)).astype("float32")
    plain = list(values.values())
    if specs:
        values["indices"] = INDICES
        plain += [one_hot(INDICES[:, [p]], [size]) for p, size in specs]
    side_by_side = np.hstack(plain)
    kernels, bias = [], 0.0
    if vectors or numbers:
        layer = model.get_layer("first")
        layer.bias.assign(np.arange(7.0))
        kernels, bias = [layer.kernel.numpy()], np.arange(7.0)
    if specs:
        kernels.append(model.get_layer("first_one_hot").kernel.numpy())
    assert features.width == side_by_side.shape[1]
    np.testing.assert_allclose(model(values).numpy(), side_by_side @ np.vstack(kernels) + bias, atol=1e-5)


def test_the_start_is_glorots_for_all_inputs_and_repeats():
    starts = []
    for root in (0, 0, 1):
        inputs, features = make(vectors=(300,), numbers=100, one_hot_specs=((0, 4),))
        model = keras.Model(inputs, features.dense(60, Seeds(root), name="first"))
        starts.append(model.get_weights())
    assert np.abs(starts[0][0]).max() == pytest.approx((6 / (404 + 60)) ** 0.5, rel=0.001)
    assert all(np.array_equal(a, b) for a, b in zip(starts[0], starts[1], strict=True))
    assert not np.array_equal(starts[0][0], starts[2][0])


def test_the_vectors_of_each_column_are_slices_of_those_side_by_side():
    inputs, features = make(vectors=(3, 2, 4), numbers=0, one_hot_specs=())
    side_by_side = rng.normal(size=(20, 9)).astype("float32")
    parts = keras.Model(inputs, list(features.vectors))({"vectors": side_by_side})
    assert [part.shape for part in parts] == [(20, 3), (20, 2), (20, 4)]
    assert np.array_equal(np.hstack(parts), side_by_side)
    assert features.vectors is features.vectors


def test_one_column_alone_is_not_sliced():
    inputs, features = make(vectors=(3,), numbers=0, one_hot_specs=())
    assert features.vectors == (inputs["vectors"],)
    assert make(vectors=(), numbers=2)[1].vectors == ()


def test_a_slice_survives_keras_own_config():
    layer = Slice(1, 3, name="vector_1")
    again = Slice.from_config(layer.get_config())
    assert again.get_config() == layer.get_config()
    assert again(np.arange(8).reshape(2, 4)).numpy().tolist() == [[1, 2], [5, 6]]
