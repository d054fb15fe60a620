"""The numeric encoders, which determine how numbers enter the network."""

from tabemb.nn.numeric.numeric_encoder import NUMERIC_ENCODERS, NumericEncoder, Quantile, Robust, Standardized
from tabemb.nn.numeric.periodic import PBLD, Periodic
from tabemb.nn.numeric.piecewise_linear import PiecewiseLinear

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
