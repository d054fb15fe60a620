import numpy as np
import pytest

from tabemb.nn.numeric.parameters import check_flag, check_positive


@pytest.mark.parametrize("value", [1, 0.01, np.float32(2)])
def test_a_positive_number_passes(value):
    check_positive("sigma", value)


@pytest.mark.parametrize("value", [0, -1.0, np.inf, np.nan, True, "1", None])
def test_anything_else_is_refused(value):
    with pytest.raises(ValueError, match=f"sigma must be a positive number, got {value!r}"):
        check_positive("sigma", value)


@pytest.mark.parametrize("value", [True, False, np.True_])
def test_a_truth_value_passes(value):
    check_flag("lite", value)


@pytest.mark.parametrize("value", [0, 1, "yes", None])
def test_what_is_no_truth_value_is_refused(value):
    with pytest.raises(ValueError, match=f"lite must be True or False, got {value!r}"):
        check_flag("lite", value)
