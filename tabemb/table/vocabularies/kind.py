"""The base class of kinds of vocabularies that find the rows of a category by hashes."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from numbers import Integral
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from tabemb.registry import Registry
from tabemb.table.cells import Coded, n_different

# Rows are numbered by 32-bit integers, after "missing" and "unknown".
MOST_BUCKETS = 2**31 - 2

__all__ = ["MANY", "VOCABULARIES", "ValueRows", "VocabularyKind", "check_count"]

# Columns with at least as many categories get kinds that are given for all columns, and not for their memory.
MANY = 100


@dataclass(frozen=True, slots=True, eq=False)
class ValueRows:
    """The buckets of values; the vector of a value is the mean of theirs.

    Parameters
    ----------
    buckets : ndarray of int32 of shape (n,)
        The buckets of all values, one value after the other; -1 is the row of unknown categories.
    sizes : ndarray of int64 of shape (n_values,)
        Number of buckets of each value.
    """

    buckets: npt.NDArray[np.int32]
    sizes: npt.NDArray[np.int64]

    @classmethod
    def of_width(cls, *buckets: npt.NDArray[np.integer[Any]]) -> "ValueRows":
        """Return the buckets of values that have equally many, given the first of each value, the second, ..."""
        width, n_values = len(buckets), len(buckets[0])
        together = np.stack(buckets, axis=1).reshape(-1).astype(np.int32)
        return cls(together, np.full(n_values, width, np.int64))


class VocabularyKind(ABC):
    """A way to find the rows of a category in a table of vectors.

    Subclasses are frozen dataclasses whose fields are their parameters; one of them is ``n_buckets``.
    """

    n_buckets: int
    # Whether each value has one bucket.
    has_one_bucket: ClassVar[bool] = True
    # Name of the table of all columns of this kind; None if each has its own.
    common_table: ClassVar[str | None] = None
    # Whether the values must be texts.
    reads_texts: ClassVar[bool] = False
    # Minimal number of rows of a category that is listed and has a row of its own; None if no category is listed.
    min_frequency: int | None = None

    def __post_init__(self) -> None:
        check_count(self, "n_buckets", 1)

    def suits(self, coded: Coded) -> bool:
        """Return whether a column gets this kind if the kind is given for all columns.

        Parameters
        ----------
        coded : Coded
            The cells of a categorical column.
        """
        return n_different(coded) > self.n_buckets

    @abstractmethod
    def rows(self, coded: Coded, column: str) -> ValueRows:
        """Return the buckets of the distinct values of a column.

        Parameters
        ----------
        coded : Coded
            The column.
        column : str
            Its name.
        """


VOCABULARIES: Registry[VocabularyKind] = Registry("kind of vocabulary")


def check_count(kind: VocabularyKind, name: str, least: int) -> None:
    """Raise an error if a parameter of a kind is not an integer of at least ``least``.

    Raises
    ------
    ValueError
        If it is not.
    """
    value = getattr(kind, name)
    named = f"{name} of the vocabulary {VOCABULARIES.name_of(kind)!r}"
    if not isinstance(value, Integral) or isinstance(value, bool) or int(value) < least:
        raise ValueError(f"{named} must be an integer of at least {least}; got {value!r}.")
    if int(value) >= MOST_BUCKETS:
        raise ValueError(f"{named} must be below {MOST_BUCKETS:,}, since rows have 32-bit numbers; got {value!r}.")
    # As a plain integer, which can be written as JSON.
    object.__setattr__(kind, name, int(value))
