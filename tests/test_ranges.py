"""One check of shares, with one wording."""

import re
from fractions import Fraction

import numpy as np
import pytest

from tabemb.estimators import parameters
from tabemb.ranges import check_share, is_share, share_range

NEVER = [-0.1, 1.5, float("nan"), float("inf"), False, True, None, "0.5", [0.5]]


@pytest.mark.parametrize("zero", [False, True])
@pytest.mark.parametrize("one", [False, True])
def test_the_ends_are_shares_if_they_are_allowed(zero, one):
    assert is_share(0, zero=zero, one=one) is is_share(np.float32(0), zero=zero, one=one) is zero
    assert is_share(1, zero=zero, one=one) is is_share(1.0, zero=zero, one=one) is one
    for inner in (0.5, 1e-300, np.float32(0.5), Fraction(1, 3)):
        assert is_share(inner, zero=zero, one=one) is True
    for value in NEVER:
        assert is_share(value, zero=zero, one=one) is False


@pytest.mark.parametrize(
    ("ends", "words"),
    [
        ({}, "a number in (0, 1)"),
        ({"zero": True}, "a number in [0, 1)"),
        ({"one": True}, "a number in (0, 1]"),
        ({"zero": True, "one": True}, "a number in [0, 1]"),
    ],
)
def test_the_message_has_the_range_and_what_came(ends, words):
    assert share_range(**ends) == words
    check_share("part", 0.5, **ends)
    for value in NEVER:
        with pytest.raises(ValueError, match=f"^{re.escape(f'part must be {words}, got {value!r}.')}$"):
            check_share("part", value, **ends)


def test_none_may_be_allowed():
    check_share("part", None, none=True)
    with pytest.raises(ValueError, match=re.escape("part must be a number in (0, 1) or None, got 0.")):
        check_share("part", 0, none=True)


def test_estimators_use_the_same_words():
    told = {name: words for name, (words, _) in parameters.RANGES.items() if re.search(r"\b0, 1[)\]]", words)}
    assert told == {
        "category_dropout": share_range(zero=True),
        "label_smoothing": share_range(zero=True),
        "validation_fraction": share_range(),
        "negative_share": f"{share_range(one=True)} or None",
    }
