import keras
import numpy as np

from tabemb import EmbeddingClassifier
from tabemb.nn.numeric import Standardized
from tabemb.nn.numeric.numeric_encoder import NumericEncoder
from tabemb.nn.seeds import Seeds


def test_by_itself_it_hands_numbers_on():
    inputs = keras.Input((3,), name="numbers")
    assert NumericEncoder().build(inputs, Seeds(0)) is inputs
    assert NumericEncoder().build(inputs, Seeds(0), n_indicators=1) is inputs


class Halved(Standardized):
    """Fewer bins than by default, and half of what the table makes of a number."""

    scaling = {"name": "piecewise_linear", "n_bins": 3}

    def build(self, numbers, seeds, *, n_indicators=0):
        return keras.layers.Rescaling(0.5, name="halved")(numbers)


def test_the_estimator_uses_scaling_and_layers_of_ones_own():
    X = np.column_stack([np.resize([0, 1], 60), np.random.default_rng(0).normal(size=60)])
    model = EmbeddingClassifier([0], numeric=Halved(), max_epochs=1, random_state=0).fit(X, X[:, 1] > 1)
    assert model.encoder_.encode(X).numbers.max() == 3
    assert model.network_.get_layer("trunk").get_layer("halved")
