"""Side information about categories, and a test whether neighbors are similar in it."""

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

__all__ = ["SideColumn", "SideLabels", "SideNumbers", "SideSimilarity", "side_columns"]


@dataclass(frozen=True, slots=True)
class SideSimilarity:
    """The similarity of neighbors in a side column, compared to chance.

    Parameters
    ----------
    value : float
        Similarity of the neighbors.
    chance : float
        Mean similarity over permutations of the side column.
    p_value : float
        Share of permutations with the same similarity or more, counting the original order as one of them (Phipson &
        Smyth 2010, "Permutation p-values should never be zero").
    """

    value: float
    chance: float
    p_value: float


@dataclass(frozen=True, slots=True, eq=False)
class SideColumn(ABC):
    """Side information: a value for some categories of a column.

    Parameters
    ----------
    name : str
        Name of the side column, such as "tzone".
    rows : array of int of shape (n,)
        Rows of the vectors whose categories have a value.
    values : array of shape (n,)
        Codes of labels, or ranks of numbers.
    """

    name: str
    rows: Rows
    values: npt.NDArray[Any]

    measure: ClassVar[str] = ""

    @abstractmethod
    def similarity(self, values: npt.NDArray[Any], neighbors: Rows) -> float:
        """Return the similarity of neighbors if the categories have these values.

        Parameters
        ----------
        values : array of shape (n,)
            Values of the categories that have one.
        neighbors : array of int of shape (n, k)
            Positions of the neighbors of each among these categories.
        """

    def test(self, neighbors: Rows, n_permutations: int, seed: int) -> SideSimilarity:
        """Return the similarity of neighbors, compared to that for permuted values.

        Parameters
        ----------
        neighbors : array of int of shape (n, k)
            Positions of the neighbors of each category, among the categories that have a value.
        n_permutations : int
            Number of permutations.
        seed : int
            Random seed.
        """
        rng, value = np.random.default_rng(seed), self.similarity(self.values, neighbors)
        permuted = np.array([self.similarity(rng.permutation(self.values), neighbors) for _ in range(n_permutations)])
        # The same sum in another order may differ in its last digits.
        n_as_similar = int((permuted >= value - 1e-12).sum())
        return SideSimilarity(value, float(permuted.mean()), (1 + n_as_similar) / (1 + n_permutations))


class SideLabels(SideColumn):
    """A side column of labels. Similarity is the k-nearest-neighbor purity: the share of equal labels."""

    measure: ClassVar[str] = "purity"

    @classmethod
    def of(cls, name: str, rows: Rows, values: list[Key]) -> "SideLabels":
        """Return the column, with its labels as integer codes."""
        codes: dict[Hashable, int] = {}
        column = cls(name, rows, np.array([codes.setdefault(identity(value), len(codes)) for value in values]))
        if len(codes) == len(values):
            raise DataError(
                f"The side column {name!r} has a different label for each of its {len(values):,} categories, so no two "
                "can be similar. Give labels that several categories share, or numbers."
            )
        return column

    def similarity(self, values: npt.NDArray[Any], neighbors: Rows) -> float:
        """Return the share of neighbors with the same label."""
        return float((values[neighbors] == values[:, None]).mean())


class SideNumbers(SideColumn):
    """A side column of numbers. Similarity is the correlation of a rank with the mean rank of the neighbors."""

    measure: ClassVar[str] = "correlation"

    @classmethod
    def of(cls, name: str, rows: Rows, values: list[Any]) -> "SideNumbers":
        """Return the column, with its numbers as ranks, which are robust to outliers."""
        from scipy.stats import rankdata

        return cls(name, rows, rankdata(np.array([float(value) for value in values])))

    def similarity(self, values: npt.NDArray[Any], neighbors: Rows) -> float:
        """Return the correlation of the rank of a category with the mean rank of its neighbors."""
        own, near = values - values.mean(), values[neighbors].mean(axis=1)
        near = near - near.mean()
        lengths = np.sqrt((own @ own) * (near @ near))
        return float(own @ near / lengths) if lengths else 0.0


def side_columns(side: Any, keys: list[Any], *, owner: str) -> list[SideColumn]:
    """Read side information.

    Parameters
    ----------
    side : mapping, pandas.Series or pandas.DataFrame
        A label or number per category; a DataFrame has the categories as its index, and one or more columns. All that
        is not a number is a label. Missing values, and categories that the vectors lack, are left out.
    keys : list
        The categories.
    owner : str
        Owner of the categories, for error messages.

    Returns
    -------
    list of SideColumn

    Raises
    ------
    DataError
        If ``side`` is of another type, has fewer than three of the categories or one of them twice, has the same value
        for all, or a different label for each.

    Examples
    --------
    >>> column = side_columns({"JFK": -5, "SFO": -8, "BOS": -5, "XXX": 0}, ["SFO", "BOS", "JFK"], owner="dest")[0]
    >>> column.rows, column.values
    (array([0, 1, 2]), array([1. , 2.5, 2.5]))
    """
    index = KeyIndex(keys)
    return [_column(name, pairs, index, owner) for name, pairs in _read_columns(side)]


def _read_columns(side: Any) -> Iterator[tuple[str, list[tuple[Any, Any]]]]:
    if hasattr(side, "columns") and hasattr(side, "items"):
        if not len(side.columns):
            raise DataError("The side table has no columns; give one with a column of labels or numbers.")
        for name, column in side.items():
            yield str(name), list(column.items())
    elif isinstance(side, Mapping) or (hasattr(side, "items") and hasattr(side, "index")):
        yield str(getattr(side, "name", None) or "side"), list(side.items())
    else:
        raise DataError(
            "side must be a mapping, a pandas Series or a DataFrame from category to label or number; got "
            f"{type(side).__name__}."
        )


def _column(name: str, pairs: list[tuple[Any, Any]], index: KeyIndex, owner: str) -> SideColumn:
    found: dict[int, Key] = {}
    for key, given in pairs:
        if key not in index or (value := as_key(given, name)) is None:
            continue
        row = index[key]
        if row in found:
            raise DataError(
                f"The side column {name!r} has the category {key!r} twice; expected one value per category."
            )
        found[row] = value
    if len(found) < FEWEST:
        raise DataError(f"{_too_few(name, len(found), owner)}{_examples(pairs, index)}")
    rows = np.array(sorted(found), dtype=np.intp)
    values = [found[row] for row in rows]
    if len({identity(value) for value in values}) == 1:
        raise DataError(f"The side column {name!r} has {values[0]!r} for all of its {len(values):,} categories.")
    kind = SideNumbers if all(family(value) == "number" for value in values) else SideLabels
    return kind.of(name, rows, values)


def _too_few(name: str, n: int, owner: str) -> str:
    known = f"only {n} of the categories" if n else "none of the categories"
    return f"The side column {name!r} has {known} of {owner} that are diagnosed; expected {FEWEST} or more."


def _examples(pairs: list[tuple[Any, Any]], index: KeyIndex) -> str:
    strange = [key for key, _ in pairs if key not in index]
    if not strange or not len(index):
        return ""
    one, two = strange[0], index.keys_in_order[0]
    return f" For example, it has {one!r} ({type(one).__name__}), and the column has {two!r} ({type(two).__name__})."
