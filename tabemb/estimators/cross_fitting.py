"""Cross-fitting: the vectors of each row are learned from the rows of other folds, and all are in one space."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from numbers import Integral
from typing import Any

import numpy as np
from sklearn import get_config
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping, process_routing

from tabemb.estimators.base import EmbeddingEstimator
from tabemb.estimators.splits import Fold, even_folds, folds_of_splitter, only_kept
from tabemb.estimators.target_statistics import shrunk_means, target_columns
from tabemb.exceptions import DataError
from tabemb.nn.embedding import TableSpec
from tabemb.nn.network import Network
from tabemb.nn.seeds import Seeds
from tabemb.table.vocabulary import Vocabulary
from tabemb.training.batches import Rows
from tabemb.training.trainer import TrainingRecord
from tabemb.vectors.alignment import align, mean_of_seen

__all__ = ["CrossFitMixin", "PerFold"]


@dataclass(frozen=True)
class PerFold:
    """What each fold learned, and as the last one what serves all other rows.

    Parameters
    ----------
    fold_of : ndarray of int of shape (n_rows,)
        The number of the fold that holds a row out; the number of folds for a row of weight 0, which none learns from.
    vectors : dict of TableSpec to ndarray of shape (n_folds + 1, vocabulary_size, dim)
        In one space.
    statistics : dict of str to ndarray of shape (n_folds + 1, vocabulary_size, n_columns)
        By column; none where they are not wanted.
    """

    fold_of: np.ndarray
    vectors: Mapping[TableSpec, np.ndarray]
    statistics: Mapping[str, np.ndarray]

    def look_up(self, stack: np.ndarray, indices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the tables of all folds as one, and which of its rows belongs to each index."""
        return stack.reshape(-1, stack.shape[-1]), indices + self.fold_of * stack.shape[1]


@dataclass
class Asked:
    """What a fit was asked for, and what came of it; there while the fit runs.

    Parameters
    ----------
    X, y : table and targets
        As they came.
    params : mapping
        What the splitter gets beside them.
    n_rows : int
        How many rows there are.
    kept : ndarray of int
        Those with a weight above 0, by number.
    targets : ndarray of shape (n_kept,) or (n_kept, n_outputs)
        Their targets.
    per_fold : PerFold or None
        What came of it.
    """

    X: Any
    y: Any
    params: Mapping[str, Any]
    n_rows: int = 0
    kept: np.ndarray = field(default_factory=lambda: np.empty(0, int))
    targets: np.ndarray = field(default_factory=lambda: np.empty(0))
    per_fold: PerFold | None = None


class FoldTables:
    """The tables of each fold, and their mean.

    Parameters
    ----------
    network : Network
        The one that is trained for each fold.
    n_folds : int
        How many there are.
    """

    def __init__(self, network: Network, n_folds: int) -> None:
        shapes = {table: (table.vocabulary_size, table.embedding_dim) for table in network.tables}
        self.stacks = {table: np.empty((n_folds + 1, *shape), np.float32) for table, shape in shapes.items()}
        self.seen = {table: np.zeros((n_folds, shape[0]), bool) for table, shape in shapes.items()}
        self._features, self._held = network.spec.features, network.held

    def take(self, number: int, network: Network, train: Rows) -> None:
        """Copy the tables of a fold out of its network, and note which of their rows it has seen."""
        for feature in self._features:
            seen = self.seen[feature.table][number]
            seen |= train.seen(feature.position, len(seen))
            seen[Vocabulary.UNKNOWN] = True
        for table, layer in network.tables.items():
            self.stacks[table][number] = layer.embeddings.numpy()

    def bring_together(self, rows: Rows, category_dropout: float) -> None:
        """Turn all folds to the first, each category by its count; put the mean of those that have seen it last.

        Folds that hold rows as they began are in one space.
        """
        for table, stack in self.stacks.items():
            held = self._held.get(table)
            if held is None or held.n_epochs is not None:
                align(stack[:-1], self.seen[table], self.counts_of(table, rows, category_dropout))
            stack[-1] = mean_of_seen(stack[:-1], self.seen[table])
            if held is not None and held.n_epochs is None:
                stack[-1][held.which] = stack[0][held.which]

    def counts_of(self, table: TableSpec, rows: Rows, category_dropout: float) -> np.ndarray:
        """Return in how many cells each row of a table is seen; "unknown" in those that are dropped, too."""
        counts = np.zeros(table.vocabulary_size)
        for feature in self._features:
            if feature.table == table:
                counts += np.bincount(rows.table.indices[:, feature.position], minlength=len(counts))
                counts[Vocabulary.UNKNOWN] += category_dropout * len(rows)
        return counts

    def give_mean(self, network: Network) -> None:
        """Put what is last into the network's tables."""
        for table, stack in self.stacks.items():
            network.tables[table].embeddings.assign(stack[-1])


class CrossFitMixin(EmbeddingEstimator):
    """An estimator that trains its network anew for each fold of its ``cv``, and keeps the mean of their tables.

    Each fold starts from weights of its own, so that in the mean of their tables the noise of the starts, which is most
    of what a rare category has, is less. All are turned towards the first fold, whose body stays in the network.
    """

    _asked: Asked
    _statistics: dict[str, np.ndarray]
    n_folds_: int

    # ------------------------------------------------------------------ what a fit is given

    def get_metadata_routing(self) -> MetadataRouter:
        """Return how metadata are routed: ``sample_weight`` to the fit, and to ``cv`` what it asks for.

        Returns
        -------
        MetadataRouter
        """
        splits = MethodMapping().add(caller="fit", callee="split").add(caller="fit_transform", callee="split")
        return MetadataRouter(owner=self).add_self_request(self).add(splitter=self.cv, method_mapping=splits)

    def _fit_in_folds(self, X, y, sample_weight, params, *, caller: str) -> PerFold | None:
        """Fit, and return what each fold learned; None where there are no folds."""
        self._asked = Asked(X, y, self._params_of_split(params, caller))
        try:
            self._fit(X, y, sample_weight)
            return self._asked.per_fold
        finally:
            self.__dict__.pop("_asked", None)

    def _params_of_split(self, params, caller):
        if get_config()["enable_metadata_routing"]:
            return process_routing(self, caller, **params).splitter.split
        if strange := sorted(set(params) - {"groups"}):
            raise TypeError(
                f"{caller}() got an unexpected keyword argument {strange[0]!r}. Beside X, y and sample_weight it takes "
                "groups, for cv."
            )
        given = {name: value for name, value in params.items() if value is not None}
        if given and not hasattr(self.cv, "split"):
            raise DataError(
                f"groups were given, and cv={self.cv!r} does not look at them. Give a splitter that does, such as "
                "cv=GroupKFold(5)."
            )
        return given

    def _read_training_rows(self, X, y, sample_weight, *, known=False):
        frame, targets, weights = super()._read_training_rows(X, y, sample_weight, known=known)
        asked, asked.targets = self._asked, targets
        given = np.asarray(sample_weight)
        # One weight for all, or none, leaves no row out.
        asked.n_rows = len(given) if given.ndim else frame.n_rows
        asked.kept = np.flatnonzero(given) if given.ndim else np.arange(frame.n_rows)
        return frame, targets, weights

    # ------------------------------------------------------------------ fold by fold

    def _train(self, network: Network, seeds: Seeds, rows: Rows) -> TrainingRecord:
        self._statistics, self.n_folds_ = self._statistics_of(rows, np.arange(len(rows))), 0
        if self.cv is None or not network.tables:
            return super()._train(network, seeds, rows)
        folds = self._folds(rows, seeds)
        learned, statistics = FoldTables(network, len(folds)), []
        records: list[TrainingRecord] = []
        for number, fold in enumerate(folds):
            of_fold, its_rows = self._begin_fold(network, seeds, number), rows.take(fold.train)
            # The start of the logits is taken from targets, too.
            self._start_logits(its_rows)
            train, validation, stop_after = self._to_train(its_rows, of_fold, records)
            records.append(self._train_on(network, of_fold, train, validation, stop_after=stop_after))
            learned.take(number, network, train)
            statistics.append(self._statistics_of(rows, fold.train))
            if number == 0:
                body = _values(network.trunk.variables)
        learned.bring_together(rows, self.category_dropout)
        _assign(network.trunk.variables, body)
        learned.give_mean(network)
        self._asked.per_fold = PerFold(
            self._fold_of(folds),
            learned.stacks,
            {name: np.stack([*(each[name] for each in statistics), whole]) for name, whole in self._statistics.items()},
        )
        self.n_folds_ = len(folds)
        return records[0]

    def _begin_fold(self, network: Network, seeds: Seeds, number: int) -> Seeds:
        """Bring the network to the start of a fold; return the seeds of its training."""
        if number == 0:
            return seeds
        own = Seeds(seeds[f"fold/{number}"])
        sizes = {feature.name: feature.table.embedding_dim for feature in network.spec.features}
        _assign(_variables(network), _values(_variables(self._network_from_seed(own["network"], sizes))))
        return own

    def _to_train(
        self, rows: Rows, seeds: Seeds, records: list[TrainingRecord]
    ) -> tuple[Rows, Rows | None, int | None]:
        """Return what a fold trains on, what it is judged by, and the epoch after which it ends.

        The first fold finds by its validation part how many epochs are best; the others train as many, on all of their
        rows. Callbacks may do anything, so that with them each fold finds out for itself.
        """
        if records and not self.callbacks:
            return rows, None, records[0].best_epoch
        return *self._split(rows, seeds), None

    def _folds(self, rows: Rows, seeds: Seeds) -> list[Fold]:
        """Return the folds, the one with the most rows to learn from first."""
        asked = self._asked
        if isinstance(self.cv, Integral):
            generator = seeds.generator("folds")
            return even_folds(self.cv, rows.targets, classes=self.task_.is_classifier, generator=generator)
        folds = folds_of_splitter(self.cv, asked.X, asked.y, asked.n_rows, asked.params)
        return sorted(only_kept(folds, asked.kept, asked.n_rows), key=lambda fold: -len(fold.train))

    def _fold_of(self, folds):
        fold_of = np.full(self._asked.n_rows, len(folds))
        for number, fold in enumerate(folds):
            fold_of[self._asked.kept[fold.held]] = number
        return fold_of

    def _statistics_of(self, rows: Rows, which: np.ndarray) -> dict[str, np.ndarray]:
        if not self.target_statistics:
            return {}
        columns = target_columns(self.task_, self._asked.targets[which])
        weights = None if rows.weights is None else rows.weights[which]
        return {
            feature.name: shrunk_means(
                rows.table.indices[which, feature.position], columns, feature.table.vocabulary_size, weights
            )
            for feature in self._network.spec.features
        }

    # ------------------------------------------------------------------ saving

    def _beside_networks(self):
        return {"n_folds": self.n_folds_, "statistics": list(self._statistics)}, {
            f"{place:04d}": table for place, table in enumerate(self._statistics.values())
        }

    def _take_beside_networks(self, data, arrays):
        self.n_folds_ = data["n_folds"]
        self._statistics = dict(zip(data["statistics"], arrays.values(), strict=True))


def _variables(network):
    # Of the trunk and the tables, since a callback may have given the whole model variables of its own.
    return [*network.trunk.variables, *(layer.embeddings for layer in network.tables.values())]


def _values(variables):
    return [np.array(variable.numpy()) for variable in variables]


def _assign(variables, values):
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
