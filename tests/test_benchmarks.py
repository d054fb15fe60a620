"""Each benchmark runs on small sizes, prints its table and writes its results."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"

SMALL = {
    "bag_speed": ["--rows", "4000", "--vocabulary", "100", "--batch", "256", "--turns", "1"],
    "click_bodies": [
        *["--tables", "few", "--rows", "1000", "--seeds", "0", "--statistics", "off", "--dim", "4", "--bodies", "mlp"],
        *["final_mlp", "gated_cross", "exponential_cross", "fwfm", "fwfm_low_rank", "products", "ensemble_fm"],
        *["ensemble_cross", "ensemble_quadratic"],
    ],
    "clicks": [
        *["--rows", "2000", "--cardinality", "100", "--drift", "0.5", "--seeds", "1", "--tables", "logs"],
        *["--ways", "one pass", "LightGBM", "hashed one-hot, SGD", "logistic regression"],
    ],
    "diagnostics": ["--tables", "late", "--rows", "600"],
    "encode_speed": ["--cells", "20000", "--categories", "100", "--turns", "1"],
    "first_answer": ["--rows", "2000", "--categories", "50", "--turns", "1"],
    "formats": ["--categories", "300", "--dim", "3", "--turns", "1", "--mapped", "2000"],
    "fit_end_to_end": ["--rows", "4000", "--categories", "100", "--turns", "1"],
    "memory": ["--rows", "3000", "--categories", "1000", "--fits", "2"],
    "nearest": ["--rows", "2000", "--queries", "50", "--single", "5", "--turns", "1", "--expansion-search", "64"],
    "predict_speed": ["--rows", "2000", "--training-rows", "2000", "--categories", "100", "--turns", "1"],
    "progress_bar": ["--rows", "20000", "--batch", "256"],
    "ranking": ["--tables", "levels", "--rows", "500", "--seeds", "1"],
    "read_tables": ["--rows", "2000", "--turns", "1"],
    "train_speed": ["--rows", "20000", "--vocabulary", "100", "--batch", "1024", "--turns", "1"],
    "word_files": ["--words", "2000", "--wanted", "50", "--turns", "1"],
    "transform_speed": ["--rows", "2000", "--categories", "100", "--turns", "1"],
}


def test_every_benchmark_is_tested_or_needs_its_own_data():
    have_main = {path.stem for path in BENCHMARKS.glob("*.py") if "__main__" in path.read_text(encoding="utf-8")}
    needs_data = {"airport_neighbors", "cross_fitting", "neighbors", "optimizer_quality", "pretrained", "quality"}
    needs_data |= {"confidence", "forecast", "growing", "hashing", "label_free", "sentiment", "shared", "sizes"}
    needs_data |= {"mixed_dimensions", "recommend", "unseen", "vector_quality"}
    needs_a_browser = {"explorer"}
    assert have_main - set(SMALL) == needs_data | needs_a_browser


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(SMALL))
def test_a_benchmark_runs_and_writes_its_results(name, tmp_path):
    path = tmp_path / "figures.json"
    child = subprocess.run(
        [sys.executable, str(BENCHMARKS / f"{name}.py"), *SMALL[name], "--json", str(path)],
        capture_output=True,
        text=True,
    )
    assert child.returncode == 0, child.stderr
    record = json.loads(path.read_text(encoding="utf-8"))
    assert record["benchmark"] == name
    assert record["rows"]
    assert record["machine"]["versions"]["tensorflow"]
    assert "━" in child.stdout
