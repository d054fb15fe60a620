"""The contract of every layer of tabemb: it has a NumPy form that gives its numbers, and it survives Keras' config."""

import keras
import numpy as np
import pytest

from tabemb.nn import columns, dropout, members, separate, tokens
from tabemb.nn.numeric import numeric_encoder, periodic, piecewise_linear
from tabemb.nn.plain.forms import FORMS
from tabemb.nn.plain.translation import translate

rng = np.random.default_rng(0)


def numbers(*shape):
    return rng.normal(size=shape).astype("float32")


INDICES = rng.integers(0, 3, (5, 4)).astype("int32")
# A layer, and the inputs that it is called with.
EXAMPLES = {
    "column": (columns.Column(1), [numbers(5, 3, 2)]),
    "one-hot dense": (columns.OneHotDense(2, [3, 0], [3, 4], fan_in=9, seed=1), [INDICES]),
    "one-hot vectors": (columns.OneHotVectors(2, [3, 0], [3, 4], seed=1), [INDICES]),
    "column tokens": (tokens.ColumnTokens(3, [2, 1], seed=1), [numbers(5, 3)]),
    "with class token": (tokens.WithClassToken(seed=1), [numbers(5, 2, 3), numbers(5, 1, 3)]),
    "interactions": (tokens.Interactions(), [numbers(5, 2, 3), numbers(5, 1, 3)]),
    "attend": (tokens.Attend(2, dropout=0.5, seed=1), [numbers(5, 3, 4), numbers(5, 2, 8)]),
    "attend for one": (tokens.Attend(2, seed=1), [numbers(5, 4), numbers(5, 2, 8)]),
    "gate": (tokens.Gate("gelu"), [numbers(5, 3, 4)]),
    "member dense": (members.MemberDense(2, 3, signs=True, seed=1), [numbers(5, 4)]),
    "member dense behind": (members.MemberDense(2, 3, own_outputs=False, seed=1), [numbers(3, 5, 4)]),
    "member logits": (members.MemberLogits(2, 3, seed=1), [numbers(3, 5, 4)]),
    "member logits alone": (members.MemberLogits(2, 3, seed=1), [numbers(5, 4)]),
    "member slices": (members.MemberSlices([6, 3, 3], 3), [numbers(5, 12), numbers(5, 2)]),
    "member slices alone": (members.MemberSlices([3], 3), [numbers(5, 3)]),
    "member slices, one whole": (members.MemberSlices([6, 2], 3, cut=[True, False]), [numbers(5, 8)]),
    "separate dense": (separate.SeparateDense(2, 3, seed=1), [numbers(3, 5, 4)]),
    "separate one-hot dense": (separate.SeparateOneHotDense(6, [3, 0], [3, 4], 3, fan_in=9, seed=1), [INDICES]),
    "column range": (numeric_encoder.ColumnRange(1, 3), [numbers(5, 4)]),
    "column dense": (numeric_encoder.ColumnDense(2, seed=1), [numbers(5, 3, 4)]),
    "column dense, shared": (numeric_encoder.ColumnDense(2, shared=True, seed=1), [numbers(5, 3, 4)]),
    "bins": (piecewise_linear.BinFilling(4), [4 * rng.random((5, 3)).astype("float32")]),
    "waves": (periodic.Waves(4, 0.1, seed=1), [numbers(5, 3)]),
    "shifted waves": (periodic.ShiftedWaves(4, 0.1, seed=1), [numbers(5, 3)]),
    "byte dropout": (dropout.ByteDropout(0.5, seed=1), [numbers(5, 3)]),
    "member dropout": (dropout.MemberDropout(0.5, seed=1), [numbers(2, 5, 3)]),
    "member mean": (members.MemberMean(), [numbers(5, 3, 2)]),
}


def listed(layer):
    return isinstance(layer, members.MemberSlices | tokens.WithClassToken | tokens.Interactions | tokens.Attend)


def called(layer, inputs):
    return layer(inputs if listed(layer) else inputs[0])


def test_every_layer_that_is_registered_has_an_example_and_a_form():
    ours = {each for name, each in keras.saving.get_custom_objects().items() if name.startswith("tabemb>")}
    assert {type(layer) for layer, _ in EXAMPLES.values()} == ours
    assert ours <= set(FORMS)


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_in_numpy_it_gives_keras_numbers(name):
    layer, inputs = EXAMPLES[name]
    # Members stand in the first axis, where a model has its rows.
    batch = [(each.shape, each.dtype.name) for each in inputs]
    symbols = {str(p): keras.Input(batch_shape=shape, dtype=kind, name=str(p)) for p, (shape, kind) in enumerate(batch)}
    model = keras.Model(symbols, called(layer, list(symbols.values())))
    for weight in model.trainable_weights:
        weight.assign(rng.normal(size=weight.shape))
    translation = translate(model)
    given = {str(place): each for place, each in enumerate(inputs)}
    weights = [source.variable.numpy() for source in translation.sources]
    expected = called(layer, inputs).numpy()
    answer = translation.program.run(weights, given)
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
