"""Numeric encoders that only scale, those that embed numbers, and their layers."""

import keras
import numpy as np
import pytest

from tabemb import EmbeddingClassifier
from tabemb.nn.numeric import NUMERIC_ENCODERS, Standardized
from tabemb.nn.numeric.numeric_encoder import ColumnDense, ColumnRange, ColumnwiseEncoder, NumericEncoder
from tabemb.nn.seeds import Seeds


def test_the_base_class_returns_the_numbers():
    inputs = keras.Input((3,), name="numbers")
    assert NumericEncoder().build(inputs, Seeds(0)) is inputs
    assert NumericEncoder().build(inputs, Seeds(0), n_indicators=1) is inputs


class Halved(Standardized):
    """Fewer bins than by default, and half of each scaled number."""

    scaling = {"name": "piecewise_linear", "n_bins": 3}

    def build(self, numbers, seeds, *, n_indicators=0):
        return keras.layers.Rescaling(0.5, name="halved")(numbers)


def test_the_estimator_uses_custom_scaling_and_layers():
    X = np.column_stack([np.resize([0, 1], 60), np.random.default_rng(0).normal(size=60)])
    model = EmbeddingClassifier([0], numeric=Halved(), max_epochs=1, random_state=0).fit(X, X[:, 1] > 1)
    assert model.encoder_.encode(X).numbers.max() == 3
    assert model.network_.get_layer("trunk").get_layer("halved")


@pytest.mark.parametrize(
    ("name", "scaling"), [("standardized", "standard"), ("quantile", "quantile"), ("robust", "robust")]
)
def test_a_number_is_scaled_and_stays_one_number(name, scaling):
    encoder = NUMERIC_ENCODERS.resolve(name)
    assert encoder.scaling == scaling
    inputs = keras.Input((3,), name="numbers")
    assert encoder.build(inputs, Seeds(0), n_indicators=1) is inputs


VECTORS = np.random.default_rng(0).normal(size=(20, 3, 4)).astype("float32")


class Powers(ColumnwiseEncoder):
    """Each number and its square."""

    def vectors(self, columns, seeds):
        return keras.ops.stack([columns, keras.ops.square(columns)], axis=2)


def test_vectors_precede_the_indicators():
    inputs = keras.Input((3,), name="numbers")
    model = keras.Model(inputs, Powers().build(inputs, Seeds(0), n_indicators=1))
    assert model(np.array([[2.0, 3.0, 1.0]])).numpy().tolist() == [[2, 4, 3, 9, 1]]


def test_an_encoder_must_define_its_vectors():
    with pytest.raises(TypeError, match=r"must define vectors\(columns, seeds\)"):
        ColumnwiseEncoder().build(keras.Input((3,)), Seeds(0))


def test_a_range_of_columns():
    assert ColumnRange(1, 3)(np.array([[1.0, 2.0, 3.0, 4.0]])).numpy().tolist() == [[2, 3]]


def test_every_column_has_its_own_dense_layer():
    layer = ColumnDense(2, seed=3)
    out = layer(VECTORS).numpy()
    kernels, bias = layer.kernel.numpy().reshape(3, 4, 2), layer.bias.numpy().reshape(3, 2)
    for column in range(3):
        expected = VECTORS[:, column] @ kernels[column] + bias[column]
        np.testing.assert_allclose(out[:, column], expected, rtol=1e-5, atol=1e-6)


def test_all_columns_can_share_a_dense_layer():
    layer = ColumnDense(2, shared=True, seed=3)
    out = layer(VECTORS).numpy()
    assert layer.kernel.shape == (4, 2)
    np.testing.assert_allclose(out, VECTORS @ layer.kernel.numpy() + layer.bias.numpy(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("shared", [True, False])
def test_its_initialization_depends_on_its_inputs_and_the_seed(shared):
    weights = {}
    for seed in (3, 4):
        layer = ColumnDense(50, shared=shared, seed=seed)
        layer.build((None, 3, 4))
        weights[seed] = layer.get_weights()
    for some, others in zip(weights[3], weights[4], strict=True):
        assert 0.4 < np.abs(some).max() <= 0.5
        assert (some != others).all()


def test_weight_decay_applies_to_kernels_only():
    layer = ColumnDense(2)
    layer.build((None, 3, 4))
    assert [len(weight.shape) for weight in layer.weights] == [2, 1]


@pytest.mark.parametrize("shared", [True, False])
def test_a_dense_layer_accepts_no_rows(shared):
    assert ColumnDense(2, shared=shared)(VECTORS[:0]).shape == (0, 3, 2)
