"""How much vectors would differ if they were learned from other rows of the same kind."""

from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np
import numpy.typing as npt

from tabemb.exceptions import DataError

__all__ = ["SamplingNoise"]

Float64s = npt.NDArray[np.float64]

EXPECTED = (
    "The noise of vectors must have a square covariance with variances of at least 0, positive rows, an exponent, and "
    "n_refits of at least 1, all finite"
)


@dataclass(frozen=True, slots=True, eq=False)
class SamplingNoise:
    """The covariance of the vectors of a column over samples of rows.

    A category with ``n`` rows has the covariance ``covariance * (n / rows) ** exponent``.

    Parameters
    ----------
    covariance : ndarray of shape (dim, dim)
        Covariance of the vector of a category with ``rows`` rows, in squared units of the vectors.
    rows : float
        Number of rows to which the covariance refers.
    exponent : float
        How the variance depends on the number of rows.
    n_refits : int
        Number of refits that it was estimated from.

    Raises
    ------
    DataError
        If the covariance is not square, a number is not finite, a variance is negative, or ``rows`` or ``n_refits`` is
        not positive.

    Examples
    --------
    >>> noise = SamplingNoise(np.eye(2), rows=100.0, exponent=-1.0, n_refits=5)
    >>> noise.scales([100, 25])
    array([1., 4.])
    """

    covariance: Float64s
    rows: float
    exponent: float
    n_refits: int

    def __post_init__(self) -> None:
        square = self.covariance.ndim == 2 and self.covariance.shape[0] == self.covariance.shape[1]
        finite = np.isfinite(self.covariance).all() and np.isfinite([self.rows, self.exponent]).all()
        if not (square and finite and (np.diag(self.covariance) >= 0).all() and self.rows > 0 and self.n_refits >= 1):
            given = {"rows": self.rows, "exponent": self.exponent, "n_refits": self.n_refits}
            raise DataError(f"{EXPECTED}; got {_shown(given | {'covariance': self.covariance.tolist()})}.")

    def scales(self, counts: npt.ArrayLike) -> Float64s:
        """Return the factor of the covariance for numbers of rows. 0 counts as 1."""
        scales: Float64s = (np.maximum(np.asarray(counts, np.float64), 1.0) / self.rows) ** self.exponent
        return scales

    def errors(self, counts: npt.ArrayLike) -> Float64s:
        """Return the standard error of an entry of a vector, the root mean square over its entries."""
        errors: Float64s = np.sqrt(np.trace(self.covariance) / len(self.covariance) * self.scales(counts))
        return errors

    def to_json(self) -> dict[str, Any]:
        """Return the noise as JSON values."""
        return {
            "covariance": np.asarray(self.covariance, np.float32).tolist(),
            "rows": self.rows,
            "exponent": self.exponent,
            "n_refits": self.n_refits,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "SamplingNoise":
        """Return the noise that :meth:`to_json` wrote.

        Raises
        ------
        DataError
            If the values are not those of a noise.
        """
        try:
            covariance = np.asarray(data["covariance"]).astype(np.float64, casting="same_kind")
            rows, exponent, n_refits = _real(data["rows"]), _real(data["exponent"]), int(_real(data["n_refits"]))
        except (LookupError, TypeError, ValueError, OverflowError) as error:
            raise DataError(f"{EXPECTED}; got {_shown(data)}.") from error
        return cls(covariance, rows, exponent, n_refits)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SamplingNoise) and self.to_json() == other.to_json()

    __hash__ = None  # type: ignore[assignment]


def _real(value: Any) -> float:
    """Return a number as a float; text and booleans are not numbers."""
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError
    return float(value)


def _shown(data: object) -> str:
    # The covariance, which may be long, comes last.
    text = repr(dict(sorted(data.items(), reverse=True)) if isinstance(data, dict) else data)
    return text if len(text) <= 200 else text[:197] + "..."
