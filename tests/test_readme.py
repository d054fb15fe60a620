"""The README is correct: its Python runs, its YAML is valid, its commands and files exist."""

import re
from pathlib import Path

import pytest

from tabemb.experiments.config import read_config

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)


@pytest.mark.filterwarnings("ignore::tabemb.table.schema.SchemaHint")
def test_the_python_blocks_run_one_after_another(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = {}
    # Fewer rows than the reader is shown: what is asserted here does not need them.
    code = [block.replace("20_000", "2_000") for block in blocks("python")]
    assert code != blocks("python")
    for block in code:
        exec(compile(block, "README.md", "exec"), names)
    assert [key for key, _ in names["near"]]
    assert len(names["late"]) == 5
    assert set(names["comparison"].to_frame().index) == {"embeddings", "one_hot_mlp", "ordinal_trees"}
    assert names["pipeline"][:-1].get_feature_names_out()[-1] == "distance"
    assert (tmp_path / "dest.parquet").is_file()
    assert (tmp_path / "late_flights" / "tabemb.json").is_file()


def test_the_yaml_block_is_a_valid_experiment(tmp_path):
    (block,) = blocks("yaml")
    path = tmp_path / "experiment.yaml"
    path.write_text(block, encoding="utf-8")
    assert read_config(path).data.dataset == "nycflights13"


def test_the_make_targets_exist():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"^make (\w+)", "\n".join(blocks("sh")), flags=re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, flags=re.MULTILINE)


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
