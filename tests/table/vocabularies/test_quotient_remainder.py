import pytest

from tabemb.table.cells import factorize, read_cells
from tabemb.table.vocabularies import QuotientRemainder

USERS = factorize(read_cells([f"user {place}" for place in range(3000)]))


@pytest.mark.parametrize("n_buckets", [200, 201])
def test_each_category_has_a_quotient_and_a_remainder(n_buckets):
    pairs = QuotientRemainder(n_buckets).rows(USERS, "user").buckets.reshape(-1, 2)
    assert set(pairs[:, 0].tolist()) == set(range(100))
    assert set(pairs[:, 1].tolist()) == set(range(100, n_buckets))
    # Of 10,000 pairs: 3,000 draws meet about 2,592 different ones.
    assert 2500 < len({tuple(pair) for pair in pairs.tolist()}) < 2700


def test_it_needs_two_rows():
    with pytest.raises(ValueError, match=r"n_buckets .* must be an integer of at least 2; got 1\."):
        QuotientRemainder(1)
    assert QuotientRemainder(2).rows(USERS, "user").buckets.reshape(-1, 2).max(axis=0).tolist() == [0, 1]
