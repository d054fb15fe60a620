"""From a Keras model to a program: each layer by its class."""

from dataclasses import dataclass
from typing import Any

import keras

# They say what each layer becomes.
from tabemb.nn.plain import keras_layers as _keras_layers  # noqa: F401
from tabemb.nn.plain import numbers as _numbers  # noqa: F401
from tabemb.nn.plain import own_layers as _own_layers  # noqa: F401
from tabemb.nn.plain.forms import FORMS, NoPlainFormError, plain_form
from tabemb.nn.plain.program import Program, Step

__all__ = ["NoPlainFormError", "Source", "Translation", "plain_form", "translate"]


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
