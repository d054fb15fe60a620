"""Find the category that a command-line argument means. Arguments are text; categories are typed."""

import datetime as dt
import unicodedata
from collections.abc import Callable, Iterator
from typing import Any

from tabemb.exceptions import UnknownKeyError, did_you_mean
from tabemb.vectors.category_vectors import CategoryVectors

__all__ = ["key_from_text"]

BOOLEANS = {"true": True, "false": False}


def key_from_text(text: str, vectors: CategoryVectors) -> Any:
    """Find the category that a text means.

    The text is tried as text, integer, float, boolean, date, datetime, time and bytes, then ignoring case and Unicode
    normal form.

    Parameters
    ----------
    text : str
        The argument.
    vectors : CategoryVectors
        The vectors of the column.

    Returns
    -------
    key
        The category, in its own type.

    Raises
    ------
    UnknownKeyError
        If no category matches; the message suggests similar ones.

    Examples
    --------
    >>> key_from_text("7", CategoryVectors([6, 7], [[0.0], [1.0]]))
    7
    >>> key_from_text("jfk", CategoryVectors(["JFK", "LGA"], [[0.0], [1.0]]))
    'JFK'
    """
    for key in _parsed(text):
        if key in vectors:
            return key
    wanted = _folded(text.strip())
    matches = [key for key in vectors if _folded(str(key)) == wanted]
    if len(matches) == 1:
        return matches[0]
    frequent = ", ".join(str(key) for key in vectors.index_to_key[:5])
    raise UnknownKeyError(
        f"The column {vectors.name!r} has no category {text!r}.{did_you_mean(text, [str(key) for key in vectors])} "
        f"Most frequent categories: {frequent}."
    )


def _folded(text: str) -> str:
    return text.casefold() if text.isascii() else unicodedata.normalize("NFKC", text).casefold()


def _parsed(text: str) -> Iterator[Any]:
    parsers: list[Callable[[str], Any]] = [
        str,
        int,
        float,
        lambda text: BOOLEANS[text.strip().lower()],
        dt.date.fromisoformat,
        dt.datetime.fromisoformat,
        dt.time.fromisoformat,
        lambda text: text.encode(),
    ]
    for parse in parsers:
        try:
            yield parse(text)
        except (ValueError, KeyError):
            continue
