import json
from datetime import timedelta
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import StandardScaler

from tabemb.exceptions import DataError, FormatError, UnknownNameError
from tabemb.table.cells import read_cells
from tabemb.table.numeric import NumericScaler, read_numbers
from tabemb.table.scaling import SCALINGS


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1, None, 2.5], [1, np.nan, 2.5]),
        (np.array([2**60 + 1]), [2.0**60]),
        (np.array([2**64 - 1], dtype=np.uint64), [2.0**64]),
        (np.array([0.5, np.nan], dtype=np.float32), [0.5, np.nan]),
        (pa.array([1, None], pa.int8()), [1, np.nan]),
        ([True, False, None], [1, 0, np.nan]),
        ([Decimal("1.5"), None, 2], [1.5, np.nan, 2]),
        ([2**70, 1], [2.0**70, 1]),
        (pa.array([Decimal("1.5"), None]), [1.5, np.nan]),
        (pa.array([1.5, None, 1.5]).dictionary_encode(), [1.5, np.nan, 1.5]),
        ([None, None], [np.nan, np.nan]),
        ([1, True], [1, 1]),
    ],
)
def test_numbers_are_read_however_they_are_stored(values, expected):
    numbers = read_numbers(read_cells(values))
    assert numbers.dtype == np.float64
    np.testing.assert_array_equal(numbers, expected)


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        ([None, "many", "few"], "'many', of type str"),
        (["1.5", "2"], "'1.5', of type str"),
        ([1, "n/a", 2], "'n/a', of type str"),
        (pa.array(pd.Categorical([None, "b", "a"])), "'b', of type str"),
        (pa.array([pd.Timestamp("2020-01-01")]), r"datetime.datetime\(2020, 1, 1, 0, 0\), of type datetime"),
        ([b"1"], "b'1', of type bytes"),
    ],
)
def test_other_cells_are_refused_with_the_first_one(values, shown):
    with pytest.raises(
        DataError, match=rf"Column 'delay' holds numbers, but a cell is {shown}. Convert it to numbers first"
    ):
        read_numbers(read_cells(values), "delay")


@pytest.mark.parametrize("values", [[1e39, 1.0], [-1e39, 1.0], [10**400, "x"][:1], np.array([1.0, np.nan, 1e308])])
def test_numbers_beyond_float32_are_refused(values):
    message = r"Input X contains infinity or a value too large for dtype\('float32'\) in column 'delay'"
    with pytest.raises(DataError, match=message):
        read_numbers(read_cells(values), "delay")


VALUES = np.array([[1.0, 10.0], [np.nan, 20.0], [3.0, 30.0], [8.0, 60.0]])


def test_numbers_are_imputed_by_the_median_and_scaled():
    encoder = NumericScaler(["a", "b"]).fit(VALUES)
    encoded = encoder.encode(VALUES)
    assert encoder.names == ("a", "b", "a_missing")
    assert encoded.dtype == np.float32
    reference = StandardScaler().fit(VALUES).transform(SimpleImputer(strategy="median").fit_transform(VALUES))
    np.testing.assert_array_equal(encoded, np.column_stack([reference, [0, 1, 0, 0]]).astype(np.float32))


def test_cells_missing_only_later_are_imputed():
    encoder = NumericScaler(["a", "b"]).fit(VALUES)
    later = encoder.encode(np.array([[1.0, np.nan], [np.nan, np.nan]]))
    assert later.shape == (2, 3)
    np.testing.assert_array_equal(later[:, 1], encoder.encode(np.array([[1.0, 25.0]]))[0, 1])
    assert later[:, 2].tolist() == [0, 1]


@pytest.mark.parametrize("scaling", sorted(SCALINGS))
def test_a_column_without_any_number_is_zero(scaling):
    encoder = NumericScaler(["a", "b"], scaling).fit(np.array([[np.nan, 1.0], [np.nan, 2.0]]))
    encoded = encoder.encode(np.array([[np.nan, 1.0], [np.nan, np.nan]]))
    assert np.isfinite(encoded).all()
    assert encoded[:, 2].tolist() == [1, 1]


def test_an_indicator_does_not_take_the_name_of_a_column():
    assert NumericScaler(["a", "a_missing"]).fit(VALUES).names == ("a", "a_missing", "a_missing_indicator")


def test_numbers_far_from_their_mean_keep_their_differences():
    values = 1e9 + np.arange(10.0).reshape(-1, 1)
    encoded = NumericScaler(["a"]).fit(values).encode(values)
    np.testing.assert_allclose(np.diff(encoded[:, 0]), 1 / np.arange(10.0).std(), rtol=1e-5)


def test_a_number_that_overflows_when_scaled_is_refused():
    encoder = NumericScaler(["a"]).fit(np.array([[0.0], [1e-20]]))
    with pytest.raises(DataError, match=r"too large for dtype\('float32'\) once it is scaled, in column 'a'"):
        encoder.encode(np.array([[1e30]]))


def test_no_columns():
    encoder = NumericScaler([]).fit(np.zeros((3, 0)))
    assert encoder.names == ()
    assert encoder.encode(np.zeros((2, 0))).shape == (2, 0)


@pytest.mark.parametrize("scaling", sorted(SCALINGS))
def test_outputs_after_loading_are_bit_identical(scaling):
    encoder = NumericScaler(["a", "b"], scaling).fit(VALUES)
    data, arrays = encoder.to_state()
    again = NumericScaler.from_state(json.loads(json.dumps(data)), {name: each.copy() for name, each in arrays.items()})
    assert again.names == encoder.names
    assert again.encode(VALUES * 1.1).tobytes() == encoder.encode(VALUES * 1.1).tobytes()


@pytest.mark.parametrize("entry", ["median", "indicated", "mean"])
def test_a_broken_state_is_refused(entry):
    data, arrays = NumericScaler(["a", "b"]).fit(VALUES).to_state()
    del arrays[entry]
    with pytest.raises(FormatError, match=f"The saved state of the numbers lacks the entry '{entry}'"):
        NumericScaler.from_state(data, arrays)


def test_a_scaling_with_parameters_is_loaded_with_them():
    encoder = NumericScaler(["a", "b"], {"name": "piecewise_linear", "n_bins": 2}).fit(VALUES)
    assert encoder.encode(VALUES)[:, :2].max() == 2
    data, arrays = encoder.to_state()
    again = NumericScaler.from_state(json.loads(json.dumps(data)), arrays)
    assert again.scaling == {"name": "piecewise_linear", "n_bins": 2}
    assert again.encode(VALUES).tobytes() == encoder.encode(VALUES).tobytes()


def test_indicators_are_not_scaled():
    encoder = NumericScaler(["a", "b"], {"name": "piecewise_linear", "n_bins": 3}).fit(VALUES)
    assert encoder.encode(VALUES)[:, 2].tolist() == [0, 1, 0, 0]


def test_no_columns_are_loaded_too():
    data, arrays = NumericScaler([]).fit(np.zeros((3, 0))).to_state()
    assert NumericScaler.from_state(data, arrays).names == ()


def test_an_unknown_scaling_is_refused():
    with pytest.raises(UnknownNameError, match=r"No scaling named 'standart'\. Known: .*Did you mean 'standard'\?"):
        NumericScaler(["a"], "standart")


def test_durations_are_seconds_however_stored():
    durations = pd.Series(pd.to_timedelta([1.5, None, -3600], unit="s"))
    for values in (
        durations.to_numpy(),
        durations.astype(object).to_numpy(),
        pa.array(durations),
        pa.array(durations).cast(pa.duration("ms")),
        pa.array(durations).dictionary_encode(),
        [timedelta(seconds=1.5), None, timedelta(hours=-1)],
    ):
        np.testing.assert_array_equal(read_numbers(read_cells(values)), [1.5, np.nan, -3600])
    assert read_numbers(read_cells(pa.array([2**40], pa.duration("s")))).tolist() == [2.0**40]


@pytest.mark.parametrize(
    ("columns", "names"),
    [
        (["a", "a_missing"], ["a_missing_indicator", "a_missing_missing"]),
        (["a", "a_missing", "a_missing_indicator"], ["a_missing_indicator_indicator", "a_missing_missing"]),
        (["a_missing_missing", "a_missing", "a"], ["a_missing_missing_missing", "a_missing_missing_indicator"]),
    ],
)
def test_no_indicator_has_the_name_of_another_output(columns, names):
    values = np.array([[1.0] * len(columns), [np.nan, np.nan, 2.0][: len(columns)]])
    encoder = NumericScaler(columns).fit(values)
    assert encoder.names == (*columns, *names)
    assert len(set(encoder.names)) == len(encoder.names)
