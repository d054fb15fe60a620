"""Pieces of the page."""

import pytest

from tabemb.experiments.report.page import facts, figure, fill_page, making, section, table

RECORD = {
    "title": "Late & <later>?",
    "name": "flights",
    "created": "2025-11-23T18:00:00+00:00",
    "versions": {"tabemb": "0.1.0"},
}


def page(**changed):
    pieces = {"kind": "won", "headline": "a < b", "verdict": "b & c", "facts": facts({}), "sections": ["<p>one</p>"]}
    return fill_page(RECORD | changed, **pieces)


def test_the_page_is_filled_and_what_is_text_is_escaped():
    text = page(description="<not> a tag")
    assert "Late &amp; &lt;later&gt;?" in text
    assert '<div class="verdict won"><p class="headline">a &lt; b</p><p>b &amp; c</p></div>' in text
    assert "<p>&lt;not&gt; a tag</p>" in text
    assert "tabemb 0.1.0 · flights · 2025-11-23" in text
    assert "<p>one</p>" in text
    assert "$" not in text


def test_without_a_description_there_is_no_paragraph_for_it():
    assert "<p></p>" not in page()


@pytest.mark.parametrize("piece", [section("<h>", ""), facts({"<h>": "<v>"}), making({"<h>": "<v>"}, "<yaml>")])
def test_words_are_escaped(piece):
    assert "&lt;h&gt;" in piece
    assert not {"<h>", "<v>", "<yaml>"} & set(piece.replace("><", "> <").split())


def test_the_configuration_is_shown_where_there_is_one():
    assert making({}, "seed: 0").endswith("<h3>Configuration</h3><pre>seed: 0</pre>")
    assert "Configuration" not in making({}, "")


def test_tables_and_figures():
    drawn = table([("a", ""), ("b", "number")], [("subject", "<td>1</td>")])
    assert '<th scope="col" class="number">b</th>' in drawn
    assert '<tr class="subject"><td>1</td></tr>' in drawn
    assert figure("<svg/>", 'the "map"', kind="alone").startswith(
        '<figure class="alone" role="img" aria-label="the &quot;'
    )
