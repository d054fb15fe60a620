"""Rows as arrays and as tensors."""

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
