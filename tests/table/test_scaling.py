import numpy as np
import pytest
from sklearn.preprocessing import QuantileTransformer, StandardScaler

from tabemb.table.scaling import SCALINGS

VALUES = np.random.default_rng(0).lognormal(size=(500, 3))
NEW = np.random.default_rng(1).lognormal(size=(50, 3)) * 10

REFERENCES = {
    "standard": StandardScaler(),
    "quantile": QuantileTransformer(n_quantiles=500, output_distribution="normal", random_state=0),
}


@pytest.mark.parametrize("name", sorted(SCALINGS))
def test_it_is_scikit_learns(name):
    scaling = SCALINGS.resolve(name)
    scaling.fit(VALUES)
    np.testing.assert_allclose(scaling.scale(NEW), REFERENCES[name].fit(VALUES).transform(NEW), rtol=1e-12)


@pytest.mark.parametrize("name", sorted(SCALINGS))
def test_missing_values_are_left_out_at_fit(name):
    with_gaps = np.vstack([VALUES, np.full((20, 3), np.nan)])
    scaling, reference = SCALINGS.resolve(name), SCALINGS.resolve(name)
    scaling.fit(with_gaps)
    reference.fit(VALUES)
    np.testing.assert_allclose(scaling.scale(NEW), reference.scale(NEW), atol=0.1)


@pytest.mark.parametrize("name", sorted(SCALINGS))
def test_its_state_is_all_there_is(name):
    scaling, again = SCALINGS.resolve(name), SCALINGS.resolve(name)
    scaling.fit(VALUES)
    again.state = scaling.state
    assert (again.scale(NEW) == scaling.scale(NEW)).all()


@pytest.mark.parametrize("name", sorted(SCALINGS))
def test_constant_columns_and_single_rows_are_finite(name):
    for values in (np.full((5, 2), 3.0), np.array([[3.0, 4.0]])):
        scaling = SCALINGS.resolve(name)
        scaling.fit(values)
        assert np.isfinite(scaling.scale(values)).all()


def test_quantiles_of_long_tables_do_not_depend_on_global_randomness():
    values = np.random.default_rng(0).normal(size=(30_000, 1))
    scaled = []
    for seed in (0, 1):
        np.random.seed(seed)  # noqa: NPY002
        state = np.random.get_state()[1].copy()  # noqa: NPY002
        scaling = SCALINGS.resolve("quantile")
        scaling.fit(values)
        scaled.append(scaling.scale(values))
        assert (np.random.get_state()[1] == state).all()  # noqa: NPY002
    assert (scaled[0] == scaled[1]).all()
