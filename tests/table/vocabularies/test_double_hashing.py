from tabemb.table.cells import factorize, read_cells
from tabemb.table.vocabularies import DoubleHashing, Hashing

USERS = factorize(read_cells([f"user {place}" for place in range(3000)]))


def test_few_categories_share_both_rows():
    pairs = DoubleHashing(300).rows(USERS, "user").buckets.reshape(-1, 2)
    assert len({tuple(sorted(pair)) for pair in pairs.tolist()}) > 2850
    assert len(set(Hashing(300).rows(USERS, "user").buckets.tolist())) == 300


def test_the_first_row_is_that_of_hashing():
    pairs = DoubleHashing(300).rows(USERS, "user").buckets.reshape(-1, 2)
    assert pairs[:, 0].tolist() == Hashing(300).rows(USERS, "user").buckets.tolist()
