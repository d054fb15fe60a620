"""Findings and their text."""

import pytest

from tabemb.diagnosis.report import Diagnosis, Finding, TableDiagnosis
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


def test_a_notebook_shows_a_table_with_marked_concerns():
    page = FOUND._repr_html_()
    assert "Diagnosis dest" in page
    assert "1 concern" in page
    assert page.count('<div class="mark">') == 1
    assert '<div class="mark">They overfit.</div>' in page
    assert '<td>effective rank</td><td class="number">2.50</td><td>7.80 random</td><td class="number"></td>' in page
    assert '<td class="number">0.001</td>' in page


def test_names_and_verdicts_are_escaped_in_notebooks():
    finding = Finding(check="a<b", value=1, reference_name="<i>", reference=1.0, verdict="<script>", concern=True)
    found = Diagnosis(name="<b>x</b>", n_categories=9, n_diagnosed=3, dim=1, k=1, findings=(finding,))
    table = TableDiagnosis(diagnoses={"<b>x</b>": found}, left_out={"<u>": "<em>"})
    for page in (found._repr_html_(), table._repr_html_()):
        assert "3 of them checked" in page
        for markup in ("<b>", "<i>", "<script>", "<u>", "<em>"):
            assert markup not in page
    assert "&lt;em&gt;" in table._repr_html_()


def test_keys_are_completed():
    assert FOUND._ipython_key_completions_() == ["effective rank", "length by count"]
    assert TableDiagnosis(diagnoses={"dest": FOUND}, left_out={"a": "b"})._ipython_key_completions_() == ["dest"]
