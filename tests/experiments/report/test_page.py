"""The page and its macros."""

import pytest

from tabemb.experiments.report.certain_neighbors import CertainNeighbors, NamedCategory, NeighborList
from tabemb.experiments.report.page import TEMPLATES, render_page

RECORD = {
    "title": "Late & <later>?",
    "name": "flights",
    "created": "2025-11-23T18:00:00+00:00",
    "versions": {"tabemb": "0.1.0"},
}
MACROS = TEMPLATES.get_template("macros.html").module


def page(**changed):
    head = {"kind": "won", "headline": "a < b", "verdict": "b & c", "facts": {"Rows": "5,400"}}
    return render_page("page.html", RECORD | changed, **head)


def test_the_page_is_filled_and_text_is_escaped():
    text = page(description="<not> a tag")
    assert text.startswith("<!doctype html>")
    assert "Late &amp; &lt;later&gt;?" in text
    assert '<div class="verdict won"><p class="headline">a &lt; b</p><p>b &amp; c</p></div>' in text
    assert "<p>&lt;not&gt; a tag</p>" in text
    assert "tabemb 0.1.0 · flights · 2025-11-23" in text
    assert "<div><dt>Rows</dt><dd>5,400</dd></div>" in text
    assert "--sans: system-ui" in text
    assert "{{" not in text


@pytest.mark.parametrize("description", [{}, {"description": ""}, {"description": None}])
def test_without_a_description_there_is_no_paragraph_for_it(description):
    assert "</div>\n<dl" in page(**description)


def test_a_page_that_lacks_a_variable_is_an_error():
    with pytest.raises(Exception, match="'summary' is undefined"):
        render_page("comparison.html", RECORD, kind="won", headline="", verdict="", facts={})


@pytest.mark.parametrize("piece", [MACROS.facts({"<h>": "<v>"}), MACROS.details({"<h>": "<v>"}, "<yaml>")])
def test_words_are_escaped(piece):
    assert "&lt;h&gt;" in piece
    assert "&lt;v&gt;" in piece
    assert not {"<h>", "<v>", "<yaml>"} & set(piece.replace("><", "> <").split())


def answer(known, **content):
    return " ".join(str(MACROS.answer(known, **content)).split())


def test_the_answer_shows_lists_and_links_to_what_the_page_has():
    near = NamedCategory(key="<LAX>", label="Los <Angeles>", confidence=0.97)
    known = CertainNeighbors(
        answer="Of dest <57 %> come back.",
        lists=(NeighborList(column="<dest>", category=NamedCategory(key="S&F"), nearest=(near,)),),
        note="Percent: how often.",
    )
    text = answer(known, explore="tabemb explore 'a <run>'", maps={"dest": "<svg/>"}, neighbors=["dest"])
    for told in (
        "Of dest &lt;57\u00a0%&gt; come back.".replace("\u00a0", " "),
        "<i>&lt;dest&gt;</i> <b>S&amp;F</b>",
        "<b>&lt;LAX&gt;</b> <span>97 %</span> <small>Los &lt;Angeles&gt;</small>",
        '<a href="#neighbors">All neighbors</a>',
        '<a href="#maps">Map of the vectors</a>',
        "<code>tabemb explore &#39;a &lt;run&gt;&#39;</code>",
    ):
        assert told in text, told
    assert "<a" not in answer(known)
    assert "<code" not in answer(known)


def test_an_answer_without_lists_is_a_sentence():
    text = answer(CertainNeighbors(answer="No vectors."), explore="tabemb explore x")
    assert "<p>No vectors.</p>" in text
    assert not [tag for tag in ("<ul", "<code", "<a", 'class="note"') if tag in text]


def test_the_configuration_is_shown_where_there_is_one():
    assert "<h3>Configuration</h3>\n<pre>seed: 0</pre>" in MACROS.details({}, "seed: 0")
    assert "Configuration" not in MACROS.details({}, "")


def test_figures_keep_their_svg_and_escape_their_labels():
    assert '<figure role="img" aria-label="the &#34;map&#34;"><svg/></figure>' in MACROS.figure("<svg/>", 'the "map"')
    assert '<figure class="alone"' in MACROS.figure("<svg/>", "map", kind="alone")
    assert '<figure class="alone" role="img" aria-label="Map of &lt;x&gt;"><svg/></figure>' in MACROS.maps(
        {"<x>": "<svg/>"}
    )
    assert MACROS.maps({}).strip() == ""
