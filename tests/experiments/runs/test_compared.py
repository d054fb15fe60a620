"""A comparison that leaves the page of a run."""

import pytest

from tabemb.exceptions import OutputError
from tabemb.experiments.config import read_config
from tabemb.experiments.data import load_problem
from tabemb.experiments.runs.compared import compare_and_report
from tabemb.experiments.runs.runner import compare_only


def test_the_page_is_that_of_a_run(tmp_path, write_small, monkeypatch):
    monkeypatch.chdir(tmp_path)
    config = read_config(write_small(tmp_path))
    problem, calls = load_problem(config), []
    path = tmp_path / "out.html"
    comparison = compare_and_report(config, path, problem=problem, progress=lambda *call: calls.append(call))
    page = path.read_text(encoding="utf-8")
    assert "<title>Which are &lt;good&gt;?" in page
    assert "one_hot_mlp" in page
    assert "from/to" in page
    assert "how each column was read" in page.lower() or "read as" in page.lower()
    assert calls[-1] == ("all rows", 2, 2)
    expected = compare_only(config, problem=problem)
    assert comparison["embeddings"].scores["roc_auc"].tolist() == expected["embeddings"].scores["roc_auc"].tolist()
    assert sorted(each.name for each in tmp_path.iterdir()) == ["out.html", "rows.csv", "small.yaml"]
    (tmp_path / "folder").mkdir()
    with pytest.raises(OutputError):
        compare_and_report(config, tmp_path / "folder", problem=problem)
