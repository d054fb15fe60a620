"""What the parameters of numeric encoders may be, and the errors where they are something else."""

from numbers import Real
from typing import Any

import numpy as np

__all__ = ["check_flag", "check_positive"]


def check_positive(name: str, value: Any) -> None:
    """Raise ValueError unless a value is a positive, finite number.

    Parameters
    ----------
    name : str
        Name of the parameter.
    value : object
        Its value.

    Examples
    --------
    >>> check_positive("sigma", 0.01)
    >>> check_positive("sigma", 0)
    Traceback (most recent call last):
    ValueError: sigma must be a positive number, got 0.
    """
    if isinstance(value, bool) or not isinstance(value, Real) or not 0 < value < np.inf:
        raise ValueError(f"{name} must be a positive number, got {value!r}.")


def check_flag(name: str, value: Any) -> None:
    """Raise ValueError unless a value is true or false."""
    if not isinstance(value, bool | np.bool_):
        raise ValueError(f"{name} must be True or False, got {value!r}.")
