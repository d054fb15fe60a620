"""The vector of the most similar name."""

import numpy as np

from tabemb.nn.unknown import Nearest


def test_it_leaves_what_was_learned_for_what_is_like_no_known_name():
    assert Nearest().row(np.ones((4, 2)), np.ones(4)) is None


def test_it_says_how_similar_names_must_be():
    assert Nearest().min_similarity == 0.6
    assert Nearest(min_similarity=0.9).min_similarity == 0.9
