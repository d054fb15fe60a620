"""The whole network: one Embedding a column, a numeric encoder, a body, logits."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from tabemb.nn.bodies import Body
from tabemb.nn.columns import Column, OneHotRows
from tabemb.nn.embedding import FeatureSpec, HeldRows, OneHotSpec, TableSpec, embedding_layer, layer_names
from tabemb.nn.features import Features
from tabemb.nn.members import MemberMean
from tabemb.nn.numeric import NumericEncoder
from tabemb.nn.seeds import Seeds
from tabemb.nn.separate import SeparateOneHotDense
from tabemb.nn.unknown import Trained, UnknownStrategy
from tabemb.table.encoded_table import EncodedTable

__all__ = ["Network", "NetworkSpec", "build_trunk", "first_kernels"]


@dataclass(frozen=True, kw_only=True)
class NetworkSpec:
    """All that the shape and the start of a network depend on; plain values, so that it can be pickled and compared.

    Parameters
    ----------
    features : tuple of FeatureSpec
        The embedded columns.
    one_hot : tuple of OneHotSpec
        The columns that enter one-hot.
    n_numbers : int
        Number of numeric inputs, missing-indicators included.
    n_indicators : int
        How many of them, the last ones, are missing-indicators.
    n_outputs : int
        Number of logits.
    body : Body
        What lies between the features and the logits.
    numeric : NumericEncoder
        What is made of the numbers.
    seed : int
        Root of all random starts.
    """

    features: tuple[FeatureSpec, ...]
    one_hot: tuple[OneHotSpec, ...] = ()
    n_numbers: int = 0
    n_indicators: int = 0
    n_outputs: int
    body: Body
    numeric: NumericEncoder
    seed: int

    @property
    def embedded(self) -> tuple[FeatureSpec, ...]:
        """The embedded columns in the order in which their vectors stand side by side.

        Those of one dimension are neighbours, so that the trainer can gather them at once.
        """
        dims = list(dict.fromkeys(feature.table.embedding_dim for feature in self.features))
        return tuple(sorted(self.features, key=lambda feature: dims.index(feature.table.embedding_dim)))


def build_trunk(spec: NetworkSpec) -> keras.Model:
    """Return what comes behind the vectors, from ``{"vectors", "numbers", "indices"}`` to the logits.

    Those of a body of several members are of shape (batch, n_members, n_outputs).

    Parameters
    ----------
    spec : NetworkSpec
        What to build; an input that it does not need is left out.
    """
    seeds = Seeds(spec.seed)
    dims = tuple(feature.table.embedding_dim for feature in spec.embedded)
    inputs: dict[str, Any] = {}
    if dims:
        inputs["vectors"] = keras.Input((sum(dims),), dtype="float32", name="vectors")
    if spec.one_hot:
        inputs["indices"] = keras.Input((len(spec.features) + len(spec.one_hot),), dtype="int32", name="indices")
    if spec.n_numbers:
        inputs["numbers"] = keras.Input((spec.n_numbers,), dtype="float32", name="numbers")
    numbers = None
    if spec.n_numbers:
        numbers = spec.numeric.build(inputs["numbers"], seeds, n_indicators=spec.n_indicators)
    features = Features(
        embedded=inputs.get("vectors"),
        dims=dims,
        numbers=numbers,
        number_dims=_dims_of(numbers, spec),
        indices=inputs.get("indices"),
        one_hot=spec.one_hot,
    )
    return keras.Model(inputs, spec.body.build(features, spec.n_outputs, seeds), name="trunk")


class Network:
    """A Keras model, and the same model cut in two where the vectors come out of their tables.

    The trainer gathers the rows of a batch itself, once each, and sends them through ``trunk``: so the gradient of a
    table is as large as the batch, not as the vocabulary. The layers are shared; what one trains the other has.
    Pickling keeps the specification and the weights, and no Keras object.

    Parameters
    ----------
    spec : NetworkSpec
        What to build.

    Attributes
    ----------
    model : keras.Model
        From ``{"indices": (batch, n_categorical) int32, "numbers": (batch, n_numbers) float32}`` to the logits
        (batch, n_outputs), the mean of the members' where the body has members; an input that the table does not have
        is left out.
    trunk : keras.Model
        The same from ``{"vectors": (batch, sum of the dimensions), "numbers", "indices"}``, without the mean.
    tables : dict of TableSpec to keras.layers.Embedding
        The layers that hold the vectors.
    held : dict of TableSpec to HeldRows
        Rows that training leaves as they are; none at first.

    Examples
    --------
    >>> from tabemb.nn.bodies import Mlp
    >>> from tabemb.nn.embedding import TableSpec
    >>> from tabemb.nn.numeric import Standardized
    >>> dest = FeatureSpec(name="dest", position=0, table=TableSpec(name="dest", vocabulary_size=107, embedding_dim=8))
    >>> spec = NetworkSpec(features=(dest,), n_outputs=1, body=Mlp(), numeric=Standardized(), seed=0)
    >>> Network(spec).model.get_layer("dest_embedding").output_dim
    8
    """

    def __init__(self, spec: NetworkSpec) -> None:
        self.spec = spec
        self.held: dict[TableSpec, HeldRows] = {}
        seeds = Seeds(spec.seed)
        inputs: dict[str, Any] = {}
        if spec.features or spec.one_hot:
            width = len(spec.features) + len(spec.one_hot)
            inputs["indices"] = keras.Input((width,), dtype="int32", name="indices")
        if spec.n_numbers:
            inputs["numbers"] = keras.Input((spec.n_numbers,), dtype="float32", name="numbers")

        self.trunk = build_trunk(spec)
        tables = dict.fromkeys(feature.table for feature in spec.features)
        table_names = layer_names((table.name for table in tables), "embedding")
        self.tables = {table: embedding_layer(table, seeds, name=table_names[table.name]) for table in tables}
        column_names = layer_names((feature.name for feature in spec.features), "indices")
        looked_up = [
            self.tables[feature.table](Column(feature.position, name=column_names[feature.name])(inputs["indices"]))
            for feature in spec.embedded
        ]
        if len(looked_up) > 1:
            looked_up = [keras.layers.Concatenate(name="vectors")(looked_up)]
        given = {"vectors": looked_up[0], **inputs} if looked_up else inputs
        logits = self.trunk({name: given[name] for name in self.trunk.input})
        if len(logits.shape) > 2:
            logits = MemberMean(name="mean_of_members")(logits)
        self.model = keras.Model(inputs, logits, name="tabemb")

    def logits(self, table: EncodedTable, *, batch_rows: int = 16_384) -> np.ndarray:
        """Return the logits of encoded rows, without dropout.

        Parameters
        ----------
        table : EncodedTable
            n rows.
        batch_rows : int, default=16384
            Rows that go through the network at once; bounds the memory.

        Returns
        -------
        ndarray of float32 of shape (n, n_outputs)
        """
        parts = []
        for start in range(0, len(table), batch_rows):
            rows = {
                "indices": table.indices[start : start + batch_rows],
                "numbers": table.numbers[start : start + batch_rows],
            }
            inputs = {name: keras.ops.convert_to_tensor(rows[name]) for name in self.model.input}
            parts.append(keras.ops.convert_to_numpy(self.model(inputs, training=False)))
        return np.concatenate(parts)

    def vectors(self, feature: FeatureSpec) -> np.ndarray:
        """Return a copy of a column's table, float32 of shape (vocabulary_size, embedding_dim)."""
        return np.array(self.tables[feature.table].embeddings.numpy())

    def start_rows(self, table: TableSpec, rows: np.ndarray, which: np.ndarray) -> None:
        """Begin some rows of a table with other vectors than its own seed made.

        Parameters
        ----------
        table : TableSpec
            Which table.
        rows : ndarray of shape (n, embedding_dim)
            The vectors.
        which : ndarray of bool of shape (vocabulary_size,)
            Whose they are, n of them.
        """
        embeddings = self.tables[table].embeddings
        values = np.array(embeddings.numpy())
        values[which] = rows
        embeddings.assign(values)

    def start_at(self, logits: np.ndarray) -> None:
        """Put what the logits are to begin around into the biases of the layer that is called "logits".

        A body without such a layer begins as it does.

        Parameters
        ----------
        logits : ndarray of shape (n_outputs,)
            Those of an answer that is the same for all rows.
        """
        for layer in self.trunk.layers:
            if layer.name == "logits" and getattr(layer, "bias", None) is not None:
                # Members have their biases side by side.
                layer.bias.assign(np.tile(logits, layer.bias.shape[0] // len(logits)))

    def serve_unknown(
        self,
        strategy: UnknownStrategy,
        trained: Mapping[int, Trained],
        by_member: Mapping[int, Trained] | None = None,
    ) -> None:
        """Give unknown categories, and rows that no training row has touched, the vectors that are to serve for them.

        Parameters
        ----------
        strategy : UnknownStrategy
            Which vector serves for unknown categories.
        trained : mapping of int to Trained
            For the position of each categorical column, what its vectors have learned from.
        by_member : mapping of int to Trained, optional
            The same for each member where members leave out rows: for its slices of vectors, and its kernels.
        """
        sliced = self.spec.body.slices([feature.table.embedding_dim for feature in self.spec.embedded])
        cut = {f.table for f, width in zip(self.spec.embedded, sliced, strict=True) if width is not None}
        for table, layer in self.tables.items():
            of = by_member if by_member is not None and table in cut else trained
            together = Trained.together([of[f.position] for f in self.spec.features if f.table == table])
            values = np.array(layer.embeddings.numpy())
            if together.serve(values, strategy):
                layer.embeddings.assign(values)
        for layer in self.trunk.layers:
            if isinstance(layer, OneHotRows):
                of = by_member if by_member is not None and isinstance(layer, SeparateOneHotDense) else trained
                values = np.array(layer.kernel.numpy())
                for position, offset, size in zip(layer.positions, layer.offsets, layer.sizes, strict=True):
                    of[position].serve(values[offset : offset + size], strategy)
                layer.kernel.assign(values)

    def __reduce__(self):
        return (_rebuilt, (self.spec, self.model.get_weights(), self.held))


def _dims_of(numbers, spec):
    """Return how wide what the numeric encoder made of each number is; a missing-indicator stays one number."""
    if numbers is None:
        return ()
    n_columns = spec.n_numbers - spec.n_indicators
    width = (numbers.shape[-1] - spec.n_indicators) // n_columns
    return (width,) * n_columns + (1,) * spec.n_indicators


def _rebuilt(spec: NetworkSpec, weights: list[np.ndarray], held: dict[TableSpec, HeldRows]) -> Network:
    network = Network(spec)
    network.model.set_weights(weights)
    network.held = held
    return network


def first_kernels(network: Network) -> dict[str, np.ndarray] | None:
    """Return, for each embedded column, the part of the first layer's kernel that its vectors are multiplied by.

    The layer is linear in the vectors, so that its kernel is what it answers to unit vectors, less what it answers to
    none; this holds for members with slices or scales of their own, too.

    Parameters
    ----------
    network : Network

    Returns
    -------
    dict of str to ndarray of float64 of shape (embedding_dim, n_units), or None
        The units of all members side by side; None where the body has no such layer.
    """
    layer = network.spec.body.first_layer
    if layer is None or not network.spec.embedded:
        return None
    dims = [feature.table.embedding_dim for feature in network.spec.embedded]
    trunk = network.trunk
    first = keras.Model(trunk.input, trunk.get_layer(layer).output)
    units = np.eye(1 + sum(dims), sum(dims), k=-1, dtype="float32")
    asked = {
        name: keras.ops.convert_to_tensor(units)
        if name == "vectors"
        else keras.ops.zeros((len(units), *tensor.shape[1:]), dtype=tensor.dtype)
        for name, tensor in trunk.input.items()
    }
    answers = np.asarray(keras.ops.convert_to_numpy(first(asked, training=False)), np.float64)
    # Rows stand in the last axis but one; members before them.
    by_row = np.moveaxis(answers, -2, 0).reshape(len(units), -1)
    kernels = np.split(by_row[1:] - by_row[0], np.cumsum(dims)[:-1])
    return {feature.name: kernel for feature, kernel in zip(network.spec.embedded, kernels, strict=True)}
