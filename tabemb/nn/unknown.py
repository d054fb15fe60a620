"""Which vectors serve for unknown categories, and for categories that training did not see."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator

from tabemb.registry import Registry
from tabemb.table.vocabulary import Vocabulary

__all__ = ["UNKNOWN_STRATEGIES", "Learned", "Mean", "Nearest", "Trained", "UnknownStrategy", "Zero"]

UNKNOWN = Vocabulary.UNKNOWN


class UnknownStrategy(BaseEstimator):
    """What serves for categories that training had in no row: those that come later, and those that are too rare.

    A strategy is applied to each table of vectors, and to the kernels that one-hot columns read, when training ends.
    """

    # The least similarity of names by which an unknown text is taken for a known category; None for never.
    min_similarity: ClassVar[float | None] = None

    def row(self, rows: npt.NDArray[Any], counts: npt.NDArray[Any]) -> npt.NDArray[Any] | None:
        """Return the vector for unknown categories, or None where it is to be the one that was learned.

        Parameters
        ----------
        rows : ndarray of shape (vocabulary_size, dim)
            The vectors of a column by index: that for missing cells, that for unknown categories, those of categories.
        counts : ndarray of shape (vocabulary_size,)
            In how many training rows each index was.
        """
        return None


UNKNOWN_STRATEGIES: Registry[UnknownStrategy] = Registry("strategy for unknown categories")


@UNKNOWN_STRATEGIES.register("learned")
class Learned(UnknownStrategy):
    """The vector that training learned for "unknown", from the cells that category dropout shows so.

    Without category dropout it has learned something only where training had rare categories; else it is as it began,
    at random.

    Examples
    --------
    >>> Learned()
    Learned()
    """


@UNKNOWN_STRATEGIES.register("mean")
class Mean(UnknownStrategy):
    """The mean of the vectors of the known categories, each by the number of its rows.

    It is the vector that the rows of training have on average. Where no row had a known category, the learned vector
    stays.

    Examples
    --------
    >>> Mean().row(np.array([[9.0], [9.0], [1.0], [5.0]]), np.array([7, 7, 3, 1]))
    array([2.])
    """

    def row(self, rows, counts):
        """Return the mean, of the dtype of the rows; None where no category counts."""
        weights = np.asarray(counts[Vocabulary.FIRST :], np.float64)
        if not weights.any():
            return None
        return (weights @ rows[Vocabulary.FIRST :] / weights.sum()).astype(rows.dtype)


@UNKNOWN_STRATEGIES.register("nearest")
class Nearest(UnknownStrategy):
    """The vector of the known category whose name is most like the unknown one's, where it is like enough.

    For dirty text such as job titles, where "office manager" says much about "Office manager II". Names are compared
    by their character n-grams; see :class:`~tabemb.table.similar_names.SimilarNames`. A text that is like no known one,
    and a category that is no text, has the learned vector. Missing cells keep their own. Texts that are too rare for a
    category of their own (``min_frequency``, ``max_categories``) are taken for the most similar one in training, too.

    Parameters
    ----------
    min_similarity : float, default=0.6
        The least similarity that counts, in (0, 1]: 1 for names of the same pieces, 0 for none in common.

    Examples
    --------
    >>> Nearest(min_similarity=0.8)
    Nearest(min_similarity=0.8)
    """

    def __init__(self, min_similarity=0.6):
        self.min_similarity = min_similarity


@UNKNOWN_STRATEGIES.register("zero")
class Zero(UnknownStrategy):
    """A vector of zeros: to a layer behind it, as if the column were not there.

    In a one-hot column it is what ``OneHotEncoder(handle_unknown="ignore")`` does.

    Examples
    --------
    >>> Zero().row(np.ones((4, 2)), np.ones(4))
    array([0., 0.])
    """

    def row(self, rows, counts):
        """Return zeros."""
        return np.zeros_like(rows[0])


@dataclass(frozen=True)
class Trained:
    """The rows that taught a column's vectors, for each member of a network that has its own slice of them.

    Parameters
    ----------
    counts : ndarray of int of shape (n_members, vocabulary_size)
        In how many rows of each member each index was; one member where all learn from the same rows.
    stand_ins : ndarray of int of shape (n_members, vocabulary_size)
        The index whose vector serves for each: its own where it was in any row.
    learns_unknown : bool
        Whether training showed cells as unknown, so that this vector was learned whatever its count is.
    """

    counts: np.ndarray
    stand_ins: np.ndarray
    learns_unknown: bool

    @classmethod
    def together(cls, readers: Sequence["Trained"]) -> "Trained":
        """Return what taught a table that several columns read: a row is trained where one of them was."""
        first, *others = readers
        counts, stand_ins = first.counts, first.stand_ins
        for other in others:
            own = np.arange(other.stand_ins.shape[1])
            counts = counts + other.counts
            stand_ins = np.where(other.stand_ins == own, own, stand_ins)
        return cls(counts, stand_ins, any(each.learns_unknown for each in readers))

    def serve(self, rows: np.ndarray, strategy: UnknownStrategy) -> bool:
        """Put the strategy's vector into the row for unknown categories, and stand-ins into untrained rows, in place.

        Where the vector for unknown categories is as it began, an untrained row gains nothing by it, and stays.

        Parameters
        ----------
        rows : ndarray of shape (vocabulary_size, n_members * width)
            The vectors, in each row the slices of the members side by side.
        strategy : UnknownStrategy
            What serves for unknown categories.

        Returns
        -------
        bool
            Whether anything was put.
        """
        changed = False
        own = np.arange(len(rows))
        slices = np.split(rows, len(self.counts), axis=1)
        for mine, counts, stand_ins in zip(slices, self.counts, self.stand_ins, strict=True):
            vector = strategy.row(mine, counts)
            if vector is not None:
                mine[UNKNOWN] = vector
            elif not self.learns_unknown and not counts[UNKNOWN]:
                stand_ins = np.where(stand_ins == UNKNOWN, own, stand_ins)
            untrained = stand_ins != own
            mine[untrained] = mine[stand_ins[untrained]]
            changed |= vector is not None or bool(untrained.any())
        return changed
