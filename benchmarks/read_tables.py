"""Times to read CSV files: tabemb's ``read_table`` against ``pandas.read_csv`` and ``pyarrow.csv.read_csv``.

    python benchmarks/read_tables.py [--rows 300000] [--columns 8] [--turns 5] [--json FILE]

One file per kind of column, and one with all kinds, plain and compressed by gzip. Times are medians over turns, as wall
time and processor time (which is hardly affected by other load); the ratio is of wall times within a turn. The three do
not do the same: pandas and pyarrow read each word such as ``NA`` as missing, codes such as ``02139`` as numbers, and
pandas reads dates as text.
"""

import argparse
import gzip
import shutil
import tempfile
import time
from pathlib import Path

from turns import in_turn, ratio, seconds, show, shown, write  # isort: skip  (quiet start)

import numpy as np
import pandas as pd
import pyarrow.csv

from tabemb.experiments.tables import read_table

READERS = {"tabemb": read_table, "pandas": pd.read_csv, "pyarrow": pyarrow.csv.read_csv}


def with_missing(values, rng):
    """Return numbers of which one in twenty is missing."""
    return pd.Series(values).mask(rng.random(len(values)) < 0.05)


KINDS = {
    "few texts": lambda n, rng: np.array([f"category {i}" for i in range(100)])[rng.integers(0, 100, n)],
    "distinct texts": lambda n, rng: np.char.add("order-", rng.permutation(n).astype(str)),
    "few integers": lambda n, rng: rng.integers(0, 24, n),
    "integers": lambda n, rng: rng.integers(0, 10**9, n),
    "floats": lambda n, rng: rng.normal(size=n),
    "floats and NA": lambda n, rng: with_missing(rng.normal(1000, 300, n).round(2), rng),
    "days": lambda n, rng: (pd.Timestamp("2013-01-01") + pd.to_timedelta(rng.integers(0, 365, n), "D")).astype(str),
    "moments": lambda n, rng: (pd.Timestamp("2013-01-01") + pd.to_timedelta(rng.permutation(n), "s")).astype(str),
}


def write_files(folder, n_rows, n_columns):
    """Write the files, and return their paths by name."""
    rng = np.random.default_rng(0)
    kinds = list(KINDS)
    tables = {kind: [kind] * n_columns for kind in kinds}
    tables["all kinds"] = [kinds[i % len(kinds)] for i in range(n_columns)]
    paths = {}
    for name, columns in tables.items():
        paths[name] = folder / f"{name.replace(' ', '_')}.csv"
        table = pd.DataFrame({f"{kind} {i}": KINDS[kind](n_rows, rng) for i, kind in enumerate(columns)})
        table.to_csv(paths[name], index=False, na_rep="NA")
    paths["all kinds, gzip"] = paths["all kinds"].with_suffix(".csv.gz")
    with paths["all kinds"].open("rb") as plain, gzip.open(paths["all kinds, gzip"], "wb", 6) as packed:
        shutil.copyfileobj(plain, packed)
    return paths


def spent(call):
    """Return the wall time and the processor time of a call, in seconds."""
    before = time.process_time()
    took = seconds(call)
    return took, time.process_time() - before


def compare(path, turns):
    """Return the times of each reader for a file, and the ratios of tabemb's."""
    sides = {name: lambda read=read: spent(lambda: read(path)) for name, read in READERS.items()}
    figures = in_turn(sides, turns, warm=True)
    row = {"megabytes": path.stat().st_size / 1e6}
    for name, each in figures.items():
        row[name], row[f"{name}_processor"] = np.median(each, axis=0).tolist()
    for name in ("pandas", "pyarrow"):
        row[f"to_{name}"] = ratio([wall for wall, _ in figures["tabemb"]], [wall for wall, _ in figures[name]])
    return row


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=300_000)
    parser.add_argument("--columns", type=int, default=8)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()

    with tempfile.TemporaryDirectory() as folder:
        paths = write_files(Path(folder), options.rows, options.columns)
        rows = [{"file": name, **compare(path, options.turns)} for name, path in paths.items()]
    show(
        f"reading {options.rows:,} rows x {options.columns} columns, seconds",
        ["file", "MB", *(head for name in READERS for head in (name, "of processors")), "to pandas", "to pyarrow"],
        [
            [
                each["file"],
                f"{each['megabytes']:.1f}",
                *(f"{each[name + end]:.3f}" for name in READERS for end in ("", "_processor")),
                shown(each["to_pandas"]),
                shown(each["to_pyarrow"]),
            ]
            for each in rows
        ],
    )
    print("written:", write("read_tables", rows, options.json, options=vars(options)))


if __name__ == "__main__":
    main()
