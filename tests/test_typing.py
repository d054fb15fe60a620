"""What type checkers see: mistakes in a user's script are found, and a correct script has none."""

import importlib.resources
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

RIGHT = """
import numpy as np
import pandas as pd
import polars as pl

import tabemb
from tabemb import CategoryVectors, EmbeddingClassifier, EmbeddingEncoder, EmbeddingRegressor, EmbeddingStore
from tabemb.inference.vector_lookup import VectorLookup
from tabemb.table.types import ColumnLike, TableLike

flights = pd.DataFrame({"dest": ["IAH", "MIA"], "distance": [1400, 1089]})
late = flights["dest"] == "MIA"


def fitted(X: TableLike, y: ColumnLike) -> EmbeddingClassifier:
    return EmbeddingClassifier(["distance"], max_epochs=5, body={"name": "mlp", "dropout": 0.1}).fit(X, y)


model = fitted(flights, late)
fitted(flights.to_numpy(), late.to_numpy())
fitted(pl.DataFrame({"dest": ["IAH"]}), pl.Series([1]))
fitted([["IAH", 1400], ["MIA", 1089]], [0, 1])
share: float = model.predict_proba(flights)[:, 1].mean()
score: float = model.score(flights, late)
copy: EmbeddingClassifier = model.set_params(body__dropout=0.2, max_epochs=3).partial_fit(flights, late, classes=[0, 1])
last: float = model.history_["loss"][-1]
epochs: int = model.n_epochs_
model.save("model")
vectors: CategoryVectors = model.vectors_["dest"]
store: EmbeddingStore = model.vectors_
near = vectors.most_similar("MIA", topn=3)
first: np.float32 = vectors["MIA"][0]
keys: list[object] = list(vectors.keys())
tabemb.EmbeddingRegressor(embedding_dim={"dest": 3}, categorical=np.array([0]), random_state=0).fit(flights, range(2))
encoder = EmbeddingEncoder(cv=3, callbacks=[]).set_output(transform="pandas")
names = encoder.fit_transform(flights, late, groups=[0, 1]).columns
number: float = EmbeddingRegressor(loss="poisson").fit(flights, [1.0], X_val=flights, y_val=[2.0]).predict(flights)[0]
again = tabemb.load("model").predict(flights)
tabemb.load_predictor("model").predict(flights)
tabemb.load_predictor("encoder", VectorLookup).transform(flights).mean()
verdicts = [finding.verdict for finding in tabemb.diagnose(vectors).concerns]
drift = vectors.drift(CategoryVectors(["MIA"], [[1.0]], [3], name="dest")).cosines.mean()
comparison = tabemb.compare(flights, late, estimator=model, metrics=["roc_auc"], cv=3)
tabemb.push(model.vectors_, "milvus:vectors.db", columns=["dest"])
run = tabemb.open_run("runs/flights").predict(flights)
try:
    tabemb.EmbeddingStore.load("vectors").lookup(flights)
except tabemb.TabembError as error:
    message: str = str(error)
"""

# Each comment is the code of the error that mypy must find in the line.
WRONG = """
import pandas as pd

import tabemb
from tabemb import CategoryVectors, EmbeddingClassifier, EmbeddingEncoder, EmbeddingRegressor

flights = pd.DataFrame({"dest": ["IAH", "MIA"], "distance": [1400, 1089]})
late = flights["dest"] == "MIA"
model = EmbeddingClassifier(max_epochs=5).fit(flights, late)
vectors = CategoryVectors(["MIA"], [[1.0]])
EmbeddingClassifier(max_epoch=5)  # [call-arg]
EmbeddingRegressor(max_epochs="ten")  # [arg-type]
EmbeddingEncoder(remainder="keep")  # [arg-type]
EmbeddingClassifier(batch_size="automatic")  # [arg-type]
EmbeddingEncoder(cv="5")  # [arg-type]
model.predict_probability(flights)  # [attr-defined]
model.vectors_["dest"].most_simmilar("MIA")  # [attr-defined]
model.vector_  # [attr-defined]
model.fit(flights)  # [call-arg]
model.fit("flights.csv", late)  # [arg-type]
model.fit(flights, "late")  # [arg-type]
model.partial_fit(flights, late, klasses=[0, 1])  # [call-arg]
model.predict(flights, late)  # [call-arg]
model.score(flights)  # [call-arg]
model.save()  # [call-arg]
model.set_param(max_epochs=3)  # [attr-defined]
tabemb.EmbeddingClasifier()  # [attr-defined]
tabemb.compare(flights, late, folds=3)  # [call-arg]
tabemb.load(3)  # [arg-type]
tabemb.diagnose(vectors).concern  # [attr-defined]
vectors.most_similar("MIA", top=3)  # [call-arg]
vectors.similarity("MIA")  # [call-arg]
vectors.dimension  # [attr-defined]
vectors.save(path="a.npz", fmt="npz")  # [call-arg]
tabemb.EmbeddingStore(vectors)  # [arg-type]
tabemb.load_predictor("model").predict_encoded()  # [call-arg]
tabemb.load_predictor("model").transform(flights)  # [attr-defined]
tabemb.push(vectors)  # [call-arg]
tabemb.refit_vectors(model, late)  # [call-arg]
tabemb.load_predictor("model").predict("flights.csv")  # [arg-type]
model.vectors_.lookup("dest")  # [arg-type]
tabemb.open_run("runs/flights").comparision  # [attr-defined]
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """The errors by script and line that mypy finds in scripts outside of the project."""
    pytest.importorskip("mypy")
    folder = tmp_path_factory.mktemp("scripts")
    for name, script in (("right.py", RIGHT), ("wrong.py", WRONG)):
        (folder / name).write_text(script.lstrip(), encoding="utf-8")
    options = ["--config-file=", "--strict", "--follow-imports=silent", f"--cache-dir={os.devnull}"]
    done = subprocess.run(
        [sys.executable, "-m", "mypy", *options, "right.py", "wrong.py"],
        cwd=folder,
        env={"MYPYPATH": str(ROOT), "PATH": ""},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    errors = re.findall(r"^(\w+)\.py:(\d+): error: .*\[([\w-]+)\]$", done.stdout, re.MULTILINE)
    return {(script, int(line)): code for script, line, code in errors}


def test_every_mistake_is_found_in_its_line(found):
    lines = WRONG.lstrip().splitlines()
    planted = {
        ("wrong", number): line.rpartition("# [")[2][:-1] for number, line in enumerate(lines, 1) if "# [" in line
    }
    assert len(planted) >= 8
    assert {place: code for place, code in found.items() if place[0] == "wrong"} == planted


def test_a_correct_script_has_no_error(found):
    assert {place: code for place, code in found.items() if place[0] == "right"} == {}


def test_the_package_says_that_it_has_types():
    assert importlib.resources.files("tabemb").joinpath("py.typed").is_file()


def test_the_wheel_says_that_it_has_types(tmp_path):
    """hatchling takes all files of the package that git does not ignore."""
    builder = pytest.importorskip("hatchling.builders.wheel").WheelBuilder(str(ROOT))
    files = {file.distribution_path for file in builder.recurse_included_files()}
    assert "tabemb/py.typed" in files
    assert "tabemb/__init__.py" in files
