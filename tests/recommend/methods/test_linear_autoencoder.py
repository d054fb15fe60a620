"""The linear autoencoder of low rank."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.linear_model import Ridge

from tabemb.exceptions import DataError
from tabemb.recommend import TwoTowerRecommender
from tabemb.recommend.methods import LinearAutoencoder
from tabemb.recommend.methods import linear_autoencoder as module
from tabemb.recommend.methods.method import RIDGE


@pytest.fixture(scope="module")
def seen():
    """Return users of three tastes, who have seen items of theirs and a few others."""
    rng = np.random.default_rng(0)
    rows = []
    for user in range(120):
        own = rng.permutation(np.arange(20) + 20 * (user % 3))[:8]
        rows += [(user, int(item)) for item in {*own, *rng.integers(0, 60, 2)}]
    table = pd.DataFrame(rows, columns=["user", "item"])
    return table.assign(genre=(table["item"] // 20).map(list("abc").__getitem__), taste=(table["user"] % 3).astype(str))


@pytest.fixture(scope="module")
def observations(seen, observe):
    return observe(seen)


@pytest.fixture(scope="module")
def with_columns(seen, observe):
    return observe(seen, user=["taste"], item=["genre"])


def products(towers):
    return towers.items.astype(float) @ towers.items.astype(float).T


@pytest.mark.parametrize("penalty", [0.5, 20.0])
def test_it_is_the_minimum_in_closed_form(observations, penalty):
    X = observations.matrix.matrix.toarray().astype(float)
    towers = LinearAutoencoder(dim=60, penalty=penalty).fit(observations, 0)
    # Of full rank, the minimum of |X - X W|^2 + penalty |W|^2 is a ridge regression.
    gram = X.T @ X
    expected = np.linalg.solve(gram + penalty * np.eye(60), gram)
    np.testing.assert_allclose(products(towers), expected, atol=1e-4)
    np.testing.assert_allclose(towers.users, X @ towers.items, atol=1e-4)
    assert (towers.is_sum, towers.lengths, towers.item_biases, towers.offset) == (True, None, None, 0)


def test_fewer_dimensions_keep_the_largest_singular_values(observations):
    X = observations.matrix.matrix.toarray().astype(float)
    towers = LinearAutoencoder(dim=3, penalty=3.0).fit(observations, 0)
    _, values, right = np.linalg.svd(X)
    kept = (right[:3].T * (values[:3] ** 2 / (values[:3] ** 2 + 3.0))) @ right[:3]
    assert towers.items.shape == (60, 3)
    np.testing.assert_allclose(products(towers), kept, atol=5e-3)


def test_weights_of_interactions_count(seen, observe):
    table = seen.assign(w=1.0 + seen["item"] % 3)
    observations = observe(table, weight="w")
    X = observations.matrix.matrix.toarray().astype(float)
    assert X.max() == 3
    gram = X.T @ X
    towers = LinearAutoencoder(dim=60, penalty=2.0).fit(observations, 0)
    np.testing.assert_allclose(products(towers), np.linalg.solve(gram + 2.0 * np.eye(60), gram), atol=1e-4)


def test_columns_of_items_are_further_rows(with_columns):
    X, weight = with_columns.matrix.matrix.toarray().astype(float), 3.0
    features = with_columns.items.features.toarray().astype(float)
    stacked = np.vstack([X, weight * features.T])
    towers = LinearAutoencoder(dim=3, penalty=3.0, item_weight=weight).fit(with_columns, 0)
    _, values, right = np.linalg.svd(stacked)
    kept = (right[:3].T * (values[:3] ** 2 / (values[:3] ** 2 + 3.0))) @ right[:3]
    np.testing.assert_allclose(products(towers), kept, atol=5e-3)
    # Users are sums of items, not of the further rows.
    np.testing.assert_allclose(towers.users, X @ towers.items, atol=1e-4)
    without = LinearAutoencoder(dim=3, penalty=3.0, item_weight=0).fit(with_columns, 0)
    alone = LinearAutoencoder(dim=3, penalty=3.0).fit(replace(with_columns, users=None, items=None), 0)
    assert np.array_equal(without.items, alone.items)


def test_users_and_items_known_by_columns_get_what_a_ridge_regression_predicts(with_columns):
    towers = LinearAutoencoder(dim=4, penalty=3.0, item_weight=1.0).fit(with_columns, 0)
    for side, of_features, vectors in (
        (with_columns.users, towers.user_map, towers.users),
        (with_columns.items, towers.item_map, towers.items),
    ):
        features = side.features.toarray()
        model = Ridge(RIDGE, solver="cholesky").fit(features, vectors.astype(float))
        np.testing.assert_allclose(of_features.vectors(side.features), model.predict(features), atol=2e-3)
    # An item of a genre that nobody has seen yet is near those of the genre.
    genre = with_columns.items.columns.features
    new = np.array([[name == "genre" and value == "a" for name, value in genre]], np.float32)
    near = towers.items @ towers.new_items(sparse.csr_array(new))[0][0]
    keys = np.array(with_columns.matrix.items.keys)
    assert set(keys[np.argsort(-near)[:10]] // 20) == {0}


def test_without_columns_there_are_no_maps(observations):
    towers = LinearAutoencoder(dim=4, penalty=3.0).fit(observations, 0)
    assert (towers.user_map, towers.item_map) == (None, None)


def test_users_get_items_of_their_taste(observations):
    towers = LinearAutoencoder(dim=3).fit(observations, 0)
    items, _ = towers.top(towers.users, 5, observations.matrix.matrix)
    keys = np.array(observations.matrix.items.keys)[items]
    taste = np.array(observations.matrix.users.keys)[:, None] % 3
    assert (keys // 20 == taste).mean() > 0.95


def test_it_is_repeatable_and_never_wider_than_the_data(observations, with_columns):
    one, two = (LinearAutoencoder(dim=500).fit(observations, 3).items for _ in range(2))
    assert np.array_equal(one, two)
    assert one.shape == (60, 60)
    one, two = (LinearAutoencoder(dim=8).fit(with_columns, 3) for _ in range(2))
    assert all(np.array_equal(each, two.to_arrays()[name]) for name, each in one.to_arrays().items())


def test_auto_takes_the_penalty_and_weight_that_find_most_hidden_interactions(with_columns, monkeypatch):
    tried = []

    def ndcg(hidden, items, half_life=None):
        tried.append(half_life)
        return real(hidden, items, half_life)

    real = module._Hidden.ndcg
    monkeypatch.setattr(module._Hidden, "ndcg", ndcg)
    matrix, features = with_columns.matrix.matrix, with_columns.items.features
    method = LinearAutoencoder(dim=8)
    penalty, weight, half_life = method._chosen(matrix, features, 0)
    assert half_life is None
    assert tried == [None] * (len(module.FACTORS) * len(module.WEIGHTS))
    hidden = module._Hidden.of(matrix, 0)
    # Each user keeps some interactions, and a fifth is hidden.
    assert (hidden.kept + hidden.wanted).toarray().tolist() == matrix.toarray().tolist()
    assert np.array_equal(np.diff(hidden.wanted.indptr), np.maximum(1, (0.2 * np.diff(matrix.indptr)).astype(int)))
    scores = {}
    for each in module.WEIGHTS:
        values, vectors = method._decomposed(module._stacked(hidden.kept, features, each), 0)
        for factor in module.FACTORS:
            its = factor * float(matrix.sum()) / 120
            scores[its, each] = real(hidden, module._scaled(values, vectors, its)).mean()
    assert scores[penalty, weight] == max(scores.values())
    assert method._chosen(matrix, features, 0) == (penalty, weight, None)
    # A number that is given stays.
    assert LinearAutoencoder(dim=8, penalty=7.0)._chosen(matrix, features, 0)[0] == 7.0
    assert LinearAutoencoder(dim=8, item_weight=2.0)._chosen(matrix, features, 0)[1] == 2.0
    assert LinearAutoencoder(dim=8, item_weight=2.0)._chosen(matrix, None, 0)[1] == 0.0


def test_auto_hides_items_of_a_part_of_the_users(observations, monkeypatch):
    monkeypatch.setattr(module, "MOST_USERS", 10)
    hidden = module._Hidden.of(observations.matrix.matrix, 0)
    assert len(hidden.users) == 10
    assert np.flatnonzero(np.diff(hidden.wanted.indptr)).tolist() == hidden.users.tolist()
    assert (hidden.kept + hidden.wanted).nnz == observations.matrix.matrix.nnz


def test_auto_hides_the_last_items_if_times_are_known(seen, observe):
    table = seen.assign(day=np.random.default_rng(1).permutation(len(seen)))
    observations = observe(table, time="day")
    hidden = module._Hidden.of(observations.matrix.matrix, 0, observations.last_places)
    assert len(hidden.users) == 120
    keys, items = np.array(observations.matrix.users.keys), np.array(observations.matrix.items.keys)
    days = table.set_index(["user", "item"])["day"]
    rows, columns = hidden.kept.nonzero()
    kept = [days[keys[row], items[column]] for row, column in zip(rows, columns, strict=True)]
    assert np.array_equal(hidden.places, kept)
    for user, its in table.sort_values("day").groupby("user"):
        row = np.flatnonzero(keys == user)[0]
        n = max(1, int(0.2 * len(its)))
        assert set(items[hidden.wanted[[row]].indices]) == set(its["item"].tail(n))
        assert set(items[hidden.kept[[row]].indices]) == set(its["item"].head(-n))


def test_found_items_are_counted_by_their_ranks(observe):
    # One user has seen a, then b, and d is hidden; another one has seen c only.
    observations = observe(pd.DataFrame({"user": [1, 1, 1, 2], "item": list("abdc"), "day": range(4)}), time="day")
    hidden = module._Hidden.of(observations.matrix.matrix, 0, observations.last_places)
    vectors = {"a": [1, 0], "b": [0, 1], "c": [1, 0.5], "d": [0.5, 0.9]}
    items = np.array([vectors[key] for key in observations.matrix.items.keys], np.float32)
    # The user is [1, 1], so that c has 1.5 and d 1.4; with a half-life of 1, the user is [0.5, 1]: c has 1, d 1.15.
    assert hidden.ndcg(items) == pytest.approx([1 / np.log2(3)])
    assert hidden.ndcg(items, 1.0) == pytest.approx([1])


@pytest.mark.parametrize("seed", range(8))
def test_rounding_chooses_nothing_where_scores_are_equal(observe, monkeypatch, seed):
    # Most items that a user has not seen have the score 0, and many penalties find the same.
    table = pd.DataFrame({"user": [1, 1, 2, 2, 3, 3, 4, 4, 5], "item": list("ababcdcdc")})
    matrix, method = observe(table).matrix.matrix, LinearAutoencoder()
    expected, hidden = method._chosen(matrix, None, 0), module._Hidden.of(matrix, 0)
    exact, noise = LinearAutoencoder._decomposed, np.random.default_rng(seed)

    def rounded(*given):
        values, vectors = exact(*given)
        return values, vectors + noise.normal(0, 3e-8, vectors.shape).astype(np.float32)

    monkeypatch.setattr(LinearAutoencoder, "_decomposed", rounded)
    assert method._chosen(matrix, None, 0) == expected
    ndcgs = [hidden.ndcg(module._scaled(*way(method, hidden.kept, 0), 1.0)) for way in (exact, rounded)]
    np.testing.assert_allclose(*ndcgs, rtol=1e-12)


def test_the_penalty_is_that_of_the_half_life(observe, monkeypatch):
    tried = []

    def ndcg(hidden, items, half_life=None):
        tried.append(half_life)
        return real(hidden, items, half_life)

    real = module._Hidden.ndcg
    monkeypatch.setattr(module._Hidden, "ndcg", ndcg)
    observations = observe(_changing(150, np.random.default_rng(0)), time="day")
    n, half_lives = len(module.FACTORS), list(module.HALF_LIVES)
    found = LinearAutoencoder(dim=8).fit(observations, 0).half_life
    assert tried == [None] * n + [None, *half_lives] + [found] * n
    tried.clear()
    LinearAutoencoder(dim=8).fit(replace(observations, half_life=3.0), 0)
    assert tried == [3.0] * n


def _changing(n_users, rng):
    """Return users who have seen items of one taste, and then of another, of which the next ones are, too."""
    rows = []
    for user in range(n_users):
        first, then = rng.permutation(4)[:2]
        rows += [(user, 20 * first + item) for item in rng.permutation(20)[:8]]
        rows += [(user, 20 * then + item) for item in rng.permutation(20)[:6]]
    return pd.DataFrame(rows, columns=["user", "item"]).assign(day=range(len(rows)))


def test_auto_finds_out_whether_recent_interactions_count_more(observe):
    table = _changing(150, np.random.default_rng(0))
    found = LinearAutoencoder(dim=8).fit(observe(table, time="day"), 0)
    assert found.half_life in (2.0, 5.0)
    # The vectors of items are the same for all half-lives, and none is known without times.
    assert LinearAutoencoder(dim=8).fit(observe(table), 0).half_life is None
    # With a penalty that is given, too.
    assert LinearAutoencoder(dim=8, penalty=9.0).fit(observe(table, time="day"), 0).half_life in (2.0, 5.0)
    # Where the order says nothing, interactions are not wasted.
    shuffled = table.assign(day=np.random.default_rng(1).permutation(len(table)))
    assert LinearAutoencoder(dim=8).fit(observe(shuffled, time="day"), 0).half_life not in (2.0, 5.0)
    # One that is given is kept, and the penalty suits it.
    for half_life in (None, 3.0):
        given = observe(table, time="day", half_life=half_life)
        assert LinearAutoencoder(dim=8).fit(given, 0).half_life == half_life
    alone = pd.DataFrame({"user": [1, 2], "item": ["a", "b"], "day": [1, 2]})
    assert LinearAutoencoder(penalty=1.0).fit(observe(alone, time="day"), 0).half_life is None


def test_auto_finds_columns_useful_where_they_are():
    # Each item is seen once, so nothing but the genre says which belong together.
    rows = [(user, f"i{user}-{n}", "ab"[user % 2]) for user in range(60) for n in range(3)]
    table = pd.DataFrame(rows, columns=["user", "item", "genre"]).sample(frac=1, random_state=0)
    found = TwoTowerRecommender("user", ["item", "genre"], random_state=0).fit(table).recommend(k=5)
    genres = table.set_index("item")["genre"]
    taste = np.array(list("ab"))[found["user"] % 2]
    assert (genres[found["item"]].to_numpy() == taste).mean() > 0.95


def test_auto_needs_users_with_two_items(observe):
    alone = observe(pd.DataFrame({"user": [1, 2, 3], "item": list("abc")}))
    with pytest.raises(DataError, match=r"some user needs two or more; here each has one. Give numbers"):
        LinearAutoencoder().fit(alone, 0)
    assert LinearAutoencoder(penalty=1.0).fit(alone, 0).items.shape == (3, 3)


def test_a_single_interaction(observe):
    towers = LinearAutoencoder(penalty=1.0).fit(observe(pd.DataFrame({"user": [1], "item": ["a"]})), 0)
    assert products(towers) == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("params", "told"),
    [
        ({"dim": 0}, "dim must be a positive integer, got 0"),
        ({"penalty": 0}, "penalty must be a positive number or 'auto', got 0"),
        ({"penalty": "most"}, "penalty must be a positive number or 'auto'"),
        ({"penalty": np.inf}, "penalty must be a positive number or 'auto'"),
        ({"item_weight": -1}, "item_weight must be a number of at least 0 or 'auto', got -1"),
        ({"item_weight": None}, "item_weight must be a number of at least 0 or 'auto'"),
    ],
)
def test_wrong_parameters(observations, params, told):
    with pytest.raises(ValueError, match=told):
        LinearAutoencoder(**params).fit(observations, 0)
