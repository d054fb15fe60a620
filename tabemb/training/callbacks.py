"""Keras callbacks in the training loop."""

import keras
import numpy as np

__all__ = ["CallbackHooks"]


class CallbackHooks:
    """Calls the hooks of Keras callbacks, which may stop training, change the learning rate or set weights.

    Epoch hooks are called at each epoch. Batch hooks are called once per chunk of steps, with the number of the first
    and the last step of the chunk. ``model.optimizer.learning_rate`` is the learning rate before the schedule; changes
    by a callback apply from the next chunk on. When a hook of a callback is called, the model has the weights that it
    would keep if training ended there: averages, if there are any. Training continues from weights that the callback
    sets.

    Parameters
    ----------
    callbacks : list of keras.callbacks.Callback or None
        Callbacks passed by the user.
    model : keras.Model
        The model being trained.
    learning_rate : float
        Initial learning rate.
    params : dict
        The ``params`` attribute of callbacks: epochs, steps, verbose.
    store, load : callable
        Functions that copy the weights to keep to the model, and its weights back.
    """

    def __init__(self, callbacks, model, learning_rate, params, *, store, load):
        self._callbacks = list(callbacks or [])
        for callback in self._callbacks:
            if not isinstance(callback, keras.callbacks.Callback):
                raise TypeError(f"callbacks must be keras.callbacks.Callback objects, got {callback!r}.")
        self._model, self._store, self._load = model, store, load
        self._start = float(learning_rate)
        self._list = None
        if self._callbacks:
            # RowAdam does the training; this optimizer only holds the learning rate and has no state for checkpoints.
            model.compile(optimizer=keras.optimizers.SGD(self._start))
            model.stop_training = False
            self._list = keras.callbacks.CallbackList(self._callbacks, model=model, **params)

    @property
    def learning_rate(self) -> float:
        """The learning rate before the schedule."""
        return float(self._model.optimizer.learning_rate) if self._list else self._start

    def __bool__(self) -> bool:
        return self._list is not None

    @property
    def stop(self) -> bool:
        """Whether a callback asked to stop."""
        return bool(self._list and self._model.stop_training)

    def __call__(self, hook, *args):
        """Call one hook, such as ``on_epoch_end``, of every callback."""
        if not self._list:
            return
        if self._concerns(hook):
            self._store()
            before = self._model.get_weights()
            getattr(self._list, hook)(*args)
            if any(map(_differ, before, self._model.get_weights())):
                self._load()
        else:
            getattr(self._list, hook)(*args)

    def _concerns(self, hook):
        """Whether a callback overrides this hook; if not, the weights need not be copied."""
        plain = getattr(keras.callbacks.Callback, hook)
        return any(getattr(getattr(callback, hook), "__func__", None) is not plain for callback in self._callbacks)

    def release(self):
        """Remove the callbacks' references to the model, so that an estimator does not keep it alive through them."""
        for callback in self._callbacks:
            callback._model = None


def _differ(one, other):
    return not np.array_equal(one, other, equal_nan=one.dtype.kind == "f")
