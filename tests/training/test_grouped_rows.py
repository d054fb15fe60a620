"""Batches of whole groups."""

import numpy as np
import pytest

from tabemb.table.encoded_table import EncodedTable
from tabemb.training.batches import Rows
from tabemb.training.grouped_rows import GroupedRows, pack


def rows_of(groups, **more):
    n = len(groups)
    table = EncodedTable(np.arange(n, dtype=np.int32)[:, None], np.zeros((n, 2), np.float32))
    return Rows(table=table, targets=np.column_stack([np.ones(n), groups]).astype(np.float32), **more)


def batches_of(source, generator, n_steps=3):
    batches = []
    for chunk in source.epoch(generator, source.batch_size, n_steps):
        for start in range(0, len(chunk.order), source.batch_size):
            rows = chunk.order[start : start + source.batch_size]
            batches.append({name: each.numpy()[rows] for name, each in chunk.tensors.items()})
    return batches


def test_each_row_comes_once_and_groups_are_whole():
    generator = np.random.default_rng(0)
    groups = generator.permutation(np.repeat(np.arange(200), generator.integers(1, 12, 200)))
    source, epochs = GroupedRows(rows=rows_of(groups), batch_size=32, seed=1), []
    for _ in range(2):
        batches = batches_of(source, generator)
        assert sum(len(each["weights"]) for each in batches) == len(source)
        real = [each["indices"][:, 0][each["weights"] > 0] for each in batches]
        assert sorted(np.concatenate(real)) == list(range(len(groups)))
        for group in range(200):
            assert len([1 for rows in real if (groups[rows] == group).any()]) == 1
        fillers = np.concatenate([each["targets"][each["weights"] == 0] for each in batches])
        assert (fillers == [0, -1]).all()
        # Random sizes fill up batches well.
        assert len(fillers) < 0.1 * len(groups)
        assert np.mean(np.concatenate([each["weights"] for each in batches])) == pytest.approx(1, rel=1e-5)
        epochs.append({frozenset(groups[rows].tolist()) for rows in real})
    assert len(epochs[0] & epochs[1]) < len(epochs[0]) / 2


def test_a_group_of_more_rows_than_a_batch_is_dealt_to_few_batches_anew():
    groups, generator = np.repeat([0, 1, 2], [50, 3, 2]), np.random.default_rng(0)
    source, parts = GroupedRows(rows=rows_of(groups), batch_size=20, seed=0), []
    for _ in range(2):
        real = [each["indices"][:, 0][each["weights"] > 0] for each in batches_of(source, generator)]
        assert sorted(np.concatenate(real)) == list(range(55))
        large = [frozenset(rows[groups[rows] == 0].tolist()) for rows in real]
        assert sorted(len(each) for each in large if each) == [16, 17, 17]
        parts.append(large)
    assert not set(parts[0]) & set(parts[1])


def test_one_batch_is_not_filled_up():
    source = GroupedRows(rows=rows_of(np.array([0, 1, 0])), batch_size=64, seed=0)
    (chunk,) = source.epoch(np.random.default_rng(0), 64, 5)
    assert (len(source), sorted(chunk.order.tolist())) == (3, [0, 1, 2])


def test_only_kept_rows_come_with_their_weights_and_folds():
    weights, folds = np.array([1.0, 9.0, 1.0, 3.0, 3.0]), np.array([0, 0, 1, 2, 2], np.int32)
    rows = rows_of(np.array([0, 0, 1, 2, 2]), weights=weights, folds=folds, kept=np.array([0, 2, 3, 4]))
    source = GroupedRows(rows=rows, batch_size=2, seed=0)
    assert (len(source), source.n_columns) == (4, 3)
    found = {
        row: (weight, fold)
        for each in batches_of(source, np.random.default_rng(0))
        for row, weight, fold in zip(
            each["indices"][:, 0].tolist(), each["weights"].tolist(), each["folds"], strict=True
        )
    }
    assert found == {0: (0.5, 0), 2: (0.5, 1), 3: (1.5, 2), 4: (1.5, 2)}


def test_the_batches_are_of_one_size():
    source = GroupedRows(rows=rows_of(np.array([0, 1, 0])), batch_size=2, seed=0)
    with pytest.raises(ValueError, match="packed in batches of 2, not of 3"):
        next(source.epoch(np.random.default_rng(0), 3, 1))


def test_packing_fills_no_batch_beyond_its_capacity_and_overlaps_nowhere():
    generator = np.random.default_rng(0)
    sizes = generator.integers(1, 33, 500)
    batches, offsets = pack(sizes, 32, generator)
    filled = np.zeros((batches.max() + 1, 32), int)
    for batch, offset, size in zip(batches, offsets, sizes, strict=True):
        assert offset + size <= 32
        filled[batch, offset : offset + size] += 1
    assert filled.max() == 1
    assert filled.mean() > 0.9
