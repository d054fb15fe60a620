# ruff: noqa: D102  (the base class documents the call)
"""Embedding dimensions: published rules by name, one number for all columns, or one number per column."""

import math
from collections.abc import Mapping
from numbers import Integral

import numpy as np
from sklearn.base import BaseEstimator

from tabemb.exceptions import ColumnError, UnknownNameError, did_you_mean
from tabemb.nn.parameters import check_count
from tabemb.ranges import check_share
from tabemb.registry import Registry
from tabemb.table.vocabulary import Vocabulary

__all__ = [
    "FROM_DATA",
    "SIZE_RULES",
    "Capped",
    "Fastai",
    "Google",
    "Half",
    "Mixed",
    "Narrow",
    "SizeRule",
    "Sqrt",
    "columns_from_data",
    "columns_of",
    "embedding_dims",
    "mixed_tables",
    "rate_of_table",
]

# Dimensions to be found by training; the rule "capped" gives the initial and maximal value.
FROM_DATA = "auto"
# Exponent with which the learning rate of a table decreases with its width. The sum over the dimensions alone would
# suggest 1; smaller weights of the next layer at a larger fan-in suggest 1/2. The value in between was best in
# benchmarks.
RATE_BY_WIDTH = 0.75
# Halvings of the interval in which the exponent of mixed dimensions lies.
BISECTIONS = 40


class SizeRule(BaseEstimator):
    """A rule for the number of embedding dimensions, given the number of categories."""

    def __call__(self, n_categories: int) -> int:
        """Return the number of dimensions, at least 1."""
        raise TypeError("a size rule must define __call__(n_categories)")

    def check(self) -> None:
        """Raise ValueError if a parameter is out of range; the base class checks ``cap``."""
        if hasattr(self, "cap"):
            check_count("cap", self.cap)


SIZE_RULES: Registry[SizeRule] = Registry("size rule")


@SIZE_RULES.register("fastai")
class Fastai(SizeRule):
    """``min(cap, round(1.6 n ** 0.56))``, the rule of fastai's tabular learner (``fastai/tabular/model.py``).

    Parameters
    ----------
    cap : int, default=600
        Maximum number of dimensions.

    Examples
    --------
    >>> Fastai()(100), Fastai()(1_000_000)
    (21, 600)
    """

    def __init__(self, cap=600):
        self.cap = cap

    def __call__(self, n_categories):
        return max(1, min(self.cap, round(1.6 * n_categories**0.56)))


@SIZE_RULES.register("capped")
class Capped(Fastai):
    """The default: fastai's rule, capped at 64, since more dimensions rarely help on tables.

    Above 30 dimensions, rounded up to a multiple of 8: the eight members of the body ``ensemble`` then have equal
    slices of four to eight dimensions, and tables of the same width are trained together.

    Examples
    --------
    >>> Capped()(100), Capped()(4043)
    (21, 64)
    """

    def __init__(self, cap=64):
        super().__init__(cap)

    def __call__(self, n_categories):
        dim = super().__call__(n_categories)
        return dim if dim <= 30 else min(self.cap, 8 * math.ceil(dim / 8))


@SIZE_RULES.register("narrow")
class Narrow(Capped):
    """The default of ``EmbeddingEncoder``: fastai's rule, capped at 8.

    A downstream model reads the vectors of all columns side by side. With at most 8 dimensions, boosted trees and
    linear models are as good or better on the tables of ``benchmarks/cross_fitting.py``, and several times faster.

    Examples
    --------
    >>> Narrow()(3), Narrow()(4043)
    (3, 8)
    """

    def __init__(self, cap=8):
        super().__init__(cap)


@SIZE_RULES.register("mixed")
class Mixed(Capped):
    r"""Frequent categories have as many dimensions as with ``capped``, rare ones fewer.

    A category with :math:`n` rows has :math:`d (n / n_{max})^a` of the :math:`d` dimensions, rounded to a power of two,
    and zeros in the others, which are not trained (Ginart et al. 2019, "Mixed dimension embeddings with application to
    memory-efficient recommendation systems", arXiv:1909.11810, algorithm 1; their projections are not needed, since all
    vectors lie in one space). The exponent follows from ``share``. Columns with hashed vocabularies and ``pretrained``
    columns have rows of equal width.

    Parameters
    ----------
    cap : int, default=64
        Maximum number of dimensions.
    share : float, default=0.25
        Share of the numbers of a table that are used, in (0, 1]; at least one dimension per category, and per member of
        a body whose members read slices of the vectors.

    Examples
    --------
    >>> Mixed(share=0.4).blocks(np.array([5, 5, 80, 20, 20, 5, 5, 5, 5]), dim=8)
    ((3, 8), (2, 4), (4, 1))
    """

    def __init__(self, cap=64, share=0.25):
        super().__init__(cap)
        self.share = share

    def check(self):
        """Raise ValueError if ``cap`` or ``share`` is out of range."""
        super().check()
        check_share("share", self.share, one=True)

    def blocks(self, counts, dim, n_slices=1):
        """Return the number of rows and their width, block after block.

        Parameters
        ----------
        counts : ndarray of int of shape (vocabulary_size,)
            Number of rows with each index: missing, unknown, and the categories by decreasing frequency. Missing and
            unknown have all dimensions.
        dim : int
            Number of dimensions of the table.
        n_slices : int, default=1
            Number of slices of a vector that members read; each row has the same part of each.

        Returns
        -------
        tuple of (int, int)
        """
        most = dim // n_slices
        frequency = np.minimum.accumulate(np.maximum(np.asarray(counts[Vocabulary.FIRST :], float), 0.5))
        frequency = frequency / frequency[0] if len(frequency) else frequency

        def widths(exponent):
            return np.clip(2.0 ** np.round(np.log2(most) + exponent * np.log2(frequency)), 1, most)

        low, high = 0.0, float(np.log2(most)) + 1 if most > 1 else 0.0
        if widths(low).sum() > (wanted := self.share * most * len(frequency)):
            for _ in range(BISECTIONS):
                middle = (low + high) / 2
                low, high = (middle, high) if widths(middle).sum() > wanted else (low, middle)
            low = high
        found = n_slices * np.append(np.full(Vocabulary.FIRST, most), widths(low)).astype(int)
        ends = np.append(np.flatnonzero(np.diff(found)) + 1, len(found))
        return tuple((int(size), int(found[end - 1])) for size, end in zip(np.diff(ends, prepend=0), ends, strict=True))


@SIZE_RULES.register("half")
class Half(SizeRule):
    """``min(50, ceil(n / 2))``, the rule of thumb of the early fast.ai courses and of entity-embeddings-categorical.

    Examples
    --------
    >>> Half()(7), Half()(1000)
    (4, 50)
    """

    def __init__(self, cap=50):
        self.cap = cap

    def __call__(self, n_categories):
        return max(1, min(self.cap, math.ceil(n_categories / 2)))


@SIZE_RULES.register("google")
class Google(SizeRule):
    """``round(n ** 0.25)``, from Google's introduction to feature columns (2017).

    Examples
    --------
    >>> Google()(10_000)
    10
    """

    def __call__(self, n_categories):
        return max(1, round(n_categories**0.25))


@SIZE_RULES.register("sqrt")
class Sqrt(SizeRule):
    """``min(cap, ceil(sqrt(n)))``, a compromise between ``google`` and ``fastai``.

    Examples
    --------
    >>> Sqrt()(100)
    10
    """

    def __init__(self, cap=600):
        self.cap = cap

    def __call__(self, n_categories):
        return max(1, min(self.cap, math.ceil(math.sqrt(n_categories))))


def columns_of(spec):
    """Return the columns that an ``embedding_dim`` parameter names, none if it is a number or a rule.

    Examples
    --------
    >>> columns_of({"dest": 8}), columns_of({"name": "half"}), columns_of("capped")
    (('dest',), (), ())
    """
    # {"name": "half"} is a rule; {"name": 8} gives the dimensions of a column called "name".
    return tuple(spec) if isinstance(spec, Mapping) and not isinstance(spec.get("name"), str) else ()


def embedding_dims(spec, n_categories, without=()):
    """Return the number of dimensions of each column.

    Parameters
    ----------
    spec : str, int, SizeRule or mapping
        A rule by name, one number for all columns, or a mapping column -> number (or rule). Columns that are not in a
        mapping use the rule ``capped``. For "auto", which :func:`columns_from_data` handles, the result is the maximum
        of such a column.
    n_categories : mapping of str to int
        The number of categories of each column.
    without : iterable of str, optional
        Further columns that the mapping may name, such as those dropped because a fold has only one of their
        categories.

    Returns
    -------
    dict of str to int

    Raises
    ------
    ColumnError
        If the mapping names a column that is not categorical.
    UnknownNameError
        If no rule has that name.
    ValueError
        If a number is not a positive integer.

    Examples
    --------
    >>> embedding_dims({"dest": 8}, {"origin": 3, "dest": 105})
    {'origin': 3, 'dest': 8}
    """
    if isinstance(spec, Mapping) and not isinstance(spec.get("name"), str):
        for column in columns_of(spec):
            if column not in n_categories and column not in without:
                raise ColumnError(
                    f"embedding_dim names the column {column!r}, which is not among the categorical columns "
                    f"{list(n_categories)}.{did_you_mean(column, n_categories)}"
                )
        return {column: _dim(spec.get(column, "capped"), n) for column, n in n_categories.items()}
    return {column: _dim(spec, n) for column, n in n_categories.items()}


def mixed_tables(spec, tables):
    """Return the rules of the tables whose rare rows are narrower.

    Parameters
    ----------
    spec : str, int, SizeRule or mapping
        As for :func:`embedding_dims`.
    tables : iterable of str
        The tables.

    Examples
    --------
    >>> mixed_tables({"dest": "mixed"}, ["origin", "dest"])
    {'dest': Mixed()}
    """
    named = isinstance(spec, Mapping) and not isinstance(spec.get("name"), str)
    rules = {table: spec.get(table, "capped") if named else spec for table in tables}
    resolved = {
        table: SIZE_RULES.resolve(rule)
        for table, rule in rules.items()
        if not isinstance(rule, Integral) and rule != FROM_DATA
    }
    return {table: rule for table, rule in resolved.items() if isinstance(rule, Mixed)}


def columns_from_data(spec, columns):
    """Return the columns whose number of dimensions is to be found by training.

    Parameters
    ----------
    spec : str, int, SizeRule or mapping
        As for :func:`embedding_dims`.
    columns : iterable of str
        The embedded columns.

    Examples
    --------
    >>> columns_from_data({"dest": "auto"}, ["origin", "dest"])
    ['dest']
    """
    if isinstance(spec, str):
        return list(columns) if spec == FROM_DATA else []
    if not isinstance(spec, Mapping):
        return []
    return [column for column in columns if isinstance(spec.get(column), str) and spec[column] == FROM_DATA]


def rate_of_table(dim: int, n_categories: int) -> float:
    """Return the factor of the learning rate of a table, relative to a table of the size given by ``capped``.

    A step of Adam moves each element of a row by about the same amount, so the effect of a step grows with the number
    of dimensions. Without the factor, narrow tables would still be undertrained when the rest of the network begins to
    overfit.

    Parameters
    ----------
    dim : int
        Number of dimensions.
    n_categories : int
        Number of categories of the column.

    Examples
    --------
    >>> rate_of_table(64, 4043), rate_of_table(4, 4043)
    (1.0, 8.0)
    """
    return (Capped()(n_categories) / dim) ** RATE_BY_WIDTH


def _dim(spec, n_categories):
    if isinstance(spec, Integral) and not isinstance(spec, bool):
        if spec < 1:
            raise ValueError(f"embedding_dim must be at least 1, got {spec}.")
        return int(spec)
    if isinstance(spec, str) and spec == FROM_DATA:
        return Capped()(n_categories)
    try:
        rule = SIZE_RULES.resolve(spec)
    except UnknownNameError as error:
        raise UnknownNameError(
            f"{error} 'auto' (found by training), a positive integer, and a mapping column -> any of these are "
            "accepted too."
        ) from None
    rule.check()
    return rule(n_categories)
