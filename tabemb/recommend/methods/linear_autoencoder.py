"""Linear autoencoder of low rank, in closed form."""

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.utils.extmath import randomized_svd

from tabemb.exceptions import DataError
from tabemb.recommend.interactions import InteractionMatrix
from tabemb.recommend.methods.method import METHODS, FactorizationMethod, ItemFactors

__all__ = ["LinearAutoencoder"]

# The weights that "auto" tries, times the mean number of interactions of a user.
FACTORS = (0.1, 0.2, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
# "auto" hides a fifth of the interactions of at most so many users.
MOST_USERS = 5_000
HIDDEN = 0.2
TOP = 10


@METHODS.register("linear_autoencoder")
class LinearAutoencoder(FactorizationMethod):
    r"""Reconstructs the items of a user from themselves, by a matrix of low rank with a ridge penalty.

    With interactions :math:`X`, the matrix :math:`W` of rank ``dim`` that minimizes
    :math:`\|X - X W\|^2 + \lambda \|W\|^2` is :math:`V \, \mathrm{diag}(\sigma_i^2 / (\sigma_i^2 + \lambda)) \, V^T`,
    where :math:`\sigma_i` and :math:`V` are the largest singular values of :math:`X` and their right singular vectors
    (Jin et al. 2021, "Towards a better understanding of linear models for recommendation", arXiv:2105.12937, theorem 1;
    without the penalty it is PureSVD, Cremonesi et al. 2010). The vectors of items are the rows of
    :math:`V \, \mathrm{diag}(\sigma_i / \sqrt{\sigma_i^2 + \lambda})`. Unlike EASE (Steck 2019, arXiv:1905.03375) it
    needs no matrix of all pairs of items.

    Parameters
    ----------
    dim : int, default=128
        Number of dimensions; fewer if there are fewer users or items.
    penalty : float or "auto", default="auto"
        :math:`\lambda`. "auto" hides a fifth of the interactions of up to 5,000 users, and takes the number that finds
        most of them again (nDCG of ten items).

    Examples
    --------
    >>> import pandas as pd
    >>> seen = pd.DataFrame({"user": [1, 1, 2, 2, 3, 3, 4, 4], "item": list("ababcdcd")})
    >>> interactions = InteractionMatrix.read(seen, user="user", item="item")
    >>> LinearAutoencoder(dim=2, penalty=1.0).fit(interactions, seed=0).vectors.shape
    (4, 2)
    """

    def __init__(self, dim=128, penalty="auto"):
        self.dim = dim
        self.penalty = penalty

    def check(self):
        """Raise a ValueError if a parameter is out of range."""
        if isinstance(self.dim, bool) or not isinstance(self.dim, int | np.integer) or self.dim < 1:
            raise ValueError(f"dim must be a positive integer, got {self.dim!r}.")
        is_number = isinstance(self.penalty, int | float | np.number) and not isinstance(self.penalty, bool)
        if self.penalty != "auto" and not (is_number and 0 < self.penalty < np.inf):
            raise ValueError(f"penalty must be a positive number or 'auto', got {self.penalty!r}.")

    def fit(self, interactions: InteractionMatrix, seed: int) -> ItemFactors:
        """Return the vectors of the items."""
        self.check()
        matrix = interactions.matrix
        penalty = self._chosen(matrix, seed) if self.penalty == "auto" else float(self.penalty)
        values, vectors = self._decomposed(matrix, seed)
        return ItemFactors(_scaled(values, vectors, penalty))

    def _decomposed(
        self, matrix: sparse.csr_array, seed: int
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Return the largest singular values, and the right singular vectors as columns."""
        dim = min(self.dim, *matrix.shape)
        _, values, vectors = randomized_svd(matrix, dim, n_iter=6, random_state=seed)
        return values.astype(np.float32), vectors.T.astype(np.float32)

    def _chosen(self, matrix: sparse.csr_array, seed: int) -> float:
        """Return the penalty that finds most hidden interactions."""
        rng = np.random.default_rng(seed)
        sizes = np.diff(matrix.indptr)
        users = np.flatnonzero(sizes >= 2)
        if not len(users):
            raise DataError(
                "penalty='auto' hides some interactions of users and looks for them, so some user needs two or more; "
                "here each has one. Give a number, such as penalty=1.0."
            )
        chosen = np.sort(rng.permutation(users)[:MOST_USERS])
        # Each of them keeps at least one interaction and has at least one hidden.
        draws, rows = rng.random(matrix.nnz), np.repeat(np.arange(matrix.shape[0]), sizes)
        order = np.lexsort((draws, rows))
        rank = np.empty(matrix.nnz, np.int64)
        rank[order] = np.arange(matrix.nnz) - np.repeat(matrix.indptr[:-1], sizes)
        n_hidden = np.zeros(matrix.shape[0], np.int64)
        n_hidden[chosen] = np.maximum(1, (HIDDEN * sizes[chosen]).astype(np.int64))
        is_hidden = rank < n_hidden[rows]
        kept = sparse.csr_array(
            (matrix.data[~is_hidden], (rows[~is_hidden], matrix.indices[~is_hidden])), shape=matrix.shape
        )
        hidden = sparse.csr_array(
            (np.ones(int(is_hidden.sum()), np.float32), (rows[is_hidden], matrix.indices[is_hidden])),
            shape=matrix.shape,
        )
        values, vectors = self._decomposed(kept, seed)
        size = float(matrix.sum()) / matrix.shape[0]
        scores = [
            _ndcg(ItemFactors(_scaled(values, vectors, factor * size)), kept[chosen], hidden[chosen])
            for factor in FACTORS
        ]
        return FACTORS[int(np.argmax(scores))] * size


def _scaled(values, vectors, penalty):
    return vectors * (values / np.sqrt(values**2 + penalty)).astype(np.float32)


def _ndcg(factors: ItemFactors, kept: sparse.csr_array, hidden: sparse.csr_array) -> float:
    items, _ = factors.top(kept, TOP)
    rows = np.arange(len(items))[:, None]
    hits = np.asarray(hidden[rows, np.maximum(items, 0)].todense()) * (items >= 0)
    discounts = 1 / np.log2(np.arange(2, items.shape[1] + 2))
    ideal = np.cumsum(discounts)[np.minimum(np.diff(hidden.indptr), items.shape[1]) - 1]
    return float(np.mean((hits * discounts).sum(axis=1) / ideal))
