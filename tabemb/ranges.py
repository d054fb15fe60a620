"""The check of parameters that are shares, with one wording."""

from numbers import Real
from typing import Any

__all__ = ["check_share", "is_share", "share_range"]


def is_share(value: Any, *, zero: bool = False, one: bool = False) -> bool:
    """Return whether a value is a number between 0 and 1.

    Parameters
    ----------
    value : object
        NaN and booleans are no shares.
    zero, one : bool, default=False
        Whether 0 and 1 are allowed.

    Examples
    --------
    >>> is_share(0.2), is_share(0), is_share(0, zero=True), is_share(True, one=True)
    (True, False, True, False)
    """
    if isinstance(value, bool) or not isinstance(value, Real):
        return False
    number: Any = value
    return bool(0 < number < 1 or (zero and number == 0) or (one and number == 1))


def share_range(*, zero: bool = False, one: bool = False) -> str:
    """Return the range of a share in words, for messages.

    Parameters
    ----------
    zero, one : bool, default=False
        Whether 0 and 1 are allowed.

    Examples
    --------
    >>> share_range(), share_range(zero=True)
    ('a number in (0, 1)', 'a number in [0, 1)')
    """
    return f"a number in {'[' if zero else '('}0, 1{']' if one else ')'}"


def check_share(name: str, value: Any, *, zero: bool = False, one: bool = False, none: bool = False) -> None:
    """Raise a ValueError unless a parameter is a number between 0 and 1.

    Parameters
    ----------
    name : str
        Name of the parameter.
    value : object
        Its value.
    zero, one : bool, default=False
        Whether 0 and 1 are allowed.
    none : bool, default=False
        Whether None is allowed.

    Raises
    ------
    ValueError
        If the value is out of range, or not a number.

    Examples
    --------
    >>> check_share("dropout", 0, zero=True)
    >>> check_share("dropout", 1.5, zero=True)
    Traceback (most recent call last):
    ValueError: dropout must be a number in [0, 1), got 1.5.
    """
    if value is None and none:
        return
    if not is_share(value, zero=zero, one=one):
        wanted = share_range(zero=zero, one=one) + (" or None" if none else "")
        raise ValueError(f"{name} must be {wanted}, got {value!r}.")
