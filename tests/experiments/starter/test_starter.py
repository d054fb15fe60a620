"""The base class of what writes first YAML files."""

import pandas as pd
import pytest

from tabemb.exceptions import ColumnError, ConfigError
from tabemb.experiments.config import make_config
from tabemb.experiments.starter.starter import Starter


@pytest.fixture
def config(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pd.DataFrame({"dest": ["BOS", "SFO"] * 3, "y": [1, 2] * 3}).to_csv("rows.csv", index=False)
    return make_config({"data": {"path": "rows.csv", "target": "y"}})


def test_it_loads_the_table_and_writes_experiments_only(config, tmp_path):
    class Empty(Starter):
        def lines(self, path):
            return "data: {path: rows.csv}\n"

    starter = Empty(config)
    assert (list(starter.problem.X), starter.hints) == (["dest"], ())
    with pytest.raises(ConfigError, match=r"x\.yaml, line 1: data\.target is missing"):
        starter.text(tmp_path / "x.yaml")
    with pytest.raises(TypeError, match=r"must define lines\(path\)"):
        Starter(config).text(tmp_path / "x.yaml")


def test_a_column_that_is_not_in_the_table_is_an_error_at_once(config):
    other = config.model_copy(update={"data": config.data.model_copy(update={"target": "z"})})
    with pytest.raises(ColumnError, match=r"data\.target: the table has no column 'z'"):
        Starter(other)
