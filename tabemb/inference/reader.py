"""The part of a predictor that reads tables: the columns of the fit, encoded as indices and numbers."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from tabemb.exceptions import DataError, warn_caller
from tabemb.table.encoded_table import EncodedTable
from tabemb.table.encoder import TableEncoder
from tabemb.table.frames import Frame, read_frame, select_as_fitted
from tabemb.table.types import TableLike

__all__ = ["TableReader"]

Array = npt.NDArray[Any]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class TableReader:
    """Encodes tables that have the columns of a fit.

    Parameters
    ----------
    encoder : TableEncoder
        Encodes tables as matrices of indices and numbers.
    n_features_in_ : int
        Number of columns of a table.
    feature_names_in_ : ndarray of str or None
        Column names, if the table of the fit had names.
    """

    encoder: TableEncoder
    n_features_in_: int
    feature_names_in_: Array | None
    _sizes: npt.NDArray[np.uint32] = field(init=False)

    def __post_init__(self) -> None:
        sizes = [vocabulary.size for vocabulary in self.encoder.vocabularies.values()]
        object.__setattr__(self, "_sizes", np.array(sizes, np.uint32))

    def _read(self, X: TableLike) -> Frame:
        """Return a table with the columns of the fit, in their order."""
        frame, names = read_frame(X), self.feature_names_in_
        if names is not None and frame.named:
            return select_as_fitted(frame, names.tolist())
        owner = type(self).__name__
        if frame.named:
            warn_caller(f"X has feature names, but {owner} was fitted without feature names")
        elif names is not None:
            warn_caller(
                f"X does not have valid feature names, but {owner} was fitted with feature names",
            )
        if len(frame.columns) != self.n_features_in_:
            given, expected = len(frame.columns), self.n_features_in_
            raise DataError(f"X has {given} features, but {owner} is expecting {expected} features as input.")
        return frame

    def _check(self, table: Any, instead: str) -> None:
        """Raise an error if a table was not encoded by this predictor; ``instead`` takes one that was not encoded."""
        if not isinstance(table, EncodedTable):
            raise DataError(
                f"Expected an EncodedTable, as returned by encode(X); got {type(table).__name__}. "
                f"For a table use {instead}(X)."
            )
        expected = (len(self._sizes), len(self.encoder.number_names))
        given = (table.indices.shape[1], table.numbers.shape[1])
        if given != expected:
            raise DataError(
                f"The encoded rows have {given[0]} columns of indices and {given[1]} of numbers; this predictor was "
                f"made for {expected[0]} and {expected[1]}. Encode them with this predictor's encode(X)."
            )

    def _check_indices(self, table: EncodedTable) -> None:
        indices, sizes = table.indices, self._sizes
        if table.bags:
            self._check_bags(table)
            sizes = sizes.copy()
            sizes[list(table.bags)] = [len(each) for each in table.bags.values()]
        # Read as unsigned, negative indices are beyond every vocabulary too.
        inside = indices.view(np.uint32) < sizes
        if inside.all():
            return
        row, column = np.argwhere(~inside)[0]
        name = list(self.encoder.vocabularies)[column]
        raise DataError(
            f"The encoded column {name!r} holds the index {indices[row, column]}; its vocabulary has indices from 0 to "
            f"{sizes[column] - 1}. Encode the rows with this predictor's encode(X)."
        )

    def _check_bags(self, table: EncodedTable) -> None:
        """Raise an error if the values of cells with several are not in the vocabulary."""
        for position, bags in table.bags.items():
            outside = bags.values.view(np.uint32) >= self._sizes[position]
            if outside.any():
                name = list(self.encoder.vocabularies)[position]
                raise DataError(
                    f"A cell of the encoded column {name!r} holds the value {bags.values[outside][0]}; its vocabulary "
                    f"has indices from 0 to {self._sizes[position] - 1}. Encode the rows with this predictor's "
                    "encode(X)."
                )
