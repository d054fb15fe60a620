"""Fixtures: a small table and a small finished run."""

import numpy as np
import pandas as pd
import pytest

SMALL = """\
title: Which are <good>?
data:
  path: rows.csv
  target: good
  categorical: [from/to]
model:
  embedding_dim: 2
  one_hot_max_categories: 0
  max_epochs: 2
baselines: [one_hot_mlp, majority]
validation: {folds: 2}
metrics: [roc_auc, log_loss]
"""


def _small_table(n=240):
    rng = np.random.default_rng(0)
    table = pd.DataFrame(
        {
            "shape": rng.choice(["round", "square", "flat"], n),
            "from/to": rng.integers(1, 4, n),
            "size": rng.normal(size=n),
            "same": "x",
        }
    )
    good = (table["shape"] == "round") ^ (rng.random(n) < 0.2)
    return table.assign(good=np.where(good, "yes", "no"))


@pytest.fixture
def small_text() -> str:
    """Return the YAML of a small experiment."""
    return SMALL


@pytest.fixture
def small_table() -> pd.DataFrame:
    """Return the table of the small experiment."""
    return _small_table()


@pytest.fixture(scope="session")
def write_small():
    """Return a function that writes the small table, and its YAML or another, into a folder."""

    def write(folder, text=SMALL, name="small.yaml"):
        _small_table().to_csv(folder / "rows.csv", index=False)
        path = folder / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture(scope="session")
def finished(tmp_path_factory, write_small):
    """Return the result of the small run and the calls of its progress; tests must not change its folder."""
    from tabemb.experiments.runs.runner import run

    folder, calls = tmp_path_factory.mktemp("finished"), []
    result = run(write_small(folder), output=folder / "runs", progress=lambda *call: calls.append(call))
    return result, calls
