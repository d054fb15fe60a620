"""Training: epochs, validation, early stopping, and the training record."""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from tabemb.exceptions import TrainingError
from tabemb.nn.embedding import TableSpec
from tabemb.nn.forks import check_not_forked
from tabemb.nn.network import Network
from tabemb.nn.seeds import Seeds
from tabemb.nn.tasks import Task
from tabemb.training.batches import Rows, RowSource
from tabemb.training.callbacks import CallbackHooks
from tabemb.training.grouped_rows import GroupedRows
from tabemb.training.pool import POOL
from tabemb.training.progress import training_progress
from tabemb.training.schedules import SCHEDULES
from tabemb.training.steps import TrainingLoop

__all__ = [
    "EarlyStopping",
    "Trainer",
    "TrainingRecord",
    "averages_tables",
    "evaluate",
]

STEPS_PER_CALL = 100
# A call first gathers the rows of all its steps; this bounds the memory (four bytes per cell).
CELLS_PER_CALL = 4_000_000
# Factor of the learning rate of the tables, relative to the other weights.
TABLE_FACTOR = 3.0
# Smaller batches are not split into portions, which would take longer to trace and save no time.
MIN_ROWS_TO_SPLIT = 128
# Number of times per epoch, at least, that the averages of the weights move.
AVERAGES_PER_EPOCH = 5
# Number of epochs without a better loss, and of rises in a row, after which "auto" stops. Averages of the weights move
# smoothly: a loss that has risen several times hardly ever comes back. A loss that is only watched has less patience.
AUTO_PATIENCE, AUTO_RISES, WATCHED_PATIENCE = 5, 3, 3
# Networks whose tables hold more numbers (200 MB) are not averaged, since this would double the memory of the training.
MOST_AVERAGED = 50_000_000


@dataclass(frozen=True)
class TrainingRecord:
    """Record of a training run.

    Parameters
    ----------
    history : dict of str to list of float
        One value per epoch of ``loss``, ``learning_rate`` and, with validation rows, ``val_loss`` and
        ``val_<metric>``.
    n_epochs : int
        Number of epochs trained.
    best_epoch : int
        The epoch, from 1, whose weights were kept.
    """

    history: dict[str, list[float]]
    n_epochs: int
    best_epoch: int


@dataclass(frozen=True, kw_only=True)
class Trainer:
    """Trains a network on encoded rows in memory.

    Parameters
    ----------
    batch_size : int
        Number of rows per step.
    max_epochs : int
        Maximum number of epochs.
    learning_rate : float
        Learning rate of Adam, before the schedule.
    schedule : str, mapping or Schedule
        Learning rate schedule.
    weight_decay : float
        Decoupled weight decay.
    category_dropout : float
        Share of known cells replaced by "unknown" in training.
    damping : float
        Slows the updates of categories seen less often than this per step; 0 disables.
    shrinkage : float
        Strength, in rows, of a prior towards the column mean (a random effect); 0 disables.
    n_iter_no_change : int, "auto" or None
        Number of epochs without a better validation loss after which training stops; None never stops early. "auto"
        stops after five, or after three whose loss rises each time (the criteria PQ and UP of Prechelt 1998, "Early
        stopping - but when?", section 2).
    tol : float
        Minimal improvement of the validation loss.
    weight_averaging : float
        Number of epochs over which the weights are averaged; 0 keeps the last weights instead. Networks with very large
        tables are not averaged.
    stop_after : int or None
        The epoch, from 1, after which training ends in any case, while the schedule is that of ``max_epochs``; None for
        ``max_epochs``.
    watch : callable or None
        A further loss, of the logits of the validation rows: training also stops once this one does not improve.
    callbacks : list of keras.callbacks.Callback or None
        Keras callbacks.
    verbose : int
        Whether to show a progress bar.
    """

    batch_size: int
    max_epochs: int
    learning_rate: float = 1e-3
    schedule: object = "constant"
    weight_decay: float = 0.0
    category_dropout: float = 0.0
    damping: float = 0.0
    shrinkage: float = 0.0
    n_iter_no_change: int | Literal["auto"] | None = None
    tol: float = 1e-4
    weight_averaging: float = 0.0
    stop_after: int | None = None
    watch: Callable[[np.ndarray], float] | None = None
    callbacks: list | None = field(default=None)
    verbose: int = 0

    def loop(self, network: Network, task: Task, seeds: Seeds, *, epoch: int = 0) -> TrainingLoop:
        """Return a loop that holds the network, with moments at zero; call :meth:`release` at the end.

        ``epoch`` is the number of epochs the network was already trained for.
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
            averages=self._averages(network),
            chains=2 if self.batch_size >= MIN_ROWS_TO_SPLIT and not task.grouped else 1,
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

    def carried_on(
        self,
        loop: TrainingLoop,
        network: Network,
        task: Task,
        seeds: Seeds,
        shares: Mapping[str, np.ndarray],
        *,
        epoch: int,
    ) -> TrainingLoop:
        """Return a loop that goes on with the moments of another one, for a grown network or other frozen rows.

        Parameters
        ----------
        loop : TrainingLoop
            A loop of :meth:`loop` with the same parameters; it is used again if its compiled code fits.
        network, task, seeds, epoch
            As for :meth:`loop`.
        shares : mapping of str to ndarray of shape (vocabulary_size,)
            Share of the rows that have each index, by name of the table; determines the moments of new rows.
        """
        moments = loop.moments()
        if loop.can_load(network):
            loop.begin(
                network,
                batch_size=self.batch_size,
                weight_decay=self.weight_decay,
                category_dropout=self.category_dropout,
                seed=seeds["category_dropout"],
                epoch=epoch,
            )
        else:
            loop = self.loop(network, task, seeds, epoch=epoch)
        loop.resume(moments, shares)
        return loop

    @staticmethod
    def release(loop: TrainingLoop) -> None:
        """Return a loop to the pool once its network is trained."""
        POOL.give_back(loop)

    def fit(self, loop: TrainingLoop, train: RowSource, validation: Rows | None, seeds: Seeds) -> TrainingRecord:
        """Train until the last epoch or until the validation loss stops improving; keep the best weights.

        With ``weight_averaging``, exponential moving averages of the weights are validated and kept. At the start, they
        have the larger shares of polynomial-decay averaging (Shamir & Zhang 2013, arXiv:1212.1824, section 4, with eta
        of 1). With a constant learning rate, the weights move around a better point, and their average is closer to it
        (Izmailov et al. 2018, arXiv:1803.05407).

        Parameters
        ----------
        loop : TrainingLoop
            From :meth:`loop`; its moments are kept between calls.
        train : RowSource
            Training rows. For a task that compares the rows of groups, :class:`~tabemb.training.batches.Rows`, whose
            groups are kept together.
        validation : Rows or None
            Validation rows for early stopping. If None, the last weights are kept.
        seeds : Seeds
            Source of the seed of the order of the rows.

        Raises
        ------
        TrainingError
            If the loss becomes NaN or infinite.
        """
        check_not_forked()
        if loop.task.grouped:
            train = GroupedRows(rows=train, batch_size=self.batch_size, seed=seeds["groups"])
        loop.optimizer.prior.assign(self.shrinkage * self.batch_size / len(train))
        n_steps, n_epochs = math.ceil(len(train) / self.batch_size), self.stop_after or self.max_epochs
        params = {"epochs": n_epochs, "steps": n_steps, "verbose": self.verbose}
        hooks = CallbackHooks(
            self.callbacks, loop.network.model, self.learning_rate, params, store=loop.store_averages, load=loop.load
        )
        shuffle = seeds.generator("order")
        patience, most_rises = self._patience if validation is not None else (None, None)
        stopper = EarlyStopping(loop, patience, self.tol, most_rises=most_rises, shared=bool(hooks))
        history: dict[str, list[float]] = {}
        try:
            hooks("on_train_begin")
            with training_progress(n_epochs, n_steps, enabled=bool(self.verbose)) as advance:
                for epoch in range(n_epochs):
                    hooks("on_epoch_begin", epoch)
                    figures = self._epoch(loop, train, shuffle, epoch, hooks, advance)
                    if validation is not None:
                        with loop.averaged():
                            figures |= evaluate(loop, validation, self.watch)
                    for name, value in figures.items():
                        history.setdefault(name, []).append(value)
                    advance(epoch, 0, figures)
                    hooks("on_epoch_end", epoch, dict(figures))
                    stops = stopper.done(epoch, figures.get("val_loss"))
                    if stops or hooks.stop or self._gives_up(history.get("val_watched", ())):
                        break
            stopper.restore()
            hooks("on_train_end", {name: values[-1] for name, values in history.items()})
        finally:
            hooks.release()
        return TrainingRecord(history=history, n_epochs=epoch + 1, best_epoch=stopper.best_epoch(epoch) + 1)

    @property
    def _patience(self) -> tuple[int | None, int | None]:
        """Number of epochs without a better loss, and of rises in a row, after which training stops."""
        return (AUTO_PATIENCE, AUTO_RISES) if self.n_iter_no_change == "auto" else (self.n_iter_no_change, None)

    def _gives_up(self, losses) -> bool:
        """Return whether the loss that is watched has not improved for several epochs."""
        patience = WATCHED_PATIENCE if self.n_iter_no_change == "auto" else self.n_iter_no_change
        if patience is None or len(losses) <= patience:
            return False
        return min(losses[-patience:]) >= min(losses[:-patience]) - self.tol

    def _epoch(self, loop, train, shuffle, epoch, hooks, advance) -> dict[str, float]:
        """Train for one epoch, in chunks of steps; return its loss and its last learning rate."""
        loop.begin_epoch()
        n_steps = math.ceil(len(train) / self.batch_size)
        schedule = SCHEDULES.resolve(self.schedule)
        loss, first, n_rows = 0.0, 0, 0
        per_chunk, averages = self._steps_per_call(train), self._averages(loop.network)
        for number, chunk in enumerate(train.epoch(shuffle, self.batch_size, per_chunk)):
            last = first + math.ceil(len(chunk.order) / self.batch_size)
            progress = (epoch * n_steps + np.arange(first, last)) / (self.max_epochs * n_steps)
            rates = hooks.learning_rate * schedule(progress)
            hooks("on_train_batch_begin", first)
            part = loop.run(chunk.tensors, chunk.order, rates)
            self._check_finite(part, epoch)
            loss, n_rows = loss + part, n_rows + len(chunk.order)
            if averages:
                earlier = epoch * math.ceil(n_steps / per_chunk) + number
                loop.average(self._share(earlier, (last - first) / n_steps))
            hooks("on_train_batch_end", last - 1, {"loss": part / len(chunk.order)})
            advance(epoch, last - first, {"loss": part / len(chunk.order)})
            first = last
            if hooks.stop:
                break
        return {"loss": loss / n_rows, "learning_rate": float(rates[-1])}

    def _steps_per_call(self, train) -> int:
        most = CELLS_PER_CALL // (self.batch_size * max(1, train.n_columns))
        if self.weight_averaging:
            most = min(most, math.ceil(len(train) / self.batch_size / AVERAGES_PER_EPOCH))
        return max(1, min(STEPS_PER_CALL, most))

    def _averages(self, network: Network) -> bool:
        return self.weight_averaging > 0 and averages_tables(network.tables)

    def _share(self, earlier: int, epochs: float) -> float:
        """Return by which share of the difference the averages move after some epochs, given the earlier moves."""
        return max(2 / (earlier + 2), -math.expm1(-epochs / self.weight_averaging))

    def _check_finite(self, loss, epoch):
        if not math.isfinite(loss):
            raise TrainingError(
                f"The loss became {loss} in epoch {epoch + 1}. Lower learning_rate (it is {self.learning_rate:g}), "
                "or check the table for extreme numbers."
            )


def averages_tables(tables: Iterable[TableSpec]) -> bool:
    """Return whether the tables of a network are small enough for averages of the weights."""
    return sum(table.n_numbers for table in tables) <= MOST_AVERAGED


class EarlyStopping:
    """Keeps the weights of the best epoch, and stops when the validation loss does not improve any more.

    The loop has its own weights, so the network holds the best weights without additional memory. A copy is made only
    if callbacks use the network.

    Parameters
    ----------
    loop : TrainingLoop
        The loop whose weights are kept.
    patience : int or None
        Number of epochs without improvement; None keeps the last weights and never stops.
    tol : float
        Minimal improvement of the loss.
    most_rises : int or None, default=None
        Number of rises of the loss in a row after which training stops in any case; None for no such limit.
    shared : bool, default=False
        Whether callbacks use the network.
    """

    def __init__(self, loop, patience, tol, *, most_rises=None, shared=False):
        self._loop, self._patience, self._tol, self._shared = loop, patience, tol, shared
        self._most_rises, self._n_rises, self._last = most_rises, 0, math.inf
        self._loss, self._epoch, self._weights = math.inf, -1, None

    def done(self, epoch, loss) -> bool:
        """Record the validation loss of an epoch; return whether to stop."""
        if self._patience is None:
            return False
        if loss < self._loss - self._tol:
            self._loss, self._epoch = loss, epoch
            self._loop.store_averages()
            if self._shared:
                self._weights = self._loop.network.model.get_weights()
        self._n_rises = self._n_rises + 1 if loss > self._last else 0
        self._last = loss
        return epoch - self._epoch >= self._patience or self._n_rises == self._most_rises

    def restore(self) -> None:
        """Set the weights of the network to those of the best epoch, or of the last if there is none."""
        if self._epoch < 0:
            self._loop.store_averages()
        elif self._shared:
            self._loop.network.model.set_weights(self._weights)

    def best_epoch(self, last: int) -> int:
        """Return the epoch, from 0, whose weights were kept."""
        return last if self._epoch < 0 else self._epoch


def evaluate(loop: TrainingLoop, rows: Rows, watch: Callable[[np.ndarray], float] | None = None) -> dict[str, float]:
    """Return ``val_loss``, ``val_<metric>`` and, with ``watch``, ``val_watched`` of the network being trained.

    Rows with folds are predicted only by the member that leaves them out.
    """
    logits = loop.logits(rows.table, rows.folds)
    losses = np.asarray(loop.task.loss(rows.targets, logits))
    figure = loop.task.score(rows.targets, loop.task.activate(logits), rows.weights)
    figures = {"val_loss": float(np.average(losses, weights=rows.weights)), f"val_{loop.task.metric}": figure}
    return figures if watch is None else figures | {"val_watched": watch(logits)}
