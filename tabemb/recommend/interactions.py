"""Which users have interacted with which items, as a sparse matrix."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt
from scipy import sparse

from tabemb.exceptions import DataError
from tabemb.table.cells import Cells, is_missing
from tabemb.table.frames import Frame, read_frame
from tabemb.table.types import TableLike
from tabemb.table.vocabulary import Vocabulary

__all__ = ["InteractionMatrix"]


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
        if not len(frame):
            raise DataError("The table has no interactions; a recommender needs at least one row.")
        users, rows = Vocabulary.fit_encode(_without_missing(frame, user, "user"))
        items, columns = Vocabulary.fit_encode(_without_missing(frame, item, "item"))
        weights = np.ones(len(frame), np.float32) if weight is None else _weights(frame, weight)
        return cls(_matrix(rows, columns, weights, (users, items)), users, items)

    def of(self, X: TableLike, *, user: str, item: str, weight: str | None = None) -> Self:
        """Return the interactions of another table with the same items, for users who may be new.

        Interactions with items that are not known are left out.
        """
        frame = read_frame(X)
        users, rows = Vocabulary.fit_encode(_without_missing(frame, user, "user"))
        columns = self.items.encode(_without_missing(frame, item, "item"))
        known = columns >= Vocabulary.FIRST
        weights = np.ones(len(frame), np.float32) if weight is None else _weights(frame, weight)
        matrix = _matrix(rows[known], columns[known], weights[known], (users, self.items))
        return type(self)(matrix, users, self.items)


def _without_missing(frame: Frame, column: str, what: str) -> Cells:
    cells = frame.cells(column)
    if n_missing := int(is_missing(cells).sum()):
        raise DataError(
            f"{n_missing:,} of {len(frame):,} interactions have no {what}: their cell of {column!r} is missing. "
            f"Drop them: X.dropna(subset=[{column!r}])."
        )
    return cells


def _weights(frame: Frame, column: str) -> npt.NDArray[np.float32]:
    cells = frame.cells(column)
    try:
        weights = np.asarray(cells).astype(np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(f"The weights of interactions must be numbers; the column {column!r} has others.") from error
    wrong = ~(np.isfinite(weights) & (weights > 0))
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise DataError(
            f"The weights of interactions must be positive numbers; {column!r} has {weights[row]} in row {row}, "
            f"and {int(wrong.sum()) - 1:,} more that are not. Drop these rows."
        )
    return weights.astype(np.float32)


def _matrix(
    rows: npt.NDArray[np.int32],
    columns: npt.NDArray[np.int32],
    weights: npt.NDArray[np.float32],
    vocabularies: tuple[Vocabulary, Vocabulary],
) -> sparse.csr_array:
    """Return the matrix of weights; of repeated pairs, the largest."""
    shape = tuple(each.n_categories for each in vocabularies)
    order = np.lexsort((weights, columns, rows))
    rows, columns, weights = (each[order] for each in (rows, columns, weights))
    last = np.ones(len(rows), bool)
    last[:-1] = (rows[1:] != rows[:-1]) | (columns[1:] != columns[:-1])
    places = rows[last] - Vocabulary.FIRST, columns[last] - Vocabulary.FIRST
    return sparse.csr_array((weights[last], places), shape=shape, dtype=np.float32)
