"""Learning in portions: ``partial_fit``."""

from typing import Any

from tabemb.estimators.base import EmbeddingEstimator
from tabemb.nn.seeds import Seeds
from tabemb.nn.tasks import Task
from tabemb.training.batches import Rows

__all__ = ["PartialFitMixin"]


class PartialFitMixin(EmbeddingEstimator):
    """One pass over each portion of rows; the state of the optimizer is kept in between."""

    def _partial_fit(self, X: Any, y: Any, sample_weight: Any, task_of) -> "PartialFitMixin":
        # A portion trains the network where it stands, so that its weights are kept aside.
        weights = self._network.model.get_weights() if hasattr(self, "_network") else None
        try:
            with self._unchanged_on_failure():
                self._learn_portion(X, y, sample_weight, task_of)
        except BaseException:
            if weights is not None:
                self._network.model.set_weights(weights)
                vars(self).pop("_loop", None)
            raise
        return self

    def _learn_portion(self, X, y, sample_weight, task_of):
        known = hasattr(self, "encoder_")
        frame, targets, weights = self._read_training_rows(X, y, sample_weight, known=known)
        seeds = Seeds(self._root_seed())
        if not known:
            self.task_: Task = task_of(targets)
            self.encoder_, table = self._fit_table_encoder(frame)
            self._network = self._network_from_seed(seeds["network"])
            self.history_, self.n_epochs_, self.best_epoch_ = {}, 0, 0
        else:
            table = self.encoder_.encode(frame)
        rows = Rows(table=table, targets=self.task_.encode(targets), weights=weights)
        trainer = self._trainer(len(rows), with_validation=False, max_epochs=1)
        if not hasattr(self, "_loop") or self._loop_of != _compiled_in(trainer):
            self._loop, self._loop_of = trainer.loop(self._network, self.task_, seeds), _compiled_in(trainer)
        self._loop.batch_size = trainer.batch_size
        self._loop.load()
        record = trainer.fit(self._loop, rows, None, Seeds(seeds[f"portion/{self.n_epochs_}"]))
        if not known:
            self._serve_unknown_for_untrained(rows)
        self.history_ = {name: [*self.history_.get(name, []), *record.history[name]] for name in record.history}
        self.n_epochs_ += 1
        self.best_epoch_ = self.n_epochs_


def _compiled_in(trainer):
    """Parameters that a loop cannot change once it is compiled; another value starts a new one, moments at zero."""
    return trainer.weight_decay, trainer.category_dropout
