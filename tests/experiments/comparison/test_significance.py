import numpy as np
import pytest
from scipy import stats

from tabemb.exceptions import DataError
from tabemb.experiments.comparison.significance import corrected_t_test


def test_the_statistic_equals_nadeau_and_bengio_by_hand():
    # mean 0.02, variance 0.0001, (1/5 + 1/4) * 0.0001 = 4.5e-5, error 0.0067082, t = 2.98142 with 4 degrees.
    test = corrected_t_test([0.01, 0.01, 0.02, 0.03, 0.03], [400] * 5, [100] * 5)
    assert test.difference == pytest.approx(0.02)
    # For 4 degrees of freedom the distribution is known in closed form.
    t = 0.02 / np.sqrt((1 / 5 + 1 / 4) * 0.0001)
    assert t == pytest.approx(2.98142, abs=1e-5)
    s = t / np.sqrt(4 + t**2)
    assert test.p_value == pytest.approx(1 - 1.5 * (s - s**3 / 3))
    assert test.p_value == pytest.approx(0.04068, abs=1e-5)
    # The 97.5 % point of t with 4 degrees is 2.77645.
    assert test.low == pytest.approx(0.02 - 2.77645 * 0.00670820, abs=1e-6)
    assert test.high == pytest.approx(0.02 + 2.77645 * 0.00670820, abs=1e-6)
    assert test.reason == ""


@pytest.mark.parametrize("n", [2, 3, 4])
def test_fewer_than_five_folds_have_an_interval_without_significance(n):
    # Nearly the same difference in each fold, which would be significant at any level.
    test = corrected_t_test([0.1 + 1e-5 * fold for fold in range(n)], [100] * n, [100] * n)
    assert 0 < test.low < test.difference < test.high
    assert np.isnan(test.p_value)
    assert not test.significant
    assert test.reason == "not tested for significance, which takes at least 5 folds"
    assert corrected_t_test([0.1 + 1e-5 * fold for fold in range(5)], [100] * 5, [100] * 5).significant


def test_with_three_folds_the_interval_is_that_of_student_with_two_degrees():
    # (1/3 + 1/2) * 0.0001 = 8.3333e-5, error 0.0091287; the 97.5 % point of t with 2 degrees is 4.30265.
    test = corrected_t_test([0.01, 0.02, 0.03], [200] * 3, [100] * 3)
    assert (test.low, test.high) == pytest.approx((0.02 - 4.30265 * 0.00912871, 0.02 + 4.30265 * 0.00912871), abs=1e-6)


def test_the_correction_makes_the_p_value_larger_than_that_of_the_plain_paired_test():
    differences = [0.01, 0.03, 0.02, 0.015, 0.025]
    plain = stats.ttest_1samp(differences, 0).pvalue
    assert corrected_t_test(differences, [80] * 5, [20] * 5).p_value > plain
    # With a vanishing test set nothing is corrected.
    assert corrected_t_test(differences, [10**9] * 5, [1] * 5).p_value == pytest.approx(plain, rel=1e-6)


def test_the_sign_of_the_difference():
    better = corrected_t_test([0.1, 0.2, 0.15, 0.1, 0.2], [10] * 5, [5] * 5)
    worse = corrected_t_test([-0.1, -0.2, -0.15, -0.1, -0.2], [10] * 5, [5] * 5)
    assert worse.difference == -better.difference
    assert worse.p_value == pytest.approx(better.p_value)
    assert (worse.low, worse.high) == pytest.approx((-better.high, -better.low))


@pytest.mark.parametrize(
    ("differences", "reason"),
    [
        ([0.1], "the variation between folds cannot be estimated from one fold"),
        ([0.0, 0.0, 0.0], "the scores are equal in every fold"),
        ([0.1, 0.1, 0.1], "the difference is the same in every fold"),
        ([0.3 - 0.2, 0.1, 0.4 - 0.3], "the difference is the same in every fold"),
        ([0.1, np.nan, 0.2], "at least one fold has no score"),
    ],
)
def test_without_variation_there_is_a_reason_in_place_of_a_p_value(differences, reason):
    test = corrected_t_test(differences, [10] * len(differences), [5] * len(differences))
    assert np.isnan([test.p_value, test.low, test.high]).all()
    assert test.reason == reason
    assert not test.significant


def test_lengths_that_do_not_fit_are_an_error():
    with pytest.raises(DataError, match=r"one test size for each fold; got 2, 3 and 3\."):
        corrected_t_test([0.1, 0.2], [1, 1, 1], [1, 1, 1])
    with pytest.raises(DataError, match=r"got 0, 0 and 0"):
        corrected_t_test([], [], [])
