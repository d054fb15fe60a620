"""Stacks of tables: how they are divided, read, written and copied."""

from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf

from tabemb.nn.bodies import Mlp
from tabemb.nn.embedding import FeatureSpec, TableSpec
from tabemb.nn.network import Network, NetworkSpec
from tabemb.nn.numeric import Standardized
from tabemb.training import stacks
from tabemb.training.optimizers import RowAdam
from tabemb.training.stacks import TableStack, stack_features

rng = np.random.default_rng(0)


def feature(position, dim=3, size=6, table=None):
    name = table or f"t{position}"
    spec = TableSpec(name=name, vocabulary_size=size, embedding_dim=dim)
    return FeatureSpec(name=f"c{position}", position=position, table=spec)


def positions(divided):
    return [[each.position for each in stack] for stack in divided]


def test_columns_of_the_same_dimension_share_a_stack_and_a_single_stack_is_halved():
    assert positions(stack_features(tuple(feature(p, dim) for p, dim in enumerate((3, 3, 2))))) == [[0, 1], [2]]
    assert positions(stack_features(tuple(map(feature, range(5))))) == [[0, 1, 2], [3, 4]]
    assert positions(stack_features((feature(0),))) == [[0]]


def test_columns_that_share_a_table_stay_together():
    shared = (feature(0, table="airport"), feature(1, table="airport"))
    assert positions(stack_features(shared)) == [[0, 1]]
    apart = (*shared, feature(2), feature(3))
    assert positions(stack_features(apart)) == [[0, 1], [2, 3]]


@pytest.fixture
def optimizer():
    made = RowAdam([])
    made.reset()
    return made


FEATURES = (feature(2, size=4), feature(0, size=6), feature(3, size=6, table="t0"))


@pytest.fixture
def network():
    spec = NetworkSpec(features=FEATURES, n_outputs=1, body=Mlp(hidden_units=()), numeric=Standardized(), seed=0)
    return Network(spec)


INDICES = np.column_stack([rng.integers(0, size, 20) for size in (6, 9, 4, 6)]).astype("int32")


def expected(network):
    return np.hstack([network.vectors(f)[INDICES[:, f.position]] for f in FEATURES])


@pytest.mark.parametrize("small", [True, False])
def test_the_vectors_of_a_batch_are_those_of_the_network(small, network, optimizer):
    stack = TableStack(FEATURES, optimizer=optimizer, small=small)
    stack.open(FEATURES)
    stack.load(network, optimizer)
    assert stack.rows.read_value().shape == (10, 5)
    touched = stack.touch(stack.cells(tf.constant(INDICES)))
    vectors = tf.gather(optimizer.vectors(touched.rows), touched.where)
    assert np.array_equal(stack.side_by_side(vectors), expected(network))
    assert np.array_equal(stack.look_up(stack.cells(tf.constant(INDICES)), optimizer), expected(network))


@pytest.mark.parametrize("small", [True, False])
def test_gradients_are_summed_over_the_cells_of_a_row_in_both_columns_of_a_shared_table(small, network, optimizer):
    stack = TableStack(FEATURES, optimizer=optimizer, small=small)
    stack.open(FEATURES)
    stack.load(network, optimizer)
    gradient = rng.normal(size=(20, 9)).astype("float32")
    touched = stack.touch(stack.cells(tf.constant(INDICES)))
    summed = stack.summed(tf.constant(gradient), touched).numpy()
    by_hand = np.zeros((10, 3))
    for place, (each, offset) in enumerate(zip(FEATURES, (0, 4, 4), strict=True)):
        np.add.at(by_hand, INDICES[:, each.position] + offset, gradient[:, 3 * place : 3 * place + 3])
    ids = np.arange(10) if touched.ids is None else touched.ids.numpy()
    np.testing.assert_allclose(summed, by_hand[ids], atol=1e-5)
    assert not np.delete(by_hand, ids, axis=0).any()


def test_tables_are_copied_in_portions(network, optimizer, monkeypatch):
    monkeypatch.setattr(stacks, "PORTION", 4)
    stack = TableStack(FEATURES, optimizer=optimizer, small=False)
    stack.open(FEATURES)
    stack.load(network, optimizer)
    before = expected(network)
    for layer in network.tables.values():
        layer.embeddings.assign(np.zeros(layer.embeddings.shape))
    stack.store(network, optimizer)
    assert np.array_equal(expected(network), before)


def test_averages_are_looked_up_and_stored(network):
    averaging = RowAdam([], averages=True)
    averaging.reset()
    stack = TableStack(FEATURES, optimizer=averaging, small=False)
    stack.open(FEATURES)
    stack.load(network, averaging)
    before = expected(network)
    # The average follows the vectors at once the first time, and then by a share.
    for share, change in ((1.0, 1.0), (0.25, 2.0)):
        rows = stack.rows.read_value()
        vectors = averaging.vectors(rows)
        stack.rows.assign(averaging.updated(rows, vectors, tf.zeros_like(vectors), 0.1))
        stack.rows.assign(tf.concat([vectors + change, stack.rows[:, 3:]], axis=1))
        averaging.average(share)
    cells = stack.cells(tf.constant(INDICES))
    np.testing.assert_allclose(stack.look_up(cells, averaging), before + 3, atol=1e-6)
    np.testing.assert_allclose(stack.look_up(cells, averaging, averaged=True), before + 1.5, atol=1e-6)
    stack.store(network, averaging, averaged=True)
    np.testing.assert_allclose(expected(network), before + 1.5, atol=1e-6)


@pytest.mark.parametrize("small", [True, False])
def test_written_rows_are_stored_and_the_others_are_unchanged(small, network, optimizer):
    stack = TableStack(FEATURES, optimizer=optimizer, small=small)
    stack.open(FEATURES)
    stack.load(network, optimizer)
    before = {f.name: network.vectors(f) for f in FEATURES}
    batch = tf.constant([[5, 0, 1, 2]], tf.int32)
    touched = stack.touch(stack.cells(batch))
    stack.write(touched, touched.rows + 1.0)
    assert np.array_equal(network.vectors(FEATURES[0]), before["c2"])
    stack.store(network, optimizer)
    for each, moved in ((FEATURES[0], [1]), (FEATURES[1], [2, 5])):
        change = network.vectors(each) - before[each.name]
        rows = np.arange(len(change)) if small else moved
        np.testing.assert_allclose(change[rows], 1.0, atol=1e-6)
        assert not np.delete(change, rows, axis=0).any()


def test_a_stack_is_reused_for_other_sizes_and_frees_its_memory(network, optimizer):
    stack = TableStack(FEATURES, optimizer=optimizer, small=False)
    larger = tuple(feature(f.position, size=50, table=f.table.name) for f in FEATURES)
    stack.open(larger)
    assert stack.rows.read_value().shape == (100, 5)
    stack.open(FEATURES)
    stack.load(network, optimizer)
    assert np.array_equal(stack.look_up(stack.cells(tf.constant(INDICES)), optimizer), expected(network))
    stack.close()
    assert stack.rows.read_value().shape == (0, 5)


@pytest.mark.parametrize("small", [True, False])
def test_the_mean_of_a_row_is_that_of_its_columns_cells(small, optimizer):
    mine = (feature(0, size=6), feature(1, size=4))
    stack = TableStack(mine, optimizer=optimizer, small=small)
    stack.open(mine)
    indices = np.column_stack([rng.integers(0, size, 20) for size in (6, 4)]).astype("int32")
    touched = stack.touch(stack.cells(tf.constant(indices)))
    vectors = rng.normal(size=(20, 6)).astype("float32")
    means = stack.means(tf.constant(vectors), touched).numpy()
    by_column = vectors.reshape(20, 2, 3).mean(axis=0)
    ids = np.arange(10) if touched.ids is None else touched.ids.numpy()
    np.testing.assert_allclose(means, by_column[(ids >= 6).astype(int)], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("small", [True, False])
def test_a_row_has_the_rate_of_its_table(small, optimizer):
    mine = (feature(0, size=6), feature(1, size=4), feature(2, size=3))
    mine = tuple(replace(f, table=replace(f.table, rate=rate)) for f, rate in zip(mine, (1.0, 8.0, 0.5), strict=True))
    stack = TableStack(mine, optimizer=optimizer, small=small, with_rates=True)
    stack.open(mine)
    indices = np.column_stack([rng.integers(0, size, 20) for size in (6, 4, 3)]).astype("int32")
    touched = stack.touch(stack.cells(tf.constant(indices)))
    ids = np.arange(13) if touched.ids is None else touched.ids.numpy()
    assert stack.rates(touched).numpy().tolist() == [[1.0 if i < 6 else 8.0 if i < 10 else 0.5] for i in ids]


def test_a_shared_table_between_others_has_the_mean_of_all_of_its_columns(optimizer):
    mine = (feature(0, size=6), feature(1, size=4), feature(2, size=6, table="t0"))
    stack = TableStack(mine, optimizer=optimizer, small=True)
    stack.open(mine)
    cells = stack.cells(tf.zeros([5, 3], tf.int32))
    assert cells.numpy()[0].tolist() == [0, 6, 0]
    vectors = np.repeat([1.0, 2.0, 3.0], 3).astype("float32") * np.ones((5, 1), "float32")
    assert stack.means(tf.constant(vectors), stack.touch(cells)).numpy()[:, 0].tolist() == [2] * 6 + [2] * 4
    vectors = np.repeat([1.0, 2.0, 7.0], 3).astype("float32") * np.ones((5, 1), "float32")
    assert stack.means(tf.constant(vectors), stack.touch(cells)).numpy()[:, 0].tolist() == [4] * 6 + [2] * 4


@pytest.mark.parametrize("small", [True, False])
def test_a_row_of_a_shared_table_is_updated_once_by_the_sum_over_its_columns(small):
    def stepped(mine, cells, gradient):
        adam = RowAdam([])
        adam.reset()
        stack = TableStack(mine, optimizer=adam, small=small)
        stack.open(mine)
        adam.begin_step(tf.constant(0.1))
        touched = stack.touch(stack.cells(tf.constant(cells, tf.int32)))
        gradient = tf.constant(gradient, tf.float32)
        of_rows = stack.summed(gradient, touched)
        stack.write(touched, adam.updated(touched.rows, adam.vectors(touched.rows), of_rows, 0.1, gradient))
        return stack.rows.numpy()

    # Both columns hold row 4; the gradients of its two cells are 1 and 2, those of a single column 3.
    shared = stepped((feature(0, size=6), feature(1, size=6, table="t0")), [[4, 4]], [[1.0] * 3 + [2.0] * 3])
    single = stepped((feature(0, size=6),), [[4]], [[3.0] * 3])
    np.testing.assert_array_equal(shared, single)
    assert shared[4].any()
    assert not shared[[0, 1, 2, 3, 5], :3].any()


@pytest.mark.parametrize("portion", [3, 100_000])
def test_rows_of_a_table_are_frozen_and_released(portion, network, monkeypatch):
    monkeypatch.setattr(stacks, "PORTION", portion)
    optimizer = RowAdam([], holds=True)
    stack = TableStack(FEATURES, optimizer=optimizer, small=False)
    stack.open(FEATURES)
    stack.load(network, optimizer)
    before = stack.rows.read_value().numpy()
    shared = FEATURES[1].table
    which = np.array([True, False, False, True, False, True])[: shared.vocabulary_size]
    stack.hold({shared: which}, optimizer)
    held = stack.rows.read_value().numpy()
    others = FEATURES[0].table.vocabulary_size
    assert held[:, -1].tolist() == [0.0] * others + which.astype(float).tolist()
    assert np.array_equal(held[:, :3], before[:, :3])
    stack.load(network, optimizer)
    assert np.array_equal(stack.rows.read_value(), held)
    stack.hold({shared: np.zeros_like(which)}, optimizer)
    assert np.array_equal(stack.rows.read_value(), before)
