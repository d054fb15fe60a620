"""Vectors brought into the space of another fit."""

import numpy as np
import pytest
from scipy.linalg import orthogonal_procrustes
from scipy.stats import ortho_group

from tabemb import CategoryVectors
from tabemb.exceptions import DataError
from tabemb.vectors.pairing import FewSharedKeysWarning

RNG = np.random.default_rng(0)
KEYS = [f"c{i}" for i in range(30)]
ROWS = RNG.normal(size=(30, 4))
TURN = ortho_group.rvs(4, random_state=1)


def vectors(rows=ROWS, keys=KEYS, counts=None, **more):
    return CategoryVectors(keys, rows, counts, name="dest", **more)


def test_a_turned_table_is_turned_back_with_what_serves_for_unknown_and_missing():
    given = vectors(ROWS @ TURN, unknown=[1, 2, 3, 4] @ TURN, missing=[0, 1, 0, 0] @ TURN, counts=np.arange(30) + 1)
    made = given.align(vectors())
    np.testing.assert_allclose(made.vectors, ROWS, atol=1e-5)
    np.testing.assert_allclose(made.unknown, [1, 2, 3, 4], atol=1e-5)
    np.testing.assert_allclose(made.missing, [0, 1, 0, 0], atol=1e-5)
    assert (made.index_to_key, made.name) == (KEYS, "dest")
    assert made.counts.tolist() == given.counts.tolist()


def test_categories_that_only_one_side_has_are_turned_along_and_decide_nothing():
    more = np.vstack([ROWS, [[9, 9, 9, 9]]])
    given = vectors(more @ TURN, [*KEYS, "new"])
    reference = vectors(np.vstack([ROWS[:20], [[7, -7, 7, 7]]]), [*KEYS[:20], "gone"])
    np.testing.assert_allclose(given.align(reference).vectors, more, atol=1e-4)
    assert given.align(reference).unknown is None


def test_it_is_scipys_turn_of_rows_weighted_by_their_counts():
    counts = RNG.integers(1, 50, 30)
    one, other = vectors(RNG.normal(size=(30, 4))), vectors(counts=counts)
    turn, _ = orthogonal_procrustes(one.vectors * counts[:, None], other.vectors)
    np.testing.assert_allclose(one.align(other).vectors, one.vectors @ turn, atol=1e-5)
    assert not np.allclose(one.align(other).vectors, one.align(vectors()).vectors, atol=1e-3)


def test_similarities_within_a_fit_stay_as_they_were():
    given, made = vectors(), vectors().align(vectors(RNG.normal(size=(30, 4))))
    assert made.similarity("c1", "c2") == pytest.approx(given.similarity("c1", "c2"), abs=1e-6)


def test_one_factor_for_all_lengths_where_it_is_asked_for():
    given = vectors(3 * ROWS @ TURN, unknown=3 * np.ones(4) @ TURN)
    np.testing.assert_allclose(given.align(vectors(), scale=True).vectors, ROWS, atol=1e-5)
    np.testing.assert_allclose(given.align(vectors(), scale=True).unknown, np.ones(4), atol=1e-5)
    np.testing.assert_allclose(given.align(vectors()).vectors, 3 * ROWS, atol=1e-5)


def test_the_drift_is_that_to_the_reference():
    moved = vectors(2 * ROWS @ TURN).drift(vectors(), scale=True, k=2)
    assert (moved.name, moved.k, len(moved.keys)) == ("dest", 2, 30)
    assert moved.residual == pytest.approx(0, abs=1e-9)
    assert vectors(2 * ROWS @ TURN).drift(vectors()).residual == pytest.approx(1 / 5)


def test_what_cannot_be_aligned_is_told():
    for call in (vectors().align, vectors().drift):
        with pytest.raises(DataError, match="Column 'dest' shares no category with the reference"):
            call(vectors(ROWS[:1], ["x"]))
        with pytest.raises(DataError, match="Fit both with embedding_dim=3"):
            call(vectors(ROWS[:, :3]))
    with pytest.warns(FewSharedKeysWarning, match="3 categories with rows, fewer than their 4 dimensions"):
        vectors().align(vectors(ROWS[:3], KEYS[:3]))
