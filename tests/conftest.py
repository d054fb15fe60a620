"""Fixtures that the whole suite shares."""

import contextlib
import gc
import importlib.util
import os
import sys
import time
import types
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# Two test processes with spinning OpenMP threads each slow the trees down tenfold on a small machine.
os.environ.setdefault("OMP_NUM_THREADS", "1")

DATA = Path(os.environ.get("TABEMB_DATA", Path(__file__).parents[2] / "shared" / "data"))


@pytest.fixture(scope="session", autouse=True)
def share_compiled_loops():
    """Keep more compiled loops than a user needs: compiling is most of the time of small fits."""
    from tabemb.training.pool import POOL

    POOL.most = 64


@pytest.fixture(scope="session")
def uncompiled():
    """Return a context in which fits are not compiled: quicker for a few steps of a network that comes once."""

    @contextlib.contextmanager
    def context():
        import tensorflow as tf

        tf.config.run_functions_eagerly(True)
        try:
            yield
        finally:
            tf.config.run_functions_eagerly(False)

    return context


@pytest.fixture
def without_compiling(uncompiled):
    """Train without compiling throughout a test."""
    with uncompiled():
        yield


@pytest.fixture(scope="session")
def shared_data():
    """Return a function from the name of a real table to its data frame; skips where the file is absent."""

    def read(name: str, **options) -> pd.DataFrame:
        path = DATA / f"{name}.parquet"
        if not path.exists():
            pytest.skip(f"the table {name} is not here (looked in TABEMB_DATA or ../shared/data)")
        return pd.read_parquet(path, **options)

    return read


@pytest.fixture(scope="session")
def rtol_of_rows():
    """Return how much the answer for a row may depend on the rows beside it, relative to its size.

    Not at all, where matrix products round every row of 8 alike. OpenBLAS' kernels for Haswell and Zen do not: there
    the float32 products of equal rows differ in their last bit.
    """
    rng = np.random.default_rng(0)
    rows, kernel = np.tile(rng.normal(size=40).astype("float32"), (24, 1)), rng.normal(size=(40, 64)).astype("float32")
    products = rows @ kernel
    return 1e-7 if (products == (rows[:8] @ kernel)[0]).all() else 1e-5


def _model(name, description, scores, *, versus=None, fit=1.0, rows=50_000.0, n_parameters=1000, **costs):
    from tabemb.experiments.comparison.model_result import ModelResult

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
def small_comparison():
    """Return four models on three folds, with a win, a tie and a failed baseline."""
    from tabemb.experiments.comparison.model_result import Failure, PairedTest
    from tabemb.experiments.comparison.result import Comparison

    curve = {"loss": [0.6, 0.5, 0.45], "val_loss": [0.61, 0.55, 0.56], "learning_rate": [1e-3, 1e-3, 5e-4]}
    embeddings = _model(
        "embeddings",
        "one embedding per categorical column, then an MLP",
        {"roc_auc": [0.80, 0.81, 0.82], "log_loss": [0.40, 0.39, 0.38]},
        fit=2.0,
        n_parameters=5400,
        peak_memory_bytes=30_000_000,
        row_seconds=0.0012,
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
        row_seconds=0.06,
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
        row_seconds=0.004,
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
        row_seconds=0.0001,
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


@pytest.fixture
def small_downstream():
    """Return three downstream models on three folds: a win on one-hot, a loss and a tie with the better categories."""
    from tabemb.experiments.comparison.downstream_result import Downstream, DownstreamResult, FormResult
    from tabemb.experiments.comparison.model_result import PairedTest

    def result(name, plain, ours, theirs, **test):
        forms = []
        for form, mean, width, seconds in ((plain, theirs, 1200, 0.5), ("vectors", ours, 24, 4.0)):
            values = np.array([mean - 0.01, mean, mean + 0.01])
            forms.append(
                FormResult(
                    form=form,
                    scores={"roc_auc": values, "log_loss": 1 - values},
                    width=width,
                    bytes_per_row=4.0 * width,
                    fit_seconds=np.full(3, seconds),
                )
            )
        versus = dict.fromkeys(("roc_auc", "log_loss"), PairedTest(difference=ours - theirs, **test))
        return DownstreamResult(
            name=name, description=f"{name} of rows", plain=forms[0], vectors=forms[1], versus=versus
        )

    return Downstream(
        [
            result("knn", "one-hot", 0.75, 0.65, p_value=0.001, low=0.05, high=0.15),
            result("linear", "one-hot", 0.7, 0.74, p_value=0.01, low=-0.06, high=-0.02),
            result("trees", "native categories", 0.8, 0.79, p_value=0.4, low=-0.02, high=0.04),
        ],
        ["roc_auc", "log_loss"],
    )


@pytest.fixture
def study_result():
    """Return the errors of two lines: one worse than published, two as published, one not published."""
    from tabemb.experiments.paper.study import StudyResult, StudyScore

    def score(form, line, method, error, published=None):
        names = {"split": "time", "form": form, "line": line, "method": method}
        return StudyScore(**names, error=error, seconds=1.0, form_seconds=2.0, published=published)

    return StudyResult(
        scores=(
            score("raw", "shop 2", "knn", 0.30, 0.29),
            score("embeddings", "shop 2", "knn", 0.24, 0.2),
            score("embeddings", "shop 4", "knn", 0.19, 0.2),
            score("target_encoding", "shop 2", "knn", 0.25),
        ),
        titles={
            "split": {"time": "in <time>"},
            "form": {"raw": "without", "embeddings": "with", "target_encoding": "encoded"},
            "method": {"knn": "KNN"},
        },
        lines=("shop 2", "shop 4"),
    )


QUICK = {
    "max_epochs": 3,
    "learning_rate": 0.02,
    "body": {"name": "mlp", "hidden_units": (16,)},
    "random_state": 0,
}


@pytest.fixture(scope="session")
def quick():
    """Parameters of a fit that takes well under a second."""
    return dict(QUICK)


@pytest.fixture(scope="session")
def flights():
    """120 flights: two columns of text, an integer, and a float with missing cells."""
    rng = np.random.default_rng(0)
    n = 120
    return pd.DataFrame(
        {
            "dest": rng.choice(["IAH", "MIA", "BQN", "ATL", "ORD", "LAX"], n),
            "carrier": rng.choice(["UA", "AA", "B6"], n),
            "hour": rng.integers(5, 23, n),
            "distance": np.where(rng.random(n) < 0.1, np.nan, rng.normal(1000, 300, n).round()),
        }
    )


@pytest.fixture(scope="session")
def late(flights):
    """Whether a flight is late, which depends mostly on its destination."""
    rng = np.random.default_rng(1)
    chance = flights["dest"].isin(["MIA", "ORD", "LAX"]) ^ (rng.random(len(flights)) < 0.1)
    return np.where(chance, "late", "on time")


@pytest.fixture(scope="session")
def delay(late):
    return np.where(late == "late", 30.0, 2.0) + np.random.default_rng(2).normal(size=len(late))


@pytest.fixture(scope="session")
def classifier(flights, late):
    from tabemb import EmbeddingClassifier

    return EmbeddingClassifier(**QUICK, one_hot_max_categories=0).fit(flights, late)


@pytest.fixture(scope="session")
def regressor(flights, delay):
    from tabemb import EmbeddingRegressor

    return EmbeddingRegressor(**QUICK, one_hot_max_categories=0).fit(flights, delay)


@pytest.fixture(scope="session")
def encoder(flights, late):
    from tabemb import EmbeddingEncoder

    return EmbeddingEncoder(**QUICK, embedding_dim=3).fit(flights, late)


@pytest.fixture
def short_waits_of_milvus(monkeypatch):
    """Spare the half second for which pymilvus waits for each index: Milvus Lite has made it by then."""
    if importlib.util.find_spec("pymilvus") is not None:
        short = types.SimpleNamespace(time=time.time, sleep=lambda seconds: time.sleep(min(seconds, 0.005)))
        monkeypatch.setattr("pymilvus.client.grpc_handler.time", short)


def pytest_make_parametrize_id(val):
    """Name parameters alike in every test process: no addresses, no sets in the order of a hash."""
    if isinstance(val, (str, bytes, int, float, type(None))):
        return None
    return getattr(val, "__name__", type(val).__name__)


# Whether the process has put what TensorFlow's import made aside; counting what is aside takes 0.08 s.
_put_aside = []


@pytest.fixture(autouse=True)
def _little_garbage_to_look_through():
    """Keep what TensorFlow's import made out of the garbage collector's way: each collection took 0.3 s."""
    yield
    if not _put_aside and "tensorflow" in sys.modules:
        gc.collect()
        gc.freeze()
        _put_aside.append(True)
