"""How fast are rows transformed to features? EmbeddingEncoder.transform compared to scikit-learn's encoders.

A table of 1,000,000 rows and 10 text columns with 10,000 categories each. The encoders are fitted on a sample with
every category; embedding_dim=16, so that the output has 160 columns. The sides take turns. Before each call, as much
memory as the vectors take is written and freed: a virtual machine may need seconds to provide memory that was not used
for a while, which would affect the sides at random.
"""

import argparse
import statistics
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.preprocessing import OneHotEncoder, TargetEncoder
from turns import in_turn, ratio, seconds, show, shown, write

from tabemb import EmbeddingEncoder

OURS = "tabemb EmbeddingEncoder"
DIM = 16


def make_table(n_rows: int, n_columns: int, n_categories: int) -> pd.DataFrame:
    """Return text columns from a long-tailed distribution; the first rows have each category once."""
    names = pd.Series([f"category {place:06d}" for place in range(n_categories)], dtype="str")
    columns = {}
    for place in range(n_columns):
        rng = np.random.default_rng(place)
        codes = np.minimum(rng.geometric(4 / n_categories, n_rows) - 1, n_categories - 1)
        codes[:n_categories] = rng.permutation(n_categories)
        columns[f"column{place}"] = names.take(codes).reset_index(drop=True)
    return pd.DataFrame(columns)


def timed(transform: Callable[[], object], n_bytes: int) -> float:
    """Return the time of the call, with memory that was recently in use."""
    np.empty(n_bytes, np.uint8).fill(1)
    return seconds(transform)


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--columns", type=int, default=10)
    parser.add_argument("--categories", type=int, default=10_000)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--json", type=Path, help="file to write the results to")
    options = parser.parse_args()

    table = make_table(options.rows, options.columns, options.categories)
    sample = table.head(max(2 * options.categories, 20_000))
    target = np.random.default_rng(0).integers(0, 2, len(sample))
    encoders = {
        OURS: EmbeddingEncoder(embedding_dim=DIM, max_epochs=1, random_state=0),
        "OneHotEncoder (sparse)": OneHotEncoder(handle_unknown="ignore"),
        "TargetEncoder": TargetEncoder(random_state=0),
    }
    sides = {}
    for name, encoder in encoders.items():
        encoder.fit(sample, target)
        sides[name] = partial(timed, partial(encoder.transform, table), 4 * DIM * options.columns * options.rows)
    taken = in_turn(sides, options.turns, warm=True)

    rows = [
        {
            "side": name,
            "median_seconds": statistics.median(times),
            "times_as_long_as_tabemb": ratio(times, taken[OURS]),
            "seconds": times,
        }
        for name, times in taken.items()
    ]
    show(
        f"transform of {options.rows:,} rows x {options.columns} columns of text, {options.categories:,} categories, "
        f"{options.turns} turns",
        ["side", "seconds", "tabemb is ... times as fast"],
        [
            [
                str(row["side"]),
                f"{row['median_seconds']:.2f}",
                "" if row["side"] == OURS else shown(row["times_as_long_as_tabemb"]),
            ]
            for row in rows
        ],
    )
    print("Results:", write("transform_speed", rows, options.json, options=vars(options)))


if __name__ == "__main__":
    main()
