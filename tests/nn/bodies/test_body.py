"""The contract of every body, and the hidden layers that several of them share."""

import re

import keras
import numpy as np
import pytest
import tensorflow as tf
from sklearn.base import clone

from tabemb.exceptions import UnknownNameError
from tabemb.nn.bodies import BODIES, Body
from tabemb.nn.bodies.body import DeepBody
from tabemb.nn.columns import OneHotRows
from tabemb.nn.embedding import FeatureSpec, OneHotSpec, TableSpec
from tabemb.nn.features import Features
from tabemb.nn.network import Network, NetworkSpec
from tabemb.nn.numeric import Standardized
from tabemb.nn.seeds import Seeds
from tabemb.nn.unknown import Learned, Trained
from tabemb.table.encoded_table import EncodedTable

bodies = pytest.mark.parametrize("name", sorted(BODIES))

LAYOUTS = {
    "all kinds": {"dims": (3, 2, 3), "one_hot": 2, "n_numbers": 3},
    "vectors of one dimension": {"dims": (3, 3)},
    "one column": {"dims": (3,)},
    "one dimension": {"dims": (1,)},
    "one-hot columns": {"one_hot": 2},
    "one one-hot column": {"one_hot": 1},
    "numbers": {"n_numbers": 2},
    "one number": {"n_numbers": 1},
}
BAD = [
    ("hidden_units", 64, ValueError, "hidden_units must be a tuple of positive integers, got 64."),
    ("hidden_units", (8, 0), ValueError, "hidden_units must be a tuple of positive integers, got (8, 0)."),
    ("hidden_units", (8.0,), ValueError, "hidden_units must be a tuple of positive integers, got (8.0,)."),
    ("hidden_units", (True,), ValueError, "hidden_units must be a tuple of positive integers, got (True,)."),
    ("hidden_units", None, ValueError, "hidden_units must be a tuple of positive integers, got None."),
    ("activation", "rellu", UnknownNameError, "No activation named 'rellu'."),
    ("activation", "get", UnknownNameError, "No activation named 'get'."),
    ("activation", None, UnknownNameError, "No activation named None."),
    ("normalization", "bach", UnknownNameError, "Known: None, batch, layer. Did you mean 'batch'?"),
    *(
        (share, value, ValueError, f"{share} must be a number in [0, 1), got {value!r}.")
        for share in ("dropout", "attention_dropout", "residual_dropout")
        for value in (1.0, -0.1, "0.1", None, True)
    ),
    *(
        (count, value, ValueError, f"{count} must be a positive integer, got {value!r}.")
        for count in ("width", "n_layers", "rank", "interaction_dim", "token_size", "n_heads", "n_members")
        for value in (0, 2.0, "2", True)
    ),
]


def network(body, *, dims=(), one_hot=0, n_numbers=0, seed=0, n_outputs=2):
    tables = [TableSpec(name=f"t{p}", vocabulary_size=6, embedding_dim=dim) for p, dim in enumerate(dims)]
    return Network(
        NetworkSpec(
            features=tuple(FeatureSpec(name=f"c{p}", position=p, table=table) for p, table in enumerate(tables)),
            one_hot=tuple(OneHotSpec(name=f"h{p}", position=len(dims) + p, vocabulary_size=6) for p in range(one_hot)),
            n_numbers=n_numbers,
            n_outputs=n_outputs,
            body=body,
            numeric=Standardized(),
            seed=seed,
        )
    )


def of_all_kinds(name, **params):
    return network(BODIES.resolve(name), **{**LAYOUTS["all kinds"], **params})


def rows_for(made, n=30):
    rng, spec = np.random.default_rng(0), made.spec
    indices = rng.integers(0, 6, (n, len(spec.features) + len(spec.one_hot))).astype("int32")
    return EncodedTable(indices, rng.normal(size=(n, spec.n_numbers)).astype("float32"))


@bodies
@pytest.mark.parametrize("layout", sorted(LAYOUTS))
def test_any_mix_of_columns_has_logits_and_trains_every_weight(layout, name):
    made = network(BODIES.resolve(name), **LAYOUTS[layout], n_outputs=3)
    rows = rows_for(made)
    logits = made.logits(rows)
    assert logits.shape == (30, 3)
    assert logits.dtype == "float32"
    assert np.isfinite(logits).all()
    assert len(np.unique(logits.round(7), axis=0)) > 1
    given = {"indices": rows.indices, "numbers": rows.numbers}
    with tf.GradientTape() as tape:
        logits = made.model({each: tf.constant(given[each]) for each in made.model.input}, training=True)
        loss = tf.reduce_sum(tf.square(logits - 1))
    weights = made.model.trainable_weights
    gradients = tape.gradient(loss, [weight.value for weight in weights])
    assert [weight.path for weight, gradient in zip(weights, gradients, strict=True) if gradient is None] == []
    for gradient in gradients:
        assert np.isfinite(tf.convert_to_tensor(gradient)).all()


@bodies
def test_one_output(name):
    made = of_all_kinds(name, n_outputs=1)
    assert made.logits(rows_for(made)).shape == (30, 1)


@bodies
def test_the_trunk_gives_logits_or_those_of_members(name):
    shape = of_all_kinds(name).trunk.output.shape
    assert (shape[0], shape[-1]) == (None, 2)
    assert len(shape) in (2, 3)


@bodies
def test_initialization_depends_on_the_seed(name):
    first, again, other = (of_all_kinds(name, seed=seed) for seed in (0, 0, 1))
    assert all(np.array_equal(a, b) for a, b in zip(first.model.get_weights(), again.model.get_weights(), strict=True))
    for a, b in zip(first.model.trainable_weights, other.model.trainable_weights, strict=True):
        constant = len(np.unique(a.numpy())) == 1
        assert np.array_equal(a, b) == constant, a.path


@bodies
def test_all_masks_of_dropout_repeat_with_the_seed(name):
    first, again, other = (of_all_kinds(name, seed=seed) for seed in (0, 0, 1))
    other.model.set_weights(first.model.get_weights())
    given = {"indices": rows_for(first).indices, "numbers": rows_for(first).numbers}
    outs = [made.model(given, training=True).numpy() for made in (first, again, other)]
    assert np.array_equal(outs[0], outs[1])
    assert not np.array_equal(outs[0], outs[2])


@bodies
def test_it_is_a_specification_that_holds_no_weights(name):
    body = BODIES.resolve(name)
    params = body.get_params()
    network(body, **LAYOUTS["all kinds"])
    assert body.__dict__ == params
    assert clone(body).get_params() == params
    assert isinstance(body, Body)
    assert BODIES.name_of(body) == name
    assert repr(body) == f"{type(body).__name__}()"


@bodies
def test_prediction_repeats(name):
    made = of_all_kinds(name)
    assert np.array_equal(made.logits(rows_for(made)), made.logits(rows_for(made)))


@bodies
def test_untrained_one_hot_categories_are_treated_as_unknown(name):
    made = of_all_kinds(name)
    untrained = {3: [4], 4: [2, 3]}
    served = {}
    for feature in made.spec.features:
        own = np.arange(feature.table.vocabulary_size)
        served[feature.position] = Trained(np.ones((1, len(own)), int), own[None], learns_unknown=True)
    for each in made.spec.one_hot:
        stand_ins = np.arange(each.vocabulary_size)
        stand_ins[untrained[each.position]] = 1
        served[each.position] = Trained(np.ones((1, len(stand_ins)), int), stand_ins[None], learns_unknown=True)
    made.serve_unknown(Learned(), served)
    assert any(isinstance(layer, OneHotRows) for layer in made.trunk.layers)
    rows = rows_for(made)
    for column, untrained in ((3, [4]), (4, [2, 3])):
        expected = rows.take(slice(None))
        expected.indices[:, column] = 1
        for category in untrained:
            some = rows.take(slice(None))
            some.indices[:, column] = category
            np.testing.assert_allclose(made.logits(some), made.logits(expected), atol=1e-6)


@bodies
# NumPy 2 warns about how Keras writes files.
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_the_model_can_be_opened_from_keras_own_file(name, tmp_path):
    made = of_all_kinds(name)
    made.model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    rows = rows_for(made)
    out = again({"indices": rows.indices, "numbers": rows.numbers}).numpy()
    np.testing.assert_allclose(out, made.logits(rows), atol=1e-6)


@pytest.mark.parametrize(
    ("name", "param", "value", "error", "message"),
    [(name, *bad) for name in sorted(BODIES) for bad in BAD if bad[0] in BODIES.resolve(name).get_params()],
)
def test_invalid_parameters_are_refused(name, param, value, error, message):
    body = BODIES.resolve({"name": name, param: value})
    with pytest.raises(error, match=re.escape(message)):
        network(body, dims=(2,))


@bodies
def test_every_rate_or_count_has_a_test_of_invalid_values(name):
    numbers = {
        param
        for param, value in BODIES.resolve(name).get_params().items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }
    assert numbers <= {param for param, *_ in BAD}


@bodies
def test_a_similar_name_is_suggested(name):
    with pytest.raises(UnknownNameError, match=f"No body named '{name}x'. .*Did you mean '{name}'?"):
        BODIES.resolve(f"{name}x")


def test_a_body_must_define_build():
    with pytest.raises(TypeError, match=r"a body must define build"):
        network(Body(), n_numbers=1)


DEEP = sorted(name for name in BODIES if issubclass(BODIES[name], DeepBody))


def build(body):
    numbers = keras.Input((3,), name="numbers")
    features = Features(embedded=None, dims=(), numbers=numbers, number_dims=(1,) * 3, indices=None, one_hot=())
    return keras.Model({"numbers": numbers}, body.build(features, 2, Seeds(0)))


def hidden_layers(name, **params):
    model = build(BODIES.resolve({"name": name, **params}))
    return [layer for layer in model.layers if layer.name.startswith("hidden_") and not layer.name.endswith("_inputs")]


@pytest.mark.parametrize("name", DEEP)
def test_the_default_is_two_layers_with_relu_and_dropout(name):
    layers = hidden_layers(name)
    assert [type(layer).__name__ for layer in layers] == ["Dense", "Activation", "ByteDropout"] * 2
    assert [layer.units for layer in layers[::3]] == [256, 128]
    assert [layer.activation.__name__ for layer in layers[1::3]] == ["relu"] * 2
    assert [layer.rate for layer in layers[2::3]] == [0.2] * 2


@pytest.mark.parametrize("name", DEEP)
def test_all_four_parameters_are_used(name):
    layers = hidden_layers(name, hidden_units=[np.int64(4)], dropout=0.5, activation="tanh", normalization="layer")
    dense, normalization, activation, dropout = layers
    assert (dense.units, activation.activation.__name__, dropout.rate) == (4, "tanh", 0.5)
    assert isinstance(normalization, keras.layers.LayerNormalization)
    assert [type(layer).__name__ for layer in hidden_layers(name, normalization="batch", dropout=0)] == [
        "Dense",
        "BatchNormalization",
        "Activation",
    ] * 2


@pytest.mark.parametrize("name", DEEP)
def test_there_may_be_no_hidden_layer(name):
    assert hidden_layers(name, hidden_units=()) == []


def test_the_parameters_have_the_same_defaults_in_every_signature():
    theirs = DeepBody().get_params()
    for name in DEEP:
        params = BODIES.resolve(name).get_params()
        assert {each: params[each] for each in theirs} == theirs
