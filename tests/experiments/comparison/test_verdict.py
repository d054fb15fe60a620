"""The verdict of a comparison: exact sentences in each case."""

from dataclasses import replace

import numpy as np
import pytest

from tabemb.experiments.comparison.folds import TimeFolds
from tabemb.experiments.comparison.model_result import Failure, PairedTest
from tabemb.experiments.comparison.significance import corrected_t_test
from tabemb.experiments.comparison.verdict import rival_of

WON = PairedTest(difference=0.0167, p_value=0.031, low=0.0039, high=0.0295)
LOST = PairedTest(difference=-0.02, p_value=0.0004, low=-0.03, high=-0.01)
LEVEL = PairedTest(difference=-0.0033, p_value=0.72, low=-0.03, high=0.0234)
NAN = float("nan")
FEW = PairedTest(difference=0.02, p_value=NAN, low=-0.03, high=0.07, reason="not tested for significance")
ONE = PairedTest(difference=0.02, p_value=NAN, low=NAN, high=NAN, reason="the variation cannot be estimated")
EQUAL = PairedTest(difference=0.0, p_value=NAN, low=NAN, high=NAN, reason="the scores are equal in every fold")


def against(comparison, tests):
    """Return the comparison with these baselines only, the primary metric's tests replaced."""
    models = [replace(comparison[name], versus={"roc_auc": test}) for name, test in tests.items()]
    return replace(comparison, models=(comparison.subject, *models), failures=())


COSTS = (
    "Embeddings take a seventeenth of the weights, a third of the fit time, a third of the memory and 1/50 of the time "
    "for one row."
)
FIGURES = (
    "Costs of embeddings against one_hot_mlp: 5,400 against 91,000 weights, a fit in 2.0 s against 6.0 s, 30 MB "
    "against 90 MB of memory, one row in 1.2 ms against 60 ms."
)


def with_tests(comparison, roc_auc, log_loss, name="one_hot_mlp", others=()):
    """Return the comparison with one baseline, and these tests against it; others are added as they are."""
    model = replace(comparison["one_hot_mlp"], name=name, versus={"roc_auc": roc_auc, "log_loss": log_loss})
    return replace(comparison, models=(comparison.subject, model, *others), n_folds=5, failures=())


@pytest.mark.parametrize(
    ("roc_auc", "log_loss", "kind", "told"),
    [
        (LEVEL, LEVEL, "level", "Embeddings and one-hot score the same within chance: roc_auc 0.8100 against 0.7933."),
        (
            WON,
            WON,
            "won",
            "Embeddings beat one-hot on roc_auc (0.8100 against 0.7933) and log_loss (0.3900 against 0.4067).",
        ),
        (
            LOST,
            LOST,
            "lost",
            "One-hot beats embeddings on roc_auc (0.7933 against 0.8100) and log_loss (0.4067 against 0.3900).",
        ),
        (
            WON,
            LOST,
            "won",
            "Embeddings beat one-hot on roc_auc (0.8100 against 0.7933); one-hot beats embeddings on log_loss "
            "(0.4067 against 0.3900).",
        ),
        (
            LOST,
            WON,
            "lost",
            "One-hot beats embeddings on roc_auc (0.7933 against 0.8100); embeddings beat one-hot on log_loss "
            "(0.3900 against 0.4067).",
        ),
        (
            LEVEL,
            LOST,
            "lost",
            "Embeddings and one-hot score the same within chance on roc_auc (0.8100 against 0.7933); one-hot beats "
            "embeddings on log_loss (0.4067 against 0.3900).",
        ),
        (
            LEVEL,
            WON,
            "won",
            "Embeddings and one-hot score the same within chance on roc_auc (0.8100 against 0.7933); embeddings beat "
            "one-hot on log_loss (0.3900 against 0.4067).",
        ),
        (
            WON,
            LEVEL,
            "won",
            "Embeddings beat one-hot on roc_auc (0.8100 against 0.7933); embeddings and one-hot score the same within "
            "chance on log_loss.",
        ),
        (
            EQUAL,
            EQUAL,
            "level",
            "The scores of embeddings and one-hot cannot be tested on roc_auc (0.8100 against 0.7933; the scores are "
            "equal in every fold).",
        ),
        (
            EQUAL,
            LOST,
            "lost",
            "The scores of embeddings and one-hot cannot be tested on roc_auc (0.8100 against 0.7933; the scores are "
            "equal in every fold); one-hot beats embeddings on log_loss (0.4067 against 0.3900).",
        ),
    ],
    ids=[
        "level",
        "won",
        "lost",
        "won first",
        "lost first",
        "level lost",
        "level won",
        "won level",
        "equal",
        "equal lost",
    ],
)
def test_the_headline_names_each_metric_and_side_and_the_costs(small_comparison, roc_auc, log_loss, kind, told):
    assert with_tests(small_comparison, roc_auc, log_loss).headline() == (kind, f"{told} {COSTS}")


@pytest.mark.parametrize(("n_folds", "test"), [(3, FEW), (1, ONE)])
def test_the_headline_of_too_few_folds(small_comparison, n_folds, test):
    few = replace(with_tests(small_comparison, test, test), n_folds=n_folds)
    assert few.headline() == (
        "level",
        f"Too few folds for a verdict on the scores of embeddings and one-hot: roc_auc 0.8100 against 0.7933. {COSTS}",
    )


def test_other_baselines_that_beat_the_embeddings_are_named(small_comparison):
    trees, majority = small_comparison["target_encoder_trees"], small_comparison["majority"]
    first = replace(trees, versus={"roc_auc": LOST, "log_loss": LOST})
    second = replace(majority, name="ordinal_trees", versus={"roc_auc": LEVEL, "log_loss": LOST})
    both = with_tests(small_comparison, WON, WON, others=(first, second, majority))
    kind, told = both.headline()
    # On the primary metric, embeddings are not the best model.
    assert kind == "lost"
    assert told.endswith(
        f"{COSTS} target_encoder_trees beats embeddings on roc_auc and log_loss, ordinal_trees on log_loss."
    )
    assert with_tests(small_comparison, WON, WON, others=(second,)).headline()[0] == "won"


def test_other_baselines_that_are_as_good_or_worse_are_named_with_their_score_and_fit_time(small_comparison):
    trees, majority = small_comparison["target_encoder_trees"], small_comparison["majority"]
    first = replace(trees, versus={"roc_auc": LEVEL, "log_loss": WON}, fit_seconds=np.full(3, 2.1))
    better = {"roc_auc": np.full(3, 0.82)}
    second = replace(first, name="ordinal_trees", scores=first.scores | better, fit_seconds=np.full(3, 0.2))
    worse = replace(first, name="one_hot_linear", versus={"roc_auc": WON, "log_loss": LEVEL}, fit_seconds=np.full(3, 4))
    untested = replace(first, name="mine", versus={"roc_auc": EQUAL, "log_loss": EQUAL})
    constant = replace(majority, versus={"roc_auc": LEVEL, "log_loss": LEVEL})
    kind, told = with_tests(small_comparison, WON, WON, others=(first, second, worse, untested, constant)).headline()
    assert kind == "won"
    assert told.endswith(
        f"{COSTS} On roc_auc, ordinal_trees (0.8200, fitted in a tenth of the time) and target_encoder_trees (0.8133, "
        "fitted in about the same time) score the same as embeddings within chance. On roc_auc, embeddings beat "
        "one_hot_linear (0.8133, fitted in twice the time)."
    )
    # A baseline that is better on another metric is named once.
    better = replace(first, versus={"roc_auc": LEVEL, "log_loss": LOST})
    told = with_tests(small_comparison, WON, WON, others=(better,)).headline()[1]
    assert told.endswith(f"{COSTS} target_encoder_trees beats embeddings on log_loss.")


def test_the_headline_without_one_hot(small_comparison):
    trees = with_tests(small_comparison, WON, LOST, name="target_encoder_trees")
    assert trees.headline() == (
        "won",
        "Embeddings beat target_encoder_trees on roc_auc (0.8100 against 0.7933); target_encoder_trees beats "
        f"embeddings on log_loss (0.4067 against 0.3900). {COSTS} One-hot is not in this comparison.",
    )
    # What a constant costs says nothing.
    constant = with_tests(small_comparison, WON, WON, name="majority")
    assert constant.headline()[1] == (
        "Embeddings beat majority on roc_auc (0.8100 against 0.7933) and log_loss (0.3900 against 0.4067). "
        "One-hot is not in this comparison."
    )
    alone = replace(small_comparison, models=small_comparison.models[:1])
    assert alone.headline() == ("level", "roc_auc 0.8100; there is no baseline.")


def test_a_linear_model_is_called_so_and_the_network_comes_first(small_comparison):
    linear = with_tests(small_comparison, LEVEL, LEVEL, name="one_hot_linear")
    assert linear.headline()[1].startswith("Embeddings and one-hot with a linear model score the same within chance:")
    assert rival_of(linear).name == "one_hot_linear"
    both = replace(linear, models=(*linear.models, small_comparison["one_hot_mlp"]))
    assert rival_of(both).name == "one_hot_mlp"
    assert rival_of(replace(linear, models=linear.models[:1])) is None


def test_another_name_of_the_model_under_test(small_comparison):
    level = with_tests(small_comparison, WON, LEVEL)
    named = replace(level, models=(replace(level.subject, name="mine"), *level.baselines))
    assert named.headline()[1].startswith(
        "mine beats one-hot on roc_auc (0.8100 against 0.7933); mine and one-hot score"
    )
    assert "mine takes a seventeenth of the weights" in named.headline()[1]


def test_costs_that_were_not_measured_or_mean_nothing_are_not_told(small_comparison):
    level = with_tests(small_comparison, LEVEL, LEVEL)
    few = replace(
        level.models[1],
        parameter_unit="tree nodes",
        peak_memory_bytes=None,
        row_seconds=None,
        fit_seconds=np.ones(1) / 50,
    )
    bare = replace(level.subject, fit_seconds=np.ones(1) / 40)
    told = replace(level, models=(bare, few))
    assert told.headline()[1] == "Embeddings and one-hot score the same within chance: roc_auc 0.8100 against 0.7933."
    assert "Costs" not in told.verdict()


def test_the_verdict_is_the_headline_the_statistics_the_costs_and_what_was_left_out(small_comparison):
    assert small_comparison.verdict() == (
        "Embeddings beat one-hot on roc_auc (0.8100 against 0.7933) and log_loss (0.3900 against 0.4067). "
        f"{COSTS} "
        "On roc_auc, target_encoder_trees (0.8133, fitted in three quarters of the time) scores the same as embeddings "
        "within chance. "
        "On roc_auc over 3 folds, embeddings (0.8100) beats one_hot_mlp (0.7933) by 0.0167 "
        "(95 % interval 0.0039 to 0.0295, p = 0.031). "
        "Best baseline: embeddings (0.8100) and target_encoder_trees (0.8133) do not differ significantly "
        "(95 % interval -0.0300 to +0.0234, p = 0.720). "
        "On log_loss, embeddings (0.3900) beats one_hot_mlp (0.4067) by 0.0167 "
        "(95 % interval 0.0039 to 0.0295, p = 0.031). "
        f"{FIGURES} "
        "Left out: ordinal_trees, which failed in fold 2 with a ValueError: it broke on purpose."
    )
    assert small_comparison.verdict() == f"{small_comparison.headline()[1]} {small_comparison.statistics()}"


def test_the_verdict_names_each_metric_on_which_either_side_is_better(small_comparison):
    tests = {"roc_auc": LEVEL, "log_loss": LOST}
    one_hot = replace(small_comparison["one_hot_mlp"], versus=tests)
    trees = replace(small_comparison["target_encoder_trees"], versus=dict.fromkeys(tests, WON))
    comparison = replace(small_comparison, models=(small_comparison.subject, one_hot, trees), failures=())
    assert comparison.statistics().partition(" On log_loss, ")[2] == (
        "one_hot_mlp (0.4067) beats embeddings (0.3900) by 0.0200 (95 % interval 0.0100 to 0.0300, "
        "p < 0.001), and embeddings (0.3900) beats target_encoder_trees (0.3867) by 0.0167 "
        f"(95 % interval 0.0039 to 0.0295, p = 0.031). {FIGURES}"
    )
    assert "log_loss" not in comparison.verdict("roc_auc")


def test_the_verdict_tells_which_baselines_were_left_out(small_comparison):
    skipped = Failure(model="one_hot_mlp", fold=None, error="skipped", message="Ridge has no network")
    said = replace(small_comparison, models=small_comparison.models[:1], failures=(skipped,)).verdict()
    assert said.endswith(" Left out: one_hot_mlp, which does not apply: Ridge has no network.")


def test_few_folds_have_an_interval_and_no_verdict_of_significance(small_comparison):
    few = corrected_t_test([-0.01, -0.011], [50, 50], [50, 50])
    comparison = replace(against(small_comparison, {"one_hot_mlp": few}), n_folds=2)
    assert comparison.statistics() == (
        "On roc_auc over 2 folds, embeddings (0.8100) and one_hot_mlp (0.7933) differ by -0.0105 "
        f"(95 % interval {few.low:+.4f} to {few.high:+.4f}; not tested for significance, which takes at least 5 folds)."
        f" {FIGURES}"
    )
    assert comparison.headline()[0] == "level"


def test_a_loss_to_one_hot_is_reported(small_comparison):
    said = against(small_comparison, {"one_hot_mlp": LOST}).statistics()
    assert (
        "one_hot_mlp (0.7933) beats embeddings (0.8100) by 0.0200 (95 % interval 0.0100 to 0.0300, p < 0.001)" in said
    )


def test_verdict_of_an_insignificant_difference(small_comparison):
    said = against(small_comparison, {"one_hot_mlp": LEVEL}).statistics()
    assert said.startswith(
        "On roc_auc over 3 folds, embeddings (0.8100) and one_hot_mlp (0.7933) do not differ significantly"
    )
    assert "beats" not in said


def test_verdict_on_one_hot_linear_without_one_hot_mlp(small_comparison):
    linear = replace(small_comparison["one_hot_mlp"], name="one_hot_linear", versus={"roc_auc": LEVEL})
    comparison = replace(small_comparison, models=(small_comparison.subject, linear, small_comparison["majority"]))
    assert "embeddings (0.8100) and one_hot_linear (0.7933)" in comparison.statistics()


def test_a_winning_one_hot_linear_is_always_reported(small_comparison):
    mlp, trees = small_comparison["one_hot_mlp"], small_comparison["target_encoder_trees"]
    linear = replace(mlp, name="one_hot_linear", versus={"roc_auc": LOST})
    said = replace(small_comparison, models=(small_comparison.subject, mlp, linear, trees)).statistics()
    assert "Also, one_hot_linear (0.7933) beats embeddings" in said
    assert "Best baseline: " in said


def test_verdict_without_one_hot(small_comparison):
    said = against(small_comparison, {"target_encoder_trees": LEVEL, "majority": WON}).statistics()
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
    said = replace(against(small_comparison, {"one_hot_mlp": one}), n_folds=1).statistics()
    assert said == (
        "On roc_auc over one fold, the difference between embeddings (0.8100) and one_hot_mlp (0.7933) "
        f"cannot be tested: the variation between folds cannot be estimated from one fold. {FIGURES}"
    )


def test_p_values_of_folds_in_time_are_called_approximate(small_comparison):
    in_time = replace(small_comparison, folds=TimeFolds(3).describe(), failures=())
    assert " The p-values assume random folds; for folds in time they are approximate. " in in_time.statistics()
    assert "approximate" not in small_comparison.statistics()


def test_verdict_without_baselines(small_comparison):
    said = replace(small_comparison, models=small_comparison.models[:1], failures=()).verdict()
    assert said == "On roc_auc over 3 folds, embeddings scores 0.8100; there is no baseline to compare it with."


def test_verdict_on_another_metric(small_comparison):
    assert small_comparison.verdict("log_loss").startswith("On log_loss over 3 folds, embeddings (0.3900) beats")
