"""Tables of recommendations on the command line."""

import math

import pandas as pd
from rich.console import Console

from tabemb.cli.recommend_screen import items_table, ranking_table, user_tables
from tabemb.experiments.recommendation import RankingResult


def printed(content):
    console = Console(width=140, highlight=False)
    with console.capture() as capture:
        console.print(content)
    return [line.rstrip() for line in capture.get().splitlines()]


def ranking(**changes):
    index = pd.MultiIndex.from_tuples([(5, "mf"), (5, "most popular")], names=["k", "model"])
    values = {
        "method": "mf",
        "metrics": pd.DataFrame({"ndcg": [0.1, 0.2], "coverage": [0.5, math.nan]}, index=index),
        "k": 5,
        "difference": -0.1,
        "low": -0.2,
        "high": -0.05,
        "ratings": None,
        "split": {"how": "the last", "train": 1234, "test": 56, "left_out": 7, "users": 8, "items": 9},
    }
    return RankingResult(**values | changes)


def test_the_metrics_are_below_the_headline_and_above_the_split():
    lines = printed(ranking_table(ranking()))
    assert lines[0].startswith("mf finds fewer of the held-out items than the most popular items do")
    assert [line.split() for line in lines[2:5]] == [
        ["items", "model", "ndcg", "coverage"],
        ["5", "mf", "0.1000", "0.5000"],
        ["5", "most", "popular", "0.2000", "–"],  # noqa: RUF001
    ]
    assert lines[-2].startswith("The difference is")
    assert lines[-1] == (
        "1,234 interactions to learn from; held out: the last, 56 of 8 users (7 of new users or items are left out)."
    )


def test_errors_of_ratings_have_a_table():
    ratings = pd.DataFrame({"rmse": [0.9, 1.1], "mae": [0.7, 0.8]}, index=["mf", "mean"])
    lines = [line.split() for line in printed(ranking_table(ranking(ratings=ratings)))]
    place = lines.index(["ratings", "rmse", "mae"])
    assert lines[place + 1 : place + 3] == [["mf", "0.9000", "0.7000"], ["mean", "1.1000", "0.8000"]]


FOUND = pd.DataFrame(
    {
        "user": [1, 1],
        "film": ["Heat", "A\x1b[2Jlien"],
        "rank": [1, 2],
        "score": [0.51234, 0.25],
        "because of": ["Fargo; " + "A film with a very long name indeed, in two parts", ""],
    }
)


def test_each_user_has_a_table_and_those_without_items_are_told_why():
    lines = printed(user_tables(FOUND, "user", [1, 2]))
    assert lines[0] == "user 1"
    assert lines[1].split() == ["rank", "film", "score", "because", "of"]
    assert lines[2].split()[:3] == ["1", "Heat", "0.512"]
    reasons = lines[2].split("0.512")[1].strip()
    assert reasons.startswith("Fargo; A film ")
    assert len(reasons) <= len("Fargo; ") + 28
    assert lines[3].split()[1] == "A\\x1b[2Jlien"
    assert lines[5:] == ["user 2", "There is no item that this user has not seen. To show seen ones: --include-seen"]


def test_near_items_are_a_table_of_three_decimals():
    lines = printed(items_table(pd.DataFrame({"film": ["Heat"], "similarity": [0.98765]})))
    assert [line.split() for line in lines] == [["film", "similarity"], ["Heat", "0.988"]]


def test_new_users_have_what_they_are_known_by():
    found = pd.DataFrame(
        {"user": [1, 2], "film": ["Heat", "Heat"], "rank": [1, 1], "source": ["columns", "popularity"]}
    )
    lines = printed(user_tables(found, "user", [1, 2, 3]))
    assert [line for line in lines if line.startswith("user")] == [
        "user 1 (by columns)",
        "user 2 (unknown: the most popular items)",
        "user 3",
    ]
    assert lines[1].split() == ["rank", "film"]
