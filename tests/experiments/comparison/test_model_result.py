"""The result of one model: scores, costs and tests."""

from dataclasses import replace

import numpy as np
import pytest

from tabemb.experiments.comparison.model_result import ModelResult, PairedTest, best_of


def test_one_fold_has_no_spread(small_comparison):
    single = replace(small_comparison.models[0], scores={"roc_auc": np.array([0.8])})
    assert single.spread("roc_auc") == 0.0


@pytest.mark.parametrize(("p_value", "expected"), [(0.049, True), (0.05, False), (float("nan"), False)])
def test_significance_is_below_five_percent(p_value, expected):
    assert PairedTest(difference=1.0, p_value=p_value, low=0.0, high=2.0).significant is expected


def test_costs_survive_json_also_if_they_are_unknown(small_comparison):
    known = small_comparison.subject
    assert ModelResult.from_json(known.to_json()).to_json() == known.to_json()
    unknown = replace(
        known, peak_memory_bytes=None, n_parameters=None, input_bytes_per_row=np.nan, row_seconds=None, histories=[]
    )
    again = ModelResult.from_json(unknown.to_json())
    assert (again.peak_memory_bytes, again.n_parameters, again.row_seconds) == (None, None, None)
    assert np.isnan(again.input_bytes_per_row)


def test_results_of_versions_that_did_not_time_a_row_are_read(small_comparison):
    data = small_comparison.subject.to_json()
    del data["row_seconds"]
    assert ModelResult.from_json(data).row_seconds is None


def test_the_best_of_equal_models_is_the_first_and_never_one_without_a_score(small_comparison):
    embeddings, one_hot, *_ = small_comparison.models
    broken = replace(one_hot, scores={"roc_auc": np.array([np.nan] * 3)})
    assert best_of([broken, embeddings, replace(embeddings, name="same")], "roc_auc", True) is embeddings
    assert best_of([embeddings, one_hot], "roc_auc", False) is one_hot
