"""From a Keras model to a program: each layer by its class."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import keras

from tabemb.nn import features, network
from tabemb.nn.plain import operations as plain
from tabemb.nn.plain.activations import ACTIVATIONS
from tabemb.nn.plain.program import Program, Step

__all__ = ["NoPlainFormError", "Source", "Translation", "plain_form", "translate"]

Form = list[tuple[plain.Operation, tuple[str, ...]]]
FORMS: dict[type, Callable[[Any], Form]] = {}


class NoPlainFormError(Exception):
    """A layer is not known here, or does what is not covered; the whole network then answers through TensorFlow."""


def plain_form(*layers: type) -> Callable:
    """Say what the layers of a class become; a subclass has to say so itself, since it may do something else.

    Parameters
    ----------
    *layers : type
        Keras layer classes.

    Returns
    -------
    callable
        A decorator for a function from a layer to its operations, one after the other, each with the names of the
        attributes that are its weights. The function raises :class:`NoPlainFormError` where an option of the layer is
        not covered.

    Examples
    --------
    >>> class Ceiling(keras.layers.Layer):
    ...     def call(self, x):
    ...         return keras.ops.ceil(x)
    >>> @plain_form(Ceiling)
    ... def ceiling(layer):
    ...     import numpy as np
    ...     return [(plain.Activate(np.ceil), ())]
    """

    def register(form):
        FORMS.update(dict.fromkeys(layers, form))
        return form

    return register


@dataclass(frozen=True)
class Source:
    """Where a weight comes from.

    Parameters
    ----------
    layer : keras.Layer
        Whose it is.
    name : str
        Its attribute.
    variable : keras.Variable
        What the attribute was when the network was translated.
    """

    layer: Any
    name: str
    variable: Any

    @property
    def stands(self) -> bool:
        """Whether the layer still has this very variable; quantizing it, or an adapter, puts something else there."""
        return getattr(self.layer, self.name) is self.variable


@dataclass(frozen=True)
class Translation:
    """A program, and where its weights are.

    Parameters
    ----------
    program : Program
        What is done.
    sources : tuple of Source
        The weights, in the order that the program counts them in.
    """

    program: Program
    sources: tuple[Source, ...]


def translate(model: keras.Model) -> Translation:
    """Return the program of a functional model whose inputs are named, and whose output is one matrix.

    Parameters
    ----------
    model : keras.Model
        As :class:`~tabemb.nn.network.Network` makes it.

    Raises
    ------
    NoPlainFormError
        When a layer is not known, computes in another dtype than float32, or has an option that is not covered.

    Examples
    --------
    >>> numbers = keras.Input((3,), name="numbers")
    >>> model = keras.Model({"numbers": numbers}, keras.layers.Dense(2, activation="relu")(numbers))
    >>> [type(step.operation).__name__ for step in translate(model).program.steps]
    ['Dense', 'Activate']
    """
    writer = _Writer(type(model))
    inputs = {name: writer.new_place() for name in model.input}
    try:
        output = writer.walk(model, inputs)
    except (AttributeError, KeyError, TypeError) as error:
        # The graph of a model is not public in Keras; where it changed, the network still answers, as an unknown one.
        raise NoPlainFormError(f"the model cannot be read: {error}") from error
    program = Program(inputs, tuple(writer.steps), output).with_lookups_joined()
    return Translation(program, tuple(writer.sources))


class _Place(int):
    """The number of a place, standing in for a tensor; not a plain integer, which could be an argument."""


class _Writer:
    """Walks a model as if it was called, and writes down what happens."""

    def __init__(self, functional):
        self._functional = functional
        self._n_places = 0
        self._numbers = {}
        self.steps, self.sources = [], []

    def new_place(self):
        self._n_places += 1
        return _Place(self._n_places - 1)

    def walk(self, model, given):
        tensors = model.input if isinstance(model.input, dict) else {"": model.input}
        names = {id(tensor): name for name, tensor in tensors.items()}
        flat = [given[names[id(tensor)]] for tensor in model.inputs]
        return model._run_through_graph(flat, lambda layer: lambda *a, **k: self._called(layer, a, k))

    def _called(self, layer, args, kwargs):
        form = FORMS.get(type(layer))
        if form is None and type(layer) is not self._functional:
            raise NoPlainFormError(f"the layer {layer.name!r} is a {type(layer).__name__}")
        if len(args) != 1 or any(each is not None and each is not False for each in keras.tree.flatten(kwargs)):
            raise NoPlainFormError(f"the layer {layer.name!r} is called with more than its inputs")
        if form is None:
            return self.walk(layer, args[0] if isinstance(args[0], dict) else {"": args[0]})
        places = args[0] if isinstance(args[0], list | tuple) else [args[0]]
        if not all(isinstance(place, _Place) for place in places):
            raise NoPlainFormError(f"the layer {layer.name!r} has inputs of a kind that is not covered")
        if layer.compute_dtype != "float32" or layer.variable_dtype != "float32":
            raise NoPlainFormError(f"the layer {layer.name!r} computes in {layer.compute_dtype}")
        for operation, names in form(layer):
            place = self.new_place()
            self.steps.append(Step(operation, tuple(self._number(layer, n) for n in names), tuple(places), place))
            places = [place]
        (place,) = places
        return place

    def _number(self, layer, name):
        if (id(layer), name) not in self._numbers:
            variable = getattr(layer, name)
            if not isinstance(variable, keras.Variable):
                raise NoPlainFormError(f"the {name} of the layer {layer.name!r} is no variable")
            self._numbers[id(layer), name] = len(self.sources)
            self.sources.append(Source(layer, name, variable))
        return self._numbers[id(layer), name]


# ---------------------------------------------------------------- the layers


def _covered(layer, condition):
    if not condition:
        raise NoPlainFormError(f"the layer {layer.name!r} has an option that is not covered")


def _activation(layer) -> Form:
    for name, function in ACTIVATIONS.items():
        if layer.activation is getattr(keras.activations, name, None):
            return [(plain.Activate(function), ())] if name != "linear" else []
    name = getattr(layer.activation, "__name__", type(layer.activation).__name__)
    raise NoPlainFormError(f"the activation of the layer {layer.name!r} is {name}")


plain_form(keras.layers.Activation)(_activation)


@plain_form(
    keras.layers.AlphaDropout,
    keras.layers.Dropout,
    keras.layers.GaussianDropout,
    keras.layers.GaussianNoise,
    keras.layers.Identity,
)
def _nothing(layer) -> Form:
    return []


@plain_form(keras.layers.Dense)
def _dense(layer) -> Form:
    _covered(layer, layer.quantization_mode is None)
    weights = ("kernel", "bias") if layer.use_bias else ("kernel",)
    return [(plain.Dense(), weights), *_activation(layer)]


@plain_form(keras.layers.Embedding)
def _embedding(layer) -> Form:
    _covered(layer, layer.quantization_mode is None and not layer.mask_zero)
    return [(plain.LookUp(), ("embeddings",))]


@plain_form(keras.layers.BatchNormalization)
def _batch_normalization(layer) -> Form:
    _covered(layer, _is_last(layer.axis, layer) and not getattr(layer, "renorm", False))
    names = ("moving_mean", "moving_variance", *_scale_and_center(layer))
    return [(plain.BatchNormalize(layer.epsilon, layer.scale, layer.center), names)]


@plain_form(keras.layers.LayerNormalization)
def _layer_normalization(layer) -> Form:
    _covered(layer, _is_last(layer.axis, layer) and not layer.rms_scaling)
    return [(plain.LayerNormalize(layer.epsilon, layer.scale, layer.center), _scale_and_center(layer))]


def _scale_and_center(layer):
    return ("gamma",) * bool(layer.scale) + ("beta",) * bool(layer.center)


def _is_last(axis, layer):
    axes = [axis] if isinstance(axis, int) else list(axis)
    return axes in ([-1], [len(layer.input.shape) - 1])


@plain_form(keras.layers.Concatenate)
def _concatenate(layer) -> Form:
    return [(plain.Concatenate(layer.axis), ())]


@plain_form(keras.layers.Add)
def _add(layer) -> Form:
    return [(plain.Add(), ())]


@plain_form(keras.layers.Subtract)
def _subtract(layer) -> Form:
    return [(plain.Subtract(), ())]


@plain_form(keras.layers.Multiply)
def _multiply(layer) -> Form:
    return [(plain.Multiply(), ())]


@plain_form(keras.layers.Reshape, keras.layers.Flatten)
def _reshape(layer) -> Form:
    _covered(layer, None not in layer.output.shape[1:] and getattr(layer, "data_format", None) != "channels_first")
    return [(plain.Reshape(tuple(layer.output.shape[1:])), ())]


@plain_form(network.Column)
def _column(layer) -> Form:
    return [(plain.Columns(layer.position), ())]


@plain_form(features.Slice)
def _slice(layer) -> Form:
    return [(plain.Columns(slice(layer.start, layer.stop)), ())]


@plain_form(features.OneHotDense)
def _one_hot_dense(layer) -> Form:
    offsets = tuple(accumulate(layer.sizes, initial=0))[:-1]
    return [(plain.OneHotDense(tuple(layer.positions), offsets), ("kernel",))]
