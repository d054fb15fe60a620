"""Matrix factorization of ratings, with biases, by alternating least squares."""

import numpy as np
import numpy.typing as npt
from scipy import sparse

from tabemb.exceptions import DataError
from tabemb.recommend.methods.method import METHODS, RecommendMethod, check_count, check_number, map_of_columns
from tabemb.recommend.observations import Observations
from tabemb.recommend.towers import Towers

__all__ = ["MatrixFactorization"]

Float64s = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]

# The penalties that "auto" tries, on a tenth of the ratings, and how many ratings there must be for it.
PENALTIES = (2.0, 5.0, 10.0, 20.0, 40.0)
HELD_SHARE, FEWEST = 0.1, 100
# Numbers of a block of products of factors; bounds the memory.
BLOCK = 4_000_000
START_SPREAD = 0.1


@METHODS.register("mf")
class MatrixFactorization(RecommendMethod):
    r"""Predicts ratings by their mean, biases of user and item, and the product of their vectors.

    The sum over the ratings of :math:`(r_{ui} - \mu - b_u - b_i - p_u^T q_i)^2`, plus :math:`\lambda (\|p_u\|^2 +
    \|q_i\|^2)` and a penalty of the biases for each user and item, is minimized by solving ridge regressions for all
    users and for all items in turn (Koren et al. 2009, "Matrix factorization techniques for recommender systems",
    equation 5, by alternating least squares; Zhou et al. 2008).

    Parameters
    ----------
    dim : int, default=16
        Number of dimensions.
    penalty : float or "auto", default="auto"
        :math:`\lambda`, in ratings. "auto" chooses 2, 5, 10, 20 or 40 by a tenth of the ratings.
    bias_penalty : float, default=5.0
        Penalty of the biases, in ratings.
    n_sweeps : int, default=15
        Number of times that users and items are solved for.

    Examples
    --------
    >>> import pandas as pd
    >>> from tabemb.recommend import TwoTowerRecommender
    >>> rated = pd.DataFrame({"user": [1, 1, 2, 2, 3], "film": list("ababa"), "stars": [5, 3, 4, 2, 5]})
    >>> recommender = TwoTowerRecommender("user", "film", method="mf", rating="stars", random_state=0).fit(rated)
    >>> recommender.predict(pd.DataFrame({"user": [3], "film": ["b"]})).round(1)
    array([3.6], dtype=float32)
    """

    def __init__(
        self, dim: int = 16, penalty: float | str = "auto", bias_penalty: float = 5.0, n_sweeps: int = 15
    ) -> None:
        self.dim = dim
        self.penalty = penalty
        self.bias_penalty = bias_penalty
        self.n_sweeps = n_sweeps

    @property
    def rates(self) -> bool:
        """True."""
        return True

    def check(self) -> None:
        """Raise a ValueError if a parameter is out of range."""
        check_count("dim", self.dim)
        check_count("n_sweeps", self.n_sweeps)
        check_number("bias_penalty", self.bias_penalty, "a positive number", least=0.0, included=False)
        if self.penalty != "auto":
            check_number("penalty", self.penalty, "a positive number or 'auto'", least=0.0, included=False)

    def fit(self, observations: Observations, seed: int, *, verbose: int = 0) -> Towers:
        """Return the vectors and biases of users and items."""
        self.check()
        if observations.ratings is None:
            raise DataError("The method 'mf' predicts ratings, and there are none.")
        ratings = observations.ratings.astype(np.float64)
        mean = observations.mean_rating
        penalty = self._chosen(observations, ratings, seed) if self.penalty == "auto" else float(self.penalty)
        rows = np.arange(len(ratings))
        factors = self._factors(observations, ratings - mean, rows, penalty, seed)
        (users, user_biases), (items, item_biases) = (_parts(each) for each in factors)
        return Towers(
            users=users,
            items=items,
            user_biases=user_biases,
            item_biases=item_biases,
            offset=mean,
            user_map=map_of_columns(observations.users, users, user_biases),
            item_map=map_of_columns(observations.items, items, item_biases),
        )

    def _chosen(self, observations: Observations, ratings: Float64s, seed: int) -> float:
        """Return the penalty with the smallest error of held-out ratings."""
        if len(ratings) < FEWEST:
            return PENALTIES[2]
        order = np.random.default_rng(seed).permutation(len(ratings))
        n_held = round(HELD_SHARE * len(ratings))
        held, kept = np.sort(order[:n_held]), np.sort(order[n_held:])
        weights = None if observations.weights is None else observations.weights[kept]
        mean = float(np.average(ratings[kept], weights=weights))
        errors = []
        for penalty in PENALTIES:
            users, items = self._factors(observations, ratings - mean, kept, penalty, seed)
            one, other = users[observations.user_rows[held]], items[observations.item_rows[held]]
            found = mean + (one[:, :-1] * other[:, :-1]).sum(axis=1) + one[:, -1] + other[:, -1]
            errors.append(float(np.mean((found - ratings[held]) ** 2)))
        return PENALTIES[int(np.argmin(errors))]

    def _factors(
        self, observations: Observations, centered: Float64s, rows: Ints, penalty: float, seed: int
    ) -> tuple[Float64s, Float64s]:
        """Return vectors and biases, side by side, of users and of items, from some of the ratings."""
        n_users, n_items = observations.matrix.matrix.shape
        weights = np.ones(len(rows)) if observations.weights is None else observations.weights[rows].astype(np.float64)
        where = observations.user_rows[rows], observations.item_rows[rows]
        counts = sparse.csr_array((weights, where), shape=(n_users, n_items))
        sums = sparse.csr_array((weights * centered[rows], where), shape=(n_users, n_items))
        by_item = sparse.csr_array(counts.T), sparse.csr_array(sums.T)
        penalties = np.append(np.full(self.dim, penalty), float(self.bias_penalty))
        users, items = np.zeros((n_users, self.dim + 1)), np.zeros((n_items, self.dim + 1))
        items[:, :-1] = np.random.default_rng(seed).normal(0, START_SPREAD, (n_items, self.dim))
        for _ in range(self.n_sweeps):
            users = _solved(counts, sums, items, penalties)
            items = _solved(*by_item, users, penalties)
        return users, items


def _parts(factors: Float64s) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Return vectors and biases."""
    numbers = factors.astype(np.float32)
    return numbers[:, :-1].copy(), numbers[:, -1].copy()


def _solved(counts: sparse.csr_array, sums: sparse.csr_array, factors: Float64s, penalties: Float64s) -> Float64s:
    """Return the ridge regressions of all users, given vectors and biases of the items; or the other way round.

    Parameters
    ----------
    counts, sums : csr_array of shape (n, n_others)
        Total weight of the ratings of each pair, and their weighted sum without the mean.
    factors : ndarray of shape (n_others, dim + 1)
        Vectors, and biases in the last column.
    penalties : ndarray of shape (dim + 1,)
        Ridge penalties of the dimensions and of the bias.
    """
    n, width = counts.shape[0], factors.shape[1]
    rows, biases = factors.copy(), factors[:, -1:]
    rows[:, -1] = 1.0
    # The products of all pairs of dimensions, whose sums over the ratings of a user are the Gram matrix.
    one, other = np.triu_indices(width)
    products = rows[:, one] * rows[:, other]
    found = np.zeros((n, width))
    n_rows = max(1, BLOCK // width**2)
    for first in range(0, n, n_rows):
        part = slice(first, first + n_rows)
        its = counts[part]
        flat = its @ products
        grams = np.empty((len(flat), width, width))
        grams[:, one, other] = flat
        grams[:, other, one] = flat
        sides = sums[part] @ rows - its @ (biases * rows)
        found[part] = np.linalg.solve(grams + np.diag(penalties), sides[:, :, None])[:, :, 0]
    return found
