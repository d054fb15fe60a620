"""Recommendations from the command line."""

import json
import re
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from tabemb import CategoryVectors, open_run
from tabemb.cli import main
from tabemb.vectors import databases

TEXT = """\
data: {path: watched.csv}
recommend:
  user: user
  item: film
  title: name
  split: {how: random}
  method: {name: linear_autoencoder, dim: 4, penalty: 1.0}
  k: [2]
"""
NAMES = ["Alien", "Heat", "Fargo", "Casino", "Twin", "Twin", "Rope", "Marnie"]


@pytest.fixture(scope="module")
def films(tmp_path_factory):
    """Return a folder with a run that recommends films to users 0 to 29 and one who has seen all."""
    folder, rng = tmp_path_factory.mktemp("films"), np.random.default_rng(0)
    seen = [(user, film) for user in range(30) for film in rng.permutation(4)[:3] + 4 * (user % 2)]
    seen += [(99, film) for film in range(8)]
    table = pd.DataFrame(seen, columns=["user", "film"])
    table["name"] = [NAMES[film] for film in table["film"]]
    table["film"] += 100
    table.to_csv(folder / "watched.csv", index=False)
    (folder / "films.yaml").write_text(TEXT, encoding="utf-8")
    assert main(["run", str(folder / "films.yaml"), "--output", str(folder / "runs"), "--quiet"]) == 0
    return folder


@pytest.fixture
def there(films, monkeypatch):
    monkeypatch.chdir(films)
    return films


def test_a_run_shows_its_metrics_and_where_the_report_is(there, capsys):
    capsys.readouterr()
    assert main(["run", "films.yaml", "--force"]) == 0
    told = capsys.readouterr().out
    for text in ("read as", "nDCG of 2 items", "most popular", "hit_rate", "random 20 %", "runs/films/report.html"):
        assert text in told
    assert main(["run", "films.yaml", "--force", "--quiet"]) == 0
    assert capsys.readouterr().out.split() == open_run("runs/films").report["verdict"].split()


def test_the_best_items_of_users_have_names_and_reasons(there, capsys):
    assert main(["recommend", "runs/films", "--user", "3", "--user", "4", "--user", "3", "--k", "2", "--explain"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.strip() for line in lines if line.startswith("user")] == ["user 3", "user 4"]
    assert lines[1].split() == ["rank", "film", "name", "score", "because", "of"]
    best = open_run("runs/films").recommender().recommend(3, k=1)["film"][0]
    assert lines[2].split()[:3] == ["1", str(best), NAMES[best - 100]]
    assert any(name in lines[2].split("0.")[-1] for name in NAMES)


def test_seen_items_come_on_request_and_a_user_with_all_is_told(there, capsys):
    # There are fewer items than are shown by default.
    assert main(["recommend", "runs/films", "--user", "99"]) == 0
    assert "There is no item that this user has not seen" in capsys.readouterr().out
    assert main(["recommend", "runs/films", "--user", "99", "--k", "8", "--include-seen"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 10


@pytest.mark.parametrize("item", ["100", "Alien", " alien"])
def test_items_are_found_by_key_or_by_name(there, capsys, item):
    assert main(["recommend", "runs/films", "--similar-to", item, "--k", "2"]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == ["film", "name", "similarity"]
    assert len(lines) == 3
    assert {line[0] for line in lines[1:]} < {"101", "102", "103"}


def test_a_table_is_written_to_a_file(there, tmp_path, capsys):
    path = tmp_path / "best.csv"
    assert main(["recommend", "runs/films", "--user", "3", "--k", "2", "--explain", "--output", str(path)]) == 0
    assert capsys.readouterr().out == f"{path}: 2 rows\n"
    found = pd.read_csv(path)
    assert list(found) == ["user", "film", "name", "rank", "score", "because of"]
    assert found["rank"].tolist() == [1, 2]


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        ([], 2, "--user / --similar-to: give users by --user, --column, --users or --interactions, or one item"),
        (["--user", "3", "--similar-to", "100"], 2, "give either of them, not both: --user and --similar-to."),
        (["--column", "age=young"], 1, "The run runs/films knows users by their keys only. An experiment with recomm"),
        (["--interactions", "none.csv"], 1, "none.csv"),
        (["--users", "watched.xyz"], 1, "watched.xyz"),
        (["--similar-to", "100", "--explain"], 2, "--explain: it is about users."),
        (["--similar-to", "100", "--include-seen"], 2, "--include-seen: it is about users."),
        (["--user", "3", "--k", "9"], 2, "--k: 9 is more than the 8 items of the run."),
        (["--user", "3", "--k", "0"], 2, "Input should be greater than or equal to 1"),
        (["--user", "98"], 1, "The column 'user' has no category '98'. Did you mean '9' or '8'?"),
        (["--similar-to", "Alein"], 1, "No category of 'film' has the key or the name 'Alein'. Did you mean 'Alien'?"),
        (["--similar-to", "twin"], 1, "2 categories of 'film' have the name 'twin'. Give one by its key: 10"),
        (["--user", "3", "--output", "best.xlsx"], 1, "best.xlsx"),
    ],
)
def test_what_cannot_be_recommended_is_told(there, capsys, arguments, code, told):
    assert main(["recommend", "runs/films", *arguments]) == code
    assert told in capsys.readouterr().err


def test_a_run_without_a_recommender(here, capsys):
    assert main(["recommend", "runs/small", "--user", "3"]) == 1
    assert "The run runs/small has no recommender." in capsys.readouterr().err
    assert main(["recommend", "runs/smal", "--user", "3"]) == 1
    assert "There is no run in runs/smal." in capsys.readouterr().err


def test_neighbors_are_asked_for_and_shown_by_name(there, capsys):
    for key in ("100", "Alien", "alien "):
        assert main(["neighbors", "runs/films", "film", key, "--topn", "2"]) == 0
        header, *rows = capsys.readouterr().out.splitlines()
        assert header.split() == ["film", "name", "cosine"]
        near = open_run("runs/films").vectors["film"].most_similar(100, topn=2)
        assert [row.split() for row in rows[:2]] == [[str(k), NAMES[k - 100], f"{cosine:.3f}"] for k, cosine in near]
    assert main(["neighbors", "runs/films", "user", "3", "--topn", "1"]) == 0
    assert capsys.readouterr().out.splitlines()[0].split() == ["user", "cosine"]
    assert main(["neighbors", "runs/films", "film", "Alein"]) == 1
    assert "No category of 'film' has the key or the name 'Alein'. Did you mean 'Alien'?" in capsys.readouterr().err


def test_analogies_are_asked_for_and_shown_by_name(there, capsys):
    keys = [100, 101, 102]
    for asked in (["100", "101", "102"], [NAMES[key - 100] for key in keys]):
        assert main(["analogy", "runs/films", "film", *asked, "--topn", "2"]) == 0
        header, *rows = capsys.readouterr().out.splitlines()
        assert header.split() == ["film", "name", "cosine"]
        best = open_run("runs/films").vectors["film"].analogy(*keys, topn=2)
        assert [row.split() for row in rows] == [[str(k), NAMES[k - 100], f"{cosine:.3f}"] for k, cosine in best]
    assert main(["analogy", "runs/films", "film", "Alien", "Alein", "Alien"]) == 1
    assert "No category of 'film' has the key or the name 'Alein'. Did you mean 'Alien'?" in capsys.readouterr().err


def test_vectors_are_listed_and_exported(there, tmp_path, capsys):
    assert main(["vectors", "runs/films"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == ["column", "film", "user"]
    assert main(["export", "runs/films", "film", str(tmp_path / "film.csv")]) == 0
    assert capsys.readouterr().out == f"{tmp_path / 'film.csv'}: film, 8 categories x 4\n"
    assert (
        CategoryVectors.load(tmp_path / "film.csv").index_to_key == open_run("runs/films").vectors["film"].index_to_key
    )
    assert main(["export", "runs/films", str(tmp_path / "all")]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2
    assert sorted(each.name for each in (tmp_path / "all").iterdir()) == ["film.parquet", "user.parquet"]
    assert main(["export", "runs/films", "genres", str(tmp_path / "genres.csv")]) == 1
    assert "has no vectors of a column 'genres'. Columns: film, user." in capsys.readouterr().err


def test_vectors_are_diagnosed(there, capsys):
    assert main(["diagnose", "runs/films", "film"]) == 0
    assert capsys.readouterr().out.startswith("film: 8 categories x 4")
    assert main(["diagnose", "runs/films"]) == 0
    told = capsys.readouterr().out
    assert "film: 8 categories x 4" in told
    assert "user: 31 categories x 4" in told
    assert main(["diagnose", "runs/films", "flim"]) == 1
    assert "Did you mean 'film'?" in capsys.readouterr().err


def test_users_and_items_are_explored_together(there, tmp_path, capsys):
    assert main(["explore", "runs/films", "--output", str(tmp_path / "films.html")]) == 0
    page = (tmp_path / "films.html").read_text(encoding="utf-8")
    data = json.loads(re.search(r'<script id="data" type="application/json">(.*?)</script>', page, re.DOTALL)[1])
    assert [each["name"] for each in data["columns"]] == ["film", "user", "user and film"]
    joint = data["columns"][2]
    assert joint["side"]["columns"][0]["labels"] == ["film", "user"]
    assert len(joint["labels"]) == 8 + 31
    assert joint["names"][str(joint["labels"].index("Marnie"))] == "film 107"


def test_vectors_are_pushed(there, tmp_path, capsys):
    pytest.importorskip("lancedb", reason="it is not installed")
    target = f"lancedb:{tmp_path / 'vectors'}"
    assert main(["push", "runs/films", target, "--quiet"]) == 0
    header, *rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert header[:3] == ["column", "collection", "dimensions"]
    assert rows == [["film", "tabemb_film", "4", "8", "0", "0"], ["user", "tabemb_user", "4", "31", "0", "0"]]
    run = open_run("runs/films")
    for column in ("film", "user"):
        assert databases.pull(target, column) == run.vectors[column]
    assert main(["push", "runs/films", target, "--columns", "flim"]) == 1
    assert "Did you mean 'film'?" in capsys.readouterr().err


def test_what_takes_rows_of_a_table_refuses_a_recommender(there, capsys):
    assert main(["predict", "runs/films", "watched.csv"]) == 1
    assert "it recommends items" in capsys.readouterr().err
    assert main(["transform", "runs/films", "watched.csv"]) == 1
    assert "recommends items and has no encoder" in capsys.readouterr().err


FRESH = """
import json, sys
from tabemb.cli import main
code = main(["recommend", "runs/films", "--user", "3", "--k", "1"])
print(json.dumps([code, [name for name in ("tensorflow", "keras") if name in sys.modules]]))
"""


def test_it_loads_neither_keras_nor_tensorflow(there):
    done = subprocess.run([sys.executable, "-c", FRESH], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout.splitlines()[-1]) == [0, []]


AGED = """\
data: {path: aged.csv}
recommend:
  user: [user, age, rank]
  item: film
  split: {how: random}
  method: {name: linear_autoencoder, dim: 4, penalty: 1.0}
  k: [2]
"""


@pytest.fixture(scope="module")
def aged(tmp_path_factory):
    """Return a folder with a run that knows the ages of users: the young see films 0 to 3, the old 4 to 7."""
    folder, rng = tmp_path_factory.mktemp("aged"), np.random.default_rng(0)
    seen = [(f"0{user}", film) for user in range(10, 40) for film in rng.permutation(4)[:3] + 4 * (user % 2)]
    table = pd.DataFrame(seen, columns=["user", "film"])
    table["age"] = np.where(table["film"] < 4, "young", "old")
    table["rank"] = 1.5
    table.to_csv(folder / "aged.csv", index=False)
    (folder / "aged.yaml").write_text(AGED, encoding="utf-8")
    assert main(["run", str(folder / "aged.yaml"), "--output", str(folder / "runs"), "--quiet"]) == 0
    pd.DataFrame({"user": ["0777", "010"], "age": ["old", ""], "rank": [2, 3]}).to_csv(
        folder / "users.csv", index=False
    )
    pd.DataFrame({"user": ["0888", "0888", "011"], "film": [0, 1, 0]}).to_csv(folder / "since.csv", index=False)
    pd.DataFrame({"user": ["0999"]}).to_csv(folder / "keys.csv", index=False)
    pd.DataFrame({"name": ["ann"], "age": ["old"]}).to_csv(folder / "nameless.csv", index=False)
    pd.DataFrame({"user": ["0777"], "aeg": ["old"], "rank": [1]}).to_csv(folder / "ageless.csv", index=False)
    return folder


@pytest.fixture
def home_of_aged(aged, monkeypatch):
    monkeypatch.chdir(aged)
    return aged


def films_in(text):
    """Return the films of each user of a screen, in their order."""
    found = {}
    for line in text.splitlines():
        if line.startswith("user "):
            found[name := line.split("  ")[0].strip()] = []
        elif line.strip() and line.split()[0].isdecimal():
            found[name].append(int(line.split()[1]))
    return found


def test_a_new_user_is_known_by_columns(home_of_aged, capsys):
    assert main(["recommend", "runs/aged", "--column", "age=young", "--column", "rank=2", "--k", "4"]) == 0
    found = films_in(capsys.readouterr().out)
    assert list(found) == ["user new user (by columns)"]
    assert set(found["user new user (by columns)"]) == {0, 1, 2, 3}
    assert main(["recommend", "runs/aged", "--column", "age=old", "--k", "4"]) == 0
    assert set(films_in(capsys.readouterr().out)["user new user (by columns)"]) == {4, 5, 6, 7}


def test_users_of_a_file_are_known_by_its_columns_or_by_the_run(home_of_aged, capsys, tmp_path):
    # Keys are texts of the run, though they look like numbers.
    assert main(["recommend", "runs/aged", "--users", "users.csv", "--k", "4"]) == 0
    found = films_in(capsys.readouterr().out)
    assert list(found) == ["user 0777 (by columns)", "user 010 (by interactions)"]
    assert set(found["user 0777 (by columns)"]) == {4, 5, 6, 7}
    path = tmp_path / "best.csv"
    assert main(["recommend", "runs/aged", "--users", "users.csv", "--k", "1", "--output", str(path)]) == 0
    table = pd.read_csv(path, dtype={"user": str})
    assert list(table) == ["user", "film", "rank", "score", "source"]
    assert table[["user", "source"]].values.tolist() == [["0777", "columns"], ["010", "history"]]


def test_users_with_interactions_need_no_fit(home_of_aged, capsys):
    assert main(["recommend", "runs/aged", "--interactions", "since.csv", "--k", "2"]) == 0
    found = films_in(capsys.readouterr().out)
    assert list(found) == ["user 0888 (by interactions)", "user 011 (by interactions)"]
    # Those that are not in the file already.
    assert set(found["user 0888 (by interactions)"]) == {2, 3}
    assert main(["recommend", "runs/aged", "--user", "0888", "--interactions", "since.csv", "--k", "2"]) == 0
    assert films_in(capsys.readouterr().out) == {
        "user 0888 (by interactions)": found["user 0888 (by interactions)"],
    }
    assert main(["recommend", "runs/aged", "--users", "users.csv", "--interactions", "since.csv", "--k", "1"]) == 0
    assert list(films_in(capsys.readouterr().out)) == ["user 0777 (by columns)", "user 010 (by interactions)"]


def test_users_of_whom_nothing_is_known_get_the_most_popular_items(home_of_aged, capsys):
    assert main(["recommend", "runs/aged", "--users", "keys.csv", "--k", "1"]) == 0
    captured = capsys.readouterr()
    assert list(films_in(captured.out)) == ["user 0999 (unknown: the most popular items)"]
    assert "1 of 1 users are not in the training table" in captured.err


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (
            ["--column", "aeg=old"],
            1,
            "The run runs/aged knows users by no column 'aeg'. Columns of users: age, rank. Did",
        ),
        (["--column", "user=0777"], 1, "knows users by no column 'user'. Columns of users: age, rank."),
        (["--column", "age"], 2, "--column: expected a name, = and a value, such as 'age=young'; got 'age'."),
        (["--column", "age=old", "--column", "age=young"], 2, "--column: 'age' is given twice."),
        (["--users", "nameless.csv"], 1, "nameless.csv has no column 'user' of the keys of users. It has: name, age."),
        (
            ["--users", "ageless.csv"],
            1,
            "ageless.csv has no column 'age' of users; its cells may be empty. Did you mean",
        ),
        (["--interactions", "users.csv"], 1, "users.csv has no column 'film' of the keys of items."),
        (["--users", "users.csv", "--column", "age=old"], 2, "give either of them, not both: --column and --users."),
        (["--users", "users.csv", "--user", "010"], 2, "give either of them, not both: --user and --users."),
        (["--column", "age=old", "--interactions", "since.csv"], 2, "give either --column or --interactions."),
        (["--similar-to", "0", "--interactions", "since.csv"], 2, "--interactions: it is about users."),
        (["--users", "users.csv", "--explain"], 2, "--explain: it is about users of the run, as named by --user."),
        (["--user", "012", "--interactions", "since.csv", "--explain"], 2, "--explain: it is about users of the run"),
        (["--user", "0889", "--interactions", "since.csv"], 1, "The column 'user' has no category '0889'."),
    ],
)
def test_users_who_cannot_be_known_are_told(home_of_aged, capsys, arguments, code, told):
    assert main(["recommend", "runs/aged", *arguments]) == code
    assert told in capsys.readouterr().err
