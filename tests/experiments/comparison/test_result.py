import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from tabemb.exceptions import FormatError, UnknownNameError
from tabemb.experiments.comparison.result import Comparison, PairedTest


def test_the_frame_has_a_row_a_model_with_means_spreads_and_costs(small_comparison):
    frame = small_comparison.to_frame()
    assert list(frame.index) == ["embeddings", "one_hot_mlp", "target_encoder_trees", "majority"]
    assert frame.loc["embeddings", "roc_auc"] == pytest.approx(0.81)
    assert frame.loc["embeddings", "roc_auc_std"] == pytest.approx(0.01)
    assert frame.loc["one_hot_mlp", "roc_auc_difference"] == 0.0167
    assert frame.loc["one_hot_mlp", "roc_auc_p"] == 0.031
    assert frame.loc["target_encoder_trees", "parameter_unit"] == "tree nodes"
    assert frame.loc["one_hot_mlp", "dense_bytes_per_row"] == 4800.0
    assert np.isnan(frame.loc["embeddings", "roc_auc_p"])


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


def test_an_unknown_metric_is_named_with_its_neighbour(small_comparison):
    with pytest.raises(UnknownNameError, match=r"'rocauc'.*Did you mean 'roc_auc'\?"):
        small_comparison.best("rocauc")


def test_json_is_strict_and_comes_back_the_same(small_comparison):
    text = json.dumps(small_comparison.to_json(), allow_nan=False)
    again = Comparison.from_json(json.loads(text))
    assert again.to_json() == small_comparison.to_json()
    assert again.failures == small_comparison.failures
    assert again.fold_sizes == small_comparison.fold_sizes
    assert np.isnan(again["majority"].versus["log_loss"].p_value)
    pd.testing.assert_frame_equal(again.to_frame(), small_comparison.to_frame())


def test_unknown_costs_survive_json(small_comparison):
    unknown = replace(small_comparison.models[0], peak_memory_bytes=None, n_parameters=None, input_bytes_per_row=np.nan)
    again = Comparison.from_json(replace(small_comparison, models=(unknown,)).to_json())
    assert again.subject.peak_memory_bytes is None
    assert again.subject.n_parameters is None
    assert np.isnan(again.subject.input_bytes_per_row)


def test_json_that_is_no_comparison_is_refused(small_comparison):
    data = small_comparison.to_json()
    del data["metrics"]
    with pytest.raises(FormatError, match=r"not what Comparison.to_json wrote: KeyError: 'metrics'"):
        Comparison.from_json(data)
    with pytest.raises(FormatError, match="Run the experiment again"):
        Comparison.from_json([])


def test_one_fold_has_no_spread(small_comparison):
    single = replace(small_comparison.models[0], scores={"roc_auc": np.array([0.8])})
    assert single.spread("roc_auc") == 0.0


@pytest.mark.parametrize(("p_value", "expected"), [(0.049, True), (0.05, False), (float("nan"), False)])
def test_significance_is_below_five_percent(p_value, expected):
    assert PairedTest(difference=1.0, p_value=p_value, low=0.0, high=2.0).significant is expected
