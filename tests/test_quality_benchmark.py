"""The parts of benchmarks/quality.py on small synthetic tables: splits, candidates, cache, ranks, targets."""

import dataclasses
import json
import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
sys.path.append(str(BENCHMARKS))

import quality  # noqa: E402
import quality_rivals  # noqa: E402
import quality_tables  # noqa: E402
import quality_targets  # noqa: E402
from quality_tables import PROBLEMS, Problem, split_of  # noqa: E402


def ratings(n=600):
    rng = np.random.default_rng(0)
    lecturer = rng.integers(0, 12, n)
    return pd.DataFrame(
        {
            "s": rng.integers(0, 30, n),
            "d": lecturer,
            "studage": rng.integers(2, 9, n),
            "lectage": rng.integers(1, 7, n),
            "service": 0,
            "dept": lecturer % 4,
            "y": 1 + lecturer % 5,
        }
    )


def shops(n=600):
    """Three classes that the shop tells, but for some rows: text, a code, numbers with gaps, and the row number."""
    rng = np.random.default_rng(1)
    shop = rng.integers(0, 9, n)
    size = rng.normal(size=n)
    size[::10] = np.nan
    names = np.array(list("abcdefghi"), dtype=object)[shop]
    names[::50] = None
    kind = np.where(rng.random(n) < 0.1, 0, shop % 3)
    return pd.DataFrame({"row": np.arange(n), "shop": names, "code": shop + 100, "size": size, "kind": kind})


def shops_problem(**changes):
    usual = {
        "about": "",
        "file": "",
        "target": "kind",
        "codes": ("code",),
        "dropped": ("row",),
        "metrics": (quality_tables.ACCURACY, quality_tables.LOG_LOSS),
        "classes": True,
    }
    return Problem(**{**usual, **changes})


# ---------------------------------------------------------------------------------------------------------- splits


def test_a_split_is_fixed_and_parts_the_rows():
    problem = shops_problem(dropped=())
    first, second = split_of(problem, shops()), split_of(problem, shops())
    assert first.fingerprint() == second.fingerprint()
    assert set(first.X_train["row"]).isdisjoint(first.X_test["row"])
    assert len(first.X_train) + len(first.X_test) == 600
    assert 0.1 < len(first.X_test) / 600 < 0.3
    assert first.fingerprint() != split_of(shops_problem(), shops()).fingerprint()


def test_text_and_named_codes_are_categories():
    split = split_of(shops_problem(), shops())
    assert split.categorical == ["shop", "code"]
    assert list(split.X_train) == ["shop", "code", "size"]
    assert split_of(shops_problem(codes=()), shops()).categorical == ["shop"]


def test_at_most_so_many_rows_are_drawn(monkeypatch):
    monkeypatch.setattr(quality_tables, "MOST_TRAIN", 50)
    monkeypatch.setattr(quality_tables, "MOST_TEST", 20)
    split = split_of(shops_problem(), shops())
    assert (len(split.X_train), len(split.X_test)) == (50, 20)


def test_a_column_of_one_value_is_left_out():
    split = split_of(PROBLEMS["insteval"], ratings())
    assert list(split.X_train) == ["s", "d", "studage", "lectage", "dept"]
    assert split.y_train.dtype == float


def test_no_patient_is_in_both_parts():
    table = shops().assign(patient=np.arange(600) // 4)
    split = split_of(shops_problem(held=quality_tables.fifth_of("patient"), dropped=()), table)
    assert set(split.X_train["patient"]).isdisjoint(split.X_test["patient"])


def test_the_last_days_are_held_out_as_a_whole():
    days = pd.DataFrame({"Year": [2015] * 20 + [2014] * 80, "Month": [1] * 100, "Day": [3] * 15 + [2] * 5 + [1] * 80})
    held = quality_tables.last_tenth_of_days(days)
    assert held.tolist() == [True] * 15 + [False] * 85


def test_metrics_are_of_probabilities_and_of_logarithms():
    assert quality_tables.AUC.measure(np.array([0, 1]), np.array([[0.9, 0.1], [0.2, 0.8]])) == 1
    assert quality_tables.ACCURACY.measure(np.array([2, 1]), np.array([[0.2, 0.2, 0.6], [0.9, 0.1, 0.0]])) == 0.5
    sales = np.array([100.0, 200.0])
    answer = np.log([110.0, 150.0])
    assert quality_tables.MAPE_OF_LOG.measure(np.log(sales), answer) == pytest.approx((0.1 + 0.25) / 2)
    assert quality_tables.MAPE_OF_LOG.score(0.1) > quality_tables.MAPE_OF_LOG.score(0.2)
    assert quality_tables.AUC.score(0.9) > quality_tables.AUC.score(0.8)


LEAKS = {
    "occupation": {"det_occ_code", "major_ind_code"},
    "diabetes": {"readmitted", "patient_nbr"},
    "late": {"dep_delay", "dep_time", "arr_delay", "arr_time", "air_time", "time_hour"},
    "carrier": {"tailnum", "flight", "dep_time", "air_time"},
    "lendingclub": {"grade", "sub_grade", "installment", "paid_interest", "balance", "loan_status"},
    "rossmann": {"Sales"},
}


@pytest.mark.parametrize("name", sorted(PROBLEMS))
def test_the_real_tables_have_all_that_is_named_and_nothing_that_leaks(name, shared_data):
    problem = PROBLEMS[name]
    table = problem.prepared(shared_data(problem.file))
    assert {*problem.codes, *problem.dropped} <= set(table.columns)
    split = split_of(problem, shared_data(problem.file))
    assert LEAKS.get(name, set()).isdisjoint(split.X_train)
    assert 1000 < len(split.X_test) <= 20_000 <= 3 * len(split.X_train) <= 180_000
    if problem.classes:
        assert len(np.unique(split.y_train)) == split.y_train.max() + 1 >= 2
        assert set(split.y_test) <= set(split.y_train)


# ------------------------------------------------------------------------------------------------------ candidates

RIVALS = ["lightgbm", "catboost", "hgb-target", "onehot-linear"]


def small(name):
    candidate = quality_rivals.CANDIDATES[name]
    if reason := candidate.missing():
        pytest.skip(reason)
    return candidate


@pytest.mark.parametrize("name", RIVALS)
def test_a_rival_learns_classes_with_gaps_and_unseen_categories(name):
    split = split_of(shops_problem(), shops())
    answer = small(name).fit(split, 0)
    shares = answer(split.X_test)
    assert shares.shape == (len(split.X_test), 3)
    assert split.figures(shares)["accuracy"] > 0.8
    unseen = split.X_test.assign(shop="never", code=7)
    assert np.allclose(answer(unseen).sum(axis=1), 1)


@pytest.mark.parametrize("name", RIVALS)
def test_a_rival_learns_numbers_that_look_like_classes(name):
    split = split_of(PROBLEMS["insteval"], ratings())
    figures, seconds = quality_rivals.run(small(name), split, 0, iter([1.0, 3.5]).__next__)
    assert figures["R2"] > 0.8
    assert seconds == 2.5


def test_a_seed_chooses_another_validation_part():
    split = split_of(shops_problem(), shops())
    X_train, X_held, y_train, y_held = quality_rivals.apart(split, 0)
    assert len(X_train) + len(X_held) == len(split.X_train) == len(y_train) + len(y_held)
    assert not X_held.index.equals(quality_rivals.apart(split, 1)[1].index)
    assert X_held.index.equals(quality_rivals.apart(split, 0)[1].index)


def test_a_class_with_one_row_is_supported():
    split = split_of(shops_problem(), shops())
    rare = dataclasses.replace(split, y_train=np.where(np.arange(len(split.y_train)) == 3, 3, split.y_train))
    assert len(quality_rivals.apart(rare, 0)[1]) == len(quality_rivals.apart(split, 0)[1])


def test_the_parameters_of_tabemb_are_those_of_the_variant():
    tried = quality_rivals.Tabemb({"embedding_dim": 3, "body__dropout": 0.5})
    assert tried.model(classes=True).embedding_dim == 3
    assert tried.model(classes=False).body.dropout == 0.5
    assert tried.version() != quality_rivals.Tabemb().version() == quality_rivals.Tabemb().version()
    assert quality_rivals.CANDIDATES["onehot-network"].params == {"one_hot_max_categories": math.inf}


def test_what_is_not_installed_says_how_to_install_it():
    class Absent(quality_rivals.Rival):
        package = "no-such-package-at-all"

    assert Absent().missing() == "no-such-package-at-all is not installed: pip install --group bench"
    assert quality_rivals.OneHotLinear().missing() == ""


# ------------------------------------------------------------------------------------------------- fits and variants

WHERE = {"table": "adult", "split": "x", "candidate": "tabemb", "seed": 0}


def test_a_fit_is_found_by_version_or_the_last_of_any(tmp_path):
    fits = quality.Fits(tmp_path / "new" / "fits.json")
    assert fits.find(**WHERE) is None
    fits.keep({**WHERE, "version": "1", "seconds": 5})
    fits.keep({**WHERE, "version": "2", "seconds": 6})
    assert fits.find("1", **WHERE)["seconds"] == 5
    assert fits.find(**WHERE)["seconds"] == 6
    assert fits.find("3", **WHERE) is None
    assert fits.find(**{**WHERE, "split": "y"}) is None
    fits.keep({**WHERE, "version": "1", "seconds": 7})
    assert fits.find(**WHERE)["seconds"] == 7
    assert len(fits.all()) == 2
    assert [path.name for path in fits.path.parent.iterdir()] == ["fits.json"]


class Counting:
    """A candidate that always answers the mean, and counts."""

    def __init__(self):
        self.fitted = 0

    def version(self):
        return "1"

    def load(self):
        pass

    def fit(self, split, seed):
        self.fitted += 1
        return lambda X: np.full(len(X), split.y_train.mean())


def test_cached_fits_are_not_repeated(tmp_path, monkeypatch):
    ratings().to_parquet(tmp_path / "insteval.parquet")
    monkeypatch.setattr(quality, "DATA", tmp_path)
    candidate, fits = Counting(), quality.Fits(tmp_path / "fits.json")
    problems = {"insteval": PROBLEMS["insteval"]}

    def measured(seeds, **more):
        return quality.measured(problems, {"mean": candidate}, seeds, fits, **more)

    assert measured(1, to_run=set()) == []
    assert [fit["seed"] for fit in measured(2, to_run={"mean"})] == [0, 1]
    assert candidate.fitted == 2
    assert len(measured(2, to_run={"mean"})) == 2
    assert len(measured(3, to_run=set())) == 2
    assert candidate.fitted == 2
    measured(2, to_run={"mean"}, again=True)
    assert candidate.fitted == 4


def test_settings_of_one_name_are_one_variant():
    variants = quality.read_variants(["a:embedding_dim=4", "b:body={name: mlp, dropout: 0.3}", "a:tol=0.1"], PROBLEMS)
    assert variants["a"].params == {"embedding_dim": 4, "tol": 0.1}
    assert variants["b"].model(classes=True).body == {"name": "mlp", "dropout": 0.3}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("wide", "NAME:PARAM=VALUE, got 'wide'"),
        ("wide:embedding_dim", "NAME:PARAM=VALUE"),
        ("tabemb:embedding_dim=3", "another name"),
        ("wide:embeding_dim=3", "embeding_dim"),
    ],
)
def test_an_invalid_variant_is_refused(text, says):
    with pytest.raises(ValueError, match=says):
        quality.read_variants([text], PROBLEMS)


def test_a_parameter_of_one_estimator_is_for_its_tables():
    assert "a" in quality.read_variants(["a:class_weight=balanced"], {"adult": PROBLEMS["adult"]})
    with pytest.raises(ValueError, match="class_weight"):
        quality.read_variants(["a:class_weight=balanced"], PROBLEMS)


# ------------------------------------------------------------------------------------------------ ranks and targets


def test_a_variant_is_ranked_in_the_place_of_tabemb():
    scores = pd.DataFrame(
        {"lightgbm": [3.0, 1.0, 9.0], "tabemb": [2.0, 2.0, 9.0], "new": [4.0, 0.0, 9.0], "rare": [1.0, 3.0, np.nan]},
        index=["amazon", "late", "adult"],
    )
    ranks, n = quality_targets.mean_ranks(scores, scores.index, ["new"])
    assert n == 2
    assert ranks.to_dict() == {"lightgbm": 2.0, "tabemb": 2.0, "rare": 2.0, "new": 2.0}
    assert quality_targets.mean_ranks(scores, ["amazon"], ["new"])[0].to_dict() == {
        "lightgbm": 1.0,
        "tabemb": 2.0,
        "rare": 3.0,
        "new": 1.0,
    }


def frames(**changes):
    scores = pd.DataFrame(
        {
            "lightgbm": [0.930, 0.82, 0.60, 0.70],
            "catboost": [0.929, 0.86, 0.61, 0.71],
            "onehot-linear": [0.905, 0.85, 0.60, 0.70],
            "onehot-network": [0.905, 0.84, 0.60, 0.69],
            "tabemb": [0.921, 0.87, 0.62, 0.705],
        },
        index=["adult", "amazon", "late", "diabetes"],
    )
    seconds = pd.DataFrame({"catboost": [10.0] * 4, "tabemb": [9.0] * 4}, index=scores.index)
    return scores.assign(**changes), seconds


def test_all_targets_met():
    standings = quality_targets.standings(*frames())
    assert [standing.met for standing in standings] == [True] * 6
    told = [str(standing) for standing in standings]
    assert "Behind on 0 of 4." in told[0]
    assert "amazon 0.8700 against 0.840" in told[1]
    assert "late 0.6200 against 0.578" in told[2]
    assert "Over 2 tables: tabemb 1.00, catboost 2.00, lightgbm 4.50" in told[3]
    assert "adult 0.0090 behind lightgbm, diabetes 0.0050 behind catboost" in told[4]
    assert "Slower on 0 of 4; all together 36 s, CatBoost 40." in told[5]


def test_targets_missed_say_where_and_by_how_much():
    scores, seconds = frames(tabemb=[0.904, 0.83, 0.55, 0.72])
    seconds["tabemb"] = [9.0, 11.0, 9.0, 9.0]
    standings = quality_targets.standings(scores, seconds)
    assert [standing.met for standing in standings] == [False] * 6
    told = [str(standing) for standing in standings]
    assert all(line.startswith("MISSED: ") for line in told)
    assert "Behind on 3 of 4: adult (0.9040, onehot-linear 0.9050, onehot-network 0.9050), amazon (" in told[0]
    assert "adult 0.0260 behind lightgbm, diabetes the best" in told[4]
    assert "Slower on 1 of 4: amazon (11 s, CatBoost 10); all" in told[5]


def test_behind_on_one_table_is_allowed():
    scores, seconds = frames(tabemb=[0.921, 0.849, 0.62, 0.705])
    assert quality_targets.standings(scores, seconds)[0].met
    scores.loc["late", "tabemb"] = 0.60
    assert not quality_targets.standings(scores, seconds)[0].met


def test_a_variant_has_targets_of_its_own():
    scores, seconds = frames(new=[0.99, 0.5, 0.5, 0.5])
    assert [standing.met for standing in quality_targets.standings(scores, seconds, variants=["new"])] == [True] * 6
    met = [standing.met for standing in quality_targets.standings(scores, seconds, "new", ["new"])]
    assert met == [False, False, False, False, False, None]


def test_targets_without_results_are_not_measured():
    scores, seconds = frames()
    alone = quality_targets.standings(scores[["tabemb"]], seconds[["tabemb"]])
    assert [standing.met for standing in alone] == [None, True, True, None, None, None]
    assert str(alone[0]).startswith("not measured: ahead of one-hot")
    without = quality_targets.standings(scores.drop(columns="tabemb"), seconds[["catboost"]])
    assert [standing.met for standing in without] == [None] * 6


# -------------------------------------------------------------------------------------------------------- the whole


@pytest.mark.slow
def test_the_benchmark_runs_keeps_and_shows(tmp_path):
    ratings().to_parquet(tmp_path / "insteval.parquet")
    path = tmp_path / "figures.json"

    def run(*arguments):
        return subprocess.run(
            [sys.executable, str(BENCHMARKS / "quality.py"), "--tables", "insteval", "--json", str(path), *arguments],
            capture_output=True,
            text=True,
            env={**os.environ, "TABEMB_DATA": str(tmp_path)},
        )

    first = run("--only", "tabemb", "onehot-linear", "--variant", "short:max_epochs=1", "--seeds", "2")
    assert first.returncode == 0, first.stderr
    assert first.stdout.count(" s\n") == 6
    assert "Targets for short" in first.stdout
    record = json.loads(path.read_text(encoding="utf-8"))
    assert record["benchmark"] == "quality"
    assert {fit["candidate"] for fit in record["rows"]} == {"tabemb", "onehot-linear", "short"}
    assert set(record["standings"]) == {"tabemb", "short"}

    second = run("--only")
    assert second.returncode == 0, second.stderr
    assert "seed 0:" not in second.stdout
    assert "onehot-linear" in second.stdout
    assert run("--only", "--json", str(tmp_path / "none.json")).returncode == 2
