"""Read and check the tables, targets and weights that are passed to ``fit`` and ``predict``."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
from sklearn.exceptions import DataConversionWarning
from sklearn.utils.validation import check_consistent_length, validate_data

from tabemb.estimators.target_values import plain_targets
from tabemb.exceptions import DataError, warn_caller
from tabemb.table.cells import all_equal, is_missing, unmasked
from tabemb.table.frames import Frame, read_frame, select_as_fitted
from tabemb.table.numeric import read_numbers
from tabemb.table.schema import SchemaHint

__all__ = [
    "TrainingData",
    "auto_batch_size",
    "check_table",
    "check_targets",
    "check_weights",
    "empty_columns",
    "given_validation",
    "has_categorical_dtype",
    "has_information",
    "take_column_order",
    "warn_of_constant_columns",
    "warn_of_target_column",
]

# Rows from which a column with the cells of the target is not there by chance; as many are looked at first.
_MIN_ROWS_TO_JUDGE = 1000


@dataclass(frozen=True, kw_only=True)
class TrainingData:
    """Checked data of a fit, without rows of weight 0.

    Parameters
    ----------
    frame : Frame
        The table.
    targets : ndarray of shape (n_kept,) or (n_kept, n_outputs)
        The targets.
    weights : ndarray of shape (n_kept,) or None
        Weight of each row, class weights included.
    kept : ndarray of int of shape (n_kept,)
        Positions of these rows among all rows that were passed.
    n_rows : int
        Number of all rows that were passed.
    categorical : bool
        Whether the targets had a categorical dtype.
    """

    frame: Frame
    targets: np.ndarray
    weights: np.ndarray | None
    kept: np.ndarray
    n_rows: int
    categorical: bool


def check_table(estimator: Any, X: Any) -> Frame:
    """Read the table of a fit and set ``n_features_in_`` and ``feature_names_in_``."""
    frame = read_frame(X)
    validate_data(estimator, X=_skeleton(frame), skip_check_array=True, reset=True)
    return frame


def has_information(frame: Frame) -> bool:
    """Return whether a column of a table has different cells; columns that have not are dropped if another has.

    Examples
    --------
    >>> has_information(read_frame(pd.DataFrame({"dest": ["IAH", "IAH"], "carrier": ["UA", None]})))
    True
    """
    return any(not all_equal(cells) and not is_missing(cells).all() for cells in map(frame.cells, frame.columns))


def empty_columns(frame: Frame) -> list[str]:
    """Return the columns without a cell that is not missing, whose kind is therefore not known.

    Examples
    --------
    >>> empty_columns(read_frame(pd.DataFrame({"dest": ["IAH", None], "carrier": [None, None]})))
    ['carrier']
    """
    return [name for name in frame.columns if is_missing(frame.cells(name)).all()]


def take_column_order(estimator: Any, X: Any) -> Frame:
    """Read a table for a fitted estimator, with its columns in the order of the fit, without the one of groups.

    Raises
    ------
    ColumnError
        If columns are missing, or were not in the table of the fit.
    ValueError
        If the columns have no names and their number differs.
    """
    frame = read_frame(X)
    if (group := getattr(estimator, "_group_column", None)) is not None:
        frame = frame.without(group)
    known = getattr(estimator, "feature_names_in_", None)
    if known is not None and frame.named:
        # scikit-learn's check would find nothing more, and takes time.
        return select_as_fitted(frame, known.tolist())
    validate_data(estimator, X=_skeleton(frame), skip_check_array=True, reset=False)
    return frame


def _skeleton(frame: Frame) -> Any:
    """Return an empty table with the same columns, which is all that scikit-learn's bookkeeping needs."""
    if frame.named:
        return pd.DataFrame(columns=list(frame.columns))
    return np.empty((0, len(frame.columns)))


def check_targets(y: Any, n_rows: int, *, numeric: bool, owner: str) -> np.ndarray:
    """Return targets as an array of shape (n_rows,) or (n_rows, n_outputs).

    Parameters
    ----------
    y : array-like
        Targets from pandas, polars, Arrow, NumPy or a list.
    n_rows : int
        Number of rows of the table.
    numeric : bool
        Whether to convert the targets to float64.
    owner : str
        Name of the estimator, for error messages.

    Raises
    ------
    DataError
        If the targets are None, have missing or infinite values, or cannot be converted to numbers.
    ValueError
        If there are not as many targets as rows.
    """
    if y is None:
        raise DataError(
            f"requires y to be passed, but the target y is None: {owner} learns vectors from a target. "
            "Pass y with one value per row."
        )
    y = plain_targets(y)
    if y.dtype.kind == "c":
        raise DataError("Complex data not supported: the target is complex. Pass the parts as two columns.")
    if y.ndim == 2 and y.shape[1] == 1:
        _warn_of_column_vector()
        y = y[:, 0]
    if y.ndim not in (1, 2):
        raise DataError(f"The target must be one column, or a matrix with one column per output, got shape {y.shape}.")
    check_consistent_length(np.empty((n_rows, 1)), y)
    absent = pd.isna(y)
    if absent.any():
        raise DataError(
            f"Input y contains NaN: {int(absent.sum())} of {y.size} target values are missing. "
            "Drop those rows before the fit."
        )
    if numeric:
        y = _numbers(y, owner)
    if y.dtype.kind == "f" and not np.isfinite(y).all():
        raise DataError("Input y contains infinity or a value too large. Replace it, or drop those rows.")
    return y


def has_categorical_dtype(y: Any) -> bool:
    """Return whether targets have pandas' categorical dtype.

    Examples
    --------
    >>> has_categorical_dtype(pd.Series([3, 5], dtype="category")), has_categorical_dtype([3, 5])
    (True, False)
    """
    dtypes = list(y.dtypes) if isinstance(y, pd.DataFrame) else [getattr(y, "dtype", None)]
    return all(isinstance(dtype, pd.CategoricalDtype) for dtype in dtypes)


def _warn_of_column_vector():
    warn_caller(
        "A column-vector y was passed when a 1d array was expected. "
        "Please change the shape of y to (n_samples,), for example using ravel().",
        DataConversionWarning,
    )


def _numbers(y, owner):
    if y.dtype.kind in "mM" or isinstance(y.ravel()[0], date | timedelta | np.datetime64 | np.timedelta64):
        raise DataError(
            f"{owner} predicts numbers, but the target holds values such as {str(y.ravel()[0])!r}. "
            "Convert them to numbers with a unit, such as days since a date."
        )
    try:
        numbers = y.astype("float64")
        if (np.abs(numbers[np.isfinite(numbers)]) > np.finfo("float32").max).any():
            raise DataError("Input y contains infinity or a value too large for dtype('float32'). Rescale the target.")
        return numbers
    except DataError:
        raise
    except (TypeError, ValueError):
        raise DataError(
            f"{owner} predicts numbers, but the target holds values such as {y.ravel().tolist()[0]!r}. "
            "Convert them to numbers, or use EmbeddingClassifier for classes."
        ) from None


def check_weights(sample_weight: Any, n_rows: int) -> np.ndarray | None:
    """Return the weights as float64 of shape (n_rows,), or None.

    Raises
    ------
    DataError
        If weights are negative, not finite, all zero, or not one per row.
    """
    if sample_weight is None:
        return None
    weights = np.asarray(unmasked(sample_weight))
    if weights.ndim == 0:
        weights = np.full(n_rows, weights)
    try:
        if weights.dtype.kind in "mM":
            raise TypeError
        weights = weights.astype("float64")
    except (TypeError, ValueError):
        raise DataError(
            f"sample_weight must be numbers, got {weights.ravel()[:1].astype(object).tolist()[0]!r}. Pass one "
            "number of at least 0 per row."
        ) from None
    if weights.shape != (n_rows,):
        raise DataError(f"sample_weight must have shape ({n_rows},), one weight per row, got shape {weights.shape}.")
    if not np.isfinite(weights).all():
        raise DataError("Input sample_weight contains NaN or infinity. Each row needs a finite weight of at least 0.")
    if (weights < 0).any():
        raise DataError(f"Negative values in sample_weight: {weights.min():g}. Weights must be at least 0.")
    if not (weights > 0).any():
        raise DataError("All weights in sample_weight are zero, so there is no row to train on.")
    return weights


def given_validation(X_val: Any, y_val: Any, *, early_stopping: bool) -> tuple[Any, Any] | None:
    """Return the validation rows and targets that were passed to a fit, None if there are none.

    Raises
    ------
    DataError
        If only one of the two was passed, there is no early stopping, or X_val is not a table with rows.

    Examples
    --------
    >>> given_validation(None, None, early_stopping=True) is None
    True
    """
    if (X_val is None) != (y_val is None):
        raise DataError("X_val and y_val are the validation rows and their targets: pass both, or neither.")
    if X_val is not None and not early_stopping:
        raise DataError("X_val and y_val are for early stopping, which early_stopping=False switches off.")
    return None if X_val is None else (read_frame(X_val, title="X_val"), y_val)


def warn_of_constant_columns(frame: Frame) -> None:
    """Warn that no column of a table varies, unless it has a single row."""
    if frame.n_rows > 1:
        warn_caller(
            f"No column of the table varies: {', '.join(map(repr, frame.columns))}. All rows get the same vectors and "
            "predictions.",
            SchemaHint,
        )


def warn_of_target_column(frame: Frame, targets: np.ndarray) -> None:
    """Warn of columns that are the target: each cell goes with one target, and each target with one cell.

    Parameters
    ----------
    frame : Frame
        The table of a fit. Nothing is said of fewer than 1,000 rows.
    targets : ndarray of shape (n_rows,) or (n_rows, n_outputs)
        Nothing is said of several outputs.
    """
    if targets.ndim != 1 or len(targets) < _MIN_ROWS_TO_JUDGE:
        return
    # A few rows of the whole table tell most columns from the target, and are cheap to read.
    rows = np.linspace(0, len(targets) - 1, _MIN_ROWS_TO_JUDGE).astype(np.intp)
    few, few_targets = frame.take(rows), targets[rows]
    found = [
        name
        for name in frame.columns
        if _go_together(few.coded(name).codes, few_targets) and _is_the_target(frame, name, targets)
    ]
    if found:
        warn_caller(
            f"The target is among the columns of the table: {', '.join(map(repr, found))}. A model that sees it "
            "learns nothing else, and has no use where the target is unknown. Leave it out of X.",
            SchemaHint,
        )


def _is_the_target(frame: Frame, name: str, targets: np.ndarray) -> bool:
    coded = frame.coded(name)
    if not _go_together(coded.codes, targets):
        return False
    if len(np.unique(coded.codes)) < len(targets):
        return True
    # Any two columns that differ in every row go together.
    is_number = frame.kind(name) in ("integer", "float") and targets.dtype.kind in "biuf"
    return is_number and bool((read_numbers(frame.cells(name), name) == targets).all())


def _go_together(codes: np.ndarray, targets: np.ndarray) -> bool:
    """Return whether codes of cells and targets determine each other, and are not constant."""
    values = pd.factorize(targets)[0].astype("int64")
    n_values = int(values.max()) + 1
    if n_values == 1 or len(np.unique(codes)) != n_values:
        return False
    return len(np.unique(codes.astype("int64") * n_values + values)) == n_values


def auto_batch_size(n_rows: int) -> int:
    """Return the power of two between 32 and 1024 that makes about 64 steps per epoch.

    Examples
    --------
    >>> auto_batch_size(100), auto_batch_size(10_000), auto_batch_size(10**6)
    (32, 128, 1024)
    """
    return int(2 ** np.clip(np.round(np.log2(max(n_rows, 1) / 64)), 5, 10))
