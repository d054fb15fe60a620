"""Vectors from co-occurrence: categories with similar rows are near, chance is removed, and memory is bounded."""

import subprocess
import sys

import numpy as np
import pytest
from scipy import sparse
from threadpoolctl import threadpool_info, threadpool_limits

import tabemb.vectors.cooccurrence as module
from tabemb.table.bags import Bags
from tabemb.vectors.cooccurrence import MOST_VALUES, Cooccurrence
from tabemb.vectors.neighbors import nearest_rows


def grouped(n=6000, seed=0, n_categories=30, n_groups=3):
    """Return rows in which the group of a category decides the other two columns in four rows of five."""
    rng = np.random.default_rng(seed)
    category = rng.integers(0, n_categories, n)
    group = np.where(rng.random(n) < 0.8, category % n_groups, rng.integers(0, n_groups, n))
    return np.column_stack([category, group * 4 + rng.integers(0, 4, n), rng.integers(0, 5, n)]), [30, 12, 5]


def share_of_group(vectors, n_groups=3):
    near = nearest_rows(vectors, 5)
    return (near % n_groups == np.arange(len(vectors))[:, None] % n_groups).mean()


def test_categories_that_occur_with_the_same_values_are_near():
    vectors = Cooccurrence(*grouped()).vectors(0, 8)
    assert vectors.shape == (30, 8)
    assert vectors.dtype == np.float32
    assert share_of_group(vectors - vectors.mean(axis=0)) == 1.0


def test_numbers_count_by_interval():
    indices, _ = grouped()
    numbers = (indices[:, 0] % 3 + np.random.default_rng(1).normal(scale=0.1, size=len(indices)))[:, None]
    vectors = Cooccurrence(indices[:, [0, 2]], [30, 5], numbers.astype(np.float32)).vectors(0, 8)
    assert share_of_group(vectors - vectors.mean(axis=0)) == 1.0


def test_a_permuted_column_has_vectors_near_zero():
    indices, sizes = grouped()
    real = Cooccurrence(indices, sizes).vectors(0, 8)
    indices[:, 0] = np.random.default_rng(5).permutation(indices[:, 0])
    by_chance = Cooccurrence(indices, sizes).vectors(0, 8)
    assert np.abs(by_chance - by_chance.mean(0)).mean() < 0.35 * np.abs(real - real.mean(0)).mean()


def test_the_unshrunk_vectors_have_a_root_mean_square_of_one():
    vectors = Cooccurrence(*grouped()).vectors(0, 8)
    size = np.sqrt(np.square(vectors).mean())
    assert 0.5 < size <= 1 + 1e-6


def test_information_follows_the_documented_formula():
    indices = np.array([[0, 0], [0, 0], [0, 1], [1, 1]])
    found = Cooccurrence(indices, [2, 2]).information(0).toarray()
    # The counted values of column 0, and one place for all others, come first.
    smooth = np.array([2.0, 2.0]) ** 0.75
    share = smooth / smooth.sum()
    expected = np.zeros((2, 2))
    for row, value, both, own in [(0, 0, 2, 3), (0, 1, 1, 3), (1, 1, 1, 1)]:
        expected[row, value] = max(0.0, np.log(both / own / share[value])) * both / (both + 1) / 2**0.25
    np.testing.assert_allclose(found[:, 3:5], expected, rtol=1e-6)
    assert not found[:, :3].any()
    assert not found[:, 5:].any()


@pytest.mark.parametrize("dim", [1, 3, 40])
def test_dimensions_beyond_the_rank_are_zero(dim):
    vectors = Cooccurrence(*grouped()).vectors(0, dim)
    assert vectors.shape == (30, dim)
    assert np.isfinite(vectors).all()
    assert not vectors[:, 30:].any()


def test_only_the_most_frequent_values_of_a_column_are_counted():
    rng = np.random.default_rng(0)
    n = 20_000
    many = np.r_[np.repeat(np.arange(MOST_VALUES), 15), np.arange(MOST_VALUES, MOST_VALUES + n - 15 * MOST_VALUES)]
    indices = np.column_stack([rng.integers(0, 50, n), many])
    table = Cooccurrence(indices, [50, MOST_VALUES + n])
    assert table.information(0).shape == (50, 51 + MOST_VALUES + 1)
    assert np.isfinite(table.vectors(0, 8)).all()


def test_a_table_without_other_columns_or_rows_gives_zeros():
    assert not Cooccurrence(np.array([[0], [1], [1]]), [2]).vectors(0, 4).any()
    constant = np.column_stack([np.arange(6) % 3, np.zeros(6, int)])
    assert not Cooccurrence(constant, [3, 1]).vectors(0, 4).any()
    assert Cooccurrence(np.zeros((0, 2), int), [3, 2]).vectors(0, 4).shape == (3, 4)


def test_categories_without_rows_have_zeros():
    indices, _ = grouped()
    vectors = Cooccurrence(indices, [35, 12, 5]).vectors(0, 8)
    assert not vectors[30:].any()
    assert vectors[:30].any(axis=1).all()


def test_the_same_table_gives_the_same_bits():
    one, two = (Cooccurrence(*grouped()).vectors(0, 8) for _ in range(2))
    assert one.tobytes() == two.tobytes()


def test_many_categories_are_projected_on_the_axes_of_the_frequent(monkeypatch):
    whole = Cooccurrence(*grouped()).vectors(0, 4)
    monkeypatch.setattr("tabemb.vectors.cooccurrence.MOST_DECOMPOSED", 20)
    part = Cooccurrence(*grouped()).vectors(0, 4)
    assert part.shape == whole.shape
    assert share_of_group(part - part.mean(axis=0)) > 0.95


def test_of_many_rows_a_part_is_counted(monkeypatch):
    monkeypatch.setattr("tabemb.vectors.cooccurrence.MOST_ROWS", 3000)
    table = Cooccurrence(*grouped())
    assert table.counts(0).sum() == 3000
    vectors = table.vectors(0, 8)
    assert share_of_group(vectors - vectors.mean(axis=0)) == 1.0


def test_of_very_wide_tables_fewer_rows_are_counted(monkeypatch):
    indices, sizes = grouped()
    numbers = np.random.default_rng(1).normal(size=(len(indices), 2)).astype(np.float32)
    part = np.linspace(0, len(indices), 3000, endpoint=False).astype(int)
    # Three columns of categories and two of numbers.
    monkeypatch.setattr(module, "MOST_CELLS", 5 * 3000 + 4)
    found = Cooccurrence(indices, sizes, numbers).vectors(0, 8)
    assert np.array_equal(found, Cooccurrence(indices[part], sizes, numbers[part]).vectors(0, 8))
    monkeypatch.setattr(module, "MOST_CELLS", 4)
    assert Cooccurrence(indices, sizes, numbers).counts(0).sum() == 1


@pytest.mark.parametrize("portion", [1, 7, 100])
def test_information_is_computed_in_portions(portion, monkeypatch):
    indices, sizes = grouped()
    # Categories that do not occur at the start, in the middle and at the end.
    indices[:, 0] += 2 * (indices[:, 0] > 10) + 3
    bags = {1: Bags(np.array([0, 1, 2, 3, 4, 5, 6, 0, 7, 8, 9, 10, 11], np.int32), np.array([0, 1, 2, 4, 7, 9, 13]))}
    indices[:, 1] %= 6
    table = Cooccurrence(indices, [40, 12, sizes[2]], bags=bags)
    whole = [table.information(column) for column in range(3)]
    monkeypatch.setattr(module, "PORTION", portion)
    for column, expected in enumerate(whole):
        found = table.information(column)
        assert found.nnz == expected.nnz > 0
        assert (found != expected).nnz == 0


def test_a_column_without_categories_has_no_information():
    assert not Cooccurrence(np.zeros((0, 2), np.int32), [3, 2]).information(0).nnz


def test_large_tables_use_the_randomized_decomposition(monkeypatch):
    exact = Cooccurrence(*grouped()).vectors(0, 3)
    monkeypatch.setattr("tabemb.vectors.cooccurrence.SMALL", 0)
    found = Cooccurrence(*grouped()).vectors(0, 3)
    np.testing.assert_allclose(exact @ exact.T, found @ found.T, atol=0.05)


# With a falling spectrum, since the randomized decomposition is exact for these only.
@pytest.mark.parametrize("density", [0.05, 0.9])
@pytest.mark.parametrize("small", [0, 400])
@pytest.mark.parametrize("shape", [(60, 90), (90, 60)])
def test_singular_values_and_axes_are_those_of_numpy(shape, small, density, monkeypatch):
    monkeypatch.setattr(module, "SMALL", small)
    rng = np.random.default_rng(0)
    dense = rng.normal(size=shape) * (rng.random(shape) < density) * 0.7 ** np.arange(shape[1])
    # Columns without entries have no part in the axes.
    dense[:, [3, 7]] = 0
    table = sparse.csr_matrix(dense.astype(np.float32))
    values, axes = module._decomposed(table, 4)
    _, expected, rows = np.linalg.svd(dense)
    np.testing.assert_allclose(values, expected[:4], rtol=1e-3)
    np.testing.assert_allclose(np.abs((rows[:4] * axes.T).sum(axis=1)), 1, rtol=1e-3)
    np.testing.assert_allclose(axes.T @ axes, np.eye(4), atol=1e-5)
    assert not axes[[3, 7]].any()
    np.testing.assert_allclose(module._singular_values(table, 4), values, rtol=1e-6)


@pytest.mark.parametrize("small", [0, 400])
def test_singular_values_end_at_the_rank(small, monkeypatch):
    monkeypatch.setattr(module, "SMALL", small)
    table = sparse.csr_matrix(np.outer(np.arange(1.0, 31), np.arange(1.0, 41)).astype(np.float32))
    values, axes = module._decomposed(table, 5)
    assert len(values) == axes.shape[1] == len(module._singular_values(table, 5)) == 1
    nothing = sparse.csr_matrix((30, 40), dtype=np.float32)
    assert module._decomposed(nothing, 5)[1].shape == (40, 0)
    assert len(module._singular_values(nothing, 5)) == 0


@pytest.mark.parametrize("small", [0, 400])
def test_products_use_one_thread(small, monkeypatch):
    seen = []

    def noted(name):
        function = getattr(np.linalg, name)

        def replaced(matrix):
            seen.extend(each["num_threads"] for each in threadpool_info() if each["user_api"] == "blas")
            return function(matrix)

        monkeypatch.setattr(np.linalg, name, replaced)

    noted("eigh")
    noted("eigvalsh")
    monkeypatch.setattr(module, "SMALL", small)
    with threadpool_limits(2):
        Cooccurrence(*grouped()).vectors(0, 3)
    assert len(seen) >= 2
    assert set(seen) == {1}


def test_memory_for_a_million_categories_is_bounded():
    program = """
import resource
import numpy as np
from tabemb.vectors.cooccurrence import Cooccurrence
import scipy.sparse, sklearn.utils.extmath
rng = np.random.default_rng(0)
indices = rng.integers(0, 1_000_000, (1_000_000, 4)).astype(np.int32)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
Cooccurrence(indices, [1_000_000] * 4).vectors(0, 16)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    # The table itself takes 64 MB.
    assert int(done.stdout) < 600
