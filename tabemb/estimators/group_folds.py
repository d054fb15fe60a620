"""Split rows by whole groups: random ones for validation, the last ones, or one fold for each member of a network."""

import heapq

import numpy as np

__all__ = ["deal_groups", "held_groups", "last_groups"]


def deal_groups(groups: np.ndarray, n_folds: int, generator: np.random.Generator) -> np.ndarray:
    """Assign shuffled groups to folds of about equal numbers of rows.

    Parameters
    ----------
    groups : ndarray of shape (n_rows,)
        Number of the group of each row.
    n_folds : int
        Number of folds. If there are fewer groups, the last folds are empty.
    generator : numpy.random.Generator
        Shuffles the groups.

    Returns
    -------
    ndarray of int32 of shape (n_rows,)
        Fold of each row.

    Examples
    --------
    >>> deal_groups(np.array([5, 5, 7, 8]), 2, np.random.default_rng(0)).tolist()
    [1, 1, 0, 0]
    """
    numbers, sizes = np.unique(groups, return_inverse=True, return_counts=True)[1:]
    fold_of = np.empty(len(sizes), np.int32)
    filled = [(0, fold) for fold in range(n_folds)]
    for group in generator.permutation(len(sizes)).tolist():
        n_rows, fold = filled[0]
        fold_of[group] = fold
        heapq.heapreplace(filled, (n_rows + int(sizes[group]), fold))
    return fold_of[numbers]


def held_groups(groups: np.ndarray, n_held: int, generator: np.random.Generator) -> np.ndarray:
    """Return which rows are in random groups with about this many rows; at least one group is held, and one is not.

    Parameters
    ----------
    groups : ndarray of shape (n_rows,)
        Number of the group of each row, of at least two groups.
    n_held : int
        Number of rows.
    generator : numpy.random.Generator
        Draws the groups.

    Returns
    -------
    ndarray of bool of shape (n_rows,)

    Examples
    --------
    >>> held_groups(np.array([5, 5, 7, 8]), 1, np.random.default_rng(0))
    array([False, False, False,  True])
    """
    numbers, sizes = np.unique(groups, return_inverse=True, return_counts=True)[1:]
    return _first(generator.permutation(len(sizes)), sizes, n_held)[numbers]


def last_groups(groups: np.ndarray, n_held: int) -> np.ndarray:
    """Return which rows are in the groups that end last, with about this many rows; one group at least is not.

    Parameters
    ----------
    groups : ndarray of shape (n_rows,)
        Number of the group of each row, of at least two groups.
    n_held : int
        Number of rows.

    Returns
    -------
    ndarray of bool of shape (n_rows,)

    Examples
    --------
    >>> last_groups(np.array([5, 7, 7, 5, 8]), 2)
    array([ True, False, False,  True,  True])
    """
    # The first place from the end is that of the last row.
    first, numbers, sizes = np.unique(groups[::-1], return_index=True, return_inverse=True, return_counts=True)[1:]
    return _first(np.argsort(first), sizes, n_held)[numbers][::-1]


def _first(order, sizes, n_held):
    """Return which groups are the first ones, in an order, that have enough rows."""
    n_groups = int(np.searchsorted(np.cumsum(sizes[order]), n_held)) + 1
    chosen = np.zeros(len(sizes), bool)
    chosen[order[: min(n_groups, len(sizes) - 1)]] = True
    return chosen
