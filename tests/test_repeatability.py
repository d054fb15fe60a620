"""The same seed gives bit-identical models, without changing global random state."""

import hashlib
import os
import random
import subprocess
import sys

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

from tabemb import EmbeddingClassifier, EmbeddingEncoder, EmbeddingRegressor

QUICK = {"body": "mlp", "max_epochs": 2, "learning_rate": 0.01}
rng = np.random.default_rng(0)
X = pd.DataFrame({"dest": rng.choice(list("abcdef"), 80), "distance": rng.normal(size=80)})
Y = (X["dest"].isin(["a", "b", "c"]) ^ (rng.random(80) < 0.1)).astype(int).to_numpy()


def answers(estimator):
    return (estimator.transform if hasattr(estimator, "transform") else estimator.predict)(X)


def proba(seed):
    return EmbeddingClassifier(**QUICK, random_state=seed).fit(X, Y).predict_proba(X)


@pytest.fixture(scope="module")
def zero():
    return proba(0)


def test_the_same_seed_gives_the_same_bits_and_another_seed_others(zero):
    assert np.array_equal(proba(0), zero)
    assert not np.array_equal(proba(1), zero)


def test_a_random_state_that_is_drawn_from_gives_another_model_each_time():
    state = np.random.RandomState(0)
    first, second = proba(state), proba(state)
    assert not np.array_equal(first, second)
    assert np.array_equal(first, proba(np.random.RandomState(0)))


def test_without_a_seed_two_fits_differ():
    assert not np.array_equal(proba(None), proba(None))


@pytest.mark.parametrize("cls", [EmbeddingClassifier, EmbeddingRegressor, EmbeddingEncoder])
def test_fitting_twice_is_fitting_once(cls):
    estimator = cls(**QUICK, random_state=3)
    first = answers(estimator.fit(X, Y))
    assert np.array_equal(answers(estimator.fit(X, Y)), first)


SCRIPT = """
import hashlib
import numpy as np, pandas as pd
from tabemb import EmbeddingClassifier
rng = np.random.default_rng(0)
X = pd.DataFrame({"dest": rng.choice(list("abcdef"), 80), "distance": rng.normal(size=80)})
Y = (X["dest"].isin(["a", "b", "c"]) ^ (rng.random(80) < 0.1)).astype(int).to_numpy()
proba = EmbeddingClassifier(body="mlp", max_epochs=2, learning_rate=0.01, random_state=0).fit(X, Y).predict_proba(X)
print(hashlib.sha256(proba.tobytes()).hexdigest())
"""


def test_another_process_gets_the_same_bits(zero):
    # Another seed of Python's hashes, so that no order of a set can hide here.
    environment = {**os.environ, "PYTHONHASHSEED": "7"}
    child = subprocess.run([sys.executable, "-c", SCRIPT], check=True, capture_output=True, text=True, env=environment)
    assert child.stdout.strip() == hashlib.sha256(zero.tobytes()).hexdigest()


def draws():
    """A draw of everybody's global randomness."""
    return [
        random.random(),
        float(np.random.rand()),  # noqa: NPY002
        float(tf.random.normal(())),
        float(keras.random.normal(())),
    ]


@pytest.mark.parametrize("seed", [0, None])
def test_no_global_state_is_touched(seed):
    random_before, numpy_before = random.getstate(), np.random.get_state()  # noqa: NPY002
    try:
        keras.utils.set_random_seed(5)
        expected = draws()
        keras.utils.set_random_seed(5)
        EmbeddingClassifier(**QUICK, random_state=seed).fit(X, Y).partial_fit(X, Y).predict(X)
        assert draws() == expected
    finally:
        random.setstate(random_before)
        np.random.set_state(numpy_before)  # noqa: NPY002
