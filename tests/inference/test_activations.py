"""Every activation that a body or a layer may name, against Keras' own."""

import pickle

import keras
import numpy as np
import pytest

from tabemb.inference.activations import ACTIVATIONS
from tabemb.nn.parameters import ACTIVATIONS as NAMES

VALUES = np.random.default_rng(0).normal(scale=4, size=(64, 6)).astype("float32")
EDGES = np.array([[-50, -6, -3, -1, -0.5, 0], [0.5, 1, 3, 6, 50, 1e-6]], "float32")


# "threshold" asks for more than a tensor, so that no layer can be given its bare name.
ELSEWHERE = {"sparsemax", "threshold"}
# A layer may have it, no body can: it returns half of the columns.
WITH_A_FORM = (NAMES - ELSEWHERE) | {"glu"}


def test_every_other_activation_has_a_plain_form():
    assert {getattr(keras.activations, name).__name__ for name in WITH_A_FORM} == set(ACTIVATIONS)


@pytest.mark.parametrize("name", sorted(WITH_A_FORM))
@pytest.mark.parametrize("x", [VALUES, EDGES], ids=["values", "edges"])
def test_it_is_keras_activation(name, x):
    function = getattr(keras.activations, name)
    theirs = function(keras.ops.convert_to_tensor(x)).numpy()
    before = x.copy()
    ours = ACTIVATIONS[function.__name__](x)
    assert ours.dtype == "float32"
    np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-5)
    assert np.array_equal(x, before)


@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
def test_it_can_be_pickled(name):
    assert pickle.loads(pickle.dumps(ACTIVATIONS[name])) is ACTIVATIONS[name]
