"""Write the page: the vectors of a run, the style and the script in one HTML file."""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template
from types import MappingProxyType
from typing import Any

from tabemb.exceptions import DataError, OutputError
from tabemb.experiments.explorer.column_data import column_data
from tabemb.experiments.runs.folder import EXPLORER, RunFolder
from tabemb.files import replacing_file
from tabemb.vectors.category_vectors import CategoryVectors

__all__ = ["render_explorer", "write_explorer"]

# Each may use the ones before it.
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
    """Write the page of a run to a file.

    Parameters
    ----------
    run : RunFolder
        A finished run; see :func:`tabemb.open_run`.
    output : path, optional
        The file; ``explore.html`` in the folder of the run by default. An existing file is replaced once the new one is
        complete.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    DataError
        If the run has no vectors, or none of a column with categories.
    OutputError
        If the file cannot be written.
    """
    path = run.path / EXPLORER if output is None else Path(output)
    if not path.parent.is_dir():
        raise OutputError(f"Cannot write {path}: there is no folder {path.parent}.")
    if path.is_dir():
        raise OutputError(f"Cannot write {path}: it is a folder. Give a file, such as {path / EXPLORER}.")
    is_in_run = path.resolve().parent == run.path.resolve()
    page = render_explorer(
        run.vectors,
        name=run.report["name"],
        title=run.report["title"],
        source=str(run.path),
        report="report.html" if is_in_run else None,
        names={each["column"]: each["names"] for each in run.report["model"]["embeddings"] if each.get("names")},
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
    names: Mapping[str, Sequence[str]] = MappingProxyType({}),
) -> str:
    """Render the page.

    Parameters
    ----------
    vectors : mapping of str to CategoryVectors
        The vectors of each column; the page opens with the first. Columns without categories are left out.
    name, title : str
        Name and title of the run.
    source : str
        Folder of the run, for the Python code that the page shows.
    report : str, optional
        Link to the report of the run.
    names : mapping of str to sequence of str, optional
        For some columns, the readable name of each category, which is searched too; empty where it is not known.

    Returns
    -------
    str
        HTML that needs no server and no network. Names of categories are embedded as JSON without ``<``, and the
        content security policy allows only the script of the page, by its hash.

    Raises
    ------
    DataError
        If no column has categories.

    Examples
    --------
    >>> page = render_explorer({"dest": CategoryVectors(["JFK", "</script>"], [[1.0, 0.0], [0.0, 1.0]], name="dest")})
    >>> page.count("</script>"), page.startswith("<!doctype html>")
    (2, True)
    """
    columns = [column_data(column, each, names.get(column, ())) for column, each in vectors.items() if len(each)]
    if not columns:
        raise DataError(
            "The run has no vectors to explore. Columns with few categories are one-hot encoded, unless the experiment "
            "sets model: {one_hot_max_categories: 0}."
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
    # The function keeps the names of the files out of the global scope of the browser.
    return f'(() => {{\n"use strict";\n{parts}}})();'


def _json(data: Any) -> str:
    """Return JSON that is safe inside a script element."""
    text = json.dumps(data, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _hash(text: str) -> str:
    """Return the hash of a script or style for a content security policy."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")
