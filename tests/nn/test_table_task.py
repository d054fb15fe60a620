"""The base class of tasks whose targets are cells."""

import numpy as np
import pytest
from keras import ops

from tabemb.nn.table_task import TableTask, digest_of, entropy


class MeanTask(TableTask):
    """The loss of a row is the mean of its batch."""

    def training_loss(self, targets, logits):
        return ops.zeros_like(logits[:, 0]) + ops.mean(logits)


def test_a_validation_loss_is_computed_in_batches_of_512_rows():
    logits = np.r_[np.zeros(512), np.ones(512), np.full(76, 2.0)].astype("float32")[:, None]
    task = MeanTask()
    assert task.loss(logits, logits) == pytest.approx(logits[:, 0])
    assert task.score(logits, task.activate(logits)) == pytest.approx(1 - (512 + 152) / 1100)


def test_entropy_and_digest():
    assert entropy(np.array([0.0, 0.25, 0.75])) == pytest.approx(0.5623, abs=1e-4)
    assert entropy(np.array([1.0])) == 1e-3
    assert digest_of([[1.0, 2.0], [3.0]]) == digest_of([np.array([1.0, 2.0]), np.array([3])])
    assert digest_of([[1.0]]) != digest_of([[1.5]])
