"""Inference with the current weights of a network: in NumPy if every layer has a translation, else in TensorFlow."""

from functools import partial
from threading import Lock
from weakref import WeakKeyDictionary

import numpy as np
import tensorflow as tf

from tabemb.inference.blocks import in_blocks
from tabemb.inference.program import Program
from tabemb.nn.forks import check_not_forked
from tabemb.nn.network import Network
from tabemb.nn.translation import UntranslatableError, translate
from tabemb.table.encoded_table import EncodedTable

__all__ = ["Forward", "forward_of"]

COMPILED_ROWS = 8192
# Matrix products round the rows that do not fill a kernel differently. With full kernels, the answer for a row depends
# less on the other rows; with some kernels (OpenBLAS for Haswell) it still does, in the last digit.
ROWS_OF_A_PRODUCT = 8
# Switching copy-on-read off costs as much as copying about a thousand rows.
MANY_ROWS = 1024


class Forward:
    """The forward pass of a Keras model whose weights may change between calls.

    Parameters
    ----------
    model : keras.Model
        From ``{"indices", "numbers"}`` to logits, as in :class:`Network`.

    Attributes
    ----------
    obstacle : str or None
        Why the model runs in TensorFlow; None if it runs in NumPy.

    Examples
    --------
    >>> import keras
    >>> numbers = keras.Input((2,), name="numbers")
    >>> model = keras.Model({"numbers": numbers}, keras.layers.Dense(1, kernel_initializer="ones")(numbers))
    >>> Forward(model).logits(EncodedTable(np.empty((1, 0), np.int32), np.array([[1, 2]], np.float32)))
    array([[3.]], dtype=float32)
    """

    def __init__(self, model):
        self._model, self._lock = model, Lock()
        self._prepare()

    def _prepare(self):
        self._compiled, self._variables = None, list(self._model.variables)
        self._program, self._sources, self._values, self.obstacle = None, {}, {}, None
        try:
            translation = translate(self._model)
            self._program, self._sources = translation.program, translation.sources
            self._values = {name: source.variable.value for name, source in self._sources.items()}
        except UntranslatableError as error:
            self.obstacle = str(error)
        # Weights on a GPU would have to be copied for every call; there the rows are copied instead.
        self._is_on_gpu = any("GPU" in variable.value.device for variable in self._variables)

    def logits(self, table: EncodedTable) -> np.ndarray:
        """Return the logits of encoded rows, float32 of shape (n, n_outputs)."""
        program = self.program()
        if program is None or self._is_on_gpu:
            return self._compiled_logits(table)

        def answer(rows):
            given = self._inputs(table, rows)
            inputs = {name: _padded(each) if each.ndim == 2 else each for name, each in given.items()}
            return program.run(inputs)[: rows.stop - rows.start]

        return in_blocks(answer, len(table))

    def program(self) -> Program | None:
        """Return the network as a program that reads the current weights; None if there is an obstacle.

        Its arrays are views and valid only until the next training step. ``prepared()`` returns a copy.
        """
        with self._lock:
            if not self._is_current():
                self._prepare()
            program, values = self._program, self._values
        return program and program.bind({name: _view(value) for name, value in values.items()})

    def places(self) -> dict[str, int]:
        """Return the position of each array of the program in ``model.get_weights()``."""
        positions = {id(variable): position for position, variable in enumerate(self._model.weights)}
        return {name: positions[id(source.variable)] for name, source in self._sources.items()}

    def _is_current(self):
        # Quantizing a model, or adding adapters, replaces variables of its layers.
        if self._program is not None:
            return all(source.is_current for source in self._sources.values())
        now = self._model.variables
        return len(now) == len(self._variables) and all(a is b for a, b in zip(now, self._variables, strict=True))

    def _inputs(self, table, rows):
        given = table.take(rows).compact().inputs()
        return {name: given[name] for name in self._model.input}

    def _compiled_logits(self, table):
        if not len(table):
            # Not all of TensorFlow's kernels accept zero rows.
            return np.empty((0, *self._model.output.shape[1:]), np.float32)
        check_not_forked()
        compiled, parts = self._compile(), []
        for start in range(0, len(table), COMPILED_ROWS):
            rows = self._inputs(table, slice(start, start + COMPILED_ROWS))
            parts.append(compiled({name: tf.constant(each) for name, each in rows.items()}).numpy())
        return np.concatenate(parts)

    def _compile(self):
        with self._lock:
            if self._compiled is None:
                inputs = {name: tf.TensorSpec([None, *t.shape[1:]], t.dtype) for name, t in self._model.input.items()}
                # TensorFlow counts traces per function and would warn at the fifth network; a partial is counted by
                # itself. Traced now, because two threads cannot trace Keras at once.
                forward = tf.function(partial(self._model, training=False), input_signature=[inputs], autograph=False)
                self._compiled = forward
                forward.get_concrete_function()
            return self._compiled


def _padded(rows):
    """Append rows of zeros up to a multiple of ``ROWS_OF_A_PRODUCT``."""
    lacking = -len(rows) % ROWS_OF_A_PRODUCT
    return np.concatenate([rows, np.zeros((lacking, rows.shape[1]), rows.dtype)]) if lacking else rows


def _view(variable):
    """Return the values of a variable, large ones without a copy; not to be kept, since the variable may change."""
    if variable.shape.rank and variable.shape[0] >= MANY_ROWS:
        # After sparse updates a variable returns copies until this is switched off.
        tf.raw_ops.DisableCopyOnRead(resource=variable.handle)
    return np.asarray(memoryview(tf.raw_ops.ReadVariableOp(resource=variable.handle, dtype=variable.dtype)))


_forwards: WeakKeyDictionary[Network, Forward] = WeakKeyDictionary()
_lock = Lock()


def forward_of(network: Network) -> Forward:
    """Return the forward pass of a network; it is made once, and freed with the network.

    Parameters
    ----------
    network : Network
    """
    with _lock:
        if network not in _forwards:
            _forwards[network] = Forward(network.model)
        return _forwards[network]
