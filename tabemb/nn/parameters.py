"""Checks of the parameters of bodies and numeric encoders."""

import inspect
from numbers import Integral, Real
from typing import Any

import keras
import numpy as np

from tabemb.exceptions import UnknownNameError

__all__ = [
    "ACTIVATIONS",
    "NORMALIZATIONS",
    "check_among",
    "check_count",
    "check_flag",
    "check_not_negative",
    "check_positive",
    "check_units",
]

NORMALIZATIONS = {
    None: None,
    "batch": keras.layers.BatchNormalization,
    "layer": keras.layers.LayerNormalization,
}
ACTIVATIONS = frozenset(name for name, each in vars(keras.activations).items() if inspect.isfunction(each)) - {
    "deserialize",
    "get",
    # It halves the width.
    "glu",
    "serialize",
}


def check_units(name: str, units: Any, *, empty: bool = True) -> None:
    """Raise ValueError unless layer widths are a tuple (or list) of positive integers.

    Parameters
    ----------
    name : str
        Name of the parameter.
    units : object
        Its value.
    empty : bool, default=True
        Whether the tuple may be empty.

    Examples
    --------
    >>> check_units("hidden_units", (256, 128))
    >>> check_units("hidden_units", 256)
    Traceback (most recent call last):
    ValueError: hidden_units must be a tuple of positive integers, got 256.
    """
    if not isinstance(units, list | tuple) or not all(map(_is_count, units)):
        raise ValueError(f"{name} must be a tuple of positive integers, got {units!r}.")
    if not units and not empty:
        raise ValueError(f"{name} must have at least one width, got {units!r}.")


def check_count(name: str, value: Any) -> None:
    """Raise ValueError unless a value is a positive integer."""
    if not _is_count(value):
        raise ValueError(f"{name} must be a positive integer, got {value!r}.")


def check_among(name: str, value: Any, known: Any) -> None:
    """Raise UnknownNameError unless a value is a known name."""
    if not isinstance(value, str | None) or value not in known:
        raise UnknownNameError.among(name, value, map(str, known))


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


def check_not_negative(name: str, value: Any) -> None:
    """Raise ValueError unless a value is a finite number of at least 0.

    Examples
    --------
    >>> check_not_negative("shrinkage", -1)
    Traceback (most recent call last):
    ValueError: shrinkage must be a number of at least 0, got -1.
    """
    if isinstance(value, bool) or not isinstance(value, Real) or not 0 <= value < np.inf:
        raise ValueError(f"{name} must be a number of at least 0, got {value!r}.")


def check_flag(name: str, value: Any) -> None:
    """Raise ValueError unless a value is True or False."""
    if not isinstance(value, bool | np.bool_):
        raise ValueError(f"{name} must be True or False, got {value!r}.")


def _is_count(value):
    return isinstance(value, Integral) and not isinstance(value, bool) and value >= 1
