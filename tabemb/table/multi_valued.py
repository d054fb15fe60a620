"""Columns whose cells hold several values: lists, texts with a separator, and texts of words."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tabemb.exceptions import ColumnError, DataError, UnknownNameError, did_you_mean
from tabemb.table.bags import POOLINGS, Bags
from tabemb.table.cells import Cells, Coded, factorize, read_cells
from tabemb.table.keys import CellValues, Key
from tabemb.table.vocabulary import Vocabulary

__all__ = [
    "BIGRAMS",
    "LISTS",
    "WORDS",
    "MultiValuedSpec",
    "SplitCells",
    "SplitSpec",
    "found_separator",
    "refuse_split",
    "split_specs",
]

# A text of words, or of words and pairs of adjacent words; and lists of values, in place of a separator.
WORDS, BIGRAMS, LISTS = "words", "bigrams", "values"
AUTO = "auto"
# What separates words: everything but letters, digits and underscores; words of one letter are left out, as in
# scikit-learn's CountVectorizer.
WORD = re.compile(r"\b\w\w+\b")
# Separators that are found by themselves. A comma is too frequent in names and addresses.
SEPARATORS = ("|", ";")
# A separator is found in so many rows, in this share of the different cells, and if each value is in so many of them.
FEWEST_ROWS, LEAST_SHARE, LEAST_REPEATS = 20, 0.1, 3.0

MultiValuedSpec: TypeAlias = str | Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class SplitSpec:
    """How the cells of a column are split, and how the vectors of their values are pooled.

    Parameters
    ----------
    split : str or None
        ``"values"`` for lists, ``"words"``, ``"bigrams"``, or a separator; None for cells that stay whole.
    pooling : str
        See :data:`~tabemb.table.bags.POOLINGS`.
    """

    split: str | None
    pooling: str = "mean"


@dataclass(frozen=True, slots=True, eq=False)
class SplitCells:
    """The cells of a column, split into their values.

    Parameters
    ----------
    codes : ndarray of signed integers of shape (n_rows,)
        The distinct cell of each row; -1 is a missing one, or one without values.
    values : Arrow array or Coded
        The values of all distinct cells, one cell after the other.
    offsets : ndarray of int64 of shape (n_cells + 1,)
        Where the values of each distinct cell begin.
    weights : ndarray of float32, optional
        Weight of each value in its cell.

    Examples
    --------
    >>> cells = SplitCells.of(read_cells(["Action|Comedy", None, "Comedy"]), "|")
    >>> cells.codes, cells.values.to_pylist(), cells.offsets
    (array([ 0, -1,  1], dtype=int32), ['Action', 'Comedy', 'Comedy'], array([0, 2, 3]))
    """

    codes: npt.NDArray[np.integer[Any]]
    values: Cells
    offsets: npt.NDArray[np.int64]
    weights: npt.NDArray[np.float32] | None = None

    @classmethod
    def of(cls, cells: Cells, split: str) -> "SplitCells":
        """Split the cells of a column.

        Parameters
        ----------
        cells : Arrow array or Coded
            The column.
        split : str
            ``"values"``, ``"words"``, ``"bigrams"`` (words, and pairs of adjacent words), or a separator. Space around
            the values is removed. Words are in lower case.
        """
        coded = factorize(cells)
        if isinstance(coded.values, list):
            parts = _of_keys(coded.values, split)
        elif pa.types.is_large_string(coded.values.type) and split != LISTS:
            parts = _of_texts(coded.values, split)
        else:
            # One value per cell: an integer, a date, or a text in a column of lists.
            parts = coded.values, np.ones(len(coded.values), np.int64), None
        return cls._without_empty(coded.codes, *parts)

    @classmethod
    def _without_empty(
        cls,
        codes: npt.NDArray[np.integer[Any]],
        values: Cells,
        sizes: npt.NDArray[np.int64],
        weights: npt.NDArray[np.float32] | None,
    ) -> "SplitCells":
        if not sizes.all():
            numbers = np.where(sizes > 0, np.cumsum(sizes > 0) - 1, -1).astype(np.int32)
            codes, sizes = np.append(numbers, np.int32(-1))[codes], sizes[sizes > 0]
        return cls(codes, values, np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64), weights)

    def counted(self) -> Coded:
        """Return the values of all rows as one column, in which each value and each missing cell counts."""
        values, known = factorize(self.values), self.codes[self.codes >= 0]
        _, places = self.bags(np.zeros(len(values), np.int32)).places(known + Vocabulary.FIRST)
        # Missing cells come last, so that ties are still ordered by first appearance.
        codes = np.full(len(self.codes) - len(known) + len(places), -1, np.int32)
        codes[: len(places)] = values.codes[places - Vocabulary.FIRST]
        return Coded(codes, values.values, values.ordered)

    def encode(self, vocabulary: Vocabulary) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
        """Return the number of the cell of each row, and the index of each value."""
        cells = np.where(self.codes < 0, Vocabulary.MISSING, self.codes + Vocabulary.FIRST).astype(np.int32)
        return cells, vocabulary.encode(self.values)

    def bags(self, indices: npt.NDArray[np.int32], pooling: str = "mean") -> Bags:
        """Return the bags of the cells, given the index of each value."""
        first = np.array([Vocabulary.MISSING, Vocabulary.UNKNOWN], np.int32)
        weights = self.weights
        return Bags(
            np.concatenate([first, indices]),
            np.concatenate([[0, 1], self.offsets + 2]),
            None if weights is None else np.concatenate([np.ones(2, np.float32), weights]),
            pooling,
        )


def split_specs(spec: MultiValuedSpec, columns: tuple[str, ...]) -> dict[str, SplitSpec]:
    """Return the columns that a ``multi_valued`` parameter names, and how their cells are split.

    Parameters
    ----------
    spec : "auto", mapping or None
        From column to a separator, "words", "bigrams", None (its cells stay whole), or a mapping with ``split`` and
        ``pooling``.
    columns : tuple of str
        The columns of the table.

    Raises
    ------
    ColumnError
        If the table has no such column.
    ValueError
        If an entry is none of these.

    Examples
    --------
    >>> split_specs({"genres": "|"}, ("genres", "year"))
    {'genres': SplitSpec(split='|', pooling='mean')}
    """
    if spec is None or (isinstance(spec, str) and spec == AUTO):
        return {}
    if not isinstance(spec, Mapping):
        raise ValueError(
            f"multi_valued must be 'auto', None, or a mapping from column to a separator, 'words' or 'bigrams'; got "
            f"{spec!r}."
        )
    for name in spec:
        if name not in columns:
            raise ColumnError(
                f"multi_valued names the column {name!r}, which the table does not have.{did_you_mean(name, columns)} "
                f"Its columns: {', '.join(columns)}."
            )
    return {name: _spec(name, each) for name, each in spec.items()}


def _spec(name: str, entry: object) -> SplitSpec:
    if entry is None:
        return SplitSpec(None)
    if isinstance(entry, str) and entry in POOLINGS:
        raise ValueError(
            f"multi_valued of {name!r} is {entry!r}, which is a pooling, not a separator. Set "
            f"multi_valued={{{name!r}: {{'split': '|', 'pooling': {entry!r}}}}}, without 'split' for lists."
        )
    if isinstance(entry, str) and entry:
        return SplitSpec(entry)
    if isinstance(entry, Mapping) and set(entry) <= {"split", "pooling"}:
        found = _spec(name, entry.get("split", LISTS))
        pooling = entry.get("pooling", "mean")
        if pooling not in POOLINGS:
            raise UnknownNameError.among(f"pooling of {name!r}", pooling, POOLINGS)
        return SplitSpec(found.split, pooling)
    raise ValueError(
        f"multi_valued of {name!r} must be a separator such as '|', 'words', 'bigrams', None, or a mapping with "
        f"'split' and 'pooling'; got {entry!r}."
    )


def found_separator(coded: Coded) -> str | None:
    """Return the separator of the values of a column of texts, None if its cells hold one value each.

    A separator is found if the cells have different numbers of parts, and the parts repeat in several cells.

    Parameters
    ----------
    coded : Coded
        The column.

    Examples
    --------
    >>> found_separator(factorize(read_cells(["Action|Comedy", "Comedy", "Action", "Drama|Action"] * 10)))
    '|'
    >>> found_separator(factorize(read_cells(["NY|2012", "NY|2013", "NJ|2012", "NJ|2013"] * 10))) is None
    True
    """
    texts = coded.values
    if len(coded) < FEWEST_ROWS or isinstance(texts, list) or not pa.types.is_large_string(texts.type):
        return None
    for separator in SEPARATORS:
        has = pc.sum(pc.match_substring(texts, separator)).as_py() or 0
        if has < LEAST_SHARE * len(texts):
            continue
        values, sizes, _ = _of_texts(texts, separator)
        n_different = len(pc.unique(values))
        counts = np.bincount(coded.codes[coded.codes >= 0], minlength=len(texts))
        repeats = (counts * sizes).sum() / max(1, n_different)
        if len(np.unique(sizes)) > 1 and n_different <= len(texts) and repeats >= LEAST_REPEATS:
            return separator
    return None


def refuse_split(name: str, kind: str, split: str) -> None:
    """Raise an error if the cells of a column cannot be split.

    Raises
    ------
    DataError
        If its cells are no texts.
    """
    if kind not in ("text", "category", "object", "list"):
        wanted = split if split in (WORDS, BIGRAMS) else f"the separator {split!r}"
        raise DataError(
            f"multi_valued splits the cells of {name!r} by {wanted}, but its cells are of type {kind}, which hold one "
            "value each. Convert the column to text, or leave it out of multi_valued."
        )


def _of_texts(texts: pa.Array, split: str) -> tuple[pa.Array, npt.NDArray[np.int64], None]:
    """Return the values of texts, and their number in each."""
    if split in (WORDS, BIGRAMS):
        lists = [_words(text, split) for text in pc.utf8_lower(texts).to_pylist()]
        sizes = np.fromiter(map(len, lists), np.int64, len(lists))
        return pa.array([word for words in lists for word in words], pa.large_string()), sizes, None
    parts = pc.split_pattern(texts, split)
    values, parents = pc.utf8_trim_whitespace(parts.flatten()), pc.list_parent_indices(parts)
    kept = pc.not_equal(values, "")
    owners = parents.filter(kept).to_numpy()
    return values.filter(kept), np.bincount(owners, minlength=len(texts)).astype(np.int64), None


def _words(text: str, split: str) -> list[str]:
    """Return the words of a text in lower case, and for "bigrams" the pairs of adjacent ones."""
    words = WORD.findall(text)
    return words if split == WORDS else [*words, *map(" ".join, pairwise(words))]


def _of_keys(keys: list[Key], split: str) -> tuple[Cells, npt.NDArray[np.int64], npt.NDArray[np.float32] | None]:
    """Return the values of typed keys, their number in each, and their weights if any key has some."""
    values: list[Key] = []
    weights: list[float] = []
    sizes = np.empty(len(keys), np.int64)
    weighted = False
    for place, key in enumerate(keys):
        before = len(values)
        if isinstance(key, CellValues):
            values.extend(key.values)
            weights.extend(key.weights or (1.0,) * len(key.values))
            weighted |= key.weights is not None
        elif isinstance(key, str) and split != LISTS:
            is_text = split in (WORDS, BIGRAMS)
            parts = _words(key.lower(), split) if is_text else [each.strip() for each in key.split(split)]
            values.extend(part for part in parts if part)
            weights.extend([1.0] * (len(values) - before))
        else:
            values.append(key)
            weights.append(1.0)
        sizes[place] = len(values) - before
    return read_cells(values), sizes, np.array(weights, np.float32) if weighted else None
