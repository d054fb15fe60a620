"""Saving as data, and loading."""

import json
import os
import pickle
import random
import re
import shutil
import threading
from contextlib import nullcontext

import keras
import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import load_file, save_file
from sklearn.exceptions import NotFittedError

import tabemb
from tabemb import EmbeddingClassifier, EmbeddingEncoder, EmbeddingRegressor, files
from tabemb.estimators import persistence
from tabemb.estimators.persistence import only_these_weights, params_to_json
from tabemb.exceptions import FormatError, OutputError, UnknownNameError
from tabemb.files import digest_of_file, sealed
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


# These keep something of the training: averages of batches, a temperature, the rows that each network held out.
TRAINED = {"binary", "regression", "encoder", "focal, calibrated", "an ensemble", "normalized", "body ensemble"}


@pytest.mark.parametrize("name", sorted(ESTIMATORS))
def test_a_loaded_estimator_predicts_exactly_the_same(name, flights, late, delay, quick, untrained, tmp_path):
    with nullcontext() if name in TRAINED else untrained():
        model = ESTIMATORS[name]({**quick, "max_epochs": 1}, flights, late, delay)
    if name not in TRAINED:
        # Weights that no initializer would draw again.
        generator = np.random.default_rng(0)
        for network in model.networks_:
            network.set_weights([each + generator.uniform(0, 0.1, each.shape) for each in network.get_weights()])
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


def test_loading_repeats_no_warning(flights, late, quick, untrained, tmp_path):
    with untrained(), pytest.warns(UserWarning, match="no categorical column"):
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
    text = json.dumps(persistence.params_to_json(model))
    again = {name: persistence._from_json(name, value) for name, value in json.loads(text).items()}
    assert same(model.get_params(deep=False), again)


def test_parameters_that_are_no_data_are_saved_as_their_result(flights, late, quick, untrained, tmp_path):
    model = EmbeddingClassifier(
        **{**quick, "random_state": np.random.RandomState(0)},
        categorical=lambda X: ["hour"],
        callbacks=[keras.callbacks.Callback()],
    )
    with untrained():
        model.fit(flights, late)
    model.save(tmp_path / "model")
    again = tabemb.load(tmp_path / "model")
    assert again.categorical == ["dest", "carrier", "hour"]
    assert again.callbacks is None
    assert again.random_state is None
    assert np.array_equal(again.predict_proba(flights), model.predict_proba(flights))


def test_column_names_may_be_a_pandas_index(flights, late, quick, untrained, tmp_path):
    with untrained():
        model = EmbeddingClassifier(**quick, categorical=flights.columns[2:3]).fit(flights, late)
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
@pytest.mark.parametrize("point", ["persistence.write_saved", "files._swap"])
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

    monkeypatch.setattr(files, "_exchange", lambda one, other: False)
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


def reseal(copy, state=None):
    """Write the state with digests of itself and the weights, as somebody would who wants them to fit."""
    state = json.loads((copy / "tabemb.json").read_text()) if state is None else state
    state["weights"] = digest_of_file(copy / "weights.safetensors")
    (copy / "tabemb.json").write_text(json.dumps(sealed(state)))


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
        reseal(copy)
    elif how == "array misshapen":
        weights["network-0/0000"] = weights["network-0/0000"][:, :1].copy()
        save_file(weights, copy / "weights.safetensors")
        reseal(copy)
    elif how in ("NaN", "infinite"):
        weights["network-0/0000"][1, 0] = np.nan if how == "NaN" else np.inf
        save_file(weights, copy / "weights.safetensors")
        reseal(copy)
    elif how == "other weights":
        save_file(weights | {"network-0/0000": weights["network-0/0000"] + 1}, copy / "weights.safetensors")
    elif how == "edited by hand":
        (copy / "tabemb.json").write_text(json.dumps(state | {"n_epochs": 7}))
    elif how == "digest missing":
        del state["digest"]
        (copy / "tabemb.json").write_text(json.dumps(state))
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
        reseal(copy, state)


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("folder missing", "There is no saved estimator at {path}: expected a directory."),
        ("state missing", "{path} is not a complete saved estimator: tabemb.json is missing. Save it again."),
        ("weights missing", "{path} is not a complete saved estimator: weights.safetensors is missing. Save it again."),
        ("state truncated", "{path}/tabemb.json is not JSON: "),
        ("state no mapping", "{path}/tabemb.json has format None, but this tabemb reads format 3."),
        ("weights truncated", "{path}/weights.safetensors is damaged or of another save: "),
        ("weights empty", "{path}/weights.safetensors is damaged or of another save: "),
        ("other weights", "{path}/weights.safetensors is damaged or of another save: "),
        ("NaN", "{path}/weights.safetensors is damaged: network-0/0000 holds nan in 1 of "),
        ("infinite", "{path}/weights.safetensors is damaged: network-0/0000 holds inf in 1 of "),
        ("edited by hand", "{path}/tabemb.json is damaged: its content does not match its digest."),
        ("digest missing", "{path}/tabemb.json is damaged: its content does not match its digest."),
        ("array missing", "{path} is not a complete saved estimator: "),
        ("array misshapen", "{path} is not a complete saved estimator: "),
        ("other format", "{path}/tabemb.json has format 99, but this tabemb reads format 3."),
        ("other class", "{path}/tabemb.json names an unknown class: 'os.system'. Known: EmbeddingClassifier,"),
        ("other parameter", "{path} is not a complete saved estimator: "),
        ("other task", "{path} is not a complete saved estimator: No task named 'binry'."),
        ("no table", "{path} is not a complete saved estimator: "),
        ("entry missing", "{path} is not a complete saved estimator: it has no 'n_epochs'."),
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


def test_set_output_is_saved(tmp_path, untrained):
    X = pd.DataFrame({"dest": ["a", "b"] * 20})
    with untrained():
        encoder = EmbeddingEncoder(random_state=0).set_output(transform="pandas").fit(X, [0, 1] * 20)
    encoder.save(tmp_path / "encoder")
    pd.testing.assert_frame_equal(tabemb.load(tmp_path / "encoder").transform(X), encoder.transform(X))


# ---------------------------------------------------------------- what can be fitted can be saved

ODD_CATEGORIES = {
    "open bins": pd.cut(np.arange(120) % 70, [-np.inf, 18, 40, 65, np.inf]),
    "open bins, left": pd.IntervalIndex.from_breaks([-np.inf, 0, np.inf], closed="left").take(np.arange(120) % 2),
    "lone surrogates": pd.Series(["caf\udce9", "\ud83d", "b", "\udcff\udcfe"] * 30, dtype=object),
    "a pair of surrogates beside its character": pd.Series(["\ud83d\ude00", "\U0001f600", "b"] * 40, dtype=object),
    "control characters": pd.Series(["a\0b", "\x1b[31m", "\u2028"] * 40, dtype=object),
    "mixed types": pd.Series([1, "1", True, 2.5] * 30, dtype=object),
}


@pytest.mark.parametrize("kind", sorted(ODD_CATEGORIES))
@pytest.mark.parametrize("estimator", [EmbeddingClassifier, EmbeddingEncoder, EmbeddingRegressor])
def test_odd_categories_are_saved_and_loaded(estimator, kind, quick, untrained, tmp_path):
    X = pd.DataFrame({"c": ODD_CATEGORIES[kind], "other": list("abcd") * 30})
    options = {"one_hot_max_categories": 0} if estimator is not EmbeddingEncoder else {}
    with untrained():
        model = estimator(**quick, categorical=["c"], **options).fit(X, np.arange(120) % 2)
    model.save(tmp_path / "model")
    again = tabemb.load(tmp_path / "model")
    assert again.encoder_.vocabularies["c"] == model.encoder_.vocabularies["c"]
    for one, two in zip(answers(model, X), answers(again, X), strict=True):
        assert np.array_equal(one, two)


@pytest.mark.parametrize(
    "changes",
    [
        {"body": "resnet"},
        {"body__dropout": 0.5},
        {"embedding_dim": 7},
        {"numeric": "periodic"},
        {"one_hot_max_categories": 100},
        {"embedding_dim": 3, "max_epochs": 9, "learning_rate": 0.5, "categorical": []},
        {"n_ensemble": 3},
        {"embedding_dim": "no such"},
    ],
    ids=str,
)
def test_parameters_set_after_the_fit_do_not_reach_the_saved_model(changes, flights, late, quick, untrained, tmp_path):
    with untrained():
        model = EmbeddingClassifier(**quick).fit(flights, late)
    fitted, before = params_to_json(model), model.predict_proba(flights)
    model.set_params(**changes).save(tmp_path / "model")
    again = tabemb.load(tmp_path / "model")
    assert np.array_equal(again.predict_proba(flights), before)
    assert params_to_json(again) == fitted
    again.set_params(**changes).save(tmp_path / "again")
    assert np.array_equal(tabemb.load(tmp_path / "again").predict_proba(flights), before)


@pytest.mark.parametrize("how", ["fit", "partial_fit", "encoder", "encoder without folds"])
def test_a_changed_part_does_not_reach_the_saved_model(how, flights, late, quick, untrained, tmp_path):
    body = Mlp(hidden_units=(8,))
    quick = {**quick, "body": body}
    if how.startswith("encoder"):
        model = EmbeddingEncoder(**quick, cv=None if "without" in how else 2)
    else:
        model = EmbeddingClassifier(**quick)
    with untrained():
        model = model.partial_fit(flights, late) if how == "partial_fit" else model.fit(flights, late)
    body.hidden_units = (4, 4)
    model.save(tmp_path / "model")
    again = tabemb.load(tmp_path / "model")
    assert again.body.hidden_units == (8,)
    for one, two in zip(answers(model, flights), answers(again, flights), strict=True):
        np.testing.assert_array_equal(one, two)


def test_a_body_of_ones_own_can_be_fitted_and_is_named_when_it_is_saved(flights, late, quick, tmp_path):
    class Mine(Mlp):
        pass

    model = EmbeddingClassifier(**{**quick, "max_epochs": 1, "body": Mine(hidden_units=(8,))}).fit(flights, late)
    with pytest.raises(UnknownNameError, match="Mine"):
        model.save(tmp_path / "model")
    assert list(tmp_path.iterdir()) == []


def test_weights_that_are_no_numbers_are_not_saved(flights, late, quick, untrained, tmp_path):
    with untrained():
        model = EmbeddingClassifier(**quick).fit(flights, late)
    model.save(tmp_path / "model")
    weights = model.network_.get_weights()
    weights[-1] = np.full_like(weights[-1], np.nan)
    model.network_.set_weights(weights)
    with pytest.raises(OutputError, match=r"cannot be saved: network-0/\d+ holds nan in 1 of 1 numbers\. Fit it again"):
        model.save(tmp_path / "model")
    assert np.isfinite(tabemb.load(tmp_path / "model").predict_proba(flights)).all()


# ---------------------------------------------------------------- damage, two versions, size


def test_every_flipped_bit_is_noticed(copy):
    generator = np.random.default_rng(0)
    for name in ("weights.safetensors", "tabemb.json"):
        raw = (copy / name).read_bytes()
        meaning = json.loads(raw) if name.endswith("json") else None
        for bit in generator.integers(0, 8 * len(raw), size=60):
            changed = bytearray(raw)
            changed[bit // 8] ^= 1 << bit % 8
            (copy / name).write_bytes(changed)
            try:
                # A space that became a line break changes nothing.
                if meaning is not None and json.loads(changed) == meaning:
                    continue
            except ValueError:
                pass
            with pytest.raises(FormatError, match=re.escape(str(copy))):
                tabemb.load(copy)
            with pytest.raises(FormatError, match=re.escape(str(copy))):
                tabemb.load_predictor(copy)
        (copy / name).write_bytes(raw)
    tabemb.load(copy)


def test_files_of_two_saves_are_not_mixed(copy, classifier, flights, late, quick, tmp_path):
    other = EmbeddingClassifier(**{**classifier.get_params(), "random_state": 5}).fit(flights, late)
    other.save(tmp_path / "other")
    shutil.copy(tmp_path / "other" / "weights.safetensors", copy / "weights.safetensors")
    for load in (tabemb.load, tabemb.load_predictor):
        with pytest.raises(FormatError, match=r"weights\.safetensors is damaged or of another save"):
            load(copy)


def test_loads_beside_saves_see_one_model_each(copy, classifier, regressor, flights):
    """The two models differ in class, so a mixture would be an error."""
    done = threading.Event()
    thread = threading.Thread(target=lambda: ([m.save(copy) for m in (regressor, classifier) * 15], done.set()))
    wanted = {type(m).__name__: m.predict(flights) for m in (regressor, classifier)}
    thread.start()
    while not done.is_set():
        again = tabemb.load_predictor(copy)
        name = "EmbeddingClassifier" if hasattr(again, "predict_proba") else "EmbeddingRegressor"
        assert np.array_equal(again.predict(flights), wanted[name])
    thread.join()
    assert [each.name for each in copy.parent.iterdir()] == ["model"]


def test_a_save_before_there_were_digests_is_read(copy, classifier, flights):
    state = json.loads((copy / "tabemb.json").read_text())
    del state["digest"], state["weights"]
    (copy / "tabemb.json").write_text(json.dumps(state | {"format": 2}))
    assert np.array_equal(tabemb.load(copy).predict_proba(flights), classifier.predict_proba(flights))
    assert np.array_equal(tabemb.load_predictor(copy).predict(flights), classifier.predict(flights))


def grow(state, what):
    body = {"spec": "mlp", "params": {"items": [["hidden_units", {"tuple": [50_000, 50_000]}]]}}
    if what == "a column's vectors":
        state["sizes"]["dest"] = 10**9
    elif what == "a body":
        state["params"]["body"] = body
    elif what == "a deep body":
        body["params"]["items"][0][1]["tuple"] = [8] * 100_000
        state["params"]["body"] = body
    elif what == "members":
        state["params"]["body"] = {"spec": "tabm", "params": {"items": [["n_members", 10**7]]}}
    elif what == "an ensemble":
        state["networks"] *= 100_000
    elif what == "periodic numbers":
        state["params"]["numeric"] = {"spec": "periodic", "params": {"items": [["n_frequencies", 10**8]]}}


@pytest.mark.parametrize(
    "what", ["a column's vectors", "a body", "a deep body", "members", "an ensemble", "periodic numbers"]
)
def test_a_state_larger_than_its_weights_is_refused_before_it_is_built(what, copy, monkeypatch):
    state = json.loads((copy / "tabemb.json").read_text())
    grow(state, what)
    reseal(copy, state)
    built, real = [], keras.layers.Layer.add_weight
    monkeypatch.setattr(
        keras.layers.Layer, "add_weight", lambda *args, **rest: (built.append(real(*args, **rest)), built[-1])[1]
    )
    with pytest.raises(FormatError, match=re.escape(f"{copy} is not a complete saved estimator: ")):
        tabemb.load(copy)
    size = (copy / "weights.safetensors").stat().st_size
    assert sum(4 * np.prod(weight.shape) for weight in built) <= size


BROKEN = [10**30, -1, 1.5, None, True, "x", [], {}, [[[]]], {"float": "1e400"}, float("inf"), "\udce9"]


def entries(value, at=()):
    """Yield the place of each value in JSON values; of long lists, of the first two."""
    yield at
    inner = value.items() if isinstance(value, dict) else enumerate(value[:2]) if isinstance(value, list) else ()
    for key, each in inner:
        yield from entries(each, (*at, key))


def test_a_state_with_any_entry_changed_is_loaded_or_refused(copy):
    generator = random.Random(0)
    whole = json.loads((copy / "tabemb.json").read_text())
    places = [at for at in entries(whole) if at and at[0] not in ("histories", "versions", "digest")]
    loaded, messages = 0, []
    for top in sorted({at[0] for at in places}):
        within = [at for at in places if at[0] == top]
        for at in [(top,), *generator.choices(within, k=min(len(within), 3))]:
            state = json.loads(json.dumps(whole))
            inside = state
            for key in at[:-1]:
                inside = inside[key]
            inside[at[-1]] = generator.choice(BROKEN)
            (copy / "tabemb.json").write_text(json.dumps(sealed(state)))
            for load in (tabemb.load, tabemb.load_predictor):
                try:
                    load(copy)
                    loaded += 1
                except FormatError as error:
                    messages.append(str(error))
    assert loaded
    assert len(messages) > 10
    assert [each for each in messages if str(copy) not in each] == []


def test_other_threads_build_networks_while_one_is_rebuilt():
    done = []

    def build():
        layer = keras.layers.Dense(3)
        layer.build((None, 5))
        done.append(layer.kernel.shape)

    with only_these_weights([np.zeros((2, 2))]):
        thread = threading.Thread(target=build)
        thread.start()
        thread.join()
        with pytest.raises(ValueError, match=r"needs a weight of shape \(5, 3\)"):
            build()
        keras.layers.Dense(2, use_bias=False).build((None, 2))
        with pytest.raises(ValueError, match=r"needs a weight of shape \(2, 2\)"):
            keras.layers.Dense(2, use_bias=False).build((None, 2))
    build()
    assert done == [(5, 3), (5, 3)]
