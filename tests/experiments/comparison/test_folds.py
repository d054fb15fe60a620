import numpy as np
import pytest
from sklearn.model_selection import GroupKFold, ShuffleSplit

from tabemb.exceptions import DataError, UnknownNameError
from tabemb.experiments.comparison.folds import describe_folds, make_folds, resolve_folds
from tabemb.experiments.comparison.splitting import KFolds, StratifiedFolds, TimeFolds

Y = np.array([0, 1] * 10)


def test_a_number_means_stratified_folds_for_classes_and_plain_ones_else():
    assert isinstance(resolve_folds(4, stratify=True), StratifiedFolds)
    assert isinstance(resolve_folds(4, stratify=False), KFolds)
    assert all(Y[test].mean() == 0.5 for _, test in make_folds(5, 20, Y, stratify=True, random_state=0))


def test_a_name_a_mapping_or_a_specification_says_the_kind():
    assert isinstance(resolve_folds("time", stratify=True), TimeFolds)
    assert resolve_folds({"name": "kfold", "n_splits": 3}, stratify=True).n_splits == 3
    spec = KFolds(2)
    assert resolve_folds(spec, stratify=True) is spec


def test_splitters_of_scikit_learn_get_targets_and_groups():
    groups = np.repeat([0, 1, 2, 3], 5)
    for train, test in make_folds(GroupKFold(4), 20, Y, groups):
        assert not set(groups[train]) & set(groups[test])
    assert len(make_folds(ShuffleSplit(3, random_state=0), 20, Y)) == 3


def test_pairs_of_rows_or_masks_are_taken_as_they_are():
    mask = np.arange(20) < 15
    [(train, test)] = make_folds([(mask, ~mask)], 20)
    assert (train.tolist(), test.tolist()) == (list(range(15)), list(range(15, 20)))
    [(train, test)] = make_folds(iter([([0, 1], [2])]), 20)
    assert (train.tolist(), test.tolist()) == ([0, 1], [2])


def test_folds_are_described_for_people():
    assert describe_folds(3, 3, stratify=True) == "3 stratified folds, shuffled"
    assert describe_folds("holdout", 1, stratify=True) == "one holdout of 20% of the rows"
    assert describe_folds(GroupKFold(4), 4, stratify=True) == "4 folds given by GroupKFold"
    assert describe_folds([([0], [1])], 1, stratify=True) == "1 folds given by the caller"


@pytest.mark.parametrize(
    ("cv", "message"),
    [
        ([], r"There are no folds: cv gave none\. Give a number of folds, such as cv=5\."),
        ([([0, 1], [])], r"Fold 0 has 2 rows to train on and 0 to score on; both are needed\."),
        ([([0, 1], [1, 2])], r"Fold 0 has rows in both parts"),
        (
            [([0, 1], [20])],
            r"Fold 0 is not a pair of row numbers \(train, test\): it holds row 20, and the table has 20",
        ),
        ([([0, -1], [2])], r"it holds row -1"),
        ([([0.5], [2])], r"Fold 0 is not a pair of row numbers .*float64"),
        ([[1, 2, 3]], r"Fold 0 is not a pair"),
        (None, r"cv is a number of folds, a kind of folds by name, a scikit-learn splitter .*got None"),
        (True, r"cv is a number of folds"),
    ],
)
def test_folds_that_cannot_be_used_are_refused(cv, message):
    with pytest.raises(DataError, match=message):
        make_folds(cv, 20)


def test_an_unknown_kind_is_named_with_its_neighbour():
    with pytest.raises(UnknownNameError, match=r"No kind of folds named 'startified'.*Did you mean 'stratified'\?"):
        make_folds("startified", 20)
