"""Which class writes the first YAML file."""

import pandas as pd
import pytest

from tabemb.experiments.config import make_config
from tabemb.experiments.starter.kinds import make_starter
from tabemb.experiments.starter.prediction import PredictionStarter
from tabemb.experiments.starter.ranking import RankingStarter
from tabemb.experiments.starter.recommendation import RecommendationStarter

KINDS = [
    ({"data": {"target": "late"}}, PredictionStarter),
    ({"data": {"target": "late", "group": "query"}, "task": "ranking"}, RankingStarter),
    ({"data": {}, "recommend": {"user": "query", "item": "dest"}}, RecommendationStarter),
]


@pytest.mark.parametrize(("settings", "kind"), KINDS)
def test_the_settings_say_which_kind_it_is(settings, kind, tmp_path):
    table = pd.DataFrame({"query": [1, 1, 2, 2] * 5, "dest": ["BOS", "SFO", "SFO", "BOS"] * 5, "late": [0, 1] * 10})
    table.to_csv(tmp_path / "rows.csv", index=False)
    config = make_config(settings | {"data": settings["data"] | {"path": str(tmp_path / "rows.csv")}})
    starter = make_starter(config)
    assert type(starter) is kind
    assert starter.config is config
    assert len(starter.problem.X) == 20
