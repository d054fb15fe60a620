"""Categories without training rows: their stand-ins in validation rows, and their vectors after training."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from tabemb.estimators.folds import NONE_KEPT, counts_by_member
from tabemb.nn.network import Network
from tabemb.nn.unknown import Trained, UnknownStrategy
from tabemb.table.encoder import TableEncoder
from tabemb.training.batches import Rows

__all__ = ["keep_strategy", "replace_untrained", "serve_unknown"]


def replace_untrained(
    rows: Rows, train: Rows, encoder: TableEncoder, kept: Mapping[str, np.ndarray] = NONE_KEPT
) -> Rows:
    """Return rows in which the categories without training rows are replaced by their stand-ins.

    Parameters
    ----------
    rows : Rows
        Validation rows, whose indices are changed in place.
    train : Rows
        Training rows.
    encoder : TableEncoder
        Knows the categories and their stand-ins.
    kept : mapping of str to ndarray of bool of shape (vocabulary_size,), optional
        For some tables, the categories that have a vector although no training row has them.
    """
    bags = dict(rows.table.bags)
    for position, name, size in _columns(encoder):
        trained = np.any([train.counts(each, size) > 0 for each in encoder.sharing(name)], axis=0)
        stand_ins = encoder.stand_ins(name, trained | kept.get(encoder.table_of[name], False))
        if position in bags:
            bags[position] = bags[position].with_values(stand_ins[bags[position].values])
            continue
        column = rows.table.indices[:, position]
        column[:] = stand_ins[column]
    return replace(rows, table=replace(rows.table, bags=bags)) if bags else rows


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
    """Set the vectors for unknown categories, and for categories without training rows, by a strategy.

    The vector of a category without training rows is noise, so the vector for unknown categories replaces it.

    Parameters
    ----------
    network : Network
        The network after training on the rows.
    strategy : UnknownStrategy
        Selects the vector for unknown categories.
    encoder : TableEncoder
        Knows the categories and their stand-ins.
    rows : Rows
        Training rows, with folds if the members of the network have held out rows.
    drops : bool
        Whether training replaced cells by unknown.
    n_members : int, default=1
        Number of members that have held out rows of their own.
    kept : mapping of str to ndarray of bool of shape (vocabulary_size,), optional
        For some tables, the categories that keep their vector although no training row has them.
    """
    trained, by_member = {}, {}
    for position, name, size in _columns(encoder):
        its, places = kept.get(encoder.table_of[name], False), encoder.sharing(name)
        trained[position] = _trained(encoder, name, sum(rows.counts(each, size)[None] for each in places), drops, its)
        if rows.folds is not None:
            counts = sum(counts_by_member(rows, each, size, n_members) for each in places)
            by_member[position] = _trained(encoder, name, counts, drops, its)
    network.serve_unknown(strategy, trained, by_member or None)


def keep_strategy(network: Network, strategy: UnknownStrategy, encoder: TableEncoder) -> None:
    """Restore the vector for unknown categories after further training. All other vectors stay unchanged.

    Categories are weighted by the number of rows that the encoder was fitted on.

    Parameters
    ----------
    network, strategy, encoder
        As for :func:`serve_unknown`.
    """
    trained = {}
    for position, name, size in _columns(encoder):
        trained[position] = Trained(encoder.counts_of(name)[None], np.arange(size)[None], True)
    network.serve_unknown(strategy, trained)


def _columns(encoder: TableEncoder) -> Iterator[tuple[int, str, int]]:
    for position, (name, vocabulary) in enumerate(encoder.vocabularies.items()):
        yield position, name, vocabulary.size


def _trained(encoder, name, counts, drops, kept):
    return Trained(counts, np.array([encoder.stand_ins(name, (each > 0) | kept) for each in counts]), drops)
