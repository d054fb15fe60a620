"""The categories that two sets of vectors have in common, and how much each of them says."""

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from tabemb.exceptions import DataError
from tabemb.vectors.part import Part

if TYPE_CHECKING:
    from tabemb.vectors.category_vectors import CategoryVectors

__all__ = ["FewSharedKeysWarning", "Pairing"]

FloatArray = npt.NDArray[np.floating[Any]]


class FewSharedKeysWarning(UserWarning):
    """Two sets of vectors share fewer categories than they have dimensions."""


@dataclass(frozen=True, slots=True, eq=False)
class Pairing:
    """The rows of two sets of vectors that are those of the same category.

    Parameters
    ----------
    own, reference : array of int of shape (n_shared,)
        Their rows, in the order of the first set.
    weights : array of float64 of shape (n_shared,)
        How much each pair counts. Two means over n and m rows of data differ by chance with a variance that goes by
        ``1 / n + 1 / m``, and the weight is the inverse of that; the count itself where one side has counts, and 1
        where neither has.
    """

    own: npt.NDArray[np.intp]
    reference: npt.NDArray[np.intp]
    weights: npt.NDArray[np.float64]

    @classmethod
    def of(cls, own: "CategoryVectors", reference: "CategoryVectors") -> "Pairing":
        """Find the shared categories.

        Raises
        ------
        DataError
            When there is none, or none that both have seen, or the reference is something else.

        Examples
        --------
        >>> from tabemb import CategoryVectors
        >>> old = CategoryVectors(["JFK", "LGA"], [[1.0], [2.0]], counts=[6, 3])
        >>> pairs = Pairing.of(CategoryVectors(["SFO", "JFK"], [[3.0], [1.0]], counts=[5, 3]), old)
        >>> pairs.own, pairs.reference, pairs.weights
        (array([1]), array([0]), array([2.]))
        """
        if not isinstance(reference, Part):
            raise DataError(f"The reference is CategoryVectors of another fit; got {type(reference).__name__}.")
        theirs = reference.key_to_index
        rows = [(row, theirs[key]) for row, key in enumerate(own) if key in theirs]
        if not rows:
            raise DataError(
                f"{own._owner()} shares no category with the reference{_examples(own, reference)}. Vectors of one "
                "column, or of columns with the same categories and the same types of keys, can be aligned."
            )
        mine, its = np.array(rows, dtype=np.intp).T
        weights = _weights(
            None if own.counts is None else own.counts[mine],
            None if reference.counts is None else reference.counts[its],
            len(rows),
        )
        if not weights.any():
            raise DataError(
                f"{own._owner()} and the reference share {len(rows):,} categories, and none of them has a row of data "
                "on both sides by its counts. Leave the counts out where they mean something else."
            )
        return cls(mine, its, weights)

    def __len__(self) -> int:
        return len(self.own)

    def rows(self, own: "CategoryVectors", reference: "CategoryVectors") -> tuple[FloatArray, FloatArray]:
        """Return the shared vectors of both sides, float64, ready to be aligned.

        Raises
        ------
        DataError
            When dimensions differ, or one side has nothing but zeros.

        Warns
        -----
        FewSharedKeysWarning
            When fewer categories are shared than there are dimensions.
        """
        if own.dim != reference.dim:
            raise DataError(
                f"{own._owner()} has vectors of {own.dim} numbers and the reference has {reference.dim}; only vectors "
                f"of one length can be aligned. Fit both with embedding_dim={reference.dim}, or with a mapping from "
                "each column to its number of dimensions."
            )
        pair = own.vectors[self.own].astype(np.float64), reference.vectors[self.reference].astype(np.float64)
        seen = self.weights > 0
        for side, whose in zip(pair, (own._owner(), "The reference"), strict=True):
            if not side[seen].any():
                raise DataError(
                    f"{whose} has vectors of zeros for all {int(seen.sum()):,} shared categories; there is no "
                    "direction to align by."
                )
        if seen.sum() < own.dim:
            warnings.warn(
                f"{own._owner()} and the reference share {int(seen.sum()):,} categories with rows, fewer than their "
                f"{own.dim} dimensions: the turn fits them too well, and in the directions that they leave open "
                "nothing is turned. Fit both with fewer dimensions, or on data that have more categories in common.",
                FewSharedKeysWarning,
                stacklevel=3,
            )
        return pair


def _weights(own: Any, reference: Any, n: int) -> npt.NDArray[np.float64]:
    known = [np.asarray(counts, np.float64) for counts in (own, reference) if counts is not None]
    if len(known) < 2:
        return known[0] if known else np.ones(n)
    one, two = known
    together: npt.NDArray[np.float64] = one * two / np.maximum(one + two, 1)
    return together


def _examples(own: "CategoryVectors", reference: "CategoryVectors") -> str:
    if not len(own) or not len(reference):
        return ", since one of them has no category"
    one, two = own.index_to_key[0], reference.index_to_key[0]
    return f": its keys are such as {one!r} ({type(one).__name__}), the reference's {two!r} ({type(two).__name__})"
