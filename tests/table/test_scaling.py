import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.preprocessing import KBinsDiscretizer, QuantileTransformer, RobustScaler, StandardScaler

from tabemb.exceptions import UnknownNameError
from tabemb.table.scaling import SCALINGS

VALUES = np.random.default_rng(0).lognormal(size=(500, 3))
NEW = np.random.default_rng(1).lognormal(size=(50, 3)) * 10
COUNTS = np.random.default_rng(2).poisson(0.7, (500, 3)).astype(float)


def scaled(name, values, new=None):
    scaling = SCALINGS.resolve(name)
    scaling.fit(values)
    return scaling.scale(values if new is None else new)


def quantile_transformer(values):
    return QuantileTransformer(n_quantiles=len(values), output_distribution="normal", random_state=0).fit(values)


# ---------------------------------------------------------------------- all scalings


@pytest.mark.parametrize("name", sorted(SCALINGS))
def test_missing_values_are_left_out_at_fit(name):
    with_gaps = np.vstack([VALUES, np.full((20, 3), np.nan)])
    reference = scaled(name, VALUES, NEW)
    assert np.abs(scaled(name, with_gaps, NEW) - reference).max() <= 0.1
    assert np.isfinite(reference).all()


@pytest.mark.parametrize("name", sorted(SCALINGS))
def test_the_state_is_complete(name):
    scaling, again = SCALINGS.resolve(name), SCALINGS.resolve(name)
    scaling.fit(VALUES)
    assert tuple(scaling.state) == scaling.entries
    again.state = {entry: np.array(array) for entry, array in scaling.state.items()}
    assert (again.scale(NEW) == scaling.scale(NEW)).all()


@pytest.mark.parametrize("name", sorted(SCALINGS))
def test_constant_columns_and_single_rows_are_finite(name):
    for values in (np.full((5, 2), 3.0), np.array([[3.0, 4.0]])):
        assert np.isfinite(scaled(name, values)).all()


@pytest.mark.parametrize("name", sorted(SCALINGS))
@pytest.mark.parametrize("values", [VALUES, COUNTS], ids=["lognormal", "counts"])
def test_single_rows_are_scaled_bit_identically(name, values):
    scaling = SCALINGS.resolve(name)
    scaling.fit(values)
    together = scaling.scale(NEW)
    assert all((scaling.scale(NEW[row : row + 1]) == together[row]).all() for row in range(len(NEW)))
    assert scaling.scale(NEW[:0]).shape == (0, 3)


@pytest.mark.parametrize("name", sorted(SCALINGS))
@given(arrays(np.float64, st.integers(1, 40), elements=st.floats(-1e30, 1e30) | st.sampled_from([0.0, 1.0])))
@example(values=np.array([2.22507386e-313, 0.0]))
@settings(max_examples=60, deadline=None)
def test_a_larger_number_is_never_scaled_to_a_smaller_one(name, values):
    new = np.sort(np.concatenate([values, values * 1.5, values / 3]))[:, None]
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        heights = scaled(name, values[:, None], new)
    # Rounding may affect the last bits.
    steps = np.diff(heights[:, 0])
    assert (steps >= -1e-9 * (1 + np.abs(heights[1:, 0]))).all()


# ---------------------------------------------------------------------- scikit-learn's


@pytest.mark.parametrize("values", [VALUES, COUNTS], ids=["lognormal", "counts"])
def test_standard_is_scikit_learns(values):
    np.testing.assert_allclose(scaled("standard", values, NEW), StandardScaler().fit(values).transform(NEW), rtol=1e-12)


@pytest.mark.parametrize("values", [VALUES, COUNTS, VALUES.round(1)], ids=["lognormal", "counts", "some ties"])
def test_quantile_is_scikit_learns_ties_and_ends_included(values):
    reference = quantile_transformer(values)
    new = np.vstack([NEW, values, values + 0.05, -values, values.min(axis=0) + 1e-8, values.max(axis=0) - 1e-8])
    np.testing.assert_allclose(scaled("quantile", values, new), reference.transform(new), rtol=1e-12, atol=1e-12)


def test_quantiles_of_long_tables_do_not_depend_on_global_randomness():
    values = np.random.default_rng(0).normal(size=(30_000, 1))
    heights = []
    for seed in (0, 1):
        np.random.seed(seed)  # noqa: NPY002
        state = np.random.get_state()[1].copy()  # noqa: NPY002
        heights.append(scaled("quantile", values))
        assert (np.random.get_state()[1] == state).all()  # noqa: NPY002
    assert (heights[0] == heights[1]).all()


# ---------------------------------------------------------------------- robust


def test_robust_is_scikit_learns_with_smooth_clipping():
    far = RobustScaler().fit(VALUES).transform(NEW)
    np.testing.assert_allclose(scaled("robust", VALUES, NEW), far / np.sqrt(1 + (far / 3) ** 2), rtol=1e-12)


def test_robust_stays_within_three():
    heights = scaled("robust", VALUES, np.array([[-1e38] * 3, [1e38] * 3]))
    np.testing.assert_allclose(heights, [[-3] * 3, [3] * 3])


def test_robust_uses_half_the_range_for_equal_quartiles():
    values = np.array([[0.0]] * 9 + [[8.0]])
    # (8 - 0) / 4 is 2, clipped smoothly.
    assert scaled("robust", values)[-1, 0] == pytest.approx(2 / np.sqrt(1 + (2 / 3) ** 2))


def test_robust_scales_a_constant_column_to_zero():
    assert scaled("robust", np.full((5, 1), 3.0), np.array([[3.0], [1e30]])).tolist() == [[0.0], [0.0]]


# ---------------------------------------------------------------------- piecewise linear


def bins(values, n_bins, new=None):
    spec = {"name": "piecewise_linear", "n_bins": n_bins}
    return scaled(spec, np.array(values, float)[:, None], None if new is None else np.array(new, float)[:, None])[:, 0]


def test_bin_edges_are_quantiles():
    values = VALUES[:, 0]
    reference = KBinsDiscretizer(8, encode="ordinal", strategy="quantile", quantile_method="linear")
    number = reference.fit_transform(values[:, None])[:, 0]
    heights = bins(values, 8)
    np.testing.assert_array_equal(np.minimum(np.floor(heights), 7), number)
    low, high = reference.bin_edges_[0][:-1], reference.bin_edges_[0][1:]
    in_bin = number.astype(int)
    np.testing.assert_allclose(heights - number, (values - low[in_bin]) / (high - low)[in_bin], atol=1e-12)


def test_it_is_the_uniform_quantile_transform_times_the_number_of_bins():
    reference = QuantileTransformer(n_quantiles=17, subsample=None).fit(VALUES)
    np.testing.assert_allclose(
        scaled({"name": "piecewise_linear", "n_bins": 16}, VALUES, NEW), reference.transform(NEW) * 16, atol=1e-6
    )


def test_few_distinct_values_are_all_bin_edges():
    assert bins([5.0, 1.0, 1.0, 9.0], 48, [1, 3, 5, 7, 9]).tolist() == [0, 0.5, 1, 1.5, 2]


def test_a_value_with_most_rows_is_one_edge():
    rest = np.arange(1.0, 101.0)
    values = np.concatenate([np.zeros(900), rest])
    heights = bins(values, 10, [0.0, *rest])
    assert heights[0] == 0
    assert heights[1] == 1
    assert heights[-1] == 10
    # Nine bins over a hundred rows.
    shares, _ = np.histogram(heights[1:], np.arange(1, 11))
    assert shares.min() >= 11


def test_several_frequent_values_are_all_bin_edges():
    values = np.concatenate([np.zeros(300), np.full(300, 50.5), np.arange(1.0, 101.0)])
    assert bins(values, 5, [0, 1, 50.5, 100]).tolist() == [0, 1, 3, 5]


def test_values_beyond_the_range_are_clipped():
    values = np.arange(100.0)
    assert bins(values, 4, [-1e30, 0, 99, 1e30]).tolist() == [0, 0, 4, 4]


def test_a_constant_column_has_no_bin():
    assert bins([3.0, 3.0], 4, [2, 3, 4]).tolist() == [0, 0, 0]


def test_edges_that_are_equal_in_float32_are_merged():
    assert np.isfinite(bins([0.0, 1e-300, 1.0], 4, [0, 1e-300, 5e-301, 1])).all()


@pytest.mark.parametrize("n_bins", [0, -1, 2.0, "many", None, True])
def test_a_wrong_number_of_bins_is_refused(n_bins):
    with pytest.raises(ValueError, match=rf"n_bins must be a positive integer, got {n_bins!r}\."):
        bins([1.0, 2.0], n_bins)


def test_an_unknown_parameter_is_refused():
    with pytest.raises(UnknownNameError, match="The scaling 'piecewise_linear' does not take these parameters"):
        SCALINGS.resolve({"name": "piecewise_linear", "bins": 3})


@given(
    # TensorFlow flushes subnormal numbers to zero in its threads.
    arrays(
        np.float64,
        st.integers(2, 60),
        elements=st.integers(-50, 50).map(float) | st.floats(-1e6, 1e6, width=32, allow_subnormal=False),
    ),
    st.integers(1, 20),
)
@example(values=np.array([0.0, 1.17549435e-38]), n_bins=1)
@settings(max_examples=100, deadline=None)
def test_the_scaling_is_invertible_within_the_range(values, n_bins):
    scaling = SCALINGS.resolve({"name": "piecewise_linear", "n_bins": n_bins})
    scaling.fit(values[:, None])
    heights = scaling.scale(values[:, None])[:, 0]
    edges = scaling.state["edges"][0]
    edges = edges[np.isfinite(edges)]
    assert (np.diff(edges) > 0).all()
    assert 1 <= len(edges) <= n_bins + 1
    # Differences below the smallest normal float32 count as zero.
    np.testing.assert_allclose((edges[0], edges[-1]), (values.min(), values.max()), rtol=0, atol=2e-38)
    back = np.interp(heights, np.arange(len(edges)), edges)
    np.testing.assert_allclose(back, values, rtol=1e-9, atol=1e-6)
