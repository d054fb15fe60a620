"""Hashed vocabularies: those whose rows are found by the hash of a category, not by a list of categories."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from tabemb.exceptions import DataError, FormatError
from tabemb.table.bags import Bags
from tabemb.table.cells import Cells, Coded, distinct, factorize, families, read_cells
from tabemb.table.keys import Key
from tabemb.table.multi_valued import SplitCells
from tabemb.table.vocabularies.choice import kind_of_spec, spec_of_kind
from tabemb.table.vocabularies.kind import VocabularyKind
from tabemb.table.vocabulary import Vocabulary, without_unused

__all__ = ["HashedVocabulary", "vocabulary_from_json"]


class HashedVocabulary(Vocabulary):
    """The rows of the categories of a column, found by their hashes.

    Index 0 is a missing cell and 1 an unknown one, as in other vocabularies; then come the categories that have a row
    of their own, if the kind lists some, and then the buckets. No cell is unknown, except where the kind needs text.

    Parameters
    ----------
    kind : VocabularyKind
        How the buckets of a category are found.
    column : str
        Name of the column.
    listed : Vocabulary, optional
        The categories that have a row of their own.
    families : iterable of str
        The type families of the cells at fit.
    counts : array of int, optional
        How often each index occurred at fit.

    Examples
    --------
    >>> from tabemb.table.vocabularies.hashing import Hashing
    >>> airports = HashedVocabulary(Hashing(n_buckets=10), "dest")
    >>> airports.size, airports.encode(["SFO", None, "LAX", "SFO"])
    (12, array([6, 0, 4, 6], dtype=int32))
    """

    def __init__(
        self,
        kind: VocabularyKind,
        column: str,
        *,
        listed: Vocabulary | None = None,
        families: Iterable[str] = (),
        counts: npt.ArrayLike | None = None,
    ) -> None:
        self.kind, self.column, self._families = kind, column, frozenset(families)
        self._listed = Vocabulary([]) if listed is None else listed
        self._hold(self._listed._categories, counts)

    @classmethod
    def fit_cells(
        cls, kind: VocabularyKind, column: str, cells: Cells | SplitCells, max_categories: int | None = None
    ) -> "HashedVocabulary":
        """Fit the categories that have a row of their own.

        Parameters
        ----------
        kind : VocabularyKind
            How the buckets of a category are found.
        column : str
            Name of the column.
        cells : Cells or SplitCells
            The column.
        max_categories : int, optional
            As of :meth:`Vocabulary.fit`.

        Raises
        ------
        DataError
            If the kind needs texts and the cells hold something else.
        """
        values = cells.values if isinstance(cells, SplitCells) else cells
        now = families(values)
        if kind.reads_texts and not now <= {"text"}:
            raise DataError(
                f"The vocabulary {spec_of_kind(kind)['name']!r} reads the characters of texts, but the column "
                f"{column!r} holds {' and '.join(sorted(now))}. Convert it to text, or choose another kind, such as "
                "'hashing'."
            )
        listed = None
        if kind.min_frequency is not None:
            counted = cells.counted() if isinstance(cells, SplitCells) else cells
            listed = Vocabulary.fit(counted, min_frequency=kind.min_frequency, max_categories=max_categories)
        return cls(kind, column, listed=listed, families=now)

    def counted(self, counts: npt.ArrayLike) -> "HashedVocabulary":
        """Return the same vocabulary with the number of occurrences of each index."""
        return HashedVocabulary(self.kind, self.column, listed=self._listed, families=self._families, counts=counts)

    @property
    def size(self) -> int:
        """Number of indices."""
        return self._listed.size + self.kind.n_buckets

    @property
    def n_categories(self) -> int:
        """Number of rows that categories at fit used, which the number of dimensions depends on."""
        return max(1, int(np.count_nonzero(self._counts[self.FIRST :])))

    @property
    def lists_categories(self) -> bool:
        """Whether some categories are listed, in ``keys``."""
        return self.kind.min_frequency is not None

    @property
    def keys(self) -> tuple[Key, ...]:
        """The categories that have a row of their own.

        Raises
        ------
        DataError
            If the kind lists none.
        """
        if not self.lists_categories:
            raise DataError(self.no_list)
        return self._listed.keys

    @property
    def no_list(self) -> str:
        """Why the categories of the column are not known, and how their vectors are found, for error messages."""
        return (
            f"The column {self.column!r} has a vocabulary of the kind {spec_of_kind(self.kind)['name']!r}, which finds "
            f"vectors by hashes and keeps no list of categories. Ask for the vectors of given categories: "
            f"vectors_of({self.column!r}, [...])."
        )

    @property
    def families(self) -> frozenset[str]:
        """The type families of the cells at fit."""
        return self._families

    def _indices(self, cells: Cells, out: npt.NDArray[np.int32] | None = None) -> npt.NDArray[np.int32]:
        if not self.kind.has_one_bucket:
            raise DataError(f"A value of {self.column!r} has several rows; its cells are encoded by encode_bags.")
        coded = factorize(cells)
        return self._spread(self._rows(coded).values, coded.codes, out)

    def _rows(self, coded: Coded) -> Bags:
        """Return the rows of each distinct value, as bags without those of missing and unknown cells."""
        found = self.kind.rows(coded, self.column)
        rows, sizes = np.where(found.buckets < 0, self.UNKNOWN, found.buckets + self._listed.size), found.sizes
        if self._listed.n_categories:
            own = self._listed.encode(distinct(coded))
            has_own = own >= self.FIRST
            rows = np.insert(rows, (np.cumsum(sizes) - sizes)[has_own], own[has_own])
            sizes = sizes + has_own
        return Bags(rows.astype(np.int32), np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64))

    def new_and_unknown(self, coded: Coded) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
        """Return which distinct values the fit certainly did not have, and which ones have the row of unknown cells.

        A value is certainly new if no cell of the fit had one of its rows. Others may be new too, and share their rows
        with categories of the fit.

        Parameters
        ----------
        coded : Coded
            The column.

        Returns
        -------
        tuple of ndarray of bool of shape (n_values,)

        Examples
        --------
        >>> from tabemb.table.vocabularies.hashing import Hashing
        >>> airports = HashedVocabulary(Hashing(n_buckets=10), "dest", counts=[0, 0, 0, 0, 1] + [0] * 7)
        >>> airports.new_and_unknown(factorize(read_cells(["SFO", "LAX"])))[0]
        array([ True, False])
        """
        rows = self._rows(coded)
        owners = np.repeat(np.arange(len(rows.sizes)), rows.sizes)
        is_unknown = rows.values == self.UNKNOWN
        is_new = (self._counts[rows.values] == 0) & ~is_unknown
        new, unknown = (np.bincount(owners[each], minlength=len(rows.sizes)) > 0 for each in (is_new, is_unknown))
        return new, unknown

    def encode_bags(self, cells: Cells | SplitCells, pooling: str = "mean") -> tuple[npt.NDArray[np.int32], Bags]:
        """Return the number of the cell of each row, and the rows of the table that each cell holds.

        Parameters
        ----------
        cells : Cells or SplitCells
            The column.
        pooling : str, default="mean"
            How the vectors of the values of a cell become one.

        Raises
        ------
        DataError
            If the pooling has learned weights, and a value has several rows.
        """
        if not isinstance(cells, SplitCells):
            coded = without_unused(factorize(cells))
            cells = SplitCells(coded.codes, distinct(coded), np.arange(len(coded.values) + 1))
        numbers = np.where(cells.codes < 0, self.MISSING, cells.codes + self.FIRST).astype(np.int32)
        values = factorize(cells.values)
        rows = self._rows(values)
        if self.kind.has_one_bucket:
            return numbers, cells.bags(rows.values[values.codes], pooling)
        if pooling == "attention":
            raise DataError(
                f"The pooling 'attention' of {self.column!r} needs one row per value, and the vocabulary "
                f"{spec_of_kind(self.kind)['name']!r} has several. Choose 'hashing', or another pooling."
            )
        # The weight of a row is that of its value in the cell times that of the row in the value.
        of_values = cells.bags(np.zeros(len(values), np.int32), pooling).normalized()[self.FIRST :]
        owners, places = rows.places(values.codes)
        sizes = rows.sizes[values.codes]
        split = SplitCells(
            cells.codes,
            cells.values,
            np.concatenate([[0], np.cumsum(sizes)])[cells.offsets],
            (of_values / sizes)[owners].astype(np.float32),
        )
        return numbers, split.bags(rows.values[places], "sum")

    def pooled(self, values: Any, rows: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.floating[Any]]:
        """Return the vectors of values.

        Parameters
        ----------
        values : sequence of scalars
            The values.
        rows : ndarray of shape (size, dim)
            The vectors of the rows.
        """
        cells, bags = self.encode_bags(read_cells(values))
        return bags.pooled(rows)[cells]

    def decode(self, indices: npt.ArrayLike, *, unknown: object = None) -> npt.NDArray[np.object_]:
        """Raise an error: categories cannot be told from their hashes.

        Raises
        ------
        DataError
            In any case.
        """
        raise DataError(f"The categories of {self.column!r} cannot be found from their rows. {self.no_list}")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, HashedVocabulary):
            return NotImplemented
        return (self.kind, self.column) == (other.kind, other.column) and super().__eq__(other)

    __hash__ = None

    def __repr__(self) -> str:
        return f"HashedVocabulary({self.kind!r}, {self.column!r})"

    def to_json(self) -> dict[str, Any]:
        """Return the vocabulary as JSON values."""
        return {
            "kind": spec_of_kind(self.kind),
            "column": self.column,
            "families": sorted(self._families),
            "listed": self._listed.to_json(),
            "counts": self._counts.tolist(),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "HashedVocabulary":
        """Return the vocabulary from the output of :meth:`to_json`.

        Raises
        ------
        FormatError
            If the mapping is not a valid vocabulary.
        """
        try:
            return cls(
                kind_of_spec(data["kind"]),
                str(data["column"]),
                listed=Vocabulary.from_json(data["listed"]),
                families=data["families"],
                counts=data["counts"],
            )
        except (KeyError, TypeError, ValueError, DataError) as error:
            raise FormatError(f"A saved vocabulary cannot be read: {error}") from error


def vocabulary_from_json(data: Mapping[str, Any]) -> Vocabulary:
    """Return a vocabulary of any kind from the output of its ``to_json``.

    Examples
    --------
    >>> vocabulary_from_json(Vocabulary(["JFK"]).to_json())
    Vocabulary(['JFK'], 1 categories)
    """
    return HashedVocabulary.from_json(data) if "kind" in data else Vocabulary.from_json(data)
