"""The categories to diagnose, and those shared with other fits."""

import numpy as np
import pytest

from tabemb import CategoryVectors
from tabemb.diagnosis.inputs import DiagnosisInputs, TooFewCategoriesError, own_vectors, trained_rows
from tabemb.exceptions import DataError
from tabemb.vectors import neighbors

ROWS = np.arange(1.0, 13.0).reshape(6, 2)


def vectors(keys="abcdef", rows=ROWS, counts=None, **more):
    return CategoryVectors(list(keys), rows, counts, name="dest", **more)


def made(of, **more):
    none = {"fits": (), "control": (), "halves": (), "untrained": None}
    settings = {**none, "min_count": 1, "k": None, "n_permutations": 9, "seed": 0}
    return DiagnosisInputs(vectors=of, **settings | more)


def test_untrained_rows_are_recognized():
    assert trained_rows(vectors()).all()
    assert trained_rows(vectors(counts=[1, 0, 2, 3, 4, 5])).tolist() == [True, False, True, True, True, True]
    assert trained_rows(vectors(unknown=[3, 4])).tolist() == [True, False, True, True, True, True]
    began = vectors("fxyzab", ROWS)
    assert trained_rows(vectors(), began).all()
    began = vectors("fxyzab", ROWS[[5, 0, 0, 0, 1, 1]])
    assert trained_rows(vectors(), began).tolist() == [True, False, True, True, True, False]


def test_own_vectors_are_trained_frequent_and_not_zero():
    rows = ROWS.copy()
    rows[4] = 0
    given = vectors(rows=rows, counts=[9, 8, 7, 1, 1, 0], unknown=[1, 2])
    assert own_vectors(given).tolist() == [False, True, True, True, False, False]
    assert own_vectors(given, min_count=2).tolist() == [False, True, True, False, False, False]


@pytest.mark.parametrize(
    ("given", "more", "expected"),
    [
        (
            vectors("a", ROWS[:1]),
            {},
            "Column 'dest' has 1 category, and 1 with a vector of its own; a diagnosis requires 3.",
        ),
        (vectors("ab", ROWS[:2]), {}, "There is nothing to compare."),
        (vectors(rows=np.zeros((6, 2))), {}, "has 6 categories, and 0 with .* all zeros: was the column trained?"),
        (
            vectors(counts=[9, 8, 1, 1, 1, 1]),
            {"min_count": 5},
            "2 with a vector of its own and 5 rows or more; .* Lower",
        ),
    ],
)
def test_too_few_categories_are_an_error(given, more, expected):
    with pytest.raises(TooFewCategoriesError, match=expected):
        made(given, **more).rows()


def test_shared_categories_have_own_vectors_in_all_fits():
    given = made(vectors(), fits=(vectors("fedcx", ROWS[:5], counts=[0, 1, 1, 1, 1]),))
    assert given.shared(given.named("fits")).tolist() == [2, 3, 4]
    tables = given.tables([given.vectors, given.fits[0]], np.array([2, 3]))
    assert [table.tolist() for table in tables] == [[[5, 6], [7, 8]], [[7, 8], [5, 6]]]


def test_errors_name_the_fit_with_other_keys():
    given = made(vectors(), control=(vectors(), vectors(range(6))))
    expected = (
        r"control\[1\] has vectors of its own for none of the 6 categories of Column 'dest' to compare; expected 3 or "
        r"more. Its first key is 0 \(int\), and that of the column 'a' \(str\). Give fits of the same column."
    )
    with pytest.raises(DataError, match=expected):
        given.shared(given.named("control"))
    with pytest.raises(DataError, match="Its first key is none, and that of the column 'a'"):
        given.shared({"fits[0]": CategoryVectors([], np.empty((0, 2)))})


def test_of_many_categories_the_most_frequent_are_compared(monkeypatch):
    monkeypatch.setattr(neighbors, "MOST_COMPARED", 3)
    rows = np.arange(6)
    assert made(vectors()).compared(rows).tolist() == [0, 1, 2]
    assert made(vectors(counts=[1, 5, 2, 9, 9, 0])).compared(rows).tolist() == [1, 3, 4]
    assert made(vectors()).weights(rows).tolist() == [1] * 6
