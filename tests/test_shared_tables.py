"""Columns that share a table of vectors, from the fit to what is saved, served and stored."""

import pickle
import re

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

import tabemb
from tabemb import (
    EmbeddingClassifier,
    EmbeddingEncoder,
    EmbeddingPretrainer,
    EmbeddingRegressor,
    EmbeddingStore,
    load,
)
from tabemb.diagnosis.column_influence import column_influence
from tabemb.diagnosis.model import diagnose_model
from tabemb.exceptions import ColumnError
from tabemb.experiments.config import ExperimentConfig
from tabemb.experiments.explorer.side_table import side_data
from tabemb.experiments.runs.folder import open_run
from tabemb.experiments.runs.runner import run
from tabemb.nn.bodies import BODIES

AIRPORT = {"airport": ["origin", "dest"]}
SMALL = {"name": "mlp", "hidden_units": (16,)}
# Most fits share one compiled loop.
QUICK = {"max_epochs": 2, "body": SMALL, "embedding_dim": 4, "random_state": 0}


def table(n=400, seed=0):
    """Flights between 20 airports; each column has some that the other lacks."""
    rng = np.random.default_rng(seed)
    names = np.array([f"A{number:02d}" for number in range(20)])
    origin, dest = rng.integers(0, 17, n), rng.integers(3, 20, n)
    frame = pd.DataFrame({"origin": names[origin], "dest": names[dest], "zone": [f"z{each // 5}" for each in origin]})
    return frame.assign(distance=rng.normal(size=n)), (origin + dest + rng.normal(size=n) * 4 > 19)


@pytest.fixture(scope="module")
def rows():
    return table()


@pytest.fixture(scope="module")
def model(rows):
    return EmbeddingClassifier(shared=AIRPORT, **QUICK).fit(*rows)


def numbers_of(model):
    return model.vectors_["airport"].vectors.copy()


# ---------------------------------------------------------------- one table


def test_there_is_one_embedding_layer_and_one_table(model, rows):
    X, _ = rows
    assert [layer.name for layer in model.network_.layers if "embedding" in layer.name] == ["airport_embedding"]
    airports = model.vectors_["airport"]
    assert sorted(airports) == sorted({*X["origin"], *X["dest"]})
    counts = pd.concat([X["origin"], X["dest"]]).value_counts()
    assert dict(zip(airports, airports.counts, strict=True)) == counts.to_dict()


def test_the_table_has_its_name_and_those_of_its_columns(model):
    vectors = model.vectors_
    assert list(vectors) == ["airport"]
    assert len(vectors) == 1
    assert vectors.shared == AIRPORT
    for column in ("origin", "dest"):
        assert column in vectors
        assert vectors[column] == vectors["airport"]
        assert vectors[column].name == "airport"
        assert vectors.table_of(column) == "airport"
    assert vectors.most_similar("dest", "A03") == vectors["airport"].most_similar("A03")
    assert repr(vectors) == "LearnedVectors(airport: 20 x 4)"
    with pytest.raises(ColumnError, match=re.escape("Columns with vectors: ['airport']. Did you mean 'origin'?")):
        vectors["orgin"]


def test_a_lookup_replaces_both_columns(model, rows):
    found = model.vectors_.lookup(rows[0])
    airports = model.vectors_["airport"]
    assert list(found)[:2] == ["origin_emb0", "origin_emb1"]
    for column in ("origin", "dest"):
        mine = found[[f"{column}_emb{place}" for place in range(airports.dim)]].to_numpy()
        np.testing.assert_array_equal(mine, np.stack([airports[key] for key in rows[0][column]]))


def test_training_on_one_column_moves_the_vectors_of_the_other():
    X, y = table()
    moved = {}
    for name, shared in (("shared", AIRPORT), ("apart", None)):
        model = EmbeddingClassifier(shared=shared, damping=0, one_hot_max_categories=0, **QUICK)
        model.partial_fit(X, y, classes=[False, True])
        before = model.vectors_["origin"]["A05"]
        # In these rows, A05 is a destination only.
        only = (X["origin"] != "A05") & (X["dest"] == "A05")
        for _ in range(3):
            model.partial_fit(X[only], y[only], classes=[False, True])
        moved[name] = np.abs(model.vectors_["origin"]["A05"] - before).max()
    assert moved["shared"] > 5 * moved["apart"]


def test_a_category_of_one_column_is_not_unknown_in_the_other(model, rows):
    X, _ = rows
    assert "A18" not in set(X["origin"])
    turned = X.assign(origin="A18")
    unknown = X.assign(origin="elsewhere")
    assert not np.allclose(model.predict_proba(turned), model.predict_proba(unknown))


@pytest.mark.parametrize(("body", "start"), [("mlp", "random"), *((body, "cooccurrence") for body in sorted(BODIES))])
def test_every_body_and_start(body, start, rows):
    small = {**QUICK, "body": {**SMALL, "name": body}}
    fitted = EmbeddingClassifier(shared=AIRPORT, **small, start=start).fit(*rows)
    assert list(fitted.vectors_) == ["airport"]
    assert np.isfinite(numbers_of(fitted)).all()
    assert list(fitted.priors_) == ([] if start == "random" else ["airport"])
    predictor = fitted.predictor()
    np.testing.assert_allclose(predictor.predict_proba(rows[0]), fitted.predict_proba(rows[0]), atol=1e-5)


@pytest.mark.parametrize(
    "params",
    [
        {"shrinkage": 5.0, "damping": 0.0},
        {"n_ensemble": 2},
        {"weight_decay": 0.1},
        {"category_dropout": 0.0, "handle_unknown": "mean"},
        {"handle_unknown": "nearest"},
        {"crosses": [["origin", "dest"]], "target_statistics": True},
        {"start": {"name": "cooccurrence", "prior": {"airport": 20.0}}},
    ],
)
def test_parameters_of_the_training(params, rows):
    fitted = EmbeddingClassifier(shared=AIRPORT, **QUICK, **params).fit(*rows)
    again = clone(fitted).fit(*rows)
    assert np.array_equal(fitted.predict_proba(rows[0]), again.predict_proba(rows[0]))
    assert list(fitted.vectors_) == ["airport"]


@pytest.mark.parametrize("cls", [EmbeddingRegressor, EmbeddingEncoder, EmbeddingPretrainer])
def test_the_other_estimators(cls, rows):
    X, y = rows
    fitted = cls(shared=AIRPORT, **({"random_state": 0} if cls is EmbeddingPretrainer else QUICK))
    fitted.fit(X, y.astype(float))
    assert fitted.vectors_.shared == AIRPORT
    assert fitted.vectors_["origin"] == fitted.vectors_["airport"]


def test_a_shared_table_is_not_one_hot_encoded(rows):
    X, y = rows
    few = X.assign(origin=X["origin"].str[:2], dest=X["dest"].str[:2])
    fitted = EmbeddingClassifier(shared=AIRPORT, **QUICK).fit(few, y)
    assert fitted.vectors_["airport"].index_to_key == ["A1", "A0"]
    assert "zone" not in fitted.vectors_


def test_limits_apply_to_the_sum_of_the_counts(rows):
    X, y = rows
    counts = pd.concat([X["origin"], X["dest"]]).value_counts()
    fitted = EmbeddingClassifier(shared=AIRPORT, min_frequency=30, **QUICK).fit(X, y)
    assert set(fitted.vectors_["airport"]) == set(counts.index[counts >= 30])
    fitted = EmbeddingClassifier(shared=AIRPORT, max_categories=11, **QUICK).fit(X, y)
    assert len(fitted.vectors_["airport"]) == 10


# ---------------------------------------------------------------- dimensions


@pytest.mark.parametrize("dims", [{"airport": 5}, {"origin": 5}, {"origin": 5, "dest": 5}, {"dest": 5, "zone": 2}, 5])
def test_dimensions_by_table_or_column(dims, rows):
    assert (
        EmbeddingClassifier(shared=AIRPORT, **{**QUICK, "embedding_dim": dims}).fit(*rows).vectors_["airport"].dim == 5
    )


@pytest.mark.parametrize("dims", ["auto", {"dest": "auto"}, {"airport": "auto"}])
def test_dimensions_found_by_training(dims, rows):
    fitted = EmbeddingClassifier(shared=AIRPORT, **{**QUICK, "embedding_dim": dims}).fit(*rows)
    assert 1 <= fitted.vectors_["airport"].dim <= 9


def test_two_dimensions_of_a_table_are_refused(rows):
    with pytest.raises(ColumnError, match="embedding_dim has different values for 'origin' and 'dest'"):
        EmbeddingClassifier(shared=AIRPORT, embedding_dim={"origin": 5, "dest": 4}).fit(*rows)
    with pytest.raises(ColumnError, match="Did you mean 'airport'"):
        EmbeddingClassifier(shared=AIRPORT, embedding_dim={"airprot": 5}).fit(*rows)


# ---------------------------------------------------------------- untrained categories


def test_a_category_is_trained_if_any_column_has_it(rows):
    X, y = rows
    # Only the destinations of the training rows have A19, and the vocabulary knows A20 from neither.
    validation = X.iloc[:40].assign(origin="A19"), y[:40]
    fitted = EmbeddingClassifier(shared=AIRPORT, start="random", **QUICK).fit(
        X, y, X_val=validation[0], y_val=validation[1]
    )
    assert not np.array_equal(fitted.vectors_["airport"]["A19"], fitted.vectors_["airport"].unknown)


def test_a_category_without_training_rows_gets_the_vector_of_unknown_ones():
    X, y = table()
    # The last rows, which are held out, have a category of their own.
    X.loc[X.index[-40:], "dest"] = "new"
    fitted = EmbeddingClassifier(shared=AIRPORT, validation="last", validation_fraction=0.1, **QUICK)
    airports = fitted.fit(X, y).vectors_["airport"]
    assert np.array_equal(airports["new"], airports.unknown)


# ---------------------------------------------------------------- pretrained vectors


@pytest.fixture(scope="module")
def source():
    rng = np.random.default_rng(3)
    return {f"A{number:02d}": rng.normal(size=4) for number in range(20)}


@pytest.mark.parametrize("name", ["airport", "origin", "dest"])
def test_pretrained_vectors_of_the_table_or_a_column(name, source, rows):
    fitted = EmbeddingClassifier(shared=AIRPORT, pretrained={name: source}, freeze={"dest": True}, **QUICK).fit(*rows)
    assert list(fitted.pretrained_report_) == ["airport"]
    assert fitted.pretrained_report_["airport"].rows["whole"] == 800
    vectors = fitted.vectors_["airport"]
    assert vectors.dim == 4
    similar = np.corrcoef(np.stack([source[key] for key in vectors]) @ np.ones(4), vectors.vectors @ np.ones(4))
    assert similar[0, 1] > 0.999
    moved = clone(fitted).set_params(freeze=False).fit(*rows).vectors_["airport"]
    assert not np.allclose(moved.vectors, vectors.vectors)


def test_vectors_of_another_fit(model, rows):
    X, y = rows
    fitted = EmbeddingClassifier(shared=AIRPORT, pretrained=model, freeze=True, **QUICK).fit(X, y)
    assert list(fitted.pretrained_report_) == ["airport"]
    # Under another name, or for columns that do not share there.
    renamed = EmbeddingClassifier(shared={"place": ["origin", "dest"]}, pretrained=model, **QUICK).fit(X, y)
    assert list(renamed.pretrained_report_) == ["place"]
    apart = EmbeddingClassifier(pretrained=model, **QUICK).fit(X, y)
    assert list(apart.pretrained_report_) == ["origin", "dest"]
    with pytest.raises(ColumnError, match="pretrained has different values for 'origin' and 'dest', which share"):
        EmbeddingClassifier(shared=AIRPORT, pretrained=apart, **QUICK).fit(X, y)
    one = EmbeddingClassifier(shared=AIRPORT, pretrained={"airport": apart.vectors_["dest"]}, **QUICK).fit(X, y)
    assert one.pretrained_report_["airport"].categories["lacking"] == 3


def test_vectors_of_a_store(model, rows, tmp_path):
    X, y = rows
    model.vectors_.save(tmp_path / "vectors")
    store = EmbeddingStore.load(tmp_path / "vectors")
    place = {"place": ["origin", "dest"]}
    for shared, names in ((AIRPORT, ["airport"]), (place, ["place"]), (None, ["origin", "dest"])):
        fitted = EmbeddingClassifier(shared=shared, pretrained=store, **QUICK).fit(X, y)
        assert list(fitted.pretrained_report_) == names
    with pytest.raises(ColumnError, match="pretrained names the column 'airport', which is not among"):
        EmbeddingClassifier(pretrained=store, **QUICK).fit(X.rename(columns={"origin": "from", "dest": "to"}), y)


def test_different_vectors_for_the_columns_of_a_table_are_refused(source, rows):
    with pytest.raises(ColumnError, match="pretrained has different values for 'origin' and 'dest'"):
        EmbeddingClassifier(shared=AIRPORT, pretrained={"origin": source, "dest": dict(source)}, **QUICK).fit(*rows)
    EmbeddingClassifier(shared=AIRPORT, pretrained={"origin": source, "dest": source}, **QUICK).fit(*rows)
    with pytest.raises(ColumnError, match="freeze has different values for 'origin' and 'dest'"):
        EmbeddingClassifier(
            shared=AIRPORT, pretrained={"airport": source}, freeze={"origin": True, "dest": 2}, **QUICK
        ).fit(*rows)


# ---------------------------------------------------------------- without a target


@pytest.mark.parametrize(
    "objective",
    ["cooccurrence", {"name": "masked", "max_epochs": 2}, {"name": "masked", "max_epochs": 2, "tied": False}],
)
def test_objectives_without_a_target(objective, rows):
    X, _ = rows
    fitted = EmbeddingPretrainer(shared=AIRPORT, objective=objective, random_state=0).fit(X)
    again = clone(fitted).fit(X)
    assert list(fitted.vectors_) == ["airport", "zone"]
    assert np.array_equal(numbers_of(fitted), numbers_of(again))
    assert np.isfinite(numbers_of(fitted)).all()
    assert numbers_of(fitted).any()
    for column in ("origin", "dest"):
        shown = [name for name in fitted.get_feature_names_out() if name.startswith(f"{column}_emb")]
        assert len(shown) == fitted.vectors_["airport"].dim


def test_cooccurrence_counts_the_rows_of_all_columns():
    # A category of the destinations alone is near those of the origins that fly with the same carriers.
    rng = np.random.default_rng(0)
    group = rng.integers(0, 2, 2000)
    origin, dest = 2 * rng.integers(0, 4, 2000) + group, 8 + 2 * rng.integers(0, 4, 2000) + group
    X = pd.DataFrame(
        {"origin": [f"p{each}" for each in origin], "dest": [f"p{each}" for each in dest], "carrier": group.astype(str)}
    )
    X.loc[rng.random(2000) < 0.2, "carrier"] = "2"
    places = EmbeddingPretrainer(shared={"place": ["origin", "dest"]}, random_state=0).fit(X).vectors_["place"]
    assert places.noise is not None
    even = [key for key in places if int(key[1:]) % 2 == 0]
    for key in even:
        assert {near for near, _ in places.most_similar(key, topn=7)} == set(even) - {key}


def test_vectors_without_a_target_start_a_supervised_fit(rows):
    X, y = rows
    pretrainer = EmbeddingPretrainer(shared=AIRPORT, random_state=0).fit(X)
    fitted = EmbeddingClassifier(shared=AIRPORT, pretrained=pretrainer, **QUICK).fit(X, y)
    assert list(fitted.pretrained_report_) == ["airport"]


# ---------------------------------------------------------------- transformers


@pytest.fixture(scope="module")
def encoder(rows):
    return EmbeddingEncoder(shared=AIRPORT, target_statistics=True, cv=3, **{**QUICK, "embedding_dim": 3}).fit(*rows)


def test_the_output_has_the_names_of_the_columns(encoder):
    names = encoder.get_feature_names_out().tolist()
    assert names[:6] == [f"{column}_emb{place}" for column in ("origin", "dest") for place in range(3)]
    assert {"origin_target", "dest_target"} <= set(names)


def test_both_columns_have_the_vectors_of_the_table(encoder, rows):
    out = encoder.transform(rows[0])
    airports = encoder.vectors_["airport"]
    np.testing.assert_array_equal(out[:, :3], np.stack([airports[key] for key in rows[0]["origin"]]))
    np.testing.assert_array_equal(out[:, 3:6], np.stack([airports[key] for key in rows[0]["dest"]]))
    frame = clone(encoder).set_output(transform="pandas").fit_transform(*rows)
    assert list(frame.columns) == encoder.get_feature_names_out().tolist()


def test_the_noise_is_that_of_the_table(encoder):
    assert encoder.vectors_["dest"].noise is not None


def test_vectors_become_categories_again(rows):
    X, y = rows
    encoder = EmbeddingEncoder(shared=AIRPORT, remainder="drop", cv=None, **QUICK).fit(X, y)
    assert encoder.inverse_transform(encoder.transform(X))[:, :2].tolist() == X[["origin", "dest"]].to_numpy().tolist()


# ---------------------------------------------------------------- kept and served


def test_saved_pickled_and_cloned(model, encoder, rows, tmp_path):
    X, _ = rows
    model.save(tmp_path / "model")
    again = load(tmp_path / "model")
    assert np.array_equal(again.predict_proba(X), model.predict_proba(X))
    assert again.vectors_["dest"] == model.vectors_["airport"]
    assert again.vectors_.shared == AIRPORT
    assert again.get_params()["shared"] == AIRPORT
    unpickled = pickle.loads(pickle.dumps(model))
    assert unpickled.vectors_["origin"] == model.vectors_["origin"]
    assert np.array_equal(unpickled.predict_proba(X), model.predict_proba(X))
    assert clone(model).shared == AIRPORT
    encoder.save(tmp_path / "encoder")
    assert np.array_equal(load(tmp_path / "encoder").transform(X), encoder.transform(X))


def test_the_predictor_holds_the_table_once(model, rows):
    X, y = rows
    predictor = model.predictor()
    np.testing.assert_allclose(predictor.predict_proba(X), model.predict_proba(X), atol=1e-5)
    apart = EmbeddingClassifier(**QUICK).fit(X, y).predictor()

    def rows_of_vectors(served):
        return sum(
            array.shape[0] for array in served.networks[0].arrays.values() if array.ndim == 2 and array.shape[1] == 4
        )

    assert rows_of_vectors(predictor) == 22
    assert rows_of_vectors(apart) == 2 * (17 + 2)


def test_a_served_model_reads_both_columns_by_one_vocabulary(model, rows, tmp_path):
    X, _ = rows
    model.save(tmp_path / "model")
    served = tabemb.load_predictor(tmp_path / "model")
    np.testing.assert_allclose(served.predict_proba(X), model.predict_proba(X), atol=1e-5)
    assert served.encoder.vocabularies["origin"] is served.encoder.vocabularies["dest"]


def test_further_batches(rows):
    X, y = rows
    model = EmbeddingClassifier(shared=AIRPORT, **QUICK)
    model.partial_fit(X[:200], y[:200], classes=[False, True])
    before = numbers_of(model)
    model.partial_fit(X[200:], y[200:])
    assert model.n_epochs_ == 2
    assert not np.array_equal(numbers_of(model), before)


def test_a_store_keeps_what_is_shared(model, rows, tmp_path):
    model.vectors_.save(tmp_path / "vectors")
    store = EmbeddingStore.load(tmp_path / "vectors")
    assert store.shared == AIRPORT
    assert sorted(path.name for path in (tmp_path / "vectors").iterdir()) == ["airport.parquet", "store.json"]
    assert store["origin"] == model.vectors_["origin"]
    pd.testing.assert_frame_equal(store.lookup(rows[0]), model.vectors_.lookup(rows[0]))


def test_diagnoses(rows):
    X, y = rows
    model = EmbeddingClassifier(shared=AIRPORT, **QUICK).fit(X, y)
    known = pd.DataFrame({"airport": sorted(model.vectors_["airport"]), "number": range(20)}).set_index("airport")
    found = diagnose_model(model, X, y, n_refits=3, control=True, side={"dest": known})
    assert list(found) == ["airport"]
    assert side_data({"origin": known.reset_index()}, model.vectors_)["airport"].key == "airport"
    assert sorted(column_influence(model).index) == ["dest", "origin"]


def test_a_run_with_its_report(rows, tmp_path):
    X, y = rows
    X.assign(late=np.where(y, "late", "on time")).to_csv(tmp_path / "flights.csv", index=False)
    experiment = ExperimentConfig(
        name="shared",
        data={"path": str(tmp_path / "flights.csv"), "target": "late"},
        model={"shared": AIRPORT, "max_epochs": 2, "body": "mlp"},
        baselines=["majority"],
        validation={"kind": "holdout"},
        output=str(tmp_path),
    )
    opened = open_run(run(experiment).path)
    assert list(opened.vectors) == ["airport"]
    assert opened.vectors.shared == opened.report["model"]["shared"] == AIRPORT
    assert opened.vectors["origin"] is opened.vectors["airport"]
    assert [each["column"] for each in opened.report["model"]["embeddings"]] == ["airport"]
    assert opened.model().vectors_["dest"].index_to_key == opened.vectors["dest"].index_to_key
    assert len(opened.predict(X)) == len(X)
    with pytest.raises(ColumnError, match="Did you mean 'origin'"):
        opened.vectors["orign"]


# ---------------------------------------------------------------- what is refused


@pytest.mark.parametrize("cls", [EmbeddingClassifier, EmbeddingRegressor, EmbeddingEncoder, EmbeddingPretrainer])
def test_estimators_refuse_what_cannot_be_shared(cls, rows):
    X, y = rows
    for shared, message in (
        (["origin", "dest"], "The 'shared' parameter must be None or a mapping"),
        ({"airport": ["origin"]}, "must name at least two columns"),
        ({"airport": []}, "must name at least two columns"),
        ({"airport": ["origin", "dst"]}, "Did you mean 'dest'?"),
        ({"airport": ["origin", "distance"]}, "is read as numbers"),
        ({"zone": ["origin", "dest"]}, "Choose another name for the table"),
        ({"airport": ["origin", "dest"], "other": ["dest", "zone"]}, "A column belongs to one table, once."),
    ):
        with pytest.raises(ValueError, match=re.escape(message)):
            cls(shared=shared).fit(X, y)


def test_extend_takes_the_name_of_a_shared_table():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"origin": rng.choice(list("abcd"), 60), "dest": rng.choice(list("abcd"), 60)})
    frame["day"] = rng.choice(list("xyz"), 60)
    new = pd.DataFrame({"origin": ["e", "a"], "dest": ["a", "f"], "day": ["v", "w"]})

    def extended(columns):
        model = EmbeddingClassifier(shared=AIRPORT, **QUICK)
        return model.fit(frame, rng.integers(0, 2, 60)).extend(new, columns=columns)

    model = extended(["airport"])
    assert sorted(model.vectors_["airport"].index_to_key) == list("abcdef")
    assert model.encoder_.vocabularies["day"].n_categories == 3
    assert sorted(extended(["origin", "dest"]).vectors_["airport"].index_to_key) == list("abcdef")
    with pytest.raises(tabemb.exceptions.ColumnError, match="no categorical column 'airpot'"):
        extended(["airpot"])
