"""The loss of swapped cells."""

import numpy as np
import pytest
from keras import ops

from tabemb.nn.swaps import SwapTask

rng = np.random.default_rng(0)


def test_the_loss_is_1_if_nothing_is_known_and_0_if_everything_is():
    task = SwapTask((0.2, 0.05))
    targets = (rng.random((20_000, 2)) < task.shares).astype("float32")
    assert task.score(targets, np.zeros((20_000, 2), "float32")) == pytest.approx(0, abs=0.03)
    assert task.score(targets, 50 * (2 * targets - 1)) == pytest.approx(1, abs=1e-3)


def test_the_loss_is_a_binary_cross_entropy_per_column():
    task, share = SwapTask((0.3,)), 0.3
    logits = np.array([[1.0], [-0.5]], "float32")
    p = 1 / (1 + np.exp(-(logits[:, 0] + np.log(share / (1 - share)))))
    targets = np.array([[1.0], [0.0]], "float32")
    wanted = np.array([-np.log(p[0]), -np.log(1 - p[1])]) / -(0.3 * np.log(0.3) + 0.7 * np.log(0.7))
    assert ops.convert_to_numpy(task.training_loss(targets, logits)) == pytest.approx(wanted, rel=1e-5)


def test_a_column_that_cannot_be_swapped_is_no_problem():
    found = SwapTask((0.0, 0.3)).training_loss(np.zeros((4, 2), "float32"), np.zeros((4, 2), "float32"))
    assert np.isfinite(ops.convert_to_numpy(found)).all()


def test_tasks_with_other_shares_do_not_share_a_compiled_loss():
    assert SwapTask((0.2, 0.3)).loss_key() == SwapTask((0.2, 0.3)).loss_key() != SwapTask((0.2, 0.31)).loss_key()
