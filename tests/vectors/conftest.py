"""Vectors that several tests ask."""

import pytest

from tabemb.vectors import CategoryVectors


@pytest.fixture
def airports() -> CategoryVectors:
    return CategoryVectors(
        ["JFK", "LGA", "SFO", "OAK"],
        [[1, 0.1], [1, 0.2], [-1, 0.3], [-2, 0.7]],
        [9, 5, 3, 1],
        name="dest",
        unknown=[0.5, 0.5],
        missing=[0, 0],
    )
