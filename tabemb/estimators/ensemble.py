"""Several networks from one fit: how each starts, and what they say together."""

from collections.abc import Iterable, Sequence

import numpy as np

from tabemb.nn.network import Network
from tabemb.nn.seeds import Seeds
from tabemb.vectors.alignment import rotation

__all__ = ["mean_of", "mean_table", "network_seeds", "start_as"]


def network_seeds(seeds: Seeds, n_networks: int) -> list[Seeds]:
    """Return the seeds of each network; those of the first are the fit's own, as if it were alone.

    Parameters
    ----------
    seeds : Seeds
        Of the fit.
    n_networks : int
        How many networks there are.

    Examples
    --------
    >>> [each.root for each in network_seeds(Seeds(0), 2)]
    [0, 617526459]
    """
    return [seeds, *(Seeds(seeds[f"member/{number}"]) for number in range(1, n_networks))]


def start_as(first: Network, other: Network) -> None:
    """Give an untrained network the tables of another one; all else stays as its own seed made it."""
    for mine, its in zip(other.tables.values(), first.tables.values(), strict=True):
        mine.embeddings.assign(its.embeddings)


def mean_of(answers: Iterable[np.ndarray]) -> np.ndarray:
    """Return the mean of the members' answers; the answer itself where there is one member.

    Parameters
    ----------
    answers : iterable of ndarray
        Probabilities or values, of one shape. Of quantiles that rise, the means rise too.

    Examples
    --------
    >>> mean_of([np.array([0.0, 1.0]), np.array([1.0, 1.0])])
    array([0.5, 1. ])
    """
    first, *others = answers
    if not others:
        return first
    total = np.array(first)
    for other in others:
        total += other
    return total / (1 + len(others))


def mean_table(tables: Sequence[np.ndarray], counts: np.ndarray, held: np.ndarray | None = None) -> np.ndarray:
    """Return the mean of the members' tables of one column, each turned towards the first (orthogonal Procrustes).

    Parameters
    ----------
    tables : sequence of ndarray of shape (vocabulary_size, dim)
        Of each member.
    counts : ndarray of shape (vocabulary_size,)
        How much each row counts for the rotation.
    held : ndarray of bool of shape (vocabulary_size,), optional
        Rows that all members hold as they began: these are in one space, so that nothing is turned.
    """
    first, *others = tables
    if held is not None:
        return np.where(held[:, None], first, mean_of(tables))
    turned = (each @ rotation(each, first, counts).astype(each.dtype) for each in others)
    return mean_of([first, *turned])
