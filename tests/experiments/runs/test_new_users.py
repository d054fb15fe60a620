"""Users whom a recommender has not seen, read by the types of a run."""

import pandas as pd
import pytest

from tabemb import open_run
from tabemb.exceptions import ColumnError, FormatError
from tabemb.experiments.runs.new_users import NEW_USER, read_interactions, read_users, user_of_columns
from tabemb.experiments.runs.runner import run

AGED = """\
data: {path: watched.csv, sep: ";"}
recommend:
  user: [user, age, member]
  item: film
  weight: times
  method: {name: linear_autoencoder, dim: 4, penalty: 1.0}
"""
TIMED = """\
data: {path: watched.csv, sep: ";"}
recommend:
  user: user
  item: film
  time: day
  half_life: 2
  method: {name: linear_autoencoder, dim: 4, penalty: 1.0}
"""
RATED = "data: {path: watched.csv, sep: ';'}\nrecommend: {user: user, item: film, rating: stars, method: mf}\n"


@pytest.fixture(scope="module")
def home(tmp_path_factory, watched):
    folder = tmp_path_factory.mktemp("aged")
    table = watched.assign(age=20 + watched["user"] % 2, member=watched["user"] % 2 == 0, times=1.5)
    table["day"] = pd.Timestamp("2026-01-01") + pd.to_timedelta(range(len(table)), "D")
    table["user"] = [f"0{user}" for user in table["user"]]
    table.to_csv(folder / "watched.csv", index=False, sep=";")
    for name, text in (("aged", AGED), ("rated", RATED), ("timed", TIMED)):
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
        run(folder / f"{name}.yaml", output=folder / "runs")
    return folder


@pytest.fixture
def aged(home):
    return open_run(home / "runs" / "aged")


def written(folder, table):
    """Write a table as the run's own are written, and return the path."""
    table.to_csv(folder / "new.csv", index=False, sep=";")
    return folder / "new.csv"


def test_the_types_are_those_of_the_run(aged):
    assert aged.recommender().types_ == {"user": "text", "film": "number", "age": "number", "member": "bool"}


def test_cells_are_read_by_the_types_of_their_columns(aged):
    found = user_of_columns(aged, {"age": "21", "member": "False"})
    assert found.to_dict("records") == [{"user": NEW_USER, "age": 21, "member": False}]
    assert pd.isna(user_of_columns(aged, {"age": "21"})["member"][0])
    best = aged.recommender().recommend(found, 6)
    assert set(best["source"]) == {"columns"}
    assert set(best["film"]) == set(range(20, 26))


def test_users_are_read_with_their_columns(aged, tmp_path):
    path = written(tmp_path, pd.DataFrame({"member": ["True"], "user": ["077"], "age": [""], "other": [1]}))
    found = read_users(aged, path)
    assert list(found) == ["user", "age", "member"]
    assert (found["user"].tolist(), found["member"].tolist()) == (["077"], [True])
    assert found["age"].isna().all()
    assert list(read_users(aged, written(tmp_path, pd.DataFrame({"user": ["077"], "x": [1]})))) == ["user"]


def test_interactions_are_read_with_their_weights(aged, tmp_path):
    table = pd.DataFrame({"user": ["077", "077"], "film": [10, 11], "times": [1, 2], "other": ["a", "b"]})
    found = read_interactions(aged, written(tmp_path, table))
    assert found.to_dict("list") == {"user": ["077", "077"], "film": [10, 11], "times": [1, 2]}


def test_interactions_have_times_if_recent_ones_count_more(home, tmp_path):
    timed = open_run(home / "runs" / "timed")
    films = pd.DataFrame({"user": ["new"] * 4, "film": [10, 11, 20, 21]})
    days = pd.Series(pd.date_range("2026-05-01", periods=4))
    best = []
    for order in (days, days[::-1].to_numpy()):
        found = read_interactions(timed, written(tmp_path, films.assign(day=order)))
        assert list(found) == ["user", "film", "day"]
        best.append(timed.recommender().recommend(interactions=found, k=4)["film"].tolist())
    # The taste of the last films comes first.
    assert [films[0] // 10 for films in best] == [2, 1]
    with pytest.raises(ColumnError, match=r"has no column 'day' of times; recent interactions count more\."):
        read_interactions(timed, written(tmp_path, films))


@pytest.mark.parametrize(
    ("read", "columns", "told"),
    [
        (
            read_users,
            {"usr": ["a"], "age": [1]},
            r"new\.csv has no column 'user' of the keys of users\. Did you mean 'usr'",
        ),
        (
            read_users,
            {"user": ["a"], "age": [1]},
            r"new\.csv has no column 'member' of users; its cells may be empty\.",
        ),
        (
            read_interactions,
            {"film": [1], "times": [1]},
            r"has no column 'user' of the keys of users\. It has: film, times",
        ),
        (read_interactions, {"user": ["a"], "times": [1]}, r"has no column 'film' of the keys of items"),
        (read_interactions, {"user": ["a"], "film": [1]}, r"has no column 'times' of weights"),
    ],
)
def test_a_missing_column_is_named(aged, tmp_path, read, columns, told):
    with pytest.raises(ColumnError, match=told):
        read(aged, written(tmp_path, pd.DataFrame(columns)))


def test_runs_that_cannot_know_new_users_are_refused(home, aged, tmp_path, ranked):
    rated = open_run(home / "runs" / "rated")
    with pytest.raises(FormatError, match="rated has learned from ratings, which takes a new run"):
        read_interactions(rated, written(tmp_path, pd.DataFrame({"user": ["a"], "film": [1]})))
    with pytest.raises(
        FormatError, match=r"knows users by their keys only\. .* \{user: \[user, COLUMN\]\} learns from"
    ):
        user_of_columns(rated, {"age": "21"})
    with pytest.raises(
        ColumnError, match=r"knows users by no column 'agee'\. Columns of users: age, member\. Did you mean"
    ):
        user_of_columns(aged, {"agee": "21"})
    with pytest.raises(FormatError, match="has no recommender"):
        user_of_columns(open_run(ranked.path), {"age": "21"})
