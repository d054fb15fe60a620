"""Deviances with a logarithmic link: for counts, for amounts that are often zero, and for positive amounts."""

from numbers import Real
from typing import Any

import numpy as np
from keras import ops
from sklearn import metrics

from tabemb.exceptions import DataError
from tabemb.inference.answers import LARGEST_EXPONENT, LogLink
from tabemb.nn.losses.loss import LOSSES, NumberLoss

__all__ = ["GammaDeviance", "PoissonDeviance", "TweedieDeviance"]


class _Deviance(NumberLoss):
    """Twice the difference in log likelihood to a perfect fit; predicts the mean, which is positive.

    The network predicts the logarithm of the mean relative to the mean of all targets, so that the unit of the targets
    does not matter. The deviances are those of Jørgensen 1987 (doi:10.1111/j.2517-6161.1987.tb01685.x).
    """

    # The variance is proportional to the mean to this power.
    _power: Any

    def check_targets(self, y):
        """Raise DataError if a target is negative."""
        self._refuse(y < 0, y, "0 or more")

    def _refuse(self, bad, y, required):
        if bad.any():
            raise DataError(
                f"The loss {LOSSES.name_of(self)!r} requires targets of {required}; one is {y[bad][0]:g}. "
                "Use another loss, such as 'squared_error', or check these rows."
            )

    def center_and_scale(self, y):
        """Return 0 and the mean."""
        return np.zeros(y.shape[1:]), y.mean(axis=0)

    @property
    def link(self):
        """The exponential: the means, relative to the mean of all targets."""
        return LogLink()

    def score(self, truth, predicted, weights):
        """Return the share of the deviance explained, compared to predicting the mean (D2), averaged over targets."""
        columns = zip(truth.reshape(len(truth), -1).T, predicted.reshape(len(truth), -1).T, strict=True)
        return float(np.mean([self._explained(*each, weights) for each in columns]))

    def _explained(self, truth, predicted, weights):
        if (truth == truth[0]).all():
            return 0.0
        return metrics.d2_tweedie_score(truth, predicted, sample_weight=weights, power=self._power)


@LOSSES.register("poisson")
class PoissonDeviance(_Deviance):
    """The Poisson deviance: for counts and rates of 0 or more, whose variance is proportional to their mean.

    Examples
    --------
    >>> import numpy as np
    >>> np.asarray(PoissonDeviance().of(np.array([0.0, 1.0], "float32"), np.array([0.0, 0.0], "float32")))
    array([2., 0.], dtype=float32)
    """

    metric = "d2_poisson"
    _power = 1

    def of(self, targets, logits):
        """Return the Poisson deviance between each target and exp(logit)."""
        own = targets * ops.log(ops.where(targets > 0, targets, 1.0))
        return 2 * (own - targets - targets * logits + _exp(logits))


@LOSSES.register("tweedie")
class TweedieDeviance(_Deviance):
    """The Tweedie deviance: for amounts that are often exactly 0 and otherwise positive, such as claims or rainfall.

    Parameters
    ----------
    power : float, default=1.5
        The variance is proportional to the mean raised to this power; in (1, 2).

    Examples
    --------
    >>> import numpy as np
    >>> np.asarray(TweedieDeviance(power=1.5).of(np.array([0.0, 1.0], "float32"), np.array([0.0, 0.0], "float32")))
    array([4., 0.], dtype=float32)
    """

    metric = "d2_tweedie"

    def __init__(self, power=1.5):
        self.power = power

    @property
    def _power(self):
        return float(self.power)

    def check(self):
        """Raise ValueError if power is not in (1, 2)."""
        if not isinstance(self.power, Real) or not 1 < self.power < 2:
            raise ValueError(
                f"power of the tweedie loss must be in (1, 2), got {self.power!r}. "
                "For 1 use the loss 'poisson', for 2 'gamma'."
            )

    def of(self, targets, logits):
        """Return the Tweedie deviance between each target and exp(logit)."""
        down, up = 1 - self.power, 2 - self.power
        own = ops.power(targets, up) / (down * up)
        return 2 * (own - targets * _exp(down * logits) / down + _exp(up * logits) / up)


@LOSSES.register("gamma")
class GammaDeviance(_Deviance):
    """The gamma deviance: for positive amounts whose standard deviation is proportional to their mean.

    Examples
    --------
    >>> import numpy as np
    >>> np.asarray(GammaDeviance().of(np.array([1.0, 1.0], "float32"), np.array([0.0, 1.0], "float32"))).round(4)
    array([0.    , 0.7358], dtype=float32)
    """

    metric = "d2_gamma"
    _power = 2

    def check_targets(self, y):
        """Raise DataError if a target is 0 or negative."""
        self._refuse(y <= 0, y, "more than 0")

    def of(self, targets, logits):
        """Return the gamma deviance between each target and exp(logit)."""
        return 2 * (targets * _exp(-logits) - 1 - ops.log(targets) + logits)


def _exp(exponents):
    """Return the exponential, continued linearly beyond ``LARGEST_EXPONENT``."""
    near = ops.exp(ops.minimum(exponents, LARGEST_EXPONENT))
    return near * (1 + ops.maximum(exponents - LARGEST_EXPONENT, 0.0))
