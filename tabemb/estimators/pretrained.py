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

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from os import PathLike, fspath
from typing import Any

import numpy as np
import pandas as pd

from tabemb.estimators.learned import LearnedVectors
from tabemb.exceptions import ColumnError, DataError, FormatError, did_you_mean
from tabemb.nn.embedding import HeldRows
from tabemb.nn.network import Network
from tabemb.nn.sizes import SIZE_RULES
from tabemb.table.keys import key_from_json, key_to_json
from tabemb.table.vocabulary import Vocabulary
from tabemb.vectors.dimensions import LinearProjection
from tabemb.vectors.sources import WAYS, Match, match, source_of

__all__ = ["FREEZE", "ColumnReport", "ColumnStart", "Pretrained", "PretrainedReport", "may_freeze", "paths_of"]

FREEZE = "False, True, 'found', a positive number of epochs, or a mapping from column to one of these"
# The root mean square of the numbers of vectors that were found, four times what a table begins with otherwise: so what
# they say of a category is heard among the other columns. Categories that were not found begin in their middle.
SPREAD = 0.2
# What ``embedding_dim`` is where nothing is said.
DEFAULT_RULE = "capped"
N_EXAMPLES = 5
IN_WORDS = {
    "whole": "found whole",
    "folded": "found but for case and punctuation",
    "words": "found by their words",
    "lacking": "not found",
}


@dataclass(frozen=True, kw_only=True)
class ColumnReport:
    """How the categories of a column were found.

    Parameters
    ----------
    source : str
        Where they were looked for.
    dim : int
        How long the vectors there are; it says nothing where none was found.
    categories, rows : dict of str to int
        For each way ("whole", "folded", "words", "lacking") the number of categories, and of rows that have them.
    examples : dict of str to tuple
        For each way some categories, the most frequent first.
    """

    source: str
    dim: int
    categories: dict[str, int]
    rows: dict[str, int]
    examples: dict[str, tuple]

    @classmethod
    def of(cls, source: str, match: Match, keys: tuple, counts: np.ndarray) -> "ColumnReport":
        """Return the report of a look-up.

        Parameters
        ----------
        source : str
            Where the categories were looked for.
        match : Match
            What was found.
        keys : tuple of n keys
            The categories, the most frequent first.
        counts : ndarray of int of shape (n,)
            How many rows have each.
        """
        places = {way: np.flatnonzero(match.how == number) for number, way in enumerate(WAYS)}
        return cls(
            source=source,
            dim=match.vectors.shape[1],
            categories={way: len(its) for way, its in places.items()},
            rows={way: int(counts[its].sum()) for way, its in places.items()},
            examples={way: tuple(keys[place] for place in its[:N_EXAMPLES]) for way, its in places.items()},
        )

    def to_json(self) -> dict[str, Any]:
        """Return the report as JSON values."""
        examples = {way: [key_to_json(key) for key in keys] for way, keys in self.examples.items()}
        return {
            "source": self.source,
            "dim": self.dim,
            "categories": self.categories,
            "rows": self.rows,
            "examples": examples,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "ColumnReport":
        """Return the report that :meth:`to_json` wrote."""
        examples = {way: tuple(map(key_from_json, keys)) for way, keys in data["examples"].items()}
        return cls(**{**data, "examples": examples})


class PretrainedReport(Mapping[str, ColumnReport]):
    """A mapping from column to how its categories were found; it shows itself as text.

    Parameters
    ----------
    columns : mapping of str to ColumnReport
        The columns that were to begin with vectors that are there.

    Examples
    --------
    >>> import pandas as pd
    >>> from tabemb import EmbeddingClassifier
    >>> jobs = pd.DataFrame({"job": ["nurse", "Pilot", "welder", "pilot"] * 10})
    >>> words = {"nurse": [1.0, 0.5], "pilot": [-1.0, 0.5]}
    >>> model = EmbeddingClassifier(pretrained={"job": words}, one_hot_max_categories=0, max_epochs=1, random_state=0)
    >>> model.fit(jobs, [0, 1, 0, 1] * 10).pretrained_report_
    job: 4 categories in 40 rows, looked for in dict of 2 keys (vectors of 2 numbers)
      found whole                         2 categories (50 %), 20 rows (50 %): 'nurse', 'pilot'
      found but for case and punctuation  1 categories (25 %), 10 rows (25 %): 'Pilot'
      found by their words                0 categories (0 %), 0 rows (0 %)
      not found                           1 categories (25 %), 10 rows (25 %): 'welder'
    >>> model.pretrained_report_.to_frame()["rows"].tolist()
    [20, 10, 0, 10]
    """

    def __init__(self, columns: Mapping[str, ColumnReport]) -> None:
        self._columns = dict(columns)

    def __getitem__(self, column: str) -> ColumnReport:
        return self._columns[column]

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)

    def to_frame(self) -> pd.DataFrame:
        """Return a row for each column and way, with categories, rows, their share, and examples."""
        return pd.DataFrame(
            [
                {
                    "column": column,
                    "found": way,
                    "categories": each.categories[way],
                    "rows": each.rows[way],
                    "share_of_rows": each.rows[way] / max(1, sum(each.rows.values())),
                    "examples": list(each.examples[way]),
                }
                for column, each in self.items()
                for way in WAYS
            ],
            columns=["column", "found", "categories", "rows", "share_of_rows", "examples"],
        )

    def __repr__(self) -> str:
        lines = []
        for column, each in self.items():
            n_categories, n_rows = sum(each.categories.values()), sum(each.rows.values())
            length = f" (vectors of {each.dim} numbers)" if each.categories["lacking"] < n_categories else ""
            asked = f"{n_categories:,} categories in {n_rows:,} rows"
            lines.append(f"{column}: {asked}, looked for in {each.source}{length}")
            for way, words in IN_WORDS.items():
                of_categories, of_rows = each.categories[way], each.rows[way]
                shown = ", ".join(map(repr, each.examples[way])) + (", ..." if of_categories > N_EXAMPLES else "")
                lines.append(
                    f"  {words:<34}  {of_categories:,} categories ({_percent(of_categories, n_categories)}), "
                    f"{of_rows:,} rows ({_percent(of_rows, n_rows)})" + (f": {shown}" if shown else "")
                )
        return "\n".join(lines) or "PretrainedReport(no column began with vectors from elsewhere)"


@dataclass(frozen=True, kw_only=True, eq=False)
class ColumnStart:
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
    def of(cls, found: Match, freeze: Any) -> "ColumnStart":
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


@dataclass(frozen=True, kw_only=True, eq=False)
class Pretrained:
    """What was found in ``pretrained`` for the columns of a fit.

    Parameters
    ----------
    starts : mapping of str to ColumnStart
        How the vectors of each column start.
    report : PretrainedReport
        How many categories of each column were found.
    """

    starts: Mapping[str, ColumnStart]
    report: PretrainedReport

    @classmethod
    def look_up(
        cls, pretrained: Any, freeze: Any, embedded: Iterable[str], vocabularies: Mapping[str, Vocabulary]
    ) -> "Pretrained":
        """Look up the categories of the columns.

        Parameters
        ----------
        pretrained, freeze
            The parameters of the estimator.
        embedded : iterable of str
            The columns that get vectors.
        vocabularies : mapping of str to Vocabulary
            The categories of all categorical columns.

        Raises
        ------
        ColumnError
            If ``pretrained`` or ``freeze`` names another column.
        DataError, FormatError
            If the vectors of a column cannot be read.
        """
        given = _by_column(pretrained, embedded, vocabularies)
        freeze, starts, reports = _freeze_by_column(freeze, given), {}, {}
        for column, value in given.items():
            keys, counts = vocabularies[column].keys, vocabularies[column].counts[Vocabulary.FIRST :]
            try:
                source = source_of(value)
                found = match(keys, source)
            except (DataError, FormatError) as error:
                raise type(error)(f"pretrained[{column!r}]: {error}") from error
            reports[column] = ColumnReport.of(str(source), found, keys, counts)
            starts[column] = ColumnStart.of(found, freeze[column])
        return cls(starts=starts, report=PretrainedReport(reports))

    def dims(self, embedding_dim: Any) -> dict[str, int]:
        """Return the dimensions of the columns for which ``embedding_dim`` says none."""
        if isinstance(embedding_dim, Mapping) and not isinstance(embedding_dim.get("name"), str):
            columns = [column for column in self.starts if column not in embedding_dim]
        else:
            is_default = isinstance(embedding_dim, str) and embedding_dim == DEFAULT_RULE
            columns = list(self.starts) if is_default else []
        return {column: dim for column in columns if (dim := self.starts[column].dim) is not None}

    def start(self, network: Network) -> None:
        """Give the tables of a new network the vectors that were found, and tell it which rows are held."""
        for feature in network.spec.features:
            start, table = self.starts.get(feature.name), feature.table
            if start is None:
                continue
            if start.match is not None:
                width = network.spec.body.slices([table.embedding_dim])[0] or table.embedding_dim
                network.start_rows(table, *start.rows(table.embedding_dim, table.embedding_dim // width))
            if (held := start.held) is not None:
                network.held[table] = held

    def without_vectors(self) -> "Pretrained":
        """Return the same without the vectors that were found, which the networks have."""
        return replace(self, starts={column: replace(each, match=None) for column, each in self.starts.items()})

    @property
    def kept(self) -> dict[str, np.ndarray]:
        """The rows of each column that have a vector although no training row may have their category."""
        return {column: each.kept for column, each in self.starts.items()}

    def to_state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """Return what is saved: JSON values and arrays."""
        report = {column: each.to_json() for column, each in self.report.items()}
        freeze = {column: each.freeze for column, each in self.starts.items()}
        arrays = {f"{place:04d}": each.found for place, each in enumerate(self.starts.values())}
        return {"report": report, "freeze": freeze}, arrays

    @classmethod
    def from_state(cls, data: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> "Pretrained":
        """Return what :meth:`to_state` has written."""
        reports = {column: ColumnReport.from_json(each) for column, each in data["report"].items()}
        found = zip(data["freeze"].items(), arrays.values(), strict=True)
        starts = {column: ColumnStart(found=each, freeze=freeze) for (column, freeze), each in found}
        return cls(starts=starts, report=PretrainedReport(reports))


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


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole if whole else 0:.0f} %"
