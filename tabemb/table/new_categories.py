"""Categories of a table that a fitted encoder does not know: which they are, and an encoder that knows them."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from tabemb.exceptions import ColumnError, DataError, did_you_mean
from tabemb.table.cells import Coded, factorize, take
from tabemb.table.column_cells import as_rows, category_cells, counted_cells
from tabemb.table.encoded_table import EncodedTable
from tabemb.table.frames import read_frame
from tabemb.table.keys import Key
from tabemb.table.multi_valued import SplitCells
from tabemb.table.vocabularies import spec_of_kind
from tabemb.table.vocabulary import Vocabulary

Mask = npt.NDArray[np.bool_]

__all__ = ["extended", "unknown_keys", "unseen", "unseen_hashed"]


def extended(encoder: Any, X: Any, columns: Iterable[str] | None = None, *, strict: bool = True) -> Any:
    """Return an encoder whose vocabularies also have the categories of a table.

    Known categories keep their indices; ``min_frequency`` and ``max_categories`` hold for new ones. Target
    statistics treat new categories as combinations without rows.

    Parameters
    ----------
    encoder : TableEncoder
        A fitted encoder.
    X : table
        Columns are matched as by :meth:`TableEncoder.encode`.
    columns : iterable of str, optional
        Names of the categorical columns to extend, or of tables that columns share, which stand for all of their
        columns; all by default.
    strict : bool, default=True
        Whether new categories of another type than the known ones are an error, or remain unknown.

    Returns
    -------
    TableEncoder
        This encoder itself if there is no new category.

    Raises
    ------
    ColumnError
        If a column is missing, or ``columns`` names one that is not categorical, or whose vectors are found by hashes.
    DataError
        If new categories have another type than the known ones.
    """
    frame = read_frame(X)
    names_here, known = encoder.names_here(frame), list(encoder.vocabularies)
    tables: dict[str, list[str]] = {}
    for column in known:
        tables.setdefault(encoder.table_of[column], []).append(column)
    chosen = known if columns is None else [name for each in columns for name in tables.get(each, [each])]
    for name in chosen:
        if name not in known:
            raise ColumnError(
                f"There is no categorical column {name!r} to extend. Categorical columns: {known}."
                f"{did_you_mean(name, known)}"
            )
        if columns is not None and name in encoder.hashed:
            kind = spec_of_kind(encoder.hashed[name].kind)["name"]
            raise ColumnError(
                f"The column {name!r} has the vocabulary {kind!r}, which finds vectors by hashes: new categories have "
                "vectors without being added. Leave it out of the columns to extend."
            )
    vocabularies = dict(encoder.vocabularies)
    for column in encoder.schema.categorical:
        if column.name in chosen and column.name not in encoder.hashed:
            before, cells = vocabularies[column.name], counted_cells(frame, column, names_here[column.source])
            try:
                after = before.extended(
                    cells,
                    min_frequency=as_rows(encoder.min_frequency, frame.n_rows)
                    if column.split
                    else encoder.min_frequency,
                    max_categories=encoder.max_categories,
                )
            except DataError as error:
                if strict:
                    raise DataError(f"Column {column.name!r}: {error}") from error
                continue
            # Columns that share a table share its vocabulary.
            vocabularies |= {known[position]: after for position in encoder.sharing(column.name)}
    if all(vocabularies[name] is each for name, each in encoder.vocabularies.items()):
        return encoder
    return encoder.with_vocabularies(vocabularies)


def unseen(encoder: Any, X: Any) -> dict[str, tuple[npt.NDArray[np.int32], Coded]]:
    """Return for each categorical column the index of each cell by its exact category, and the unknown cells.

    Unlike :meth:`TableEncoder.encode`, this replaces no unknown category by one with a similar name. Columns whose
    vectors are found by hashes are left out.

    Parameters
    ----------
    encoder : TableEncoder
        A fitted encoder.
    X : table
        Columns are matched as by :meth:`TableEncoder.encode`.
    """
    frame, found = read_frame(X), {}
    names_here = encoder.names_here(frame)
    for column in encoder.schema.categorical:
        if column.name in encoder.hashed:
            continue
        cells = counted_cells(frame, column, names_here[column.source])
        indices = encoder.vocabularies[column.name].encode(cells)
        found[column.name] = indices, factorize(take(cells, np.flatnonzero(indices == Vocabulary.UNKNOWN)))
    return found


def unseen_hashed(encoder: Any, X: Any) -> dict[str, tuple[Coded, Mask, Mask]]:
    """Return the cells of each column whose vectors are found by hashes, and which of their values are new, or unknown.

    Parameters
    ----------
    encoder : TableEncoder
        A fitted encoder.
    X : table
        Columns are matched as by :meth:`TableEncoder.encode`.

    Returns
    -------
    dict of str to (Coded, ndarray of bool, ndarray of bool)
        The masks have an entry per distinct value; see :meth:`HashedVocabulary.new_and_unknown`.
    """
    frame, found = read_frame(X), {}
    names_here = encoder.names_here(frame)
    for column in encoder.schema.categorical:
        if column.name in encoder.hashed:
            coded = factorize(counted_cells(frame, column, names_here[column.source]))
            found[column.name] = coded, *encoder.hashed[column.name].new_and_unknown(coded)
    return found


def unknown_keys(encoder: Any, X: Any, table: EncodedTable) -> dict[str, tuple[int, list[Key]]]:
    """Return, for each categorical column with unknown cells, their number and their distinct categories.

    Parameters
    ----------
    encoder : TableEncoder
        A fitted encoder.
    X : table
        Any input of :func:`~tabemb.table.frames.read_frame`.
    table : EncodedTable
        The same table, encoded.
    """
    frame, found = read_frame(X), {}
    names_here = encoder.names_here(frame)
    for position, column in enumerate(encoder.schema.categorical):
        if column.name in encoder.hashed:
            continue
        cells = frame.cells(names_here[column.source])
        if column.split is not None:
            cells = SplitCells.of(cells, column.split).values
            values = table.bags[position].values[Vocabulary.FIRST :]
        else:
            cells = category_cells(frame, column, names_here[column.source])
            values = table.indices[:, position]
        unknown = np.flatnonzero(values == Vocabulary.UNKNOWN)
        if len(unknown):
            rows, indices = table.occurrences(position)
            n_rows = len(np.unique(rows[indices == Vocabulary.UNKNOWN]))
            coded = factorize(take(cells, unknown))
            keys = coded.keys
            found[column.name] = n_rows, [keys[code] for code in dict.fromkeys(coded.codes.tolist())]
    return found
