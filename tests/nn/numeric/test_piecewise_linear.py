import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.preprocessing import KBinsDiscretizer

from tabemb.exceptions import UnknownNameError
from tabemb.nn.numeric.piecewise_linear import BinFilling, PiecewiseLinear
from tabemb.nn.seeds import Seeds
from tabemb.table.numeric import NumericScaler


def encoded(values, spec, new=None):
    """Return the encoding of one column by scaling and layers, of shape (n, n_bins)."""
    values = np.array(values, float)[:, None]
    scaler = NumericScaler(["x"], spec.scaling).fit(values)
    inputs = keras.Input((1,), name="numbers")
    model = keras.Model(inputs, spec.build(inputs, Seeds(0)))
    return model(scaler.encode(values if new is None else np.array(new, float)[:, None])).numpy()


def test_bins_are_filled_one_after_the_other():
    filling = BinFilling(4)(np.array([[0.0, 1.25], [4.0, 3.5]], np.float32)).numpy()
    assert filling.tolist() == [[[0, 0, 0, 0], [1, 0.25, 0, 0]], [[1, 1, 1, 1], [1, 1, 1, 0.5]]]


def test_it_follows_the_equation_of_the_paper_within_the_range():
    values = np.random.default_rng(0).lognormal(size=300)
    edges = KBinsDiscretizer(6, strategy="quantile", quantile_method="linear").fit(values[:, None]).bin_edges_[0]
    low, high = edges[:-1], edges[1:]
    expected = np.clip((values[:, None] - low) / (high - low), 0, 1)
    np.testing.assert_allclose(encoded(values, PiecewiseLinear(6, None)), expected, atol=1e-5)


COLUMNS = arrays(
    np.float64, st.integers(1, 40), elements=st.integers(-9, 9).map(float) | st.floats(-1e6, 1e6, width=32)
)


@given(COLUMNS, st.sampled_from([1, 2, 7]))
@settings(max_examples=40, deadline=None)
def test_the_components_are_monotone_and_invertible(values, n_bins):
    values = np.sort(values)
    spec = {"name": "piecewise_linear", "n_bins": n_bins}
    scaler = NumericScaler(["x"], spec).fit(values[:, None])
    filling = BinFilling(n_bins)(scaler.encode(values[:, None])).numpy()[:, 0]
    assert filling.min() >= 0
    assert filling.max() <= 1
    assert (np.diff(filling, axis=0) >= 0).all()
    # A bin is filled only after the previous one is full.
    assert ((filling[:, 1:] == 0) | (filling[:, :-1] == 1)).all()
    edges = scaler.to_state()[1]["edges"][0]
    edges = edges[np.isfinite(edges)]
    back = np.interp(filling.sum(axis=1), np.arange(len(edges)), edges)
    np.testing.assert_allclose(back, values, atol=2e-6 * max(1.0, np.ptp(values)))


def test_numbers_beyond_the_range_are_clipped():
    values = np.arange(50.0)
    some = encoded(values, PiecewiseLinear(4, None), [-1e9, 1e9])
    assert some.tolist() == [[0, 0, 0, 0], [1, 1, 1, 1]]


def test_a_column_of_few_values_leaves_the_last_bins_empty():
    assert encoded([1.0, 2.0, 5.0], PiecewiseLinear(4, None)).tolist() == [[0] * 4, [1, 0, 0, 0], [1, 1, 0, 0]]


def test_the_number_of_bins():
    values = np.random.default_rng(0).normal(size=100)
    assert encoded(values, PiecewiseLinear(embedding_dim=None)).shape == (100, 48)
    assert encoded(values, PiecewiseLinear(3, None)).shape == (100, 3)


def test_a_dense_layer_and_its_activation_follow_the_bins():
    values = np.random.default_rng(0).normal(size=100)
    assert encoded(values, PiecewiseLinear()).shape == (100, 24)
    relu, tanh = (encoded(values, PiecewiseLinear(embedding_dim=5, activation=each)) for each in ("relu", "tanh"))
    assert relu.shape == tanh.shape == (100, 5)
    assert relu.min() == 0
    np.testing.assert_allclose(np.tanh(relu[relu > 0]), tanh[relu > 0], rtol=1e-5)
    assert tanh.min() < 0


@pytest.mark.parametrize("n_bins", [0, 2.5, "many", None])
def test_a_wrong_number_of_bins_is_refused(n_bins):
    for use in (lambda spec: spec.scaling, lambda spec: spec.build(keras.Input((2,)), Seeds(0))):
        with pytest.raises(ValueError, match=rf"n_bins must be a positive integer, got {n_bins!r}\."):
            use(PiecewiseLinear(n_bins))


@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        ({"embedding_dim": 0}, ValueError, "embedding_dim must be a positive integer, got 0"),
        ({"activation": "rely"}, UnknownNameError, "No activation named 'rely'"),
        ({"activation": None}, UnknownNameError, "activation"),
    ],
)
def test_wrong_parameters_are_refused(parameters, error, message):
    with pytest.raises(error, match=message):
        PiecewiseLinear(**parameters).build(keras.Input((2,)), Seeds(0))
