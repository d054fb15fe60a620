"""A network of target statistics beside that of the vectors."""

import math
import pickle
import re
from contextlib import nullcontext

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.metrics import log_loss, roc_auc_score

import tabemb
from tabemb import EmbeddingClassifier, EmbeddingEncoder, EmbeddingRegressor
from tabemb.diagnosis.model import untrained_vectors
from tabemb.estimators import statistics_network, target_statistics
from tabemb.estimators.statistics_network import FEWEST_ROWS, SHARES, StatisticsNetwork
from tabemb.exceptions import ColumnError, FormatError
from tabemb.files import sealed
from tabemb.table.target_statistics import TargetStatistics
from tabemb.training.trainer import Trainer

N = 2000
BODY = {"name": "ensemble", "n_members": 2, "hidden_units": (8,)}
SETTINGS = {"body": BODY, "max_epochs": 10, "learning_rate": 0.01, "one_hot_max_categories": 0, "random_state": 0}


def rows(n=N, seed=0, n_categories=30):
    """Return rows whose target depends on the combination of two columns."""
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, n_categories, (n, 2))
    effect = np.random.default_rng(99).normal(size=(n_categories, n_categories))[codes[:, 0], codes[:, 1]]
    table = pd.DataFrame(codes, columns=["user", "item"]).astype(str)
    table["hour"] = rng.normal(size=n)
    return table, effect + 0.3 * rng.normal(size=n)


X, EFFECT = rows(n_categories=12)
X_NEW, EFFECT_NEW = rows(seed=1, n_categories=12)
NUMBERS = pd.DataFrame({"one": EFFECT, "other": -2 * EFFECT})
TARGETS = {
    "two classes": (EmbeddingClassifier, EFFECT > 0, {}),
    "text classes": (EmbeddingClassifier, np.where(EFFECT > 0, "late", "early"), {"calibration": "temperature"}),
    "classes": (EmbeddingClassifier, np.digitize(EFFECT, [-0.5, 0.5]), {}),
    "labels": (EmbeddingClassifier, np.column_stack([EFFECT > 0, EFFECT > 1]).astype(int), {}),
    "number": (EmbeddingRegressor, EFFECT, {}),
    "numbers": (EmbeddingRegressor, NUMBERS, {}),
    "quantiles": (EmbeddingRegressor, EFFECT, {"loss": {"name": "quantile", "quantiles": [0.1, 0.9]}}),
    "counts": (EmbeddingRegressor, np.exp(EFFECT).round(), {"loss": "poisson"}),
    "networks": (EmbeddingRegressor, EFFECT, {"n_ensemble": 2}),
    "one body": (EmbeddingRegressor, EFFECT, {"body": "mlp"}),
}


def fitted(name, **params):
    cls, y, own = TARGETS[name]
    return cls(**{**SETTINGS, **own, "target_statistics": True, **params}).fit(X, y)


def answers(model, table):
    return model.predict_proba(table) if hasattr(model, "predict_proba") else model.predict(table)


@pytest.fixture(scope="module")
def number():
    return fitted("number")


TRAINED = {"two classes", "number", "networks"}


@pytest.mark.parametrize("name", TARGETS)
def test_every_kind_of_target_has_statistics_that_are_saved_pickled_and_served(name, untrained, tmp_path):
    with nullcontext() if name in TRAINED else untrained():
        model = fitted(name)
    if name not in TRAINED:
        # Weights that no initializer would draw again.
        generator = np.random.default_rng(0)
        for network in (*model.networks_, model.statistics_network_):
            network.set_weights([each + generator.uniform(0, 0.1, each.shape) for each in network.get_weights()])
    assert 0 < model.statistics_share_ <= max(SHARES)
    assert model.crosses_ == [("user", "item")]
    wanted = answers(model, X_NEW)
    assert np.isfinite(wanted).all()
    model.save(tmp_path / "model")
    for other in (
        pickle.loads(pickle.dumps(model)),
        tabemb.load(tmp_path / "model"),
        model.predictor(),
        tabemb.load_predictor(tmp_path / "model"),
    ):
        np.testing.assert_allclose(answers(other, X_NEW), wanted, rtol=1e-5, atol=1e-6)
    again = tabemb.load(tmp_path / "model")
    assert (again.statistics_share_, again.crosses_) == (model.statistics_share_, model.crosses_)


def test_a_fit_repeats(number):
    assert np.array_equal(clone(number).fit(X, EFFECT).predict(X_NEW), number.predict(X_NEW))


def test_the_prediction_is_the_weighted_mean_of_two_networks(number):
    table = number.encoder_.encode(X_NEW)
    one, two = number._network.logits(table)[:, 0], number._beside.network.logits(table)[:, 0]
    share = number.statistics_share_
    scaled = number.task_.answer.scale * ((1 - share) * one + share * two) + number.task_.answer.center
    np.testing.assert_allclose(number.predict(X_NEW), scaled, rtol=1e-4, atol=1e-5)
    assert number.statistics_network_.count_params() == number._beside.network.model.count_params()


def test_the_vectors_do_not_depend_on_statistics(number):
    without = fitted("number", target_statistics=False)
    assert without.statistics_share_ == 0
    assert without.statistics_network_ is None
    assert without.crosses_ == []
    for column, vectors in without.vectors_.items():
        assert np.array_equal(vectors.vectors, number.vectors_[column].vectors)
    for column, vectors in untrained_vectors(without, X).items():
        assert np.array_equal(vectors.vectors, untrained_vectors(number, X)[column].vectors)


def test_a_cross_of_columns_is_learned_that_vectors_alone_learn_slowly(number):
    residual = {
        name: np.mean((fitted("number", **params).predict(X_NEW) - EFFECT_NEW) ** 2)
        for name, params in (("vectors", {"target_statistics": False}), ("columns", {"crosses": None}))
    }
    assert np.mean((number.predict(X_NEW) - EFFECT_NEW) ** 2) < 0.8 * min(residual.values())


def test_auto_uses_statistics_only_where_they_help(monkeypatch, untrained):
    assert fitted("number", target_statistics="auto").statistics_share_ > 0
    rng = np.random.default_rng(3)
    model = EmbeddingRegressor(**SETTINGS).fit(X, rng.normal(size=N))
    assert model.statistics_share_ == 0
    assert model.encoder_.statistics is None
    with untrained() as trainings:
        few = EmbeddingRegressor(**SETTINGS).fit(X[: FEWEST_ROWS - 1], EFFECT[: FEWEST_ROWS - 1])
        assert few.statistics_share_ == 0
        monkeypatch.setattr(statistics_network, "MOST_ROWS", N - 1)
        assert fitted("number", target_statistics="auto").statistics_share_ == 0
        # Without held-out rows nothing can tell.
        assert fitted("number", target_statistics="auto", early_stopping=False).statistics_share_ == 0
        assert len(trainings) == 3
        assert fitted("number", early_stopping=False).statistics_share_ == 0.5
        assert len(trainings) == 5


@pytest.mark.parametrize("seed", range(3))
def test_random_ids_predict_nothing_and_the_held_out_rows_say_so(seed):
    rng = np.random.default_rng(seed)

    def draw():
        ids = {"id": rng.permutation(N).astype(str), "code": rng.integers(0, 300, N).astype(str)}
        return pd.DataFrame(ids), rng.random(N) < 0.4

    (ids, y), (new, y_new) = draw(), draw()
    params = {**SETTINGS, "categorical": ["id", "code"], "random_state": seed}
    models = {wanted: EmbeddingClassifier(**params, target_statistics=wanted).fit(ids, y) for wanted in (False, True)}
    losses = {wanted: log_loss(y_new, model.predict_proba(new)) for wanted, model in models.items()}
    assert abs(roc_auc_score(y_new, models[True].predict_proba(new)[:, 1]) - 0.5) < 0.05
    assert losses[True] < losses[False] + 0.01
    # The held-out rows do not see their own targets.
    share = np.mean(y)
    assert min(models[True].history_["val_loss"]) > log_loss(y, np.full(N, share)) - 0.02


def test_crosses_are_named(untrained):
    with untrained():
        assert fitted("number", crosses=[("item", "user")]).crosses_ == [("user", "item")]
        assert fitted("number", crosses=None).crosses_ == []
    for crosses, message in (
        ([("user", "itme")], "No categorical column 'itme' to cross. Did you mean 'item'?"),
        ([("user", "hour")], "No categorical column 'hour' to cross."),
        ([("user", "user")], "A cross names a column twice: ['user', 'user']."),
    ):
        for wanted in (True, "auto", False):
            # Before any training, and whether or not the statistics are used.
            with pytest.raises(ColumnError, match=re.escape(message)):
                fitted("number", crosses=crosses, target_statistics=wanted)


def test_the_numbers_of_all_rows_are_limited(monkeypatch, untrained):
    for most_cells, crosses in ((3 * N, [("user", "item")]), (3 * N - 1, [])):
        monkeypatch.setattr(target_statistics, "MOST_CELLS", most_cells)
        with untrained():
            assert fitted("number").crosses_ == crosses


def test_given_validation_rows_choose_the_share():
    model = EmbeddingRegressor(**SETTINGS).fit(X, EFFECT, X_val=X_NEW, y_val=EFFECT_NEW)
    assert model.statistics_share_ > 0
    shuffled = np.random.default_rng(0).permutation(EFFECT_NEW)
    assert EmbeddingRegressor(**SETTINGS).fit(X, EFFECT, X_val=X_NEW, y_val=shuffled).statistics_share_ == 0


def test_statistics_that_do_not_help_are_given_up_early(monkeypatch):
    """The best mean with the network of vectors decides, whose loss is that of the vectors if nothing is gained."""
    records, fit = [], Trainer.fit

    def noted(self, loop, train, validation, seeds):
        records.append(fit(self, loop, train, validation, seeds))
        return records[-1]

    monkeypatch.setattr(Trainer, "fit", noted)
    # A network of vectors that knows the targets of held-out rows leaves nothing to gain.
    monkeypatch.setattr(statistics_network, "held_out_logits", lambda network, rows: rows.targets.reshape(-1, 1))
    model = EmbeddingRegressor(**{**SETTINGS, "max_epochs": 40, "n_iter_no_change": 3}).fit(X, EFFECT)
    vectors, statistics = records
    assert model.statistics_share_ == 0
    assert vectors.n_epochs > statistics.n_epochs == 4
    assert statistics.history["val_watched"] == [0.0] * 4


def test_the_last_rows_have_the_statistics_of_those_before(untrained):
    """As in a prediction of later rows: those of their own time would say how the targets have drifted."""
    with untrained() as judged:
        model = EmbeddingRegressor(**SETTINGS, target_statistics=True, crosses=None, validation="last").fit(X, EFFECT)
    n_before = N - math.ceil(0.1 * N)
    assert [(len(train), len(validation)) for train, validation in judged] == [(n_before, N - n_before)] * 2
    assert np.array_equal(judged[0][1].targets, judged[1][1].targets)
    indices = model.encoder_.encode(X).indices
    statistics = TargetStatistics([(0,), (1,)], indices.max(axis=0) + 1, "identity")
    statistics.fit_encode(indices[:n_before], EFFECT[:n_before, None], np.arange(n_before) % 5)
    # But for the prior and the scale, which come from all rows.
    n_plain = model.encoder_.n_plain_numbers
    user = judged[1][1].table.numbers[:, n_plain]
    assert np.corrcoef(user, statistics.encode(indices[n_before:])[:, 0])[0, 1] > 0.999


def test_rows_of_no_weight_have_no_part_in_the_statistics(number):
    weights = np.r_[np.ones(N), np.zeros(N)]
    table, y = pd.concat([X, X], ignore_index=True), np.r_[EFFECT, -EFFECT]
    weighted = EmbeddingRegressor(**SETTINGS, target_statistics=True).fit(table, y, sample_weight=weights)
    assert np.array_equal(weighted.predict(X_NEW), number.predict(X_NEW))


def test_unseen_categories_and_crosses_are_answered(number):
    strange = X_NEW.assign(user="never seen", item=None)
    assert np.isfinite(number.predict(strange)).all()


def test_importances_shuffle_the_statistics_of_a_column(number):
    user, item, hour = number.feature_importances_
    assert user > 0.3
    assert item > 0.3
    assert hour < 0.1


def test_partial_fit_trains_the_vectors_and_keeps_the_statistics(number, untrained):
    with untrained():
        assert EmbeddingRegressor(**SETTINGS, target_statistics=True).partial_fit(X, EFFECT).statistics_share_ == 0
    model = pickle.loads(pickle.dumps(number))
    before, share = model.predict(X_NEW), model.statistics_share_
    model.partial_fit(X_NEW, EFFECT_NEW)
    assert model.statistics_share_ == share
    assert not np.array_equal(model.predict(X_NEW), before)


def test_an_encoder_has_no_network_of_statistics(untrained):
    with untrained():
        encoder = EmbeddingEncoder(body="mlp", random_state=0, target_statistics=True).fit(X, EFFECT)
    assert encoder.statistics_share_ == 0
    with pytest.raises(ValueError, match="'target_statistics' parameter of EmbeddingEncoder must be True or False"):
        EmbeddingEncoder(target_statistics="auto").fit(X, EFFECT)


def test_a_damaged_file_is_refused(number, tmp_path):
    import json

    number.save(tmp_path / "model")
    path = tmp_path / "model" / "tabemb.json"
    whole = json.loads(path.read_text())
    for damage in ({"share": "much"}, {"seed": None}, {}):
        path.write_text(
            json.dumps(sealed({**whole, "statistics": {"share": 0.5, "seed": 1, **damage} if damage else 5}))
        )
        with pytest.raises(FormatError):
            tabemb.load(tmp_path / "model")


def test_logits_are_weighted():
    one, two = np.array([[1.0]]), np.array([[3.0]])
    assert StatisticsNetwork(None, 0.25).mean(one, two).tolist() == [[1.5]]
