"""The diagnosis of one column and of all columns: arguments, errors and results."""

import re

import numpy as np
import pytest

from tabemb import CategoryVectors, EmbeddingRegressor, diagnose
from tabemb.diagnosis.diagnose import diagnose_columns
from tabemb.diagnosis.inputs import TooFewCategoriesError
from tabemb.exceptions import ColumnError, DataError

RNG = np.random.default_rng(0)
ROWS = RNG.normal(size=(30, 4))
COUNTS = np.arange(30, 0, -1)


def vectors(rows=ROWS, counts=COUNTS, keys=range(30), **more):
    return CategoryVectors(keys, rows, counts, name="dest", **more)


def test_checks_of_vectors_alone():
    found = diagnose(vectors())
    assert list(found) == [
        "effective rank",
        "information abundance",
        "dimensions",
        "length by count",
        "never updated",
        "zero or duplicate",
    ]
    assert (found.name, found.n_categories, found.n_diagnosed, found.dim, found.k) == ("dest", 30, 30, 4, 7)


def test_checks_with_all_arguments():
    others = [vectors(RNG.normal(size=(30, 4))) for _ in range(5)]
    found = diagnose(
        vectors(),
        others[:2],
        side=dict(enumerate("xyz" * 10)),
        control=iter(others[2:4]),
        untrained=others[4],
        n_permutations=19,
    )
    assert list(found)[6:] == [
        "distance from start",
        "stability",
        "geometry",
        "effective rank, permuted",
        "stability, permuted",
        "geometry, permuted",
        "beyond permuted targets",
        "side purity",
        "side purity, permuted",
    ]


def test_one_fit_needs_no_list():
    other = vectors(RNG.normal(size=(30, 4)))
    assert diagnose(vectors(), other) == diagnose(vectors(), [other])


def test_rare_categories_can_be_left_out():
    found = diagnose(vectors(), min_count=11)
    assert found.n_diagnosed == 20
    alone = diagnose(vectors(ROWS[:20], COUNTS[:20], range(20)))
    assert found["effective rank"].value == pytest.approx(alone["effective rank"].value)
    with pytest.raises(
        TooFewCategoriesError, match=r"2 with a vector of its own and 29 rows or more; .*Lower min_count"
    ):
        diagnose(vectors(), min_count=29)


def test_same_seed_same_result():
    side = dict(enumerate(RNG.normal(size=30)))
    one, again, other = (diagnose(vectors(), side=side, random_state=seed) for seed in (0, 0, 1))
    assert one == again
    assert one["side correlation"].value == other["side correlation"].value
    assert one["side correlation"].reference != other["side correlation"].reference


def test_fits_may_have_other_dimensions_and_lack_categories():
    other = CategoryVectors(range(5, 40), RNG.normal(size=(35, 9)))
    found = diagnose(vectors(), other, k=3)
    assert 0 <= found["stability"].value < 0.5


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"k": 29}, "must be an integer from 1 to 28; got 29. Column 'dest' has 30 categories to compare"),
        ({"k": 0}, "must be an integer from 1 to 28; got 0."),
        ({"min_count": 0}, "min_count must be an integer of at least 1, got 0."),
        ({"n_permutations": 0}, "n_permutations must be an integer of at least 1, got 0."),
        ({"random_state": None}, "random_state must be an integer of at least 0, got None."),
        ({"fits": 3}, "fits must be CategoryVectors of the same column, or several of them; got int."),
        ({"fits": {"dest": 3}}, "fits must be CategoryVectors of the same column, or several of them; got str."),
        ({"untrained": []}, "untrained must be the CategoryVectors of one fit, got list."),
        ({"control": [None]}, "control must be CategoryVectors of the same column, or several of them; got NoneType."),
        ({"side": {99: 1}}, "The side column 'side' has none of the categories of Column 'dest' that are diagnosed"),
        ({"side": dict(enumerate("xyxy")), "k": 5}, "The side column 'side' has 4 categories to compare"),
        ({"fits": CategoryVectors("abc", np.eye(3))}, "fits[0] has vectors of its own for none of the 30 categories"),
        (
            {"fits": CategoryVectors(range(5), RNG.normal(size=(5, 2))), "k": 5},
            "The intersection of the fits has 5 categories to compare",
        ),
    ],
)
def test_invalid_arguments_are_an_error(settings, expected):
    with pytest.raises(DataError, match=re.escape(expected)):
        diagnose(vectors(), **settings)


def test_only_category_vectors_can_be_diagnosed():
    with pytest.raises(DataError, match="Expected the CategoryVectors of one column, got dict"):
        diagnose({"dest": vectors()})
    with pytest.raises(DataError, match=r"for an estimator tabemb\.diagnosis\.model\.diagnose_model"):
        diagnose(EmbeddingRegressor())


def test_min_count_without_counts_is_an_error():
    with pytest.raises(DataError, match="min_count requires counts, and Column 'dest' has none"):
        diagnose(vectors(counts=None), min_count=2)


@pytest.mark.parametrize(
    ("keys", "rows"), [([], np.empty((0, 2))), (["a"], [[1.0, 2.0]]), (["a", "b", "c"], np.zeros((3, 2)))]
)
def test_too_few_categories_are_an_error(keys, rows):
    with pytest.raises(TooFewCategoriesError, match="with a vector of its own; a diagnosis requires 3"):
        diagnose(CategoryVectors(keys, rows, name="dest"))


COLUMNS = {
    "stop": CategoryVectors(list("abcdefgh"), RNG.normal(size=(8, 2)), name="stop"),
    "line": CategoryVectors([1, 2], [[1.0], [2.0]], name="line"),
    "hour": CategoryVectors(range(24), RNG.normal(size=(24, 3)), [5] * 24, name="hour"),
}


def test_columns_with_too_few_categories_are_left_out_with_the_reason():
    found = diagnose_columns(COLUMNS)
    assert (list(found), len(found), "line" in found) == (["stop", "hour"], 2, False)
    assert found["hour"] == diagnose(COLUMNS["hour"])
    assert found.left_out == {
        "line": "Column 'line' has 2 categories, and 2 with a vector of its own; a diagnosis requires 3. There is "
        "nothing to compare."
    }
    assert found.shares.names == ("stop", "line", "hour")
    with pytest.raises(ColumnError, match="The column 'line' was not diagnosed: Column 'line' has 2 categories"):
        found["line"]
    with pytest.raises(ColumnError, match=r"No column 'hours' was diagnosed\. Columns: stop, hour\."):
        found["hours"]


def test_arguments_by_column_and_for_all_columns():
    side = {key: place for place, key in enumerate("abcdefgh")}
    found = diagnose_columns(COLUMNS, {"stop": {"side": side}}, k=2, n_permutations=19)
    assert found["stop"] == diagnose(COLUMNS["stop"], side=side, k=2, n_permutations=19)
    assert "side correlation" not in found["hour"]
    assert found["hour"].k == 2
    with pytest.raises(ColumnError, match=r"There are no vectors of a column 'stops'.*Did you mean 'stop'"):
        diagnose_columns(COLUMNS, {"stops": {}})


def test_other_errors_are_raised():
    with pytest.raises(DataError, match="has none of the categories"):
        diagnose_columns(COLUMNS, {"stop": {"side": {"x": 1}}})
    with pytest.raises(DataError, match="min_count requires counts, and Column 'stop' has none"):
        diagnose_columns(COLUMNS, min_count=2)


def test_frame_and_repr_contain_all_columns():
    found = diagnose_columns(COLUMNS)
    frame = found.to_frame()
    assert frame.index.names == ["column", "check"]
    assert frame.loc[("hour", "dimensions"), "value"] == found["hour"]["dimensions"].value
    expected = repr(found)
    assert expected.startswith("Diagnosis(stop: 8 categories x 2")
    assert "line was left out: Column 'line' has 2 categories" in expected
    assert "ColumnShares(3 columns)" in expected


def test_no_shares_without_distances():
    found = diagnose_columns({"line": CategoryVectors([1, 2], [[1.0], [2.0]], [5, 0], name="line")})
    assert found.shares is None
    assert repr(found).startswith("line was left out: ")


def test_no_columns():
    nothing = diagnose_columns({})
    assert (len(nothing), nothing.shares, nothing.to_frame().empty, repr(nothing)) == (0, None, True, "")
