"""Pretrained vectors: initialize the vectors of columns from a file or another model, and freeze them.

``pretrained={"job": source}`` looks up each category of the column in the source: exactly, then ignoring case and
punctuation, then word by word (:func:`tabemb.vectors.sources.match`). The rows of the table start as the vectors found.
``pretrained_report_`` counts how many were found.

**Dimensions.** Unless ``embedding_dim`` sets the dimensions of the column, its vectors are as long as those of the
source. If fewer categories were found than the vectors have numbers, they are as long as the number of these categories
(as many principal components tell them apart equally well), but not shorter than without ``pretrained``. If
``embedding_dim`` sets a smaller number, the vectors are reduced to their principal components; if it sets a larger one,
they are padded with zeros (:class:`tabemb.vectors.dimensions.LinearProjection`).

**Center and scale.** The vectors found are centered, and scaled to a root mean square of :data:`SPREAD`. Categories
that were not found start at random: small, around that center. The source's vectors for unknown categories and missing
cells are transformed the same way. A column of which no category was found starts as it does without ``pretrained``.

**Frozen rows.** ``freeze`` keeps rows exactly unchanged: by gradients, weight decay, damping, shrinkage, and the
vectors that are set for categories without training rows. True freezes the whole table (with the vector for unknown
categories at the center, or at the source's vector; ``handle_unknown`` may still set another), "found" the rows that
were found, and a number these rows for this many epochs. A category that was found keeps its vector even without
training rows.

**Saving.** A saved estimator contains the learned vectors, the report, and which rows are frozen. Of ``pretrained``,
only paths are saved. Vectors in memory, which may be large, are not.

**Benefit**, as measured by ``benchmarks/pretrained.py``: large if there are few rows, and the column has many
informative categories; none if it has few categories. GloVe vectors of job titles raise the R2 of incomes from 0.01 to
0.06 with 500 rows, and from 0.17 to 0.19 with 7,286. Those of occupations and countries do not change the ROC AUC of
high incomes. Vectors of airplanes and airports learned from late departures raise the ROC AUC of late arrivals from
0.587 to 0.603 with 500 rows, but not with 8,000.

Categories that first appear after the fit are looked up only by ``extend`` and ``partial_fit`` with
``start="pretrained"``. If there are many of them and they are text, ``handle_unknown="nearest"`` uses the vector of the
most similar name, which raises the R2 of incomes further, to 0.11 and 0.25.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from os import PathLike, fspath
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator

from tabemb.estimators.learned import LearnedVectors
from tabemb.exceptions import ColumnError, DataError, FormatError, did_you_mean, warn_caller
from tabemb.nn.embedding import HeldRows
from tabemb.nn.network import Network
from tabemb.nn.sizes import SIZE_RULES
from tabemb.table.keys import key_from_json, key_to_json
from tabemb.table.shared import by_table
from tabemb.table.similar_words import SimilarWords
from tabemb.table.vocabularies import HashedVocabulary
from tabemb.table.vocabulary import Vocabulary
from tabemb.vectors.dimensions import LinearProjection
from tabemb.vectors.sources import WAYS, Match, match, similar_words, source_of
from tabemb.vectors.store import EmbeddingStore

__all__ = [
    "FREEZE",
    "ColumnReport",
    "ColumnStart",
    "Pretrained",
    "PretrainedReport",
    "further_vectors",
    "may_freeze",
    "paths_of",
]

FREEZE = "False, True, 'found', a positive number of epochs, or a mapping from column to one of these"
# Root mean square of the vectors found: four times that of random initial vectors, so that they are not drowned out by
# the other columns. Categories that were not found start at their center.
SPREAD = 0.2
# The defaults of ``embedding_dim``: the first for columns that a mapping does not name.
DEFAULT_RULES = ("capped", "narrow")
N_EXAMPLES = 5
IN_WORDS = {
    "whole": "found exactly",
    "folded": "found ignoring case and punctuation",
    "words": "found word by word",
    "lacking": "not found",
}


@dataclass(frozen=True, kw_only=True)
class ColumnReport:
    """Number of categories of a column that were found in a source of vectors.

    Parameters
    ----------
    source : str
        Description of the source.
    dim : int
        Length of its vectors; meaningless if no category was found.
    categories, rows : dict of str to int
        Number of categories, and of rows with them, by kind of match: "whole", "folded", "words" or "lacking".
    examples : dict of str to tuple
        Some categories by kind of match, the most frequent first.
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
            Description of the source.
        match : Match
            Result of the look-up.
        keys : tuple of n keys
            The categories, the most frequent first.
        counts : ndarray of int of shape (n,)
            Number of rows of each category.
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
    """A mapping from column to its ColumnReport, with a readable repr.

    Parameters
    ----------
    columns : mapping of str to ColumnReport
        The pretrained columns.

    Examples
    --------
    >>> import pandas as pd
    >>> from tabemb import EmbeddingClassifier
    >>> jobs = pd.DataFrame({"job": ["nurse", "Pilot", "welder", "pilot"] * 10})
    >>> words = {"nurse": [1.0, 0.5], "pilot": [-1.0, 0.5]}
    >>> model = EmbeddingClassifier(pretrained={"job": words}, one_hot_max_categories=0, max_epochs=1, random_state=0)
    >>> model.fit(jobs, [0, 1, 0, 1] * 10).pretrained_report_
    job: 4 categories in 40 rows, looked up in dict of 2 keys (vectors of 2 numbers)
      found exactly                        2 categories (50 %), 20 rows (50 %): 'nurse', 'pilot'
      found ignoring case and punctuation  1 categories (25 %), 10 rows (25 %): 'Pilot'
      found word by word                   0 categories (0 %), 0 rows (0 %)
      not found                            1 categories (25 %), 10 rows (25 %): 'welder'
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
        """Return a data frame with counts, shares of rows and examples by column and kind of match."""
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
            lines.append(f"{column}: {asked}, looked up in {each.source}{length}")
            for way, words in IN_WORDS.items():
                of_categories, of_rows = each.categories[way], each.rows[way]
                shown = ", ".join(map(repr, each.examples[way])) + (", ..." if of_categories > N_EXAMPLES else "")
                lines.append(
                    f"  {words:<35}  {of_categories:,} categories ({_percent(of_categories, n_categories)}), "
                    f"{of_rows:,} rows ({_percent(of_rows, n_rows)})" + (f": {shown}" if shown else "")
                )
        return "\n".join(lines) or "PretrainedReport(no pretrained columns)"


@dataclass(frozen=True, kw_only=True, eq=False)
class ColumnStart:
    """Initial vectors of a column.

    Parameters
    ----------
    found : ndarray of bool of shape (vocabulary_size,)
        Rows for which the source has a vector, including the row for missing cells.
    freeze : bool, int or "found"
        Which rows are frozen.
    dim : int, optional
        Number of dimensions that keeps the information of the source; None if nothing was found.
    match : Match, optional
        The vectors, until the networks have been built.
    """

    found: np.ndarray
    freeze: Any
    dim: int | None = None
    match: Match | None = None

    @classmethod
    def of(cls, found: Match, freeze: Any) -> "ColumnStart":
        """Return the initial vectors from the look-up of a vocabulary's categories."""
        which = np.r_[found.missing is not None, False, found.found]
        n_found, own = int(found.found.sum()), found.vectors.shape[1]
        dim = min(own, max(n_found, SIZE_RULES.resolve(DEFAULT_RULES[0])(len(found.found)))) if n_found else None
        return cls(found=which, freeze=freeze, dim=dim, match=found)

    def rows(self, dim: int, n_slices: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the initial vectors, and the rows of the table that start as them.

        Parameters
        ----------
        dim : int
            Number of dimensions of the table.
        n_slices : int
            Number of slices in which the network reads the vectors.

        Returns
        -------
        vectors : ndarray of float32 of shape (n_found, dim)
        which : ndarray of bool of shape (vocabulary_size,)
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
        # The vector for unknown categories is not trained either, so it is put at the center.
        which[Vocabulary.UNKNOWN] |= self.freeze is True
        return rows[which], which

    @property
    def held(self) -> HeldRows | None:
        """The frozen rows."""
        if self.freeze is False:
            return None
        if self.freeze is True:
            return HeldRows(which=np.ones(len(self.found), bool))
        return HeldRows(which=self.found, n_epochs=None if self.freeze == "found" else self.freeze)

    @property
    def kept(self) -> np.ndarray:
        """Mask of the rows whose vectors are meaningful without any training row, of shape (vocabulary_size,)."""
        return np.ones(len(self.found), bool) if self.freeze is True else self.found


@dataclass(frozen=True, kw_only=True, eq=False)
class Pretrained:
    """The pretrained columns of a fit.

    Parameters
    ----------
    starts : mapping of str to ColumnStart
        Initial vectors by column.
    report : PretrainedReport
        Number of categories found by column.
    words : mapping of str to SimilarWords
        All vectors of the source of each column, if further categories are looked up in them, until the encoder has
        them.
    """

    starts: Mapping[str, ColumnStart]
    report: PretrainedReport
    words: Mapping[str, SimilarWords] = field(default_factory=dict)

    @classmethod
    def look_up(
        cls,
        pretrained: Any,
        freeze: Any,
        embedded: Iterable[str],
        vocabularies: Mapping[str, Vocabulary],
        table_of: Mapping[str, str],
        min_cosine: float | None = None,
    ) -> "Pretrained":
        """Look up the categories of the tables: of a column each, or of the columns that share it.

        Parameters
        ----------
        pretrained, freeze
            The parameters of the estimator.
        embedded : iterable of str
            Tables of vectors.
        vocabularies : mapping of str to Vocabulary
            Categories of the tables of all categorical columns.
        table_of : mapping of str to str
            Name of the table of each categorical column.
        min_cosine : float, optional
            If given, all vectors are kept, to find the most similar category of further ones.

        Raises
        ------
        ColumnError
            If ``pretrained`` or ``freeze`` names another column, or has different values for columns of one table.
        DataError, FormatError
            If the vectors of a column cannot be read.
        """
        given = _by_column(pretrained, embedded, table_of, vocabularies)
        freeze, starts, reports, words = _freeze_by_column(freeze, given, table_of), {}, {}, {}
        for column, value in given.items():
            keys, counts = vocabularies[column].keys, vocabularies[column].counts[Vocabulary.FIRST :]
            try:
                source = source_of(value)
                found = match(keys, source)
                if min_cosine is not None:
                    words[column] = similar_words(keys, source, min_cosine)
            except (DataError, FormatError) as error:
                raise type(error)(f"pretrained[{column!r}]: {error}") from error
            reports[column] = ColumnReport.of(str(source), found, keys, counts)
            starts[column] = ColumnStart.of(found, freeze[column])
        return cls(starts=starts, report=PretrainedReport(reports), words=words)

    @property
    def found(self) -> set[str]:
        """Columns of which at least one category was found."""
        return {column for column, start in self.starts.items() if start.found[Vocabulary.FIRST :].any()}

    def dims(self, embedding_dim: Any) -> dict[str, int]:
        """Return the dimensions of the columns for which ``embedding_dim`` sets none."""
        if isinstance(embedding_dim, Mapping) and not isinstance(embedding_dim.get("name"), str):
            columns = [column for column in self.starts if column not in embedding_dim]
        else:
            is_default = isinstance(embedding_dim, str) and embedding_dim in DEFAULT_RULES
            columns = list(self.starts) if is_default else []
        return {column: dim for column in columns if (dim := self.starts[column].dim) is not None}

    def start(self, network: Network) -> None:
        """Put the vectors found into the tables of a new network, and mark the frozen rows."""
        for table in network.tables:
            start = self.starts.get(table.name)
            if start is None:
                continue
            if start.match is not None:
                network.start_rows(table, *start.rows(table.embedding_dim, network.n_slices(table)))
            if (held := start.held) is not None:
                network.held[table] = held

    def without_vectors(self) -> "Pretrained":
        """Return a copy without the vectors found, which the networks hold."""
        starts = {column: replace(each, match=None) for column, each in self.starts.items()}
        return replace(self, starts=starts, words={})

    @property
    def kept(self) -> dict[str, np.ndarray]:
        """Masks of the rows whose vectors are meaningful without any training row, by column."""
        return {column: each.kept for column, each in self.starts.items()}

    def to_state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """Return the state to save: JSON values and arrays."""
        report = {column: each.to_json() for column, each in self.report.items()}
        freeze = {column: each.freeze for column, each in self.starts.items()}
        arrays = {f"{place:04d}": each.found for place, each in enumerate(self.starts.values())}
        return {"report": report, "freeze": freeze}, arrays

    @classmethod
    def from_state(cls, data: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> "Pretrained":
        """Return the columns of a state that :meth:`to_state` returned."""
        reports = {column: ColumnReport.from_json(each) for column, each in data["report"].items()}
        found = zip(data["freeze"].items(), arrays.values(), strict=True)
        starts = {column: ColumnStart(found=each, freeze=freeze) for (column, freeze), each in found}
        return cls(starts=starts, report=PretrainedReport(reports))


def further_vectors(
    pretrained: Any, columns: Mapping[str, str], fitted: Sequence[Any], keys: Sequence[Any], *, dim: int, n_slices: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the initial vectors of further categories of a table, in the space of those of the fit.

    Parameters
    ----------
    pretrained : mapping of str to vectors, or estimator
        The parameter of the estimator; its vectors should be those of the fit.
    columns : mapping of str to str
        From the columns of the table to its name.
    fitted : sequence of keys
        The categories of the fit.
    keys : sequence of n keys
        The further categories.
    dim, n_slices : int
        As for :meth:`ColumnStart.rows`.

    Returns
    -------
    vectors : ndarray of float32 of shape (n_found, dim)
    found : ndarray of bool of shape (n,)

    Raises
    ------
    ColumnError
        If ``pretrained`` has no vectors of the column.
    DataError, FormatError
        If the vectors cannot be read.
    """
    given = _vectors_of(pretrained)
    name = next((each for each in (*columns.values(), *columns) if each in given), None)
    if name is None:
        raise ColumnError(
            f"The vectors of column {next(iter(columns))!r} were pretrained in the fit, but the parameter pretrained "
            f"has none for it now. It has: {list(given)}. Pass the vectors of the fit."
        )
    try:
        source = source_of(given[name])
        known, all_keys = match(fitted, source), match([*fitted, *keys], source)
    except (DataError, FormatError) as error:
        raise type(error)(f"pretrained[{name!r}]: {error}") from error
    found = all_keys.found[len(fitted) :]
    if not known.found.any() or not found.any():
        return np.zeros((0, dim), np.float32), np.zeros(len(keys), bool)
    project = LinearProjection.of(known.vectors[known.found], dim, spread=SPREAD, n_slices=n_slices)
    return project(all_keys.vectors[len(fitted) :][found]), found


def may_freeze(value: Any) -> bool:
    """Return whether a value is valid for ``freeze``.

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
    """Return the columns of ``pretrained`` that are given as paths, the only ones that are saved with an estimator.

    Examples
    --------
    >>> paths_of({"job": "glove.txt", "dest": {"JFK": [1.0]}})
    {'job': 'glove.txt'}
    """
    if not isinstance(pretrained, Mapping) or isinstance(pretrained, LearnedVectors):
        return None
    return {c: fspath(each) for c, each in pretrained.items() if isinstance(each, str | PathLike)} or None


def _by_column(
    pretrained: Any, embedded: Iterable[str], table_of: Mapping[str, str], vocabularies: Mapping[str, Vocabulary]
) -> dict[str, Any]:
    """Return the source of vectors of each pretrained table."""
    if pretrained is None:
        return {}
    embedded, pretrained = list(embedded), _vectors_of(pretrained)
    if isinstance(pretrained, LearnedVectors):
        # Vectors of another fit, whose table may have other columns.
        # A table may have another name there, or its columns a table each, of which one must be chosen here.
        names = [name for name in [*table_of, *dict.fromkeys(table_of.values())] if name in pretrained]
        names = [name for name in names if not isinstance(vocabularies.get(name), HashedVocabulary)]
        theirs = by_table({name: pretrained.table_of(name) for name in names}, table_of, "pretrained")
        here = {table: pretrained[name] for table, name in theirs.items() if table in embedded}
        if not here:
            raise ColumnError(
                f"pretrained has vectors for the columns {list(pretrained)}, but the columns with vectors here are "
                f"{embedded}. Assign the vectors by column: pretrained={{column: vectors}}."
            )
        return here
    for column in pretrained:
        if isinstance(vocabularies.get(column), HashedVocabulary):
            raise ColumnError(
                f"pretrained names the column {column!r}, whose vectors are found by hashes, not by category. Leave it "
                "out of pretrained or out of vocabulary."
            )
    given = by_table(_apart(pretrained, table_of), table_of, "pretrained")
    for column in given:
        if column in embedded:
            continue
        if column in table_of:
            raise ColumnError(
                f"pretrained names the column {column!r}, whose few categories are one-hot encoded, without vectors. "
                "Set one_hot_max_categories=0 to give vectors to all columns."
            )
        categorical = list(dict.fromkeys([*table_of, *table_of.values()]))
        raise ColumnError(
            f"pretrained names the column {column!r}, which is not among the categorical columns {categorical}."
            f"{did_you_mean(column, categorical)}"
        )
    return given


def _apart(pretrained: Mapping[str, Any], table_of: Mapping[str, str]) -> dict[str, Any]:
    """Return the vectors by column where the tables of a store are not known here, but their columns are."""
    found, known = dict(pretrained), {*table_of, *table_of.values()}
    for table, columns in (pretrained.shared if isinstance(pretrained, EmbeddingStore) else {}).items():
        here = [column for column in columns if column in known]
        if table not in known and here:
            vectors = found.pop(table)
            found |= dict.fromkeys(here, vectors)
    return found


def _vectors_of(pretrained: Any) -> Mapping[str, Any]:
    """Return the mapping from column to vectors that ``pretrained`` is, or has as a fitted estimator."""
    if not isinstance(pretrained, BaseEstimator):
        return pretrained
    if not hasattr(pretrained, "vectors_"):
        raise DataError(
            f"pretrained is an {type(pretrained).__name__} that is not fitted. (Clones, as in a cross-validation, "
            "are not.) Fit it, and pass its vectors_."
        )
    return pretrained.vectors_


def _freeze_by_column(freeze: Any, given: Mapping[str, Any], table_of: Mapping[str, str]) -> dict[str, Any]:
    if not isinstance(freeze, Mapping):
        if freeze and not given:
            warn_caller(f"freeze={freeze!r} has no effect without pretrained: there are no vectors to keep.")
        return dict.fromkeys(given, _to_python(freeze))
    freeze = by_table(freeze, table_of, "freeze")
    for column in freeze:
        if column not in given:
            raise ColumnError(
                f"freeze names the column {column!r}, which has no pretrained vectors. Known: {list(given)}."
                f"{did_you_mean(column, given)}"
            )
    return {column: _to_python(freeze.get(column, False)) for column in given}


def _to_python(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole if whole else 0:.0f} %"
