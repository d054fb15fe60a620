"""Bad input gives a helpful error, or a prediction if possible."""

import re
from functools import partial

import keras
import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.compose import make_column_transformer
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline

import tabemb
from tabemb import (
    EmbeddingClassifier,
    EmbeddingEncoder,
    EmbeddingPretrainer,
    EmbeddingRanker,
    EmbeddingRegressor,
    TwoTowerRecommender,
)
from tabemb.exceptions import ColumnError, DataError
from tabemb.table.schema import DroppedColumnWarning, SchemaHint, TypeChangedWarning

QUICK = {"max_epochs": 1, "body": {"name": "mlp", "hidden_units": (8,)}, "random_state": 0}
CLASSES = [EmbeddingClassifier, EmbeddingRegressor, EmbeddingEncoder]
rng = np.random.default_rng(0)
N = 60
X = pd.DataFrame(
    {"dest": rng.choice(list("abc"), N), "carrier": rng.choice(list("xy"), N), "distance": rng.normal(size=N)}
)
Y = rng.integers(0, 2, N)


@pytest.fixture(scope="module")
def fitted():
    return {cls: cls(**QUICK).fit(X, Y) for cls in CLASSES}


def with_vectors(cls):
    """Return an estimator that learns vectors for columns of few categories too, as encoders do anyway."""
    return cls(**QUICK) if cls is EmbeddingEncoder else cls(**QUICK, one_hot_max_categories=0)


def answer(model, table):
    return model.transform(table) if hasattr(model, "transform") else model.predict(table)


def cells(value, n=N):
    column = np.empty(n, dtype=object)
    column[:] = [value] + ["a"] * (n - 1)
    return column


BAD_TABLES = [
    (X.head(0), "The table has no rows, only the columns 'dest', 'carrier', 'distance'. Pass at least one row"),
    (X.head(0), "Found array with 0 sample(s) (shape=(0, 3)) while a minimum of 1 is required."),
    (X[[]], "Found array with 0 feature(s) (shape=(60, 0)) while a minimum of 1 is required."),
    (X["dest"], "Expected a 2-dimensional container but got Series instead."),
    (X["dest"].to_numpy(), "Expected 2D array, got 1D array instead"),
    (None, "Expected a table, got NoneType instead."),
    (
        X.set_axis(["dest", "dest", "distance"], axis=1),
        "Column names must be unique; these occur more than once: 'dest'. Rename or drop the duplicates.",
    ),
    (X.assign(dest=cells([["a"], "b"])), "Every cell in column 'dest' of the argument must be one value"),
    (X.assign(dest=cells({"a": "b"})), "got a cell of type dict: {'a': 'b'}. A dict in a column of a table gives"),
    (
        X.assign(distance=[np.inf, *X["distance"][1:]]),
        "Input X contains infinity in column 'distance' (first in row 0).",
    ),
    (
        X.assign(distance=[1e300, *X["distance"][1:]]),
        "Input X contains infinity or a value too large for dtype('float32') in column 'distance'",
    ),
]


@pytest.mark.parametrize("cls", CLASSES)
@pytest.mark.parametrize(("table", "message"), BAD_TABLES, ids=[str(place) for place in range(len(BAD_TABLES))])
def test_a_table_that_cannot_be_used(cls, table, message, fitted):
    with pytest.raises(DataError, match=re.escape(message)):
        answer(fitted[cls], table)
    with pytest.raises(DataError, match=re.escape(message)):
        cls(**QUICK).fit(table, Y)


NO_ROWS = "The table has no rows, only the columns 'query', 'a', 'b'. Pass at least one row: check the filter, join or"


@pytest.mark.filterwarnings("ignore::tabemb.table.schema.SchemaHint")
@pytest.mark.parametrize(
    "model",
    [
        EmbeddingEncoder(**QUICK),
        EmbeddingPretrainer(random_state=0),
        EmbeddingRanker("query", **QUICK),
        TwoTowerRecommender("query", "a"),
    ],
    ids=lambda model: type(model).__name__,
)
def test_a_table_without_rows(model):
    """Nothing is to be fitted without rows, with a target or without; and nothing to be predicted."""
    table = pd.DataFrame({"query": [1, 1, 2, 2, 3, 3], "a": list("xyzxyz"), "b": list("xyzxyy")})
    is_ranker = isinstance(model, EmbeddingRanker)
    with pytest.raises(DataError, match=re.escape(NO_ROWS)):
        model.fit(table.head(0), *([[]] if is_ranker else []))
    model.fit(table, *([[0, 1] * 3] if is_ranker else []))
    with pytest.raises(DataError, match=re.escape(NO_ROWS)):
        answer(model, table.head(0))
    with pytest.raises(
        DataError, match=r"^The table is empty: it has neither rows nor columns\. Check how it was read"
    ):
        answer(model, [])


BAD_TARGETS = [
    (Y[:-1], "Found input variables with inconsistent numbers of samples: [60, 59]"),
    (np.where(np.arange(N) == 5, np.nan, Y), "Input y contains NaN: 1 of 60 target values are missing."),
    (np.where(np.arange(N) == 5, np.inf, Y), "Input y contains infinity or a value too large."),
    (np.full(N, np.nan), "Input y contains NaN: 60 of 60 target values are missing. Drop those rows before the fit."),
]


@pytest.mark.parametrize("cls", CLASSES)
@pytest.mark.parametrize(("y", "message"), BAD_TARGETS, ids=["short", "nan", "inf", "all missing"])
def test_a_target_that_cannot_be_used(cls, y, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        cls(**QUICK).fit(X, y)


@pytest.mark.parametrize("cls", [EmbeddingClassifier, EmbeddingRegressor])
def test_no_target(cls):
    with pytest.raises(ValueError, match="requires y to be passed, but the target y is None"):
        cls(**QUICK).fit(X, None)


def test_a_target_of_one_class():
    message = "The target has only one class: 'a'. A classifier needs rows of at least two classes."
    with pytest.raises(DataError, match=re.escape(message)):
        EmbeddingClassifier(**QUICK).fit(X, ["a"] * N)


def test_a_target_of_one_class_once_rows_of_weight_zero_are_gone():
    with pytest.raises(DataError, match="The target has only one class: 1"):
        EmbeddingClassifier(**QUICK).fit(X, Y, sample_weight=(Y == 1).astype(float))


def test_text_for_a_regressor_and_numbers_for_a_classifier():
    with pytest.raises(DataError, match="EmbeddingRegressor predicts numbers, but the target holds values such as 'a'"):
        EmbeddingRegressor(**QUICK).fit(X, ["a"] * N)
    with pytest.raises(DataError, match=r"Unknown label type: continuous\..*for numbers use EmbeddingRegressor"):
        EmbeddingClassifier(**QUICK).fit(X, rng.normal(size=N))


BAD_WEIGHTS = [
    (np.where(np.arange(N) == 3, -1.0, 1.0), "Negative values in sample_weight: -1. Weights must be at least 0."),
    (np.where(np.arange(N) == 3, np.nan, 1.0), "Input sample_weight contains NaN or infinity."),
    (np.ones(N - 1), "sample_weight must have shape (60,), one weight per row, got shape (59,)."),
    (np.ones((N, 2)), "sample_weight must have shape (60,), one weight per row, got shape (60, 2)."),
    (np.zeros(N), "All weights in sample_weight are zero, so there is no row to train on."),
]


@pytest.mark.parametrize("cls", CLASSES)
@pytest.mark.parametrize(("weights", "message"), BAD_WEIGHTS, ids=["negative", "nan", "short", "matrix", "zeros"])
def test_weights_that_cannot_be_used(cls, weights, message):
    with pytest.raises(DataError, match=re.escape(message)):
        cls(**QUICK).fit(X, Y, sample_weight=weights)


# ---------------------------------------------------------------- columns at predict


@pytest.mark.parametrize("cls", CLASSES)
@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_a_missing_misspelled_or_unknown_column(cls, library, fitted):
    make = {"pandas": lambda t: t, "polars": pl.from_pandas}[library]
    words = "The feature names should match those that were passed during fit.\n"
    missing = words + "Feature names seen at fit time, yet now missing:\n- carrier\n"
    with pytest.raises(ColumnError, match=re.escape(missing)):
        answer(fitted[cls], make(X.drop(columns="carrier")))
    with pytest.raises(ColumnError, match=re.escape("'carrier' is missing. Did you mean 'carier'?")):
        answer(fitted[cls], make(X.rename(columns={"carrier": "carier"})))
    strange = words + "Feature names unseen at fit time:\n- extra\n"
    with pytest.raises(ColumnError, match=re.escape(strange)):
        answer(fitted[cls], make(X.assign(extra=1)))


@pytest.mark.filterwarnings("ignore:X does not have valid feature names:UserWarning")
@pytest.mark.parametrize("cls", CLASSES)
def test_an_array_of_another_width(cls, fitted):
    message = f"X has 2 features, but {cls.__name__} is expecting 3 features as input"
    with pytest.raises(ValueError, match=re.escape(message)):
        answer(fitted[cls], X.to_numpy(dtype=object)[:, :2])


@pytest.mark.parametrize("cls", CLASSES)
def test_a_number_column_that_holds_text(cls, fitted):
    message = "Column 'distance' holds numbers, but a cell is 'far', of type str. Convert it to numbers first"
    with pytest.raises(DataError, match=re.escape(message)):
        answer(fitted[cls], X.assign(distance="far"))


@pytest.mark.parametrize("cls", CLASSES)
def test_a_text_column_that_holds_integers_is_unknown_with_a_warning(cls, fitted):
    message = "No cell of column 'dest' is known: it held text at fit, but now number."
    with pytest.warns(TypeChangedWarning, match=re.escape(message)):
        changed = answer(fitted[cls], X.assign(dest=7))
    assert np.array_equal(changed, answer(fitted[cls], X.assign(dest="never seen")))


# ---------------------------------------------------------------- what must be answered


@pytest.mark.parametrize("cls", CLASSES)
def test_unseen_categories_and_missing_columns_are_answered(cls, fitted):
    strange = X.assign(dest="never seen", carrier=None, distance=np.nan)
    out = answer(fitted[cls], strange)
    assert len(out) == N
    if cls is EmbeddingEncoder:
        assert np.isnan(out[:, -1]).all()
        out = out[:, :-1]
    assert np.isfinite(out).all()
    # Equal but for the last digit, since some BLAS kernels round the rows of a product differently.
    np.testing.assert_allclose(out, np.broadcast_to(out[0], out.shape), rtol=1e-6)


@pytest.mark.parametrize("cls", CLASSES)
def test_one_row(cls, fitted):
    np.testing.assert_allclose(answer(fitted[cls], X[:1]), answer(fitted[cls], X)[:1], atol=1e-6)


@pytest.mark.parametrize("make", [EmbeddingRegressor, partial(EmbeddingEncoder, cv=None, target_type="continuous")])
def test_one_row_at_fit(make):
    model = make(**QUICK).fit(X[:1], [3.0])
    assert np.isfinite(answer(model, X)).all()


def test_one_row_that_is_not_enough():
    with pytest.raises(DataError, match="The target has only one class: 3"):
        EmbeddingClassifier(**QUICK).fit(X[:1], [3])
    message = "Cross-fitting with cv=5 needs at least 5 rows, got n_samples=1."
    with pytest.raises(DataError, match=re.escape(message)):
        EmbeddingEncoder(**QUICK, target_type="continuous").fit(X[:1], [3.0])


@pytest.mark.parametrize("cls", CLASSES)
def test_no_categorical_column(cls):
    message = "The table has no categorical column, so there are no vectors to learn. Name the columns that hold"
    with pytest.warns(SchemaHint, match=re.escape(message)):
        model = cls(**QUICK).fit(X[["distance"]], Y)
    assert dict(model.vectors_) == {}
    assert len(answer(model, X[["distance"]])) == N


@pytest.mark.parametrize("cls", CLASSES)
def test_only_categorical_columns(cls):
    model = with_vectors(cls).fit(X[["dest", "carrier"]], Y)
    assert list(model.vectors_) == ["dest", "carrier"]
    assert len(answer(model, X[["dest", "carrier"]])) == N


@pytest.mark.parametrize("cls", CLASSES)
def test_a_column_of_one_category_is_left_out_with_a_warning(cls):
    table = X.assign(carrier="UA", empty=None)
    message = "Columns without information are dropped: 'carrier' (constant), 'empty' (all missing)."
    with pytest.warns(DroppedColumnWarning, match=re.escape(message)):
        model = with_vectors(cls).fit(table, Y)
    assert list(model.vectors_) == ["dest"]
    assert np.array_equal(answer(model, table), answer(model, table.assign(carrier="AA", empty="full")))


CONSTANT_COLUMNS = {
    "text": ["x"] * N,
    "integers": [3] * N,
    "booleans": [True] * N,
    "dates": pd.to_datetime(["2024-05-01"] * N),
    "missing text": [None] * N,
    "missing numbers": [np.nan] * N,
    "missing dates": pd.Series([pd.NaT] * N),
}


@pytest.mark.parametrize("cells", CONSTANT_COLUMNS.values(), ids=CONSTANT_COLUMNS)
@pytest.mark.parametrize("params", [{}, {"cv": None, "target_statistics": True, "handle_unknown": "mean"}])
def test_the_vectors_of_an_only_column_that_is_constant_are_constant(cells, params, tmp_path):
    table = pd.DataFrame({"a": cells})
    with pytest.warns(SchemaHint, match="No column of the table varies: 'a'. All rows get the same vectors"):
        encoder = EmbeddingEncoder(**{**QUICK, **params}).fit(table, Y)
    vectors = encoder.transform(table)
    assert vectors.shape == (N, len(encoder.get_feature_names_out()))
    assert vectors.shape[1] > 0
    assert np.isfinite(vectors).all()
    assert np.ptp(vectors, axis=0).max() == 0
    encoder.save(tmp_path / "encoder")
    assert np.array_equal(tabemb.load(tmp_path / "encoder").transform(table), vectors)


@pytest.mark.filterwarnings("ignore::tabemb.table.schema.SchemaHint")
@pytest.mark.parametrize("cells", CONSTANT_COLUMNS.values(), ids=CONSTANT_COLUMNS)
@pytest.mark.parametrize("cls", [EmbeddingClassifier, EmbeddingRegressor])
def test_predictions_from_an_only_column_that_is_constant_are_constant(cls, cells):
    table = pd.DataFrame({"a": cells})
    assert np.ptp(answer(cls(**QUICK).fit(table, Y), table), axis=0).max() < 1e-6


@pytest.mark.filterwarnings("ignore::tabemb.table.schema.SchemaHint")
def test_a_column_transformer_gives_an_encoder_one_column_at_a_time():
    table = X.assign(carrier="UA", empty=None)
    each = make_column_transformer(
        *[(EmbeddingEncoder(**QUICK, embedding_dim=2), [name]) for name in ("dest", "carrier", "empty")]
    )
    assert each.fit_transform(table, Y).shape == (N, 6)


@pytest.mark.filterwarnings("ignore::tabemb.table.schema.SchemaHint")
def test_a_fold_may_lack_the_rare_value_of_the_only_column():
    table = pd.DataFrame({"a": ["x"] * (N - 1) + ["y"]})
    pipeline = make_pipeline(EmbeddingEncoder(**QUICK), LogisticRegression())
    assert np.isfinite(cross_val_score(pipeline, table, Y, cv=3, error_score="raise")).all()


def test_a_column_whose_categories_are_all_rare_has_the_vector_of_unknown_ones():
    encoder = EmbeddingEncoder(**QUICK, embedding_dim=2, min_frequency=N // 2).fit(
        pd.DataFrame({"a": ["x", "y"] * (N // 2), "b": [f"v{i % 7}" for i in range(N)]}), Y
    )
    assert encoder.get_feature_names_out().tolist() == ["a_emb0", "a_emb1", "b_emb0", "b_emb1"]


def test_ids_above_32_bits_are_told_apart():
    base = 2**53
    ids = base + np.arange(N) % 3
    model = EmbeddingClassifier(["id"], **QUICK, one_hot_max_categories=0)
    model.fit(pd.DataFrame({"id": ids, "distance": X["distance"]}), Y)
    assert sorted(model.vectors_["id"]) == [base, base + 1, base + 2]
    out = EmbeddingEncoder(**QUICK, early_stopping=False).fit(pd.DataFrame({"id": ids}), Y)
    assert out.inverse_transform(out.transform(pd.DataFrame({"id": ids})))[:, 0].tolist() == ids.tolist()


def test_what_is_no_callback():
    with pytest.raises(TypeError, match=r"callbacks must be keras\.callbacks\.Callback objects, got <class"):
        EmbeddingClassifier(**QUICK, callbacks=[keras.callbacks.EarlyStopping]).fit(X, Y)


@pytest.mark.parametrize("cls", CLASSES)
def test_what_is_not_fitted_cannot_answer(cls):
    model = cls()
    message = f"This {cls.__name__} instance is not fitted yet."
    with pytest.raises(NotFittedError, match=re.escape(message)):
        answer(model, X)
    for name in ("vectors_", "schema_", "network_"):
        with pytest.raises(NotFittedError, match=re.escape(message)):
            getattr(model, name)
