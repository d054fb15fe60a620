"""Categories that training has in no row: what stands for them while it is judged, and what serves for them after."""

from collections.abc import Iterator, Mapping

import numpy as np

from tabemb.estimators.folds import NONE_KEPT, counts_by_member
from tabemb.nn.network import Network
from tabemb.nn.unknown import Trained, UnknownStrategy
from tabemb.table.encoder import TableEncoder
from tabemb.training.batches import Rows

__all__ = ["keep_strategy", "serve_unknown", "shown_as_known"]


def shown_as_known(rows: Rows, train: Rows, encoder: TableEncoder, kept: Mapping[str, np.ndarray] = NONE_KEPT) -> None:
    """Replace, in place, categories that no training row has by what stands in for them.

    Parameters
    ----------
    rows : Rows
        Rows to be judged by; changed.
    train : Rows
        Rows that are learned from.
    encoder : TableEncoder
        Knows the categories, and which stands in for which.
    kept : mapping of str to ndarray of bool of shape (vocabulary_size,), optional
        For some columns, which categories have a vector though no training row has them.
    """
    for position, name, size in _columns(encoder):
        column = rows.table.indices[:, position]
        column[:] = encoder.stand_ins(name, (train.counts(position, size) > 0) | kept.get(name, False))[column]


def serve_unknown(
    network: Network,
    strategy: UnknownStrategy,
    encoder: TableEncoder,
    rows: Rows,
    *,
    drops: bool,
    n_members: int = 1,
    kept: Mapping[str, np.ndarray] = NONE_KEPT,
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
    kept : mapping of str to ndarray of bool of shape (vocabulary_size,), optional
        For some columns, which rows are left alone though no training row has them.
    """
    trained, by_member = {}, {}
    for position, name, size in _columns(encoder):
        its = kept.get(name, False)
        trained[position] = _trained(encoder, name, rows.counts(position, size)[None], drops, its)
        if rows.folds is not None:
            counts = counts_by_member(rows, position, size, n_members)
            by_member[position] = _trained(encoder, name, counts, drops, its)
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


def _trained(encoder, name, counts, drops, kept):
    return Trained(counts, np.array([encoder.stand_ins(name, (each > 0) | kept) for each in counts]), drops)
