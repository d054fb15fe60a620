"""Pieces of the HTML page of a run: sections, tables, figures, and the page that they are put into."""

from collections.abc import Mapping, Sequence
from html import escape
from importlib.resources import files
from string import Template
from typing import Any

__all__ = ["facts", "figure", "fill_page", "making", "section", "table"]


def fill_page(
    record: Mapping[str, Any],
    *,
    kind: str,
    headline: str,
    verdict: str,
    facts: str,
    sections: Sequence[str],
) -> str:
    """Return the page.

    Parameters
    ----------
    record : mapping
        What ``report.json`` holds: ``title``, ``name``, ``created``, ``versions`` and ``description`` are used.
    kind : str
        ``"won"``, ``"lost"`` or ``"level"``; the colour of the verdict's edge.
    headline, verdict : str
        What was found, in one sentence and in a few.
    facts : str
        HTML; see `facts`.
    sections : sequence of str
        HTML.
    """
    page = Template(files("tabemb.experiments.report").joinpath("page.html").read_text(encoding="utf-8"))
    description = record.get("description") or ""
    return page.substitute(
        title=escape(record["title"]),
        kicker=escape(f"tabemb {record['versions']['tabemb']} · {record['name']} · {record['created'][:10]}"),
        verdict=f'<div class="verdict {kind}"><p class="headline">{escape(headline)}</p><p>{escape(verdict)}</p></div>',
        description=f"<p>{escape(description)}</p>" if description else "",
        facts=facts,
        sections="\n".join(sections),
    )


def section(title: str, content: str) -> str:
    """Return a section with its heading.

    Examples
    --------
    >>> print(section("Costs & more", "<p>None.</p>"))
    <section>
    <h2>Costs &amp; more</h2>
    <p>None.</p>
    </section>
    """
    return f"<section>\n<h2>{escape(title)}</h2>\n{content}\n</section>"


def facts(told: Mapping[str, str]) -> str:
    """Return the few facts that stand below the verdict.

    Examples
    --------
    >>> facts({"Rows": "5,400"})
    '<dl class="facts"><div><dt>Rows</dt><dd>5,400</dd></div></dl>'
    """
    pairs = "".join(f"<div><dt>{escape(k)}</dt><dd>{escape(v)}</dd></div>" for k, v in told.items())
    return f'<dl class="facts">{pairs}</dl>'


def making(told: Mapping[str, str], config_text: str) -> str:
    """Return how a run was made: facts, and the YAML.

    Examples
    --------
    >>> making({"Seed": "0"}, "")
    '<dl class="made"><dt>Seed</dt><dd>0</dd></dl>'
    """
    pairs = "".join(f"<dt>{escape(k)}</dt><dd>{escape(v)}</dd>" for k, v in told.items())
    settings = f"<h3>Configuration</h3><pre>{escape(config_text)}</pre>" if config_text else ""
    return f'<dl class="made">{pairs}</dl>{settings}'


def table(head: Sequence[tuple[str, str]], rows: Sequence[tuple[str, str]]) -> str:
    """Return a table; heads are (HTML, class) and rows (class, HTML of the cells).

    Examples
    --------
    >>> table([("Model", "")], [("best", "<td>mlp</td>")]).count("<tr")
    2
    """
    heads = "".join(f'<th scope="col" class="{kind}">{words}</th>' for words, kind in head)
    body = "\n".join(f'<tr class="{kind}">{cells}</tr>' for kind, cells in rows)
    return f'<div class="wide"><table>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table></div>'


def figure(svg: str, words: str, *, kind: str = "") -> str:
    """Return a picture, with words for those who do not see it.

    Examples
    --------
    >>> figure("<svg/>", "Map of dest")
    '<figure class="" role="img" aria-label="Map of dest"><svg/></figure>'
    """
    return f'<figure class="{kind}" role="img" aria-label="{escape(words, quote=True)}">{svg}</figure>'
