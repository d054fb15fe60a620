"""The exceptions of tabemb.

::

    TabembError
    ├── DataError           (ValueError)   the table or the targets are invalid
    │   └── ColumnError     (KeyError)     a column is missing, duplicate or misspelled
    ├── UnknownNameError    (ValueError)   no body, task, metric, ... has that name
    ├── UnknownKeyError     (KeyError)     a column does not have that category
    ├── ConfigError         (ValueError)   the YAML of an experiment is invalid
    ├── FormatError         (ValueError)   a file or folder does not have the expected format
    ├── TrainingError       (ArithmeticError)  the loss became NaN or infinite
    ├── ForkedProcessError  (RuntimeError) TensorFlow cannot run in this forked process
    ├── OutputError         (OSError)      a result cannot be written
    ├── DatabaseError       (OSError)      a database is missing, refuses the connection, or fails
    └── MissingExtraError   (ImportError)  an optional dependency is missing

Each also inherits from the built-in exception in parentheses.
"""

import difflib
from collections.abc import Iterable
from itertools import islice

__all__ = [
    "ColumnError",
    "ConfigError",
    "DataError",
    "DatabaseError",
    "ForkedProcessError",
    "FormatError",
    "MissingExtraError",
    "OutputError",
    "TabembError",
    "TrainingError",
    "UnknownKeyError",
    "UnknownNameError",
    "did_you_mean",
]

# Searching for similar spellings among a million names takes seconds.
_MOST_SEARCHED = 10_000
# Names whose similarity is lower than the best by more than this are not suggested.
_LARGEST_GAP = 0.15


class TabembError(Exception):
    """Base class of all exceptions of tabemb."""

    def __str__(self) -> str:
        # KeyError prints the repr of its message.
        return str(self.args[0]) if self.args else ""


class DataError(TabembError, ValueError):
    """The table or the targets are invalid."""


class ColumnError(DataError, KeyError):
    """A column is missing, duplicate or misspelled."""


class UnknownNameError(TabembError, ValueError):
    """Nothing is registered under that name."""

    @classmethod
    def among(cls, kind: str, name: object, known: Iterable[str]) -> "UnknownNameError":
        """Return the error for a name that is not among the known names."""
        known = sorted(known)
        return cls(f"No {kind} named {name!r}. Known: {', '.join(known)}.{did_you_mean(name, known)}")


class UnknownKeyError(TabembError, KeyError):
    """The column does not have that category."""


class ConfigError(TabembError, ValueError):
    """The configuration of an experiment is invalid."""


class FormatError(TabembError, ValueError):
    """A file or folder does not have the expected format."""


class TrainingError(TabembError, ArithmeticError):
    """Training failed: the loss became NaN or infinite."""


class ForkedProcessError(TabembError, RuntimeError):
    """TensorFlow ran before this process was forked, and would hang in it."""


class OutputError(TabembError, OSError):
    """A result cannot be written."""


class DatabaseError(TabembError, OSError):
    """A database is missing, refuses the connection, or fails."""


class MissingExtraError(TabembError, ImportError):
    """An optional dependency is not installed."""

    @classmethod
    def of(cls, package: str, extra: str, purpose: str) -> "MissingExtraError":
        """Return the error that names the package, its purpose, and the command that installs it."""
        return cls(f"{purpose} needs {package}. Install it with: pip install 'tabemb[{extra}]'")


def did_you_mean(name: object, known: Iterable[object]) -> str:
    """Return ``" Did you mean 'x'?"`` for the most similar known names, or an empty string.

    Parameters
    ----------
    name : object
        The unknown name.
    known : iterable
        Known names, the most likely first; only the first 10,000 are searched.

    Returns
    -------
    str
        A sentence with a leading space, to be appended to a message.

    Examples
    --------
    >>> did_you_mean("orgin", ["origin", "dest"])
    " Did you mean 'origin'?"
    >>> did_you_mean("zzz", ["origin", "dest"])
    ''
    """
    texts = {str(each): each for each in islice(known, _MOST_SEARCHED)}
    lowered = {text.lower(): text for text in texts}
    lowered_name = str(name).lower()
    near = difflib.get_close_matches(lowered_name, list(lowered), n=3, cutoff=0.6)
    if not near:
        return ""
    similarity = [difflib.SequenceMatcher(None, each, lowered_name).ratio() for each in near]
    near = [each for each, ratio in zip(near, similarity, strict=True) if ratio > similarity[0] - _LARGEST_GAP]
    return f" Did you mean {' or '.join(repr(texts[lowered[text]]) for text in near)}?"
