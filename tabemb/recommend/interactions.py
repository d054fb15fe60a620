"""Which users have interacted with which items, as a sparse matrix."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy import sparse

from tabemb.exceptions import ColumnError, DataError
from tabemb.table.cells import Cells, Coded, families, is_missing
from tabemb.table.frames import Frame, read_frame
from tabemb.table.types import TableLike
from tabemb.table.vocabulary import Vocabulary

__all__ = ["InteractionMatrix", "last_rows", "numbers_of", "places_in_time", "recency", "weights_of", "without_missing"]

# Families of cells that NumPy would convert to numbers of a unit that nobody chose.
_TIMES = frozenset({"date", "datetime", "duration", "time"})


@dataclass(frozen=True, eq=False)
class InteractionMatrix:
    """The interactions of a table, one row per user and one column per item.

    Parameters
    ----------
    matrix : csr_array of float32 of shape (n_users, n_items)
        The weight of each interaction; 0 where there is none.
    users, items : Vocabulary
        The keys of the rows and of the columns, most frequent first.

    Examples
    --------
    >>> import pandas as pd
    >>> seen = pd.DataFrame({"user": ["ann", "ann", "bob"], "film": ["Heat", "Alien", "Alien"]})
    >>> interactions = InteractionMatrix.read(seen, user="user", item="film")
    >>> interactions.users.keys, interactions.items.keys
    (('ann', 'bob'), ('Alien', 'Heat'))
    >>> interactions.matrix.toarray()
    array([[1., 1.],
           [1., 0.]], dtype=float32)
    """

    matrix: sparse.csr_array
    users: Vocabulary
    items: Vocabulary

    @property
    def users_per_item(self) -> npt.NDArray[np.intp]:
        """Number of users of each item, an array of shape (n_items,)."""
        return np.bincount(self.matrix.indices, minlength=self.matrix.shape[1])

    @classmethod
    def read(cls, X: TableLike, *, user: str, item: str, weight: str | None = None) -> Self:
        """Read the interactions of a table.

        Parameters
        ----------
        X : table of shape (n_interactions, n_columns)
            A pandas, polars or Arrow table.
        user, item : str
            The columns of the keys.
        weight : str, optional
            A column of positive numbers: how much an interaction counts. By default all count 1.

        Returns
        -------
        InteractionMatrix
            A pair that occurs several times has its largest weight.

        Raises
        ------
        ColumnError
            If a column is not in the table.
        DataError
            If there are no interactions, a user or an item is missing, or a weight is not a positive number.
        """
        frame = read_frame(X)
        users, rows = Vocabulary.fit_encode(without_missing(frame, user, "user"))
        items, columns = Vocabulary.fit_encode(without_missing(frame, item, "item"))
        weights = None if weight is None else weights_of(frame, weight)
        return cls.from_codes(rows, columns, weights, users, items)

    @classmethod
    def from_codes(
        cls,
        rows: npt.NDArray[np.int32],
        columns: npt.NDArray[np.int32],
        weights: npt.NDArray[np.float32] | None,
        users: Vocabulary,
        items: Vocabulary,
    ) -> Self:
        """Return the interactions of users and items that are given by their indices in the vocabularies."""
        counting = np.ones(len(rows), np.float32) if weights is None else weights
        return cls(_matrix(rows, columns, counting, (users, items)), users, items)

    def types(self, user: str, item: str) -> dict[str, str]:
        """Return the type of the keys of users and of items, where it is one: "text", "number", ...

        Parameters
        ----------
        user, item : str
            Names for them.
        """
        keys = ((user, self.users), (item, self.items))
        return {name: next(iter(each.families)) for name, each in keys if len(each.families) == 1}

    def of(
        self,
        X: TableLike,
        *,
        user: str,
        item: str,
        weight: str | None = None,
        time: str | None = None,
        half_life: float | None = None,
    ) -> Self:
        """Return the interactions of another table with the same items, for users who may be new.

        Interactions with items that are not known are left out. With ``half_life`` and a column of times, the weights
        are multiplied by :func:`recency`.

        Raises
        ------
        DataError
            If no item has the type of a known one, or as of :meth:`read`.
        """
        frame = read_frame(X)
        users, rows = Vocabulary.fit_encode(without_missing(frame, user, "user"))
        cells = without_missing(frame, item, "item")
        if families(cells).isdisjoint(self.items.families):
            types = (" and ".join(sorted(each)) for each in (families(cells), self.items.families))
            raise DataError(
                "The items in {!r} are of type {}, but the known ones of type {}. Convert them.".format(item, *types)
            )
        columns = self.items.encode(cells)
        known = columns >= Vocabulary.FIRST
        weights = None if weight is None else weights_of(frame, weight)[known]
        if half_life is not None and time is not None:
            if time not in frame.columns:
                raise ColumnError(
                    f"The interactions need the column of times {time!r}, since recent ones count more "
                    f"(half_life={half_life:g}). The columns are {list(frame.columns)}. With half_life=None at fit, it "
                    "is not needed."
                )
            recent = recency(rows[known], places_in_time(frame, time)[known], half_life)
            weights = recent if weights is None else weights * recent
        return self.from_codes(rows[known], columns[known], weights, users, self.items)


def without_missing(frame: Frame, column: str, what: str, rows: str = "interactions") -> Cells:
    """Return the cells of a column of keys, or of times.

    Raises
    ------
    DataError
        If a cell is missing.
    """
    cells = frame.cells(column)
    if n_missing := int(is_missing(cells).sum()):
        raise DataError(
            f"{n_missing:,} of {len(frame):,} {rows} have no {what}: their cell of {column!r} is missing. "
            f"Drop them: X.dropna(subset=[{column!r}])."
        )
    return cells


def places_in_time(frame: Frame, time: str) -> npt.NDArray[np.intp]:
    """Return how many interactions came before each one; of the same time, in the order of the table.

    Parameters
    ----------
    frame : Frame
        A row per interaction.
    time : str
        Column of numbers or dates.

    Raises
    ------
    DataError
        If a time is missing, or neither a number nor a date.
    """
    times = without_missing(frame, time, "time")
    if not isinstance(times, pa.Array) or not families(times) <= {"number", "date", "datetime"}:
        raise DataError(
            f"Times are numbers or dates; those of {time!r} are of type {' and '.join(sorted(families(times)))}. "
            "Convert them: pd.to_datetime."
        )
    places = np.empty(len(frame), np.intp)
    places[np.argsort(np.asarray(times), kind="stable")] = np.arange(len(frame))
    return places


def last_rows(
    codes: npt.NDArray[np.int32], keys: Vocabulary, places: npt.NDArray[np.intp] | None = None
) -> npt.NDArray[np.intp]:
    """Return the last row of each key: in time, or in the table.

    Parameters
    ----------
    codes : ndarray of int32 of shape (n_interactions,)
        The index of the key of each row in the vocabulary.
    keys : Vocabulary
        Keys that all occur.
    places : ndarray of int of shape (n_interactions,), optional
        The places of the rows in time (:func:`places_in_time`).
    """
    order = np.arange(len(codes)) if places is None else np.argsort(places)
    rows = np.empty(keys.n_categories, np.intp)
    rows[codes[order] - Vocabulary.FIRST] = order
    return rows


def recency(
    users: npt.NDArray[np.integer[Any]], places: npt.NDArray[np.integer[Any]], half_life: float
) -> npt.NDArray[np.float32]:
    """Return weights that halve with every ``half_life`` later interactions of the same user.

    Parameters
    ----------
    users : ndarray of int of shape (n,)
        The user of each interaction.
    places : ndarray of int of shape (n,)
        The place of each interaction in time.
    half_life : float
        Number of interactions.

    Returns
    -------
    ndarray of float32 of shape (n,)
        1 for the last interaction of a user; at least 1e-6.

    Examples
    --------
    >>> recency(np.array([0, 1, 0, 0]), np.array([0, 1, 2, 3]), 1)
    array([0.25, 1.  , 0.5 , 1.  ], dtype=float32)
    """
    order = np.lexsort((-places, users))
    sizes = np.unique(users, return_counts=True)[1]
    later = np.empty(len(users), np.int64)
    later[order] = np.arange(len(users)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return np.maximum(0.5 ** (later / half_life), 1e-6).astype(np.float32)


def numbers_of(frame: Frame, column: str, what: str) -> npt.NDArray[np.float64]:
    """Return the numbers of a column, such as weights or ratings, also if it is a category of numbers.

    Raises
    ------
    DataError
        If a cell is not a finite number.
    """
    cells = frame.cells(column)
    try:
        if found := families(cells) & _TIMES:
            raise TypeError(f"it holds {' and '.join(sorted(found))}s")
        numbers = _as_floats(cells)
    except (TypeError, ValueError) as error:
        raise DataError(
            f"The {what} of interactions must be numbers; the column {column!r} has others ({error}). Name a column of "
            "numbers."
        ) from error
    _refuse(numbers, ~np.isfinite(numbers), f"The {what} of interactions must be finite numbers", column)
    return numbers


def _as_floats(cells: Cells) -> npt.NDArray[np.float64]:
    if not isinstance(cells, Coded):
        return np.asarray(cells).astype(np.float64)
    # A category of pandas; its last number is that of missing cells.
    return np.append(np.asarray(cells.keys).astype(np.float64), np.nan)[cells.codes]


def weights_of(frame: Frame, column: str) -> npt.NDArray[np.float32]:
    """Return the weights of interactions, which must be positive."""
    weights = numbers_of(frame, column, "weights")
    _refuse(weights, weights <= 0, "The weights of interactions must be positive numbers", column)
    return weights.astype(np.float32)


def _refuse(numbers: npt.NDArray[np.float64], wrong: npt.NDArray[np.bool_], wanted: str, column: str) -> None:
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise DataError(
            f"{wanted}; {column!r} has {numbers[row]} in row {row}, and {int(wrong.sum()) - 1:,} more that are not. "
            "Drop these rows."
        )


def _matrix(
    rows: npt.NDArray[np.int32],
    columns: npt.NDArray[np.int32],
    weights: npt.NDArray[np.float32],
    vocabularies: tuple[Vocabulary, Vocabulary],
) -> sparse.csr_array:
    """Return the matrix of weights; of repeated pairs, the largest."""
    shape = tuple(each.n_categories for each in vocabularies)
    order = np.lexsort((weights, columns, rows))
    rows, columns, weights = rows[order], columns[order], weights[order]
    last = np.ones(len(rows), bool)
    last[:-1] = (rows[1:] != rows[:-1]) | (columns[1:] != columns[:-1])
    places = rows[last] - Vocabulary.FIRST, columns[last] - Vocabulary.FIRST
    return sparse.csr_array((weights[last], places), shape=shape, dtype=np.float32)
