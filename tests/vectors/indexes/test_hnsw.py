"""The approximate index: what it finds, its file, and when it is used."""

import json
import re
import sys

import numpy as np
import pytest

from tabemb.exceptions import DataError, FormatError, MissingExtraError, OutputError
from tabemb.vectors.indexes.exact import Exact, ExactIndex
from tabemb.vectors.indexes.hnsw import HNSW_FROM, Auto, Hnsw, HnswIndex, load_hnsw
from tabemb.vectors.metrics import METRICS, Cosine, Euclidean

ROWS = np.random.default_rng(0).normal(size=(3000, 8)).astype("f4")
LABELS = np.arange(3000)


def recall(index, topn=10, rows=ROWS):
    exact = Exact().build(rows, np.arange(len(rows)), METRICS.resolve(index.metric))
    queries = np.random.default_rng(1).normal(size=(200, rows.shape[1]))
    pairs = zip(index.search(queries, topn).keys, exact.search(queries, topn).keys, strict=True)
    return np.mean([len(set(a) & set(b)) / topn for a, b in pairs])


@pytest.mark.parametrize("metric", sorted(METRICS))
def test_recall_is_high_and_scores_are_exact(metric):
    index = Hnsw().build(ROWS, LABELS, METRICS.resolve(metric))
    assert recall(index) > 0.98
    found = index.search(ROWS[:5], 3)
    assert found.scores.tolist() == [
        METRICS.resolve(metric).scores(ROWS[keys], row).tolist() for keys, row in zip(found.keys, ROWS[:5], strict=True)
    ]


def test_each_parameter_improves_recall():
    poor = Hnsw(connectivity=2, expansion_add=2, expansion_search=1, threads=1)
    low = recall(poor.build(ROWS, LABELS, Cosine()))
    assert recall(Hnsw(16, 2, 1, 1).build(ROWS, LABELS, Cosine())) > low
    assert recall(Hnsw(2, 64, 1, 1).build(ROWS, LABELS, Cosine())) > low
    index = poor.build(ROWS, LABELS, Cosine())
    assert index.expansion_search == 1
    index.expansion_search = 200
    assert index.parameters.expansion_search == 200
    assert recall(index) > low


def test_one_thread_is_reproducible():
    poor = Hnsw(connectivity=4, expansion_add=8, expansion_search=4, threads=1)
    one, two = (poor.build(ROWS, LABELS, Cosine()).search(ROWS[:300]).keys for _ in range(2))
    assert one.tolist() == two.tolist()


def test_too_few_results_fall_back_to_exact_search():
    index = Hnsw(connectivity=2, expansion_add=1, expansion_search=1).build(ROWS, LABELS, Euclidean())
    found = index.search(ROWS[:20], topn=3000)
    assert found.keys.shape == (20, 3000)
    assert all(sorted(keys) == LABELS.tolist() for keys in found.keys.tolist())
    assert found.keys[:, 0].tolist() == list(range(20))
    assert index.search(ROWS[0], topn=3000).keys.shape == (3000,)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"connectivity": 1}, "connectivity of an HNSW index must be an integer of at least 2; got 1."),
        ({"expansion_add": 0}, "expansion_add of an HNSW index must be an integer of at least 1; got 0."),
        ({"expansion_search": 1.5}, "expansion_search of an HNSW index must be an integer of at least 1; got 1.5."),
        ({"threads": -1}, "threads of an HNSW index must be an integer of at least 0; got -1."),
        ({"threads": True}, "threads of an HNSW index must be an integer of at least 0; got True."),
    ],
)
def test_parameters_are_whole_numbers(parameters, message):
    with pytest.raises(DataError, match=re.escape(message)):
        Hnsw(**parameters)


def test_without_usearch_the_error_says_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "usearch.index", None)
    message = "An approximate index needs usearch. Install it with: pip install 'tabemb[index]'"
    with pytest.raises(MissingExtraError, match=re.escape(message)):
        Hnsw().build(ROWS, LABELS, Cosine())


@pytest.fixture
def saved(tmp_path):
    """Return a small index and its file."""
    index = Hnsw(connectivity=6, expansion_search=40, threads=1).build(ROWS[:300], LABELS[:300], Euclidean())
    index.save(tmp_path / "rows.hnsw")
    return index, tmp_path / "rows.hnsw"


def load(path, rows=ROWS[:300]):
    return load_hnsw(path, rows, np.arange(len(rows)))


def test_an_index_round_trips(saved):
    index, path = saved
    read = load(path)
    assert (read.parameters, read.metric) == (index.parameters, "euclidean")
    assert read.search(ROWS[:50], 7).keys.tolist() == index.search(ROWS[:50], 7).keys.tolist()
    read.save(path)
    assert load(path).search(ROWS[0], 7).keys.tolist() == index.search(ROWS[0], 7).keys.tolist()
    empty = Hnsw().build(ROWS[:0], LABELS[:0], Cosine())
    empty.save(path)
    assert len(load(path, ROWS[:0])) == 0


def test_other_vectors_are_refused(saved):
    _, path = saved
    other = ROWS[:300].copy()
    other[17, 3] = np.nextafter(other[17, 3], np.float32(9))
    with pytest.raises(FormatError, match=r"built from other vectors of the same size\. Build it again from these"):
        load(path, other)
    with pytest.raises(FormatError, match=r"was built from 300 x 8 vectors, but these are 299 x 8"):
        load(path, ROWS[:299])
    with pytest.raises(FormatError, match=r"was built from 300 x 8 vectors, but these are 300 x 7"):
        load(path, ROWS[:300, :7])


def test_a_truncated_file_is_refused(saved):
    _, path = saved
    whole = path.read_bytes()
    head = whole.index(b"\n", whole.index(b"\n") + 1)
    for stop in (0, 1, 12, 13, 14, 100, head, head + 1, head + 70, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:stop])
        with pytest.raises(
            FormatError, match=r"rows\.hnsw: (expected an index|the header of the index|the index is dam)"
        ):
            load(path)
    for place in (head + 5, head + 200, len(whole) - 1):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(FormatError, match="the index is damaged"):
            load(path)
    path.write_bytes(whole + b"more")
    with pytest.raises(FormatError, match="the index is damaged"):
        load(path)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"version": 2}, "expected version 1 of an index, got 2. It was written by a newer version of tabemb"),
        ({"metric": "manhattan"}, "the header of the index is damaged: No metric named 'manhattan'"),
        ({"parameters": {"connectivity": 0}}, "the header of the index is damaged: connectivity of an HNSW index"),
        ({"parameters": {"m": 3}}, "the header of the index is damaged"),
        ({"shape": 7}, "the header of the index is damaged"),
        (
            {"parameters": {"connectivity": 10**12}},
            "the header of the index is damaged: its parameters are larger than",
        ),
        ({"graph": None}, "the index is damaged"),
        ({"bytes": "many"}, "the header of the index is damaged"),
    ],
)
def test_an_invalid_header_is_refused(saved, changes, message):
    _, path = saved
    magic, head, graph = path.read_bytes().split(b"\n", 2)
    path.write_bytes(b"\n".join([magic, json.dumps(json.loads(head) | changes).encode(), graph]))
    with pytest.raises(FormatError, match=re.escape(message)):
        load(path)


def test_other_files_are_refused(tmp_path):
    with pytest.raises(FormatError, match="the index cannot be read"):
        load(tmp_path / "none")
    with pytest.raises(FormatError, match="the index cannot be read"):
        load(tmp_path)
    for content in (b"PAR1", b"tabemb.index\n[]\n", b"tabemb.index\n\xff\n", b"tabemb.index\n" + b"[" * 100_000):
        (tmp_path / "x").write_bytes(content)
        with pytest.raises(FormatError, match=r"expected an index|the header of the index is damaged"):
            load(tmp_path / "x")


def test_a_file_is_written_whole_or_not_at_all(saved, tmp_path):
    index, path = saved
    before = path.read_bytes()
    with pytest.raises(OutputError, match="Cannot write"):
        index.save(tmp_path / "none" / "x.hnsw")
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["rows.hnsw"]


def built(n, **parameters):
    rows = np.random.default_rng(0).normal(size=(n, 2)).astype("f4")
    return type(Auto(**parameters).build(rows, np.arange(n), Cosine()))


def test_auto_chooses_by_the_number_of_rows():
    assert Auto().hnsw_from == HNSW_FROM
    assert built(30) is ExactIndex
    assert built(30, hnsw_from=31) is ExactIndex
    assert built(30, hnsw_from=30) is HnswIndex


def test_auto_is_exact_without_usearch(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setitem(sys.modules, "usearch", None)
    assert built(30, hnsw_from=1) is ExactIndex
