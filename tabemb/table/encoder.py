"""Encode tables as matrices, by a schema, vocabularies and numeric scales fitted together."""

from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from tabemb.exceptions import ColumnError, DataError, did_you_mean
from tabemb.table.bags import Bags
from tabemb.table.cells import Cells, Coded, factorize, families, take
from tabemb.table.column_cells import (
    as_rows,
    category_cells,
    cells_to_fit,
    refuse_unknown,
    warn_of_another_type,
    warn_of_type,
)
from tabemb.table.encoded_table import EncodedTable
from tabemb.table.encoder_state import encoder_from_state, encoder_to_state
from tabemb.table.frames import Frame, read_frame
from tabemb.table.infer import CategoricalSpec, Inference
from tabemb.table.keys import Key
from tabemb.table.memory import check_counts
from tabemb.table.multi_valued import MultiValuedSpec, SplitCells
from tabemb.table.new_categories import extended, unknown_keys, unseen
from tabemb.table.numeric import NumericScaler, read_numbers
from tabemb.table.scaling import ScalingSpec
from tabemb.table.schema import CategoricalColumn, Schema, free_name
from tabemb.table.shared import SharedSpec, check_types, joined, tables_of_columns
from tabemb.table.similar_names import SimilarNames
from tabemb.table.similar_words import SimilarWords
from tabemb.table.target_statistics import TargetStatistics
from tabemb.table.vocabularies import (
    HashedVocabulary,
    VocabularyKind,
    VocabularySpec,
    chosen_kinds,
    named_columns,
)
from tabemb.table.vocabulary import Vocabulary

__all__ = ["TableEncoder"]


class TableEncoder:
    """Encodes tables as a matrix of category indices and a matrix of numbers.

    Parameters
    ----------
    categorical : list of names, list of positions, boolean mask, or callable, optional
        Columns to treat as categorical whatever their type; see :func:`~tabemb.table.infer.infer_schema`.
    integers : {"numeric", "categorical"}, default="numeric"
        How to treat integer columns that are not in ``categorical``.
    min_frequency : int or float, optional
        Minimal number (or share) of rows of a category; rarer ones are unknown.
    max_categories : int, optional
        Keep the most frequent ``max_categories - 1`` categories of each column; the others are unknown.
    scaling : str or mapping, default="standard"
        How numbers are scaled: a name in :data:`tabemb.table.scaling.SCALINGS` ("standard", "robust", "quantile",
        "piecewise_linear"), or a mapping with a ``name`` and parameters.
    drop_constant : bool, default=True
        Whether to drop constant and all-missing columns.
    min_similarity : float, optional
        Minimal similarity at which an unknown text is encoded as the category with the most similar name (see
        :class:`~tabemb.table.similar_names.SimilarNames`). By default such texts are unknown.

    refuse_unknown : bool, default=False
        Whether to raise an error when encoding a table with unknown categories.
    multi_valued : "auto", mapping or None, default=None
        Columns whose cells hold several values; see :func:`~tabemb.table.infer.infer_schema`. Their vocabularies are
        those of the values.
    shared : mapping of str to list of str, optional
        Columns that share a vocabulary, fitted on the cells of all of them, by a name for it:
        ``{"airport": ["origin", "dest"]}``.
    vocabulary : str, mapping, VocabularyKind or None, default=None
        Columns whose vectors are found by hashes, without a list of categories: a mapping from column to a kind in
        :data:`tabemb.table.vocabularies.VOCABULARIES`, or one kind for all columns that it suits.

    Attributes
    ----------
    schema : Schema
    vocabularies : dict of str to Vocabulary
        One for each categorical column, in the order of the schema and of the columns of ``indices``. Columns that
        share a table have the same one, with the number of rows in all of them.
    table_of : dict of str to str
        Name of the table of each categorical column: its own, if it shares none.
    number_names : tuple of str
        Names of the columns of ``numbers``: the numeric columns, then their missing indicators.

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
        refuse_unknown: bool = False,
        multi_valued: MultiValuedSpec = None,
        shared: SharedSpec | None = None,
        vocabulary: VocabularySpec = None,
    ) -> None:
        self.categorical = categorical
        self.integers = integers
        self.min_frequency = min_frequency
        self.max_categories = max_categories
        self.scaling = scaling
        self.drop_constant = drop_constant
        self.min_similarity = min_similarity
        self.refuse_unknown = refuse_unknown
        self.multi_valued = multi_valued
        self.shared = shared
        self.vocabulary = vocabulary
        self.statistics: TargetStatistics | None = None
        # Word vectors of tables, in which unknown texts are looked up.
        self.words: dict[str, SimilarWords] = {}
        self._names: dict[str, SimilarNames] = {}

    schema: Schema
    vocabularies: dict[str, Vocabulary]
    table_of: dict[str, str]
    _counts: dict[str, npt.NDArray[np.int64]]
    _numeric: NumericScaler

    @property
    def tables(self) -> dict[str, Vocabulary]:
        """The vocabulary of each table, in the order of its first column."""
        first = {self.table_of[column]: vocabulary for column, vocabulary in reversed(self.vocabularies.items())}
        return {table: first[table] for table in dict.fromkeys(self.table_of.values())}

    def counts_of(self, column: str) -> npt.NDArray[np.int64]:
        """Return the number of rows at fit of each index in a column, also if others share its table."""
        own = self._counts.get(column)
        return self.vocabularies[column].counts if own is None else own.copy()

    def sharing(self, column: str) -> list[int]:
        """Return the positions of all columns that have the table of a column, itself among them."""
        table = self.table_of[column]
        return [position for position, each in enumerate(self.table_of.values()) if each == table]

    @property
    def number_names(self) -> tuple[str, ...]:
        """Names of the columns of ``numbers``."""
        return (*self._numeric.names, *(self.statistics.names(list(self.vocabularies)) if self.statistics else ()))

    @property
    def n_plain_numbers(self) -> int:
        """Number of columns of ``numbers`` before the target statistics."""
        return len(self._numeric.names)

    @property
    def crosses(self) -> list[tuple[str, ...]]:
        """The crosses of the target statistics, as names of columns."""
        names, statistics = list(self.vocabularies), self.statistics
        crosses = () if statistics is None else statistics.crosses.columns
        return [tuple(names[position] for position in cross) for cross in crosses if len(cross) > 1]

    def positions_of(self, cross: Sequence[str]) -> tuple[int, ...]:
        """Return the positions of categorical columns in ``indices``, in their order.

        Raises
        ------
        ColumnError
            If there is no such categorical column, or one is named twice.
        """
        names = list(self.vocabularies)
        for name in cross:
            if name not in names:
                raise ColumnError(f"No categorical column {name!r} to cross.{did_you_mean(name, names)}")
        positions = tuple(sorted({names.index(name) for name in cross}))
        several = [name for name in cross if len(cross) > 1 and name in self.poolings]
        if several:
            raise ColumnError(f"A cross needs one value per cell; {several[0]!r} has several. Leave it out of crosses.")
        if len(positions) != len(cross):
            raise ColumnError(f"A cross names a column twice: {list(cross)}.")
        return positions

    @property
    def poolings(self) -> dict[str, str]:
        """How vectors are pooled in the categorical columns whose cells hold several rows of a table."""
        found = {}
        for column in self.schema.categorical:
            if self._has_several_rows(column):
                found[column.name] = "sum"
            elif column.split is not None:
                found[column.name] = column.pooling
        return found

    @property
    def hashed(self) -> dict[str, HashedVocabulary]:
        """The vocabularies that find rows by hashes, by column."""
        return {name: each for name, each in self.vocabularies.items() if isinstance(each, HashedVocabulary)}

    @property
    def hashed_tables(self) -> set[str]:
        """The tables that columns share, though a row of them stands for other categories in each column."""
        return {self.table_of[name] for name, each in self.hashed.items() if each.kind.common_table is not None}

    @property
    def table_counts(self) -> dict[str, npt.NDArray[np.int64]]:
        """Number of occurrences at fit of each index of each table."""
        counts = {name: each.counts for name, each in self.tables.items()}
        for table in self.hashed_tables:
            its = [each.counts for name, each in self.hashed.items() if self.table_of[name] == table]
            counts[table] = np.sum(its, axis=0)
        return counts

    def _has_several_rows(self, column: CategoricalColumn) -> bool:
        vocabulary = self.vocabularies[column.name]
        return isinstance(vocabulary, HashedVocabulary) and not vocabulary.kind.has_one_bucket

    @property
    def types(self) -> dict[str, str]:
        """Type of the cells of each column at fit, where it is one: "text", "number", "bool", "date", ..."""
        types = {column.name: "number" for column in self.schema.numeric}
        for column in self.schema.categorical:
            families_at_fit = self.vocabularies[column.name].families
            if column.part is not None:
                types[column.source] = "datetime"
            elif len(families_at_fit) == 1:
                types[column.source] = next(iter(families_at_fit))
        return types

    @property
    def indicated(self) -> list[int]:
        """Positions of the numeric columns that have a missing indicator, in the order of the indicators."""
        return [int(place) for place in self._numeric._indicated]

    def fit(self, X: Any) -> "TableEncoder":
        """Fit the schema, the vocabularies and the scales.

        Parameters
        ----------
        X : table
            Any input of :func:`~tabemb.table.frames.read_frame`.

        Raises
        ------
        DataError
            If the table is invalid.
        """
        self.fit_encode(X)
        return self

    def fit_encode(self, X: Any) -> EncodedTable:
        """Fit the encoder and return the encoded table: as ``fit(X).encode(X)``, but factorizes each column once.

        Parameters
        ----------
        X : table
            Any input of :func:`~tabemb.table.frames.read_frame`.

        Returns
        -------
        EncodedTable

        Raises
        ------
        DataError
            If the table is invalid.
        """
        frame = read_frame(X)
        inference = Inference(
            frame,
            self.categorical,
            integers=self.integers,
            drop_constant=self.drop_constant,
            multi_valued=self.multi_valued,
            settled=named_columns(self.vocabulary),
        )
        kind_of = chosen_kinds(
            self.vocabulary,
            [column.name for column in inference.categorical],
            frame.columns,
            [column.name for column in inference.dropped],
        )
        self.table_of = tables_of_columns(self.shared, inference, frame.columns)
        indices = _index_matrix(frame.n_rows, len(self.table_of))
        bags: dict[int, Bags] = {}
        self.vocabularies = {}
        self._names, self._counts = {}, {}
        waiting: dict[str, dict[CategoricalColumn, Cells | SplitCells]] = {}
        # Column by column, so that the codes of only one column, or of those of a table, are in memory at a time.
        for name in frame.columns:
            inference.examine(name)
            for column in inference.categorical:
                if column.source != name:
                    continue
                table, cells = self.table_of[column.name], cells_to_fit(frame, column)
                values = cells.values if isinstance(cells, SplitCells) else cells
                kind = kind_of(column.name, partial(factorize, values))
                if kind is not None and self._finds_by_hashes(column):
                    self._fit_hashed(kind, column, cells, indices, bags)
                    continue
                waiting.setdefault(table, {})[column] = cells
                if len(waiting[table]) == len(self.sharing(column.name)):
                    self._fit_table(table, waiting.pop(table), indices, bags)
        self.vocabularies = {name: self.vocabularies[name] for name in self.table_of}
        frame.forget_codes()
        self.schema = self._with_counts(inference.schema())
        names = [column.name for column in self.schema.numeric]
        numbers = _number_matrix(frame, {name: name for name in names})
        self._numeric = NumericScaler(names, self.scaling).fit(numbers)
        return EncodedTable(indices, self._numeric.encode(numbers), bags)

    def _with_counts(self, schema: Schema) -> Schema:
        """Return the schema with the number of values of columns whose cells hold several."""
        counts = {
            each.source: self.vocabularies[each.name].n_categories
            for each in schema.categorical
            if each.split is not None
        }
        readings = tuple(
            replace(each, n_categories=counts[each.name]) if each.name in counts else each for each in schema.readings
        )
        return replace(schema, readings=readings)

    def _finds_by_hashes(self, column: CategoricalColumn) -> bool:
        """Return whether a column with a kind of hashed vocabulary gets it; it cannot share a table by categories."""
        if self.table_of[column.name] not in (self.shared or {}):
            return True
        if column.name in named_columns(self.vocabulary):
            raise ColumnError(
                f"The column {column.name!r} shares the table {self.table_of[column.name]!r} by its categories, and "
                "vocabulary finds its vectors by hashes. Leave it out of shared or out of vocabulary; columns of the "
                "vocabulary 'multiplexed' share a table."
            )
        return False

    def _fit_hashed(
        self,
        kind: VocabularyKind,
        column: CategoricalColumn,
        cells: Cells | SplitCells,
        indices: npt.NDArray[np.int32],
        bags: dict[int, Bags],
    ) -> None:
        """Fit a vocabulary that finds rows by hashes, and write the indices and bags of its column."""
        position = list(self.table_of).index(column.name)
        if kind.common_table is not None:
            taken = {*self.table_of, *(self.shared or ())}
            self.table_of[column.name] = free_name(kind.common_table, taken, "_table")
        sizes = {name: each.size for name, each in self.hashed.items()}
        check_counts({**sizes, column.name: Vocabulary.FIRST + kind.n_buckets})
        hashed = HashedVocabulary.fit_cells(kind, column.name, cells, self.max_categories)
        indices[:, position], its = self._encode_hashed(column, hashed, cells)
        seen = indices[:, position]
        if its is not None:
            bags[position], seen = its, its.occurrences(seen)[1]
        self.vocabularies[column.name] = hashed.counted(np.bincount(seen, minlength=hashed.size))

    def _fit_table(
        self,
        table: str,
        columns: Mapping[CategoricalColumn, Cells | SplitCells],
        indices: npt.NDArray[np.int32],
        bags: dict[int, Bags],
    ) -> None:
        """Fit the vocabulary of a table to its columns, and write their indices and bags."""
        places = {column: list(self.table_of).index(column.name) for column in columns}
        fit = partial(Vocabulary.fit_encode, min_frequency=self.min_frequency, max_categories=self.max_categories)
        if len(columns) == 1 and not any(isinstance(cells, SplitCells) for cells in columns.values()):
            ((column, cells),) = columns.items()
            self.vocabularies[column.name], _ = fit(cells, out=indices[:, places[column]])
            self._take_similar(column.name, cells, indices[:, places[column]])
            return
        values = {column: each.values if isinstance(each, SplitCells) else each for column, each in columns.items()}
        if len(columns) > 1:
            check_types(table, {column.name: families(each) for column, each in values.items()})
        coded = [each.counted() if isinstance(each, SplitCells) else factorize(each) for each in columns.values()]
        if any(isinstance(each, SplitCells) for each in columns.values()):
            fit = partial(fit, min_frequency=as_rows(self.min_frequency, len(indices) * len(columns)))
        vocabulary, of_all = fit(joined(coded) if len(coded) > 1 else coded[0])
        ends = np.cumsum([len(each) for each in coded])[:-1]
        self.vocabularies |= {column.name: vocabulary for column in columns}
        for (column, cells), its in zip(columns.items(), np.split(of_all, ends), strict=True):
            if len(columns) > 1:
                self._counts[column.name] = np.bincount(its, minlength=vocabulary.size)
            if isinstance(cells, SplitCells):
                indices[:, places[column]], bags[places[column]] = self._encode_split(column, cells)
            else:
                indices[:, places[column]] = its
                self._take_similar(column.name, cells, indices[:, places[column]])

    def encode(self, X: Any) -> EncodedTable:
        """Encode a table.

        Parameters
        ----------
        X : table
            Columns are matched by name if both this table and the fitted one have names, else by position. Columns
            that were not present at fit are ignored.

        Returns
        -------
        EncodedTable

        Raises
        ------
        ColumnError
            If a column is missing.
        DataError
            If a numeric column holds other values, the table is invalid, or with ``refuse_unknown`` a category is
            unknown.

        Warns
        -----
        TypeChangedWarning
            If no cell of a categorical column is known and its type differs from the type at fit.
        """
        frame = read_frame(X)
        names_here = self.names_here(frame)
        indices = _index_matrix(frame.n_rows, len(self.schema.categorical))
        bags: dict[int, Bags] = {}
        for position, column in enumerate(self.schema.categorical):
            vocabulary, split = self.vocabularies[column.name], None
            if column.split is not None:
                split = SplitCells.of(frame.cells(names_here[column.source]), column.split)
            else:
                cells = category_cells(frame, column, names_here[column.source])
            if isinstance(vocabulary, HashedVocabulary):
                indices[:, position], its = self._encode_hashed(column, vocabulary, split or cells)
                bags |= {} if its is None else {position: its}
                continue
            if split is not None:
                indices[:, position], bags[position] = self._encode_split(column, split)
                continue
            warn_of_another_type(column.name, cells, vocabulary.encode(cells, out=indices[:, position]), vocabulary)
            self._take_similar(column.name, cells, indices[:, position])
            if self.refuse_unknown:
                refuse_unknown(column.name, cells, indices[:, position], vocabulary)
        numeric = {column.name: names_here[column.name] for column in self.schema.numeric}
        numbers = self._numeric.encode(_number_matrix(frame, numeric))
        table = EncodedTable(indices, numbers, bags)
        if self.statistics is not None:
            table = table.with_numbers(np.hstack([numbers, self.statistics.encode(indices, bags)]))
        return table

    def _encode_split(self, column: CategoricalColumn, split: SplitCells) -> tuple[npt.NDArray[np.int32], Bags]:
        """Return the number of the cell of each row, and the bags of the cells."""
        vocabulary = self.vocabularies[column.name]
        cells, indices = split.encode(vocabulary)
        if len(indices):
            warn_of_another_type(column.name, split.values, indices, vocabulary)
        self._take_similar(column.name, split.values, indices)
        if self.refuse_unknown:
            refuse_unknown(column.name, split.values, indices, vocabulary)
        return cells, split.bags(indices, column.pooling)

    def _encode_hashed(
        self, column: CategoricalColumn, vocabulary: HashedVocabulary, cells: Cells | SplitCells
    ) -> tuple[npt.NDArray[np.int32], Bags | None]:
        """Return the index of each cell, or its number and the bags of the cells if a cell may have several rows."""
        values = cells.values if isinstance(cells, SplitCells) else cells
        now = families(values)
        if now and vocabulary.families and now.isdisjoint(vocabulary.families):
            warn_of_type(column.name, vocabulary.families, now, "has the hash of one at fit")
        if isinstance(cells, SplitCells) or not vocabulary.kind.has_one_bucket:
            return vocabulary.encode_bags(cells, column.pooling)
        return vocabulary.encode(cells), None

    def no_rows(self) -> EncodedTable:
        """Return an encoded table without rows."""
        bags = {
            list(self.vocabularies).index(name): Bags(np.array([0, 1], np.int32), np.array([0, 1, 2]), None, pooling)
            for name, pooling in self.poolings.items()
        }
        numbers = np.empty((0, len(self.number_names)), np.float32)
        return EncodedTable(_index_matrix(0, len(self.schema.categorical)), numbers, bags)

    def extended(self, X: Any, columns: Iterable[str] | None = None, *, strict: bool = True) -> "TableEncoder":
        """Return an encoder that knows the categories of a table; see :func:`tabemb.table.new_categories.extended`."""
        encoder: TableEncoder = extended(self, X, columns, strict=strict)
        return encoder

    def with_vocabularies(self, vocabularies: Mapping[str, Vocabulary]) -> "TableEncoder":
        """Return a copy of the fitted encoder with other vocabularies for the same columns."""
        encoder = copy(self)
        encoder.vocabularies = {name: vocabularies[name] for name in self.vocabularies}
        encoder._counts = {
            name: np.append(counts, np.zeros(vocabularies[name].size - len(counts), np.int64))
            for name, counts in self._counts.items()
        }
        kept = (name for name, each in encoder.vocabularies.items() if each.size == self.vocabularies[name].size)
        encoder._names = {name: self._names[name] for name in kept if name in self._names}
        return encoder

    def unseen(self, X: Any) -> dict[str, tuple[npt.NDArray[np.int32], Coded]]:
        """Return exact indices and unknown cells by column; see :func:`~tabemb.table.new_categories.unseen`."""
        return unseen(self, X)

    def unknown_keys(self, X: Any, table: EncodedTable) -> dict[str, tuple[int, list[Key]]]:
        """Return unknown categories by column; see :func:`~tabemb.table.new_categories.unknown_keys`."""
        return unknown_keys(self, X, table)

    def stand_ins(self, column: str, trained: npt.NDArray[np.bool_]) -> npt.NDArray[np.intp]:
        """Return, for each index of a column, the index whose vector is used for it.

        Parameters
        ----------
        column : str
            A categorical column.
        trained : ndarray of bool of shape (vocabulary size,)
            Mask of the indices whose vectors were trained.

        Returns
        -------
        ndarray of int of shape (vocabulary size,)
            The index itself if it was trained. Otherwise that of "unknown" or, with ``min_similarity``, of the trained
            category with the most similar name.
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
        """Replace the index of unknown texts, in place, by that of the category with the most similar name."""
        names = self._names_of(column)
        if names is None:
            return
        unknown = np.flatnonzero(indices == Vocabulary.UNKNOWN)
        if len(unknown):
            coded = factorize(take(cells, unknown))
            used, codes = np.unique(coded.codes, return_inverse=True)
            keys = coded.keys
            indices[unknown] = _as_indices(names.find([keys[code] for code in used]))[codes]

    def _names_of(self, column: str) -> SimilarNames | SimilarWords | None:
        table = self.table_of[column]
        if table in self.words:
            return self.words[table]
        if self.min_similarity is None or column in self.hashed:
            return None
        if table not in self._names:
            self._names[table] = SimilarNames(self.vocabularies[column].keys, self.min_similarity)
        return self._names[table]

    def __getstate__(self) -> dict[str, Any]:
        # These can be recomputed.
        return {**vars(self), "_names": {}}

    def to_state(self) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
        """Return the fitted state and the parameters as JSON values and arrays.

        ``categorical`` is written as the list of column names it resolved to.
        """
        return encoder_to_state(self)

    @classmethod
    def from_state(cls, data: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]]) -> "TableEncoder":
        """Return the encoder from the output of :meth:`to_state`.

        Raises
        ------
        FormatError
            If an entry is missing or invalid.
        """
        encoder: TableEncoder = encoder_from_state(cls, data, arrays)
        return encoder

    def splits(self) -> dict[str, dict[str, str]] | None:
        """Return how the cells of columns are split, as values of JSON."""
        columns = [column for column in self.schema.categorical if column.split is not None]
        return {each.source: {"split": str(each.split), "pooling": each.pooling} for each in columns} or None

    def names_here(self, frame: Frame) -> dict[str, str]:
        """Return a mapping from the name of each column at fit to its name in this table."""
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
                f"features as input: without names, columns are matched by position."
            )
        return dict(zip(self.schema.columns, frame.columns, strict=True))


def _index_matrix(n_rows: int, n_columns: int) -> npt.NDArray[np.int32]:
    # Each column is contiguous: this module writes column by column, and vectors are gathered by column.
    return np.empty((n_columns, n_rows), np.int32).T


def _as_indices(positions: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
    # The position of a category that is not found is -1, which becomes the index of "unknown".
    return positions + Vocabulary.FIRST


def _number_matrix(frame: Frame, names_here: Mapping[str, str]) -> npt.NDArray[np.float64]:
    matrix = np.empty((frame.n_rows, len(names_here)), np.float64)
    for position, name in enumerate(names_here.values()):
        matrix[:, position] = read_numbers(frame.cells(name), name)
    return matrix
