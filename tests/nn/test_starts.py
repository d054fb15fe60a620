"""Vectors before training: registered kinds, co-occurrence, and what goes into the tables of a network."""

import numpy as np
import pytest
from sklearn.base import clone
from threadpoolctl import threadpool_info, threadpool_limits

from tabemb.exceptions import UnknownNameError
from tabemb.nn.bodies import Ensemble, Mlp
from tabemb.nn.embedding import FeatureSpec, OneHotSpec, TableSpec
from tabemb.nn.network import Network, NetworkSpec
from tabemb.nn.numeric import Standardized
from tabemb.nn.starts import STARTS, CooccurrenceStart, RandomStart, Start, started_tables
from tabemb.table.encoded_table import EncodedTable
from tabemb.vectors.cooccurrence import Cooccurrence
from tabemb.vectors.neighbors import nearest_rows

N, SIZES = 3000, [26, 6, 5]

starts = pytest.mark.parametrize("name", sorted(STARTS))


def related(n=N, seed=0):
    """Return a table whose second column depends on the first, in three groups, and whose third does not."""
    rng = np.random.default_rng(seed)
    first = rng.integers(2, SIZES[0], n)
    second = np.where(rng.random(n) < 0.8, first % 3, rng.integers(0, 3, n)) + 2
    indices = np.column_stack([first, second, rng.integers(2, SIZES[2], n)]).astype(np.int32)
    return EncodedTable(indices, np.zeros((n, 0), np.float32))


def network(dims=(4, 2, 2), *, body=None, shared=False, seed=0):
    names, tables = "abc", []
    for name, size, dim in zip(names, SIZES, dims, strict=True):
        tables.append(TableSpec(name=name, vocabulary_size=size, embedding_dim=dim))
    if shared:
        tables[2] = tables[0]
    features = tuple(
        FeatureSpec(name=name, position=place, table=table)
        for place, (name, table) in enumerate(zip(names, tables, strict=True))
    )
    spec = NetworkSpec(
        features=features, n_outputs=1, body=body or Mlp(hidden_units=(4,)), numeric=Standardized(), seed=seed
    )
    return Network(spec)


def rows_of(made):
    return {feature.name: made.vectors(feature) for feature in made.spec.features}


def test_the_starts():
    assert sorted(STARTS) == ["cooccurrence", "random"]


@starts
def test_a_start_is_a_specification(name):
    start = STARTS[name]()
    assert isinstance(start, Start)
    assert clone(start).get_params() == start.get_params()
    assert STARTS.name_of(start) == name


@starts
def test_vectors_are_finite_or_random(name):
    vectors_of = STARTS[name]().of(related(), SIZES)
    for column, size in enumerate(SIZES):
        for dim, n_slices in ((1, 1), (4, 1), (40, 1), (8, 4)):
            rows = vectors_of(column, dim, n_slices)
            assert rows is None or (rows.shape, rows.dtype) == ((size, dim), np.float32)
            assert rows is None or np.isfinite(rows).all()


@starts
def test_the_table_is_unchanged_and_the_result_repeatable(name):
    table, copy = related(), related()
    one, two = (STARTS[name]().of(table, SIZES)(0, 4, 2) for _ in range(2))
    assert np.array_equal(table.indices, copy.indices)
    assert one is two is None or one.tobytes() == two.tobytes()


@starts
@pytest.mark.parametrize("n", [0, 1, 2])
def test_tables_with_hardly_a_row_are_fine(name, n):
    table = EncodedTable(related().indices[:n], np.zeros((n, 0), np.float32))
    rows = STARTS[name]().of(table, SIZES)(0, 4, 1)
    assert rows is None or np.isfinite(rows).all()


def test_a_start_must_say_how():
    with pytest.raises(TypeError, match=r"a start must define of\(table, sizes\)"):
        Start().of(related(), SIZES)


def test_an_unknown_name_is_refused():
    with pytest.raises(UnknownNameError, match=r"No start named 'coocurrence'.*Did you mean 'cooccurrence'\?"):
        STARTS.resolve("coocurrence")
    with pytest.raises(UnknownNameError, match="The start 'random' does not take these parameters"):
        STARTS.resolve({"name": "random", "spread": 1.0})


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"shrinkage": -1}, "shrinkage must be a number of at least 0, got -1."),
        ({"shrinkage": "10"}, "shrinkage must be a number of at least 0, got '10'."),
        ({"shrinkage": None}, "shrinkage must be a number of at least 0, got None."),
        ({"shrinkage": np.inf}, "shrinkage must be a number of at least 0, got inf."),
        ({"spread": 0}, "spread must be a positive number, got 0."),
        ({"spread": -0.5}, "spread must be a positive number, got -0.5."),
        ({"spread": np.nan}, "spread must be a positive number, got nan."),
        ({"spread": True}, "spread must be a positive number, got True."),
    ],
)
def test_parameters_out_of_range_are_named_with_their_value(params, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        CooccurrenceStart(**params).of(related(), SIZES)


def test_categories_with_similar_rows_start_alike():
    rows = CooccurrenceStart().of(related(), SIZES)(0, 4, 1)
    near = nearest_rows(rows[2:], 5)
    assert (near % 3 == np.arange(24)[:, None] % 3).mean() > 0.95


def test_numbers_of_the_table_count_as_well():
    indices = related().indices[:, [0, 2]]
    numbers = (indices[:, 0] % 3 + np.random.default_rng(1).normal(scale=0.1, size=N)).astype(np.float32)
    rows = CooccurrenceStart().of(EncodedTable(indices, numbers[:, None]), [SIZES[0], SIZES[2]])(0, 4, 1)
    near = nearest_rows(rows[2:], 5)
    assert (near % 3 == np.arange(24)[:, None] % 3).mean() > 0.95


def test_vectors_are_those_of_the_cooccurrence_centered_shrunk_and_scaled():
    table = related()
    counts = np.bincount(table.indices[:, 0], minlength=SIZES[0])
    found = Cooccurrence(table.indices, SIZES, table.numbers).vectors(0, 4).astype(float)
    away = found - np.average(found, axis=0, weights=counts)
    expected = 0.5 * (counts / (counts + 3.0))[:, None] * away
    rows = CooccurrenceStart(shrinkage=3.0, spread=0.5).of(table, SIZES)(0, 4, 1)
    np.testing.assert_allclose(rows, expected, atol=1e-6)
    # The unknown row, and that of missing cells, have no rows here: they start in the center.
    assert not rows[:2].any()


def test_products_use_one_thread(monkeypatch):
    """More threads wait for each other, on a busy machine for most of a fit."""
    seen = []

    def mean(rows, counts):
        seen.extend(each["num_threads"] for each in threadpool_info() if each["user_api"] == "blas")
        return np.average(rows, axis=0, weights=counts)

    monkeypatch.setattr("tabemb.nn.starts.count_weighted_mean", mean)
    with threadpool_limits(2):
        CooccurrenceStart().of(related(), SIZES)(0, 4, 2)
    assert set(seen) == {1}


def test_shrinkage_pulls_rare_categories_to_the_center():
    table = related()
    kept = ~np.isin(table.indices[:, 0], [2, 3]) | (np.arange(N) % 20 == 0)
    table = EncodedTable(table.indices[kept], table.numbers[kept])
    counts = np.bincount(table.indices[:, 0], minlength=SIZES[0])
    plain, shrunk = (CooccurrenceStart(shrinkage=each).of(table, SIZES)(0, 4, 1) for each in (0, 20))
    ratio = np.linalg.norm(shrunk[2:], axis=1) / np.linalg.norm(plain[2:], axis=1)
    np.testing.assert_allclose(ratio, counts[2:] / (counts[2:] + 20), rtol=1e-4)
    assert ratio[:2].max() < 0.4 < 0.8 < ratio[2:].min()


def test_spread_is_a_factor():
    one, three = (CooccurrenceStart(spread=each).of(related(), SIZES)(0, 4, 1) for each in (0.1, 0.3))
    np.testing.assert_allclose(three, one * 3, rtol=1e-5)
    assert 0.3 * 0.3 < np.sqrt(np.square(three[2:]).mean()) <= 0.3


def test_without_another_column_the_start_is_random():
    table = related()
    alone = EncodedTable(np.ascontiguousarray(table.indices[:, :1]), table.numbers)
    assert CooccurrenceStart().of(alone, SIZES[:1])(0, 4, 1) is None
    constant = EncodedTable(np.column_stack([table.indices[:, 0], np.full(N, 2, np.int32)]), table.numbers)
    assert CooccurrenceStart().of(constant, [SIZES[0], 3])(0, 4, 1) is None
    assert CooccurrenceStart().of(constant, [SIZES[0], 3])(1, 4, 1) is None


def test_slices_have_similar_shares_of_the_variance():
    """Members see slices of the vectors; without the rotation, the last ones would have no variance."""
    table = related()
    pair = EncodedTable(np.ascontiguousarray(table.indices[:, :2]), table.numbers)
    vectors_of = CooccurrenceStart().of(pair, SIZES[:2])
    whole, turned = vectors_of(0, 8, 1)[2:], vectors_of(0, 8, 4)[2:]
    np.testing.assert_allclose(turned @ turned.T, whole @ whole.T, atol=1e-5)
    shares = np.square(turned).sum(axis=0).reshape(4, 2).sum(axis=1) / np.square(turned).sum()
    unturned = np.square(whole).sum(axis=0).reshape(4, 2).sum(axis=1) / np.square(whole).sum()
    assert unturned[2:].max() < 0.01
    assert shares.min() > 0.05


def test_large_columns_are_scaled_in_parts(monkeypatch):
    whole = CooccurrenceStart().of(related(), SIZES)(0, 4, 1)
    monkeypatch.setattr("tabemb.nn.starts.CHUNK", 7)
    np.testing.assert_array_equal(CooccurrenceStart().of(related(), SIZES)(0, 4, 1), whole)


# ---------------------------------------------------------------- the tables of a network


def start_network(network, *args, **kwargs):
    """Put the computed vectors into a network, and return its started tables."""
    started = started_tables(network, *args, **kwargs)
    for each in started:
        each.put(network)
    return [each.table for each in started]


def test_the_tables_get_the_vectors_of_their_columns():
    made, table = network(), related()
    started = start_network(made, CooccurrenceStart(), table, SIZES)
    # The third column depends on no other, so that nothing is beyond chance.
    assert {each.name for each in started} == {"a", "b"}
    vectors_of, plain = CooccurrenceStart().of(table, SIZES), rows_of(network())
    for name, place, dim in (("a", 0, 4), ("b", 1, 2)):
        np.testing.assert_array_equal(rows_of(made)[name], vectors_of(place, dim, 1), err_msg=name)
    np.testing.assert_array_equal(rows_of(made)["c"], plain["c"])


def test_a_random_start_changes_nothing():
    made, plain = network(), network()
    assert start_network(made, RandomStart(), related(), SIZES) == []
    for name, rows in rows_of(made).items():
        np.testing.assert_array_equal(rows, rows_of(plain)[name])


def test_a_random_start_depends_on_the_seed_and_a_cooccurrence_does_not():
    random, computed = ([], [])
    for seed in (0, 1):
        made = network(seed=seed)
        random.append(rows_of(made)["a"])
        start_network(made, CooccurrenceStart(), related(), SIZES)
        computed.append(rows_of(made)["a"])
    assert not np.array_equal(*random)
    assert np.array_equal(*computed)


def test_some_columns_keep_their_vectors():
    made, plain = network(), network()
    started = start_network(made, CooccurrenceStart(), related(), SIZES, without={"a": "pretrained"})
    assert [each.name for each in started] == ["b"]
    assert np.array_equal(rows_of(made)["a"], rows_of(plain)["a"])
    assert not np.array_equal(rows_of(made)["b"], rows_of(plain)["b"])


def test_a_column_that_cannot_be_computed_keeps_its_random_vectors():
    table = related()
    indices = table.indices.copy()
    indices[:, 1:] = 2
    made, plain = network(), network()
    assert start_network(made, CooccurrenceStart(), EncodedTable(indices, table.numbers), SIZES) == []
    assert np.array_equal(rows_of(made)["a"], rows_of(plain)["a"])


def test_a_shared_table_starts_from_all_of_its_columns():
    sizes = [SIZES[0], SIZES[1], SIZES[0]]
    made, table = network(shared=True), related()
    started = start_network(made, CooccurrenceStart(), table, sizes)
    assert [each.name for each in started] == ["a", "b"]
    # Each row once per column: its cell, that of the other column, the rest.
    both = np.vstack([table.indices[:, [0, 2, 1]], table.indices[:, [2, 0, 1]]])
    stacked = EncodedTable(both, np.vstack([table.numbers, table.numbers]))
    wanted = CooccurrenceStart().of(stacked, [SIZES[0], SIZES[0], SIZES[1]])(0, 4, 1)
    np.testing.assert_array_equal(rows_of(made)["a"], wanted)
    # The other column still sees both apart.
    np.testing.assert_array_equal(rows_of(made)["b"], CooccurrenceStart().of(table, sizes)(1, 2, 1))


def test_the_order_of_the_columns_of_a_shared_table_does_not_matter():
    sizes, table = [SIZES[0], SIZES[1], SIZES[0]], related()
    turned = EncodedTable(np.ascontiguousarray(table.indices[:, [2, 1, 0]]), table.numbers)
    made, other = network(shared=True), network(shared=True)
    start_network(made, CooccurrenceStart(), table, sizes)
    start_network(other, CooccurrenceStart(), turned, sizes)
    mine, its = rows_of(made)["a"], rows_of(other)["a"]
    np.testing.assert_allclose(mine @ mine.T, its @ its.T, atol=0.05)


def test_a_large_table_is_not_stacked_whole(monkeypatch):
    monkeypatch.setattr("tabemb.nn.starts.MOST_ROWS", 50)
    seen = []

    class Seen(RandomStart):
        def of(self, table, sizes):
            seen.append((len(table), sizes))
            return super().of(table, sizes)

    started_tables(network(shared=True), Seen(), related(), [SIZES[0], SIZES[1], SIZES[0]])
    assert seen == [(100, [SIZES[0], SIZES[0], SIZES[1]]), (N, [SIZES[0], SIZES[1], SIZES[0]])]


def test_the_weight_of_a_shared_table_may_be_that_of_a_column():
    sizes = [SIZES[0], SIZES[1], SIZES[0]]
    for prior, wanted in (({"a": 3.0}, 3.0), ({"b": 3.0}, None), (7.0, 7.0)):
        made = network(shared=True)
        started = started_tables(made, CooccurrenceStart(prior=prior), related(), sizes)
        assert started[0].prior == wanted


def test_a_table_of_columns_with_other_categories_starts_from_their_mean():
    sizes = [SIZES[0], SIZES[1], SIZES[0]]
    table = related()
    indices = table.indices.copy()
    # The last column has the categories of the first, in another order and half of the rows.
    indices[: N // 2, 2] = 2 + (indices[: N // 2, 0] - 1) % (SIZES[0] - 2)
    indices[N // 2 :, 2] = 0
    table = EncodedTable(indices, table.numbers)
    made = network(shared=True)
    for each in started_tables(made, CooccurrenceStart(), table, sizes, apart={"a"}):
        each.put(made)
    vectors_of = CooccurrenceStart().of(table, sizes)
    first, last = (np.bincount(indices[:, place], minlength=sizes[0])[:, None] for place in (0, 2))
    expected = (first * vectors_of(0, 4, 1) + last * vectors_of(2, 4, 1)) / np.maximum(first + last, 1)
    np.testing.assert_allclose(rows_of(made)["a"], expected, rtol=1e-5, atol=1e-6)


def test_the_slices_of_an_ensemble_are_rotated():
    body = Ensemble(n_members=2, hidden_units=(4,))
    made = network((8, 4, 4), body=body)
    slices = made.n_slices(made.spec.features[0].table)
    start_network(made, CooccurrenceStart(), related(), SIZES)
    np.testing.assert_array_equal(rows_of(made)["a"], CooccurrenceStart().of(related(), SIZES)(0, 8, slices))


def test_one_hot_columns_are_not_started_but_count():
    table = TableSpec(name="a", vocabulary_size=SIZES[0], embedding_dim=4)
    spec = NetworkSpec(
        features=(FeatureSpec(name="a", position=0, table=table),),
        one_hot=tuple(
            OneHotSpec(name=name, position=place, vocabulary_size=SIZES[place]) for place, name in ((1, "b"), (2, "c"))
        ),
        n_outputs=1,
        body=Mlp(hidden_units=(4,)),
        numeric=Standardized(),
        seed=0,
    )
    made = Network(spec)
    assert start_network(made, CooccurrenceStart(), related(), SIZES) == [table]
    near = nearest_rows(rows_of(made)["a"][2:], 5)
    assert (near % 3 == np.arange(24)[:, None] % 3).mean() > 0.95


# ---------------------------------------------------------------- started tables


def started(name, table):
    found = started_tables(network(), CooccurrenceStart(), table, SIZES)
    return next(each for each in found if each.table.name == name)


def test_a_started_table_keeps_only_rows_that_are_not_zero():
    table = related()
    indices = table.indices.copy()
    indices[indices[:, 0] == 5, 0] = 4
    each = started("a", EncodedTable(indices, table.numbers))
    assert not np.isin([0, 1, 5], each.which).any()
    assert len(each.which) == SIZES[0] - 3
    made = network()
    each.put(made)
    np.testing.assert_array_equal(each.look_up(np.arange(SIZES[0])), rows_of(made)["a"])
    assert not rows_of(made)["a"][[0, 1, 5]].any()
    np.testing.assert_array_equal(each.look_up(np.array([25, 0, 2])), rows_of(made)["a"][[25, 0, 2]])


@pytest.mark.parametrize("chunk", [7, 65_536])
def test_tables_are_pulled_to_their_start(chunk, monkeypatch):
    monkeypatch.setattr("tabemb.nn.starts.CHUNK", chunk)
    made = network()
    each = started("a", related())
    trained, began = rows_of(made)["a"], each.look_up(np.arange(SIZES[0]))
    kept = np.linspace(0, 1, SIZES[0], dtype=np.float32)
    each.pull(made, kept)
    np.testing.assert_allclose(rows_of(made)["a"], began + kept[:, None] * (trained - began), atol=1e-7)


def test_a_start_has_a_prior_for_each_column():
    assert RandomStart().prior_of("a") == 0
    assert CooccurrenceStart().prior_of("a") is None
    assert CooccurrenceStart(prior=3).prior_of("a") == 3
    mixed = CooccurrenceStart(prior={"a": 3, "b": "auto"})
    assert (mixed.prior_of("a"), mixed.prior_of("b"), mixed.prior_of("c")) == (3, None, None)
    each = {each.table.name: each.prior for each in started_tables(network(), mixed, related(), SIZES)}
    assert each == {"a": 3.0, "b": None}
