"""Sparse one-hot encoding and a linear model."""

import warnings
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, Ridge

from tabemb.experiments.comparison.baselines.baseline import BASELINES, Baseline, EncodedModel, outputs_of
from tabemb.experiments.comparison.candidates import table_settings
from tabemb.experiments.comparison.targets import Target
from tabemb.table.encoded_table import EncodedTable

__all__ = ["OneHotLinear", "linear_model", "one_hot_rows"]


@BASELINES.register("one_hot_linear")
class OneHotLinear(Baseline):
    """Logistic or ridge regression on sparse one-hot rows and standardized numbers.

    Parameters
    ----------
    C : float
        Inverse strength of the L2 penalty of the logistic regression; ridge gets ``alpha = 1 / C``.
    max_iter : int
        Maximum number of iterations of the solver (L-BFGS). No ConvergenceWarning is raised at the limit: with
        thousands of rare categories, the last digits take hundreds of iterations and do not change the predictions.

    Examples
    --------
    >>> BASELINES.resolve({"name": "one_hot_linear", "C": 0.1})
    OneHotLinear(C=0.1)
    """

    description = "sparse one-hot, then a linear model"

    def __init__(self, C=1.0, max_iter=200):
        self.C = C
        self.max_iter = max_iter

    def build(self, target, estimator, random_state):
        """Return logistic regression for classes, ridge regression for numbers."""
        single = linear_model(target, self.C, self.max_iter, random_state)
        model = target.pick(classifier=single, regressor=single)
        return EncodedModel(table_settings(estimator), rows=one_hot_rows, model=lambda sizes: model)

    def n_parameters(self, fitted):
        """Return the number of coefficients and intercepts."""
        return int(sum(np.size(each.coef_) + np.size(each.intercept_) for each in outputs_of(fitted.model_)))

    def input_bytes(self, fitted, X):
        """Return the bytes of the sparse rows (CSR, float64 values), and of the same rows dense in float32."""
        rows = fitted.matrix(X)
        return float(rows.data.nbytes + rows.indices.nbytes + rows.indptr.nbytes), 4.0 * rows.shape[0] * rows.shape[1]


def linear_model(target: Target, C: float, max_iter: int, random_state: int | None) -> Any:
    """Return logistic regression for classes and ridge regression for numbers, not yet wrapped for several outputs.

    Parameters
    ----------
    target : Target
        The kind of target.
    C : float
        Inverse strength of the L2 penalty; ridge gets ``alpha = 1 / C``.
    max_iter : int
        Maximum number of iterations of the logistic regression, which does not warn at the limit.
    random_state : int or None
        Random seed.
    """
    if target.is_classifier:
        return _QuietLogisticRegression(C=C, max_iter=max_iter, random_state=random_state)
    return Ridge(alpha=1 / C, solver="sparse_cg", tol=1e-6, random_state=random_state)


def one_hot_rows(table: EncodedTable, sizes: tuple[int, ...]) -> sparse.csr_matrix:
    """Return one column per entry of each vocabulary, missing and unknown included, followed by the numbers.

    Parameters
    ----------
    table : EncodedTable
        Encoded rows.
    sizes : tuple of int
        Vocabulary size of each categorical column.

    Cells with several values have as many ones.

    Returns
    -------
    scipy.sparse.csr_matrix of shape (n_rows, sum(sizes) + n_numbers), float64

    Examples
    --------
    >>> table = EncodedTable(np.array([[2], [0]], dtype="int32"), np.array([[0.5], [-1.0]], dtype="float32"))
    >>> one_hot_rows(table, (3,)).toarray()
    array([[ 0. ,  0. ,  1. ,  0.5],
           [ 1. ,  0. ,  0. , -1. ]])
    """
    n_rows, n_numbers = len(table), table.numbers.shape[1]
    plain = [position for position in range(len(sizes)) if position not in table.bags]
    starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int32)
    columns = np.hstack(
        [
            table.indices[:, plain] + starts[plain],
            np.tile(np.arange(n_numbers, dtype=np.int32) + starts[-1], (n_rows, 1)),
        ]
    )
    values = np.hstack([np.ones((n_rows, len(plain))), table.numbers.astype(np.float64)])
    ends = np.arange(n_rows + 1, dtype=np.int32) * columns.shape[1]
    shape = (n_rows, int(starts[-1]) + n_numbers)
    matrix = sparse.csr_matrix((values.ravel(), columns.ravel(), ends), shape=shape)
    for position in table.bags:
        rows, several = table.occurrences(position)
        matrix = matrix + sparse.csr_matrix((np.ones(len(rows)), (rows, several + starts[position])), shape=shape)
    return matrix


class _QuietLogisticRegression(LogisticRegression):
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> "_QuietLogisticRegression":
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            return super().fit(X, y, sample_weight)
