# ruff: noqa: RUF001  (typographic minus)
"""What other models gain from vectors."""

import json
from dataclasses import replace

import pandas as pd
import pytest

from tabemb.exceptions import UnknownNameError
from tabemb.experiments.comparison.downstream_result import Downstream
from tabemb.experiments.comparison.model_result import PairedTest
from tabemb.experiments.comparison.result import Comparison

SENTENCE = (
    "On roc_auc, vectors beat one-hot as inputs of knn (0.7500 against 0.6500); one-hot beats vectors as inputs of "
    "linear (0.7400 against 0.7000); vectors and native categories score the same within chance as inputs of trees "
    "(0.8000 against 0.7900)."
)


def test_the_sentence_names_each_model_on_its_side(small_downstream):
    assert small_downstream.sentence() == SENTENCE
    assert repr(small_downstream) == f"Downstream({SENTENCE})"
    few = PairedTest(difference=0.1, p_value=float("nan"), low=0.0, high=0.2, reason="few")
    untested = Downstream([replace(each, versus={"roc_auc": few}) for each in small_downstream[:2]], ["roc_auc"])
    assert untested.sentence() == (
        "On roc_auc, vectors and one-hot are not tested as inputs of knn (0.7500 against 0.6500) and linear (0.7000 "
        "against 0.7400)."
    )
    lost = replace(small_downstream["trees"], versus=small_downstream["linear"].versus)
    assert Downstream([lost], ["roc_auc"]).sentence() == (
        "On roc_auc, native categories beat vectors as inputs of trees (0.7900 against 0.8000)."
    )


def test_models_are_found_by_place_and_name(small_downstream):
    assert [each.name for each in small_downstream] == ["knn", "linear", "trees"]
    assert small_downstream["linear"] is small_downstream[1]
    with pytest.raises(UnknownNameError, match=r"No downstream model named 'lineer'.*Did you mean 'linear'\?"):
        small_downstream["lineer"]


def test_the_matrix_as_text(small_downstream):
    knn, _, trees = small_downstream.table()
    assert knn == {
        "model": "knn",
        "on one-hot": "0.6500 ± 0.0100",
        "on vectors": "0.7500 ± 0.0100",
        "difference": "+0.1000",
        "95 % interval": "+0.0500 to +0.1500",
        "p": "0.001",
        "features": "1,200 → 24",
        "bytes per row": "4.8 kB → 96 B",
        "fit": "0.5 s → 4.0 s",
    }
    assert trees["on one-hot"] == "0.7900 ± 0.0100 (native)"
    assert small_downstream.table()[1]["difference"] == "−0.0400"


def test_the_frame_has_the_primary_metric_and_the_wide_one_all(small_downstream):
    frame, wide = small_downstream.to_frame(), small_downstream.to_frame(wide=True)
    assert list(frame) == [
        "plain",
        *(f"roc_auc_{name}" for name in ("plain", "vectors", "difference", "low", "high", "p")),
        *(f"{name}_plain" for name in ("width", "bytes_per_row", "fit_seconds")),
        *(f"{name}_vectors" for name in ("width", "bytes_per_row", "fit_seconds")),
    ]
    assert frame.loc["knn", ["roc_auc_plain", "roc_auc_vectors", "width_vectors"]].tolist() == [0.65, 0.75, 24]
    assert frame.loc["trees", "plain"] == "native categories"
    pd.testing.assert_frame_equal(wide[list(frame)], frame)
    assert len(wide.columns) == len(frame.columns) + 6


def test_the_page_of_a_notebook_is_escaped(small_downstream):
    evil = Downstream([replace(small_downstream[0], name="<b>")], small_downstream.metrics)
    page = evil._repr_html_()
    assert "<b>" not in page
    assert page.count("&lt;b&gt;") == 2
    assert page.count("<tr") == 2


def test_without_models_there_is_nothing_to_say():
    empty = Downstream()
    assert (len(empty), empty.sentence(), empty.table(), empty._repr_html_(), repr(empty)) == (
        0,
        "",
        [],
        "",
        "Downstream(no models)",
    )
    assert empty.to_frame().empty


def test_a_comparison_carries_tells_and_saves_it(small_comparison, small_downstream):
    comparison = replace(small_comparison, downstream=small_downstream)
    assert SENTENCE in comparison.verdict()
    assert SENTENCE not in small_comparison.verdict()
    assert comparison._repr_html_().endswith(small_downstream._repr_html_())
    assert comparison._repr_html_().count(SENTENCE) == 1
    data = json.loads(json.dumps(comparison.to_json(), allow_nan=False))
    again = Comparison.from_json(data)
    assert again.to_json() == comparison.to_json()
    pd.testing.assert_frame_equal(again.downstream.to_frame(wide=True), small_downstream.to_frame(wide=True))
    # Of a version without downstream models.
    del data["downstream"]
    assert not Comparison.from_json(data).downstream
