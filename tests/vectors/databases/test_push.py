"""Pushing: what is written, in which order, and what is refused."""

import re
from importlib import import_module
from itertools import count

import numpy as np
import pytest

from tabemb.exceptions import ColumnError, DatabaseError, DataError, FormatError, OutputError, UnknownNameError
from tabemb.vectors import CategoryVectors
from tabemb.vectors.databases import DATABASES, ColumnPush, PushSummary, collection_name, open_database, pull, push
from tabemb.vectors.databases.base import find_database
from tabemb.vectors.store import EmbeddingStore


def vectors(keys="abc", seed=0, dim=3, name="c", **options):
    return CategoryVectors(list(keys), np.random.default_rng(seed).normal(size=(len(keys), dim)), name=name, **options)


def rows(uri, column="c"):
    """Return key, run and vector of each row, by key."""
    with open_database(uri) as database:
        found = [row for piece in database.read(collection_name(column)) for row in piece.to_pylist()]
    return {row["key"]: (row["run"], tuple(row["vector"])) for row in found}


def numbers(summary):
    return [(each.written, each.unchanged, each.removed) for each in summary.columns]


def test_a_mapping_has_a_collection_for_each_column(uri):
    two = {"dest": vectors(name="dest"), "from/to": vectors("de", dim=2, name="from/to")}
    summary = push(two, uri, run="flights")
    assert [(each.column, each.collection, each.dim) for each in summary.columns] == [
        ("dest", "tabemb_dest", 3),
        ("from/to", "tabemb_from_2f_to", 2),
    ]
    assert (summary.uri, summary.written, summary.unchanged, summary.removed) == (uri, 5, 0, 0)
    assert {name: pull(uri, name) for name in two} == two


def test_columns_that_share_vectors_are_pushed_once(uri):
    store = EmbeddingStore({"airport": vectors(name="airport")}, {"airport": ["origin", "dest"]})
    for columns in (None, ["dest", "origin"], ["airport", "dest"]):
        summary = push(store, uri, columns=columns)
        assert [(each.column, each.collection) for each in summary.columns] == [("airport", "tabemb_airport")]
    with pytest.raises(ColumnError, match="There are no vectors of a column 'orign'"):
        push(store, uri, columns=["orign"])


def test_pushing_twice_writes_nothing_more(uri):
    push(vectors(), uri)
    before = rows(uri)
    calls = []
    assert numbers(push(vectors(), uri, progress=lambda *call: calls.append(call))) == [(0, 3, 0)]
    assert rows(uri) == before
    assert calls == []


def test_changed_rows_are_written_and_old_ones_removed(uri):
    old = vectors("abc")
    push(old, uri)
    new = CategoryVectors(["a", "b", "d"], [old["a"], -old["b"], [1, 2, 3]], name="c")
    assert numbers(push(new, uri)) == [(2, 1, 1)]
    assert pull(uri, "c") == new


def test_a_numeric_key_keeps_its_row_if_its_type_changes(uri):
    push(CategoryVectors([1, 2], np.eye(2), name="c"), uri)
    as_floats = CategoryVectors([1.0, 2.0], np.eye(2), name="c")
    assert numbers(push(as_floats, uri)) == [(2, 0, 0)]
    assert [type(key) for key in pull(uri, "c")] == [float, float]


def test_unknown_and_missing_vectors_are_updated(uri):
    push(vectors(unknown=[1, 2, 3]), uri)
    new = vectors(unknown=[3, 2, 1], missing=[0, 0, 0])
    assert numbers(push(new, uri)) == [(0, 3, 0)]
    assert pull(uri, "c") == new


def test_only_chosen_columns_are_pushed(uri):
    two = {"dest": vectors(name="dest"), "origin": vectors(name="origin")}
    assert [each.column for each in push(two, uri, columns=["origin", "origin"]).columns] == ["origin"]
    with pytest.raises(ColumnError, match=r"has no vectors of a column 'dest'\. Columns: origin"):
        pull(uri, "dest")


def test_prefixes_keep_runs_apart(uri):
    one, two = vectors(), vectors("xyz", dim=2)
    push(one, uri, run="one")
    push(two, uri, run="two", prefix="two_")
    assert pull(uri, "c") == one
    assert pull(uri, "c", prefix="two_") == two


def test_a_metadata_collection_of_another_program_is_refused(uri):
    push(vectors(), uri)
    with open_database(uri) as database:
        database.drop("tabemb__notes")
        database.create("tabemb__notes", 5, "cosine")
    told = (
        "The collection 'tabemb__notes' should hold tabemb's metadata, but tabemb has not written it: it has the fields"
    )
    with pytest.raises(OutputError, match=re.escape(told)):
        push(vectors(), uri)


@pytest.mark.parametrize(
    ("wrong", "options", "kind", "told"),
    [
        ({}, {}, DataError, "push requires the vectors of at least one column, got none. A column with few categories"),
        ({"dest": vectors()}, {"columns": []}, DataError, "push requires the vectors of at least one column"),
        (
            {"dest": vectors()},
            {"columns": ["dset"]},
            ColumnError,
            "There are no vectors of a column 'dset'. Columns: dest. Did you mean 'dest'?",
        ),
        ({0: vectors()}, {}, DataError, "the name of a column is a string, got 0."),
        ({"dest": [[1.0]]}, {}, DataError, "push takes CategoryVectors by column; got list for 'dest'."),
        (
            vectors(),
            {"metric": "cosin"},
            UnknownNameError,
            "No metric named 'cosin'. Known: cosine, dot, euclidean. Did you mean",
        ),
        (vectors(), {"prefix": "a b"}, DataError, "got 'a b'. For example: 'tabemb_'."),
        (vectors(name="x" * 300), {}, DataError, "characters; "),
        (vectors(dim=40_000), {}, DataError, "takes vectors of 1 to 32,768 numbers; these have 40,000."),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_invalid_arguments_are_refused_before_there_is_a_database(uri, tmp_path, wrong, options, kind, told):
    with pytest.raises(kind, match=re.escape(told)):
        push(wrong, uri, **options)
    assert list(tmp_path.iterdir()) == []


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


def test_an_interrupted_push_leaves_complete_rows_and_the_next_one_completes_it(uri, small_batches):
    old, new = vectors("abc"), vectors("bdefg", seed=1)
    push({"c": old, "other": vectors(name="other")}, uri)
    with pytest.raises(Stop):
        push({"c": new, "other": vectors("xy", name="other")}, uri, progress=stopping(after=2))
    # The first two batches are there, no old category is gone yet.
    assert set(rows(uri)) == set("abcdef")
    every = {key: ("", tuple(each[key].tolist())) for each in (old, new) for key in each}
    assert {key: row for key, row in rows(uri).items() if row != every[key]} == {}
    assert set(rows(uri, "other")) == set("abc")
    message = "column 'c' are incomplete: a push of run '' was interrupted. Push the run again to complete it."
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


# ---------------------------------------------------------------- two pushes at once


@pytest.fixture
def no_waits(monkeypatch):
    # The name of the module is also that of the function.
    monkeypatch.setattr(import_module("tabemb.vectors.databases.push"), "_LONGEST_WAIT", 0.0)


def between(call, other):
    """Return a progress that lets another push begin and end when it is called for the n-th time."""
    calls = []

    def progress(*_):
        calls.append(1)
        if len(calls) == call:
            other()

    return progress


@pytest.mark.parametrize("call", [1, 2, 3])
@pytest.mark.parametrize("keys", ["abcdef", "abxyz", "a"])
@pytest.mark.parametrize("old", ["abcdef", ""])
def test_of_two_pushes_at_once_one_remains_whole(uri, small_batches, no_waits, call, keys, old):
    mine, other = vectors("abcdef", seed=1), vectors(keys, seed=2)
    if old:
        push(vectors(old), uri)
    push(mine, uri, progress=between(call, lambda: push(other, uri)))
    # The one that notices the other starts again.
    assert pull(uri, "c") == mine


def test_a_push_of_another_dimension_between_two_batches(uri, small_batches, no_waits):
    mine, other = vectors("abcdef", seed=1), vectors("abcd", dim=2)
    push(mine, uri, replace=True, progress=between(2, lambda: push(other, uri, replace=True)))
    assert pull(uri, "c") == mine


def test_a_push_that_may_not_replace_the_other_says_so_and_leaves_no_mixture(uri, small_batches, no_waits):
    mine, other = vectors("abcdef", seed=1), vectors("abcdef", seed=2)
    with pytest.raises(OutputError, match=r"holds the vectors of run 'other'.*these are of run 'mine'"):
        push(mine, uri, run="mine", progress=between(1, lambda: push(other, uri, run="other", replace=True)))
    with pytest.raises(FormatError, match="column 'c' are incomplete"):
        pull(uri, "c")
    push(other, uri, run="other", replace=True)
    assert pull(uri, "c") == other


def test_pushes_that_keep_disturbing_each_other_give_up(uri, small_batches, no_waits):
    seeds = count(2)
    mine = vectors("abcdef", seed=1)
    with pytest.raises(DatabaseError, match="other pushes kept writing to the collection 'tabemb_c'"):
        push(mine, uri, progress=lambda *_: push(vectors("abcdef", seed=next(seeds)), uri))
    push(mine, uri)
    assert pull(uri, "c") == mine


def test_a_failure_is_not_taken_for_another_push(uri, scheme, monkeypatch):
    calls = []

    def fail(self, name, rows):
        calls.append(name)
        raise DatabaseError("the disk is full")

    push(vectors(), uri)
    monkeypatch.setattr(DATABASES[scheme], "upsert", fail)
    with pytest.raises(DatabaseError, match="the disk is full"):
        push(vectors(seed=1), uri)
    assert len(calls) == 1


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
            {"run": "one", "metric": "euclidean"},
            "Column 'c': the collection 'tabemb_c' holds the vectors of run 'one' (3 categories x 3) for the metric "
            "'cosine', not 'euclidean'.",
        ),
    ],
    ids=["dimension", "run", "metric"],
)
def test_other_vectors_are_replaced_only_on_request(uri, new, options, told):
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


def test_a_collection_of_another_program_is_never_changed(uri):
    push(vectors(name="other"), uri)
    with open_database(uri) as database:
        database.create("tabemb_c", 3, "cosine")
    told = "Column 'c': the database already has a collection 'tabemb_c' that tabemb has not written."
    for replace in (False, True):
        with pytest.raises(OutputError, match=re.escape(told)):
            push(vectors(), uri, replace=replace)


def test_a_collection_created_anew_by_another_program_is_never_changed(uri):
    push(vectors(), uri)
    with open_database(uri) as database:
        database.drop("tabemb_c")
        database.create("tabemb_c", 2, "cosine")
    with pytest.raises(OutputError, match="that tabemb has not written"):
        push(vectors(), uri, replace=True)


def test_a_dropped_collection_is_written_again(uri):
    push(vectors(), uri)
    with open_database(uri) as database:
        database.drop("tabemb_c")
    assert numbers(push(vectors(), uri)) == [(3, 0, 0)]
    assert pull(uri, "c") == vectors()


def test_texts_that_are_too_long_are_refused_before_there_is_a_database(uri, tmp_path, monkeypatch):
    monkeypatch.setattr(find_database(uri)[0], "text_limit", 400)
    # 200 characters, 600 bytes.
    long = "東" * 200
    with pytest.raises(
        DataError,
        match=r"in \w+ has at most 400 bytes, but the category, '東{40}'\.\.\., has 600\. Shorten it",
    ):
        push(CategoryVectors(["a", long], np.eye(2), name="c"), uri)
    with pytest.raises(DataError, match=r"the name of the run, .* has 401\."):
        push(vectors(), uri, run="r" * 401)
    with pytest.raises(DataError, match=r"the category as JSON, .* has 40"):
        push(CategoryVectors(["a", "x" * 399], np.eye(2), name="c"), uri)
    with pytest.raises(DataError, match=r"the metadata, .* Shorten it, or leave the column out\."):
        push(vectors(dim=50, unknown=np.ones(50) / 3), uri)
    assert list(tmp_path.iterdir()) == []


def test_totals_are_sums_over_the_columns():
    one = ColumnPush("dest", "tabemb_dest", 3, written=2, unchanged=5, removed=1)
    two = ColumnPush("origin", "tabemb_origin", 2, written=10, unchanged=20, removed=30)
    summary = PushSummary("lancedb:vectors", (one, two))
    assert (summary.written, summary.unchanged, summary.removed) == (12, 25, 31)
    nothing = PushSummary("lancedb:vectors", ())
    assert (nothing.written, nothing.unchanged, nothing.removed) == (0, 0, 0)


def test_only_the_rows_of_new_categories_are_sent_after_growth(uri):
    sent = []
    old = vectors("abc", counts=[5, 4, 3])
    push(old, uri)
    grown = CategoryVectors(["a", "b", "c", "d"], np.vstack([old.vectors, [[1, 2, 3]]]), [5, 4, 3, 9], name="c")
    summary = push(grown, uri, progress=lambda *call: sent.append(call))
    assert numbers(summary) == [(1, 3, 0)]
    assert (summary.written, summary.unchanged, summary.removed) == (1, 3, 0)
    assert sent == [("c", 1, 1)]
    assert pull(uri, "c") == grown
