"""The task of ranking."""

import re

import numpy as np
import pytest
from sklearn.metrics import ndcg_score

from tabemb.exceptions import DataError
from tabemb.nn.losses import LambdaRank, ListNet
from tabemb.nn.tasks import Ranking, ranking

rng = np.random.default_rng(0)
GROUPS = rng.permutation(np.repeat(np.arange(40), rng.integers(1, 30, 40)))
TARGETS = np.column_stack([rng.integers(0, 4, len(GROUPS)), GROUPS]).astype("float32")
LOGITS = rng.normal(size=(len(GROUPS), 1)).astype("float32")


@pytest.mark.parametrize("loss", [ListNet(), LambdaRank()])
def test_the_loss_of_many_rows_is_that_of_all_at_once(monkeypatch, loss):
    task = Ranking("query", loss)
    at_once = np.asarray(task.training_loss(TARGETS, LOGITS))
    for most in (1, 100, 2**20):
        monkeypatch.setattr(ranking, "MOST_PAIRS", most)
        np.testing.assert_allclose(task.loss(TARGETS, LOGITS), at_once, rtol=1e-4, atol=1e-6)


def test_large_groups_are_compared_in_parts(monkeypatch):
    monkeypatch.setattr(ranking, "MOST_COMPARED", 10)
    targets = np.column_stack([rng.integers(0, 4, 25), np.zeros(25)]).astype("float32")
    found = Ranking().loss(targets, LOGITS[:25])
    for part in (slice(0, 8), slice(8, 16), slice(16, 25)):
        expected = np.asarray(Ranking().training_loss(targets[part], LOGITS[:25][part]))
        np.testing.assert_allclose(found[part], expected, rtol=1e-4)


@pytest.mark.parametrize("loss", [ListNet(), LambdaRank()])
def test_each_member_ranks_for_itself(loss):
    task, logits = Ranking("query", loss), rng.normal(size=(len(GROUPS), 3, 1)).astype("float32")
    found = np.asarray(task.member_losses(TARGETS, logits))
    for member in range(3):
        alone = np.asarray(task.training_loss(TARGETS, logits[:, member]))
        np.testing.assert_allclose(found[:, member], alone, rtol=1e-4, atol=1e-6)


def test_the_score_is_the_mean_ndcg_of_the_first_ten():
    found = Ranking().score(TARGETS, LOGITS[:, 0])
    expected = []
    for group in range(40):
        mine = group == GROUPS
        if mine.sum() > 1 and TARGETS[mine, 0].any():
            expected.append(ndcg_score([2 ** TARGETS[mine, 0] - 1], [LOGITS[mine, 0]], k=10))
        elif TARGETS[mine, 0].any():
            expected.append(1.0)
    assert found == pytest.approx(np.mean(expected))


def test_a_sample_has_whole_groups():
    task = Ranking()
    rows = task.sample(TARGETS, 100)
    inside = set(TARGETS[rows, 1])
    assert len(rows) == np.isin(TARGETS[:, 1], list(inside)).sum()
    assert 70 <= len(rows) <= 100
    assert len(set(TARGETS[task.sample(TARGETS, 1), 1])) == 1
    assert len(task.sample(TARGETS, 10**6)) == len(TARGETS)


def test_the_name_of_the_groups_is_saved_and_does_not_affect_the_loss():
    task = Ranking.from_targets(TARGETS, LambdaRank(), group="query")
    assert Ranking.from_state(task.to_state()).answer.group == "query"
    assert task.loss_key() == Ranking("user", LambdaRank()).loss_key() != Ranking("query").loss_key()


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        ([[1, 0], [0, 1]], "There is nothing to compare: each of the 2 groups in 'group' has a single row."),
        ([[1, 0], [1, 0], [0, 1]], "in each group of 'group', all rows have the same relevance"),
        ([[31, 0], [1, 0]], "Relevances must be numbers from 0, not relevant, to 30; got 31."),
        ([[-0.5, 0], [1, 0]], "Relevances must be numbers from 0, not relevant, to 30; got -0.5."),
        ([[1, 2**24], [0, 0]], "There are more than 16,777,216 groups."),
        ([1, 2], "Ranking needs a relevance and a group for each row; got targets of shape (2,)."),
    ],
)
def test_targets_that_cannot_be_ranked_are_refused(targets, message):
    with pytest.raises(DataError, match=re.escape(message)):
        Ranking.from_targets(np.array(targets))
