"""The forms of a fold."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.dummy import DummyClassifier

from tabemb.estimators.classifier import EmbeddingClassifier
from tabemb.exceptions import DataError
from tabemb.experiments.comparison.downstream.forms import FoldForms, vector_encoder

N = 80
RNG = np.random.default_rng(0)
TABLE = pd.DataFrame(
    {
        "city": RNG.choice(["Rome", "Oslo", "Bern"], N),
        "hour": RNG.integers(0, 24, N),
        "size": np.where(RNG.random(N) < 0.2, np.nan, RNG.normal(size=N)),
    }
)
Y = np.where((TABLE["city"] == "Rome") ^ (RNG.random(N) < 0.1), "late", "on time")
MODEL = EmbeddingClassifier(max_epochs=1, embedding_dim=2)


def forms(table, model=MODEL, rows=slice(0, 60), settings=None):
    encoder = vector_encoder(model, "binary", 0)
    return FoldForms(table[rows], Y[rows], table[60:], settings or {}, encoder)


def test_each_form_has_the_same_numbers_beside_its_categories():
    fold = forms(TABLE)
    one_hot, codes, vectors = fold.one_hot.train.toarray(), fold.codes.train, fold.vectors.train
    # Three cities, missing and unknown; an hour and a size, and whether the size is missing.
    assert [rows.shape for rows in (one_hot, codes, vectors)] == [(60, 5 + 3), (60, 1 + 3), (60, 2 + 3)]
    assert fold.one_hot.test.shape == (20, 8)
    assert fold.vectors.test.shape == (20, 5)
    assert fold.codes.categories == [0]
    assert fold.vectors.categories == fold.one_hot.categories == []
    for rows in (one_hot, vectors):
        np.testing.assert_array_equal(rows[:, -3:], codes[:, -3:].astype("float32"))
    assert np.isfinite(vectors).all()


def test_bytes_are_those_of_the_stored_matrix():
    fold = forms(TABLE)
    # A city and three numbers: an index of 4 bytes and a value of 8 each; 4 for the row, and one more for the end.
    assert fold.one_hot.bytes_per_row == pytest.approx(4 * 12 + 4 + 4 / 60)
    assert fold.codes.bytes_per_row == 4 * 8
    assert fold.vectors.bytes_per_row == 5 * 4
    assert min(fold.one_hot.seconds, fold.codes.seconds, fold.vectors.seconds) > 0


def test_vectors_of_training_rows_are_learned_without_their_target():
    fold = forms(TABLE)
    encoder = vector_encoder(MODEL, "binary", 0)
    expected = encoder.fit_transform(TABLE[:60], Y[:60])
    np.testing.assert_array_equal(fold.vectors.train[:, :2], expected)
    np.testing.assert_array_equal(fold.vectors.test[:, :2], encoder.transform(TABLE[60:]))


def test_integers_are_numbers_unless_the_model_under_test_names_them():
    named = EmbeddingClassifier(max_epochs=1, embedding_dim=2, categorical=["hour"])
    fold = forms(TABLE, named, settings={"categorical": ["hour"]})
    assert fold.vectors.train.shape == (60, 2 * 2 + 2)
    assert fold.codes.categories == [0, 1]


def test_polars_gives_the_same():
    one, other = forms(TABLE), forms(pl.from_pandas(TABLE))
    np.testing.assert_array_equal(one.one_hot.train.toarray(), other.one_hot.train.toarray())
    assert other.vectors.train.shape == one.vectors.train.shape


def test_without_categories_there_are_no_vectors():
    fold = forms(TABLE[["size"]])
    assert fold.one_hot.train.shape == (60, 2)
    with pytest.raises(DataError, match="no categorical column, so there are no vectors to feed"):
        fold.vectors  # noqa: B018


def test_the_encoder_shares_what_is_set_in_the_model_under_test():
    model = EmbeddingClassifier(
        max_epochs=3, embedding_dim={"city": 4}, body="resnet", categorical=["hour"], min_frequency=2, random_state=5
    )
    params = vector_encoder(model, "multiclass", 7).get_params()
    assert params["max_epochs"] == 3
    assert params["embedding_dim"] == {"city": 4}
    assert params["categorical"] == ["hour"]
    assert params["min_frequency"] == 2
    # Its own: the body, what the classifier leaves at its default, and the seed of the comparison.
    assert (params["body"], params["damping"], params["random_state"]) == ("mlp", 1.0, 7)
    assert (params["target_type"], params["target_statistics"]) == ("multiclass", False)


@pytest.mark.parametrize("task", ["regression", "multi_regression"])
def test_the_encoder_beside_another_model_has_its_defaults(task):
    params = vector_encoder(DummyClassifier(), task, None).get_params()
    assert (params["max_epochs"], params["embedding_dim"], params["target_type"]) == (100, "narrow", "continuous")
