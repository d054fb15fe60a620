from html.parser import HTMLParser

import pytest

from tabemb.table.notebook import LONGEST, STYLE, Markup, as_html_table, html_note, html_text, html_view

VOID = {"br", "img"}


class Checker(HTMLParser):
    """Collects the elements and the text of a page, and that each element is closed."""

    def __init__(self, page):
        super().__init__()
        self.open, self.tags, self.texts = [], [], []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)


TEXTS = ["<script>alert(1)</script>", "a & b", "\"><img src=x onerror='x'>", "</td></table>", "&lt;"]


@pytest.mark.parametrize("text", TEXTS)
def test_text_is_shown_as_it_is(text):
    table, notes = as_html_table([text], [[text]], [text]), (html_note(text), html_note(text, mark=True))
    found = Checker(html_view("Kind", text, [text], table, *notes))
    assert set(found.tags) == {"style", "div", "span", "table", "thead", "tbody", "tr", "th", "td", "p"}
    assert "".join(found.texts).count(text) == 6


def test_cells():
    page = as_html_table(["a", "b"], [[None, 3], ["", Markup("<b>c</b>")]], ["b"])
    assert page.endswith(
        '<tr><td></td><td class="number">3</td></tr><tr><td></td><td class="number"><b>c</b></td></tr></tbody></table>'
    )


def test_long_blank_and_unprintable_texts():
    assert html_text("a" * LONGEST) == "a" * LONGEST
    assert html_text("a" * (LONGEST + 1)) == "a" * (LONGEST - 1) + "…"
    assert html_text(" ") == "&#x27; &#x27;"
    assert html_text("a\nb\u202ec\ud800") == "a\\nb\\u202ec\\ud800"
    assert html_text("Zürich 東京") == "Zürich 東京"
    # A cut through an entity would show its parts.
    assert html_text("&" * 100, 3) == "&amp;&amp;…"


def test_rows_as_long_as_the_header():
    with pytest.raises(ValueError, match="zip"):
        as_html_table(["a", "b"], [[1]])


def test_the_style_concerns_only_its_own_view():
    rules = STYLE.removeprefix("<style>").removesuffix("}</style>").split("}")
    selectors = [each for rule in rules for each in rule.partition("{")[0].split(",")]
    assert [each for each in selectors if not each.startswith(".tabemb-view")] == []
