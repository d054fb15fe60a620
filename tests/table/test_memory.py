"""Tables of vectors that the memory of the machine cannot hold are refused."""

import os
import re
import tracemalloc

import pandas as pd
import pytest

from tabemb.exceptions import DataError
from tabemb.table import memory
from tabemb.table.encoder import TableEncoder
from tabemb.table.memory import TableMemory, check_memory, machine_memory
from tabemb.table.vocabularies import HashedVocabulary, Hashing

TABLES = [
    TableMemory(name="dest", n_rows=1_000_000, row_bytes=4_000, row="1000 numbers"),
    TableMemory(name="carrier", n_rows=1_000, row_bytes=8_000, row="2000 numbers"),
]


def test_tables_are_refused_if_they_take_more_than_the_machine_has(monkeypatch):
    assert [each.n_bytes for each in TABLES] == [4_000_000_000, 8_000_000]
    monkeypatch.setattr(memory, "machine_memory", lambda: 4_008_000_000)
    check_memory(TABLES, "The vectors")
    monkeypatch.setattr(memory, "machine_memory", lambda: 4_007_999_999)
    message = (
        "The vectors would take 4 GB, and this machine has 4 GB. Most of it is 'dest': 1,000,000 rows of 1000 numbers. "
        "Set fewer rows (max_categories; n_buckets of a hashed vocabulary) or a smaller embedding_dim."
    )
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        check_memory(TABLES, "The vectors")


@pytest.mark.parametrize("error", [AttributeError, ValueError, OSError])
def test_nothing_is_refused_if_the_platform_does_not_tell(monkeypatch, error):
    def unknown(name):
        raise error

    assert machine_memory() > 0
    monkeypatch.setattr(os, "sysconf", unknown, raising=False)
    assert machine_memory() is None
    check_memory([TableMemory(name="dest", n_rows=10**18, row_bytes=4, row="1 number")], "The vectors")


@pytest.mark.parametrize("columns", [["dest"], ["dest", "origin"]])
def test_rows_of_hashed_vocabularies_are_not_counted_if_there_are_too_many(monkeypatch, columns):
    table = pd.DataFrame({name: list("abc") * 4 for name in columns})
    encoder = TableEncoder(vocabulary={name: {"name": "hashing", "n_buckets": 998} for name in columns})
    monkeypatch.setattr(memory, "machine_memory", lambda: 12_000 * len(columns))
    assert encoder.fit_encode(table).indices.shape == (12, len(columns))
    counted = []
    monkeypatch.setattr(HashedVocabulary, "counted", lambda self, counts: counted.append(self.column) or self)
    monkeypatch.setattr(memory, "machine_memory", lambda: 12_000 * len(columns) - 1)
    with pytest.raises(DataError, match=r"Most of it is 'dest': 1,000 rows of a count and at least one number\."):
        encoder.fit_encode(table)
    # The columns before fitted.
    assert counted == columns[:-1]


@pytest.mark.parametrize("kind", ["hashing", "ngrams"])
def test_too_many_rows_are_refused_before_any_array_has_as_many(monkeypatch, kind):
    table = pd.DataFrame({"dest": list("abc") * 4})
    encoder = TableEncoder(vocabulary={"dest": {"name": kind, "n_buckets": 2_000_000_000}})
    monkeypatch.setattr(memory, "machine_memory", lambda: 20_000_000_000)
    monkeypatch.setattr(HashedVocabulary, "_hold", None)
    with pytest.raises(DataError, match=r"'dest': 2,000,000,002 rows of a count and at least one number\."):
        encoder.fit_encode(table)


def test_zeros_of_a_vocabulary_without_counts_are_not_copied():
    tracemalloc.start()
    vocabulary = HashedVocabulary(Hashing(n_buckets=1_000_000), "dest")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # Four bytes per row, once.
    assert 4_000_000 < peak < 4_100_000
    assert vocabulary.size == 1_000_002
