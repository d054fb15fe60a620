"""Several labels at once."""

import re

import numpy as np
import pytest
from scipy.special import expit
from sklearn import metrics

from tabemb.exceptions import DataError
from tabemb.nn.tasks import Multilabel, task_of

rng = np.random.default_rng(0)


def test_multilabel_numbers():
    y = rng.integers(0, 2, (12, 3))
    logits = rng.normal(size=(12, 3)).astype("float32")
    task = Multilabel.from_targets(y)
    assert task.n_outputs == 3
    assert task.classes.tolist() == [0, 1]
    np.testing.assert_allclose(task.activate(logits), expit(logits), rtol=1e-6)
    expected = np.mean(
        [metrics.log_loss(y[:, k], expit(logits[:, k].astype("float64")), labels=[0, 1]) for k in range(3)]
    )
    assert np.asarray(task.loss(task.encode(y), logits)).mean() == pytest.approx(expected, rel=1e-5)
    decided = task.decide(task.activate(logits))
    assert np.array_equal(decided, (logits > 0).astype(int))
    assert task.score(task.encode(y), task.activate(logits)) == pytest.approx((decided == y).mean())


@pytest.mark.parametrize(("y", "cell"), [([[0, 2], [2, 0]], "2"), ([[-1, 1], [1, 1]], "-1")])
def test_multilabel_cells_other_than_0_and_1_are_refused(y, cell):
    task = task_of(np.array(y), classifier=True)
    message = f"A multilabel target is a matrix of 0 and 1 with one column per label; a cell holds {cell}."
    with pytest.raises(DataError, match=re.escape(message)):
        task.encode(np.array(y))
