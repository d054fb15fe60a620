"""The users and the items of a recommender in one space."""

import json
import re

import numpy as np
import pytest

from tabemb import open_run
from tabemb.exceptions import FormatError
from tabemb.experiments.explorer import joint_space as module
from tabemb.experiments.explorer import write_explorer
from tabemb.experiments.explorer.explorer import JOINT_CODE, render_explorer
from tabemb.experiments.explorer.joint_space import JointSpace, joint_space
from tabemb.experiments.explorer.side_table import SideData
from tabemb.vectors import CategoryVectors


@pytest.fixture
def run(recommended):
    return open_run(recommended.path)


def test_users_and_items_are_told_apart(run):
    joint = joint_space(run)
    assert joint.vectors.name == "user and film"
    assert (len(joint.vectors), joint.side.n_found) == (52, 52)
    [kind] = joint.side.columns
    assert (kind["name"], kind["kind"], kind["labels"]) == ("kind", "label", ["film", "user"])
    assert kind["codes"] == [0] * 12 + [1] * 40
    keys = joint.vectors.index_to_key
    assert set(keys[:12]) == {f"film {film}" for film in [*range(10, 16), *range(20, 26)]}
    assert set(keys[12:]) == {f"user {user}" for user in range(40)}
    # Names are of items, and users have none.
    assert joint.names[keys.index("film 23")] == "The crime 3"
    assert set(joint.names[12:]) == {""}
    assert joint.side.names is joint.names


def test_cosines_are_those_of_the_vectors(run):
    joint, users, films = joint_space(run).vectors, run.vectors["user"], run.vectors["film"]
    assert np.linalg.norm(joint.vectors, axis=1) == pytest.approx(1, abs=1e-6)
    assert joint.similarity("user 3", "user 5") == pytest.approx(users.similarity(3, 5), abs=1e-5)
    assert joint.similarity("film 10", "film 21") == pytest.approx(films.similarity(10, 21), abs=1e-5)
    one, other = users[3], films[21]
    expected = one @ other / np.linalg.norm(one) / np.linalg.norm(other)
    assert joint.similarity("user 3", "film 21") == pytest.approx(expected, abs=1e-5)
    assert dict(zip(joint.index_to_key, joint.counts.tolist(), strict=True))["user 3"] == 5


def test_items_are_near_the_users_who_like_them(run):
    # Users with even numbers see films 10 to 15, others 20 to 25.
    near = [key for key, _ in joint_space(run).vectors.most_similar("user 4", topn=51) if key.startswith("film")]
    assert set(near[:6]) == {f"film {film}" for film in range(10, 16)}


def test_the_most_frequent_of_each_side_are_kept(run, monkeypatch):
    monkeypatch.setattr(module, "MOST_OF_A_SIDE", 7)
    joint = joint_space(run)
    assert joint.side.columns[0]["codes"] == [0] * 7 + [1] * 7
    films = run.vectors["film"]
    counts = dict(zip(films.index_to_key, films.counts.tolist(), strict=True))
    kept = [counts[int(key.split()[1])] for key in joint.vectors.index_to_key[:7]]
    assert min(kept) >= sorted(counts.values(), reverse=True)[6]


def test_a_run_without_a_recommender_has_no_such_space(finished):
    with pytest.raises(FormatError, match="has no recommender"):
        joint_space(open_run(finished[0].path))


def data_of(page):
    return json.loads(re.search(r'<script id="data" type="application/json">(.*?)</script>', page, re.DOTALL)[1])


def test_the_explorer_of_a_recommender_shows_both_on_one_map(run, finished, tmp_path):
    page = write_explorer(run, tmp_path / "films.html").read_text(encoding="utf-8")
    # The heading names the run, not the space.
    assert re.search("<h1>(.*)</h1>", page)[1].endswith(f"<small>{run.report['name']}</small>")
    columns = {each["name"]: each for each in data_of(page)["columns"]}
    assert list(columns)[-1] == "user and film"
    joint = columns["user and film"]
    assert joint["side"]["columns"][0]["labels"] == ["film", "user"]
    # Keys are numbers, so films are shown by their titles, and users by their keys.
    assert joint["names"][str(joint["labels"].index("The crime 3"))] == "film 23"
    assert "user 3" in joint["labels"]
    films = columns["film"]
    assert films["texts"][str(films["labels"].index("The crime 3"))] == "23"
    assert joint["python"][1] == "joint_space(run).vectors"
    assert len(joint["maps"]) == 2
    other = write_explorer(open_run(finished[0].path), tmp_path / "small.html").read_text(encoding="utf-8")
    assert not any("python" in each for each in data_of(other)["columns"])


def test_items_come_first_although_users_have_more_rows():
    vectors = CategoryVectors(["film 1", "film 2", "user 1"], np.eye(3), [4, 3, 9], name="user and film")
    side = SideData(source="the run", key="", n_found=3, names=[], columns=[])
    joint = JointSpace(vectors=vectors, names=[], side=side, titled=False)
    film, both = data_of(render_explorer({"film": vectors}, joint=joint))["columns"]
    assert film["frequent"] == [2, 0, 1]
    assert (both["labels"], both["frequent"]) == (["film 1", "film 2", "user 1"], None)


def test_the_python_of_the_page_runs(run):
    found = {"run": run}
    setup, expression = JOINT_CODE
    exec(setup, found)
    assert eval(expression, found).name == "user and film"
