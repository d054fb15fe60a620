"""Importances of columns: how much the loss of held-out rows rises when the cells of a column are shuffled."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from tabemb.estimators.held_out import held_out_logits
from tabemb.estimators.statistics_network import StatisticsNetwork
from tabemb.nn.network import Network
from tabemb.nn.tasks import Task
from tabemb.table.encoded_table import EncodedTable
from tabemb.table.encoder import TableEncoder
from tabemb.training.batches import Rows

__all__ = ["permutation_importances"]

# How often each column is shuffled.
REPEATS = 5


def permutation_importances(
    networks: Sequence[Network],
    task: Task,
    held: Sequence[Rows],
    encoder: TableEncoder,
    beside: StatisticsNetwork | None = None,
) -> np.ndarray:
    """Return the importance of each column of the table, of shape (n_columns,).

    Breiman 2001, "Random Forests", section 10: the rise of the loss when the cells of a column are shuffled. A column
    of several parts, such as a date or a number with a missing indicator, is shuffled as a whole.

    Parameters
    ----------
    networks : sequence of Network
        Trained networks, whose importances are averaged.
    task : Task
        The fitted task, whose loss is used.
    held : sequence of Rows
        Rows for each network; with folds, they are shuffled within the rows of each member.
    encoder : TableEncoder
        The fitted encoder of the rows.
    beside : StatisticsNetwork, optional
        A network of target statistics; those of a column, and of crosses with it, are shuffled with the column.

    Returns
    -------
    ndarray of float64
        In the order of the columns of the fit, not negative, with a sum of 1 (or 0 if no column matters).
    """
    generator, rises = np.random.default_rng(0), np.zeros(len(encoder.schema.columns))
    for network, rows in zip(networks, held, strict=True):
        before = _mean_loss(network, task, rows, beside)
        for column, (indices, numbers) in enumerate(_parts_of_columns(encoder)):
            if indices or numbers:
                losses = [
                    _mean_loss(network, task, replace(rows, table=_shuffled(rows, indices, numbers, generator)), beside)
                    for _ in range(REPEATS)
                ]
                rises[column] += (np.mean(losses) - before) / len(networks)
    rises = np.maximum(rises, 0)
    return rises / rises.sum() if rises.any() else rises


def _mean_loss(network, task, rows, beside):
    logits = held_out_logits(network, rows)
    if beside is not None:
        logits = beside.mean(logits, held_out_logits(beside.network, rows))
    return float(np.average(np.asarray(task.loss(rows.targets, logits), np.float64), weights=rows.weights))


def _parts_of_columns(encoder: TableEncoder) -> Iterator[tuple[list[int], list[int]]]:
    """Yield, for each column of the table, its columns in the indices and in the numbers; none if it was dropped."""
    numeric = [column.name for column in encoder.schema.numeric]
    # The missing indicators come after the numbers, in the order of the columns that have one.
    numbers = [*range(len(numeric)), *encoder.indicated]
    for name in encoder.schema.columns:
        indices = [place for place, column in enumerate(encoder.schema.categorical) if column.source == name]
        own = [place for place, number in enumerate(numbers) if numeric[number] == name]
        of_statistics = [] if encoder.statistics is None else encoder.statistics.numbers_of(indices)
        yield indices, own + [encoder.n_plain_numbers + place for place in of_statistics]


def _shuffled(rows: Rows, indices: list[int], numbers: list[int], generator: np.random.Generator) -> EncodedTable:
    order = np.arange(len(rows))
    for fold in np.unique(rows.folds) if rows.folds is not None else [None]:
        mine = order if fold is None else np.flatnonzero(rows.folds == fold)
        order[mine] = generator.permutation(mine)
    own_indices, own_numbers = rows.table.indices.copy(), rows.table.numbers.copy()
    own_indices[:, indices] = own_indices[order][:, indices]
    own_numbers[:, numbers] = own_numbers[order][:, numbers]
    return replace(rows.table, indices=own_indices, numbers=own_numbers)
