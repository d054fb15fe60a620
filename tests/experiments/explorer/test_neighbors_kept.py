"""How many nearest neighbors a map keeps."""

import numpy as np
import pytest

from tabemb.experiments.explorer import neighbors_kept as module
from tabemb.experiments.explorer.neighbors_kept import kept_sentence, neighbors_kept


def by_hand(vectors, points, k):
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    shares = []
    for row in range(len(vectors)):
        others = [each for each in range(len(vectors)) if each != row]
        near = sorted(others, key=lambda each: -(unit[row] @ unit[each]))[:k]
        on_map = sorted(others, key=lambda each: np.linalg.norm(points[row] - points[each]))[:k]
        shares.append(len(set(near) & set(on_map)) / k)
    return np.mean(shares)


def test_the_share_is_that_by_hand(monkeypatch):
    rng = np.random.default_rng(0)
    vectors, points = rng.normal(size=(60, 5)), rng.normal(size=(60, 2))
    points[:, 0] += vectors[:, 0] * 3
    share, k = neighbors_kept(vectors, points)
    assert (share, k) == (pytest.approx(by_hand(vectors, points, 10)), 10)
    # In portions, as for a large column.
    monkeypatch.setattr(module, "CELLS", 130)
    assert neighbors_kept(vectors, points) == (share, k)


def test_a_perfect_map_keeps_all_and_a_sample_is_enough(monkeypatch):
    angles = np.random.default_rng(0).uniform(0, 2 * np.pi, 200)
    circle = np.column_stack([np.cos(angles), np.sin(angles)])
    assert neighbors_kept(3 * circle, circle) == (1.0, 10)
    monkeypatch.setattr(module, "MOST_COMPARED", 7)
    assert neighbors_kept(circle, circle) == (1.0, 10)


def test_a_small_chance_is_not_said_to_be_none():
    vectors = np.random.default_rng(0).normal(size=(2100, 3))
    assert kept_sentence(vectors, vectors[:, :2]).endswith(
        "are among the 10 nearest on this map (by chance less than 1%)."
    )
    assert kept_sentence(vectors[:1900], vectors[:1900, :2]).endswith("(by chance 1%).")


def test_few_categories_have_no_sentence():
    assert kept_sentence(np.eye(2), np.eye(2)) == ""
    assert kept_sentence(np.eye(3)[:, :2] + 1, np.eye(3)[:, :2]).endswith(
        "are the nearest on this map (by chance 50%)."
    )
