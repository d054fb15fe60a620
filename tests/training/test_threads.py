"""The number of threads of TensorFlow."""

import os
import subprocess
import sys

import pytest

from tabemb.training import threads
from tabemb.training.threads import threads_per_operation


@pytest.fixture
def eight_cores(monkeypatch):
    monkeypatch.setattr(threads, "_n_cores", lambda: 8)


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, 4),
        ({"OMP_NUM_THREADS": "3"}, 3),
        ({"OMP_NUM_THREADS": "8"}, 4),
        ({"OMP_NUM_THREADS": "4,2"}, 4),
        ({"OMP_NUM_THREADS": "0"}, 4),
        ({"TF_NUM_INTRAOP_THREADS": "6", "OMP_NUM_THREADS": "3"}, None),
    ],
    ids=str,
)
def test_each_portion_uses_its_share_of_the_cores_by_default(environment, expected, eight_cores):
    assert threads_per_operation(environment) == expected


def test_one_core_is_one_thread(monkeypatch):
    monkeypatch.setattr(threads, "_n_cores", lambda: 1)
    assert threads_per_operation({}) == threads_per_operation({"OMP_NUM_THREADS": "1"}) == 1


SHOW = "tf.config.threading.get_{}_op_parallelism_threads()"
PRINT = f"; print({SHOW.format('intra')}, {SHOW.format('inter')})"
WORKER = "1 1" if threads._n_cores() > 1 else "1 0"
OURS = "import tabemb.training, tensorflow as tf"


@pytest.mark.parametrize(
    ("script", "variables", "expected"),
    [
        (OURS, {}, f"{max(1, threads._n_cores() // 2)} 0"),
        (OURS, {"OMP_NUM_THREADS": "1"}, WORKER),
        (OURS, {"TF_NUM_INTRAOP_THREADS": "2"}, "0 0"),
        ("import tensorflow as tf, tabemb.training", {}, "0 0"),
        ("import tensorflow as tf, tabemb.training", {"OMP_NUM_THREADS": "1"}, WORKER),
    ],
    ids=["alone", "a worker", "chosen", "after TensorFlow", "after TensorFlow, in a worker"],
)
def test_threads_are_set_only_if_tabemb_loads_tensorflow(script, variables, expected):
    clean = {k: v for k, v in os.environ.items() if k not in ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS")}
    child = subprocess.run(
        [sys.executable, "-c", script + PRINT], check=True, capture_output=True, text=True, env={**clean, **variables}
    )
    assert child.stdout.strip() == expected
