"""Importances by permutation of held-out rows."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.feature_selection import RFE, SelectFromModel
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder

import tabemb
from tabemb import EmbeddingClassifier, EmbeddingEncoder, EmbeddingRegressor
from tabemb.estimators.held_out import MOST_ROWS, sample_of
from tabemb.table.encoded_table import EncodedTable
from tabemb.training.batches import Rows

rng = np.random.default_rng(0)
N = 400
X = pd.DataFrame(
    {
        "noise": rng.choice(list("uvw"), N),
        "same": "x",
        "place": rng.choice(list("abcd"), N),
        "when": pd.to_datetime("2024-01-01") + pd.to_timedelta(rng.integers(0, 300, N), "D"),
        "size": np.where(rng.random(N) < 0.2, np.nan, rng.normal(size=N)),
    }
)
Y = (X["place"].isin(["a", "b"]) & (X["size"].isna() | (X["size"] > -1))).astype(int).to_numpy()
SETTINGS = {"random_state": 0, "max_epochs": 15, "learning_rate": 0.02}
MLP = {**SETTINGS, "body": {"name": "mlp", "hidden_units": (16,)}, "embedding_dim": 3}
pytestmark = pytest.mark.filterwarnings("ignore::tabemb.table.schema.DroppedColumnWarning")


@pytest.mark.parametrize(
    "model",
    [
        EmbeddingClassifier(**SETTINGS, body={"name": "ensemble", "n_members": 2, "hidden_units": (16,)}),
        EmbeddingClassifier(**MLP, early_stopping=False),
        EmbeddingRegressor(**MLP, n_ensemble=2),
    ],
)
def test_the_columns_that_decide_matter_most(model):
    importances = model.fit(X, Y).feature_importances_
    assert importances.shape == (5,)
    assert importances.min() >= 0
    assert importances.sum() == pytest.approx(1)
    assert importances.argmax() == list(X).index("place")
    assert importances[list(X).index("same")] == 0
    assert importances[list(X).index("size")] > importances[[0, 3]].max()
    assert np.array_equal(model.feature_importances_, importances)
    assert np.array_equal(pickle.loads(pickle.dumps(model)).feature_importances_, importances)
    assert np.array_equal(model.fit(X, Y).feature_importances_, importances)


@pytest.mark.filterwarnings("ignore::tabemb.table.schema.SchemaHint")
def test_selection_from_the_importances():
    chosen = SelectFromModel(EmbeddingClassifier(**MLP), threshold="mean").fit(X, Y)
    assert "place" in chosen.get_feature_names_out()
    assert "same" not in chosen.get_feature_names_out()
    codes = OrdinalEncoder().fit_transform(X[["noise", "place"]])
    table = np.column_stack([codes, rng.normal(size=N)])
    pipeline = make_pipeline(RFE(EmbeddingClassifier(**MLP), n_features_to_select=1, step=1))
    assert pipeline.fit(table, Y)[0].support_.tolist() == [False, True, False]


def test_importances_need_rows_of_a_fit(tmp_path):
    model = EmbeddingClassifier(**MLP | {"max_epochs": 1})
    assert not hasattr(model, "feature_importances_")
    assert not hasattr(EmbeddingEncoder(), "feature_importances_")
    model.fit(X, Y).save(tmp_path / "model")
    again = tabemb.load(tmp_path / "model")
    with pytest.raises(AttributeError, match=r"neither saved nor kept by partial_fit. Use sklearn\.inspection"):
        again.feature_importances_  # noqa: B018
    assert not hasattr(model.partial_fit(X, Y), "feature_importances_")


def test_at_most_so_many_rows_are_kept():
    many = MOST_ROWS + 7
    rows = Rows(
        table=EncodedTable(np.arange(many, dtype=np.int32)[:, None], np.zeros((many, 0), np.float32)),
        targets=np.arange(many),
    )
    kept = sample_of(rows)
    assert len(kept) == MOST_ROWS
    assert len(np.unique(kept.targets)) == MOST_ROWS
    assert len(sample_of(rows.only(np.arange(5)))) == 5
