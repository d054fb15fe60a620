"""Cross-fitting: learn the vectors of each row from the rows of other folds, all in one space."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Integral
from types import MappingProxyType
from typing import Any

import numpy as np
from sklearn import get_config
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping, process_routing

from tabemb.estimators.base import EmbeddingEstimator
from tabemb.estimators.folds import Fold, even_folds, folds_of_splitter, only_kept
from tabemb.estimators.inputs import TrainingData
from tabemb.estimators.statistics_network import widened
from tabemb.estimators.target_statistics import fit_statistics
from tabemb.exceptions import DataError
from tabemb.nn.embedding import TableSpec
from tabemb.nn.network import Network
from tabemb.nn.seeds import Seeds
from tabemb.nn.starts import StartedTable
from tabemb.table.target_statistics import TargetStatistics
from tabemb.table.vocabulary import Vocabulary
from tabemb.training.batches import Rows
from tabemb.vectors.alignment import align, mean_of_seen, rotation
from tabemb.vectors.neighbors import FEWEST, heaviest
from tabemb.vectors.refits import FEWEST_REFITS, noise_of_tables
from tabemb.vectors.sampling_noise import SamplingNoise
from tabemb.vectors.threads import ONE_THREAD

__all__ = ["CrossFitEstimator", "FoldTables", "FoldVectors"]

# Categories with so many rows have the mean of the folds in all folds that were trained on such a part of these rows.
# One row of them hardly moves the mean, while the vectors of the folds differ by more than a downstream model can see.
FREQUENT, LEAST_PART = 50, 1 / 3
# Most crosses that are chosen. A downstream model reads the statistics of all of them, and of each class.
MOST_CROSSES, MOST_NUMBERS = 10, 100


@dataclass(frozen=True)
class FoldVectors:
    """The tables of all folds, followed by their mean.

    Parameters
    ----------
    fold_of : ndarray of int of shape (n_rows,)
        Number of the fold that held out each row; ``n_folds`` for rows of weight 0.
    vectors : dict of TableSpec to ndarray of shape (n_folds + 1, vocabulary_size, dim)
        Vectors of each table, in one space.
    statistics : ndarray of shape (n_rows, n_statistics)
        Target statistics of each row that has a fold, from the rows of other folds.
    """

    fold_of: np.ndarray
    vectors: Mapping[TableSpec, np.ndarray]
    statistics: np.ndarray

    def look_up(self, stack: np.ndarray, indices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the tables of all folds as one, and the row of it that belongs to each index."""
        return stack.reshape(-1, stack.shape[-1]), indices + self.fold_of * stack.shape[1]


class FoldTables:
    """Collects the tables of each fold, and brings them into one space.

    Parameters
    ----------
    network : Network
        The network that is trained for each fold.
    n_folds : int
        Number of folds.
    """

    def __init__(self, network: Network, n_folds: int) -> None:
        shapes = {table: (table.vocabulary_size, table.embedding_dim) for table in network.tables}
        self.stacks = {table: np.empty((n_folds + 1, *shape), np.float32) for table, shape in shapes.items()}
        self.seen = {table: np.zeros((n_folds, shape[0]), bool) for table, shape in shapes.items()}
        self.starts: list[dict[TableSpec, StartedTable]] = []
        self._features, self._held = network.spec.features, network.held

    def take(self, number: int, network: Network, train: Rows) -> None:
        """Copy the tables of a fold, and record which of their rows it has seen."""
        for feature in self._features:
            seen = self.seen[feature.table][number]
            seen |= train.seen(feature.position, len(seen))
            seen[Vocabulary.UNKNOWN] = True
        for table, layer in network.tables.items():
            self.stacks[table][number] = layer.embeddings.numpy()

    def bring_together(self, rows: Rows, category_dropout: float) -> None:
        """Rotate all folds to the first, weighted by counts, and append the mean over the folds that have seen a row.

        Folds with frozen rows are in one space already.
        """
        for table, stack in self.stacks.items():
            held = self._held.get(table)
            if held is None or held.n_epochs is not None:
                counts = self.counts_of(table, rows, category_dropout)
                if not table.blocks:
                    align(stack[:-1], self.seen[table], counts)
                for group in table.groups() if table.blocks else ():
                    part = stack[:-1, :, group]
                    align(part, self.seen[table], counts)
                    stack[:-1, :, group] = part
            stack[-1] = mean_of_seen(stack[:-1], self.seen[table])
            if held is not None and held.n_epochs is None:
                stack[-1][held.which] = stack[0][held.which]

    def noise(
        self, vocabularies: Mapping[str, Vocabulary], started: Sequence[StartedTable], share: float
    ) -> dict[str, SamplingNoise]:
        """Return the noise of the means by table, as the folds show it; nothing if there are too few folds.

        All folds start from the same vectors (``started``), which are computed from all rows. A fit to the rows of one
        fold would have its own start, so the difference between the two is added to the tables of the fold. With
        the axes of all rows instead of its own, it would look too certain: which axes are chosen varies most.

        Parameters
        ----------
        vocabularies : mapping of str to Vocabulary
            Categories of each table.
        started : sequence of StartedTable
            The tables that did not start at random.
        share : float
            Share of the rows in the training part of a fold.
        """
        found, whole = {}, {each.table: each for each in started}
        for table, stack in self.stacks.items():
            seen, counts = self.seen[table], vocabularies[table.name].counts
            rows = np.flatnonzero(seen.all(axis=0) & (counts > 0))
            rows = rows[rows >= Vocabulary.FIRST]
            rows = rows[heaviest(counts[rows].astype(float))]
            if len(stack) > FEWEST_REFITS and len(rows) >= FEWEST:
                tables = stack[:, rows].astype(np.float64)
                if table in whole:
                    tables[:-1] += self._moves(whole[table], rows, counts[rows])
                found[table.name] = noise_of_tables(tables[-1], tables[:-1], counts[rows], share)
        return found

    def _moves(self, whole: StartedTable, rows: np.ndarray, counts: np.ndarray) -> np.ndarray:
        """Return how far the start of each fold is from that of all rows, of shape (n_folds, n, dim)."""
        common = whole.look_up(rows)
        moves = np.tile(-common, (len(self.starts), 1, 1)).astype(np.float64)
        for move, starts in zip(moves, self.starts, strict=True):
            if whole.table in starts:
                own = starts[whole.table].look_up(rows)
                move += own @ rotation(own, common, counts)
        return moves

    def counts_of(self, table: TableSpec, rows: Rows, category_dropout: float) -> np.ndarray:
        """Return the number of cells of each row of a table. Dropped cells also count for the unknown row."""
        counts = np.zeros(table.vocabulary_size)
        for feature in self._features:
            if feature.table == table:
                counts += rows.counts(feature.position, len(counts))
                counts[Vocabulary.UNKNOWN] += category_dropout * len(rows)
        return counts

    def share_frequent(self, rows: Rows, folds: Sequence[Fold]) -> None:
        """Replace the vectors of frequent categories in the folds by their mean.

        Parameters
        ----------
        rows : Rows
            The rows of all folds.
        folds : sequence of Fold
            The folds. One that was trained on few of the rows of a category keeps its own vector, which may be that of
            unknown categories: the mean would tell it what other folds learned from the rows that it holds out.
        """
        for table, stack in self.stacks.items():
            places = [each.position for each in self._features if each.table == table]
            counts = sum(rows.table.counts(place, stack.shape[1]) for place in places)
            for vectors, fold in zip(stack[:-1], folds, strict=True):
                trained = sum(rows.table.counts(place, stack.shape[1], fold.train) for place in places)
                shared = (counts >= FREQUENT) & (trained >= LEAST_PART * counts)
                vectors[shared] = stack[-1][shared]

    def give_mean(self, network: Network) -> None:
        """Assign the means to the tables of the network."""
        for table, stack in self.stacks.items():
            network.tables[table].embeddings.assign(stack[-1])


class CrossFitEstimator(EmbeddingEstimator):
    """An estimator that trains its network once per fold of ``cv``, and keeps the mean of the tables.

    Each fold starts from different weights, so that the mean has less of the noise of the initial weights. Vectors that
    are computed from the table (``start``) are the same for all folds. All tables are rotated to the first fold, whose
    body the network keeps.
    """

    _noise: Mapping[str, SamplingNoise] = MappingProxyType({})
    n_folds_: int

    def _cross_fit(self, X: Any, y: Any, sample_weight: Any, params: Mapping[str, Any]) -> FoldVectors | None:
        """Fit, and return the tables of all folds; None if there are no folds or no vectors.

        Parameters
        ----------
        X, y, sample_weight
            As for ``fit``.
        params : mapping
            Further arguments of the splitter in ``cv``, from :meth:`_split_params`.
        """
        data = self._read_training_data(X, y, sample_weight)
        seeds = Seeds(self._root_seed())
        rows = self._encode_training_data(data, self._task_of(data))
        priors = self._start_networks([seeds], rows, self._sizes_from_data(rows, seeds))
        network, self.n_folds_, self._noise = self._network, 0, {}
        whole = self.cv is None or not network.tables
        everything = Fold(train=np.arange(len(rows)), held=np.arange(len(rows)))
        folds = [everything] if whole else self._folds(X, y, data, rows, seeds, params)
        statistics, numbers = self._target_statistics(rows, data, folds)
        self._check_output(statistics)
        if whole:
            self._start_logits(rows)
            self._keep_records([self._train(network, seeds, rows, priors)], priors)
            self._take_statistics(statistics)
            return None

        tables, records = FoldTables(network, len(folds)), []
        for number, fold in enumerate(folds):
            fold_seeds, fold_rows = self._begin_fold(network, seeds, number, priors.started), rows.take(fold.train)
            self._start_logits(fold_rows)
            stops = self._stops_by_itself(number)
            train, validation = self._split(fold_rows, fold_seeds) if stops else (fold_rows, None)
            stop_after = None if stops else records[0].best_epoch
            records.append(self._train_on(network, fold_seeds, train, validation, priors, stop_after=stop_after))
            tables.take(number, network, train)
            if priors.started and len(folds) >= FEWEST_REFITS:
                own = self._started_tables(network, fold_rows.table)
                tables.starts.append({each.table: each for each in own})
            if number == 0:
                body = _values(_body(network))
        share = float(np.mean([len(fold.train) for fold in folds]) / len(rows))
        with ONE_THREAD:
            tables.bring_together(rows, self.category_dropout)
            self._noise = tables.noise(self.encoder_.tables, priors.started, share)
        tables.share_frequent(rows, folds)
        tables.give_mean(network)
        _assign(_body(network), body)
        self.n_folds_ = len(folds)
        self._keep_records(records[:1], priors)
        self._take_statistics(statistics)
        return FoldVectors(_fold_of_each_row(folds, data), tables.stacks, numbers)

    def _folds(self, X: Any, y: Any, data: TrainingData, rows: Rows, seeds: Seeds, params: Mapping) -> list[Fold]:
        """Return the folds, starting with the one with the most training rows."""
        if isinstance(self.cv, Integral):
            generator = seeds.generator("folds")
            return even_folds(self.cv, rows.targets, classes=self.task_.is_classifier, generator=generator)
        folds = folds_of_splitter(self.cv, X, y, data.n_rows, params)
        return sorted(only_kept(folds, data.kept, data.n_rows), key=lambda fold: -len(fold.train))

    def _begin_fold(self, network: Network, seeds: Seeds, number: int, started: Sequence[StartedTable]) -> Seeds:
        """Reset the network for a fold, and return the seeds of its training.

        The tables in ``started`` begin with these vectors in all folds, and the others at random.
        """
        if number == 0:
            return seeds
        own = Seeds(seeds[f"fold/{number}"])
        sizes = {table.name: table.embedding_dim for table in network.tables}
        _assign(_variables(network), _values(_variables(self._network_from_seed(own["network"], sizes))))
        for each in started:
            each.put(network)
        return own

    def _stops_by_itself(self, number: int) -> bool:
        """Return whether a fold finds the best number of epochs with a validation set of its own.

        The first fold does, and the others train for as many epochs on all of their rows. With callbacks, which may do
        anything, each fold does.
        """
        return number == 0 or bool(self.callbacks)

    def _target_statistics(
        self, rows: Rows, data: TrainingData, folds: list[Fold]
    ) -> tuple[TargetStatistics | None, np.ndarray]:
        """Return the target statistics, and those of each row of the table, from the rows of other folds."""
        if not self.target_statistics or not self.encoder_.vocabularies:
            return None, np.empty((data.n_rows, 0), np.float32)
        fold_of = np.empty(len(rows), np.intp)
        for number, fold in enumerate(folds):
            fold_of[fold.held] = number
        trains = [fold.train for fold in folds]
        statistics, numbers = fit_statistics(
            rows,
            self.encoder_,
            self.task_,
            data.targets,
            fold_of,
            trains,
            self.crosses,
            most_crosses=MOST_CROSSES,
            most_numbers=MOST_NUMBERS,
            indicators=False,
        )
        of_all = np.empty((data.n_rows, numbers.shape[1]), np.float32)
        of_all[data.kept] = numbers
        return statistics, of_all

    def _take_statistics(self, statistics: TargetStatistics | None) -> None:
        """Add the statistics to the encoding. The network does not read them."""
        if statistics is not None:
            self.encoder_.statistics = statistics
            self._network = widened(self._network, statistics.n_numbers)

    # ------------------------------------------------------------------ metadata

    def get_metadata_routing(self) -> MetadataRouter:
        """Return the metadata routing: ``sample_weight`` goes to the fit, and ``cv`` gets what it requests.

        Returns
        -------
        MetadataRouter
        """
        splits = MethodMapping().add(caller="fit", callee="split").add(caller="fit_transform", callee="split")
        return MetadataRouter(owner=self).add_self_request(self).add(splitter=self.cv, method_mapping=splits)

    def _split_params(self, params: Mapping[str, Any], caller: str) -> Mapping[str, Any]:
        if get_config()["enable_metadata_routing"]:
            return process_routing(self, caller, **params).splitter.split
        if strange := sorted(set(params) - {"groups"}):
            raise TypeError(
                f"{caller}() got an unexpected keyword argument {strange[0]!r}. It takes X, y, sample_weight, and "
                "groups for cv."
            )
        given = {name: value for name, value in params.items() if value is not None}
        if given and not hasattr(self.cv, "split"):
            raise DataError(
                f"groups were passed, but cv={self.cv!r} does not use them. Pass a splitter that does, such as "
                "cv=GroupKFold(5)."
            )
        return given

    # ------------------------------------------------------------------ saving

    def _own_state(self):
        noise = {column: each.to_json() for column, each in self._noise.items()}
        return {"n_folds": self.n_folds_, "noise": noise}, {}

    def _take_own_state(self, data, arrays):
        self.n_folds_ = data["n_folds"]
        # Estimators of the first version have none.
        self._noise = {column: SamplingNoise.from_json(each) for column, each in data.get("noise", {}).items()}
        if data.get("statistics"):
            # Encoders of earlier versions kept means of single columns beside the encoding.
            self._take_statistics(TargetStatistics.of_means([arrays[name] for name in sorted(arrays)]))


def _fold_of_each_row(folds: list[Fold], data: TrainingData) -> np.ndarray:
    fold_of = np.full(data.n_rows, len(folds))
    for number, fold in enumerate(folds):
        fold_of[data.kept[fold.held]] = number
    return fold_of


def _body(network):
    return [*network.trunk.variables, *network.queries]


def _variables(network):
    # Of the trunk and the tables only: a callback may have added variables to the whole model.
    tables = (layer.embeddings for layer in network.tables.values())
    return [*_body(network), *tables]


def _values(variables):
    return [np.array(variable.numpy()) for variable in variables]


def _assign(variables, values):
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
