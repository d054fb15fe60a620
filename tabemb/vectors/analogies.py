"""Analogies: a is to b as c is to ..."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from tabemb.registry import Registry
from tabemb.vectors.search import Search
from tabemb.vectors.similarity import multiplied, top, unit_mean

__all__ = ["ANALOGIES", "AnalogyMethod", "CosAdd", "CosMul", "best_analogies"]

Float32s = npt.NDArray[np.float32]
Float64s = npt.NDArray[np.float64]


class AnalogyMethod(ABC):
    """A way to score how well a category completes "a is to b as c is to ..."."""

    @abstractmethod
    def scores(self, search: Search, a: Float64s, b: Float64s, c: Float64s) -> Float64s:
        """Return the score of each row, highest best; a, b and c have the shape (dim,)."""


ANALOGIES: Registry[AnalogyMethod] = Registry("analogy method")


@ANALOGIES.register("add")
class CosAdd(AnalogyMethod):
    """The cosine with b - a + c, each scaled to length one (3CosAdd; Levy & Goldberg, 2014, equation 2).

    Examples
    --------
    >>> from tabemb import CategoryVectors
    >>> vectors = CategoryVectors(["man", "woman", "king", "queen"], [[1, 0, 0], [1, 1, 0], [1, 0, 1], [1, 1, 1]])
    >>> vectors.analogy("man", "king", "woman", topn=1, method=CosAdd())[0][0]
    'queen'
    """

    def scores(self, search: Search, a: Float64s, b: Float64s, c: Float64s) -> Float64s:  # noqa: D102
        return search.scores(np.asarray(unit_mean(np.stack([b, c]), a[None]), np.float64))


@ANALOGIES.register("multiply")
class CosMul(AnalogyMethod):
    """The cosine with b times that with c, divided by that with a (3CosMul; Levy & Goldberg, 2014, equation 4).

    Cosines are shifted to [0, 1], and 0.001 is added to the divisor; see
    :func:`~tabemb.vectors.similarity.multiplied`.

    Examples
    --------
    >>> from tabemb import CategoryVectors
    >>> vectors = CategoryVectors(["man", "woman", "king", "queen"], [[1, 0, 0], [1, 1, 0], [1, 0, 1], [1, 1, 1]])
    >>> vectors.analogy("man", "king", "woman", topn=1, method=CosMul())[0][0]
    'queen'
    """

    def scores(self, search: Search, a: Float64s, b: Float64s, c: Float64s) -> Float64s:  # noqa: D102
        return np.asarray(multiplied(*(search.scores(each) for each in (a, b, c))), np.float64)


def best_analogies(
    search: Search,
    method: AnalogyMethod,
    items: Float32s,
    topn: int,
    *,
    without: Sequence[int] = (),
    allowed: npt.NDArray[np.bool_] | None = None,
) -> tuple[npt.NDArray[np.intp], Float64s]:
    """Return the rows that best complete an analogy, best first, and their scores.

    The search is by cosine. ``items``, of shape (3, dim), are a, b and c; rows ``without`` are excluded, and only
    ``allowed`` ones may be results.
    """
    scores = method.scores(search, *items.astype(np.float64))
    rows = np.arange(len(scores)) if allowed is None else np.flatnonzero(allowed)
    rows = rows[~np.isin(rows, without)]
    best = rows[top(scores[rows], topn)]
    return best, scores[best]
