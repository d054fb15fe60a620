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
import re
import sys
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
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
    "reading",
    "warn_caller",
]

# Searching for similar spellings among a million names takes seconds.
_MOST_SEARCHED = 10_000
# Names whose similarity is lower than the best by more than this are not suggested.
_LARGEST_GAP = 0.15
# Characters of the reason that an error quotes.
_LONGEST_REASON = 500


# Warnings name the first line outside of these packages; scikit-learn and joblib call estimators.
_LIBRARIES = frozenset({"tabemb", "sklearn", "joblib"})


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


@contextmanager
def reading(
    place: object,
    expected: str,
    error: type[TabembError] = FormatError,
    *,
    message: str = "{place}: expected {expected}, but the file is damaged: {reason}.",
) -> Iterator[None]:
    """Convert every error in the block, which reads bytes from elsewhere, to one error that names the place.

    Parsers of JSON, archives, Arrow and YAML raise errors of many types for damaged bytes: ``KeyError``,
    ``RecursionError``, ``OverflowError``, ``MemoryError``, ``struct.error``, errors of their own, and panics of Rust.
    No list of them is ever complete, so every error is converted. The original error is its cause.

    Parameters
    ----------
    place : path or str
        The file, and where known the line, for the message.
    expected : str
        What the file should hold: ``"vectors as tabemb writes them"``.
    error : class of TabembError, default=FormatError
        Class of the converted error. An error of this class whose message begins with the place passes through, and so
        does a :class:`MissingExtraError`.
    message : str
        The message, in which the place, what was expected, and the reason are filled in.

    Raises
    ------
    TabembError
        Of the class ``error``.

    Examples
    --------
    >>> import json
    >>> with reading("a.json", "the settings as JSON"):
    ...     json.loads("[1, 2")["seed"]
    Traceback (most recent call last):
    tabemb.exceptions.FormatError: a.json: expected the settings as JSON, but the file is damaged: Expecting ','
    delimiter: line 1 column 6 (char 5).
    """
    try:
        yield
    except BaseException as problem:
        if not isinstance(problem, Exception) and type(problem).__name__ != "PanicException":
            # An interrupt, or the end of the program.
            raise
        if isinstance(problem, MissingExtraError):
            raise
        if isinstance(problem, error) and re.match(rf"{re.escape(str(place))}[:,/\\ ]", str(problem)):
            raise
        if isinstance(problem, OSError) and problem.errno is not None:
            raise error(f"{place}: the file cannot be read ({problem.strerror or problem}).") from problem
        raise error(message.format(place=place, expected=expected, reason=_reason(problem))) from problem


def _reason(problem: BaseException) -> str:
    """Return the message of an error as one line without its last full stop."""
    reason = " ".join(str(problem).split()).rstrip(".") or type(problem).__name__
    if isinstance(problem, KeyError) and not isinstance(problem, TabembError):
        reason = f"it has no {reason}"
    return reason if len(reason) <= _LONGEST_REASON else f"{reason[: _LONGEST_REASON - 3]}..."


def warn_caller(message: str, category: type[Warning] = UserWarning) -> None:
    """Issue a warning that names the line of the caller's code, however deep in tabemb or scikit-learn it arises.

    Parameters
    ----------
    message : str
    category : type of Warning, default=UserWarning

    Examples
    --------
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     warn_caller("Column 'id' has a different number in every row.")
    >>> caught[0].category.__name__
    'UserWarning'
    """
    frame, level = sys._getframe(1), 2
    while frame.f_back is not None and str(frame.f_globals.get("__name__")).partition(".")[0] in _LIBRARIES:
        frame, level = frame.f_back, level + 1
    warnings.warn(message, category, stacklevel=level)
