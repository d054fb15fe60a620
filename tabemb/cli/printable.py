"""Text that is safe to print: names of columns and categories come from files, and may hold anything."""

import re

__all__ = ["printable"]

# Control characters, which a terminal obeys (colors, its title, the clipboard), and marks that reorder text. Surrogates
# cannot be encoded.
_UNSAFE = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def printable(text: str) -> str:
    r"""Return text with control characters shown as escapes. Line breaks are kept.

    Parameters
    ----------
    text : str
        Any text.

    Examples
    --------
    >>> print(printable("JFK\x1b[2J\u202e"))
    JFK\x1b[2J\u202e
    """
    return _UNSAFE.sub(lambda match: match[0].encode("unicode_escape").decode("ascii"), text)
