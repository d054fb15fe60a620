"""Every error that tabemb raises on purpose, and the words that they share.

::

    TabembError
    ├── DataError           (ValueError)   the table or the targets cannot be used as they are
    │   └── ColumnError     (KeyError)     a column is missing, doubled or misspelt
    ├── UnknownNameError    (ValueError)   no body, task, metric, ... of that name
    ├── UnknownKeyError     (KeyError)     a category that a column does not have
    ├── ConfigError         (ValueError)   an experiment's YAML is wrong
    ├── FormatError         (ValueError)   a file or folder is not what it claims to be
    ├── TrainingError       (ArithmeticError)  the loss is no number any more
    ├── OutputError         (OSError)      a result cannot be written where it should go
    ├── DatabaseError       (OSError)      a database is not there, refuses, or fails
    └── MissingExtraError   (ImportError)  an optional dependency is needed

Each is also the built-in error that the ecosystem catches.
"""

import difflib
from collections.abc import Iterable
from itertools import islice

__all__ = [
    "ColumnError",
    "ConfigError",
    "DataError",
    "DatabaseError",
    "FormatError",
    "MissingExtraError",
    "OutputError",
    "TabembError",
    "TrainingError",
    "UnknownKeyError",
    "UnknownNameError",
    "did_you_mean",
]

# Looking for near spellings takes seconds among a million names.
_NEAR_AMONG = 10_000
# One letter left out is hardly ever meant for what differs in a whole word.
_MUCH_FARTHER = 0.15


class TabembError(Exception):
    """Root of all errors of tabemb."""

    def __str__(self) -> str:
        # KeyError would print the repr of its message.
        return str(self.args[0]) if self.args else ""


class DataError(TabembError, ValueError):
    """The table or the targets cannot be used as they are."""


class ColumnError(DataError, KeyError):
    """A column is missing, doubled or misspelt."""


class UnknownNameError(TabembError, ValueError):
    """Nothing of that name is registered."""

    @classmethod
    def among(cls, kind: str, name: object, known: Iterable[str]) -> "UnknownNameError":
        """Make the error for a name that is not among the known ones."""
        known = sorted(known)
        return cls(f"No {kind} named {name!r}. Known: {', '.join(known)}.{did_you_mean(name, known)}")


class UnknownKeyError(TabembError, KeyError):
    """A category that the column does not have."""


class ConfigError(TabembError, ValueError):
    """An experiment's configuration is wrong."""


class FormatError(TabembError, ValueError):
    """A file or folder is not what it claims to be."""


class TrainingError(TabembError, ArithmeticError):
    """Training cannot go on: the loss is no number any more."""


class OutputError(TabembError, OSError):
    """A result cannot be written where it should go."""


class DatabaseError(TabembError, OSError):
    """A database is not there, refuses, or fails."""


class MissingExtraError(TabembError, ImportError):
    """An optional dependency is needed and not installed."""

    @classmethod
    def of(cls, package: str, extra: str, purpose: str) -> "MissingExtraError":
        """Make the error that names the package, what needs it, and the command that installs it."""
        return cls(f"{purpose} needs {package}. Install it with: pip install 'tabemb[{extra}]'")


def did_you_mean(name: object, known: Iterable[object]) -> str:
    """Return ``" Did you mean 'x'?"`` for the nearest known names, or an empty string.

    Parameters
    ----------
    name : object
        What was asked for.
    known : iterable
        What there is, the likeliest first: only the first 10,000 are looked at.

    Returns
    -------
    str
        A sentence with a leading blank, ready to be appended to a message.

    Examples
    --------
    >>> did_you_mean("orgin", ["origin", "dest"])
    " Did you mean 'origin'?"
    >>> did_you_mean("zzz", ["origin", "dest"])
    ''
    """
    texts = {str(each): each for each in islice(known, _NEAR_AMONG)}
    lowered = {text.lower(): text for text in texts}
    asked = str(name).lower()
    near = difflib.get_close_matches(asked, list(lowered), n=3, cutoff=0.6)
    if not near:
        return ""
    likeness = [difflib.SequenceMatcher(None, each, asked).ratio() for each in near]
    near = [each for each, its in zip(near, likeness, strict=True) if its > likeness[0] - _MUCH_FARTHER]
    return f" Did you mean {' or '.join(repr(texts[lowered[text]]) for text in near)}?"
