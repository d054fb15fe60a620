"""Keras callbacks in the training loop, and its progress bar."""

from contextlib import contextmanager

import keras
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

__all__ = ["CallbackHooks", "training_progress"]


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


@contextmanager
def training_progress(n_epochs, n_steps, *, enabled):
    """Show how far a fit is, with the loss, the validation figure and the time left.

    Parameters
    ----------
    n_epochs : int
        The most epochs there will be.
    n_steps : int
        Steps of an epoch.
    enabled : bool
        Whether anything is shown.

    Yields
    ------
    callable
        ``advance(epoch, steps, figures)``: the current epoch (from 0), steps just made, figures to show.
    """
    if not enabled:
        yield lambda epoch, steps, figures: None
        return
    columns = (
        TextColumn("epoch {task.fields[epoch]}/" + str(n_epochs)),
        BarColumn(bar_width=16),
        TextColumn("{task.fields[figures]}"),
        TimeRemainingColumn(compact=True),
        TextColumn("left"),
    )
    with Progress(*columns, console=Console(stderr=True), refresh_per_second=5) as bar:
        task = bar.add_task("fit", total=n_epochs * n_steps, epoch=1, figures="")

        def advance(epoch, steps, figures):
            text = "  ".join(f"{name} {value:.4f}" for name, value in figures.items() if name != "learning_rate")
            bar.update(task, advance=steps, epoch=epoch + 1, figures=text)

        yield advance
