import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from tabemb.exceptions import FormatError, UnknownNameError
from tabemb.experiments.comparison.folds import TimeFolds
from tabemb.experiments.comparison.result import Comparison, Failure, PairedTest
from tabemb.experiments.comparison.significance import corrected_t_test
from tabemb.experiments.report.comparison_page import headline
from tabemb.vectors import CategoryVectors
from tabemb.vectors.refits import noise_from_refits


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


def test_unknown_costs_survive_json(small_comparison):
    unknown = replace(small_comparison.models[0], peak_memory_bytes=None, n_parameters=None, input_bytes_per_row=np.nan)
    again = Comparison.from_json(replace(small_comparison, models=(unknown,)).to_json())
    assert again.subject.peak_memory_bytes is None
    assert again.subject.n_parameters is None
    assert np.isnan(again.subject.input_bytes_per_row)


def test_json_that_is_no_comparison_is_refused(small_comparison):
    data = small_comparison.to_json()
    del data["metrics"]
    with pytest.raises(FormatError, match=r"not the output of Comparison.to_json: KeyError: 'metrics'"):
        Comparison.from_json(data)
    with pytest.raises(FormatError, match="Run the experiment again"):
        Comparison.from_json([])


def test_one_fold_has_no_spread(small_comparison):
    single = replace(small_comparison.models[0], scores={"roc_auc": np.array([0.8])})
    assert single.spread("roc_auc") == 0.0


@pytest.mark.parametrize(("p_value", "expected"), [(0.049, True), (0.05, False), (float("nan"), False)])
def test_significance_is_below_five_percent(p_value, expected):
    assert PairedTest(difference=1.0, p_value=p_value, low=0.0, high=2.0).significant is expected


WON = PairedTest(difference=0.0167, p_value=0.031, low=0.0039, high=0.0295)
LOST = PairedTest(difference=-0.02, p_value=0.0004, low=-0.03, high=-0.01)
LEVEL = PairedTest(difference=-0.0033, p_value=0.72, low=-0.03, high=0.0234)


def against(comparison, tests):
    """Return the comparison with these baselines only, the primary metric's tests replaced."""
    models = [replace(comparison[name], versus={"roc_auc": test}) for name, test in tests.items()]
    return replace(comparison, models=(comparison.subject, *models), failures=())


def test_verdict_on_one_hot_and_on_the_best_baseline(small_comparison):
    assert small_comparison.verdict() == (
        "On roc_auc over 3 folds, embeddings (0.8100) beats one_hot_mlp (0.7933) by 0.0167 "
        "(95 % interval 0.0039 to 0.0295, p = 0.031). "
        "Best baseline: embeddings (0.8100) and target_encoder_trees (0.8133) do not differ significantly "
        "(95 % interval -0.0300 to +0.0234, p = 0.720). "
        "On log_loss, embeddings (0.3900) beats one_hot_mlp (0.4067) by 0.0167 "
        "(95 % interval 0.0039 to 0.0295, p = 0.031). "
        "Left out: ordinal_trees, which failed in fold 2 with a ValueError: it broke on purpose."
    )


def test_the_verdict_names_each_metric_on_which_either_side_is_better(small_comparison):
    tests = {"roc_auc": LEVEL, "log_loss": LOST}
    one_hot = replace(small_comparison["one_hot_mlp"], versus=tests)
    trees = replace(small_comparison["target_encoder_trees"], versus=dict.fromkeys(tests, WON))
    comparison = replace(small_comparison, models=(small_comparison.subject, one_hot, trees), failures=())
    *_, last = comparison.verdict().split(" On ")
    assert last == (
        "log_loss, one_hot_mlp (0.4067) beats embeddings (0.3900) by 0.0200 (95 % interval 0.0100 to 0.0300, "
        "p < 0.001), and embeddings (0.3900) beats target_encoder_trees (0.3867) by 0.0167 "
        "(95 % interval 0.0039 to 0.0295, p = 0.031)."
    )
    assert "log_loss" not in comparison.verdict("roc_auc")


def test_the_verdict_tells_which_baselines_were_left_out(small_comparison):
    skipped = Failure(model="one_hot_mlp", fold=None, error="skipped", message="Ridge has no network")
    said = replace(small_comparison, models=small_comparison.models[:1], failures=(skipped,)).verdict()
    assert said.endswith(" Left out: one_hot_mlp, which does not apply: Ridge has no network.")


def test_few_folds_have_an_interval_and_no_verdict_of_significance(small_comparison):
    few = corrected_t_test([-0.01, -0.011], [50, 50], [50, 50])
    comparison = replace(against(small_comparison, {"one_hot_mlp": few}), n_folds=2)
    assert comparison.verdict() == (
        "On roc_auc over 2 folds, embeddings (0.8100) and one_hot_mlp (0.7933) differ by -0.0105 "
        f"(95 % interval {few.low:+.4f} to {few.high:+.4f}; not tested for significance, which takes at least 5 folds)."
    )
    assert headline(comparison)[0] == "level"


def test_a_loss_to_one_hot_is_reported(small_comparison):
    said = against(small_comparison, {"one_hot_mlp": LOST}).verdict()
    assert (
        "one_hot_mlp (0.7933) beats embeddings (0.8100) by 0.0200 (95 % interval 0.0100 to 0.0300, p < 0.001)" in said
    )


def test_verdict_of_an_insignificant_difference(small_comparison):
    said = against(small_comparison, {"one_hot_mlp": LEVEL}).verdict()
    assert said.startswith(
        "On roc_auc over 3 folds, embeddings (0.8100) and one_hot_mlp (0.7933) do not differ significantly"
    )
    assert "beats" not in said


def test_verdict_on_one_hot_linear_without_one_hot_mlp(small_comparison):
    linear = replace(small_comparison["one_hot_mlp"], name="one_hot_linear", versus={"roc_auc": LEVEL})
    comparison = replace(small_comparison, models=(small_comparison.subject, linear, small_comparison["majority"]))
    assert "embeddings (0.8100) and one_hot_linear (0.7933)" in comparison.verdict()


def test_a_winning_one_hot_linear_is_always_reported(small_comparison):
    mlp, trees = small_comparison["one_hot_mlp"], small_comparison["target_encoder_trees"]
    linear = replace(mlp, name="one_hot_linear", versus={"roc_auc": LOST})
    said = replace(small_comparison, models=(small_comparison.subject, mlp, linear, trees)).verdict()
    assert "Also, one_hot_linear (0.7933) beats embeddings" in said
    assert "Best baseline: " in said


def test_verdict_without_one_hot(small_comparison):
    said = against(small_comparison, {"target_encoder_trees": LEVEL, "majority": WON}).verdict()
    assert "target_encoder_trees" in said
    assert "majority" not in said


def test_verdict_without_a_p_value(small_comparison):
    nan = float("nan")
    one = PairedTest(
        difference=0.3,
        p_value=nan,
        low=nan,
        high=nan,
        reason="the variation between folds cannot be estimated from one fold",
    )
    said = replace(against(small_comparison, {"one_hot_mlp": one}), n_folds=1).verdict()
    assert said == (
        "On roc_auc over one fold, the difference between embeddings (0.8100) and one_hot_mlp (0.7933) "
        "cannot be tested: the variation between folds cannot be estimated from one fold."
    )


def test_p_values_of_folds_in_time_are_called_approximate(small_comparison):
    in_time = replace(small_comparison, folds=TimeFolds(3).describe(), failures=())
    assert in_time.verdict().endswith(" The p-values assume random folds; for folds in time they are approximate.")
    assert "approximate" not in small_comparison.verdict()


def test_verdict_without_baselines(small_comparison):
    said = replace(small_comparison, models=small_comparison.models[:1], failures=()).verdict()
    assert said == "On roc_auc over 3 folds, embeddings scores 0.8100; there is no baseline to compare it with."


def test_verdict_on_another_metric(small_comparison):
    assert small_comparison.verdict("log_loss").startswith("On log_loss over 3 folds, embeddings (0.3900) beats")


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
