"""Does tabemb win where categories matter? Ten tables, fixed splits, against what users would take instead.

    TABEMB_DATA=DIR python benchmarks/quality.py [--seeds 1] [--tables adult amazon ...] [--only tabemb ...]
        [--variant NAME:PARAM=VALUE ...] [--again] [--json FILE]

The tables and their splits are in ``quality_tables.py``, the contenders and their settings in ``quality_rivals.py``,
what has to be reached in ``quality_targets.py``. A split is fixed; a seed is the ``random_state``, and the part of the
training rows by which a contender stops or chooses.

Every fit is kept beside the JSON, in ``NAME.cache.json``, by table, split, contender, seed and version (for tabemb: of
its sources), and is not made again. ``--only`` names the contenders to run, none for the variants alone; the others are
shown as they were, whatever their version. ``--variant wide:embedding_dim=32 --variant wide:body__dropout=0.2`` tries
tabemb with other parameters, read as YAML; it is ranked as if it stood in tabemb's place.

Everything has two threads: on Linux the process takes two cores. All rivals take about an hour there, for one seed.
"""

import argparse
import json
import os
import time
from pathlib import Path

from turns import RESULTS, show, write  # isort: skip  (before TensorFlow: quiet start)

# Threads of OpenMP that spin while they wait slow the boosters down tenfold where something else runs as well.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import pandas as pd
import yaml
from quality_rivals import CONTENDERS, OURS, THREADS, Tabemb, run
from quality_tables import PROBLEMS, split_of
from quality_targets import in_categories, mean_ranks, standings

DATA = Path(os.environ.get("TABEMB_DATA", Path(__file__).parents[2] / "shared" / "data"))


class Fits:
    """The fits that were made, in a file that is written after each."""

    WHERE = ("table", "split", "contender", "seed")

    def __init__(self, path):
        self.path = path

    def all(self):
        """Return all fits, the oldest first."""
        return json.loads(self.path.read_text(encoding="utf-8")) if self.path.exists() else []

    def find(self, version=None, **where):
        """Return the last fit of a table, split, contender and seed, of a version or of any; or nothing."""
        for fit in reversed(self.all()):
            if all(fit[name] == where[name] for name in self.WHERE) and version in (None, fit["version"]):
                return fit
        return None

    def keep(self, fit):
        """Add a fit; one of the same place and version is replaced."""
        place = (*self.WHERE, "version")
        others = [other for other in self.all() if any(other[name] != fit[name] for name in place)]
        self.path.parent.mkdir(parents=True, exist_ok=True)
        draft = self.path.with_suffix(f".{os.getpid()}")
        draft.write_text(json.dumps([*others, fit], indent=1), encoding="utf-8")
        draft.replace(self.path)


def read_variants(texts, problems):
    """Return contenders by name from texts like ``NAME:PARAM=VALUE``; several of one name are one variant.

    The estimators of the problems must know the parameters.
    """
    params = {}
    for text in texts:
        name, _, setting = text.partition(":")
        param, _, value = setting.partition("=")
        if not (name and param and value):
            raise ValueError(f"a variant is NAME:PARAM=VALUE, not {text!r}")
        if name in CONTENDERS:
            raise ValueError(f"{name!r} is a contender; give the variant another name")
        params.setdefault(name, {})[param] = yaml.safe_load(value)
    variants = {name: Tabemb(chosen) for name, chosen in params.items()}
    for variant in variants.values():
        for classes in {problem.classes for problem in problems.values()}:
            variant.model(classes)
    return variants


def measured(problems, contenders, seeds, fits, *, to_run, again=False):
    """Return the fits of all contenders, new ones of those that are to run, kept ones of the others."""
    found = []
    for table, problem in problems.items():
        split = split_of(problem, pd.read_parquet(DATA / f"{problem.file}.parquet"))
        for name, contender in contenders.items():
            for seed in range(seeds):
                where = {"table": table, "split": split.fingerprint(), "contender": name, "seed": seed}
                if name not in to_run:
                    fit = fits.find(**where)
                elif again or not (fit := fits.find(contender.version(), **where)):
                    figures, seconds = run(contender, split, seed, time.perf_counter)
                    fit = {**where, "version": contender.version(), "figures": figures, "seconds": seconds}
                    fits.keep(fit)
                    print(
                        f"{table}, {name}, seed {seed}: {figures[problem.metric.name]:.4f}, {seconds:.1f} s", flush=True
                    )
                if fit:
                    found.append(fit)
    return found


def as_frames(found):
    """Return scores (larger is better) and seconds, means over the seeds, as frames of tables x contenders."""
    rows = [
        {
            "table": fit["table"],
            "contender": fit["contender"],
            "score": PROBLEMS[fit["table"]].metric.score(fit["figures"][PROBLEMS[fit["table"]].metric.name]),
            "seconds": fit["seconds"],
        }
        for fit in found
    ]
    frame = pd.DataFrame(rows)
    tables, contenders = frame["table"].unique(), frame["contender"].unique()
    return tuple(
        frame.pivot_table(index="table", columns="contender", values=value, aggfunc="mean").loc[tables, contenders]
        for value in ("score", "seconds")
    )


def spread(figures, digits):
    """Return mean and standard deviation as text."""
    series = pd.Series(figures)
    return f"{series.mean():.{digits}f}" + (f" ± {series.std():.{digits}f}" if len(series) > 1 else "")


def show_table(table, found, variants):
    """Print the figures of one table."""
    problem, mine = PROBLEMS[table], [fit for fit in found if fit["table"] == table]
    ranks, _ = mean_ranks(as_frames(mine)[0], [table], variants)
    cells = []
    for name in dict.fromkeys(fit["contender"] for fit in mine):
        fits = [fit for fit in mine if fit["contender"] == name]
        figures = [spread([fit["figures"][metric.name] for fit in fits], 4) for metric in problem.metrics]
        cells.append([name, *figures, spread([fit["seconds"] for fit in fits], 1), f"{ranks[name]:g}"])
    show(f"{table}: {problem.about}", ["contender", *(m.name for m in problem.metrics), "fit seconds", "rank"], cells)


def show_ranks(scores, variants):
    """Print the mean ranks over all tables, and over those whose signal is in categories."""
    over_all, n_all = mean_ranks(scores, scores.index, variants)
    over_categories, n_categories = mean_ranks(scores, in_categories(scores.index), variants)
    cells = [[name, f"{over_all[name]:.2f}", f"{over_categories[name]:.2f}"] for name in over_all.sort_values().index]
    columns = ["contender", f"all ({n_all} tables)", f"signal in categories ({n_categories} tables)"]
    show("mean rank over the tables that all contenders have", columns, cells)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--tables", nargs="+", choices=PROBLEMS, default=list(PROBLEMS))
    parser.add_argument("--only", nargs="*", choices=CONTENDERS, help="run these, show the others from earlier runs")
    parser.add_argument("--variant", action="append", default=[], metavar="NAME:PARAM=VALUE")
    parser.add_argument("--again", action="store_true", help="run what was kept as well")
    parser.add_argument("--json", type=Path, default=RESULTS / "quality.json")
    options = parser.parse_args()
    if not DATA.is_dir():
        parser.error(f"the tables are looked for in {DATA}; set TABEMB_DATA to where they are")
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:THREADS])
    problems = {name: PROBLEMS[name] for name in options.tables}
    try:
        variants = read_variants(options.variant, problems)
    except ValueError as error:
        parser.error(str(error))

    to_run = {*(CONTENDERS if options.only is None else options.only), *variants}
    contenders = {**CONTENDERS, **variants}
    for name in sorted(to_run):
        if reason := contenders[name].missing():
            print(f"without {name}: {reason}")
            to_run.remove(name)

    fits = Fits(options.json.with_suffix(".cache.json"))
    found = measured(problems, contenders, options.seeds, fits, to_run=to_run, again=options.again)
    if not found:
        parser.error("nothing was run, and nothing was kept")
    scores, seconds = as_frames(found)
    for table in scores.index:
        show_table(table, found, variants)
    show_ranks(scores, variants)
    stand = {}
    for name in (OURS, *variants):
        stand[name] = [str(standing) for standing in standings(scores, seconds, name, variants)]
        print(f"\nWhat {name} has to reach ({len(scores)} of {len(PROBLEMS)} tables, seeds: {options.seeds}):")
        print("\n".join(f"- {line}" for line in stand[name]))
    path = write("quality", found, options.json, options=vars(options), standings=stand)
    print("\nwritten:", path)


if __name__ == "__main__":
    main()
