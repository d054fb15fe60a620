"""Learning rate schedules."""

import re

import numpy as np
import pytest

from tabemb.exceptions import UnknownNameError
from tabemb.training.schedules import SCHEDULES, CosineSchedule

PROGRESS = np.arange(8) / 8


@pytest.mark.parametrize(
    ("name", "factors"),
    [
        ("constant", np.ones(8)),
        ("linear", 1 - PROGRESS),
        (
            {"name": "cosine", "warmup": 0.25},
            np.r_[0.001 / 0.251, 0.126 / 0.251, 0.5 * (1 + np.cos(np.pi * np.arange(6) / 6))],
        ),
        ({"name": "cosine", "warmup": 0}, 0.5 * (1 + np.cos(np.pi * PROGRESS))),
    ],
)
def test_factors(name, factors):
    np.testing.assert_allclose(SCHEDULES.resolve(name)(PROGRESS), factors, rtol=1e-12)


@pytest.mark.parametrize("name", sorted(SCHEDULES))
def test_factors_are_between_zero_and_one_and_near_one_at_their_peak(name):
    factors = SCHEDULES.resolve(name)(np.arange(10_000) / 10_000)
    assert factors.min() > 0
    assert factors.max() <= 1
    assert factors.max() == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("warmup", [-0.1, 1.0])
def test_warmup_out_of_range_is_refused(warmup):
    with pytest.raises(ValueError, match=re.escape(f"warmup must be a number in [0, 1), got {warmup}.")):
        CosineSchedule(warmup=warmup)(PROGRESS)


def test_a_similar_name_is_suggested():
    with pytest.raises(UnknownNameError, match=r"No schedule named 'cosin'. .*Did you mean 'cosine'\?"):
        SCHEDULES.resolve("cosin")
