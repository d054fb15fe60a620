"""The specifications of an estimator's networks."""

import numpy as np
import pandas as pd
import pytest

from tabemb import EmbeddingRegressor
from tabemb.estimators.network_specs import statistics_spec, vectors_spec
from tabemb.exceptions import DataError

rng = np.random.default_rng(0)
X = pd.DataFrame(
    {"stop": rng.integers(0, 20, 200).astype(str), "line": rng.choice(list("ab"), 200), "hour": rng.normal(size=200)}
)
X.loc[3, "hour"] = np.nan


def fitted(table=X, **params):
    settings = {"max_epochs": 2, "random_state": 0, "target_statistics": True, "body": "mlp"}
    return EmbeddingRegressor(**settings | params).fit(table, rng.normal(size=200))


def test_a_network_of_vectors_reads_all_but_the_statistics():
    model = fitted(embedding_rate=6.0)
    spec = vectors_spec(model, 5, {"stop": 3})
    assert [(each.name, each.table.embedding_dim, each.table.rate) for each in spec.features] == [("stop", 3, 2.0)]
    assert [each.name for each in spec.one_hot] == ["line"]
    # The hour and its missing indicator; then the statistics of two columns.
    assert (spec.n_numbers, spec.n_indicators, spec.seed) == (2, 1, 5)
    assert spec.n_unread == len(model.encoder_.number_names) - 2 == model.encoder_.statistics.n_numbers >= 2


def test_a_network_of_statistics_reads_numbers_alone():
    model = fitted()
    spec = statistics_spec(model, 7)
    assert (spec.features, spec.one_hot, spec.n_unread, spec.seed) == ((), (), 0, 7)
    assert spec.n_numbers == len(model.encoder_.number_names)
    assert spec.n_numbers - spec.n_indicators == 1
    assert statistics_spec(fitted(X[["stop", "line"]]), 7).n_indicators == 0


@pytest.mark.parametrize(("body", "n_members"), [("mlp", 8), ({"name": "ensemble", "n_members": 3}, 3)])
def test_it_has_as_many_members_as_leave_out_rows(body, n_members):
    assert statistics_spec(fitted(body=body), 0).body.n_members == n_members


@pytest.mark.parametrize(
    "params",
    [
        {"vocabulary": {"stop": {"name": "hashing", "n_buckets": 2_000_000_000}}},
        {"embedding_dim": {"stop": 10**12}},
    ],
    ids=["rows", "dimensions"],
)
def test_tables_that_do_not_fit_in_memory_are_refused(params):
    with pytest.raises(DataError, match=r"The vectors would take [\d,]+ GB, and this machine has \d.*'stop': "):
        fitted(**params)
