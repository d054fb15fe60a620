"""Parts of the HTML by which notebooks show objects. All text is escaped: categories may look like markup.

Colors are those of the page around, light or dark; lines are half transparent. Jupyter's style of tables is overruled.
"""

from collections.abc import Iterable, Sequence
from html import escape

__all__ = ["ELLIPSIS", "Markup", "as_html_table", "html_note", "html_text", "html_view"]

# Longer texts are cut.
LONGEST = 60
ELLIPSIS = "…"
STYLE = (
    "<style>"
    ".tabemb-view{font:13px/1.5 system-ui,sans-serif;max-width:100%;overflow-x:auto;margin:0 0 .8em}"
    ".tabemb-view .title{font-weight:600}"
    ".tabemb-view .quiet{opacity:.7}"
    ".tabemb-view table{border-collapse:collapse;border:0;margin:.4em 0;font-size:13px}"
    ".tabemb-view th,.tabemb-view td{padding:.2em .9em .2em 0;border:0;text-align:left!important;vertical-align:top;"
    "background:none;white-space:normal;max-width:36em;overflow-wrap:anywhere}"
    ".tabemb-view th{font-weight:600;border-bottom:1px solid rgba(128,128,128,.6);white-space:nowrap}"
    ".tabemb-view td{border-bottom:1px solid rgba(128,128,128,.2)}"
    ".tabemb-view tr{background:none!important}"
    ".tabemb-view th.number,.tabemb-view td.number{text-align:right!important;"
    "font-variant-numeric:tabular-nums;white-space:nowrap}"
    ".tabemb-view .chip{display:inline-block;margin:0 .9em 0 0;white-space:nowrap}"
    ".tabemb-view p{margin:.3em 0;max-width:52em}"
    ".tabemb-view .mark{border-left:3px solid #d97706;padding-left:.6em}"
    "</style>"
)


class Markup(str):
    """HTML that is not escaped again."""

    __slots__ = ()


def html_text(value: object, longest: int = LONGEST) -> Markup:
    """Return a value as escaped text, cut if it is long. Empty and blank texts are shown in quotes.

    Examples
    --------
    >>> html_text("<b>"), html_text(""), html_text("a" * 9, 5), html_text(7)
    ('&lt;b&gt;', '&#x27;&#x27;', 'aaaa…', '7')
    """
    text = value if isinstance(value, str) else str(value)
    if not text.strip():
        text = repr(text)
    cut = text if len(text) <= longest else text[: longest - 1] + ELLIPSIS
    # Characters that end a line, that write from right to left, or that no encoding has, are shown by number.
    shown = "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in cut)
    return Markup(escape(shown))


def as_html_table(columns: Sequence[str], rows: Iterable[Sequence[object]], numbers: Iterable[str] = ()) -> Markup:
    """Return a table, of which the columns in ``numbers`` are aligned at the right.

    Cells that are Markup are taken as they are, None is an empty cell, and all others are escaped.

    Examples
    --------
    >>> as_html_table(["key", "count"], [["<JFK>", 9]], ["count"])
    '<table><thead><tr><th>key</th><th class="number">count</th></tr></thead><tbody><tr><td>&lt;JFK&gt;</td><td
    class="number">9</td></tr></tbody></table>'
    """
    right = set(numbers)
    kinds = [' class="number"' if column in right else "" for column in columns]
    head = "".join(f"<th{kind}>{html_text(column)}</th>" for column, kind in zip(columns, kinds, strict=True))
    body = "".join(
        "<tr>" + "".join(f"<td{kind}>{_cell(cell)}</td>" for cell, kind in zip(row, kinds, strict=True)) + "</tr>"
        for row in rows
    )
    return Markup(f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>")


def html_note(sentence: str, *, mark: bool = False) -> Markup:
    """Return a paragraph, with a mark at its side if it is to be noticed.

    Examples
    --------
    >>> html_note("1 < 2")
    '<p class="quiet">1 &lt; 2</p>'
    """
    return Markup(f'<p class="{"mark" if mark else "quiet"}">{html_text(sentence, 1000).replace(" %", "&nbsp;%")}</p>')


def html_view(kind: str, title: object, facts: Iterable[str], *parts: Markup) -> str:
    """Return what a notebook shows of an object: its kind, title and facts in a line, and its parts below.

    Examples
    --------
    >>> html_view("Schema", "", ["2 columns"]).removeprefix(STYLE)
    '<div class="tabemb-view"><div><span class="title">Schema</span> <span class="quiet">2 columns</span></div></div>'
    """
    name = f" {html_text(title)}" if title not in ("", None) else ""
    line = " · ".join(html_text(fact) for fact in facts)
    head = f'<div><span class="title">{html_text(kind)}{name}</span> <span class="quiet">{line}</span></div>'
    return f'{STYLE}<div class="tabemb-view">{head}{"".join(parts)}</div>'


def _cell(cell: object) -> str:
    if isinstance(cell, Markup):
        return cell
    return "" if cell is None or cell == "" else html_text(cell, 200)
