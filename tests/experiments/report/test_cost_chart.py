"""The chart of score against cost."""

import dataclasses
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from tabemb.experiments.report.cost_chart import draw_costs, spread_out


def words(svg):
    tree = ET.fromstring(svg.replace("xlink:href", "href"))
    return [each.text for each in tree.iter("{http://www.w3.org/2000/svg}text")]


def test_weights_are_compared_with_weights_and_fits_of_all_but_the_constant(small_comparison):
    charts = draw_costs(small_comparison)
    assert list(charts) == ["weights", "fit"]
    weights, fit = words(charts["weights"]), words(charts["fit"])
    assert {"embeddings", "one_hot_mlp", "weights, logarithmic", "roc_auc (higher is better)"} <= set(weights)
    assert "target_encoder_trees" not in weights
    assert {"embeddings", "one_hot_mlp", "target_encoder_trees", "seconds of a fit, logarithmic"} <= set(fit)
    assert "majority" not in [*weights, *fit]
    # Numbers, not powers of ten in the markup of formulas.
    assert {"10,000", "100,000"} <= set(weights)
    assert {"2", "5"} <= set(fit)
    assert not any("$" in word for word in [*weights, *fit])


def test_a_better_score_is_higher_up_also_if_lower_is_better(small_comparison):
    loss = dataclasses.replace(small_comparison, metrics=("log_loss", "roc_auc"))

    def heights(svg):
        tree = ET.fromstring(svg.replace("xlink:href", "href"))
        found = {}
        for text in tree.iter("{http://www.w3.org/2000/svg}text"):
            place = re.search(r"translate\([\d.]+ ([\d.]+)\)", text.get("transform", ""))
            found[text.text] = float(place[1] if place else text.get("y"))
        return found

    for comparison in (small_comparison, loss):
        y = heights(draw_costs(comparison)["fit"])
        assert y["target_encoder_trees"] < y["embeddings"] < y["one_hot_mlp"]
    assert "log_loss (lower is better; axis reversed)" in words(draw_costs(loss)["fit"])


def test_a_model_without_a_score_or_a_count_is_left_out(small_comparison):
    embeddings, one_hot, trees, _ = small_comparison.models
    broken = dataclasses.replace(one_hot, scores={"roc_auc": np.array([np.nan] * 3)})
    charts = draw_costs(dataclasses.replace(small_comparison, models=(embeddings, broken, trees)))
    assert list(charts) == ["fit"]
    assert "one_hot_mlp" not in words(charts["fit"])
    uncounted = dataclasses.replace(one_hot, n_parameters=None)
    assert list(draw_costs(dataclasses.replace(small_comparison, models=(embeddings, uncounted)))) == ["fit"]
    assert draw_costs(dataclasses.replace(small_comparison, models=(embeddings,))) == {}


def test_equal_scores_and_costs_are_drawn(small_comparison):
    one = dataclasses.replace(
        small_comparison.subject, scores={"roc_auc": np.array([0.0])}, fit_seconds=np.array([2.0])
    )
    same = dataclasses.replace(small_comparison, models=(one, dataclasses.replace(one, name="same")))
    assert {"embeddings", "same"} <= set(words(draw_costs(same)["fit"]))


def test_the_chart_has_the_colors_of_the_page(small_comparison):
    for svg in draw_costs(small_comparison).values():
        assert not re.findall(r"#[0-9a-f]{6}\b", svg)
        assert {"--subject", "--rival"} <= set(re.findall(r"var\((--[a-z-]+)\)", svg))
    assert draw_costs(small_comparison) == draw_costs(small_comparison)


@pytest.mark.parametrize(
    ("places", "expected"),
    [
        ([0.2, 0.8], [0.2, 0.8]),
        ([0.5, 0.5], [0.45, 0.55]),
        ([0.55, 0.5], [0.575, 0.475]),
        ([0.0, 0.0, 0.0], [0.0, 0.1, 0.2]),
        ([1.0, 0.99], [1.0, 0.9]),
        # Two groups that touch once they are spread out.
        ([0.5, 0.5, 0.62, 0.62], [0.41, 0.51, 0.61, 0.71]),
        ([], []),
    ],
)
def test_labels_keep_a_distance_and_their_order(places, expected):
    assert spread_out(places, 0.1) == pytest.approx(expected)


def test_more_labels_than_there_is_room_for_keep_their_distance():
    found = spread_out([0.5] * 14, 0.1)
    assert np.diff(found) == pytest.approx([0.1] * 13)
    assert np.mean(found) == pytest.approx(0.5)
