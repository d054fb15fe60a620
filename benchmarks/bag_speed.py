"""Training speed of columns whose cells hold several values, per value, beside columns with one value per cell.

    python benchmarks/bag_speed.py [--rows 100000] [--vocabulary 1000 100000] [--values 5] [--batch 1024] [--turns 3]
        [--json FILE]

The standard workload (ten columns, see ``workload.py``) with one value per cell, and with ``--values`` values on
average, of the same vocabulary. The network is the same: what is added are the look-ups and updates of the further
values. Figures are values per second of one epoch of tabemb's trainer; the sides take turns in one process.
"""

import argparse
import time
from pathlib import Path

from turns import in_turn, ratio, show, shown, write  # isort: skip  (before TensorFlow: quiet start)

from dataclasses import replace

import numpy as np
from train_speed import network_of
from workload import COLUMNS, make_rows

from tabemb.nn.network import Network
from tabemb.nn.seeds import Seeds
from tabemb.nn.tasks import Binary
from tabemb.table.bags import Bags
from tabemb.table.encoded_table import EncodedTable
from tabemb.table.vocabulary import Vocabulary
from tabemb.training.batches import Rows
from tabemb.training.trainer import Trainer


def single(n_rows, vocabulary):
    """Return a network and rows with one value per cell."""
    categories, targets = make_rows(n_rows, vocabulary)
    table = EncodedTable(categories + np.int32(Vocabulary.FIRST), np.empty((n_rows, 0), "float32"))
    return network_of(vocabulary), Rows(table=table, targets=targets)


def several(n_rows, vocabulary, mean):
    """Return a network and rows with several values per cell, all cells different."""
    rng = np.random.default_rng(1)
    spec = network_of(vocabulary).spec
    network = Network(replace(spec, features=tuple(replace(each, pooling="mean") for each in spec.features)))
    indices = np.repeat(np.arange(n_rows, dtype=np.int32)[:, None] + Vocabulary.FIRST, COLUMNS, axis=1)
    bags = {}
    for place in range(COLUMNS):
        sizes = np.r_[1, 1, rng.integers(1, 2 * mean, n_rows)]
        drawn = make_rows(-(-int(sizes.sum()) // COLUMNS), vocabulary, seed=place)[0].ravel()[: sizes.sum()]
        values = np.r_[0, 1, drawn[2:] + Vocabulary.FIRST].astype(np.int32)
        bags[place] = Bags(values, np.r_[0, np.cumsum(sizes)])
    targets = make_rows(n_rows, vocabulary)[1]
    return network, Rows(table=EncodedTable(indices, np.empty((n_rows, 0), "float32"), bags), targets=targets)


def rate_of(network, rows, batch):
    """Return a function that trains for one epoch and returns rows per second."""
    task, seeds = Binary.from_targets(np.array([0, 1])), Seeds(0)
    trainer = Trainer(batch_size=batch, max_epochs=1, damping=10.0, learning_rate=1e-3)
    loop = trainer.loop(network, task, seeds)
    trainer.fit(loop, rows.only(np.arange(3 * batch)), None, seeds)

    def rate():
        start = time.perf_counter()
        trainer.fit(loop, rows, None, seeds)
        return len(rows) / (time.perf_counter() - start)

    return rate


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--vocabulary", type=int, nargs="+", default=[1000, 100_000])
    parser.add_argument("--values", type=int, default=5)
    parser.add_argument("--batch", type=int, default=1024)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()

    rows = []
    for vocabulary in options.vocabulary:
        sides, per_row = {}, {"one value": COLUMNS}
        sides["one value"] = rate_of(*single(options.rows, vocabulary), options.batch)
        network, data = several(options.rows, vocabulary, options.values)
        per_row["several values"] = sum(len(each.values) for each in data.table.bags.values()) / options.rows
        sides["several values"] = rate_of(network, data, options.batch)
        rates = {name: [rate * per_row[name] for rate in each] for name, each in in_turn(sides, options.turns).items()}
        rows.append(
            {
                "vocabulary": vocabulary,
                "values_per_cell": per_row["several values"] / COLUMNS,
                "values_per_second": rates,
                "over_one": ratio(rates["several values"], rates["one value"]),
            }
        )
    cells = [
        [
            f"{row['vocabulary']:,}",
            f"{row['values_per_cell']:.1f}",
            *(f"{np.median(row['values_per_second'][side]):,.0f}" for side in ("one value", "several values")),
            shown(row["over_one"]),
        ]
        for row in rows
    ]
    title = f"values per second, {COLUMNS} columns, {options.rows:,} rows, batch {options.batch:,}"
    show(title, ["categories", "values per cell", "one value", "several values", "ratio"], cells)
    print("written:", write("bag_speed", rows, options.json, options=vars(options)))


if __name__ == "__main__":
    main()
