"""Costs in words."""

from dataclasses import replace

import numpy as np
import pytest

from tabemb.experiments.comparison.cost_words import Cost, and_list, costs_beside, part_of, words_for_costs


@pytest.mark.parametrize(
    ("ratio", "words"),
    [
        (1 / 14, "a fourteenth of"),
        (1 / 8.1, "an eighth of"),
        (1 / 11, "an eleventh of"),
        (1 / 18, "an eighteenth of"),
        (0.24, "a quarter of"),
        (0.35, "a third of"),
        (0.49, "half"),
        (0.65, "two thirds of"),
        (0.74, "three quarters of"),
        (0.86, "three quarters of"),
        (0.88, "about"),
        (1.0, "about"),
        (1.14, "about"),
        (1.3, "1.3 times"),
        (1.96, "twice"),
        (3.0, "3 times"),
        (14.2, "14 times"),
        (1234.0, "1,200 times"),
        (1 / 20.4, "a twentieth of"),
        (1 / 21, "1/21 of"),
        (1 / 987, "1/990 of"),
        (1 / 13_900, "1/14,000 of"),
    ],
)
def test_a_ratio_in_words(ratio, words):
    assert part_of(ratio) == words


@pytest.mark.parametrize(
    ("ratios", "words"),
    [
        ((1 / 14, 1 / 5, 1 / 6), "a fourteenth of the a, a fifth of the b and a sixth of the c"),
        ((1 / 2, 1, 3), "half the a, but 3 times the c, and about the same b"),
        ((3, 2), "3 times the a and twice the b"),
        ((1, 1.01), "about the same a and b"),
        ((), ""),
    ],
)
def test_costs_in_a_sentence_the_smaller_ones_first(ratios, words):
    costs = [Cost(name, ratio, 1.0, "") for name, ratio in zip("abc", ratios, strict=False)]
    assert words_for_costs(costs) == words


def test_the_costs_of_two_models_with_their_figures(small_comparison):
    costs = costs_beside(small_comparison.subject, small_comparison["one_hot_mlp"])
    assert [cost.name for cost in costs] == ["weights", "fit time", "memory", "time for one row"]
    assert [cost.figures for cost in costs] == [
        "5,400 against 91,000 weights",
        "a fit in 2.0 s against 6.0 s",
        "30 MB against 90 MB of memory",
        "one row in 1.2 ms against 60 ms",
    ]
    assert costs[1].ratio == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    ("changes", "left"),
    [
        ({"parameter_unit": "tree nodes"}, ["fit time", "memory", "time for one row"]),
        ({"n_parameters": None}, ["fit time", "memory", "time for one row"]),
        ({"peak_memory_bytes": None}, ["weights", "fit time", "time for one row"]),
        ({"peak_memory_bytes": 0}, ["weights", "fit time", "time for one row"]),
        ({"row_seconds": None}, ["weights", "fit time", "memory"]),
        ({"row_seconds": float("nan")}, ["weights", "fit time", "memory"]),
        ({"fit_seconds": np.array([np.nan])}, ["weights", "memory", "time for one row"]),
    ],
)
def test_costs_that_are_unknown_or_of_another_kind_are_left_out(small_comparison, changes, left):
    other = replace(small_comparison["one_hot_mlp"], **changes)
    assert [cost.name for cost in costs_beside(small_comparison.subject, other)] == left


def test_tiny_costs_are_noise(small_comparison):
    tiny = {"peak_memory_bytes": 9_000_000, "fit_seconds": np.array([0.09]), "row_seconds": 9e-5}
    one, other = (replace(model, **tiny) for model in small_comparison.models[:2])
    assert [cost.name for cost in costs_beside(one, replace(other, peak_memory_bytes=1))] == ["weights"]


def test_a_list_in_words():
    assert [and_list(["a", "b", "c"][:n]) for n in range(4)] == ["", "a", "a and b", "a, b and c"]
