"""Forms of the rows."""

import dataclasses

import numpy as np
import pytest

from tabemb.experiments.paper.forms import FORMS, Form
from tabemb.experiments.paper.network import StudyNetwork

DIMS = {"shop": 3, "weekday": 2}


@pytest.fixture(scope="module")
def made(rows):
    """Return the rows in every form."""
    network = StudyNetwork(hidden_units=(8,), epochs=2, batch_size=32)
    return {name: FORMS[name]().make(rows, network, DIMS, 0) for name in FORMS}


@pytest.mark.parametrize("name", sorted(FORMS))
def test_every_form_has_a_part_for_each_column_and_a_row_for_each_row(name, made, rows):
    features = made[name]
    assert len(features.train) == len(features.test) == 4
    assert [each.shape[1] for each in features.train] == [each.shape[1] for each in features.test]
    train, test = features.matrices
    assert (len(train), len(test)) == (len(rows.train), len(rows.test))
    assert np.isfinite(train).all()
    assert np.isfinite(test).all()


def test_without_vectors_there_are_codes_and_networks_get_one_hot_columns(made, rows):
    features = made["raw"]
    np.testing.assert_array_equal(features.matrices[0], rows.codes[0])
    assert features.are_codes
    assert features.inputs == {"categorical": ["shop", "weekday"], "one_hot_max_categories": float("inf")}


def test_embeddings_are_those_of_the_fitted_network(made, rows):
    features = made["embeddings"]
    vectors = features.fitted.vectors_["weekday"]
    expected = np.stack([vectors[day] for day in rows.test["weekday"]])
    np.testing.assert_array_equal(features.test[1], expected)
    np.testing.assert_array_equal(features.train[2][:, 0], rows.train["promo"])
    assert not features.are_codes


def test_a_category_that_was_not_learned_has_the_unknown_vector(rows, network):
    new = dataclasses.replace(rows, test=rows.test.assign(shop=99))
    features = FORMS["embeddings"]().make(new, network, DIMS, 0)
    np.testing.assert_array_equal(features.test[0][0], features.fitted.vectors_["shop"].unknown)


def test_cross_fitted_vectors_of_a_category_differ_by_fold_and_are_one_for_test_rows(made, rows):
    features = made["cross_fitted"]
    assert [each.shape[1] for each in features.train] == [3, 2, 1, 1]
    mine = rows.train["shop"] == 2
    assert 2 <= len(np.unique(features.train[0][mine], axis=0)) <= 5
    assert len(np.unique(features.test[0][rows.test["shop"] == 2], axis=0)) == 1
    np.testing.assert_array_equal(features.test[3][:, 0], rows.test["year"])


def test_target_encoding_of_a_category_differs_by_fold_and_is_near_its_mean(made, rows):
    features = made["target_encoding"]
    mine = rows.train["shop"] == 2
    assert 2 <= len(np.unique(features.train[0][mine])) <= 5
    assert features.test[0][rows.test["shop"] == 2][0, 0] == pytest.approx(rows.targets[mine].mean(), abs=0.02)


def test_a_form_must_say_how_it_is_made(rows, network):
    with pytest.raises(TypeError, match="a form must define make"):
        Form().make(rows, network, DIMS, 0)
