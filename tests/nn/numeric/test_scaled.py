import keras
import pytest

from tabemb.nn.numeric import NUMERIC_ENCODERS
from tabemb.nn.seeds import Seeds


@pytest.mark.parametrize(
    ("name", "scaling"), [("standardized", "standard"), ("quantile", "quantile"), ("robust", "robust")]
)
def test_a_number_is_scaled_and_stays_one_number(name, scaling):
    encoder = NUMERIC_ENCODERS.resolve(name)
    assert encoder.scaling == scaling
    inputs = keras.Input((3,), name="numbers")
    assert encoder.build(inputs, Seeds(0), n_indicators=1) is inputs
