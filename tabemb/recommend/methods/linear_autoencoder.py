"""Linear autoencoder of low rank, in closed form."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.utils.extmath import randomized_svd

from tabemb.exceptions import DataError
from tabemb.recommend.interactions import recency
from tabemb.recommend.methods.method import METHODS, RecommendMethod, check_count, check_number, map_of_columns
from tabemb.recommend.observations import Observations
from tabemb.recommend.towers import Towers

__all__ = ["LinearAutoencoder"]

Float32s = npt.NDArray[np.float32]

# The penalties that "auto" tries, times the mean number of interactions of a user, and the weights of columns.
FACTORS = (0.1, 0.2, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
WEIGHTS = (0.0, 1.0, 3.0, 10.0)
# The half-lives of interactions that are tried if times are known.
HALF_LIVES = (2.0, 5.0, 10.0, 20.0, 50.0)
# "auto" hides a fifth of the interactions of at most so many users.
MOST_USERS = 5_000
HIDDEN = 0.2
TOP = 10
# Scores of items that differ by less than this, relative to the lengths of the vectors, differ by rounding only, and so
# do mean nDCGs. What is chosen would otherwise depend on the processor.
TIED_ITEMS, TIED_NDCG = 1e-5, 1e-9


@METHODS.register("linear_autoencoder")
class LinearAutoencoder(RecommendMethod):
    r"""Reconstructs the items of a user from themselves, by a matrix of low rank with a ridge penalty. The default.

    With interactions :math:`X`, the matrix :math:`W` of rank ``dim`` that minimizes
    :math:`\|X - X W\|^2 + \lambda \|W\|^2` is :math:`V \, \mathrm{diag}(\sigma_i^2 / (\sigma_i^2 + \lambda)) \, V^T`,
    where :math:`\sigma_i` and :math:`V` are the largest singular values of :math:`X` and their right singular vectors
    (Jin et al. 2021, "Towards a better understanding of linear models for recommendation", arXiv:2105.12937, theorem 1;
    without the penalty it is PureSVD, Cremonesi et al. 2010). The vectors of items are the rows of
    :math:`V \, \mathrm{diag}(\sigma_i / \sqrt{\sigma_i^2 + \lambda})`, as in ELSA (Vančura et al. 2022), which learns
    vectors of the same form by gradient. That of a user is the sum of those of the items, so new users need no fit.
    Unlike EASE (Steck 2019, arXiv:1905.03375) it needs no matrix of all pairs of items.

    Columns of items are further rows of :math:`X`: each feature counts as a user who has seen the items that have it
    (as in CEASE, Jeunen et al. 2020, "Closed-form models for collaborative filtering with side-information"). Items
    and users that are known by their columns only get the vector that a ridge regression predicts from them.

    Parameters
    ----------
    dim : int, default=128
        Number of dimensions; fewer if there are fewer users or items.
    penalty : float or "auto", default="auto"
        :math:`\lambda`. "auto" hides a fifth of the interactions of up to 5,000 users, the last ones with times,
        and takes the number that finds most of them again (nDCG of ten items).
    item_weight : float or "auto", default="auto"
        Weight of the features of items, where the interactions have 1; 0 uses them for new items only. "auto" chooses
        0, 1, 3 or 10 with the penalty.

    Notes
    -----
    If times are known, it also finds out how much more recent interactions should count in the vectors of users, with
    the vectors that were learned without the hidden interactions (``half_life="auto"`` of the recommender). Half-lives
    of 2, 5, 10, 20 and 50 interactions are tried; the best one has to be better than none by a standard error.

    Examples
    --------
    >>> import pandas as pd
    >>> from tabemb.recommend import TwoTowerRecommender
    >>> seen = pd.DataFrame({"user": [1, 1, 2, 2, 3, 3, 4, 4], "item": list("ababcdcd")})
    >>> recommender = TwoTowerRecommender("user", "item", method=LinearAutoencoder(dim=2, penalty=1.0)).fit(seen)
    >>> recommender.item_vectors_.most_similar("a", topn=1)[0][0]
    'b'
    """

    def __init__(self, dim: int = 128, penalty: float | str = "auto", item_weight: float | str = "auto") -> None:
        self.dim = dim
        self.penalty = penalty
        self.item_weight = item_weight

    def check(self) -> None:
        """Raise a ValueError if a parameter is out of range."""
        check_count("dim", self.dim)
        if self.penalty != "auto":
            check_number("penalty", self.penalty, "a positive number or 'auto'", least=0.0, included=False)
        if self.item_weight != "auto":
            check_number("item_weight", self.item_weight, "a number of at least 0 or 'auto'", least=0.0)

    def fit(self, observations: Observations, seed: int, *, verbose: int = 0) -> Towers:
        """Return the vectors of users and items."""
        self.check()
        matrix = observations.matrix.matrix
        features = None if observations.items is None else observations.items.features
        places = observations.last_places
        penalty, weight, half_life = self._chosen(matrix, features, seed, places, observations.half_life)
        values, vectors = self._decomposed(_stacked(matrix, features, weight), seed)
        items = _scaled(values, vectors, penalty)
        users = np.asarray(matrix @ items, np.float32)
        return Towers(
            users=users,
            items=items,
            is_sum=True,
            half_life=half_life,
            user_map=map_of_columns(observations.users, users),
            item_map=map_of_columns(observations.items, items),
        )

    def _decomposed(self, matrix: sparse.csr_array, seed: int) -> tuple[Float32s, Float32s]:
        """Return the largest singular values, and the right singular vectors as columns."""
        dim = min(self.dim, *matrix.shape)
        _, values, vectors = randomized_svd(matrix, dim, n_iter=6, random_state=seed)
        return values.astype(np.float32), vectors.T.astype(np.float32)

    def _chosen(
        self,
        matrix: sparse.csr_array,
        features: sparse.csr_array | None,
        seed: int,
        places: npt.NDArray[np.intp] | None = None,
        half_life: float | str | None = "auto",
    ) -> tuple[float, float, float | None]:
        """Return the penalty, the weight of columns, and the half-life that find most hidden interactions."""
        size = float(matrix.sum()) / matrix.shape[0]
        penalties = [each * size for each in FACTORS] if self.penalty == "auto" else [float(self.penalty)]
        weights: Sequence[float] = WEIGHTS if self.item_weight == "auto" else [float(self.item_weight)]
        if features is None:
            weights = [0.0]
        known = None if isinstance(half_life, str) or places is None else half_life
        finds_out = half_life == "auto" and places is not None and bool((np.diff(matrix.indptr) >= 2).any())
        if len(penalties) == len(weights) == 1 and not finds_out:
            return penalties[0], weights[0], known
        hidden = _Hidden.of(matrix, seed, places)

        def tried(values: Float32s, vectors: Float32s, half_life: float | None) -> tuple[float, float]:
            scores = [float(hidden.ndcg(_scaled(values, vectors, each), half_life).mean()) for each in penalties]
            best = next(place for place, each in enumerate(scores) if each > max(scores) - TIED_NDCG)
            return scores[best], penalties[best]

        found: tuple[float, float, float, tuple[Float32s, Float32s]] | None = None
        for weight in weights:
            decomposed = self._decomposed(_stacked(hidden.kept, features, weight), seed)
            score, penalty = tried(*decomposed, known)
            if found is None or score > found[0] + TIED_NDCG:
                found = score, penalty, weight, decomposed
        assert found is not None
        _, penalty, weight, decomposed = found
        if finds_out and (known := hidden.half_life(_scaled(*decomposed, penalty))) is not None:
            # Fewer interactions count then, so another penalty may be better.
            _, penalty = tried(*decomposed, known)
        return penalty, weight, known


@dataclass(frozen=True, eq=False)
class _Hidden:
    """Interactions of which some are hidden, to be found again: the last ones of users if times are known."""

    kept: sparse.csr_array
    wanted: sparse.csr_array
    users: npt.NDArray[np.intp]
    # Places in time of the interactions that are kept.
    places: npt.NDArray[np.intp] | None

    @classmethod
    def of(cls, matrix: sparse.csr_array, seed: int, places: npt.NDArray[np.intp] | None = None) -> Self:
        rng = np.random.default_rng(seed)
        sizes = np.diff(matrix.indptr)
        users = np.flatnonzero(sizes >= 2)
        if not len(users):
            raise DataError(
                "'auto' hides some interactions of users and looks for them, so some user needs two or more; here each "
                "has one. Give numbers, such as method={'name': 'linear_autoencoder', 'penalty': 1.0, "
                "'item_weight': 1.0}."
            )
        chosen = np.sort(rng.permutation(users)[:MOST_USERS])
        # Each of them keeps at least one interaction and has at least one hidden.
        draws, rows = (
            rng.random(matrix.nnz) if places is None else -places,
            np.repeat(np.arange(matrix.shape[0]), sizes),
        )
        order = np.lexsort((draws, rows))
        rank = np.empty(matrix.nnz, np.int64)
        rank[order] = np.arange(matrix.nnz) - np.repeat(matrix.indptr[:-1], sizes)
        n_hidden = np.zeros(matrix.shape[0], np.int64)
        n_hidden[chosen] = np.maximum(1, (HIDDEN * sizes[chosen]).astype(np.int64))
        is_hidden = rank < n_hidden[rows]
        parts = [
            sparse.csr_array((data, (rows[mask], matrix.indices[mask])), shape=matrix.shape)
            for mask, data in (
                (~is_hidden, matrix.data[~is_hidden]),
                (is_hidden, np.ones(int(is_hidden.sum()), np.float32)),
            )
        ]
        return cls(parts[0], parts[1], chosen, None if places is None else places[~is_hidden])

    def half_life(self, items: Float32s) -> float | None:
        """Return the best half-life, or None unless it is better than none by a standard error over the users.

        Where order tells nothing, a half-life only wastes interactions, so chance seldom chooses one that matters: with
        the times of MovieLens shuffled, all were worse than none by 3 to 20 standard errors.
        """
        scores = {each: self.ndcg(items, each) for each in (None, *HALF_LIVES)}
        best = max(HALF_LIVES, key=lambda each: float(scores[each].mean()))
        gains = scores[best] - scores[None]
        return best if gains.mean() > gains.std() / np.sqrt(len(gains)) else None

    def ndcg(self, items: Float32s, half_life: float | None = None) -> npt.NDArray[np.float64]:
        """Return how well the vectors of items find what is hidden of each user; items with one score share places."""
        known, wanted, weighted = self.kept[self.users], self.wanted[self.users], self.kept
        if half_life is not None and self.places is not None:
            rows = np.repeat(np.arange(self.kept.shape[0]), np.diff(self.kept.indptr))
            data = self.kept.data * recency(rows, self.places, half_life)
            weighted = sparse.csr_array((data, self.kept.indices, self.kept.indptr), shape=self.kept.shape)
        towers = Towers(users=np.asarray(weighted[self.users] @ items, np.float32), items=items)
        # The best ones beyond the top may have the score of the last in it.
        found, scores = towers.top(towers.users, 2 * TOP, known)
        rows = np.arange(len(found))[:, None]
        hits = np.asarray(wanted[rows, np.maximum(found, 0)].todense()) * (found >= 0)
        discounts = 1 / np.log2(np.arange(2, found.shape[1] + 2))
        ideal = np.cumsum(discounts)[np.minimum(np.diff(wanted.indptr), min(TOP, len(items))) - 1]
        discounts[TOP:] = 0
        size = np.linalg.norm(towers.users, axis=1, keepdims=True) * np.linalg.norm(items, axis=1).max()
        shared = _means_of_ties(discounts, scores, TIED_ITEMS * size)
        return np.asarray((hits * shared).sum(axis=1) / ideal, np.float64)


def _means_of_ties(
    discounts: npt.NDArray[np.float64], scores: Float32s, tolerance: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Return the discount of each place of each row, averaged over the places whose scores are equal.

    Examples
    --------
    >>> scores = np.array([[3.0, 2.0, 2.0], [1.0, 1.0, -np.inf]])
    >>> _means_of_ties(np.array([1.0, 0.5, 0.0]), scores, np.full((2, 1), 0.1))
    array([[1.  , 0.25, 0.25],
           [0.75, 0.75, 0.  ]])
    """
    n_rows, width = scores.shape
    drops = np.ones(scores.shape, bool)
    drops[:, 1:] = ~(scores[:, 1:] >= scores[:, :-1] - tolerance)
    group = np.cumsum(drops.ravel()) - 1
    sums = np.bincount(group, weights=np.tile(discounts, n_rows))
    means: npt.NDArray[np.float64] = (sums / np.bincount(group))[group].reshape(n_rows, width)
    return means


def _stacked(matrix: sparse.csr_array, features: sparse.csr_array | None, weight: float) -> sparse.csr_array:
    """Return the interactions with a further row for each feature of items."""
    if features is None or not weight:
        return matrix
    return sparse.csr_array(sparse.vstack([matrix, features.T.astype(np.float32) * np.float32(weight)]))


def _scaled(values: Float32s, vectors: Float32s, penalty: float) -> Float32s:
    scaled: Float32s = vectors * (values / np.sqrt(values**2 + penalty)).astype(np.float32)
    return scaled
