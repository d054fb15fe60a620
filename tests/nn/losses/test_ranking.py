"""The losses of ranking, against their definitions in NumPy."""

import math

import numpy as np
import pytest
import tensorflow as tf

from tabemb.nn.losses import LOSSES, LambdaRank, ListNet, RankLoss, loss_of
from tabemb.nn.row_groups import RowGroups

FOR_RELEVANCES = sorted(name for name, each in LOSSES.items() if issubclass(each, RankLoss))
rng = np.random.default_rng(0)
GROUPS = rng.permutation(np.repeat([4, 0, 9, 7, 2], [5, 1, 8, 3, 13]))
RELEVANCE = rng.integers(0, 4, len(GROUPS)).astype("float32") / 2
SCORES = rng.normal(size=(len(GROUPS), 3)).astype("float32")


def listnet(relevance, scores, shares_of):
    p = shares_of(relevance)
    return -(p * (scores - np.log(np.exp(scores).sum()))).sum() if p.sum() else 0.0


def by_gains(relevance):
    gains = 2**relevance - 1
    return gains / max(gains.sum(), 1e-9)


def by_softmax(relevance):
    return np.exp(relevance) / np.exp(relevance).sum()


def lambdarank(relevance, scores, k=math.inf):
    ranks = (-scores).argsort().argsort() + 1
    gains, discounts = 2**relevance - 1, 1 / np.log2(1 + ranks)
    ideal = (np.sort(gains)[::-1] / np.log2(2 + np.arange(len(gains)))).sum()
    total = 0.0
    for i in range(len(scores)):
        for j in range(len(scores)):
            if relevance[i] > relevance[j] and min(ranks[i], ranks[j]) <= k:
                change = abs((gains[i] - gains[j]) * (discounts[i] - discounts[j])) / ideal
                total += change * math.log(1 + math.exp(scores[j] - scores[i]))
    return total


def losses_of(loss, groups=GROUPS, relevance=RELEVANCE, scores=SCORES):
    return np.asarray(loss.of_groups(RowGroups(tf.constant(groups)), tf.constant(relevance), tf.constant(scores)))


@pytest.mark.parametrize(
    ("loss", "of_group"),
    [
        (ListNet(), lambda y, s: listnet(y, s, by_gains)),
        (ListNet(target="softmax"), lambda y, s: listnet(y, s, by_softmax)),
        (LambdaRank(), lambdarank),
        (LambdaRank(truncation_level=None), lambdarank),
        (LambdaRank(truncation_level=3), lambda y, s: lambdarank(y, s, 3)),
        (LambdaRank(truncation_level=1), lambda y, s: lambdarank(y, s, 1)),
    ],
    ids=["gains", "softmax", "lambdarank", "all pairs", "three ranks", "one rank"],
)
def test_the_mean_over_the_rows_of_a_group_is_its_loss(loss, of_group):
    found = losses_of(loss)
    assert found.shape == SCORES.shape
    for group in np.unique(GROUPS):
        mine = group == GROUPS
        for member in range(3):
            expected = of_group(RELEVANCE[mine].astype(float), SCORES[mine, member].astype(float))
            assert found[mine, member].mean() == pytest.approx(expected, rel=1e-4, abs=1e-5)


@pytest.mark.parametrize("name", FOR_RELEVANCES)
def test_the_order_of_the_rows_does_not_matter(name):
    order = rng.permutation(len(GROUPS))
    after = losses_of(LOSSES[name](), GROUPS[order], RELEVANCE[order], SCORES[order])
    np.testing.assert_allclose(after, losses_of(LOSSES[name]())[order], rtol=1e-4, atol=1e-6)
    # Nor does it to the loss of a group with equal scores, if to that of equal rows.
    before = losses_of(LOSSES[name](), scores=SCORES.round())
    after = losses_of(LOSSES[name](), GROUPS[order], RELEVANCE[order], SCORES.round()[order])
    for group in np.unique(GROUPS):
        np.testing.assert_allclose(
            after[GROUPS[order] == group].mean(axis=0), before[group == GROUPS].mean(axis=0), rtol=1e-4, atol=1e-6
        )


@pytest.mark.parametrize("name", FOR_RELEVANCES)
def test_other_groups_do_not_matter(name):
    mine = GROUPS == 9
    alone = losses_of(LOSSES[name](), GROUPS[mine], RELEVANCE[mine], SCORES[mine])
    np.testing.assert_allclose(losses_of(LOSSES[name]())[mine], alone, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("name", FOR_RELEVANCES)
def test_scores_of_a_group_may_be_shifted(name):
    shifted = SCORES + np.where(GROUPS == 9, 5.0, -2.0)[:, None].astype("float32")
    np.testing.assert_allclose(
        losses_of(LOSSES[name](), scores=shifted), losses_of(LOSSES[name]()), rtol=1e-3, atol=1e-5
    )


@pytest.mark.parametrize("name", FOR_RELEVANCES)
def test_extreme_scores_have_finite_gradients_that_raise_the_relevant_row(name):
    groups, relevance = RowGroups(tf.constant([0, 0, 0, 1])), tf.constant([2.0, 0.0, 0.0, 1.0])
    for extreme in (0.0, 1.0, 300.0, 1e6):
        scores = tf.constant([[-extreme], [extreme], [0.0], [extreme]])
        with tf.GradientTape() as tape:
            tape.watch(scores)
            losses = LOSSES[name]().of_groups(groups, relevance, scores)
        gradient = tf.convert_to_tensor(tape.gradient(losses, scores)).numpy()[:, 0]
        assert np.isfinite(losses.numpy()).all()
        assert np.isfinite(gradient).all()
        assert gradient[0] < 0 < gradient[1]
        assert gradient[3] == 0


@pytest.mark.parametrize("name", FOR_RELEVANCES)
def test_a_group_without_a_relevant_row_has_no_loss(name):
    nothing = losses_of(LOSSES[name](), np.zeros(3), np.zeros(3, "float32"), SCORES[:3])
    assert not nothing.any()


def test_of_equal_scores_the_less_relevant_rank_first():
    found = losses_of(LambdaRank(), np.zeros(3), np.array([1.0, 0.0, 0.0], "float32"), np.zeros((3, 1), "float32"))
    expected = 3 * (1 / math.log2(2) + 1 / math.log2(3) - 2 / math.log2(4)) * math.log(2)
    assert found[:, 0].tolist() == pytest.approx([expected, 0, 0], rel=1e-4)


def gradients_of(loss, scores=SCORES):
    scores = tf.constant(scores)
    with tf.GradientTape() as tape:
        tape.watch(scores)
        total = tf.reduce_sum(loss.of_groups(RowGroups(tf.constant(GROUPS)), tf.constant(RELEVANCE), scores))
    return tf.convert_to_tensor(tape.gradient(total, scores)).numpy()


def test_the_gradient_is_that_of_all_pairs_with_the_weights_held_constant():
    for k in (None, 3):
        found = gradients_of(LambdaRank(truncation_level=k))
        expected = np.zeros_like(SCORES, dtype=float)
        for group in np.unique(GROUPS):
            mine = np.flatnonzero(group == GROUPS)
            gains = 2 ** RELEVANCE[mine] - 1
            ideal = (np.sort(gains)[::-1] / np.log2(2 + np.arange(len(mine)))).sum()
            for member in range(3):
                ranks = (-SCORES[mine, member]).argsort().argsort() + 1
                for a, i in enumerate(mine):
                    for b, j in enumerate(mine):
                        if RELEVANCE[i] > RELEVANCE[j] and min(ranks[a], ranks[b]) <= (k or math.inf):
                            weight = (gains[a] - gains[b]) * abs(1 / np.log2(1 + ranks[a]) - 1 / np.log2(1 + ranks[b]))
                            push = weight / ideal / (1 + math.exp(SCORES[i, member] - SCORES[j, member])) * len(mine)
                            expected[i, member] -= push
                            expected[j, member] += push
        np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-4)


def test_a_large_group_has_pairs_with_the_first_ranks_only():
    n = 3_000
    groups, generator = RowGroups(tf.zeros([n])), np.random.default_rng(1)
    relevance = generator.integers(0, 3, n).astype("float32")
    scores = generator.normal(size=(n, 2)).astype("float32")
    assert len(groups.pairs(LambdaRank().truncation_level)[0]) == 30 * n - 30 * 31 // 2
    found = np.asarray(LambdaRank().of_groups(groups, tf.constant(relevance), tf.constant(scores)))
    every = np.asarray(LambdaRank(truncation_level=None).of_groups(groups, tf.constant(relevance), tf.constant(scores)))
    assert (found <= every * (1 + 1e-4) + 1e-4).all()
    assert found.sum() < every.sum()
    # Rows of the first ranks keep all of their pairs with less relevant ones.
    first = (-scores[:, 0]).argsort()[:30]
    np.testing.assert_allclose(found[first, 0], every[first, 0], rtol=1e-3)


@pytest.mark.parametrize("level", [0, -1, 1.5, True, "30"])
def test_a_truncation_level_out_of_range_is_refused(level):
    with pytest.raises(ValueError, match=f"truncation_level, unless None, must be a positive integer, got {level!r}"):
        loss_of({"name": "lambdarank", "truncation_level": level}, RankLoss)


def test_an_unknown_target_is_refused():
    with pytest.raises(ValueError, match="target must be one of gains, softmax; got 'ranks'"):
        loss_of({"name": "listnet", "target": "ranks"}, RankLoss)


def test_the_base_class_asks_for_a_definition():
    with pytest.raises(TypeError, match="define of_groups"):
        RankLoss().of_groups(None, None, None)
