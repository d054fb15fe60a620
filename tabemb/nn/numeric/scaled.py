"""The numeric encoders that only scale: a number stays one number."""

from tabemb.nn.numeric.numeric_encoder import NUMERIC_ENCODERS, NumericEncoder

__all__ = ["Quantile", "Robust", "Standardized"]


@NUMERIC_ENCODERS.register("standardized")
class Standardized(NumericEncoder):
    """Each number minus its mean, over its standard deviation.

    Examples
    --------
    >>> Standardized().scaling
    'standard'
    """


@NUMERIC_ENCODERS.register("quantile")
class Quantile(NumericEncoder):
    """Each number by its rank, mapped to a normal distribution (scikit-learn's ``QuantileTransformer``).

    Examples
    --------
    >>> Quantile().scaling
    'quantile'
    """

    scaling = "quantile"


@NUMERIC_ENCODERS.register("robust")
class Robust(NumericEncoder):
    """Each number minus its median, over the distance of the quartiles, smoothly kept within (-3, 3).

    RealMLP's preparation (Holzmüller et al. 2024, arXiv:2407.04491); see :class:`tabemb.table.scaling.Robust`.

    Examples
    --------
    >>> Robust().scaling
    'robust'
    """

    scaling = "robust"
