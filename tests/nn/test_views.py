"""The loss of views of rows."""

import numpy as np
import pytest
from keras import ops

from tabemb.nn.views import ViewTask

rng = np.random.default_rng(0)
N = 6
TARGETS = np.column_stack([np.repeat(np.arange(N), 2), np.tile([0, 1], N)]).astype("int32")
LOGITS = rng.normal(size=(2 * N, 3)).astype("float32")


def found(targets=TARGETS, logits=LOGITS, temperature=0.5):
    return ops.convert_to_numpy(ViewTask(3, temperature).training_loss(targets, logits))


def test_the_loss_is_the_cross_entropy_among_the_views_of_the_batch():
    unit = LOGITS / np.linalg.norm(LOGITS, axis=1, keepdims=True)
    scores = unit[::2] @ unit[1::2].T / 0.5
    losses = (np.log(np.exp(scores).sum(axis=1)) - np.diag(scores)) / np.log(N)
    assert found()[::2] == pytest.approx(2 * losses, rel=1e-4)
    assert not found()[1::2].any()


def test_the_length_of_projections_and_the_order_of_rows_do_not_matter():
    assert found(logits=LOGITS * 7) == pytest.approx(found(), rel=1e-4)
    order = rng.permutation(2 * N)
    assert found(TARGETS[order], LOGITS[order]) == pytest.approx(found()[order], rel=1e-4)


def test_a_row_whose_other_view_is_in_another_portion_does_not_count():
    cut = found(TARGETS[1:-1], LOGITS[1:-1])
    # The first row has only its other view, the last only itself.
    assert cut[0] == cut[-1] == 0
    assert (cut[1:-1:2] > 0).all()
    assert np.isfinite(found(TARGETS[:1], LOGITS[:1])).all()


def test_the_mean_is_1_if_all_projections_are_alike():
    task = ViewTask(3, 1.0)
    assert task.score(TARGETS, task.activate(np.ones((2 * N, 3), "float32"))) == pytest.approx(0, abs=1e-5)
    assert np.isfinite(found(logits=np.zeros_like(LOGITS))).all()


def test_key():
    assert ViewTask(3, 1.0).loss_key() == ViewTask(3, 1.0).loss_key() != ViewTask(3, 0.5).loss_key()
    assert ViewTask(3, 1.0).n_outputs == 3
