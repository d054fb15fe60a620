"""Encode tables as matrices, by a schema, vocabularies and numeric scales fitted together."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from tabemb.exceptions import ColumnError, DataError, FormatError, did_you_mean, warn_caller
from tabemb.table.bags import Bags
from tabemb.table.calendar import calendar_part
from tabemb.table.cells import Cells, factorize, families, take
from tabemb.table.encoded_table import EncodedTable
from tabemb.table.frames import Frame, read_frame
from tabemb.table.infer import CategoricalSpec, Inference
from tabemb.table.keys import CellTypeError, Key
from tabemb.table.multi_valued import MultiValuedSpec, SplitCells
from tabemb.table.numeric import NumericScaler, read_numbers
from tabemb.table.scaling import ScalingSpec
from tabemb.table.schema import CategoricalColumn, Schema, TypeChangedWarning, free_name
from tabemb.table.similar_names import SimilarNames
from tabemb.table.similar_words import SimilarWords
from tabemb.table.target_statistics import TargetStatistics
from tabemb.table.vocabularies import (
    HashedVocabulary,
    VocabularySpec,
    chosen_kinds,
    named_columns,
    spec_of_kind,
    vocabulary_from_json,
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
    vocabulary : str, mapping, VocabularyKind or None, default=None
        Columns whose vectors are found by hashes, without a list of categories: a mapping from column to a kind in
        :data:`tabemb.table.vocabularies.VOCABULARIES`, or one kind for all columns that it suits.

    Attributes
    ----------
    schema : Schema
    vocabularies : dict of str to Vocabulary
        One for each categorical column, in the order of the schema and of the columns of ``indices``.
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
        self.vocabulary = vocabulary
        self.statistics: TargetStatistics | None = None
        # Word vectors of columns, in which unknown texts are looked up.
        self.words: dict[str, SimilarWords] = {}
        self._names: dict[str, SimilarNames] = {}

    schema: Schema
    vocabularies: dict[str, Vocabulary]
    _numeric: NumericScaler

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
    def table_of(self) -> dict[str, str]:
        """Name of the table of the columns that share one."""
        found = {}
        for name, each in self.hashed.items():
            if (table := each.kind.common_table) is not None:
                found[name] = free_name(table, self.vocabularies, "_table")
        return found

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
        indices = _index_matrix(frame.n_rows, len(inference.categorical))
        self.vocabularies = {}
        self._names = {}
        bags: dict[int, Bags] = {}
        # Column by column, so that the codes of only one column are in memory at a time.
        for name in frame.columns:
            inference.examine(name)
            for column in inference.categorical:
                if column.source != name:
                    continue
                cells = frame.coded(name) if column.part is None else _category_cells(frame, column, name)
                split = None if column.split is None else SplitCells.of(cells, column.split)
                values = cells if split is None else split.values
                kind, position = kind_of(column.name, partial(factorize, values)), len(self.vocabularies)
                out = indices[:, position]
                if kind is not None:
                    hashed = HashedVocabulary.fit_cells(kind, column.name, split or cells, self.max_categories)
                    self.vocabularies[column.name] = hashed
                    out[:], its = self._encode_hashed(column, hashed, split or cells)
                    bags |= {} if its is None else {position: its}
                    seen = out if its is None else its.occurrences(out)[1]
                    self.vocabularies[column.name] = hashed.counted(np.bincount(seen, minlength=hashed.size))
                elif split is not None:
                    self.vocabularies[column.name] = split.fit(self.min_frequency, self.max_categories)
                    out[:], bags[position] = self._encode_split(column, split)
                else:
                    self.vocabularies[column.name], _ = Vocabulary.fit_encode(
                        cells, min_frequency=self.min_frequency, max_categories=self.max_categories, out=out
                    )
                    self._take_similar(column.name, cells, out)
        frame.forget_codes()
        self.schema = inference.schema()
        names = [column.name for column in self.schema.numeric]
        numbers = _number_matrix(frame, {name: name for name in names})
        self._numeric = NumericScaler(names, self.scaling).fit(numbers)
        return EncodedTable(indices, self._numeric.encode(numbers), bags)

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
        names_here = self._names_here(frame)
        indices = _index_matrix(frame.n_rows, len(self.schema.categorical))
        bags: dict[int, Bags] = {}
        for position, column in enumerate(self.schema.categorical):
            vocabulary, split = self.vocabularies[column.name], None
            if column.split is not None:
                split = SplitCells.of(frame.cells(names_here[column.source]), column.split)
            else:
                cells = _category_cells(frame, column, names_here[column.source])
            if isinstance(vocabulary, HashedVocabulary):
                indices[:, position], its = self._encode_hashed(column, vocabulary, split or cells)
                bags |= {} if its is None else {position: its}
                continue
            if split is not None:
                indices[:, position], bags[position] = self._encode_split(column, split)
                continue
            _warn_of_another_type(column.name, cells, vocabulary.encode(cells, out=indices[:, position]), vocabulary)
            self._take_similar(column.name, cells, indices[:, position])
            if self.refuse_unknown:
                _refuse_unknown(column.name, cells, indices[:, position], vocabulary)
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
            _warn_of_another_type(column.name, split.values, indices, vocabulary)
        self._take_similar(column.name, split.values, indices)
        if self.refuse_unknown:
            _refuse_unknown(column.name, split.values, indices, vocabulary)
        return cells, split.bags(indices, column.pooling)

    def _encode_hashed(
        self, column: CategoricalColumn, vocabulary: HashedVocabulary, cells: Cells | SplitCells
    ) -> tuple[npt.NDArray[np.int32], Bags | None]:
        """Return the index of each cell, or its number and the bags of the cells if a cell may have several rows."""
        values = cells.values if isinstance(cells, SplitCells) else cells
        now = families(values)
        if now and vocabulary.families and now.isdisjoint(vocabulary.families):
            _warn_of_type(column.name, vocabulary.families, now, "has the hash of one at fit")
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

    def unknown_keys(self, X: Any, table: EncodedTable) -> dict[str, tuple[int, list[Key]]]:
        """Return, for each categorical column with unknown cells, their number and their distinct categories.

        Parameters
        ----------
        X : table
            Any input of :func:`~tabemb.table.frames.read_frame`.
        table : EncodedTable
            The same table, encoded.
        """
        frame, found = read_frame(X), {}
        names_here = self._names_here(frame)
        for position, column in enumerate(self.schema.categorical):
            if column.name in self.hashed:
                continue
            cells = frame.cells(names_here[column.source])
            if column.split is not None:
                cells = SplitCells.of(cells, column.split).values
                values = table.bags[position].values[Vocabulary.FIRST :]
            else:
                cells = _category_cells(frame, column, names_here[column.source])
                values = table.indices[:, position]
            unknown = np.flatnonzero(values == Vocabulary.UNKNOWN)
            if len(unknown):
                rows, indices = table.occurrences(position)
                n_rows = len(np.unique(rows[indices == Vocabulary.UNKNOWN]))
                coded = factorize(take(cells, unknown))
                keys = coded.keys
                found[column.name] = n_rows, [keys[code] for code in dict.fromkeys(coded.codes.tolist())]
        return found

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
        if column in self.words:
            return self.words[column]
        if self.min_similarity is None or column in self.hashed:
            return None
        if column not in self._names:
            self._names[column] = SimilarNames(self.vocabularies[column].keys, self.min_similarity)
        return self._names[column]

    def __getstate__(self) -> dict[str, Any]:
        # These can be recomputed.
        return {**vars(self), "_names": {}}

    def to_state(self) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
        """Return the fitted state and the parameters as JSON values and arrays.

        ``categorical`` is written as the list of column names it resolved to.
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
                "refuse_unknown": self.refuse_unknown,
                "multi_valued": self._splits(),
                "vocabulary": {name: spec_of_kind(each.kind) for name, each in self.hashed.items()} or None,
            },
            "schema": self.schema.to_json(),
            "vocabularies": {name: vocabulary.to_json() for name, vocabulary in self.vocabularies.items()},
            "numeric": numeric,
        }
        if self.statistics is not None:
            data["statistics"], own = self.statistics.to_state()
            arrays = arrays | {f"statistics/{name}": array for name, array in own.items()}
        if self.words:
            states = {name: each.to_state() for name, each in self.words.items()}
            data["words"] = {name: state for name, (state, _) in states.items()}
            arrays = arrays | {f"words/{place}": rows for place, (_, rows) in enumerate(states.values())}
        return data, arrays

    @classmethod
    def from_state(cls, data: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]]) -> "TableEncoder":
        """Return the encoder from the output of :meth:`to_state`.

        Raises
        ------
        FormatError
            If an entry is missing or invalid.
        """
        try:
            encoder = cls(**data["params"])
            encoder.schema = Schema.from_json(data["schema"])
            saved = data["vocabularies"]
            encoder.vocabularies = {
                column.name: vocabulary_from_json(saved[column.name]) for column in encoder.schema.categorical
            }
            encoder._numeric = NumericScaler.from_state(data["numeric"], arrays)
            if "statistics" in data:
                own = {name.removeprefix("statistics/"): array for name, array in arrays.items()}
                encoder.statistics = TargetStatistics.from_state(data["statistics"], own)
            for place, (name, words) in enumerate(data.get("words", {}).items()):
                keys = encoder.vocabularies[name].keys
                encoder.words[name] = SimilarWords.from_state(words, arrays[f"words/{place}"], keys)
        except (KeyError, TypeError) as error:
            raise FormatError(f"The saved state of a table encoder cannot be read: {error}.") from error
        return encoder

    def _splits(self) -> dict[str, dict[str, str]] | None:
        """Return how the cells of columns are split, as values of JSON."""
        columns = [column for column in self.schema.categorical if column.split is not None]
        return {each.source: {"split": str(each.split), "pooling": each.pooling} for each in columns} or None

    def _names_here(self, frame: Frame) -> dict[str, str]:
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


def _refuse_unknown(name: str, cells: Cells, indices: npt.NDArray[np.int32], vocabulary: Vocabulary) -> None:
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


def _index_matrix(n_rows: int, n_columns: int) -> npt.NDArray[np.int32]:
    # Each column is contiguous: this module writes column by column, and vectors are gathered by column.
    return np.empty((n_columns, n_rows), np.int32).T


def _category_cells(frame: Frame, column: CategoricalColumn, name_here: str) -> Cells:
    cells = frame.cells(name_here)
    if frame.kind(name_here) == "list":
        raise CellTypeError(
            f"A cell of column {name_here!r} holds several values, but the column was fitted with one value per cell. "
            "Give one value per cell, or fit on cells with several."
        )
    return cells if column.part is None else calendar_part(cells, column.part, name_here)


def _as_indices(positions: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
    # The position of a category that is not found is -1, which becomes the index of "unknown".
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
        _warn_of_type(name, vocabulary.families, now, "is known")


def _warn_of_type(name: str, at_fit: frozenset[str], now: frozenset[str], what: str) -> None:
    warn_caller(
        f"No cell of column {name!r} {what}: it held {_listed(at_fit)} at fit, but now {_listed(now)}. The text '1' "
        "and the number 1 are different categories; convert the column to the type at fit.",
        TypeChangedWarning,
    )


def _listed(names: frozenset[str]) -> str:
    return " and ".join(sorted(names))
