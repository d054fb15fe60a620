"""The inputs of a body, against the plain computation."""

from dataclasses import replace

import keras
import numpy as np
import pytest

from tabemb.nn.embedding import OneHotSpec
from tabemb.nn.features import Features
from tabemb.nn.seeds import Seeds

rng = np.random.default_rng(0)
INDICES = rng.integers(0, 4, size=(20, 3)).astype("int32")


def one_hot(indices, sizes):
    return np.hstack([np.eye(size, dtype="float32")[indices[:, place]] for place, size in enumerate(sizes)])


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
        number_dims=(1,) * numbers,
        indices=inputs.get("indices"),
        one_hot=specs,
    )
    return inputs, features


@pytest.mark.parametrize("vectors", [(), (3,), (3, 2)])
@pytest.mark.parametrize("numbers", [0, 2])
@pytest.mark.parametrize("specs", [(), ((1, 4),), ((0, 4), (2, 6))])
def test_dense_over_all_features_is_one_dense_layer_over_their_concatenation(vectors, numbers, specs):
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
    concatenated = np.hstack(plain)
    kernels, bias = [], 0.0
    if vectors or numbers:
        layer = model.get_layer("first")
        layer.bias.assign(np.arange(7.0))
        kernels, bias = [layer.kernel.numpy()], np.arange(7.0)
    if specs:
        kernels.append(model.get_layer("first_one_hot").kernel.numpy())
    assert features.width == concatenated.shape[1]
    np.testing.assert_allclose(model(values).numpy(), concatenated @ np.vstack(kernels) + bias, atol=1e-5)


def test_the_initializer_is_glorots_for_all_inputs_and_repeatable():
    starts = []
    for root in (0, 0, 1):
        inputs, features = make(vectors=(300,), numbers=100, one_hot_specs=((0, 4),))
        model = keras.Model(inputs, features.dense(60, Seeds(root), name="first"))
        starts.append(model.get_weights())
    assert np.abs(starts[0][0]).max() == pytest.approx((6 / (404 + 60)) ** 0.5, rel=0.001)
    assert all(np.array_equal(a, b) for a, b in zip(starts[0], starts[1], strict=True))
    assert not np.array_equal(starts[0][0], starts[2][0])


def values_of(inputs):
    return {
        name: INDICES if name == "indices" else rng.normal(size=(20, each.shape[1])).astype("float32")
        for name, each in inputs.items()
    }


def test_all_features_in_one_matrix_where_a_one_hot_column_has_eight_numbers():
    inputs, features = make(one_hot_specs=((0, 4), (2, 600)))
    model = keras.Model(inputs, features.flat(Seeds(0)))
    values, kernel = values_of(inputs), model.get_layer("inputs_one_hot").kernel.numpy()
    rows = [kernel[INDICES[:, 0]], kernel[4 + INDICES[:, 2]]]
    assert kernel.shape == (604, 8)
    assert np.array_equal(model(values), np.hstack([values["vectors"], values["numbers"], *rows]))


@pytest.mark.parametrize("vectors", [(), (3, 2)])
@pytest.mark.parametrize("numbers", [0, 2])
@pytest.mark.parametrize("specs", [(), ((0, 4), (2, 6))])
def test_every_column_has_a_token(vectors, numbers, specs):
    if not (vectors or numbers or specs):
        return
    inputs, features = make(vectors, numbers, specs)
    groups = features.tokens(5, Seeds(0), name="tokens")
    model, values = keras.Model(inputs, groups), values_of(inputs)
    out = np.concatenate(model(values) if len(groups) > 1 else [model(values)], axis=1)
    assert out.shape == (20, len(vectors) + numbers + len(specs), 5)
    # Each token depends on its own column only.
    for place, start in enumerate(np.cumsum([0, *vectors, *[1] * numbers])[:-1]):
        name, column = ("vectors", start) if place < len(vectors) else ("numbers", start - sum(vectors))
        other = {**values, name: values[name].copy()}
        other[name][:, column] += 1
        changed = np.concatenate(model(other) if len(groups) > 1 else [model(other)], axis=1) != out
        assert changed.any(axis=(0, 2)).tolist() == [each == place for each in range(out.shape[1])]
    if specs:
        kernel = model.get_layer("tokens_one_hot").kernel.numpy()
        assert np.array_equal(out[:, -1], kernel[4 + INDICES[:, 2]])


def test_a_number_of_several_inputs_is_one_token():
    _, features = make(vectors=(), numbers=6, one_hot_specs=())
    (tokens,) = replace(features, number_dims=(2, 4)).tokens(5, Seeds(0), name="tokens")
    assert tokens.shape == (None, 2, 5)


def test_vectors_and_numbers_are_joined_once():
    _, features = make()
    assert features.joined is features.joined
    assert make(numbers=0)[1].joined.shape == (None, 5)
    assert make(vectors=(), numbers=0)[1].joined is None
