import html
import json
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from tabemb.exceptions import FormatError, UnknownNameError
from tabemb.experiments.comparison.result import Comparison
from tabemb.vectors import CategoryVectors
from tabemb.vectors.refits import noise_from_refits


def test_the_frame_has_a_row_a_model_with_means_spreads_and_costs(small_comparison):
    frame = small_comparison.to_frame()
    assert list(frame.index) == ["embeddings", "one_hot_mlp", "target_encoder_trees", "majority"]
    assert frame.loc["embeddings", "roc_auc"] == pytest.approx(0.81)
    assert frame.loc["embeddings", "roc_auc_std"] == pytest.approx(0.01)
    assert frame.loc["one_hot_mlp", "roc_auc_difference"] == 0.0167
    assert frame.loc["one_hot_mlp", "roc_auc_p"] == 0.031
    assert frame.loc["one_hot_mlp", "row_seconds"] == 0.06
    assert np.isnan(frame.loc["embeddings", "roc_auc_p"])
    assert list(frame) == [
        *("roc_auc", "roc_auc_std", "roc_auc_difference", "roc_auc_low", "roc_auc_high", "roc_auc_p"),
        *("n_parameters", "peak_memory_bytes", "fit_seconds", "row_seconds"),
    ]


def test_the_wide_frame_has_all_metrics_and_costs_and_the_columns_of_the_narrow_one(small_comparison):
    wide, narrow = small_comparison.to_frame(wide=True), small_comparison.to_frame()
    pd.testing.assert_frame_equal(wide[list(narrow)], narrow)
    assert len(wide.columns) == 6 * 2 + 8
    assert wide.loc["embeddings", "log_loss"] == pytest.approx(0.39)
    assert wide.loc["one_hot_mlp", "log_loss_p"] == 0.031
    assert wide.loc["target_encoder_trees", "parameter_unit"] == "tree nodes"
    assert wide.loc["one_hot_mlp", "dense_bytes_per_row"] == 4800.0
    unknown = replace(small_comparison.subject, row_seconds=None)
    assert np.isnan(replace(small_comparison, models=(unknown,)).to_frame()["row_seconds"].item())


def test_a_comparison_is_shown_in_two_lines(small_comparison):
    first, second = repr(small_comparison).splitlines()
    assert first == "Comparison of 4 models, 300 rows, 3 stratified folds, shuffled"
    assert second == small_comparison.headline()[1]


def test_a_notebook_shows_the_verdict_and_a_table_that_is_escaped_and_without_colors(small_comparison):
    evil = replace(small_comparison.models[3], name="<b>most</b>")
    comparison = replace(small_comparison, models=(*small_comparison.models[:3], evil))
    page = comparison._repr_html_()
    assert page.startswith(f"<p><strong>{html.escape(comparison.headline()[1])}</strong></p>\n<table")
    assert page.endswith(f"<p>{small_comparison.statistics()}</p>")
    assert "<b>most" not in page
    assert "&lt;b&gt;most&lt;/b&gt;" in page
    assert set(re.findall('color: *([^;"]+)', page)) == {"inherit"}
    cells = re.findall(r"<t[dh]>([^<]*)</t[dh]>", page)
    shown = "roc_auc, difference, 95 % interval, p, parameters, memory, fit, one row"
    assert shown in ", ".join(cells)
    row = "one_hot_mlp, 0.7933 ± 0.0153, +0.0167, +0.0039 to +0.0295, 0.031, 91,000 weights, 90 MB, 6.0 s, 60 ms"
    assert row in ", ".join(cells)
    assert "embeddings, 0.8100 ± 0.0100, , , , 5,400 weights" in ", ".join(cells)


def test_the_best_follows_the_direction_of_the_metric(small_comparison):
    assert small_comparison.best().name == "target_encoder_trees"
    assert small_comparison.best("log_loss").name == "target_encoder_trees"
    assert small_comparison.baselines[0].name == "one_hot_mlp"


def test_a_score_that_is_not_a_number_never_wins(small_comparison):
    broken = replace(small_comparison.models[1], scores={"roc_auc": np.array([np.nan] * 3)})
    comparison = replace(small_comparison, models=(small_comparison.models[0], broken))
    assert comparison.best().name == "embeddings"


def test_a_model_is_found_by_its_name(small_comparison):
    assert small_comparison["majority"].name == "majority"
    assert "majority" in small_comparison
    assert "ordinal_trees" not in small_comparison
    with pytest.raises(UnknownNameError, match=r"No model named 'majorty'\. Known: .*Did you mean 'majority'\?"):
        small_comparison["majorty"]


def test_an_unknown_metric_suggests_a_similar_name(small_comparison):
    with pytest.raises(UnknownNameError, match=r"'rocauc'.*Did you mean 'roc_auc'\?"):
        small_comparison.best("rocauc")


def test_json_is_strict_and_round_trips(small_comparison):
    text = json.dumps(small_comparison.to_json(), allow_nan=False)
    again = Comparison.from_json(json.loads(text))
    assert again.to_json() == small_comparison.to_json()
    assert again.failures == small_comparison.failures
    assert again.fold_sizes == small_comparison.fold_sizes
    assert np.isnan(again["majority"].versus["log_loss"].p_value)
    pd.testing.assert_frame_equal(again.to_frame(), small_comparison.to_frame())


def test_json_that_is_no_comparison_is_refused(small_comparison):
    data = small_comparison.to_json()
    del data["metrics"]
    with pytest.raises(FormatError, match=r"not the output of Comparison.to_json: KeyError: 'metrics'"):
        Comparison.from_json(data)
    with pytest.raises(FormatError, match="Run the experiment again"):
        Comparison.from_json([])


def folds_with_vectors(comparison, sizes, n_categories=12):
    """Return a comparison whose folds have learned vectors of a column, and the vectors of a fit to all rows."""
    rng = np.random.default_rng(0)
    keys, counts = [f"k{row}" for row in range(n_categories)], np.arange(n_categories) + 20
    vectors = CategoryVectors(keys, rng.normal(size=(n_categories, 2)), counts, name="dest")
    folds = tuple(
        {"dest": vectors.replace(vectors.vectors + rng.normal(scale=0.1, size=(n_categories, 2)))} for _ in sizes
    )
    return replace(comparison, n_folds=len(sizes), fold_sizes=sizes, fold_vectors=folds), {"dest": vectors}


def test_folds_that_leave_out_each_row_once_show_the_noise(small_comparison):
    comparison, vectors = folds_with_vectors(small_comparison, ((240, 60),) * 5)
    found = comparison.with_noise(vectors)
    refits = [fold["dest"] for fold in comparison.fold_vectors]
    assert list(found) == ["dest"]
    assert found["dest"].noise == noise_from_refits(vectors["dest"], refits, 0.8)
    assert found["dest"].with_noise(None) == vectors["dest"]
    # Folds of groups may differ in size.
    uneven, vectors = folds_with_vectors(small_comparison, ((200, 100), (150, 150), (250, 50)))
    assert uneven.with_noise(vectors)["dest"].noise.n_refits == 3


@pytest.mark.parametrize(
    "sizes",
    [
        ((240, 60),),
        ((150, 150), (150, 150)),
        ((60, 60), (120, 60), (180, 60), (240, 60)),
        ((240, 60),) * 3,
        ((240, 60),) * 10,
        ((60, 100), (160, 100), (200, 100)),
    ],
    ids=["holdout", "two", "time", "some rows", "repeated", "time that sums up"],
)
def test_other_folds_show_no_noise(small_comparison, sizes):
    comparison, vectors = folds_with_vectors(small_comparison, sizes)
    found = comparison.with_noise(vectors)
    assert found["dest"] == vectors["dest"]
    assert found["dest"].noise is None


def test_without_vectors_of_the_folds_there_is_no_noise(small_comparison):
    comparison, vectors = folds_with_vectors(small_comparison, ((200, 100),) * 3)
    assert replace(comparison, fold_vectors=()).with_noise(vectors)["dest"].noise is None
    assert dict(comparison.with_noise({})) == {}
    other = CategoryVectors(["a", "b", "c"], np.eye(3), [3, 2, 1], name="carrier")
    assert comparison.with_noise({"carrier": other})["carrier"].noise is None


def test_vectors_of_the_folds_are_not_saved(small_comparison):
    comparison, _ = folds_with_vectors(small_comparison, ((200, 100),) * 3)
    assert comparison.to_json() == replace(comparison, fold_vectors=()).to_json()
    assert Comparison.from_json(comparison.to_json()).fold_vectors == ()
