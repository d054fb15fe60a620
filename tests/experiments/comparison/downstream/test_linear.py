import numpy as np

from tabemb.experiments.comparison.downstream.linear import LinearDownstream
from tabemb.experiments.comparison.targets import TARGETS


def test_the_penalty_is_the_inverse_of_c():
    number, classes = np.array([0.0, 1.0]), np.array(["a", "b"])
    assert LinearDownstream(C=4.0).build(TARGETS["regression"](number), 0).alpha == 0.25
    assert LinearDownstream(C=4.0, max_iter=7).build(TARGETS["binary"](classes), 0).get_params()["max_iter"] == 7
