"""Temperature scaling on the validation set."""

import pickle
import re

import numpy as np
import pytest
from scipy.special import expit, softmax
from sklearn.metrics import log_loss

import tabemb
from tabemb import EmbeddingClassifier
from tabemb.estimators.calibration import best_temperature
from tabemb.estimators.held_out import held_out_logits
from tabemb.exceptions import DataError
from tabemb.nn.losses import FocalLoss
from tabemb.nn.seeds import Seeds
from tabemb.nn.tasks import Binary, Multiclass, Multilabel
from tabemb.training.batches import Rows

rng = np.random.default_rng(0)
SMALL = {"body": {"name": "mlp", "hidden_units": (16,)}, "target_statistics": False, "random_state": 0}


@pytest.mark.parametrize("factor", [0.5, 1.0, 3.0])
@pytest.mark.parametrize("kind", ["binary", "multiclass", "multilabel"])
def test_the_temperature_is_the_factor_by_which_logits_are_too_large(kind, factor):
    logits = rng.normal(0, 2, (20_000, {"binary": 1, "multiclass": 3, "multilabel": 2}[kind]))
    if kind == "multiclass":
        task = Multiclass(np.array([0, 1, 2]), loss_spec=FocalLoss())
        targets = (softmax(logits, axis=1).cumsum(axis=1) < rng.random((len(logits), 1))).sum(axis=1)
    else:
        task = Binary(np.array([0, 1])) if kind == "binary" else Multilabel(2)
        targets = (rng.random(logits.shape) < expit(logits)).astype("float32")
        targets = targets[:, 0] if kind == "binary" else targets
    assert best_temperature(task, targets, (factor * logits).astype("float32")) == pytest.approx(factor, rel=0.05)


def test_weights_change_the_temperature():
    task, logits = Binary(np.array([0, 1])), np.full((4, 1), np.log(81))
    targets = np.array([1.0, 1.0, 1.0, 0.0], "float32")
    assert best_temperature(task, targets, logits, np.array([2.0, 3.0, 4.0, 1.0])) == pytest.approx(2, abs=1e-2)


def noisy(kind, n=300):
    rng = np.random.default_rng(1)
    dest, carrier = rng.integers(0, 40, n), rng.integers(0, 3, n)
    X = np.column_stack([dest.astype(str), carrier.astype(str)]).astype(object)
    if kind == "multilabel":
        return X, ((dest[:, None] + np.arange(2)) % 2) ^ (rng.random((n, 2)) < 0.35)
    n_classes = 2 if kind == "binary" else 3
    return X, np.where(rng.random(n) < 0.5, rng.integers(0, n_classes, n), dest % n_classes)


@pytest.fixture(scope="module", params=["binary", "multiclass", "multilabel"])
def pair(request):
    """Fitted without and with calibration, and rows that neither has seen."""
    X, y = noisy(request.param)
    y = y.astype(int)
    plain, calibrated = (
        EmbeddingClassifier(**SMALL, max_epochs=5, learning_rate=0.02, calibration=how).fit(X[:150], y[:150])
        for how in (None, "temperature")
    )
    return plain, calibrated, X[150:], y[150:]


def loss_of(model, X, y):
    probabilities = model.predict_proba(X)
    if y.ndim == 2:
        return np.mean([log_loss(y[:, k], probabilities[:, k], labels=[0, 1]) for k in range(y.shape[1])])
    return log_loss(y, probabilities)


def test_calibration_keeps_the_predicted_classes(pair):
    plain, calibrated, X, _ = pair
    assert plain.temperature_ == 1.0
    assert 0.01 < calibrated.temperature_ < 100
    assert calibrated.temperature_ != 1.0
    assert np.array_equal(calibrated.predict(X), plain.predict(X))
    assert not np.array_equal(calibrated.predict_proba(X), plain.predict_proba(X))
    assert calibrated.history_ == plain.history_


def test_an_overconfident_network_has_a_smaller_log_loss(pair):
    plain, _, X, y = pair
    task, table = plain.task_, plain.encoder_.encode(X)
    sure = 10 * plain.network_({"indices": table.indices}).numpy()
    half = len(X) // 2
    temperature = best_temperature(task, task.encode(y)[:half], sure[:half])
    assert temperature > 2

    def loss(logits):
        return float(np.mean(task.loss(task.encode(y)[half:], logits[half:])))

    assert loss(sure / temperature) < loss(sure) - 0.05


def test_the_temperature_survives_saving_pickling_and_the_predictor(pair, tmp_path):
    _, calibrated, X, _ = pair
    expected = calibrated.predict_proba(X)
    calibrated.save(tmp_path / "model")
    loaded = tabemb.load(tmp_path / "model")
    assert loaded.temperature_ == calibrated.temperature_
    assert np.array_equal(loaded.predict_proba(X), expected)
    assert np.array_equal(pickle.loads(pickle.dumps(calibrated)).predict_proba(X), expected)
    np.testing.assert_allclose(calibrated.predictor().predict_proba(X), expected, atol=1e-6)


def test_calibration_corrects_the_confidence_of_the_focal_loss():
    X, y = noisy("binary", 3000)
    fits = {
        how: EmbeddingClassifier(**SMALL, max_epochs=8, loss={"name": "focal", "gamma": 5}, calibration=how)
        for how in (None, "temperature")
    }
    losses = {how: loss_of(model.fit(X[:2000], y[:2000]), X[2000:], y[2000:]) for how, model in fits.items()}
    assert fits["temperature"].temperature_ < 0.8
    assert losses["temperature"] < losses[None] - 0.01


def test_an_ensemble_has_one_temperature(flights, late, quick):
    model = EmbeddingClassifier(**quick, n_ensemble=2, calibration="temperature").fit(flights, late)
    single = EmbeddingClassifier(**quick, calibration="temperature").fit(flights, late)
    assert 0.01 < model.temperature_ < 100
    assert model.temperature_ != single.temperature_
    assert np.array_equal(model.fit(flights, late).predict_proba(flights), model.predict_proba(flights))


def test_sample_weights_change_the_temperature_of_a_fit(flights, late, quick):
    weights = np.where(late == "late", 5.0, 1.0)
    by_class = EmbeddingClassifier(**quick, calibration="temperature", class_weight={"late": 5.0}).fit(flights, late)
    by_row = EmbeddingClassifier(**quick, calibration="temperature").fit(flights, late, weights)
    assert by_class.temperature_ == by_row.temperature_


@pytest.mark.parametrize(
    ("params", "n", "message"),
    [
        (
            {"early_stopping": False},
            120,
            "Got early_stopping=False and 120 rows.",
        ),
        ({}, 19, "Got early_stopping=True and 19 rows."),
    ],
)
def test_calibration_without_a_validation_part_is_refused(params, n, message, flights, late, quick):
    model = EmbeddingClassifier(**quick, **params, calibration="temperature")
    message = (
        "calibration='temperature' needs a validation set, which takes early_stopping=True and at least 20 rows. "
        f"{message}"
    )
    with pytest.raises(DataError, match=re.escape(message)):
        model.fit(flights[:n], late[:n])


def test_partial_fit_refuses_calibration(flights, late, quick):
    model = EmbeddingClassifier(**quick, calibration="temperature")
    message = "calibration='temperature' is not supported for partial_fit, which has no validation set"
    with pytest.raises(DataError, match=re.escape(message)):
        model.partial_fit(flights, late)
    temperature = model.fit(flights, late).temperature_
    with pytest.raises(DataError, match=re.escape(message)):
        model.partial_fit(flights, late)
    assert model.set_params(calibration=None).partial_fit(flights, late).temperature_ == temperature


def test_held_out_rows_get_the_logits_of_the_member_that_held_them_out(flights, late, quick):
    body = {"name": "ensemble", "n_members": 4, "hidden_units": (8,)}
    params = {**quick, "body": body, "one_hot_max_categories": 0}
    model = EmbeddingClassifier(**params, embedding_dim=16, calibration="temperature")
    model.fit(flights, late)
    rows = Rows(table=model.encoder_.encode(flights), targets=model.task_.encode(late))
    held = model._split(rows, Seeds(0))[1]
    logits = held_out_logits(model._network, held)
    vectors = [model._network.vectors(f)[held.table.indices[:, f.position]] for f in model._network.spec.embedded]
    trunk = model._network.trunk
    given = {"vectors": np.hstack(vectors), "numbers": held.table.numbers, "indices": held.table.indices}
    of_all = trunk({name: given[name] for name in trunk.input}).numpy()
    assert logits.shape == (len(held), 1)
    assert of_all.shape == (len(held), 4, 1)
    np.testing.assert_allclose(logits[:, 0], of_all[np.arange(len(held)), held.folds, 0], atol=1e-6)
    assert model.temperature_ == pytest.approx(best_temperature(model.task_, held.targets, logits), rel=1e-3)


def test_given_validation_rows_have_no_weights_if_the_fit_has():
    X, y = noisy("binary")
    model = EmbeddingClassifier(**SMALL, max_epochs=2, calibration="temperature")
    model.fit(X[:200], y[:200], np.full(200, 2.0), X_val=X[200:], y_val=y[200:])
    assert 0.01 < model.temperature_ < 100
