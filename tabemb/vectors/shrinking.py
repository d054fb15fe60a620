"""What a column's vectors know of their own uncertainty: shrinkage by count, and a number for each category."""

import numbers
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from tabemb.exceptions import DataError
from tabemb.vectors.part import Part
from tabemb.vectors.random_effects import RandomEffects, shrunk

if TYPE_CHECKING:
    from tabemb.vectors.category_vectors import CategoryVectors

__all__ = ["Shrinking"]


class Shrinking(Part):
    """The part of :class:`~tabemb.vectors.category_vectors.CategoryVectors` that looks at counts."""

    __slots__ = ()

    def shrink(self, k: float | str = "auto") -> "CategoryVectors":
        """Return the vectors pulled to their count-weighted mean: of a category of n rows, n / (n + k) is left.

        Parameters
        ----------
        k : float or "auto", default="auto"
            How many rows the prior, that categories are all the same, is worth; 0 leaves the vectors as they are.
            "auto" estimates it from the vectors and their counts (empirical Bayes; see
            :class:`~tabemb.vectors.random_effects.RandomEffects`). It is 0 where rare categories lie no further from
            the mean than frequent ones, as after a training that has shrunk them already.

        Returns
        -------
        CategoryVectors
            With the same keys and counts; the vectors for unknown categories and missing cells stay as they are.

        Raises
        ------
        DataError
            When there are no counts, or ``k`` is neither "auto" nor a number of 0 or more.

        Examples
        --------
        >>> from tabemb import CategoryVectors
        >>> vectors = CategoryVectors(["JFK", "LGA"], [[0.0, 2.0], [4.0, 2.0]], counts=[3, 1])
        >>> vectors.shrink(1).vectors
        array([[0.25, 2.  ],
               [2.5 , 2.  ]], dtype=float32)
        """
        effects = self._effects(k)
        if self.counts is None or not len(self) or effects.k == 0 or (k == "auto" and effects.already):
            return self._with_vectors(self.vectors)
        return self._with_vectors(shrunk(self.vectors, self.counts, effects.k))

    def uncertainty(self, k: float | str = "auto") -> npt.NDArray[np.float64]:
        """Return how uncertain each vector is: the posterior standard deviation of one of its entries.

        In the units of the vectors: ``sqrt(variance * k / (n + k))`` for a category of n rows, where ``variance`` is
        that of categories around their mean. It falls with the count, from the spread of categories, for one without
        rows, towards 0.

        Parameters
        ----------
        k : float or "auto", default="auto"
            How many rows the prior is worth; "auto" estimates it as :meth:`shrink` does, also where the vectors were
            shrunk already.

        Returns
        -------
        ndarray of float64 of shape (n,)
            0 for all that have rows where ``k`` is 0: then the counts say nothing.

        Raises
        ------
        DataError
            As for :meth:`shrink`.

        Examples
        --------
        >>> from tabemb import CategoryVectors
        >>> vectors = CategoryVectors(["JFK", "LGA", "SFO"], [[0.0], [2.0], [-2.0]], counts=[60, 2, 2])
        >>> vectors.uncertainty(k=2).round(2)
        array([0.21, 0.82, 0.82])
        """
        effects = self._effects(k)
        return np.zeros(0) if self.counts is None or not len(self) else effects.uncertainty(self.counts)

    def _effects(self, k: float | str) -> RandomEffects:
        given = isinstance(k, numbers.Real) and not isinstance(k, bool) and 0 <= k < np.inf
        if not given and not (isinstance(k, str) and k == "auto"):
            raise DataError(f"k is 'auto' or a number of rows, 0 or more; got {k!r}.")
        if self.counts is None:
            raise DataError(f"The vectors of column {self.name!r} came without counts, and shrinkage goes by them.")
        if not len(self):
            return RandomEffects(0.0, 0.0, False)
        number: Any = k
        return RandomEffects.of(self.vectors, self.counts, float(number) if given else None)
