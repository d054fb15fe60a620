"""Training: epochs, validation, early stopping, and the record of it."""

import math
from dataclasses import dataclass, field

import numpy as np

from tabemb.exceptions import TrainingError
from tabemb.nn.network import Network
from tabemb.nn.seeds import Seeds
from tabemb.nn.tasks import Task
from tabemb.training.batches import Rows
from tabemb.training.callbacks import CallbackHooks
from tabemb.training.optimizers import RowAdam
from tabemb.training.progress import training_progress
from tabemb.training.schedules import SCHEDULES
from tabemb.training.steps import TrainingLoop

__all__ = ["Trainer", "TrainingRecord"]

STEPS_PER_CALL = 100
# Rows of a table are met rarely, each by a few of the batches. Starting small and learning fast, they soon show what
# was learned and not where they started: neighbours are about the data, and quality gains too.
TABLE_FACTOR = 10.0


@dataclass(frozen=True)
class TrainingRecord:
    """What a fit went through.

    Parameters
    ----------
    history : dict of str to list of float
        A figure an epoch: ``loss``, ``learning_rate`` and, with a validation part, ``val_loss`` and
        ``val_<metric>``.
    n_epochs : int
        Epochs that were trained.
    best_epoch : int
        The epoch, from 1, whose weights were kept.
    """

    history: dict[str, list[float]]
    n_epochs: int
    best_epoch: int


@dataclass(frozen=True, kw_only=True)
class Trainer:
    """Trains a network on encoded rows that are in memory.

    Parameters
    ----------
    batch_size : int
        Rows a step.
    max_epochs : int
        The most passes over the rows.
    learning_rate : float
        Learning rate of Adam, before the schedule.
    schedule : str, mapping or Schedule
        How the learning rate moves.
    weight_decay : float
        Decoupled weight decay.
    category_dropout : float
        Share of known cells shown as "unknown" in training.
    n_iter_no_change : int or None
        Epochs without a better validation loss after which training stops; None never stops early.
    tol : float
        By how much a loss must be better to count.
    callbacks : list of keras.callbacks.Callback or None
        Keras callbacks.
    verbose : int
        Whether a progress bar is shown.
    """

    batch_size: int
    max_epochs: int
    learning_rate: float = 1e-3
    schedule: object = "constant"
    weight_decay: float = 0.0
    category_dropout: float = 0.0
    n_iter_no_change: int | None = None
    tol: float = 1e-4
    callbacks: list | None = field(default=None)
    verbose: int = 0

    def loop(self, network: Network, task: Task, seeds: Seeds) -> TrainingLoop:
        """Return a fresh training loop, moments at zero."""
        tables = [layer.embeddings.value for layer in network.tables.values()]
        weights = [variable.value for variable in network.trunk.trainable_variables]
        return TrainingLoop(
            network,
            task,
            RowAdam(tables, weights, table_factor=TABLE_FACTOR, weight_decay=self.weight_decay),
            batch_size=self.batch_size,
            category_dropout=self.category_dropout,
            seed=seeds["category_dropout"],
        )

    def fit(self, loop: TrainingLoop, train: Rows, validation: Rows | None, seeds: Seeds) -> TrainingRecord:
        """Train until the last epoch or until the validation loss stops falling; keep the best weights.

        Parameters
        ----------
        loop : TrainingLoop
            From :meth:`loop`; it keeps its moments from call to call.
        train : Rows
            What is learned from.
        validation : Rows or None
            What decides when to stop. Without it the last weights are kept.
        seeds : Seeds
            Where the order of the rows comes from.

        Raises
        ------
        TrainingError
            When the loss is no number any more.
        """
        n_steps = math.ceil(len(train) / self.batch_size)
        params = {"epochs": self.max_epochs, "steps": n_steps, "verbose": self.verbose}
        hooks = CallbackHooks(self.callbacks, loop.network.model, self.learning_rate, params)
        shuffle = seeds.generator("order")
        stopper = EarlyStopping(loop.network.model, self.n_iter_no_change if validation is not None else None, self.tol)
        history: dict[str, list[float]] = {}
        try:
            hooks("on_train_begin")
            with training_progress(self.max_epochs, n_steps, enabled=bool(self.verbose)) as advance:
                for epoch in range(self.max_epochs):
                    hooks("on_epoch_begin", epoch)
                    order = shuffle.permutation(len(train)).astype("int32")
                    figures = self._epoch(loop, train, order, epoch, hooks, advance)
                    if validation is not None:
                        figures |= evaluate(loop, validation)
                    for name, value in figures.items():
                        history.setdefault(name, []).append(value)
                    advance(epoch, 0, figures)
                    hooks("on_epoch_end", epoch, dict(figures))
                    if stopper.done(epoch, figures.get("val_loss")) or hooks.stop:
                        break
            stopper.restore()
            hooks("on_train_end", {name: values[-1] for name, values in history.items()})
        finally:
            hooks.release()
        return TrainingRecord(history=history, n_epochs=epoch + 1, best_epoch=stopper.best_epoch(epoch) + 1)

    def _epoch(self, loop, train, order, epoch, hooks, advance) -> dict[str, float]:
        """Make one pass over the rows, in chunks of steps; return its loss and its last learning rate."""
        n_steps = math.ceil(len(order) / self.batch_size)
        schedule = SCHEDULES.resolve(self.schedule)
        loss = 0.0
        for first in range(0, n_steps, STEPS_PER_CALL):
            last = min(first + STEPS_PER_CALL, n_steps)
            progress = (epoch * n_steps + np.arange(first, last)) / (self.max_epochs * n_steps)
            rates = hooks.learning_rate * schedule(progress)
            rows = order[first * self.batch_size : last * self.batch_size]
            hooks("on_train_batch_begin", first)
            part = loop.run(train.tensors, rows, rates)
            self._check_finite(part, epoch)
            loss += part
            hooks("on_train_batch_end", last - 1, {"loss": part / len(rows)})
            advance(epoch, last - first, {"loss": part / len(rows)})
            if hooks.stop:
                break
        return {"loss": loss / min(last * self.batch_size, len(order)), "learning_rate": float(rates[-1])}

    def _check_finite(self, loss, epoch):
        if not math.isfinite(loss):
            raise TrainingError(
                f"The loss became {loss} in epoch {epoch + 1}. Lower learning_rate (it is {self.learning_rate:g}), "
                "or look for extreme numbers in the table."
            )


class EarlyStopping:
    """Remembers the weights of the best epoch, and says when the validation loss has not fallen for long.

    Parameters
    ----------
    model : keras.Model
        Whose weights are kept.
    patience : int or None
        Epochs without a better loss; None keeps the last weights and never stops.
    tol : float
        By how much a loss must be better to count.
    """

    def __init__(self, model, patience, tol):
        self._model, self._patience, self._tol = model, patience, tol
        self._loss, self._epoch, self._weights = math.inf, -1, None

    def done(self, epoch, loss) -> bool:
        """Take note of an epoch's validation loss; return whether to stop."""
        if self._patience is None:
            return False
        if loss < self._loss - self._tol:
            self._loss, self._epoch, self._weights = loss, epoch, self._model.get_weights()
        return epoch - self._epoch >= self._patience

    def restore(self) -> None:
        """Put the weights of the best epoch back."""
        if self._weights is not None:
            self._model.set_weights(self._weights)

    def best_epoch(self, last: int) -> int:
        """Return the epoch, from 0, whose weights the model has."""
        return last if self._weights is None else self._epoch


def evaluate(loop: TrainingLoop, rows: Rows) -> dict[str, float]:
    """Return ``val_loss`` and ``val_<metric>`` of the network being trained on some rows."""
    logits = loop.logits(rows.table)
    losses = np.asarray(loop.task.loss(rows.targets, logits))
    figure = loop.task.score(rows.targets, loop.task.activate(logits), rows.weights)
    return {"val_loss": float(np.average(losses, weights=rows.weights)), f"val_{loop.task.metric}": figure}
