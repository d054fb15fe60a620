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
from tabemb.experiments.explorer.joint_space import JointSpace, joint_space
from tabemb.experiments.explorer.side_table import Side, SideData, side_data
from tabemb.experiments.runs.folder import EXPLORER, RunFolder
from tabemb.files import replacing_file
from tabemb.vectors.category_vectors import CategoryVectors

__all__ = ["render_explorer", "write_explorer"]

# The vectors of the users and items together, in the Python code that the page shows: an import, and an expression.
JOINT_CODE = ("from tabemb.experiments.explorer.joint_space import joint_space", "joint_space(run).vectors")
# Each may use the ones before it.
SCRIPTS = (
    "decode",
    "nearest",
    "keys",
    "expression",
    "colours",
    "side",
    "dots",
    "view",
    "map",
    "page",
    "search",
    "csv",
    "lasso",
    "answer",
    "explorer",
)


def write_explorer(
    run: RunFolder,
    output: str | Path | None = None,
    *,
    side: Side | Mapping[str, Side | SideData] | Sequence[Side] | None = None,
    side_key: str | None = None,
) -> Path:
    """Write the page of a run to a file.

    That of a recommender also has the users and items in one space; see
    :func:`~tabemb.experiments.explorer.joint_space.joint_space`.

    Parameters
    ----------
    run : RunFolder
        A finished run; see :func:`tabemb.open_run`.
    output : path, optional
        The file; ``explore.html`` in the folder of the run by default. An existing file is replaced once the new one is
        complete.
    side : path, pandas.DataFrame, a list of them, or a mapping from column to one of them, optional
        A table with one row per category, such as a file of airports. Its columns are colors and filters of the map and
        are shown with each category; a column with readable names, such as ``name``, is searched. See
        :func:`~tabemb.experiments.explorer.side_table.side_data`.
    side_key : str, optional
        The column of the table that holds the categories. By default it is found.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    ColumnError
        If the table has no column ``side_key``.
    DataError
        If the run has no vectors, or none of a column with categories; if a side table cannot be read, is about no
        column, or has a category twice.
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
        side=side,
        side_key=side_key,
        joint=joint_space(run) if run.is_recommender else None,
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
    side: Side | Mapping[str, Side | SideData] | Sequence[Side] | None = None,
    side_key: str | None = None,
    joint: JointSpace | None = None,
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
    side, side_key : optional
        A table about the categories, and its column that holds them; see :func:`write_explorer`.
    joint : JointSpace, optional
        Users and items in one space, which follow the other columns.

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
    shown = {column: each for column, each in vectors.items() if len(each)}
    if not shown:
        raise DataError(
            "The run has no vectors to explore. Columns with few categories are one-hot encoded, unless the experiment "
            "sets model: {one_hot_max_categories: 0}."
        )
    # Before the maps, which take long: the table may be wrong.
    known = {} if side is None else side_data(side, shown, key=side_key)
    columns = [column_data(column, each, names.get(column, ()), known.get(column)) for column, each in shown.items()]
    if joint is not None:
        shown_as = column_data(str(joint.vectors.name), joint.vectors, side=joint.side, titled=joint.titled)
        # Items come first, although most users have more rows.
        columns.append(shown_as | {"python": list(JOINT_CODE), "frequent": None})
    if known:
        # The page opens with what the user has a table of.
        columns.sort(key=lambda each: each["side"] is None)
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
