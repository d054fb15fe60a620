"""One thread per product: inside only, for all libraries, and in decompositions of small matrices."""

import json
import subprocess
import sys

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from tabemb.vectors.alignment import rotation
from tabemb.vectors.dimensions import LinearProjection, Truncation
from tabemb.vectors.refits import noise_of_tables
from tabemb.vectors.sampling_noise import SamplingNoise
from tabemb.vectors.threads import ONE_THREAD
from tabemb.vectors.vector_draws import VectorDraws


def blas_threads():
    return {each["num_threads"] for each in threadpool_info() if each["user_api"] == "blas"}


def test_inside_there_is_one_thread_and_afterwards_as_many_as_before():
    with threadpool_limits(2):
        with ONE_THREAD as before:
            assert before == 2
            with ONE_THREAD as inner:
                assert inner == 2
            assert blas_threads() == {1}
        assert blas_threads() == {2}


def test_after_an_error_there_are_as_many_as_before():
    with threadpool_limits(2):
        with pytest.raises(ValueError, match="no"), ONE_THREAD:
            raise ValueError("no")
        assert blas_threads() == {2}


def test_a_library_that_is_loaded_later_is_found():
    program = """
import numpy, sys
from threadpoolctl import threadpool_info, threadpool_limits
from tabemb.vectors.threads import ONE_THREAD
with ONE_THREAD:
    assert "scipy.linalg" not in sys.modules
import scipy.linalg
threadpool_limits(2)
with ONE_THREAD:
    print([each["num_threads"] for each in threadpool_info() if each["user_api"] == "blas"])
print([each["num_threads"] for each in threadpool_info() if each["user_api"] == "blas"])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    inside, after = (json.loads(line) for line in done.stdout.splitlines())
    assert set(inside) == {1}
    assert set(after) == {2}
    assert len(inside) == len(after)


ROWS = np.random.default_rng(0).normal(size=(40, 6))
COUNTS = np.arange(1, 41)
DECOMPOSITIONS = {
    "rotation": lambda: rotation(ROWS, ROWS[::-1]),
    "noise": lambda: noise_of_tables(ROWS, [ROWS + k for k in range(3)], COUNTS, 0.5),
    "truncation": lambda: Truncation(ROWS, COUNTS),
    "projection": lambda: LinearProjection.of(ROWS, 3, spread=1.0),
    "draws": lambda: VectorDraws(ROWS, COUNTS, SamplingNoise(np.eye(6), rows=1.0, exponent=-1.0, n_refits=3), 0),
}


@pytest.mark.parametrize("name", DECOMPOSITIONS)
def test_decompositions_of_small_matrices_use_one_thread(name, monkeypatch):
    seen = []
    for function in ("svd", "eigh"):
        original = getattr(np.linalg, function)
        monkeypatch.setattr(
            np.linalg, function, lambda *args, original=original: seen.append(blas_threads()) or original(*args)
        )
    with threadpool_limits(2):
        DECOMPOSITIONS[name]()
        assert blas_threads() == {2}
    assert seen
    assert all(each == {1} for each in seen)
