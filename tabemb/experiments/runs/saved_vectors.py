"""Transform the rows of a file by a saved encoder or pretrainer, without Keras and TensorFlow."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from tabemb.experiments.data_formats import is_plain_text
from tabemb.experiments.tables import read_table
from tabemb.inference.predictor import load_predictor
from tabemb.inference.saved import STATE_FILE
from tabemb.inference.vector_lookup import VectorLookup

__all__ = ["is_saved_estimator", "transform_by_saved"]


def is_saved_estimator(path: Path) -> bool:
    """Return whether a path is the folder of a saved estimator.

    Examples
    --------
    >>> is_saved_estimator(Path("."))
    False
    """
    return (path / STATE_FILE).is_file()


def transform_by_saved(
    path: Path, table: Path, *, na: Sequence[str] = (), sep: str | None = None, encoding: str | None = None
) -> pd.DataFrame:
    """Return the rows of a file with their categories replaced by vectors.

    Parameters
    ----------
    path : Path
        The folder of a saved :class:`~tabemb.estimators.encoder.EmbeddingEncoder` or
        :class:`~tabemb.estimators.pretrainer.EmbeddingPretrainer`.
    table : Path
        The file. It is read by the types of the fit; columns that the fit did not have are ignored.
    na : sequence of str
        Texts that mean a missing cell.
    sep, encoding : str, optional
        Of a text.

    Raises
    ------
    FormatError
        If the estimator is another, is damaged, or was saved by a version without predictors.
    ColumnError
        If a column is missing.
    DataError
        If the file cannot be read.
    """
    lookup = load_predictor(path, VectorLookup)
    options = {"sep": sep, "encoding": encoding} if is_plain_text(table) else {}
    rows = read_table(table, types=lookup.encoder.types, na=list(na), **options)
    names = lookup.feature_names_in_
    if names is not None:
        known = set(names)
        rows = rows[[column for column in rows.columns if column in known]]
    return pd.DataFrame(lookup.transform(rows), columns=lookup.get_feature_names_out(), index=rows.index)
