"""Do the vectors mean something, and are they stable? Fifteen columns, each with a truth from outside the fit.

    TABEMB_DATA=DIR python benchmarks/vector_quality.py [--pairs airports_late jobs ...] [--seeds 2] [--rows 30000]
        [--min-count 30] [--variant NAME:PARAM=VALUE ...] [--variants also|only] [--objectives masked ...] [--json FILE]

The columns and truths are in ``vector_quality_tables.py``. The sampled rows are split at random into two halves, A and
B. Estimators are fitted to each half with several seeds. Categories with few rows in a half are not compared. Results:

- ``seeds``: share of the ten nearest neighbors of a category (a quarter of the others, if less) that two fits to half A
  with different seeds have in common. The categories have enough rows in both halves. "-" for vectors without a seed.
- ``halves``: the same for fits to half A and half B. Their random states differ, since equal ones would give the most
  frequent categories the same initial vectors in both halves.
- ``lift``: mean truth over the nearest neighbors, divided by the mean over all pairs; 1 is chance. The categories have
  enough rows in the half of the fit, and a truth. It is averaged over all fits. The 95 % interval is a bootstrap over
  categories, without the variation between fits. ``rare`` and ``frequent`` are the lifts of the categories with at
  most, and with more than, the median number of rows.
- ROC AUC, accuracy or R2 of the models of each half on the other half.

Candidates are the estimators with default parameters, variants of them (``--variant random:start=random``; values are
parsed as YAML), and rivals without training: random vectors, the mean target, the mean target and the number of rows,
PCA of one-hot counts, and SVD of mutual information ("closed form"). Rivals have as many dimensions as the defaults.
With ``--objectives``, vectors that ``EmbeddingPretrainer`` learns without the target are further candidates; they have
no score.

Fits are cached in the folder ``NAME.fits`` next to the JSON file, by rows, column, seed, parameters and the sources of
tabemb. With ``--variants only``, only the variants are fitted; the defaults are shown from the cache, whatever their
version.
"""

import argparse
import os
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from turns import RESULTS, show, write  # isort: skip  (before TensorFlow: quiet start)

import numpy as np
import pandas as pd
from quality import read_variants
from quality_rivals import Tabemb
from scipy import sparse
from scipy.spatial.distance import cdist
from sklearn.decomposition import PCA
from sklearn.metrics import accuracy_score, r2_score, roc_auc_score
from sklearn.preprocessing import StandardScaler
from sklearn.utils.extmath import randomized_svd
from vector_quality_tables import DATA, PAIRS, halves_of

from tabemb import EmbeddingPretrainer
from tabemb.estimators.objectives import OBJECTIVES
from tabemb.vectors.neighbors import FEWEST, nearest_rows, neighborhood_size, overlaps

DEFAULTS = "defaults"
N_INTERVALS, MOST_VALUES = 10, 3000
DRAWS, INTERVAL = 1000, (2.5, 97.5)
MEDIANS = ("seeds", "halves", "lift")


def nearest_points(points, k):
    """Return the k points with the smallest Euclidean distances to each point, without the point itself."""
    distances = cdist(points, points)
    np.fill_diagonal(distances, np.inf)
    return np.argpartition(distances, k - 1, axis=1)[:, :k]


def codes_of(half, name):
    """Return the values of a column as integers from 0. Numbers are cut at their deciles; missing is a value."""
    values = half.X[name]
    if name not in half.categorical:
        numbers = values.to_numpy(float)
        edges = np.unique(np.nanquantile(numbers, np.arange(1, N_INTERVALS) / N_INTERVALS))
        values = np.where(np.isnan(numbers), -1, np.searchsorted(edges, numbers, side="right"))
    return pd.factorize(values, use_na_sentinel=False)[0]


def counts_with(half, keys):
    """Yield, for each other column, the number of rows with each category and each value."""
    rows = pd.Index(keys).get_indexer(half.X[half.column])
    asked = rows >= 0
    for name in half.X:
        if name != half.column:
            codes = pd.factorize(codes_of(half, name)[asked])[0]
            shape = (len(keys), codes.max() + 1)
            yield sparse.csr_matrix((np.ones(len(codes)), (rows[asked], codes)), shape)


def untrained(half, keys, dim, rng):
    """Random numbers."""
    return rng.normal(size=(len(keys), dim))


def one_number(half, keys, dim, rng):
    """The mean target of each category; of several classes, the first principal component of their shares."""
    rows = pd.Index(keys).get_indexer(half.X[half.column])
    y, rows = half.y[rows >= 0], rows[rows >= 0]
    targets = np.eye(half.n_classes)[y] if half.n_classes > 2 else y[:, None].astype(float)
    means = sparse.csr_matrix((np.ones(len(y)), (rows, np.arange(len(y)))), (len(keys), len(y))) @ targets
    means /= half.counts[keys].to_numpy()[:, None]
    return PCA(1, random_state=0).fit_transform(means) if half.n_classes > 2 else means


def mean_and_count(half, keys, dim, rng):
    """The mean target and the logarithm of the number of rows, both standardized."""
    counts = np.log(half.counts[keys].to_numpy())
    return StandardScaler().fit_transform(np.column_stack([one_number(half, keys, dim, rng), counts]))


def one_hot_pca(half, keys, dim, rng):
    """The shares of the values of the other columns in the rows of each category, reduced by PCA."""
    counts = sparse.hstack(list(counts_with(half, keys))).toarray()
    shares = counts / counts.sum(axis=1, keepdims=True)
    return PCA(min(dim, *shares.shape), random_state=0).fit_transform(shares)


def closed_form(half, keys, dim, rng):
    """Positive pointwise mutual information with the values of the other columns, reduced by SVD to ``U sqrt(S)``."""
    every, blocks = half.counts.index, []
    for counts in counts_with(half, every):
        pairs, its = counts.tocoo(), np.asarray(counts.sum(axis=0)).ravel()
        n, own = its.sum(), half.counts.to_numpy()
        information = np.maximum(0, np.log(pairs.data * n / (own[pairs.row] * its[pairs.col])))
        information *= pairs.data / (pairs.data + 1)
        frequent = np.argsort(-its, kind="stable")[:MOST_VALUES]
        block = sparse.csc_matrix((information, (pairs.row, pairs.col)), counts.shape)[:, frequent]
        blocks.append(block / len(frequent) ** 0.25)
    table = sparse.hstack(blocks).tocsr()
    left, values, _ = randomized_svd(table, min(dim, *table.shape), random_state=0)
    return (left * np.sqrt(values))[every.get_indexer(keys)]


@dataclass(frozen=True)
class Rival:
    """Vectors without training: from a half, the categories, the number of dimensions, and a random generator."""

    vectors: Callable[..., np.ndarray]
    nearest: Callable[[np.ndarray, int], np.ndarray] = nearest_rows
    is_random: bool = False


RIVALS = {
    "untrained": Rival(untrained, is_random=True),
    "one number": Rival(one_number, nearest_points),
    "mean and count": Rival(mean_and_count, nearest_points),
    "one-hot PCA": Rival(one_hot_pca),
    "closed form": Rival(closed_form),
}
TO_BEAT = ("untrained", "one number", "one-hot PCA", "closed form")


@dataclass(frozen=True)
class WithoutTarget:
    """The vectors that an objective learns without the target; as a candidate, with the methods of ``Tabemb``."""

    objective: str

    def version(self):
        """Return the version, and hashes of the sources and of the parameters."""
        return Tabemb({"objective": self.objective}).version()

    def model(self, classes):
        """Return the unfitted transformer."""
        return EmbeddingPretrainer(objective=self.objective)


@dataclass(frozen=True)
class Fit:
    """Vectors of all categories, the score on the other half, and the seconds of the fit."""

    keys: np.ndarray
    vectors: np.ndarray
    score: float
    seconds: float

    def of(self, keys):
        """Return the vectors of some categories."""
        return self.vectors[pd.Index(self.keys).get_indexer(keys)]


class Fits:
    """A cache of fits, one file per fit."""

    def __init__(self, folder):
        self.folder = folder

    def find(self, place, version=None):
        """Return the fit of a given version, or the last one of any version, or None."""
        found = sorted(self.folder.glob(f"{place}-{version or '*'}.npz"), key=lambda path: path.stat().st_mtime)
        if not found:
            return None
        with np.load(found[-1]) as arrays:
            return Fit(arrays["keys"], arrays["vectors"], float(arrays["score"]), float(arrays["seconds"]))

    def keep(self, place, version, fit):
        """Write a fit."""
        self.folder.mkdir(parents=True, exist_ok=True)
        draft = self.folder / f"{os.getpid()}.draft"
        with draft.open("wb") as file:
            np.savez(file, **vars(fit))
        draft.replace(self.folder / f"{place}-{version}.npz")


def score_of(model, half):
    """Return ROC AUC of two classes, accuracy of several, or R2 of numbers; NaN without a target."""
    if isinstance(model, EmbeddingPretrainer):
        return float("nan")
    if half.n_classes == 2:
        return float(roc_auc_score(half.y, model.predict_proba(half.X)[:, 1]))
    return float((accuracy_score if half.n_classes else r2_score)(half.y, model.predict(half.X)))


def fitted(variant, half, other, seed):
    """Return a new fit to a half, scored on the other half."""
    model = variant.model(half.n_classes > 0)
    model.set_params(categorical=list(half.categorical), random_state=seed)
    # Without a target, integers are categories unless they are cast.
    X = half.X.astype({name: float for name in half.X if name not in half.categorical})
    start = time.perf_counter()
    model.fit(X if isinstance(model, EmbeddingPretrainer) else half.X, half.y)
    seconds = time.perf_counter() - start
    vectors = model.vectors_[half.column]
    return Fit(np.array(list(vectors.index_to_key)), np.asarray(vectors.vectors), score_of(model, other), seconds)


def all_fits(pair, halves, variants, seeds, fits, cached_only):
    """Return the fits by candidate, then by half and seed; leaves out candidates with missing fits."""
    found = {}
    for name, variant in variants.items():
        # The last word is a hash of the parameters, the one before it a hash of the sources.
        *_, sources, params = variant.version().split()
        for (half, rows), other in zip(halves.items(), reversed(halves.values()), strict=True):
            for seed in range(seeds):
                column = re.sub(r"\W", "_", rows.column)
                place = f"{column}-{rows.fingerprint()}-{other.fingerprint()}-{seed}-{params}"
                fit = fits.find(place, None if name in cached_only else sources)
                if fit is None and name not in cached_only:
                    fit = fitted(variant, rows, other, 2 * seed + (half == "B"))
                    fits.keep(place, sources, fit)
                    print(
                        f"{pair}, half {half}, {name}, seed {seed}: {figure(fit.score, 4)}, {fit.seconds:.1f} s",
                        flush=True,
                    )
                if fit is not None:
                    found.setdefault(name, {})[half, seed] = fit
    return {name: each for name, each in found.items() if len(each) == 2 * seeds}


class Comparison:
    """The categories of a pair that are compared, and their truth.

    ``keys`` are the categories with enough rows, by half; ``both`` those in both halves; ``known`` those with a truth,
    by half, as positions in ``keys``.
    """

    def __init__(self, pair, halves, min_count):
        self.min_count = min_count if pair.min_count is None else min(min_count, pair.min_count)
        counts = {half: rows.counts[rows.counts >= self.min_count] for half, rows in halves.items()}
        self.keys = {half: each.index for half, each in counts.items()}
        self.both = self.keys["A"].intersection(self.keys["B"])
        truths = {half: pair.truth.of(list(keys)) for half, keys in self.keys.items()}
        self.known = {half: known for half, (known, _) in truths.items()}
        self.likeness = {half: likeness for half, (_, likeness) in truths.items()}
        self.counts = {half: counts[half].to_numpy()[known] for half, known in self.known.items()}
        names = {half: self.keys[half][known] for half, known in self.known.items()}
        self.all = names["A"].union(names["B"])
        self.places = {half: self.all.get_indexer(each) for half, each in names.items()}
        self.base = {half: self._others(likeness) for half, likeness in self.likeness.items()}

    @property
    def fewest(self):
        """The number of categories in the smallest comparison."""
        return min(len(self.both), *(len(known) for known in self.known.values()))

    @property
    def k(self):
        """The number of neighbors in the comparison of the halves."""
        return neighborhood_size(len(self.both))

    def about(self):
        """Return the numbers of categories, rows and neighbors, the agreement by chance and the mean truth."""
        return {
            "min_count": self.min_count,
            "in_both": len(self.both),
            "k": self.k,
            "chance": self.k / (len(self.both) - 1),
            "with_truth": {half: len(known) for half, known in self.known.items()},
            "mean_truth": float(np.mean([each.mean() for each in self.base.values()])),
        }

    def weights(self):
        """Return how often a bootstrap draws each category, of shape (draws, n)."""
        n = len(self.all)
        return np.random.default_rng(0).multinomial(n, np.full(n, 1 / n), size=DRAWS)

    def neighbors(self, half, vectors, nearest, rng):
        """Return the neighbors, in positions of ``both``, of the categories in both halves."""
        rows = vectors[self.keys[half].get_indexer(self.both)]
        return neighbors_of(rows, self.k, nearest, rng)

    def near(self, half, vectors, nearest, rng):
        """Return the mean truth over the nearest neighbors of each category with a truth."""
        rows, likeness = vectors[self.known[half]], self.likeness[half]
        found = neighbors_of(rows, neighborhood_size(len(rows)), nearest, rng)
        return np.take_along_axis(likeness, found, axis=1).mean(axis=1)

    def lift(self, half, near, weights):
        """Return the weighted mean of ``near`` divided by that over all pairs; weights are of shape (..., n)."""
        mine = np.asarray(weights)[..., self.places[half]]
        with np.errstate(invalid="ignore", divide="ignore"):
            return (mine @ near) / (mine @ self.base[half])

    def by_count(self, half, near):
        """Return the lift of the categories with at most, and with more than, the median number of rows."""
        rare, lifts = self.counts[half] <= np.median(self.counts[half]), []
        for chosen in (rare, ~rare):
            weights = np.zeros(len(self.all))
            weights[self.places[half]] = chosen
            lifts.append(self.lift(half, near, weights))
        return lifts

    @staticmethod
    def _others(likeness):
        return (likeness.sum(axis=1) - likeness.diagonal()) / (len(likeness) - 1)


def neighbors_of(vectors, k, nearest, rng):
    """Return the k nearest rows of each row, with ties in random order."""
    order = rng.permutation(len(vectors))
    found = np.empty((len(vectors), k), np.intp)
    found[order] = order[nearest(vectors[order], k)]
    return found


def in_common(one, two):
    """Return the mean share of neighbors that are the same: from the Jaccard index, as 2 j / (1 + j)."""
    jaccard = overlaps(one, two)
    return float(np.mean(2 * jaccard / (1 + jaccard)))


def measured(comparison, tables, nearest, weights, is_random=True):
    """Return the measures of vectors by half and seed, and the lift of each bootstrap draw."""
    neighbors, lifts, draws, by_count = {}, [], [], []
    for (half, seed), vectors in tables.items():
        rng = np.random.default_rng([seed, half == "B"])
        neighbors[half, seed] = comparison.neighbors(half, vectors, nearest, rng)
        near = comparison.near(half, vectors, nearest, rng)
        lifts.append(comparison.lift(half, near, np.ones(len(comparison.all))))
        draws.append(comparison.lift(half, near, weights))
        by_count.append(comparison.by_count(half, near))
    seeds = sorted({seed for _, seed in tables})
    same_half = [in_common(neighbors["A", one], neighbors["A", two]) for one, two in combinations(seeds, 2)]
    draws = np.mean(draws, axis=0)
    low, high = np.nanpercentile(draws, INTERVAL)
    rare, frequent = np.mean(by_count, axis=0)
    figures = {
        "seeds": float(np.mean(same_half)) if same_half and is_random else None,
        "halves": float(np.mean([in_common(neighbors["A", seed], neighbors["B", seed]) for seed in seeds])),
        "lift": float(np.mean(lifts)),
        "low": float(low),
        "high": float(high),
        "rare": float(rare),
        "frequent": float(frequent),
    }
    return figures, draws


def of_rival(rival, halves, comparison, dims, seeds):
    """Return the vectors of a rival by half and seed."""
    return {
        (half, seed): rival.vectors(
            rows, comparison.keys[half], dims[half], np.random.default_rng([7, seed, half == "B"])
        )
        for half, rows in halves.items()
        for seed in range(seeds if rival.is_random else 1)
    }


def results_of(name, variants, options, fits, cached_only):
    """Return the results of a pair by candidate, and the bootstrap draws; both are empty if it cannot be measured."""
    pair = PAIRS[name]
    halves = halves_of(pair, options.rows)
    comparison = Comparison(pair, halves, options.min_count)
    if comparison.fewest < FEWEST:
        print(f"without {name}: too few categories with {comparison.min_count} rows per half ({comparison.fewest})")
        return {}, {}
    found = all_fits(name, halves, variants, options.seeds, fits, cached_only)
    if not found:
        print(f"without {name}: no fits in the cache")
        return {}, {}

    weights, results, draws = comparison.weights(), {}, {}
    for candidate, each in found.items():
        tables = {place: fit.of(comparison.keys[place[0]]) for place, fit in each.items()}
        figures, draws[candidate] = measured(comparison, tables, nearest_rows, weights)
        scores = {half: float(np.mean([each[half, seed].score for seed in range(options.seeds)])) for half in halves}
        seconds = float(np.mean([fit.seconds for fit in each.values()]))
        results[candidate] = {**figures, "seconds": seconds}
        if not np.isnan([*scores.values()]).any():
            results[candidate] |= {"score": float(np.mean([*scores.values()])), "scores": scores}
    dims = {half: next(iter(found.values()))[half, 0].vectors.shape[1] for half in halves}
    for candidate, rival in RIVALS.items():
        tables = of_rival(rival, halves, comparison, dims, options.seeds)
        results[candidate], draws[candidate] = measured(comparison, tables, rival.nearest, weights, rival.is_random)
    show_pair(name, pair, halves, comparison, results)
    results = {candidate: {**each, **comparison.about()} for candidate, each in results.items()}
    return results, draws


def figure(value, digits=3):
    """Return a number as text."""
    return "-" if value is None or np.isnan(value) else f"{value:.{digits}f}"


def show_pair(name, pair, halves, comparison, results):
    """Print the results of a pair."""
    metric = {0: "R2", 2: "ROC AUC"}.get(halves["A"].n_classes, "accuracy")
    n, known = comparison.about(), comparison.about()["with_truth"]
    title = (
        f"{name}: {pair.about}; {len(halves['A'].X):,} rows per half, {n['min_count']} or more per category\n"
        f"{n['in_both']} categories in both halves, {n['k']} neighbors, {n['chance']:.3f} in common by chance\n"
        f"truth: {pair.truth.about}; known of {known['A']} and {known['B']} categories; "
        f"mean over all pairs {n['mean_truth']:.3f}"
    )
    cells = []
    for candidate, each in results.items():
        row = [candidate, figure(each["seeds"]), figure(each["halves"]), figure(each["lift"], 2)]
        row += [f"{figure(each['low'], 2)} to {figure(each['high'], 2)}"]
        row += [figure(each["rare"], 2), figure(each["frequent"], 2)]
        if "score" in each:
            row += [figure(each["score"], 4), ", ".join(figure(score, 4) for score in each["scores"].values())]
        else:
            row += ["", ""]
        row += [figure(each["seconds"], 1) if "seconds" in each else ""]
        cells.append(row)
    columns = [
        "vectors",
        "seeds",
        "halves",
        "lift",
        "95 %",
        "rare",
        "frequent",
        metric,
        "A on B, B on A",
        "fit seconds",
    ]
    show(title, columns, cells)


def summary_of(results, draws):
    """Return, for each candidate, the measures over all pairs."""
    candidates = list(dict.fromkeys(name for each in results.values() for name in each))
    scores = pd.DataFrame(
        {pair: {name: row["score"] for name, row in each.items() if "score" in row} for pair, each in results.items()}
    )
    ranks = scores.dropna(axis=1).rank(ascending=False).mean(axis=1)
    found = {}
    for name in candidates:
        mine = {pair: each for pair, each in results.items() if name in each}
        rivals = [rival for rival in TO_BEAT if rival != name]
        above = {rival: sum(each[name]["lift"] > each[rival]["lift"] for each in mine.values()) for rival in rivals}
        above_all = clearly = 0
        for pair, each in mine.items():
            best = max(rivals, key=lambda rival, each=each: each[rival]["lift"])
            above_all += each[name]["lift"] > each[best]["lift"]
            clearly += np.nanpercentile(draws[pair][name] - draws[pair][best], INTERVAL[0]) > 0
        seeds = [each[name]["seeds"] for each in mine.values() if each[name]["seeds"] is not None]
        found[name] = {
            "pairs": len(mine),
            "seeds": float(np.median(seeds)) if seeds else None,
            "halves": float(np.median([each[name]["halves"] for each in mine.values()])),
            "lift": float(np.median([each[name]["lift"] for each in mine.values()])),
            "above": {rival: int(n) for rival, n in above.items()},
            "above all": int(above_all),
            "clearly above all": int(clearly),
            "rank of score": float(ranks[name]) if name in ranks else None,
        }
    return found


def show_summary(summary, n_pairs):
    """Print the measures over all pairs."""
    cells = []
    for name, each in summary.items():
        row = [name, str(each["pairs"]), *(figure(each[median], 3 - (median == "lift")) for median in MEDIANS)]
        row += [str(each["above"].get(rival, "-")) for rival in TO_BEAT]
        row += [str(each["above all"]), str(each["clearly above all"]), figure(each["rank of score"], 2)]
        cells.append(row)
    title = (
        f"{n_pairs} pairs: medians; number of pairs with a higher lift than each rival, than all four, and than the\n"
        "best of them beyond chance (95 %, paired bootstrap over categories); mean rank of the score where all have one"
    )
    columns = ["vectors", "pairs", *MEDIANS, *(f"> {rival}" for rival in TO_BEAT), "> all", "clearly", "rank"]
    show(title, columns, cells)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", nargs="+", choices=PAIRS, default=list(PAIRS))
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--rows", type=int, default=30_000)
    parser.add_argument("--min-count", type=int, default=30, help="minimum number of rows of a category in a half")
    parser.add_argument("--variant", action="append", default=[], metavar="NAME:PARAM=VALUE")
    parser.add_argument("--variants", choices=("also", "only"), default="also", help="only: do not fit the defaults")
    parser.add_argument("--objectives", nargs="*", choices=sorted(OBJECTIVES), default=[], help="also without a target")
    parser.add_argument("--json", type=Path, default=RESULTS / "vector_quality.json")
    options = parser.parse_args()
    if not DATA.is_dir():
        parser.error(f"{DATA} not found; set TABEMB_DATA to the folder with the tables")
    try:
        given = read_variants(options.variant, PAIRS)
    except ValueError as error:
        parser.error(str(error))
    if taken := {DEFAULTS, *RIVALS} & {*given}:
        parser.error(f"{taken.pop()!r} is a candidate; give the variant another name")

    objectives = {f"no target, {name}": WithoutTarget(name) for name in options.objectives}
    variants = {DEFAULTS: Tabemb(), **given, **objectives}
    cached_only = {DEFAULTS} if options.variants == "only" else set()
    fits = Fits(options.json.with_suffix(".fits"))
    results, draws = {}, {}
    for name in options.pairs:
        found, drawn = results_of(name, variants, options, fits, cached_only)
        if found:
            results[name], draws[name] = found, drawn
    if not results:
        parser.error("there are no results")
    summary = summary_of(results, draws)
    show_summary(summary, len(results))
    rows = [{"pair": pair, "candidate": name, **row} for pair, each in results.items() for name, row in each.items()]
    print("\nwritten:", write("vector_quality", rows, options.json, options=vars(options), summary=summary))


if __name__ == "__main__":
    main()
