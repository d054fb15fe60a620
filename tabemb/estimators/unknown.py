"""Categories that training has in no row: what stands for them while it is judged, and what serves for them after."""

from collections.abc import Iterator

import numpy as np

from tabemb.estimators.folds import counts_by_member
from tabemb.nn.network import Network
from tabemb.nn.unknown import UnknownStrategy
from tabemb.nn.unknown.trained import Trained
from tabemb.table.encoder import TableEncoder
from tabemb.training.batches import Rows

__all__ = ["keep_strategy", "serve_unknown", "shown_as_known"]


def shown_as_known(rows: Rows, train: Rows, encoder: TableEncoder) -> None:
    """Replace, in place, categories that no training row has by what stands in for them.

    Parameters
    ----------
    rows : Rows
        Rows to be judged by; changed.
    train : Rows
        Rows that are learned from.
    encoder : TableEncoder
        Knows the categories, and which stands in for which.
    """
    for position, name, size in _columns(encoder):
        column = rows.table.indices[:, position]
        column[:] = encoder.stand_ins(name, train.counts(position, size) > 0)[column]


def serve_unknown(
    network: Network,
    strategy: UnknownStrategy,
    encoder: TableEncoder,
    rows: Rows,
    *,
    drops: bool,
    n_members: int = 1,
) -> None:
    """Let a trained network answer for unknown categories, and for those that it has not trained, by a strategy.

    A row that never was in a batch is noise; what serves for unknown categories is the better answer for it.

    Parameters
    ----------
    network : Network
        It has been trained on the rows.
    strategy : UnknownStrategy
        What serves for unknown categories.
    encoder : TableEncoder
        Knows the categories, and which stands in for which.
    rows : Rows
        With folds where members have left out rows.
    drops : bool
        Whether training showed cells as unknown.
    n_members : int, default=1
        How many members have left out rows of their own.
    """
    trained, by_member = {}, {}
    for position, name, size in _columns(encoder):
        trained[position] = _trained(encoder, name, rows.counts(position, size)[None], drops)
        if rows.folds is not None:
            by_member[position] = _trained(encoder, name, counts_by_member(rows, position, size, n_members), drops)
    network.serve_unknown(strategy, trained, by_member or None)


def keep_strategy(network: Network, strategy: UnknownStrategy, encoder: TableEncoder) -> None:
    """Put the strategy's vector for unknown categories back after more training; all other rows stay.

    Categories count by the rows that the encoder has seen.

    Parameters
    ----------
    network, strategy, encoder
        As for :func:`serve_unknown`.
    """
    trained = {}
    for position, name, size in _columns(encoder):
        trained[position] = Trained(encoder.vocabularies[name].counts[None], np.arange(size)[None], True)
    network.serve_unknown(strategy, trained)


def _columns(encoder: TableEncoder) -> Iterator[tuple[int, str, int]]:
    for position, (name, vocabulary) in enumerate(encoder.vocabularies.items()):
        yield position, name, vocabulary.size


def _trained(encoder, name, counts, drops):
    return Trained(counts, np.array([encoder.stand_ins(name, each > 0) for each in counts]), drops)
