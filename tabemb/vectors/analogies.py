"""Analogies: what is to c as b is to a."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from tabemb.exceptions import DataError
from tabemb.registry import Registry
from tabemb.vectors.querying import Querying, is_several, is_vector
from tabemb.vectors.search import Search, checked_topn
from tabemb.vectors.similarity import multiplied, top, unit_mean

__all__ = ["ANALOGIES", "Add", "Analogies", "AnalogyMethod", "Multiply"]

Float64s = npt.NDArray[np.float64]


class AnalogyMethod(ABC):
    """A way to tell how well a category answers "a is to b as c is to it"."""

    @abstractmethod
    def scores(self, search: Search, a: Float64s, b: Float64s, c: Float64s) -> Float64s:
        """Return the score of each row, the best the highest; a, b and c have the shape (dim,)."""


ANALOGIES: Registry[AnalogyMethod] = Registry("analogy method")


@ANALOGIES.register("add")
class Add(AnalogyMethod):
    """The cosine with b - a + c, of the directions of each (3CosAdd; Levy & Goldberg, 2014, equation 2).

    Examples
    --------
    >>> from tabemb import CategoryVectors
    >>> vectors = CategoryVectors(["man", "woman", "king", "queen"], [[1, 0, 0], [1, 1, 0], [1, 0, 1], [1, 1, 1]])
    >>> vectors.analogy("man", "king", "woman", topn=1, method=Add())[0][0]
    'queen'
    """

    def scores(self, search: Search, a: Float64s, b: Float64s, c: Float64s) -> Float64s:  # noqa: D102
        return search.scores(np.asarray(unit_mean(np.stack([b, c]), a[None]), np.float64))


@ANALOGIES.register("multiply")
class Multiply(AnalogyMethod):
    """The cosine with b times that with c, over that with a (3CosMul; Levy & Goldberg, 2014, equation 4).

    Cosines are shifted to [0, 1], and 0.001 is added to the divisor; see
    :func:`~tabemb.vectors.similarity.multiplied`.

    Examples
    --------
    >>> from tabemb import CategoryVectors
    >>> vectors = CategoryVectors(["man", "woman", "king", "queen"], [[1, 0, 0], [1, 1, 0], [1, 0, 1], [1, 1, 1]])
    >>> vectors.analogy("man", "king", "woman", topn=1, method=Multiply())[0][0]
    'queen'
    """

    def scores(self, search: Search, a: Float64s, b: Float64s, c: Float64s) -> Float64s:  # noqa: D102
        return np.asarray(multiplied(*(search.scores(each) for each in (a, b, c))), np.float64)


class Analogies(Querying):
    """The part of :class:`~tabemb.vectors.category_vectors.CategoryVectors` that answers analogies."""

    __slots__ = ()

    def analogy(
        self,
        a: Any,
        b: Any,
        c: Any,
        topn: int = 10,
        method: str | AnalogyMethod = "add",
        *,
        min_count: int | None = None,
        where: Callable[[Any], object] | None = None,
    ) -> list[tuple[Any, float]]:
        """Complete "a is to b as c is to ...": find what lies where **b - a + c** points.

        So b and c count as positive, and a as negative: what is written "king - man + woman" is
        ``analogy("man", "king", "woman")``, man is to king as woman is to queen.

        Parameters
        ----------
        a, b, c : key or vector
            A vector is a float array of shape (dim,). The keys themselves are not among the answers.
        topn : int, default=10
            How many; fewer come where the column has fewer, or the filters leave fewer.
        method : {"add", "multiply"} or AnalogyMethod, default="add"
            ``"add"``: the cosine with the sum of the directions of b and c less that of a (3CosAdd), the same as
            ``most_similar([b, c], negative=[a])``. ``"multiply"``: with cosines shifted to [0, 1], that with b times
            that with c, over that with a plus 0.001 (3CosMul), in which no one term outweighs the others; it was
            better in the paper. Both: Levy & Goldberg (2014), "Linguistic regularities in sparse and explicit word
            representations", equations 2 and 4.
        min_count, where
            Which categories may be answers; as for ``most_similar``.

        Returns
        -------
        list of (key, score)
            The best first; among equal ones the more frequent first. A vector of zeros has cosine 0 to all.

        Raises
        ------
        UnknownKeyError
            When a key is not in the column; near keys are named.
        UnknownNameError
            When there is no such method.
        DataError
            When a, b or c is a list, ``topn`` is below 1, or the filters leave no category.

        Examples
        --------
        >>> from tabemb import CategoryVectors
        >>> vectors = CategoryVectors(["man", "woman", "king", "queen"], [[1, 0, 0], [1, 1, 0], [1, 0, 1], [1, 1, 1]])
        >>> [(key, round(score, 2)) for key, score in vectors.analogy("man", "king", "woman")]
        [('queen', 0.98)]
        """
        topn, kind = checked_topn(topn), ANALOGIES.resolve(method)
        for each in (a, b, c):
            if is_several(each) and not is_vector(each):
                raise DataError(
                    f"analogy takes one key or vector for each of a, b and c; got {each!r}. "
                    "most_similar(positive, negative) takes several."
                )
        items = self._items([a, b, c])
        allowed = self._allowed(min_count, where)
        scores = kind.scores(self._searched("cosine"), *items.vectors.astype(np.float64))
        rows = np.arange(len(self)) if allowed is None else np.flatnonzero(allowed)
        rows = rows[~np.isin(rows, items.rows)]
        best = rows[top(scores[rows], topn)]
        return self._answers(best, scores[best])
