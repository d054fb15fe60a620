"""Findings and their text."""

import pytest

from tabemb.diagnosis.report import Diagnosis, Finding
from tabemb.exceptions import UnknownNameError

RANK = Finding(check="effective rank", value=2.5, reference=7.8, reference_name="random", verdict="Few directions.")
LENGTH = Finding(check="length by count", value=-0.7, p_value=0.0012, verdict="They overfit.", concern=True)
FOUND = Diagnosis(name="dest", n_categories=1104, n_diagnosed=1100, dim=8, k=10, findings=(RANK, LENGTH))


def test_it_is_a_mapping_from_check_to_finding():
    assert list(FOUND) == ["effective rank", "length by count"]
    assert (len(FOUND), FOUND["effective rank"], "rank" in FOUND, "effective rank" in FOUND) == (2, RANK, False, True)
    assert FOUND.concerns == (LENGTH,)


def test_a_misspelled_check_is_an_error_with_suggestions():
    with pytest.raises(
        UnknownNameError, match=r"No check named 'efective rank'. Known: .* Did you mean 'effective ran"
    ):
        FOUND["efective rank"]


def test_its_frame_has_numbers_and_empty_cells():
    frame = FOUND.to_frame()
    assert list(frame) == ["value", "reference", "reference_name", "p_value", "concern", "verdict"]
    assert frame.index.tolist() == ["effective rank", "length by count"]
    assert frame.loc["effective rank", "reference"] == 7.8
    assert frame["reference"].isna().tolist() == [False, True]
    assert frame["concern"].tolist() == [False, True]
    assert Diagnosis(name="", n_categories=3, n_diagnosed=3, dim=1, k=1, findings=()).to_frame().empty


def test_repr_is_a_table():
    assert repr(FOUND).splitlines() == [
        "Diagnosis(dest: 1,104 categories x 8, 1 concern)",
        "  effective rank     2.50  7.80 random           Few directions.",
        "! length by count  -0.700               p 0.001  They overfit.",
    ]
