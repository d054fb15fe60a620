"""Vectors of one fit brought into the space of another."""

from typing import TYPE_CHECKING

import numpy as np

from tabemb.vectors.alignment import rotation, scaling
from tabemb.vectors.drift import Drift, drift_between
from tabemb.vectors.pairing import Pairing
from tabemb.vectors.part import Part

if TYPE_CHECKING:
    from tabemb.vectors.category_vectors import CategoryVectors

__all__ = ["Aligning"]


class Aligning(Part):
    """The part of :class:`~tabemb.vectors.category_vectors.CategoryVectors` that looks at another fit."""

    __slots__ = ()

    def align(self, reference: "CategoryVectors", *, scale: bool = False) -> "CategoryVectors":
        """Return the vectors turned so that those of shared categories come closest to the reference's.

        Each fit has axes of its own, so that numbers of two fits say nothing to each other; what is near what does
        not hang on the axes, and is kept. The turn is orthogonal Procrustes (Schoenemann 1966, "A generalized solution
        of the orthogonal Procrustes problem"), each shared category by its counts
        (:class:`~tabemb.vectors.pairing.Pairing`). The vectors for unknown categories and missing cells are turned
        along.

        Parameters
        ----------
        reference : CategoryVectors
            Vectors of the same length, with categories in common.
        scale : bool, default=False
            Whether all vectors are also made longer or shorter by one factor, that which brings them closest (Gower &
            Dijksterhuis 2004, "Procrustes Problems", chapter 4).

        Returns
        -------
        CategoryVectors
            With the same keys, counts and name.

        Raises
        ------
        DataError
            When no category is shared, the dimensions differ, or one side has vectors of zeros only.

        Warns
        -----
        FewSharedKeysWarning
            When fewer categories are shared than there are dimensions.

        Examples
        --------
        >>> from tabemb import CategoryVectors
        >>> june = CategoryVectors(["JFK", "LGA", "EWR"], [[1.0, 0.0], [0.0, 2.0], [1.0, 1.0]])
        >>> july = CategoryVectors(["LGA", "JFK", "SFO"], [[2.0, 0.0], [0.0, 1.0], [3.0, 0.0]])
        >>> july.align(june).vectors.round(2) + 0.0
        array([[0., 2.],
               [1., 0.],
               [0., 3.]], dtype=float32)
        """
        pairs = Pairing.of(self._itself(), reference)
        rows, onto = pairs.rows(self._itself(), reference)
        turn = rotation(rows, onto, pairs.weights)
        if scale:
            turn = turn * scaling(rows @ turn, onto, pairs.weights)
        turned = [None if row is None else row @ turn for row in (self.unknown, self.missing)]
        return self._with_vectors(self.vectors.astype(np.float64) @ turn, *turned)

    def drift(self, reference: "CategoryVectors", *, scale: bool = False, k: int | None = None) -> Drift:
        """Tell how far each shared category has moved since the reference, after the spaces are aligned.

        As Hamilton, Leskovec & Jurafsky (2016, arXiv:1605.09096, section 2.3) follow the meaning of words over time:
        the cosine of a category's vector with its earlier one, both in one space. The overlap of neighbours needs no
        alignment (Gonen et al. 2020, "Simple, interpretable and stable method for detecting words with usage change
        across corpora"). Fits of the same rows with another seed drift as well: that much is noise, and worth being
        measured beside.

        Parameters
        ----------
        reference : CategoryVectors
            The earlier vectors.
        scale : bool, default=False
            As in :meth:`align`.
        k : int, optional
            How many neighbours are compared; 10, or a quarter of the others where that is less.

        Returns
        -------
        Drift

        Raises
        ------
        DataError
            As for :meth:`align`, and when ``k`` is no number of neighbours among the shared categories.

        Examples
        --------
        >>> from tabemb import CategoryVectors
        >>> june = CategoryVectors(["JFK", "LGA", "EWR"], [[1.0, 0.0], [0.0, 2.0], [1.0, 1.0]])
        >>> july = CategoryVectors(["JFK", "LGA", "SFO"], [[0.0, 1.0], [2.0, 0.0], [3.0, 0.0]])
        >>> moved = july.drift(june)
        >>> moved.new, moved.gone, moved.cosines.round(2)
        (('SFO',), ('EWR',), array([1., 1.]))
        """
        return drift_between(self._itself(), reference, scale=scale, k=k)

    def _itself(self) -> "CategoryVectors":
        whole: CategoryVectors = self  # type: ignore[assignment]
        return whole
