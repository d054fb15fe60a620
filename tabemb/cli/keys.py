"""Find the category that a command-line argument means. Arguments are text; categories are typed."""

import datetime as dt
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from tabemb.exceptions import UnknownKeyError, did_you_mean
from tabemb.vectors.category_vectors import CategoryVectors

__all__ = ["key_from_text"]

BOOLEANS = {"true": True, "false": False}


def key_from_text(text: str, vectors: CategoryVectors, names: Mapping[Any, str] = MappingProxyType({})) -> Any:
    """Find the category that a text means.

    The text is tried as text, integer, float, boolean, date, datetime, time and bytes, then ignoring case and Unicode
    normal form, then as a readable name.

    Parameters
    ----------
    text : str
        The argument.
    vectors : CategoryVectors
        The vectors of the column.
    names : mapping of key to str, optional
        Readable names of the categories.

    Returns
    -------
    key
        The category, in its own type.

    Raises
    ------
    UnknownKeyError
        If no category matches, or several have the name; the message suggests similar ones.

    Examples
    --------
    >>> key_from_text("7", CategoryVectors([6, 7], [[0.0], [1.0]]))
    7
    >>> key_from_text("jfk", CategoryVectors(["JFK", "LGA"], [[0.0], [1.0]]))
    'JFK'
    >>> key_from_text("toy story", CategoryVectors([1, 2], [[0.0], [1.0]]), {1: "Toy Story", 2: "Heat"})
    1
    """
    for key in _parsed(text):
        if key in vectors:
            return key
    wanted = _folded(text.strip())
    matches = [key for key in vectors if _folded(str(key)) == wanted]
    if len(matches) == 1:
        return matches[0]
    if names:
        return _key_of_name(text, vectors, names)
    frequent = ", ".join(str(key) for key in vectors.index_to_key[:5])
    raise UnknownKeyError(
        f"The column {vectors.name!r} has no category {text!r}.{did_you_mean(text, [str(key) for key in vectors])} "
        f"Most frequent categories: {frequent}."
    )


def _key_of_name(text: str, vectors: CategoryVectors, names: Mapping[Any, str]) -> Any:
    """Return the category with a readable name."""
    wanted = _folded(text.strip())
    named = [key for key, name in names.items() if _folded(name) == wanted]
    if len(named) == 1:
        return named[0]
    if named:
        keys = ", ".join(map(str, named))
        raise UnknownKeyError(
            f"{len(named)} categories of {vectors.name!r} have the name {text!r}. Give one by its key: {keys}."
        )
    near = did_you_mean(text, [*map(str, vectors.index_to_key), *names.values()])
    raise UnknownKeyError(f"No category of {vectors.name!r} has the key or the name {text!r}.{near}")


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
