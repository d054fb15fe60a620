"""Estimators on columns whose vectors are found by hashes."""

import json
import os
import pickle
import re
import subprocess
import sys

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import clone

import tabemb
from tabemb import EmbeddingClassifier, EmbeddingEncoder, EmbeddingPretrainer, EmbeddingRegressor
from tabemb.diagnosis.column_influence import column_influence
from tabemb.diagnosis.model import diagnose_model
from tabemb.exceptions import ColumnError, DataError, UnknownNameError
from tabemb.table.schema import TypeChangedWarning
from tabemb.table.vocabularies import VOCABULARIES, Hashing, Ngrams

N, CUT = 1200, 1000
KINDS = sorted(VOCABULARIES)
LEVELS, FIELDS = ["junior", "senior", "chief"], ["engineer", "nurse", "teacher", "driver", "plumber", "clerk", "baker"]


@pytest.fixture(scope="module")
def people():
    rng = np.random.default_rng(0)
    level, field, city = rng.integers(0, 3, N), rng.integers(0, 7, N), rng.integers(0, 60, N)
    frame = pd.DataFrame(
        {
            "title": [f"{LEVELS[i]} {FIELDS[j]}" for i, j in zip(level, field, strict=True)],
            "city": [f"city {each}" for each in city],
            "tags": [[f"tag {i % 5}", f"tag {i % 7}"] for i in city],
            "age": rng.normal(40, 10, N),
        }
    )
    frame.loc[::50, "title"] = None
    wage = np.arange(3)[level] + np.linspace(-2, 2, 7)[field] + rng.normal(size=60)[city] * 0.5
    return frame, wage + 0.1 * rng.normal(size=N)


# One small layer and equal dimensions: the fits of the same columns share compiled loops.
SMALL = {"body": {"name": "mlp", "hidden_units": (16,)}, "embedding_dim": 4, "max_epochs": 2, "random_state": 0}


def quick(kind, *columns, **params):
    small = {"name": kind, "n_buckets": 300}
    return {**SMALL, "vocabulary": dict.fromkeys(columns, small), **params}


LONG = {"max_epochs": 15, "learning_rate": 0.005}


def listing(kind, *columns, **params):
    """As :func:`quick`, with vectors of the other columns too, however few their categories are."""
    return {**quick(kind, *columns, **params), "one_hot_max_categories": 0}


@pytest.mark.parametrize("kind", KINDS)
def test_predictions_survive_saving_and_need_no_tensorflow(kind, people, tmp_path):
    X, wage = people
    model = EmbeddingClassifier(**listing(kind, "title", "city", "tags")).fit(X[:CUT], wage[:CUT] > 0)
    expected = model.predict_proba(X[CUT:])
    model.save(tmp_path / "model")
    for again in (
        model.predictor(),
        tabemb.load(tmp_path / "model"),
        tabemb.load_predictor(tmp_path / "model"),
        pickle.loads(pickle.dumps(model)),
    ):
        assert np.array_equal(again.predict_proba(X[CUT:]), expected)
    assert np.array_equal(model.predict_proba(pl.from_pandas(X[CUT:])), expected)
    assert clone(model).get_params()["vocabulary"] == model.vocabulary
    one_row = model.predict_proba(X[CUT + 3 : CUT + 4])
    np.testing.assert_allclose(one_row[0], expected[3], rtol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_hashed_columns_learn_as_much_as_listed_ones(kind, people):
    X, wage = people
    listed, hashed = (
        EmbeddingRegressor(**listing(kind, *columns, **LONG)).fit(X[:CUT], wage[:CUT])
        for columns in ((), ("title", "city"))
    )
    score = hashed.score(X[CUT:], wage[CUT:])
    assert score > 0.85
    assert score > listed.score(X[CUT:], wage[CUT:]) - 0.05


def test_a_saved_model_finds_the_same_rows_in_another_process(people, tmp_path):
    X, wage = people
    model = EmbeddingRegressor(**listing("double_hashing", "title", "city")).fit(X[:CUT], wage[:CUT])
    model.save(tmp_path / "model")
    rows = X[["title", "city", "age"]][CUT : CUT + 5].assign(
        tags=[["tag 1"]] * 5, city=["city 3", "new", "é", "", None]
    )
    rows.to_json(tmp_path / "rows.json")
    code = (
        "import sys, pandas as pd, tabemb\n"
        f"rows = pd.read_json({str(tmp_path / 'rows.json')!r})\n"
        f"print(*tabemb.load_predictor({str(tmp_path / 'model')!r}).predict(rows))\n"
        "assert not {'keras', 'tensorflow'} & set(sys.modules)"
    )
    other_seed = "7" if os.environ.get("PYTHONHASHSEED") != "7" else "0"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONHASHSEED": other_seed},
    )
    expected = model.predict(pd.read_json(tmp_path / "rows.json"))
    np.testing.assert_allclose([float(each) for each in done.stdout.split()], expected, rtol=1e-5)


def test_neither_memory_nor_files_grow_with_the_categories(tmp_path):
    sizes = {}
    for n_categories in (500, 1500):
        X = pd.DataFrame({"user": [f"user number {i % n_categories}" for i in range(N)]})
        model = EmbeddingRegressor(**quick("hashing", "user", max_epochs=1))
        model.fit(X, np.arange(N) % 7)
        model.save(tmp_path / str(n_categories))
        state = json.loads((tmp_path / str(n_categories) / "tabemb.json").read_text())
        table = model.network_.get_layer("user_embedding").embeddings.shape
        sizes[n_categories] = table, "user number 3" in json.dumps(state["table"]["vocabularies"])
    assert sizes[500] == sizes[1500]
    assert sizes[500][0][0] == 302
    assert not sizes[500][1]


def test_a_category_that_the_fit_has_not_seen_is_not_unknown(people):
    X, wage = people
    model = EmbeddingRegressor(**listing("hashing", "city"), handle_unknown="error").fit(X[:CUT], wage[:CUT])
    assert np.isfinite(model.predict(X[CUT:].assign(city="nowhere"))).all()
    assert model.encoder_.encode(X.assign(city="nowhere")).indices[:, 1].min() >= 2


def test_rows_that_no_training_row_used_have_the_vector_of_unknown_categories(people):
    X, wage = people
    model = EmbeddingRegressor(**listing("hashing", "city")).fit(X, wage)
    counts = model.encoder_.vocabularies["city"].counts
    assert counts.sum() == N
    (feature,) = [each for each in model._network.spec.features if each.name == "city"]
    rows = model._network.vectors(feature)
    assert (counts[2:] == 0).sum() > 200
    assert np.array_equal(rows[2:][counts[2:] == 0], np.tile(rows[1], ((counts[2:] == 0).sum(), 1)))


def test_vectors_of_texts_are_near_those_of_similar_texts(people):
    X, wage = people
    # Wide vectors and the default body: texts that differ in one word are twice as far away as misspelt ones.
    params = {"embedding_dim": "capped", "body": "ensemble", "max_epochs": 15}
    model = EmbeddingRegressor(**listing("ngrams", "title", **params)).fit(X[:CUT], wage[:CUT])
    vectors = model.vectors_["title"]
    assert set(vectors.index_to_key) == {f"{level} {field}" for level in LEVELS for field in FIELDS}
    assert vectors.counts.sum() == X["title"][:CUT].notna().sum()
    keys = list(vectors.index_to_key)
    np.testing.assert_allclose(model.vectors_of("title", keys), vectors.vectors, rtol=1e-5, atol=1e-6)
    misspelt = model.vectors_of("title", ["Senior Enginer", "juniors nurse", "chief-driver"])
    for text, vector in zip(["senior engineer", "junior nurse", "chief driver"], misspelt, strict=True):
        distances = np.linalg.norm(vectors.vectors - vector, axis=1)
        assert keys[distances.argmin()] == text
    unseen = X[CUT:].assign(title=X["title"][CUT:].str.replace("engineer", "enginer"))
    assert model.score(unseen, wage[CUT:]) > 0.8


def test_vectors_are_asked_for_by_value(people):
    X, wage = people
    model = EmbeddingRegressor(**listing("hashing", "city")).fit(X, wage)
    assert list(model.vectors_) == ["title", "tags"]
    assert "city" not in model.vectors_
    vectors = model.vectors_of("city", ["city 3", "nowhere", None])
    cities = pd.DataFrame({"title": None, "city": ["city 3", "nowhere", None], "tags": [["tag 1"]] * 3, "age": 1.0})
    (feature,) = [each for each in model._network.spec.features if each.name == "city"]
    np.testing.assert_array_equal(vectors, model._network.looked_up(feature, model.encoder_.encode(cities)))
    listed = model.vectors_["title"]
    np.testing.assert_array_equal(model.vectors_of("title", ["chief baker", "x"])[0], listed["chief baker"])
    np.testing.assert_array_equal(model.vectors_of("title", ["x"])[0], listed.unknown)
    with pytest.raises(ColumnError, match=re.escape("Ask for the vectors of given categories: vectors_of('city',")):
        model.vectors_["city"]
    with pytest.raises(ColumnError, match=re.escape("No vectors were learned for a column 'ctiy'.")):
        model.vectors_of("ctiy", ["a"])
    with pytest.raises(DataError, match=re.escape("takes a sequence of values; got the text 'a'. Pass ['a'].")):
        model.vectors_of("city", "a")


@pytest.mark.parametrize("kind", KINDS)
def test_encoders_and_pretrainers(kind, people):
    X, wage = people
    encoder = EmbeddingEncoder(**quick(kind, "title", "city"), cv=3)
    out = encoder.fit_transform(X, wage)
    assert np.isfinite(out).all()
    assert out.shape == encoder.transform(X).shape == (N, len(encoder.get_feature_names_out()))
    with pytest.raises(DataError):
        encoder.inverse_transform(out)
    pretrainer = EmbeddingPretrainer(vocabulary=encoder.vocabulary, embedding_dim=4, random_state=0).fit(X)
    assert np.isfinite(pretrainer.transform(X)).all()


@pytest.mark.parametrize("kind", ["hashing", "double_hashing", "multiplexed"])
def test_the_objective_masked_reads_one_row_per_cell(kind, people):
    X = people[0][["city", "title", "age"]]
    settings = {"objective": {"name": "masked", "max_epochs": 2}, "embedding_dim": 4, "random_state": 0}
    model = EmbeddingPretrainer(vocabulary=quick(kind, "city")["vocabulary"], **settings).fit(X)
    assert np.isfinite(model.transform(X)).all()


def test_columns_of_one_multiplexed_table_share_its_size_and_rows(people):
    X, wage = people
    model = EmbeddingRegressor(**listing("multiplexed", "title", "city")).fit(X, wage)
    title, city = (each for each in model._network.spec.features if each.name in ("title", "city"))
    assert title.table is city.table
    assert title.table.name == "multiplexed"
    assert title.table.vocabulary_size == 302
    clash = X.rename(columns={"title": "multiplexed"})
    other = EmbeddingRegressor(**listing("multiplexed", "city")).fit(clash, wage)
    names = sorted(each.table.name for each in other._network.spec.features)
    assert names == ["multiplexed", "multiplexed_table", "tags"]


def test_one_kind_for_all_columns_is_for_those_that_it_suits(people):
    X, wage = people
    model = EmbeddingRegressor(**{**SMALL, "vocabulary": {"name": "hashing", "n_buckets": 30}}).fit(X, wage)
    assert list(model.encoder_.hashed) == ["city"]
    assert model.encoder_.hashed["city"].kind == Hashing(30)
    by_instance = EmbeddingRegressor(**{**SMALL, "vocabulary": Hashing(30)}).fit(X, wage)
    assert by_instance.encoder_.hashed["city"] == model.encoder_.hashed["city"]


def test_a_kind_as_an_instance_is_saved(people, tmp_path):
    X, wage = people
    vocabulary = {"title": Ngrams(n_buckets=100), "city": None}
    model = EmbeddingRegressor(**{**SMALL, "vocabulary": vocabulary}, one_hot_max_categories=0).fit(X, wage)
    model.save(tmp_path / "model")
    again = tabemb.load(tmp_path / "model")
    assert again.vocabulary["title"]["n_buckets"] == 100
    assert np.array_equal(again.fit(X, wage).predict(X), model.predict(X))


def test_partial_fit_goes_on_with_categories_that_the_first_batch_did_not_have(people):
    X, wage = people
    model = EmbeddingRegressor(**listing("hashing", "title", "city"))
    order = X["city"].argsort().to_numpy()
    for rows in (order[:500], order[500:1000], order[1000:]):
        model.partial_fit(X.iloc[rows], wage[rows])
    assert model.network_.get_layer("city_embedding").embeddings.shape[0] == 302
    before = model.vectors_of("city", ["nowhere"])
    for _ in range(5):
        model.partial_fit(X.assign(city="nowhere"), wage)
    assert not np.array_equal(model.vectors_of("city", ["nowhere"]), before)


def test_target_statistics_are_those_of_buckets(people):
    X, wage = people
    for kind in KINDS:
        model = EmbeddingRegressor(**listing(kind, "title", "city"), target_statistics=True, crosses=None).fit(X, wage)
        numbers = model.encoder_.encode(X.assign(city="nowhere")).numbers
        assert np.isfinite(numbers).all()
        assert np.isfinite(model.predict(X)).all()
    with pytest.raises(ColumnError, match="A cross needs one value per cell; 'title' has several"):
        model.set_params(crosses=[["title", "city"]], vocabulary={"title": "double_hashing"}).fit(X, wage)


def test_an_ensemble_with_validation_rows(people):
    X, wage = people
    model = EmbeddingRegressor(**listing("ngrams", "title"), n_ensemble=2)
    model.fit(X[:CUT], wage[:CUT], X_val=X[CUT:], y_val=wage[CUT:])
    assert model.vectors_of("title", ["chief nurse", "unheard of"]).shape[0] == 2


def test_importances_diagnoses_and_files_of_vectors(people, tmp_path):
    X, wage = people
    model = EmbeddingRegressor(**listing("hashing", "city")).fit(X, wage)
    assert model.feature_importances_[list(X).index("city")] > 0
    assert "city" not in repr(model.vectors_)
    model.vectors_.save(tmp_path / "vectors")
    assert list(tabemb.EmbeddingStore.load(tmp_path / "vectors")) == ["title", "tags"]
    assert list(diagnose_model(model, X, wage, n_refits=3)) == ["title", "tags"]
    assert sorted(column_influence(model).index) == ["city", "tags", "title"]


@pytest.mark.parametrize("kind", ["hashing", "ngrams"])
def test_the_noise_of_vectors_is_estimated_where_they_are_listed(kind, people):
    X, wage = people
    model = EmbeddingRegressor(**listing(kind, "title")).fit(X, wage)
    noisy = tabemb.refit_vectors(model, X, wage, n_refits=3)
    assert list(noisy) == list(model.vectors_)
    assert all(each.noise is not None for each in noisy.values())


def test_a_multiplexed_table_begins_at_the_vectors_of_all_of_its_columns(people):
    X, _ = people
    trips = X[["title", "city"]].assign(region=X["city"].str[-1], rank=X["title"].str[:3])
    spec = {"name": "multiplexed", "n_buckets": 5000}
    model = EmbeddingPretrainer(vocabulary=dict.fromkeys(["title", "city"], spec), random_state=0).fit(trips)
    plain = EmbeddingPretrainer(random_state=0).fit(trips)
    for column in ("title", "city"):
        keys = list(plain.vectors_[column].index_to_key)
        mine, theirs = model.vectors_of(column, keys), plain.vectors_of(column, keys)
        products = [np.corrcoef(each @ each.T)[np.triu_indices(len(keys), 1)] for each in (mine, theirs)]
        assert np.corrcoef(*products)[0, 1] > 0.95


def test_pretrained_vectors_are_for_listed_categories(people):
    X, wage = people
    vectors = {"city": {"city 1": [1.0, 2.0, 3.0, 4.0]}}
    with pytest.raises(ColumnError, match="pretrained names the column 'city', whose vectors are found by hashes"):
        EmbeddingRegressor(**quick("hashing", "city"), pretrained=vectors).fit(X, wage)
    first = EmbeddingRegressor(**listing("hashing")).fit(X, wage)
    model = EmbeddingRegressor(**listing("hashing", "city"), pretrained=first.vectors_)
    assert sorted(model.fit(X, wage).pretrained_report_) == ["tags", "title"]


def test_integers_are_hashed_if_they_are_categories(people):
    X, wage = people
    numbers = X.assign(city=X["city"].str[5:].astype(int))
    model = EmbeddingRegressor(["city"], **listing("hashing", "city")).fit(numbers, wage)
    assert np.array_equal(model.predict(numbers.assign(city=numbers["city"].astype(float))), model.predict(numbers))
    with pytest.warns(TypeChangedWarning, match="No cell of column 'city' has the hash of one at fit: it held number"):
        model.predict(numbers.assign(city=numbers["city"].astype(str)))
    with pytest.raises(DataError, match=re.escape("names the column 'city', which is no categorical column.")):
        EmbeddingRegressor(**quick("hashing", "city")).fit(numbers, wage)
    with pytest.raises(DataError, match="'ngrams' reads the characters of texts, but the column 'city' holds number"):
        EmbeddingRegressor(["city"], **quick("ngrams", "city")).fit(numbers, wage)


def test_mistakes_are_told_before_training(people):
    X, wage = people
    for vocabulary, error, told in (
        ({"city": "hashin"}, UnknownNameError, "Did you mean 'hashing'?"),
        ({"ctiy": "hashing"}, ColumnError, "which the table does not have. Did you mean 'city'?"),
        (
            {"city": {"name": "hashing", "n_buckets": 2.5}},
            ValueError,
            "must be an integer of at least 1; got 2.5.",
        ),
    ):
        with pytest.raises(error, match=re.escape(told)):
            EmbeddingRegressor(vocabulary=vocabulary).fit(X, wage)


def test_columns_without_names(people):
    X, wage = people
    cells = X[["title", "city"]].to_numpy()
    model = EmbeddingRegressor(**{**SMALL, "vocabulary": {"x1": "hashing"}}).fit(cells, wage)
    assert list(model.encoder_.hashed) == ["x1"]
    assert np.isfinite(model.predict(cells)).all()
