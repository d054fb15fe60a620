"""A table, and the first YAML file of an experiment on it."""

import pytest

from tabemb.experiments.config import make_config, read_config
from tabemb.experiments.starter.kinds import make_starter


@pytest.fixture
def started(tmp_path, monkeypatch):
    """Return a function that writes a table and the YAML for it, and returns the text and the experiment in it."""
    monkeypatch.chdir(tmp_path)

    def start(table, *, file="rows.csv", path="rows.yaml", data=None, **settings):
        for each in (file, path):
            (tmp_path / each).parent.mkdir(exist_ok=True, parents=True)
        table.to_csv(tmp_path / file, index=False)
        starter = make_starter(make_config({"data": {"path": file, **(data or {})}, **settings}))
        text = starter.text(tmp_path / path)
        (tmp_path / path).write_text(text, encoding="utf-8")
        return text, read_config(tmp_path / path)

    return start
