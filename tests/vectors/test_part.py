"""What the parts of a column's vectors share."""

import numpy as np


def test_other_vectors_leave_the_rest_as_it_was(airports):
    other = airports._with_vectors(airports.vectors * 2, unknown=[7, 7])
    assert np.array_equal(other.vectors, airports.vectors * 2)
    assert (other.index_to_key, other.name) == (airports.index_to_key, "dest")
    assert other.counts.tolist() == [9, 5, 3, 1]
    assert (other.unknown.tolist(), other.missing.tolist()) == ([7, 7], [0, 0])
