"""Training speed in rows per second: tabemb's trainer, a handwritten loop, and ``keras.Model.fit``.

    python benchmarks/train_speed.py [--vocabulary 100 10000 100000 1000000] [--batch 256 1024 4096] [--turns 3]

All use the same network and rows. They take turns, each in a separate process, since tabemb and TensorFlow divide the
cores differently. Only training is timed, without building, tracing and warm-up. tabemb trains with category dropout, a
record of the loss, and shuffling, as its estimators do. ``keras.Model.fit`` is skipped for a vocabulary of a million
categories: one step takes a third of a second.
"""

import argparse
import subprocess
import sys
import time
from pathlib import Path

from turns import in_turn, machine, ratio, show, shown, write  # isort: skip  (before TensorFlow: quiet start)

import keras
import numpy as np
from floor import Floor
from workload import COLUMNS, DIM, HIDDEN, make_rows

from tabemb.nn.bodies import Mlp
from tabemb.nn.embedding import FeatureSpec, TableSpec
from tabemb.nn.network import Network, NetworkSpec
from tabemb.nn.numeric import Standardized
from tabemb.nn.seeds import Seeds
from tabemb.nn.tasks import Binary
from tabemb.table.encoded_table import EncodedTable
from tabemb.table.vocabulary import Vocabulary
from tabemb.training.batches import Rows
from tabemb.training.trainer import Trainer

SIDES = ("tabemb", "floor", "keras")
MOST_KERAS_STEPS = 100
# Multiplications and additions per row: forward, and twice as many backward.
OPERATIONS = 6 * sum(a * b for a, b in zip([COLUMNS * DIM, *HIDDEN], [*HIDDEN, 1], strict=True))


def network_of(vocabulary):
    """Return the standard network."""
    features = tuple(
        FeatureSpec(
            name=f"c{place}",
            position=place,
            table=TableSpec(name=f"c{place}", vocabulary_size=vocabulary + Vocabulary.FIRST, embedding_dim=DIM),
        )
        for place in range(COLUMNS)
    )
    body = Mlp(hidden_units=HIDDEN, dropout=0.0)
    return Network(NetworkSpec(features=features, n_outputs=1, body=body, numeric=Standardized(), seed=0))


def tabemb_rate(categories, targets, vocabulary, batch):
    """Return rows per second of one epoch of tabemb's trainer, with category dropout."""
    network, task, seeds = network_of(vocabulary), Binary.from_targets(np.array([0, 1])), Seeds(0)
    table = EncodedTable(categories + np.int32(Vocabulary.FIRST), np.empty((len(targets), 0), "float32"))
    rows = Rows(table=table, targets=targets)
    trainer = Trainer(
        batch_size=batch, max_epochs=1, category_dropout=0.05, damping=10.0, learning_rate=1e-3, weight_averaging=2.0
    )
    loop = trainer.loop(network, task, seeds)
    trainer.fit(loop, rows.only(np.arange(3 * batch)), None, seeds)
    rows.tensors  # noqa: B018  (made once in a fit, whatever the number of epochs)
    # fit ends by copying the tables to the network, which is not part of a step.
    store, seconds = loop.store_averages, []
    loop.store_averages = lambda: seconds.append(time.perf_counter())
    start = time.perf_counter()
    trainer.fit(loop, rows, None, seeds)
    loop.store_averages = store
    trainer.release(loop)
    return len(rows) / (seconds[0] - start)


def keras_rate(categories, targets, vocabulary, batch):
    """Return rows per second of ``keras.Model.fit`` with Adam, over one epoch or a sufficient number of steps."""
    rows = min(len(targets), MOST_KERAS_STEPS * batch)
    inputs = [keras.Input((), dtype="int32") for _ in range(COLUMNS)]
    hidden = keras.layers.Concatenate()([keras.layers.Embedding(vocabulary, DIM)(each) for each in inputs])
    for units in HIDDEN:
        hidden = keras.layers.Dense(units, activation="relu")(hidden)
    model = keras.Model(inputs, keras.layers.Dense(1)(hidden))
    model.compile("adam", keras.losses.BinaryCrossentropy(from_logits=True))
    columns = [np.ascontiguousarray(column) for column in categories[:rows].T]
    model.fit([column[: 3 * batch] for column in columns], targets[: 3 * batch], batch_size=batch, verbose=0)
    start = time.perf_counter()
    model.fit(columns, targets[:rows], batch_size=batch, verbose=0)
    return rows / (time.perf_counter() - start)


def rate_of(side, rows, vocabulary, batch):
    """Return rows per second of one side, in this process."""
    categories, targets = make_rows(rows, vocabulary)
    if side == "floor":
        return Floor(COLUMNS, vocabulary, batch).rate(categories, targets)
    return (tabemb_rate if side == "tabemb" else keras_rate)(categories, targets, vocabulary, batch)


def in_a_process(side, rows, vocabulary, batch):
    """Return a function that runs a side in a separate process, with its default number of threads."""
    options = ["--side", side, "--rows", str(rows), "--vocabulary", str(vocabulary), "--batch", str(batch)]

    def rate():
        child = subprocess.run([sys.executable, __file__, *options], check=True, capture_output=True, text=True)
        return float(child.stdout)

    return rate


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--vocabulary", type=int, nargs="+", default=[100, 10_000, 100_000, 1_000_000])
    parser.add_argument("--batch", type=int, nargs="+", default=[256, 1024, 4096])
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--no-keras", action="store_true")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--side", choices=SIDES, help="run only this side, in this process, and print its rate")
    options = parser.parse_args()
    if options.side:
        print(rate_of(options.side, options.rows, options.vocabulary[0], options.batch[0]))
        return

    rows, steps = [], {}
    for vocabulary in options.vocabulary:
        for batch in options.batch:
            with_keras = vocabulary <= 100_000 and not options.no_keras
            names = SIDES if with_keras else SIDES[:2]
            sides = {name: in_a_process(name, options.rows, vocabulary, batch) for name in names}
            rates = in_turn(sides, options.turns)
            row = {"vocabulary": vocabulary, "batch": batch, "rows_per_second": rates}
            row["over_floor"] = ratio(rates["tabemb"], rates["floor"])
            if with_keras:
                row["over_keras"] = ratio(rates["tabemb"], rates["keras"])
            rows.append(row)
            steps[vocabulary, batch] = {name: [batch / rate for rate in each] for name, each in rates.items()}
            print(
                f"{vocabulary:>9,} categories, batch {batch:>5,}: {shown(row['over_floor'])} of the floor", flush=True
            )

    peak = machine()["gflops_of_a_float32_product"]
    cells = [
        [
            f"{row['vocabulary']:,}",
            f"{row['batch']:,}",
            *(
                f"{np.median(row['rows_per_second'][side]):,.0f}" if side in row["rows_per_second"] else ""
                for side in SIDES
            ),
            shown(row["over_floor"]),
            shown(row["over_keras"]) if "over_keras" in row else "",
            f"{np.median(row['rows_per_second']['tabemb']) * OPERATIONS / peak / 1e7:.0f} %",
        ]
        for row in rows
    ]
    headings = ["categories", "batch", *SIDES, "over floor", "over keras", "of the arithmetic peak"]
    show(f"rows per second, {COLUMNS} columns, {options.rows:,} rows, {options.turns} turns", headings, cells)
    grown = growth(steps, options.batch)
    for each in grown:
        print(
            f"batch {each['batch']:,}: a step at 1,000,000 categories takes {shown(each['tabemb'])} times as long as "
            f"at 10,000; the floor's {shown(each['floor'])}; quotient {shown(each['quotient'])}"
        )
    print("written:", write("train_speed", rows, options.json, growth=grown, options=vars(options)))


def growth(steps, batches):
    """Return the ratio of step times at a million and at ten thousand categories, for tabemb and the floor."""
    grown = []
    for batch in batches:
        if (10_000, batch) in steps and (1_000_000, batch) in steps:
            small, large = steps[10_000, batch], steps[1_000_000, batch]
            mine, floors = (
                [a / b for a, b in zip(large[side], small[side], strict=True)] for side in ("tabemb", "floor")
            )
            grown.append(
                {
                    "batch": batch,
                    "tabemb": ratio(large["tabemb"], small["tabemb"]),
                    "floor": ratio(large["floor"], small["floor"]),
                    "quotient": ratio(mine, floors),
                }
            )
    return grown


if __name__ == "__main__":
    main()
