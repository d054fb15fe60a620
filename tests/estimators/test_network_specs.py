"""The specifications of an estimator's networks."""

import numpy as np
import pandas as pd
import pytest

from tabemb import EmbeddingRegressor
from tabemb.estimators.network_specs import statistics_spec, vectors_spec
from tabemb.exceptions import DataError
from tabemb.table import memory

rng = np.random.default_rng(0)
X = pd.DataFrame(
    {"stop": rng.integers(0, 20, 200).astype(str), "line": rng.choice(list("ab"), 200), "hour": rng.normal(size=200)}
)
X.loc[3, "hour"] = np.nan


@pytest.fixture
def fitted(untrained):
    """Return a function that fits a regressor without training: all that a specification reads is known before."""

    def fit(table=X, **params):
        settings = {"random_state": 0, "target_statistics": True, "body": "mlp"}
        with untrained():
            return EmbeddingRegressor(**settings | params).fit(table, rng.normal(size=200))

    return fit


def test_a_network_of_vectors_reads_all_but_the_statistics(fitted):
    model = fitted(embedding_rate=6.0)
    spec = vectors_spec(model, 5, {"stop": 3})
    assert [(each.name, each.table.embedding_dim, each.table.rate) for each in spec.features] == [("stop", 3, 2.0)]
    assert [each.name for each in spec.one_hot] == ["line"]
    # The hour and its missing indicator; then the statistics of two columns.
    assert (spec.n_numbers, spec.n_indicators, spec.seed) == (2, 1, 5)
    assert spec.n_unread == len(model.encoder_.number_names) - 2 == model.encoder_.statistics.n_numbers >= 2


def test_a_network_of_statistics_reads_numbers_alone(fitted):
    model = fitted()
    spec = statistics_spec(model, 7)
    assert (spec.features, spec.one_hot, spec.n_unread, spec.seed) == ((), (), 0, 7)
    assert spec.n_numbers == len(model.encoder_.number_names)
    assert spec.n_numbers - spec.n_indicators == 1
    assert statistics_spec(fitted(X[["stop", "line"]]), 7).n_indicators == 0


@pytest.mark.parametrize(("body", "n_members"), [("mlp", 8), ({"name": "ensemble", "n_members": 3}, 3)])
def test_it_has_as_many_members_as_leave_out_rows(body, n_members, fitted):
    assert statistics_spec(fitted(body=body), 0).body.n_members == n_members


@pytest.mark.parametrize(
    "params",
    [
        {"vocabulary": {"stop": {"name": "hashing", "n_buckets": 200_000}}},
        {"embedding_dim": {"stop": 10**6}},
    ],
    ids=["rows", "dimensions"],
)
def test_tables_that_do_not_fit_in_memory_are_refused(params, monkeypatch, fitted):
    # Enough for a count and one number in each of the rows, but not for their vectors.
    monkeypatch.setattr(memory, "machine_memory", lambda: 4_000_000)
    message = r"The vectors and the state.* 0\.[03] GB, and this machine has 0\.0 GB\..*'stop': (200,002|22) rows of "
    with pytest.raises(DataError, match=message):
        fitted(**params)


def test_tables_larger_than_the_memory_of_this_machine_are_refused(fitted):
    with pytest.raises(DataError, match=r"The vectors.* would take [\d,]+ GB, and this machine has \d.*'stop': "):
        fitted(embedding_dim={"stop": 10**12})


@pytest.mark.parametrize(
    ("params", "numbers"),
    [
        # The vector in the network and in training, and the two numbers of the optimizer.
        ({"weight_averaging": 0}, 3 + 3 + 2),
        ({}, 3 + 3 + 2 + 3 + 1),
        ({"weight_averaging": 0, "weight_decay": 0.1}, 3 + 3 + 2 + 1),
        ({"weight_averaging": 0, "n_ensemble": 3}, 3 * 3 + 3 + 2),
    ],
)
def test_the_state_of_the_optimizer_is_counted(monkeypatch, params, numbers, fitted):
    settings = {"embedding_dim": {"stop": 3}, "early_stopping": False, **params}
    n_bytes = 4 * (20 + 2) * numbers
    monkeypatch.setattr(memory, "machine_memory", lambda: n_bytes)
    model = fitted(X[["stop", "hour"]], **settings)
    monkeypatch.setattr(memory, "machine_memory", lambda: n_bytes - 1)
    with pytest.raises(DataError, match=r"^The vectors and the state of the optimizer would .*22 rows of 3 num"):
        fitted(X[["stop", "hour"]], **settings)
    # What is fitted has no optimizer.
    vectors_spec(model, 0, {"stop": 3}, {"stop": 1.0})
