"""Side information about categories."""

import re

import numpy as np
import pandas as pd
import pytest

from tabemb.diagnosis.side_information import SideLabels, SideNumbers, side_columns
from tabemb.exceptions import DataError

KEYS = ["a", "b", "c", "d", 1]


def one(side):
    (column,) = side_columns(side, KEYS, owner="Column 'dest'")
    return column


def test_labels_from_a_mapping():
    column = one({"b": "x", "a": "y", "d": "x", "zz": "y"})
    assert isinstance(column, SideLabels)
    assert (column.name, column.rows.tolist(), column.values.tolist()) == ("side", [0, 1, 3], [0, 1, 1])


def test_numbers_from_a_series_are_ranks():
    column = one(pd.Series({"b": 10.0, "a": 1e9, "c": 10, "d": np.nan}, name="height"))
    assert isinstance(column, SideNumbers)
    assert (column.name, column.rows.tolist(), column.values.tolist()) == ("height", [0, 1, 2], [3, 1.5, 1.5])


def test_a_frame_has_several_side_columns():
    frame = pd.DataFrame({"zone": list("xxyy"), "height": [1, 2, 3, 4]}, index=["a", "b", "c", 1])
    zone, height = side_columns(frame, KEYS, owner="Column 'dest'")
    assert (type(zone), zone.name, zone.rows.tolist()) == (SideLabels, "zone", [0, 1, 2, 4])
    assert (type(height), height.name, height.rows.tolist()) == (SideNumbers, "height", [0, 1, 2, 4])


def test_keys_keep_their_type_and_booleans_are_labels():
    with pytest.raises(DataError, match="has none of the categories"):
        one({"1": "x", True: "y", 2: "x"})
    assert isinstance(one({"a": True, "b": False, "c": True}), SideLabels)
    assert isinstance(one({"a": 1, "b": "1", "c": 1}), SideLabels)


@pytest.mark.parametrize(
    ("side", "expected"),
    [
        (
            {"A": 1, "B": 2},
            "The side column 'side' has none of the categories of Column 'dest' that are diagnosed; expected 3 "
            "or more. For example, it has 'A' (str), and the column has 'a' (str).",
        ),
        ({"a": 1, "b": 2}, "The side column 'side' has only 2 of the categories of Column 'dest'"),
        ({"a": 7, "b": 7.0, "c": 7}, "The side column 'side' has 7 for all of its 3 categories."),
        ({"a": "x", "b": "y", "c": "z"}, "The side column 'side' has a different label for each of its 3 categories"),
        (
            pd.Series([1, 2, 3, 4], index=["a", "a", "b", "c"]),
            "has the category 'a' twice; expected one value per category.",
        ),
        (pd.DataFrame(index=["a", "b", "c"]), "The side table has no columns"),
        (7, "side must be a mapping, a pandas Series or a DataFrame from category to label or number; got int."),
        (["x", "y"], "got list."),
    ],
)
def test_invalid_arguments_are_an_error(side, expected):
    with pytest.raises(DataError, match=re.escape(expected)):
        one(side)


def circle(n, k):
    """Return, for each of n positions on a circle, the next k."""
    return (np.arange(n)[:, None] + np.arange(1, k + 1)) % n


def test_purity_is_the_share_of_neighbors_with_the_same_label():
    keys = list(range(40))
    column = SideLabels.of("half", np.arange(40), ["x"] * 20 + ["y"] * 20)
    found = column.test(circle(40, 1), 999, seed=0)
    assert found.value == 38 / 40
    assert found.chance == pytest.approx(19 / 39, abs=0.02)
    assert found.p_value == 0.001
    shuffled = SideLabels.of("half", np.arange(40), list(np.random.default_rng(1).permutation(["x", "y"] * 20)))
    assert shuffled.test(circle(len(keys), 1), 999, seed=0).p_value > 0.05


def test_similarity_of_numbers_is_a_rank_correlation():
    column = SideNumbers.of("place", np.arange(40), list(np.exp(np.arange(40.0))))
    found = column.test(circle(40, 1), 999, seed=0)
    rest = np.corrcoef(np.arange(40), np.roll(np.arange(40), -1))[0, 1]
    assert found.value == pytest.approx(rest)
    assert found.chance == pytest.approx(0, abs=0.03)
    assert found.p_value == 0.001
    # A constant mean is not correlated with anything.
    assert column.similarity(column.values, np.tile([3, 4], (40, 1))) == 0


def test_p_values_of_noise_are_uniform():
    rng, found = np.random.default_rng(0), []
    for seed in range(200):
        column = SideLabels.of("any", np.arange(30), list(rng.choice(["x", "y", "z"], 30)))
        neighbors = np.array([rng.choice(np.delete(np.arange(30), row), 3, replace=False) for row in range(30)])
        found.append(column.test(neighbors, 49, seed).p_value)
    assert 0.02 <= np.mean(np.array(found) <= 0.05) <= 0.1


def test_the_seed_determines_the_test():
    column = SideNumbers.of("place", np.arange(20), list(np.random.default_rng(3).normal(size=20)))
    assert column.test(circle(20, 2), 99, 1) == column.test(circle(20, 2), 99, 1)
    assert column.test(circle(20, 2), 99, 1) != column.test(circle(20, 2), 99, 2)
