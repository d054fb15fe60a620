"""Comparison of vector formats: what each keeps, its size, and the times to write and read.

    python benchmarks/formats.py [--categories 100000] [--dim 32] [--turns 3] [--mapped 1000000] [--json FILE]

The alternatives: Parquet and CSV of the same table by pandas, NumPy's ``savez`` with the keys as a text array, a
pickled dict, and gensim's word2vec text if gensim is installed. Times are medians over turns, as wall time and
processor time (which is hardly affected by other load); reading ends with everything in memory, for tabemb as a
validated and indexed :class:`~tabemb.CategoryVectors`.

The second table shows resident memory (Linux only): the increase from opening a file of ``--mapped`` categories, read
or memory-mapped, each in a separate process. Keys are Python objects either way; the rows of dimension 1 show their
size.
"""

import argparse
import json
import pickle
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from turns import in_turn, seconds, show, write  # isort: skip  (quiet start)

import numpy as np
import pandas as pd
from memory import resident

from tabemb import CategoryVectors
from tabemb.vectors.formats import FORMATS


def make_vectors(n, dim):
    """Return vectors with text keys, counts, and vectors of unknown and missing."""
    rng = np.random.default_rng(0)
    return CategoryVectors(
        [f"category {row:08d}" for row in range(n)],
        rng.standard_normal((n, dim), dtype=np.float32),
        rng.zipf(1.5, n).clip(max=10**6),
        name="column",
        unknown=rng.standard_normal(dim),
        missing=rng.standard_normal(dim),
    )


def size(path):
    """Return the size in bytes of a file or a folder."""
    return sum(each.stat().st_size for each in path.rglob("*")) if path.is_dir() else path.stat().st_size


def spent(call):
    """Return the wall time and the processor time of a call, in seconds."""
    before = time.process_time()
    took = seconds(call)
    return took, time.process_time() - before


def ours(name, vectors):
    """Return functions that write and read one of tabemb's formats."""
    return (lambda path: vectors.save(path, format=name), lambda path: CategoryVectors.load(path, format=name))


def others(vectors):
    """Return functions that write and read the same vectors by other libraries."""
    frame = vectors.to_frame(count=True)
    by_key = dict(zip(vectors.index_to_key, vectors.vectors, strict=True))
    sides = {
        "pandas Parquet": (frame.to_parquet, pd.read_parquet),
        "pandas CSV": (frame.to_csv, lambda path: pd.read_csv(path, index_col=0)),
        "numpy savez, text array": (
            lambda path: np.savez(path.open("wb"), keys=np.array(vectors.index_to_key), vectors=vectors.vectors),
            lambda path: dict(np.load(path)),
        ),
        "pickled dict": (
            lambda path: path.write_bytes(pickle.dumps(by_key)),
            lambda path: pickle.loads(path.read_bytes()),
        ),
    }
    try:
        from gensim.models import KeyedVectors
    except ImportError:
        return sides
    theirs = KeyedVectors(vectors.dim, dtype=np.float32)
    theirs.add_vectors([key.replace(" ", "_") for key in vectors.index_to_key], vectors.vectors)
    sides["gensim word2vec text"] = (theirs.save_word2vec_format, KeyedVectors.load_word2vec_format)
    sides["gensim save"] = (lambda path: theirs.save(str(path)), lambda path: KeyedVectors.load(str(path)))
    return sides


def keeps(name):
    """Return what a format keeps in addition to keys and numbers, as a row of the table."""
    kind = FORMATS[name]
    said = {True: "yes", False: "no"}
    kept = {"counts": kind.keeps_counts, "name": kind.keeps_name, "noise": kind.keeps_noise, "maps": kind.maps}
    return {what: said[is_kept] for what, is_kept in kept.items()}


def compare(options, folder):
    """Return size and times of each format."""
    vectors = make_vectors(options.categories, options.dim)
    ways = {name: ours(name, vectors) for name in FORMATS} | others(vectors)
    paths = {name: folder / name.replace(" ", "_") for name in ways}
    writing = in_turn({n: lambda n=n: spent(lambda: ways[n][0](paths[n])) for n in ways}, options.turns, warm=True)
    reading = in_turn({n: lambda n=n: spent(lambda: ways[n][1](paths[n])) for n in ways}, options.turns, warm=True)
    rows = []
    for name in ways:
        row = {"way": name, **(keeps(name) if name in FORMATS else {}), "bytes": size(paths[name])}
        for verb, turns in (("write", writing[name]), ("read", reading[name])):
            row[verb], row[f"{verb}_processor"] = np.median(turns, axis=0).tolist()
        rows.append(row)
    return rows


def opened(path, mmap):
    """Return the increase of resident memory in megabytes from opening a file, and the time it takes."""
    CategoryVectors(["a"], [[1.0]]).save(path.with_name(f"warm{path.suffix}"))
    CategoryVectors.load(path.with_name(f"warm{path.suffix}"), mmap=mmap)
    before, held = resident(), []
    took = seconds(lambda: held.append(CategoryVectors.load(path, mmap=mmap)))
    after = resident()
    looked = seconds(lambda: held[0][held[0].key_to_index.keys_in_order[7]].sum())
    return {"megabytes": after - before, "seconds": took, "one": looked, "n": len(held[0])}


def mapped(options, folder):
    """Return memory and time to open a file, read and memory-mapped, with vectors of the given dimension and of 1."""
    rows = []
    for suffix in (".npz", ".safetensors"):
        for dim in (options.dim, 1):
            path = folder / f"large-{dim}{suffix}"
            make_vectors(options.mapped, dim).save(path)
            for mmap in (False, True):
                child = subprocess.run(
                    [sys.executable, __file__, "--open", str(path), *(["--mmap"] if mmap else [])],
                    check=True,
                    capture_output=True,
                    text=True,
                )
                rows.append({"file": path.name, "dim": dim, "mmap": mmap, **json.loads(child.stdout)})
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--categories", type=int, default=100_000)
    parser.add_argument("--dim", type=int, default=32)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--mapped", type=int, default=1_000_000, help="number of categories of the memory-mapped file")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--open", type=Path, help="only open this file and print memory and time")
    parser.add_argument("--mmap", action="store_true", help="with --open: map the file into memory")
    options = parser.parse_args()
    if options.open:
        print(json.dumps(opened(options.open, options.mmap)))
        return

    with tempfile.TemporaryDirectory() as folder:
        compared = compare(options, Path(folder))
    with tempfile.TemporaryDirectory() as folder:
        memory = mapped(options, Path(folder))
    show(
        f"{options.categories:,} categories x {options.dim}",
        ["format", "counts", "name", "noise", "maps", "MB", "write s", "of processors", "read s", "of processors"],
        [
            [
                each["way"],
                *(each.get(column, "") for column in ("counts", "name", "noise", "maps")),
                f"{each['bytes'] / 1e6:.1f}",
                *(f"{each[what]:.2f}" for what in ("write", "write_processor", "read", "read_processor")),
            ]
            for each in compared
        ],
    )
    show(
        f"opening a file of {options.mapped:,} categories",
        ["file", "dim", "mapped", "resident MB", "seconds"],
        [
            [
                each["file"],
                str(each["dim"]),
                "yes" if each["mmap"] else "no",
                f"{each['megabytes']:,.0f}",
                f"{each['seconds']:.2f}",
            ]
            for each in memory
        ],
    )
    print("written:", write("formats", [*compared, *memory], options.json, options=vars(options)))


if __name__ == "__main__":
    main()
