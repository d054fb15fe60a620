"""What a numeric encoder is: a preparation of the column, and layers."""

from typing import Any

from sklearn.base import BaseEstimator

from tabemb.nn.seeds import Seeds
from tabemb.registry import Registry
from tabemb.table.scaling import ScalingSpec

__all__ = ["NUMERIC_ENCODERS", "NumericEncoder"]


class NumericEncoder(BaseEstimator):
    """How numbers are scaled by the table layer, and what the network makes of them.

    It holds no weights: the same one can be built many times, cloned, searched over (``numeric__n_bins``) and written
    in YAML.

    Attributes
    ----------
    scaling : str or mapping
        What :class:`tabemb.table.encoder.TableEncoder` does to a numeric column: a name in
        :data:`tabemb.table.scaling.SCALINGS`, or a mapping with a ``name`` and parameters.
    """

    scaling: ScalingSpec = "standard"

    def build(self, numbers: Any, seeds: Seeds, *, n_indicators: int = 0) -> Any:
        """Return what the body sees of the numbers, a Keras tensor of shape (batch, width).

        Every number becomes as many as every other; the missing-indicators are the last ``n_indicators`` of what comes
        out, as they are of what goes in.

        Parameters
        ----------
        numbers : KerasTensor of shape (batch, n_numbers)
            The scaled numbers, then their missing-indicators.
        seeds : Seeds
            Where random starts come from.
        n_indicators : int, default=0
            How many of the numbers are missing-indicators: 0 or 1, of no scale.
        """
        return numbers


NUMERIC_ENCODERS: Registry[NumericEncoder] = Registry("numeric encoder")
