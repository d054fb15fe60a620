"""Models that start from vectors learned without the target."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone, is_classifier, is_regressor

from tabemb import EmbeddingClassifier, EmbeddingPretrainer, EmbeddingRegressor
from tabemb.experiments.config import make_config
from tabemb.experiments.data import Problem
from tabemb.experiments.pretraining import (
    ExtraRows,
    PretrainedModel,
    describe_pretraining,
    make_pretrainer,
    numeric_columns,
    pretrained_model,
)
from tabemb.table.schema import ColumnReading

rng = np.random.default_rng(0)
COAST = rng.integers(0, 2, 300)
TRIPS = pd.DataFrame(
    {
        "dest": np.where(COAST, rng.choice(["LAX", "SFO"], 300), rng.choice(["BOS", "JFK"], 300)),
        "carrier": np.where(COAST, rng.choice(["AS", "VX"], 300), rng.choice(["B6", "DL"], 300)),
        "miles": COAST * 2000 + rng.integers(1, 50, 300),
    }
)
LATE = np.where(rng.random(300) < 0.3 + 0.4 * COAST, "yes", "no")
QUICK = {"body": "mlp", "max_epochs": 1, "target_statistics": False, "random_state": 0, "one_hot_max_categories": 0}
READINGS = tuple(
    ColumnReading(name=name, kind=kind, type="text", n_categories=None, n_missing=0, example="")
    for name, kind in (("dest", "categorical"), ("carrier", "categorical"), ("miles", "numeric"))
)


def model_of(extra=(), alone=False, **params):
    pretrainer = EmbeddingPretrainer(embedding_dim=2, random_state=0)
    classifier = EmbeddingClassifier(**QUICK, **params)
    return PretrainedModel(classifier, pretrainer, ExtraRows(extra, ["miles"]), alone)


def test_rows_are_put_together_with_integers_as_numbers():
    extra = ExtraRows([TRIPS.head(2)], ["miles"])
    whole = clone(extra, safe=False).beside(TRIPS.tail(3))
    assert len(extra) == 2
    assert whole["dest"].tolist() == [*TRIPS["dest"].tail(3), *TRIPS["dest"].head(2)]
    assert whole["miles"].dtype == "float64"
    assert extra.beside(None)["miles"].tolist() == TRIPS["miles"].head(2).tolist()
    nullable = TRIPS.head(2).assign(miles=pd.array([1, None], dtype="Int64"))
    np.testing.assert_array_equal(ExtraRows([nullable], ["miles"]).beside(None)["miles"], [1.0, np.nan])


def test_the_model_starts_from_vectors_of_its_rows_and_the_further_ones():
    new = TRIPS.head(30).assign(dest="OAK")
    model = model_of([new]).fit(TRIPS, LATE)
    alike = EmbeddingPretrainer(embedding_dim=2, random_state=0).fit(
        pd.concat([TRIPS, new], ignore_index=True).astype({"miles": float})
    )
    assert list(model.pretrainer_.vectors_) == ["dest", "carrier"]
    assert np.array_equal(model.pretrainer_.vectors_["dest"].vectors, alike.vectors_["dest"].vectors)
    direct = EmbeddingClassifier(**QUICK, pretrained=alike).fit(TRIPS, LATE)
    assert np.array_equal(model.predict_proba(TRIPS), direct.predict_proba(TRIPS))
    assert model.pretrained_report_["dest"].categories["whole"] == 4
    assert model.predict(TRIPS).tolist() == direct.predict(TRIPS).tolist()


def test_alone_the_rows_of_the_fit_are_not_seen_by_the_pretrainer():
    model = model_of([TRIPS.iloc[:200]], alone=True).fit(TRIPS.replace({"dest": {"LAX": "SJC"}}), LATE)
    assert "SJC" not in model.pretrainer_.vectors_["dest"]


def test_it_is_the_model_for_scikit_learn_and_keeps_its_results():
    model = model_of()
    assert is_classifier(model)
    assert hasattr(model, "predict_proba")
    assert not hasattr(model, "vectors_")
    with pytest.raises(AttributeError, match="'PretrainedModel' object has no attribute 'anything'"):
        model.anything  # noqa: B018
    fitted = clone(model).fit(TRIPS, LATE)
    assert not hasattr(model, "estimator_")
    assert fitted.estimator.pretrained is None
    assert fitted.vectors_["dest"].dim == 2
    assert fitted.classes_.tolist() == ["no", "yes"]
    again = pickle.loads(pickle.dumps(fitted))
    assert np.array_equal(again.predict_proba(TRIPS), fitted.predict_proba(TRIPS))
    regressor = PretrainedModel(EmbeddingRegressor(), EmbeddingPretrainer(), ExtraRows([]))
    assert is_regressor(regressor)
    assert not hasattr(regressor, "predict_proba")


def config_of(**pretrain):
    return make_config({"data": {"path": "a.csv", "target": "y", "categorical": ["hour"]}, "pretrain": pretrain})


def test_the_pretrainer_has_the_settings_of_the_experiment():
    pretrainer = make_pretrainer(config_of(objective="masked", embedding_dim=3))
    params = pretrainer.get_params(deep=False)
    assert (params["objective"], params["embedding_dim"], params["categorical"]) == ("masked", 3, ["hour"])
    assert params["random_state"] == 0


def test_which_rows_are_learned_from_is_said():
    problem = Problem(X=TRIPS, y=pd.Series(LATE), target="y", readings=READINGS)
    assert numeric_columns(problem) == ["miles"]
    model = pretrained_model(config_of(), problem, EmbeddingClassifier())
    assert (len(model.extra), model.alone) == (0, False)
    said = describe_pretraining(config_of(), problem)
    assert said["sentence"] == "cooccurrence, from the training rows of each fold"
    more = Problem(
        X=TRIPS, y=pd.Series(LATE), target="y", unlabelled=TRIPS.head(7), other=TRIPS.head(9), readings=READINGS
    )
    model = pretrained_model(config_of(rows="all"), more, EmbeddingClassifier())
    assert (len(model.extra), model.alone) == (316, True)
    said = describe_pretraining(config_of(rows="all", objective={"name": "masked"}), more)
    assert (said["objective"], said["rows"], said["unlabelled"], said["other"]) == ("masked", "all", 7, 9)
    assert said["sentence"] == (
        "masked, from all 300 rows, the features of test rows too, 7 rows without a target and 9 rows of another table"
    )
    alone = describe_pretraining(config_of(), Problem(X=TRIPS, y=None, target=""))
    assert alone["sentence"] == "cooccurrence, from all 300 rows"
