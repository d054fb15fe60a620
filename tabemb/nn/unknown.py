"""Strategies for the vectors of unknown categories and of categories without training rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator

from tabemb.ranges import check_share
from tabemb.registry import Registry
from tabemb.table.vocabulary import Vocabulary

__all__ = [
    "UNKNOWN_STRATEGIES",
    "Learned",
    "Mean",
    "Nearest",
    "NearestWords",
    "Refuse",
    "Trained",
    "UnknownStrategy",
    "Zero",
]

UNKNOWN = Vocabulary.UNKNOWN


class UnknownStrategy(BaseEstimator):
    """Determines the vector of unknown categories: those not seen in training, and those that are too rare.

    A strategy is applied to each embedding table and to the kernels of one-hot columns when training ends.
    """

    # Minimal similarity at which an unknown text is encoded as the category with the most similar name; None disables.
    min_similarity: ClassVar[float | None] = None
    # Minimal cosine similarity at which it is encoded as the category with the most similar pretrained vector.
    min_cosine: ClassVar[float | None] = None
    # Whether unknown categories are an error.
    refuses: ClassVar[bool] = False

    def row(self, rows: npt.NDArray[Any], counts: npt.NDArray[Any]) -> npt.NDArray[Any] | None:
        """Return the vector of unknown categories, or None to keep the learned one.

        Parameters
        ----------
        rows : ndarray of shape (vocabulary_size, dim)
            The vectors of a column by index: missing, unknown, then the categories.
        counts : ndarray of shape (vocabulary_size,)
            Number of training rows of each index.
        """
        return None

    def check(self) -> None:
        """Raise ValueError if a parameter is out of range."""


UNKNOWN_STRATEGIES: Registry[UnknownStrategy] = Registry("strategy for unknown categories")


@UNKNOWN_STRATEGIES.register("learned")
class Learned(UnknownStrategy):
    """The vector that training learned for "unknown" from the cells replaced by category dropout.

    Without category dropout, it is trained only if the training rows have rare categories; otherwise it keeps its
    random initialization.

    Examples
    --------
    >>> Learned()
    Learned()
    """


@UNKNOWN_STRATEGIES.register("mean")
class Mean(UnknownStrategy):
    """The mean of the vectors of the known categories, weighted by their number of rows.

    This is the average vector of the training rows. If no row has a known category, the learned vector is kept.

    Examples
    --------
    >>> Mean().row(np.array([[9.0], [9.0], [1.0], [5.0]]), np.array([7, 7, 3, 1]))
    array([2.])
    """

    def row(self, rows, counts):
        """Return the mean, of the dtype of the rows; None if all counts are zero."""
        # Of a large table, most rows may have no training row; they are not converted to the precision of the weights.
        seen = Vocabulary.FIRST + np.flatnonzero(counts[Vocabulary.FIRST :])
        if not len(seen):
            return None
        weights = np.asarray(counts[seen], np.float64)
        return (weights @ rows[seen] / weights.sum()).astype(rows.dtype)


@UNKNOWN_STRATEGIES.register("error")
class Refuse(UnknownStrategy):
    """No vector: an unknown category is an error, as in ``OneHotEncoder(handle_unknown="error")``.

    Rare categories would be unknown too, so it cannot be combined with ``min_frequency`` and ``max_categories``.

    Examples
    --------
    >>> Refuse().refuses
    True
    """

    refuses = True


@UNKNOWN_STRATEGIES.register("nearest")
class Nearest(UnknownStrategy):
    """The vector of the known category with the most similar name, if it is similar enough.

    For dirty text such as job titles, where "office manager" is informative about "Office manager II". Names are
    compared by character n-grams; see :class:`~tabemb.table.similar_names.SimilarNames`. Texts without a similar name,
    and categories that are not text, use the learned vector. Missing cells keep theirs. Texts that are too rare to be
    a category (``min_frequency``, ``max_categories``) are replaced by the most similar category in training, too.

    Parameters
    ----------
    min_similarity : float, default=0.6
        Minimal similarity of the names, in (0, 1]: 1 for identical n-grams, 0 for none in common.

    Examples
    --------
    >>> Nearest(min_similarity=0.8)
    Nearest(min_similarity=0.8)
    """

    def __init__(self, min_similarity=0.6):
        self.min_similarity = min_similarity

    def check(self):
        """Raise ValueError if ``min_similarity`` is out of range."""
        check_share("min_similarity", self.min_similarity, one=True)


@UNKNOWN_STRATEGIES.register("pretrained")
class NearestWords(UnknownStrategy):
    """The vector of the known category whose pretrained vector is the most similar, if it is similar enough.

    For columns with ``pretrained`` word vectors, all of which are kept and saved with the model, in half precision. A
    text that is not among them is looked up word by word. Texts without a similar category, and other columns, use the
    learned vector.

    Parameters
    ----------
    min_cosine : float, default=0.7
        Minimal cosine similarity of the pretrained vectors, in (0, 1].

    Examples
    --------
    >>> NearestWords(min_cosine=0.8)
    NearestWords(min_cosine=0.8)
    """

    def __init__(self, min_cosine=0.7):
        self.min_cosine = min_cosine

    def check(self):
        """Raise ValueError if ``min_cosine`` is out of range."""
        check_share("min_cosine", self.min_cosine, one=True)


@UNKNOWN_STRATEGIES.register("zero")
class Zero(UnknownStrategy):
    """A vector of zeros: for the next layer, as if the column were absent.

    For a one-hot column this equals ``OneHotEncoder(handle_unknown="ignore")``.

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
    """Which indices of a column were trained, for each member of the network with its own slice of the vectors.

    Parameters
    ----------
    counts : ndarray of int of shape (n_members, vocabulary_size)
        Number of training rows of each index, for each member; a single member if all are trained on the same rows.
    stand_ins : ndarray of int of shape (n_members, vocabulary_size)
        The index whose vector is used for each index: the index itself if it occurs in a row.
    learns_unknown : bool
        Whether training replaced cells by "unknown", so that this vector was learned whatever its count.
    """

    counts: np.ndarray
    stand_ins: np.ndarray
    learns_unknown: bool

    @classmethod
    def together(cls, readers: Sequence["Trained"]) -> "Trained":
        """Combine the columns that share a table: a row is trained if it was trained by any of them."""
        first, *others = readers
        counts, stand_ins = first.counts, first.stand_ins
        for other in others:
            own = np.arange(other.stand_ins.shape[1])
            counts = counts + other.counts
            stand_ins = np.where(other.stand_ins == own, own, stand_ins)
        return cls(counts, stand_ins, any(each.learns_unknown for each in readers))

    def serve(self, rows: np.ndarray, strategy: UnknownStrategy) -> bool:
        """Replace, in place, the vector of unknown categories by the strategy's, and untrained rows by their stand-ins.

        Untrained rows are kept if the vector of unknown categories is itself untrained.

        Parameters
        ----------
        rows : ndarray of shape (vocabulary_size, n_members * width)
            The vectors; each row is the concatenation of the slices of the members.
        strategy : UnknownStrategy
            Determines the vector of unknown categories.

        Returns
        -------
        bool
            Whether any row was replaced.
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
