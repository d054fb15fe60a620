"""The charts of the report."""

import dataclasses
import re
import xml.etree.ElementTree as ET

import matplotlib as mpl
import numpy as np
import pytest

from tabemb.experiments.comparison.calibration import Calibration
from tabemb.experiments.comparison.model_result import ModelResult
from tabemb.experiments.report.charts import SvgFigure, draw_calibration, draw_curves, draw_map, draw_scores
from tabemb.vectors.category_vectors import CategoryVectors


def words(svg):
    tree = ET.fromstring(svg.replace("xlink:href", "href"))
    return [each.text for each in tree.iter("{http://www.w3.org/2000/svg}text")]


def test_dots_are_circles_and_other_shapes_stay():
    with SvgFigure("dots", 3, 2) as canvas:
        ax = canvas.figure.subplots()
        # Of different sizes: otherwise matplotlib draws one and reuses it.
        ax.scatter([0.0, 1.0, 2.0], [0.0, 1.0, 0.5], s=[16.0, 64.0, 4.0], marker="o", linewidths=0)
        ax.scatter([0.5, 1.5], [0.2, 0.4], s=[16.0, 64.0], marker="s")
    circles = re.findall(r'<circle cx="([\d.]+)" cy="([\d.]+)" r="([\d.]+)"', canvas.svg)
    # An area in points: s is the square of the diameter.
    assert [float(radius) for _, _, radius in circles] == [2.0, 4.0, 1.0]
    x, y = ([float(each[axis]) for each in circles] for axis in (0, 1))
    assert x[1] - x[0] == pytest.approx(x[2] - x[1], abs=0.02)
    assert y[0] - y[2] == pytest.approx(y[2] - y[1], abs=0.02)
    assert canvas.svg.count("C ") == 0


def test_scores_name_each_model_best_first_with_its_mean(small_comparison):
    told = words(draw_scores(small_comparison, "roc_auc"))
    for name, mean in {"embeddings": "0.8100", "target_encoder_trees": "0.8133", "majority": "0.5000"}.items():
        assert name in told
        assert mean in told
    names = [each for each in told if each in {model.name for model in small_comparison.models}]
    assert names == ["target_encoder_trees", "embeddings", "one_hot_mlp", "majority"]
    assert "roc_auc (higher is better)" in told
    assert "log_loss (lower is better)" in words(draw_scores(small_comparison, "log_loss"))


def test_a_dot_for_each_fold(small_comparison):
    svg = draw_scores(small_comparison, "roc_auc")
    assert len(re.findall(r"<use ", svg[svg.index("PathCollection") if "PathCollection" in svg else 0 :])) >= 12


def test_a_metric_that_is_not_a_number_is_left_out(small_comparison):
    broken = dataclasses.replace(small_comparison["one_hot_mlp"], scores={"roc_auc": np.array([np.nan] * 3)})
    one = dataclasses.replace(small_comparison, models=(small_comparison.models[0], broken))
    assert "one_hot_mlp" not in words(draw_scores(one, "roc_auc"))


def test_learning_curves_of_the_models_that_have_them(small_comparison):
    told = words(draw_curves(small_comparison))
    assert {"embeddings", "one_hot_mlp", "epoch", "loss", "training loss", "validation loss"} <= set(told)
    assert "majority" not in told


def test_curves_of_folds_that_stopped_at_different_epochs(small_comparison):
    histories = [{"loss": [3.0, 2.0, 1.0]}, {"loss": [3.0]}]
    model = dataclasses.replace(small_comparison.models[0], histories=histories)
    assert isinstance(model, ModelResult)
    told = words(draw_curves(dataclasses.replace(small_comparison, models=(model,))))
    assert "validation loss" not in told


def test_no_curves(small_comparison):
    assert draw_curves(dataclasses.replace(small_comparison, models=small_comparison.models[2:])) == ""


@pytest.fixture
def calibrated(small_comparison):
    """Return the comparison with calibrations of two models, and of one whose probabilities are all the same."""
    good = Calibration(np.array([0.1, 0.4]), np.array([0.1, 0.5]), np.array([10, 10]))
    bad = Calibration(np.array([0.1, 0.9]), np.array([0.2, 0.6]), np.array([10, 10]))
    same = Calibration(np.array([0.3]), np.array([0.3]), np.array([20]))
    first, second, third, *others = small_comparison.models
    models = [dataclasses.replace(m, calibration=c) for m, c in ((first, good), (second, bad), (third, same))]
    return dataclasses.replace(small_comparison, models=(*models, *others))


def test_calibration_of_the_models_that_have_several_probabilities(calibrated):
    told = words(draw_calibration(calibrated))
    assert {"embeddings", "one_hot_mlp", "0.0500", "0.2000", "predicted probability", "observed share"} <= set(told)
    assert not {each.name for each in calibrated.models[2:]} & set(told)


def test_no_calibration(small_comparison, calibrated):
    assert draw_calibration(small_comparison) == ""
    assert draw_calibration(dataclasses.replace(calibrated, models=calibrated.models[2:])) == ""


def test_a_map_names_the_categories():
    vectors = CategoryVectors(["BOS", "S&F"], [[0.0, 1.0], [1.0, 0.0]], [3, 1], name="dest")
    assert {"BOS", "S&F", "where to"} <= set(words(draw_map(vectors, "where to")))


def test_a_map_shows_names_in_place_of_keys():
    vectors = CategoryVectors([1, 2, 3], np.eye(3), [9, 5, 2], name="film")
    told = words(draw_map(vectors, "film", names={1: "Heat", 3: "Alien"}))
    assert {"Heat", "2", "Alien"} <= set(told)
    assert not {"1", "3"} & set(told)


@pytest.mark.parametrize("draw", [lambda c: draw_scores(c, "roc_auc"), draw_curves])
def test_charts_use_the_colors_of_the_page_and_leave_matplotlib_unchanged(small_comparison, draw):
    before = dict(mpl.rcParams)
    svg = draw(small_comparison)
    assert dict(mpl.rcParams) == before
    assert not re.findall(r"#[0-9a-f]{6}\b", svg)
    assert svg.startswith("<svg")
    assert svg == draw(small_comparison), "the same figures must give the same picture"


def test_places_are_drawn_next_to_the_map():
    vectors = CategoryVectors(["BOS", "MIA"], np.eye(2), name="dest")
    told = words(draw_map(vectors, "dest", {"BOS": (42.4, -71.0), "MIA": (25.8, -80.3)}))
    assert told.count("BOS") == told.count("MIA") == 2
    assert "Locations" in told
    assert words(draw_map(vectors, "dest")).count("BOS") == 1


LONG = "a column whose name is very long " * 6
WIDE = ["東京", "漢字の長い名前" * 5, "서울", "กรุงเทพ", "🙂"]


def axes_width(svg):
    """Return the width of the lower edge of the axes relative to the picture."""
    tree = ET.fromstring(svg.replace("xlink:href", "href"))
    lines = [each.get("d") for each in tree.iter("{http://www.w3.org/2000/svg}path")]
    ends = [re.findall(r"[ML] ([\d.]+) ([\d.]+)", line) for line in lines]
    flat = [each for each in ends if len(each) == 2 and each[0][1] == each[1][1]]
    across = [abs(float(start) - float(end)) for (start, _), (end, _) in flat]
    return max(across) / float(tree.get("viewBox").split()[2])


def test_long_names_leave_room_for_the_map():
    keys = [f"category number {i} with a name of two hundred letters, all the same" * 3 for i in range(40)]
    random = np.random.default_rng(0)
    long = CategoryVectors(keys, random.normal(size=(40, 3)), range(40, 0, -1))
    short = CategoryVectors(range(40), long.vectors, range(40, 0, -1))
    svg = draw_map(long, LONG)
    told = words(svg)
    assert told[0].startswith("first component") or max(map(len, told)) <= 80
    assert LONG not in " ".join(told)
    labels = [each for each in told if each.startswith("category number")]
    assert len(labels) == len(set(labels)) > 10
    assert max(map(len, labels)) <= 26
    assert axes_width(svg) == pytest.approx(axes_width(draw_map(short, "short")), rel=0.02)


def test_keys_that_are_alike_when_shortened_are_numbered():
    keys = ["x" * 200 + middle + "x" * 200 for middle in "abc"]
    told = words(draw_map(CategoryVectors(keys, np.eye(3)), "codes"))
    assert {f"{'x' * 13}…{'x' * 12}", f"{'x' * 11}…{'x' * 10} (2)", f"{'x' * 11}…{'x' * 10} (3)"} <= set(told)


def test_long_names_of_models_and_metrics_are_shortened(small_comparison):
    models = [
        dataclasses.replace(model, name=f"{LONG} {row}", scores={LONG: model.scores["roc_auc"]}, versus={})
        for row, model in enumerate(small_comparison.models)
    ]
    long = dataclasses.replace(small_comparison, models=tuple(models), metrics=(LONG,), greater_is_better={LONG: True})
    for svg in (draw_scores(long, LONG), draw_curves(long)):
        assert any("…" in each for each in words(svg))
        assert max(map(len, words(svg))) <= 50
        assert axes_width(svg) > 0.2


def test_dollar_signs_are_not_mathematics(small_comparison):
    model = dataclasses.replace(small_comparison.models[0], name="$\\frac$ model")
    comparison = dataclasses.replace(small_comparison, models=(model,))
    assert "$\\frac$ model" in words(draw_scores(comparison, "roc_auc"))
    assert "$\\frac$ model" in words(draw_curves(comparison))
    assert "$x$" in words(draw_map(CategoryVectors(["$a", "b$"], np.eye(2)), "$x$"))


def test_characters_that_no_font_has_are_drawn_with_one_warning(monkeypatch):
    monkeypatch.setattr("tabemb.vectors.plots.labels._choose", lambda missing: ((), bool(missing)))
    vectors = CategoryVectors(WIDE, np.eye(5))
    with pytest.warns(UserWarning, match="Some names in the charts") as caught:
        told = words(draw_map(vectors, "都市", {"東京": (35.7, 139.7), "京都": (35.0, 135.8)}))
    assert len(caught) == 1
    assert {"都市", "東京", "京都", "서울", "漢字の長い名…字の長い名前"} <= set(told)
