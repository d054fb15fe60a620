"""How fast does a fitted classifier predict? One row and many rows, compared to Keras and two scikit-learn pipelines.

    python benchmarks/predict_speed.py [--rows 1000000] [--categories 10000] [--turns 5] [--json FILE]

Ten text columns. For one row the result is the median of many calls, for many rows the time of one call. "encode" and
"forward" are the two necessary parts of ``predict_proba``: the table encoder, and the network as a tf.function on large
batches of existing tensors.
"""

import argparse
import statistics
from collections.abc import Callable
from functools import partial
from pathlib import Path

import turns  # isort: skip  (before TensorFlow: quiet start)

import numpy as np
import pandas as pd
import tensorflow as tf
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, TargetEncoder
from workload import COLUMNS, make_rows

from tabemb import EmbeddingClassifier
from tabemb.table.encoded_table import EncodedTable

OURS, ENCODED, ENCODE, FORWARD = "predict_proba", "predictor, encoded rows", "encode", "forward (tf.function)"
KERAS, BATCH = "keras.Model.predict, encoded rows", 8192


def text_table(codes: np.ndarray) -> pd.DataFrame:
    """Return the codes as text columns."""
    keys = pd.Series([f"category {code:06d}" for code in range(codes.max() + 1)], dtype="str")
    return pd.DataFrame({f"c{place}": keys.take(column).array for place, column in enumerate(codes.T)})


def fitted(n_rows: int, n_categories: int) -> tuple[EmbeddingClassifier, dict[str, object]]:
    """Return the classifier and the pipelines, fitted on rows with every category."""
    codes, targets = make_rows(n_rows, n_categories)
    rng = np.random.default_rng(1)
    codes[:n_categories] = np.column_stack([rng.permutation(n_categories) for _ in range(COLUMNS)])
    X = text_table(codes)
    model = EmbeddingClassifier(max_epochs=1, early_stopping=False, random_state=0).fit(X, targets)
    pipelines = {
        "OneHotEncoder + LogisticRegression": make_pipeline(
            OneHotEncoder(handle_unknown="ignore"), LogisticRegression(max_iter=50, tol=1e-2)
        ),
        "TargetEncoder + HistGradientBoosting": make_pipeline(
            TargetEncoder(), HistGradientBoostingClassifier(random_state=0)
        ),
    }
    for pipeline in pipelines.values():
        pipeline.fit(X, targets)
    return model, pipelines


def calls(model, pipelines, X: pd.DataFrame) -> dict[str, Callable[[], object]]:
    """Return the functions to time on a table, by name."""
    predictor = model.predictor()
    table: EncodedTable = predictor.encode(X)
    network, n_rows = model.network_, len(table)
    signature = {name: tf.TensorSpec([None, *t.shape[1:]], t.dtype) for name, t in network.input.items()}
    forward = tf.function(partial(network, training=False), input_signature=[signature], autograph=False)
    given = {"indices": np.ascontiguousarray(table.indices), "numbers": table.numbers}
    given = {name: given[name] for name in network.input}
    batches = [
        {name: tf.constant(each[start : start + BATCH]) for name, each in given.items()}
        for start in range(0, n_rows, BATCH)
    ]
    batch_size = BATCH if n_rows > BATCH else None
    sides = {
        OURS: lambda: model.predict_proba(X),
        "predictor": lambda: predictor.predict_proba(X),
        ENCODED: lambda: predictor.predict_proba_encoded(table),
        ENCODE: lambda: predictor.encode(X),
        FORWARD: lambda: [forward(batch).numpy() for batch in batches],
        KERAS: lambda: network.predict(given, batch_size=batch_size, verbose=0),
    }
    return sides | {name: partial(pipeline.predict_proba, X) for name, pipeline in pipelines.items()}


def median_seconds(call: Callable[[], object], n_calls: int) -> float:
    """Return the median time of many calls, after a warm-up."""
    for _ in range(3):
        call()
    return statistics.median(turns.seconds(call) for _ in range(n_calls))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--categories", type=int, default=10_000)
    parser.add_argument("--training-rows", type=int, default=100_000)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()

    model, pipelines = fitted(options.training_rows, options.categories)
    X = text_table(make_rows(options.rows, options.categories, seed=2)[0])

    one = {
        name: partial(median_seconds, call, 30 if name == KERAS or name in pipelines else 300)
        for name, call in calls(model, pipelines, X.head(1)).items()
    }
    one_row = turns.in_turn(one, options.turns, warm=True)
    turns.show(
        f"one row, {COLUMNS} columns of {options.categories:,} categories",
        ["", "ms", "times predict_proba"],
        [
            [name, f"{1e3 * statistics.median(each):.3f}", turns.shown(turns.ratio(each, one_row[OURS]))]
            for name, each in one_row.items()
        ],
    )

    many = {name: partial(turns.seconds, call) for name, call in calls(model, pipelines, X).items()}
    many_rows = turns.in_turn(many, options.turns, warm=True)
    parts = [a + b for a, b in zip(many_rows[ENCODE], many_rows[FORWARD], strict=True)]
    share = turns.ratio(parts, many_rows[OURS])
    turns.show(
        f"{options.rows:,} rows",
        ["", "rows/s", "s", "times predict_proba"],
        [
            [
                name,
                f"{options.rows / statistics.median(each):,.0f}",
                f"{statistics.median(each):.2f}",
                turns.shown(turns.ratio(each, many_rows[OURS])),
            ]
            for name, each in [*many_rows.items(), ("encode + forward", parts)]
        ],
    )
    rows = [
        {"rows": n_rows, "side": name, "seconds": each}
        for n_rows, sides in ((1, one_row), (options.rows, many_rows))
        for name, each in sides.items()
    ]
    turns.write("predict_speed", rows, options.json, options=vars(options), share_of_encode_and_forward=share)


if __name__ == "__main__":
    main()
