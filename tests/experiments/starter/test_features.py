"""What first YAML files of experiments with a target have in common."""

import numpy as np
import pandas as pd
import pytest

from tabemb.exceptions import DataError
from tabemb.experiments.config import make_config
from tabemb.experiments.data import load_problem
from tabemb.experiments.starter.features import feature_lines, model_lines, most_folds


@pytest.fixture
def loaded(tmp_path, monkeypatch):
    """Return a function that writes a table and returns an experiment on it."""
    monkeypatch.chdir(tmp_path)

    def load(rare=20, **data):
        table = pd.DataFrame(
            {"size": np.arange(60.0), "dest": ["BOS", "SFO"] * 30, "y": ["a"] * (60 - rare) + ["b"] * rare}
        )
        table.to_csv("rows.csv", index=False)
        config = make_config({"data": {"path": "rows.csv", "target": "y"} | data})
        return config, load_problem(config)

    return load


@pytest.mark.parametrize(("rare", "folds"), [(20, 5), (4, 4), (2, 2)])
def test_a_class_of_few_rows_has_fewer_folds(loaded, rare, folds):
    assert most_folds(*loaded(rare)) == folds


def test_a_class_of_one_row_has_no_folds(loaded):
    with pytest.raises(DataError):
        most_folds(*loaded(1))


def test_the_example_of_a_size_is_a_column_that_gets_vectors(loaded):
    assert "or by column: {dest: 8}\n" in model_lines(loaded()[1])
    assert "or by column: {size: 8}\n" in model_lines(loaded(columns=["size"])[1])


def test_settings_of_columns_are_kept(loaded):
    lines = feature_lines(*loaded(categorical=["size"], na=["?"]))
    assert "\n  categorical: [size]\n  numeric: []\n" in lines
    assert lines.endswith("  na: ['?']\n")
