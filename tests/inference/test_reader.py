"""Tables as predictors read them."""

import numpy as np
import pandas as pd
import pytest

from tabemb.exceptions import ColumnError, DataError
from tabemb.inference.reader import TableReader
from tabemb.table.bags import Bags
from tabemb.table.encoded_table import EncodedTable
from tabemb.table.encoder import TableEncoder

TABLE = pd.DataFrame({"dest": ["IAH", "MIA", "IAH"], "distance": [1.0, 2.0, 3.5]})


@pytest.fixture
def reader():
    encoder = TableEncoder().fit(TABLE)
    return TableReader(encoder=encoder, n_features_in_=2, feature_names_in_=np.array(["dest", "distance"], object))


def test_columns_are_taken_by_name_in_the_order_of_the_fit(reader):
    assert reader._read(TABLE[["distance", "dest"]]).columns == ("dest", "distance")
    with pytest.raises(ColumnError, match="distance"):
        reader._read(TABLE[["dest"]])


def test_without_names_the_number_of_columns_must_fit(reader):
    with pytest.warns(UserWarning, match="X does not have valid feature names, but TableReader was fitted with"):
        assert len(reader._read(TABLE.to_numpy()).columns) == 2
    with (
        pytest.warns(UserWarning, match="does not have valid feature names"),
        pytest.raises(DataError, match="X has 1 features, but TableReader is expecting 2 features as input"),
    ):
        reader._read(TABLE[["dest"]].to_numpy())
    plain = TableReader(encoder=reader.encoder, n_features_in_=2, feature_names_in_=None)
    with pytest.warns(UserWarning, match="X has feature names, but TableReader was fitted without feature names"):
        plain._read(TABLE)


def test_only_rows_that_it_has_encoded_are_accepted(reader):
    with pytest.raises(DataError, match=r"got DataFrame\. For a table use predict\(X\)"):
        reader._check(TABLE, "predict")
    other = EncodedTable(np.zeros((1, 3), np.int32), np.zeros((1, 0), np.float32))
    with pytest.raises(DataError, match="3 columns of indices and 0 of numbers; this predictor was made for 1 and 1"):
        reader._check(other, "predict")
    none = np.zeros((2, 0), np.float32)
    reader._check_indices(EncodedTable(np.array([[0], [3]], np.int32), none))
    for outside in (4, -1):
        with pytest.raises(DataError, match=f"column 'dest' holds the index {outside}; .* indices from 0 to 3"):
            reader._check_indices(EncodedTable(np.array([[0], [outside]], np.int32), none))


def test_values_of_cells_that_are_not_in_the_vocabulary_are_refused(reader):
    none = np.zeros((1, 0), np.float32)
    bags = Bags(np.array([0, 1, 2, 3], np.int32), np.array([0, 1, 2, 4]))
    reader._check_indices(EncodedTable(np.array([[2]], np.int32), none, {0: bags}))
    with pytest.raises(DataError, match="column 'dest' holds the index 3; its vocabulary has indices from 0 to 2"):
        reader._check_indices(EncodedTable(np.array([[3]], np.int32), none, {0: bags}))
    with pytest.raises(DataError, match="A cell of the encoded column 'dest' holds the value 9; its vocabulary has"):
        reader._check_indices(
            EncodedTable(np.array([[2]], np.int32), none, {0: bags.with_values(np.array([0, 1, 2, 9]))})
        )
