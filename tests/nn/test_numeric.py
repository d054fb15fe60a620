"""How numbers enter the network."""

import keras
import pytest

from tabemb.exceptions import UnknownNameError
from tabemb.nn.numeric import NUMERIC_ENCODERS
from tabemb.nn.seeds import Seeds
from tabemb.table.scaling import SCALINGS


@pytest.mark.parametrize("name", sorted(NUMERIC_ENCODERS))
def test_every_numeric_encoder_names_a_scaling_and_builds_a_matrix(name):
    encoder = NUMERIC_ENCODERS.resolve(name)
    assert encoder.scaling in SCALINGS
    built = encoder.build(keras.Input((3,), name="numbers"), Seeds(0))
    assert len(built.shape) == 2
    assert built.shape[0] is None


def test_scalings_by_name():
    assert {name: NUMERIC_ENCODERS.resolve(name).scaling for name in NUMERIC_ENCODERS} == {
        "standardized": "standard",
        "quantile": "quantile",
    }


def test_an_unknown_one_is_named_with_the_nearest():
    with pytest.raises(UnknownNameError, match=r"No numeric encoder named 'quantil'.*Did you mean 'quantile'\?"):
        NUMERIC_ENCODERS.resolve("quantil")
