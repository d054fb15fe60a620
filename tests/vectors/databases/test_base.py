"""What every registered database must keep, URIs, and the names of collections."""

import re
import sys

import hypothesis.strategies as st
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given

from tabemb.exceptions import DatabaseError, DataError, MissingExtraError, UnknownNameError
from tabemb.vectors import CategoryVectors
from tabemb.vectors.databases import DATABASES, Database, open_database, pull, push
from tabemb.vectors.databases.base import (
    collection_name,
    column_of,
    find_database,
    metadata_collection,
    without_password,
)
from tabemb.vectors.databases.rows import FIELDS, rows_of, schema_of

AWKWARD = [
    "New York",
    " leading and trailing ",
    "line\nbreak",
    "carriage\rreturn\r\n",
    "",
    " ",
    'it\'s "quoted"',
    "back\\slash",
    "100%",
    "naïve café",
    "東京",
    "👩‍👩‍👧",
    "nul\x00",
    "lone \ud800 surrogate",
    "e\u0301",
    "é",
    "a" * 10_000,
]
MIXED = ["1", 1, True, 2.5, -(2**70), 2**63, b"\xff\x00", "true", '{"int": "1"}']
COLUMNS = [
    "dest",
    "day_of_week",
    "native-country",
    "from/to",
    "à",
    "東京",
    "👩‍👩",
    "",
    " ",
    "_",
    "__",
    "_2d_",
    "a_5f_b",
    "A",
]


def typed(vectors):
    return [(type(key), key) for key in vectors.index_to_key]


def stored(uri, name="tabemb_c"):
    """Return all rows of a collection, by position."""
    with open_database(uri) as database:
        return pa.concat_tables(database.read(name)).sort_by("position")


@pytest.mark.parametrize("keys", [AWKWARD, MIXED], ids=["awkward", "mixed"])
def test_vectors_round_trip(uri, keys):
    rng = np.random.default_rng(0)
    saved = CategoryVectors(
        keys,
        rng.normal(size=(len(keys), 3)),
        range(len(keys), 0, -1),
        name="from/to",
        unknown=[0.1, 2, 3],
        missing=[0, 0, 1e-40],
    )
    push(saved, uri, run="flights")
    loaded = pull(uri, "from/to")
    assert loaded == saved
    assert typed(loaded) == typed(saved)


def test_the_extreme_numbers_of_float32_and_zeros_survive(uri):
    numbers = [[3.4028235e38, 1.1754944e-38, 1e-45], [0.1, -16777217, 1 / 3], [0, 0, 0]]
    saved = CategoryVectors(["a", "b", "c"], numbers, name="c")
    push(saved, uri)
    loaded = pull(uri, "c")
    assert loaded.vectors.tobytes() == saved.vectors.tobytes()
    assert loaded.counts is None


@pytest.mark.parametrize("shape", [(0, 3), (1, 1), (3, 1)])
def test_no_categories_and_a_single_dimension(uri, shape):
    saved = CategoryVectors(
        list("abc")[: shape[0]], np.arange(np.prod(shape)).reshape(shape), name="c", unknown=[1] * shape[1]
    )
    push(saved, uri)
    assert pull(uri, "c") == saved


def test_the_fields_of_a_row(uri):
    push(CategoryVectors(["a", 7], [[1.0, 0.5], [-1.0, 0.25]], [9, 3], name="c"), uri, run="flights")
    rows = stored(uri)
    assert rows.schema.equals(schema_of(2))
    assert rows.drop_columns("id").to_pylist() == [
        {"key": "a", "key_json": '"a"', "count": 9, "position": 0, "column": "c", "run": "flights", "vector": [1, 0.5]},
        {"key": "7", "key_json": "7", "count": 3, "position": 1, "column": "c", "run": "flights", "vector": [-1, 0.25]},
    ]


def test_thousands_of_rows_are_read_changed_and_removed(uri):
    rng = np.random.default_rng(0)
    many = CategoryVectors(range(2600), rng.normal(size=(2600, 2)), name="c")
    push(many, uri)
    assert pull(uri, "c") == many
    few = CategoryVectors(range(50), many.vectors[:50], name="c")
    assert push(few, uri).columns[0].removed == 2550
    assert pull(uri, "c") == few


def test_rows_replace_rows_with_the_same_id(uri):
    one = rows_of(CategoryVectors(["a", "b"], np.eye(2)), "c", "old")
    two = rows_of(CategoryVectors(["a", "x"], -np.eye(2)), "c", "new")
    with open_database(uri, create=True) as database:
        assert database.layout("t") is None
        database.create("t", 2, "dot")
        layout = database.layout("t")
        assert set(layout.names) == set(FIELDS)
        assert layout.field("vector").type.list_size == 2
        assert [len(rows) for rows in database.read("t") if len(rows)] == []
        for rows in (one, two, two):
            database.upsert("t", rows)
            database.finish("t")
        database.delete("t", two["id"].to_pylist()[1:])
        database.finish("t")
    assert [(row["key"], row["run"], row["vector"]) for row in stored(uri, "t").to_pylist()] == [
        ("a", "new", [-1.0, 0.0]),
        ("b", "old", [0.0, 1.0]),
    ]
    with open_database(uri) as database:
        database.drop("t")
        assert database.layout("t") is None


def test_reading_creates_no_database(uri, tmp_path):
    with pytest.raises(DatabaseError, match=r"There is no database in .*vectors"):
        open_database(uri)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_parent_folder_is_an_error(uri, tmp_path):
    gone = uri.replace(str(tmp_path), str(tmp_path / "nowhere"))
    with pytest.raises(DatabaseError, match=r"There is no folder .*nowhere"):
        open_database(gone, create=True)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_not_a_database_is_refused_and_unchanged(uri, tmp_path):
    path = tmp_path / uri.rpartition("/")[2]
    path.write_text("mine")
    for create in (True, False):
        with pytest.raises(DatabaseError, match=r"vectors.* is a file"):
            open_database(uri, create=create)
    assert path.read_text() == "mine"


def test_an_error_without_the_package_names_the_extra(uri, monkeypatch):
    kind, _ = find_database(uri)
    for package in kind.packages:
        monkeypatch.setitem(sys.modules, package, None)
    message = f"{kind.__name__} needs {kind.packages[0]}. Install it with: pip install 'tabemb[{kind.extra}]'"
    with pytest.raises(MissingExtraError, match=re.escape(message)):
        open_database(uri, create=True)


def test_no_thread_is_left_after_closing(uri):
    import threading

    before = set(threading.enumerate())
    push(CategoryVectors(["a"], [[1.0, 2.0]], name="c"), uri)
    left = [each for each in threading.enumerate() if each not in before and not each.daemon]
    assert left == []


def test_an_unknown_scheme_lists_the_known_ones():
    known = "; ".join(f"{name} ({DATABASES[name].forms})" for name in sorted(DATABASES))
    message = f"No database has the scheme 'milvsu', got 'milvsu:vectors.db'. Known: {known}. Did you mean 'milvus'?"
    with pytest.raises(UnknownNameError, match=f"^{re.escape(message)}$"):
        open_database("milvsu:vectors.db")
    message = f"The URI of a database begins with a scheme, got 'vectors.db'. Known: {known}."
    with pytest.raises(UnknownNameError, match=f"^{re.escape(message)}$"):
        open_database("vectors.db")


def test_every_database_has_forms_of_uris():
    for name, kind in DATABASES.items():
        assert issubclass(kind, Database)
        assert f"{name}:" in kind.forms
        assert kind.packages
        assert find_database(f"{name.upper()}:x") == (kind, "x")


def test_a_password_is_never_shown():
    assert without_password("milvus://root:a@b@host:1/db") == "milvus://***@host:1/db"
    assert without_password("milvus:folder/x@y.db") == "milvus:folder/x@y.db"
    with pytest.raises(UnknownNameError, match="got 'postgres://") as caught:
        open_database("postgres://me:secret@host/db")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("prefix", ["tabemb_", "_", "x"])
def test_every_column_has_a_valid_unique_and_invertible_name(prefix):
    names = [collection_name(column, prefix) for column in COLUMNS]
    assert [name for name in names if not re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", name)] == []
    assert [column_of(name, prefix) for name in names] == COLUMNS
    assert len(set(names)) == len(COLUMNS)


@given(st.text())
def test_names_of_any_text_are_invertible(column):
    assert column_of(collection_name(column)) == column


@given(st.text(alphabet="_25fad-"), st.text(alphabet="_25fad-"))
def test_two_columns_never_share_a_name(one, two):
    assert (collection_name(one) == collection_name(two)) == (one == two)


@given(st.text(alphabet="_0123456789abcdefxyz"))
def test_column_of_inverts_valid_names_only(text):
    column = column_of(f"tabemb_{text}")
    assert column is None or collection_name(column) == f"tabemb_{text}"


@pytest.mark.parametrize(
    "name", ["movies", "tabemb_a_b", "tabemb__41_", "tabemb__110000_", f"tabemb__{'f' * 40}_", "tabemb_-"]
)
def test_names_of_no_column(name):
    assert column_of(name) is None


def test_no_column_has_the_name_of_the_metadata():
    assert column_of(metadata_collection("x_"), "x_") is None


@pytest.mark.parametrize("prefix", ["", "1a", "a-b", "à", "a b"])
def test_an_invalid_prefix_is_refused(prefix):
    message = f"then letters, digits and underscores; got {prefix!r}. For example: 'tabemb_'."
    for call in (lambda: collection_name("dest", prefix), lambda: metadata_collection(prefix)):
        with pytest.raises(DataError, match=re.escape(message)):
            call()
