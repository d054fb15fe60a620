"""The vectors of a column before training: random, or computed from the table."""

import math
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from numbers import Real

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator

from tabemb.nn.embedding import TableSpec
from tabemb.nn.network import Network
from tabemb.nn.parameters import check_not_negative, check_positive
from tabemb.registry import Registry
from tabemb.table.bags import Bags
from tabemb.table.encoded_table import EncodedTable
from tabemb.vectors.cooccurrence import MOST_ROWS, Cooccurrence
from tabemb.vectors.dimensions import random_rotation
from tabemb.vectors.shrinkage import count_weighted_mean
from tabemb.vectors.threads import ONE_THREAD

__all__ = ["AUTO", "STARTS", "CooccurrenceStart", "RandomStart", "Start", "StartedTable", "started_tables"]

# Initial vectors of a column: from its position, its number of dimensions, and the number of slices in which the
# network reads them. None stands for random vectors.
StartOf = Callable[[int, int, int], npt.NDArray[np.float32] | None]

# Categories whose vectors are scaled at a time, to bound the memory.
CHUNK = 65_536
# The prior that is chosen on held-out rows.
AUTO = "auto"


class Start(BaseEstimator):
    """Computes the vectors of the columns of a table before training, without its target."""

    def check(self) -> None:
        """Raise a ValueError if a parameter is out of range."""

    def prior_of(self, column: str) -> float | None:
        """Return the weight of the initial vectors of a column in rows, or None if held-out rows decide.

        With the weight ``k``, training leaves a category with ``n`` rows ``n / (n + k)`` of the change of its vector.
        """
        return 0.0

    def of(self, table: EncodedTable, sizes: Sequence[int]) -> StartOf:
        """Return a function that computes the vectors of a column.

        Parameters
        ----------
        table : EncodedTable
            The training rows.
        sizes : sequence of int
            Number of indices of each categorical column.

        Returns
        -------
        callable
            From the position of a column, the number of dimensions, and the number of slices in which the network
            reads the vectors, to an ndarray of float32 of shape (size, dim), or None for random vectors.
        """
        raise TypeError("a start must define of(table, sizes)")


STARTS: Registry[Start] = Registry("start")


@STARTS.register("random")
class RandomStart(Start):
    """Random vectors, from a normal distribution with a small standard deviation.

    Examples
    --------
    >>> RandomStart()
    RandomStart()
    """

    def of(self, table, sizes):
        """Return a function that returns None."""
        return lambda column, dim, n_slices: None


@STARTS.register("cooccurrence")
class CooccurrenceStart(Start):
    """The default: vectors from the other columns of the table, so that categories with similar rows start alike.

    The vectors are those of :class:`tabemb.vectors.cooccurrence.Cooccurrence`, centered at the mean row. Those of rare
    categories, which are mostly chance, are shrunk to this center. A column starts at random if the table has no other
    column, or if its categories do not differ in the others.

    If the members of the network see slices of the vectors, the vectors are rotated by a fixed random rotation, so that
    all slices have a similar share of the variance.

    Parameters
    ----------
    shrinkage : float, default=10.0
        The vector of a category with ``n`` rows is multiplied by ``n / (n + shrinkage)``.
    spread : float, default=0.3
        Root mean square of the numbers in the vectors, before those that may be chance are shrunk.
    prior : "auto", float, or mapping of str to these, default="auto"
        Weight of the initial vectors, in rows: after training, the vector of a category with ``n`` rows is its initial
        vector plus ``n / (n + prior)`` of the change by training. 0 keeps all of the change, infinity none. ``"auto"``
        chooses the largest weight per column that does not raise the loss of held-out rows; without ``early_stopping``
        there are none, and it stands for 0. A mapping gives the weight of some columns; the others have ``"auto"``.

    Examples
    --------
    >>> CooccurrenceStart(spread=0.1)
    CooccurrenceStart(spread=0.1)
    """

    def __init__(self, shrinkage=10.0, spread=0.3, prior=AUTO):
        self.shrinkage = shrinkage
        self.spread = spread
        self.prior = prior

    def check(self):
        """Raise a ValueError if a parameter is out of range."""
        check_not_negative("shrinkage", self.shrinkage)
        check_positive("spread", self.spread)
        for each in self.prior.values() if isinstance(self.prior, Mapping) else [self.prior]:
            if not (each == AUTO if isinstance(each, str) else _is_weight(each)):
                raise ValueError(f"prior must be 'auto', a number of at least 0, or a mapping of these; got {each!r}.")

    def prior_of(self, column):
        """Return the weight that ``prior`` gives the column, or None if held-out rows decide."""
        prior = self.prior.get(column, AUTO) if isinstance(self.prior, Mapping) else self.prior
        return None if isinstance(prior, str) else float(prior)

    def of(self, table, sizes):
        """Return a function that computes the vectors."""
        self.check()
        cooccurrence = Cooccurrence(table.indices, sizes, table.numbers, table.bags)

        def vectors_of(column, dim, n_slices):
            with ONE_THREAD:
                return self._vectors(cooccurrence, column, dim, n_slices)

        return vectors_of

    def _vectors(self, cooccurrence, column, dim, n_slices):
        counts, rows = cooccurrence.counts(column), cooccurrence.vectors(column, dim)
        if not len(occurs := np.flatnonzero(counts)):
            return None
        mean = count_weighted_mean(rows[occurs], counts[occurs])
        turn = random_rotation(dim) if n_slices > 1 else None
        kept = counts / (counts + self.shrinkage) if self.shrinkage else (counts > 0).astype(float)
        for start in range(0, len(rows), CHUNK):
            part = slice(start, start + CHUNK)
            scaled = self.spread * kept[part, None] * (rows[part] - mean)
            rows[part] = scaled if turn is None else scaled @ turn
        return rows if rows.any() else None


@dataclass(frozen=True, eq=False, kw_only=True)
class StartedTable:
    """The computed initial vectors of a table, which are zero for most rows of a large one.

    Parameters
    ----------
    table : TableSpec
        The table.
    which : ndarray of int of shape (n,)
        The rows that are not zero, increasing.
    rows : ndarray of float32 of shape (n, embedding_dim)
        Their vectors.
    prior : float or None
        Weight of the vectors in rows; None if held-out rows decide.
    """

    table: TableSpec
    which: npt.NDArray[np.intp]
    rows: npt.NDArray[np.float32]
    prior: float | None = 0.0

    def put(self, network: Network) -> None:
        """Put the vectors into the table of a network."""
        values = np.zeros((self.table.vocabulary_size, self.table.embedding_dim), np.float32)
        values[self.which] = self.rows
        network.tables[self.table].embeddings.assign(values)

    def look_up(self, indices: npt.NDArray[np.integer]) -> npt.NDArray[np.float32]:
        """Return the vectors of some indices, of shape (len(indices), embedding_dim)."""
        places = np.minimum(np.searchsorted(self.which, indices), len(self.which) - 1)
        return self.rows[places] * (self.which[places] == indices)[:, None]

    def pull(self, network: Network, kept: npt.NDArray[np.float32]) -> None:
        """Leave each row of the table of a network some of its change since the start.

        Parameters
        ----------
        network : Network
            A trained network that started from these vectors.
        kept : ndarray of shape (vocabulary_size,)
            The share of the change that each row keeps.
        """
        embeddings = network.tables[self.table].embeddings
        values = np.array(embeddings.numpy())
        for start in range(0, len(values), CHUNK):
            values[start : start + CHUNK] *= kept[start : start + CHUNK, None]
        values[self.which] += (1 - kept[self.which, None]) * self.rows
        embeddings.assign(values)


def started_tables(
    network: Network,
    start: Start,
    table: EncodedTable,
    sizes: Sequence[int],
    without: Container[str] = (),
    apart: Container[str] = (),
) -> list[StartedTable]:
    """Compute the initial vectors of the tables of a network, which is unchanged.

    Parameters
    ----------
    network : Network
        The network.
    start : Start
        Computes the vectors.
    table : EncodedTable
        The training rows.
    sizes : sequence of int
        Number of indices of each categorical column.
    without : container of str, optional
        Tables that are left out.
    apart : container of str, optional
        Tables that columns share though their categories have nothing in common, such as those of hashed vocabularies:
        a row begins at the mean of what it is in each column. Rows of other tables are the same category in all.

    Returns
    -------
    list of StartedTable
        The tables that do not start at random.
    """
    start.check()
    columns: dict[TableSpec, dict[str, int]] = {}
    for feature in network.spec.features:
        if feature.table.name not in without:
            columns.setdefault(feature.table, {})[feature.name] = feature.position
    started, of_columns = [], None
    for spec, its in columns.items():
        size, positions = (spec.embedding_dim, network.n_slices(spec)), list(its.values())
        if len(positions) > 1 and spec.name not in apart:
            rows = start.of(_stacked(table, sizes, positions), _stacked_sizes(sizes, positions))(0, *size)
        else:
            of_columns = of_columns or start.of(table, sizes)
            found = {position: of_columns(position, *size) for position in positions}
            rows = _mean_of_columns(table, {place: each for place, each in found.items() if each is not None})
        if rows is not None:
            if spec.blocks:
                rows = np.where(spec.used(), rows, np.float32(0))
            which = np.flatnonzero(rows.any(axis=1))
            priors = [start.prior_of(name) for name in (spec.name, *its)]
            prior = next((each for each in priors if each is not None), None)
            started.append(StartedTable(table=spec, which=which, rows=rows[which], prior=prior))
    return started


def _mean_of_columns(
    table: EncodedTable, rows: Mapping[int, npt.NDArray[np.float32]]
) -> npt.NDArray[np.float32] | None:
    """Return the mean of the vectors of columns that share a table, weighted by how often each has the row."""
    if len(rows) < 2:
        return next(iter(rows.values()), None)
    counts = {position: table.counts(position, len(each)).astype(np.float32) for position, each in rows.items()}
    total = np.maximum(sum(counts.values()), 1)[:, None]
    return sum(each * counts[position][:, None] for position, each in rows.items()) / total


def _stacked(table: EncodedTable, sizes: Sequence[int], positions: Sequence[int]) -> EncodedTable:
    """Return the rows once per column that shares a table: its cell, those of the others of the table, all others.

    So the categories of the table are told apart by what occurs with them in any of its columns. Of a large table, as
    many rows as are counted are stacked.
    """
    if len(table) > MOST_ROWS:
        table = table.take(np.linspace(0, len(table), MOST_ROWS, endpoint=False).astype(np.intp))
    others = [position for position in range(table.indices.shape[1]) if position not in positions]
    turns = [[*positions[turn:], *positions[:turn], *others] for turn in range(len(positions))]
    indices, bags = [table.indices[:, turn] for turn in turns], {}
    for place, columns in enumerate(zip(*turns, strict=True)):
        if place >= len(positions) and columns[0] in table.bags:
            bags[place] = table.bags[columns[0]]
        elif any(column in table.bags for column in columns):
            # Cells of the columns of the table, one column after the other.
            parts = [table.bags.get(column) or Bags.of_single(sizes[column]) for column in columns]
            bags[place] = Bags.joined(parts)
            for its, base in zip(indices, np.cumsum([0, *map(len, parts)]), strict=False):
                its[:, place] += base
    stacked = np.asfortranarray(np.concatenate(indices))
    return EncodedTable(stacked, np.tile(table.numbers, (len(positions), 1)), bags)


def _stacked_sizes(sizes: Sequence[int], positions: Sequence[int]) -> list[int]:
    others = [size for position, size in enumerate(sizes) if position not in positions]
    return [*(sizes[position] for position in positions), *others]


def _is_weight(value):
    return isinstance(value, Real) and not isinstance(value, bool) and 0 <= value <= math.inf
