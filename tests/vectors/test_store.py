"""The vectors of several columns, and tables looked up in them."""

import json
import re
import threading

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import tabemb
from tabemb.exceptions import ColumnError, DataError, FormatError, OutputError
from tabemb.files import sealed
from tabemb.vectors import CategoryVectors
from tabemb.vectors.formats.projector import load_projector, save_projector
from tabemb.vectors.sampling_noise import SamplingNoise
from tabemb.vectors.store import EmbeddingStore, column_file, look_up


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


def test_stores_with_equal_vectors_are_equal(store, airports, months):
    given = {"dest": airports, "month": months}
    again = EmbeddingStore(given)
    assert again == store == given
    given.clear()
    assert again == store
    assert EmbeddingStore({"dest": airports}) != store


def test_a_missing_column_error_suggests_similar_ones(store):
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
            "takes a mapping from column to CategoryVectors, such as {'dest': vectors}; got list.",
        ),
        ({"dest": np.ones((2, 2))}, "Column 'dest': expected CategoryVectors, got ndarray."),
        ({7: CategoryVectors([1], [[1]])}, "The column names of an EmbeddingStore must be text; got 7."),
    ],
)
def test_constructor_arguments_are_checked(given, message):
    with pytest.raises(DataError, match=re.escape(message)):
        EmbeddingStore(given)


def test_most_similar_of_a_column(store, airports):
    assert store.most_similar("dest", "JFK", topn=2) == airports.most_similar("JFK", topn=2)
    options = {"metric": "euclidean", "min_count": 3, "where": lambda key: key != "LGA"}
    assert store.most_similar("dest", ["JFK", "LGA"], "SFO", 5, **options) == airports.most_similar(
        ["JFK", "LGA"], "SFO", 5, **options
    )


def test_to_frame_has_all_vectors(store, airports):
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


def test_save_and_load_round_trip(store, tmp_path):
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


def test_the_noise_of_each_column_is_saved(store, airports, tmp_path):
    noise = SamplingNoise(np.eye(airports.dim), rows=5.0, exponent=-1.0, n_refits=5)
    noisy = EmbeddingStore(dict(store) | {"dest": airports.with_noise(noise)})
    noisy.save(tmp_path / "store")
    loaded = EmbeddingStore.load(tmp_path / "store")
    assert loaded == noisy != store
    assert {column: each.noise for column, each in loaded.items() if each.noise is not None} == {"dest": noise}


def test_any_column_name_has_a_file(tmp_path):
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


def test_nothing_is_written_if_a_column_fails(store, months, tmp_path, monkeypatch):
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
    (path / "dest.parquet").write_bytes((path / "month.parquet").read_bytes())
    with pytest.raises(FormatError, match=r"dest\.parquet is damaged or of another save"):
        EmbeddingStore.load(path)
    good = json.loads((path / "store.json").read_text())
    for bad in (
        "",
        "[]",
        "{}",
        "[" * 100_000,
        '{"format": 1, "version": 1, "columns": 3}',
        '{"format": "tabemb.store"',
    ):
        (path / "store.json").write_text(bad)
        with pytest.raises(FormatError, match=r"store\.json is (damaged|not JSON)"):
            EmbeddingStore.load(path)
    for changes, message in (
        ({"version": 3}, "expected version 2 of an EmbeddingStore, got 3. It was written by a newer version of tabemb"),
        ({"version": "1"}, "expected version 2 of an EmbeddingStore, got '1'"),
        ({"format": "other"}, "it was not written by EmbeddingStore.save"),
        ({"columns": {"dest": "../secret.parquet"}}, "it does not name a file for each column"),
        ({"columns": ["dest"]}, "it does not name a file for each column"),
        ({"columns": {"dest": 3}}, "it does not name a file for each column"),
        ({"columns": {"dest": "x" * 300}}, r"File name too long"),
        ({"columns": {"dest": "a\0b"}}, r"is not the path of a file"),
        ({"digests": 3}, "it does not name a file for each column"),
        ({"digests": {}}, "does not match the digest"),
    ):
        (path / "store.json").write_text(json.dumps(sealed(good | changes)))
        with pytest.raises(FormatError, match=message):
            EmbeddingStore.load(path)
    (path / "store.json").write_text(json.dumps(good | {"columns": {"month": "month.parquet"}}))
    with pytest.raises(FormatError, match="its content does not match its digest"):
        EmbeddingStore.load(path)


def test_a_store_before_there_were_digests_is_read_and_replaced(store, tmp_path):
    path = tmp_path / "vectors"
    store.save(path)
    columns = json.loads((path / "store.json").read_text())["columns"]
    (path / "store.json").write_text(json.dumps({"format": "tabemb.store", "version": 1, "columns": columns}))
    assert EmbeddingStore.load(path) == store
    store.save(path)
    assert json.loads((path / "store.json").read_text())["version"] == 2


@pytest.mark.parametrize("kind", ["store", "projector"])
def test_readers_beside_a_writer_see_one_save(kind, tmp_path):
    columns = ("a", "b", "c")
    load = EmbeddingStore.load if kind == "store" else load_projector

    def save(number):
        vectors = {column: CategoryVectors(["x", "y"], np.full((2, 3), number), name=column) for column in columns}
        if kind == "store":
            EmbeddingStore(vectors).save(tmp_path / "v")
        else:
            save_projector(vectors, tmp_path / "v")

    save(0)
    done, found = threading.Event(), set()
    writer = threading.Thread(target=lambda: ([save(number) for number in range(1, 40)], done.set()))
    writer.start()
    while not done.is_set():
        again = load(tmp_path / "v")
        found.add(tuple(float(again[column].vectors.mean()) for column in columns))
    writer.join()
    assert all(len(set(each)) == 1 for each in found)
    assert [each.name for each in tmp_path.iterdir()] == ["v"]


def test_files_of_two_stores_are_not_mixed(store, airports, tmp_path):
    other = EmbeddingStore(
        {"dest": CategoryVectors(airports.index_to_key, airports.vectors + 1), "month": store["month"]}
    )
    store.save(tmp_path / "a")
    other.save(tmp_path / "b")
    (tmp_path / "b" / "dest.parquet").replace(tmp_path / "a" / "dest.parquet")
    with pytest.raises(FormatError, match=r"dest\.parquet is damaged or of another save"):
        EmbeddingStore.load(tmp_path / "a")


LONG_NAMES = [
    "c" * 246,
    "c" * 248,
    "c" * 249,
    "C" * 249,
    "列" * 27,
    "列" * 28,
    "я" * 42,
    "a b" * 200,
    "/" * 90,
    "\ud800" * 40,
]


def test_columns_with_names_too_long_for_a_file_are_saved(tmp_path):
    vectors = CategoryVectors(["a"], [[1.0]])
    for name in LONG_NAMES:
        EmbeddingStore({name: vectors}).save(tmp_path / "one")
        assert list(EmbeddingStore.load(tmp_path / "one")) == [name]
        assert len(column_file(name)) <= 255
    store = EmbeddingStore(dict.fromkeys(LONG_NAMES, vectors))
    store.save(tmp_path / "all")
    store.save(tmp_path / "all")
    assert EmbeddingStore.load(tmp_path / "all") == store
    files = [each.name.casefold() for each in (tmp_path / "all").iterdir()]
    assert len(set(files)) == len(LONG_NAMES) + 1


# ---------------------------------------------------------------- columns that share vectors


@pytest.fixture
def shared_store(airports, months):
    return EmbeddingStore({"airport": airports, "month": months}, {"airport": ["origin", "dest"]})


def test_columns_that_share_vectors_have_the_same(shared_store, airports):
    assert list(shared_store) == ["airport", "month"]
    assert len(shared_store) == 2
    assert shared_store["origin"] is shared_store["dest"] is airports
    assert "origin" in shared_store
    assert shared_store.get("carrier") is None
    assert shared_store.table_of("dest") == shared_store.table_of("airport") == "airport"
    assert shared_store.shared == {"airport": ["origin", "dest"]}
    assert EmbeddingStore({"month": shared_store["month"]}).shared == {}
    with pytest.raises(ColumnError, match="Did you mean 'origin'"):
        shared_store["orign"]
    with pytest.raises(ColumnError, match="no vectors of a column 'carrier'"):
        shared_store.table_of("carrier")


def test_a_lookup_replaces_all_columns_that_share_vectors(shared_store, airports):
    first, second = airports.index_to_key[:2]
    found = shared_store.lookup(pd.DataFrame({"dest": [first], "x": [1], "origin": [second]}))
    assert list(found) == ["dest_emb0", "dest_emb1", "x", "origin_emb0", "origin_emb1"]
    np.testing.assert_array_equal(found.to_numpy()[0], [*airports[first], 1, *airports[second]])
    some = shared_store.lookup(pd.DataFrame({"dest": [first], "origin": [second]}), ["origin"])
    assert list(some) == ["dest", "origin_emb0", "origin_emb1"]


def test_what_is_shared_is_saved(shared_store, tmp_path):
    shared_store.save(tmp_path / "store")
    again = EmbeddingStore.load(tmp_path / "store")
    assert again.shared == shared_store.shared
    assert again["dest"] == shared_store["dest"]
    assert sorted(path.name for path in (tmp_path / "store").glob("*.parquet")) == ["airport.parquet", "month.parquet"]


def test_a_store_without_shared_vectors_is_saved_as_before(store, tmp_path):
    store.save(tmp_path / "store")
    assert "shared" not in json.loads((tmp_path / "store" / "store.json").read_text())


@pytest.mark.parametrize("shared", ["airport", {"airport": "dest"}, {"airport": [1]}, {"place": ["dest"]}])
def test_a_damaged_description_of_shared_vectors_is_refused(shared, shared_store, tmp_path):
    shared_store.save(tmp_path / "store")
    place = tmp_path / "store" / "store.json"
    manifest = {name: value for name, value in json.loads(place.read_text()).items() if name != "seal"}
    place.write_text(json.dumps(sealed(manifest | {"shared": shared})))
    with pytest.raises(FormatError):
        EmbeddingStore.load(tmp_path / "store")


def test_shared_vectors_must_be_there_and_not_compete(airports, months):
    with pytest.raises(DataError, match="shared names 'airprt', which has no vectors"):
        EmbeddingStore({"airport": airports}, {"airprt": ["origin", "dest"]})
    with pytest.raises(DataError, match=re.escape("The columns ['month'] have vectors of their own")):
        EmbeddingStore({"airport": airports, "month": months}, {"airport": ["origin", "month"]})
    own = EmbeddingStore({"origin": airports}, {"origin": ["origin", "dest"]})
    assert own["dest"] is own["origin"]


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


@pytest.fixture
def flights_store(airports):
    return EmbeddingStore({"dest": airports, "month": CategoryVectors([1, 2], [[7], [8]])})


@pytest.fixture
def table():
    return pd.DataFrame({"late": [1, 2, 3, 4], "dest": ["SFO", None, "XYZ", "SFO"], "month": [2, 1, 1, 2]})


def test_columns_are_replaced_in_their_place(flights_store, table, airports):
    found = flights_store.lookup(table)
    assert list(found.columns) == ["late", "dest_emb0", "dest_emb1", "month_emb0"]
    expected = [airports["SFO"], airports.missing, airports.unknown, airports["SFO"]]
    np.testing.assert_array_equal(found[["dest_emb0", "dest_emb1"]], expected)
    assert found["month_emb0"].tolist() == [8, 7, 7, 8]
    assert (found.dtypes.iloc[1:] == np.float32).all()
    assert table.columns.tolist() == ["late", "dest", "month"]


def test_the_index_of_a_pandas_table_stays(flights_store, table):
    table.index = pd.Index(["d", "c", "b", "a"], name="flight")
    pd.testing.assert_index_equal(flights_store.lookup(table).index, table.index)
    assert flights_store.lookup(table).loc["d", "month_emb0"] == 8
    doubled = table.set_axis([0, 0, 1, 1])
    assert flights_store.lookup(doubled)["late"].tolist() == [1, 2, 3, 4]
    assert flights_store.lookup(doubled)["month_emb0"].tolist() == [8, 7, 7, 8]


@pytest.mark.parametrize("make", [pl.from_pandas, lambda table: pa.Table.from_pandas(table)])
def test_lookup_keeps_the_library_of_the_table(flights_store, table, make):
    given = make(table)
    found = flights_store.lookup(given)
    assert type(found) is type(given)
    as_pandas = found.to_pandas()
    pd.testing.assert_frame_equal(as_pandas, flights_store.lookup(table))


def test_lookup_of_some_columns(flights_store, table):
    assert list(flights_store.lookup(table, ["month"]).columns) == ["late", "dest", "month_emb0"]
    assert list(flights_store.lookup(table[["late", "month"]]).columns) == ["late", "month_emb0"]


@pytest.mark.parametrize("dtype", ["str", "object", "category"])
def test_text_of_any_dtype(flights_store, table, dtype):
    cells = table["dest"].astype(dtype)
    assert flights_store.lookup(cells.to_frame())["dest_emb0"].tolist() == [-1, 0, 0.5, -1]


@pytest.mark.parametrize("dtype", ["int64", "float64", "Int64", "object", "category"])
def test_numbers_are_numbers(flights_store, dtype):
    assert flights_store.lookup(pd.DataFrame({"month": pd.Series([1, 2]).astype(dtype)}))["month_emb0"].tolist() == [
        7,
        8,
    ]


def test_lookup_distinguishes_types_of_keys(flights_store):
    mixed = EmbeddingStore({"k": CategoryVectors([1, "1", True], [[1], [2], [3]], unknown=[0])})
    cells = pd.DataFrame({"k": pd.Series(["1", 1, True, 1.0, "True"], dtype=object)})
    assert mixed.lookup(cells)["k_emb0"].tolist() == [2, 1, 3, 1, 0]


def test_unused_categories_need_no_vector(flights_store):
    cells = pd.Series(pd.Categorical(["1"], categories=["1", "2"]))
    assert look_up({"k": CategoryVectors(["1"], [[5]])}, pd.DataFrame({"k": cells}))["k_emb0"].tolist() == [5]


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        (
            [1, 5, 9, 9],
            "Column 'month': 2 of the table's categories have no vector (5, 9), and there is none for",
        ),
        ([1, 5, 6, 7, 8], "Column 'month': 4 of the table's categories have no vector (5, 6, 7, ...), and"),
        (
            [1, None, None],
            "Column 'month': 2 of the table's cells are missing, and there is no vector for missing",
        ),
    ],
)
def test_errors_for_unknown_and_missing_without_vectors(flights_store, cells, message):
    with pytest.raises(DataError, match=re.escape(message)):
        flights_store.lookup(pd.DataFrame({"month": cells}))


def test_errors_name_invalid_columns(flights_store, table):
    with pytest.raises(ColumnError, match=r"There are no vectors of a column 'late'. Columns: dest, month"):
        flights_store.lookup(table, ["late"])
    with pytest.raises(ColumnError, match=r"The table has no column 'month'\. Its columns: dest"):
        flights_store.lookup(table[["dest"]], ["month"])
    with pytest.raises(ColumnError, match="columns must be a list of names; got the text 'dest'"):
        flights_store.lookup(table, "dest")
    with pytest.raises(
        ColumnError,
        match=r"None of the table's columns has vectors. Its columns: late. Columns with vectors: dest, month",
    ):
        flights_store.lookup(table[["late"]])
    with pytest.raises(
        ColumnError, match=r"Two columns of the output would have the same name: dest_emb0. Rename or drop"
    ):
        flights_store.lookup(table.rename(columns={"late": "dest_emb0"}))
    with pytest.raises(DataError, match="by column name, and this table has no names"):
        flights_store.lookup(table.to_numpy())
