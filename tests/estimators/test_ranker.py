"""EmbeddingRanker."""

import json
import pickle
import re
import subprocess
import sys

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_val_score

import tabemb
from tabemb import EmbeddingRanker, EmbeddingRegressor
from tabemb.exceptions import ColumnError, DataError, UnknownNameError
from tabemb.inference.predictor import RankerPredictor
from tabemb.metrics import grouped_ndcg
from tabemb.nn.losses import LOSSES, RankLoss

FOR_RELEVANCES = sorted(name for name, each in LOSSES.items() if issubclass(each, RankLoss))
QUICK = {
    "max_epochs": 3,
    "random_state": 0,
    "body": {"name": "mlp", "hidden_units": (16,)},
    "one_hot_max_categories": 0,
}


def results(n_groups=60, seed=0):
    """Search results: the kind of page and its age say how relevant it is, on a level of each query."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(3, 9, n_groups)
    query = np.repeat(np.arange(n_groups), sizes)
    X = pd.DataFrame(
        {
            "query": [f"q{each}" for each in query],
            "kind": rng.choice(["shop", "blog", "wiki", "forum"], len(query)),
            "age": rng.normal(size=len(query)).astype("float32"),
        }
    )
    utility = X["kind"].map({"shop": 0.0, "blog": 1.0, "wiki": 2.0, "forum": 3.0}) + 0.1 * X["age"]
    relevance = utility.groupby(X["query"]).rank(method="first").astype(int).clip(upper=4) - 1
    order = rng.permutation(len(X))
    return X.iloc[order].reset_index(drop=True), relevance.to_numpy()[order]


@pytest.fixture(scope="module")
def table():
    return results()


@pytest.fixture(scope="module")
def ranker(table):
    return EmbeddingRanker("query", **QUICK).fit(*table)


def confounded(n_groups=200, seed=0):
    """In each group, b is better than a; but groups with high relevances have more a."""
    rng = np.random.default_rng(seed)
    rich = rng.random(n_groups) < 0.5
    group = np.repeat(np.arange(n_groups), 6)
    site = np.where(rng.random(6 * n_groups) < np.where(rich[group], 0.8, 0.2), "a", "b")
    return pd.DataFrame({"query": group, "site": site, "noise": rng.normal(size=len(group))}), np.where(
        rich[group], 2, 0
    ) + (site == "b")


MEMBERS = {"n_members": 2, "hidden_units": (16,)}


# With members that leave out groups, and with all rows in one network.
@pytest.mark.parametrize("body", ["ensemble", "mlp"])
@pytest.mark.parametrize("loss", FOR_RELEVANCES)
def test_it_learns_the_order_within_groups_that_differ_in_their_level(loss, body):
    learns_the_order(loss, {"name": "ensemble", **MEMBERS} if body == "ensemble" else QUICK["body"])


def test_it_learns_the_order_with_members_that_share_their_rows():
    learns_the_order("lambdarank", {"name": "tabm", **MEMBERS})


def learns_the_order(loss, body):
    X, y = confounded()
    params = {**QUICK, "max_epochs": 15, "learning_rate": 0.02, "body": body}
    model = EmbeddingRanker("query", loss=loss, **params).fit(X, y)
    assert model.score(*confounded(seed=1)) > 0.99
    scores = model.predict(pd.DataFrame({"site": ["a", "b"], "noise": [0.0, 0.0]}))
    assert scores.shape == (2,)
    assert scores[0] < scores[1]
    assert "val_ndcg" in model.history_


def test_a_regressor_learns_the_wrong_order_there():
    X, y = confounded()
    settings = {**QUICK, "max_epochs": 15, "learning_rate": 0.02}
    model = EmbeddingRegressor(**settings, target_statistics=False).fit(X.drop(columns="query"), y)
    wrong = model.predict(pd.DataFrame({"site": ["a", "b"], "noise": [0.0, 0.0]}))
    assert wrong[0] > wrong[1]


@pytest.mark.parametrize("body", ["ensemble", "mlp"])
def test_validation_has_whole_groups(table, untrained, body):
    X, y = table
    with untrained() as seen:
        EmbeddingRanker("query", body=body, random_state=0).fit(X, y)
    ((train, validation),) = seen
    groups = train.targets[:, 1]
    if body == "mlp":
        kept = groups[train.kept]
        assert not set(kept) & set(validation.targets[:, 1])
        assert len(kept) + len(validation) == len(X)
        assert 0.08 * len(X) < len(validation) < 0.2 * len(X)
    else:
        # Each member leaves out other groups, and is judged by them.
        assert all(len(set(train.folds[groups == group])) == 1 for group in set(groups))
        assert all(
            len(set(validation.folds[validation.targets[:, 1] == g])) == 1 for g in set(validation.targets[:, 1])
        )
        assert set(validation.folds) == set(range(8))


def test_the_last_groups_may_be_validated(table, untrained):
    X, y = table[0].sort_values("query", key=lambda each: each.str[1:].astype(int)), table[1]
    y = y[X.index]
    with untrained() as seen:
        EmbeddingRanker("query", validation="last", **QUICK).fit(X, y)
    # Groups are numbered in the order of their first rows.
    ((_, held),) = seen
    assert set(held.targets[:, 1]) == set(range(60 - len(set(held.targets[:, 1])), 60))


def test_scores_and_ranks(ranker, table):
    X, y = table
    scores, ranks = ranker.predict(X), ranker.rank(X)
    assert ranker.score(X, y) == pytest.approx(grouped_ndcg(y, scores, X["query"]))
    assert ranker.score(X, y, k=1) == pytest.approx(grouped_ndcg(y, scores, X["query"], 1))
    expected = pd.Series(-scores).groupby(X["query"]).rank(method="first").astype(int)
    assert ranks.tolist() == expected.tolist()
    light = np.where(X["query"] == "q0", 1e9, 1.0)
    mine = (X["query"] == "q0").to_numpy()
    assert ranker.score(X, y, light) == pytest.approx(ranker.score(X[mine], y[mine]), abs=1e-6)


def test_the_groups_are_no_feature_and_may_be_absent(ranker, table):
    X, _ = table
    assert ranker.feature_names_in_.tolist() == ["kind", "age"]
    assert ranker.n_features_in_ == 2
    scores = ranker.predict(X)
    assert np.array_equal(ranker.predict(X[["age", "kind"]]), scores)
    assert np.array_equal(ranker.predict(X.assign(query="other")), scores)
    for other in (pl.from_pandas(X), pa.Table.from_pandas(X)):
        assert np.array_equal(ranker.predict(other), scores)
    assert ranker.vocabulary_report(X).index.tolist() == ["kind"]


def test_the_names_of_groups_and_the_order_of_columns_do_not_matter(ranker, table):
    X, y = table
    named = X.assign(query=pd.factorize(X["query"])[0])[["age", "query", "kind"]][["kind", "age", "query"]]
    again = EmbeddingRanker("query", **QUICK).fit(named, y)
    assert np.array_equal(again.predict(X), ranker.predict(X))


def test_refits_are_reproducible(ranker, table):
    again = clone(ranker).fit(*table)
    assert np.array_equal(again.predict(table[0]), ranker.predict(table[0]))
    assert again.history_ == ranker.history_


@pytest.mark.parametrize("batch_size", ["auto", 2, 64])
def test_groups_of_more_rows_than_a_batch(batch_size):
    X, y = results(n_groups=40)
    model = EmbeddingRanker("query", batch_size=batch_size, **QUICK).fit(X, y)
    assert np.isfinite(model.predict(X)).all()


def test_batches_have_room_for_the_largest_group():
    model = EmbeddingRanker("query")
    for largest, expected in ((3, 32), (40, 64), (64, 64), (5000, 1024)):
        model._group_sizes = np.array([1, largest])
        assert model._trainer(300, with_validation=False).batch_size == expected
    model.batch_size = 7
    assert model._trainer(300, with_validation=False).batch_size == 7


def test_an_ensemble_of_fits(table):
    X, y = table
    model = EmbeddingRanker("query", n_ensemble=2, **QUICK).fit(X, y)
    assert len(model.networks_) == 2
    assert model.predict(X).shape == (len(X),)


def test_weights_of_rows(table):
    X, y = table
    wrong = np.arange(len(X)) % 2 == 0
    reverse = np.where(wrong, 3 - y, y)
    heavy = EmbeddingRanker("query", **{**QUICK, "max_epochs": 15, "learning_rate": 0.02})
    none = heavy.fit(X, reverse, sample_weight=np.where(wrong, 0.0, 1.0)).score(X, y)
    assert none > clone(heavy).fit(X, reverse).score(X, y) + 0.05


def test_given_validation_rows(table):
    X, y = table
    X_val, y_val = results(20, seed=3)
    model = EmbeddingRanker("query", **QUICK).fit(X, y, X_val=X_val, y_val=y_val)
    network = model.predict(X_val)
    best = model.history_["val_ndcg"][model.best_epoch_ - 1]
    # The vectors of columns may be pulled to their start after the training.
    assert grouped_ndcg(y_val, network, X_val["query"]) == pytest.approx(best, abs=0.05)


def test_auto_dimensions(table):
    X, y = table
    model = EmbeddingRanker("query", **(QUICK | {"embedding_dim": "auto"})).fit(X, y)
    assert 1 <= model.vectors_["kind"].dim <= 4


def test_a_single_group_trains_without_validation():
    X, y = results(n_groups=1)
    X, y = pd.concat([X] * 10), np.tile(y, 10)
    model = EmbeddingRanker("query", **QUICK).fit(X, y)
    assert "val_loss" not in model.history_
    with pytest.raises(DataError, match="Whole groups are held out for validation, and there is a single one"):
        EmbeddingRanker("query", **(QUICK | {"embedding_dim": "auto"})).fit(X, y)


@pytest.mark.parametrize("loss", ["listnet", "lambdarank", {"name": "listnet", "target": "softmax"}])
def test_save_load_pickle_and_predictor_give_the_same_scores(tmp_path, table, loss):
    X, y = table
    model = EmbeddingRanker("query", loss=loss, **QUICK).fit(X, y)
    scores = model.predict(X)
    model.save(tmp_path / "model")
    again = tabemb.load(tmp_path / "model")
    assert again.get_params()["loss"] == model.get_params()["loss"]
    assert again.task_ == model.task_ or again.task_.to_state() == model.task_.to_state()
    assert np.array_equal(again.predict(X), scores)
    assert again.score(X, y) == model.score(X, y)
    assert np.array_equal(pickle.loads(pickle.dumps(model)).predict(X), scores)
    predictor = tabemb.load_predictor(tmp_path / "model", RankerPredictor)
    for each in (predictor, model.predictor(), pickle.loads(pickle.dumps(predictor))):
        assert isinstance(each, RankerPredictor)
        np.testing.assert_allclose(each.predict(X), scores, rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(each.predict(X.drop(columns="query")), scores, rtol=1e-4, atol=1e-6)


def test_the_saved_predictor_needs_no_keras(tmp_path, ranker, table):
    ranker.save(tmp_path / "model")
    table[0].head(5).to_json(tmp_path / "rows.json")
    code = (
        "import json, sys, pandas as pd, tabemb; "
        f"p = tabemb.load_predictor({str(tmp_path / 'model')!r}); "
        f"print(json.dumps(p.predict(pd.read_json({str(tmp_path / 'rows.json')!r})).tolist())); "
        "sys.exit('keras' in sys.modules or 'tensorflow' in sys.modules)"
    )
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert child.returncode == 0, child.stderr
    np.testing.assert_allclose(json.loads(child.stdout), ranker.predict(table[0].head(5)), rtol=1e-4, atol=1e-6)


def test_search_and_cross_validation_by_groups(table):
    X, y = table
    search = GridSearchCV(EmbeddingRanker("query", **QUICK), {"loss": FOR_RELEVANCES}, cv=GroupKFold(2))
    search.fit(X, y, groups=X["query"])
    assert search.best_params_["loss"] in FOR_RELEVANCES
    assert 0 < search.best_score_ <= 1
    found = cross_val_score(search.best_estimator_, X, y, cv=GroupKFold(2), groups=X["query"])
    assert ((found > 0) & (found <= 1)).all()


def test_it_grows(ranker, table):
    X, _ = table
    model, more = pickle.loads(pickle.dumps(ranker)), X.assign(kind="video")
    model.extend(more)
    assert model.new_categories_ == {"kind": ["video"]}


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (
            lambda X, y: (X.drop(columns="query"), y),
            ColumnError,
            "no column 'query' of groups. Its columns: kind",
        ),
        (lambda X, y: (X.to_numpy(), y), ColumnError, "the table has no column names"),
        (lambda X, y: (X[["query"]], y), DataError, "no column but the groups, 'query'"),
        (lambda X, y: (X.assign(query=range(len(X))), y), DataError, "groups in 'query' has a single row"),
        (lambda X, y: (X, np.ones(len(X))), DataError, "in each group of 'query', all rows have the same relevance"),
        (lambda X, y: (X, y - 1.0), DataError, "from 0, not relevant, to 30; got -1."),
        (lambda X, y: (X, y * 1000), DataError, "from 0, not relevant, to 30; got 3000. The gain of a relevance"),
        (lambda X, y: (X, y.astype(str) + "x"), DataError, "predicts numbers, but the target holds values such as"),
        (lambda X, y: (X, np.where(y > 2, np.nan, y)), DataError, "Input y contains NaN"),
        (lambda X, y: (X, np.column_stack([y, y])), DataError, "The relevance must be one column of numbers"),
        (lambda X, y: (X, y[:-1]), ValueError, "inconsistent numbers of samples"),
        (lambda X, y: (X, None), DataError, "the target y is None"),
        (lambda X, y: (X.assign(query=X["query"].where(X.index > 4)), y), DataError, "has 5 missing cells of"),
    ],
)
def test_bad_input_is_refused(table, change, error, message):
    with pytest.raises(error, match=re.escape(message)):
        EmbeddingRanker("query", **QUICK).fit(*change(*table))


@pytest.mark.parametrize(
    ("params", "error", "message"),
    [
        ({"group": 3}, ValueError, "The 'group' parameter of EmbeddingRanker must be the name of a column. Got 3"),
        ({"loss": "squared_error"}, UnknownNameError, "Losses for relevances: lambdarank, listnet."),
        ({"loss": {"name": "listnet", "target": "x"}}, ValueError, "target must be one of gains, softmax"),
    ],
)
def test_bad_parameters_are_refused(table, params, error, message):
    with pytest.raises(error, match=re.escape(message)):
        EmbeddingRanker(**({"group": "query"} | QUICK | params)).fit(*table)


def test_scoring_without_a_relevant_row_or_without_groups_is_refused(ranker, table):
    X, y = table
    with pytest.raises(DataError, match="No group has a relevant row"):
        ranker.score(X, 0 * y)
    with pytest.raises(ColumnError, match="no column 'query' of groups"):
        ranker.score(X.drop(columns="query"), y)
    with pytest.raises(ColumnError, match="no column 'query' of groups"):
        ranker.rank(X.drop(columns="query"))
