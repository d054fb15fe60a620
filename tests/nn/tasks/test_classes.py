"""Tasks of one class a row, against scikit-learn's numbers."""

import re

import numpy as np
import pytest
from scipy.special import expit, softmax
from sklearn import metrics

from tabemb.exceptions import DataError
from tabemb.nn.tasks import Binary, Multiclass

rng = np.random.default_rng(0)


def test_binary_numbers():
    y = np.array(["no", "yes", "yes", "no"])
    logits = np.array([[-1.0], [2.0], [-0.5], [30.0]], dtype="float32")
    task = Binary.from_targets(y)
    probabilities = task.activate(logits)
    assert task.encode(y).tolist() == [0.0, 1.0, 1.0, 0.0]
    np.testing.assert_allclose(probabilities[:, 1], expit(logits[:, 0]), rtol=1e-6)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-6)
    expected = np.log1p(np.exp(-np.array([1.0, 2.0, -0.5, -30.0])))
    np.testing.assert_allclose(np.asarray(task.loss(task.encode(y), logits)), expected, rtol=1e-5)
    assert task.decide(probabilities).tolist() == ["no", "yes", "no", "yes"]
    assert task.score(task.encode(y), probabilities) == 0.5
    assert task.score(task.encode(y), probabilities, np.array([3.0, 1.0, 0.0, 0.0])) == 1.0


def test_binary_loss_is_the_log_loss_of_scikit_learn():
    y = rng.integers(0, 2, 50)
    logits = rng.normal(size=(50, 1)).astype("float32")
    task = Binary.from_targets(y)
    loss = np.asarray(task.loss(task.encode(y), logits)).mean()
    assert loss == pytest.approx(metrics.log_loss(y, task.activate(logits)), rel=1e-5)


def test_multiclass_numbers():
    y = np.array([10, 20, 30, 20, 10])
    logits = rng.normal(size=(5, 3)).astype("float32")
    task = Multiclass.from_targets(y)
    assert task.encode(y).tolist() == [0, 1, 2, 1, 0]
    assert task.n_outputs == 3
    np.testing.assert_allclose(task.activate(logits), softmax(logits, axis=1), rtol=1e-6)
    loss = np.asarray(task.loss(task.encode(y), logits)).mean()
    assert loss == pytest.approx(metrics.log_loss(y, softmax(logits.astype("float64"), axis=1)), rel=1e-5)
    assert task.decide(task.activate(logits)).tolist() == [[10, 20, 30][i] for i in logits.argmax(axis=1)]


@pytest.mark.parametrize("y", [np.array(["a", "z"]), np.array([1, 2])])
def test_a_class_that_was_not_there_is_refused(y):
    task = Binary.from_targets(np.array(["a", "b"]))
    strange = "'z'" if y.dtype.kind == "U" else "1"
    message = (
        f"The target has a class that was not in the first fit: {strange}. Known classes: ['a', 'b']. "
        "Call fit to learn it."
    )
    with pytest.raises(DataError, match=re.escape(message)):
        task.encode(y)
