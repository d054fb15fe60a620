"""Keras callbacks in a loop that is not Keras' own."""

import keras

__all__ = ["CallbackHooks"]


class CallbackHooks:
    """Calls the hooks of Keras callbacks, and lets them stop training, move the learning rate or set weights.

    Epoch hooks are exact. Batch hooks are called once per chunk of steps, with the number of the chunk's first and last
    step. ``model.optimizer.learning_rate`` is the learning rate before the schedule; what a callback sets there is used
    from the next chunk on. Whenever a hook is called that a callback has, the model holds the weights as they are then,
    and weights that it sets are trained on.

    Parameters
    ----------
    callbacks : list of keras.callbacks.Callback or None
        What the user gave.
    model : keras.Model
        The model being trained.
    learning_rate : float
        Where the learning rate starts.
    params : dict
        What callbacks find in ``self.params``: epochs, steps, verbose.
    store, load : callable
        Bring the weights that are trained into the model, and take them from there.
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
            # RowAdam trains; this one holds the learning rate, and has no state that a checkpoint would lack.
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
            getattr(self._list, hook)(*args)
            self._load()
        else:
            getattr(self._list, hook)(*args)

    def _concerns(self, hook):
        """Whether a callback does anything at this hook; if not, the weights need not be brought."""
        plain = getattr(keras.callbacks.Callback, hook)
        return any(getattr(getattr(callback, hook), "__func__", None) is not plain for callback in self._callbacks)

    def release(self):
        """Let the callbacks go of the model, so that an estimator that holds them does not hold it twice."""
        for callback in self._callbacks:
            callback._model = None
