"""From typed text to a category."""

import datetime as dt
import unicodedata

import pytest

from tabemb.cli.keys import key_from_text
from tabemb.exceptions import UnknownKeyError
from tabemb.vectors.category_vectors import CategoryVectors


def column(*keys):
    return CategoryVectors(list(keys), [[float(i)] for i in range(len(keys))], name="col")


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("BOS", "BOS"),
        ("New York", "New York"),
        ("7", 7),
        ("-12", -12),
        ("2.5", 2.5),
        ("true", True),
        ("2013-01-01", dt.date(2013, 1, 1)),
        ("2013-01-01 05:00", dt.datetime(2013, 1, 1, 5)),
        ("05:00", dt.time(5)),
        ("bos", "BOS"),
    ],
)
def test_the_text_finds_the_key_and_its_type(text, key):
    found = key_from_text(text, column(key, "another"))
    assert found == key
    assert type(found) is type(key)


def test_text_goes_before_numbers_and_true_is_not_1():
    assert key_from_text("1", column(1, "1")) == "1"
    assert key_from_text("true", column(1, True)) is True


def test_an_unknown_key_suggests_similar_and_frequent_ones():
    with pytest.raises(UnknownKeyError) as caught:
        key_from_text("BOZ", column("BOS", "SFO"))
    assert str(caught.value) == (
        "The column 'col' has no category 'BOZ'. Did you mean 'BOS'? Most frequent categories: BOS, SFO."
    )


def test_two_keys_that_differ_in_case_only_are_not_guessed():
    with pytest.raises(UnknownKeyError):
        key_from_text("bos", column("BOS", "Bos"))


def test_a_terminal_may_write_letters_in_parts():
    vectors = CategoryVectors(["서울", "São Paulo"], [[0.0], [1.0]])
    assert key_from_text(unicodedata.normalize("NFD", "서울"), vectors) == "서울"
    assert key_from_text(unicodedata.normalize("NFD", "são paulo"), vectors) == "São Paulo"


NAMES = {1: "Toy Story", 2: "Heat", 3: "heat", 7: "2"}


@pytest.mark.parametrize(("text", "key"), [("Toy Story", 1), (" toy story", 1), ("2", 2), ("3", 3)])
def test_a_key_comes_before_a_readable_name(text, key):
    assert key_from_text(text, column(1, 2, 3, 7), NAMES) == key


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Toy Stor", r"^No category of 'col' has the key or the name 'Toy Stor'\. Did you mean 'Toy Story'\?$"),
        ("HEAT", r"^2 categories of 'col' have the name 'HEAT'\. Give one by its key: 2, 3\.$"),
    ],
)
def test_a_name_of_none_or_several_is_told(text, told):
    with pytest.raises(UnknownKeyError, match=told):
        key_from_text(text, column(1, 2, 3, 7), NAMES)
