"""Vectors of categories without training rows, in all ways to train and predict."""

import pickle
from functools import cache

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

import tabemb
from tabemb import EmbeddingClassifier, EmbeddingEncoder, EmbeddingRegressor
from tabemb.estimators.unknown import keep_strategy, replace_untrained, serve_unknown
from tabemb.nn.unknown import UNKNOWN_STRATEGIES, Learned, Mean, Nearest, Zero
from tabemb.table.encoder import TableEncoder
from tabemb.training.batches import Rows

# "error" gives no vector, and "pretrained" needs pretrained vectors.
strategies = pytest.mark.parametrize(
    "name", sorted(name for name, each in UNKNOWN_STRATEGIES.items() if not each.refuses and each().min_cosine is None)
)
NAMES = ["office manager", "registered nurse", "truck driver", "pilot", "teacher", "welder"]
rng = np.random.default_rng(0)
X = pd.DataFrame({"job": rng.choice(NAMES, 160), "state": rng.choice(["NJ", "HI", "WI"], 160)})
Y = (X["job"].isin(NAMES[:3]) ^ (rng.random(160) < 0.1)).to_numpy()
NEW = pd.DataFrame({"job": ["office managers", "zzz", None, "pilot"], "state": ["NJ", "XX", "HI", "HI"]})


@pytest.fixture(scope="module")
def fitted(quick):
    """Return a function from a strategy and other parameters to a classifier that was fitted once on all rows."""

    @cache
    def fit(name, **params):
        return EmbeddingClassifier(
            **{**quick, "early_stopping": False, "one_hot_max_categories": 0, "handle_unknown": name, **params}
        ).fit(X, Y)

    return fit


def expected_unknown(name, learned):
    """Return the vector for unknown jobs, from what was learned."""
    if name == "zero":
        return np.zeros(learned.dim)
    if name == "mean":
        return np.average(learned.vectors, axis=0, weights=learned.counts)
    return learned.unknown


@strategies
def test_unknown_categories_get_the_vector_of_the_strategy(name, fitted):
    model, learned = fitted(name), fitted("learned").vectors_["job"]
    vectors = model.vectors_["job"]
    assert np.array_equal(vectors.vectors, learned.vectors)
    np.testing.assert_allclose(vectors.unknown, expected_unknown(name, learned), atol=1e-6)
    # No cell of training is missing, so that its vector was never trained.
    assert np.array_equal(vectors.missing, vectors.unknown)
    answers = model.predict_proba(NEW)
    known = model.predict_proba(NEW.assign(job="office manager"))
    assert np.array_equal(answers[0], known[0]) == (name == "nearest")
    assert not np.array_equal(answers[1], known[1])


@strategies
def test_the_strategy_survives_save_pickle_clone_and_predictor(name, fitted, tmp_path):
    model = fitted(name)
    answers = model.predict_proba(NEW)
    model.save(tmp_path / "model")
    for other in (tabemb.load(tmp_path / "model"), pickle.loads(pickle.dumps(model)), model.predictor()):
        assert np.array_equal(other.predict_proba(NEW), answers)
    assert np.array_equal(pickle.loads(pickle.dumps(model.predictor())).predict_proba(NEW), answers)
    assert clone(model).get_params()["handle_unknown"] == name


def test_a_strategy_with_parameters_can_be_given_in_every_form_and_saved(quick, fitted, tmp_path):
    models = [
        EmbeddingClassifier(handle_unknown={"name": "nearest", "min_similarity": 0.99}),
        EmbeddingClassifier(handle_unknown=Nearest(min_similarity=0.99)),
        EmbeddingClassifier().set_params(handle_unknown="nearest", handle_unknown__min_similarity=0.99),
    ]
    learned = fitted("learned").predict_proba(NEW)
    for number, model in enumerate(models):
        model.set_params(**quick, early_stopping=False, one_hot_max_categories=0).fit(X, Y).save(tmp_path / str(number))
        for each in (model, tabemb.load(tmp_path / str(number))):
            assert np.array_equal(each.predict_proba(NEW), learned)
    assert not np.array_equal(fitted("nearest").predict_proba(NEW), learned)


def test_a_regressor_applies_the_strategy(quick):
    answers = {}
    for name in ("learned", "zero"):
        model = EmbeddingRegressor(**quick, one_hot_max_categories=0, handle_unknown=name).fit(X, Y.astype(float))
        answers[name] = model.predict(NEW)
        assert model.vectors_["job"].unknown.any() == (name == "learned")
    assert answers["zero"][3] == answers["learned"][3]
    assert answers["zero"][1] != answers["learned"][1]


@strategies
def test_partial_fit_keeps_the_strategy(name, quick):
    model, learned = (
        EmbeddingClassifier(**quick, one_hot_max_categories=0, handle_unknown=each) for each in (name, "learned")
    )
    for portion in (slice(0, 80), slice(80, None)):
        model.partial_fit(X[portion], Y[portion], classes=[False, True])
        learned.partial_fit(X[portion], Y[portion], classes=[False, True])
        vectors = model.vectors_["job"]
        if name == "zero":
            assert not vectors.unknown.any()
        elif name == "mean":
            # By the counts of the first batch, which sets the categories.
            expected = np.average(vectors.vectors, axis=0, weights=vectors.counts)
            np.testing.assert_allclose(vectors.unknown, expected, atol=1e-6)
        else:
            assert vectors == learned.vectors_["job"]


@strategies
def test_the_encoder_applies_the_strategy_in_and_out_of_folds(name, quick):
    """One row has the only "pilots"; the fold that holds it out has learned no vector for it."""
    some = X.assign(job=X["job"].where(X.index != 7, "pilots"))
    encoder = EmbeddingEncoder(**quick, handle_unknown=name, embedding_dim=3, cv=2)
    out = encoder.fit_transform(some, Y)
    of_pilots = out[(X["job"] == "pilot") & (X.index != 7), :3]
    assert (np.abs(of_pilots - out[7, :3]).max(axis=1).min() < 1e-6) == (name == "nearest")
    assert (np.abs(out[7, :3]).max() < 1e-6) == (name == "zero")
    served, known = encoder.transform(NEW), encoder.transform(NEW.assign(job="office manager"))
    unknown = encoder.vectors_["job"].unknown
    assert np.array_equal(served[1, :3], unknown)
    assert np.array_equal(served[0, :3], known[0, :3] if name == "nearest" else unknown)
    assert np.array_equal(served[1, 3:], encoder.vectors_["state"].unknown)
    assert (not unknown.any()) == (name == "zero")


@strategies
def test_each_member_with_held_out_rows_applies_the_strategy(name, quick):
    body = {"name": "ensemble", "n_members": 2, "hidden_units": (8,)}
    model = EmbeddingClassifier(
        **{**quick, "body": body}, handle_unknown=name, one_hot_max_categories=0, embedding_dim=8
    )
    some = X.assign(job=X["job"].where(X.index != 7, "pilots"))
    model.fit(some, Y)
    assert model._n_separate() == 2
    vectors = model.vectors_["job"]
    alone = vectors["pilots"]
    # The one row is left out by one member at most, which has not learned its category.
    same = [np.array_equal(alone[half], vectors.unknown[half]) for half in (slice(0, 4), slice(4, 8))]
    as_pilot = [np.array_equal(alone[half], vectors["pilot"][half]) for half in (slice(0, 4), slice(4, 8))]
    assert sum(as_pilot) <= 1
    assert sum(same) <= 1
    assert (name == "nearest") or not any(as_pilot)
    assert (name == "zero") == (not vectors.unknown.any())
    assert np.array_equal(model.predictor().predict_proba(NEW), model.predict_proba(NEW))


def test_one_hot_columns_apply_the_strategy(fitted):
    zero, learned = (fitted(name, one_hot_max_categories=10) for name in ("zero", "learned"))
    kernels = [
        each.network_.get_layer("trunk").get_layer("hidden_0_one_hot").kernel.numpy() for each in (zero, learned)
    ]
    # Of jobs, and of states behind eight rows for jobs, the rows for missing and unknown cells.
    assert np.flatnonzero((kernels[0] != kernels[1]).any(axis=1)).tolist() == [0, 1, 8, 9]
    assert not kernels[0][[0, 1, 8, 9]].any()


def test_without_category_dropout_the_learned_vector_is_not_used(fitted):
    fits = {name: fitted(name, category_dropout=0.0, start="random") for name in ("learned", "mean")}
    vectors = {name: model.vectors_["job"] for name, model in fits.items()}
    assert not np.array_equal(vectors["learned"].missing, vectors["learned"].unknown)
    assert np.array_equal(vectors["mean"].missing, vectors["mean"].unknown)


# ------------------------------------------------------------------------------------------------ the parts of it


@pytest.fixture
def parts():
    """An encoder by names, and rows of which two have categories that no other row has."""
    frame = pd.DataFrame({"job": ["pilot", "pilot", "nurse", "nurse", "pilots", "clown"]})
    encoder = TableEncoder(min_similarity=0.5)
    table = encoder.fit_encode(frame)
    return encoder, Rows(table=table, targets=np.zeros(6, "float32"))


def test_categories_without_training_rows_are_replaced_by_their_stand_ins(parts):
    encoder, rows = parts
    held = rows.take(np.array([3, 4, 5]))
    replace_untrained(held, rows.only(np.array([0, 1, 2, 3])), encoder)
    assert encoder.vocabularies["job"].keys == ("pilot", "nurse", "pilots", "clown")
    assert held.table.indices[:, 0].tolist() == [3, 2, 1]
    assert rows.table.indices[:, 0].tolist() == [2, 2, 3, 3, 4, 5]


def test_kept_categories_stay_and_may_be_stand_ins(parts):
    encoder, rows = parts
    kept = {"job": np.array([False, False, False, False, True, False])}
    train = rows.only(np.array([2, 3]))
    held = rows.take(np.array([0, 4, 5]))
    replace_untrained(held, train, encoder, kept)
    assert held.table.indices[:, 0].tolist() == [4, 4, 1]
    network = Asked()
    serve_unknown(network, Learned(), encoder, train, drops=True, kept=kept)
    assert network.trained[0].stand_ins.tolist() == [[1, 1, 4, 3, 4, 1]]


def test_a_category_that_another_column_of_the_table_has_is_trained():
    frame = pd.DataFrame({"origin": list("aabbc"), "dest": list("bcaca")})
    for shared in ({"airport": ["origin", "dest"]}, None):
        encoder = TableEncoder(shared=shared)
        rows = Rows(table=encoder.fit_encode(frame), targets=np.zeros(5))
        train, held = rows.take(np.array([0, 1])), rows.take(np.array([2, 4]))
        replace_untrained(held, train, encoder)
        decoded = [encoder.vocabularies[name].decode(held.table.indices[:, i]) for i, name in enumerate(frame)]
        # The training rows have "b" and "c" as destinations only, and no "a" there.
        assert [each.tolist() for each in decoded] == ([["b", "c"], ["a", "a"]] if shared else [[None] * 2, [None] * 2])
        network = Asked()
        serve_unknown(network, Learned(), encoder, train, drops=True)
        assert (network.trained[0].stand_ins[0, 2:] == np.arange(2, 5)).all() == bool(shared)


class Asked:
    """A network that records the arguments of serve_unknown."""

    def serve_unknown(self, strategy, trained, by_member=None):
        self.strategy, self.trained, self.by_member = strategy, trained, by_member


def test_the_network_gets_the_counts_of_trained_categories(parts):
    encoder, rows = parts
    network = Asked()
    serve_unknown(network, Mean(), encoder, rows.only(np.array([0, 2, 3, 4])), drops=False)
    assert network.trained[0].counts.tolist() == [[0, 0, 1, 2, 1, 0]]
    assert network.trained[0].stand_ins.tolist() == [[1, 1, 2, 3, 4, 1]]
    assert not network.trained[0].learns_unknown
    assert network.by_member is None
    folds = Rows(table=rows.table, targets=rows.targets, folds=np.array([0, 1, 0, 1, 0, 2]))
    serve_unknown(network, Learned(), encoder, folds, drops=True, n_members=2)
    assert network.by_member[0].counts.tolist() == [[0, 0, 1, 1, 0, 1], [0, 0, 1, 1, 1, 1]]
    assert network.by_member[0].stand_ins.tolist() == [[1, 1, 2, 3, 2, 5], [1, 1, 2, 3, 4, 5]]
    assert network.by_member[0].learns_unknown


def test_further_training_restores_only_the_unknown_vector(parts):
    encoder, _ = parts
    network = Asked()
    keep_strategy(network, Zero(), encoder)
    assert network.trained[0].counts.tolist() == [[0, 0, 2, 2, 1, 1]]
    assert network.trained[0].stand_ins.tolist() == [[0, 1, 2, 3, 4, 5]]
