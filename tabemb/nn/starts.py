"""The vectors of a column before training: random, or computed from the table."""

from collections.abc import Callable, Container, Sequence

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator

from tabemb.nn.embedding import TableSpec
from tabemb.nn.network import Network
from tabemb.nn.parameters import check_not_negative, check_positive
from tabemb.registry import Registry
from tabemb.table.encoded_table import EncodedTable
from tabemb.vectors.cooccurrence import Cooccurrence
from tabemb.vectors.dimensions import random_rotation
from tabemb.vectors.shrinkage import count_weighted_mean

__all__ = ["STARTS", "CooccurrenceStart", "RandomStart", "Start", "start_network"]

# Initial vectors of a column: from its position, its number of dimensions, and the number of slices in which the
# network reads them. None stands for random vectors.
StartOf = Callable[[int, int, int], npt.NDArray[np.float32] | None]

# Categories whose vectors are scaled at a time, to bound the memory.
CHUNK = 65_536


class Start(BaseEstimator):
    """Computes the vectors of the columns of a table before training, without its target."""

    def check(self) -> None:
        """Raise a ValueError if a parameter is out of range."""

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

    Examples
    --------
    >>> CooccurrenceStart(spread=0.1)
    CooccurrenceStart(spread=0.1)
    """

    def __init__(self, shrinkage=10.0, spread=0.3):
        self.shrinkage = shrinkage
        self.spread = spread

    def check(self):
        """Raise a ValueError if a parameter is out of range."""
        check_not_negative("shrinkage", self.shrinkage)
        check_positive("spread", self.spread)

    def of(self, table, sizes):
        """Return a function that computes the vectors."""
        self.check()
        cooccurrence = Cooccurrence(table.indices, sizes, table.numbers)
        return lambda column, dim, n_slices: self._vectors(cooccurrence, column, dim, n_slices)

    def _vectors(self, cooccurrence, column, dim, n_slices):
        counts, rows = cooccurrence.counts(column), cooccurrence.vectors(column, dim)
        mean = count_weighted_mean(rows, counts)
        turn = random_rotation(dim) if n_slices > 1 else np.eye(dim)
        kept = counts / (counts + self.shrinkage) if self.shrinkage else (counts > 0).astype(float)
        for start in range(0, len(rows), CHUNK):
            part = slice(start, start + CHUNK)
            rows[part] = self.spread * kept[part, None] * (rows[part] - mean) @ turn
        return rows if rows.any() else None


def start_network(
    network: Network, start: Start, table: EncodedTable, sizes: Sequence[int], without: Container[str] = ()
) -> list[TableSpec]:
    """Put the vectors of a start into the tables of a new network.

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
        Columns that keep their vectors.

    Returns
    -------
    list of TableSpec
        The tables that do not start at random.
    """
    start.check()
    first = {feature.table: feature for feature in reversed(network.spec.features) if feature.name not in without}
    if not first:
        return []
    vectors_of, started = start.of(table, sizes), []
    for spec, feature in first.items():
        rows = vectors_of(feature.position, spec.embedding_dim, network.n_slices(spec))
        if rows is not None:
            network.start_rows(spec, rows, np.ones(len(rows), bool))
            started.append(spec)
    return started
