"""The share of each column in distances between rows."""

import numpy as np
import pytest

from tabemb import CategoryVectors
from tabemb.diagnosis.column_shares import ColumnShares
from tabemb.exceptions import DataError

RNG = np.random.default_rng(0)


def column(n, dim, scale=1.0, shift=0.0, counts=None):
    return CategoryVectors(range(n), scale * RNG.normal(size=(n, dim)) + shift, counts)


def test_shares_are_those_of_the_squared_distances_between_rows_of_data():
    columns = {
        "a": column(5, 3, counts=[1, 2, 3, 4, 10]),
        "b": column(4, 2, 2.0, shift=9.0, counts=[5, 5, 5, 5]),
        "c": column(7, 1),
    }
    a, b, c = columns.values()
    cells = [
        np.repeat(a.vectors, 7 * a.counts, axis=0),
        np.repeat(b.vectors, 7 * b.counts, axis=0),
        np.repeat(c.vectors, 20, axis=0),
    ]
    squares = [((each[:, None] - each[None]) ** 2).sum(axis=-1).mean() for each in cells]
    found = ColumnShares.of(columns)
    np.testing.assert_allclose(found.shares, np.array(squares) / sum(squares), rtol=1e-5)
    np.testing.assert_allclose(found.lengths, [np.sqrt((each**2).sum(axis=1).mean()) for each in cells], rtol=1e-5)
    np.testing.assert_allclose(2 * np.array(found.spreads) ** 2, squares, rtol=1e-5)
    assert (found.names, found.dims) == (("a", "b", "c"), (3, 2, 1))
    assert found.to_frame().loc["b", "share"] == found.shares[1]
    assert list(found.to_frame()) == ["dim", "length", "spread", "share"]


def test_a_common_offset_does_not_change_the_share():
    found = ColumnShares.of({"a": column(50, 2, shift=100), "b": column(50, 2)})
    assert found.lengths[0] > 50 * found.lengths[1]
    assert found.shares[0] == pytest.approx(0.5, abs=0.2)
    assert found.dominant is None
    assert found.verdict == "No column alone determines which rows are near."


def test_the_verdict_names_the_dominant_column_and_a_factor():
    columns = {"a": column(50, 2), "b": column(50, 2, 10.0), "c": column(50, 2)}
    found = ColumnShares.of(columns)
    assert found.dominant == "b"
    factor = found.spreads[1] / max(found.spreads[0], found.spreads[2])
    assert found.verdict == (
        f"b alone has {100 * found.shares[1]:.0f} % of the squared distances between rows, and determines the nearest "
        f"rows. Divide its vectors by {factor:.3g} to give it the spread of the next column."
    )
    assert found.verdict in repr(found)
    levelled = {**columns, "b": CategoryVectors(range(50), columns["b"].vectors / factor)}
    assert ColumnShares.of(levelled).dominant is None


def test_one_column_is_not_dominant_and_an_empty_one_has_no_share():
    assert ColumnShares.of({"a": column(5, 2)}).dominant is None
    found = ColumnShares.of({"a": column(5, 2), "b": CategoryVectors([], np.empty((0, 2)))})
    assert found.shares == (1, 0)
    assert found.verdict.endswith("determines the nearest rows.")


@pytest.mark.parametrize("columns", [{}, {"a": CategoryVectors(["x", "y"], [[1.0], [1.0]])}])
def test_equal_vectors_are_an_error(columns):
    with pytest.raises(DataError, match=f"no distances between rows: .*got {len(columns)} columns whose"):
        ColumnShares.of(columns)


def test_a_notebook_shows_the_shares():
    far, near = (CategoryVectors(["a", "b"], [[size], [-size]], [5, 5]) for size in (3.0, 1.0))
    page = ColumnShares.of({"<b>": far, "near": near})._repr_html_()
    assert '<td>&lt;b&gt;</td><td class="number">1</td><td class="number">3</td><td class="number">90 %</td>' in page
    assert '<p class="mark">&lt;b&gt; alone has 90&nbsp;% of the squared distances' in page
