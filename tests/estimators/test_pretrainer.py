"""The transformer that needs no target."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

import tabemb
from tabemb import EmbeddingClassifier, EmbeddingPretrainer
from tabemb.exceptions import DataError, UnknownNameError

rng = np.random.default_rng(0)
COAST = rng.integers(0, 2, 1000)
TRIPS = pd.DataFrame(
    {
        "dest": np.where(COAST, rng.choice(["LAX", "SFO"], 1000), rng.choice(["BOS", "JFK"], 1000)),
        "carrier": np.where(COAST, rng.choice(["AS", "VX"], 1000), rng.choice(["B6", "DL"], 1000)),
        "delay": COAST * 3.0 + rng.normal(size=1000),
    }
)


@pytest.fixture(scope="module")
def fitted():
    return EmbeddingPretrainer(embedding_dim=2, random_state=0).fit(TRIPS)


def test_rows_get_the_vectors_of_their_categories_and_their_numbers(fitted):
    out = fitted.transform(TRIPS)
    assert fitted.get_feature_names_out().tolist() == [
        "dest_emb0",
        "dest_emb1",
        "carrier_emb0",
        "carrier_emb1",
        "delay",
    ]
    assert out.dtype == np.float32
    assert np.array_equal(out[:, :2], [fitted.vectors_["dest"][key] for key in TRIPS["dest"]])
    assert np.array_equal(out[:, 4], TRIPS["delay"].astype("float32"))
    assert np.array_equal(fitted.inverse_transform(out)[:, 0], TRIPS["dest"])


def test_the_target_is_ignored_and_fits_repeat_to_the_last_bit(fitted):
    again = clone(fitted).fit(TRIPS, np.arange(1000))
    assert np.array_equal(again.transform(TRIPS), fitted.transform(TRIPS))
    assert np.array_equal(clone(fitted).fit_transform(TRIPS), fitted.transform(TRIPS))


def test_save_load_and_pickle(fitted, tmp_path):
    fitted.save(tmp_path / "model")
    for again in (tabemb.load(tmp_path / "model"), pickle.loads(pickle.dumps(fitted))):
        assert isinstance(again, EmbeddingPretrainer)
        assert np.array_equal(again.transform(TRIPS), fitted.transform(TRIPS))
        sure = [each.vectors_["dest"].most_similar("LAX", confidence=True) for each in (again, fitted)]
        assert sure[0] == sure[1]


def test_unknown_categories_get_the_mean_vector(fitted):
    mean = fitted.vectors_["dest"].vectors.T @ fitted.vectors_["dest"].counts / 1000
    strange = fitted.transform(TRIPS.head(1).assign(dest="NOWHERE"))
    assert strange[0, :2] == pytest.approx(mean, abs=1e-6)
    refusing = clone(fitted).set_params(handle_unknown="error").fit(TRIPS)
    with pytest.raises(DataError, match="NOWHERE"):
        refusing.transform(TRIPS.head(1).assign(dest="NOWHERE"))


def test_in_a_pipeline_behind_a_column_transformer():
    columns = ColumnTransformer([("vectors", EmbeddingPretrainer(embedding_dim=2), ["dest", "carrier"])])
    model = make_pipeline(columns, LogisticRegression()).fit(TRIPS, COAST)
    assert model.score(TRIPS, COAST) == 1.0


@pytest.mark.parametrize("given", ["pretrainer", "vectors"])
def test_a_supervised_fit_starts_from_it(given, fitted, untrained):
    start = fitted if given == "pretrainer" else fitted.vectors_
    settings = {"body": "mlp", "one_hot_max_categories": 0, "random_state": 0, "freeze": True}
    model = EmbeddingClassifier(pretrained=start, embedding_dim=2, target_statistics=False, **settings)
    with untrained():
        model.fit(TRIPS, COAST)
    assert set(model.pretrained_report_) == {"dest", "carrier"}
    near = {pipe.vectors_["dest"].most_similar("LAX", topn=1)[0][0] for pipe in (model, fitted)}
    assert near == {"SFO"}


def test_a_pretrainer_that_is_not_fitted_is_refused():
    with pytest.raises(ValueError, match="not fitted"):
        EmbeddingClassifier(pretrained=EmbeddingPretrainer(), max_epochs=1).fit(TRIPS, COAST)


@pytest.mark.parametrize(
    ("params", "error", "message"),
    [
        ({"objective": "mask"}, UnknownNameError, "objective"),
        ({"objective": None}, UnknownNameError, "An objective is given as a name"),
        ({"remainder": "pass"}, ValueError, "remainder"),
        ({"embedding_dim": "auto"}, ValueError, "embedding_dim='auto'.*no.*'dest', 'carrier'"),
        ({"embedding_dim": {"route": 3}}, ValueError, "route"),
        ({"min_frequency": 5, "handle_unknown": "error"}, ValueError, "handle_unknown='error'"),
    ],
)
def test_wrong_parameters(params, error, message):
    model = EmbeddingPretrainer(**params)
    with pytest.raises(error, match=message):
        model.fit(TRIPS)
    assert not hasattr(model, "encoder_")


def test_a_failed_fit_leaves_the_estimator_as_it_was(fitted):
    before = fitted.transform(TRIPS)
    with pytest.raises(DataError):
        fitted.fit(TRIPS[["dest"]].head(0))
    assert np.array_equal(fitted.transform(TRIPS), before)
