"""What the categories of a column are called on the page: text, and each name once."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from tabemb.table.keys import family

__all__ = ["labels_of"]


def labels_of(keys: Sequence[Any]) -> list[str]:
    r"""Name each key by its text; keys that look alike, such as 1 and "1", are told apart by their type.

    Parameters
    ----------
    keys : sequence
        Typed keys, each once.

    Returns
    -------
    list of str
        As many, no two the same, none empty.

    Examples
    --------
    >>> labels_of(["JFK", 1, "1", "", "a\nb"])
    ['JFK', '1 (number)', '1 (text)', '(blank)', 'a↵b']
    """
    labels = [_line(str(key)) for key in keys]
    labels = _apart(labels, [f"{label} ({family(key)})" for label, key in zip(labels, keys, strict=True)])
    labels = _apart(labels, [_line(repr(key)) for key in keys])
    # What still is alike was made to look so: "1 (text)" beside "1" and 1.
    return _apart_for_sure(labels)


def _line(text: str) -> str:
    text = text.replace("\r\n", "↵").replace("\n", "↵").replace("\r", "↵").replace("\t", "⇥")
    return text if text.strip() else "(blank)" if not text else f"(blank, {len(text)})"


def _apart(labels: list[str], longer: list[str]) -> list[str]:
    """Take the longer name where the short one is another one's too."""
    times = Counter(labels)
    return [long if times[label] > 1 else label for label, long in zip(labels, longer, strict=True)]


def _apart_for_sure(labels: list[str]) -> list[str]:
    times, taken, made = Counter(labels), set(labels), []
    for row, label in enumerate(labels):
        name = label
        while times[label] > 1 and name in taken:
            name = f"{name} [{row}]"
        taken.add(name)
        made.append(name)
    return made
