import keras
import numpy as np
import pytest

from tabemb.nn.numeric.pbld import PBLD
from tabemb.nn.seeds import Seeds

NUMBERS = np.random.default_rng(0).normal(size=(50, 3)).astype("float32")


def model_of(**parameters):
    inputs = keras.Input((3,), name="numbers")
    return keras.Model(inputs, PBLD(**parameters).build(inputs, Seeds(0)))


def test_a_number_stands_beside_its_waves():
    model = model_of(n_frequencies=5, embedding_dim=3)
    frequencies, phases, kernel, bias = model.get_weights()
    waves = np.cos(2 * np.pi * NUMBERS[:, :, None] * frequencies.reshape(3, 5) + phases.reshape(3, 5))
    dense = np.einsum("nci,cio->nco", waves, kernel.reshape(3, 5, 2)) + bias.reshape(3, 2)
    expected = np.concatenate([dense, NUMBERS[:, :, None]], axis=2)
    np.testing.assert_allclose(model(NUMBERS), expected.reshape(50, 9), rtol=1e-4, atol=1e-5)


def test_sizes_and_spread_follow_the_parameters():
    assert [weights.shape for weights in model_of().get_weights()] == [(48,), (48,), (48, 3), (9,)]
    shapes = [weights.shape for weights in model_of(n_frequencies=2, embedding_dim=6).get_weights()]
    assert shapes == [(6,), (6,), (6, 5), (15,)]
    narrow, wide = (model_of(sigma=sigma).get_weights()[0] for sigma in (0.1, 1.0))
    np.testing.assert_allclose(narrow * 10, wide, rtol=1e-5)


def test_the_scaling_is_a_parameter():
    assert PBLD().scaling == "robust"
    assert PBLD(scaling="standard").scaling == "standard"


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"n_frequencies": 0}, "n_frequencies must be a positive integer, got 0"),
        ({"sigma": None}, "sigma must be a positive number, got None"),
        ({"embedding_dim": 2.5}, "embedding_dim must be a positive integer, got 2.5"),
        ({"embedding_dim": 1}, "embedding_dim must be 2 or more, since one is the number itself; got 1"),
    ],
)
def test_wrong_parameters_are_refused(parameters, message):
    with pytest.raises(ValueError, match=message):
        model_of(**parameters)
