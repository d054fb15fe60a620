"""Periodic embeddings and their layers against the formulas of the papers."""

import keras
import numpy as np
import pytest

from tabemb.exceptions import UnknownNameError
from tabemb.nn.numeric.periodic import PBLD, Periodic, ShiftedWaves, Waves
from tabemb.nn.seeds import Seeds

NUMBERS = np.random.default_rng(0).normal(size=(50, 3)).astype("float32")


def model_of(**parameters):
    inputs = keras.Input((3,), name="numbers")
    return keras.Model(inputs, Periodic(**parameters).build(inputs, Seeds(0)))


def weights_of(**parameters):
    return {weight.path: weight.numpy() for weight in model_of(**parameters).weights}


def test_its_vectors_follow_the_paper():
    model = model_of(n_frequencies=4, embedding_dim=5, sigma=0.3)
    frequencies, kernel, bias = model.get_weights()
    angles = 2 * np.pi * NUMBERS[:, :, None] * frequencies.reshape(3, 4)
    waves = np.concatenate([np.cos(angles), np.sin(angles)], axis=2)
    expected = np.maximum(np.einsum("nci,cio->nco", waves, kernel.reshape(3, 8, 5)) + bias.reshape(3, 5), 0)
    np.testing.assert_allclose(model(NUMBERS), expected.reshape(50, 15), rtol=1e-4, atol=1e-5)


def test_the_default_sizes_are_those_of_the_authors_package():
    shapes = {path: weight.shape for path, weight in weights_of().items()}
    assert shapes == {"waves/frequencies": (144,), "waves_dense/kernel": (288, 24), "waves_dense/bias": (72,)}


def test_lite_shares_the_dense_layer():
    shapes = {path: weight.shape for path, weight in weights_of(lite=True).items()}
    assert shapes == {"waves/frequencies": (144,), "waves_dense/kernel": (96, 24), "waves_dense/bias": (24,)}
    assert model_of(lite=True)(NUMBERS).shape == (50, 72)


def test_sizes_spread_and_activation_follow_the_parameters():
    assert weights_of(n_frequencies=7)["waves/frequencies"].shape == (21,)
    assert weights_of(embedding_dim=2)["waves_dense/kernel"].shape == (288, 2)
    narrow, wide = (weights_of(sigma=sigma)["waves/frequencies"] for sigma in (0.01, 1.0))
    np.testing.assert_allclose(narrow * 100, wide, rtol=1e-5)
    relu, tanh = (model_of(activation=each)(NUMBERS).numpy() for each in ("relu", "tanh"))
    assert relu.min() == 0
    np.testing.assert_allclose(np.tanh(relu[relu > 0]), tanh[relu > 0], rtol=1e-4)
    assert tanh.min() < 0


def test_the_scaling_is_a_parameter():
    assert Periodic().scaling == "quantile"
    assert Periodic(scaling="standard").scaling == "standard"


@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        ({"n_frequencies": 0}, ValueError, "n_frequencies must be a positive integer, got 0"),
        ({"sigma": -0.1}, ValueError, "sigma must be a positive number, got -0.1"),
        ({"sigma": float("inf")}, ValueError, "sigma must be a positive number, got inf"),
        ({"embedding_dim": None}, ValueError, "embedding_dim must be a positive integer, got None"),
        ({"activation": "rely"}, UnknownNameError, r"No activation named 'rely'.*Did you mean 'relu'"),
        ({"lite": "yes"}, ValueError, "lite must be True or False, got 'yes'"),
    ],
)
def test_wrong_parameters_are_refused(parameters, error, message):
    with pytest.raises(error, match=message):
        model_of(**parameters)


def pbld_of(**parameters):
    inputs = keras.Input((3,), name="numbers")
    return keras.Model(inputs, PBLD(**parameters).build(inputs, Seeds(0)))


def test_a_number_is_concatenated_with_its_waves():
    model = pbld_of(n_frequencies=5, embedding_dim=3)
    frequencies, phases, kernel, bias = model.get_weights()
    waves = np.cos(2 * np.pi * NUMBERS[:, :, None] * frequencies.reshape(3, 5) + phases.reshape(3, 5))
    dense = np.einsum("nci,cio->nco", waves, kernel.reshape(3, 5, 2)) + bias.reshape(3, 2)
    expected = np.concatenate([dense, NUMBERS[:, :, None]], axis=2)
    np.testing.assert_allclose(model(NUMBERS), expected.reshape(50, 9), rtol=1e-4, atol=1e-5)


def test_pbld_sizes_and_spread_follow_the_parameters():
    assert [weights.shape for weights in pbld_of().get_weights()] == [(48,), (48,), (48, 3), (9,)]
    shapes = [weights.shape for weights in pbld_of(n_frequencies=2, embedding_dim=6).get_weights()]
    assert shapes == [(6,), (6,), (6, 5), (15,)]
    narrow, wide = (pbld_of(sigma=sigma).get_weights()[0] for sigma in (0.1, 1.0))
    np.testing.assert_allclose(narrow * 10, wide, rtol=1e-5)


def test_pbld_scaling_is_a_parameter():
    assert PBLD().scaling == "robust"
    assert PBLD(scaling="standard").scaling == "standard"


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"n_frequencies": 0}, "n_frequencies must be a positive integer, got 0"),
        ({"sigma": None}, "sigma must be a positive number, got None"),
        ({"embedding_dim": 2.5}, "embedding_dim must be a positive integer, got 2.5"),
        ({"embedding_dim": 1}, "embedding_dim must be 2 or more, since one dimension is the number itself; got 1"),
    ],
)
def test_pbld_refuses_wrong_parameters(parameters, message):
    with pytest.raises(ValueError, match=message):
        pbld_of(**parameters)


COLUMNS = np.random.default_rng(0).normal(size=(20, 3)).astype("float32")


def test_cosines_and_sines_of_a_number_times_its_frequencies():
    layer = Waves(5, 0.3, seed=1)
    out = layer(COLUMNS).numpy()
    angles = 2 * np.pi * COLUMNS[:, :, None] * layer.frequencies.numpy().reshape(3, 5)
    np.testing.assert_allclose(out, np.concatenate([np.cos(angles), np.sin(angles)], axis=2), atol=1e-5)


def test_cosines_of_a_number_times_its_frequencies_plus_its_phases():
    layer = ShiftedWaves(5, 0.3, seed=1)
    out = layer(COLUMNS).numpy()
    frequencies, phases = (each.reshape(3, 5) for each in layer.get_weights())
    np.testing.assert_allclose(out, np.cos(2 * np.pi * COLUMNS[:, :, None] * frequencies + phases), atol=1e-5)


@pytest.mark.parametrize("kind", [Waves, ShiftedWaves])
def test_sigma_is_the_spread_of_the_frequencies(kind):
    for sigma in (0.01, 1.0):
        layer = kind(1000, sigma)
        layer.build((None, 3))
        assert layer.frequencies.numpy().std() == pytest.approx(sigma, rel=0.1)


def test_phases_cover_the_circle():
    layer = ShiftedWaves(1000, 0.1)
    layer.build((None, 3))
    phases = layer.phases.numpy()
    assert phases.min() == pytest.approx(-np.pi, abs=0.01)
    assert phases.max() == pytest.approx(np.pi, abs=0.01)


@pytest.mark.parametrize("kind", [Waves, ShiftedWaves])
def test_initialization_depends_on_the_seed_and_no_weight_decays(kind):
    layers = [kind(4, 0.1, seed=seed) for seed in (1, 1, 2)]
    for layer in layers:
        layer.build((None, 3))
    one, same, other = (layer.get_weights() for layer in layers)
    assert all((a == b).all() for a, b in zip(one, same, strict=True))
    assert all((a != b).all() for a, b in zip(one, other, strict=True))
    assert all(weight.ndim == 1 for weight in one)


@pytest.mark.parametrize(("kind", "width"), [(Waves, 8), (ShiftedWaves, 4)])
def test_output_shapes_are_computed(kind, width):
    layer = kind(4, 0.1)
    assert layer.compute_output_shape((None, 3)) == (None, 3, width)
    assert layer(COLUMNS[:0]).shape == (0, 3, width)
