"""Read numeric columns, impute missing values by the median, and scale; computes in float64, returns float32."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tabemb.exceptions import DataError, FormatError
from tabemb.table.cells import Cells, Coded, factorize
from tabemb.table.scaling import SCALINGS, Matrix, ScalingSpec
from tabemb.table.schema import free_name

__all__ = ["NumericScaler", "read_numbers"]

_LARGEST = float(np.finfo(np.float32).max)
_PER_SECOND = {"s": 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9}


def read_numbers(cells: Cells, column: str | None = None) -> npt.NDArray[np.float64]:
    """Return cells as numbers, NaN if missing.

    Parameters
    ----------
    cells : pyarrow.Array or Coded
        Numbers, booleans or durations, however stored (dictionary-encoded, as Python objects). Durations are in
        seconds.
    column : str, optional
        Name of the column, for error messages.

    Returns
    -------
    ndarray of float64, shape (n,)

    Raises
    ------
    DataError
        If a cell is not a number (including text such as "1"), or too large for float32.

    Examples
    --------
    >>> from tabemb.table.cells import read_cells
    >>> read_numbers(read_cells([1, None, 2.5]))
    array([1. , nan, 2.5])
    """
    numbers: npt.NDArray[np.float64]
    if not isinstance(cells, Coded) and (pa.types.is_floating(cells.type) or pa.types.is_integer(cells.type)):
        # astype instead of Arrow's cast, which rejects integers that float64 rounds.
        numbers = cells.to_numpy(zero_copy_only=False).astype(np.float64, copy=False)
    elif not isinstance(cells, Coded) and pa.types.is_duration(cells.type):
        counts = cells.cast(pa.int64()).to_numpy(zero_copy_only=False).astype(np.float64, copy=False)
        numbers = counts / _PER_SECOND[cells.type.unit]
    else:
        coded = factorize(cells)
        wrong = [not isinstance(key, (int, float, Decimal, timedelta)) for key in coded.keys]
        if any(wrong):
            codes = coded.codes[coded.codes >= 0]
            _refuse(coded.keys[codes[np.array(wrong)[codes]][0]], column)
        numbers = np.array([*map(_as_float, coded.keys), np.nan], np.float64)[coded.codes]
    # Two comparisons avoid an array of absolute values; NaN passes both.
    too_large = (numbers > _LARGEST) | (numbers < -_LARGEST)
    if too_large.any():
        row = int(too_large.argmax())
        raise DataError(
            f"Input X contains infinity or a value too large for dtype('float32') in column {column!r}: "
            f"{float(numbers[row])!r} in row {row}. Rescale the column, or mark the cell as missing (NaN)."
        )
    return numbers


class NumericScaler:
    """Imputes and scales numeric columns.

    Parameters
    ----------
    columns : sequence of str
        Names of the columns.
    scaling : str or mapping
        A name in :data:`tabemb.table.scaling.SCALINGS`, or a mapping with a ``name`` and parameters:
        ``{"name": "piecewise_linear", "n_bins": 32}``.

    Attributes
    ----------
    names : tuple of str
        Names of the outputs: the columns, then ``"<column>_missing"`` for each column with missing cells at fit.

    Examples
    --------
    >>> import numpy as np
    >>> encoder = NumericScaler(["delay"]).fit(np.array([[1.0], [3.0], [np.nan]]))
    >>> encoder.names
    ('delay', 'delay_missing')
    >>> encoder.encode(np.array([[3.0], [np.nan]]))
    array([[1., 0.], [0., 1.]], dtype=float32)
    """

    def __init__(self, columns: Sequence[str], scaling: ScalingSpec = "standard") -> None:
        self.columns = tuple(columns)
        self.scaling = scaling
        self._scaling = SCALINGS.resolve(scaling)
        self._median = np.zeros(len(self.columns))
        self._indicated = np.zeros(0, np.int64)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the outputs."""
        names = list(self.columns)
        for position in self._indicated:
            names.append(free_name(f"{self.columns[position]}_missing", names, "_indicator"))
        return tuple(names)

    def fit(self, values: Matrix) -> "NumericScaler":
        """Fit the medians, the missing indicators and the scales.

        Parameters
        ----------
        values : ndarray of float64, shape (n_rows, n_columns)
            NaN if missing.
        """
        if not self.columns:
            return self
        missing = np.isnan(values)
        self._indicated = np.flatnonzero(missing.any(axis=0))
        # A column without numbers has no median and no scale: all its cells become zero.
        values = np.where(missing.all(axis=0), 0.0, values)
        self._median = np.nanmedian(values, axis=0)
        self._scaling.fit(values)
        return self

    def encode(self, values: Matrix) -> npt.NDArray[np.float32]:
        """Return scaled numbers and missing indicators.

        Parameters
        ----------
        values : ndarray of float64, shape (n_rows, n_columns)
            NaN if missing.

        Returns
        -------
        ndarray of float32, shape (n_rows, len(names))

        Raises
        ------
        DataError
            If a scaled number is too large for float32.
        """
        if not self.columns:
            return np.zeros((len(values), 0), np.float32)
        missing = np.isnan(values)
        scaled = self._scaling.scale(np.where(missing, self._median, values))
        overflown = (np.abs(scaled) > _LARGEST).any(axis=0)
        if overflown.any():
            raise DataError(
                f"Input X contains a value too large for dtype('float32') once it is scaled, in column "
                f"{self.columns[int(overflown.argmax())]!r}: it is far outside of the range seen at fit."
            )
        encoded = np.empty((len(values), len(self.columns) + len(self._indicated)), np.float32)
        encoded[:, : len(self.columns)] = scaled
        encoded[:, len(self.columns) :] = missing[:, self._indicated]
        return encoded

    def to_state(self) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
        """Return the fitted state as JSON values and arrays."""
        arrays = {"median": self._median, "indicated": self._indicated, **self._scaling.state}
        return {"columns": list(self.columns), "scaling": self.scaling}, arrays

    @classmethod
    def from_state(cls, data: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]]) -> "NumericScaler":
        """Return the scaler from the output of :meth:`to_state`; its outputs are bit-identical.

        Raises
        ------
        FormatError
            If an entry is missing.
        """
        try:
            encoder = cls(data["columns"], data["scaling"])
            encoder._median = arrays["median"]
            encoder._indicated = arrays["indicated"]
            if encoder.columns:
                encoder._scaling.state = {name: arrays[name] for name in encoder._scaling.entries}
        except KeyError as error:
            raise FormatError(f"The saved state of the numbers lacks the entry {error}.") from error
        return encoder


def _as_float(key: Any) -> float:
    try:
        return key.total_seconds() if isinstance(key, timedelta) else float(key)
    except OverflowError:
        return float("inf")


def _refuse(key: object, column: str | None) -> None:
    step = "Convert it to numbers first, for example by pandas.to_numeric(column, errors='coerce')."
    raise DataError(
        f"Column {column!r} holds numbers, but a cell is {key!r}, of type {type(key).__name__}. {step} "
        f"If it is categorical, name it in categorical= at fit."
    )
