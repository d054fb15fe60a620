"""The groups whose rows are ranked in a comparison."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.linear_model import Ridge

from tabemb.exceptions import ColumnError, DataError
from tabemb.experiments.comparison.ranked_groups import RankedGroups, codes_of, group_column
from tabemb.table.frames import read_frame

TABLE = pd.DataFrame({"query": ["x", "x", "y"], "site": ["a", "b", "a"]})
ALL = np.ones(3, bool)
RANKER = SimpleNamespace(group="query", rank=None)


@pytest.mark.parametrize(
    "convert", [lambda table: table, pl.from_pandas, lambda table: pl.from_pandas(table).to_arrow()]
)
def test_groups_are_read_from_the_column_that_the_estimator_names(convert):
    frame = read_frame(convert(TABLE))
    groups = RankedGroups.read(frame, RANKER, None, ALL)
    assert (groups.column, groups.codes.tolist()) == ("query", [0, 0, 1])
    assert list(groups.features(frame).columns) == ["site"]
    # Groups of the folds do not change which rows are ranked.
    assert RankedGroups.read(frame, RANKER, "site", ALL).column == "query"
    assert group_column(SimpleNamespace(estimator=RANKER)) == "query"


def test_groups_are_given_as_a_column_or_as_values():
    frame = read_frame(TABLE)
    assert RankedGroups.read(frame, Ridge(), "site", ALL).codes.tolist() == [0, 1, 0]
    given = RankedGroups.read(read_frame(TABLE[1:]), None, pl.Series([5, 7, 7]), np.array([False, True, True]))
    assert (given.column, given.codes.tolist()) == (None, [0, 0])
    assert given.features(frame) is frame


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        (None, DataError, r"Ranking needs the groups whose rows are ranked, .*EmbeddingRanker\(group='query'\)"),
        ("qery", ColumnError, r"The table has no column 'qery' of groups\. Did you mean 'query'\?"),
        ([1, 2], DataError, "groups has 2 values for 3 rows; it needs one per row"),
        ([1, 2, None], DataError, "groups has no group in 1 of 3 rows"),
    ],
)
def test_groups_that_cannot_be_used_are_refused(given, error, message):
    with pytest.raises(error, match=message):
        RankedGroups.read(read_frame(TABLE), Ridge(), given, ALL)


def test_a_table_without_names_has_no_column_of_groups():
    with pytest.raises(ColumnError, match="no column 'query' of groups"):
        RankedGroups.read(read_frame(TABLE.to_numpy()), RANKER, None, ALL)


def test_a_table_of_groups_alone_is_refused():
    frame = read_frame(TABLE[["query"]])
    with pytest.raises(DataError, match="The table has no column but the groups, 'query'"):
        RankedGroups.read(frame, RANKER, None, ALL).features(frame)


def test_a_group_has_the_time_of_its_last_row():
    groups = RankedGroups(None, np.array([0, 1, 0, 1]))
    days = pd.to_datetime(["2024-01-03", "2024-01-01", "2024-01-02", "2024-01-09"]).to_numpy()
    assert groups.latest(days).tolist() == days[[0, 3, 0, 3]].tolist()


def test_folds_that_cut_groups_are_refused():
    groups = RankedGroups(None, np.array([0, 0, 1, 2]))
    groups.check_whole([(np.array([0, 1, 2]), np.array([3])), (np.array([2, 3]), np.array([0, 1]))])
    with pytest.raises(DataError, match="Fold 2 has rows of 1 groups both in the training and in the test set"):
        groups.check_whole([(np.array([0, 1]), np.array([2, 3])), (np.array([0, 2]), np.array([1, 3]))])


def test_missing_groups_are_counted():
    assert codes_of(np.array([3, 3, 1]), "x").tolist() == [0, 0, 1]
    with pytest.raises(DataError, match=r"^'q' has no group in 2 of 3 rows\. Drop those rows"):
        codes_of(np.array([None, "a", None], dtype=object), "'q'")
