"""Mean targets of categories and crosses, each row's from other folds."""

import numpy as np
import pytest

from tabemb.exceptions import FormatError
from tabemb.table.target_statistics import LEAST_PRIOR, MOST_PRIOR, SCALES, TargetStatistics

rng = np.random.default_rng(0)
N, SIZES = 300, [12, 5]
INDICES = np.column_stack([rng.integers(2, size, N) for size in SIZES]).astype(np.int32)
TARGETS = (rng.random((N, 2)) < (INDICES[:, :1] / 15 + np.array([0, 0.2]))).astype(float)
FOLDS = rng.integers(0, 4, N)
CROSSES = [(0,), (0, 1)]


def by_hand(statistics, targets, weights, indices, among, mean):
    """Return the unscaled statistics of rows from other rows, one cross after the other."""
    columns = []
    for cross, prior in zip(statistics.crosses.columns, statistics.priors, strict=True):
        same = (INDICES[among][:, cross] == indices[list(cross)]).all(axis=1)
        weight = weights[among][same]
        sums = (weight[:, None] * targets[among][same]).sum(axis=0)
        columns.append((sums + prior * mean) / (weight.sum() + prior) if weight.sum() else np.full(len(mean), np.nan))
    return np.concatenate(columns)


@pytest.mark.parametrize("scale", ["identity", "logit", "log"])
@pytest.mark.parametrize("weighted", [False, True])
def test_the_statistics_of_a_row_are_those_of_other_folds(scale, weighted):
    weights = rng.integers(1, 4, N).astype(float) if weighted else np.ones(N)
    statistics = TargetStatistics(CROSSES, SIZES, scale)
    numbers = statistics.fit_encode(INDICES, TARGETS, FOLDS, weights if weighted else None)
    mean = np.average(TARGETS, axis=0, weights=weights)
    wanted = []
    for row in range(N):
        others = FOLDS[row] != FOLDS
        own_mean = np.average(TARGETS[others], axis=0, weights=weights[others])
        wanted.append(by_hand(statistics, TARGETS, weights, INDICES[row], others, own_mean))
    wanted = np.array(wanted)
    missing = np.isnan(wanted)
    scaled = SCALES.resolve(scale)(np.where(missing, np.tile(mean, 2), wanted))
    center = np.array([np.average(s[~m], weights=weights[~m]) for s, m in zip(scaled.T, missing.T, strict=True)])
    spread = np.array(
        [
            np.sqrt(np.average((s[~m] - c) ** 2, weights=weights[~m]))
            for s, m, c in zip(scaled.T, missing.T, center, strict=True)
        ]
    )
    np.testing.assert_allclose(numbers[:, :4], (scaled - center) / spread, atol=1e-5)
    assert np.array_equal(numbers[:, 4:], missing[:, ::2][:, missing[:, ::2].any(axis=0)])
    # Those of new rows come from all rows.
    new = statistics.encode(INDICES[:20])
    every = np.array([by_hand(statistics, TARGETS, weights, row, np.ones(N, bool), mean) for row in INDICES[:20]])
    np.testing.assert_allclose(new[:, :4], (SCALES.resolve(scale)(every) - center) / spread, atol=1e-5)


def test_combinations_without_other_rows_have_the_mean_and_an_indicator():
    indices = np.array([[2], [2], [3], [4], [4]], np.int32)
    statistics = TargetStatistics([(0,)], [6], "identity")
    numbers = statistics.fit_encode(indices, np.array([[1.0], [1], [1], [0], [0]]), np.array([0, 1, 0, 0, 1]))
    assert numbers[:, 1].tolist() == [0, 0, 1, 0, 0]
    assert statistics.names(["dest"]) == ("dest_target", "dest_target_unseen")
    assert statistics.names(["dest"], ["_b"]) == ("dest_target_b", "dest_target_unseen")
    without = TargetStatistics([(0,)], [6], "identity", indicators=False)
    assert np.array_equal(
        without.fit_encode(indices, np.array([[1.0], [1], [1], [0], [0]]), np.array([0, 1, 0, 0, 1])), numbers[:, :1]
    )
    assert without.names(["dest"]) == ("dest_target",)
    unseen = statistics.encode(np.array([[1]], np.int32))
    assert unseen[0, 1] == 1
    assert unseen[0, 0] == numbers[2, 0]


def test_folds_may_leave_out_rows_of_other_folds():
    weights = rng.uniform(0.5, 2.0, N)
    others = [np.flatnonzero(fold != FOLDS) for fold in range(4)]
    usual, same = (TargetStatistics(CROSSES, SIZES, "logit") for _ in range(2))
    expected = usual.fit_encode(INDICES, TARGETS, FOLDS, weights)
    np.testing.assert_allclose(same.fit_encode(INDICES, TARGETS, FOLDS, weights, others), expected, rtol=1e-5)
    statistics = TargetStatistics([(0,)], SIZES, "identity")
    numbers = statistics.fit_encode(INDICES, TARGETS, FOLDS, weights, [others[0][::2], *others[1:]])
    among = np.isin(np.arange(N), others[0][::2])
    mean = np.average(TARGETS[among], axis=0, weights=weights[among])
    rows = np.flatnonzero(FOLDS == 0)
    wanted = np.array([by_hand(statistics, TARGETS, weights, INDICES[row], among, mean) for row in rows])
    assert not np.isnan(wanted).any()
    np.testing.assert_allclose(numbers[rows, :2] * statistics._spread + statistics._center, wanted, rtol=1e-5)


def test_given_means_are_the_numbers():
    tables = [rng.normal(size=(4, 2)), rng.normal(size=(3, 2))]
    statistics = TargetStatistics.of_means(tables)
    indices = np.array([[3, 0], [1, 2]])
    expected = np.hstack([table[column] for table, column in zip(tables, indices.T, strict=True)])
    np.testing.assert_allclose(statistics.encode(indices), expected, rtol=1e-6)
    again = TargetStatistics.from_state(*statistics.to_state())
    assert np.array_equal(again.encode(indices), statistics.encode(indices))


def test_a_prior_is_strong_where_categories_do_not_differ():
    for targets, prior in (
        (rng.random((N, 1)), MOST_PRIOR),
        ((INDICES[:, :1] > 6).astype(float), LEAST_PRIOR),
        (INDICES[:, :1] + rng.normal(size=(N, 1)) * 10, None),
    ):
        statistics = TargetStatistics([(0,)], SIZES, "identity")
        statistics.fit_encode(INDICES, targets, FOLDS)
        (found,) = statistics.priors
        if prior is None:
            # The variance within is 100, that between about 8.
            assert 4 < found < 40
        else:
            assert found == prior or (prior == MOST_PRIOR and found > 20)


def test_a_constant_target_gives_zeros():
    statistics = TargetStatistics(CROSSES, SIZES, "logit")
    np.testing.assert_allclose(statistics.fit_encode(INDICES, np.ones((N, 1)), FOLDS)[:, :2], 0, atol=1e-12)


def test_the_numbers_of_columns_are_those_of_their_crosses():
    statistics = TargetStatistics([(0,), (1,), (0, 1)], SIZES, "identity")
    statistics.fit_encode(INDICES, TARGETS, FOLDS)
    names = statistics.names(["dest", "carrier"])
    assert names[:6] == (
        *("dest_target_0", "dest_target_1", "carrier_target_0", "carrier_target_1"),
        *("dest_x_carrier_target_0", "dest_x_carrier_target_1"),
    )
    assert len(names) == statistics.n_numbers
    assert [names[place] for place in statistics.numbers_of([1])] == [each for each in names if "carrier" in each]
    assert statistics.numbers_of([]) == []


def test_saved_statistics_are_the_same_and_damage_is_refused():
    statistics = TargetStatistics(CROSSES, SIZES, "logit")
    statistics.fit_encode(INDICES, TARGETS, FOLDS)
    state, arrays = statistics.to_state()
    again = TargetStatistics.from_state(state, arrays)
    assert np.array_equal(again.encode(INDICES), statistics.encode(INDICES))
    for name in arrays:
        with pytest.raises(FormatError):
            TargetStatistics.from_state(state, {key: array for key, array in arrays.items() if key != name})
    for name, damaged in (
        ("sums_0", arrays["sums_0"][:-1]),
        ("center", arrays["center"][:-1]),
        ("indicated", np.array([5])),
    ):
        with pytest.raises(FormatError):
            TargetStatistics.from_state(state, arrays | {name: damaged})
