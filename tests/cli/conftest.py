"""A folder with a finished run in it, and the command as a user has it."""

import importlib.util
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from tabemb.cli import main

if importlib.util.find_spec("pymilvus"):
    # As it is imported it closes the streams of all handlers of logs, those of TensorFlow among them: had a test taken
    # sys.stderr by then, that would be pytest's own.
    importlib.import_module("pymilvus")

TEXT = """\
data:
  path: rows.csv
  target: good
  categorical: [code]
model: {max_epochs: 2, one_hot_max_categories: 0}
baselines: [majority]
validation: {folds: 2}
"""


def write_table(folder, text=TEXT):
    """Write a small table and an experiment on it; return the table."""
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"shape": rng.choice(["round", "flat", "New York"], 200), "code": rng.integers(1, 4, 200)})
    table["good"] = np.where(table["shape"] == "round", "yes", "no")
    table.to_csv(folder / "rows.csv", index=False)
    (folder / "small.yaml").write_text(text, encoding="utf-8")
    return table


@pytest.fixture(scope="session")
def write():
    return write_table


@pytest.fixture(scope="session")
def yaml_text():
    return TEXT


@pytest.fixture(scope="session")
def home(tmp_path_factory):
    """Return a folder with a finished run in it."""
    folder = tmp_path_factory.mktemp("home")
    write_table(folder)
    assert main(["run", str(folder / "small.yaml"), "--output", str(folder / "runs"), "--quiet"]) == 0
    return folder


@pytest.fixture
def here(home, monkeypatch):
    monkeypatch.chdir(home)
    return home


@pytest.fixture
def empty(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="session")
def run_tabemb():
    def run(*arguments, **options):
        command = [sys.executable, "-m", "tabemb.cli", *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=300, **options)

    return run
