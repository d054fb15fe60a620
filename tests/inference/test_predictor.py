"""The prepared predictor: the estimator's answers, frozen; and the estimator's own answers, always of now."""

import copy
import json
import pickle
import subprocess
import sys
import threading

import numpy as np
import pandas as pd
import pytest
from safetensors import safe_open
from sklearn.exceptions import NotFittedError
from threadpoolctl import threadpool_limits

from tabemb import EmbeddingClassifier, EmbeddingRegressor
from tabemb.exceptions import ColumnError, DataError, FormatError
from tabemb.files import sealed
from tabemb.inference.blocks import BLOCK_ROWS
from tabemb.inference.predictor import ClassifierPredictor, Predictor, load_predictor
from tabemb.inference.program import Program
from tabemb.nn.bodies import BODIES, Mlp
from tabemb.nn.numeric import NUMERIC_ENCODERS
from tabemb.nn.tasks import TASKS
from tabemb.table.encoded_table import EncodedTable

# Its activation has no NumPy form.
STRANGE = Mlp(hidden_units=(6,), activation="sparsemax")
TARGETS = {
    "binary": lambda n: np.array(["late", "on time"])[n % 2],
    "multiclass": lambda n: n % 3,
    "multilabel": lambda n: np.column_stack([n % 2, n // 2 % 2, n // 4 % 2]),
    "regression": lambda n: n / 7.0,
    "multi_regression": lambda n: np.column_stack([n / 7.0, 100.0 - n]),
    "quantiles": lambda n: n / 7.0,
}
PARAMS = {"quantiles": {"loss": "quantile"}}


@pytest.fixture(scope="module")
def rows(flights):
    """Known, missing and unknown cells."""
    odd = pd.DataFrame({"dest": ["NOWHERE", None], "carrier": [None, "??"], "hour": [3, 9], "distance": [np.nan, 1e6]})
    return pd.concat([flights.head(20), odd], ignore_index=True)


@pytest.fixture(scope="module")
def fitted(flights, quick, uncompiled):
    """Return a function that returns an estimator of a task, fitted once for all tests that only read it."""
    models = {}

    def of(task, columns=slice(None), **params):
        params = {"n_ensemble": 1, **params}
        key = repr((task, columns, sorted(params.items())))
        if key not in models:
            cls = EmbeddingClassifier if TASKS[task].is_classifier else EmbeddingRegressor
            model = cls(**{**quick, "max_epochs": 1, "batch_size": 128, **PARAMS.get(task, {}), **params})
            with uncompiled():
                models[key] = model.fit(flights.loc[:, columns], TARGETS[task](np.arange(len(flights))))
        return models[key]

    return of


def answers_of(model, X):
    names = ["predict", "predict_proba"] if hasattr(model, "predict_proba") else ["predict"]
    return [getattr(model, name)(X) for name in names]


def by_keras(model, X):
    table = model.encoder_.encode(X)
    inputs = {"indices": table.indices, "numbers": table.numbers}
    each = [net({name: inputs[name] for name in net.input}, training=False).numpy() for net in model.networks_]
    activated = np.mean([model.task_.activate(logits) for logits in each], axis=0)
    return [model.task_.decide(activated), activated][: 2 if hasattr(model, "predict_proba") else 1]


def check_same(some, others):
    for a, b in zip(some, others, strict=True):
        assert a.dtype == b.dtype
        if a.dtype.kind == "f":
            np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-5)
        else:
            assert np.array_equal(a, b)


LAYOUTS = {
    "vectors": {"one_hot_max_categories": 0},
    "one-hot": {"one_hot_max_categories": float("inf")},
    "both": {"one_hot_max_categories": 3},
}
CASES = [(task, "both") for task in sorted(set(TASKS) - {"ranking"})]
CASES += [("multiclass", "vectors"), ("multiclass", "one-hot")]


@pytest.mark.parametrize(("task", "layout"), CASES)
def test_every_task_and_layout_answers_as_keras_does(task, layout, fitted, rows):
    model = fitted(task, **LAYOUTS[layout])
    predictor = model.predictor()
    assert predictor.obstacle is None
    check_same(answers_of(model, rows), by_keras(model, rows))
    check_same(answers_of(predictor, rows), by_keras(model, rows))


@pytest.mark.parametrize("task", sorted(set(TASKS) - {"ranking"}))
def test_an_ensemble_answers_with_the_mean_of_its_networks(task, fitted, rows):
    model = fitted(task, n_ensemble=2, **LAYOUTS["both"])
    check_same(answers_of(model, rows), by_keras(model, rows))
    check_same(answers_of(model.predictor(), rows), by_keras(model, rows))
    again = pickle.loads(pickle.dumps(model.predictor()))
    check_same(answers_of(again, rows), by_keras(model, rows))


# The others are compared in tests/nn/test_translation.py, without a fit.
PAIRS = [(body, "quantile") for body in [*sorted(BODIES), STRANGE]]
PAIRS += [("mlp", numeric) for numeric in sorted(NUMERIC_ENCODERS)]


@pytest.mark.parametrize(("body", "numeric"), PAIRS)
def test_every_body_and_numeric_encoder_answers_as_keras_does(body, numeric, fitted, rows):
    model = fitted("multiclass", body=body, numeric=numeric, **LAYOUTS["both"])
    check_same(answers_of(model, rows), by_keras(model, rows))
    check_same(answers_of(model.predictor(), rows), by_keras(model, rows))


@pytest.mark.parametrize("columns", [["dest"], ["hour", "distance"]])
@pytest.mark.filterwarnings("ignore:The table has no categorical column")
def test_without_numbers_and_without_categories(columns, fitted, rows):
    model = fitted("binary", columns)
    check_same(answers_of(model, rows[columns]), by_keras(model, rows[columns]))
    check_same(answers_of(model.predictor(), rows[columns]), by_keras(model, rows[columns]))


# ---------------------------------------------------------------- encoded rows


def test_encoded_rows_have_the_answers_of_their_table(classifier, regressor, flights):
    predictor = classifier.predictor()
    table = predictor.encode(flights)
    assert np.array_equal(predictor.predict_encoded(table), classifier.predict(flights))
    np.testing.assert_allclose(predictor.predict_proba_encoded(table), classifier.predict_proba(flights), atol=1e-6)
    assert predictor.predict_proba_encoded(table.take(slice(3, 4))).shape == (1, 2)
    assert predictor.predict_proba_encoded(table.take(slice(0, 0))).shape == (0, 2)
    assert np.array_equal(predictor.classes_, classifier.classes_)
    ours = regressor.predictor()
    np.testing.assert_allclose(ours.predict_encoded(ours.encode(flights)), regressor.predict(flights), rtol=1e-5)


def test_a_regressor_has_no_probabilities(regressor):
    predictor = regressor.predictor()
    assert type(predictor) is Predictor
    assert not hasattr(predictor, "predict_proba")
    assert not hasattr(predictor, "predict_proba_encoded")


def test_memory_by_rows_or_by_columns_is_the_same(classifier, flights):
    predictor = classifier.predictor()
    table = predictor.encode(flights)
    for order in "CF":
        again = EncodedTable(np.asarray(table.indices, order=order), np.asarray(table.numbers, order=order))
        assert np.array_equal(predictor.predict_proba_encoded(again), predictor.predict_proba_encoded(table))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda t: EncodedTable(t.indices[:, :1], t.numbers),
            r"have 1 columns of indices and 3 of numbers.* for 2 and 3",
        ),
        (lambda t: EncodedTable(t.indices, t.numbers[:, 1:]), r"have 2 columns of indices and 2 of numbers"),
        (lambda t: EncodedTable(t.indices + np.int32([0, 90]), t.numbers), "'carrier' holds the index 9.; .* 0 to 4"),
        (lambda t: EncodedTable(t.indices - np.int32([90, 0]), t.numbers), "'dest' holds the index -8."),
        (lambda t: t.indices, "got ndarray. For a table use predict"),
        (lambda t: pd.DataFrame(t.indices), "got DataFrame"),
    ],
)
@pytest.mark.parametrize("n", [1, BLOCK_ROWS + 3])
def test_encoded_rows_that_cannot_be_are_refused(change, message, n, classifier, flights):
    predictor = classifier.predictor()
    table = predictor.encode(flights).take(np.arange(n) % len(flights))
    with pytest.raises(DataError, match=message):
        predictor.predict_encoded(change(table))


@pytest.mark.filterwarnings("ignore:X does not have valid feature names:UserWarning")
def test_a_table_is_looked_at_as_the_estimator_does(classifier, flights):
    predictor = classifier.predictor()
    shuffled = flights[["hour", "dest", "distance", "carrier"]]
    assert np.array_equal(predictor.predict_proba(shuffled), predictor.predict_proba(flights))
    with pytest.raises(ColumnError, match="Did you mean 'dst'"):
        predictor.predict(flights.rename(columns={"dest": "dst"}))
    with pytest.raises(ColumnError, match="unseen at fit time:\n- more"):
        predictor.predict(flights.assign(more=1))
    with pytest.raises(ValueError, match="3 features, but ClassifierPredictor is expecting 4 features"):
        predictor.predict(flights.to_numpy(dtype=object)[:, :3])


@pytest.mark.parametrize("cls", [EmbeddingClassifier, EmbeddingRegressor])
def test_an_estimator_has_to_be_fitted(cls):
    with pytest.raises(NotFittedError):
        cls().predictor()


# ---------------------------------------------------------------- a snapshot


@pytest.mark.parametrize("body", ["mlp", STRANGE])
def test_what_is_learned_later_reaches_the_estimator_and_not_the_predictor(body, flights, late, quick, uncompiled):
    settings = {**quick, "body": body, "numeric": "standardized", "learning_rate": 0.2, "one_hot_max_categories": 0}
    with uncompiled():
        model = EmbeddingClassifier(**settings).fit(flights, late)
    predictor = model.predictor()
    answers = [model.predict_proba(flights)]
    before = predictor.predict_proba(flights)
    for change in (
        lambda: model.partial_fit(flights, late[::-1]),
        lambda: model.network_.set_weights([weight + 0.1 for weight in model.network_.get_weights()]),
        lambda: model.network_.get_layer("dest_embedding").embeddings.assign(np.ones((8, 5))[:, : _dim(model)]),
        lambda: model.fit(flights, late[::-1]),
    ):
        with uncompiled():
            change()
        answers.append(model.predict_proba(flights))
        assert not np.allclose(answers[-1], answers[-2], atol=1e-4)
        np.testing.assert_allclose(answers[-1], by_keras(model, flights)[1], rtol=1e-5, atol=1e-5)
        assert np.array_equal(predictor.predict_proba(flights), before)


def _dim(model):
    return model.vectors_["dest"].vectors.shape[1]


def test_predictions_leave_the_estimator_as_it_was(classifier, flights):
    before = dict(vars(classifier))
    weights = classifier.network_.get_weights()
    classifier.predict(flights)
    classifier.predictor().predict(flights)
    assert vars(classifier) == before
    assert all(np.array_equal(a, b) for a, b in zip(weights, classifier.network_.get_weights(), strict=True))


@pytest.mark.parametrize("body", ["mlp", STRANGE])
@pytest.mark.parametrize("again", [lambda p: pickle.loads(pickle.dumps(p)), copy.deepcopy], ids=["pickle", "copy"])
def test_a_pickle_gives_the_same_answers(again, body, fitted, flights):
    predictor = fitted("binary", body=body).predictor()
    one, other = predictor.predict_proba(flights), again(predictor).predict_proba(flights)
    assert np.array_equal(one, other)


def test_a_pickle_holds_no_keras_object(classifier):
    text = pickle.dumps(classifier.predictor())
    assert b"keras" not in text
    assert b"tensorflow" not in text


def test_two_threads_give_the_answers_of_one(classifier, flights):
    predictor = classifier.predictor()
    table = predictor.encode(flights).take(np.arange(5 * BLOCK_ROWS) % len(flights))
    alone = predictor.predict_proba_encoded(table)
    answers = {}

    def ask(name):
        answers[name] = [predictor.predict_proba_encoded(table) for _ in range(5)]

    with threadpool_limits(2):
        threads = [threading.Thread(target=ask, args=(name,)) for name in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert all(np.array_equal(each, alone) for some in answers.values() for each in some)
    assert len(answers) == 3


def test_tensorflow_answers_where_numpy_cannot_and_that_is_said(fitted, classifier, flights):
    predictor = fitted("binary", body=STRANGE, **LAYOUTS["vectors"]).predictor()
    assert "the activation of the layer 'hidden_0_activation'" in predictor.obstacle
    assert repr(predictor).startswith("ClassifierPredictor(4 columns, Binary, through TensorFlow, since the activation")
    plain = classifier.predictor()
    assert repr(plain) == "ClassifierPredictor(4 columns, Binary, through NumPy)"
    assert isinstance(plain, ClassifierPredictor)
    assert isinstance(plain.networks[0], Program)
    table = predictor.encode(flights)
    with pytest.raises(DataError, match="'carrier' holds the index"):
        predictor.predict_encoded(EncodedTable(table.indices + np.int32([0, 90]), table.numbers))


# ---------------------------------------------------------------- saved


@pytest.mark.parametrize("n_ensemble", [1, 2])
@pytest.mark.parametrize("task", sorted(set(TASKS) - {"ranking"}))
def test_a_loaded_predictor_answers_as_the_estimator(task, n_ensemble, fitted, rows, tmp_path):
    model = fitted(task, n_ensemble=n_ensemble, **LAYOUTS["both"])
    model.save(tmp_path / "model")
    predictor = load_predictor(tmp_path / "model")
    for ours, theirs in zip(answers_of(predictor, rows), answers_of(model, rows), strict=True):
        assert ours.dtype == theirs.dtype
        if ours.dtype.kind == "f":
            np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=1e-6)
        else:
            assert np.array_equal(ours, theirs)


@pytest.mark.parametrize(("body", "numeric"), [pair for pair in PAIRS if pair[0] is not STRANGE])
def test_every_body_and_numeric_encoder_is_saved_for_a_predictor(body, numeric, fitted, rows, tmp_path):
    model = fitted("multiclass", body=body, numeric=numeric, **LAYOUTS["both"])
    model.save(tmp_path / "model")
    answers = load_predictor(tmp_path / "model").predict_proba(rows)
    np.testing.assert_allclose(answers, model.predict_proba(rows), rtol=1e-5, atol=1e-6)


def test_a_calibrated_classifier_with_weights_of_its_own(flights, late, quick, uncompiled, tmp_path):
    with uncompiled():
        model = EmbeddingClassifier(**quick, calibration="temperature").fit(flights, late)
    model.save(tmp_path / "model")
    loaded = load_predictor(tmp_path / "model")
    np.testing.assert_allclose(loaded.predict_proba(flights), model.predict_proba(flights), rtol=1e-6, atol=1e-6)
    assert loaded.classes_.tolist() == ["late", "on time"]


def test_a_program_takes_no_room_among_the_weights(classifier, tmp_path):
    classifier.save(tmp_path / "model")
    with safe_open(tmp_path / "model" / "weights.safetensors", "numpy") as file:
        names = [name for name in file.keys() if name.startswith("network")]  # noqa: SIM118
    assert len(names) == len(classifier.network_.get_weights())


def test_what_has_no_predictor_says_what_to_do(fitted, classifier, tmp_path):
    classifier.save(tmp_path / "other")
    state = json.loads((tmp_path / "other" / "tabemb.json").read_text())
    (tmp_path / "other" / "tabemb.json").write_text(json.dumps(sealed(state | {"class": "Own"})))
    with pytest.raises(FormatError, match=r"that has no predictor: 'Own'\. Load it with tabemb\.load"):
        load_predictor(tmp_path / "other")
    fitted("binary", body=STRANGE).save(tmp_path / "strange")
    with pytest.raises(FormatError, match=r"cannot run without TensorFlow, since .*sparsemax.* call its predictor"):
        load_predictor(tmp_path / "strange")
    classifier.save(tmp_path / "old")
    state = json.loads((tmp_path / "old" / "tabemb.json").read_text())
    del state["inference"]
    (tmp_path / "old" / "tabemb.json").write_text(json.dumps(sealed(state)))
    with pytest.raises(FormatError, match="saved by an older version of tabemb, without a predictor"):
        load_predictor(tmp_path / "old")
    with pytest.raises(FormatError, match="There is no saved estimator at"):
        load_predictor(tmp_path / "nowhere")


def drop_weight(state):
    state["inference"]["programs"][0]["weights"].popitem()


def swap_weights(state):
    weights = state["inference"]["programs"][0]["weights"]
    weights["hidden_0/kernel"], weights["logits/kernel"] = weights["logits/kernel"], weights["hidden_0/kernel"]


DAMAGES = [
    drop_weight,
    swap_weights,
    lambda state: state.update(inference=[]),
    lambda state: state["inference"].update(programs=[]),
    lambda state: state["inference"].update(programs=[{}]),
    lambda state: state["inference"].pop("answer"),
    lambda state: state["inference"]["answer"].update(name="number"),
    lambda state: state["inference"]["programs"][0]["weights"].update({"hidden_0/kernel": "9999"}),
    lambda state: state.update(table={}),
    lambda state: state.update(n_features_in="many"),
]


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda each: each.__code__.co_name + str(each.__code__.co_firstlineno))
def test_a_damaged_state_is_a_format_error(damage, classifier, tmp_path):
    classifier.save(tmp_path / "model")
    state = json.loads((tmp_path / "model" / "tabemb.json").read_text())
    damage(state)
    (tmp_path / "model" / "tabemb.json").write_text(json.dumps(sealed(state)))
    with pytest.raises(FormatError):
        load_predictor(tmp_path / "model")


# In a process of its own: nothing of what this one has imported is there. Unpickling is first, as it imports less.
FRESH = """
import json, pickle, re, sys
from pathlib import Path
import pandas as pd

def answers(predictor):
    out = getattr(predictor, "predict_proba", predictor.predict)(rows)
    predictor.predict(rows)
    return out.tolist(), [name for name in ("tensorflow", "keras", "sklearn") if name in sys.modules]

folder = Path(sys.argv[1])
rows = pd.read_parquet(folder / "rows.parquet")
told = [answers(pickle.loads((folder / f"{name}.pickle").read_bytes())) for name in ("classifier", "regressor")]
import tabemb
told += [answers(tabemb.load_predictor(folder / name)) for name in ("classifier", "regressor")]
peak = int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1])
print(json.dumps({"told": told, "MB": peak / 1024}))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read as Linux counts it")
def test_a_fresh_process_answers_without_keras_and_tensorflow(classifier, regressor, rows, tmp_path):
    for name, model in {"classifier": classifier, "regressor": regressor}.items():
        model.save(tmp_path / name)
        (tmp_path / f"{name}.pickle").write_bytes(pickle.dumps(model.predictor()))
    rows.to_parquet(tmp_path / "rows.parquet")
    command = [sys.executable, "-c", FRESH, tmp_path]
    result = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert result["MB"] <= 250
    expected = [classifier.predict_proba(rows), regressor.predict(rows)] * 2
    for (answers, heavy), ours in zip(result["told"], expected, strict=True):
        assert heavy == []
        np.testing.assert_allclose(answers, ours, rtol=1e-6, atol=1e-6)
