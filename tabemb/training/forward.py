"""The network's answers with its weights as they are now: NumPy where every layer is known, else TensorFlow."""

from functools import partial
from threading import Lock
from weakref import WeakKeyDictionary

import numpy as np
import tensorflow as tf

from tabemb.nn.network import Network
from tabemb.nn.plain.blocks import in_blocks
from tabemb.nn.plain.program import PlainNetwork
from tabemb.nn.plain.translation import NoPlainFormError, translate
from tabemb.table.encoded_table import EncodedTable

__all__ = ["Forward", "forward_of"]

COMPILED_ROWS = 8192
# A matrix product rounds the rows that are left over from its kernels in another way. Without any left over, what a row
# gets does not depend on the rows beside it.
ROWS_OF_A_PRODUCT = 8
# Telling a variable not to copy itself costs as much as copying some thousand rows.
MANY_ROWS = 1024


class Forward:
    """The way forward through a Keras model, whose weights may change between two calls.

    Parameters
    ----------
    model : keras.Model
        From ``{"indices", "numbers"}`` to logits, as in :class:`Network`.

    Attributes
    ----------
    obstacle : str or None
        Why the model answers through TensorFlow; None where it answers in NumPy.

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
        self._sources, self._plain, self.obstacle = (), None, None
        try:
            translation = translate(self._model)
            self._sources = translation.sources
            self._plain = translation.program, [source.variable.value for source in translation.sources]
        except NoPlainFormError as error:
            self.obstacle = str(error)
        # Numbers on a GPU would have to come over for every answer; there the rows go to the numbers.
        self._away = any("GPU" in variable.value.device for variable in self._variables)

    def logits(self, table: EncodedTable) -> np.ndarray:
        """Return the logits of encoded rows, float32 of shape (n, n_outputs)."""
        plain = self._current()
        if plain is None or self._away:
            return self._compiled_logits(table)
        program, weights = plain[0], [_view(variable) for variable in plain[1]]

        def answer(rows):
            inputs = {name: _filled_up(each) for name, each in self._inputs(table, rows).items()}
            return program.run(weights, inputs)[: rows.stop - rows.start]

        return in_blocks(answer, len(table))

    def copied(self) -> PlainNetwork | None:
        """Return the network as it is now, without Keras and for ever the same; None where there is an obstacle."""
        plain = self._current()
        return None if plain is None else PlainNetwork.copied(plain[0], [_view(variable) for variable in plain[1]])

    def _current(self):
        """Return the program and its variables, or None where there is an obstacle."""
        with self._lock:
            if not self._is_current():
                self._prepare()
            return self._plain

    def _is_current(self):
        # Quantizing a model, or adding adapters, gives its layers other variables.
        if self._plain is not None:
            return all(source.stands for source in self._sources)
        now = self._model.variables
        return len(now) == len(self._variables) and all(a is b for a, b in zip(now, self._variables, strict=True))

    def _inputs(self, table, rows):
        given = {"indices": table.indices, "numbers": table.numbers}
        return {name: given[name][rows] for name in self._model.input}

    def _compiled_logits(self, table):
        if not len(table):
            # TensorFlow's kernels do not all take no rows.
            return np.empty((0, *self._model.output.shape[1:]), np.float32)
        compiled, parts = self._compile(), []
        for start in range(0, len(table), COMPILED_ROWS):
            rows = self._inputs(table, slice(start, start + COMPILED_ROWS))
            parts.append(compiled({name: tf.constant(each) for name, each in rows.items()}).numpy())
        return np.concatenate(parts)

    def _compile(self):
        with self._lock:
            if self._compiled is None:
                inputs = {name: tf.TensorSpec([None, *t.shape[1:]], t.dtype) for name, t in self._model.input.items()}
                # TensorFlow counts tracings by code, and would warn of the fifth network; a partial is counted by
                # itself. Traced now, since Keras cannot be traced by two threads at once.
                forward = tf.function(partial(self._model, training=False), input_signature=[inputs], autograph=False)
                self._compiled = forward
                forward.get_concrete_function()
            return self._compiled


def _filled_up(rows):
    """Return the rows with rows of zeros behind them, to a multiple of ``ROWS_OF_A_PRODUCT``."""
    lacking = -len(rows) % ROWS_OF_A_PRODUCT
    return np.concatenate([rows, np.zeros((lacking, rows.shape[1]), rows.dtype)]) if lacking else rows


def _view(variable):
    """Return a variable's numbers, the large ones without a copy; not to be kept, since the variable may move on."""
    if variable.shape.rank and variable.shape[0] >= MANY_ROWS:
        # Once some of its rows were written by themselves, a variable hands out copies until it is told not to.
        tf.raw_ops.DisableCopyOnRead(resource=variable.handle)
    return np.asarray(memoryview(tf.raw_ops.ReadVariableOp(resource=variable.handle, dtype=variable.dtype)))


_forwards: WeakKeyDictionary[Network, Forward] = WeakKeyDictionary()
_lock = Lock()


def forward_of(network: Network) -> Forward:
    """Return the way forward through a network; made once, and gone with the network.

    Parameters
    ----------
    network : Network
        Whose answers are wanted.
    """
    with _lock:
        if network not in _forwards:
            _forwards[network] = Forward(network.model)
        return _forwards[network]
