"""From what is typed on a command line to a category: text has no type, categories have one."""

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

from tabemb.exceptions import UnknownKeyError, did_you_mean
from tabemb.vectors.category_vectors import CategoryVectors

__all__ = ["key_from_text"]

TRUTHS = {"true": True, "false": False}


def key_from_text(text: str, vectors: CategoryVectors) -> Any:
    """Find the category that a text means.

    It is taken as text first, then as a whole number, a number, true or false, a date, and last without regard to case.

    Parameters
    ----------
    text : str
        What was typed.
    vectors : CategoryVectors
        The column.

    Returns
    -------
    key
        One of the column's categories, of its own type.

    Raises
    ------
    UnknownKeyError
        When it means none of them; near ones are named.

    Examples
    --------
    >>> key_from_text("7", CategoryVectors([6, 7], [[0.0], [1.0]]))
    7
    >>> key_from_text("jfk", CategoryVectors(["JFK", "LGA"], [[0.0], [1.0]]))
    'JFK'
    """
    for key in _readings(text):
        if key in vectors:
            return key
    alike = [key for key in vectors if str(key).casefold() == text.strip().casefold()]
    if len(alike) == 1:
        return alike[0]
    frequent = ", ".join(str(key) for key in vectors.index_to_key[:5])
    raise UnknownKeyError(
        f"The column {vectors.name!r} has no category {text!r}.{did_you_mean(text, [str(key) for key in vectors])} "
        f"The most frequent ones: {frequent}."
    )


def _readings(text: str) -> Iterator[Any]:
    readers: list[Callable[[str], Any]] = [
        str,
        int,
        float,
        lambda typed: TRUTHS[typed.strip().lower()],
        dt.date.fromisoformat,
        dt.datetime.fromisoformat,
        dt.time.fromisoformat,
        lambda typed: typed.encode(),
    ]
    for read in readers:
        try:
            yield read(text)
        except (ValueError, KeyError):
            continue
