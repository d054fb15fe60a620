"""Tables with a known truth: click logs whose click probabilities are known, to tell how far a model is from the best.

All random numbers are hashes of a seed, a purpose and a counter (SplitMix64; Steele et al. 2014, "Fast splittable
pseudorandom number generators"). So the effect of a category needs no table of all categories, and the same seed gives
the same ids and clicks on every platform.
"""

import math
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from numbers import Integral, Real
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from tabemb.ranges import check_share

__all__ = ["ClickLog", "make_clicks"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]

# Names of the first columns; later ones are c8, c9 and so on.
_NAMES = ("user", "item", "site", "app", "campaign", "device", "city", "query")
_MOST_CATEGORIES = 10_000_000
_STEEPEST = 10.0
_LARGEST_STD = 100.0
# Purposes of random numbers.
_RANK, _REPLACED, _MOMENT, _ID, _EFFECT, _VECTOR, _NUMBER, _SIGN, _CLICK = range(9)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ClickLog:
    r"""A log of shown ads, the clicks, and the probability of each click.

    The Bayes scores are those that the true probabilities :math:`p_i` of these rows reach on average over all possible
    clicks. No model has a better expected score; on the clicks that were drawn, a score may be better by chance.

    - ``log_loss``: the mean of :math:`-p_i \log p_i - (1 - p_i) \log(1 - p_i)`, in nats.
    - ``auc``: of all pairs of a row with and a row without a click, the share in which the former has the higher
      probability; half of the pairs with equal ones. This is the expected number of such pairs, the sum of
      :math:`p_i (1 - p_j) ([p_i > p_j] + [p_i = p_j] / 2)` over :math:`i \ne j`, divided by the expected number of all
      pairs, the sum of :math:`p_i (1 - p_j)`. NaN if no pair is possible, as in a log of one row.

    Parameters
    ----------
    X : pandas.DataFrame
        A row per shown ad: ``time``, the categorical columns, and the numbers.
    y : ndarray of int, shape (n_rows,)
        1 for a click, otherwise 0.
    probability : ndarray of float, shape (n_rows,)
        The probability that ``y`` is 1.
    categorical : tuple of str
        Names of the categorical columns.

    Raises
    ------
    ValueError
        If the lengths differ, there are no rows, or a categorical column is missing.

    Examples
    --------
    >>> log = ClickLog(
    ...     X=pd.DataFrame({"time": [0, 1, 2], "item": [7, 8, 7]}),
    ...     y=np.array([1, 0, 0]),
    ...     probability=np.array([0.5, 0.1, 0.5]),
    ...     categorical=("item",),
    ... )
    >>> log
    <ClickLog: 3 rows, 1 categorical column, 1 click>
    >>> round(log.log_loss, 3), round(log.auc, 3)
    (0.57, 0.767)
    """

    X: pd.DataFrame
    y: Ints
    probability: Floats
    categorical: tuple[str, ...]

    def __post_init__(self) -> None:
        lengths = {"X": len(self.X), "y": len(self.y), "probability": len(self.probability)}
        if len(set(lengths.values())) > 1 or not lengths["X"]:
            stated = ", ".join(f"{name} {length:,}" for name, length in lengths.items())
            raise ValueError(f"X, y and probability must have the same number of rows, at least one; got {stated}.")
        if missing := [name for name in self.categorical if name not in self.X.columns]:
            raise ValueError(f"categorical must be columns of X; it has no column {missing[0]!r}.")

    def __repr__(self) -> str:
        columns, clicks = len(self.categorical), int(self.y.sum())
        return (
            f"<ClickLog: {len(self.X):,} rows, {columns} categorical column{'s' * (columns != 1)}, "
            f"{clicks:,} click{'s' * (clicks != 1)}>"
        )

    @property
    def log_loss(self) -> float:
        """Bayes log loss: the mean entropy of the clicks, in nats."""
        p = self.probability
        inside = p[(p > 0) & (p < 1)]
        return float(-(inside * np.log(inside) + (1 - inside) * np.log1p(-inside)).sum() / len(p))

    @property
    def auc(self) -> float:
        """Bayes ROC AUC: that of ranking the rows by their true probabilities, in O(n log n)."""
        p = np.sort(self.probability)
        no_clicks = np.concatenate([[0.0], np.cumsum(1 - p)])
        below = no_clicks[np.searchsorted(p, p, side="left")]
        equal = no_clicks[np.searchsorted(p, p, side="right")] - below - (1 - p)
        pairs = float(np.sum(p * (no_clicks[-1] - (1 - p))))
        return float(np.sum(p * (below + equal / 2))) / pairs if pairs > 0 else math.nan

    def split(self, share: float = 0.8) -> tuple["ClickLog", "ClickLog"]:
        """Return the earlier and the later rows.

        Parameters
        ----------
        share : float, default=0.8
            Share of the rows that are in the first part, above 0 and below 1.

        Returns
        -------
        earlier, later : ClickLog

        Raises
        ------
        ValueError
            If ``share`` is not between 0 and 1, or a part would have no rows.

        Examples
        --------
        >>> earlier, later = make_clicks(1_000, random_state=0).split(0.75)
        >>> len(earlier.X), len(later.X), int(later.X["time"].min())
        (750, 250, 750)
        """
        check_share("share", share)
        n = round(share * len(self.X))
        if not 0 < n < len(self.X):
            raise ValueError(f"share={share} leaves one part of the {len(self.X):,} rows empty. Use more rows.")
        earlier, later = (
            replace(self, X=self.X.iloc[rows], y=self.y[rows], probability=self.probability[rows])
            for rows in (slice(None, n), slice(n, None))
        )
        return earlier, later


def make_clicks(
    n_rows: int = 100_000,
    n_columns: int = 8,
    *,
    cardinality: int | Sequence[int] = 10_000,
    zipf: float = 1.1,
    n_numbers: int = 0,
    click_rate: float = 0.05,
    effect_std: float = 0.4,
    interactions: int | Iterable[tuple[str, str]] = 2,
    interaction_std: float = 0.4,
    latent_dim: int = 4,
    drift: float = 0.0,
    ids: Literal["integer", "text"] = "integer",
    random_state: int | None = None,
) -> ClickLog:
    r"""Generate a click log whose click probabilities are known.

    The logit of a click is the sum of an intercept, an effect :math:`w` of each category, an interaction of the latent
    vectors :math:`v` of some pairs of columns, as in a factorization machine (Rendle 2010), and linear effects of the
    numbers:

    .. math:: b + \sum_c w_{x_c} + \frac{s}{\sqrt{d}} \sum_{(c, e)} \langle v_{x_c}, v_{x_e} \rangle
       + \sum_j \beta_j x_j

    Effects and vectors are normal, and independent of the frequency of the category. The columns are independent of
    each other. A model can only estimate the effects, and cannot know those of categories that it has not seen, so its
    scores are worse than the Bayes scores unless each category has many rows.

    Parameters
    ----------
    n_rows : int, default=100_000
        Number of rows.
    n_columns : int, default=8
        Number of categorical columns: ``user``, ``item``, ``site``, ``app``, ``campaign``, ``device``, ``city``,
        ``query``, then ``c8``, ``c9`` and so on.
    cardinality : int or sequence of int, default=10_000
        Number of categories of each column that exist at any one time, at most 10,000,000. Memory and time do not
        depend on it.
    zipf : float, default=1.1
        Exponent of the frequencies, from 0 to 10: the category of rank :math:`k` has a share proportional to
        :math:`k^{-zipf}`. 0 makes all categories equally frequent.
    n_numbers : int, default=0
        Number of numeric columns, ``x0``, ``x1`` and so on, with standard normal values.
    click_rate : float, default=0.05
        Mean of the click probabilities of all rows. The intercept is solved for it.
    effect_std : float, default=0.4
        Standard deviation of the effect of a category, and of a number, on the logit, at most 100.
    interactions : int or iterable of pairs of str, default=2
        Pairs of columns that interact: their names, or the number of pairs, which then are the first of (user, item),
        (user, site), (item, site), (user, app) and so on, as far as there are any.
    interaction_std : float, default=0.4
        Standard deviation :math:`s` of each interaction on the logit, at most 100.
    latent_dim : int, default=4
        Number of dimensions :math:`d` of the latent vectors.
    drift : float, default=0.0
        Share of the categories that are replaced over the length of the log, from 0 to below 1. Each category of a
        column is replaced with this probability, at a moment drawn uniformly over the rows. From then on, a new
        category takes its frequency, with its own id, effect and vector. At 0, the rows are exchangeable.
    ids : {"integer", "text"}, default="integer"
        Type of the ids: integers below the cardinality (twice the cardinality with drift) in random order, which do
        not tell how frequent or how new a category is, or texts with these integers, such as ``"user_4711"``.
    random_state : int or None, default=None
        Random seed. The same seed and parameters give the same ids and clicks on every platform, and the same
        probabilities up to rounding.

    Returns
    -------
    ClickLog
        The rows in the order of ``time``, the number of the row from 0.

    Raises
    ------
    ValueError
        If a parameter has a wrong type or is out of range.

    Examples
    --------
    >>> log = make_clicks(10_000, 3, cardinality=[500, 100, 20], random_state=0)
    >>> log
    <ClickLog: 10,000 rows, 3 categorical columns, 499 clicks>
    >>> log.X.head(2)
       time  user  item  site
    0     0   129    79     4
    1     1   129    48     3
    >>> round(float(log.probability.mean()), 4)
    0.05
    """
    n_rows = _count("n_rows", n_rows)
    names = [*_NAMES, *(f"c{k}" for k in range(len(_NAMES), _count("n_columns", n_columns)))][:n_columns]
    cardinalities = _cardinalities(cardinality, len(names))
    n_numbers = _count("n_numbers", n_numbers, lowest=0)
    check_share("click_rate", click_rate)
    effect_std = _number("effect_std", effect_std, 0, _LARGEST_STD)
    pairs = _pairs(interactions, names)
    interaction_std = _number("interaction_std", interaction_std, 0, _LARGEST_STD)
    latent_dim = _count("latent_dim", latent_dim)
    zipf = _number("zipf", zipf, 0, _STEEPEST)
    check_share("drift", drift, zero=True)
    if ids not in ("integer", "text"):
        raise ValueError(f"ids must be 'integer' or 'text', got {ids!r}.")
    seed = _seed(random_state)

    time = np.arange(n_rows, dtype=np.int64)
    table: dict[str, Any] = {"time": time}
    logit = np.zeros(n_rows)
    columns: dict[str, _Categories] = {}
    for place, (name, size) in enumerate(zip(names, cardinalities, strict=True)):
        ranks = _zipf_ranks(seed, place, n_rows, size, zipf)
        columns[name] = column = _Categories.of(seed, place, ranks, size, drift)
        logit += effect_std * column.effects()[column.codes]
        table[name] = column.cells(name, size if drift == 0 else 2 * size, text=ids == "text")
    vectors = {name: columns[name].vectors(latent_dim) for name in sorted({name for pair in pairs for name in pair})}
    for first, second in pairs:
        codes = columns[first].codes, columns[second].codes
        for dim in range(latent_dim):
            products = vectors[first][dim][codes[0]] * vectors[second][dim][codes[1]]
            logit += interaction_std / math.sqrt(latent_dim) * products
    for place in range(n_numbers):
        table[f"x{place}"] = numbers = _normal(seed, (_NUMBER, place), time)
        sign = 1 if _uniform(seed, (_SIGN, place), time[:1])[0] < 0.5 else -1
        logit += sign * effect_std * numbers
    probability = _sigmoid(logit + _intercept(logit, click_rate))
    y = (_uniform(seed, (_CLICK,), time) < probability).astype(np.int64)
    return ClickLog(X=pd.DataFrame(table, copy=False), y=y, probability=probability, categorical=tuple(names))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Categories:
    """The categories of a column, each once, and which of them each row has.

    A category is a number: its rank by frequency from 0, plus the cardinality if it has replaced another.
    """

    seed: int
    place: int
    categories: Ints
    codes: npt.NDArray[np.intp]

    @classmethod
    def of(cls, seed: int, place: int, ranks: Ints, cardinality: int, drift: float) -> "_Categories":
        """Return the categories of the given ranks, some of which are replaced by others from some row on."""
        categories = ranks
        if drift > 0:
            replaced = _uniform(seed, (_REPLACED, place), ranks) < drift
            moment = _uniform(seed, (_MOMENT, place), ranks)
            new = replaced & (np.arange(len(ranks)) >= moment * len(ranks))
            categories = ranks + cardinality * new
        codes, categories = pd.factorize(categories)
        return cls(seed=seed, place=place, categories=np.asarray(categories), codes=codes)

    def effects(self) -> Floats:
        return _normal(self.seed, (_EFFECT, self.place), self.categories)

    def vectors(self, latent_dim: int) -> list[Floats]:
        return [_normal(self.seed, (_VECTOR, self.place, dim), self.categories) for dim in range(latent_dim)]

    def cells(self, name: str, n_ids: int, *, text: bool) -> Any:
        ids = _permuted(self.seed, self.place, self.categories, n_ids)
        if not text:
            return ids[self.codes]
        return pd.Series([f"{name}_{each}" for each in ids.tolist()]).array.take(self.codes)


def _bits(seed: int, purpose: tuple[int, ...], counters: npt.NDArray[Any]) -> Words:
    """Return 64 random bits for each counter: the outputs of SplitMix64 at these steps."""
    start = np.random.SeedSequence(seed, spawn_key=purpose).generate_state(1, np.uint64)
    bits = counters.astype(np.uint64)
    bits *= np.uint64(0x9E3779B97F4A7C15)
    bits += start
    bits ^= bits >> np.uint64(30)
    bits *= np.uint64(0xBF58476D1CE4E5B9)
    bits ^= bits >> np.uint64(27)
    bits *= np.uint64(0x94D049BB133111EB)
    bits ^= bits >> np.uint64(31)
    return bits


def _uniform(seed: int, purpose: tuple[int, ...], counters: npt.NDArray[Any]) -> Floats:
    """Return numbers from 0 to below 1."""
    return np.asarray((_bits(seed, purpose, counters) >> np.uint64(11)) * 2.0**-53)


def _normal(seed: int, purpose: tuple[int, ...], counters: npt.NDArray[Any]) -> Floats:
    """Return standard normal numbers (Box & Muller 1958)."""
    radius = np.sqrt(-2 * np.log(1 - _uniform(seed, (*purpose, 0), counters)))
    return np.asarray(radius * np.cos(2 * math.pi * _uniform(seed, (*purpose, 1), counters)))


def _zipf_ranks(seed: int, place: int, n_rows: int, cardinality: int, exponent: float) -> Ints:
    """Return ranks from 0 by a Zipf law of finite support, by rejection-inversion (Hörmann & Derflinger 1996)."""
    power = 1 - exponent

    def integral(x: Any) -> Any:
        return np.log(x) if power == 0 else np.expm1(power * np.log(x)) / power

    def inverse(area: Any) -> Any:
        if power == 0:
            return np.exp(area)
        return np.exp(np.log1p(np.maximum(area * power, 2.0**-53 - 1)) / power)

    low, high = integral(1.5) - 1, integral(cardinality + 0.5)
    surely = 2 - inverse(integral(2.5) - 2.0**-exponent)
    ranks = np.zeros(n_rows, dtype=np.int64)
    pending, attempt = np.arange(n_rows), 0
    while len(pending):
        area = high + _uniform(seed, (_RANK, place, attempt), pending) * (low - high)
        x = np.clip(inverse(area), 0.5, cardinality)
        rank = np.clip(np.floor(x + 0.5), 1, cardinality)
        accepted = (rank - x <= surely) | (area >= integral(rank + 0.5) - rank**-exponent)
        ranks[pending[accepted]] = rank[accepted] - 1
        pending, attempt = pending[~accepted], attempt + 1
    return ranks


def _permuted(seed: int, place: int, categories: Ints, n_ids: int) -> Ints:
    """Return an id below ``n_ids`` for each category: a random permutation by a Feistel network with cycle walking."""
    half = np.uint64(max(1, ((n_ids - 1).bit_length() + 1) // 2))
    mask = (np.uint64(1) << half) - np.uint64(1)
    ids = categories.astype(np.uint64)
    pending = np.arange(len(ids))
    while len(pending):
        left, right = ids[pending] >> half, ids[pending] & mask
        for step in range(6):
            left, right = right, left ^ (_bits(seed, (_ID, place, step), right) & mask)
        ids[pending] = left << half | right
        pending = pending[ids[pending] >= np.uint64(n_ids)]
    return ids.astype(np.int64)


def _sigmoid(logit: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-np.clip(logit, -700, 700))))


def _intercept(logit: Floats, click_rate: float) -> float:
    """Return the number to add to the logits so that the mean probability is the click rate, by bisection."""
    center = math.log(click_rate / (1 - click_rate))
    low, high = center - float(logit.max()), center - float(logit.min())
    while (middle := (low + high) / 2) not in (low, high) and high - low > 1e-12:
        if _sigmoid(logit + middle).mean() < click_rate:
            low = middle
        else:
            high = middle
    return middle


def _count(name: str, value: Any, *, lowest: int = 1, highest: int | None = None) -> int:
    wrong = isinstance(value, bool) or not isinstance(value, Integral) or value < lowest
    if wrong or (highest is not None and value > highest):
        wanted = f"of at least {lowest}" if highest is None else f"from {lowest} to {highest:,}"
        raise ValueError(f"{name} must be an integer {wanted}, got {value!r}.")
    return int(value)


def _number(name: str, value: Any, low: float, high: float) -> float:
    right = isinstance(value, Real) and not isinstance(value, bool)
    if not right or not low <= value <= high:
        raise ValueError(f"{name} must be a number of at least {low:g} and at most {high:g}, got {value!r}.")
    return float(value)


def _cardinalities(cardinality: Any, n_columns: int) -> list[int]:
    several = isinstance(cardinality, Iterable) and not isinstance(cardinality, str)
    sizes = list(cardinality) if several else [cardinality] * n_columns
    if len(sizes) != n_columns:
        raise ValueError(
            f"cardinality must be one integer, or one for each of the {n_columns} categorical columns; "
            f"got {len(sizes)}."
        )
    return [_count("cardinality", size, highest=_MOST_CATEGORIES) for size in sizes]


def _pairs(interactions: Any, names: list[str]) -> list[tuple[str, str]]:
    if isinstance(interactions, Integral) or not isinstance(interactions, Iterable) or isinstance(interactions, str):
        n_pairs = _count("interactions, unless pairs of columns,", interactions, lowest=0)
        ordered = sorted(combinations(range(len(names)), 2), key=lambda pair: pair[::-1])
        return [(names[first], names[second]) for first, second in ordered[:n_pairs]]
    pairs = []
    for pair in interactions:
        if isinstance(pair, str) or not isinstance(pair, Sequence) or len(pair) != 2 or pair[0] == pair[1]:
            raise ValueError(
                f"interactions must be pairs of different columns, such as ('user', 'item'); got {pair!r}."
            )
        if unknown := [name for name in pair if name not in names]:
            raise ValueError(f"interactions has no categorical column {unknown[0]!r}. Known: {', '.join(names)}.")
        pairs.append((pair[0], pair[1]))
    if len({frozenset(pair) for pair in pairs}) < len(pairs):
        raise ValueError(f"interactions must have each pair of columns once, got {pairs}.")
    return pairs


def _seed(random_state: Any) -> int:
    if random_state is None:
        return secrets.randbits(64)
    return _count("random_state, unless None,", random_state, lowest=0)
