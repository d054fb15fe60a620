"""The corrected resampled t-test of the difference between two models."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy import stats

from tabemb.exceptions import DataError
from tabemb.experiments.comparison.model_result import PairedTest

__all__ = ["corrected_t_test", "paired_tests"]

CONFIDENCE = 0.95
# With fewer folds the variance has at most three degrees of freedom, and folds that differ little by chance make any
# difference significant.
FEWEST_FOLDS = 5


def corrected_t_test(differences: Sequence[float], train_sizes: Sequence[int], test_sizes: Sequence[int]) -> PairedTest:
    """Test whether the mean of paired differences is zero when folds share training rows.

    The scores of folds are not independent, because their training sets overlap; the ordinary paired t-test rejects
    too often. Nadeau and Bengio correct its variance: with ``J`` differences of variance ``s**2``, the variance of
    their mean is ``(1/J + n_test/n_train) * s**2``, and the statistic follows Student's t with ``J - 1`` degrees of
    freedom.

    Parameters
    ----------
    differences : sequence of float, length n_folds
        Score of the model under test minus that of the other model in each fold; positive if the former is better.
    train_sizes, test_sizes : sequence of int, length n_folds
        Number of rows of the two parts of each fold; their mean ratio enters the correction.

    Returns
    -------
    PairedTest
        Two-sided p-value and 95 % interval. NaN, with the reason, for a single fold, a fold without a score, or the
        same difference in every fold (its variance cannot be estimated). With fewer than 5 folds, the interval without
        a p-value, so that nothing is called significant.

    Raises
    ------
    DataError
        If the three differ in length, or are empty.

    References
    ----------
    Nadeau, C. and Bengio, Y. (2003). Inference for the Generalization Error. Machine Learning 52, 239-281, eq. (9).

    Examples
    --------
    >>> test = corrected_t_test([0.02, 0.01, 0.03, 0.01, 0.03], [80] * 5, [20] * 5)
    >>> round(test.difference, 3), round(test.p_value, 3)
    (0.02, 0.041)
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
    low, high = mean - margin, mean + margin
    if n < FEWEST_FOLDS:
        reason = f"not tested for significance, which takes at least {FEWEST_FOLDS} folds"
        return PairedTest(difference=mean, p_value=float("nan"), low=low, high=high, reason=reason)
    p_value = 2 * float(stats.t.sf(abs(mean) / error, n - 1))
    return PairedTest(difference=mean, p_value=p_value, low=low, high=high)


def paired_tests(
    ours: Mapping[str, np.ndarray],
    theirs: Mapping[str, np.ndarray],
    metrics: Mapping[str, Any],
    sizes: Sequence[tuple[int, int]],
) -> dict[str, PairedTest]:
    """Test the differences of two models on each metric; they are positive if the first model is better.

    Parameters
    ----------
    ours, theirs : mapping of str to array of shape (n_folds,)
        Scores of both models in each fold, by metric.
    metrics : mapping of str to Metric
        The metrics.
    sizes : sequence of (int, int)
        Number of rows in the training and the test set of each fold.
    """
    train, test = zip(*sizes, strict=True)
    tests: dict[str, PairedTest] = {}
    for name, metric in metrics.items():
        differences = ours[name] - theirs[name]
        tests[name] = corrected_t_test(differences if metric.greater_is_better else -differences, train, test)
    return tests


def _why_untestable(values: np.ndarray) -> str:
    """Return the reason why the differences cannot be tested, or an empty string if they can."""
    if not np.isfinite(values).all():
        return "at least one fold has no score"
    if len(values) == 1:
        return "the variation between folds cannot be estimated from one fold"
    # Equal differences may differ by about 1e-17 due to rounding.
    if np.ptp(values) <= 1e-12 * max(1.0, float(np.abs(values).max())):
        return f"the {'scores are equal' if abs(values[0]) <= 1e-12 else 'difference is the same'} in every fold"
    return ""
