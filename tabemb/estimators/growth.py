"""Vocabularies that grow: rows for new categories in a fitted estimator.

New categories get indices after the known ones, so that the rows of all known categories, and the predictions for them,
stay bit for bit the same. :data:`STARTS_OF_NEW` are the vectors that a new category starts from:

- ``"unknown"``: that of unknown categories, so that the predictions for it do not change before it is trained;
- ``"mean"``: the mean of the known categories, weighted by their numbers of rows;
- ``"nearest"``: that of the known category with the most similar name, as ``handle_unknown="nearest"`` finds it;
- ``"pretrained"``: that of the words in ``pretrained``, projected as those of the fit were.

A category for which the last two find nothing starts from the vector of unknown categories. So does every category in
columns without ``pretrained``, and the kernel rows of one-hot columns for ``"pretrained"``.

(With ``n_ensemble``, ``vectors_`` is a mean of rotated tables. The rotation depends on all categories, so that it may
change a little, though no table does.)

Columns whose vectors are found by hashes do not grow: their new categories have vectors without it.

Target statistics have no rows of new categories: until the next fit, they have the mean of all rows. A column keeps its
number of dimensions, and remains one-hot encoded if it grows beyond ``one_hot_max_categories``.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from tabemb.estimators.growth_report import ColumnGrowth, GrowthReport
from tabemb.estimators.inputs import take_column_order
from tabemb.estimators.pretrained import further_vectors
from tabemb.estimators.vocabulary_report import most_frequent
from tabemb.exceptions import DataError, UnknownNameError
from tabemb.nn.embedding import HeldRows
from tabemb.nn.growth import grown_network, grown_rows
from tabemb.nn.network import Network
from tabemb.nn.unknown import UNKNOWN_STRATEGIES, Mean, Nearest
from tabemb.table.cells import Coded, take
from tabemb.table.encoder import TableEncoder
from tabemb.table.frames import Frame
from tabemb.table.frequency_drift import jensen_shannon
from tabemb.table.keys import Key
from tabemb.table.new_categories import unseen_hashed
from tabemb.table.similar_names import SimilarNames
from tabemb.table.vocabulary import Vocabulary

__all__ = ["STARTS_OF_NEW", "check_start", "counted", "extend", "frozen_rows", "grow", "shares_of_rows"]

STARTS_OF_NEW = ("unknown", "mean", "nearest", "pretrained")
N_EXAMPLES = 5


def extend(estimator: Any, X: Any, columns: Iterable[str] | None, start: str) -> None:
    """Add the new categories of a table to a fitted estimator; see ``EmbeddingClassifier.extend``.

    Parameters
    ----------
    estimator : EmbeddingEstimator
        A fitted estimator. It is not changed if an error is raised.
    X : table
        A table with the columns of the fit.
    columns : iterable of str, optional
        The categorical columns to extend; all by default.
    start : str
        One of :data:`STARTS_OF_NEW`.

    Raises
    ------
    NotFittedError
        If the estimator is not fitted.
    ColumnError, DataError, UnknownNameError
        As the method describes.
    """
    check_is_fitted(estimator, "encoder_")
    check_start(estimator, start)
    if isinstance(columns, str):
        raise ValueError(f"columns must be None or a list of names, got the text {columns!r}. Pass [{columns!r}].")
    frame = take_column_order(estimator, X)
    with estimator._unchanged_on_failure():
        grow(estimator, frame, columns, start, strict=True)


def check_start(estimator: Any, start: str) -> None:
    """Raise an error if the vectors of new categories cannot start like that.

    Raises
    ------
    UnknownNameError
        If there is no such start.
    DataError
        If ``start`` is "pretrained", and the estimator has no ``pretrained``.
    """
    if start not in STARTS_OF_NEW:
        raise UnknownNameError.among("start of new categories", start, STARTS_OF_NEW)
    if start == "pretrained" and getattr(estimator, "pretrained", None) is None:
        raise DataError(
            "start='pretrained' looks new categories up in the vectors of the parameter pretrained, which is None. "
            "(Vectors in memory are not saved with an estimator; paths are.) Set it with "
            "set_params(pretrained=...), or choose another start."
        )


def grow(
    estimator: Any, frame: Frame, columns: Iterable[str] | None, start: str, *, strict: bool
) -> dict[str, np.ndarray]:
    """Extend the encoding and all networks of an estimator by the new categories of a table, and report them.

    The estimator gets new encoders and networks; those so far, which predictors and vectors may use, do not change.

    Parameters
    ----------
    estimator : EmbeddingEstimator
        A fitted estimator.
    frame : Frame
        The table, with the columns in the order of the fit.
    columns, start
        As for :func:`extend`.
    strict : bool
        Whether new categories of another type than the known ones are an error, or remain unknown.

    Returns
    -------
    dict of str to ndarray of int of shape (vocabulary_size,)
        Number of rows of the table by index, for each categorical column.
    """
    before: TableEncoder = estimator.encoder_
    after = before.extended(frame, columns, strict=strict)
    if after is not before:
        rows = _Starts(estimator, before, after, start)
        sizes = {place: each.size for place, each in enumerate(after.vocabularies.values())}
        networks = [grown_network(network, sizes, rows.of(network)) for network in estimator._networks]
        pretrained = estimator._pretrained
        starts = {
            table: replace(each, found=rows.found.get(table, grown_rows(each.found, after.tables[table].size)))
            for table, each in pretrained.starts.items()
        }
        estimator._pretrained = replace(pretrained, starts=starts)
        for network in networks:
            for feature in network.spec.features:
                if (its := starts.get(feature.table.name)) is not None and its.held is not None:
                    network.held[feature.table] = its.held
        estimator._network, estimator._others, estimator.encoder_ = networks[0], tuple(networks[1:]), after
    cells = after.unseen(frame)
    rows_of = {name: np.bincount(each, minlength=after.vocabularies[name].size) for name, (each, _) in cells.items()}
    several = {column.name for column in after.schema.categorical if column.split is not None}
    reports = {
        name: _report(before.vocabularies[name], after.vocabularies[name], rows_of[name], cells[name][1])
        for name in cells
    } | {name: _report_hashed(*each) for name, each in unseen_hashed(after, frame).items()}
    estimator._growth = GrowthReport(
        {name: replace(reports[name], unit="values" if name in several else "rows") for name in after.vocabularies}
    )
    return rows_of


def shares_of_rows(estimator: Any) -> dict[str, np.ndarray]:
    """Return the share of the rows that have each index of a table, by its name, by the counts of the vocabularies."""
    counts = {name: each.counts for name, each in estimator.encoder_.vocabularies.items()}
    features = estimator._network.spec.features
    return {each.table.name: counts[each.name] / max(1, counts[each.name].sum()) for each in features}


def counted(
    encoder: TableEncoder, rows_of: Mapping[str, np.ndarray], sizes: Mapping[str, int], *, known: bool
) -> TableEncoder:
    """Return an encoder that has counted the rows of a batch.

    Parameters
    ----------
    encoder : TableEncoder
        Its vocabularies have grown by the batch, with the counts of new categories.
    rows_of : mapping of str to ndarray
        Number of rows of the batch by index, from :func:`grow`.
    sizes : mapping of str to int
        Vocabulary sizes before the batch.
    known : bool
        Whether the batch also counts for known categories: not if their vectors were not trained on it.
    """
    if not known:
        return encoder
    names, vocabularies = list(encoder.vocabularies), {}
    for name, each in encoder.vocabularies.items():
        if name in encoder.hashed:
            vocabularies[name] = each
        elif name not in vocabularies:
            sharing, counts = [names[position] for position in encoder.sharing(name)], each.counts
            for other in sharing:
                counts[: sizes[other]] += rows_of[other][: sizes[other]]
            vocabularies |= dict.fromkeys(sharing, each.with_counts(counts))
    return encoder.with_vocabularies(vocabularies)


@contextmanager
def frozen_rows(networks: Sequence[Network], sizes: Mapping[str, int]) -> Iterator[None]:
    """Keep the first rows of tables bit for bit as they are at the start of the block.

    Parameters
    ----------
    networks : sequence of Network
        The networks.
    sizes : mapping of str to int
        Number of rows to keep by column; none of other columns.
    """
    before, tables = [dict(network.held) for network in networks], []
    try:
        for network in networks:
            for feature in network.spec.features:
                if feature.name in sizes:
                    size, table = sizes[feature.name], feature.table
                    which = np.arange(table.vocabulary_size) < size
                    if table in network.held:
                        which |= network.held[table].which
                    network.held[table] = HeldRows(which=which)
                    tables.append((network.tables[table].embeddings, network.vectors(feature)[:size]))
        yield
        # The strategy for unknown categories may have replaced some.
        for embeddings, rows in tables:
            embeddings.assign(np.concatenate([rows, embeddings.numpy()[len(rows) :]]))
    finally:
        for network, held in zip(networks, before, strict=True):
            network.held = held


class _Starts:
    """The first rows of new categories."""

    def __init__(self, estimator: Any, before: TableEncoder, after: TableEncoder, start: str) -> None:
        self._estimator, self._start = estimator, start
        self._columns, self._table_of = list(before.vocabularies), before.table_of
        self._before, self._after = before.vocabularies, after.vocabularies
        self._stand_ins: dict[str, np.ndarray] = {}
        self._vectors: dict[tuple[str, int], tuple[np.ndarray, np.ndarray]] = {}
        # Masks of the rows that have pretrained vectors, by table.
        self.found: dict[str, np.ndarray] = {}

    def new_keys(self, column: str) -> list[Key]:
        return list(self._after[column].keys[self._before[column].n_categories :])

    def of(self, network: Network) -> Callable[[int, np.ndarray, bool], np.ndarray]:
        return partial(self._rows, network)

    def _rows(self, network: Network, position: int, rows: np.ndarray, are_vectors: bool) -> np.ndarray:
        column = self._columns[position]
        n_new = self._after[column].size - self._before[column].size
        new = np.repeat(rows[[Vocabulary.UNKNOWN]], n_new, axis=0)
        if self._start == "mean":
            mean = Mean().row(rows, self._before[column].counts)
            return new if mean is None else np.repeat(mean[None], n_new, axis=0)
        if self._start == "nearest":
            return rows[self._most_similar(column)]
        if self._start == "pretrained" and are_vectors:
            table = next(each.table for each in network.spec.features if each.position == position)
            return self._from_pretrained(column, new, network.n_slices(table))
        return new

    def _most_similar(self, column: str) -> np.ndarray:
        if column not in self._stand_ins:
            strategy = UNKNOWN_STRATEGIES.resolve(self._estimator.handle_unknown)
            names = SimilarNames(self._before[column].keys, strategy.min_similarity or Nearest().min_similarity)
            found = names.find(self.new_keys(column))
            self._stand_ins[column] = np.where(found < 0, Vocabulary.UNKNOWN, found + Vocabulary.FIRST)
        return self._stand_ins[column]

    def _from_pretrained(self, column: str, new: np.ndarray, n_slices: int) -> np.ndarray:
        pretrained, table = self._estimator._pretrained, self._table_of[column]
        if table not in pretrained.starts:
            return new
        if (column, n_slices) not in self._vectors:
            n_fitted = sum(pretrained.report[table].categories.values())
            self._vectors[column, n_slices] = further_vectors(
                self._estimator.pretrained,
                {name: its for name, its in self._table_of.items() if its == table},
                self._before[column].keys[:n_fitted],
                self.new_keys(column),
                dim=new.shape[1],
                n_slices=n_slices,
            )
        rows, found = self._vectors[column, n_slices]
        known = pretrained.starts[table].found
        self.found[table] = np.append(known, found | bool(known.all()))
        new[found] = rows
        return new


def _report(old: Vocabulary, new: Vocabulary, rows_of: np.ndarray, unknown: Coded) -> ColumnGrowth:
    # In the vocabulary so far, the new categories were unknown.
    as_before = rows_of[: old.size].copy()
    as_before[Vocabulary.UNKNOWN] += rows_of[old.size :].sum()
    return ColumnGrowth(
        n_rows=int(rows_of.sum()),
        new=tuple(new.keys[old.n_categories :]) if new is not old else (),
        rows_of_new=tuple(rows_of[old.size :].tolist()),
        rows_unknown=int(rows_of[Vocabulary.UNKNOWN]),
        unknown=tuple(key for key, _ in most_frequent(unknown, N_EXAMPLES)),
        n_unknown=len(np.unique(unknown.codes)),
        drift=jensen_shannon(old.counts, as_before),
    )


def _report_hashed(cells: Coded, is_new: np.ndarray, is_unknown: np.ndarray) -> ColumnGrowth:
    present = np.flatnonzero(cells.codes >= 0)
    codes = cells.codes[present]
    of_new, of_unknown = codes[is_new[codes]], is_unknown[codes]
    return ColumnGrowth(
        n_rows=len(cells.codes),
        new=(),
        rows_of_new=(),
        rows_unknown=int(of_unknown.sum()),
        unknown=tuple(key for key, _ in most_frequent(take(cells, present[of_unknown]), N_EXAMPLES)),
        n_unknown=len(np.unique(codes[of_unknown])),
        drift=math.nan,
        hashed=True,
        n_hashed_new=len(np.unique(of_new)),
        rows_of_hashed_new=len(of_new),
    )
