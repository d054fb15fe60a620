"""The vectors of several columns."""

import json
import re

import numpy as np
import pandas as pd
import pytest

import tabemb
from tabemb.exceptions import ColumnError, DataError, FormatError, OutputError
from tabemb.vectors import CategoryVectors
from tabemb.vectors.store import EmbeddingStore, column_file


@pytest.fixture
def months():
    return CategoryVectors([1, 2], [[1, 2, 3], [4, 5, 6]], name="month")


@pytest.fixture
def store(airports, months):
    return EmbeddingStore({"dest": airports, "month": months})


def test_it_is_a_read_only_mapping_in_the_order_given(store, airports):
    assert tabemb.EmbeddingStore is EmbeddingStore
    assert list(store) == list(store.keys()) == ["dest", "month"]
    assert len(store) == 2
    assert store["dest"] is airports
    assert "dest" in store
    assert "origin" not in store
    assert store.get("origin") is None
    assert repr(store) == "EmbeddingStore(dest: 4 x 2, month: 2 x 3)"
    assert repr(EmbeddingStore({})) == "EmbeddingStore()"
    with pytest.raises(TypeError):
        store["dest"] = airports


def test_it_equals_what_holds_the_same(store, airports, months):
    given = {"dest": airports, "month": months}
    again = EmbeddingStore(given)
    assert again == store == given
    given.clear()
    assert again == store
    assert EmbeddingStore({"dest": airports}) != store


def test_a_column_that_is_not_there_is_told_its_neighbours(store):
    message = "There are no vectors of a column 'desk'. Columns: dest, month. Did you mean 'dest'?"
    with pytest.raises(ColumnError, match=re.escape(message)):
        store["desk"]
    with pytest.raises(ColumnError, match=re.escape(message)):
        store.most_similar("desk", "JFK")
    with pytest.raises(ColumnError, match=r"There are no vectors of a column 'a'. Columns: none."):
        EmbeddingStore({})["a"]
    with pytest.raises(ColumnError, match="There are no vectors of a column 3"):
        store[3]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            [1],
            "made of a mapping from column to CategoryVectors, such as {'dest': vectors}; got list.",
        ),
        ({"dest": np.ones((2, 2))}, "Column 'dest': expected CategoryVectors, got ndarray."),
        ({7: CategoryVectors([1], [[1]])}, "The columns of an EmbeddingStore are named by text; got 7."),
    ],
)
def test_what_it_is_made_of_is_checked(given, message):
    with pytest.raises(DataError, match=re.escape(message)):
        EmbeddingStore(given)


def test_it_asks_a_column(store, airports):
    assert store.most_similar("dest", "JFK", topn=2) == airports.most_similar("JFK", topn=2)
    options = {"metric": "euclidean", "min_count": 3, "where": lambda key: key != "LGA"}
    assert store.most_similar("dest", ["JFK", "LGA"], "SFO", 5, **options) == airports.most_similar(
        ["JFK", "LGA"], "SFO", 5, **options
    )


def test_to_frame_holds_all(store, airports):
    frame = store.to_frame()
    assert frame.shape == (6, 4)
    assert list(frame.columns) == ["count", "emb0", "emb1", "emb2"]
    assert frame.index.names == ["column", "key"]
    assert frame.loc["dest", "count"].tolist() == [9, 5, 3, 1]
    assert frame.loc["month", "count"].isna().all()
    np.testing.assert_array_equal(frame.loc["dest", ["emb0", "emb1"]], airports.vectors)
    assert frame.loc["dest", "emb2"].isna().all()
    assert frame.loc[("month", 2), "emb2"] == 6
    assert EmbeddingStore({}).to_frame().shape == (0, 1)


def test_a_folder_brings_it_back(store, tmp_path):
    store.save(str(tmp_path / "vectors"))
    assert EmbeddingStore.load(str(tmp_path / "vectors")) == store
    assert list(EmbeddingStore.load(tmp_path / "vectors")) == ["dest", "month"]
    assert sorted(each.name for each in (tmp_path / "vectors").iterdir()) == [
        "dest.parquet",
        "month.parquet",
        "store.json",
    ]
    EmbeddingStore({}).save(tmp_path / "none")
    assert EmbeddingStore.load(tmp_path / "none") == {}


def test_any_column_has_a_file(tmp_path):
    names = ["from/to", "../up", "", "A", "a", "à", "50%", "two words", "store.json", "."]
    store = EmbeddingStore({name: CategoryVectors([name or "x"], [[1.0]]) for name in names})
    store.save(tmp_path / "vectors")
    assert EmbeddingStore.load(tmp_path / "vectors") == store
    files = [each.name for each in (tmp_path / "vectors").iterdir()]
    assert len({each.casefold() for each in files}) == len(names) + 1
    assert column_file("a/b") == "a%2Fb.parquet"


def test_an_older_store_is_replaced_whole(store, months, tmp_path):
    store.save(tmp_path / "vectors")
    EmbeddingStore({"month": months}).save(tmp_path / "vectors")
    assert EmbeddingStore.load(tmp_path / "vectors") == {"month": months}
    assert not (tmp_path / "vectors" / "dest.parquet").exists()
    assert [each.name for each in tmp_path.iterdir()] == ["vectors"]


def test_a_folder_of_something_else_is_left_alone(store, tmp_path):
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "notes.txt").write_text("mine")
    with pytest.raises(OutputError, match=r"it holds 'notes.txt', which would be lost"):
        store.save(tmp_path / "work")
    (tmp_path / "work" / "store.json").write_text("{}")
    with pytest.raises(OutputError, match="which would be lost"):
        store.save(tmp_path / "work")
    (tmp_path / "file").write_text("mine")
    with pytest.raises(OutputError, match="there is a file of that name"):
        store.save(tmp_path / "file")
    with pytest.raises(OutputError, match="Cannot write"):
        store.save(tmp_path / "no" / "such" / "folder")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["file", "work"]


def test_a_store_that_is_replaced_while_it_is_read_is_read_again(months, tmp_path, monkeypatch):
    load, old, new = CategoryVectors.load, EmbeddingStore({"a": months, "b": months}), EmbeddingStore({"b": months})
    old.save(tmp_path / "vectors")

    def replace_after_reading(*args, **options):
        monkeypatch.undo()
        vectors = load(*args, **options)
        new.save(tmp_path / "vectors")
        return vectors

    monkeypatch.setattr(CategoryVectors, "load", replace_after_reading)
    assert EmbeddingStore.load(tmp_path / "vectors") == new


def test_when_a_column_cannot_be_written_nothing_is(store, months, tmp_path, monkeypatch):
    store.save(tmp_path / "vectors")

    def fail(self, path, **options):
        raise OutputError("the disk is full")

    class Broken(CategoryVectors):
        __slots__ = ()
        save = fail

    broken = Broken([1], [[1.0]])
    with pytest.raises(OutputError, match="the disk is full"):
        EmbeddingStore({"month": months, "broken": broken}).save(tmp_path / "vectors")
    assert EmbeddingStore.load(tmp_path / "vectors") == store
    assert [each.name for each in tmp_path.iterdir()] == ["vectors"]


def test_a_broken_folder_is_refused(store, tmp_path):
    path = tmp_path / "vectors"
    with pytest.raises(FormatError, match="but there is no such folder"):
        EmbeddingStore.load(path)
    path.mkdir()
    with pytest.raises(FormatError, match=r"but it has no store\.json"):
        EmbeddingStore.load(path)
    path.rmdir()
    store.save(path)
    (path / "dest.parquet").unlink()
    with pytest.raises(FormatError, match=r"dest\.parquet: expected a file of vectors, but there is no such file"):
        EmbeddingStore.load(path)
    good = json.loads((path / "store.json").read_text())
    for bad in ("", "[]", "{}", '{"format": 1, "version": 1, "columns": 3}'):
        (path / "store.json").write_text(bad)
        with pytest.raises(FormatError, match="is damaged"):
            EmbeddingStore.load(path)
    for changes, message in (
        ({"version": 2}, "expected version 1 of an EmbeddingStore, got 2. A newer tabemb has written it"),
        ({"format": "other"}, "it is not as EmbeddingStore.save writes it"),
        ({"columns": {"dest": "../secret.parquet"}}, "it is not as EmbeddingStore.save writes it"),
    ):
        (path / "store.json").write_text(json.dumps(good | changes))
        with pytest.raises(FormatError, match=message):
            EmbeddingStore.load(path)


def test_a_subclass_is_lazy():
    made = []

    class Lazy(EmbeddingStore):
        def __init__(self):
            pass

        def __iter__(self):
            return iter(["a", "b"])

        def __len__(self):
            return 2

        def _vectors_of(self, column):
            made.append(column)
            return CategoryVectors(["x"], [[1.0]], unknown=[0.0])

    lazy = Lazy()
    assert "a" in lazy
    assert made == []
    assert lazy.lookup(pd.DataFrame({"a": ["x", "y"]}))["a_emb0"].tolist() == [1, 0]
    assert made == ["a"]
    assert repr(lazy) == "Lazy(a: 1 x 1, b: 1 x 1)"
    with pytest.raises(ColumnError, match=r"no vectors of a column 'c'. Columns: a, b"):
        lazy["c"]
