"""The numeric encoders: how numbers enter the network. One file each."""

from tabemb.nn.numeric.numeric_encoder import NUMERIC_ENCODERS, NumericEncoder
from tabemb.nn.numeric.pbld import PBLD
from tabemb.nn.numeric.periodic import Periodic
from tabemb.nn.numeric.piecewise_linear import PiecewiseLinear
from tabemb.nn.numeric.scaled import Quantile, Robust, Standardized

__all__ = [
    "NUMERIC_ENCODERS",
    "PBLD",
    "NumericEncoder",
    "Periodic",
    "PiecewiseLinear",
    "Quantile",
    "Robust",
    "Standardized",
]
