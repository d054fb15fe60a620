"""Translate a Keras model to a program of NumPy operations, layer by layer."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras

from tabemb.inference import gathers, operations
from tabemb.inference.activations import ACTIVATIONS
from tabemb.inference.operations import Operation
from tabemb.inference.program import Program, Step
from tabemb.nn import columns, dropout, members, pooling, separate, tokens
from tabemb.nn.numeric import numeric_encoder, periodic, piecewise_linear

__all__ = [
    "TRANSLATORS",
    "Translation",
    "UntranslatableError",
    "WeightSource",
    "activation_name",
    "check_covered",
    "translate",
    "translates",
]

# The translation of a layer: operations in order, each with the names of the layer's attributes that are its arrays.
Translated = list[tuple[Operation, tuple[str, ...]]]
TRANSLATORS: dict[type, Callable[[Any], Translated]] = {}


class UntranslatableError(Exception):
    """A layer has no translation, or uses an option that is not covered; the network then runs in TensorFlow."""


def translates(*layers: type) -> Callable:
    """Register a function as the translator of layer classes. Subclasses need a separate one.

    Parameters
    ----------
    *layers : type
        Keras layer classes.

    Returns
    -------
    callable
        A decorator for a function that returns the operations of a layer in order, each with the names of the
        attributes that hold its arrays. The function raises :class:`UntranslatableError` if an option of the layer is
        not covered.

    Examples
    --------
    >>> import keras
    >>> class Halves(keras.layers.Layer):
    ...     def call(self, x):
    ...         return keras.ops.reshape(x, (-1, 2, x.shape[1] // 2))
    >>> @translates(Halves)
    ... def halves(layer):
    ...     return [(operations.Reshape((2, layer.output.shape[2])), ())]
    """

    def register(translator):
        TRANSLATORS.update(dict.fromkeys(layers, translator))
        return translator

    return register


def check_covered(layer: Any, condition: bool) -> None:
    """Raise :class:`UntranslatableError` unless the condition holds: the layer has an option that is not covered."""
    if not condition:
        raise UntranslatableError(f"the layer {layer.name!r} has an option that is not covered")


def activation_name(layer: Any) -> str:
    """Return the name of a layer's activation in :data:`~tabemb.inference.activations.ACTIVATIONS`."""
    for name in ACTIVATIONS:
        if layer.activation is getattr(keras.activations, name, None):
            return name
    name = getattr(layer.activation, "__name__", type(layer.activation).__name__)
    raise UntranslatableError(f"the activation of the layer {layer.name!r} is {name}")


@dataclass(frozen=True)
class WeightSource:
    """The layer and attribute that an array of a program comes from.

    Parameters
    ----------
    layer : keras.Layer
        The layer that owns the variable.
    attribute : str
        Its attribute.
    variable : keras.Variable
        The attribute's value when the network was translated.
    """

    layer: Any
    attribute: str
    variable: Any

    @property
    def is_current(self) -> bool:
        """Whether the layer still has this variable. Quantization or an adapter replaces it."""
        return getattr(self.layer, self.attribute) is self.variable


@dataclass(frozen=True)
class Translation:
    """A program without its arrays, and the sources of the arrays.

    Parameters
    ----------
    program : Program
        What is computed.
    sources : dict of str to WeightSource
        The arrays by the names that the program gives them.
    """

    program: Program
    sources: dict[str, WeightSource]


def translate(model: keras.Model) -> Translation:
    """Return the program of a functional model with named inputs and one matrix as output.

    Parameters
    ----------
    model : keras.Model
        As :class:`~tabemb.nn.network.Network` builds it.

    Raises
    ------
    UntranslatableError
        If a layer is unknown, does not compute in float32, or has an option that is not covered.

    Examples
    --------
    >>> numbers = keras.Input((3,), name="numbers")
    >>> model = keras.Model({"numbers": numbers}, keras.layers.Dense(2, activation="relu")(numbers))
    >>> [type(step.operation).__name__ for step in translate(model).program.steps]
    ['Dense', 'Activate']
    """
    writer = _Writer(type(model))
    inputs = {name: writer.new_slot() for name in model.input}
    try:
        output = writer.walk(model, inputs)
    except (AttributeError, KeyError, TypeError) as error:
        # The graph of a model is not public in Keras. If it changes, the network still runs in TensorFlow.
        raise UntranslatableError(f"the model cannot be read: {error}") from error
    slots = {name: int(slot) for name, slot in inputs.items()}
    program = Program(slots, tuple(writer.steps), int(output)).with_gathers_joined()
    return Translation(program, writer.sources)


class _Slot(int):
    """The number of a slot, in place of a tensor; not a plain integer, which could be an argument of a layer."""


class _Writer:
    """Traverses a model as if it were called, and records the operations."""

    def __init__(self, functional):
        self._functional = functional
        self._n_slots = 0
        self._names = {}
        self.steps, self.sources = [], {}

    def new_slot(self):
        self._n_slots += 1
        return _Slot(self._n_slots - 1)

    def walk(self, model, given):
        tensors = model.input if isinstance(model.input, dict) else {"": model.input}
        names = {id(tensor): name for name, tensor in tensors.items()}
        flat = [given[names[id(tensor)]] for tensor in model.inputs]
        return model._run_through_graph(flat, lambda layer: lambda *a, **k: self._called(layer, a, k))

    def _called(self, layer, args, kwargs):
        translator = TRANSLATORS.get(type(layer))
        if translator is None and type(layer) is not self._functional:
            raise UntranslatableError(f"the layer {layer.name!r} is a {type(layer).__name__}")
        if len(args) != 1 or any(each is not None and each is not False for each in keras.tree.flatten(kwargs)):
            raise UntranslatableError(f"the layer {layer.name!r} is called with more than its inputs")
        if translator is None:
            return self.walk(layer, args[0] if isinstance(args[0], dict) else {"": args[0]})
        slots = args[0] if isinstance(args[0], list | tuple) else [args[0]]
        if not all(isinstance(slot, _Slot) for slot in slots):
            raise UntranslatableError(f"the layer {layer.name!r} has inputs of a kind that is not covered")
        if layer.compute_dtype != "float32" or layer.variable_dtype != "float32":
            raise UntranslatableError(f"the layer {layer.name!r} computes in {layer.compute_dtype}")
        for operation, attributes in translator(layer):
            slot = self.new_slot()
            names = tuple(self._name(layer, attribute) for attribute in attributes)
            self.steps.append(Step(operation, names, tuple(map(int, slots)), int(slot)))
            slots = [slot]
        (slot,) = slots
        return slot

    def _name(self, layer, attribute):
        """Return the name of an array; a layer that is called twice has each of its arrays once."""
        if (id(layer), attribute) not in self._names:
            variable = getattr(layer, attribute)
            if not isinstance(variable, keras.Variable):
                raise UntranslatableError(f"the {attribute} of the layer {layer.name!r} is no variable")
            # Models inside the model may have layers of the same name.
            name = f"{layer.name}/{attribute}"
            if name in self.sources:
                name = f"{name}/{len(self.sources)}"
            self._names[id(layer), attribute] = name
            self.sources[name] = WeightSource(layer, attribute, variable)
        return self._names[id(layer), attribute]


# ---------------------------------------------------------------- Keras' layers


@translates(keras.layers.Activation)
def _activation(layer) -> Translated:
    name = activation_name(layer)
    return [] if name == "linear" else [(operations.Activate(name), ())]


@translates(
    dropout.ByteDropout,
    dropout.MemberDropout,
    keras.layers.AlphaDropout,
    keras.layers.Dropout,
    keras.layers.GaussianDropout,
    keras.layers.GaussianNoise,
    keras.layers.Identity,
)
def _nothing(layer) -> Translated:
    return []


@translates(keras.layers.Dense)
def _dense(layer) -> Translated:
    check_covered(layer, layer.quantization_mode is None)
    arrays = ("kernel", "bias") if layer.use_bias else ("kernel",)
    return [(operations.Dense(), arrays), *_activation(layer)]


@translates(keras.layers.Embedding)
def _embedding(layer) -> Translated:
    check_covered(layer, layer.quantization_mode is None and not layer.mask_zero)
    return [(gathers.Gather(), ("embeddings",))]


@translates(keras.layers.BatchNormalization)
def _batch_normalization(layer) -> Translated:
    check_covered(layer, _is_last(layer.axis, layer) and not getattr(layer, "renorm", False))
    arrays = ("moving_mean", "moving_variance", *_scale_and_center(layer))
    return [(operations.BatchNormalize(layer.epsilon, layer.scale, layer.center), arrays)]


@translates(keras.layers.LayerNormalization)
def _layer_normalization(layer) -> Translated:
    check_covered(layer, _is_last(layer.axis, layer) and not layer.rms_scaling)
    return [(operations.LayerNormalize(layer.epsilon, layer.scale, layer.center), _scale_and_center(layer))]


def _scale_and_center(layer):
    return ("gamma",) * bool(layer.scale) + ("beta",) * bool(layer.center)


def _is_last(axis, layer):
    axes = [axis] if isinstance(axis, int) else list(axis)
    return axes in ([-1], [len(layer.input.shape) - 1])


@translates(keras.layers.Concatenate)
def _concatenate(layer) -> Translated:
    return [(operations.Concatenate(layer.axis), ())]


@translates(keras.layers.Add)
def _add(layer) -> Translated:
    return [(operations.Add(), ())]


@translates(keras.layers.Subtract)
def _subtract(layer) -> Translated:
    return [(operations.Subtract(), ())]


@translates(keras.layers.Multiply)
def _multiply(layer) -> Translated:
    return [(operations.Multiply(), ())]


@translates(keras.layers.Reshape, keras.layers.Flatten)
def _reshape(layer) -> Translated:
    is_known = None not in layer.output.shape[1:] and getattr(layer, "data_format", None) != "channels_first"
    check_covered(layer, is_known)
    return [(operations.Reshape(tuple(layer.output.shape[1:])), ())]


# ---------------------------------------------------------------- tabemb's layers


@translates(columns.Column)
def _column(layer) -> Translated:
    return [(operations.TakeColumn(layer.position), ())]


@translates(pooling.ValuePooling)
def _value_pooling(layer) -> Translated:
    return [(gathers.PoolValues(), ())]


@translates(pooling.AttentionPooling)
def _attention_pooling(layer) -> Translated:
    return [(gathers.AttendValues(), ("query",))]


@translates(pooling.CellRows)
def _cell_rows(layer) -> Translated:
    return [(gathers.TakeCells(), ())]


@translates(numeric_encoder.ColumnRange)
def _column_range(layer) -> Translated:
    return [(operations.TakeColumns(layer.start, layer.stop), ())]


@translates(columns.OneHotDense)
def _one_hot_dense(layer) -> Translated:
    return [(gathers.GatherSum(tuple(layer.positions), tuple(layer.offsets)), ("kernel",))]


@translates(columns.OneHotVectors)
def _one_hot_vectors(layer) -> Translated:
    return [(gathers.GatherEach(tuple(layer.positions), tuple(layer.offsets)), ("kernel",))]


@translates(numeric_encoder.ColumnDense)
def _column_dense(layer) -> Translated:
    operation = operations.Dense() if layer.shared else operations.ColumnwiseDense(layer.input.shape[1])
    return [(operation, ("kernel", "bias"))]


@translates(piecewise_linear.BinFilling)
def _bin_filling(layer) -> Translated:
    return [(operations.BinFill(layer.n_bins), ())]


@translates(periodic.Waves)
def _waves(layer) -> Translated:
    return [(operations.SineCosine(layer.n_frequencies), ("frequencies",))]


@translates(periodic.ShiftedWaves)
def _shifted_waves(layer) -> Translated:
    return [(operations.ShiftedCosine(layer.n_frequencies), ("frequencies", "phases"))]


@translates(tokens.ColumnTokens)
def _column_tokens(layer) -> Translated:
    return [(operations.BlockDiagonalDense(tuple(layer.dims)), ("kernel", "bias"))]


@translates(tokens.WithClassToken)
def _with_class_token(layer) -> Translated:
    return [(operations.PrependToken(), ("token",))]


@translates(tokens.Interactions)
def _interactions(layer) -> Translated:
    return [(operations.PairProducts(), ())]


@translates(tokens.Attend)
def _attend(layer) -> Translated:
    return [(operations.Attention(layer.n_heads), ())]


@translates(tokens.Gate)
def _gate(layer) -> Translated:
    return [(operations.GatedActivation(activation_name(layer)), ())]


@translates(members.MemberDense)
def _member_dense(layer) -> Translated:
    arrays = ("kernel", "bias", "input_scale") + ("output_scale",) * layer.own_outputs
    return [(operations.ScaledDense(layer.n_members), arrays)]


@translates(members.MemberLogits)
def _member_logits(layer) -> Translated:
    return [(operations.BatchedDense(), ("kernel", "bias")), (operations.Transpose((1, 0, 2)), ())]


@translates(members.MemberSlices)
def _member_slices(layer) -> Translated:
    groups = tuple((int(start), int(n), int(dim), bool(is_cut)) for start, n, dim, is_cut in layer.groups)
    return [(operations.SplitMembers(groups, layer.n_members), ())]


@translates(members.MemberMean)
def _member_mean(layer) -> Translated:
    return [(operations.MeanOver(1), ())]


@translates(separate.SeparateDense)
def _separate_dense(layer) -> Translated:
    return [(operations.BatchedDense(), ("kernel", "bias"))]


@translates(separate.SeparateOneHotDense)
def _separate_one_hot_dense(layer) -> Translated:
    units = layer.kernel.shape[1] // layer.n_members
    return [
        (gathers.GatherSum(tuple(layer.positions), tuple(layer.offsets)), ("kernel",)),
        (operations.Reshape((layer.n_members, units)), ()),
        (operations.Transpose((1, 0, 2)), ()),
    ]
