"""Damaged and hostile files for every reader: nothing but tabemb's errors comes out, and memory stays in bounds.

A short run is part of the suite. ``make fuzz`` makes 50,000 inputs; ``FUZZ_INPUTS`` and ``FUZZ_SEED`` choose others.
Each input follows from the seed, the reader and its number, so that one that fails can be made again alone.
"""

import gzip
import io
import json
import os
import re
import shutil
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import tabemb
from tabemb import CategoryVectors, EmbeddingStore
from tabemb.exceptions import MissingExtraError, TabembError
from tabemb.experiments.config import read_config
from tabemb.experiments.runs.runner import run
from tabemb.vectors.formats import FORMATS
from tabemb.vectors.formats.projector import load_projector, save_projector
from tabemb.vectors.sampling_noise import SamplingNoise

N_INPUTS = int(os.environ.get("FUZZ_INPUTS", "600"))
SEED = int(os.environ.get("FUZZ_SEED", "0"))

# Reading takes at most this many bytes, and this many for each byte of the file. Python's objects for a key of one
# letter take a hundred times its size.
MOST_MEMORY, MOST_PER_BYTE = 100e6, 100

YAML = """\
title: A test
data: {path: rows.csv, target: {column: y, above: 1.5}, columns: [a, b], rows: 300}
model: {body: {name: mlp, dropout: 0.1}, embedding_dim: {a: 3}, learning_rate: 1e-3, freeze: {a: 2}}
baselines: [majority, {name: one_hot_mlp}]
validation: {kind: holdout, share: 0.3}
metrics: [roc_auc, log_loss]
seed: 3
report: &r
  maps: [a]
  places: {a: {d0: [1.0, 2.0], 5: &p [3, 4]}, b: {x: *p}}
"""
try:
    from tabemb.experiments.tables import read_table
except ImportError:
    from tabemb.experiments.data import read_table

RUN = """\
data: {path: table.csv, target: y, categorical: [day]}
model: {body: mlp, max_epochs: 1, one_hot_max_categories: 0}
baselines: [majority]
validation: {folds: 2}
"""
NUMBERS = [
    b"-1",
    b"0",
    b"1",
    b"7",
    b"65537",
    b"4294967296",
    b"1" + b"0" * 18,
    b"9" * 400,
    b"1e400",
    b"-0.0",
    b"nan",
    b"0.5",
]
TEXTS = [
    b"",
    b"\x00",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b'"',
    b"\n",
    b"\t",
    b",",
    b" ",
    b"[" * 5000,
    b"{",
    b"\xed\xa0\x80",
    b"%",
    b"*a",
]
VALUES = [
    None,
    True,
    -1,
    0,
    2.5,
    10**20,
    10**5000,
    float("nan"),
    float("inf"),
    "",
    "x",
    "\ud800",
    "../../x",
    "x" * 5000,
    [],
    {},
    [[]],
    {"uuid": 5},
    {"datetime": ["2013-01-31T05:00:00", "/", 0]},
    {"period": [10**30, "M"]},
    {"float": "nan"},
    [1, "a", None],
]


def targets():
    """Return how to read each kind of file, by name."""
    found = {}
    for name in sorted(FORMATS):
        found[f"vectors-{name}"] = lambda path, name=name: check_vectors(CategoryVectors.load(path, format=name))
        if FORMATS[name].maps:
            found[f"mapped-{name}"] = lambda path, name=name: check_vectors(
                CategoryVectors.load(path, format=name, mmap=True)
            )
        found[f"selected-{name}"] = lambda path, name=name: check_vectors(
            FORMATS[name]().select(path, {"a", 1}.__contains__)
        )
    return found | {
        "projector-of-two": lambda path: [check_vectors(each) for each in load_projector(path).values()],
        "store": lambda path: [check_vectors(each) for each in EmbeddingStore.load(path).values()],
        "index": lambda path: CategoryVectors(["a", "b"], np.eye(2)).load_index(path),
        "yaml": lambda path: read_config(path).model_params(),
        "table": read_table,
        "model": tabemb.load,
        "loaded-predictor": tabemb.load_predictor,
        "run": lambda path: [check_vectors(each) for each in tabemb.open_run(path).vectors.values()],
    }


def check_vectors(vectors):
    assert np.isfinite(vectors.vectors).all()
    assert len(vectors.index_to_key) == len(vectors.vectors)
    assert None not in vectors.index_to_key


READERS = targets()
N_EACH = max(1, N_INPUTS // len(READERS))


@pytest.fixture(scope="module")
def seeds(tmp_path_factory):
    """Return the sound files (or folders) of each reader."""
    folder = tmp_path_factory.mktemp("seeds")
    rng = np.random.default_rng(0)
    noise = SamplingNoise(np.eye(3), rows=9.0, exponent=-1.0, n_refits=5)
    columns = {
        "text": ["a", "New York", "", "é", "<unknown>", "=1"],
        "mixed": ["1", 1, True, 2.5, pd.Period("2020-01", "M"), b"\xff"],
        "dates": list(pd.date_range("2013-01-01", periods=6, tz="Europe/Paris")),
        "none": [],
    }
    found = {name: [] for name in READERS}
    for what, keys in columns.items():
        vectors = CategoryVectors(
            keys,
            rng.normal(size=(len(keys), 3)),
            range(len(keys)),
            name="c",
            unknown=[1, 2, 3],
            missing=[0, 0, 1],
            noise=noise,
        )
        for name in FORMATS:
            path = folder / f"{what}-{name}.x"
            vectors.save(path, format=name)
            paths = [path]
            if hasattr(FORMATS[name], "_rows"):
                paths.append(path.with_suffix(".gz"))
                paths[1].write_bytes(gzip.compress(path.read_bytes()))
            for use in (f"vectors-{name}", f"mapped-{name}", f"selected-{name}"):
                if use in found:
                    found[use] += paths
    save_projector({"c": vectors, "d": vectors}, folder / "two")
    EmbeddingStore({"c": vectors, "d/e": vectors}).save(folder / "store")
    (folder / "c.yaml").write_text(YAML)
    found |= {"projector-of-two": [folder / "two"], "store": [folder / "store"], "yaml": [folder / "c.yaml"]}
    table = pd.DataFrame(
        {"a": list("abcde") * 12, "day": [1, 2] * 30, "x": np.linspace(0, 1, 60), "y": list("yn") * 30}
    )
    for suffix in (".csv", ".tsv", ".csv.gz", ".csv.zip", ".parquet"):
        path = folder / f"table{suffix}"
        if suffix == ".parquet":
            table.to_parquet(path)
        else:
            table.to_csv(path, index=False, sep="\t" if suffix == ".tsv" else ",")
        found["table"].append(path)
    options = {"categorical": ["day"], "max_epochs": 1, "random_state": 0}
    for estimator in (
        tabemb.EmbeddingClassifier(**options, one_hot_max_categories=0, body="mlp"),
        tabemb.EmbeddingEncoder(**options, cv=2),
    ):
        path = folder / type(estimator).__name__
        estimator.fit(table.drop(columns="y"), table["y"]).save(path)
        found["model"].append(path)
    found["loaded-predictor"] = found["model"][:1]
    (folder / "run.yaml").write_text(RUN)
    run(read_config(folder / "run.yaml"), output=folder / "runs")
    found["run"] = [folder / "runs" / "run"]
    if "index" in found:
        CategoryVectors(["a", "b"], np.eye(2)).index("hnsw").save(folder / "c.index")
        found["index"] = [folder / "c.index"]
    return found


# --- mutations ----------------------------------------------------------------------------------------------------


def some(rng, values):
    return values[int(rng.integers(len(values)))]


def mutate(raw, rng, others):
    """Return bytes that differ from sound ones: within the structure that they have, or anywhere."""
    if rng.random() < 0.5:
        for kind in (in_zip, in_gzip, in_parquet, in_safetensors, in_json):
            try:
                changed = kind(raw, rng, others)
            except (ValueError, LookupError, TypeError, OverflowError, AttributeError, pa.ArrowException, zlib.error):
                # A change that the structure cannot hold.
                continue
            if changed is not None:
                return changed
    return anywhere(raw, rng, others)


def anywhere(raw, rng, others):
    raw = bytearray(raw)
    for _ in range(int(rng.integers(1, 4))):
        at, to = sorted(rng.integers(0, len(raw) + 1, 2).tolist())
        match int(rng.integers(9)):
            case 0 if raw:
                raw[at - 1] ^= 1 << int(rng.integers(8))
            case 1 if raw:
                raw[at - 1] = int(rng.integers(256))
            case 2:
                del raw[at:]
            case 3:
                del raw[at : min(to, at + 50)]
            case 4:
                raw[at:at] = some(rng, TEXTS)
            case 5:
                raw[at:at] = raw[at : min(to, at + 500)] * int(rng.integers(1, 4))
            case 6:
                # A splice of two files.
                other = some(rng, others)
                raw[at:] = other[int(rng.integers(len(other) + 1)) :]
            case 7:
                raw[at:to] = rng.bytes(min(to - at, 50))
            case _:
                places = [each.span() for each in re.finditer(rb"\d+", bytes(raw[:20_000]))]
                if places:
                    begin, end = some(rng, places)
                    raw[begin:end] = some(rng, NUMBERS)
    return bytes(raw)


def in_zip(raw, rng, others):
    if not raw.startswith(b"PK"):
        return None
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    name = some(rng, list(members))
    match int(rng.integers(4)):
        case 0:
            del members[name]
        case 1:
            members[name] = members[some(rng, list(members))]
        case 2 if name in ("keys.npy", "tabemb.npy"):
            head, body = members[name][:128], members[name][128:]
            body = in_json(body, rng, others) or body
            head = re.sub(rb"\(\d+,\)(, } *)", lambda match: b"(%d,)%b" % (len(body), match[1]), head)
            members[name] = head[:127].ljust(127) + b"\n" + body
        case _:
            members[name] = anywhere(members[name], rng, others)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", some(rng, [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def in_gzip(raw, rng, others):
    return gzip.compress(mutate(gzip.decompress(raw), rng, others)) if raw.startswith(b"\x1f\x8b") else None


def in_parquet(raw, rng, others):
    if not raw.startswith(b"PAR1"):
        return None
    table = pq.read_table(io.BytesIO(raw))
    meta = dict(table.schema.metadata or {})
    name = some(rng, table.column_names)
    place = table.column_names.index(name)
    match int(rng.integers(5)):
        case 0:
            table = table.drop_columns(name)
        case 1:
            values = table[name].to_pylist()
            values[0] = some(rng, VALUES)
            table = table.set_column(place, name, pa.array(values))
        case 2:
            table = table.set_column(place, name, other_column(rng, len(table)))
        case 3:
            table = pa.concat_tables([table] * int(rng.integers(2, 5)))
        case _:
            meta[b"tabemb"] = in_json(meta[b"tabemb"], rng, others)
    out = io.BytesIO()
    pq.write_table(table.replace_schema_metadata(meta), out, compression=some(rng, ["zstd", "none", "snappy"]))
    return out.getvalue()


def other_column(rng, n):
    numbers = np.arange(n)
    return some(
        rng,
        [
            pa.array(numbers).cast(pa.timestamp("us", "+09:00")),
            pa.array(numbers).cast(pa.timestamp("ns", "Nowhere/At")),
            pa.array(numbers * 1001).cast(pa.date64(), safe=False),
            pa.array([pa.MonthDayNano([1, 2, 3])] * n),
            pa.array([2**62] * n, pa.duration("s")),
            pa.array([None] * n),
            pa.array([[1, 2]] * n),
            pa.array([[1.0, 2.0, np.nan]] * n, pa.list_(pa.float32(), 3)),
            pa.array(["x" * 1000] * n).dictionary_encode(),
            pa.array([b"\xff"] * n),
            pa.array([{"a": 1}] * n),
        ],
    )


def in_safetensors(raw, rng, others):
    size = int.from_bytes(raw[:8], "little")
    if raw[8:9] != b"{" or 8 + size > len(raw):
        return None
    head, body = json.loads(raw[8 : 8 + size]), raw[8 + size :]
    if rng.random() < 0.3:
        changed = in_json(head["__metadata__"]["tabemb"].encode(), rng, others)
        head["__metadata__"]["tabemb"] = changed.decode()
    elif rng.random() < 0.3:
        entry = some(rng, [entry for name, entry in head.items() if name != "__metadata__"])
        entry["dtype"] = some(rng, ["F8_E4M3", "F8_E5M2", "BF16", "F16", "BOOL", "I8", "U64", "F64", "C64", "x"])
        width = {"F64": 8, "U64": 8, "C64": 8, "BF16": 2, "F16": 2}.get(entry["dtype"], 1)
        begin, end = entry["data_offsets"]
        entry["shape"] = [(end - begin) // width]
    else:
        head = in_json(json.dumps(head).encode(), rng, others)
        return len(head).to_bytes(8, "little") + head + body
    text = json.dumps(head).encode()
    return len(text).to_bytes(8, "little") + text + body


def in_json(raw, rng, others):
    """Replace, remove, or repeat a value of a text of JSON, or of one of its lines."""
    lines = [raw] if rng.random() < 0.5 or b"\n" not in raw else raw.splitlines()
    row = int(rng.integers(len(lines)))
    value = json.loads(lines[row])
    if not isinstance(value, list | dict) or not value:
        return None
    # From the top, so that values of the first levels are changed as often as the many of the last.
    holder, key = value, None
    while True:
        key = some(rng, list(holder) if isinstance(holder, dict) else range(len(holder)))
        if not isinstance(holder[key], list | dict) or not holder[key] or rng.random() < 0.3:
            break
        holder = holder[key]
    match int(rng.integers(5)):
        case 0:
            del holder[key]
        case 1:
            holder[key] = [holder[key]] * int(rng.integers(1, 3))
        case 2 if isinstance(holder, dict):
            holder[some(rng, ["x", "digest", "noise", "n"])] = holder.pop(key)
        case 3 if "digest" in value:
            del value["digest"]
        case _:
            holder[key] = some(rng, VALUES)
    lines[row] = json.dumps(value).encode()
    return b"\n".join(lines) + b"\n" * (len(lines) > 1)


# --- the runs -----------------------------------------------------------------------------------------------------


def memory(name):
    text = Path("/proc/self/status").read_text()
    return int(re.search(rf"{name}:\s+(\d+)", text)[1]) * 1024


def start_of_peak():
    """Return the memory in use, from which the peak is measured; None where the system does not tell it."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return None
    return memory("VmRSS")


def files_of(path):
    return sorted(each for each in path.rglob("*") if each.is_file()) if path.is_dir() else [path]


@pytest.mark.parametrize("name", READERS)
def test_a_damaged_file_is_read_or_refused(name, seeds, tmp_path):
    if name == "index":
        pytest.importorskip("usearch")
    others = [file.read_bytes() for paths in seeds.values() for path in paths for file in files_of(path)]
    n_accepted = 0
    for number in range(N_EACH):
        rng = np.random.default_rng([SEED, zlib.crc32(name.encode()), number])
        seed = some(rng, seeds[name])
        path = tmp_path / seed.name
        shutil.rmtree(path, ignore_errors=True)
        (shutil.copytree if seed.is_dir() else shutil.copyfile)(seed, path)
        changed = some(rng, files_of(path))
        changed.write_bytes(mutate(changed.read_bytes(), rng, others))
        before = start_of_peak()
        try:
            READERS[name](path)
            n_accepted += 1
        except TabembError as error:
            assert not isinstance(error, MissingExtraError)  # noqa: PT017
            assert path.name in str(error), f"{name}, input {number} of seed {SEED}: {error}"  # noqa: PT017
        except BaseException as error:
            error.add_note(f"{name}, input {number} of seed {SEED}: {changed}")
            raise
        if before is not None:
            size = sum(file.stat().st_size for file in files_of(path))
            grown = memory("VmHWM") - before
            assert grown < MOST_MEMORY + MOST_PER_BYTE * size, f"{name}, input {number} of seed {SEED}: {grown:,} bytes"
    # Some changes do not matter, but no reader accepts all.
    assert n_accepted < 0.9 * N_EACH + 5
