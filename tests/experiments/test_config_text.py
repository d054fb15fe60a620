"""The text of an experiment: what is not read, and what is told."""

import pytest

from tabemb.exceptions import ConfigError
from tabemb.experiments import config_text
from tabemb.experiments.config_text import text_of


def test_the_text_is_that_of_the_file(tmp_path):
    (tmp_path / "x.yaml").write_text("title: é\n", encoding="utf-8")
    assert text_of(tmp_path / "x.yaml") == "title: é\n"


def test_what_is_not_read(tmp_path, monkeypatch):
    (tmp_path / "x.yaml").write_bytes(b"\xff")
    with pytest.raises(ConfigError, match=r"x\.yaml: it is not UTF-8 text\."):
        text_of(tmp_path / "x.yaml")
    with pytest.raises(ConfigError, match=r"No such file or directory\. Did you mean 'x\.yaml'\?"):
        text_of(tmp_path / "xx.yaml")
    monkeypatch.setattr(config_text, "LARGEST", 3)
    (tmp_path / "x.yaml").write_bytes(b"1234")
    with pytest.raises(ConfigError, match="has at most 3 bytes"):
        text_of(tmp_path / "x.yaml")
