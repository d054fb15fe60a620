"""Is the confidence of neighbors calibrated, and are columns without meaning recognized?

    TABEMB_DATA=DIR python benchmarks/confidence.py [--pairs airports_late jobs ...] [--rows 30000] [--noise]

The rows of each pair of ``vector_quality_tables.py`` are split into two halves. On half A, the vectors and their noise
come from ``refit_vectors`` with default estimators; the neighbors of each category have a confidence. Half B is fitted
once: is a neighbor among the ten nearest again? Categories with few rows in a half are left out, as in
``vector_quality.py``.

With ``--noise``, the same with the cells of the column permuted among the rows: its neighbors mean nothing, and the
verdict should be "by chance". ``verdict`` is that of ``reliability``, ``halves`` that of ``diagnose`` for fits to two
halves of half A.
"""

import argparse
import os
from itertools import pairwise
from pathlib import Path

from turns import RESULTS, show, write  # isort: skip  (before TensorFlow: quiet start)

import numpy as np
from vector_quality_tables import DATA, PAIRS, halves_of

BOUNDS = (0.0, 0.3, 0.7, 0.85, 0.95, 1.0001)
FEWEST = 15
QUERIES = 200


def estimator_of(half, seed):
    """Return the default estimator of a pair, with vectors for the column that is asked."""
    import tabemb

    kind = tabemb.EmbeddingRegressor if half.n_classes == 0 else tabemb.EmbeddingClassifier
    return kind(categorical=list(half.categorical), random_state=seed)


def permuted(half, seed):
    """Return the features with the cells of the column permuted."""
    cells = half.X[half.column].to_numpy()
    return half.X.assign(**{half.column: np.random.default_rng(seed).permutation(cells)})


def measured(pair, options, noise):
    """Return the confidences of neighbors in half A, and whether they come back in half B."""
    from tabemb import diagnose
    from tabemb.diagnosis.refits import fits_to_parts, refit_vectors

    one, two = halves_of(pair, options.rows).values()
    tables = [permuted(half, place) if noise else half.X for place, half in enumerate((one, two))]
    model = estimator_of(one, 0).fit(tables[0], one.y)
    own = refit_vectors(model, tables[0], one.y)[one.column]
    other = estimator_of(two, 1).fit(tables[1], two.y).vectors_[one.column]
    parts = [each[one.column] for each in fits_to_parts(model, tables[0], one.y)]
    halves = diagnose(own, halves=parts)["halves"]
    least = pair.min_count or options.min_count
    counts = dict(zip(other.index_to_key, other.counts, strict=True))
    kept = [key for key, count in zip(own, own.counts, strict=True) if count >= least and counts.get(key, 0) >= least]
    asked, among = kept[:QUERIES], set(kept).__contains__
    k = min(10, max(1, (len(kept) - 1) // 4))
    said, back = [], []
    for key in asked:
        again = {name for name, _ in other.most_similar(key, topn=k, where=among)}
        for name, _, confidence in own.most_similar(key, topn=k, where=among, confidence=True):
            said.append(confidence)
            back.append(name in again)
    found = own.reliability()
    return {
        "categories": len(kept),
        "k": k,
        "said": said,
        "back": [bool(each) for each in back],
        "share": found.share,
        "chance": found.chance,
        "by_chance": found.by_chance,
        "halves": halves.p_value,
        "halves_agree": not halves.concern,
    }


def cells_of(found):
    """Return the share of neighbors that came back, by what was said."""
    said, back = np.array(found["said"]), np.array(found["back"])
    cells = []
    for low, high in pairwise(BOUNDS):
        inside = (said >= low) & (said < high)
        cells.append(f"{back[inside].mean():.2f} ({inside.sum()})" if inside.sum() >= FEWEST else "-")
    return [*cells, f"{said.mean():.2f}", f"{back.mean():.2f}"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", nargs="+", choices=PAIRS, default=[*PAIRS])
    parser.add_argument("--rows", type=int, default=30_000)
    parser.add_argument("--min-count", type=int, default=30)
    parser.add_argument("--noise", action="store_true", help="permute the cells of each column")
    parser.add_argument("--json", type=Path, default=RESULTS / "confidence.json")
    options = parser.parse_args()
    os.environ.setdefault("TABEMB_DATA", str(DATA))
    rows, cells = [], []
    for name in options.pairs:
        found = measured(PAIRS[name], options, options.noise)
        rows.append({"pair": name, "noise": options.noise, **found})
        verdict = "by chance" if found["by_chance"] else "means something"
        halves = f"{'agree' if found['halves_agree'] else 'no sign'}, p {found['halves']:.3f}"
        cells.append([name, *cells_of(found), f"{found['share']:.2f} ({found['chance']:.2f})", verdict, halves])
        print(f"{name} done", flush=True)
    shown = [f"{low:g}-{min(high, 1):g}" for low, high in pairwise(BOUNDS)]
    columns = ["pair", *shown, "said", "came back", "share (chance)", "verdict"]
    title = "Share of neighbors that came back in a fit to other rows, by the confidence that was said (number)"
    columns.append("halves")
    show(f"{title}; cells of the column permuted" if options.noise else title, columns, cells)
    print("written:", write("confidence", rows, options.json, options=vars(options)))


if __name__ == "__main__":
    main()
