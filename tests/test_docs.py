"""The documentation is correct: the Python of its pages runs and prints what they show, and its links exist."""

import contextlib
import importlib
import io
import re
from pathlib import Path

import pytest

import tabemb

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted(path for path in DOCS.rglob("*.md") if "_build" not in path.parts)
# Packages of recipes that tabemb does not depend on: a page is run as far as they are installed.
RECIPES = ("duckdb", "faiss", "lancedb", "lightgbm", "matplotlib", "mlflow", "optuna", "shap", "skrub")
# Fits that take the longest; the others take about a minute together.
SLOW = {"compare.md", "explain.md", "tracking.md"}
NUMBER = re.compile(r"-?\d+(\.\d+)?")


def blocks(path):
    """Return the language, the text and the first line of each fenced block."""
    text = path.read_text(encoding="utf-8")
    found = re.finditer(r"^```(\S+)\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)
    return [(each[1], each[2], text.count("\n", 0, each.start()) + 1) for each in found]


def python_pages():
    for path in PAGES:
        if any(language == "python" for language, _, _ in blocks(path)):
            marks = [pytest.mark.slow] if path.name in SLOW else []
            yield pytest.param(path, id=path.relative_to(DOCS).as_posix(), marks=marks)


def without_numbers(text):
    """Return the words of a text; numbers with decimals differ between machines."""
    return NUMBER.sub(lambda number: "#" if "." in number[0] else number[0], text).split()


def import_names(code):
    return [name for name in RECIPES if re.search(rf"^(import|from) {name}\b|{name}:", code, flags=re.MULTILINE)]


@pytest.mark.filterwarnings("ignore::tabemb.table.schema.SchemaHint")
@pytest.mark.parametrize("path", list(python_pages()))
def test_the_python_of_a_page_runs_and_prints_what_it_shows(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names, printed, n_run, absent = {"__name__": "page"}, "", 0, []
    for language, text, _ in blocks(path):
        if language == "yaml":
            (tmp_path / "late.yaml").write_text(text, encoding="utf-8")
    for language, text, line in blocks(path):
        if language == "python":
            absent = [name for name in import_names(text) if importlib.util.find_spec(name) is None]
            if absent:
                continue
            code = compile("\n" * line + text, str(path), "exec")  # errors name the line of the page
            with contextlib.redirect_stdout(io.StringIO()) as out:
                exec(code, names)
            printed, n_run = out.getvalue(), n_run + 1
        elif language == "output" and not absent:
            assert without_numbers(printed) == without_numbers(text), f"{path.name}:{line} shows another output"
    if not n_run:
        pytest.skip(f"not installed: {', '.join(absent)}")
