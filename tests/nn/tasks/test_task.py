"""What every task keeps, over the registry."""

import json
import re

import numpy as np
import pytest

from tabemb.exceptions import DataError
from tabemb.nn.losses import LOSSES, FocalLoss, PoissonDeviance, QuantileLoss
from tabemb.nn.tasks import TASKS, Multilabel, MultiRegression, Quantiles, task_from_state, task_of
from tabemb.nn.tasks.task import ClassTask, Task

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
    "ranking": [np.column_stack([rng.integers(0, 4, 20), rng.integers(0, 4, 20)])],
    "quantiles": [rng.normal(5, 3, 20), np.full(20, 4.0)],
}
CASES = [
    pytest.param(name, y, id=f"{name}-{y.dtype}-{place}")
    for name in sorted(TARGETS)
    for place, y in enumerate(TARGETS[name])
]


def test_every_task_with_a_target_is_tested():
    assert set(TARGETS) == set(TASKS)


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
    shapes = {"quantiles": (20, 3), "ranking": (20,)}
    assert task.decide(activated).shape == shapes.get(name, y.shape)
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
def test_the_start_is_the_best_answer_that_is_the_same_for_all(name, y):
    task = TASKS[name].from_targets(y)
    targets, weights = task.encode(y), np.linspace(0.5, 2, len(y))
    for sample_weight in (None, weights):
        start = task.start(targets, sample_weight)
        assert start.shape == (task.n_outputs,)
        if not task.is_classifier:
            assert not start.any()
            continue
        answer = task.activate(np.tile(start, (1, 1)))[0]
        share = np.average(targets, axis=0, weights=sample_weight) if targets.dtype == "float32" else None
        if name == "binary":
            np.testing.assert_allclose(answer, [1 - share, share], atol=0.02)
        elif name == "multilabel":
            np.testing.assert_allclose(answer, share, atol=0.02)
        else:
            counts = np.bincount(targets, sample_weight)
            np.testing.assert_allclose(answer, counts / counts.sum(), atol=0.02)
            assert start.mean() == pytest.approx(0, abs=1e-6)


def test_a_class_that_is_not_there_yet_has_a_finite_start():
    task = TASKS["multiclass"](np.array(["a", "b", "c"]))
    start = task.start(task.encode(np.array(["a", "b", "b"])))
    assert np.isfinite(start).all()
    assert start[2] < start[0] < start[1]


OTHERS = {"ranking": "relevances"}
LOSSES_OF = [
    pytest.param(name, loss, id=f"{name}-{loss}")
    for name in sorted(TARGETS)
    for loss in sorted(LOSSES)
    if LOSSES[loss].predicts == ("classes" if TASKS[name].is_classifier else OTHERS.get(name, "numbers"))
    and (name == "quantiles") == (LOSSES[loss]().n_values > 1)
]


@pytest.mark.parametrize(("name", "loss"), LOSSES_OF)
def test_every_loss_goes_with_every_task_that_it_fits(name, loss):
    y = np.abs(TARGETS[name][0]) + 1.0 if not TASKS[name].is_classifier else TARGETS[name][0]
    params = {"label_smoothing": 0.2} if TASKS[name].is_classifier else {}
    task = TASKS[name].from_targets(y, LOSSES[loss](), **params)
    targets, logits = task.encode(y), logits_for(task, len(y))
    for each in (task.loss, task.training_loss):
        losses = np.asarray(each(targets, logits))
        assert losses.shape == (len(y),)
        assert losses.dtype == "float32"
        assert (losses >= -1e-6).all()
    again = task_from_state(json.loads(json.dumps({"name": name, **task.to_state()})))
    assert np.array_equal(again.activate(logits), task.activate(logits))
    assert np.array_equal(again.training_loss(targets, logits), task.training_loss(targets, logits))
    assert again.loss_key() == task.loss_key()
    assert np.isfinite(task.score(targets, task.activate(logits)))


def test_keys_tell_losses_and_smoothings_apart():
    y, numbers = np.array([0, 1]), np.array([1.0, 2.0])
    keys = [
        task_of(y, classifier=True).loss_key(),
        task_of(y, classifier=True, label_smoothing=0.1).loss_key(),
        task_of(y, classifier=True, loss=FocalLoss()).loss_key(),
        task_of(y, classifier=True, loss=FocalLoss(gamma=1.0)).loss_key(),
        task_of(numbers, classifier=False).loss_key(),
        task_of(numbers, classifier=False, loss=PoissonDeviance()).loss_key(),
        task_of(numbers, classifier=False, loss=QuantileLoss(0.5)).loss_key(),
        task_of(numbers, classifier=False, loss=QuantileLoss((0.5, 0.6))).loss_key(),
        task_of(numbers, classifier=False, loss=QuantileLoss((0.5, 0.7))).loss_key(),
    ]
    assert len(set(keys)) == len(keys)
    assert task_of(5 * numbers, classifier=False, loss=QuantileLoss((0.5, 0.6))).loss_key() == keys[-2]
    assert task_of(np.array(["a", "b"]), classifier=True, loss=FocalLoss()).loss_key() == keys[2]


@pytest.mark.parametrize("name", sorted(name for name in TASKS if TASKS[name].is_classifier))
def test_smoothing_is_a_share_of_every_answer_and_only_trained(name):
    y = TARGETS[name][0]
    plain, smooth = (TASKS[name].from_targets(y, label_smoothing=share) for share in (0.0, 0.3))
    targets, logits = plain.encode(y), logits_for(plain, len(y))
    assert np.array_equal(smooth.loss(targets, logits), plain.loss(targets, logits))
    assert np.array_equal(plain.training_loss(targets, logits), plain.loss(targets, logits))
    if name == "multiclass":
        any_answer = np.mean([plain.loss(np.full(len(y), k), logits) for k in range(3)], axis=0)
    else:
        any_answer = (plain.loss(0 * targets, logits) + plain.loss(0 * targets + 1, logits)) / 2
    expected = 0.7 * np.asarray(plain.loss(targets, logits)) + 0.3 * np.asarray(any_answer)
    np.testing.assert_allclose(np.asarray(smooth.training_loss(targets, logits)), expected, rtol=1e-5)


@pytest.mark.parametrize("name", sorted(name for name in TASKS if TASKS[name].is_classifier))
def test_a_temperature_divides_the_logits(name):
    y = TARGETS[name][0]
    plain = TASKS[name].from_targets(y)
    warm = task_from_state({"name": name, **plain.to_state(), "temperature": 2.0})
    logits = logits_for(plain, len(y))
    np.testing.assert_allclose(warm.activate(logits), plain.activate(logits / 2), rtol=1e-6)
    assert np.array_equal(warm.decide(warm.activate(logits)), plain.decide(plain.activate(logits)))
    assert np.array_equal(warm.loss(plain.encode(y), logits), plain.loss(plain.encode(y), logits))
    assert warm.loss_key() == plain.loss_key()


@pytest.mark.parametrize("task", [Multilabel(2), MultiRegression(np.zeros(2), np.ones(2))])
def test_another_number_of_columns_is_refused(task):
    message = "The target had 2 columns at the first fit; now its shape is (4, 3)."
    with pytest.raises(DataError, match=re.escape(message)):
        task.encode(np.zeros((4, 3)))


@pytest.mark.parametrize("method", ["from_targets", "encode", "loss", "activate", "score", "to_state", "from_state"])
def test_a_task_of_ones_own_has_to_define_its_methods(method):
    arguments = {"loss": 2, "score": 2, "to_state": 0}.get(method, 1)
    defined = {"activate": "answer"}.get(method, method)
    with pytest.raises(TypeError, match=f"a task must define {defined}"):
        getattr(Task(), method)(*[None] * arguments)


def test_tasks_with_classes_are_told_by_their_type():
    assert all(issubclass(each, ClassTask) == each.is_classifier for each in TASKS.values())
    assert isinstance(task_of(np.arange(5.0), classifier=False, loss=QuantileLoss()), Quantiles)
