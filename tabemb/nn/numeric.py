"""How numbers enter the network: a preparation of the column, and a layer."""

from sklearn.base import BaseEstimator

from tabemb.registry import Registry

__all__ = ["NUMERIC_ENCODERS", "NumericEncoder"]


class NumericEncoder(BaseEstimator):
    """How numbers are scaled by the table layer, and what the network makes of them.

    Attributes
    ----------
    scaling : {"standard", "quantile"}
        What :class:`tabemb.table.encoder.TableEncoder` does to a numeric column.
    """

    scaling = "standard"

    def build(self, numbers, seeds):
        """Return what the body sees of the numbers, a Keras tensor of shape (batch, width).

        Parameters
        ----------
        numbers : KerasTensor of shape (batch, n_numbers)
            The scaled numbers and their missing-indicators.
        seeds : Seeds
            Where random starts come from.
        """
        return numbers


NUMERIC_ENCODERS: Registry[NumericEncoder] = Registry("numeric encoder")


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
