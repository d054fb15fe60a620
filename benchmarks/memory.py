"""Memory of a fit: the peak with ten columns of a million categories, and the growth over fifty fits.

    python benchmarks/memory.py [--rows 1500000] [--categories 1000000] [--fits 50] [--json FILE]

The peak is the maximum of resident memory during the fit (as recorded by the kernel, reset just before), minus the
resident memory before: the table of the user, TensorFlow and other libraries. Ten text columns, 16 dimensions, two
epochs with validation, so that the weights of the best epoch are kept. The bound is three times the size of the tables
(weights and two moments), plus the encoded table, plus 400 MB. Linux only.
"""

import argparse
import gc
import json
import subprocess
import sys
from pathlib import Path

from turns import show, write  # isort: skip  (before TensorFlow: quiet start)

import numpy as np
import pandas as pd
from workload import COLUMNS, DIM

import tabemb

MEGABYTE = 2**20
SPARE = 400


def resident(field="VmRSS"):
    """Return resident memory in megabytes: now, or its peak (``VmHWM``)."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith(field)) / 1024


def peak_of(call):
    """Return the maximal increase of resident memory during a call, in megabytes."""
    gc.collect()
    before = resident()
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    call()
    return resident("VmHWM") - before


def make_frame(n_rows, categories, *, kind):
    """Return ten columns in which every category occurs, and a target."""
    rng = np.random.default_rng(0)
    columns = {}
    for place in range(COLUMNS):
        codes = np.concatenate([np.arange(categories), rng.integers(0, categories, n_rows - categories)])
        rng.shuffle(codes)
        if kind == "text":
            names = pd.array(pd.Series(np.arange(categories)).astype(str).str.zfill(8), dtype="str")
            columns[f"c{place}"] = names.take(codes)
        else:
            columns[f"c{place}"] = codes * 7
    return pd.DataFrame(columns), rng.integers(0, 2, n_rows)


def peak(options):
    """Return the peak of one fit, and the bound, in megabytes."""
    X, y = make_frame(options.rows, options.categories, kind=options.kind)
    model = tabemb.EmbeddingClassifier(
        categorical=list(X.columns),
        embedding_dim=DIM,
        max_epochs=2,
        n_iter_no_change=2,
        batch_size=1024,
        random_state=0,
    )
    model.fit(X.head(1000), y[:1000])
    model = tabemb.EmbeddingClassifier(**model.get_params(deep=False))
    used = peak_of(lambda: model.fit(X, y))
    rows = sum(vocabulary.size for vocabulary in model.encoder_.vocabularies.values())
    tables = rows * DIM * 4 / MEGABYTE
    encoded = options.rows * COLUMNS * 4 / MEGABYTE
    return {
        "kind": options.kind,
        "peak": used,
        "tables": tables,
        "encoded": encoded,
        "bound": 3 * tables + encoded + SPARE,
    }


def growth(options):
    """Return resident memory after each of many fits with different seeds and sizes, in megabytes."""
    rng = np.random.default_rng(0)
    after = []
    for fit in range(options.fits + 5):
        n_rows = int(rng.integers(2000, 3000))
        X = pd.DataFrame({f"c{place}": rng.choice([f"k{code}" for code in range(300)], n_rows) for place in range(5)})
        tabemb.EmbeddingClassifier(max_epochs=3, random_state=fit).fit(X, rng.integers(0, 2, n_rows)).predict_proba(X)
        gc.collect()
        after.append(resident())
    # The first fits load libraries.
    return {"after": after[4:], "growth": after[-1] / after[4] - 1}


def in_a_process(side, options, kind="text"):
    """Run one side in a separate process and return its result."""
    numbers = ["--rows", options.rows, "--categories", options.categories, "--fits", options.fits]
    child = subprocess.run(
        [sys.executable, __file__, "--side", side, "--kind", kind, *map(str, numbers)],
        check=True,
        capture_output=True,
        text=True,
    )
    return json.loads(child.stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_500_000)
    parser.add_argument("--categories", type=int, default=1_000_000)
    parser.add_argument("--fits", type=int, default=50)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--side", choices=["peak", "growth"], help="run only this side, in this process")
    parser.add_argument("--kind", choices=["text", "integer"], default="text")
    options = parser.parse_args()
    if options.side:
        print(json.dumps({"peak": peak, "growth": growth}[options.side](options)))
        return

    peaks = [in_a_process("peak", options, kind) for kind in ("text", "integer")]
    columns = ["peak", "tables", "encoded", "bound"]
    show(
        f"peak of a fit in MB: {options.rows:,} rows, {COLUMNS} columns of {options.categories:,} categories x {DIM}",
        ["columns", *columns, "peak over bound"],
        [
            [each["kind"], *(f"{each[c]:,.0f}" for c in columns), f"{each['peak'] / each['bound']:.2f}"]
            for each in peaks
        ],
    )
    grown = in_a_process("growth", options)
    print(
        f"{options.fits} fits in one process: {grown['after'][0]:.0f} MB before, {grown['after'][-1]:.0f} MB after, "
        f"{grown['growth']:+.1%}"
    )
    print("written:", write("memory", [*peaks, grown], options.json, options=vars(options)))


if __name__ == "__main__":
    main()
