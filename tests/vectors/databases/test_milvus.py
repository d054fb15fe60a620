"""Milvus: searches by its own client, in a local database and on a server."""

import logging
import re
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from tabemb.exceptions import DatabaseError, DataError
from tabemb.vectors import CategoryVectors
from tabemb.vectors.databases import milvus, open_database, pull, push
from tabemb.vectors.databases.milvus import server_options

pymilvus = pytest.importorskip("pymilvus", reason="pymilvus is not installed")
pytest.importorskip("milvus_lite", reason="milvus-lite is not installed")


def search(client, column, query, n):
    client.load_collection(f"tabemb_{column}")
    (hits,) = client.search(f"tabemb_{column}", data=[query.tolist()], limit=n, output_fields=["key"])
    return [(hit["entity"]["key"], hit["distance"]) for hit in hits]


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "vectors.db")


@pytest.fixture
def client(path):
    """Return a function that opens the file as a user of Milvus would."""
    from milvus_lite.server_manager import server_manager_instance

    opened = []

    def connect():
        opened.append(pymilvus.MilvusClient(path))
        return opened[-1]

    yield connect
    for each in opened:
        each.close()
    server_manager_instance.release_server(path)


@pytest.fixture
def server(tmp_path):
    """Return the port of a server that speaks Milvus's protocol."""
    from milvus_lite.adapter.grpc.server import start_server_in_thread

    running, database, port = start_server_in_thread(str(tmp_path / "served"))
    yield port
    running.stop(grace=0).wait()
    database.close()


@pytest.fixture
def many():
    rng = np.random.default_rng(0)
    return CategoryVectors([f"k{i}" for i in range(500)], rng.normal(size=(500, 12)), name="c")


def test_a_search_returns_what_most_similar_returns(many, path, client):
    push(many, f"milvus:{path}")
    opened = client()
    for key in many.index_to_key[:20]:
        found = search(opened, "c", many[key], 11)
        near = many.most_similar(key, topn=10)
        # The nearest of all is the category itself.
        assert [key for key, _ in found] == [key, *(key for key, _ in near)]
        assert [cosine for _, cosine in found[1:]] == pytest.approx([cosine for _, cosine in near], abs=1e-5)


@pytest.mark.parametrize("metric", ["dot", "euclidean"])
def test_a_search_by_dot_product_and_by_distance(many, path, client, metric):
    push(many, f"milvus:{path}", metric=metric)
    query = many["k7"]
    score = {"dot": -(many.vectors @ query), "euclidean": np.linalg.norm(many.vectors - query, axis=1)}[metric]
    assert [key for key, _ in search(client(), "c", query, 10)] == [
        many.index_to_key[i] for i in np.argsort(score)[:10]
    ]


def test_a_zero_vector_is_stored_and_has_cosine_0(path, client):
    vectors = CategoryVectors(["a", "zero", "b"], [[1.0, 0.0], [0.0, 0.0], [-1.0, 0.1]], name="c")
    push(vectors, f"milvus:{path}")
    found = search(client(), "c", vectors["a"], 10)
    assert [key for key, _ in found] == ["a", "zero", "b"]
    assert [key for key, _ in vectors.most_similar("a")] == ["zero", "b"]
    assert found[1][1] == 0
    assert pull(f"milvus:{path}", "c") == vectors


def test_vectors_of_one_number_are_padded_with_a_zero(path, client):
    vectors = CategoryVectors(["a", "b"], [[1.0], [-2.0]], name="c")
    push(vectors, f"milvus:{path}")
    opened = client()
    opened.load_collection("tabemb_c")
    rows = opened.query("tabemb_c", filter="count < 0", output_fields=["key", "vector"])
    assert {row["key"]: list(row["vector"]) for row in rows} == {"a": [1, 0], "b": [-2, 0]}
    assert pull(f"milvus:{path}", "c") == vectors


def test_keys_longer_than_the_limit_of_milvus_are_refused(path):
    # As JSON a text has two quotes more.
    longest = "é" * ((65_535 - 2) // 2)
    vectors = CategoryVectors([longest, "a"], np.eye(2), name="c")
    push(vectors, f"milvus:{path}")
    assert pull(f"milvus:{path}", "c") == vectors
    told = (
        r"Column 'c': a text in Milvus has at most 65,535 bytes, but the category as JSON, '\"é+'\.\.\., has 65,536\."
    )
    with pytest.raises(DataError, match=told):
        push(CategoryVectors([longest + "é", "a"], np.eye(2), name="c"), f"milvus:{path}")
    assert pull(f"milvus:{path}", "c") == vectors


@pytest.mark.filterwarnings("ignore::tabemb.table.schema.SchemaHint")
def test_a_search_in_a_trained_column_returns_what_most_similar_returns(path, client):
    import pandas as pd

    from tabemb import EmbeddingEncoder

    rng = np.random.default_rng(0)
    shops = rng.integers(0, 60, 600)
    table = pd.DataFrame({"shop": [f"shop {each}" for each in shops], "size": rng.normal(size=600)})
    encoder = EmbeddingEncoder(max_epochs=1, random_state=0).fit(table, (shops % 7 > 3).astype(int))
    trained = encoder.vectors_["shop"]
    push(encoder.vectors_, f"milvus:{path}", columns=["shop"])
    assert trained.noise is not None
    # A database does not keep the noise.
    assert pull(f"milvus:{path}", "shop") == trained.with_noise(None)
    opened = client()
    for key in trained:
        assert [near for near, _ in search(opened, "shop", trained[key], 11)][1:] == [
            near for near, _ in trained.most_similar(key, topn=10)
        ]


def test_a_file_that_the_caller_has_open_stays_open(path, client):
    opened = client()
    push(CategoryVectors(["a"], [[1.0, 2.0]], name="c"), f"milvus:{path}")
    assert search(opened, "c", np.array([1.0, 2.0]), 1)[0][0] == "a"


@pytest.mark.parametrize("failures", [1, 2, 3])
def test_a_local_server_that_does_not_answer_is_started_again(many, path, monkeypatch, failures):
    push(many, f"milvus:{path}")
    called, left = pymilvus.MilvusClient.list_collections, [failures]

    def unavailable_at_first(self, **options):
        if left[0]:
            left[0] -= 1
            raise pymilvus.MilvusException(code=2, message="server unavailable")
        return called(self, **options)

    monkeypatch.setattr(pymilvus.MilvusClient, "list_collections", unavailable_at_first)
    if failures < milvus.TRIES:
        assert pull(f"milvus:{path}", "c") == many
    else:
        with pytest.raises(DatabaseError, match=r"cannot open .*vectors\.db.*\(server unavailable\)"):
            pull(f"milvus:{path}", "c")
        monkeypatch.undo()
        assert pull(f"milvus:{path}", "c") == many


def test_a_file_that_was_closed_can_be_opened_by_another_process(path):
    from milvus_lite.db import MilvusLite

    push(CategoryVectors(["a"], [[1.0, 2.0]], name="c"), f"milvus:{path}")
    # The lock is one that this process, too, could not take twice.
    taken = MilvusLite(path)
    assert taken.has_collection("tabemb_c")
    taken.close()


def test_a_file_that_another_program_has_open_is_an_error(path, caplog, capfd):
    from milvus_lite.db import MilvusLite

    taken = MilvusLite(path)
    try:
        with pytest.raises(
            DatabaseError, match=r"Milvus Lite cannot open .*vectors\.db; another program may have it open"
        ):
            push(CategoryVectors(["a"], [[1.0, 2.0]], name="c"), f"milvus:{path}")
    finally:
        taken.close()
    # The packages log the same once more, at length.
    assert caplog.records == []
    assert capfd.readouterr() == ("", "")
    assert logging.getLogger("milvus_lite").level == logging.NOTSET


@pytest.mark.parametrize("address", ["vectors", "", "vectors.sqlite"])
def test_an_invalid_name_for_milvus_lite_is_refused(address, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DatabaseError, match=rf"must end in \.db, got '{address}'\. Use milvus:"):
        open_database(f"milvus:{address}", create=True)
    assert list(tmp_path.iterdir()) == []


def test_a_server_stores_vectors_like_a_file(many, server):
    uri = f"milvus://me:secret@127.0.0.1:{server}"
    summary = push(many, uri, run="flights")
    assert summary.uri == f"milvus://***@127.0.0.1:{server}"
    assert pull(uri, "c") == many
    opened = pymilvus.MilvusClient(f"http://127.0.0.1:{server}")
    try:
        assert [key for key, _ in search(opened, "c", many["k3"], 4)] == [
            "k3",
            *(k for k, _ in many.most_similar("k3", topn=3)),
        ]
    finally:
        opened.close()


def test_a_missing_server_is_an_error_within_seconds():
    with socket.socket() as held:
        # Bound and not listening: whoever calls is turned away.
        held.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{held.getsockname()[1]}"
        begin = time.monotonic()
        with pytest.raises(
            DatabaseError,
            match=f"The Milvus server http://{re.escape(address)} does not answer or refuses",
        ):
            push(CategoryVectors(["a"], [[1.0, 2.0]], name="c"), f"milvus://root:secret@{address}", timeout=0.5)
        assert time.monotonic() - begin < 5


def test_a_server_that_never_answers_is_an_error_within_seconds():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        begin = time.monotonic()
        with pytest.raises(DatabaseError, match="does not answer or refuses the connection") as caught:
            open_database(f"milvus://root:secret@127.0.0.1:{silent.getsockname()[1]}", timeout=0.5)
        assert time.monotonic() - begin < 5
    assert "secret" not in str(caught.value)


def test_a_call_refused_by_a_server_is_an_error(path):
    with (
        open_database(f"milvus:{path}", create=True) as database,
        pytest.raises(DatabaseError, match=r"vectors\.db: Milvus refused the call or stopped answering \(.*nothing"),
    ):
        database.delete("nothing", ["a"])


@pytest.fixture
def denying(request):
    """Return the address of a server that answers one kind of call, or none, by a refusal."""
    import grpc
    from pymilvus.grpc_gen import common_pb2, milvus_pb2, milvus_pb2_grpc

    def deny(self, request, context):
        context.abort(grpc.StatusCode.UNAUTHENTICATED, "auth check failure")

    def answer(self, request, context):
        return milvus_pb2.ConnectResponse(status=common_pb2.Status(code=0))

    servicer = type("Denying", (milvus_pb2_grpc.MilvusServiceServicer,), {"Connect": answer, request.param: deny})
    running = grpc.server(ThreadPoolExecutor(2))
    milvus_pb2_grpc.add_MilvusServiceServicer_to_server(servicer(), running)
    port = running.add_insecure_port("127.0.0.1:0")
    running.start()
    yield f"milvus://me:secret@127.0.0.1:{port}"
    running.stop(grace=0).wait()


@pytest.mark.parametrize(
    ("denying", "told"),
    [
        ("Connect", "does not answer or refuses the connection"),
        ("DescribeCollection", "Milvus refused the call or stopped answering"),
    ],
    indirect=["denying"],
)
def test_a_refusal_by_a_server_is_reported_with_its_reason(denying, told):
    with pytest.raises(DatabaseError, match=rf"{told} \(auth check failure\)\.") as caught:
        push(CategoryVectors(["a"], [[1.0, 2.0]], name="c"), denying)
    assert "secret" not in str(caught.value)


def test_a_stopped_server_is_an_error(tmp_path, monkeypatch):
    from milvus_lite.adapter.grpc.server import start_server_in_thread

    monkeypatch.setattr(milvus, "CALL", 0.5)
    running, kept, port = start_server_in_thread(str(tmp_path / "served"))
    with open_database(f"milvus://127.0.0.1:{port}") as database:
        running.stop(grace=0).wait()
        kept.close()
        with pytest.raises(DatabaseError, match=rf"http://127\.0\.0\.1:{port}: Milvus refused the call"):
            database.layout("tabemb_c")


@pytest.mark.parametrize(
    ("address", "uri", "token", "database"),
    [
        ("//host", "http://host:19530", "from the environment", ""),
        ("//host:1234/", "http://host:1234", "from the environment", ""),
        ("//me:p%40ss@host/sales", "http://host:19530", "me:p@ss", "sales"),
        ("//me@host", "http://host:19530", "me:", ""),
        ("//host:443?secure=true", "https://host:443", "from the environment", ""),
    ],
)
def test_options_from_an_address(address, uri, token, database):
    assert server_options(address, "from the environment") == {"uri": uri, "token": token, "db_name": database}


@pytest.mark.parametrize("address", ["//", "//:19530", "//host:port", "//host:99999", "//[::1"])
def test_an_invalid_address_is_refused(address):
    with pytest.raises(DatabaseError, match=r"of a Milvus server has the form milvus://HOST:PORT; this one"):
        server_options(address, "")


def test_the_token_comes_from_the_environment(monkeypatch, server):
    given = {}
    whole = pymilvus.MilvusClient

    def client(**options):
        given.update(options)
        return whole(**options)

    monkeypatch.setattr(pymilvus, "MilvusClient", client)
    monkeypatch.setenv("MILVUS_TOKEN", "hidden")
    open_database(f"milvus://127.0.0.1:{server}").close()
    assert given["token"] == "hidden"


def test_no_thread_keeps_the_process_alive(path):
    before = set(threading.enumerate())
    push(CategoryVectors(["a"], [[1.0, 2.0]], name="c"), f"milvus:{path}")
    assert [each for each in threading.enumerate() if each not in before and each.name.startswith("grpc")] == []
