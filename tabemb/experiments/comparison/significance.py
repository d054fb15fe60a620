"""Is a difference between two models larger than the spread of the folds? The corrected resampled t-test."""

from collections.abc import Sequence

import numpy as np
from scipy import stats

from tabemb.exceptions import DataError
from tabemb.experiments.comparison.result import PairedTest

__all__ = ["corrected_t_test"]

CONFIDENCE = 0.95


def corrected_t_test(differences: Sequence[float], train_sizes: Sequence[int], test_sizes: Sequence[int]) -> PairedTest:
    """Test whether the mean of paired differences is zero, folds sharing training rows.

    The scores of folds are not independent, because their training parts overlap; the ordinary paired t-test finds
    differences where there are none. Nadeau and Bengio correct its variance: with ``J`` differences of variance
    ``s**2`` the variance of their mean is ``(1/J + n_test/n_train) * s**2``, and the statistic is compared with
    Student's t of ``J - 1`` degrees of freedom.

    Parameters
    ----------
    differences : sequence of float, length n_folds
        Score of the model under test minus the other's, fold by fold, positive where it is better.
    train_sizes, test_sizes : sequence of int, length n_folds
        Rows of the two parts of each fold; their mean ratio enters the correction.

    Returns
    -------
    PairedTest
        Two-sided p-value and 95 % interval. NaN, with the reason, for a single fold, a fold without a score, or a
        difference that is the same in every fold (its spread, and so its doubt, cannot be estimated).

    Raises
    ------
    DataError
        When the three are not of the same length, or there is no fold.

    References
    ----------
    Nadeau, C. and Bengio, Y. (2003). Inference for the Generalization Error. Machine Learning 52, 239-281, eq. (9).

    Examples
    --------
    >>> test = corrected_t_test([0.02, 0.01, 0.03], [80, 80, 80], [40, 40, 40])
    >>> round(test.difference, 3), round(test.p_value, 3)
    (0.02, 0.16)
    """
    values = np.asarray(differences, dtype=float)
    train, test = np.asarray(train_sizes, dtype=float), np.asarray(test_sizes, dtype=float)
    if not len(values) == len(train) == len(test) or len(values) == 0:
        raise DataError(
            "The paired test needs one difference, one train size and one test size for each fold; "
            f"got {len(values)}, {len(train)} and {len(test)}."
        )
    reason = _why_untestable(values)
    if reason:
        nan = float("nan")
        return PairedTest(difference=float(values.mean()), p_value=nan, low=nan, high=nan, reason=reason)
    n = len(values)
    mean = float(values.mean())
    error = float(np.sqrt((1 / n + np.mean(test / train)) * values.var(ddof=1)))
    margin = error * float(stats.t.ppf((1 + CONFIDENCE) / 2, n - 1))
    p_value = 2 * float(stats.t.sf(abs(mean) / error, n - 1))
    return PairedTest(difference=mean, p_value=p_value, low=mean - margin, high=mean + margin)


def _why_untestable(values: np.ndarray) -> str:
    """Say why the differences cannot be tested; empty where they can."""
    if not np.isfinite(values).all():
        return "at least one fold has no score"
    if len(values) == 1:
        return "one fold says nothing about the spread"
    # Rounding leaves a spread of about 1e-17 in differences that are the same.
    if np.ptp(values) <= 1e-12 * max(1.0, float(np.abs(values).max())):
        return "the two score the same in every fold" if abs(values[0]) <= 1e-12 else "it is the same in every fold"
    return ""
