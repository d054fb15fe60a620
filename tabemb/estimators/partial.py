"""Incremental training: ``partial_fit``."""

from dataclasses import replace
from typing import Any, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

from tabemb.estimators.base import EmbeddingEstimator
from tabemb.estimators.ensemble import network_seeds
from tabemb.estimators.importances import permutation_importances
from tabemb.estimators.unknown import keep_strategy
from tabemb.exceptions import DataError, FormatError, warn_caller
from tabemb.nn.seeds import Seeds
from tabemb.nn.sizes import FROM_DATA, columns_of
from tabemb.nn.unknown import UNKNOWN_STRATEGIES
from tabemb.table.schema import UnknownCategoryWarning
from tabemb.training.batches import Rows

__all__ = ["PartialFitEstimator", "has_dimensions"]


def has_dimensions(estimator: Any) -> bool:
    """Return whether the number of dimensions is known before a fit, so that there is ``partial_fit``.

    Raises
    ------
    AttributeError
        If ``embedding_dim`` is "auto", for all columns or for one.
    """
    spec = estimator.embedding_dim
    if any(isinstance(each, str) and each == FROM_DATA for each in (spec, *(spec[name] for name in columns_of(spec)))):
        raise AttributeError(
            "embedding_dim='auto' is not supported for partial_fit: it needs held-out rows to find the number of "
            "dimensions. Choose a rule, such as 'capped', or a number."
        )
    return True


class PartialFitEstimator(EmbeddingEstimator):
    """An estimator with ``partial_fit``: one epoch per batch of rows, with the optimizer's state kept in between.

    Attributes
    ----------
    unknown_counts_ : dict of str to int
        After a second ``partial_fit``: number of rows with unknown categories by column, in all batches but the first.
    """

    _importance: np.ndarray | None = None

    def _importances(self) -> np.ndarray:
        check_is_fitted(self, "encoder_")
        if not self._held:
            raise AttributeError(
                "feature_importances_ needs rows of the fit, which are neither saved nor kept by partial_fit. Use "
                "sklearn.inspection.permutation_importance with rows of your own."
            )
        if self._importance is None:
            self._importance = permutation_importances(
                self._networks, self.task_, self._held, self.encoder_, self._beside
            )
        return self._importance

    def _partial_fit(self, X: Any, y: Any, sample_weight: Any, task_of) -> Self:
        # The network is trained in place, so its weights are copied in case of an error.
        weights = [network.model.get_weights() for network in self._networks] if hasattr(self, "_network") else None
        try:
            with self._unchanged_on_failure():
                self._learn_batch(X, y, sample_weight, task_of)
        except BaseException:
            if weights is not None:
                for network, its in zip(self._networks, weights, strict=True):
                    network.model.set_weights(its)
                vars(self).pop("_loops", None)
            raise
        return self

    def _learn_batch(self, X, y, sample_weight, task_of):
        known = hasattr(self, "encoder_")
        if known and self._n_networks() != len(self._networks):
            raise DataError(
                f"n_ensemble is {self._n_networks()}, but earlier calls of partial_fit trained {len(self._networks)} "
                "networks, and their number cannot change. Fit again from the start."
            )
        self._held = ()
        vars(self).pop("_importance", None)
        data = self._read_training_data(X, y, sample_weight, known=known)
        seeds_of_networks = network_seeds(Seeds(self._root_seed()), self._n_networks())
        if not known:
            rows = self._encode_training_data(data, task_of(data))
            self._start_networks(seeds_of_networks, rows)
            self._pretrained = self._pretrained.without_vectors()
            self._start_logits(rows)
            self.histories_, self.n_epochs_, self.best_epoch_ = [{} for _ in seeds_of_networks], 0, 0
            self.priors_ = {}
            self._keep_params()
        else:
            table = self.encoder_.encode(data.frame)
            self._count_unknown(data.frame, table)
            rows = Rows(table=table, targets=self.task_.encode(data.targets), weights=data.weights)
        # Averages would lag behind the last batch.
        trainer = replace(self._trainer(len(rows), with_validation=False, max_epochs=1), weight_averaging=0.0)
        if not hasattr(self, "_loops") or self._loops_of != _compiled_in(trainer):
            pairs = [
                (network, self.task_, seeds) for network, seeds in zip(self._networks, seeds_of_networks, strict=True)
            ]
            self._loops = [trainer.loop(*each, epoch=self.n_epochs_) for each in pairs]
            self._loops_of = _compiled_in(trainer)
        records = [self._learn_once(trainer, *each, rows) for each in zip(self._loops, seeds_of_networks, strict=True)]
        for network in self._networks:
            if known:
                keep_strategy(network, UNKNOWN_STRATEGIES.resolve(self.handle_unknown), self.encoder_)
            else:
                self._serve_unknown(network, rows)
        self.histories_ = [_extended(*each) for each in zip(self.histories_, records, strict=True)]
        self.history_ = self.histories_[0]
        self.n_epochs_ += 1
        self.best_epoch_ = self.n_epochs_

    def _learn(self, X, y, sample_weight):
        vars(self).pop("unknown_counts_", None)
        super()._learn(X, y, sample_weight)

    def _count_unknown(self, frame, table):
        """Count the rows of further batches with unknown categories, and warn of them."""
        unknown = self.encoder_.unknown_keys(frame, table)
        before = getattr(self, "unknown_counts_", {})
        self.unknown_counts_ = before | {name: before.get(name, 0) + rows for name, (rows, _) in unknown.items()}
        if unknown:
            listed = "; ".join(
                f"{name!r}: {len(keys):,} in {rows:,} of {len(frame):,} rows, such as {keys[0]!r}"
                for name, (rows, keys) in unknown.items()
            )
            warn_caller(
                f"The batch has categories that the first batch did not have, or had too rarely ({listed}). They "
                "remain unknown and share one vector. Fit again on all rows to learn them.",
                UnknownCategoryWarning,
            )

    def _to_state(self):
        state, arrays = super()._to_state()
        counts = getattr(self, "unknown_counts_", None)
        return state | ({} if counts is None else {"unknown_counts": counts}), arrays

    def _take_state(self, state, arrays):
        super()._take_state(state, arrays)
        counts = state.get("unknown_counts")
        if counts is None:
            return
        if not isinstance(counts, dict) or any(type(count) is not int or count < 0 for count in counts.values()):
            raise FormatError(f"its unknown_counts are {counts!r}; expected a number of rows for each column")
        self.unknown_counts_ = counts

    def _learn_once(self, trainer, loop, seeds, rows):
        loop.batch_size = trainer.batch_size
        loop.load()
        return trainer.fit(loop, rows, None, Seeds(seeds[f"portion/{self.n_epochs_}"]))


def _compiled_in(trainer):
    """Return the parameters that are compiled into a loop. If one changes, a new loop with zero moments is needed."""
    return trainer.weight_decay, trainer.category_dropout, trainer.damping, trainer.shrinkage > 0


def _extended(history, record):
    return {name: [*history.get(name, []), *record.history[name]] for name in record.history}
