"""Rows that members leave out: who has seen what."""

import numpy as np
import pytest

from tabemb.estimators import folds as folds_module
from tabemb.estimators.folds import counts_by_member, fold_of_each_row, left_out
from tabemb.table.encoded_table import EncodedTable
from tabemb.table.encoder import TableEncoder
from tabemb.table.vocabulary import Vocabulary
from tabemb.training.batches import Rows


def rows_of(categories, folds):
    indices = np.array(categories, "int32")[:, None]
    table = EncodedTable(indices, np.empty((len(indices), 0), "float32"))
    return Rows(table=table, targets=np.arange(len(indices), dtype="float32"), folds=np.array(folds, "int32"))


def test_folds_are_of_one_size_in_every_stratum_and_drawn_by_lot():
    strata = np.repeat([0, 1], [90, 30])
    one, other = (fold_of_each_row(120, 3, strata, np.random.default_rng(seed)) for seed in (0, 1))
    for stratum, n in ((0, 30), (1, 10)):
        assert np.bincount(one[strata == stratum]).tolist() == [n] * 3
    assert not np.array_equal(one, other)
    assert np.array_equal(one, fold_of_each_row(120, 3, strata, np.random.default_rng(0)))
    assert sorted(np.bincount(fold_of_each_row(11, 3, None, np.random.default_rng(0)))) == [3, 4, 4]


def encoder_of(keys):
    """Return an encoder of one column, whose categories have the indices from 2 on."""
    encoder = TableEncoder()
    encoder.vocabularies = {"dest": Vocabulary(keys)}
    return encoder


def test_rows_are_judged_by_the_member_that_leaves_them_out():
    rows = rows_of([2, 2, 2, 3, 4], [0, 1, 2, 0, 0])
    judged = left_out(rows, 2, np.random.default_rng(0), encoder_of("abc"))
    assert judged.targets.tolist() == [0, 1, 3, 4]
    assert judged.folds.tolist() == [0, 1, 0, 0]


def test_a_category_that_the_member_has_in_no_other_row_is_unknown_to_it():
    rows = rows_of([2, 2, 3, 3, 0], [0, 1, 0, 0, 1])
    judged = left_out(rows, 2, np.random.default_rng(0), encoder_of("ab"))
    assert judged.table.indices[:, 0].tolist() == [2, 2, Vocabulary.UNKNOWN, Vocabulary.UNKNOWN, Vocabulary.UNKNOWN]
    assert rows.table.indices[:, 0].tolist() == [2, 2, 3, 3, 0]


def test_a_category_that_is_kept_has_its_vector_without_a_row():
    rows = rows_of([2, 2, 3, 3, 4], [0, 1, 0, 0, 1])
    kept = {"dest": np.array([False, False, False, True, False])}
    judged = left_out(rows, 2, np.random.default_rng(0), encoder_of("abc"), kept)
    assert judged.table.indices[:, 0].tolist() == [2, 2, 3, 3, Vocabulary.UNKNOWN]


def test_by_name_it_is_the_most_similar_one_that_the_member_has():
    rows = rows_of([2, 2, 3, 4], [0, 1, 0, 1])
    encoder = encoder_of(["office manager", "office manager ii", "pilot"])
    encoder.min_similarity = 0.6
    judged = left_out(rows, 2, np.random.default_rng(0), encoder)
    assert judged.table.indices[:, 0].tolist() == [2, 2, 2, Vocabulary.UNKNOWN]


def test_of_many_rows_some_are_judged(monkeypatch):
    monkeypatch.setattr(folds_module, "MOST_JUDGED", 10)
    rows = rows_of(np.full(200, 2), np.arange(200) % 4)
    judged = left_out(rows, 4, np.random.default_rng(0), encoder_of("a"))
    assert len(judged) == 20
    assert (np.diff(judged.targets) > 0).all()


@pytest.mark.parametrize("n_members", [2, 3])
def test_a_member_counts_the_rows_of_other_folds(n_members):
    rows = rows_of([2, 2, 3, 5, 5], [0, 1, 1, 2, 2])
    expected = [[0, 0, 1, 1, 0, 2], [0, 0, 1, 0, 0, 2], [0, 0, 2, 1, 0, 0]]
    assert counts_by_member(rows, 0, 6, n_members).tolist() == expected[:n_members]
