from dataclasses import replace

from tabemb.experiments.comparison.result import PairedTest

WON = PairedTest(difference=0.0167, p_value=0.031, low=0.0039, high=0.0295)
LOST = PairedTest(difference=-0.02, p_value=0.0004, low=-0.03, high=-0.01)
LEVEL = PairedTest(difference=-0.0033, p_value=0.72, low=-0.03, high=0.0234)


def against(comparison, tests):
    """Return the comparison with these baselines only, the primary metric's tests replaced."""
    models = [replace(comparison[name], versus={"roc_auc": test}) for name, test in tests.items()]
    return replace(comparison, models=(comparison.subject, *models))


def test_a_win_against_one_hot_and_a_draw_with_the_best_are_told(small_comparison):
    assert small_comparison.verdict() == (
        "On roc_auc over 3 folds, embeddings (0.8100) beats one_hot_mlp (0.7933) by 0.0167 "
        "(95 % interval 0.0039 to 0.0295, p = 0.031). "
        "As for the best baseline, there is no difference beyond the spread of the folds between "
        "embeddings (0.8100) and target_encoder_trees (0.8133) (95 % interval -0.0300 to +0.0234, p = 0.720)."
    )


def test_a_loss_to_one_hot_is_told_as_a_loss(small_comparison):
    said = against(small_comparison, {"one_hot_mlp": LOST}).verdict()
    assert (
        "one_hot_mlp (0.7933) beats embeddings (0.8100) by 0.0200 (95 % interval 0.0100 to 0.0300, p < 0.001)" in said
    )


def test_no_difference_is_told_as_no_difference(small_comparison):
    said = against(small_comparison, {"one_hot_mlp": LEVEL}).verdict()
    assert said.startswith("On roc_auc over 3 folds, there is no difference beyond the spread of the folds between")
    assert "beats" not in said


def test_without_the_one_hot_network_the_linear_one_stands_in(small_comparison):
    linear = replace(small_comparison["one_hot_mlp"], name="one_hot_linear", versus={"roc_auc": LEVEL})
    comparison = replace(small_comparison, models=(small_comparison.subject, linear, small_comparison["majority"]))
    assert "embeddings (0.8100) and one_hot_linear (0.7933)" in comparison.verdict()


def test_a_one_hot_linear_that_wins_is_never_left_out(small_comparison):
    mlp, trees = small_comparison["one_hot_mlp"], small_comparison["target_encoder_trees"]
    linear = replace(mlp, name="one_hot_linear", versus={"roc_auc": LOST})
    said = replace(small_comparison, models=(small_comparison.subject, mlp, linear, trees)).verdict()
    assert "And one_hot_linear (0.7933) beats embeddings" in said
    assert "As for the best baseline" in said


def test_without_one_hot_the_best_baseline_is_told(small_comparison):
    said = against(small_comparison, {"target_encoder_trees": LEVEL, "majority": WON}).verdict()
    assert "target_encoder_trees" in said
    assert "majority" not in said


def test_what_cannot_be_tested_is_not_called_a_win(small_comparison):
    nan = float("nan")
    one = PairedTest(difference=0.3, p_value=nan, low=nan, high=nan, reason="one fold says nothing about the spread")
    said = replace(against(small_comparison, {"one_hot_mlp": one}), n_folds=1).verdict()
    assert said == (
        "On roc_auc over one fold, the difference between embeddings (0.8100) and one_hot_mlp (0.7933) "
        "cannot be tested: one fold says nothing about the spread."
    )


def test_alone_there_is_nothing_to_say(small_comparison):
    said = replace(small_comparison, models=small_comparison.models[:1]).verdict()
    assert said == (
        "embeddings scores 0.8100 on roc_auc over 3 folds; no baseline was scored, so it is compared with nothing."
    )


def test_another_metric_can_be_asked_for(small_comparison):
    assert small_comparison.verdict("log_loss").startswith("On log_loss over 3 folds, embeddings (0.3900) beats")
