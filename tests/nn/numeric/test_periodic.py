import keras
import numpy as np
import pytest

from tabemb.exceptions import UnknownNameError
from tabemb.nn.numeric.periodic import Periodic
from tabemb.nn.seeds import Seeds

NUMBERS = np.random.default_rng(0).normal(size=(50, 3)).astype("float32")


def model_of(**parameters):
    inputs = keras.Input((3,), name="numbers")
    return keras.Model(inputs, Periodic(**parameters).build(inputs, Seeds(0)))


def weights_of(**parameters):
    return {weight.path: weight.numpy() for weight in model_of(**parameters).weights}


def test_its_vectors_are_the_papers():
    model = model_of(n_frequencies=4, embedding_dim=5, sigma=0.3)
    frequencies, kernel, bias = model.get_weights()
    angles = 2 * np.pi * NUMBERS[:, :, None] * frequencies.reshape(3, 4)
    waves = np.concatenate([np.cos(angles), np.sin(angles)], axis=2)
    expected = np.maximum(np.einsum("nci,cio->nco", waves, kernel.reshape(3, 8, 5)) + bias.reshape(3, 5), 0)
    np.testing.assert_allclose(model(NUMBERS), expected.reshape(50, 15), rtol=1e-4, atol=1e-5)


def test_the_default_sizes_are_the_packages_of_the_authors():
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
