"""Embedding tables, and the names of their layers."""

import re

import keras
import numpy as np
import pytest

from tabemb.nn.embedding import (
    START_SPREAD,
    FeatureSpec,
    HeldRows,
    TableSpec,
    column_specs,
    embedding_layer,
    layer_names,
)
from tabemb.nn.seeds import Seeds
from tabemb.table.vocabulary import Vocabulary

LEGAL = re.compile(r"[A-Za-z0-9.][A-Za-z0-9_.-]*")


@pytest.mark.parametrize(("rows", "dim"), [(0, 3), (3, 0)])
def test_a_table_without_rows_or_dimensions_is_refused(rows, dim):
    message = f"The table 'dest' must have at least one row and one dimension; got {rows} x {dim}."
    with pytest.raises(ValueError, match=re.escape(message)):
        TableSpec(name="dest", vocabulary_size=rows, embedding_dim=dim)


@pytest.mark.parametrize("rate", [0, -1.0, float("inf"), float("nan")])
def test_a_rate_that_is_not_a_positive_number_is_refused(rate):
    with pytest.raises(
        ValueError, match=re.escape(f"The rate of the table 'dest' must be a positive number, got {rate}")
    ):
        TableSpec(name="dest", vocabulary_size=3, embedding_dim=2, rate=rate)


def test_specs_are_values():
    one, two = (TableSpec(name="dest", vocabulary_size=5, embedding_dim=2) for _ in range(2))
    assert one == two
    assert hash(one) == hash(two)
    assert FeatureSpec(name="dest", position=0, table=one) == FeatureSpec(name="dest", position=0, table=two)
    with pytest.raises(AttributeError):
        one.name = "origin"


def layer(name="dest", root=0):
    table = TableSpec(name=name, vocabulary_size=2000, embedding_dim=8)
    made = embedding_layer(table, Seeds(root), name="dest_embedding")
    made.build((None,))
    return made


def test_the_layer_is_a_keras_embedding_of_that_shape_and_name():
    made = layer()
    assert isinstance(made, keras.layers.Embedding)
    assert made.embeddings.shape == (2000, 8)
    assert made.name == "dest_embedding"


def test_initial_vectors_are_small_and_depend_on_seed_and_table():
    start = layer().embeddings.numpy()
    assert abs(start.mean()) < 0.01
    assert start.std() == pytest.approx(START_SPREAD, rel=0.02)
    assert np.array_equal(start, layer().embeddings.numpy())
    assert not np.array_equal(start, layer(root=1).embeddings.numpy())
    assert not np.array_equal(start, layer(name="origin").embeddings.numpy())


def test_rows_are_frozen_always_or_for_some_epochs():
    which = np.array([True, False])
    assert [HeldRows(which=which).lasts(epoch) for epoch in (0, 1000)] == [True, True]
    assert [HeldRows(which=which, n_epochs=2).lasts(epoch) for epoch in (0, 1, 2)] == [True, True, False]


ODD = ["Clothing ID", "a/b", "a_b", "a b", "日本", "é", "", "_", "hidden_0", "column", "a_b_2", "-x", "a>b", "dest"]


def test_layer_names_are_valid_and_unique():
    names = layer_names(ODD, "embedding")
    assert list(names) == ODD
    assert len(set(names.values())) == len(ODD)
    assert all(LEGAL.fullmatch(name) for name in names.values())


def test_a_valid_name_is_kept_and_the_others_are_numbered():
    assert layer_names(["a/b", "a_b", "a b", "", "日本"], "indices") == {
        "a/b": "a_b_2_indices",
        "a_b": "a_b_indices",
        "a b": "a_b_3_indices",
        "": "column_indices",
        "日本": "column_2_indices",
    }


def test_columns_may_share_a_table():
    vocabularies = {"origin": Vocabulary(["JFK"]), "late": Vocabulary(["no"]), "dest": Vocabulary(["SFO"])}
    features, one_hot = column_specs(
        vocabularies,
        {"airport": 4},
        lambda dim, n_categories: 2.0,
        table_of={"origin": "airport", "dest": "airport"},
    )
    assert features[0].table is features[1].table
    assert features[0].table == TableSpec(name="airport", vocabulary_size=3, embedding_dim=4, rate=2.0)
    assert [each.position for each in (*features, *one_hot)] == [0, 2, 1]
