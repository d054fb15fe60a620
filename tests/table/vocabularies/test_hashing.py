import numpy as np

from tabemb.table.cells import factorize, read_cells
from tabemb.table.hashes import hash_keys
from tabemb.table.vocabularies import Hashing


def buckets(cells, n_buckets=1000):
    return Hashing(n_buckets).rows(factorize(read_cells(cells)), "user").buckets.tolist()


def test_a_bucket_is_the_hash_modulo_the_number_of_buckets():
    keys = ["a", 1, 2.5, True]
    assert buckets(keys) == (hash_keys(keys) % np.uint64(1000)).tolist()
    assert buckets(["a"]) == buckets(np.array(["a"], object))


def test_a_number_and_its_text_differ():
    assert buckets([1]) == buckets([1.0])
    assert buckets([1]) != buckets(["1"])


def test_it_suits_columns_with_more_categories_than_buckets():
    users = factorize(read_cells([f"u{place}" for place in range(50)] * 2))
    assert Hashing(49).suits(users)
    assert not Hashing(50).suits(users)
