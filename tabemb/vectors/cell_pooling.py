"""How an estimator finds the vectors of cells that are not listed, such as those with several values."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tabemb.table.cells import factorize, read_cells
from tabemb.table.column_cells import vectors_of_cells
from tabemb.table.multi_valued import LISTS, SplitCells
from tabemb.table.schema import CategoricalColumn
from tabemb.table.vocabulary import Vocabulary
from tabemb.vectors.key_index import KeyIndex

__all__ = ["CellPooling"]


@dataclass(frozen=True, slots=True, eq=False)
class CellPooling:
    """How an estimator finds the vectors of cells that are not listed.

    Parameters
    ----------
    column : CategoricalColumn
        How the cells of the column are split, and the vectors of their values pooled.
    query : ndarray of float32 of shape (dim,), optional
        The query of the pooling, if its weights are learned.
    hashed : bool, default=False
        Whether the vectors of cells that are not listed are found by hashes, which only the estimator can do.
    """

    column: CategoricalColumn
    query: npt.NDArray[np.float32] | None = None
    hashed: bool = False

    def pooled(
        self,
        cells: Sequence[Any],
        index: KeyIndex,
        vectors: npt.NDArray[np.float32],
        unknown: npt.NDArray[np.float32],
        missing: npt.NDArray[np.float32] | None = None,
    ) -> npt.NDArray[np.float32]:
        """Return the vectors of cells, which are split into values and pooled as in a table.

        Parameters
        ----------
        cells : sequence of keys of length n
            The cells.
        index : KeyIndex
            The values that have a vector.
        vectors : ndarray of shape (n_values, dim)
            Their vectors.
        unknown : ndarray of shape (dim,)
            The vector of other values.
        missing : ndarray of shape (dim,), optional
            The vector of cells without values; that of unknown ones by default.

        Returns
        -------
        ndarray of float32 of shape (n, dim)

        Examples
        --------
        >>> pooling, rows = CellPooling(CategoricalColumn("genres", "genres", split="|")), np.array([[1.0], [3.0]])
        >>> pooling.pooled(["War|Drama", "War|Opera"], KeyIndex(["Drama", "War"]), rows, np.zeros(1))
        array([[2. ],
               [1.5]], dtype=float32)
        """
        values = SplitCells.of(read_cells(cells, self.column.name, several=True), self.column.split or LISTS).values
        known = [key for key in factorize(values).keys if key in index]
        places = np.array([index[key] for key in known], np.intp)
        rows = np.concatenate([[unknown if missing is None else missing, unknown], vectors[places]], dtype=np.float32)
        return vectors_of_cells(self.column, Vocabulary(known), cells, rows, self.query)
