"""Fixtures: a small comparison made by hand, and a small finished run."""

import numpy as np
import pandas as pd
import pytest

from tabemb.experiments.comparison.result import Comparison, Failure, ModelResult, PairedTest

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


def _model(name, description, scores, *, versus=None, fit=1.0, rows=50_000.0, n_parameters=1000, **costs):
    return ModelResult(
        name=name,
        description=description,
        scores={metric: np.array(values) for metric, values in scores.items()},
        fit_seconds=np.array([fit, fit * 1.1, fit * 0.9]),
        predict_rows_per_second=np.array([rows, rows, rows]),
        n_parameters=n_parameters,
        versus=versus or {},
        **costs,
    )


@pytest.fixture
def small_comparison() -> Comparison:
    """Return four models on three folds, with a win, a tie and a failed baseline."""
    curve = {"loss": [0.6, 0.5, 0.45], "val_loss": [0.61, 0.55, 0.56], "learning_rate": [1e-3, 1e-3, 5e-4]}
    embeddings = _model(
        "embeddings",
        "one embedding per categorical column, then an MLP",
        {"roc_auc": [0.80, 0.81, 0.82], "log_loss": [0.40, 0.39, 0.38]},
        fit=2.0,
        n_parameters=5400,
        peak_memory_bytes=30_000_000,
        input_bytes_per_row=24.0,
        dense_bytes_per_row=24.0,
        histories=[curve, curve, curve],
    )
    one_hot_mlp = _model(
        "one_hot_mlp",
        "the same network with one-hot inputs",
        {"roc_auc": [0.78, 0.79, 0.81], "log_loss": [0.42, 0.41, 0.39]},
        fit=6.0,
        rows=20_000.0,
        n_parameters=91_000,
        peak_memory_bytes=90_000_000,
        input_bytes_per_row=64.0,
        dense_bytes_per_row=4800.0,
        histories=[curve, curve, curve],
        versus={
            "roc_auc": PairedTest(difference=0.0167, p_value=0.031, low=0.0039, high=0.0295),
            "log_loss": PairedTest(difference=0.0167, p_value=0.031, low=0.0039, high=0.0295),
        },
    )
    trees = _model(
        "target_encoder_trees",
        "cross-fitted target encoding, then gradient-boosted trees",
        {"roc_auc": [0.81, 0.80, 0.83], "log_loss": [0.39, 0.40, 0.37]},
        fit=1.5,
        rows=300_000.0,
        n_parameters=6100,
        parameter_unit="tree nodes",
        peak_memory_bytes=20_000_000,
        input_bytes_per_row=40.0,
        dense_bytes_per_row=40.0,
        versus={
            "roc_auc": PairedTest(difference=-0.0033, p_value=0.72, low=-0.03, high=0.0234),
            "log_loss": PairedTest(difference=-0.0033, p_value=0.72, low=-0.03, high=0.0234),
        },
    )
    majority = _model(
        "majority",
        "constant prediction: class shares, or the mean",
        {"roc_auc": [0.5, 0.5, 0.5], "log_loss": [0.69, 0.69, 0.69]},
        fit=0.01,
        rows=5e6,
        n_parameters=2,
        peak_memory_bytes=0,
        input_bytes_per_row=0.0,
        dense_bytes_per_row=0.0,
        versus={
            "roc_auc": PairedTest(difference=0.31, p_value=0.0001, low=0.29, high=0.33),
            "log_loss": PairedTest(
                difference=0.3,
                p_value=float("nan"),
                low=float("nan"),
                high=float("nan"),
                reason="the difference is the same in every fold",
            ),
        },
    )
    return Comparison(
        task="binary",
        metrics=("roc_auc", "log_loss"),
        greater_is_better={"roc_auc": True, "log_loss": False},
        n_rows=300,
        n_dropped=4,
        n_folds=3,
        fold_sizes=((200, 100), (200, 100), (200, 100)),
        folds="3 stratified folds, shuffled",
        models=(embeddings, one_hot_mlp, trees, majority),
        failures=(Failure(model="ordinal_trees", fold=1, error="ValueError", message="it broke on purpose"),),
        random_state=0,
    )


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
