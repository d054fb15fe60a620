"""The contract of every body, numeric encoder and task: in NumPy the network gives the numbers that Keras gives."""

import keras
import numpy as np
import pytest

from tabemb.nn.bodies import BODIES, Body, Mlp
from tabemb.nn.embedding import FeatureSpec, OneHotSpec, TableSpec
from tabemb.nn.network import Network, NetworkSpec
from tabemb.nn.numeric import NUMERIC_ENCODERS, Standardized
from tabemb.nn.parameters import NORMALIZATIONS
from tabemb.nn.plain.operations import Activate
from tabemb.nn.plain.program import PlainNetwork
from tabemb.nn.plain.translation import FORMS, NoPlainFormError, plain_form, translate
from tabemb.table.encoded_table import EncodedTable

SIZE = 7
LAYOUTS = {
    "vectors and numbers": {"dims": (3, 3), "n_numbers": 2},
    "several dimensions": {"dims": (2, 4, 2, 3), "n_numbers": 1},
    "a shared table": {"dims": (3, 3, 3), "n_numbers": 1, "shared": True},
    "one-hot beside vectors": {"dims": (3,), "one_hot": 2, "n_numbers": 1},
    "one-hot alone": {"one_hot": 2},
    "no numbers": {"dims": (3, 2)},
    "one column": {"dims": (3,)},
    "numbers alone": {"n_numbers": 3},
}


def network_of(body, numeric=None, *, dims=(), one_hot=0, n_numbers=0, n_outputs=3, shared=False):
    """A network all of whose numbers are drawn, running means and variances included."""
    tables = [
        TableSpec(name="t" if shared else f"t{p}", vocabulary_size=SIZE, embedding_dim=d) for p, d in enumerate(dims)
    ]
    features = tuple(FeatureSpec(name=f"c{p}", position=p, table=table) for p, table in enumerate(tables))
    hot = tuple(OneHotSpec(name=f"h{p}", position=len(dims) + p, vocabulary_size=SIZE) for p in range(one_hot))
    spec = NetworkSpec(
        features=features,
        one_hot=hot,
        n_numbers=n_numbers,
        n_outputs=n_outputs,
        body=body,
        numeric=numeric or Standardized(),
        seed=0,
    )
    network, rng = Network(spec), np.random.default_rng(1)
    for variable in network.model.weights:
        # Kernels by the number of their inputs, so that a deep network's logits stay about 1.
        scale = 0.5 if len(variable.shape) < 2 else variable.shape[-2] ** -0.5
        drawn = rng.normal(scale=scale, size=variable.shape)
        variable.assign(np.abs(drawn) + 0.1 if variable.name == "moving_variance" else drawn)
    return network


def rows_for(network, n=40):
    """Rows with every index, those of missing and unknown categories included."""
    spec, rng = network.spec, np.random.default_rng(2)
    indices = rng.integers(0, SIZE, (n, len(spec.features) + len(spec.one_hot))).astype("int32")
    return EncodedTable(indices, rng.normal(size=(n, spec.n_numbers)).astype("float32"))


def assert_keras_numbers(network):
    rows, translation = rows_for(network), translate(network.model)
    weights = [source.variable.numpy() for source in translation.sources]
    copied = PlainNetwork.copied(translation.program, weights)
    for n in (len(rows), 1):
        some = rows.take(slice(0, n))
        inputs = {"indices": some.indices, "numbers": some.numbers}
        expected = network.model({name: inputs[name] for name in network.model.input}, training=False).numpy()
        for answer in (translation.program.run(weights, inputs), copied(inputs)):
            assert answer.dtype == "float32"
            np.testing.assert_allclose(answer, expected, rtol=1e-5, atol=1e-5)
    assert copied({"indices": rows.indices[:0], "numbers": rows.numbers[:0]}).shape == (0, *expected.shape[1:])


@pytest.mark.parametrize("layout", sorted(LAYOUTS))
@pytest.mark.parametrize("body", sorted(BODIES))
def test_every_body_gives_keras_numbers_for_any_mix_of_columns(body, layout):
    assert_keras_numbers(network_of(BODIES.resolve(body), **LAYOUTS[layout]))


@pytest.mark.parametrize("numeric", sorted(NUMERIC_ENCODERS))
@pytest.mark.parametrize("body", sorted(BODIES))
def test_every_body_and_numeric_encoder_gives_keras_numbers(body, numeric):
    assert_keras_numbers(
        network_of(BODIES.resolve(body), NUMERIC_ENCODERS.resolve(numeric), **LAYOUTS["one-hot beside vectors"])
    )


# Of cells, of whole rows, and one that keeps their variance; the others are compared in test_activations.
@pytest.mark.parametrize("activation", ["gelu", "softmax", "selu"])
@pytest.mark.parametrize("body", sorted(BODIES))
def test_every_body_and_activation_gives_keras_numbers(body, activation):
    body = BODIES.resolve({"name": body, "activation": activation})
    assert_keras_numbers(network_of(body, **LAYOUTS["vectors and numbers"]))


@pytest.mark.parametrize("normalization", sorted(NORMALIZATIONS, key=str))
@pytest.mark.parametrize("hidden_units", [(8, 4), ()])
@pytest.mark.parametrize("layout", ["vectors and numbers", "one-hot beside vectors"])
def test_every_normalization_of_the_perceptron(normalization, hidden_units, layout):
    body = Mlp(hidden_units=hidden_units, normalization=normalization)
    assert_keras_numbers(network_of(body, **LAYOUTS[layout]))


@pytest.mark.parametrize("activation", ["tanh", "swish", "linear"])
def test_an_activation_by_name(activation):
    assert_keras_numbers(network_of(Mlp(hidden_units=(8, 4), activation=activation), **LAYOUTS["vectors and numbers"]))


def test_columns_side_by_side_are_one_step():
    steps = translate(network_of(Mlp(hidden_units=(4,)), **LAYOUTS["no numbers"]).model).program.steps
    assert [type(step.operation).__name__ for step in steps] == ["LookUpSideBySide", "Dense", "Activate", "Dense"]


class Custom(Body):
    """A body of any layers."""

    def __init__(self, layers=None):
        self.layers = layers

    def build(self, features, n_outputs, seeds):
        hidden = features.dense(4, seeds, name="hidden")
        return keras.layers.Dense(n_outputs, name="logits")(self.layers(hidden))


def several_ways(x):
    y = keras.layers.Reshape((2, 2))(x)
    y = keras.layers.Dense(3)(y)
    y = keras.layers.Flatten()(y)
    z = keras.layers.Dense(6, activation="tanh", use_bias=False)(x)
    y = keras.layers.Multiply()([y, z])
    y = keras.layers.Subtract()([y, keras.layers.Add()([z, z])])
    y = keras.layers.GaussianNoise(0.5)(keras.layers.BatchNormalization(scale=False, center=False)(y))
    y = keras.layers.LayerNormalization(scale=False)(keras.layers.BatchNormalization(center=False)(y))
    return keras.layers.Concatenate(axis=1)([y, keras.layers.Identity()(x)])


def test_other_layers_that_are_known():
    assert_keras_numbers(network_of(Custom(several_ways), dims=(2,), n_numbers=1))


def twice(x):
    return x + x


class Doubled(keras.layers.Layer):
    def call(self, x):
        return x + x


class OwnDense(keras.layers.Dense):
    pass


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        (lambda x: Doubled(name="twice")(x), "the layer 'twice' is a Doubled"),
        (lambda x: OwnDense(3, name="mine")(x), "the layer 'mine' is a OwnDense"),
        (lambda x: x * 2, "is a Multiply"),
        (lambda x: keras.layers.Dense(3, dtype="float16", name="half")(x), "the layer 'half' computes in float16"),
        (lambda x: keras.layers.Dense(3, activation="sparsemax", name="sparse")(x), "activation of the layer 'sparse'"),
        (
            lambda x: keras.layers.Flatten()(
                keras.layers.LayerNormalization(axis=1, name="down")(keras.layers.Reshape((2, 2))(x))
            ),
            "'down' has an option",
        ),
        (lambda x: keras.layers.Dropout(0.5, name="always")(x, training=True), "'always' is called with more"),
    ],
)
def test_what_is_not_known_is_named(layers, message):
    with pytest.raises(NoPlainFormError, match=message):
        translate(network_of(Custom(layers), dims=(2,)).model)


def test_a_form_can_be_given_for_ones_own_layer(monkeypatch):
    # Taken away again in the end.
    monkeypatch.setitem(FORMS, Doubled, None)

    @plain_form(Doubled)
    def doubled(layer):
        return [(Activate(twice), ())]

    assert_keras_numbers(network_of(Custom(lambda x: Doubled()(x)), dims=(2,)))


def test_a_source_says_whether_its_layer_still_has_the_variable():
    network = network_of(Mlp(hidden_units=(4,)), dims=(2,))
    sources = translate(network.model).sources
    assert all(source.stands for source in sources)
    layer = network.trunk.get_layer("hidden_0")
    layer.enable_lora(2)
    assert [source.name for source in sources if not source.stands] == ["kernel"]
    with pytest.raises(NoPlainFormError, match="the kernel of the layer 'hidden_0' is no variable"):
        translate(network.model)
