"""Similar rows of a table, with columns scaled."""

import re

import numpy as np
import pandas as pd
import pytest

from tabemb.exceptions import DataError, UnknownNameError
from tabemb.vectors.indexes.rows import RowIndex, column_blocks, column_scale


@pytest.fixture
def rows():
    """Return two columns' vectors: those of "long" are a hundred times as long."""
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        rng.normal(size=(200, 4)) * [100, 100, 1, 1],
        columns=["long_emb0", "long_emb1", "short_emb0", "short_emb1"],
        index=[f"row {place}" for place in range(200)],
    ).astype("float32")


def test_labels_default_to_the_index_or_row_numbers(rows):
    assert RowIndex.from_rows(rows).search(rows.iloc[[7]], topn=1).keys.tolist() == [["row 7"]]
    assert RowIndex.from_rows(rows.to_numpy()).search(rows.iloc[7].to_numpy(), topn=1).keys.tolist() == [7]
    labels = pd.date_range("2013-01-01", periods=200)
    assert RowIndex.from_rows(rows, labels).search(rows.iloc[[7]], 1).keys[0, 0] == labels[7]
    lists = RowIndex.from_rows(rows.to_numpy().tolist(), labels=["same"] * 200)
    assert lists.search([rows.iloc[7].tolist()], 2).keys.tolist() == [["same", "same"]]


def test_euclidean_is_the_default_metric(rows):
    array = rows.to_numpy().astype("f8")
    found = RowIndex.from_rows(array).search(array[:3], topn=5)
    distances = np.linalg.norm(array[:3, None] - array, axis=2)
    assert found.keys.tolist() == distances.argsort(axis=1)[:, :5].tolist()
    np.testing.assert_allclose(found.scores, np.sort(distances, axis=1)[:, :5], rtol=1e-5)
    assert RowIndex.from_rows(rows, metric="cosine").search(rows.iloc[[0]], 1).scores[0, 0] == pytest.approx(1)


def test_scaled_columns_contribute_equally(rows):
    array = rows.to_numpy().astype("f8")
    apart = array - array.mean(axis=0)
    scale = np.repeat([1 / np.sqrt((apart[:, part] ** 2).sum(axis=1).mean()) for part in (slice(2), slice(2, 4))], 2)
    index = RowIndex.from_rows(rows, scale="column")
    np.testing.assert_allclose(index.scale, scale, rtol=1e-5)
    expected = np.linalg.norm((array[0] - array) * scale, axis=1).argsort()[:20]
    assert index.search(rows.iloc[[0]], 20).keys[0].tolist() == rows.index[expected].tolist()
    plain = RowIndex.from_rows(rows).search(rows.iloc[[0]], 20).keys[0].tolist()
    assert plain != rows.index[expected].tolist()
    by_name = RowIndex.from_rows(rows.to_numpy(), scale="column", columns=list(rows.columns))
    assert by_name.search(rows.iloc[0].to_numpy(), 20).keys.tolist() == expected.tolist()


def test_repr_of_a_row_index(rows):
    assert repr(RowIndex.from_rows(rows)) == "RowIndex(200 x 4, exact, euclidean)"
    scaled = RowIndex.from_rows(rows, scale="column", kind="hnsw", metric="cosine", connectivity=4)
    assert repr(scaled) == "RowIndex(200 x 4, hnsw, cosine, each column scaled)"
    assert len(scaled) == 200
    assert scaled.index.parameters.connectivity == 4


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rows": [1.0, 2.0]}, "rows must have two dimensions, (n_rows, n_features); got 1."),
        ({"rows": [[1.0, np.nan]]}, "A row index: expected finite float32 numbers in rows, got nan."),
        ({"rows": [["x"]]}, "A row index: expected rows as 1 x 1 numbers, got [['x']]."),
        ({"labels": [1]}, "Expected a label for each of 2 rows, got 1."),
        ({"scale": "columns"}, "scale must be 'column' or None; got 'columns'."),
        ({"scale": "column"}, "scale='column' needs the names of the features, and these rows have none. Pass"),
        ({"scale": "column", "columns": ["a"]}, "Expected the names of 2 features in columns, got 1."),
    ],
)
def test_errors_name_what_does_not_match(options, message):
    with pytest.raises(DataError, match=re.escape(message)):
        RowIndex.from_rows(**{"rows": [[1.0, 2.0], [3.0, 4.0]]} | options)


def test_queries_of_another_length_and_unknown_kinds_are_refused(rows):
    for index in (RowIndex.from_rows(rows), RowIndex.from_rows(rows, scale="column")):
        with pytest.raises(DataError, match="expected queries of shape 1 x 4, got 1 x 3"):
            index.search([[1.0, 2.0, 3.0]])
        with pytest.raises(DataError, match="topn"):
            index.search(rows, topn=0)
    with pytest.raises(UnknownNameError, match=r"No index named 'faiss'. Known: auto, exact, hnsw"):
        RowIndex.from_rows(rows, kind="faiss")


def test_column_blocks_follow_feature_names():
    names = ["a_emb0", "b_emb0", "a_emb1", "a", "a_target", "x_emb", "a_emb_emb0", "_emb0"]
    assert column_blocks(names).tolist() == [0, 1, 0, 2, 3, 4, 5, 6]


def test_scaled_columns_add_two_to_the_mean_squared_distance():
    rng = np.random.default_rng(0)
    rows = (rng.normal(size=(2000, 6)) * [1, 2, 3, 100, 0.01, 5] + [0, 5, 0, 1e4, 0, -3]).astype("f4")
    blocks = np.array([0, 0, 0, 1, 2, 2])
    scaled = rows.astype("f8") * column_scale(rows, blocks)
    one, two = rng.integers(0, 2000, (2, 40_000))
    for block in range(3):
        squared = ((scaled[one] - scaled[two])[:, blocks == block] ** 2).sum(axis=1).mean()
        assert squared == pytest.approx(2, rel=0.05)


def test_proportions_within_a_column_are_kept():
    scale = column_scale(np.float32([[0, 0, 1], [1, 9, 5]]), np.array([0, 0, 1]))
    assert scale[0] == scale[1]
    assert scale[2] == pytest.approx(0.5)


def test_a_constant_column_is_not_scaled():
    assert column_scale(np.float32([[7, 1], [7, 3]]), np.array([0, 1])).tolist() == [1, 1]
    assert column_scale(np.empty((0, 2), np.float32), np.array([0, 1])).tolist() == [1, 1]


def test_the_number_of_features_is_checked():
    with pytest.raises(DataError, match="Expected a column for each of 2 features, got 3"):
        column_scale(np.ones((1, 2), np.float32), np.arange(3))
