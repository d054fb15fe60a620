"""Names of collections: made of letters, digits and underscores, no two alike, and back."""

import re

import hypothesis.strategies as st
import pytest
from hypothesis import given

from tabemb.exceptions import DataError
from tabemb.vectors.databases.names import collection_name, column_of, notes_name

COLUMNS = [
    "dest",
    "day_of_week",
    "native-country",
    "from/to",
    "à",
    "東京",
    "👩‍👩",
    "",
    " ",
    "_",
    "__",
    "_2d_",
    "a_5f_b",
    "A",
]


@pytest.mark.parametrize("prefix", ["tabemb_", "_", "x"])
def test_every_column_has_a_name_that_databases_take_and_that_leads_back(prefix):
    names = [collection_name(column, prefix) for column in COLUMNS]
    assert [name for name in names if not re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", name)] == []
    assert [column_of(name, prefix) for name in names] == COLUMNS
    assert len(set(names)) == len(COLUMNS)


@given(st.text())
def test_any_text_comes_back(column):
    assert column_of(collection_name(column)) == column


@given(st.text(alphabet="_25fad-"), st.text(alphabet="_25fad-"))
def test_two_columns_never_share_a_name(one, two):
    assert (collection_name(one) == collection_name(two)) == (one == two)


@given(st.text(alphabet="_0123456789abcdefxyz"))
def test_a_name_of_another_program_is_told_apart_or_is_the_name_of_that_column(text):
    column = column_of(f"tabemb_{text}")
    assert column is None or collection_name(column) == f"tabemb_{text}"


@pytest.mark.parametrize(
    "name", ["movies", "tabemb_a_b", "tabemb__41_", "tabemb__110000_", f"tabemb__{'f' * 40}_", "tabemb_-"]
)
def test_names_that_are_of_no_column(name):
    assert column_of(name) is None


def test_no_column_has_the_name_of_the_notes():
    assert column_of(notes_name("x_"), "x_") is None


@pytest.mark.parametrize("prefix", ["", "1a", "a-b", "à", "a b"])
def test_a_prefix_that_no_database_takes(prefix):
    message = f"then letters, digits and underscores; got {prefix!r}. For example: 'tabemb_'."
    for call in (lambda: collection_name("dest", prefix), lambda: notes_name(prefix)):
        with pytest.raises(DataError, match=re.escape(message)):
            call()
