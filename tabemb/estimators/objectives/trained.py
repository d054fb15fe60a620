"""The base class of objectives that train a network on the rows of a table."""

from collections.abc import Container
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from tabemb.estimators.inputs import auto_batch_size
from tabemb.estimators.network_specs import memory_of
from tabemb.estimators.objectives.objective import OBJECTIVES, Objective
from tabemb.exceptions import DataError
from tabemb.nn.embedding import TableSpec
from tabemb.nn.network import Network, NetworkSpec
from tabemb.nn.parameters import check_count, check_positive, check_units
from tabemb.nn.starts import STARTS, started_tables
from tabemb.nn.table_task import TableTask
from tabemb.ranges import check_share
from tabemb.table.encoded_table import EncodedTable
from tabemb.table.memory import check_memory
from tabemb.training.batches import Rows
from tabemb.training.redrawn_rows import RedrawnRows
from tabemb.training.trainer import Trainer, averages_tables
from tabemb.vectors.cooccurrence import intervals_of

__all__ = [
    "COPY",
    "NetworkObjective",
    "SelfSupervision",
    "TrainedObjective",
    "interval_codes",
    "shares_of",
    "single_valued",
]

FEWEST_ROWS_TO_SPLIT = 20
# A tenth of the rows is held out, but no more than this: each of them has several cells.
HELD_SHARE, MOST_HELD = 0.1, 4096
# Number of epochs over which the weights are averaged.
WEIGHT_AVERAGING = 2.0
# Ends the name of a table that starts from the vectors of another one.
COPY = " (predicted)"


@dataclass(frozen=True, kw_only=True)
class SelfSupervision:
    """What a network learns from a table.

    Parameters
    ----------
    spec : NetworkSpec
        The network. Tables of the estimator's network that are among its tables are learned.
    task : TableTask
        The loss.
    source : RedrawnRows
        The training rows.
    """

    spec: NetworkSpec
    task: TableTask
    source: RedrawnRows


class TrainedObjective(Objective):
    """An objective that trains a network until the loss of held-out rows does not fall any more.

    Subclasses define :meth:`supervision`, and have the parameters ``start``, ``learning_rate`` and ``max_epochs``.
    """

    start: Any
    learning_rate: float
    max_epochs: int

    def check(self) -> None:
        """Raise a ValueError if a parameter is out of range."""
        STARTS.resolve(self.start).check()
        check_positive("learning_rate", self.learning_rate)
        check_count("max_epochs", self.max_epochs)

    def supervision(self, estimator: Any, table: EncodedTable, seed: int) -> SelfSupervision:
        """Return network, task and training rows.

        Parameters
        ----------
        estimator : EmbeddingEstimator
            Its encoding is fitted, and its network has its initial weights.
        table : EncodedTable
            The rows, with the columns that have vectors and all numbers.
        seed : int
            Root seed of the initializers of the network.
        """
        raise TypeError("an objective that trains a network must define supervision(estimator, table, seed)")

    def learn(self, estimator, rows, seeds):
        """Train a network, and take over its tables."""
        mine, name = estimator._network, OBJECTIVES.name_of(self)
        _check_enough(estimator.encoder_, rows)
        sizes = [vocabulary.size for vocabulary in estimator.encoder_.vocabularies.values()]
        apart = estimator.encoder_.hashed_tables
        table = rows.table.select([feature.position for feature in mine.spec.features])
        parts = self.supervision(estimator, table, seeds[name])
        _check_memory(parts.spec, mine.tables)
        for each in started_tables(mine, STARTS.resolve(self.start), rows.table, sizes, apart=apart):
            each.put(mine)
        network, tables = Network(parts.spec), {table.name: layer for table, layer in mine.tables.items()}
        for table, layer in network.tables.items():
            if (source := tables.get(table.name.removesuffix(COPY))) is not None:
                layer.embeddings.assign(source.embeddings.numpy())
        train, validation = _split(parts.source, seeds.generator(f"{name}/validation"))
        trainer = Trainer(
            batch_size=auto_batch_size(len(train)),
            max_epochs=int(self.max_epochs),
            learning_rate=self.learning_rate,
            n_iter_no_change="auto",
            weight_averaging=WEIGHT_AVERAGING,
            verbose=estimator.verbose,
        )
        loop = trainer.loop(network, parts.task, seeds)
        record = trainer.fit(loop, train, validation, seeds)
        trainer.release(loop)
        for table, layer in mine.tables.items():
            layer.embeddings.assign(network.tables[table].embeddings.numpy())
        return record


class NetworkObjective(TrainedObjective):
    """An objective whose network has hidden layers and is asked about a share of the cells.

    Subclasses have the parameters ``share``, ``hidden_units`` and ``dropout``, too.
    """

    share: float
    hidden_units: tuple[int, ...]
    dropout: float

    def check(self) -> None:
        """Raise a ValueError if a parameter is out of range."""
        super().check()
        check_share("share", self.share)
        check_units("hidden_units", self.hidden_units, empty=False)
        check_share("dropout", self.dropout, zero=True)


def single_valued(spec: NetworkSpec) -> NetworkSpec:
    """Return the same network for rows with one value per cell, as :class:`RedrawnRows` draws them."""
    return replace(spec, features=tuple(replace(feature, pooling=None) for feature in spec.features))


def interval_codes(estimator: Any, table: EncodedTable) -> tuple[np.ndarray, list[int]]:
    """Return the interval of each number, without missing indicators, and how many intervals each column has."""
    n_numbers = len(estimator.encoder_.schema.numeric)
    codes, sizes = np.empty((len(table), n_numbers), np.int32), []
    for column in range(n_numbers):
        codes[:, column], n = intervals_of(table.numbers[:, column])
        sizes.append(n)
    return codes, sizes


def shares_of(codes: np.ndarray, sizes: list[int]) -> tuple[np.ndarray, ...]:
    """Return, for each column, the share of the rows with each index."""
    return tuple(np.bincount(codes[:, place], minlength=size) / len(codes) for place, size in enumerate(sizes))


def _check_enough(encoder, rows: Rows) -> None:
    names = list(encoder.vocabularies)
    if len(names) + len(encoder.schema.numeric) < 2:
        raise DataError(
            f"There is nothing to learn from: the table has a single column, {names[0]!r}. Without a target, vectors "
            "come from the values that occur together in a row. Pass at least two columns, or a target y."
        )
    if len(rows) < 2:
        raise DataError("There is nothing to learn from: the table has n_samples=1. Pass at least two rows.")


def _check_memory(spec: NetworkSpec, kept: Container[TableSpec]) -> None:
    """Raise an error if memory does not hold the tables of a network, those of its training, and the kept ones."""
    tables = list(dict.fromkeys(feature.table for feature in spec.features))
    state = {"decays": False, "holds": False, "averages": averages_tables(tables)}
    sizes = [memory_of(table, 2 if table in kept else 1, state) for table in tables]
    check_memory(sizes, "The vectors and the state of the optimizer")


def _split(source: RedrawnRows, generator: np.random.Generator) -> tuple[RedrawnRows, Rows | None]:
    """Hold out some rows, which are drawn once."""
    n = len(source.table)
    if n < FEWEST_ROWS_TO_SPLIT:
        return source, None
    order = generator.permutation(n)
    held = min(max(1, round(HELD_SHARE * n)), MOST_HELD)
    kept, validation = np.sort(order[held:]), np.sort(order[:held])
    return source.take(kept), source.take(validation).drawn(generator)
