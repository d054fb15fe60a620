"""What every body keeps, over the registry: one that is registered tomorrow is tested tomorrow."""

import keras
import numpy as np
import pytest
from sklearn.base import clone

from tabemb.exceptions import UnknownNameError
from tabemb.nn.bodies import BODIES, Body
from tabemb.nn.embedding import FeatureSpec, OneHotSpec, TableSpec
from tabemb.nn.features import Features
from tabemb.nn.network import Network, NetworkSpec
from tabemb.nn.numeric import Standardized
from tabemb.nn.seeds import Seeds
from tabemb.table.encoded_table import EncodedTable

pytestmark = pytest.mark.parametrize("name", sorted(BODIES))

rng = np.random.default_rng(0)
TABLE = EncodedTable(rng.integers(0, 6, (30, 2)).astype("int32"), rng.normal(size=(30, 3)).astype("float32"))


def network(body, *, seed=0, n_outputs=2):
    dest = TableSpec(name="dest", vocabulary_size=6, embedding_dim=3)
    return Network(
        NetworkSpec(
            features=(FeatureSpec(name="dest", position=0, table=dest),),
            one_hot=(OneHotSpec(name="origin", position=1, vocabulary_size=6),),
            n_numbers=3,
            n_outputs=n_outputs,
            body=body,
            numeric=Standardized(),
            seed=seed,
        )
    )


def test_the_same_seed_gives_the_same_start_and_another_seed_another(name):
    body = BODIES.resolve(name)
    first, again, other = (network(body, seed=seed).model.get_weights() for seed in (0, 0, 1))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(first, other, strict=True))


@pytest.mark.parametrize("n_outputs", [1, 4])
def test_logits_are_float32_of_the_shape_asked_for(name, n_outputs):
    logits = network(BODIES.resolve(name), n_outputs=n_outputs).logits(TABLE)
    assert logits.shape == (30, n_outputs)
    assert logits.dtype == "float32"


def test_vectors_only_and_numbers_only(name):
    body = BODIES.resolve(name)
    vectors = keras.Input((3,), name="v")
    numbers = keras.Input((2,), name="numbers")
    only_vectors = Features(embedded=vectors, dims=(3,), numbers=None, indices=None, one_hot=())
    only_numbers = Features(embedded=None, dims=(), numbers=numbers, indices=None, one_hot=())
    assert body.build(only_vectors, 2, Seeds(0)).shape == (None, 2)
    assert body.build(only_numbers, 2, Seeds(0)).shape == (None, 2)


def test_it_is_a_specification_that_holds_no_weights(name):
    body = BODIES.resolve(name)
    params = body.get_params()
    network(body)
    assert body.__dict__ == params
    assert clone(body).get_params() == params
    assert isinstance(body, Body)
    assert BODIES.name_of(body) == name
    assert repr(body) == f"{type(body).__name__}()"


def test_prediction_repeats(name):
    made = network(BODIES.resolve(name))
    assert np.array_equal(made.logits(TABLE), made.logits(TABLE))


def test_a_near_name_is_suggested(name):
    with pytest.raises(UnknownNameError, match=f"No body named '{name}x'. .*Did you mean '{name}'?"):
        BODIES.resolve(f"{name}x")
