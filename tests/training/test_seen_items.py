"""What users have seen besides the item of a training row."""

import numpy as np
import pytest
from scipy import sparse

from tabemb.table.bags import Bags
from tabemb.table.encoded_table import EncodedTable
from tabemb.training.seen_items import SeenItems

ITEMS = 9
# The last user has seen one item only.
DENSE = np.array(
    [[1, 2, 0, 0, 3, 0, 1, 1, 0], [0, 1, 1, 0, 0, 0, 0, 0, 4], [0, 0, 0, 5, 0, 0, 0, 0, 0]],
    np.float32,
)
MATRIX = sparse.csr_array(DENSE)
USERS, OWN = (each.astype(np.intp) for each in np.nonzero(DENSE))


def seen(most=100):
    return SeenItems(MATRIX, most)


def others(source, users=USERS, own=OWN):
    """Return, for each row, the items and weights besides its own."""
    rows, items, weights = source.others(users, source.places(users, own))
    return [
        dict(zip(items[rows == row].tolist(), weights[rows == row].tolist(), strict=True)) for row in range(len(own))
    ]


@pytest.mark.parametrize("shuffles", [False, True])
def test_the_item_of_the_row_is_left_out_and_all_others_are_there(shuffles):
    source = seen().shuffled(np.random.default_rng(0)) if shuffles else seen()
    for found, user, own in zip(others(source), USERS, OWN, strict=True):
        assert found == {item: DENSE[user, item] for item in np.flatnonzero(DENSE[user]) if item != own}


def test_rows_in_any_order_and_more_than_once():
    users, own = np.array([1, 0, 2, 1]), np.array([8, 4, 3, 8])
    found = others(seen(), users, own)
    assert [sorted(each) for each in found] == [[1, 2], [0, 1, 6, 7], [], [1, 2]]


def test_at_most_so_many_and_others_after_a_shuffle():
    generator, drawn = np.random.default_rng(0), np.zeros(ITEMS)
    for _ in range(400):
        found = others(seen(2).shuffled(generator), np.array([0, 2]), np.array([4, 3]))
        assert [len(each) for each in found] == [2, 0]
        drawn[list(found[0])] += 1
    # Each of the four others half of the time.
    assert drawn[[0, 1, 6, 7]] == pytest.approx(200, rel=0.2)
    assert drawn.sum() == 800


def test_a_shuffle_is_that_of_its_generator():
    one, two, other = (seen(2).shuffled(np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert np.array_equal(one.order, two.order)
    assert not np.array_equal(one.order, other.order)
    assert np.array_equal(one.order[one.ranks], np.arange(MATRIX.nnz))


def test_cells_are_weighted_means_of_keys_and_of_other_columns():
    # A column of one value, and one of several.
    genres = Bags(np.array([2, 3, 4, 2], np.int32), np.array([0, 2, 3, 4]), pooling="sum")
    places = np.arange(ITEMS, dtype=np.int32)
    table = EncodedTable(
        np.column_stack([2 + places, 20 + places % 4, places % 3]).astype(np.int32),
        np.empty((ITEMS, 0), np.float32),
        {2: genres},
    )
    source = seen()
    found = source.cells(USERS, source.places(USERS, OWN), table)
    assert (found.indices.shape, set(found.bags)) == ((len(USERS), 3), {0, 1, 2})
    vectors = np.random.default_rng(0).normal(size=(30, 4))
    expected = [vectors[2 + places], vectors[20 + places % 4], genres.pooled(vectors)[places % 3]]
    for row, (user, own) in enumerate(zip(USERS, OWN, strict=True)):
        weights = DENSE[user].copy()
        weights[own] = 0
        for position, of_items in enumerate(expected):
            mean = found.bags[position].pooled(vectors)[found.indices[row, position]]
            if weights.any():
                np.testing.assert_allclose(mean, weights @ of_items / weights.sum(), rtol=1e-5)
            else:
                # The vector of a missing key, and nothing of the other columns.
                np.testing.assert_allclose(mean, vectors[0] if position == 0 else np.zeros(4))


def test_cells_that_are_dropped_are_those_of_users_who_have_seen_nothing():
    source = seen()
    table = EncodedTable(np.arange(2, 2 + ITEMS, dtype=np.int32)[:, None], np.empty((ITEMS, 0), np.float32))
    found = source.cells(USERS, source.places(USERS, OWN), table)
    assert found.bags[0].pooled(np.arange(11.0)[:, None])[:2].tolist() == [[0.0], [0.0]]
    assert found.indices.min() == 2
    assert found.bags[0].values[:2].tolist() == [0, 0]
