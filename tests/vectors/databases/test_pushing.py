"""Pushing: what is written, what is left alone, what is refused before anything is written."""

import re

import numpy as np
import pytest

from tabemb.exceptions import ColumnError, DataError, OutputError, UnknownNameError
from tabemb.vectors import CategoryVectors
from tabemb.vectors.databases import collection_name, open_database, pull, push


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


def test_pushing_twice_writes_nothing_more(uri):
    push(vectors(), uri)
    before = rows(uri)
    calls = []
    assert numbers(push(vectors(), uri, progress=lambda *call: calls.append(call))) == [(0, 3, 0)]
    assert rows(uri) == before
    assert calls == []


def test_what_differs_is_written_and_what_is_gone_is_removed(uri):
    old = vectors("abc")
    push(old, uri)
    new = CategoryVectors(["a", "b", "d"], [old["a"], -old["b"], [1, 2, 3]], name="c")
    assert numbers(push(new, uri)) == [(2, 1, 1)]
    assert pull(uri, "c") == new


def test_a_category_keeps_its_row_when_its_numbers_change_their_type(uri):
    push(CategoryVectors([1, 2], np.eye(2), name="c"), uri)
    as_floats = CategoryVectors([1.0, 2.0], np.eye(2), name="c")
    assert numbers(push(as_floats, uri)) == [(2, 0, 0)]
    assert [type(key) for key in pull(uri, "c")] == [float, float]


def test_unknown_and_missing_vectors_are_brought_up_to_date(uri):
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


def test_notes_that_are_not_ours(uri):
    push(vectors(), uri)
    with open_database(uri) as database:
        database.drop("tabemb__notes")
        database.create("tabemb__notes", 5, "cosine")
    told = "The collection 'tabemb__notes' should hold tabemb's notes and was not written by tabemb: it has the fields"
    with pytest.raises(OutputError, match=re.escape(told)):
        push(vectors(), uri)


@pytest.mark.parametrize(
    ("wrong", "options", "kind", "told"),
    [
        ({}, {}, DataError, "push needs the vectors of at least one column, and got none. A column of few categories"),
        ({"dest": vectors()}, {"columns": []}, DataError, "push needs the vectors of at least one column"),
        (
            {"dest": vectors()},
            {"columns": ["dset"]},
            ColumnError,
            "There are no vectors of a column 'dset'. Columns: dest. Did you mean 'dest'?",
        ),
        ({0: vectors()}, {}, DataError, "a column is named by text, got 0."),
        ({"dest": [[1.0]]}, {}, DataError, "push takes CategoryVectors by column; got list for 'dest'."),
        (
            vectors(),
            {"metric": "cosin"},
            UnknownNameError,
            "No metric named 'cosin'. Known: cosine, dot, l2. Did you mean",
        ),
        (vectors(), {"prefix": "a b"}, DataError, "got 'a b'. For example: 'tabemb_'."),
        (vectors(name="x" * 300), {}, DataError, "characters long, and"),
        (vectors(dim=40_000), {}, DataError, "takes vectors of 1 to 32,768 numbers; these have 40,000."),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_pushed_is_told_before_there_is_a_database(uri, tmp_path, wrong, options, kind, told):
    with pytest.raises(kind, match=re.escape(told)):
        push(wrong, uri, **options)
    assert list(tmp_path.iterdir()) == []
