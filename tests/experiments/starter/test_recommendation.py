"""The first YAML of a recommendation: it is read as it is, and says what other columns of the table may be."""

import numpy as np
import pandas as pd
import pytest

from tabemb.exceptions import ColumnError, ConfigError, DataError
from tabemb.experiments.config import make_config, read_config
from tabemb.experiments.config_checks import check_config
from tabemb.experiments.config_recommend import RecommendSection, RecommendSplit
from tabemb.experiments.data import load_problem
from tabemb.experiments.recommendation import split_interactions
from tabemb.experiments.starter.recommendation import RecommendationStarter
from tabemb.recommend.methods import METHODS


@pytest.fixture
def recommended(started):
    """Return a function that writes a table and the YAML of a recommendation."""
    return lambda table, user="user", item="film", data=None, **settings: started(
        table, data=data, recommend={"user": user, "item": item, **settings}
    )


@pytest.fixture
def hints(tmp_path):
    """Return a function that writes a table and returns the hints of a recommendation."""

    def hints_of(table, user="user", item="film", **settings):
        table.to_csv(tmp_path / "rows.csv", index=False)
        recommend = {"user": user, "item": item, **settings}
        config = make_config({"data": {"path": str(tmp_path / "rows.csv")}, "recommend": recommend})
        return list(RecommendationStarter(config).hints)

    return hints_of


def watched(n=120, **columns):
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"user": rng.integers(12, size=n), "film": rng.integers(100, 112, size=n)})
    return table.assign(**columns)


FILMS = {
    "genre": lambda rows: np.where(rows["film"] % 2, "drama", "crime"),
    "name": lambda rows: "The " + rows["film"].astype(str),
    "age": lambda rows: np.where(rows["user"] % 2, "young", "old"),
    "stars": lambda rows: np.arange(len(rows)) % 5 + 1,
    "timestamp": lambda rows: 1_260_000_000 + np.arange(len(rows))[::-1] * 1000,
}


def checked(config):
    check_config(config)
    return split_interactions(config, load_problem(config).X)


def test_without_times_random_interactions_are_held_out(recommended):
    text, config = recommended(watched())
    section = config.recommend
    assert (section.user, section.item, section.time, section.rating) == ("user", "film", None, None)
    assert (section.split, section.k, section.refit) == (RecommendSplit(how="random"), [5, 10, 20], True)
    assert section.method == "linear_autoencoder"
    assert "half_life" not in section.model_fields_set
    assert "\n  user: user  # user, integer; 12 categories; such as " in text
    assert "\n  # time: COLUMN\n" in text
    assert "\n  # [film, COLUMN]\n" in text
    assert len(checked(config).test)
    assert max(map(len, text.splitlines())) <= 120


def test_settings_have_their_defaults(recommended):
    section = recommended(watched(**FILMS))[1].recommend
    for name in section.model_fields_set - {"user", "item", "time", "split"}:
        assert getattr(section, name) == RecommendSection.model_fields[name].default


def test_columns_that_are_named_are_used_and_said_how(recommended):
    text, config = recommended(watched(**FILMS), ["user", "age"], ["film", "genre"], time="timestamp")
    section = config.recommend
    assert (section.user, section.item, section.time) == (["user", "age"], ["film", "genre"], "timestamp")
    assert "\n  item:\n    - film  # item, integer; 12 categories; such as " in text
    assert "\n    - genre  # categorical, text; 2 categories; such as " in text
    assert "\n  time: timestamp  # time, integer; such as 1260119000\n" in text
    assert "Found by tabemb init" not in text
    assert (section.split.how, section.half_life) == ("last", "auto")
    split = checked(config)
    assert split.test["timestamp"].mean() > split.train["timestamp"].mean()


def test_the_column_that_clearly_holds_times_is_used_and_told(recommended, hints):
    text, config = recommended(watched(**FILMS))
    assert (config.recommend.time, config.recommend.split.how) == ("timestamp", "last")
    assert "# Found by tabemb init. Without it: split: {how: random}\n  time: timestamp  # time, integer" in text
    assert hints(watched(**FILMS))[0] == (
        "The column timestamp holds times: the last interactions of each user are held out. To use another one: "
        "--time COL."
    )


@pytest.mark.parametrize(
    ("change", "perhaps"),
    [
        ({"day": FILMS["timestamp"]}, "timestamp, day"),
        ({"timestamp": lambda rows: np.arange(len(rows)) % 50}, "timestamp"),
    ],
)
def test_columns_that_perhaps_hold_times_are_named_and_not_used(recommended, hints, change, perhaps):
    table = watched(**(FILMS | change))
    text, config = recommended(table)
    assert config.recommend.time is None
    assert "\n  # time: timestamp\n" in text
    assert ("# These may hold times: timestamp, day\n" in text) == ("day" in change)
    assert hints(table)[0] == (
        f"No column of times is used. These may hold times: {perhaps}. Name one by --time, and the last interactions "
        "of each user are held out instead of random ones."
    )


def test_a_column_of_times_that_is_named_is_the_only_one(recommended, hints):
    table = watched(**FILMS, day=lambda rows: np.arange(len(rows)) % 50)
    assert recommended(table, time="day")[1].recommend.time == "day"
    assert not any("times" in hint for hint in hints(table, time="day"))


def test_other_columns_are_offered(recommended, hints):
    text, _ = recommended(watched(**FILMS))
    assert "\n  # [user, age]\n  user: user" in text
    assert "\n  # [film, genre]\n  item: film" in text
    assert "\n  # title: name\n" in text
    assert "\n  # weight: stars\n" in text
    assert "with rating: stars\n" in text
    assert hints(watched(**FILMS))[1:] == [
        "To describe each user by other columns: --user user,age",
        "To describe each item by other columns: --item film,genre",
    ]
    assert hints(watched(**FILMS), user=["user", "age"], item=["film", "genre"], time="timestamp") == []
    assert hints(watched()) == []
    named = watched(**FILMS).rename(columns={"genre": "the genre", "age": "age, in years"})
    assert hints(named)[1:] == ["To describe each item by other columns: --item 'film,the genre'"]


def test_comments_are_settings_that_work(recommended, tmp_path):
    text, _ = recommended(watched(**FILMS))
    for line in ("title: name", "weight: stars"):
        assert text.count(f"  # {line}\n") == 1
        text = text.replace(f"  # {line}\n", f"  {line}\n")
    (tmp_path / "rows.yaml").write_text(text, encoding="utf-8")
    config = read_config(tmp_path / "rows.yaml")
    checked(config)
    assert load_problem(config).labels["film"][104] == "The 104"
    assert all(name in text for name in METHODS)


def test_ratings_are_predicted(recommended, hints):
    text, config = recommended(watched(**FILMS), rating="stars", method="mf")
    section = config.recommend
    assert (section.rating, section.method, section.time) == ("stars", "mf", "timestamp")
    assert "half_life" not in section.model_fields_set
    assert "\n  rating: stars  # rating, integer; such as 1\n" in text
    assert "\n  # weight: COLUMN\n" in text
    checked(config)
    assert hints(watched(**FILMS), rating="stars", method="mf")[-1] == (
        "Ratings are predicted. To find the items that a user chooses, the method without --rating is better."
    )


def test_missing_keys_are_told(recommended):
    table = watched().astype({"user": float, "film": float})
    table.loc[:2, "user"] = np.nan
    table.loc[3, "film"] = np.nan
    text, config = recommended(table)
    assert (
        "# ! 3 of 120 rows have no user and were left out.\n# ! 1 of 120 rows have no film and were left out." in text
    )
    assert len(load_problem(config).X) == 116


def test_options_of_the_file_are_kept(recommended):
    table = watched(**FILMS).assign(age="?")
    _, config = recommended(table, ["user", "age"], data={"na": ["?"], "numeric": ["age"], "sep": ","})
    assert (config.data.na, config.data.numeric, config.data.sep) == (["?"], ["age"], ",")


def test_a_column_with_one_value_that_is_named_is_kept(recommended):
    text, config = recommended(watched(country="DE"), item=["film", "country"])
    assert config.recommend.item == ["film", "country"]
    assert "    - country  # one value, text; such as DE\n" in text


@pytest.mark.parametrize("name", ["a: b", "#x", "- y", "yes", "1", "{a}", "line\nbreak", "\x1b[2J", "\u2028", " s "])
@pytest.mark.parametrize("column", ["user", "film", "timestamp", "stars", "name", "genre", "age"])
def test_any_name_is_kept(recommended, column, name):
    table = watched(**FILMS).rename(columns={column: name})
    keys = {each: name if each == column else each for each in ("user", "film", "timestamp", "stars")}
    text, config = recommended(table, keys["user"], keys["film"], time=keys["timestamp"])
    section = config.recommend
    assert (section.user, section.item, section.time) == (keys["user"], keys["film"], keys["timestamp"])
    assert "\x1b" not in text
    text, config = recommended(table, keys["user"], keys["film"], rating=keys["stars"], method="mf")
    assert config.recommend.rating == keys["stars"]


@pytest.mark.parametrize(
    ("settings", "error", "told"),
    [
        ({"user": "usre"}, ColumnError, r"recommend\.user: the table has no column 'usre'\. Did you mean 'user'\?"),
        ({"item": ["film", "gerne"]}, ColumnError, r"recommend\.item: .* 'gerne'\. Did you mean 'genre'\?"),
        ({"time": "timestmp"}, ColumnError, r"recommend\.time: .* Did you mean 'timestamp'\?"),
        ({"rating": "star", "method": "mf"}, ColumnError, r"recommend\.rating: .* Did you mean 'stars'\?"),
        ({"rating": "genre", "method": "mf"}, DataError, "ratings of interactions must be numbers; the column 'genre'"),
        ({"rating": "stars"}, ConfigError, "'linear_autoencoder' does not use ratings"),
        ({"time": "genre"}, DataError, "Times are numbers or dates; 'genre' is"),
        ({"user": "film"}, ConfigError, "names the column 'film' twice"),
    ],
)
def test_what_cannot_be_recommended_is_an_error(recommended, settings, error, told):
    with pytest.raises(error, match=told):
        recommended(watched(**FILMS), **settings)


def test_a_table_in_which_no_user_comes_back_is_an_error(recommended):
    with pytest.raises(DataError, match=r"recommend\.split: "):
        recommended(pd.DataFrame({"user": range(9), "film": [1, 2, 3] * 3}))


def test_a_table_without_a_single_key_is_an_error(recommended):
    with pytest.raises(DataError, match=r"recommend: no row is left\. 120 of 120 rows have no film"):
        recommended(watched().assign(film=None))
