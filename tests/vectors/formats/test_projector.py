"""TensorBoard's projector: content, several columns, and damaged folders."""

import json
import re
import tracemalloc

import numpy as np
import pandas as pd
import pytest

from tabemb.exceptions import DataError, FormatError, OutputError
from tabemb.vectors import CategoryVectors
from tabemb.vectors.formats.projector import (
    load_projector,
    read_metadata,
    read_vectors,
    save_projector,
    side_texts,
    write_metadata,
    write_vectors,
)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "dest.projector"


@pytest.fixture
def days():
    return CategoryVectors([1, 2], [[1, 2, 3], [4, 5, 6]], name="day/of week", unknown=[0, 0, 0])


def names(folder):
    return sorted(each.name for each in folder.iterdir())


def test_the_content_of_the_folder(path, airports):
    airports.save(path)
    assert names(path) == ["metadata.tsv", "projector_config.json", "projector_config.pbtxt", "vectors.tsv"]
    assert (path / "vectors.tsv").read_text() == "1\t0.1\n1\t0.2\n-1\t0.3\n-2\t0.7\n"
    assert (path / "metadata.tsv").read_text() == "key\tcount\nJFK\t9\nLGA\t5\nSFO\t3\nOAK\t1\n"
    (entry,) = json.loads((path / "projector_config.json").read_text())["embeddings"]
    assert entry.pop("tabemb")["unknown"] == [0.5, 0.5]
    assert entry == {
        "tensorName": "dest",
        "tensorShape": [4, 2],
        "tensorPath": "vectors.tsv",
        "metadataPath": "metadata.tsv",
    }
    assert (path / "projector_config.pbtxt").read_text() == (
        'embeddings {\n  tensor_name: "dest"\n  tensor_shape: 4\n  tensor_shape: 2\n  tensor_path: "vectors.tsv"\n'
        '  metadata_path: "metadata.tsv"\n}\n'
    )
    assert CategoryVectors.load(path) == airports


def test_side_columns_are_written_and_not_read(path, airports):
    side = {"state": ["NY", "NY", None, "C\tA\n"], "hub": [True, False, np.nan, pd.NA], "elevation": np.arange(4)}
    save_projector({"dest": airports}, path, side={"dest": side})
    assert (path / "metadata.tsv").read_text().splitlines() == [
        "key\tcount\tstate\thub\televation",
        "JFK\t9\tNY\tTrue\t0",
        "LGA\t5\tNY\tFalse\t1",
        "SFO\t3\t\t\t2",
        "OAK\t1\tC\\tA\\n\t\t3",
    ]
    assert load_projector(path) == {"dest": airports}


def test_several_columns_are_several_embeddings(path, airports, days):
    save_projector({"dest": airports, "day/of week": days}, path, side={"day/of week": {"end": ["no", "no"]}})
    assert names(path) == [
        "day_of_week.metadata.tsv",
        "day_of_week.vectors.tsv",
        "dest.metadata.tsv",
        "dest.vectors.tsv",
        "projector_config.json",
        "projector_config.pbtxt",
    ]
    listed = json.loads((path / "projector_config.json").read_text())["embeddings"]
    assert [entry["tensorName"] for entry in listed] == ["dest", "day/of week"]
    assert [entry["tensorPath"] for entry in listed] == ["dest.vectors.tsv", "day_of_week.vectors.tsv"]
    assert (path / "projector_config.pbtxt").read_text().count("embeddings {") == 2
    loaded = load_projector(path)
    assert list(loaded) == ["dest", "day/of week"]
    assert loaded == {"dest": airports, "day/of week": days}
    message = "expected the vectors of one column, got 2: dest, day/of week. Read them with"
    with pytest.raises(FormatError, match=re.escape(message)):
        CategoryVectors.load(path)
    # Fewer columns leave nothing of the old ones.
    save_projector({"dest": airports}, path)
    assert names(path) == ["metadata.tsv", "projector_config.json", "projector_config.pbtxt", "vectors.tsv"]


def test_the_page_finds_the_tables_by_their_address(path, airports, days):
    for address in ("https://example.org/dest", "https://example.org/dest/"):
        save_projector({"dest": airports, "day": days}, path, address=address)
        listed = json.loads((path / "projector_config.json").read_text())["embeddings"]
        assert listed[1]["tensorPath"] == "https://example.org/dest/day.vectors.tsv"
        assert listed[1]["metadataPath"] == "https://example.org/dest/day.metadata.tsv"
        assert "https" not in (path / "projector_config.pbtxt").read_text()
        assert load_projector(path) == {"dest": airports, "day": days}


def test_columns_of_similar_names_have_their_own_tables(path):
    columns = ["a b", "a_b", "A B", "", "é", "x" * 300]
    given = {column: CategoryVectors([column], [[number, 0]], name=column) for number, column in enumerate(columns)}
    save_projector(given, path)
    assert len(names(path)) == 2 * len(columns) + 2
    assert {name.lower() for name in names(path)} >= {"a_b.vectors.tsv", "a_b-2.vectors.tsv", "a_b-3.vectors.tsv"}
    assert load_projector(path) == given


def test_names_in_the_list_are_literals_of_protocol_buffers(path):
    CategoryVectors(["a"], [[1, 2]], name='5"\\é\n\ud800').save(path)
    text = (path / "projector_config.pbtxt").read_text(encoding="ascii")
    assert r'tensor_name: "5\042\134\303\251\012\134udc00"'.replace("udc00", "ud800") in text
    assert CategoryVectors.load(path).name == '5"\\é\n\ud800'


def test_tensorboard_reads_the_list(path, airports, days):
    text_format = pytest.importorskip("google.protobuf.text_format", reason="protobuf is not installed")
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

    # The part of TensorBoard's projector_config.proto that is written here.
    embedding = descriptor_pb2.DescriptorProto(name="EmbeddingInfo")
    kind = descriptor_pb2.FieldDescriptorProto
    for number, (name, label, type_) in enumerate(
        [
            ("tensor_name", kind.LABEL_OPTIONAL, kind.TYPE_STRING),
            ("metadata_path", kind.LABEL_OPTIONAL, kind.TYPE_STRING),
            ("tensor_shape", kind.LABEL_REPEATED, kind.TYPE_UINT32),
            ("tensor_path", kind.LABEL_OPTIONAL, kind.TYPE_STRING),
        ],
        start=1,
    ):
        embedding.field.add(name=name, number=number, label=label, type=type_)
    config = descriptor_pb2.DescriptorProto(name="ProjectorConfig")
    config.field.add(
        name="embeddings", number=1, label=kind.LABEL_REPEATED, type=kind.TYPE_MESSAGE, type_name=".EmbeddingInfo"
    )
    file = descriptor_pb2.FileDescriptorProto(name="projector.proto", message_type=[embedding, config], syntax="proto3")
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    made = message_factory.GetMessageClass(pool.FindMessageTypeByName("ProjectorConfig"))()
    days = CategoryVectors(days.index_to_key, days.vectors, name='tag "é" \\ \n')
    save_projector({"dest": airports, days.name: days}, path)
    text_format.Merge((path / "projector_config.pbtxt").read_text(), made)
    assert [each.tensor_name for each in made.embeddings] == ["dest", days.name]
    assert list(made.embeddings[1].tensor_shape) == [2, 3]
    for each in made.embeddings:
        assert (path / each.tensor_path).is_file()
        assert (path / each.metadata_path).is_file()


@pytest.mark.parametrize(
    ("vectors", "side", "message"),
    [
        ({}, None, "A projector requires the vectors of at least one column, got none."),
        (None, {"dets": {}}, "There are side columns for 'dets', but no vectors. Vectors: dest. Did you mean 'dest'?"),
        (None, {"dest": {"x": [1]}}, "Column 'dest': expected 4 values in the side column 'x', one per key"),
        (None, {"dest": {"key": "abcd"}}, "Column 'dest': the name of the side column 'key' is taken. Choose"),
        (None, {"dest": {"a\t": "abcd", "a\\t": "abcd"}}, "the name of the side column 'a\\\\t' is taken."),
        (None, {"dest": {"x": [[1]] * 4}}, "must be one value"),
    ],
)  # fmt: skip
def test_side_columns_that_do_not_match_are_refused(vectors, side, message, path, airports):
    with pytest.raises(DataError, match=re.escape(message)):
        save_projector({"dest": airports} if vectors is None else vectors, path, side=side)
    assert not path.exists()


def test_a_folder_with_other_files_is_not_replaced(path, airports):
    path.mkdir()
    (path / "events.out.tfevents").write_text("a training")
    with pytest.raises(OutputError, match=r"dest\.projector: it holds 'events\.out\.tfevents', which would be lost\."):
        airports.save(path)
    assert names(path) == ["events.out.tfevents"]


def test_a_file_or_a_missing_folder_is_refused(path):
    with pytest.raises(FormatError, match="expected a folder of vectors, but there is no such folder"):
        CategoryVectors.load(path)
    with pytest.raises(FormatError, match="expected a folder of vectors, but there is no such folder"):
        load_projector(path)
    path.write_text("")
    with pytest.raises(FormatError, match="expected a folder of vectors, but this is a file"):
        CategoryVectors.load(path)


@pytest.mark.parametrize("file", ["vectors.tsv", "metadata.tsv", "projector_config.json"])
def test_a_folder_with_a_truncated_file_is_refused(file, path, airports):
    airports.save(path)
    whole = (path / file).read_bytes()
    for length in range(len(whole)):
        (path / file).write_bytes(whole[:length])
        with pytest.raises(FormatError, match=re.escape(str(path))):
            CategoryVectors.load(path)


@pytest.mark.parametrize("file", ["vectors.tsv", "metadata.tsv", "projector_config.json"])
def test_a_missing_or_damaged_file_of_the_folder_is_named(file, path, airports):
    airports.save(path)
    rng = np.random.default_rng(0)
    for size in (1, 10, 100, 1000):
        (path / file).write_bytes(rng.bytes(size))
        with pytest.raises(FormatError, match=re.escape(str(path))):
            CategoryVectors.load(path)
    (path / file).unlink()
    with pytest.raises(FormatError, match=rf"there is no such file|it has no {re.escape(file)}\."):
        CategoryVectors.load(path)


def change(path, file, old, new):
    text = (path / file).read_text()
    assert old in text
    (path / file).write_text(text.replace(old, new))


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("vectors.tsv", "0.7", "nan", "expected finite float32 numbers in vectors, got nan in the row of 'OAK'"),
        ("vectors.tsv", "0.7", "x", "CSV conversion error to float: invalid value 'x'"),
        ("vectors.tsv", "\t0.7", "", "expected vectors as tabemb writes them"),
        ("vectors.tsv", "0.7\n", "0.7\n1\t1\n", "vectors.tsv: expected 4 lines, got 5."),
        ("vectors.tsv", "-2\t0.7\n", "", "vectors.tsv: expected 4 lines, got 3. The file may be truncated."),
        ("metadata.tsv", "OAK\t1\n", "", "metadata.tsv: expected 5 lines, got 4. The file may be truncated."),
        ("metadata.tsv", "OAK", "JFK", "expected each key once, got 'JFK' in rows 0 and 3"),
        ("metadata.tsv", "OAK\t1", "OAK", "metadata.tsv: expected key, count for each category, got 'OAK'."),
        ("metadata.tsv", "OAK\t1", "OAK\tx", "the file is damaged: invalid literal for int"),
        ("metadata.tsv", "OAK\t1", "OAK\t-1", "expected counts as whole numbers from 0"),
        ("projector_config.json", '"version": 1', '"version": 2', "got 2. A newer version of tabemb wrote it"),
        ("projector_config.json", '"tabemb"', '"other"', "an embedding in it has no 'tabemb' entry."),
        ("projector_config.json", '"embeddings"', '"x"', "config.json: expected a list of embeddings as JSON"),
        ("projector_config.json", '"vectors.tsv"', '"gone.tsv"', "gone.tsv: expected a table of a projector's folder"),
        ("projector_config.json", '"metadataPath"', '"x"', "the file is damaged: it has no 'metadataPath'"),
        ("projector_config.json", '"n": 4', '"n": 3', "metadata.tsv: expected 4 lines, got 5."),
        ("projector_config.json", '"dim": 2', '"dim": 3', ": expected 3 numbers, at most 16,384, in the first line"),
    ],
)  # fmt: skip
def test_a_changed_folder_is_refused(file, old, new, message, path, airports):
    airports.save(path)
    change(path, file, old, new)
    for read in (CategoryVectors.load, load_projector):
        with pytest.raises(FormatError, match=rf"dest\.projector.*{re.escape(message)}"):
            read(path)


def test_another_programs_folder_is_refused(path):
    path.mkdir()
    (path / "vectors.tsv").write_text("1\t2\n")
    with pytest.raises(FormatError, match=r"expected a projector's folder, but it has no projector_config\.json"):
        CategoryVectors.load(path)
    (path / "projector_config.json").write_text('{"embeddings": [{"tensorName": "w", "tensorPath": "vectors.tsv"}]}')
    with pytest.raises(FormatError, match="a projector's folder written by tabemb, but an embedding in it has no"):
        CategoryVectors.load(path)
    for rubbish in ("[]", "{}", '{"embeddings": 7}', '{"embeddings": [7]}', "null", '{"embeddings": []}'):
        (path / "projector_config.json").write_text(rubbish)
        with pytest.raises(FormatError, match=re.escape(str(path))):
            CategoryVectors.load(path)


@pytest.fixture
def table(tmp_path):
    return tmp_path / "table.tsv"


def projector_rows(text):
    """Return the points' metadata as the projector's page takes the file apart."""
    lines = [line for line in text.split("\n") if line.strip(" \t\r\ufeff\xa0\u3000")]
    header = ["label"]
    if "\t" in lines[0]:
        header = lines.pop(0).split("\t")
    return [dict(zip(header, line.split("\t"), strict=True)) for line in lines]


@pytest.mark.parametrize(
    ("keys", "columns"),
    [
        (["a", "b"], ["label"]),
        (["a b", "é\u200b👩‍👩‍👧"], ["label"]),
        (["a\tb", "c"], ["key", "key_json"]),
        (["a\nb", "c"], ["key", "key_json"]),
        (["a\rb", "c"], ["key", "key_json"]),
        (["", "c"], ["key", "key_json"]),
        ([" ", "c"], ["key", "key_json"]),
        (["\ufeff", "c"], ["key", "key_json"]),
        (["\xa0 \u3000", "c"], ["key", "key_json"]),
        (["\ud800", "c"], ["key", "key_json"]),
        ([1, 2], ["key", "key_json"]),
    ],
)
def test_every_point_has_its_own_line_of_metadata(keys, columns, table):
    write_metadata(table, CategoryVectors(keys, np.eye(2)), {})
    rows = projector_rows(table.read_text(encoding="utf-8"))
    assert len(rows) == 2
    assert list(rows[0]) == columns
    assert read_metadata(table, 2) == (keys, None)


def test_counts_and_side_columns_have_a_header(table, airports):
    write_metadata(table, airports, side_texts("dest", airports, {"state": ["NY", "NY", "CA", None]}))
    assert projector_rows(table.read_text())[3] == {"key": "OAK", "count": "1", "state": ""}
    assert read_metadata(table, 4) == (airports.index_to_key, [9, 5, 3, 1])


def test_vectors_are_lines_of_numbers(table, airports):
    write_vectors(table, airports)
    assert table.read_text() == "1\t0.1\n1\t0.2\n-1\t0.3\n-2\t0.7\n"
    assert np.array_equal(read_vectors(table, 4, 2), airports.vectors)


def test_no_categories_are_no_lines(table):
    none = CategoryVectors([], np.empty((0, 3)))
    write_vectors(table, none)
    assert (table.read_bytes(), read_vectors(table, 0, 3).shape) == (b"", (0, 3))
    write_metadata(table, none, {})
    assert (table.read_bytes(), read_metadata(table, 0)) == (b"", ([], None))


def test_side_texts_that_do_not_match_are_refused(airports):
    for side, message in (
        (
            {"x": [1]},
            "Column 'dest': expected 4 values in the side column 'x', one per key, got",
        ),
        ({"count": "abcd"}, "Column 'dest': the name of the side column 'count' is taken. Choose another one."),
        ({"x": [[1]] * 4}, "Every cell in column 'x' of the argument must be one value"),
    ):
        with pytest.raises(DataError, match=re.escape(message)):
            side_texts("dest", airports, side)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1\t2\n3\t4", "expected a line break after the last row. The file may be truncated."),
        ("1\t2\n", "expected 2 lines, got 1. The file may be truncated."),
        ("1\t2\n3\t4\n5\t6\n", "expected 2 lines, got 3."),
    ],
)
def test_tables_of_another_length_are_refused(text, message, table):
    table.write_text(text)
    for read in (lambda: read_vectors(table, 2, 2), lambda: read_metadata(table, 1)):
        with pytest.raises(FormatError, match=r"table\.tsv: " + re.escape(message)):
            read()


def test_a_missing_table_is_named(table):
    with pytest.raises(FormatError, match=r"table\.tsv: expected a table of a projector's folder, but there is no"):
        read_vectors(table, 2, 2)


def test_an_empty_cell_is_nan(table):
    table.write_text("1\t2\n3\t\n")
    assert np.isnan(read_vectors(table, 2, 2)[1, 1])


def test_a_line_with_too_many_cells_is_refused(table):
    table.write_text("key\tcount\na\t1\nb\t2\t3\n")
    with pytest.raises(FormatError, match=r"table\.tsv: expected key, count for each category, got 'b\\t2\\t3'\."):
        read_metadata(table, 2)


def test_byte_order_marks_are_skipped(tmp_path, airports):
    path = tmp_path / "dest.projector"
    for saved in (airports, CategoryVectors(["\ufeffa", "b"], [[1, 2], [3, 4]], name="dest")):
        saved.save(path)
        for file in path.iterdir():
            file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
        assert CategoryVectors.load(path) == saved


def test_what_the_list_states_is_compared_with_the_tables_first(tmp_path):
    path = tmp_path / "x.projector"
    CategoryVectors(["a", "b"], [[1, 2], [3, 4]], name="x").save(path)
    config = path / "projector_config.json"
    content = json.loads(config.read_text())
    tracemalloc.start()
    for n, dim in (
        (2, 10_000_000),
        (2, 1_000_000),
        (10**12, 2),
        (0, 10**12),
        (2, 10**30),
        (True, 2),
        (2, 2.0),
        (-1, 2),
    ):
        content["embeddings"][0]["tabemb"] |= {"n": n, "dim": dim}
        config.write_text(json.dumps(content))
        with pytest.raises(FormatError, match=r"x\.projector"):
            CategoryVectors.load(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10e6


def test_a_column_is_covered_by_the_digest(tmp_path, airports):
    save_projector({"dest": airports, "origin": airports}, tmp_path / "all")
    config = tmp_path / "all" / "projector_config.json"
    text = config.read_text()
    config.write_text(text.replace('"column": "dest"', '"column": "desk"'))
    with pytest.raises(FormatError, match="its content does not match its digest"):
        load_projector(tmp_path / "all")
    config.write_text(text.replace('"column": "dest"', '"column": "origin"'))
    with pytest.raises(FormatError, match="expected the name of each column once, as text, got 'origin'"):
        load_projector(tmp_path / "all")
    config.write_text(json.dumps({"embeddings": {"a": 1}}))
    with pytest.raises(FormatError, match=r"projector_config\.json: .*the embeddings should be a list, but are dict"):
        load_projector(tmp_path / "all")
