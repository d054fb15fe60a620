"""The pool of loops: which networks share a loop, exclusive use, and bounds."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from sklearn.base import clone

from tabemb import EmbeddingClassifier, EmbeddingRegressor
from tabemb.nn.bodies import Mlp
from tabemb.nn.tasks import TASKS, Binary, Multiclass, Regression, Task
from tabemb.training import pool as pool_module
from tabemb.training.pool import POOL, LoopPool, shape_key

SHAPE = {"decays": False, "drops": True}


def key(network, task, **changes):
    return shape_key(network.spec, task, **{**SHAPE, **changes})


@pytest.fixture
def pool():
    return LoopPool(most=2)


def take(pool, network, task, **changes):
    return pool.take(network.spec, task, table_factor=1.0, **{**SHAPE, **changes})


def test_names_seeds_sizes_and_classes_do_not_matter(workshop):
    plain = workshop.network()
    renamed = workshop.network()
    features = tuple(replace(each, name=f"other {each.name}") for each in renamed.spec.features)
    renamed.spec = replace(renamed.spec, features=features, seed=7)
    for other in (workshop.network(seed=1), workshop.network(size=40), renamed):
        assert key(other, Binary(np.array(["no", "yes"]))) == key(plain, workshop.task)
    standardized = [Regression.from_targets(np.array(y)) for y in ([1.0, 2.0], [5.0, 9.0])]
    assert key(plain, standardized[0]) == key(plain, standardized[1])


def test_whatever_is_compiled_in_matters(workshop):
    plain = workshop.network()
    keys = [
        key(plain, workshop.task),
        key(plain, workshop.task, decays=True),
        key(plain, workshop.task, shrinks=True),
        key(plain, workshop.task, holds=True),
        key(plain, workshop.task, drops=False),
        key(plain, Regression.from_targets(np.array([1.0, 2.0]))),
        key(workshop.network(shared=True), workshop.task),
        key(workshop.network(one_hot=True), workshop.task),
        key(workshop.network(one_hot=True, size=12), workshop.task),
        key(workshop.network(size=5000), workshop.task),
        key(workshop.network(body=Mlp(hidden_units=(8,), dropout=0.1)), workshop.task),
        key(workshop.network(body=Mlp(hidden_units=(9,), dropout=0.0)), workshop.task),
    ]
    assert len(set(keys)) == len(keys)
    assert key(workshop.network(body=Mlp(hidden_units=[8], dropout=0.0)), workshop.task) == keys[0]


def test_only_the_presence_of_rates_matters(workshop):
    networks = [workshop.network(rates=rates) for rates in ((1.0, 1.0), (1.0, 2.0), (8.0, 0.5))]
    keys = [key(network, workshop.task) for network in networks]
    assert keys[0] != keys[1] == keys[2]


@pytest.mark.parametrize("name", sorted(TASKS))
def test_tasks_with_the_same_key_have_the_same_loss(name):
    targets = np.array([[0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]) if "multi" in name else np.array([0.0, 1.0, 0.0])
    targets = np.array([0, 1, 2]) if name == "multiclass" else targets
    targets = np.array([[0.0, 1.0], [1.0, 1.0], [0.0, 0.0]]) if name == "ranking" else targets
    task = TASKS[name].from_targets(targets)
    logits = np.linspace(-1, 1, 3 * task.n_outputs, dtype="float32").reshape(3, -1)
    other = TASKS[name].from_targets(targets * 2 if not task.is_classifier else targets)
    assert task.loss_key() == other.loss_key()
    encoded = task.encode(targets)
    assert np.array_equal(task.loss(encoded, logits), other.loss(encoded, logits))


def test_the_key_of_a_custom_task_is_its_whole_state(workshop):
    @dataclass(frozen=True)
    class Weighted(Multiclass):
        loss_key = Task.loss_key

    one, two = Weighted(np.array([1, 2, 3])), Weighted(np.array([1, 2, 4]))
    assert key(workshop.network(), one) != key(workshop.network(), two)


def test_parts_that_cannot_be_compared_are_compiled_each_time(pool, workshop):
    network = workshop.network(body=Mlp(hidden_units=np.array([8]).tolist(), dropout=0.0))
    network.spec = replace(network.spec, body=Mlp(hidden_units=np.array([8])))
    assert key(network, workshop.task) is None


def test_large_tables_get_a_new_loop(workshop, monkeypatch):
    network = workshop.network(size=30)
    monkeypatch.setattr(pool_module, "MAX_ROWS", 60)
    assert key(network, workshop.task) is not None
    monkeypatch.setattr(pool_module, "MAX_ROWS", 59)
    assert key(network, workshop.task) is None


def test_a_returned_loop_is_reused_by_one_taker_at_a_time(pool, workshop):
    network = workshop.network()
    first = take(pool, network, workshop.task)
    second = take(pool, network, workshop.task)
    assert first is not second
    pool.give_back(first)
    assert len(pool) == 1
    assert take(pool, network, workshop.task) is first
    assert len(pool) == 0


def test_the_pool_is_bounded_and_drops_the_oldest_loop(pool, workshop):
    networks = [workshop.network(body=Mlp(hidden_units=(units,), dropout=0.0)) for units in (4, 5, 6)]
    loops = [take(pool, each, workshop.task) for each in networks]
    for loop in loops:
        pool.give_back(loop)
    assert len(pool) == 2
    assert take(pool, networks[0], workshop.task) is not loops[0]
    assert take(pool, networks[2], workshop.task) is loops[2]
    pool.clear()
    assert len(pool) == 0


def test_a_loop_with_many_weights_is_not_kept(pool, workshop, monkeypatch):
    loop = take(pool, workshop.network(), workshop.task)
    monkeypatch.setattr(pool_module, "MAX_WEIGHTS", loop.n_weights - 1)
    pool.give_back(loop)
    assert len(pool) == 0


@pytest.fixture
def table():
    rng = np.random.default_rng(0)
    X = rng.choice(["a", "b", "c", "d"], (60, 2)).astype(object)
    return X, (X[:, 0] > "b").astype(int)


def test_estimators_that_are_fitted_one_after_the_other_compile_once(table):
    POOL.clear()
    X, y = table
    model = EmbeddingClassifier(max_epochs=1, body={"name": "mlp", "hidden_units": (5,)}, random_state=0).fit(X, y)
    ((loop,),) = POOL._waiting.values()
    first = model.predict_proba(X)
    for seed, rows in ((1, slice(0, 50)), (0, slice(0, 60))):
        again = clone(model).set_params(random_state=seed).fit(X[rows], y[rows])
    assert loop._compiled[False].experimental_get_tracing_count() == 1
    assert loop._answers[False, True].experimental_get_tracing_count() == 1
    assert list(POOL._waiting.values()) == [[loop]]
    # A reused loop gives a bit-identical model, and does not keep it.
    assert np.array_equal(again.predict_proba(X), first)
    assert np.array_equal(model.predict_proba(X), first)


def test_networks_with_and_without_frozen_rows_use_different_loops(table):
    X, y = table
    words = {key: [float(place), 1.0 - place] for place, key in enumerate("abc")}
    model = EmbeddingClassifier(embedding_dim=2, max_epochs=1, one_hot_max_categories=0, random_state=0)
    POOL.clear()
    counts = []
    for params in ({}, {"pretrained": {"x0": words}}, {"pretrained": {"x0": words}, "freeze": "found"}):
        clone(model).set_params(**params).fit(X, y)
        counts.append(len(POOL))
    assert counts == [1, 1, 2]


def test_a_failed_fit_returns_no_loop(table):
    POOL.clear()
    X, _ = table
    model = EmbeddingRegressor(max_epochs=3, learning_rate=1e30, random_state=0)
    with pytest.raises(Exception, match="loss became"):
        model.fit(X, np.arange(60.0))
    assert len(POOL) == 0
