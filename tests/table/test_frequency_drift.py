"""The distance of the frequencies of categories in two tables."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon

from tabemb.table.frequency_drift import drift_by_chance, jensen_shannon

COUNTS = st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=1, max_size=30)


@given(COUNTS)
def test_the_distance_is_that_of_scipy_and_a_metric(pairs):
    p, q = np.array(pairs).T
    if not p.sum() or not q.sum():
        assert math.isnan(jensen_shannon(p, q))
        return
    found = jensen_shannon(p, q)
    # SciPy returns NaN where rounding makes the divergence negative.
    assert found == pytest.approx(np.nan_to_num(jensenshannon(p, q, base=2)), abs=1e-7)
    assert found == pytest.approx(jensen_shannon(q, p))
    assert 0 <= found <= 1
    assert jensen_shannon(p, 3 * p) == pytest.approx(0, abs=1e-7)


def test_by_chance_is_the_distance_of_samples():
    counts = np.random.default_rng(0).integers(1, 20, 300)
    shares = counts / counts.sum()
    for n_rows in (100, 2000):
        sample = np.random.default_rng(1).multinomial(n_rows, shares)
        assert drift_by_chance(counts, n_rows) == pytest.approx(jensen_shannon(counts, sample), rel=0.1)
    assert drift_by_chance(counts, 100) == drift_by_chance(counts, 100)
    assert drift_by_chance([5], 100) == 0
    assert math.isnan(drift_by_chance([0, 0], 100))
    assert math.isnan(drift_by_chance([1, 2], 0))
