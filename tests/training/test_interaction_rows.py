"""Training rows of interactions."""

import numpy as np
import pytest
from scipy import sparse

from tabemb.nn.towers import code_parts
from tabemb.table.bags import Bags
from tabemb.table.encoded_table import EncodedTable
from tabemb.training.interaction_rows import InteractionRows
from tabemb.training.seen_items import SeenItems

USERS, ITEMS, N = 5, 7, 100


def table_of(n, first=2):
    """Return a table whose two columns are the number of the row, and ten times that."""
    places = np.arange(n, dtype=np.int32)
    return EncodedTable(np.column_stack([first + places, 10 * places]).astype(np.int32), np.empty((n, 0), np.float32))


def source(**parts):
    rng = np.random.default_rng(0)
    whole = {
        "users": table_of(USERS),
        "items": table_of(ITEMS),
        "user_rows": rng.integers(0, USERS, N),
        "item_rows": rng.integers(0, ITEMS, N),
        "shares": np.linspace(0.1, 0.2, ITEMS).astype(np.float32),
        "draws": False,
    }
    return InteractionRows(**whole | parts)


def test_a_row_has_the_columns_of_the_user_and_of_the_item():
    rows = source()
    found = rows.drawn(np.random.default_rng(0))
    assert (len(rows), rows.n_columns) == (N, 4 + 3)
    assert np.array_equal(found.table.indices[:, :2], rows.users.indices[rows.user_rows])
    assert np.array_equal(found.table.indices[:, 2:], rows.items.indices[rows.item_rows])
    assert (found.table.indices.dtype, found.table.numbers.shape) == (np.int32, (N, 0))
    assert np.array_equal(found.targets[:, 0], rows.shares[rows.item_rows])
    assert np.array_equal(found.targets[:, 1:], code_parts(rows.item_rows))
    assert found.weights is None


def test_items_are_drawn_uniformly_and_anew():
    rows = source(draws=True, user_rows=np.zeros(7000, int), item_rows=np.zeros(7000, int))
    generator = np.random.default_rng(0)
    one, two = (rows.drawn(generator) for _ in range(2))
    assert rows.n_columns == 6 + 6
    drawn = one.table.indices[:, 4] - 2
    assert np.array_equal(one.table.indices[:, 5], 10 * drawn)
    assert np.array_equal(one.targets[:, 3:], np.column_stack([rows.shares[drawn], code_parts(drawn)]))
    assert np.bincount(drawn, minlength=ITEMS) == pytest.approx(1000, rel=0.15)
    assert not np.array_equal(one.table.indices[:, 4], two.table.indices[:, 4])
    assert np.array_equal(one.table.indices[:, :4], two.table.indices[:, :4])
    again = rows.drawn(np.random.default_rng(0))
    assert np.array_equal(one.table.indices, again.table.indices)


def test_ratings_and_weights_are_those_of_the_rows():
    ratings, weights = np.arange(N, dtype=np.float32), np.arange(1, N + 1, dtype=np.float32)
    rows = source(ratings=ratings, weights=weights)
    found = rows.drawn(np.random.default_rng(0))
    assert (found.targets.shape, found.targets.dtype) == ((N, 1), np.float32)
    assert np.array_equal(found.targets[:, 0], ratings)
    assert np.array_equal(found.weights, weights)
    part = rows.take(np.array([3, 1]))
    assert len(part) == 2
    assert part.drawn(np.random.default_rng(0)).targets.tolist() == [[3.0], [1.0]]
    assert part.weights.tolist() == [4.0, 2.0]
    assert part.user_rows.tolist() == rows.user_rows[[3, 1]].tolist()
    assert part.item_rows.tolist() == rows.item_rows[[3, 1]].tolist()


def test_an_epoch_has_each_interaction_once_in_another_order():
    rows, generator = source(ratings=np.arange(N, dtype=np.float32)), np.random.default_rng(0)
    epochs = []
    for _ in range(2):
        chunks = list(rows.epoch(generator, batch_size=8, n_steps=4))
        assert [len(chunk.order) for chunk in chunks] == [32, 32, 32, 4]
        assert all(np.array_equal(chunk.order, np.arange(len(chunk.order))) for chunk in chunks)
        seen = np.concatenate([chunk.tensors["targets"].numpy()[:, 0] for chunk in chunks])
        assert np.array_equal(np.sort(seen), np.arange(N))
        indices = np.concatenate([chunk.tensors["indices"].numpy() for chunk in chunks])
        order = seen.astype(int)
        assert np.array_equal(indices[:, 0] - 2, rows.user_rows[order])
        assert np.array_equal(indices[:, 2] - 2, rows.item_rows[order])
        epochs.append(seen)
    assert not np.array_equal(*epochs)


def test_cells_with_several_values_move_to_the_place_of_their_tower():
    bags = Bags(np.array([2, 3, 4], np.int32), np.array([0, 2, 3]))
    items = EncodedTable(np.array([[2, 0], [3, 1]], np.int32), np.empty((2, 0), np.float32), {1: bags})
    rows = source(items=items, item_rows=np.arange(N) % 2, shares=np.full(2, 0.5, np.float32), draws=True)
    found = rows.drawn(np.random.default_rng(0)).table
    assert set(found.bags) == {3, 5}
    for position, key in ((3, 2), (5, 4)):
        row, value = found.occurrences(position)
        its = {int(each): sorted(value[row == each].tolist()) for each in range(N)}
        assert its == {each: [2, 3] if found.indices[each, key] == 2 else [4] for each in range(N)}


def test_what_users_have_seen_comes_first_without_the_item_of_the_row():
    dense = np.zeros((USERS, ITEMS), np.float32)
    rows = source()
    dense[rows.user_rows, rows.item_rows] = 1
    seen = SeenItems(sparse.csr_array(dense), 3)
    rows = source(seen=seen, places=seen.places(rows.user_rows, rows.item_rows))
    found = rows.drawn(np.random.default_rng(0)).table
    assert rows.n_columns == 2 + 2 * (1 + 3) + 3
    assert (found.indices.shape, set(found.bags)) == ((N, 6), {0, 1})
    assert np.array_equal(found.indices[:, 2:4], rows.users.indices[rows.user_rows])
    assert np.array_equal(found.indices[:, 4:], rows.items.indices[rows.item_rows])
    row, values = found.occurrences(0)
    for place in range(N):
        user, own = rows.user_rows[place], rows.item_rows[place]
        its = values[row == place] - 2
        assert len(its) == min(3, dense[user].sum() - 1)
        assert own not in its
        assert dense[user, its].all()


def test_each_epoch_draws_other_items_that_users_have_seen():
    dense = np.ones((USERS, ITEMS), np.float32)
    seen = SeenItems(sparse.csr_array(dense), 2)
    rows = source()
    rows = source(seen=seen, places=seen.places(rows.user_rows, rows.item_rows))
    generator = np.random.default_rng(0)
    drawn = [
        np.concatenate([chunk.tensors["values_0"].numpy() for chunk in rows.epoch(generator, batch_size=N, n_steps=1)])
        for _ in range(2)
    ]
    assert drawn[0].shape == drawn[1].shape == (2 + 2 * N,)
    assert not np.array_equal(*drawn)
    part = rows.take(np.array([3, 1]))
    assert part.places.tolist() == rows.places[[3, 1]].tolist()
