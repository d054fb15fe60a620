"""What a push does in which order, what it leaves when it stops, and what it never touches."""

import re

import numpy as np
import pytest

from tabemb.exceptions import ColumnError, FormatError, OutputError
from tabemb.vectors import CategoryVectors
from tabemb.vectors.databases import DATABASES, collection_name, open_database, pull, push


def vectors(keys="abc", seed=0, dim=3, name="c", **options):
    return CategoryVectors(list(keys), np.random.default_rng(seed).normal(size=(len(keys), dim)), name=name, **options)


def rows(uri, column="c"):
    """Return key, run and vector of each row, by key."""
    with open_database(uri) as database:
        found = [row for piece in database.read(collection_name(column)) for row in piece.to_pylist()]
    return {row["key"]: (row["run"], tuple(row["vector"])) for row in found}


def numbers(summary):
    return [(each.written, each.unchanged, each.removed) for each in summary.columns]


class Stop(Exception):
    pass


def stopping(after):
    """Return a progress that stops the push when it is called for the n-th time."""
    calls = []

    def progress(*call):
        calls.append(call)
        if len(calls) == after:
            raise Stop

    return progress


@pytest.fixture
def small_batches(scheme, monkeypatch):
    monkeypatch.setattr(DATABASES[scheme], "batch_rows", 2)


def test_progress_counts_rows_written_and_removed(uri, small_batches):
    push(vectors("abc"), uri)
    calls = []
    push(vectors("axyzw", seed=1), uri, progress=lambda *call: calls.append(call))
    assert calls == [("c", 2, 7), ("c", 4, 7), ("c", 5, 7), ("c", 7, 7)]


def test_an_interrupted_push_leaves_whole_rows_and_the_next_one_repairs(uri, small_batches):
    old, new = vectors("abc"), vectors("bdefg", seed=1)
    push({"c": old, "other": vectors(name="other")}, uri)
    with pytest.raises(Stop):
        push({"c": new, "other": vectors("xy", name="other")}, uri, progress=stopping(after=2))
    # The first two batches are there, no old category is gone yet.
    assert set(rows(uri)) == set("abcdef")
    every = {key: ("", tuple(each[key].tolist())) for each in (old, new) for key in each}
    assert {key: row for key, row in rows(uri).items() if row != every[key]} == {}
    assert set(rows(uri, "other")) == set("abc")
    message = "column 'c' are not whole: a push of run '' was interrupted. Push the run again, which finishes it."
    with pytest.raises(FormatError, match=re.escape(message)):
        pull(uri, "c")
    assert pull(uri, "other") == vectors(name="other")
    assert numbers(push(new, uri)) == [(1, 4, 2)]
    assert pull(uri, "c") == new


@pytest.mark.parametrize("step", ["create", "upsert", "finish", "drop"])
def test_a_push_that_fails_at_any_step_is_repaired_by_the_next(uri, scheme, step, monkeypatch):
    push(vectors(dim=2), uri)
    whole = getattr(DATABASES[scheme], step)

    def fail(self, name, *args):
        if name == "tabemb_c":
            raise Stop
        return whole(self, name, *args)

    with monkeypatch.context() as patch:
        patch.setattr(DATABASES[scheme], step, fail)
        with pytest.raises(Stop):
            push(vectors(), uri, replace=True)
    push(vectors(), uri, replace=step == "drop")
    assert pull(uri, "c") == vectors()


def test_removal_that_is_interrupted_is_repaired(uri, small_batches):
    push(vectors("abcdef"), uri)
    with pytest.raises(Stop):
        push(vectors("x"), uri, progress=stopping(after=2))
    assert "x" in rows(uri)
    assert len(rows(uri)) == 5
    push(vectors("x"), uri)
    assert pull(uri, "c") == vectors("x")


@pytest.mark.parametrize(
    ("new", "options", "told"),
    [
        (
            vectors("ab", dim=2),
            {"run": "one"},
            "Column 'c' has vectors of 2 numbers, but the collection 'tabemb_c' holds the vectors of run 'one' "
            "(3 categories x 3).",
        ),
        (
            vectors("ab"),
            {"run": "two"},
            "Column 'c': the collection 'tabemb_c' holds the vectors of run 'one' (3 categories x 3), and these are of "
            "run 'two'.",
        ),
        (
            vectors("ab"),
            {"run": "one", "metric": "l2"},
            "Column 'c': the collection 'tabemb_c' holds the vectors of run 'one' (3 categories x 3) for the metric "
            "'cosine', not 'l2'.",
        ),
    ],
    ids=["dimension", "run", "metric"],
)
def test_other_vectors_are_replaced_only_when_that_is_said(uri, new, options, told):
    old = vectors()
    push(old, uri, run="one")
    step = " Replace it with --replace (replace=True in Python), or choose another prefix: --prefix (prefix=...)."
    with pytest.raises(OutputError, match=f"^{re.escape(told + step)}$"):
        push({"new": vectors(name="new"), "c": new}, uri, **options)
    # The column before it was not written either.
    with pytest.raises(ColumnError):
        pull(uri, "new")
    assert pull(uri, "c") == old
    push(new, uri, replace=True, **options)
    assert pull(uri, "c") == new


def test_a_collection_of_another_program_is_never_touched(uri):
    push(vectors(name="other"), uri)
    with open_database(uri) as database:
        database.create("tabemb_c", 3, "cosine")
    told = "Column 'c': the database has a collection 'tabemb_c' already, which tabemb has not written."
    for replace in (False, True):
        with pytest.raises(OutputError, match=re.escape(told)):
            push(vectors(), uri, replace=replace)


def test_a_collection_that_was_made_anew_behind_our_back_is_never_touched(uri):
    push(vectors(), uri)
    with open_database(uri) as database:
        database.drop("tabemb_c")
        database.create("tabemb_c", 2, "cosine")
    with pytest.raises(OutputError, match="which tabemb has not written"):
        push(vectors(), uri, replace=True)


def test_a_collection_that_was_dropped_is_written_anew(uri):
    push(vectors(), uri)
    with open_database(uri) as database:
        database.drop("tabemb_c")
    assert numbers(push(vectors(), uri)) == [(3, 0, 0)]
    assert pull(uri, "c") == vectors()
