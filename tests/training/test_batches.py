"""Training rows as arrays and as tensors."""

from dataclasses import replace

import numpy as np

from tabemb.table.encoded_table import EncodedTable
from tabemb.training.batches import Rows

TABLE = EncodedTable(np.arange(8, dtype="int32").reshape(4, 2), np.ones((4, 1), dtype="float32"))
TARGETS = np.array([0, 1, 1, 0], dtype="int32")


def test_tensors_hold_the_rows_with_weights_of_one():
    tensors = Rows(table=TABLE, targets=TARGETS).tensors
    assert {name: (t.dtype.name, t.shape.as_list()) for name, t in tensors.items()} == {
        "indices": ("int32", [4, 2]),
        "numbers": ("float32", [4, 1]),
        "targets": ("int32", [4]),
        "weights": ("float32", [4]),
    }
    assert tensors["indices"].numpy().tolist() == TABLE.indices.tolist()
    assert tensors["weights"].numpy().tolist() == [1, 1, 1, 1]


def test_weights_are_scaled_to_a_mean_of_one():
    rows = Rows(table=TABLE, targets=TARGETS, weights=np.array([1.0, 2.0, 3.0, 10.0]))
    assert rows.tensors["weights"].numpy().tolist() == [0.25, 0.5, 0.75, 2.5]


def test_take_keeps_rows_together():
    part = Rows(table=TABLE, targets=TARGETS, weights=np.arange(4.0)).take(np.array([3, 1]))
    assert len(part) == 2
    assert part.table.indices.tolist() == [[6, 7], [2, 3]]
    assert part.targets.tolist() == [0, 1]
    assert part.weights.tolist() == [3.0, 1.0]
    assert Rows(table=TABLE, targets=TARGETS).take(np.array([0])).weights is None


def test_tensors_are_made_once():
    rows = Rows(table=TABLE, targets=TARGETS)
    assert rows.tensors is rows.tensors


def test_ignored_rows_are_in_no_batch_and_no_mean():
    rows = Rows(table=TABLE, targets=TARGETS, weights=np.array([1.0, 2.0, 3.0, 100.0])).only(np.array([0, 1, 2]))
    assert (len(rows), rows.n_columns) == (3, 3)
    assert rows.tensors["weights"].numpy().tolist() == [0.5, 1.0, 1.5, 50.0]
    (chunk,) = rows.epoch(np.random.default_rng(0), 2, 5)
    assert sorted(chunk.order) == [0, 1, 2]
    again = rows.only(np.array([2, 0]))
    assert again.kept.tolist() == [2, 0]
    assert again.table is TABLE
    assert again.take(np.array([0])).table.indices.tolist() == [[4, 5]]


def test_which_indices_a_column_has():
    rows = Rows(table=TABLE, targets=TARGETS)
    assert np.flatnonzero(rows.seen(0, 9)).tolist() == [0, 2, 4, 6]
    assert np.flatnonzero(rows.only(np.array([1, 3])).seen(1, 9)).tolist() == [3, 7]


def test_in_how_many_rows_a_column_has_each_index():
    table = EncodedTable(np.array([[2], [0], [2], [3]], "int32"), np.empty((4, 0), "float32"))
    rows = Rows(table=table, targets=TARGETS)
    assert rows.counts(0, 5).tolist() == [1, 0, 2, 1, 0]
    assert rows.only(np.array([0, 1])).counts(0, 5).tolist() == [1, 0, 1, 0, 0]


def test_an_epoch_has_each_row_once_in_random_order():
    table = EncodedTable(np.zeros((23, 1), "int32"), np.zeros((23, 0), "float32"))
    rows, generator = Rows(table=table, targets=np.zeros(23)), np.random.default_rng(0)
    first, second = ([chunk.order for chunk in rows.epoch(generator, 4, 2)] for _ in range(2))
    assert [len(order) for order in first] == [8, 8, 7]
    assert first[0].dtype == np.int32
    assert sorted(np.concatenate(first)) == sorted(np.concatenate(second)) == list(range(23))
    assert np.concatenate(first).tolist() != np.concatenate(second).tolist()


def test_folds_follow_their_rows(workshop):
    rows = workshop.rows(6)
    assert "folds" not in rows.tensors
    folded = replace(rows, folds=np.array([0, 1, 2, 0, 1, 2]))
    assert folded.tensors["folds"].numpy().tolist() == [0, 1, 2, 0, 1, 2]
    assert folded.take(np.array([4, 2])).folds.tolist() == [1, 2]
    assert folded.only(np.array([4, 2])).take(np.array([0])).folds.tolist() == [1]
