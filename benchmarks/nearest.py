"""How fast is nearest neighbor search? An approximate index compared to exact search.

    python benchmarks/nearest.py [--rows 10000 100000 1000000] [--data mixture uniform] [--queries 1000] [--json FILE]

Cosine similarity, the 10 nearest neighbors per query, queries from the distribution of the vectors. There are two kinds
of synthetic data: "mixture", 1,000 Gaussians whose spread decreases by a tenth per dimension, with centers spread twice
as wide, so that about 10 dimensions carry most of the variance; and "uniform" in a cube, which has no structure that a
graph can use, and is the worst case.

The sides: plain NumPy (a product for 64 queries, argpartition of all scores), tabemb's exact index, and its HNSW index
with several values of ``expansion_search``. Batched: all queries in one call. Single: one call per query, for the first
queries. The sides take turns; the results are medians of the ratios within a turn. Recall is the share of the true 10
nearest neighbors that are found. Memory is the growth of the process while the index is built.
"""

import argparse
import gc
from functools import partial
from pathlib import Path

import numpy as np
from memory import resident
from turns import in_turn, ratio, seconds, show, write

from tabemb import CategoryVectors

TOPN = 10
NUMPY, EXACT = "numpy, argpartition", "exact"


def mixture(rng, n, dim):
    """Return draws from 1,000 Gaussians of about 10 effective dimensions."""
    spread = 0.9 ** np.arange(dim)
    centers = rng.normal(size=(1000, dim)) * spread
    drawn = centers[rng.integers(0, len(centers), n)]
    drawn += 0.5 * rng.normal(size=(n, dim)) * spread
    return drawn.astype("float32")


def uniform(rng, n, dim):
    """Return uniform draws from a cube."""
    return rng.uniform(-1, 1, (n, dim)).astype("float32")


DATA = {"mixture": mixture, "uniform": uniform}


def by_numpy(unit, queries):
    """Return the rows of the nearest neighbors, in plain NumPy."""
    found = []
    for start in range(0, len(queries), 64):
        asked = queries[start : start + 64]
        scores = asked / np.linalg.norm(asked, axis=1, keepdims=True) @ unit.T
        best = np.argpartition(-scores, TOPN, axis=1)[:, :TOPN]
        order = np.argsort(-np.take_along_axis(scores, best, axis=1), axis=1)
        found.append(np.take_along_axis(best, order, axis=1))
    return np.concatenate(found)


def one_by_one(search, queries):
    """Answer each query by a separate call."""
    for place in range(len(queries)):
        search(queries[place : place + 1])


def recall(found, truth):
    """Return the share of the true nearest neighbors that were found."""
    return float(np.mean([len(set(a) & set(b)) / TOPN for a, b in zip(found.tolist(), truth.tolist(), strict=True)]))


def made(make):
    """Return the result of a call, its time, and the growth of the process in megabytes."""
    gc.collect()
    before, box = resident(), []
    took = seconds(lambda: box.append(make()))
    return box[0], took, resident() - before


def measure(kind, n, options):
    """Return one row per side, for one size of one kind of data."""
    rng = np.random.default_rng(0)
    drawn = DATA[kind](rng, n + options.queries, options.dim)
    vectors, queries = CategoryVectors(range(n), drawn[:n]), drawn[n:]
    few = queries[: options.single]
    unit, unit_took, unit_grew = made(lambda: vectors.vectors / np.linalg.norm(vectors.vectors, axis=1, keepdims=True))
    exact, exact_took, exact_grew = made(partial(vectors.index, "exact"))
    hnsw, hnsw_took, hnsw_grew = made(partial(vectors.index, "hnsw", **options.parameters))
    truth = exact.search(queries, TOPN).keys

    def approximate(candidates, asked):
        hnsw.expansion_search = candidates
        return hnsw.search(asked, TOPN)

    sides = {
        NUMPY: (partial(by_numpy, unit), unit_took, unit_grew, 1.0),
        EXACT: (partial(exact.search, topn=TOPN), exact_took, exact_grew, 1.0),
    }
    for candidates in options.expansion_search:
        search = partial(approximate, candidates)
        sides[f"hnsw, {candidates}"] = search, hnsw_took, hnsw_grew, recall(search(queries).keys, truth)

    batched = in_turn(
        {name: partial(seconds, partial(side[0], queries)) for name, side in sides.items()}, options.turns
    )
    single = in_turn(
        {name: partial(seconds, partial(one_by_one, side[0], few)) for name, side in sides.items()}, options.turns
    )
    return [
        {
            "data": kind,
            "rows": n,
            "side": name,
            "build_seconds": took,
            "megabytes": grew,
            "recall": found,
            "batched_queries_a_second": len(queries) / float(np.median(batched[name])),
            "single_queries_a_second": len(few) / float(np.median(single[name])),
            "batched_over_numpy": ratio(batched[NUMPY], batched[name]),
            "batched_over_exact": ratio(batched[EXACT], batched[name]),
            "single_over_exact": ratio(single[EXACT], single[name]),
        }
        for name, (_, took, grew, found) in sides.items()
    ]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--data", nargs="+", choices=sorted(DATA), default=sorted(DATA))
    parser.add_argument("--dim", type=int, default=32)
    parser.add_argument("--queries", type=int, default=1000)
    parser.add_argument("--single", type=int, default=100, help="number of single queries")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--connectivity", type=int, default=16)
    parser.add_argument("--expansion-add", type=int, default=64)
    parser.add_argument("--expansion-search", type=int, nargs="+", default=[16, 32, 64, 128, 256])
    parser.add_argument("--json", type=Path, help="file to write the results to")
    options = parser.parse_args()
    options.parameters = {"connectivity": options.connectivity, "expansion_add": options.expansion_add}

    rows = []
    for kind in options.data:
        for n in options.rows:
            rows += measure(kind, n, options)
            show(
                f"{kind}, {n:,} x {options.dim}: {TOPN} nearest of {options.queries:,} queries, {options.turns} turns",
                ["side", "build s", "MB", "recall", "batched/s", "single/s", "x numpy", "x exact", "x exact, single"],
                [
                    [
                        row["side"],
                        f"{row['build_seconds']:.1f}",
                        f"{row['megabytes']:.0f}",
                        f"{row['recall']:.4f}",
                        f"{row['batched_queries_a_second']:,.0f}",
                        f"{row['single_queries_a_second']:,.0f}",
                        *(
                            f"{row[name]['median']:.1f}"
                            for name in ("batched_over_numpy", "batched_over_exact", "single_over_exact")
                        ),
                    ]
                    for row in rows[-2 - len(options.expansion_search) :]
                ],
            )
    print("written:", write("nearest", rows, options.json, options=vars(options)))


if __name__ == "__main__":
    main()
