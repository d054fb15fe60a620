"""The page: complete, self-contained and escaped; and its errors."""

import base64
import hashlib
import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tabemb.exceptions import DataError, OutputError
from tabemb.experiments.explorer import explorer as module
from tabemb.experiments.explorer import write_explorer
from tabemb.experiments.explorer.explorer import render_explorer
from tabemb.vectors import CategoryVectors

EMPTY = CategoryVectors([], np.empty((0, 2)))


def data_of(page):
    return json.loads(re.search(r'<script id="data" type="application/json">(.*?)</script>', page, re.DOTALL)[1])


def test_the_page_needs_nothing_from_elsewhere(villages):
    page = render_explorer({"village": villages}, name="late", title="Late?")
    assert "http://" not in page
    assert "https://" not in page
    assert re.findall(r"<(?:link|img|iframe)\b|\bimport\(|\bfetch\(|\bsrc=", page) == []
    assert "default-src 'none'" in page


def test_only_its_own_script_and_style_are_allowed(villages):
    page = render_explorer({"village": villages})
    for tag, policy in (("style", "style-src"), ("script", "script-src")):
        body = re.search(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)[1]
        digest = base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()
        assert f"{policy} 'sha256-{digest}'" in page


def test_every_script_is_in_the_page():
    there = {path.stem for path in Path(module.__file__).with_name("web").glob("*.js")}
    assert there == set(module.SCRIPTS)


def test_keys_titles_and_columns_are_text(awkward):
    page = render_explorer(
        {"</script><b>": awkward}, name="<i>", title="<img src=x>", source="runs/<u>", report='"><a>'
    )
    for raw in ("<img", "<i>", "<u>", "</script><b>", '"><a>'):
        assert raw not in page
    told = data_of(page)
    assert told["run"] == "runs/<u>"
    assert told["columns"][0]["name"] == "</script><b>"
    assert told["columns"][0]["labels"][:2] == awkward.index_to_key[:2]


def test_columns_without_categories_are_left_out(villages):
    assert [each["name"] for each in data_of(render_explorer({"none": EMPTY, "village": villages}))["columns"]] == [
        "village"
    ]


@pytest.mark.parametrize("vectors", [{}, {"none": EMPTY}])
def test_nothing_to_look_at_is_an_error_that_says_why(vectors):
    with pytest.raises(DataError, match=r"The run has no vectors to explore.*one_hot_max_categories: 0"):
        render_explorer(vectors)


def test_it_is_written_to_the_run_and_links_to_the_report(make_run, villages):
    run = make_run({"village": villages})
    path = write_explorer(run)
    assert path == run.path / "explore.html"
    page = path.read_text(encoding="utf-8")
    assert '<a href="report.html">Report</a>' in page
    assert "<h1>Late &lt;or&gt; not?<small>late</small></h1>" in page
    assert data_of(page)["run"] == str(run.path)


def test_elsewhere_it_links_to_no_report(make_run, villages, tmp_path):
    run = make_run({"village": villages})
    assert write_explorer(run, tmp_path / "page.html") == tmp_path / "page.html"
    assert "report.html" not in (tmp_path / "page.html").read_text(encoding="utf-8")
    assert not (run.path / "explore.html").exists()


def test_a_failed_write_raises_and_leaves_nothing(make_run, villages, tmp_path, monkeypatch):
    run = make_run({"village": villages})
    with pytest.raises(OutputError, match="there is no folder"):
        write_explorer(run, tmp_path / "nowhere" / "page.html")
    with pytest.raises(OutputError, match=r"it is a folder\. Give a file, such as"):
        write_explorer(run, tmp_path)
    old = write_explorer(run)
    before = old.read_bytes()
    monkeypatch.setattr(Path, "write_text", lambda *_, **__: (_ for _ in ()).throw(OSError(28, "No space left")))
    with pytest.raises(OutputError, match=r"Cannot write .*explore\.html: No space left on device\. Choose a folder"):
        write_explorer(run)
    assert old.read_bytes() == before
    assert [each.name for each in run.path.iterdir() if each.name.startswith(".")] == []


AIRPORTS = pd.DataFrame(
    {"place": ["south", "north", "west"], "name": ["Sud", "Nord", "West"], "sea": [False, True, True]}
)


def test_a_side_table_is_in_the_page_and_its_column_comes_first(make_run, villages, tmp_path, monkeypatch):
    table = tmp_path / "places.csv"
    AIRPORTS.to_csv(table, index=False)
    other = CategoryVectors(["a", "b"], np.eye(2), name="other")
    run = make_run({"other": other, "village": villages})
    for side in (table, str(table), {"village": table}):
        village, last = data_of(write_explorer(run, side=side).read_text(encoding="utf-8"))["columns"]
        assert (village["name"], last["name"], last["side"]) == ("village", "other", None)
        assert village["names"] == {"0": "Nord", "1": "Sud"}
        assert (village["side"]["source"], village["side"]["n_found"]) == ("places.csv", 2)
        assert [(each["name"], each["kind"]) for each in village["side"]["columns"]] == [
            ("name", "text"),
            ("sea", "text"),
        ]


def test_names_of_the_side_table_come_before_those_of_the_run(make_run, villages):
    run = make_run({"village": villages})
    run.report["model"]["embeddings"][0]["names"] = ["Nordhausen", "Sudberg", "Osten"]
    page = write_explorer(run, side=AIRPORTS).read_text()
    assert data_of(page)["columns"][0]["names"] == {"0": "Nord", "1": "Sud", "2": "Osten"}


def test_a_wrong_side_table_is_an_error_before_the_maps_and_leaves_the_page(make_run, villages, monkeypatch):
    run = make_run({"village": villages})
    page = write_explorer(run).read_bytes()
    monkeypatch.setattr(module, "column_data", lambda *_: pytest.fail("a map was computed"))
    with pytest.raises(DataError, match="is about no column of the run"):
        write_explorer(run, side=pd.DataFrame({"key": ["up"], "name": ["Up"]}))
    with pytest.raises(DataError, match=r"There is no file nowhere\.csv"):
        write_explorer(run, side="nowhere.csv")
    assert (run.path / "explore.html").read_bytes() == page


def test_cells_of_a_side_table_are_text(villages):
    side = pd.DataFrame({"key": ["north", "south"], "name": ["</script><b>", "<img>"], "<i>": ["&", "<u>"]})
    page = render_explorer({"village": villages}, side=side)
    for raw in ("</script><b>", "<img>", "<i>", "<u>"):
        assert raw not in page
    assert data_of(page)["columns"][0]["names"] == {"0": "</script><b>", "1": "<img>"}


def test_the_page_of_a_run_has_the_readable_names_that_the_run_knows(make_run, villages):
    run = make_run({"village": villages})
    run.report["model"]["embeddings"][0]["names"] = ["Nordhausen", "", ""]
    assert '"names":{"0":"Nordhausen"}' in write_explorer(run).read_text()
