"""Vectors of categories from the other columns of their rows, in closed form, without a target or training.

Two categories are similar if they occur with the same values of the other columns: two airports, if the same airlines
fly there from the same origins at the same hours. The matrix of categories by values of the other columns holds
positive pointwise mutual information (Church & Hanks 1990, "Word association norms, mutual information, and
lexicography"), and the vectors are its truncated singular value decomposition (Bullinaria & Levy 2007, "Extracting
semantic representations from word co-occurrence statistics"; Levy & Goldberg 2014, "Neural word embedding as implicit
matrix factorization").

Some of this is chance, the more so the fewer rows a category has. So each singular value is compared with that of the
same table with the cells of the column permuted (parallel analysis: Horn 1965, "A rationale and test for the number of
factors in factor analysis"), and dimensions without more information than this shrink to zero.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from tabemb.table.bags import Bags
from tabemb.vectors.threads import ONE_THREAD

__all__ = ["MOST_ROWS", "Cooccurrence", "intervals_of"]

Indices = npt.NDArray[np.integer[Any]]

# Most values of a column that are counted, the most frequent ones.
MOST_VALUES = 1000
# Numbers are cut into this many intervals with equally many rows.
N_INTERVALS = 10
# Most rows that are counted, evenly spread over the table: more rows hardly change the vectors, but take longer.
MOST_ROWS = 100_000
# Most cells that are counted, so that very wide tables have fewer rows; bounds the memory.
MOST_CELLS = 100_000_000
# Entries of the matrix of information that are computed at a time; bounds the memory.
PORTION = 1_000_000
# Most categories that determine the axes, the most frequent ones; the others are projected.
MOST_DECOMPOSED = 2000
# Up to this many rows or columns, all singular values are computed at once, which is faster than the largest alone.
SMALL = 400
# Power iterations and additional vectors of the randomized decomposition (Halko, Martinsson & Tropp 2011), whose time
# does not depend on the spectrum.
N_POWERS, N_OVERSAMPLES = 2, 10
# Matrices with a larger share of entries are multiplied as dense ones.
SPARSE = 0.1
# Exponent of the counts of values, which keeps the information of rare values small (context distribution smoothing:
# Levy, Goldberg & Dagan 2015, "Improving distributional similarity with lessons learned from word embeddings").
SMOOTHING = 0.75
# Exponent of the singular values. With 1, vectors of columns with few categories were stabler and truer, with 1/2 those
# of columns with many (`benchmarks/vector_quality.py`).
POWER = 0.75
# Singular values below this share of the largest are rounding.
ROUNDING = 1e-5
NO_BAGS: Mapping[int, Bags] = MappingProxyType({})


class Cooccurrence:
    """Which values of the other columns occur in the rows of each category.

    Parameters
    ----------
    indices : ndarray of int of shape (n_rows, n_columns)
        Category of each cell, as an index from 0.
    sizes : sequence of int
        Number of indices of each column.
    numbers : ndarray of float of shape (n_rows, n_numbers), optional
        Numbers of the same rows, which are cut into ten intervals.
    bags : mapping of int to Bags, optional
        The values of the columns whose cells hold several, by position. Such values also occur with each other.

    Examples
    --------
    >>> stops = np.array([[0, 0], [1, 0], [2, 1], [3, 1]] * 50)
    >>> found = Cooccurrence(stops, [4, 2]).vectors(0, dim=2)
    >>> found.shape, bool(np.allclose(found[0], found[1])), bool(np.allclose(found[0], found[2]))
    ((4, 2), True, False)
    """

    def __init__(
        self,
        indices: Indices,
        sizes: Sequence[int],
        numbers: npt.NDArray[np.floating[Any]] | None = None,
        bags: Mapping[int, Bags] = NO_BAGS,
    ) -> None:
        rows: Any = slice(None)
        n_columns = indices.shape[1] + (0 if numbers is None else numbers.shape[1])
        most = min(MOST_ROWS, max(1, MOST_CELLS // max(1, n_columns)))
        if len(indices) > most:
            rows = np.linspace(0, len(indices), most, endpoint=False).astype(np.intp)
        self._columns: list[Indices] = [indices[rows, column] for column in range(indices.shape[1])]
        self._n_rows = len(indices[rows])
        # For columns whose cells hold several values: the row of each value.
        self._rows: dict[int, npt.NDArray[np.intp]] = {}
        for column, each in bags.items():
            self._rows[column], self._columns[column] = each.occurrences(self._columns[column])
        self._sizes = list(sizes)
        for column in range(0 if numbers is None else numbers.shape[1]):
            codes, n = intervals_of(numbers[rows, column])  # type: ignore[index]
            self._columns.append(codes)
            self._sizes.append(n)
        # For each column, the place of each value among the counted ones; the last place is that of all others.
        chosen = [_most_frequent(each, size) for each, size in zip(self._columns, self._sizes, strict=True)]
        self._places = [_places(each, size) for each, size in zip(chosen, self._sizes, strict=True)]
        self._widths = [len(each) + 1 for each in chosen]
        self._first = np.cumsum([0, *self._widths])
        self._cells = self._one_hot()
        self._shares, self._divisors = self._expected()

    def counts(self, column: int) -> npt.NDArray[np.intp]:
        """Return how often each category of a column occurs, of shape (size,)."""
        return np.bincount(self._columns[column], minlength=self._sizes[column])

    def information(self, column: int) -> Any:
        """Return the positive pointwise mutual information of a column with the values of all other columns.

        An entry is ``max(0, log(p_ij / (p_i q_j))) n_ij / (n_ij + 1)`` for n_ij rows with both, where q_j is the share
        of value j after raising all counts of its column to the power of 0.75. The last factor discounts pairs that
        occur rarely. The block of each other column is divided by the fourth root of its width, so that columns with
        many values do not outweigh the others.

        Parameters
        ----------
        column : int
            Position of the column.

        Returns
        -------
        scipy.sparse.csr_matrix of float32 of shape (size, n_values)
        """
        return self._information(column, self._columns[column])

    def vectors(self, column: int, dim: int) -> npt.NDArray[np.float32]:
        """Return vectors of the categories of a column: ``U S^0.75 F`` of their information, ``U S V'``.

        ``F`` is what the singular values ``s`` have beyond those of the permuted column, ``s0``: ``sqrt(1 - (s0 /
        s)^2)``, or 0 if they are smaller. The vectors are scaled so that the root mean square of ``U S^0.75``, over
        the categories that occur and all dimensions, is 1; if nothing is beyond chance, they are near 0.

        Parameters
        ----------
        column : int
            Position of the column.
        dim : int
            Number of dimensions, by falling singular values. Those beyond the rank are zero.

        Returns
        -------
        ndarray of float32 of shape (size, dim)
        """
        # Several threads would mostly wait for each other.
        with ONE_THREAD:
            return self._vectors(column, dim)

    def _vectors(self, column: int, dim: int) -> npt.NDArray[np.float32]:
        found = np.zeros((self._sizes[column], dim), np.float32)
        table = self.information(column)
        counts = self.counts(column)
        frequent = np.sort(np.argsort(-counts, kind="stable")[:MOST_DECOMPOSED])
        values, axes = _decomposed(table[frequent], dim)
        if not len(values):
            return found
        permuted = self._information(column, np.random.default_rng(0).permutation(self._columns[column]))
        by_chance = np.zeros(len(values))
        of_permuted = _singular_values(permuted[frequent], len(values))
        by_chance[: len(of_permuted)] = of_permuted
        beyond = np.sqrt(np.maximum(0, 1 - np.square(by_chance / values)))
        # Of a large column, few categories occur in the rows that are counted; the others stay zero.
        occurs = np.flatnonzero(counts)
        rows = table[occurs] @ (axes * values ** (POWER - 1)).astype(np.float32)
        size = np.sqrt(np.square(rows, dtype=np.float64).sum() / (len(occurs) * dim))
        found[occurs, : len(values)] = rows * (beyond / size).astype(np.float32)
        return found

    def _information(self, column: int, codes: Indices) -> Any:
        pairs = self._pairs(column, codes)
        own, shares = np.bincount(codes, minlength=self._sizes[column]), self._shares.copy()
        if column not in self._rows:
            shares[self._first[column] : self._first[column + 1]] = 0
        for first, last in _portions(pairs.indptr):
            part = slice(pairs.indptr[first], pairs.indptr[last])
            row = np.repeat(np.arange(first, last), np.diff(pairs.indptr[first : last + 1]))
            value, data = pairs.indices[part], pairs.data[part]
            # A value of several says nothing about itself.
            itself = self._first[column] + self._places[column][row] if column in self._rows else -1
            kept = np.flatnonzero((shares[value] > 0) & (value != itself))
            row, value, both = row[kept], value[kept], data[kept].astype(np.float64)
            entries = np.log(both / (own[row] * shares[value])) * both / (both + 1) / self._divisors[value]
            data[:] = 0
            data[kept] = np.where(entries > ROUNDING, entries, 0)
        pairs.eliminate_zeros()
        return pairs

    def _expected(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Return the smoothed share of each value in its column, 0 for values not counted, and the divisor of it."""
        shares, divisors = np.zeros(self._first[-1]), np.ones(self._first[-1])
        for codes, places, first, width in zip(
            self._columns, self._places, self._first[:-1], self._widths, strict=True
        ):
            # The last place is for values that are not counted.
            block = slice(first, first + width - 1)
            if width > 1:
                smooth = np.bincount(places[codes], minlength=width)[:-1] ** SMOOTHING
                shares[block], divisors[block] = smooth / smooth.sum(), (width - 1) ** 0.25
        return shares, divisors

    def _pairs(self, column: int, codes: Indices) -> Any:
        """Return how many rows have each pair of a category and a value, a sparse matrix."""
        from scipy import sparse

        rows = self._rows.get(column, np.arange(self._n_rows))
        shape = (self._sizes[column], self._n_rows)
        return sparse.csr_matrix((np.ones(len(codes), np.float32), (codes, rows)), shape) @ self._cells

    def _one_hot(self) -> Any:
        """Return all columns of all rows as a sparse matrix of ones."""
        from scipy import sparse

        n, plain = self._n_rows, [column for column in range(len(self._columns)) if column not in self._rows]
        values = np.empty((n, len(plain)), np.int32)
        for place, column in enumerate(plain):
            values[:, place] = self._places[column][self._columns[column]] + self._first[column]
        ends = np.arange(0, values.size + 1, max(1, len(plain)), dtype=np.int32)[: n + 1]
        ends = ends if len(plain) else np.zeros(n + 1, np.int32)
        shape = (n, int(self._first[-1]))
        cells = sparse.csr_matrix((np.ones(values.size, np.float32), values.ravel(), ends), shape)
        for column, rows in self._rows.items():
            own = self._places[column][self._columns[column]] + self._first[column]
            cells = cells + sparse.csr_matrix((np.ones(len(own), np.float32), (rows, own)), shape)
        return cells


def intervals_of(numbers: npt.NDArray[np.floating[Any]]) -> tuple[Indices, int]:
    """Return the interval of each number, and how many intervals there are: at most ten, with equally many numbers.

    Examples
    --------
    >>> codes, n = intervals_of(np.arange(40.0))
    >>> n, np.bincount(codes).tolist()
    (10, [4, 4, 4, 4, 4, 4, 4, 4, 4, 4])
    """
    edges = np.unique(np.quantile(numbers, np.arange(1, N_INTERVALS) / N_INTERVALS))
    return np.searchsorted(edges, numbers, side="right"), len(edges) + 1


def _portions(ends: Indices) -> Iterator[tuple[int, int]]:
    """Yield ranges of the rows of a sparse matrix with about ``PORTION`` entries, by the ends of the rows."""
    starts = np.searchsorted(ends, np.arange(0, ends[-1], PORTION), side="right") - 1
    return pairwise(np.unique([*starts, len(ends) - 1]).tolist())


def _most_frequent(codes: Indices, size: int) -> npt.NDArray[np.intp]:
    """Return the indices of a column that are counted, in order."""
    counts = np.bincount(codes, minlength=size)
    present = np.flatnonzero(counts)
    return np.sort(present[np.argsort(-counts[present], kind="stable")[:MOST_VALUES]])


def _places(chosen: npt.NDArray[np.intp], size: int) -> npt.NDArray[np.int32]:
    """Return the place of each index among the chosen ones, or the place after them."""
    places = np.full(size, len(chosen), np.int32)
    places[chosen] = np.arange(len(chosen), dtype=np.int32)
    return places


def _decomposed(table: Any, dim: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the largest singular values of a sparse matrix, and its right singular vectors as columns."""
    used = _used(table)
    axes = np.zeros((table.shape[1], dim))
    if not len(used):
        return np.zeros(0), axes[:, :0]
    narrow = table[:, used]
    reduced, basis, transposed = _reduced(narrow, dim)
    squares, directions = np.linalg.eigh(_gram(reduced))
    values = _roots(squares, dim)
    directions = directions[:, ::-1][:, : len(values)]
    found = directions if transposed else reduced.T @ directions / values
    if basis is not None:
        found = basis @ directions if transposed else found
        # The sign of a direction is arbitrary: its largest coordinate is positive, so that rounding does not decide.
        rows = narrow @ found
        found = found * np.sign(rows[np.abs(rows).argmax(axis=0), np.arange(len(values))])
    axes = axes[:, : len(values)]
    axes[used] = found
    return values, axes


def _singular_values(table: Any, dim: int) -> npt.NDArray[np.float64]:
    """Return the largest singular values of a sparse matrix, those of :func:`_decomposed`."""
    used = _used(table)
    if not len(used):
        return np.zeros(0)
    return _roots(np.linalg.eigvalsh(_gram(_reduced(table[:, used], dim)[0])), dim)


def _used(table: Any) -> npt.NDArray[np.intp]:
    """Return the columns of a sparse matrix with entries."""
    return np.flatnonzero(np.bincount(table.indices, minlength=table.shape[1]))


def _reduced(table: Any, dim: int) -> tuple[Any, npt.NDArray[np.floating[Any]] | None, bool]:
    """Return a matrix with few rows whose largest singular values are those of a sparse matrix.

    Returns
    -------
    reduced : sparse matrix or ndarray
        ``A``, or ``basis.T @ A``, where ``A`` is the matrix or its transpose.
    basis : ndarray or None
        Orthonormal columns that nearly span the largest left singular vectors of ``A``; None stands for the identity.
    transposed : bool
        Whether ``A`` is the transpose.
    """
    from sklearn.utils.extmath import randomized_range_finder

    wide = table.shape[0] < table.shape[1]
    if min(table.shape) <= max(SMALL, 2 * dim):
        return (table, None, False) if wide else (table.T, None, True)
    turned = table.T if wide else table
    basis = randomized_range_finder(turned, size=dim + N_OVERSAMPLES, n_iter=N_POWERS, random_state=0)
    return basis.T @ turned, basis, wide


def _gram(matrix: Any) -> npt.NDArray[np.float64]:
    """Return ``matrix @ matrix.T`` of a sparse or dense matrix."""
    from scipy import sparse

    precise = matrix.astype(np.float64)
    if not sparse.issparse(precise):
        product: npt.NDArray[np.float64] = precise @ precise.T
    elif precise.nnz > SPARSE * precise.shape[0] * precise.shape[1]:
        dense = precise.toarray()
        product = dense @ dense.T
    else:
        product = (precise @ precise.T).toarray()
    return product


def _roots(squares: npt.NDArray[np.floating[Any]], dim: int) -> npt.NDArray[np.float64]:
    """Return the square roots of the largest numbers, which increase, except for those that are 0 up to rounding."""
    values = np.sqrt(np.maximum(squares[::-1][:dim], 0), dtype=np.float64)
    kept: npt.NDArray[np.float64] = values[values > ROUNDING * values[0]]
    return kept
