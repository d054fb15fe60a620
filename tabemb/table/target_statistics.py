"""Target statistics: the mean target of each category and each combination of categories, as numbers of a row."""

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from tabemb.exceptions import FormatError
from tabemb.registry import Registry
from tabemb.table.bags import Bags
from tabemb.table.crosses import Crosses

__all__ = ["SCALES", "IdentityScale", "LogScale", "LogitScale", "TargetStatistics"]

Array = npt.NDArray[Any]
# Limits of the strength of the prior, in rows.
LEAST_PRIOR, MOST_PRIOR = 1.0, 1000.0
# Means are this far from the ends of their range.
MARGIN = 1e-6
NO_BAGS: Mapping[int, Bags] = MappingProxyType({})

SCALES: Registry[Any] = Registry("scale")


@SCALES.register("identity")
class IdentityScale:
    """The means themselves."""

    def __call__(self, means: Array) -> Array:
        """Return the means."""
        return means


@SCALES.register("logit")
class LogitScale:
    """The logits of shares."""

    def __call__(self, means: Array) -> Array:
        """Return the logits."""
        inside = np.clip(means, MARGIN, 1 - MARGIN)
        logits: Array = np.log(inside) - np.log1p(-inside)
        return logits


@SCALES.register("log")
class LogScale:
    """The logarithms of positive means."""

    def __call__(self, means: Array) -> Array:
        """Return the logarithms."""
        logarithms: Array = np.log(np.maximum(means, MARGIN))
        return logarithms


class TargetStatistics:
    """The mean targets of categories and of combinations of categories, shrunk by count, on the scale of the logits.

    With ``n`` rows, it is ``(sum of the targets + k * mean of all rows) / (n + k)``. ``k``, in rows, is the ratio of
    the variances within and between the combinations of a cross (empirical Bayes as in Micci-Barreca 2001, equations 3
    to 6, but with one variance for all combinations, since that of few rows is no estimate). In training, the
    statistics of a row are computed from the rows of other folds: with its own target, they would tell it.

    The numbers are standardized. A combination without rows has the statistic of the mean of all rows, and, unless
    switched off, an indicator.

    Parameters
    ----------
    crosses : sequence of tuple of int
        The positions of the columns of each statistic in the matrix of indices.
    sizes : sequence of int
        Number of indices of each column of the matrix.
    scale : {"identity", "logit", "log"}
        The scale of the statistics.
    indicators : bool, default=True
        Whether crosses of which some combinations have no rows get an indicator of these.

    Examples
    --------
    >>> statistics = TargetStatistics([(0,)], [4], "identity")
    >>> indices, targets = np.array([[2], [2], [3], [3]]), np.array([[1.0], [1.0], [0.0], [0.0]])
    >>> statistics.fit_encode(indices, targets, np.array([0, 1, 0, 1])).round(3).tolist()
    [[1.0], [1.0], [-1.0], [-1.0]]
    >>> statistics.encode(np.array([[2], [1]]))[1].tolist()
    [0.0]
    """

    def __init__(
        self, crosses: Sequence[tuple[int, ...]], sizes: Sequence[int], scale: str, *, indicators: bool = True
    ) -> None:
        self.crosses, self.scale, self._indicators = Crosses(crosses, sizes), scale, indicators
        self._scale = SCALES.resolve(scale)

    mean: Array
    priors: list[float]
    _sums: list[Array]
    _counts: list[Array]
    _center: Array
    _spread: Array
    _indicated: Array

    @property
    def n_numbers(self) -> int:
        """Number of numbers per row."""
        return len(self.crosses.columns) * len(self.mean) + len(self._indicated)

    def numbers_of(self, columns: Collection[int]) -> list[int]:
        """Return the positions of the numbers that depend on any of the columns."""
        width, crosses = len(self.mean), self.crosses.columns
        concerned = [place for place, cross in enumerate(crosses) if set(cross) & set(columns)]
        numbers = [width * place + output for place in concerned for output in range(width)]
        indicators = [width * len(crosses) + at for at, place in enumerate(self._indicated) if place in concerned]
        return numbers + indicators

    def names(self, columns: Sequence[str], suffixes: Sequence[str] | None = None) -> tuple[str, ...]:
        """Return the names of the numbers, such as ``dest_target``, ``carrier_x_dest_target``, ``dest_target_unseen``.

        Parameters
        ----------
        columns : sequence of str
            Names of the columns of the matrix of indices.
        suffixes : sequence of str, optional
            What follows ``_target`` for each output. By default, nothing for one output and the positions of several.
        """
        stems = ["_x_".join(columns[position] for position in cross) + "_target" for cross in self.crosses.columns]
        if suffixes is None:
            suffixes = [""] if len(self.mean) == 1 else [f"_{place}" for place in range(len(self.mean))]
        numbers = [stem + each for stem in stems for each in suffixes]
        return (*numbers, *(f"{stems[place]}_unseen" for place in self._indicated))

    def fit_encode(
        self,
        indices: npt.NDArray[np.integer[Any]],
        targets: npt.NDArray[np.float64],
        folds: npt.NDArray[np.integer[Any]],
        weights: npt.NDArray[Any] | None = None,
        trains: Sequence[npt.NDArray[np.integer[Any]]] | None = None,
        bags: Mapping[int, Bags] = NO_BAGS,
    ) -> npt.NDArray[np.float32]:
        """Compute the statistics, and return the numbers of the same rows, each from the rows of other folds.

        Parameters
        ----------
        indices : ndarray of int of shape (n, n_categorical)
            Category indices.
        targets : ndarray of float64 of shape (n, n_outputs)
            The numbers whose means are computed, such as an indicator per class.
        folds : ndarray of int of shape (n,)
            Fold of each row.
        weights : ndarray of shape (n,), optional
            Weight of each row.
        trains : sequence of ndarray of int, optional
            The rows of which each fold gets its statistics. By default, all rows of the other folds.
        bags : mapping of int to Bags, optional
            For the columns whose cells hold several values, by position: the values. The statistic of a cell is the
            weighted mean of those of its values.

        Returns
        -------
        ndarray of float32 of shape (n, n_numbers)
        """
        weights = np.ones(len(indices)) if weights is None else np.asarray(weights, np.float64)
        totals = _Totals(folds, weights, targets, trains)
        self._sums, self._counts, self.priors, columns = [], [], [], []
        count, total, n_others, of_others = totals.by(np.zeros(len(indices), np.intp), 1)
        self.mean = total[0] / count[0]
        means = of_others[:, 0] / np.maximum(n_others, MARGIN)
        cells = _SeveralValues(indices, bags)
        for cross, codes in zip(self.crosses.columns, self.crosses.fit_codes(indices, cells.values), strict=True):
            rows = cells.rows.get(cross[0])
            its_folds, size = folds if rows is None else folds[rows], int(codes.max()) + 1
            counts, sums, n_others, of_others = totals.by(codes, size, rows)
            self._counts.append(counts)
            self._sums.append(sums)
            own = (targets, weights) if rows is None else (targets[rows], weights[rows])
            self.priors.append(self._prior(codes, *own))
            others = of_others[its_folds, codes], n_others[its_folds, codes]
            columns.append(cells.pooled(cross[0], self._statistic(*others, self.priors[-1], means[its_folds])))
        numbers = np.hstack(columns)
        seen = ~np.isnan(numbers)
        n_seen = np.maximum((seen * weights[:, None]).sum(axis=0), MARGIN)
        self._center = np.where(seen, numbers, 0.0).T @ weights / n_seen
        variance = np.where(seen, numbers - self._center, 0.0).T ** 2 @ weights / n_seen
        self._spread = np.where(variance > MARGIN**2, np.sqrt(variance), 1.0)
        # One indicator per cross, whatever the number of outputs.
        self._indicated = np.flatnonzero(self._indicators & ~seen.all(axis=0)[:: len(self.mean)])
        return self._standardized(numbers)

    def encode(
        self, indices: npt.NDArray[np.integer[Any]], bags: Mapping[int, Bags] = NO_BAGS
    ) -> npt.NDArray[np.float32]:
        """Return the numbers of rows that were not in the fit, from the statistics of all of its rows.

        Parameters
        ----------
        indices : ndarray of int of shape (n, n_categorical)
            Category indices.
        bags : mapping of int to Bags, optional
            For the columns whose cells hold several values, by position: the values.

        Returns
        -------
        ndarray of float32 of shape (n, n_numbers)
        """
        columns, cells = [], _SeveralValues(indices, bags)
        for cross, codes, sums, counts, prior in zip(
            self.crosses.columns,
            self.crosses.codes(indices, cells.values),
            self._sums,
            self._counts,
            self.priors,
            strict=True,
        ):
            known = codes < len(counts)
            place = np.where(known, codes, 0)
            columns.append(
                cells.pooled(cross[0], self._statistic(sums[place], counts[place] * known, prior, self.mean))
            )
        return self._standardized(np.hstack(columns))

    def _statistic(self, sums: Array, counts: Array, prior: float, mean: Array) -> Array:
        statistic: Array = self._scale((sums + prior * mean) / (counts + prior)[:, None])
        statistic[counts <= 0] = np.nan
        return statistic

    def _standardized(self, numbers: Array) -> npt.NDArray[np.float32]:
        missing = np.isnan(numbers)
        filled = np.where(missing, np.tile(self._scale(self.mean), len(self.crosses.columns)), numbers)
        indicators = missing[:, :: len(self.mean)][:, self._indicated]
        standardized: npt.NDArray[np.float32] = np.hstack([(filled - self._center) / self._spread, indicators]).astype(
            np.float32
        )
        return standardized

    def _prior(self, codes: Array, targets: Array, weights: Array) -> float:
        """Return the ratio of the variances within and between combinations, by the analysis of variance."""
        counts, sums = self._counts[-1], self._sums[-1]
        means = sums / np.maximum(counts, MARGIN)[:, None]
        total, n = counts.sum(), len(counts)
        within = float(weights @ ((targets - means[codes]) ** 2).sum(axis=1))
        between = float(counts @ ((means - self.mean) ** 2).sum(axis=1))
        if total <= n or n < 2:
            return MOST_PRIOR
        within /= total - n
        # The mean number of rows of a combination, for combinations of unequal size.
        size = (total - counts @ counts / total) / (n - 1)
        between = (between / (n - 1) - within) / size
        return float(np.clip(within / between, LEAST_PRIOR, MOST_PRIOR)) if between > 0 else MOST_PRIOR

    @classmethod
    def of_means(cls, tables: Sequence[npt.NDArray[np.floating[Any]]]) -> "TargetStatistics":
        """Return statistics whose numbers are given means of the categories of each column, unchanged.

        Parameters
        ----------
        tables : sequence of ndarray of shape (n_indices, n_outputs)
            The means of each column, by index.
        """
        sizes = [len(table) for table in tables]
        statistics = cls([(place,) for place in range(len(sizes))], sizes, "identity")
        statistics.crosses.fit_codes(np.stack([np.minimum(np.arange(max(sizes)), size - 1) for size in sizes], axis=1))
        statistics._sums = [table.astype(np.float64) for table in tables]
        statistics._counts = [np.ones(size) for size in sizes]
        statistics.priors, statistics.mean = [0.0] * len(sizes), np.zeros(tables[0].shape[1])
        statistics._center = np.zeros(len(sizes) * len(statistics.mean))
        statistics._spread, statistics._indicated = np.ones_like(statistics._center), np.empty(0, np.intp)
        return statistics

    def to_state(self) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
        """Return the fitted state as JSON values and arrays."""
        crosses, arrays = self.crosses.to_state()
        state = {"crosses": crosses, "scale": self.scale, "priors": self.priors}
        arrays |= {f"sums_{place}": sums for place, sums in enumerate(self._sums)}
        arrays |= {f"counts_{place}": counts for place, counts in enumerate(self._counts)}
        own = {"mean": self.mean, "center": self._center, "spread": self._spread, "indicated": self._indicated}
        return state, arrays | own

    @classmethod
    def from_state(cls, state: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]]) -> "TargetStatistics":
        """Return the statistics from the output of :meth:`to_state`.

        Raises
        ------
        FormatError
            If an entry is missing, or the shapes do not fit.
        """
        try:
            statistics = cls([(0,)], [1], state["scale"])
            statistics.crosses = Crosses.from_state(state["crosses"], arrays)
            n_codes = statistics.crosses.n_codes
            statistics.priors = [float(each) for each in state["priors"]]
            statistics._sums = [arrays[f"sums_{place}"] for place in range(len(n_codes))]
            statistics._counts = [arrays[f"counts_{place}"] for place in range(len(n_codes))]
            statistics.mean, statistics._center = arrays["mean"], arrays["center"]
            statistics._spread, statistics._indicated = arrays["spread"], arrays["indicated"]
        except (KeyError, TypeError) as error:
            raise FormatError(f"The saved target statistics lack the entry {error}.") from error
        width = len(statistics.mean)
        fits = len(statistics.priors) == len(n_codes) and statistics._center.shape == (width * len(n_codes),)
        fits &= statistics._spread.shape == statistics._center.shape
        fits &= all(
            sums.shape == (size, width) and counts.shape == (size,)
            for sums, counts, size in zip(statistics._sums, statistics._counts, n_codes, strict=True)
        )
        fits &= not len(statistics._indicated) or statistics._indicated.max() < len(n_codes)
        if not fits:
            raise FormatError("The saved target statistics do not fit together. Save the estimator again.")
        return statistics


class _SeveralValues:
    """The values of the rows in those columns whose cells hold several, and the means of their statistics."""

    def __init__(self, indices: npt.NDArray[np.integer[Any]], bags: Mapping[int, Bags]) -> None:
        self.rows: dict[int, Array] = {}
        self.values: dict[int, Array] = {}
        self._weights: dict[int, Array] = {}
        self._n_rows = len(indices)
        for position, each in bags.items():
            self.rows[position], places = each.places(indices[:, position])
            self.values[position] = each.values[places]
            self._weights[position] = np.ones(len(places)) if each.weights is None else each.weights[places]

    def pooled(self, position: int, statistic: Array) -> Array:
        """Return the statistic of each row: the mean of those of its values that have one, NaN if none has."""
        if position not in self.rows:
            return statistic
        rows, seen = self.rows[position], ~np.isnan(statistic)
        weights = self._weights[position][:, None] * seen
        totals = _summed(rows, np.where(seen, statistic, 0.0) * weights, self._n_rows)
        counts = _summed(rows, weights, self._n_rows)
        means: Array = np.where(counts > 0, totals / np.maximum(counts, MARGIN), np.nan)
        return means


class _Totals:
    """Weights and weighted sums of targets by code: of all rows, and of those from which each fold gets its own."""

    def __init__(self, folds: Array, weights: Array, targets: Array, trains: Sequence[Array] | None) -> None:
        self._folds, self._weights, self._trains = folds, weights, trains
        self._weighted = weights[:, None] * targets
        self._n_folds = int(folds.max()) + 1

    def by(self, codes: Array, size: int, rows: Array | None = None) -> tuple[Array, Array, Array, Array]:
        """Return counts (size,), sums (size, n_outputs), and both for each fold (n_folds, size, ...).

        ``rows`` are the rows of the codes, if these are not one per row.
        """
        folds, weights, weighted = self._folds, self._weights, self._weighted
        if rows is not None:
            folds, weights, weighted = folds[rows], weights[rows], weighted[rows]
        if self._trains is None:
            place, n_places = folds * size + codes, self._n_folds * size
            counts = np.bincount(place, weights, n_places).reshape(self._n_folds, size)
            sums = _summed(place, weighted, n_places).reshape(self._n_folds, size, -1)
            count, total = counts.sum(axis=0), sums.sum(axis=0)
            return count, total, count - counts, total - sums
        chosen = [train if rows is None else np.isin(rows, train) for train in self._trains]
        parts = [(codes[each], weights[each], weighted[each]) for each in chosen]
        count, total = np.bincount(codes, weights, size), _summed(codes, weighted, size)
        n_others = np.stack([np.bincount(place, weights, size) for place, weights, _ in parts])
        return count, total, n_others, np.stack([_summed(place, weighted, size) for place, _, weighted in parts])


def _summed(place: Array, columns: Array, size: int) -> Array:
    return np.column_stack([np.bincount(place, column, size) for column in columns.T])
