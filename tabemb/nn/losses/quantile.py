"""The pinball loss, for one quantile or for several quantiles that cannot cross."""

import numpy as np
from keras import ops
from sklearn import metrics

from tabemb.inference.answers import IdentityLink, QuantileLink
from tabemb.nn.losses.loss import LOSSES, NumberLoss
from tabemb.nn.losses.regression import deviation_from
from tabemb.ranges import is_share, share_range

__all__ = ["QuantileLoss"]


@LOSSES.register("quantile")
class QuantileLoss(NumberLoss):
    """The pinball loss; predicts quantiles (Koenker & Bassett 1978, doi:10.2307/1913643, eq. 3.1).

    ``max(q * error, (q - 1) * error)`` of the target minus the prediction, averaged over the quantiles. With several
    quantiles, the network predicts the first one and the differences to the next, which are positive (softplus), so
    that quantiles never cross.

    Parameters
    ----------
    quantiles : float or tuple of float, default=(0.1, 0.5, 0.9)
        The quantiles, in (0, 1) and increasing. For one, ``predict`` returns one number per row; for several, one
        column per quantile.

    Examples
    --------
    >>> import numpy as np
    >>> QuantileLoss(0.5).values(np.array([0.0, 2.0]))
    array([0., 2.])
    >>> QuantileLoss((0.25, 0.75)).values(np.array([[0.0, 0.0], [0.0, -9.0]])).round(2)
    array([[0.  , 1.39], [0.  , 0.  ]])
    """

    metric = "d2_pinball"

    def __init__(self, quantiles=(0.1, 0.5, 0.9)):
        self.quantiles = quantiles

    def check(self):
        """Raise ValueError if the quantiles are not increasing numbers in (0, 1)."""
        given = self.quantiles if isinstance(self.quantiles, (list, tuple, np.ndarray)) else (self.quantiles,)
        if not len(given) or not all(map(is_share, given)) or (np.diff(given) <= 0).any():
            raise ValueError(
                f"quantiles must be {share_range()}, or several in increasing order, got {self.quantiles!r}."
            )

    @property
    def n_values(self):
        """Number of quantiles."""
        return len(self._quantiles)

    @property
    def _quantiles(self):
        return np.atleast_1d(np.asarray(self.quantiles, "float64"))

    @property
    def _steps(self):
        """Offsets added to the logits of the differences, so that their initial values are the softplus of the offsets.

        They are initialized from a Laplace distribution with mean absolute deviation 1, which the scaled targets have.
        """
        q = self._quantiles
        start = np.sign(q - 0.5) * -np.log(1 - 2 * np.abs(q - 0.5))
        return np.log(np.expm1(np.diff(start)))

    def center_and_scale(self, y):
        """Return the first quantile, and the mean absolute deviation from the median."""
        return np.quantile(y, self._quantiles[0], axis=0), deviation_from(y, np.median(y, axis=0))

    def of(self, targets, logits):
        """Return the pinball loss of each target, averaged over its quantiles."""
        if self.n_values == 1:
            return _pinball(targets - logits, float(self._quantiles[0]))
        steps = ops.softplus(logits[..., 1:] + self._steps.astype("float32"))
        values = ops.cumsum(ops.concatenate([logits[..., :1], steps], axis=-1), axis=-1)
        return ops.mean(_pinball(targets[..., None] - values, self._quantiles.astype("float32")), axis=-1)

    @property
    def link(self):
        """From logits to quantiles in ascending order."""
        return IdentityLink() if self.n_values == 1 else QuantileLink(tuple(self._steps.tolist()))

    def score(self, truth, predicted, weights):
        """Return the share of the pinball loss explained, compared to constant quantiles (D2), averaged."""
        of_each = predicted[..., None] if self.n_values == 1 else predicted
        scores = [
            metrics.d2_pinball_score(truth, of_each[..., place], alpha=q, sample_weight=weights)
            for place, q in enumerate(self._quantiles)
        ]
        return float(np.mean(scores))


def _pinball(error, quantile):
    return ops.maximum(quantile * error, (quantile - 1) * error)
