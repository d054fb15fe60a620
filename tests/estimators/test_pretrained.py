"""Pretrained vectors and frozen rows, in all ways to train, save and predict."""

import json
import pickle
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

import tabemb
from tabemb import CategoryVectors, EmbeddingClassifier, EmbeddingEncoder, EmbeddingRegressor
from tabemb.estimators.pretrained import (
    SPREAD,
    ColumnReport,
    ColumnStart,
    PretrainedReport,
    may_freeze,
    paths_of,
)
from tabemb.exceptions import ColumnError, DataError, FormatError
from tabemb.table.vocabulary import Vocabulary
from tabemb.training import steps
from tabemb.vectors.sources import WAYS, Match, match, source_of

DIM = 8
NAMES = [f"job {letter}" for letter in "abcdefghijkl"]
FOUND = NAMES[:9]
rng = np.random.default_rng(0)
WORDS = CategoryVectors([*FOUND, "elsewhere"], rng.normal(size=(10, DIM)) + 3, name="job")
LONG = CategoryVectors(WORDS.index_to_key, rng.normal(size=(10, 40)))
N = 240
X = pd.DataFrame({"job": rng.choice(NAMES, N), "state": rng.choice(["NJ", "HI", "WI"], N)})
# Two categories come once each, so that a validation set or a fold may lack them: one was found, one was not.
X.loc[0, "job"], X.loc[1, "job"] = "job i", "job l"
X.loc[2:, "job"] = X.loc[2:, "job"].replace({"job i": "job a", "job l": "job b"})
Y = (X["job"].isin(NAMES[::2]) ^ (rng.random(N) < 0.1)).to_numpy()


def start_of(model):
    """Return which rows of the jobs are found, and their initial vectors."""
    vocabulary = model.encoder_.vocabularies["job"]
    found = np.array([False, False, *(key in WORDS for key in vocabulary.keys)])
    raw = np.array([WORDS[key] for key in vocabulary.keys if key in WORDS]).astype(float)
    centered = raw - raw.mean(axis=0)
    return found, centered * SPREAD / np.sqrt((centered**2).mean())


def table_of(network):
    (feature,) = [each for each in network.spec.features if each.name == "job"]
    return network.vectors(feature)


@pytest.fixture
def params(quick):
    return {**quick, "embedding_dim": DIM, "pretrained": {"job": WORDS}}


def classifier(params, **changes):
    return EmbeddingClassifier(**{**params, "one_hot_max_categories": 0, **changes})


@pytest.fixture
def begun(params, untrained):
    """Return a function that fits a classifier to the rows without training."""

    def fit(params=params, table=X, **changes):
        with untrained():
            return classifier(params, **changes).fit(table, Y)

    return fit


# ---------------------------------------------------------------- the start


def test_found_rows_start_centered_and_scaled_and_the_others_as_usual(begun):
    still = {"category_dropout": 0, "early_stopping": False, "start": "random"}
    model, plain = begun(**still), begun(**still, pretrained=None)
    found, start = start_of(model)
    rows, before = table_of(model._network), table_of(plain._network)
    np.testing.assert_allclose(rows[found], start, atol=1e-5)
    assert np.array_equal(rows[2:][~found[2:]], before[2:][~found[2:]])
    assert np.array_equal(model.vectors_["state"].vectors, plain.vectors_["state"].vectors)
    assert found[2:].sum() == 9


def test_only_columns_without_pretrained_vectors_start_from_the_table(begun):
    still = {"category_dropout": 0, "early_stopping": False}
    # The state depends on the job.
    table = X.assign(state=np.where(X["job"].isin(NAMES[:4]), "NJ", np.where(X["job"].isin(NAMES[4:8]), "HI", "WI")))
    model, random = (begun(table=table, **still, start=start) for start in ("cooccurrence", "random"))
    plain = begun(table=table, **still, pretrained=None)
    np.testing.assert_allclose(table_of(model._network)[2:], table_of(random._network)[2:], atol=1e-6)
    np.testing.assert_allclose(model.vectors_["state"].vectors, plain.vectors_["state"].vectors, atol=1e-6)
    assert np.abs(model.vectors_["state"].vectors - random.vectors_["state"].vectors).max() > 0.01
    assert np.abs(table_of(model._network) - table_of(plain._network)).max() > 0.01


def test_folds_with_pretrained_columns_start_from_them(params, untrained):
    with untrained():
        model = EmbeddingEncoder(**params, category_dropout=0, early_stopping=False).fit(X, Y)
    found, start = start_of(model)
    trained = found & (model.encoder_.vocabularies["job"].counts > 1)
    # The rows that were not found differ between the folds, so that these are rotated a little.
    np.testing.assert_allclose(table_of(model._network)[trained], start[trained[found]], atol=0.02)
    assert model.vectors_["job"].noise is not None


def test_the_source_may_have_vectors_for_unknown_and_missing_cells(begun):
    own = CategoryVectors(WORDS.index_to_key, WORDS.vectors, unknown=np.full(DIM, 5.0), missing=np.zeros(DIM))
    vectors = begun(pretrained={"job": own}, freeze="found").vectors_["job"]
    raw = np.array([own[key] for key in vectors.index_to_key if key in own], float)
    scale = SPREAD / np.sqrt(((raw - raw.mean(axis=0)) ** 2).mean())
    np.testing.assert_allclose(vectors.unknown, (5 - raw.mean(axis=0)) * scale, atol=1e-5)
    np.testing.assert_allclose(vectors.missing, -raw.mean(axis=0) * scale, atol=1e-5)


@pytest.mark.parametrize(
    ("said", "dim"),
    [
        ({}, DIM),
        ({"embedding_dim": {"state": 2}}, DIM),
        ({"embedding_dim": {"job": "capped"}}, 6),
        ({"embedding_dim": {"job": 5}}, 5),
        ({"embedding_dim": "half"}, 6),
        ({"embedding_dim": 5}, 5),
        ({"pretrained": {"job": {"welder": [1.0, 2.0, 3.0]}}}, 6),
        # Nine of the twelve categories are found, so nine dimensions suffice.
        ({"pretrained": {"job": LONG}}, 9),
        ({"pretrained": {"job": CategoryVectors(LONG.index_to_key[:4], LONG.vectors[:4])}}, 6),
        ({"pretrained": {"job": LONG}, "embedding_dim": {"job": 20}}, 20),
    ],
    ids=str,
)
def test_vectors_are_as_long_as_those_of_the_source_by_default(said, dim, params, begun, tmp_path):
    model = begun({**{name: value for name, value in params.items() if name != "embedding_dim"}, **said})
    assert model.vectors_["job"].dim == dim
    model.save(tmp_path / "model")
    again = tabemb.load(tmp_path / "model")
    assert np.array_equal(again.predict_proba(X), model.predict_proba(X))
    assert again.vectors_["job"].dim == dim


@pytest.mark.parametrize("dim", [3, DIM, 32])
@pytest.mark.parametrize("body", ["mlp", "ensemble"])
def test_vectors_of_any_length_fit_tables_of_any_width(dim, body, begun):
    model = begun(embedding_dim=dim, body=body)
    assert model.vectors_["job"].dim == dim
    assert model.pretrained_report_["job"].dim == DIM
    assert np.isfinite(model.predict_proba(X)).all()
    found, _ = start_of(model)
    assert len(np.unique(table_of(model._network)[found].round(4), axis=0)) == found.sum()


@pytest.mark.parametrize("cls", [EmbeddingClassifier, EmbeddingRegressor, EmbeddingEncoder])
def test_pretrained_vectors_change_the_fit_and_are_reported(cls, params):
    plain, model = (
        cls(**{**params, "pretrained": given}).fit(X, Y.astype(int)) for given in (None, params["pretrained"])
    )
    name = {EmbeddingClassifier: "predict_proba", EmbeddingRegressor: "predict", EmbeddingEncoder: "transform"}[cls]
    answers = [getattr(each, name)(X) for each in (plain, model)]
    assert not np.allclose(*answers)
    report = model.pretrained_report_["job"]
    assert report.categories == {"whole": 9, "folded": 0, "words": 0, "lacking": 3}
    assert report.rows["lacking"] == int((~X["job"].isin(FOUND)).sum())
    assert report.source == "CategoryVectors(job: 10 categories x 8)"
    assert dict(plain.pretrained_report_) == {}


def test_automatic_dimensions_work_with_pretrained_vectors(params):
    model = classifier(params, embedding_dim={"job": "auto"}, freeze="found").fit(X, Y)
    assert set(model.pretrained_report_) == {"job"}
    found, _ = start_of(model)
    rows = table_of(model._network)[found]
    assert np.sqrt((rows**2).mean()) == pytest.approx(SPREAD, rel=0.01)


def test_a_source_of_missing_cells_alone_changes_nothing(params):
    alone = {"job": CategoryVectors(["welder"], np.ones((1, DIM)), missing=np.full(DIM, 2.0))}
    table = X.assign(job=X["job"].where(np.arange(N) % 10 > 0))
    plain, model = (classifier(params, pretrained=given).fit(table, Y) for given in (None, alone))
    assert np.array_equal(plain.predict_proba(table), model.predict_proba(table))


def test_a_source_without_matches_changes_nothing(params):
    none = {"job": {"welder": [1.0, 2.0]}}
    plain = classifier(params, pretrained=None).fit(X, Y)
    model = classifier(params, pretrained=none, freeze="found").fit(X, Y)
    assert np.array_equal(plain.predict_proba(X), model.predict_proba(X))
    assert model.pretrained_report_["job"].categories["lacking"] == 12


# ---------------------------------------------------------------- rows that stay

MOVERS = {
    "plain": {},
    "decay, damping, shrinkage, dropout": {
        "weight_decay": 0.3,
        "damping": 5.0,
        "shrinkage": 20,
        "category_dropout": 0.3,
    },
    "early stopping": {"early_stopping": True, "max_epochs": 8, "n_iter_no_change": 1, "validation_fraction": 0.3},
    "no early stopping": {"early_stopping": False},
    "ensemble of members": {"body": {"name": "ensemble", "n_members": 2, "hidden_units": (8,)}},
    "three networks": {"n_ensemble": 3},
    "mean for unknown": {"handle_unknown": "mean"},
    "nearest for unknown": {"handle_unknown": "nearest"},
}


@pytest.mark.parametrize("small", [4096, 0], ids=["updated whole", "row by row"])
@pytest.mark.parametrize("name", sorted(MOVERS))
def test_frozen_found_rows_stay_exactly_unchanged_and_the_others_are_trained(name, small, params, begun, monkeypatch):
    monkeypatch.setattr(steps, "SMALL", small)
    still = begun(freeze="found")
    model = classifier(params, freeze="found", **MOVERS[name]).fit(X, Y)
    found, start = start_of(model)
    before = table_of(still._network)
    np.testing.assert_allclose(before[found], start, atol=1e-5)
    for network in model._networks:
        assert table_of(network)[found].tobytes() == before[found].tobytes()
    mine = model.vectors_["job"]
    assert np.array([mine[key] for key in mine if key in WORDS]).tobytes() == before[found].tobytes()
    frequent = [place for place, key in enumerate(model.vectors_["job"].index_to_key, start=2) if key in NAMES[9:11]]
    fresh = table_of(begun(pretrained=None)._network)
    assert (table_of(model._network)[frequent] != fresh[frequent]).any(axis=1).all()


def test_a_frozen_table_stays_unchanged_except_for_the_unknown_vector(params, begun):
    still = begun(freeze=True, handle_unknown="learned", start="random")
    model = classifier(params, freeze=True, handle_unknown="mean", weight_decay=0.5, start="random").fit(X, Y)
    before, after = table_of(still._network), table_of(model._network)
    unknown = np.arange(len(before)) == Vocabulary.UNKNOWN
    assert before[~unknown].tobytes() == after[~unknown].tobytes()
    assert not before[unknown].any()
    assert after[unknown].any()
    assert not np.array_equal(still.vectors_["state"].vectors, model.vectors_["state"].vectors)


def test_rows_can_be_frozen_for_some_epochs_by_column(params, begun):
    both = {**params, "pretrained": {"job": WORDS, "state": {"NJ": [1.0], "HI": [2.0], "WI": [0.0]}}}
    still = begun(both, freeze="found")
    found, _ = start_of(still)
    for max_epochs, same in ((2, True), (3, False)):
        model = classifier(both, max_epochs=max_epochs, early_stopping=False, freeze={"job": 2, "state": True}).fit(
            X, Y
        )
        assert np.array_equal(table_of(model._network)[found], table_of(still._network)[found]) == same
        assert np.array_equal(model.vectors_["state"].vectors, still.vectors_["state"].vectors)
        assert not np.array_equal(table_of(model._network)[2:][~found[2:]], table_of(still._network)[2:][~found[2:]])


def test_partial_fit_keeps_frozen_rows_after_pickling_and_loading_too(params, tmp_path):
    model = classifier(params, freeze="found", weight_decay=0.2)
    model.partial_fit(X[:120], Y[:120])
    found, _ = start_of(model)
    begun = table_of(model._network)
    model.partial_fit(X[120:], Y[120:])
    model.save(tmp_path / "model")
    for again in (model, pickle.loads(pickle.dumps(model)), tabemb.load(tmp_path / "model")):
        again.partial_fit(X, Y)
        assert table_of(again._network)[found].tobytes() == begun[found].tobytes()
        assert (table_of(again._network)[~found] != begun[~found]).any()


def test_partial_fit_counts_frozen_epochs_from_the_first_call(params, tmp_path):
    model = classifier(params, freeze=2)
    model.partial_fit(X, Y)
    found, _ = start_of(model)
    begun = table_of(model._network)
    model.save(tmp_path / "model")
    model = tabemb.load(tmp_path / "model").partial_fit(X, Y)
    assert np.array_equal(table_of(model._network)[found], begun[found])
    model.partial_fit(X, Y)
    assert not np.array_equal(table_of(model._network)[found], begun[found])


def test_found_categories_without_training_rows_keep_their_vectors(params, untrained):
    # Row 0 and row 1 are left out by one fold each, and rows of weight one are all there in the vocabulary.
    encoder = EmbeddingEncoder(**params, cv=[(np.r_[2:N], [0, 1]), ([0, 1], np.r_[2:N])])
    out = pd.DataFrame(encoder.fit_transform(X, Y), columns=encoder.get_feature_names_out())
    with untrained():
        begun = EmbeddingEncoder(**params, cv=None).fit(X, Y).vectors_["job"]
    np.testing.assert_allclose(out.filter(like="job_emb").to_numpy()[0], begun["job i"], atol=1e-5)
    assert not np.allclose(out.filter(like="job_emb").to_numpy()[1], begun["job l"], atol=1e-5)


def test_folds_with_frozen_rows_share_one_space(params, untrained):
    encoder = EmbeddingEncoder(**params, freeze="found", cv=3)
    out = encoder.fit_transform(X, Y)
    with untrained():
        begun = EmbeddingEncoder(**params, freeze="found", cv=None).fit(X, Y).vectors_["job"]
    learned = encoder.vectors_["job"]
    place = [name.startswith("job_emb") for name in encoder.get_feature_names_out()]
    for row, key in enumerate(X["job"]):
        if key in WORDS:
            assert learned[key].tobytes() == begun[key].tobytes()
            assert out[row, place].tobytes() == begun[key].tobytes()
    assert not np.array_equal(learned["job j"], begun["job j"])


# ---------------------------------------------------------------- sources


def test_every_kind_of_source_gives_the_same_initial_vectors(params, tmp_path):
    WORDS.save(tmp_path / "words.txt")
    WORDS.save(tmp_path / "words.bin")
    frame = pd.DataFrame(WORDS.vectors, columns=[f"d{i}" for i in range(DIM)])
    frame.insert(0, "word", WORDS.index_to_key)
    sources = [
        WORDS,
        str(tmp_path / "words.txt"),
        tmp_path / "words.bin",
        {key: WORDS[key] for key in WORDS},
        frame,
        WORDS.to_frame(),
    ]
    answers = [
        classifier(params, pretrained={"job": each}, max_epochs=1).fit(X, Y).predict_proba(X) for each in sources
    ]
    for each in answers[1:]:
        np.testing.assert_allclose(each, answers[0], atol=1e-6)


def test_vectors_of_another_fit_initialize_columns_of_the_same_name(params, begun):
    first = begun(pretrained=None, table=X.assign(other=["x", "y", "z"] * 80))
    second = classifier(params, pretrained=first.vectors_, freeze="found").fit(X[["job"]], Y)
    assert set(second.pretrained_report_) == {"job"}
    assert second.pretrained_report_["job"].categories["whole"] == 12
    before, after = first.vectors_["job"], second.vectors_["job"]
    raw = np.array([before[key] for key in after], float)
    centered = raw - raw.mean(axis=0)
    np.testing.assert_allclose(after.vectors, centered * SPREAD / np.sqrt((centered**2).mean()), atol=1e-5)


def codes_of_groups(rows, seed, chances):
    """A column of 200 codes in three hidden groups, each equally often; the chance of the target is the group's."""
    groups = np.random.default_rng(9).integers(0, 3, 200)
    generator = np.random.default_rng(seed)
    codes = generator.permutation(np.arange(rows) % 200)
    return pd.DataFrame({"code": [f"c{code}" for code in codes]}), generator.random(rows) < np.array(chances)[
        groups[codes]
    ]


def test_transfer_improves_a_task_with_few_rows(quick):
    def model(**params):
        settings = {**quick, "max_epochs": 20, "learning_rate": 0.01, "embedding_dim": DIM, "target_statistics": False}
        return EmbeddingClassifier(**{**settings, **params})

    second = [0.9, 0.1, 0.1]
    test = codes_of_groups(2000, 203, second)
    first = model(max_epochs=10).fit(*codes_of_groups(6000, 201, [0.05, 0.95, 0.5]))
    scores = []
    for seed in range(3):
        # One row per code says little. The three groups are known from the first task only.
        few = codes_of_groups(200, 210 + seed, second)
        ways = ({}, {"pretrained": first.vectors_}, {"pretrained": first.vectors_, "freeze": "found"})
        scores.append([model(random_state=seed, **way).fit(*few).score(*test) for way in ways])
    alone, after, frozen = np.mean(scores, axis=0)
    assert alone < 0.7
    assert after > alone + 0.15
    assert frozen > 0.88


# ---------------------------------------------------------------- what scikit-learn does with parameters


@pytest.mark.filterwarnings("ignore:freeze=.* has no effect")
def test_pretrained_works_with_clone_repr_and_grid_search(params, begun):
    first = begun(pretrained=None)
    for given in ({"job": WORDS}, first.vectors_, {"job": "words.txt"}):
        model = classifier(params, pretrained=given)
        copy = clone(model)
        assert list(copy.pretrained) == list(given)
        assert repr(copy)
        assert copy.get_params()["pretrained"] is copy.pretrained
    assert clone(classifier(params)).pretrained["job"] is WORDS
    search = GridSearchCV(
        classifier(params, max_epochs=1), {"pretrained": [None, {"job": WORDS}], "freeze": [False, 1]}, cv=2
    )
    assert search.fit(X, Y).best_score_ > 0


def test_saving_keeps_paths_and_the_report_but_no_vectors_in_memory(params, begun, tmp_path):
    WORDS.save(tmp_path / "words.txt")
    given = {"job": str(tmp_path / "words.txt"), "state": {"NJ": [1.0], "HI": [2.0]}}
    model = classifier(params, pretrained=given, freeze={"state": "found"}, max_epochs=1).fit(X, Y)
    model.save(tmp_path / "model")
    again = tabemb.load(tmp_path / "model")
    assert np.array_equal(again.predict_proba(X), model.predict_proba(X))
    assert again.pretrained == {"job": str(tmp_path / "words.txt")}
    assert again.freeze == {"state": "found"}
    assert repr(again.pretrained_report_) == repr(model.pretrained_report_)
    assert "dict of 2 keys" in repr(again.pretrained_report_)
    begun().save(tmp_path / "other")
    assert tabemb.load(tmp_path / "other").pretrained is None


@pytest.mark.filterwarnings("ignore:freeze=.* has no effect")
def test_a_refit_without_pretrained_forgets_it(params):
    model = classifier(params, freeze=True).fit(X, Y)
    plain = model.set_params(pretrained=None).fit(X, Y)
    assert dict(plain.pretrained_report_) == {}
    assert np.array_equal(plain.predict_proba(X), classifier(params, pretrained=None).fit(X, Y).predict_proba(X))


# ---------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"pretrained": {"jbo": WORDS}}, ColumnError, "pretrained names the column 'jbo', which is not among the"),
        ({"pretrained": {"jbo": WORDS}}, ColumnError, "categorical columns ['job', 'state']. Did you mean 'job'?"),
        (
            {"pretrained": {"state": WORDS}, "one_hot_max_categories": 8},
            ColumnError,
            "pretrained names the column 'state', whose few categories are one-hot encoded, without vectors. ",
        ),
        ({"pretrained": {"job": 3}}, DataError, "pretrained['job']: Expected vectors as CategoryVectors, gensim's"),
        ({"pretrained": {"job": "none.txt"}}, FormatError, "pretrained['job']: none.txt: expected a file of vectors"),
        ({"pretrained": {"job": {"job a": [np.inf]}}}, DataError, "pretrained['job']: "),
        (
            {"freeze": {"state": True}},
            ColumnError,
            "freeze names the column 'state', which has no pretrained vectors. Kn",
        ),
        (
            {"pretrained": WORDS},
            ValueError,
            "must be None, a mapping from column to vectors, or a fitted estimator with vectors_. Got CategoryVectors(",
        ),
        ({"freeze": "all"}, ValueError, "must be False, True, 'found', a positive number of epochs, or a mapping from"),
    ],
)
def test_bad_input_is_refused(changes, error, message, params):
    with pytest.raises(error, match=re.escape(message)):
        classifier(params, **changes).fit(X, Y)


def test_vectors_of_a_fit_without_common_columns_are_refused(params, begun):
    first = begun(pretrained=None, table=X[["state"]])
    message = "pretrained has vectors for the columns ['state'], but the columns with vectors here are ['job']."
    with pytest.raises(ColumnError, match=re.escape(message)):
        classifier(params, pretrained=first.vectors_).fit(X[["job"]], Y)


def test_valid_values_of_freeze():
    assert all(map(may_freeze, [False, True, np.True_, "found", 1, np.int64(3), {}, {"a": True, "b": 2}]))
    assert not any(map(may_freeze, [None, 0, -1, 1.0, "all", {"a": 0}, {"a": {"b": True}}, ["a"]]))


def test_only_paths_can_be_saved(tmp_path):
    assert paths_of(None) is None
    assert paths_of({"a": WORDS}) is None
    assert paths_of({"a": WORDS, "b": tmp_path / "b.txt"}) == {"b": str(tmp_path / "b.txt")}


def test_freeze_selects_the_frozen_rows():
    found = Match(np.eye(3, dtype=np.float32), np.array([0, 3, 2]), missing=np.ones(3, np.float32))
    held = {freeze: ColumnStart.of(found, freeze).held for freeze in (False, "found", 2)}
    assert held[False] is None
    assert held["found"].which.tolist() == [True, False, True, False, True]
    assert (held["found"].n_epochs, held[2].n_epochs) == (None, 2)
    assert ColumnStart.of(found, True).held.which.all()
    assert ColumnStart.of(found, True).kept.all()
    assert ColumnStart.of(found, False).kept.tolist() == [True, False, True, False, True]


def test_an_unknown_column_is_refused_with_the_known_ones(flights, late, quick):
    vectors = CategoryVectors(["a"], [[1.0]])
    with pytest.raises(ColumnError, match=r"'dst', which is not among the categorical columns \['dest', 'carrier'\]"):
        EmbeddingClassifier(**quick, one_hot_max_categories=99, pretrained={"dst": vectors}).fit(flights, late)


# ---------------------------------------------------------------- the report

REPORTED_KEYS = ("nurse", 7, "Pilot", "head nurse", *(f"zz{number}" for number in range(8)))
REPORTED_COUNTS = np.arange(12, 0, -1)


@pytest.fixture
def column():
    words = {"nurse": [1.0, 0.0], "pilot": [0.0, 1.0], 7: [1.0, 1.0]}
    return ColumnReport.of("some words", match(REPORTED_KEYS, source_of(words)), REPORTED_KEYS, REPORTED_COUNTS)


def test_the_report_counts_categories_and_rows_by_way_of_matching(column):
    assert column.categories == {"whole": 2, "folded": 1, "words": 1, "lacking": 8}
    assert column.rows == {"whole": 23, "folded": 10, "words": 9, "lacking": 36}
    assert sum(column.rows.values()) == REPORTED_COUNTS.sum()
    assert column.examples["whole"] == ("nurse", 7)
    assert column.examples["lacking"] == ("zz0", "zz1", "zz2", "zz3", "zz4")
    assert column.dim == 2


def test_the_report_survives_json_with_typed_keys(column):
    again = ColumnReport.from_json(json.loads(json.dumps(column.to_json())))
    assert again == column
    assert type(again.examples["whole"][1]) is int


def test_the_report_is_a_mapping_with_a_data_frame_and_a_repr(column):
    report = PretrainedReport({"job": column})
    assert list(report) == ["job"]
    assert report["job"] is column
    frame = report.to_frame()
    assert frame["found"].tolist() == list(WAYS)
    assert frame["rows"].tolist() == [23, 10, 9, 36]
    assert frame["share_of_rows"].sum() == pytest.approx(1)
    assert frame["examples"][1] == ["Pilot"]
    lines = repr(report).splitlines()
    assert lines[0] == "job: 12 categories in 78 rows, looked up in some words (vectors of 2 numbers)"
    assert lines[4] == (
        "  not found                            8 categories (67 %), 36 rows (46 %): "
        "'zz0', 'zz1', 'zz2', 'zz3', 'zz4', ..."
    )
    assert len(lines) == 5


def test_the_repr_omits_the_length_if_nothing_was_found():
    found = match(REPORTED_KEYS, source_of({"welder": [1.0, 2.0]}))
    lacking = ColumnReport.of("some words", found, REPORTED_KEYS, REPORTED_COUNTS)
    lines = repr(PretrainedReport({"job": lacking})).splitlines()
    assert lines[0] == "job: 12 categories in 78 rows, looked up in some words"
    assert "12 categories (100 %), 78 rows (100 %): 'nurse', 7, 'Pilot'" in lines[4]


def test_the_repr_of_an_empty_report():
    empty = PretrainedReport({})
    assert repr(empty) == "PretrainedReport(no pretrained columns)"
    assert empty.to_frame().columns.tolist() == [
        "column",
        "found",
        "categories",
        "rows",
        "share_of_rows",
        "examples",
    ]
    assert len(empty.to_frame()) == 0


def test_the_repr_of_a_column_without_categories():
    nothing = ColumnReport.of("words", match([], source_of({"a": [1.0]})), (), np.zeros(0, int))
    assert "not found                            0 categories (0 %), 0 rows (0 %)" in repr(
        PretrainedReport({"x": nothing})
    )


@pytest.mark.parametrize("freeze", [True, "found", 2])
def test_freeze_without_pretrained_says_that_it_has_no_effect(freeze, untrained):
    table = pd.DataFrame({"job": ["cook", "baker"] * 20})
    with untrained(), pytest.warns(UserWarning, match="has no effect without pretrained") as caught:
        EmbeddingClassifier(freeze=freeze, body="mlp", random_state=0).fit(table, [0, 1] * 20)
    assert {Path(each.filename).name for each in caught} == {"test_pretrained.py"}


@pytest.fixture(scope="module")
def words():
    """Vectors of twelve words in three groups; the fit sees the first two of each."""
    rng = np.random.default_rng(0)
    centers = np.repeat(np.eye(3, 6), 4, axis=0)
    return CategoryVectors([f"word{each}" for each in range(12)], centers + 0.1 * rng.normal(size=(12, 6)))


SEEN = [place for place in range(12) if place % 4 < 2]


@pytest.mark.parametrize("kind", [EmbeddingClassifier, EmbeddingRegressor, EmbeddingEncoder])
def test_unseen_categories_are_looked_up_in_the_pretrained_vectors(kind, words, quick, untrained, tmp_path):
    X = pd.DataFrame({"job": [f"Word{each}" for each in SEEN] * 40, "state": ["NJ", "HI", "WI"] * 80})
    y = np.array([place // 4 == 1 for place in SEEN] * 40)
    settings = {**quick, "pretrained": {"job": words}, "handle_unknown": "pretrained", "embedding_dim": {"job": 4}}
    model = kind(**settings).fit(X, y)
    rows = pd.DataFrame({"job": ["word2", "the word6", "word11", "nothing"], "state": "NJ"})
    found = model.encoder_.vocabularies["job"].decode(model.encoder_.encode(rows).indices[:, 0], unknown="?")
    assert [each if each == "?" else int(each[4:]) // 4 for each in found] == [0, 1, 2, "?"]
    answer = model.transform if kind is EmbeddingEncoder else model.predict
    model.save(tmp_path / "model")
    for again in (tabemb.load(tmp_path / "model"), pickle.loads(pickle.dumps(model))):
        same = again.transform if kind is EmbeddingEncoder else again.predict
        assert np.array_equal(same(rows), answer(rows))
    if kind is not EmbeddingEncoder:
        assert np.array_equal(tabemb.load_predictor(tmp_path / "model").predict(rows), answer(rows))
    with untrained():
        plain = kind(**{**settings, "handle_unknown": "learned"}).fit(X, y)
    assert set(plain.encoder_.encode(rows).indices[:, 0]) == {Vocabulary.UNKNOWN}


def test_looking_up_needs_pretrained_vectors(quick):
    with pytest.raises(ValueError, match="looks up unknown categories in pretrained vectors, of which there are none"):
        EmbeddingClassifier(**quick, handle_unknown="pretrained").fit(X, Y)
    for wrong in (0, 1.5, "0.7"):
        strategy = {"name": "pretrained", "min_cosine": wrong}
        with pytest.raises(ValueError, match=r"min_cosine must be a number in \(0, 1\], got "):
            EmbeddingClassifier(**quick, pretrained={"job": WORDS}, handle_unknown=strategy).fit(X, Y)
