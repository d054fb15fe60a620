"""The HTML page of a run, rendered from the Jinja templates in ``templates/``.

Every value is escaped; only SVG drawn by `tabemb.experiments.report.charts` is inserted unescaped.
"""

import math
from collections.abc import Mapping
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from tabemb.experiments import numbers

__all__ = ["render_page"]

TEMPLATES = Environment(
    loader=PackageLoader("tabemb.experiments.report"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
# In a template: {{ value|score }}, {{ value|duration }} ...
TEMPLATES.filters |= {name: getattr(numbers, name) for name in numbers.__all__}
TEMPLATES.tests["finite"] = math.isfinite


def render_page(
    template: str,
    record: Mapping[str, Any],
    *,
    kind: str,
    headline: str,
    verdict: str,
    facts: Mapping[str, str],
    **content: Any,
) -> str:
    """Render the page of a run.

    Parameters
    ----------
    template : str
        Name of a file in ``templates/`` that extends ``page.html`` and fills its block ``sections``.
    record : mapping
        The content of ``report.json``; the head of the page uses ``title``, ``name``, ``created``, ``versions`` and
        ``description``.
    kind : {"won", "lost", "level"}
        Color of the edge of the verdict.
    headline, verdict : str
        The result in one sentence, and in a few.
    facts : mapping of str to str
        Shown below the verdict.
    **content
        Other variables of the template.

    Returns
    -------
    str
        A self-contained HTML page.
    """
    return TEMPLATES.get_template(template).render(
        record=record, kind=kind, headline=headline, verdict=verdict, facts=facts, **content
    )
