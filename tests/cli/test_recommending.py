"""Recommendations from the command line."""

import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from tabemb import open_run
from tabemb.cli import main

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
        ([], 2, "--user / --similar-to: give either users, or one item."),
        (["--user", "3", "--similar-to", "100"], 2, "give either users, or one item."),
        (["--similar-to", "100", "--explain"], 2, "--explain: it is about users."),
        (["--similar-to", "100", "--include-seen"], 2, "--include-seen: it is about users."),
        (["--user", "3", "--k", "9"], 2, "--k: 9 is more than the 8 items of the run."),
        (["--user", "3", "--k", "0"], 2, "Input should be greater than or equal to 1"),
        (["--user", "98"], 1, "The column 'user' has no category '98'. Did you mean '9' or '8'?"),
        (["--similar-to", "Alein"], 1, "No item has the key or the name 'Alein'. Did you mean 'Alien'?"),
        (["--similar-to", "twin"], 1, "2 items have the name 'twin'. Give one by its key: 10"),
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


def test_other_commands_take_the_run(there, tmp_path, capsys):
    assert main(["neighbors", "runs/films", "film", "100", "--topn", "2"]) == 0
    assert {line.split()[0] for line in capsys.readouterr().out.splitlines()[1:3]} < {"101", "102", "103"}
    assert main(["vectors", "runs/films"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == ["column", "film", "user"]
    assert main(["export", "runs/films", "film", str(tmp_path / "film.csv")]) == 0
    assert main(["diagnose", "runs/films", "film"]) == 0
    assert main(["explore", "runs/films", "--output", str(tmp_path / "films.html")]) == 0
    assert "Marnie" in (tmp_path / "films.html").read_text(encoding="utf-8")
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
