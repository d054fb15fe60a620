"""Rows per second in training: tabemb's trainer beside ``keras.Model.fit`` on the same network and rows.

    python benchmarks/train_speed.py [--rows 200000] [--vocabulary 10000] [--batch 1024] [--turns 3] [--json FILE]

Both sides run in turn in one process; steady training is timed, without building, tracing and warm-up. What counts is
the ratio of a turn, since both sides of it met the same machine.
"""

import argparse
import json
import os
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
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


def tabemb_rate(categories, targets, vocabulary, batch):
    """Rows per second of one epoch of tabemb's training loop, category dropout and all."""
    features = tuple(
        FeatureSpec(
            name=f"c{place}",
            position=place,
            table=TableSpec(name=f"c{place}", vocabulary_size=vocabulary + Vocabulary.FIRST, embedding_dim=DIM),
        )
        for place in range(COLUMNS)
    )
    body = Mlp(hidden_units=HIDDEN, dropout=0.0)
    network = Network(NetworkSpec(features=features, n_outputs=1, body=body, numeric=Standardized(), seed=0))
    table = EncodedTable(categories + np.int32(Vocabulary.FIRST), np.empty((len(targets), 0), "float32"))
    rows = Rows(table=table, targets=targets)
    task = Binary.from_targets(np.array([0, 1]))
    trainer = Trainer(batch_size=batch, max_epochs=1, category_dropout=0.05)
    loop = trainer.loop(network, task, Seeds(0))
    trainer.fit(loop, rows.take(np.arange(3 * batch)), None, Seeds(0))
    rows.tensors  # noqa: B018  (made once in a fit, whatever the number of epochs)
    start = time.perf_counter()
    trainer.fit(loop, rows, None, Seeds(0))
    return len(rows) / (time.perf_counter() - start)


def keras_rate(categories, targets, vocabulary, batch):
    """Rows per second of one epoch of ``keras.Model.fit`` with Adam."""
    inputs = [keras.Input((), dtype="int32") for _ in range(COLUMNS)]
    hidden = keras.layers.Concatenate()([keras.layers.Embedding(vocabulary, DIM)(each) for each in inputs])
    for units in HIDDEN:
        hidden = keras.layers.Dense(units, activation="relu")(hidden)
    model = keras.Model(inputs, keras.layers.Dense(1)(hidden))
    model.compile("adam", keras.losses.BinaryCrossentropy(from_logits=True))
    columns = [np.ascontiguousarray(column) for column in categories.T]
    model.fit([column[: 3 * batch] for column in columns], targets[: 3 * batch], batch_size=batch, verbose=0)
    start = time.perf_counter()
    model.fit(columns, targets, batch_size=batch, verbose=0)
    return len(targets) / (time.perf_counter() - start)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--vocabulary", type=int, default=10_000)
    parser.add_argument("--batch", type=int, default=1024)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()

    categories, targets = make_rows(options.rows, options.vocabulary)
    turns = []
    for _ in range(options.turns):
        pair = [rate(categories, targets, options.vocabulary, options.batch) for rate in (tabemb_rate, keras_rate)]
        turns.append(pair)
        print(
            f"tabemb {pair[0]:>9,.0f} rows/s   keras.Model.fit {pair[1]:>9,.0f} rows/s   ratio {pair[0] / pair[1]:.2f}"
        )
    ratios = np.array([ours / theirs for ours, theirs in turns])
    print(
        f"{options.rows:,} rows, {COLUMNS} columns of {options.vocabulary:,} categories, batch {options.batch}: "
        f"median ratio {np.median(ratios):.2f} ({ratios.min():.2f} to {ratios.max():.2f})"
    )
    if options.json:
        record = {
            "rows": options.rows,
            "vocabulary": options.vocabulary,
            "batch": options.batch,
            "rows_per_second": turns,
        }
        options.json.write_text(json.dumps(record, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
