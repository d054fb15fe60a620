"""Vectors that were learned elsewhere, as the start of a fit; and rows that stay as they began.

``pretrained={"job": source}`` looks each category of the column up in the source, whole, folded, or by its words
(:func:`tabemb.vectors.sources.match`), and lets the rows of the table begin with what is found. The report of it is
``pretrained_report_``.

**Dimensions.** Where ``embedding_dim`` says nothing of the column, its vectors keep what the source knows: they are as
long as its vectors or, where fewer categories were found than these have numbers, as there are such categories (so many
principal components tell them apart as well), and then no shorter than without ``pretrained``. Else they are brought to
the length that is said: by the principal components of the rows that were found where it is less, filled up with zeros
where it is more (:class:`tabemb.vectors.dimensions.LinearProjection`).

**Centre and spread.** The mean of the rows that were found is taken off, and they are scaled to a root mean square of
:data:`SPREAD`. Categories that were not found begin as they do without ``pretrained``, small around that middle. What
the source has for unknown categories and missing cells goes the same way.

**Rows that are held.** ``freeze`` holds rows to the last bit, whatever else moves rows: weight decay, damping,
shrinkage, and the vectors that are served for what training lacked. True holds the whole table (the vector for unknown
categories in the middle, or where the source has it; ``handle_unknown`` may still serve another), "found" the rows
that were found, a number these for so many epochs. A category that was found keeps its vector though no row of a
training part has it.

**Saving.** A saved estimator has the vectors that were learned, the report and which rows are held. Of ``pretrained``
itself only paths are kept; vectors in memory, which may be large, are left out.

What this is worth is measured by ``benchmarks/pretrained.py``: much where rows are few and the column has many
categories and much to say, nothing where it has few categories. GloVe's vectors of job titles raise the R2 of incomes
from 0.01 to 0.06 with 500 rows, and from 0.17 to 0.19 with 7,286; those of occupations and countries leave the ROC AUC
of high incomes as it is; vectors of aeroplanes and airports that were learned from late departures raise the ROC AUC of
late arrivals from 0.587 to 0.603 with 500 rows, and not with 8,000.

Categories that come up only later are not looked up. Where they are many and are text, ``handle_unknown="nearest"``
lets the one with the most similar name answer: it raises the R2 of incomes further, to 0.11 and 0.25.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from os import PathLike, fspath
from types import MappingProxyType
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator

from tabemb.estimators.learned import LearnedVectors
from tabemb.estimators.pretrained_report import ColumnReport, PretrainedReport
from tabemb.exceptions import ColumnError, DataError, FormatError, did_you_mean
from tabemb.nn.embedding import HeldRows
from tabemb.nn.network import Network
from tabemb.nn.sizes import SIZE_RULES
from tabemb.table.vocabulary import Vocabulary
from tabemb.vectors.dimensions import LinearProjection
from tabemb.vectors.sources import Match, match, source_of

__all__ = ["FREEZE", "Beginning", "PretrainedMixin", "may_freeze", "paths_of"]

FREEZE = "False, True, 'found', a positive number of epochs, or a mapping from column to one of these"
# The root mean square of the numbers of vectors that were found, four times what a table begins with otherwise: so what
# they say of a category is heard among the other columns. Categories that were not found begin in their middle.
SPREAD = 0.2
# What ``embedding_dim`` is where nothing is said.
DEFAULT_RULE = "capped"
NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, kw_only=True, eq=False)
class Beginning:
    """How the vectors of a column begin.

    Parameters
    ----------
    found : ndarray of bool of shape (vocabulary_size,)
        Which rows the source has vectors for, that for missing cells among them where it has one.
    freeze : bool, int or "found"
        What training leaves alone.
    dim : int, optional
        How many dimensions keep what the source knows; None where nothing was found.
    match : Match, optional
        The vectors; only while the networks are made.
    """

    found: np.ndarray
    freeze: Any
    dim: int | None = None
    match: Match | None = None

    @classmethod
    def of(cls, found: Match, freeze: Any) -> "Beginning":
        """Return the beginning that a look-up of a vocabulary's categories gives."""
        which = np.r_[found.missing is not None, False, found.found]
        n_found, own = int(found.found.sum()), found.vectors.shape[1]
        dim = min(own, max(n_found, SIZE_RULES.resolve(DEFAULT_RULE)(len(found.found)))) if n_found else None
        return cls(found=which, freeze=freeze, dim=dim, match=found)

    def rows(self, dim: int, n_slices: int) -> tuple[np.ndarray, np.ndarray]:
        """Return vectors of so many dimensions, and which rows of the table begin with them.

        Parameters
        ----------
        dim : int
            How many dimensions the table has.
        n_slices : int
            In how many slices the network reads it.
        """
        size, having = len(self.found), self.match
        rows, which = np.zeros((size, dim), np.float32), self.found.copy()
        known = having.vectors[having.found]
        if not len(known):
            return rows[:0], np.zeros(size, bool)
        project = LinearProjection.of(known, dim, spread=SPREAD, n_slices=n_slices)
        rows[Vocabulary.FIRST :][having.found] = project(known)
        for row, special in ((Vocabulary.MISSING, having.missing), (Vocabulary.UNKNOWN, having.unknown)):
            if special is not None:
                rows[row], which[row] = project(special), True
        # What training will not teach is the middle of what is there.
        which[Vocabulary.UNKNOWN] |= self.freeze is True
        return rows[which], which

    @property
    def held(self) -> HeldRows | None:
        """The rows that training leaves as they are."""
        if self.freeze is False:
            return None
        if self.freeze is True:
            return HeldRows(which=np.ones(len(self.found), bool))
        return HeldRows(which=self.found, n_epochs=None if self.freeze == "found" else self.freeze)

    @property
    def kept(self) -> np.ndarray:
        """The rows that are no noise though no training row has them, of shape (vocabulary_size,)."""
        return np.ones(len(self.found), bool) if self.freeze is True else self.found


class PretrainedMixin(BaseEstimator):
    """An estimator with the parameters ``pretrained`` and ``freeze``."""

    pretrained_report_: PretrainedReport
    _beginnings: Mapping[str, Beginning] = NOTHING

    def _take_pretrained(self) -> None:
        """Look the categories of the columns up in ``pretrained``."""
        vocabularies, reports, beginnings = self.encoder_.vocabularies, {}, {}
        given = _by_column(self.pretrained, self._embedded(), vocabularies)
        freeze = _freeze_by_column(self.freeze, given)
        for column, value in given.items():
            keys, counts = vocabularies[column].keys, vocabularies[column].counts[Vocabulary.FIRST :]
            try:
                source = source_of(value)
                found = match(keys, source)
            except (DataError, FormatError) as error:
                raise type(error)(f"pretrained[{column!r}]: {error}") from error
            reports[column] = ColumnReport.of(str(source), found, keys, counts)
            beginnings[column] = Beginning.of(found, freeze[column])
        self.pretrained_report_, self._beginnings = PretrainedReport(reports), beginnings

    def _pretrained_dims(self) -> dict[str, int]:
        """Return the dimensions of the columns for which none are said."""
        said = self.embedding_dim
        if isinstance(said, Mapping) and not isinstance(said.get("name"), str):
            open_to = [column for column in self._beginnings if column not in said]
        else:
            open_to = list(self._beginnings) if isinstance(said, str) and said == DEFAULT_RULE else []
        return {column: dim for column in open_to if (dim := self._beginnings[column].dim) is not None}

    def _begin_rows(self, network: Network) -> None:
        """Give the tables of a new network the vectors that were found, and tell it which of its rows are held."""
        for feature in network.spec.features:
            beginning, table = self._beginnings.get(feature.name), feature.table
            if beginning is None:
                continue
            if beginning.match is not None:
                width = network.spec.body.slices([table.embedding_dim])[0] or table.embedding_dim
                network.start_rows(table, *beginning.rows(table.embedding_dim, table.embedding_dim // width))
            if (held := beginning.held) is not None:
                network.held[table] = held

    def _forget_sources(self) -> None:
        """Let go of the vectors that were found: the networks have them."""
        self._beginnings = {column: replace(each, match=None) for column, each in self._beginnings.items()}

    @property
    def _kept(self) -> dict[str, np.ndarray]:
        return {column: each.kept for column, each in self._beginnings.items()}

    def _pretrained_state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """Return what is to be saved of it: JSON values and arrays."""
        report = {column: each.to_json() for column, each in self.pretrained_report_.items()}
        freeze = {column: each.freeze for column, each in self._beginnings.items()}
        arrays = {f"{place:04d}": each.found for place, each in enumerate(self._beginnings.values())}
        return {"report": report, "freeze": freeze}, arrays

    def _take_pretrained_state(self, data: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> None:
        """Take what was saved of it."""
        columns = {column: ColumnReport.from_json(each) for column, each in data["report"].items()}
        self.pretrained_report_ = PretrainedReport(columns)
        founds = zip(data["freeze"].items(), arrays.values(), strict=True)
        self._beginnings = {column: Beginning(found=found, freeze=freeze) for (column, freeze), found in founds}


def may_freeze(value: Any) -> bool:
    """Return whether a value is one that ``freeze`` may have.

    Examples
    --------
    >>> may_freeze({"dest": "found", "carrier": 3}), may_freeze("all"), may_freeze(0)
    (True, False, False)
    """
    if isinstance(value, Mapping):
        return all(not isinstance(each, Mapping) and may_freeze(each) for each in value.values())
    if isinstance(value, bool | np.bool_):
        return True
    if isinstance(value, str):
        return value == "found"
    return isinstance(value, int | np.integer) and value >= 1


def paths_of(pretrained: Any) -> dict[str, str] | None:
    """Return the columns whose vectors come from files; vectors in memory are not saved with an estimator.

    Examples
    --------
    >>> paths_of({"job": "glove.txt", "dest": {"JFK": [1.0]}})
    {'job': 'glove.txt'}
    """
    if not isinstance(pretrained, Mapping) or isinstance(pretrained, LearnedVectors):
        return None
    return {c: fspath(each) for c, each in pretrained.items() if isinstance(each, str | PathLike)} or None


def _by_column(pretrained: Any, embedded: Iterable[str], vocabularies: Iterable[str]) -> dict[str, Any]:
    """Return what is given for each column that gets vectors."""
    if pretrained is None:
        return {}
    embedded = list(embedded)
    if isinstance(pretrained, LearnedVectors):
        # Those of another fit, whose table may have other columns.
        here = {column: pretrained[column] for column in pretrained if column in embedded}
        if not here:
            raise ColumnError(
                f"pretrained has vectors of the columns {list(pretrained)}, and none of these gets vectors here; these "
                f"do: {embedded}. Name them: pretrained={{column: vectors}}."
            )
        return here
    for column in pretrained:
        if column in embedded:
            continue
        if column in vocabularies:
            raise ColumnError(
                f"pretrained names the column {column!r}, whose few categories enter one-hot and have no vectors. Set "
                "one_hot_max_categories=0 to give vectors to all columns."
            )
        categorical = list(vocabularies)
        raise ColumnError(
            f"pretrained names the column {column!r}, which is not among the categorical columns {categorical}."
            f"{did_you_mean(column, categorical)}"
        )
    return dict(pretrained)


def _freeze_by_column(freeze: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(freeze, Mapping):
        return dict.fromkeys(given, _plain(freeze))
    for column in freeze:
        if column not in given:
            raise ColumnError(
                f"freeze names the column {column!r}, which has no pretrained vectors; these have: {list(given)}."
                f"{did_you_mean(column, given)}"
            )
    return {column: _plain(freeze.get(column, False)) for column in given}


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value
