"""Saving as data, and loading."""

import json
import os
import pickle
import re
import shutil

import keras
import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import load_file, save_file
from sklearn.exceptions import NotFittedError

import tabemb
from tabemb import EmbeddingClassifier, EmbeddingEncoder, EmbeddingRegressor
from tabemb.estimators import persistence
from tabemb.exceptions import FormatError, OutputError
from tabemb.inference import saved as saved_module
from tabemb.nn.bodies import BODIES, Mlp
from tabemb.nn.losses import QuantileLoss
from tabemb.nn.sizes import Half
from tabemb.training.schedules import CosineSchedule


def two_labels(late, flights):
    return np.column_stack([late == "late", flights["carrier"] == "UA"]).astype(int)


ESTIMATORS = {
    "binary": lambda q, X, y, d: EmbeddingClassifier(**q).fit(X, y),
    "multiclass": lambda q, X, y, d: EmbeddingClassifier(**q).fit(X, X["carrier"]),
    "integers as classes": lambda q, X, y, d: EmbeddingClassifier(**q).fit(X, X["hour"] % 3),
    "multilabel": lambda q, X, y, d: EmbeddingClassifier(**q).fit(X, two_labels(y, X)),
    "regression": lambda q, X, y, d: EmbeddingRegressor(**q).fit(X, d),
    "several numbers": lambda q, X, y, d: EmbeddingRegressor(**q).fit(X, np.column_stack([d, -d])),
    "encoder": lambda q, X, y, d: EmbeddingEncoder(**q, remainder="drop").fit(X, y),
    "quantiles and one-hot": lambda q, X, y, d: EmbeddingClassifier(
        **q, numeric="quantile", one_hot_max_categories=3
    ).fit(X, y),
    "an array": lambda q, X, y, d: EmbeddingClassifier(**q).fit(X.to_numpy(dtype=object), y),
    "focal, calibrated": lambda q, X, y, d: EmbeddingClassifier(
        **q, loss={"name": "focal", "gamma": 1.5}, label_smoothing=0.1, calibration="temperature"
    ).fit(X, y),
    "several quantiles": lambda q, X, y, d: EmbeddingRegressor(**q, loss=QuantileLoss((0.2, 0.8))).fit(X, d),
    "counts": lambda q, X, y, d: EmbeddingRegressor(**q, loss="poisson").fit(X, np.stack([d**2, d**2 + 1], axis=1)),
    "an ensemble": lambda q, X, y, d: EmbeddingClassifier(**q, n_ensemble=3).fit(X, y),
    "normalized": lambda q, X, y, d: EmbeddingClassifier(
        **{**q, "body": Mlp(hidden_units=(8,), normalization="batch")}
    ).fit(X, y),
}

for body in sorted(BODIES):
    ESTIMATORS[f"body {body}"] = lambda q, X, y, d, body=body: EmbeddingClassifier(
        **{**q, "body": body}, one_hot_max_categories=3
    ).fit(X, X["carrier"])


def answers(model, X):
    if not hasattr(model, "feature_names_in_"):
        X = X.to_numpy(dtype=object)
    if hasattr(model, "transform"):
        return [model.transform(X), model.get_feature_names_out()]
    return [model.predict(X), *([model.predict_proba(X)] if hasattr(model, "predict_proba") else [])]


@pytest.mark.parametrize("name", sorted(ESTIMATORS))
def test_a_loaded_estimator_predicts_exactly_the_same(name, flights, late, delay, quick, tmp_path):
    model = ESTIMATORS[name]({**quick, "max_epochs": 1}, flights, late, delay)
    model.save(tmp_path / "model")
    again = tabemb.load(tmp_path / "model")
    odd = flights.head(5).assign(dest=["NOWHERE", None, "IAH", "MIA", "ATL"])
    for X in (flights, odd):
        for one, two in zip(answers(model, X), answers(again, X), strict=True):
            assert one.dtype == two.dtype
            assert np.array_equal(one, two)
    assert type(again) is type(model)
    assert again.schema_ == model.schema_
    assert dict(again.vectors_) == dict(model.vectors_)
    assert again.history_ == model.history_
    assert again.histories_ == model.histories_
    assert len(again.networks_) == len(model.networks_)
    assert (again.n_epochs_, again.best_epoch_) == (model.n_epochs_, model.best_epoch_)
    assert again.n_features_in_ == model.n_features_in_
    assert (
        getattr(again, "feature_names_in_", np.array([])).tolist()
        == getattr(model, "feature_names_in_", np.array([])).tolist()
    )
    assert vars(again).keys() == vars(model).keys()
    assert sorted(each.name for each in (tmp_path / "model").iterdir()) == ["tabemb.json", "weights.safetensors"]


def test_loading_repeats_no_warning(flights, late, quick, tmp_path):
    with pytest.warns(UserWarning, match="no categorical column"):
        model = EmbeddingClassifier(**quick).fit(flights[["distance"]], late)
    model.save(tmp_path / "model")
    assert np.array_equal(
        tabemb.load(tmp_path / "model").predict(flights[["distance"]]), model.predict(flights[["distance"]])
    )


@pytest.fixture(scope="module")
def saved(classifier, tmp_path_factory):
    path = tmp_path_factory.mktemp("saved") / "model"
    classifier.save(path)
    return path


@pytest.fixture
def copy(saved, tmp_path):
    shutil.copytree(saved, tmp_path / "model")
    return tmp_path / "model"


PARAMETERS = [
    {"body": Mlp(hidden_units=(8, 4), dropout=0.3, normalization="layer")},
    {"body": {"name": "mlp", "hidden_units": [8], "dropout": 0.3}},
    {"schedule": CosineSchedule(warmup=0.1), "embedding_dim": Half(cap=3)},
    {"embedding_dim": {"dest": 5, "carrier": "half"}},
    {"embedding_dim": {"dest": Half(cap=2)}},
    {"embedding_dim": {"name": "fastai", "cap": 9}},
    {"embedding_dim": np.int64(4), "learning_rate": np.float32(0.5)},
    {"one_hot_max_categories": float("inf"), "min_frequency": 0.01, "max_categories": 5},
    {"categorical": ["hour"], "class_weight": {"late": 2.0, "on time": 1}},
    {"categorical": [2], "class_weight": {0: 1.0, 1: float("inf")}},
    {"categorical": ("hour",), "batch_size": 64, "tol": 0},
    {"class_weight": {"float": 1, "tuple": 2, "items": 3, "spec": 4}},
    {"random_state": 7, "verbose": 1, "early_stopping": False},
]


def same(one, two):
    if hasattr(one, "get_params"):
        return type(one) is type(two) and same(one.get_params(), two.get_params())
    if isinstance(one, dict):
        return list(one) == list(two) and all(same(one[key], two[key]) for key in one)
    return one == two and isinstance(two, (tuple, list)) == isinstance(one, (tuple, list))


@pytest.mark.parametrize("params", PARAMETERS, ids=lambda params: next(iter(params)))
def test_parameters_survive_a_round_trip(params):
    model = EmbeddingClassifier(**params)
    text = json.dumps(persistence._params_to_json(model))
    again = {name: persistence._from_json(name, value) for name, value in json.loads(text).items()}
    assert same(model.get_params(deep=False), again)


def test_parameters_that_are_no_data_are_saved_as_their_result(flights, late, quick, tmp_path):
    model = EmbeddingClassifier(
        **{**quick, "random_state": np.random.RandomState(0), "max_epochs": 1},
        categorical=lambda X: ["hour"],
        callbacks=[keras.callbacks.Callback()],
    ).fit(flights, late)
    model.save(tmp_path / "model")
    again = tabemb.load(tmp_path / "model")
    assert again.categorical == ["dest", "carrier", "hour"]
    assert again.callbacks is None
    assert again.random_state is None
    assert np.array_equal(again.predict_proba(flights), model.predict_proba(flights))


def test_column_names_may_be_a_pandas_index(flights, late, quick, tmp_path):
    model = EmbeddingClassifier(**{**quick, "max_epochs": 1}, categorical=flights.columns[2:3]).fit(flights, late)
    model.save(tmp_path / "model")
    assert tabemb.load(tmp_path / "model").categorical == ["hour"]


def test_a_loaded_estimator_can_be_trained_saved_and_pickled(saved, flights, late, tmp_path):
    model = tabemb.load(saved).partial_fit(flights, late)
    model.save(tmp_path / "deep" / "er" / "model")
    again = tabemb.load(str(tmp_path / "deep" / "er" / "model"))
    assert np.array_equal(again.predict_proba(flights), model.predict_proba(flights))
    assert np.array_equal(pickle.loads(pickle.dumps(again)).predict_proba(flights), model.predict_proba(flights))


# ---------------------------------------------------------------- writing


def test_an_earlier_save_is_replaced(copy, regressor, flights):
    regressor.save(copy)
    assert np.array_equal(tabemb.load(copy).predict(flights), regressor.predict(flights))
    assert [each.name for each in copy.parent.iterdir()] == ["model"]


@pytest.mark.parametrize("kind", ["folder", "file"])
def test_other_files_and_folders_are_not_replaced(kind, classifier, tmp_path):
    path = tmp_path / "mine"
    if kind == "file":
        path.write_text("notes")
    else:
        path.mkdir()
        (path / "notes.txt").write_text("notes")
    message = f"Cannot write {path}: " + (
        "there is a file of that name." if kind == "file" else "it holds 'notes.txt', which would be lost."
    )
    with pytest.raises(OutputError, match=re.escape(message)):
        classifier.save(path)
    assert (path if kind == "file" else path / "notes.txt").read_text() == "notes"


def test_an_unwritable_path_is_refused(classifier, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match=re.escape(f"Cannot write {tmp_path / 'file' / 'model'}: ")):
        classifier.save(tmp_path / "file" / "model")


@pytest.mark.skipif(os.name != "posix", reason="modes of a POSIX system")
def test_state_and_weights_have_the_same_permissions(copy):
    assert (copy / "weights.safetensors").stat().st_mode == (copy / "tabemb.json").stat().st_mode


@pytest.mark.parametrize("error", [OSError("disk full"), RuntimeError("killed"), KeyboardInterrupt()])
@pytest.mark.parametrize("point", ["persistence.save_arrays", "files._swap"])
def test_a_crash_while_saving_keeps_the_old_directory(error, point, copy, regressor, classifier, flights, monkeypatch):
    def crash(*args):
        raise error

    monkeypatch.setattr(f"tabemb.{'estimators.' if point.startswith('persistence') else ''}{point}", crash)
    with pytest.raises(OutputError if isinstance(error, OSError) else type(error)):
        regressor.save(copy)
    monkeypatch.undo()
    assert [each.name for each in copy.parent.iterdir()] == ["model"]
    assert np.array_equal(tabemb.load(copy).predict_proba(flights), classifier.predict_proba(flights))


def test_a_crash_between_the_two_renames_restores_the_old_directory(copy, regressor, classifier, flights, monkeypatch):
    def crash(source, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", crash)
    with pytest.raises(OutputError, match=re.escape(f"Cannot write {copy}: No space left on device.")):
        regressor.save(copy)
    monkeypatch.undo()
    assert [each.name for each in copy.parent.iterdir()] == ["model"]
    assert np.array_equal(tabemb.load(copy).predict_proba(flights), classifier.predict_proba(flights))


def test_an_unfitted_estimator_is_not_saved(tmp_path):
    with pytest.raises(NotFittedError, match="This EmbeddingClassifier instance is not fitted yet"):
        EmbeddingClassifier().save(tmp_path / "model")
    assert list(tmp_path.iterdir()) == []


# ---------------------------------------------------------------- reading


def test_loading_runs_no_code_from_the_directory(copy, classifier, flights, monkeypatch):
    def forbidden(*args, **kwargs):
        raise AssertionError("code was deserialized")

    (copy / "model.keras").write_bytes(b"not read")
    (copy / "estimator.pkl").write_bytes(pickle.dumps(print))
    for module, name in (
        (pickle, "load"),
        (pickle, "loads"),
        (pickle, "Unpickler"),
        (keras.saving, "load_model"),
        (keras.saving, "deserialize_keras_object"),
        (keras.models, "model_from_json"),
        (np, "load"),
        (pd, "read_pickle"),
    ):
        monkeypatch.setattr(module, name, forbidden)
    assert np.array_equal(tabemb.load(copy).predict_proba(flights), classifier.predict_proba(flights))


def damage(copy, how):
    state = json.loads((copy / "tabemb.json").read_text())
    weights = load_file(copy / "weights.safetensors")
    if how == "state missing":
        (copy / "tabemb.json").unlink()
    elif how == "weights missing":
        (copy / "weights.safetensors").unlink()
    elif how == "folder missing":
        shutil.rmtree(copy)
    elif how == "state truncated":
        (copy / "tabemb.json").write_text((copy / "tabemb.json").read_text()[:-50])
    elif how == "state no mapping":
        (copy / "tabemb.json").write_text("[]")
    elif how == "weights truncated":
        (copy / "weights.safetensors").write_bytes((copy / "weights.safetensors").read_bytes()[:-10])
    elif how == "weights empty":
        (copy / "weights.safetensors").write_bytes(b"")
    elif how == "array missing":
        del weights["network-0/0000"]
        save_file(weights, copy / "weights.safetensors")
    elif how == "array misshapen":
        weights["network-0/0000"] = weights["network-0/0000"][:, :1].copy()
        save_file(weights, copy / "weights.safetensors")
    else:
        change = {
            "other format": {"format": 99},
            "other class": {"class": "os.system"},
            "other parameter": {"params": {**state["params"], "shell": "rm"}},
            "other task": {"task": {"name": "binry"}},
            "no table": {"table": None},
            "entry missing": {"n_epochs": None},
        }[how]
        state.update(change)
        if how == "entry missing":
            del state["n_epochs"]
        (copy / "tabemb.json").write_text(json.dumps(state))


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("folder missing", "There is no saved estimator at {path}: expected a directory."),
        ("state missing", "{path} is not a complete saved estimator: tabemb.json is missing. Save it again."),
        ("weights missing", "{path} is not a complete saved estimator: weights.safetensors is missing. Save it again."),
        ("state truncated", "{path}/tabemb.json is not JSON: "),
        ("state no mapping", "{path}/tabemb.json has format None, but this tabemb reads format 2."),
        ("weights truncated", "{path}/weights.safetensors cannot be read: "),
        ("weights empty", "{path}/weights.safetensors cannot be read: "),
        ("array missing", "{path} is not a complete saved estimator: "),
        ("array misshapen", "{path} is not a complete saved estimator: "),
        ("other format", "{path}/tabemb.json has format 99, but this tabemb reads format 2."),
        ("other class", "{path}/tabemb.json names an unknown class: 'os.system'. Known: EmbeddingClassifier,"),
        ("other parameter", "{path} is not a complete saved estimator: "),
        ("other task", "{path} is not a complete saved estimator: No task named 'binry'."),
        ("no table", "{path} is not a complete saved estimator: "),
        ("entry missing", "{path} is not a complete saved estimator: 'n_epochs'."),
    ],
)
def test_a_damaged_directory_is_refused(how, message, copy):
    damage(copy, how)
    with pytest.raises(FormatError, match=re.escape(message.format(path=copy))):
        tabemb.load(copy)


def test_a_model_that_is_replaced_while_it_is_read_is_read_again(copy, regressor, flights, monkeypatch):
    def read(path):
        monkeypatch.undo()
        arrays = load_file(path)
        regressor.save(copy)
        return arrays

    monkeypatch.setattr(saved_module, "load_file", read)
    assert np.array_equal(tabemb.load(copy).predict(flights), regressor.predict(flights))


def test_set_output_is_saved(tmp_path):
    X = pd.DataFrame({"dest": ["a", "b"] * 20})
    encoder = EmbeddingEncoder(max_epochs=1, random_state=0).set_output(transform="pandas").fit(X, [0, 1] * 20)
    encoder.save(tmp_path / "encoder")
    pd.testing.assert_frame_equal(tabemb.load(tmp_path / "encoder").transform(X), encoder.transform(X))
