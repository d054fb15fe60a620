"""How fast a DataFrame becomes codes: tabemb beside scikit-learn's encoders and bare pyarrow.

Every column has 1,000,000 cells of 10,000 categories by default. The sides take turns, several times; what is compared
is the ratio within each turn. Each side starts from the same DataFrame and ends with its codes in memory; bare pyarrow
starts from the column's Arrow array.
"""

import argparse
import json
import platform
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import sklearn
from rich.console import Console
from rich.table import Table
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder

from tabemb.table import TableEncoder

OURS = "tabemb"


def make_columns(n_cells: int, n_categories: int) -> dict[str, pd.Series]:
    """Return the same draws from a long-tailed distribution, stored in several ways."""
    rng = np.random.default_rng(0)
    codes = np.minimum(rng.geometric(4 / n_categories, n_cells) - 1, n_categories - 1)
    codes[:n_categories] = np.arange(n_categories)
    codes = rng.permutation(codes)
    keys = pd.Series([f"category {i:06d}" for i in range(n_categories)], dtype=object)
    text = keys.take(codes).reset_index(drop=True)
    return {
        "text (str)": text.astype("str"),
        "text (object)": text,
        "category": text.astype("category"),
        "integer": pd.Series(codes * 7919),
        "float with NaN": pd.Series(codes * 7919.0).where(rng.random(n_cells) > 0.01),
        "object (mixed)": text.where(codes % 2 == 0, pd.Series(codes, dtype=object)),
    }


def sides_for(column: pd.Series) -> dict[str, Callable[[], object]]:
    """Return what is timed: name -> a call that encodes the whole column."""
    frame = column.to_frame("c")
    encoder = TableEncoder(["c"]).fit(frame)
    sides: dict[str, Callable[[], object]] = {OURS: lambda: encoder.encode(frame)}
    # scikit-learn's encoders and Arrow refuse columns of mixed types.
    if column.dtype != object or len(set(map(type, column))) == 1:
        ordinal = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1).fit(frame)
        one_hot = OneHotEncoder(handle_unknown="ignore").fit(frame)
        sides["OrdinalEncoder"] = lambda: ordinal.transform(frame)
        sides["OneHotEncoder"] = lambda: one_hot.transform(frame)
        cells = pa.array(column.astype("str") if column.dtype == "category" else column, from_pandas=True)
        known = pc.drop_null(pc.unique(cells))
        sides["pyarrow index_in"] = lambda: pc.index_in(cells, value_set=known)
    return sides


def seconds(call: Callable[[], object]) -> float:
    """Return how long the call took."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def measure(sides: dict[str, Callable[[], object]], turns: int) -> dict[str, list[float]]:
    """Return the seconds of each side, one for each turn, after one turn that is not counted."""
    for call in sides.values():
        call()
    taken: dict[str, list[float]] = {name: [] for name in sides}
    for turn in range(turns):
        # Every other turn goes backwards, so that no side always runs after the same one.
        for name in sorted(sides, reverse=turn % 2 == 1):
            taken[name].append(seconds(sides[name]))
    return taken


def summarize(column: str, n_cells: int, taken: dict[str, list[float]]) -> list[dict[str, object]]:
    """Return one row for each side: cells per second, and how many times as fast tabemb is (median, range)."""
    rows: list[dict[str, object]] = []
    for name, times in taken.items():
        ratios = [other / ours for other, ours in zip(times, taken[OURS], strict=True)]
        rows.append(
            {
                "column": column,
                "side": name,
                "cells_per_second": n_cells / statistics.median(times),
                "ratio": statistics.median(ratios),
                "ratio_low": min(ratios),
                "ratio_high": max(ratios),
                "seconds": times,
            }
        )
    return rows


def show(rows: list[dict[str, object]], title: str) -> None:
    """Print the table."""
    table = Table("column", "side", "million cells/s", "tabemb is ... times as fast", title=title)
    for row in rows:
        ratio = "" if row["side"] == OURS else f"{row['ratio']:.2f} ({row['ratio_low']:.2f} to {row['ratio_high']:.2f})"
        table.add_row(row["column"], row["side"], f"{row['cells_per_second'] / 1e6:.1f}", ratio)
    Console().print(table)


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cells", type=int, default=1_000_000)
    parser.add_argument("--categories", type=int, default=10_000)
    parser.add_argument("--turns", type=int, default=7)
    parser.add_argument("--json", type=Path, help="where to write the figures")
    options = parser.parse_args()

    rows = []
    for name, column in make_columns(options.cells, options.categories).items():
        rows.extend(summarize(name, options.cells, measure(sides_for(column), options.turns)))
    show(rows, f"{options.cells:,} cells, {options.categories:,} categories, median of {options.turns} turns")
    if options.json:
        versions = {module.__name__: module.__version__ for module in (np, pd, pa, sklearn)}
        report = {"rows": rows, "versions": versions, "python": platform.python_version(), "options": vars(options)}
        options.json.write_text(json.dumps(report, indent=2, default=str))


if __name__ == "__main__":
    main()
