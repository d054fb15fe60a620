"""The section on recommendation."""

import re
from pathlib import Path

import pytest

from tabemb.exceptions import ConfigError
from tabemb.experiments.config import config_of, dump_config, json_schema, make_config
from tabemb.experiments.config_recommend import RecommendSection, RecommendSplit

SECTION = {"user": "user", "item": ["film", "genres"]}


def test_the_settings_in_the_file_are_those_of_the_recommender():
    section = RecommendSection(
        user="user",
        item=["film", "genres"],
        method={"name": "two_towers", "hidden": [8]},
        time="day",
        title="name",
        k=[3],
    )
    assert section.params() == {
        "user": "user",
        "item": ["film", "genres"],
        "method": {"name": "two_towers", "hidden": (8,)},
        "time": "day",
    }
    assert RecommendSection(**SECTION).params() == SECTION


def test_each_column_is_named_by_its_setting():
    section = RecommendSection(user=["user", "age"], item="film", rating="stars", weight="n", time="day", title="film")
    assert section.columns() == {
        "user": "user",
        "age": "user",
        "film": "item",
        "stars": "rating",
        "n": "weight",
        "day": "time",
    }
    assert (section.user_key, section.item_key) == ("user", "film")


@pytest.mark.parametrize(
    ("given", "how"), [({}, "random"), ({"time": "day"}, "last"), ({"split": {"how": "users"}, "time": "day"}, "users")]
)
def test_the_last_interactions_are_held_out_if_there_are_times(given, how):
    assert RecommendSection(**SECTION, **given).how == how


def test_one_interaction_of_each_user_is_no_share():
    assert RecommendSplit(how="leave_last_out").share == 0.2
    with pytest.raises(ValueError, match="takes no share with leave_last_out"):
        RecommendSplit(how="leave_last_out", share=0.2)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("recommend: {user: user}", "line 2: recommend.item is missing. Column of the items' keys"),
        ("recommend:", "line 2: recommend.user is missing."),
        ("recommend: mf", "line 2: recommend must be a mapping, got 'mf'"),
        (
            "recommend:\n  user: user\n  item: film\n  raiting: stars",
            "line 5: recommend.raiting is not a known setting. Did you mean 'rating'?",
        ),
        (
            "recommend: {user: user, item: film, split: {how: lsat}}",
            "line 2: recommend.split.how: input should be 'last', 'time', 'leave_last_out', 'random' or 'users'",
        ),
        ("recommend: {user: user, item: film, split: {share: 1}}", "line 2: recommend.split.share: input should be"),
        ("recommend: {user: user, item: film, k: [0]}", "line 2: recommend.k[0]: input should be greater than or"),
        ("recommend: {user: user, item: film, k: []}", "line 2: recommend.k: list should have at least 1 item"),
        ("recommend: {user: user, item: film, k: [5, 5]}", "line 2: recommend has 5 twice in k."),
        ("recommend: {user: user, item: []}", "line 2: recommend.item"),
        ("recommend: {user: [user, age], item: age}", "line 2: recommend names the column 'age' twice"),
        (
            "recommend: {user: user, item: film, split: {how: time}}",
            "line 2: recommend needs time: the split 'time' holds out the last interactions.",
        ),
        (
            "recommend: {user: user, item: film, half_life: 5}",
            "line 2: recommend needs time for half_life: recent interactions are to count more.",
        ),
        ("recommend: {user: user, item: film, time: day, half_life: 0}", "line 2: recommend.half_life"),
        ("recommend: {user: user, item: film, time: day, half_life: soon}", "line 2: recommend.half_life"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text, told):
    with pytest.raises(ConfigError, match=re.escape(f"x.yaml, {told}")):
        config_of(Path("x.yaml"), f"data: {{path: a.csv}}\n{text}\n")


@pytest.mark.parametrize(
    ("other", "named"),
    [
        ({"task": "regression"}, "task"),
        ({"model": {}}, "model"),
        ({"baselines": []}, "baselines"),
        ({"downstream": []}, "downstream"),
        ({"validation": {}}, "validation"),
        ({"metrics": ["r2"]}, "metrics"),
        ({"pretrain": {}}, "pretrain"),
        ({"study": "entity_embeddings"}, "study"),
        ({"data": {"path": "a.csv", "target": "y"}}, "data.target"),
        ({"data": {"path": "a.csv", "columns": ["y"]}}, "data.columns"),
        ({"data": {"path": "a.csv", "drop": ["y"]}}, "data.drop"),
        ({"data": {"path": "a.csv", "categorical": ["y"]}}, "data.categorical"),
    ],
)
def test_nothing_of_a_comparison_is_taken(other, named):
    given = {"data": {"path": "a.csv"}, "recommend": SECTION}
    assert make_config(given).data.target is None
    with pytest.raises(ConfigError, match=f"with recommend takes no {re.escape(named)}: recommend names its columns"):
        make_config(given | other)


def test_the_configuration_of_a_run_is_the_same_again():
    section = "{user: user, item: film, method: {name: mf, dim: 3}, rating: stars}"
    text = f"data: {{path: a.csv, rows: 50}}\nrecommend: {section}\n"
    config = config_of(Path("x.yaml"), text)
    again = config_of(Path("elsewhere/x.yaml"), dump_config(config))
    assert (again.recommend, again.data.rows) == (config.recommend, 50)


def test_editors_need_no_target_with_it():
    assert '"required": [\n        "recommend"\n      ]' in json_schema()
