"""The estimators with scikit-learn's tools: pipelines, searches, clones, routing."""

import datetime as dt
import pickle

import joblib
import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.base import clone
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, ShuffleSplit, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from tabemb import EmbeddingClassifier, EmbeddingEncoder, EmbeddingRegressor
from tabemb.nn.bodies import Mlp

QUICK = {"max_epochs": 2, "learning_rate": 0.02, "body": Mlp(hidden_units=(16,)), "random_state": 0}
rng = np.random.default_rng(0)
X = pd.DataFrame(
    {"dest": rng.choice(list("abcdef"), 90), "carrier": rng.choice(list("xyz"), 90), "distance": rng.normal(size=90)}
)
Y = (X["dest"].isin(["a", "b", "c"]) ^ (rng.random(90) < 0.1)).astype(int).to_numpy()
ESTIMATORS = [EmbeddingClassifier(**QUICK), EmbeddingRegressor(**QUICK), EmbeddingEncoder(**QUICK)]


def name_of(estimator):
    return type(estimator).__name__


@pytest.fixture(scope="module")
def fitted():
    return {name_of(e): clone(e).fit(X, Y) for e in ESTIMATORS}


def answers(estimator, table=X):
    for method in ("predict_proba", "transform", "predict"):
        if hasattr(estimator, method):
            return getattr(estimator, method)(table)
    return None


def test_in_a_pipeline_before_a_tree():
    pipeline = make_pipeline(EmbeddingEncoder(**QUICK, embedding_dim=2), HistGradientBoostingClassifier(max_iter=30))
    pipeline.fit(X, Y)
    assert pipeline.score(X, Y) > 0.7
    assert pipeline[:-1].get_feature_names_out().tolist() == [
        *("dest_emb0", "dest_emb1", "carrier_emb0", "carrier_emb1", "distance")
    ]


def test_at_the_end_of_a_pipeline():
    pipeline = make_pipeline(
        FunctionTransformer(lambda t: t.assign(far=t["distance"] ** 2)), EmbeddingClassifier(**QUICK)
    )
    assert pipeline.fit(X, Y).predict(X).shape == (90,)
    assert pipeline[-1].feature_names_in_.tolist() == ["dest", "carrier", "distance", "far"]


def test_in_a_column_transformer_with_a_selector():
    columns = ColumnTransformer(
        [
            ("words", EmbeddingEncoder(**QUICK, embedding_dim=2), make_column_selector(dtype_exclude="number")),
            ("numbers", StandardScaler(), make_column_selector(dtype_include="number")),
        ],
        verbose_feature_names_out=False,
    ).set_output(transform="pandas")
    out = columns.fit(X, Y).transform(X)
    assert out.columns.tolist() == ["dest_emb0", "dest_emb1", "carrier_emb0", "carrier_emb1", "distance"]
    alone = EmbeddingEncoder(**QUICK, embedding_dim=2).fit(X[["dest", "carrier"]], Y).transform(X[["dest", "carrier"]])
    assert np.array_equal(out.to_numpy(dtype="float32")[:, :4], alone)


def test_a_selector_names_the_categorical_columns():
    table = X.assign(hour=np.arange(90) % 7)
    model = EmbeddingClassifier(make_column_selector(dtype_include="integer"), **QUICK, one_hot_max_categories=0)
    model.fit(table, Y)
    assert list(model.vectors_) == ["dest", "carrier", "hour"]


@pytest.mark.parametrize(("body", "sizes"), [("mlp", [2, "sqrt"]), (Mlp(hidden_units=(16,)), [3])])
def test_a_grid_search_over_sizes_and_dropout(body, sizes):
    grid = {"embedding_dim": sizes, "body__dropout": [0.0, 0.5]}
    model = EmbeddingClassifier(**{**QUICK, "max_epochs": 1, "body": body})
    search = GridSearchCV(model, grid, cv=ShuffleSplit(1, random_state=0)).fit(X, Y)
    assert len(search.cv_results_["params"]) == 2 * len(sizes)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    best = search.best_estimator_
    assert best.body.dropout == search.best_params_["body__dropout"]
    assert best.embedding_dim == search.best_params_["embedding_dim"]
    if isinstance(body, Mlp):
        assert body.dropout == Mlp().dropout


@pytest.mark.slow
def test_cross_validation_in_two_processes():
    here, there = (cross_val_score(EmbeddingClassifier(**QUICK), X, Y, cv=2, n_jobs=jobs) for jobs in (None, 2))
    assert np.array_equal(here, there)


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=name_of)
def test_a_clone_has_the_parameters_and_nothing_else(estimator, fitted):
    made = clone(fitted[name_of(estimator)])
    assert vars(made).keys() == vars(estimator).keys()
    assert made.body is not estimator.body
    assert {**made.get_params(), "body": None} == {**estimator.get_params(), "body": None}


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=name_of)
def test_pickle_and_joblib_keep_every_bit(estimator, fitted, tmp_path):
    model = fitted[name_of(estimator)]
    joblib.dump(model, tmp_path / "model.joblib")
    for again in (pickle.loads(pickle.dumps(model)), joblib.load(tmp_path / "model.joblib")):
        assert np.array_equal(answers(again), answers(model))
        assert dict(again.vectors_) == dict(model.vectors_)
        assert again.history_ == model.history_


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=name_of)
def test_answering_changes_nothing(estimator, fitted):
    model = fitted[name_of(estimator)]
    before = dict(vars(model))
    answers(model)
    assert vars(model) == before


def test_a_repr_shows_what_differs_from_the_defaults():
    assert repr(EmbeddingClassifier(body=Mlp(dropout=0.3), max_epochs=5)) == (
        "EmbeddingClassifier(body=Mlp(dropout=0.3), max_epochs=5)"
    )


# ---------------------------------------------------------------- routing of sample weights

WEIGHTS = np.where(Y == 1, 20.0, 1.0)


@pytest.fixture
def routing():
    with sklearn.config_context(enable_metadata_routing=True):
        yield


def test_weights_are_routed_through_a_pipeline(routing):
    model = EmbeddingClassifier(**QUICK).set_fit_request(sample_weight=True)
    routed = make_pipeline(FunctionTransformer(), model).fit(X, Y, sample_weight=WEIGHTS)
    direct = EmbeddingClassifier(**QUICK).fit(X, Y, sample_weight=WEIGHTS)
    assert np.array_equal(routed.predict_proba(X), direct.predict_proba(X))


def test_weights_are_routed_through_a_search(routing):
    model = EmbeddingClassifier(**QUICK).set_fit_request(sample_weight=True).set_score_request(sample_weight=False)
    search = GridSearchCV(model, {"embedding_dim": [2]}, cv=ShuffleSplit(1, random_state=0)).fit(
        X, Y, sample_weight=WEIGHTS
    )
    direct = EmbeddingClassifier(**QUICK, embedding_dim=2).fit(X, Y, sample_weight=WEIGHTS)
    assert np.array_equal(search.predict_proba(X), direct.predict_proba(X))


def test_weights_that_nobody_asked_for_are_refused(routing):
    pipeline = make_pipeline(FunctionTransformer(), EmbeddingClassifier(**QUICK))
    with pytest.raises(sklearn.exceptions.UnsetMetadataPassedError, match="sample_weight"):
        pipeline.fit(X, Y, sample_weight=WEIGHTS)


def parts_that_are_not_plain(value, place="model"):
    """Yield the parts of a state that are neither arrays, JSON values, nor objects with such a state."""
    if value is None or isinstance(value, bool | int | float | str | np.generic):
        return
    if isinstance(value, dict):
        for key, each in value.items():
            yield from parts_that_are_not_plain(each, f"{place}.{key}")
    elif isinstance(value, list | tuple | frozenset):
        for each in value:
            yield from parts_that_are_not_plain(each, f"{place}[]")
    elif isinstance(value, np.ndarray) and value.dtype != object:
        return
    elif isinstance(value, np.ndarray):
        yield from parts_that_are_not_plain(value.tolist(), place)
    elif type(value).__module__.startswith("tabemb.") and type(value).__reduce__ is object.__reduce__:
        yield from parts_that_are_not_plain(value.__getstate__(), f"{place}<{type(value).__name__}>")
    else:
        yield place, type(value)


MIXED = pd.DataFrame(
    {
        "text": X["dest"],
        "mixed": pd.Series([1, "1", True, dt.date(2024, 1, 1), None] * 18, dtype=object),
        "stops": rng.integers(0, 4, 90),
        "when": pd.to_datetime("2024-01-01") + pd.to_timedelta(rng.integers(0, 300, 90), "D"),
        "distance": np.where(rng.random(90) < 0.1, np.nan, X["distance"]),
    }
)
IN_FULL = [
    EmbeddingClassifier(**QUICK, n_ensemble=2, calibration="temperature", numeric="quantile", loss="focal"),
    EmbeddingClassifier(**QUICK, pretrained={"text": {"a": [1.0, 0.0]}}, freeze="found", one_hot_max_categories=0),
    EmbeddingRegressor(**QUICK, loss="quantile", numeric="periodic", handle_unknown="nearest"),
    EmbeddingEncoder(**QUICK, target_statistics=True, cv=3),
]


@pytest.mark.parametrize("estimator", IN_FULL, ids=name_of)
def test_the_state_of_a_fitted_estimator_is_arrays_and_plain_values(estimator):
    model = clone(estimator).fit(MIXED, Y)
    assert list(parts_that_are_not_plain(model)) == []
    again = pickle.loads(pickle.dumps(model))
    assert np.array_equal(answers(again, MIXED), answers(model, MIXED), equal_nan=True)


@pytest.mark.parametrize("estimator", IN_FULL, ids=name_of)
def test_skops_dumps_and_loads_an_estimator(estimator, tmp_path):
    skops = pytest.importorskip("skops.io")
    model = make_pipeline(clone(estimator).set_params(callbacks=None)).fit(MIXED, Y)
    skops.dump(model, tmp_path / "model.skops")
    types = skops.get_untrusted_types(file=tmp_path / "model.skops")
    assert [name for name in types if not name.startswith("tabemb.")] == []
    again = skops.load(tmp_path / "model.skops", trusted=types)
    assert np.array_equal(answers(again, MIXED), answers(model, MIXED), equal_nan=True)


def mlflow_models():
    """Return a fitted estimator, pipeline and search."""
    encoder = EmbeddingEncoder(**QUICK, cv=None)
    search = GridSearchCV(EmbeddingClassifier(**QUICK), {"body__dropout": [0.0, 0.1]}, cv=2)
    models = {
        "estimator": EmbeddingClassifier(**QUICK),
        "pipeline": make_pipeline(encoder, LogisticRegression()),
        "search": search,
    }
    return {name: model.fit(X, Y) for name, model in models.items()}


# MLflow trusts only the classes of scikit-learn, and even a plain search has others.
def trusted_types(model):
    skops = pytest.importorskip("skops.io")
    return {"skops_trusted_types": skops.get_untrusted_types(data=skops.dumps(model))}


WAYS = {"skops": trusted_types, "cloudpickle": lambda model: {"serialization_format": "cloudpickle"}}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("way", WAYS)
def test_mlflow_saves_and_loads_estimators_pipelines_and_searches(way, tmp_path):
    mlflow = pytest.importorskip("mlflow.sklearn")
    for name, model in mlflow_models().items():
        mlflow.save_model(model, tmp_path / name, pip_requirements=["tabemb"], **WAYS[way](model))
        again = mlflow.load_model(str(tmp_path / name))
        assert np.array_equal(again.predict_proba(X), model.predict_proba(X))
        served = pytest.importorskip("mlflow.pyfunc").load_model(str(tmp_path / name))
        assert np.array_equal(served.predict(X), model.predict(X))


@pytest.mark.filterwarnings("ignore")
def test_mlflow_logs_a_model(tmp_path, monkeypatch):
    mlflow = pytest.importorskip("mlflow")
    sklearn_flavor = pytest.importorskip("mlflow.sklearn")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/runs.db")
    model = clone(IN_FULL[0]).fit(MIXED, Y)
    with mlflow.start_run():
        options = {"name": "model", "input_example": MIXED.head(3), "pip_requirements": ["tabemb"]}
        logged = sklearn_flavor.log_model(model, **options, **trusted_types(model))
    again = sklearn_flavor.load_model(logged.model_uri)
    assert np.array_equal(answers(again, MIXED), answers(model, MIXED), equal_nan=True)


# NumPy 2 warns about how the converter reads arrays.
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("body", ["mlp", "ensemble", "cross"])
def test_the_network_of_a_fit_is_exported_as_onnx_without_a_call_first(body, tmp_path):
    pytest.importorskip("tf2onnx")
    onnx = pytest.importorskip("onnx")
    model = EmbeddingClassifier(max_epochs=1, random_state=0, body=body, one_hot_max_categories=2).fit(X, Y)
    model.network_.export(tmp_path / "network.onnx", format="onnx", verbose=False)
    graph = onnx.load(tmp_path / "network.onnx").graph
    assert sorted(each.name for each in graph.input) == ["indices", "numbers"]
