"""What every task keeps, over the registry, and its numbers against scikit-learn's."""

import json
import re

import numpy as np
import pytest
from scipy.special import expit, softmax
from sklearn import metrics

from tabemb.exceptions import DataError
from tabemb.nn.tasks import TASKS, Binary, Multiclass, Multilabel, MultiRegression, Regression, task_from_state, task_of

rng = np.random.default_rng(0)

# Targets for each task; a task that is registered without any fails here.
TARGETS = {
    "binary": [
        np.array(["late", "on time"] * 10),
        np.array(["late", "on time"] * 10, dtype=object),
        np.array([0, 1] * 10),
        np.array([-5, 2**40] * 10),
        np.array([False, True] * 10),
    ],
    "multiclass": [
        np.array(["a", "b", "ç"] * 7),
        np.array(["a", "b", "ç"] * 7, dtype=object),
        np.array([3, 1, 2] * 7),
        np.array([1.0, 2.0, 3.0] * 7),
    ],
    "multilabel": [rng.integers(0, 2, (20, 3)), rng.integers(0, 2, (20, 3)).astype(float)],
    "regression": [rng.normal(5, 3, 20), rng.integers(0, 9, 20), np.full(20, 4.0)],
    "multi_regression": [rng.normal(5, 3, (20, 2))],
}
CASES = [
    pytest.param(name, y, id=f"{name}-{y.dtype}-{place}")
    for name in sorted(TASKS)
    for place, y in enumerate(TARGETS[name])
]


def logits_for(task, n):
    return np.random.default_rng(1).normal(size=(n, task.n_outputs)).astype("float32")


@pytest.mark.parametrize(("name", "y"), CASES)
def test_shapes(name, y):
    task = TASKS[name].from_targets(y)
    targets, logits = task.encode(y), logits_for(task, len(y))
    losses = np.asarray(task.loss(targets, logits))
    activated = task.activate(logits)
    assert losses.shape == (len(y),)
    assert losses.dtype == "float32"
    assert (losses >= 0).all()
    assert task.decide(activated).shape == y.shape
    assert targets.dtype in ("float32", "int32")
    assert isinstance(task.score(targets, activated), float)


@pytest.mark.parametrize(("name", "y"), CASES)
def test_state_goes_through_json_and_the_answers_are_identical(name, y):
    task = TASKS[name].from_targets(y)
    again = task_from_state(json.loads(json.dumps({"name": name, **task.to_state()})))
    activated = task.activate(logits_for(task, len(y)))
    assert type(again) is type(task)
    assert np.array_equal(again.activate(logits_for(task, len(y))), activated)
    assert np.array_equal(again.encode(y), task.encode(y))
    decided, expected = again.decide(activated), task.decide(activated)
    assert np.array_equal(decided, expected)
    assert decided.dtype == expected.dtype
    assert list(map(type, decided.ravel().tolist())) == list(map(type, expected.ravel().tolist()))


@pytest.mark.parametrize(("name", "y"), CASES)
def test_weights_of_one_are_no_weights(name, y):
    task = TASKS[name].from_targets(y)
    targets, activated = task.encode(y), task.activate(logits_for(task, len(y)))
    assert task.score(targets, activated, np.ones(len(y))) == pytest.approx(task.score(targets, activated))


@pytest.mark.parametrize(("name", "y"), CASES)
def test_task_of_finds_the_task(name, y):
    assert type(task_of(y, classifier=TASKS[name].is_classifier)) is TASKS[name]


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


@pytest.mark.parametrize("y", [np.array([10.0, 20.0, 60.0]), np.array([[10.0, 1.0], [20.0, 2.0], [60.0, 9.0]])])
def test_regression_numbers(y):
    task = task_of(y, classifier=False)
    standardized = (y - y.mean(axis=0)) / y.std(axis=0)
    np.testing.assert_allclose(task.encode(y), standardized, rtol=1e-6)
    logits = rng.normal(size=(3, task.n_outputs)).astype("float32")
    squares = (logits - standardized.reshape(3, -1)) ** 2
    np.testing.assert_allclose(np.asarray(task.loss(task.encode(y), logits)), squares.mean(axis=1), rtol=1e-5)
    values = task.activate(logits)
    np.testing.assert_allclose(values, logits.reshape(y.shape) * y.std(axis=0) + y.mean(axis=0), rtol=1e-6)
    assert task.score(task.encode(y), values) == pytest.approx(metrics.r2_score(y, values), rel=1e-5)
    assert task.decide(values) is values


def test_a_constant_target_has_scale_one_and_one_row_has_no_r2():
    task = Regression.from_targets(np.array([4.0, 4.0]))
    assert task.encode(np.array([4.0, 6.0])).tolist() == [0.0, 2.0]
    assert task.score(task.encode(np.array([5.0])), np.array([4.0])) == 0.0


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (np.array(["a", "a"]), "The target has one class only: 'a'. A classifier needs rows of at least two classes."),
        (np.array([1, 1]), "The target has one class only: 1."),
        (np.array([0.5, 1.7, 2.2]), "Unknown label type: continuous. A classifier wants a column of classes"),
        (np.array([[1, 2], [3, 4]]), "Unknown label type: multiclass-multioutput."),
        (np.array(["a", 1], dtype=object), "The classes are of types that cannot be told apart by order: '<'"),
        (np.array([b"a", b"b"]), "Support for labels represented as bytes is not supported."),
    ],
)
def test_targets_that_fit_no_task_are_refused(y, message):
    with pytest.raises(DataError, match=re.escape(message)):
        task_of(y, classifier=True)


@pytest.mark.parametrize("y", [np.array(["a", "z"]), np.array([1, 2])])
def test_a_class_that_was_not_there_is_refused(y):
    task = Binary.from_targets(np.array(["a", "b"]))
    strange = "'z'" if y.dtype.kind == "U" else "1"
    message = (
        f"The target has a class that was not there at the first fit: {strange}. Known classes: ['a', 'b']. "
        "Fit anew to learn it."
    )
    with pytest.raises(DataError, match=re.escape(message)):
        task.encode(y)


@pytest.mark.parametrize("task", [Multilabel(2), MultiRegression(np.zeros(2), np.ones(2))])
def test_another_number_of_columns_is_refused(task):
    message = "The target had 2 columns at the first fit; now its shape is (4, 3)."
    with pytest.raises(DataError, match=re.escape(message)):
        task.encode(np.zeros((4, 3)))


@pytest.mark.parametrize(("y", "cell"), [([[0, 2], [2, 0]], "2"), ([[-1, 1], [1, 1]], "-1")])
def test_multilabel_cells_other_than_0_and_1_are_refused(y, cell):
    task = task_of(np.array(y), classifier=True)
    message = f"A multilabel target is a matrix of 0 and 1, a column a label; a cell holds {cell}."
    with pytest.raises(DataError, match=re.escape(message)):
        task.encode(np.array(y))
