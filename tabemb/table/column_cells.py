"""The cells of categorical columns, as vocabularies read them, and what is said about those that are not known."""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from tabemb.exceptions import DataError, did_you_mean, warn_caller
from tabemb.table.calendar import calendar_part
from tabemb.table.cells import Cells, factorize, families, read_cells, take
from tabemb.table.frames import Frame
from tabemb.table.keys import CellTypeError
from tabemb.table.multi_valued import SplitCells
from tabemb.table.schema import CategoricalColumn, TypeChangedWarning
from tabemb.table.vocabularies import HashedVocabulary
from tabemb.table.vocabulary import Vocabulary

__all__ = [
    "as_rows",
    "category_cells",
    "cells_to_fit",
    "counted_cells",
    "refuse_unknown",
    "vectors_of_cells",
    "warn_of_another_type",
    "warn_of_type",
]


def category_cells(frame: Frame, column: CategoricalColumn, name_here: str) -> Cells:
    """Return the cells of a categorical column: those of its source, or their calendar part.

    Raises
    ------
    CellTypeError
        If a cell holds several values.
    """
    cells = frame.cells(name_here)
    if frame.kind(name_here) == "list":
        raise CellTypeError(
            f"A cell of column {name_here!r} holds several values, but the column was fitted with one value per cell. "
            "Give one value per cell, or fit on cells with several."
        )
    return cells if column.part is None else calendar_part(cells, column.part, name_here)


def counted_cells(frame: Frame, column: CategoricalColumn, name_here: str) -> Cells:
    """Return the cells of a column; those with several values as one cell per value."""
    if column.split is not None:
        return SplitCells.of(frame.cells(name_here), column.split).counted()
    return category_cells(frame, column, name_here)


def cells_to_fit(frame: Frame, column: CategoricalColumn) -> Cells | SplitCells:
    """Return the cells of a column of the fit, split if they hold several values."""
    if column.split is not None:
        return SplitCells.of(frame.coded(column.source), column.split)
    return frame.coded(column.source) if column.part is None else category_cells(frame, column, column.source)


def vectors_of_cells(
    column: CategoricalColumn,
    vocabulary: Vocabulary,
    cells: Any,
    rows: npt.NDArray[np.float32],
    query: npt.NDArray[np.float32] | None = None,
) -> npt.NDArray[np.float32]:
    """Return the vectors of cells of a column, whose values are split and pooled as in a table.

    Parameters
    ----------
    column : CategoricalColumn
        The column.
    vocabulary : Vocabulary
        Its vocabulary.
    cells : sequence of length n
        The cells.
    rows : ndarray of shape (vocabulary_size, dim)
        The rows of its table.
    query : ndarray of shape (dim,), optional
        The query of the pooling, if its weights are learned.

    Returns
    -------
    ndarray of float32 of shape (n, dim)
    """
    if column.split is None and isinstance(vocabulary, HashedVocabulary):
        return vocabulary.pooled(cells, rows).astype(np.float32, copy=False)
    if column.split is None:
        found: npt.NDArray[np.float32] = rows[vocabulary.encode(cells)]
        return found
    split = SplitCells.of(read_cells(cells, column.name, several=True), column.split)
    if isinstance(vocabulary, HashedVocabulary):
        numbers, bags = vocabulary.encode_bags(split, column.pooling)
    else:
        numbers, indices = split.encode(vocabulary)
        bags = split.bags(indices, column.pooling)
    pooled: npt.NDArray[np.float32] = bags.pooled(rows, query)
    return pooled[numbers]


def as_rows(min_frequency: float | None, n_rows: int) -> float | None:
    """Return a share of rows as a number of rows, since cells with several values count more than once."""
    if isinstance(min_frequency, float) and 0 < min_frequency < 1:
        return max(1, math.ceil(min_frequency * n_rows))
    return min_frequency


def refuse_unknown(name: str, cells: Cells, indices: npt.NDArray[np.int32], vocabulary: Vocabulary) -> None:
    """Raise an error if a cell is unknown."""
    unknown = np.flatnonzero(indices == Vocabulary.UNKNOWN)
    if not len(unknown):
        return
    coded = factorize(take(cells, unknown))
    keys = [coded.keys[code] for code in np.unique(coded.codes)]
    listed = ", ".join(map(repr, keys[:5])) + (", ..." if len(keys) > 5 else "")
    raise DataError(
        f"Found unknown categories in column {name!r} ({len(unknown)} of {len(indices)} rows): {listed}."
        f"{did_you_mean(keys[0], vocabulary.keys)} handle_unknown='error' refuses them; 'learned' gives them a vector."
    )


def warn_of_another_type(name: str, cells: Cells, indices: npt.NDArray[np.int32], vocabulary: Vocabulary) -> None:
    """Warn if no cell is known, and the cells have another type than at fit."""
    if indices.max() != Vocabulary.UNKNOWN:
        return
    now = families(cells)
    if vocabulary.families and now.isdisjoint(vocabulary.families):
        warn_of_type(name, vocabulary.families, now, "is known")


def warn_of_type(name: str, at_fit: frozenset[str], now: frozenset[str], what: str) -> None:
    """Warn that no cell of a column is known, since its type is another."""
    warn_caller(
        f"No cell of column {name!r} {what}: it held {_listed(at_fit)} at fit, but now {_listed(now)}. The text '1' "
        "and the number 1 are different categories; convert the column to the type at fit.",
        TypeChangedWarning,
    )


def _listed(names: frozenset[str]) -> str:
    return " and ".join(sorted(names))
