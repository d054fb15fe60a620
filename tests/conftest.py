"""Fixtures that the whole suite shares."""

import gc
import importlib.util
import os
import sys
import time
import types
from pathlib import Path

import pandas as pd
import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# Two test processes with spinning OpenMP threads each slow the trees down tenfold on a small machine.
os.environ.setdefault("OMP_NUM_THREADS", "1")

DATA = Path(os.environ.get("TABEMB_DATA", Path(__file__).parents[2] / "shared" / "data"))


@pytest.fixture(scope="session")
def shared_data():
    """Return a function from the name of a real table to its data frame; skips where the file is absent."""

    def read(name: str, **options) -> pd.DataFrame:
        path = DATA / f"{name}.parquet"
        if not path.exists():
            pytest.skip(f"the table {name} is not here (looked in TABEMB_DATA or ../shared/data)")
        return pd.read_parquet(path, **options)

    return read


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
