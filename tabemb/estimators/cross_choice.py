"""Choose the crosses of columns whose target statistics tell more than those of their columns."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from tabemb.table.crosses import Crosses
from tabemb.table.target_statistics import TargetStatistics

__all__ = ["choose_crosses"]

# Rows that the choice reads, and columns that it crosses.
MOST_ROWS, MOST_COLUMNS = 30_000, 16
# Outputs that the choice reads: the most frequent classes.
MOST_OUTPUTS = 4
# Crosses that are kept, and pairs that are extended by a third column.
MOST_CROSSES, MOST_EXTENDED = 40, 8
# Squared t-statistic of the correlation of a cross with the residuals: 5 standard errors, since many are tried.
LEAST_GAIN = 25.0
# Least share of the variance of the targets that a cross explains. If others explain nearly all of it, what is left is
# their shrinkage, which any cross can tell.
LEAST_SHARE = 3e-4
# Strength of the ridge penalty, in rows.
RIDGE = 1.0


def choose_crosses(
    indices: np.ndarray,
    numbers: np.ndarray,
    targets: np.ndarray,
    folds: np.ndarray,
    sizes: Sequence[int],
    weights: np.ndarray | None = None,
) -> list[tuple[int, ...]]:
    """Return the pairs and triples of columns that explain what smaller ones leave unexplained, the most useful first.

    A linear model predicts the targets from the statistics of the single columns and from the numbers. A pair is kept
    if the statistics of its combinations, computed on the residuals of other folds, are correlated with the residuals
    beyond chance. Then the model gets the statistics of these pairs, and the best pairs are extended by a third column
    in the same way. Crosses whose combinations are just those of fewer columns are left out.

    Parameters
    ----------
    indices : ndarray of int of shape (n, n_categorical)
        Category indices.
    numbers : ndarray of shape (n, n_numbers)
        Scaled numbers.
    targets : ndarray of float64 of shape (n, n_outputs)
        Numbers to predict, such as an indicator per class.
    folds : ndarray of int of shape (n,)
        Fold of each row.
    sizes : sequence of int
        Number of indices of each column.
    weights : ndarray of shape (n,), optional
        Weight of each row.

    Examples
    --------
    Neither of two columns matters, but whether they are equal does.

    >>> rng = np.random.default_rng(0)
    >>> indices = rng.integers(2, 6, (1000, 3))
    >>> equal = (indices[:, 0] == indices[:, 1]).astype(float)[:, None]
    >>> choose_crosses(indices, np.empty((1000, 0)), equal, rng.integers(0, 5, 1000), [6, 6, 6])
    [(0, 1)]
    """
    if len(indices) > MOST_ROWS:
        chosen = np.linspace(0, len(indices) - 1, MOST_ROWS).astype(np.intp)
        indices, numbers, targets, folds = indices[chosen], numbers[chosen], targets[chosen], folds[chosen]
        weights = None if weights is None else weights[chosen]
    weights = np.ones(len(indices)) if weights is None else np.asarray(weights, np.float64)
    if targets.shape[1] > MOST_OUTPUTS:
        targets = targets[:, np.argsort(-(weights @ targets), kind="stable")[:MOST_OUTPUTS]]
    columns = list(range(indices.shape[1]))
    if len(columns) < 2:
        return []
    singles = TargetStatistics([(column,) for column in columns], sizes, "identity")
    statistics = singles.fit_encode(indices, targets, folds, weights)
    residuals = _residuals(np.hstack([statistics, numbers]), targets, weights)
    if len(columns) > MOST_COLUMNS:
        width = targets.shape[1]
        gains = [_gain(statistics[:, width * column : width * (column + 1)], targets, weights) for column in columns]
        columns = sorted(np.argsort(gains)[::-1][:MOST_COLUMNS].tolist())
    n_codes = {(column,): len(np.unique(indices[:, column])) for column in range(indices.shape[1])}
    total = weights.sum() * _variance(targets, weights)

    def useful(candidates, residuals):
        found = []
        for cross in candidates:
            crosses = Crosses([cross], sizes)
            crosses.fit_codes(indices)
            n_codes[cross] = crosses.n_codes[0]
            parts = (n_codes[part] for part in combinations(cross, len(cross) - 1) if part in n_codes)
            if n_codes[cross] == max(parts):
                continue
            own = TargetStatistics([cross], sizes, "identity").fit_encode(indices, residuals, folds, weights)
            gain = _gain(own[:, : targets.shape[1]], residuals, weights)
            if gain > LEAST_GAIN and gain * _variance(residuals, weights) > LEAST_SHARE * total:
                found.append((gain, cross))
        return [cross for _, cross in sorted(found, key=lambda each: (-each[0], each[1]))]

    pairs = useful(combinations(columns, 2), residuals)[:MOST_CROSSES]
    if not pairs or len(columns) < 3:
        return pairs
    more = TargetStatistics(pairs, sizes, "identity").fit_encode(indices, targets, folds, weights)
    extended = {tuple(sorted({*pair, column})) for pair in pairs[:MOST_EXTENDED] for column in columns}
    triples = sorted(each for each in extended if len(each) == 3)
    residuals = _residuals(np.hstack([statistics, numbers, more]), targets, weights)
    return (pairs + useful(triples, residuals))[:MOST_CROSSES]


def _residuals(design, targets, weights):
    """Return the residuals of a weighted linear regression with an intercept and a small ridge penalty."""
    design = np.column_stack([np.ones(len(design)), np.clip(design.astype(np.float64), -10, 10)])
    weighted = design * weights[:, None]
    gram = weighted.T @ design + RIDGE * np.eye(design.shape[1])
    residuals: np.ndarray = targets - design @ np.linalg.solve(gram, weighted.T @ targets)
    return residuals


def _variance(columns, weights):
    """Return the sum of the weighted variances of the columns."""
    means = weights @ columns / weights.sum()
    return float((weights @ (columns - means) ** 2).sum() / weights.sum())


def _gain(statistics, residuals, weights):
    """Return the weighted sum of rows times the squared correlation of each statistic with its residuals."""
    total, gain = weights.sum(), 0.0
    for one, other in zip(statistics.T, residuals.T, strict=False):
        one, other = one - weights @ one / total, other - weights @ other / total
        product, scale = weights @ (one * other), (weights @ one**2) * (weights @ other**2)
        # A negative correlation says nothing: the statistics estimate the residuals themselves.
        gain = max(gain, total * product**2 / scale if product > 0 and scale > 0 else 0.0)
    return gain
