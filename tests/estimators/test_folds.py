"""Folds: assigned at random, from a splitter, and held out by the members of a network."""

import json
import re

import numpy as np
import pytest
from sklearn.model_selection import (
    GroupKFold,
    KFold,
    LeaveOneGroupOut,
    PredefinedSplit,
    RepeatedKFold,
    ShuffleSplit,
    StratifiedGroupKFold,
    StratifiedKFold,
    TimeSeriesSplit,
)

from tabemb.estimators import folds as folds_module
from tabemb.estimators.folds import (
    Fold,
    counts_by_member,
    deal_folds,
    even_folds,
    folds_of_splitter,
    left_out_rows,
    only_kept,
    splitter_from_json,
    splitter_to_json,
    strata_of,
)
from tabemb.exceptions import DataError
from tabemb.table.encoded_table import EncodedTable
from tabemb.table.encoder import TableEncoder
from tabemb.table.vocabulary import Vocabulary
from tabemb.training.batches import Rows


def dealt(n_folds, targets, classes=True, seed=0):
    return even_folds(n_folds, np.asarray(targets), classes=classes, generator=np.random.default_rng(seed))


def assert_partition(folds, n_rows):
    assert sorted(np.concatenate([fold.held for fold in folds]).tolist()) == list(range(n_rows))
    for fold in folds:
        assert sorted([*fold.train, *fold.held]) == list(range(n_rows))


FEWER_ROWS_THAN_FOLDS = pytest.mark.filterwarnings("ignore:The least populated class in y has only")


@FEWER_ROWS_THAN_FOLDS
@pytest.mark.parametrize("n_rows", [5, 6, 23, 100])
@pytest.mark.parametrize("classes", [True, False])
def test_each_row_is_held_out_once_and_folds_have_equal_sizes(n_rows, classes):
    folds = dealt(5, np.arange(n_rows) % 3, classes)
    assert_partition(folds, n_rows)
    sizes = [len(fold.held) for fold in folds]
    assert max(sizes) - min(sizes) <= 1


@FEWER_ROWS_THAN_FOLDS
def test_rare_classes_are_spread_evenly():
    targets = np.random.default_rng(0).permutation(np.repeat([0, 1, 2, 3], [50, 13, 3, 1]))
    folds = dealt(5, targets)
    counts = np.array([np.bincount(targets[fold.held], minlength=4) for fold in folds])
    assert (np.ptp(counts, axis=0) <= 1).all()
    numbers = np.array([np.bincount(targets[fold.held], minlength=4) for fold in dealt(5, targets, classes=False)])
    assert np.ptp(numbers, axis=0).max() > 1


def test_several_target_columns_are_not_stratified():
    assert_partition(dealt(3, np.eye(2)[[0, 1] * 5]), 10)


def test_folds_depend_on_the_generator():
    first, again, other = (dealt(5, np.arange(40) % 2, seed=seed) for seed in (0, 0, 1))
    assert [f.held.tolist() for f in first] == [f.held.tolist() for f in again]
    assert [f.held.tolist() for f in first] != [f.held.tolist() for f in other]


def test_fewer_rows_than_folds_are_refused():
    message = "Cross-fitting with cv=5 needs at least 5 rows, got n_samples=4. Lower cv, or set cv=None"
    with pytest.raises(DataError, match=re.escape(message)):
        dealt(5, [0, 1, 0, 1])


# ---------------------------------------------------------------- splitters

X, Y, GROUPS = np.zeros((12, 1)), np.array([0, 1] * 6), np.repeat(np.arange(4), 3)
PARTITIONS = {
    "KFold": (KFold(3), {}),
    "StratifiedKFold": (StratifiedKFold(3, shuffle=True, random_state=0), {}),
    "GroupKFold": (GroupKFold(3), {"groups": GROUPS}),
    "LeaveOneGroupOut": (LeaveOneGroupOut(), {"groups": GROUPS}),
    "PredefinedSplit": (PredefinedSplit(GROUPS), {}),
    "list of pairs": (list(KFold(3).split(X)), {}),
    "iterator of pairs": (iter(list(KFold(3).split(X))), {}),
    "truth values": ([(GROUPS != 0, GROUPS == 0), (GROUPS == 0, GROUPS != 0)], {}),
}


@pytest.mark.parametrize("name", PARTITIONS)
def test_splitters_that_hold_out_each_row_once_are_accepted(name):
    cv, params = PARTITIONS[name]
    folds = folds_of_splitter(cv, X, Y, 12, params)
    assert_partition(folds, 12)


def test_groups_stay_together():
    for fold in folds_of_splitter(GroupKFold(2), X, Y, 12, {"groups": GROUPS}):
        assert set(GROUPS[fold.train]).isdisjoint(GROUPS[fold.held])


def test_a_fold_may_train_on_few_rows():
    folds = folds_of_splitter([([2], [0, 1]), ([0, 1], [2, 3])], X[:4], Y[:4], 4, {})
    assert [fold.train.tolist() for fold in folds] == [[2], [0, 1]]


@pytest.mark.parametrize(
    ("cv", "never", "twice"),
    [
        (TimeSeriesSplit(3), 3, 0),
        (ShuffleSplit(1, test_size=4, random_state=0), 8, 0),
        (RepeatedKFold(n_splits=3, n_repeats=2), 0, 12),
        ([], 12, 0),
    ],
)
def test_each_row_must_be_held_out_once(cv, never, twice):
    message = (
        f"never holds out {never} of 12 rows, and holds out {twice} more than once. Use a splitter without overlap"
    )
    with pytest.raises(DataError, match=re.escape(message)):
        folds_of_splitter(cv, X, Y, 12, {})


def test_a_fold_must_not_train_on_its_held_out_rows():
    with pytest.raises(DataError, match="has a fold that trains on held-out rows"):
        folds_of_splitter([([0, 1, 2], [0, 1]), ([0, 1], [2, 3])], X[:4], Y[:4], 4, {})


@pytest.mark.parametrize("cv", [[([0], [99])], [([0, 1],)], [3], [([0.5], [1.5])]])
def test_cv_must_yield_pairs_of_rows(cv):
    with pytest.raises(DataError, match="must yield pairs \\(training rows, held-out rows\\)"):
        folds_of_splitter(cv, X, Y, 12, {})


# ---------------------------------------------------------------- rows of weight 0


def test_rows_that_are_not_kept_are_in_no_fold():
    folds = [Fold(np.array([0, 1, 2]), np.array([3, 4])), Fold(np.array([3, 4]), np.array([0, 1, 2]))]
    left = only_kept(folds, np.array([1, 2, 4]), 5)
    assert [(f.train.tolist(), f.held.tolist()) for f in left] == [([0, 1], [2]), ([2], [0, 1])]


def test_a_fold_without_training_rows_is_refused():
    folds = [Fold(np.array([0, 1]), np.array([2, 3])), Fold(np.array([2, 3]), np.array([0, 1]))]
    with pytest.raises(DataError, match="A fold of cv has no training row, apart from rows of weight 0"):
        only_kept(folds, np.array([0, 1]), 4)


# ---------------------------------------------------------------- saving


@pytest.mark.parametrize(
    "cv",
    [
        KFold(4),
        KFold(3, shuffle=True, random_state=7),
        StratifiedKFold(2, shuffle=True, random_state=np.int64(3)),
        GroupKFold(3),
        StratifiedGroupKFold(3),
    ],
)
def test_common_splitters_survive_a_round_trip(cv):
    again = splitter_from_json(json.loads(json.dumps(splitter_to_json(cv, 0))))
    assert type(again) is type(cv)
    assert (again.n_splits, again.shuffle, again.random_state) == (cv.n_splits, cv.shuffle, cv.random_state)


@pytest.mark.parametrize(
    ("cv", "written"), [(None, None), (3, 3), (np.int64(3), 3), (LeaveOneGroupOut(), 4), ([(0, 1)], 4), (iter(()), 4)]
)
def test_other_splitters_are_saved_as_their_number_of_folds(cv, written):
    assert json.loads(json.dumps(splitter_to_json(cv, 4))) == written


def test_an_unused_splitter_is_saved_as_none():
    assert splitter_to_json(LeaveOneGroupOut(), 0) is None


def test_the_random_generator_of_a_splitter_is_not_saved():
    written = splitter_to_json(KFold(3, shuffle=True, random_state=np.random.RandomState(0)), 3)
    assert written["params"] == {"n_splits": 3, "shuffle": True, "random_state": None}


def test_strata_are_the_classes_and_single_rows_join_the_largest():
    assert strata_of(np.array([2, 0, 0, 1, 1, 1]), 2).tolist() == [1, 0, 0, 1, 1, 1]


@pytest.mark.parametrize(
    ("targets", "n_held"),
    [([0, 1, 2, 0, 1, 2], 2), ([0, 0, 1, 1], 3), ([0, 1, 2], 1), ([[0, 1], [1, 1]], 1)],
    ids=["more classes than rows held", "more than rows kept", "no class twice", "several labels"],
)
def test_there_are_no_strata_if_classes_do_not_fit_into_both_parts(targets, n_held):
    assert strata_of(np.array(targets), n_held) is None


# ---------------------------------------------------------------- rows that members leave out


def rows_of(categories, folds):
    indices = np.array(categories, "int32")[:, None]
    table = EncodedTable(indices, np.empty((len(indices), 0), "float32"))
    return Rows(table=table, targets=np.arange(len(indices), dtype="float32"), folds=np.array(folds, "int32"))


def test_folds_are_random_and_equally_large_in_each_stratum():
    strata = np.repeat([0, 1], [90, 30])
    one, other = (deal_folds(120, 3, strata, np.random.default_rng(seed)) for seed in (0, 1))
    for stratum, n in ((0, 30), (1, 10)):
        assert np.bincount(one[strata == stratum]).tolist() == [n] * 3
    assert not np.array_equal(one, other)
    assert np.array_equal(one, deal_folds(120, 3, strata, np.random.default_rng(0)))
    assert sorted(np.bincount(deal_folds(11, 3, None, np.random.default_rng(0)))) == [3, 4, 4]


def encoder_of(keys):
    """Return an encoder of one column, whose categories have the indices from 2 on."""
    encoder = TableEncoder()
    encoder.vocabularies, encoder.table_of = {"dest": Vocabulary(keys)}, {"dest": "dest"}
    return encoder


def test_validation_rows_belong_to_the_member_that_leaves_them_out():
    rows = rows_of([2, 2, 2, 3, 4], [0, 1, 2, 0, 0])
    judged = left_out_rows(rows, 2, np.random.default_rng(0), encoder_of("abc"))
    assert judged.targets.tolist() == [0, 1, 3, 4]
    assert judged.folds.tolist() == [0, 1, 0, 0]


def test_a_category_without_training_rows_of_the_member_is_unknown():
    rows = rows_of([2, 2, 3, 3, 0], [0, 1, 0, 0, 1])
    judged = left_out_rows(rows, 2, np.random.default_rng(0), encoder_of("ab"))
    assert judged.table.indices[:, 0].tolist() == [2, 2, Vocabulary.UNKNOWN, Vocabulary.UNKNOWN, Vocabulary.UNKNOWN]
    assert rows.table.indices[:, 0].tolist() == [2, 2, 3, 3, 0]


def test_kept_categories_are_not_replaced():
    rows = rows_of([2, 2, 3, 3, 4], [0, 1, 0, 0, 1])
    kept = {"dest": np.array([False, False, False, True, False])}
    judged = left_out_rows(rows, 2, np.random.default_rng(0), encoder_of("abc"), kept)
    assert judged.table.indices[:, 0].tolist() == [2, 2, 3, 3, Vocabulary.UNKNOWN]


def test_a_category_that_another_column_of_the_table_has_is_not_replaced():
    # Member 0 is trained on the rows of fold 1: "b" is in the other column there, "c" in none.
    indices = np.array([[2, 3, 4], [3, 3, 3]], np.int32).T
    table = EncodedTable(np.asfortranarray(indices), np.zeros((3, 0), np.float32))
    rows = Rows(table=table, targets=np.arange(3), folds=np.array([1, 0, 0]))
    encoder = encoder_of("abc")
    encoder.vocabularies = dict.fromkeys(("origin", "dest"), encoder.vocabularies["dest"])
    for table, wanted in ((None, [[1, 3], [1, 3]]), ("airport", [[3, 3], [1, 3]])):
        encoder.table_of = {name: table or name for name in ("origin", "dest")}
        judged = left_out_rows(rows, 1, np.random.default_rng(0), encoder)
        assert judged.table.indices.tolist() == wanted


def test_the_stand_in_by_name_is_the_most_similar_category_of_the_member():
    rows = rows_of([2, 2, 3, 4], [0, 1, 0, 1])
    encoder = encoder_of(["office manager", "office manager ii", "pilot"])
    encoder.min_similarity = 0.6
    judged = left_out_rows(rows, 2, np.random.default_rng(0), encoder)
    assert judged.table.indices[:, 0].tolist() == [2, 2, 2, Vocabulary.UNKNOWN]


def test_many_validation_rows_are_sampled(monkeypatch):
    monkeypatch.setattr(folds_module, "MOST_JUDGED", 10)
    rows = rows_of(np.full(200, 2), np.arange(200) % 4)
    judged = left_out_rows(rows, 4, np.random.default_rng(0), encoder_of("a"))
    assert len(judged) == 20
    assert (np.diff(judged.targets) > 0).all()


@pytest.mark.parametrize("n_members", [2, 3])
def test_counts_of_a_member_are_over_the_other_folds(n_members):
    rows = rows_of([2, 2, 3, 5, 5], [0, 1, 1, 2, 2])
    expected = [[0, 0, 1, 1, 0, 2], [0, 0, 1, 0, 0, 2], [0, 0, 2, 1, 0, 0]]
    assert counts_by_member(rows, 0, 6, n_members).tolist() == expected[:n_members]


def test_a_class_with_fewer_rows_than_folds_warns_as_in_scikit_learn():
    message = "The least populated class in y has only 2 members, which is less than n_splits=3"
    with pytest.warns(UserWarning, match=message):
        folds = dealt(3, [0] * 10 + [1] * 2)
    assert sorted(np.concatenate([fold.held for fold in folds]).tolist()) == list(range(12))
