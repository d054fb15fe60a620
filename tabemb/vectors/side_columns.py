"""What is known about categories from elsewhere, and whether near categories are alike in it."""

from abc import ABC, abstractmethod
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from tabemb.exceptions import DataError
from tabemb.table.keys import Key, as_key, family, identity
from tabemb.vectors.key_index import KeyIndex
from tabemb.vectors.neighbors import FEWEST, Rows

__all__ = ["Labels", "Likeness", "Numbers", "SideColumn", "side_columns"]


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike neighbours are, beside what chance gives.

    Parameters
    ----------
    value : float
        Of the neighbours.
    chance : float
        The mean over permutations of the side column.
    p_value : float
        The share of permutations in which neighbours are as alike or more, the column as it is counted among them
        (Phipson & Smyth 2010, "Permutation p-values should never be zero").
    """

    value: float
    chance: float
    p_value: float


@dataclass(frozen=True, slots=True, eq=False)
class SideColumn(ABC):
    """A value for some categories of a column.

    Parameters
    ----------
    name : str
        What it is: "tzone".
    rows : array of int of shape (n,)
        Rows of the vectors whose categories have a value.
    values : array of shape (n,)
        The values, as the kind of column keeps them.
    """

    name: str
    rows: Rows
    values: npt.NDArray[Any]

    measure: ClassVar[str] = ""

    @abstractmethod
    def likeness(self, values: npt.NDArray[Any], neighbours: Rows) -> float:
        """Return how alike neighbours are where the categories have these values.

        Parameters
        ----------
        values : array of shape (n,)
            Of all categories that have one.
        neighbours : array of int of shape (n, k)
            Places among them.
        """

    def test(self, neighbours: Rows, n_permutations: int, seed: int) -> Likeness:
        """Return how alike neighbours are, and how alike they are when the values are dealt out anew.

        Parameters
        ----------
        neighbours : array of int of shape (n, k)
            For each category that has a value, the places of its neighbours among those.
        n_permutations : int
            How many times they are dealt out.
        seed : int
            Of the permutations.
        """
        rng, value = np.random.default_rng(seed), self.likeness(self.values, neighbours)
        dealt = np.array([self.likeness(rng.permutation(self.values), neighbours) for _ in range(n_permutations)])
        # The same sum in another order may differ in its last digits.
        as_alike = int((dealt >= value - 1e-12).sum())
        return Likeness(value, float(dealt.mean()), (1 + as_alike) / (1 + n_permutations))


class Labels(SideColumn):
    """A side column of labels: neighbours are alike as far as they have the same one (k-nearest-neighbour purity)."""

    measure: ClassVar[str] = "purity"

    @classmethod
    def of(cls, name: str, rows: Rows, values: list[Key]) -> "Labels":
        """Return the column, its labels as numbers."""
        codes: dict[Hashable, int] = {}
        column = cls(name, rows, np.array([codes.setdefault(identity(value), len(codes)) for value in values]))
        if len(codes) == len(values):
            raise DataError(
                f"The side column {name!r} has another label for each of its {len(values):,} categories, so that no "
                "two can be alike. Give labels that several categories share, or numbers."
            )
        return column

    def likeness(self, values: npt.NDArray[Any], neighbours: Rows) -> float:
        """Return the share of neighbours that have the label of their category."""
        return float((values[neighbours] == values[:, None]).mean())


class Numbers(SideColumn):
    """A side column of numbers: neighbours are alike as far as the mean of their ranks tells that of a category."""

    measure: ClassVar[str] = "correlation"

    @classmethod
    def of(cls, name: str, rows: Rows, values: list[Any]) -> "Numbers":
        """Return the column, its numbers as ranks, which no outlier spoils."""
        from scipy.stats import rankdata

        return cls(name, rows, rankdata(np.array([float(value) for value in values])))

    def likeness(self, values: npt.NDArray[Any], neighbours: Rows) -> float:
        """Return the correlation of the rank of a category with the mean rank of its neighbours."""
        own, near = values - values.mean(), values[neighbours].mean(axis=1)
        near = near - near.mean()
        lengths = np.sqrt((own @ own) * (near @ near))
        return float(own @ near / lengths) if lengths else 0.0


def side_columns(side: Any, keys: list[Any], *, owner: str) -> list[SideColumn]:
    """Read what is known about some categories.

    Parameters
    ----------
    side : mapping, pandas.Series or pandas.DataFrame
        From category to label or number; a frame has the categories as its index, and a column for each thing that is
        known. Numbers are numbers, everything else is a label; missing values, and categories that the vectors lack,
        are left out.
    keys : list
        The categories.
    owner : str
        Whose they are, for messages.

    Returns
    -------
    list of SideColumn

    Raises
    ------
    DataError
        When it is none of these, knows fewer than three of the categories, names one twice, or has one value or label
        for all or for each.

    Examples
    --------
    >>> column = side_columns({"JFK": -5, "SFO": -8, "BOS": -5, "XXX": 0}, ["SFO", "BOS", "JFK"], owner="dest")[0]
    >>> column.rows, column.values
    (array([0, 1, 2]), array([1. , 2.5, 2.5]))
    """
    index = KeyIndex(keys)
    return [_column(name, pairs, index, owner) for name, pairs in _named(side)]


def _named(side: Any) -> Iterator[tuple[str, list[tuple[Any, Any]]]]:
    if hasattr(side, "columns") and hasattr(side, "items"):
        if not len(side.columns):
            raise DataError("The side table has no columns; give one with a column of labels or numbers.")
        for name, column in side.items():
            yield str(name), list(column.items())
    elif isinstance(side, Mapping) or (hasattr(side, "items") and hasattr(side, "index")):
        yield str(getattr(side, "name", None) or "side"), list(side.items())
    else:
        raise DataError(
            "side is a mapping, a pandas Series or a DataFrame from category to label or number; got "
            f"{type(side).__name__}."
        )


def _column(name: str, pairs: list[tuple[Any, Any]], index: KeyIndex, owner: str) -> SideColumn:
    found: dict[int, Key] = {}
    for key, given in pairs:
        if key not in index or (value := as_key(given, name)) is None:
            continue
        row = index[key]
        if row in found:
            raise DataError(f"The side column {name!r} has the category {key!r} twice; it takes one value for each.")
        found[row] = value
    if len(found) < FEWEST:
        raise DataError(f"{_too_few(name, len(found), owner)}{_examples(pairs, index)}")
    rows = np.array(sorted(found), dtype=np.intp)
    values = [found[row] for row in rows]
    if len({identity(value) for value in values}) == 1:
        raise DataError(f"The side column {name!r} has {values[0]!r} for all {len(values):,} categories that it knows.")
    kind = Numbers if all(family(value) == "number" for value in values) else Labels
    return kind.of(name, rows, values)


def _too_few(name: str, n: int, owner: str) -> str:
    known = f"only {n} of the categories" if n else "none of the categories"
    return f"The side column {name!r} knows {known} of {owner} that are diagnosed; it takes {FEWEST} or more."


def _examples(pairs: list[tuple[Any, Any]], index: KeyIndex) -> str:
    strange = [key for key, _ in pairs if key not in index]
    if not strange or not len(index):
        return ""
    one, two = strange[0], index.keys_in_order[0]
    return f" It has, for instance, {one!r} ({type(one).__name__}), and the column {two!r} ({type(two).__name__})."
