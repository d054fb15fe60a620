"""The documentation is correct: the Python of its pages runs and prints what they show, and its links exist."""

import ast
import contextlib
import importlib
import io
import os
import re
import shutil
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

import tabemb

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted(path for path in DOCS.rglob("*.md") if not {"_build", "generated", "gallery"} & set(path.parts))
REGISTRIES = [
    ("tabemb.experiments.comparison.baselines", "BASELINES"),
    ("tabemb.nn.bodies", "BODIES"),
    ("tabemb.nn.losses", "LOSSES"),
    ("tabemb.nn.numeric", "NUMERIC_ENCODERS"),
    ("tabemb.nn.sizes", "SIZE_RULES"),
    ("tabemb.nn.starts", "STARTS"),
    ("tabemb.nn.unknown", "UNKNOWN_STRATEGIES"),
    ("tabemb.recommend.methods", "METHODS"),
    ("tabemb.table.vocabularies", "VOCABULARIES"),
    ("tabemb.training.schedules", "SCHEDULES"),
    ("tabemb.vectors.analogies", "ANALOGIES"),
    ("tabemb.vectors.databases", "DATABASES"),
    ("tabemb.vectors.formats", "FORMATS"),
    ("tabemb.vectors.indexes", "INDEXES"),
    ("tabemb.vectors.metrics", "METRICS"),
    ("tabemb.vectors.plots.projections", "PROJECTIONS"),
]
# Packages of recipes that tabemb does not depend on: a page is run as far as they are installed.
RECIPES = ("duckdb", "faiss", "gensim", "lancedb", "lightgbm", "matplotlib", "mlflow", "optuna", "shap", "skrub")
# Fits that take the longest; the others take about a minute together.
SLOW = {"compare.md", "crosses.md", "dimensions.md", "explain.md", "skrub.md", "tracking.md", "yaml.md"}
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


def words(code):
    return {node.id for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Name)}


def assigned(code):
    """Return the names that a block defines."""
    stored = (node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Name))
    return {node.id for node in stored if isinstance(node.ctx, ast.Store)}


def import_names(code):
    return [name for name in RECIPES if re.search(rf"^(import|from) {name}\b|{name}:", code, flags=re.MULTILINE)]


@pytest.mark.filterwarnings("ignore::tabemb.table.schema.SchemaHint")
@pytest.mark.parametrize("path", list(python_pages()))
def test_the_python_of_a_page_runs_and_prints_what_it_shows(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names, printed, n_run, absent, foreign = {"__name__": "page"}, "", 0, [], False
    missing, left_out = set(), set()
    for language, text, _ in blocks(path):
        if language == "yaml":
            (tmp_path / "late.yaml").write_text(text, encoding="utf-8")
    for language, text, line in blocks(path):
        if language == "python":
            absent = [name for name in import_names(text) if importlib.util.find_spec(name) is None]
            missing.update(absent)
            # What a recipe that was left out has defined is not there for the blocks that go on with it.
            absent = absent or sorted(left_out & words(text))
            if absent:
                left_out |= assigned(text) - names.keys()
                continue
            code = compile("\n" * line + text, str(path), "exec")  # errors name the line of the page
            foreign = foreign or bool(import_names(text))
            with contextlib.redirect_stdout(io.StringIO()) as out, warnings.catch_warnings():
                if foreign:  # other packages warn of each other
                    warnings.simplefilter("ignore")
                exec(code, names)
            printed, n_run = out.getvalue(), n_run + 1
        elif language == "output" and not absent:
            assert without_numbers(printed) == without_numbers(text), f"{path.name}:{line} shows another output"
    if not n_run:
        pytest.skip(f"not installed: {', '.join(sorted(missing))}")


def test_the_reference_lists_every_public_name():
    page = (DOCS / "reference" / "index.md").read_text(encoding="utf-8")
    listed = re.findall(r"^   (\w+)$", page, flags=re.MULTILINE)
    assert set(tabemb.__all__) - {"__version__"} <= set(listed)


@pytest.mark.parametrize(("module", "registry"), REGISTRIES)
def test_the_reference_lists_every_part_of_a_registry(module, registry):
    page = (DOCS / "reference" / "parts.md").read_text(encoding="utf-8")
    parts = getattr(importlib.import_module(module), registry)
    absent = [name for name, cls in parts.items() if f"{cls.__module__}.{cls.__name__}\n" not in page]
    assert absent == []
    assert [name for name in parts if f'`"{name}"`' not in page] == []


def test_the_pages_name_commands_that_exist():
    from typer.main import get_command

    from tabemb.cli import app

    known = set(get_command(app).commands)
    for path in PAGES:
        text = path.read_text(encoding="utf-8")
        shell = "\n".join(block for language, block, _ in blocks(path) if language == "sh")
        used = {*re.findall(r"`tabemb ([a-z]\w*)", text), *re.findall(r"^tabemb (\w+)", shell, flags=re.MULTILINE)}
        assert used <= known, path.name


@pytest.mark.parametrize("path", [path for path in PAGES if any(each[0] == "yaml" for each in blocks(path))])
def test_the_yaml_of_a_page_is_a_valid_experiment(path, tmp_path):
    from tabemb.experiments.config import read_config

    for language, text, _ in blocks(path):
        if language == "yaml":
            (tmp_path / "late.yaml").write_text(text, encoding="utf-8")
            config = read_config(tmp_path / "late.yaml")
            assert config.data.target is not None or config.recommend is not None


def test_a_page_that_prints_something_else_is_noticed():
    assert without_numbers("share=0.66, k=10") == without_numbers("share=0.71, k=10")
    assert without_numbers("share=0.66, k=10") != without_numbers("share=0.66, k=11")
    assert without_numbers("dest_emb0 key") != without_numbers("dest_emb0 count")


@pytest.mark.slow
def test_the_site_is_built_without_warnings_and_needs_no_network(tmp_path):
    pytest.importorskip("sphinx")
    for name in ("myst_parser", "numpydoc", "pydata_sphinx_theme", "sphinx_gallery"):
        pytest.importorskip(name)
    # A copy, since Sphinx writes stubs beside the pages.
    for name in ("docs", "examples"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("_build", "generated", "gallery"))
    for name in ("CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "CITATION.cff"):
        shutil.copy(ROOT / name, tmp_path / name)
    command = [sys.executable, "-m", "sphinx", "-b", "html", "-W", "--keep-going", "-q", "docs", "site"]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, sys.path)])}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]

    pages = list((tmp_path / "site").rglob("*.html"))
    assert (tmp_path / "site" / "search.html") in pages
    assert (tmp_path / "site" / "searchindex.js").is_file()
    for page in pages:
        loaded = re.findall(r"<(?:script|img|link|iframe)[^>]+(?:src|href)=\"(https?:[^\"]+)", page.read_text("utf-8"))
        assert loaded == [], page.name
    for sheet in (tmp_path / "site").rglob("*.css"):
        assert not re.search(r"(url\(|@import)\s*['\"]?https?:", sheet.read_text("utf-8")), sheet.name
