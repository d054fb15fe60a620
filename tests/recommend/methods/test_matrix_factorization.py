"""Matrix factorization of ratings."""

import numpy as np
import pandas as pd
import pytest

from tabemb.exceptions import DataError
from tabemb.recommend.methods import MatrixFactorization
from tabemb.recommend.methods import matrix_factorization as module


@pytest.fixture(scope="module")
def rated():
    """Return ratings without noise: a mean, biases, and products of vectors of two dimensions."""
    rng = np.random.default_rng(0)
    users, items = rng.normal(size=(60, 2)), rng.normal(size=(40, 2))
    whole = 3.5 + rng.normal(0, 0.5, (60, 1)) + rng.normal(0, 0.5, 40) + users @ items.T
    rows, columns = np.nonzero(rng.random((60, 40)) < 0.5)
    table = pd.DataFrame({"user": rows, "item": columns, "stars": whole[rows, columns]})
    return table.assign(w=rng.uniform(0.2, 3.0, len(table)), group=table["user"] % 2, whole=table["stars"])


def ridge(rows, targets, weights, penalties):
    """Return the minimum of the weighted squared errors and the penalties."""
    return np.linalg.solve((rows * weights[:, None]).T @ rows + np.diag(penalties), rows.T @ (weights * targets))


def solved(own, others, factors, residuals, weights, penalties):
    """Return the ridge regression of each user, one by one; or of each item."""
    found = []
    for each in range(own.max() + 1):
        its = own == each
        rows = np.column_stack([factors[others[its], :-1], np.ones(its.sum())])
        found.append(ridge(rows, residuals[its] - factors[others[its], -1], weights[its], penalties))
    return np.array(found)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("block", [1, 4_000_000])
def test_a_sweep_is_a_ridge_regression_for_each_user_and_then_for_each_item(
    rated, observe, weighted, block, monkeypatch
):
    monkeypatch.setattr(module, "BLOCK", block)
    observations = observe(rated, rating="stars", weight="w" if weighted else None)
    n_items, dim, penalties = 40, 3, np.array([2.0, 2.0, 2.0, 5.0])
    towers = MatrixFactorization(dim=dim, penalty=2.0, n_sweeps=1).fit(observations, 7)
    ratings = observations.ratings.astype(float)
    weights = observations.weights.astype(float) if weighted else np.ones(len(ratings))
    mean = np.average(ratings, weights=weights)
    assert towers.offset == pytest.approx(mean)
    items = np.zeros((n_items, dim + 1))
    items[:, :-1] = np.random.default_rng(7).normal(0, module.START_SPREAD, (n_items, dim))
    residuals, rows, columns = ratings - mean, observations.user_rows, observations.item_rows
    users = solved(rows, columns, items, residuals, weights, penalties)
    items = solved(columns, rows, users, residuals, weights, penalties)
    for found, expected in (
        (np.column_stack([towers.users, towers.user_biases]), users),
        (np.column_stack([towers.items, towers.item_biases]), items),
    ):
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_a_rating_of_twice_the_weight_is_as_two(observe):
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"user": rng.integers(0, 9, 90), "item": rng.integers(0, 7, 90), "stars": rng.normal(size=90)})
    table["w"] = rng.integers(1, 3, len(table)).astype(float)
    found = []
    for its, weight in ((table, "w"), (table.loc[table.index.repeat(table["w"].astype(int))], None), (table, None)):
        observations = observe(its, rating="stars", weight=weight)
        # Biases alone have one minimum, whatever the order of users and items.
        towers = MatrixFactorization(dim=1, penalty=1e9, bias_penalty=0.5, n_sweeps=50).fit(observations, 0)
        rows, columns = (
            keys.encode(table[name]) - 2
            for keys, name in ((observations.matrix.users, "user"), (observations.matrix.items, "item"))
        )
        found.append(towers.pairs(rows, columns))
    np.testing.assert_allclose(found[0], found[1], atol=1e-4)
    assert np.abs(found[0] - found[2]).max() > 0.05


def test_with_a_large_penalty_there_are_only_biases(rated, observe):
    observations = observe(rated, rating="stars")
    towers = MatrixFactorization(dim=3, penalty=1e9, bias_penalty=1e-6, n_sweeps=50).fit(observations, 0)
    assert np.abs(towers.users @ towers.items.T).max() < 1e-6
    ratings, rows, columns = observations.ratings.astype(float), observations.user_rows, observations.item_rows
    design = np.zeros((len(ratings), 100))
    design[np.arange(len(ratings)), rows] = design[np.arange(len(ratings)), 60 + columns] = 1
    expected = design @ np.linalg.lstsq(design, ratings - ratings.mean(), rcond=None)[0] + ratings.mean()
    np.testing.assert_allclose(towers.pairs(rows, columns), expected, atol=1e-3)


def test_it_recovers_ratings_of_low_rank(rated, observe):
    held = rated.sample(frac=0.2, random_state=0)
    observations = observe(rated.drop(held.index), rating="stars")
    towers = MatrixFactorization(dim=2, penalty=0.1, bias_penalty=0.1, n_sweeps=50).fit(observations, 0)
    users, items = (
        keys.encode(held[name]) - 2
        for keys, name in ((observations.matrix.users, "user"), (observations.matrix.items, "item"))
    )
    errors = towers.pairs(users, items) - held["stars"].to_numpy()
    assert np.sqrt(np.mean(errors**2)) < 0.1
    assert held["stars"].std() > 1.2


def test_auto_takes_the_penalty_with_the_smallest_error(rated, observe, monkeypatch):
    observations = observe(rated, rating="stars")
    method = MatrixFactorization(dim=2, n_sweeps=4)
    ratings = observations.ratings.astype(float)
    chosen = method._chosen(observations, ratings, 3)
    order = np.random.default_rng(3).permutation(len(ratings))
    held, kept = order[: round(0.1 * len(ratings))], np.sort(order[round(0.1 * len(ratings)) :])
    errors = {}
    for penalty in module.PENALTIES:
        mean = ratings[kept].mean()
        users, items = method._factors(observations, ratings - mean, kept, penalty, 3)
        one, two = users[observations.user_rows[held]], items[observations.item_rows[held]]
        found = mean + (one[:, :-1] * two[:, :-1]).sum(axis=1) + one[:, -1] + two[:, -1]
        errors[penalty] = np.mean((found - ratings[held]) ** 2)
    assert chosen == min(errors, key=errors.get)
    fitted = method.fit(observations, 3)
    given = MatrixFactorization(dim=2, n_sweeps=4, penalty=chosen).fit(observations, 3)
    assert np.array_equal(fitted.items, given.items)
    few = observe(rated.head(module.FEWEST - 1), rating="stars")
    assert method._chosen(few, few.ratings.astype(float), 0) == module.PENALTIES[2]


def test_more_sweeps_fit_better(rated, observe):
    observations = observe(rated, rating="stars")
    errors = []
    for n_sweeps in (1, 5, 25):
        towers = MatrixFactorization(dim=2, penalty=0.1, n_sweeps=n_sweeps).fit(observations, 0)
        found = towers.pairs(observations.user_rows, observations.item_rows)
        errors.append(np.mean((found - observations.ratings) ** 2))
    assert errors[0] > errors[1] > errors[2]


def test_it_is_repeatable(rated, observe):
    observations = observe(rated, rating="stars", user=["group"])
    one, two, other = (MatrixFactorization(dim=3).fit(observations, seed) for seed in (1, 1, 2))
    assert all(np.array_equal(each, two.to_arrays()[name]) for name, each in one.to_arrays().items())
    assert not np.array_equal(one.items, other.items)
    assert one.item_map is None
    vectors, biases = one.new_users(observations.users.features)
    assert (vectors.shape, biases.shape) == ((60, 3), (60,))


def test_an_item_that_is_rated_once_stays_near_the_mean(rated, observe):
    table = pd.concat([rated, pd.DataFrame({"user": [0], "item": [99], "stars": [9.0]})])
    observations = observe(table, rating="stars")
    towers = MatrixFactorization(dim=2, penalty=2.0, bias_penalty=5.0).fit(observations, 0)
    place = observations.matrix.items.index_of(99) - 2
    # The bias of a single rating is at most a sixth of its distance.
    assert 0 < towers.item_biases[place] < (9 - towers.offset) / 6


def test_without_ratings_there_is_nothing_to_predict(rated, observe):
    with pytest.raises(DataError, match="predicts ratings, and there are none"):
        MatrixFactorization().fit(observe(rated), 0)


@pytest.mark.parametrize(
    ("params", "told"),
    [
        ({"dim": 0}, "dim must be a positive integer, got 0"),
        ({"n_sweeps": 0}, "n_sweeps must be a positive integer, got 0"),
        ({"penalty": 0}, "penalty must be a positive number or 'auto', got 0"),
        ({"penalty": "most"}, "penalty must be a positive number or 'auto'"),
        ({"bias_penalty": 0}, "bias_penalty must be a positive number, got 0"),
        ({"bias_penalty": "auto"}, "bias_penalty must be a positive number, got 'auto'"),
    ],
)
def test_wrong_parameters(rated, observe, params, told):
    with pytest.raises(ValueError, match=told):
        MatrixFactorization(**params).fit(observe(rated, rating="stars"), 0)
