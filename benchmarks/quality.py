"""Does tabemb win if categories matter? Eleven tables with fixed splits, against the alternatives of users.

    TABEMB_DATA=DIR python benchmarks/quality.py [--seeds 1] [--tables adult amazon ...] [--only tabemb ...]
        [--variant NAME:PARAM=VALUE ...] [--again] [--json FILE]

The tables and their splits are in ``quality_tables.py``, the candidates and their settings in ``quality_rivals.py``,
and the targets in ``quality_targets.py``. Splits are fixed; a seed determines the ``random_state`` and the validation
rows.

Fits are cached in ``NAME.cache.json`` next to the JSON file, by table, split, candidate, seed and version (for tabemb:
of its sources). ``--only`` names the candidates to run, none for the variants alone; the others are shown from the
cache, whatever their version. ``--variant wide:embedding_dim=32 --variant wide:body__dropout=0.2`` runs tabemb with
other parameters, parsed as YAML; a variant is ranked in place of tabemb.

All candidates use two threads: on Linux the process uses two cores. Times are processor seconds of all threads, which
other load changes little. All rivals take about an hour for one seed.
"""

import argparse
import json
import os
import time
from pathlib import Path

from turns import RESULTS, show, write  # isort: skip  (before TensorFlow: quiet start)

# Spinning OpenMP threads slow down the boosters tenfold if the machine has other load.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import pandas as pd
import yaml
from quality_rivals import CANDIDATES, OURS, THREADS, Tabemb, run
from quality_tables import LOG_LOSS, PROBLEMS, split_of
from quality_targets import in_categories, mean_ranks, standings

DATA = Path(os.environ.get("TABEMB_DATA", Path(__file__).parents[2] / "shared" / "data"))


class Fits:
    """A cache of fits, in a file that is written after each fit."""

    WHERE = ("table", "split", "candidate", "seed")

    def __init__(self, path):
        self.path = path

    def all(self):
        """Return all fits, the oldest first."""
        return json.loads(self.path.read_text(encoding="utf-8")) if self.path.exists() else []

    def find(self, version=None, **where):
        """Return the last fit of a table, split, candidate and seed, of a given or any version, or None."""
        for fit in reversed(self.all()):
            if all(fit[name] == where[name] for name in self.WHERE) and version in (None, fit["version"]):
                return fit
        return None

    def keep(self, fit):
        """Add a fit; replaces one with the same key and version."""
        place = (*self.WHERE, "version")
        others = [other for other in self.all() if any(other[name] != fit[name] for name in place)]
        self.path.parent.mkdir(parents=True, exist_ok=True)
        draft = self.path.with_suffix(f".{os.getpid()}")
        draft.write_text(json.dumps([*others, fit], indent=1), encoding="utf-8")
        draft.replace(self.path)


def read_variants(texts, problems):
    """Return candidates by name from texts like ``NAME:PARAM=VALUE``; texts with the same name form one variant.

    The parameters must exist in the estimators of the problems.
    """
    params = {}
    for text in texts:
        name, _, setting = text.partition(":")
        param, _, value = setting.partition("=")
        if not (name and param and value):
            raise ValueError(f"a variant must be NAME:PARAM=VALUE, got {text!r}")
        if name in CANDIDATES:
            raise ValueError(f"{name!r} is a candidate; give the variant another name")
        params.setdefault(name, {})[param] = yaml.safe_load(value)
    variants = {name: Tabemb(chosen) for name, chosen in params.items()}
    for variant in variants.values():
        for classes in {problem.classes for problem in problems.values()}:
            variant.model(classes)
    return variants


def measured(problems, candidates, seeds, fits, *, to_run, again=False):
    """Return the fits of all candidates: new fits of those to run, cached fits of the others."""
    found = []
    for table, problem in problems.items():
        split = split_of(problem, pd.read_parquet(DATA / f"{problem.file}.parquet"))
        for name, candidate in candidates.items():
            for seed in range(seeds):
                where = {"table": table, "split": split.fingerprint(), "candidate": name, "seed": seed}
                if name not in to_run:
                    fit = fits.find(**where)
                elif again or not (fit := fits.find(candidate.version(), **where)):
                    figures, seconds = run(candidate, split, seed, time.process_time)
                    fit = {**where, "version": candidate.version(), "figures": figures, "seconds": seconds}
                    fits.keep(fit)
                    print(
                        f"{table}, {name}, seed {seed}: {figures[problem.metric.name]:.4f}, {seconds:.1f} s", flush=True
                    )
                if fit:
                    found.append(fit)
    return found


def as_frames(found, metric=None):
    """Return scores (larger is better) and seconds, averaged over seeds, as frames of tables x candidates.

    Scores are those of a metric, by default of the metric of each table. Fits without it are left out.
    """
    rows = [
        {
            "table": fit["table"],
            "candidate": fit["candidate"],
            "score": wanted.score(fit["figures"][wanted.name]),
            "seconds": fit["seconds"],
        }
        for fit in found
        if (wanted := metric or PROBLEMS[fit["table"]].metric).name in fit["figures"]
    ]
    frame = pd.DataFrame(rows, columns=["table", "candidate", "score", "seconds"])
    tables, candidates = frame["table"].unique(), frame["candidate"].unique()
    return tuple(
        frame.pivot_table(index="table", columns="candidate", values=value, aggfunc="mean").loc[tables, candidates]
        for value in ("score", "seconds")
    )


def spread(figures, digits):
    """Return mean and standard deviation as text."""
    series = pd.Series(figures)
    return f"{series.mean():.{digits}f}" + (f" ± {series.std():.{digits}f}" if len(series) > 1 else "")


def show_table(table, found, variants):
    """Print the results of one table."""
    problem, mine = PROBLEMS[table], [fit for fit in found if fit["table"] == table]
    ranks, _ = mean_ranks(as_frames(mine)[0], [table], variants)
    cells = []
    for name in dict.fromkeys(fit["candidate"] for fit in mine):
        fits = [fit for fit in mine if fit["candidate"] == name]
        figures = [spread([fit["figures"][metric.name] for fit in fits], 4) for metric in problem.metrics]
        cells.append([name, *figures, spread([fit["seconds"] for fit in fits], 1), f"{ranks[name]:g}"])
    show(
        f"{table}: {problem.about}",
        ["candidate", *(m.name for m in problem.metrics), "processor seconds", "rank"],
        cells,
    )


def show_ranks(scores, variants):
    """Print the mean ranks over all tables, and over those with signal in categories."""
    over_all, n_all = mean_ranks(scores, scores.index, variants)
    over_categories, n_categories = mean_ranks(scores, in_categories(scores.index), variants)
    cells = [[name, f"{over_all[name]:.2f}", f"{over_categories[name]:.2f}"] for name in over_all.sort_values().index]
    columns = ["candidate", f"all ({n_all} tables)", f"signal in categories ({n_categories} tables)"]
    show("mean rank over the tables with results of all candidates", columns, cells)


def show_ranks_by_log_loss(found, variants):
    """Print the mean ranks by log loss over the tables with classes."""
    scores, _ = as_frames(found, LOG_LOSS)
    if scores.empty:
        return
    ranks, n = mean_ranks(scores, scores.index, variants)
    if n:
        cells = [[name, f"{rank:.2f}"] for name, rank in ranks.sort_values().items()]
        show("mean rank by log loss", ["candidate", f"classes ({n} tables)"], cells)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--tables", nargs="+", choices=PROBLEMS, default=list(PROBLEMS))
    parser.add_argument("--only", nargs="*", choices=CANDIDATES, help="run these, show the others from the cache")
    parser.add_argument("--variant", action="append", default=[], metavar="NAME:PARAM=VALUE")
    parser.add_argument("--again", action="store_true", help="ignore the cache")
    parser.add_argument("--json", type=Path, default=RESULTS / "quality.json")
    options = parser.parse_args()
    if not DATA.is_dir():
        parser.error(f"{DATA} not found; set TABEMB_DATA to the folder with the tables")
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:THREADS])
    problems = {name: PROBLEMS[name] for name in options.tables}
    try:
        variants = read_variants(options.variant, problems)
    except ValueError as error:
        parser.error(str(error))

    to_run = {*(CANDIDATES if options.only is None else options.only), *variants}
    candidates = {**CANDIDATES, **variants}
    for name in sorted(to_run):
        if reason := candidates[name].missing():
            print(f"without {name}: {reason}")
            to_run.remove(name)

    fits = Fits(options.json.with_suffix(".cache.json"))
    found = measured(problems, candidates, options.seeds, fits, to_run=to_run, again=options.again)
    if not found:
        parser.error("nothing was run, and nothing was kept")
    scores, seconds = as_frames(found)
    for table in scores.index:
        show_table(table, found, variants)
    show_ranks(scores, variants)
    show_ranks_by_log_loss(found, variants)
    stand = {}
    for name in (OURS, *variants):
        stand[name] = [str(standing) for standing in standings(scores, seconds, name, variants)]
        print(f"\nTargets for {name} ({len(scores)} of {len(PROBLEMS)} tables, seeds: {options.seeds}):")
        print("\n".join(f"- {line}" for line in stand[name]))
    path = write("quality", found, options.json, options=vars(options), standings=stand)
    print("\nwritten:", path)


if __name__ == "__main__":
    main()
