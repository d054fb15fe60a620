"""The contract of every body, numeric encoder and task: in NumPy the network gives the numbers that Keras gives."""

import keras
import numpy as np
import pytest

from tabemb.inference.operations import Reshape
from tabemb.nn import columns, dropout, members, pooling, separate, tokens
from tabemb.nn.bodies import BODIES, Body, Mlp
from tabemb.nn.embedding import FeatureSpec, OneHotSpec, TableSpec
from tabemb.nn.network import Network, NetworkSpec
from tabemb.nn.numeric import (
    NUMERIC_ENCODERS,
    PBLD,
    Periodic,
    PiecewiseLinear,
    Standardized,
    numeric_encoder,
    periodic,
    piecewise_linear,
)
from tabemb.nn.parameters import NORMALIZATIONS
from tabemb.nn.seeds import Seeds
from tabemb.nn.translation import (
    TRANSLATORS,
    UntranslatableError,
    activation_name,
    check_covered,
    translate,
    translates,
)
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
    program = translation.program.bind({name: each.variable.numpy() for name, each in translation.sources.items()})
    prepared = program.prepared()
    for n in (len(rows), 1):
        some = rows.take(slice(0, n))
        inputs = {"indices": some.indices, "numbers": some.numbers}
        expected = network.model({name: inputs[name] for name in network.model.input}, training=False).numpy()
        for answer in (program.run(inputs), prepared.run(inputs)):
            assert answer.dtype == "float32"
            np.testing.assert_allclose(answer, expected, rtol=1e-5, atol=1e-5)
    assert prepared.run({"indices": rows.indices[:0], "numbers": rows.numbers[:0]}).shape == (0, *expected.shape[1:])


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
    assert [type(step.operation).__name__ for step in steps] == ["GatherColumns", "Dense", "Activate", "Dense"]


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
    with pytest.raises(UntranslatableError, match=message):
        translate(network_of(Custom(layers), dims=(2,)).model)


class Halves(keras.layers.Layer):
    def call(self, x):
        return keras.ops.reshape(x, (-1, 2, x.shape[1] // 2))


def test_a_layer_of_ones_own_can_be_translated(monkeypatch):
    # Removed again at the end.
    monkeypatch.setitem(TRANSLATORS, Halves, None)

    @translates(Halves)
    def halves(layer):
        return [(Reshape((2, layer.output.shape[2])), ())]

    assert_keras_numbers(network_of(Custom(lambda x: keras.layers.Flatten()(Halves()(x))), dims=(2,)))


def test_a_source_says_whether_its_layer_still_has_the_variable():
    network = network_of(Mlp(hidden_units=(4,)), dims=(2,))
    sources = translate(network.model).sources
    assert all(source.is_current for source in sources.values())
    layer = network.trunk.get_layer("hidden_0")
    layer.enable_lora(2)
    assert [name for name, source in sources.items() if not source.is_current] == ["hidden_0/kernel"]
    with pytest.raises(UntranslatableError, match="the kernel of the layer 'hidden_0' is no variable"):
        translate(network.model)


# ---------------------------------------------------------------- translators


def test_a_translator_is_registered_for_each_class_and_for_no_subclass(monkeypatch):
    class One(keras.layers.Layer):
        pass

    class Two(keras.layers.Layer):
        pass

    class Below(One):
        pass

    # Taken away again in the end.
    for each in (One, Two):
        monkeypatch.setitem(TRANSLATORS, each, None)

    @translates(One, Two)
    def nothing(layer):
        return []

    assert TRANSLATORS[One] is TRANSLATORS[Two] is nothing
    assert Below not in TRANSLATORS


def test_an_option_that_is_not_covered_names_the_layer():
    layer = keras.layers.Identity(name="odd")
    check_covered(layer, True)
    with pytest.raises(UntranslatableError, match="the layer 'odd' has an option that is not covered"):
        check_covered(layer, False)


def translated(layer):
    layer(keras.Input((3,)))
    return [(type(operation).__name__, names) for operation, names in TRANSLATORS[type(layer)](layer)]


def test_an_activation_is_a_step_of_its_own_and_none_is_no_step():
    assert translated(keras.layers.Dense(2, activation="relu")) == [("Dense", ("kernel", "bias")), ("Activate", ())]
    assert translated(keras.layers.Dense(2, use_bias=False)) == [("Dense", ("kernel",))]
    assert translated(keras.layers.Dropout(0.5)) == translated(keras.layers.Activation("linear")) == []


def test_an_activation_by_layer():
    assert activation_name(keras.layers.Activation("tanh_shrink")) == "tanh_shrink"
    with pytest.raises(UntranslatableError, match="the activation of the layer 'odd' is sparsemax"):
        activation_name(keras.layers.Activation("sparsemax", name="odd"))


@pytest.mark.parametrize("layer", [keras.layers.BatchNormalization(axis=1), keras.layers.LayerNormalization(axis=1)])
def test_a_normalization_of_other_columns_than_the_last_is_not_covered(layer):
    keras.Model(inputs := keras.Input((3, 4)), layer(inputs))
    with pytest.raises(UntranslatableError, match="has an option that is not covered"):
        TRANSLATORS[type(layer)](layer)


# ---------------------------------------------------------------- numeric encoders


SPECS = [
    *map(NUMERIC_ENCODERS.resolve, sorted(NUMERIC_ENCODERS)),
    PBLD(n_frequencies=3, embedding_dim=2, sigma=1.0),
    Periodic(n_frequencies=3, embedding_dim=2, sigma=1.0, activation="softmax"),
    Periodic(lite=True, activation="linear"),
    PiecewiseLinear(n_bins=3, embedding_dim=4),
    PiecewiseLinear(embedding_dim=None),
]
ROWS = np.random.default_rng(0).uniform(-1, 4, (40, 5)).astype("float32")


def bound(model):
    translation = translate(model)
    return translation.program.bind({name: each.variable.numpy().copy() for name, each in translation.sources.items()})


def model_of(spec, n_indicators):
    inputs = keras.Input((5,), name="numbers")
    encoded = spec.build(inputs, Seeds(0), n_indicators=n_indicators)
    return keras.Model({"numbers": inputs}, keras.layers.Dense(2)(encoded))


@pytest.mark.parametrize("n_indicators", [0, 2])
@pytest.mark.parametrize("spec", SPECS, ids=str)
def test_every_numeric_encoder_gives_keras_numbers(spec, n_indicators):
    model = model_of(spec, n_indicators)
    program = bound(model)
    prepared = program.prepared()
    for n in (40, 1, 0):
        for answer in (program.run({"numbers": ROWS[:n]}), prepared.run({"numbers": ROWS[:n]})):
            assert answer.dtype == "float32"
            np.testing.assert_allclose(answer, model({"numbers": ROWS[:n]}), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("spec", SPECS, ids=str)
def test_a_prepared_program_keeps_its_weights_and_what_it_is_given(spec):
    model, given = model_of(spec, 2), ROWS.copy()
    program = bound(model)
    prepared = program.prepared()
    before = prepared.run({"numbers": given})
    for array in program.arrays.values():
        array[:] = 7
    np.testing.assert_array_equal(prepared.run({"numbers": given}), before)
    np.testing.assert_array_equal(given, ROWS)


# ---------------------------------------------------------------- layers


rng = np.random.default_rng(0)


def drawn(*shape):
    return rng.normal(size=shape).astype("float32")


INDICES = rng.integers(0, 3, (5, 4)).astype("int32")
# Vectors and weights of five values of three cells, and where the cells begin.
BAGS = [drawn(5, 2), rng.random(5).astype("float32"), np.array([0, 1, 3, 5])]

# A layer, and the inputs that it is called with.
EXAMPLES = {
    "column": (columns.Column(1), [drawn(5, 3, 2)]),
    "one-hot dense": (columns.OneHotDense(2, [3, 0], [3, 4], fan_in=9, seed=1), [INDICES]),
    "one-hot vectors": (columns.OneHotVectors(2, [3, 0], [3, 4], seed=1), [INDICES]),
    "value pooling": (pooling.ValuePooling(), BAGS),
    "attention pooling": (pooling.AttentionPooling(), BAGS),
    "rows of cells": (pooling.CellRows(), [drawn(3, 2), np.array([2, 0, 0, 1], "int32")]),
    "column tokens": (tokens.ColumnTokens(3, [2, 1], seed=1), [drawn(5, 3)]),
    "with class token": (tokens.WithClassToken(seed=1), [drawn(5, 2, 3), drawn(5, 1, 3)]),
    "interactions": (tokens.Interactions(), [drawn(5, 2, 3), drawn(5, 1, 3)]),
    "attend": (tokens.Attend(2, dropout=0.5, seed=1), [drawn(5, 3, 4), drawn(5, 2, 8)]),
    "attend for one": (tokens.Attend(2, seed=1), [drawn(5, 4), drawn(5, 2, 8)]),
    "gate": (tokens.Gate("gelu"), [drawn(5, 3, 4)]),
    "member dense": (members.MemberDense(2, 3, signs=True, seed=1), [drawn(5, 4)]),
    "member dense behind": (members.MemberDense(2, 3, own_outputs=False, seed=1), [drawn(3, 5, 4)]),
    "member logits": (members.MemberLogits(2, 3, seed=1), [drawn(3, 5, 4)]),
    "member logits alone": (members.MemberLogits(2, 3, seed=1), [drawn(5, 4)]),
    "member slices": (members.MemberSlices([6, 3, 3], 3), [drawn(5, 12), drawn(5, 2)]),
    "member slices alone": (members.MemberSlices([3], 3), [drawn(5, 3)]),
    "member slices, one whole": (members.MemberSlices([6, 2], 3, cut=[True, False]), [drawn(5, 8)]),
    "separate dense": (separate.SeparateDense(2, 3, seed=1), [drawn(3, 5, 4)]),
    "separate one-hot dense": (separate.SeparateOneHotDense(6, [3, 0], [3, 4], 3, fan_in=9, seed=1), [INDICES]),
    "column range": (numeric_encoder.ColumnRange(1, 3), [drawn(5, 4)]),
    "column dense": (numeric_encoder.ColumnDense(2, seed=1), [drawn(5, 3, 4)]),
    "column dense, shared": (numeric_encoder.ColumnDense(2, shared=True, seed=1), [drawn(5, 3, 4)]),
    "bins": (piecewise_linear.BinFilling(4), [4 * rng.random((5, 3)).astype("float32")]),
    "waves": (periodic.Waves(4, 0.1, seed=1), [drawn(5, 3)]),
    "shifted waves": (periodic.ShiftedWaves(4, 0.1, seed=1), [drawn(5, 3)]),
    "byte dropout": (dropout.ByteDropout(0.5, seed=1), [drawn(5, 3)]),
    "member dropout": (dropout.MemberDropout(0.5, seed=1), [drawn(2, 5, 3)]),
    "member mean": (members.MemberMean(), [drawn(5, 3, 2)]),
}


def listed(layer):
    kinds = members.MemberSlices | tokens.WithClassToken | tokens.Interactions | tokens.Attend
    return isinstance(layer, kinds | pooling.ValuePooling | pooling.AttentionPooling | pooling.CellRows)


def called(layer, inputs):
    return layer(inputs if listed(layer) else inputs[0])


def test_every_layer_that_is_registered_has_an_example_and_a_form():
    ours = {each for name, each in keras.saving.get_custom_objects().items() if name.startswith("tabemb>")}
    assert {type(layer) for layer, _ in EXAMPLES.values()} == ours
    assert ours <= set(TRANSLATORS)


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_in_numpy_it_gives_keras_drawn(name):
    layer, inputs = EXAMPLES[name]
    # Members stand in the first axis, where a model has its rows.
    batch = [(each.shape, each.dtype.name) for each in inputs]
    symbols = {str(p): keras.Input(batch_shape=shape, dtype=kind, name=str(p)) for p, (shape, kind) in enumerate(batch)}
    model = keras.Model(symbols, called(layer, list(symbols.values())))
    for weight in model.trainable_weights:
        weight.assign(rng.normal(size=weight.shape))
    given = {str(place): each for place, each in enumerate(inputs)}
    expected = called(layer, inputs).numpy()
    answer = bound(model).run(given)
    assert answer.dtype == expected.dtype
    np.testing.assert_allclose(answer, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_shapes_can_be_known_before(name):
    layer, inputs = EXAMPLES[name]
    shapes = [each.shape for each in inputs]
    out = called(layer, inputs)
    assert tuple(layer.compute_output_shape(shapes if listed(layer) else shapes[0])) == tuple(out.shape)


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_it_survives_keras_own_config(name):
    layer, inputs = EXAMPLES[name]
    config = keras.saving.serialize_keras_object(type(layer).from_config(layer.get_config()))
    one, two = (keras.saving.deserialize_keras_object(config) for _ in range(2))
    assert type(one) is type(layer)
    assert one.get_config() == layer.get_config()
    assert np.array_equal(called(one, inputs), called(two, inputs))
