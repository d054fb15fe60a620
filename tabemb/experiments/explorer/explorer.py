"""The page itself: the run's vectors, the style and the script in one file."""

import base64
import hashlib
import json
from collections.abc import Mapping
from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any

from tabemb.exceptions import DataError, OutputError
from tabemb.experiments.explorer.column_data import column_data
from tabemb.experiments.runs.folder import EXPLORER, RunFolder
from tabemb.files import replacing_file
from tabemb.vectors.category_vectors import CategoryVectors

__all__ = ["render_explorer", "write_explorer"]

# In the order in which they build on each other.
SCRIPTS = (
    "decode",
    "nearest",
    "keys",
    "expression",
    "colours",
    "dots",
    "view",
    "map",
    "page",
    "search",
    "answer",
    "explorer",
)


def write_explorer(run: RunFolder, output: str | Path | None = None) -> Path:
    """Write the page of a run.

    Parameters
    ----------
    run : RunFolder
        A finished run; see :func:`tabemb.open_run`.
    output : path, optional
        The file; ``explore.html`` in the run's folder, beside its report, when left out. An old one is replaced once
        the new one is whole.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    DataError
        When the run has no vectors, or none of a column with categories.
    OutputError
        When the file cannot be written.
    """
    path = run.path / EXPLORER if output is None else Path(output)
    if not path.parent.is_dir():
        raise OutputError(f"Cannot write {path}: there is no folder {path.parent}.")
    if path.is_dir():
        raise OutputError(f"Cannot write {path}: it is a folder. Say a file, such as {path / EXPLORER}.")
    beside = path.resolve().parent == run.path.resolve()
    page = render_explorer(
        run.vectors,
        name=run.report["name"],
        title=run.report["title"],
        source=str(run.path),
        report="report.html" if beside else None,
    )
    with replacing_file(path) as draft:
        draft.write_text(page, encoding="utf-8")
    return path


def render_explorer(
    vectors: Mapping[str, CategoryVectors],
    *,
    name: str = "",
    title: str = "",
    source: str = "",
    report: str | None = None,
) -> str:
    """Return the page.

    Parameters
    ----------
    vectors : mapping of str to CategoryVectors
        The columns, the first one shown first; those without categories are left out.
    name, title : str
        Of the run.
    source : str
        Its folder, for the lines of Python that the page shows.
    report : str, optional
        Where its report is, as a link.

    Returns
    -------
    str
        HTML that needs neither server nor network. Names of categories stand in it as JSON, without ``<``, and nothing
        but its own script is allowed to run (by the hash in its content security policy).

    Raises
    ------
    DataError
        When there is nothing to show.

    Examples
    --------
    >>> page = render_explorer({"dest": CategoryVectors(["JFK", "</script>"], [[1.0, 0.0], [0.0, 1.0]], name="dest")})
    >>> page.count("</script>"), page.startswith("<!doctype html>")
    (2, True)
    """
    columns = [column_data(column, each) for column, each in vectors.items() if len(each)]
    if not columns:
        raise DataError(
            "The run has no vectors to look at: no column was embedded. A column of few categories enters one-hot, "
            "unless the experiment says model: {one_hot_max_categories: 0}."
        )
    style, script = _web("explorer.css"), _script()
    link = "" if report is None else f'<a href="{escape(report, quote=True)}">Report</a>'
    return Template(_web("explorer.html")).substitute(
        title=escape(title or name or "Vectors"),
        kicker=escape(name if title and name else ""),
        report=link,
        style=style,
        style_hash=_hash(style),
        script=script,
        script_hash=_hash(script),
        data=_json({"run": source, "columns": columns}),
    )


def _web(name: str) -> str:
    return files("tabemb.experiments.explorer").joinpath("web", name).read_text(encoding="utf-8")


def _script() -> str:
    parts = "\n".join(_web(f"{name}.js") for name in SCRIPTS)
    # Names stay inside, and what the files declare meets no name of the browser's.
    return f'(() => {{\n"use strict";\n{parts}}})();'


def _json(told: Any) -> str:
    """Write JSON that can stand inside a script element, whatever the texts are."""
    text = json.dumps(told, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _hash(text: str) -> str:
    """Return how a content security policy names a script or style."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")
