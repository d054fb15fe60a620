"""From a table to matrices: the schema, the vocabularies and the numbers, fitted together."""

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from tabemb.exceptions import ColumnError, DataError, FormatError, did_you_mean
from tabemb.table.calendar import calendar_part
from tabemb.table.cells import Cells, factorize, families, take
from tabemb.table.encoded_table import EncodedTable
from tabemb.table.frames import Frame, read_frame
from tabemb.table.infer import CategoricalSpec, Inference
from tabemb.table.numeric import NumericScaler, read_numbers
from tabemb.table.scaling import ScalingSpec
from tabemb.table.schema import CategoricalColumn, Schema, TypeChangedWarning
from tabemb.table.similar_names import SimilarNames
from tabemb.table.vocabulary import Vocabulary

__all__ = ["TableEncoder"]


class TableEncoder:
    """Turns tables into matrices of category indices and of numbers.

    Parameters
    ----------
    categorical : list of names, list of positions, boolean mask, or callable, optional
        Columns that are categories although their type does not say so; see :func:`~tabemb.table.infer.infer_schema`.
    integers : {"numeric", "categorical"}, default="numeric"
        What integer columns are that ``categorical`` does not name.
    min_frequency : int or float, optional
        A category in fewer rows (or a smaller share of rows) is unknown.
    max_categories : int, optional
        The most frequent ``max_categories - 1`` categories of a column are kept, the others are unknown.
    scaling : str or mapping, default="standard"
        How numbers are scaled: a name in :data:`tabemb.table.scaling.SCALINGS` ("standard", "robust", "quantile",
        "piecewise_linear"), or a mapping with a ``name`` and parameters.
    drop_constant : bool, default=True
        Whether constant and all-missing columns are kept out.
    min_similarity : float, optional
        A text that is no category is taken for the category whose name is most like it, if it is at least so similar
        (see :class:`~tabemb.table.similar_names.SimilarNames`). By default such texts are unknown.

    Attributes
    ----------
    schema : Schema
    vocabularies : dict of str to Vocabulary
        One for each categorical column, in the schema's order: that of the columns of ``indices``.
    number_names : tuple of str
        Names of the columns of ``numbers``: the number columns, then their missing-indicators.

    Examples
    --------
    >>> import pandas as pd
    >>> flights = pd.DataFrame({"dest": ["IAH", "MIA", "IAH"], "distance": [1400, 1089, None]})
    >>> encoder = TableEncoder().fit(flights)
    >>> encoder.number_names
    ('distance', 'distance_missing')
    >>> encoder.encode(pd.DataFrame({"dest": ["MIA", "SFO"], "distance": [1400, None]})).indices
    array([[3], [1]], dtype=int32)
    """

    def __init__(
        self,
        categorical: CategoricalSpec = None,
        *,
        integers: str = "numeric",
        min_frequency: float | None = None,
        max_categories: int | None = None,
        scaling: ScalingSpec = "standard",
        drop_constant: bool = True,
        min_similarity: float | None = None,
    ) -> None:
        self.categorical = categorical
        self.integers = integers
        self.min_frequency = min_frequency
        self.max_categories = max_categories
        self.scaling = scaling
        self.drop_constant = drop_constant
        self.min_similarity = min_similarity
        self._names: dict[str, SimilarNames] = {}

    schema: Schema
    vocabularies: dict[str, Vocabulary]
    _numeric: NumericScaler

    @property
    def number_names(self) -> tuple[str, ...]:
        """Names of the columns of ``numbers``."""
        return self._numeric.names

    def fit(self, X: Any) -> "TableEncoder":
        """Learn the schema, the vocabularies and the scales.

        Parameters
        ----------
        X : table
            Anything that :func:`~tabemb.table.frames.read_frame` reads.

        Raises
        ------
        DataError
            When the table cannot be used.
        """
        self.fit_encode(X)
        return self

    def fit_encode(self, X: Any) -> EncodedTable:
        """Learn from the table, and return it as matrices: as ``fit(X).encode(X)``, but each column is coded once.

        Parameters
        ----------
        X : table
            Anything that :func:`~tabemb.table.frames.read_frame` reads.

        Returns
        -------
        EncodedTable

        Raises
        ------
        DataError
            When the table cannot be used.
        """
        frame = read_frame(X)
        inference = Inference(frame, self.categorical, integers=self.integers, drop_constant=self.drop_constant)
        indices = _index_matrix(frame.n_rows, len(inference.categorical))
        self.vocabularies = {}
        self._names = {}
        # Column by column, so that no more than one's codes are in memory beside the matrix.
        for name in frame.columns:
            inference.look_closer(name)
            for column in inference.categorical:
                if column.source == name:
                    cells = frame.coded(name) if column.part is None else _category_cells(frame, column, name)
                    out = indices[:, len(self.vocabularies)]
                    self.vocabularies[column.name], _ = Vocabulary.fit_encode(
                        cells, min_frequency=self.min_frequency, max_categories=self.max_categories, out=out
                    )
                    self._take_similar(column.name, cells, out)
        frame.forget_codes()
        self.schema = inference.schema()
        names = [column.name for column in self.schema.numeric]
        numbers = _number_matrix(frame, {name: name for name in names})
        self._numeric = NumericScaler(names, self.scaling).fit(numbers)
        return EncodedTable(indices, self._numeric.encode(numbers))

    def encode(self, X: Any) -> EncodedTable:
        """Return the table as matrices.

        Parameters
        ----------
        X : table
            Columns are found by name if both this table and the fitted one have names, else by position. Columns
            that were not there at fit are not read.

        Returns
        -------
        EncodedTable

        Raises
        ------
        ColumnError
            When a column is missing.
        DataError
            When a number column holds something else, or the table cannot be used.

        Warns
        -----
        TypeChangedWarning
            When no cell of a categorical column is known, and its type is another than at fit.
        """
        frame = read_frame(X)
        names_here = self._names_here(frame)
        indices = _index_matrix(frame.n_rows, len(self.schema.categorical))
        for position, column in enumerate(self.schema.categorical):
            cells = _category_cells(frame, column, names_here[column.source])
            vocabulary = self.vocabularies[column.name]
            _warn_of_another_type(column.name, cells, vocabulary.encode(cells, out=indices[:, position]), vocabulary)
            self._take_similar(column.name, cells, indices[:, position])
        numeric = {column.name: names_here[column.name] for column in self.schema.numeric}
        return EncodedTable(indices, self._numeric.encode(_number_matrix(frame, numeric)))

    def stand_ins(self, column: str, trained: npt.NDArray[np.bool_]) -> npt.NDArray[np.intp]:
        """Return for each index of a column which one's vector serves for it.

        Parameters
        ----------
        column : str
            A categorical column.
        trained : ndarray of bool of shape (vocabulary size,)
            Which of its indices have learned a vector.

        Returns
        -------
        ndarray of int of shape (vocabulary size,)
            An index that has learned one has its own. Others have that of "unknown", or with ``min_similarity`` that of
            the category that has learned one and is most like it.
        """
        indices = np.arange(len(trained))
        lacking = np.flatnonzero(~trained & (indices != Vocabulary.UNKNOWN))
        indices[lacking] = Vocabulary.UNKNOWN
        categories = lacking[lacking >= Vocabulary.FIRST]
        names = self._names_of(column) if len(categories) else None
        if names is not None:
            texts = self.vocabularies[column].decode(categories).tolist()
            indices[categories] = _as_indices(names.find(texts, among=trained[Vocabulary.FIRST :]))
        return indices

    def _take_similar(self, column: str, cells: Cells, indices: npt.NDArray[np.int32]) -> None:
        """Give unknown texts, in place, the index of the category that is most like them."""
        names = self._names_of(column)
        if names is None:
            return
        unknown = np.flatnonzero(indices == Vocabulary.UNKNOWN)
        if len(unknown):
            coded = factorize(take(cells, unknown))
            used, codes = np.unique(coded.codes, return_inverse=True)
            keys = coded.keys
            indices[unknown] = _as_indices(names.find([keys[code] for code in used]))[codes]

    def _names_of(self, column: str) -> SimilarNames | None:
        if self.min_similarity is None:
            return None
        if column not in self._names:
            self._names[column] = SimilarNames(self.vocabularies[column].keys, self.min_similarity)
        return self._names[column]

    def __getstate__(self) -> dict[str, Any]:
        # What can be made again need not be pickled.
        return {**vars(self), "_names": {}}

    def to_state(self) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
        """Return all that was learned, as JSON values and arrays; parameters included.

        ``categorical`` is written as the names that it stood for.
        """
        numeric, arrays = self._numeric.to_state()
        data = {
            "params": {
                "categorical": [column.source for column in self.schema.categorical if column.part is None],
                "integers": self.integers,
                "min_frequency": self.min_frequency,
                "max_categories": self.max_categories,
                "scaling": self.scaling,
                "drop_constant": self.drop_constant,
                "min_similarity": self.min_similarity,
            },
            "schema": self.schema.to_json(),
            "vocabularies": {name: vocabulary.to_json() for name, vocabulary in self.vocabularies.items()},
            "numeric": numeric,
        }
        return data, arrays

    @classmethod
    def from_state(cls, data: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]]) -> "TableEncoder":
        """Return the encoder that :meth:`to_state` wrote.

        Raises
        ------
        FormatError
            When an entry is missing or wrong.
        """
        try:
            encoder = cls(**data["params"])
            encoder.schema = Schema.from_json(data["schema"])
            saved = data["vocabularies"]
            encoder.vocabularies = {
                column.name: Vocabulary.from_json(saved[column.name]) for column in encoder.schema.categorical
            }
            encoder._numeric = NumericScaler.from_state(data["numeric"], arrays)
        except (KeyError, TypeError) as error:
            raise FormatError(f"The saved state of a table encoder cannot be read: {error}.") from error
        return encoder

    def _names_here(self, frame: Frame) -> dict[str, str]:
        """Map each column's name at fit to its name in this table."""
        if self.schema.named and frame.named:
            here = set(frame.columns)
            missing = [name for name in self.schema.used if name not in here]
            if missing:
                near = "".join(did_you_mean(name, here - set(self.schema.columns)) for name in missing)
                listed = "\n".join(f"- {name}" for name in missing)
                raise ColumnError(f"Feature names seen at fit time, yet now missing:\n{listed}\n{near.strip()}".strip())
            return {name: name for name in self.schema.used}
        if len(frame.columns) != len(self.schema.columns):
            raise DataError(
                f"X has {len(frame.columns)} features, but TableEncoder is expecting {len(self.schema.columns)} "
                f"features as input: without names, columns are found by position."
            )
        return dict(zip(self.schema.columns, frame.columns, strict=True))


def _index_matrix(n_rows: int, n_columns: int) -> npt.NDArray[np.int32]:
    # Each column in one piece: that is how it is written here, and how vectors are gathered from it.
    return np.empty((n_columns, n_rows), np.int32).T


def _category_cells(frame: Frame, column: CategoricalColumn, name_here: str) -> Cells:
    cells = frame.cells(name_here)
    return cells if column.part is None else calendar_part(cells, column.part, name_here)


def _as_indices(positions: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
    # A category that is not found has position -1, and so the index of "unknown".
    return positions + Vocabulary.FIRST


def _number_matrix(frame: Frame, names_here: Mapping[str, str]) -> npt.NDArray[np.float64]:
    matrix = np.empty((frame.n_rows, len(names_here)), np.float64)
    for position, name in enumerate(names_here.values()):
        matrix[:, position] = read_numbers(frame.cells(name), name)
    return matrix


def _warn_of_another_type(name: str, cells: Cells, indices: npt.NDArray[np.int32], vocabulary: Vocabulary) -> None:
    if indices.max() != Vocabulary.UNKNOWN:
        return
    now = families(cells)
    if vocabulary.families and now.isdisjoint(vocabulary.families):
        warnings.warn(
            f"No cell of column {name!r} is known: it held {_listed(vocabulary.families)} at fit, and now "
            f"{_listed(now)}. The text '1' and the number 1 are two categories; convert the column to the type at fit.",
            TypeChangedWarning,
            stacklevel=3,
        )


def _listed(names: frozenset[str]) -> str:
    return " and ".join(sorted(names))
