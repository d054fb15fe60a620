"""A whole fit from a DataFrame, compared to the bare training loop: 1,000,000 rows of 10 text columns, one epoch.

    python benchmarks/fit_end_to_end.py [--rows 1000000] [--categories 10000] [--turns 3] [--json FILE]

``EmbeddingClassifier.fit`` infers the schema, fits the vocabularies, encodes, splits off validation rows, compiles,
trains, validates, and extracts the vectors. The floor gets encoded rows, and its compilation is not timed; it trains on
as many rows as the fit does (a tenth is for validation), with the same batch size. Then a small fit: 1,000 rows of 5
columns, the first and the second in a process. Each side runs in a separate process.
"""

import argparse
import json
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

from turns import in_turn, ratio, seconds, show, shown, write  # isort: skip  (before TensorFlow: quiet start)

import numpy as np
import pandas as pd
from workload import COLUMNS, DIM, HIDDEN, make_rows

import tabemb

SIDES = ("tabemb", "floor")


def make_frame(n_rows, categories):
    """Return the standard workload as ten text columns, and the target."""
    codes, targets = make_rows(n_rows, categories)
    names = pd.array([f"category {code:06d}" for code in range(categories)], dtype="str")
    return pd.DataFrame({f"c{place}": names.take(codes[:, place]) for place in range(COLUMNS)}), targets.astype(int)


def large_fit(options):
    """Return the seconds of a fit, in total and by phase."""
    X, y = make_frame(options.rows, options.categories)
    model = tabemb.EmbeddingClassifier(
        embedding_dim=DIM,
        body={"name": "mlp", "hidden_units": HIDDEN, "dropout": 0.0},
        max_epochs=1,
        batch_size=options.batch,
        random_state=0,
    )
    # What TensorFlow loads at its first computation is not part of either side.
    model.fit(X.head(2000), y[:2000])
    return {"seconds": seconds(lambda: model.fit(X, y)), "val_accuracy": model.history_["val_accuracy"][-1]}


def floor_fit(options):
    """Return the seconds the floor takes to train on the same rows."""
    from floor import Floor

    n_train = options.rows - int(np.ceil(options.rows / 10))
    codes, targets = make_rows(options.rows, options.categories)
    rate = Floor(COLUMNS, options.categories, options.batch).rate(codes[:n_train], targets[:n_train])
    return {"seconds": n_train / rate}


def small_fits():
    """Return the seconds of four consecutive fits of 1,000 rows, and of ``import tabemb`` with TensorFlow."""
    rng = np.random.default_rng(0)
    X = pd.DataFrame({f"c{place}": rng.choice([f"k{code}" for code in range(50)], 1000) for place in range(5)})
    y = (X["c0"] < "k25").to_numpy() ^ (rng.random(1000) < 0.2)
    start = time.perf_counter()
    model = tabemb.EmbeddingClassifier  # loads TensorFlow
    loaded = time.perf_counter() - start
    return {"loading": loaded, "fits": [seconds(partial(model(random_state=seed).fit, X, y)) for seed in range(4)]}


def in_a_process(side, options):
    """Run one side in a separate process and return its result."""
    numbers = ["--rows", options.rows, "--categories", options.categories, "--batch", options.batch]
    child = subprocess.run(
        [sys.executable, __file__, "--side", side, *map(str, numbers)], check=True, capture_output=True, text=True
    )
    return json.loads(child.stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--categories", type=int, default=10_000)
    parser.add_argument("--batch", type=int, default=1024)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--side", choices=[*SIDES, "small"], help="run only this side, in this process")
    options = parser.parse_args()
    if options.side:
        sides = {"tabemb": lambda: large_fit(options), "floor": lambda: floor_fit(options), "small": small_fits}
        print(json.dumps(sides[options.side]()))
        return

    taken = in_turn({side: lambda side=side: in_a_process(side, options)["seconds"] for side in SIDES}, options.turns)
    over_floor = ratio(taken["tabemb"], taken["floor"])
    show(
        f"fit of {options.rows:,} rows x {COLUMNS} text columns of {options.categories:,} categories, one epoch, "
        f"batch {options.batch:,}",
        ["side", "seconds"],
        [[side, f"{np.median(each):.2f} ({min(each):.2f} to {max(each):.2f})"] for side, each in taken.items()],
    )
    print(f"the whole fit takes {shown(over_floor)} times as long as the floor trains on the same rows")
    small = [in_a_process("small", options) for _ in range(options.turns)]
    for place, name in enumerate(("first", "second", "third")):
        each = [turn["fits"][place] for turn in small]
        print(f"small fit, {name} in the process: {np.median(each):.2f} s ({min(each):.2f} to {max(each):.2f})")
    rows = [{"seconds": taken, "over_floor": over_floor}, {"small": small}]
    print("written:", write("fit_end_to_end", rows, options.json, options=vars(options)))


if __name__ == "__main__":
    main()
