import numpy as np
import pytest
from sklearn.model_selection import GroupKFold, ShuffleSplit

from tabemb.exceptions import DataError, UnknownNameError
from tabemb.experiments.comparison.folds import (
    FOLDS,
    GroupFolds,
    GroupHoldout,
    Holdout,
    KFolds,
    StratifiedFolds,
    TimeFolds,
    describe_folds,
    make_folds,
    resolve_folds,
)

Y = np.array([0, 1] * 10)
N = 60
CLASSES = np.array(["a"] * 40 + ["b"] * 20)
GROUPS = np.repeat(np.arange(12), 5)
TIME = np.arange(N)[::-1]


@pytest.mark.parametrize("name", sorted(FOLDS))
def test_no_row_is_in_both_parts_and_the_same_seed_gives_the_same_folds(name):
    spec = FOLDS.resolve(name)
    given = {"y": CLASSES, "groups": GROUPS, "time": TIME, "random_state": 3}
    folds, again = spec.split(N, **given), spec.split(N, **given)
    for (train, test), (train_again, test_again) in zip(folds, again, strict=True):
        assert not set(train) & set(test)
        assert len(train)
        assert len(test)
        np.testing.assert_array_equal(train, train_again)
        np.testing.assert_array_equal(test, test_again)


RECORDED = {
    "kfold": [[2, 5, 7, 10], [0, 1, 8, 11], [3, 4, 6, 9]],
    "stratified": [[0, 2, 5, 10], [1, 4, 6, 9], [3, 7, 8, 11]],
    "group": [[6, 7, 10, 11], [0, 1, 4, 5], [2, 3, 8, 9]],
    "time": [[6, 7, 8], [3, 4, 5], [0, 1, 2]],
    "holdout": [[7, 10]],
    "group_holdout": [[10, 11]],
}


@pytest.mark.parametrize("name", sorted(FOLDS))
def test_folds_of_a_seed_do_not_change_between_versions(name):
    spec = FOLDS.resolve(name if name.endswith("holdout") else {"name": name, "n_splits": 3})
    rows = {"y": np.array(["a"] * 8 + ["b"] * 4), "groups": np.repeat(np.arange(6), 2), "time": np.arange(12)[::-1]}
    assert [test.tolist() for _, test in spec.split(12, **rows, random_state=7)] == RECORDED[name]


@pytest.mark.parametrize("name", sorted(FOLDS))
def test_every_kind_describes_itself_and_has_parameters(name):
    spec = FOLDS.resolve(name)
    assert spec.describe()
    assert spec.get_params()


@pytest.mark.parametrize("name", ["kfold", "stratified", "group"])
def test_every_row_is_scored_once(name):
    folds = FOLDS.resolve({"name": name, "n_splits": 4}).split(N, y=CLASSES, groups=GROUPS, random_state=0)
    np.testing.assert_array_equal(np.sort(np.concatenate([test for _, test in folds])), np.arange(N))
    assert len(folds) == 4


@pytest.mark.parametrize("name", ["kfold", "stratified", "group"])
def test_different_seeds_give_different_folds(name):
    spec = FOLDS.resolve(name)
    one, two = (spec.split(N, y=CLASSES, groups=GROUPS, random_state=seed)[0][1].tolist() for seed in (0, 1))
    assert one != two


def test_too_few_rows_of_a_numeric_class_suggest_regression():
    hint = r"If the target holds numbers, set task='regression'\."
    with pytest.raises(DataError, match=hint):
        StratifiedFolds(3).split(7, y=np.array([1] * 6 + [2]))
    with pytest.raises(DataError) as caught:
        StratifiedFolds(3).split(7, y=np.array(["a"] * 6 + ["b"]))
    assert "regression" not in str(caught.value)


def test_stratified_folds_keep_the_shares():
    for _, test in StratifiedFolds(5).split(N, y=CLASSES, random_state=0):
        assert np.mean(CLASSES[test] == "a") == pytest.approx(2 / 3)


def test_groups_stay_together():
    for train, test in GroupFolds(3).split(N, groups=GROUPS, random_state=0):
        assert not set(GROUPS[train]) & set(GROUPS[test])


def test_time_folds_train_on_the_past_and_score_the_next_block():
    folds = TimeFolds(3).split(N, time=TIME)
    assert [(len(train), len(test)) for train, test in folds] == [(15, 15), (30, 15), (45, 15)]
    for train, test in folds:
        assert TIME[train].max() < TIME[test].min()


@pytest.mark.parametrize("seed", range(20))
def test_ties_in_time_never_straddle_a_border(seed):
    time = np.random.default_rng(seed).geometric(0.3, size=50)
    n_splits = min(3, len(np.unique(time)) - 1)
    folds = TimeFolds(max(2, n_splits)).split(50, time=time)
    scored = np.concatenate([test for _, test in folds])
    assert len(scored) == len(set(scored))
    for train, test in folds:
        assert time[train].max() < time[test].min()


def test_a_time_with_most_rows_leaves_a_block_before_and_after():
    time = np.array([1, 2] + [3] * 50 + [4])
    assert [len(test) for _, test in TimeFolds(3).split(53, time=time)] == [1, 50, 1]


def test_dates_and_iso_text_are_times():
    days = np.array(["2020-01-03", "2020-01-01", "2020-01-02"], dtype="datetime64[D]")
    for time in (days, days.astype(str)):
        assert [test.tolist() for _, test in TimeFolds(2).split(3, time=time)] == [[2], [0]]


def test_a_holdout_is_one_fold_with_the_shares_kept():
    [(train, test)] = Holdout(0.25).split(N, y=CLASSES, random_state=0)
    assert (len(train), len(test)) == (45, 15)
    assert np.mean(CLASSES[test] == "a") == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("spec", "given", "message"),
    [
        (KFolds(5), {"n_rows": 3}, r"There are 3 rows; 5 folds need at least 5\. Use fewer folds\."),
        (
            KFolds(1),
            {"n_rows": 3},
            r"The number of folds must be an integer of at least 2, got 1\. For a single split, use 'holdout'\.",
        ),
        (KFolds(2.5), {"n_rows": 3}, r"must be an integer of at least 2, got 2\.5"),
        (
            StratifiedFolds(2),
            {"n_rows": 4},
            r"Stratified folds need a single column of classes.*Use the kind 'kfold'\.",
        ),
        (
            StratifiedFolds(3),
            {"n_rows": 7, "y": np.array(["a"] * 6 + ["b"])},
            r"The class 'b' has 1 row, too few for each of 3 folds\. Use fewer folds, drop that class",
        ),
        (GroupFolds(2), {"n_rows": 4}, r"These folds need groups: pass groups= the name of a column, or one value"),
        (GroupFolds(2), {"n_rows": 4, "groups": np.arange(3)}, r"groups has 3 values for 4 rows"),
        (GroupFolds(3), {"n_rows": 4, "groups": np.array([1, 1, 2, 2])}, r"There are 2 groups; 3 folds need at least"),
        (
            GroupFolds(2),
            {"n_rows": 3, "groups": np.array(["a", None, "b"], dtype=object)},
            r"groups is missing in 1 of 3 rows; fill it, or drop those rows\.",
        ),
        (TimeFolds(2), {"n_rows": 4}, r"These folds need time: pass time="),
        (
            TimeFolds(3),
            {"n_rows": 5, "time": np.array([1, 1, 2, 2, 3])},
            r"There are 3 distinct times; 3 folds in time need 4\.",
        ),
        (TimeFolds(2), {"n_rows": 3, "time": np.array([1.0, np.nan, 2.0])}, r"time is missing in 1 of 3 rows"),
        (
            TimeFolds(2),
            {"n_rows": 3, "time": np.array(["9/1/2013", "10/1/2013", "11/1/2013"], dtype=object)},
            r"time is text but not ISO dates such as 2013-01-31 \(got '9/1/2013'\)",
        ),
        (Holdout(0.0), {"n_rows": 10}, r"test_fraction must be a number in \(0, 1\), got 0\.0"),
        (Holdout(1.5), {"n_rows": 10}, r"test_fraction must be a number in \(0, 1\), got 1\.5"),
        (Holdout(0.01), {"n_rows": 10}, r"A holdout of 0\.01 of 10 rows leaves one of the two parts empty"),
        (Holdout(0.2), {"n_rows": 4, "y": np.array([1, 1, 1, 2])}, r"The class .*2.* has 1 row, too few.*two parts"),
        (Holdout(0.2), {"n_rows": 6, "y": np.array([1, 1, 2, 2, 3, 3])}, r"too small to contain all 3 classes"),
    ],
)
def test_rows_that_cannot_be_split_are_errors(spec, given, message):
    given = dict(given)
    with pytest.raises(DataError, match=message):
        spec.split(given.pop("n_rows"), **given, random_state=0)


def test_an_integer_cv_is_stratified_for_classes_only():
    assert isinstance(resolve_folds(4, stratify=True), StratifiedFolds)
    assert isinstance(resolve_folds(4, stratify=False), KFolds)
    assert all(Y[test].mean() == 0.5 for _, test in make_folds(5, 20, Y, stratify=True, random_state=0))


def test_cv_is_a_name_a_mapping_or_a_specification():
    assert isinstance(resolve_folds("time", stratify=True), TimeFolds)
    assert resolve_folds({"name": "kfold", "n_splits": 3}, stratify=True).n_splits == 3
    spec = KFolds(2)
    assert resolve_folds(spec, stratify=True) is spec


def test_splitters_of_scikit_learn_get_targets_and_groups():
    groups = np.repeat([0, 1, 2, 3], 5)
    for train, test in make_folds(GroupKFold(4), 20, Y, groups):
        assert not set(groups[train]) & set(groups[test])
    assert len(make_folds(ShuffleSplit(3, random_state=0), 20, Y)) == 3


def test_cv_is_a_list_of_row_numbers_or_masks():
    mask = np.arange(20) < 15
    [(train, test)] = make_folds([(mask, ~mask)], 20)
    assert (train.tolist(), test.tolist()) == (list(range(15)), list(range(15, 20)))
    [(train, test)] = make_folds(iter([([0, 1], [2])]), 20)
    assert (train.tolist(), test.tolist()) == ([0, 1], [2])


def test_describe_folds():
    assert describe_folds(3, 3, stratify=True) == "3 stratified folds, shuffled"
    assert describe_folds("holdout", 1, stratify=True) == "one holdout of 20% of the rows"
    assert describe_folds(GroupKFold(4), 4, stratify=True) == "4 folds from GroupKFold"
    assert describe_folds([([0], [1])], 1, stratify=True) == "1 fold from a list"


@pytest.mark.parametrize(
    ("cv", "message"),
    [
        ([], r"cv contains no folds\. Pass a number of folds, such as cv=5\."),
        ([([0, 1], [])], r"Fold 0 has 2 train rows and 0 test rows; both parts need at least one\."),
        ([([0, 1], [1, 2])], r"Fold 0 has rows in both the training and the test set"),
        (
            [([0, 1], [20])],
            r"Fold 0 is not a pair of row numbers \(train, test\): it contains row 20, and the table has 20",
        ),
        ([([0, -1], [2])], r"it contains row -1"),
        ([([0.5], [2])], r"Fold 0 is not a pair of row numbers .*float64"),
        ([[1, 2, 3]], r"Fold 0 is not a pair"),
        (None, r"cv must be a number of folds, the name of a kind of folds, a scikit-learn splitter .*got None"),
        (True, r"cv must be a number of folds"),
    ],
)
def test_folds_that_cannot_be_used_are_refused(cv, message):
    with pytest.raises(DataError, match=message):
        make_folds(cv, 20)


def test_an_unknown_kind_suggests_a_similar_name():
    with pytest.raises(UnknownNameError, match=r"No kind of folds named 'startified'.*Did you mean 'stratified'\?"):
        make_folds("startified", 20)


def test_a_holdout_by_group_keeps_groups_whole():
    [(train, test)] = GroupHoldout(test_fraction=0.25).split(N, groups=GROUPS, random_state=0)
    assert set(GROUPS[train]) | set(GROUPS[test]) == set(range(12))
    assert not set(GROUPS[train]) & set(GROUPS[test])
    assert len(test) == 15
    assert describe_folds({"name": "group_holdout"}, 1, stratify=False) == "one holdout of 20% of the rows, by group"


@pytest.mark.parametrize("options", [{"test_fraction": 0.0}, {"test_fraction": 1.0}, {"test_fraction": 0.001}])
def test_a_holdout_by_group_without_a_part_is_refused(options):
    with pytest.raises(DataError, match=r"A holdout of .* of 60 rows in 12 groups leaves one of the two parts empty"):
        GroupHoldout(**options).split(N, groups=GROUPS)
    with pytest.raises(DataError, match="of 60 rows in 1 groups leaves one"):
        GroupHoldout().split(N, groups=np.zeros(N))
    with pytest.raises(DataError, match="These folds need groups"):
        GroupHoldout().split(N)
