"""Incremental training: ``partial_fit``."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.utils.validation import check_is_fitted

from tabemb.estimators.base import EmbeddingEstimator
from tabemb.estimators.ensemble import network_seeds
from tabemb.estimators.forecast import forecast_unseen
from tabemb.estimators.growth import check_start, counted, frozen_rows, grow, shares_of_rows
from tabemb.estimators.importances import permutation_importances
from tabemb.estimators.unknown import keep_strategy
from tabemb.exceptions import DataError, FormatError, warn_caller
from tabemb.nn.seeds import Seeds
from tabemb.nn.sizes import FROM_DATA, columns_of
from tabemb.nn.unknown import UNKNOWN_STRATEGIES
from tabemb.table.schema import UnknownCategoryWarning
from tabemb.table.types import ColumnLike, TableLike
from tabemb.training.batches import Rows

__all__ = ["Growth", "PartialFitEstimator", "has_dimensions"]


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


@dataclass(frozen=True, kw_only=True)
class Growth:
    """How a call of ``partial_fit`` treats categories that are not known.

    Parameters
    ----------
    columns : sequence of str or None
        The columns that grow; None for all.
    start : str
        The vectors that new categories start from.
    freeze_known : bool
        Whether the vectors of known categories stay unchanged.
    """

    columns: Sequence[str] | None
    start: str
    freeze_known: bool

    @classmethod
    def of(cls, grow: Any, start: Any, freeze_known: Any) -> "Growth":
        """Return the parameters of a call.

        Raises
        ------
        ValueError
            If one of them is out of range.
        """
        if isinstance(grow, str) or not isinstance(grow, bool | Iterable):
            raise ValueError(f"grow must be True, False, or a list of columns, got {grow!r}.")
        if not isinstance(freeze_known, bool):
            raise ValueError(f"freeze_known must be True or False, got {freeze_known!r}.")
        columns = list(grow) if not isinstance(grow, bool) else None if grow else []
        return cls(columns=columns, start=start, freeze_known=freeze_known)


class PartialFitEstimator(EmbeddingEstimator):
    """An estimator with ``partial_fit``: one epoch per batch of rows, with the optimizer's state kept in between.

    Attributes
    ----------
    unknown_counts_ : dict of str to int
        After a second ``partial_fit``: number of rows with categories that remain unknown by column, in all batches but
        the first.
    growth_report_ : GrowthReport
        What the last ``extend`` or ``partial_fit`` added to each column.
    """

    _importance: np.ndarray | None = None
    # Whether the last call froze the known vectors in the loops.
    _loops_freeze = False

    def forecast_unseen(
        self,
        X: TableLike,
        y: ColumnLike,
        *,
        columns: Iterable[str] | None = None,
        n_folds: int = 5,
        scoring: Any = None,
        last: float | None = None,
        random_state: int = 0,
    ) -> pd.DataFrame:
        """Estimate how good predictions will be for categories that training has not seen.

        For each column, its categories are dealt to folds. A copy of the estimator is fitted without the rows of one
        fold's categories, and scored on them, and on other rows that it was not fitted to. This takes ``n_folds`` fits
        per column. Together with the share of unseen rows from :meth:`vocabulary_report`, it says what new categories
        cost. What changes over time for known categories too is part of it only with ``last``.

        Parameters
        ----------
        X : table of shape (n_rows, n_columns)
            Rows with the columns of the fit, such as those of the fit.
        y : array-like of shape (n_rows,) or (n_rows, n_outputs)
            Their targets.
        columns : iterable of str, optional
            Names of the categorical columns; by default all but parts of dates and columns with a single category.
        n_folds : int, default=5
            Number of folds per column, at most one per category.
        scoring : str or callable, optional
            A scorer as in scikit-learn. By default, ROC AUC for two classes, otherwise that of ``score``.
        last : float, optional
            For rows in the order of time: the share of the rows, those at the end, that are scored by copies fitted to
            the rows before. By default, a quarter with ``validation="last"``; otherwise, random rows are scored.
        random_state : int, default=0
            Random seed of the folds.

        Returns
        -------
        DataFrame
            One row per column. ``unseen``: score for categories left out of the fit, the mean of the folds weighted by
            rows; ``seen``: score for other rows left out; ``standard_error`` of ``unseen`` over the folds; ``n_rows``,
            ``n_categories`` and ``n_folds`` that were scored. NaN if no fold had enough rows.

        Raises
        ------
        ColumnError
            If ``columns`` names a column that is not categorical.
        DataError
            If the table and the targets differ in length, or a column in ``columns`` has fewer than two categories.
        """
        return forecast_unseen(
            self,
            X,
            y,
            columns=columns,
            n_folds=n_folds,
            scoring=scoring,
            last=last,
            random_state=random_state,
        )

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

    def _partial_fit(self, X: Any, y: Any, sample_weight: Any, task_of, growth: Growth) -> Self:
        check_start(self, growth.start)
        # The network is trained in place, so its weights are copied in case of an error.
        networks = self._networks if hasattr(self, "_network") else ()
        weights = [network.model.get_weights() for network in networks]
        try:
            with self._unchanged_on_failure():
                self._learn_batch(X, y, sample_weight, task_of, growth)
        except BaseException:
            for network, its in zip(networks, weights, strict=True):
                network.model.set_weights(its)
            vars(self).pop("_loops", None)
            raise
        return self

    def _learn_batch(self, X, y, sample_weight, task_of, growth):
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
            self._train_once(rows, seeds_of_networks, frozen=False)
            for network in self._networks:
                self._serve_unknown(network, rows)
        else:
            sizes = {name: vocabulary.size for name, vocabulary in self.encoder_.vocabularies.items()}
            counts = grow(self, data.frame, growth.columns, growth.start, strict=False)
            table = self.encoder_.encode(data.frame)
            self._count_unknown(data.frame, table)
            rows = Rows(table=table, targets=self.task_.encode(data.targets), weights=data.weights)
            with frozen_rows(self._networks, sizes if growth.freeze_known else {}):
                self._train_once(rows, seeds_of_networks, frozen=growth.freeze_known)
                self.encoder_ = counted(self.encoder_, counts, sizes, known=not growth.freeze_known)
                for network in self._networks:
                    keep_strategy(network, UNKNOWN_STRATEGIES.resolve(self.handle_unknown), self.encoder_)
        self.n_epochs_ += 1
        self.best_epoch_ = self.n_epochs_

    def _train_once(self, rows, seeds_of_networks, *, frozen):
        """Train all networks for one epoch."""
        # Averages would lag behind the last batch.
        trainer = replace(self._trainer(len(rows), with_validation=False, max_epochs=1), weight_averaging=0.0)
        given = [(network, self.task_, seeds) for network, seeds in zip(self._networks, seeds_of_networks, strict=True)]
        if not hasattr(self, "_loops") or self._loops_of != _compiled_in(trainer):
            self._loops = [trainer.loop(*each, epoch=self.n_epochs_) for each in given]
        elif (
            frozen
            or self._loops_freeze
            or any(loop.network is not network for loop, (network, *_) in zip(self._loops, given, strict=True))
        ):
            shares = shares_of_rows(self)
            self._loops = [
                trainer.carried_on(loop, *each, shares, epoch=self.n_epochs_)
                for loop, each in zip(self._loops, given, strict=True)
            ]
        self._loops_of, self._loops_freeze = _compiled_in(trainer), frozen
        records = [self._learn_once(trainer, *each, rows) for each in zip(self._loops, seeds_of_networks, strict=True)]
        self.histories_ = [_extended(*each) for each in zip(self.histories_, records, strict=True)]
        self.history_ = self.histories_[0]

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
                f"The batch has categories that are not known and were not added ({listed}). They remain unknown and "
                "share one vector: grow leaves their column out, min_frequency or max_categories leave out the "
                "categories, or their type is not that of the known ones.",
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
