"""Fixtures: a small table, a small finished run, who has watched which film, and a browser."""

import shutil

import numpy as np
import pandas as pd
import pytest

SMALL = """\
title: Which are <good>?
data:
  path: rows.csv
  target: good
  categorical: [from/to]
model:
  embedding_dim: 2
  one_hot_max_categories: 0
  max_epochs: 2
baselines: [one_hot_mlp, majority]
validation: {folds: 2}
metrics: [roc_auc, log_loss]
"""

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]


@pytest.fixture(scope="session")
def browser():
    """Return a browser driven by selenium, with a window of 1200 x 800; skip if there is none."""
    selenium = pytest.importorskip("selenium.webdriver", reason="selenium is not installed (dependency group: dev)")
    from selenium.common.exceptions import WebDriverException

    binary = next((found for found in map(shutil.which, BROWSERS) if found), None)
    driver_binary = shutil.which("chromedriver")
    if not (binary and driver_binary):
        pytest.skip("chromium and chromium-driver are not installed")
    options = selenium.ChromeOptions()
    options.binary_location = binary
    for flag in [*FLAGS, "--window-size=1200,800"]:
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    try:
        driver = selenium.Chrome(options=options, service=selenium.ChromeService(driver_binary))
    except WebDriverException as error:
        # A browser that is there, and cannot run: a stub that would install it, or a machine without a sandbox.
        pytest.skip(f"the browser does not start: {str(error.msg).splitlines()[0]}")
    yield driver
    driver.quit()


def _small_table(n=240):
    rng = np.random.default_rng(0)
    table = pd.DataFrame(
        {
            "shape": rng.choice(["round", "square", "flat"], n),
            "from/to": rng.integers(1, 4, n),
            "size": rng.normal(size=n),
            "same": "x",
        }
    )
    good = (table["shape"] == "round") ^ (rng.random(n) < 0.2)
    return table.assign(good=np.where(good, "yes", "no"))


@pytest.fixture
def small_text() -> str:
    """Return the YAML of a small experiment."""
    return SMALL


@pytest.fixture
def small_table() -> pd.DataFrame:
    """Return the table of the small experiment."""
    return _small_table()


@pytest.fixture(scope="session")
def write_small():
    """Return a function that writes the small table, and its YAML or another, into a folder."""

    def write(folder, text=SMALL, name="small.yaml"):
        _small_table().to_csv(folder / "rows.csv", index=False)
        path = folder / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture(scope="session")
def watched() -> pd.DataFrame:
    """Return 40 users, each with five of the six films of a genre, one a day; tests must not change it."""
    rng, rows = np.random.default_rng(0), []
    for user in range(40):
        genre, likes = ("drama", "crime")[user % 2], rng.normal()
        for day, film in enumerate(rng.permutation(6)[:5]):
            stars = 3 + likes + 0.4 * film + rng.normal(0, 0.1)
            rows.append((user, 10 * (user % 2 + 1) + film, genre, f"The {genre} {film}", day, stars))
    return pd.DataFrame(rows, columns=["user", "film", "genre", "name", "day", "stars"])


FILMS = """\
title: Which films will <they> watch?
data: {path: watched.csv}
recommend:
  user: user
  item: [film, genre]
  time: day
  title: name
  method: {name: linear_autoencoder, dim: 4, penalty: 1.0, item_weight: 0.0}
  k: [1, 3]
"""


@pytest.fixture(scope="session")
def write_films(watched):
    """Return a function that writes the watched films, and an experiment that recommends some, into a folder."""

    def write(folder, text=FILMS, name="films.yaml"):
        watched.to_csv(folder / "watched.csv", index=False)
        path = folder / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture(scope="session")
def recommended(tmp_path_factory, write_films):
    """Return the result of a run that recommends films; tests must not change its folder."""
    from tabemb.experiments.runs.runner import run

    folder = tmp_path_factory.mktemp("recommended")
    return run(write_films(folder), output=folder / "runs")


RESULTS = """\
title: Which <results> come first?
task: ranking
data: {path: results.csv, target: relevance, group: query}
model: {body: mlp, embedding_dim: 2, one_hot_max_categories: 0, max_epochs: 2}
baselines: [network_regressor, one_hot_linear, majority]
validation: {folds: 2}
"""


@pytest.fixture(scope="session")
def results() -> pd.DataFrame:
    """Return 40 queries with six results each, of which those of a wiki are relevant; tests must not change it."""
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"query": np.repeat([f"q{i}" for i in range(40)], 6)})
    table["site"] = rng.choice(["wiki", "blog", "shop", "forum"], 240)
    table["age"] = rng.exponential(10, 240)
    return table.assign(relevance=2 * (table["site"] == "wiki") + (table["site"] == "forum"))


@pytest.fixture(scope="session")
def write_results(results):
    """Return a function that writes the results of queries, and an experiment that ranks them, into a folder."""

    def write(folder, text=RESULTS, name="results.yaml"):
        results.to_csv(folder / "results.csv", index=False)
        path = folder / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture(scope="session")
def ranked(tmp_path_factory, write_results):
    """Return the result of a run that ranks the results of queries; tests must not change its folder."""
    from tabemb.experiments.runs.runner import run

    folder = tmp_path_factory.mktemp("ranked")
    return run(write_results(folder), output=folder / "runs")


@pytest.fixture(scope="session")
def finished(tmp_path_factory, write_small):
    """Return the result of the small run and the calls of its progress; tests must not change its folder."""
    from tabemb.experiments.runs.runner import run

    folder, calls = tmp_path_factory.mktemp("finished"), []
    result = run(write_small(folder), output=folder / "runs", progress=lambda *call: calls.append(call))
    return result, calls
