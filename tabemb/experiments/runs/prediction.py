"""Predictions of a finished run for the rows of a table."""

import numpy as np
import pandas as pd

from tabemb.exceptions import ColumnError, did_you_mean
from tabemb.experiments.runs.folder import RunFolder

__all__ = ["predict_table"]


def predict_table(run: RunFolder, table: pd.DataFrame) -> pd.DataFrame:
    """Predict the target of a run for each row of a table.

    Parameters
    ----------
    run : RunFolder
        A finished run.
    table : pandas.DataFrame
        Has the columns that the run learned from, in any order; others are not looked at.

    Returns
    -------
    pandas.DataFrame
        A row for each row: ``prediction``, and for classes ``probability_<class>`` for each.

    Raises
    ------
    ColumnError
        When a column is missing; the message names it and near ones.
    """
    columns = run.report["data"]["columns"]
    for column in columns:
        if column not in table.columns:
            near = did_you_mean(column, [str(each) for each in table.columns])
            raise ColumnError(f"The run {run.path} learned from a column {column!r}, which the table lacks.{near}")
    model = run.model()
    rows = table[columns]
    if not hasattr(model, "classes_"):
        return pd.DataFrame({"prediction": np.asarray(model.predict(rows))})
    probabilities = model.predict_proba(rows)
    answers = {"prediction": np.asarray(model.classes_)[probabilities.argmax(axis=1)]}
    named = {f"probability_{name}": probabilities[:, i] for i, name in enumerate(model.classes_)}
    return pd.DataFrame(answers | named)
