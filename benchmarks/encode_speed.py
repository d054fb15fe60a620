"""How fast is a DataFrame encoded? tabemb, scikit-learn's encoders and plain pyarrow.

Each column has 1,000,000 cells of 10,000 categories by default. The sides take turns several times; the results are the
ratios within each turn. Each side starts from the same DataFrame and ends with the codes (TargetEncoder: the numbers)
in memory; plain pyarrow starts from the Arrow array of the column.
"""

import argparse
import statistics
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, TargetEncoder
from turns import in_turn, ratio, seconds, show, shown, write

from tabemb.table import TableEncoder

OURS = "tabemb"


def make_columns(n_cells: int, n_categories: int) -> dict[str, pd.Series]:
    """Return the same draws from a long-tailed distribution, stored as several types."""
    rng = np.random.default_rng(0)
    codes = np.minimum(rng.geometric(4 / n_categories, n_cells) - 1, n_categories - 1)
    codes[:n_categories] = np.arange(n_categories)
    codes = rng.permutation(codes)
    keys = pd.Series([f"category {i:06d}" for i in range(n_categories)], dtype=object)
    text = keys.take(codes).reset_index(drop=True)
    present = rng.random(n_cells) > 0.01
    return {
        "text (str)": text.astype("str"),
        "text (object)": text,
        "category": text.astype("category"),
        "category with nulls": text.where(present, None).astype("category"),
        "integer": pd.Series(codes * 7919),
        "float with NaN": pd.Series(codes * 7919.0).where(present),
        "object (mixed)": text.where(codes % 2 == 0, pd.Series(codes, dtype=object)),
    }


def sides_for(column: pd.Series) -> dict[str, Callable[[], object]]:
    """Return the functions to time, by name; each encodes the whole column."""
    frame = column.to_frame("c")
    encoder = TableEncoder(["c"]).fit(frame)
    sides: dict[str, Callable[[], object]] = {OURS: lambda: encoder.encode(frame)}
    # scikit-learn's encoders and Arrow do not support columns of mixed types.
    if column.dtype != object or len(set(map(type, column))) == 1:
        target = np.random.default_rng(0).integers(0, 2, len(column))
        peers = {
            "OrdinalEncoder": OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1),
            "OneHotEncoder": OneHotEncoder(handle_unknown="ignore"),
            "TargetEncoder": TargetEncoder(random_state=0),
        }
        for name, peer in peers.items():
            sides[name] = partial(peer.fit(frame, target).transform, frame)
        cells = pa.array(column.astype("str") if column.dtype == "category" else column, from_pandas=True)
        known = pc.drop_null(pc.unique(cells))
        sides["pyarrow index_in"] = partial(pc.index_in, cells, value_set=known)
    return sides


def summarize(column: str, n_cells: int, taken: dict[str, list[float]]) -> list[dict[str, object]]:
    """Return one row per side: cells per second, and how many times as fast tabemb is (median, range)."""
    return [
        {
            "column": column,
            "side": name,
            "cells_per_second": n_cells / statistics.median(times),
            "times_as_long_as_tabemb": ratio(times, taken[OURS]),
            "seconds": times,
        }
        for name, times in taken.items()
    ]


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cells", type=int, default=1_000_000)
    parser.add_argument("--categories", type=int, default=10_000)
    parser.add_argument("--turns", type=int, default=7)
    parser.add_argument("--json", type=Path, help="file to write the results to")
    options = parser.parse_args()

    rows = []
    for name, column in make_columns(options.cells, options.categories).items():
        sides = {side: partial(seconds, call) for side, call in sides_for(column).items()}
        rows += summarize(name, options.cells, in_turn(sides, options.turns, warm=True))
    show(
        f"{options.cells:,} cells, {options.categories:,} categories, {options.turns} turns",
        ["column, side", "million cells/s", "tabemb is ... times as fast"],
        [
            [
                f"{row['column']}, {row['side']}",
                f"{row['cells_per_second'] / 1e6:.1f}",
                "" if row["side"] == OURS else shown(row["times_as_long_as_tabemb"]),
            ]
            for row in rows
        ],
    )
    print("Results:", write("encode_speed", rows, options.json, options=vars(options)))


if __name__ == "__main__":
    main()
