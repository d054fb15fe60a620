"""Tables without rows or columns are refused with what came, what to do, and the words of scikit-learn."""

import re

import pytest

from tabemb.exceptions import DataError
from tabemb.table.empty_tables import refuse_empty


@pytest.mark.parametrize(
    ("shape", "columns", "message"),
    [
        (
            (0, 1),
            ["dest"],
            "X has no rows, only the column 'dest'. Pass at least one row: check the filter, join or file that it "
            "comes from, and skip empty batches. Found array with 0 sample(s) (shape=(0, 1)) while a minimum of 1 is "
            "required.",
        ),
        (
            (0, 7),
            list("abcdefg"),
            "X has no rows, only the columns 'a', 'b', 'c', 'd', 'e' and 2 more. Pass at least one row: check the "
            "filter, join or file that it comes from, and skip empty batches. Found array with 0 sample(s) "
            "(shape=(0, 7)) while a minimum of 1 is required.",
        ),
        (
            (1000, 0),
            [],
            "X has no columns, only 1,000 rows. Pass at least one column of features. Found array with 0 feature(s) "
            "(shape=(1000, 0)) while a minimum of 1 is required.",
        ),
        (
            (0, 0),
            [],
            "X is empty: it has neither rows nor columns. Check how it was read. Found array with 0 feature(s) "
            "(shape=(0, 0)) while a minimum of 1 is required.",
        ),
    ],
)
def test_the_message(shape, columns, message):
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        refuse_empty(shape, columns, "X")


def test_a_table_with_a_cell_is_not_empty():
    refuse_empty((1, 1), ["dest"], "X")
