"""Recommenders in experiments: splits, metrics beside the most popular items, and errors of ratings."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from tabemb.exceptions import DataError
from tabemb.experiments.config import make_config
from tabemb.experiments.recommendation import (
    RankingResult,
    evaluate,
    make_recommender,
    method_of,
    most_popular,
    rating_errors,
    split_interactions,
)
from tabemb.metrics import ranking_metrics

BASE = {"user": "user", "item": "film"}


def config_with(**section):
    return make_config({"name": "films", "data": {"path": "films.csv"}, "recommend": BASE | section, "seed": 3})


def test_the_recommender_has_the_settings_and_the_seed():
    config = config_with(method={"name": "mf", "dim": 2}, rating="stars", title="name", k=[3])
    params = make_recommender(config).get_params(deep=False)
    assert (params["method"], params["rating"], params["random_state"]) == ({"name": "mf", "dim": 2}, "stars", 3)
    assert method_of(config) == "mf"
    assert method_of(config_with()) == "linear_autoencoder"


@pytest.mark.parametrize(
    ("section", "n_train", "n_test"),
    [
        ({"time": "day"}, 160, 40),
        ({"split": {"how": "random"}}, 160, 40),
        ({"split": {"how": "random", "share": 0.5}}, 80, 120),
        ({"time": "day", "split": {"how": "leave_last_out"}}, 160, 40),
        ({"time": "day", "split": {"how": "time", "share": 0.4}}, 120, 80),
        ({"split": {"how": "users", "share": 0.25}}, 150, 10),
    ],
)
def test_interactions_are_held_out_as_the_section_says(section, n_train, n_test, watched):
    split = split_interactions(config_with(**section), watched)
    assert (len(split.train), len(split.test) + split.left_out) == (n_train, n_test)
    assert split.test["film"].isin(split.train["film"]).all()
    assert not split.train.index.intersection(split.test.index).size
    assert list(split.test.columns) == list(watched.columns)


def test_random_interactions_follow_the_seed(watched):
    config, other = config_with(split={"how": "random"}), config_with(split={"how": "random"})
    other = other.model_copy(update={"seed": 4})
    once, again = (split_interactions(config, watched).test.index for _ in range(2))
    assert once.equals(again)
    assert not once.equals(split_interactions(other, watched).test.index)


def test_times_that_are_texts_are_told_with_the_setting(watched):
    config = config_with(time="day")
    with pytest.raises(DataError, match=r"recommend\.split: Times are numbers or dates; 'day' is"):
        split_interactions(config, watched.assign(day="monday"))


def test_the_recommender_is_beside_the_most_popular_items(watched):
    config = config_with(time="day", k=[2, 4], method={"name": "linear_autoencoder", "dim": 4})
    split = split_interactions(config, watched)
    result = evaluate(config, make_recommender(config).fit(split.train), split)
    assert result.metrics.index.tolist() == [
        (k, name) for k in (2, 4) for name in ("linear_autoencoder", "most popular")
    ]
    assert list(result.metrics) == ["recall", "precision", "hit_rate", "ndcg", "mrr", "map", "coverage", "novelty"]
    popular = most_popular(split.train, split.train, 4, user="user", item="film")
    expected = ranking_metrics(popular, split.test, [2, 4], user="user", item="film", train=split.train)
    assert np.allclose(result.metrics.xs("most popular", level="model"), expected)
    # Films of the own genre are found, which the most popular ones are only half of.
    ours, theirs = (result.metrics["recall"][2, name] for name in ("linear_autoencoder", "most popular"))
    assert ours > theirs
    assert result.k == 2
    assert result.ratings is None
    assert result.difference == pytest.approx(
        result.metrics["ndcg"][2, "linear_autoencoder"] - result.metrics["ndcg"][2, "most popular"]
    )
    assert result.low < result.difference < result.high
    assert result.split == {
        "how": "the last 20 % of the interactions of each user",
        "train": 160,
        "test": 40,
        "left_out": 0,
        "users": 40,
        "items": 12,
    }


def test_more_items_than_there_are_is_not_an_error(watched):
    config = config_with(time="day", method={"name": "linear_autoencoder", "dim": 4})
    split = split_interactions(config, watched)
    result = evaluate(config, make_recommender(config).fit(split.train), split)
    assert result.k == 10
    assert result.metrics["recall"][20, "most popular"] == 1.0


def test_new_users_are_recommended_to_from_what_is_known_of_them(watched):
    config = config_with(split={"how": "users"}, k=[2], method={"name": "linear_autoencoder", "dim": 4})
    split = split_interactions(config, watched)
    result = evaluate(config, make_recommender(config).fit(split.train), split)
    assert not split.test["user"].isin(split.train["user"]).any()
    assert result.split["users"] == 8
    assert result.metrics["recall"][2, "linear_autoencoder"] > 0.2


def test_errors_of_ratings_are_beside_the_mean_and_biases(watched):
    config = config_with(
        split={"how": "random"}, method={"name": "mf", "dim": 2, "penalty": 1.0}, rating="stars", k=[2]
    )
    split = split_interactions(config, watched)
    recommender = make_recommender(config).fit(split.train)
    result = evaluate(config, recommender, split)
    assert result.ratings.index.tolist() == ["mf", "mean", "biases"]
    gaps = recommender.predict(split.test) - split.test["stars"]
    assert result.ratings["mae"]["mf"] == pytest.approx(np.abs(gaps).mean(), rel=1e-5)
    mean = split.train["stars"].mean()
    assert result.ratings["rmse"]["mean"] == pytest.approx(math.sqrt(((split.test["stars"] - mean) ** 2).mean()))
    assert result.ratings["rmse"]["biases"] < result.ratings["rmse"]["mean"]
    assert f"RMSE of ratings: mf {result.ratings['rmse']['mf']:.4f}, mean " in result.verdict()


def test_biases_are_those_of_a_ridge_regression():
    rng = np.random.default_rng(0)
    rated = pd.DataFrame(
        {"user": rng.integers(0, 6, 80), "item": rng.integers(0, 5, 80), "stars": rng.normal(3, 1, 80)}
    )
    design = np.hstack([np.eye(6)[rated["user"]], np.eye(5)[rated["item"]]])
    target = (rated["stars"] - rated["stars"].mean()).to_numpy()
    weights = np.linalg.solve(design.T @ design + 5 * np.eye(11), design.T @ target)
    expected = np.sqrt(np.mean((design @ weights - target) ** 2))
    found = rating_errors(rated, rated, user="user", item="item", rating="stars")["rmse"]["biases"]
    assert found == pytest.approx(expected, rel=1e-4)


def test_the_most_popular_items_are_without_those_of_the_user():
    seen = pd.DataFrame({"user": ["x", "y", "y", "z", "z"], "film": ["a", "a", "b", "b", "c"]})
    found = most_popular(seen, seen, 2, user="user", item="film").groupby("user")["film"].agg(list).to_dict()
    assert found == {"x": ["b", "c"], "y": ["c"], "z": ["a"]}


def result_of(low, high, difference=0.1):
    index = pd.MultiIndex.from_tuples([(10, "mf"), (10, "most popular")], names=["k", "model"])
    return RankingResult(
        method="mf",
        metrics=pd.DataFrame({"ndcg": [0.3, 0.2], "coverage": [0.5, math.nan]}, index=index),
        k=10,
        difference=difference,
        low=low,
        high=high,
        ratings=None,
        split={"how": "some", "train": 8, "test": 2, "left_out": 0, "users": 2, "items": 4},
    )


@pytest.mark.parametrize(
    ("low", "high", "kind", "words"),
    [
        (
            0.05,
            0.15,
            "won",
            "mf finds more of the held-out items than the most popular items do: nDCG of 10 items 0.3000",
        ),
        (-0.3, -0.1, "lost", "mf finds fewer of the held-out items than the most popular items do"),
        (-0.1, 0.3, "level", "mf finds held-out items as well as the most popular items do, within chance"),
        (math.nan, math.nan, "level", "within chance: nDCG of 10 items 0.3000 against 0.2000."),
    ],
)
def test_the_verdict_is_that_of_the_interval(low, high, kind, words):
    result = result_of(low, high)
    assert result.headline()[0] == kind
    assert words in result.headline()[1]
    assert ("95 % interval over 2 users" in result.verdict()) == math.isfinite(low)


def test_the_verdict_tells_how_much_recent_interactions_count():
    result = replace(result_of(0.05, 0.15), half_life=5.0)
    assert result.verdict().endswith("Recent interactions count more: one counts half after 5 later ones.")
    assert "Recent" not in result_of(0.05, 0.15).verdict()
    assert (result.to_json()["half_life"], result_of(0.05, 0.15).to_json()["half_life"]) == (5.0, None)


def test_the_json_has_null_for_numbers_that_are_not_finite():
    found = result_of(math.nan, math.nan).to_json()
    assert found["ranking"] == [
        {"k": 10, "model": "mf", "ndcg": 0.3, "coverage": 0.5},
        {"k": 10, "model": "most popular", "ndcg": 0.2, "coverage": None},
    ]
    assert found["difference"] == {"metric": "ndcg", "k": 10, "value": 0.1, "low": None, "high": None}
    assert (found["method"], found["ratings"], found["split"]["train"]) == ("mf", None, 8)
