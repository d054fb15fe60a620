"""The whole network: one Embedding layer per column, a numeric encoder, a body, logits."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from tabemb.nn.bodies import Body
from tabemb.nn.columns import Column, OneHotRows
from tabemb.nn.embedding import FeatureSpec, HeldRows, OneHotSpec, TableSpec, embedding_layer, layer_names
from tabemb.nn.features import Features
from tabemb.nn.forks import check_not_forked
from tabemb.nn.members import MemberMean
from tabemb.nn.numeric import NumericEncoder
from tabemb.nn.numeric.numeric_encoder import ColumnRange
from tabemb.nn.pooling import AttentionPooling, CellRows, value_pooling
from tabemb.nn.seeds import Seeds
from tabemb.nn.separate import SeparateOneHotDense
from tabemb.nn.unknown import Trained, UnknownStrategy
from tabemb.table.encoded_table import EncodedTable

__all__ = ["Network", "NetworkSpec", "build_trunk", "first_kernels"]


@dataclass(frozen=True, kw_only=True)
class NetworkSpec:
    """Specification of a network and its initialization, as plain values that can be pickled and compared.

    Parameters
    ----------
    features : tuple of FeatureSpec
        The embedded columns.
    one_hot : tuple of OneHotSpec
        The one-hot columns.
    n_numbers : int
        Number of numeric inputs, including missing indicators.
    n_indicators : int
        Number of missing indicators, the last of the numeric inputs.
    n_unread : int
        Number of further numeric inputs, after the indicators, that the network does not read.
    n_outputs : int
        Number of logits.
    body : Body
        Layers between the features and the logits.
    numeric : NumericEncoder
        Encoder of the numbers.
    seed : int
        Root seed of all initializers.
    """

    features: tuple[FeatureSpec, ...]
    one_hot: tuple[OneHotSpec, ...] = ()
    n_numbers: int = 0
    n_indicators: int = 0
    n_unread: int = 0
    n_outputs: int
    body: Body
    numeric: NumericEncoder
    seed: int

    @property
    def embedded(self) -> tuple[FeatureSpec, ...]:
        """The embedded columns in the order in which their vectors are concatenated.

        Columns of the same dimension are adjacent, so that the trainer can gather them at once. Last come the columns
        whose table is used by cells with several values, by table.
        """
        dims = list(dict.fromkeys(feature.table.embedding_dim for feature in self.features))
        pooled = list(dict.fromkeys(feature.table for feature in self.features if feature.pooling is not None))

        def place(feature: FeatureSpec) -> tuple[int, int]:
            if feature.table in pooled:
                return 1, pooled.index(feature.table)
            return 0, dims.index(feature.table.embedding_dim)

        return tuple(sorted(self.features, key=place))


def build_trunk(spec: NetworkSpec) -> keras.Model:
    """Return the model after the embedding layers, from ``{"vectors", "numbers", "indices"}`` to the logits.

    The logits of a body with several members have shape (batch, n_members, n_outputs).

    Parameters
    ----------
    spec : NetworkSpec
        Specification of the network; inputs that it does not need are left out.
    """
    seeds = Seeds(spec.seed)
    dims = tuple(feature.table.embedding_dim for feature in spec.embedded)
    inputs: dict[str, Any] = {}
    if dims:
        inputs["vectors"] = keras.Input((sum(dims),), dtype="float32", name="vectors")
    if spec.one_hot:
        inputs["indices"] = keras.Input((len(spec.features) + len(spec.one_hot),), dtype="int32", name="indices")
    if spec.n_numbers:
        inputs["numbers"] = keras.Input((spec.n_numbers + spec.n_unread,), dtype="float32", name="numbers")
    numbers = None
    if spec.n_numbers:
        read = inputs["numbers"]
        if spec.n_unread:
            read = ColumnRange(0, spec.n_numbers, name="numbers_read")(read)
        numbers = spec.numeric.build(read, seeds, n_indicators=spec.n_indicators)
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
    """A Keras model, and the same model split after the embedding layers.

    The trainer gathers the distinct rows of a batch itself and passes them through ``trunk``, so that the gradient of a
    table is as large as the batch, not as the vocabulary. Both models share their layers and weights. Pickling keeps
    the specification and the weights, but no Keras object.

    Parameters
    ----------
    spec : NetworkSpec
        Specification of the network.

    Attributes
    ----------
    model : keras.Model
        From ``{"indices": (batch, n_categorical) int32, "numbers": (batch, n_numbers) float32}`` to the logits
        (batch, n_outputs), the mean over the members if the body has members. Inputs that the table does not have are
        left out.
    trunk : keras.Model
        The same model from ``{"vectors": (batch, sum of the dimensions), "numbers", "indices"}``, without the mean.
    tables : dict of TableSpec to keras.layers.Embedding
        The embedding layers.
    pools : dict of str to keras.layers.Layer
        The layers that pool the values of a cell, by column.
    held : dict of TableSpec to HeldRows
        Rows that are frozen in training; none at first.

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
        check_not_forked()
        self.spec = spec
        self.held: dict[TableSpec, HeldRows] = {}
        seeds = Seeds(spec.seed)
        inputs: dict[str, Any] = {}
        if spec.features or spec.one_hot:
            width = len(spec.features) + len(spec.one_hot)
            inputs["indices"] = keras.Input((width,), dtype="int32", name="indices")
        if spec.n_numbers:
            inputs["numbers"] = keras.Input((spec.n_numbers + spec.n_unread,), dtype="float32", name="numbers")
        for feature in spec.features:
            if feature.pooling is not None:
                inputs |= _bag_inputs(feature.position)

        self.trunk = build_trunk(spec)
        tables = dict.fromkeys(feature.table for feature in spec.features)
        table_names = layer_names((table.name for table in tables), "embedding")
        self.tables = {table: embedding_layer(table, seeds, name=table_names[table.name]) for table in tables}
        column_names = layer_names((feature.name for feature in spec.features), "indices")
        pool_names = layer_names((f.name for f in spec.features if f.pooling is not None), "pooling")
        self.pools = {
            feature.name: value_pooling(feature.pooling, name=pool_names[feature.name])
            for feature in spec.embedded
            if feature.pooling is not None
        }
        looked_up = []
        for feature in spec.embedded:
            cells = Column(feature.position, name=column_names[feature.name])(inputs["indices"])
            if feature.pooling is None:
                looked_up.append(self.tables[feature.table](cells))
                continue
            values, weights, offsets = (inputs[name] for name in _bag_inputs(feature.position))
            pooled = self.pools[feature.name]([self.tables[feature.table](values), weights, offsets])
            looked_up.append(CellRows(name=f"{pool_names[feature.name]}_rows")([pooled, cells]))
        if len(looked_up) > 1:
            looked_up = [keras.layers.Concatenate(name="vectors")(looked_up)]
        given = {"vectors": looked_up[0], **inputs} if looked_up else inputs
        logits = self.trunk({name: given[name] for name in self.trunk.input})
        if len(logits.shape) > 2:
            logits = MemberMean(name="mean_of_members")(logits)
        self.model = keras.Model(inputs, logits, name="tabemb")
        self._is_called = False

    def called_model(self) -> keras.Model:
        """Return the model after one call of it, without which Keras does not export it in all formats."""
        if not self._is_called:
            inputs = self.model.input.items()
            row = {name: keras.ops.zeros((1, *each.shape[1:]), dtype=each.dtype) for name, each in inputs}
            one_value = {name: keras.ops.convert_to_tensor([0, 1], dtype=row[name].dtype) for name in _offsets(row)}
            self.model(row | one_value, training=False)
            self._is_called = True
        return self.model

    def logits(self, table: EncodedTable, *, batch_rows: int = 16_384) -> np.ndarray:
        """Return the logits of encoded rows, without dropout.

        Parameters
        ----------
        table : EncodedTable
            Table of n rows.
        batch_rows : int, default=16384
            Number of rows per call of the network; bounds the memory.

        Returns
        -------
        ndarray of float32 of shape (n, n_outputs)
        """
        parts = []
        for start in range(0, len(table), batch_rows):
            rows = table.take(slice(start, start + batch_rows)).compact().inputs()
            inputs = {name: keras.ops.convert_to_tensor(rows[name]) for name in self.model.input}
            parts.append(keras.ops.convert_to_numpy(self.model(inputs, training=False)))
        return np.concatenate(parts)

    def vectors(self, feature: FeatureSpec) -> np.ndarray:
        """Return a copy of the vectors of a column, float32 of shape (vocabulary_size, embedding_dim)."""
        return np.array(self.tables[feature.table].embeddings.numpy())

    @property
    def queries(self) -> list[Any]:
        """The variables of the poolings with learned weights."""
        return [pool.query for pool in self.pools.values() if isinstance(pool, AttentionPooling)]

    def query(self, feature: FeatureSpec) -> Any:
        """Return the variable of the pooling of a column, None if its weights are not learned."""
        return getattr(self.pools.get(feature.name), "query", None)

    def looked_up(self, feature: FeatureSpec, table: EncodedTable, vectors: np.ndarray | None = None) -> np.ndarray:
        """Return the vector of each row in a column, of shape (n_rows, embedding_dim).

        Parameters
        ----------
        feature : FeatureSpec
            The column.
        table : EncodedTable
            The rows.
        vectors : ndarray of shape (vocabulary_size, embedding_dim), optional
            Vectors in place of those of the network.
        """
        column = table.indices[:, feature.position]
        return self.cell_vectors(feature, table, vectors)[column]

    def cell_vectors(self, feature: FeatureSpec, table: EncodedTable, vectors: np.ndarray | None = None) -> np.ndarray:
        """Return the vectors that the indices of a column number: those of categories, or the pooled ones of cells."""
        vectors = self.tables[feature.table].embeddings.numpy() if vectors is None else vectors
        bags = table.bags.get(feature.position)
        if bags is None:
            return vectors
        query = self.query(feature)
        return bags.pooled(vectors, None if query is None else query.numpy())

    def n_slices(self, table: TableSpec) -> int:
        """Return the number of slices in which the body reads the vectors of a table, each by another member."""
        return self.spec.body.n_slices(table.embedding_dim)

    def start_rows(self, table: TableSpec, rows: np.ndarray, which: np.ndarray) -> None:
        """Initialize some rows of a table by given vectors.

        Parameters
        ----------
        table : TableSpec
            The table.
        rows : ndarray of shape (n, embedding_dim)
            Initial vectors.
        which : ndarray of bool of shape (vocabulary_size,)
            Mask of the n rows to initialize.
        """
        embeddings = self.tables[table].embeddings
        values = np.array(embeddings.numpy())
        values[which] = rows
        embeddings.assign(values)

    def narrow(self) -> None:
        """Set the dimensions that rows do not use to zero."""
        for table, layer in self.tables.items():
            if table.blocks:
                layer.embeddings.assign(np.where(table.used(), layer.embeddings.numpy(), 0.0))

    def start_at(self, logits: np.ndarray) -> None:
        """Initialize the biases of the layer named "logits", so that the initial logits are near the given ones.

        Does nothing if the body has no such layer.

        Parameters
        ----------
        logits : ndarray of shape (n_outputs,)
            Logits of a constant prediction.
        """
        for layer in self.trunk.layers:
            if layer.name == "logits" and getattr(layer, "bias", None) is not None:
                # The biases of members are concatenated.
                layer.bias.assign(np.tile(logits, layer.bias.shape[0] // len(logits)))

    def serve_unknown(
        self,
        strategy: UnknownStrategy,
        trained: Mapping[int, Trained],
        by_member: Mapping[int, Trained] | None = None,
    ) -> None:
        """Set the vectors of unknown categories and of rows that no training row used.

        Parameters
        ----------
        strategy : UnknownStrategy
            Determines the vector of unknown categories.
        trained : mapping of int to Trained
            For the position of each categorical column, the rows its vectors were trained on.
        by_member : mapping of int to Trained, optional
            The same for each member, if members leave out rows: for its slices of vectors and its kernels.
        """
        sliced = self.spec.body.slices([feature.table.embedding_dim for feature in self.spec.embedded])
        cut = {f.table for f, width in zip(self.spec.embedded, sliced, strict=True) if width is not None}
        for table, layer in self.tables.items():
            of = by_member if by_member is not None and table in cut else trained
            together = Trained.together([of[f.position] for f in self.spec.features if f.table == table])
            values = np.array(layer.embeddings.numpy())
            if together.serve(values, strategy):
                layer.embeddings.assign(values)
        self.narrow()
        for layer in self.trunk.layers:
            if isinstance(layer, OneHotRows):
                of = by_member if by_member is not None and isinstance(layer, SeparateOneHotDense) else trained
                values = np.array(layer.kernel.numpy())
                for position, offset, size in zip(layer.positions, layer.offsets, layer.sizes, strict=True):
                    of[position].serve(values[offset : offset + size], strategy)
                layer.kernel.assign(values)

    def __getstate__(self) -> dict[str, Any]:
        return {"spec": self.spec, "weights": self.model.get_weights(), "held": list(self.held.items())}

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        self.__init__(state["spec"])  # type: ignore[misc]
        self.model.set_weights(state["weights"])
        self.held = dict(state["held"])


def _bag_inputs(position):
    """Return the inputs of a column whose cells hold several values; the first axes are values and cells."""
    return {
        f"values_{position}": keras.Input((), dtype="int32", name=f"values_{position}"),
        f"weights_{position}": keras.Input((), dtype="float32", name=f"weights_{position}"),
        f"offsets_{position}": keras.Input((), dtype="int64", name=f"offsets_{position}"),
    }


def _offsets(names):
    return [name for name in names if name.startswith("offsets_")]


def _dims_of(numbers, spec):
    """Return the width of the encoding of each number; a missing indicator has width 1."""
    if numbers is None:
        return ()
    n_columns = spec.n_numbers - spec.n_indicators
    width = (numbers.shape[-1] - spec.n_indicators) // n_columns
    return (width,) * n_columns + (1,) * spec.n_indicators


def first_kernels(network: Network) -> dict[str, np.ndarray] | None:
    """Return, for each embedded column, the part of the first layer's kernel that its vectors are multiplied by.

    The layer is linear in the vectors, so its kernel is its output for unit vectors minus its output for zeros. This
    holds for members with separate slices or scales, too.

    Parameters
    ----------
    network : Network
        A network of any body.

    Returns
    -------
    dict of str to ndarray of float64 of shape (embedding_dim, n_units), or None
        The units of all members are concatenated. None if the body has no such layer.
    """
    layer = network.spec.body.first_layer
    if layer is None or not network.spec.embedded:
        return None
    dims = [feature.table.embedding_dim for feature in network.spec.embedded]
    trunk = network.trunk
    first = keras.Model(trunk.input, trunk.get_layer(layer).output)
    units = np.eye(1 + sum(dims), sum(dims), k=-1, dtype="float32")
    inputs = {
        name: keras.ops.convert_to_tensor(units)
        if name == "vectors"
        else keras.ops.zeros((len(units), *tensor.shape[1:]), dtype=tensor.dtype)
        for name, tensor in trunk.input.items()
    }
    outputs = np.asarray(keras.ops.convert_to_numpy(first(inputs, training=False)), np.float64)
    # Rows are the last axis but one; members precede them.
    by_row = np.moveaxis(outputs, -2, 0).reshape(len(units), -1)
    kernels = np.split(by_row[1:] - by_row[0], np.cumsum(dims)[:-1])
    return {feature.name: kernel for feature, kernel in zip(network.spec.embedded, kernels, strict=True)}
