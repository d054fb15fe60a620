"""How a table relates to the vocabularies of a fit: unseen, missing and rare categories, and drift."""

from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils.validation import check_is_fitted

from tabemb.estimators.inputs import take_column_order
from tabemb.table.cells import Coded, factorize, n_different
from tabemb.table.column_cells import counted_cells
from tabemb.table.encoder import TableEncoder
from tabemb.table.frames import Frame
from tabemb.table.frequency_drift import drift_by_chance, jensen_shannon
from tabemb.table.vocabulary import Vocabulary

__all__ = ["REPORT_COLUMNS", "most_frequent", "vocabulary_report"]

REPORT_COLUMNS = (
    "known_categories",
    "missing",
    "unseen",
    "rare",
    "unseen_categories",
    "drift",
    "drift_by_chance",
    "most_frequent_unseen",
)


def vocabulary_report(estimator: Any, X: Any, *, rare: int = 10, n_keys: int = 5) -> pd.DataFrame:
    """Return how the categories of a table relate to those of the fit; see ``EmbeddingClassifier.vocabulary_report``.

    Parameters
    ----------
    estimator : EmbeddingEstimator
        A fitted estimator.
    X : table
        A table with the columns of the fit.
    rare, n_keys : int
        Limit of the number of training rows of a rare category, and number of unseen keys to list.

    Raises
    ------
    ColumnError
        If a column is missing.
    ValueError
        If ``rare`` or ``n_keys`` is not a number of at least 0.
    """
    check_is_fitted(estimator, "encoder_")
    for name, value in {"rare": rare, "n_keys": n_keys}.items():
        if isinstance(value, bool) or not isinstance(value, Integral) or value < 0:
            raise ValueError(f"{name} must be an integer of at least 0, got {value!r}.")
    return _report(estimator.encoder_, take_column_order(estimator, X), rare, n_keys)


def _report(encoder: TableEncoder, frame: Frame, rare: int, n_keys: int) -> pd.DataFrame:
    rows = {}
    for name, (indices, unseen) in encoder.unseen(frame).items():
        vocabulary, n = encoder.vocabularies[name], frame.n_rows
        before, now = vocabulary.counts, np.bincount(indices, minlength=vocabulary.size)
        of_keys, at_fit = now[Vocabulary.FIRST :], before[Vocabulary.FIRST :]
        rows[name] = (
            int((of_keys > 0).sum()),
            now[Vocabulary.MISSING] / n,
            now[Vocabulary.UNKNOWN] / n,
            of_keys[at_fit < rare].sum() / n,
            len(np.unique(unseen.codes)),
            jensen_shannon(before, now),
            drift_by_chance(before, n),
            most_frequent(unseen, n_keys),
        )
    names_here = encoder.names_here(frame)
    for column in encoder.schema.categorical:
        if column.name in encoder.hashed:
            # Their categories are not listed, and none is unknown.
            cells = factorize(counted_cells(frame, column, names_here[column.source]))
            missing = float((cells.codes < 0).sum()) / frame.n_rows
            rows[column.name] = (n_different(cells), missing, 0.0, np.nan, 0, np.nan, np.nan, [])
    rows = {name: rows[name] for name in encoder.vocabularies}
    report = pd.DataFrame.from_dict(rows, orient="index", columns=list(REPORT_COLUMNS))
    return report.rename_axis("column")


def most_frequent(cells: Coded, n_keys: int) -> list[tuple[Any, int]]:
    """Return the most frequent keys of cells, none of which is missing, with their numbers of rows.

    Parameters
    ----------
    cells : Coded
        The cells.
    n_keys : int
        Maximum number of keys.
    """
    codes, first, counts = np.unique(cells.codes, return_index=True, return_counts=True)
    order = np.lexsort((first, -counts))[:n_keys]
    keys = cells.keys if len(order) else []
    return [(keys[codes[place]], int(counts[place])) for place in order]
