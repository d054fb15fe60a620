"""The objective in closed form."""

import numpy as np
import pandas as pd
import pytest

from tabemb import EmbeddingPretrainer
from tabemb.estimators.objectives import CooccurrenceObjective
from tabemb.exceptions import DataError
from tabemb.table import memory
from tabemb.table.schema import SchemaHint

rng = np.random.default_rng(0)
COAST = rng.integers(0, 2, 2000)
TRIPS = pd.DataFrame(
    {
        "dest": np.where(COAST, rng.choice(["LAX", "SFO", "SEA"], 2000), rng.choice(["BOS", "JFK", "EWR"], 2000)),
        "carrier": np.where(COAST, rng.choice(["AS", "VX"], 2000), rng.choice(["B6", "DL"], 2000)),
    }
)


def test_categories_with_the_same_neighbors_in_their_rows_are_near():
    vectors = EmbeddingPretrainer(random_state=0).fit(TRIPS).vectors_["dest"]
    for key, others in {"LAX": {"SFO", "SEA"}, "BOS": {"JFK", "EWR"}}.items():
        assert {found for found, _ in vectors.most_similar(key, topn=2)} == others


def test_tables_that_do_not_fit_in_memory_with_their_computation_are_refused(monkeypatch):
    # The rows of "missing" and "unknown", too. Each vector is in the network and in two copies.
    n_bytes = 4 * 3 * ((6 + 2) * 5 + (4 + 2) * 3)
    model = EmbeddingPretrainer(embedding_dim={"dest": 5, "carrier": 3}, random_state=0)
    monkeypatch.setattr(memory, "machine_memory", lambda: n_bytes)
    assert model.fit(TRIPS).vectors_["dest"].vectors.any()
    monkeypatch.setattr(memory, "machine_memory", lambda: n_bytes - 1)
    monkeypatch.setattr("tabemb.vectors.cooccurrence.Cooccurrence.__init__", None)
    with pytest.raises(DataError, match=r"^The vectors and their computation would take .*'dest': 8 rows of 5 numbers"):
        model.fit(TRIPS)


def test_numbers_count_as_other_columns():
    table = TRIPS[["dest"]].assign(distance=np.where(COAST, 2500.0, 200.0) + rng.normal(size=2000))
    vectors = EmbeddingPretrainer(random_state=0).fit(table).vectors_["dest"]
    assert {found for found, _ in vectors.most_similar("LAX", topn=2)} == {"SFO", "SEA"}


def test_refits_say_how_sure_a_neighbor_is():
    vectors = EmbeddingPretrainer(random_state=0).fit(TRIPS).vectors_["dest"]
    assert all(confidence > 0.9 for *_, confidence in vectors.most_similar("LAX", topn=2, confidence=True))
    few = EmbeddingPretrainer(random_state=0).fit(TRIPS.head(40)).vectors_["dest"]
    assert few.noise is None


def test_rare_categories_are_pulled_to_the_mean():
    rare = pd.concat([TRIPS, pd.DataFrame({"dest": ["PDX"], "carrier": ["AS"]})], ignore_index=True)
    norms = {}
    for shrinkage in (0.0, 10.0):
        model = EmbeddingPretrainer(objective=CooccurrenceObjective(shrinkage=shrinkage), random_state=0).fit(rare)
        norms[shrinkage] = np.linalg.norm(model.vectors_["dest"]["PDX"])
    assert norms[10.0] == pytest.approx(norms[0.0] / 11, rel=0.02)


def test_a_column_that_says_nothing_is_zero_and_named():
    # Each row once in red and once in blue.
    table = pd.concat([TRIPS.assign(color="red"), TRIPS.assign(color="blue")], ignore_index=True)
    with pytest.warns(SchemaHint, match="say nothing about 'color'"):
        model = EmbeddingPretrainer(random_state=0).fit(table)
    assert not model.vectors_["color"].vectors.any()
    assert model.vectors_["dest"].vectors.any()


def test_a_table_without_any_dependence_is_refused():
    everything = pd.MultiIndex.from_product([list("abcd"), list("xyz")], names=["dest", "carrier"]).to_frame(
        index=False
    )
    with pytest.raises(DataError, match=r"nothing to learn from.*'dest', 'carrier'"):
        EmbeddingPretrainer(random_state=0).fit(everything)
    with pytest.raises(DataError, match="nothing to learn from"):
        EmbeddingPretrainer(random_state=0).fit(TRIPS[["dest"]])


@pytest.mark.parametrize("bad", [-1, np.nan, "10"])
def test_shrinkage_out_of_range(bad):
    with pytest.raises(ValueError, match="shrinkage"):
        EmbeddingPretrainer(objective=CooccurrenceObjective(shrinkage=bad)).fit(TRIPS)
