"""Tables of vectors that the memory of the machine, or of its container, cannot hold are refused."""

import os
import re
import tracemalloc

import pandas as pd
import pytest

from tabemb.exceptions import DataError
from tabemb.table import memory
from tabemb.table.encoder import TableEncoder
from tabemb.table.memory import TableMemory, check_memory, container_memory, machine_memory
from tabemb.table.vocabularies import HashedVocabulary, Hashing

TABLES = [
    TableMemory(name="dest", n_rows=1_000_000, row_bytes=4_000, row="1000 numbers"),
    TableMemory(name="carrier", n_rows=1_000, row_bytes=8_000, row="2000 numbers"),
]


@pytest.fixture(autouse=True)
def no_container(monkeypatch):
    monkeypatch.setattr(memory, "container_memory", lambda: None)


def files(root, **contents):
    """Write the files of a system: of a path, the double underscores are slashes."""
    for name, content in contents.items():
        path = root / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return root


def test_tables_are_refused_if_they_take_more_than_the_machine_has(monkeypatch):
    assert [each.n_bytes for each in TABLES] == [4_000_000_000, 8_000_000]
    monkeypatch.setattr(memory, "machine_memory", lambda: 4_008_000_000)
    check_memory(TABLES, "The vectors")
    monkeypatch.setattr(memory, "machine_memory", lambda: 4_007_999_999)
    message = (
        "The vectors would take 4.0 GB, and this machine has 4.0 GB. Most of it is 'dest': 1,000,000 rows of 1000 "
        "numbers. Set fewer rows (max_categories; n_buckets of a hashed vocabulary) or a smaller embedding_dim."
    )
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        check_memory(TABLES, "The vectors")


@pytest.mark.parametrize("machine", [None, 4_008_000_000, 64_000_000_000])
def test_tables_are_refused_if_they_take_more_than_the_container_may_use(monkeypatch, machine):
    monkeypatch.setattr(memory, "machine_memory", lambda: machine)
    monkeypatch.setattr(memory, "container_memory", lambda: 4_008_000_000)
    check_memory(TABLES, "The vectors")
    monkeypatch.setattr(memory, "container_memory", lambda: 512_000_000)
    message = r"^The vectors would take 4\.0 GB, and the limit of this container \(cgroup\) is 0\.5 GB\. Most .*'dest'"
    with pytest.raises(DataError, match=message):
        check_memory(TABLES, "The vectors")


def test_the_memory_of_the_machine_counts_if_the_container_may_use_more(monkeypatch):
    monkeypatch.setattr(memory, "machine_memory", lambda: 1_000_000_000)
    monkeypatch.setattr(memory, "container_memory", lambda: 64_000_000_000)
    with pytest.raises(DataError, match=r"would take 4\.0 GB, and this machine has 1\.0 GB\."):
        check_memory(TABLES, "The vectors")


# Docker with a hierarchy of version 2: the container sees its own group as the root.
PRIVATE = {"proc__self__cgroup": "0::/\n", "sys__fs__cgroup__memory.max": "2147483648\n"}
# A service of systemd, whose slice has a lower limit.
NESTED = {
    "proc__self__cgroup": "0::/user.slice/app.service\n",
    "sys__fs__cgroup__user.slice__memory.max": "1000000\n",
    "sys__fs__cgroup__user.slice__app.service__memory.max": "2000000\n",
    "sys__fs__cgroup__other.slice__memory.max": "1\n",
}
# Version 1: the group has its path on the host, which the container does not see.
FIRST_VERSION = {
    "proc__self__cgroup": "5:cpu,cpuacct:/docker/ab12\n4:memory:/docker/ab12\n0::/\n",
    "sys__fs__cgroup__memory__memory.limit_in_bytes": "536870912\n",
    "sys__fs__cgroup__cpu__memory.limit_in_bytes": "1\n",
}


@pytest.mark.parametrize(
    ("contents", "limit"),
    [
        (PRIVATE, 2147483648),
        (NESTED, 1_000_000),
        (NESTED | {"sys__fs__cgroup__user.slice__memory.max": "max\n"}, 2_000_000),
        (FIRST_VERSION, 536870912),
        (FIRST_VERSION | {"sys__fs__cgroup__memory__docker__ab12__memory.limit_in_bytes": "4096\n"}, 4096),
        (FIRST_VERSION | {"sys__fs__cgroup__memory__memory.limit_in_bytes": "9223372036854771712\n"}, None),
        (PRIVATE | {"sys__fs__cgroup__memory.max": "max\n"}, None),
        (PRIVATE | {"sys__fs__cgroup__memory.max": ""}, None),
        ({"proc__self__cgroup": "0::/\n"}, None),
        ({"proc__self__cgroup": "no group\n\n", "sys__fs__cgroup__cpu.max": "max"}, None),
        ({}, None),
    ],
)
def test_the_limit_of_a_container_is_the_least_of_its_groups(tmp_path, contents, limit):
    assert container_memory(files(tmp_path, **contents)) == limit


def test_files_that_cannot_be_read_are_no_limit(tmp_path):
    root = files(tmp_path, proc__self__cgroup="")
    (root / "proc/self/cgroup").write_bytes(b"0::/gr\xfcn\n")
    # A folder in place of a file.
    (root / "sys/fs/cgroup/memory.max").mkdir(parents=True)
    assert container_memory(root) is None


@pytest.mark.parametrize("error", [AttributeError, ValueError, OSError])
def test_nothing_is_refused_if_the_platform_does_not_tell(monkeypatch, error):
    def unknown(name):
        raise error

    assert machine_memory() > 0
    monkeypatch.setattr(os, "sysconf", unknown, raising=False)
    assert machine_memory() is None
    monkeypatch.setattr(os, "sysconf", lambda name: {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": -1}[name], raising=False)
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
