"""Training: epochs, validation, early stopping, and the record of it."""

import math
from dataclasses import dataclass, field

import numpy as np

from tabemb.exceptions import TrainingError
from tabemb.nn.network import Network
from tabemb.nn.seeds import Seeds
from tabemb.nn.tasks import Task
from tabemb.training.batches import Rows, RowSource
from tabemb.training.callbacks import CallbackHooks, training_progress
from tabemb.training.pool import POOL
from tabemb.training.schedules import SCHEDULES
from tabemb.training.steps import TrainingLoop

__all__ = ["Trainer", "TrainingRecord"]

STEPS_PER_CALL = 100
# A call lays the rows of all its steps side by side first; this bounds the memory for it (four bytes a cell).
CELLS_PER_CALL = 4_000_000
# The learning rate of the tables, as a multiple of that of the other weights.
TABLE_FACTOR = 3.0
# Smaller batches are not cut into portions: that takes longer to trace, and no less to compute.
FEWEST_ROWS_TO_CUT = 128


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
    damping : float
        How often a step a category has to come to be hardly slowed down.
    shrinkage : float
        How many rows the prior is worth that the categories of a column are alike.
    n_iter_no_change : int or None
        Epochs without a better validation loss after which training stops; None never stops early.
    tol : float
        By how much a loss must be better to count.
    stop_after : int or None
        The epoch, from 1, after which training ends in any case, within the schedule of ``max_epochs``; None is the
        last.
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
    damping: float = 0.0
    shrinkage: float = 0.0
    n_iter_no_change: int | None = None
    tol: float = 1e-4
    stop_after: int | None = None
    callbacks: list | None = field(default=None)
    verbose: int = 0

    def loop(self, network: Network, task: Task, seeds: Seeds, *, epoch: int = 0) -> TrainingLoop:
        """Return a loop that has taken the network to train, moments at zero; :meth:`release` it in the end.

        A network that was trained before brings the number of its epochs.
        """
        loop = POOL.take(
            network.spec,
            task,
            decays=self.weight_decay > 0,
            drops=self.category_dropout > 0,
            table_factor=TABLE_FACTOR,
            damping=self.damping,
            shrinks=self.shrinkage > 0,
            holds=bool(network.held),
            chains=2 if self.batch_size >= FEWEST_ROWS_TO_CUT else 1,
        )
        loop.begin(
            network,
            batch_size=self.batch_size,
            weight_decay=self.weight_decay,
            category_dropout=self.category_dropout,
            seed=seeds["category_dropout"],
            epoch=epoch,
        )
        return loop

    @staticmethod
    def release(loop: TrainingLoop) -> None:
        """Give a loop back once its network is trained."""
        POOL.give_back(loop)

    def fit(self, loop: TrainingLoop, train: RowSource, validation: Rows | None, seeds: Seeds) -> TrainingRecord:
        """Train until the last epoch or until the validation loss stops falling; keep the best weights.

        Parameters
        ----------
        loop : TrainingLoop
            From :meth:`loop`; it keeps its moments from call to call.
        train : RowSource
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
        loop.optimizer.prior.assign(self.shrinkage * self.batch_size / len(train))
        n_steps, n_epochs = math.ceil(len(train) / self.batch_size), self.stop_after or self.max_epochs
        params = {"epochs": n_epochs, "steps": n_steps, "verbose": self.verbose}
        hooks = CallbackHooks(
            self.callbacks, loop.network.model, self.learning_rate, params, store=loop.store, load=loop.load
        )
        shuffle = seeds.generator("order")
        patience = self.n_iter_no_change if validation is not None else None
        stopper = EarlyStopping(loop, patience, self.tol, shared=bool(hooks))
        history: dict[str, list[float]] = {}
        try:
            hooks("on_train_begin")
            with training_progress(n_epochs, n_steps, enabled=bool(self.verbose)) as advance:
                for epoch in range(n_epochs):
                    hooks("on_epoch_begin", epoch)
                    figures = self._epoch(loop, train, shuffle, epoch, hooks, advance)
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

    def _epoch(self, loop, train, shuffle, epoch, hooks, advance) -> dict[str, float]:
        """Make one pass over the rows, in chunks of steps; return its loss and its last learning rate."""
        loop.begin_epoch()
        n_steps = math.ceil(len(train) / self.batch_size)
        schedule = SCHEDULES.resolve(self.schedule)
        loss, first, n_rows = 0.0, 0, 0
        for chunk in train.epoch(shuffle, self.batch_size, self._steps_per_call(train)):
            last = first + math.ceil(len(chunk.order) / self.batch_size)
            progress = (epoch * n_steps + np.arange(first, last)) / (self.max_epochs * n_steps)
            rates = hooks.learning_rate * schedule(progress)
            hooks("on_train_batch_begin", first)
            part = loop.run(chunk.tensors, chunk.order, rates)
            self._check_finite(part, epoch)
            loss, n_rows = loss + part, n_rows + len(chunk.order)
            hooks("on_train_batch_end", last - 1, {"loss": part / len(chunk.order)})
            advance(epoch, last - first, {"loss": part / len(chunk.order)})
            first = last
            if hooks.stop:
                break
        return {"loss": loss / n_rows, "learning_rate": float(rates[-1])}

    def _steps_per_call(self, train) -> int:
        return max(1, min(STEPS_PER_CALL, CELLS_PER_CALL // (self.batch_size * max(1, train.n_columns))))

    def _check_finite(self, loss, epoch):
        if not math.isfinite(loss):
            raise TrainingError(
                f"The loss became {loss} in epoch {epoch + 1}. Lower learning_rate (it is {self.learning_rate:g}), "
                "or look for extreme numbers in the table."
            )


class EarlyStopping:
    """Remembers the weights of the best epoch, and says when the validation loss has not fallen for long.

    The loop trains weights of its own, so that the network is free to hold the best: remembering takes no memory
    beyond it. Only where callbacks look at the network meanwhile, a copy is made.

    Parameters
    ----------
    loop : TrainingLoop
        Whose weights are kept.
    patience : int or None
        Epochs without a better loss; None keeps the last weights and never stops.
    tol : float
        By how much a loss must be better to count.
    shared : bool, default=False
        Whether callbacks look at the network.
    """

    def __init__(self, loop, patience, tol, *, shared=False):
        self._loop, self._patience, self._tol, self._shared = loop, patience, tol, shared
        self._loss, self._epoch, self._weights = math.inf, -1, None

    def done(self, epoch, loss) -> bool:
        """Take note of an epoch's validation loss; return whether to stop."""
        if self._patience is None:
            return False
        if loss < self._loss - self._tol:
            self._loss, self._epoch = loss, epoch
            self._loop.store()
            if self._shared:
                self._weights = self._loop.network.model.get_weights()
        return epoch - self._epoch >= self._patience

    def restore(self) -> None:
        """Put the weights of the best epoch, or the last where there is none, into the network."""
        if self._epoch < 0:
            self._loop.store()
        elif self._shared:
            self._loop.network.model.set_weights(self._weights)

    def best_epoch(self, last: int) -> int:
        """Return the epoch, from 0, whose weights the model has."""
        return last if self._epoch < 0 else self._epoch


def evaluate(loop: TrainingLoop, rows: Rows) -> dict[str, float]:
    """Return ``val_loss`` and ``val_<metric>`` of the network being trained on some rows.

    Rows that have folds are answered by the member that leaves them out, and by no other.
    """
    logits = loop.logits(rows.table, rows.folds)
    losses = np.asarray(loop.task.loss(rows.targets, logits))
    figure = loop.task.score(rows.targets, loop.task.activate(logits), rows.weights)
    return {"val_loss": float(np.average(losses, weights=rows.weights)), f"val_{loop.task.metric}": figure}
