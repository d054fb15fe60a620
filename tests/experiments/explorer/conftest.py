"""A run's folder made by hand, and vectors with awkward keys."""

import json

import numpy as np
import pytest

from tabemb.experiments.runs.folder import open_run, vectors_file
from tabemb.vectors import CategoryVectors
from tabemb.vectors.sampling_noise import SamplingNoise

AWKWARD = [
    '<img src=x onerror="window.hacked=1">',
    "</script><script>window.hacked=1</script>",
    "1",
    1,
    True,
    "True",
    "a - b",
    "a",
    "b",
    "c",
    'it\'s "quoted"',
    "",
    " ",
    "two\nlines",
    "New York",
    "Newark",
    1.5,
    "a-b",
    "-",
    "\ud800",
]


@pytest.fixture(scope="session")
def towns() -> CategoryVectors:
    """Return 300 towns in four regions, with counts that fall."""
    rng = np.random.default_rng(0)
    centers = rng.normal(size=(4, 8)) * 2
    vectors = centers[np.arange(300) % 4] + rng.normal(size=(300, 8)) * 0.7
    return CategoryVectors([f"town {i}" for i in range(300)], vectors, range(900, 600, -1), name="town")


@pytest.fixture(scope="session")
def villages() -> CategoryVectors:
    """Return so few categories that their page is made at once."""
    return CategoryVectors(["north", "south", "east"], [[0.0, 1.0], [0.1, -1.0], [1.0, 0.0]], [9, 5, 2], name="village")


def _with_noise(vectors, size, name):
    noise = SamplingNoise(np.eye(vectors.dim) * size**2, rows=750.0, exponent=0.0, n_refits=5)
    return CategoryVectors(vectors.index_to_key, vectors.vectors, vectors.counts, name=name, noise=noise)


@pytest.fixture(scope="session")
def sure(towns) -> CategoryVectors:
    """Return the towns with noise that is less than their differences."""
    return _with_noise(towns, 0.3, "sure")


@pytest.fixture(scope="session")
def chance(towns) -> CategoryVectors:
    """Return the towns with noise that explains all their differences."""
    return _with_noise(towns, 30.0, "chance")


@pytest.fixture(scope="session")
def awkward() -> CategoryVectors:
    """Return keys of several types, some of which look alike, hold signs, or try to be HTML."""
    vectors = np.random.default_rng(1).normal(size=(len(AWKWARD), 4))
    return CategoryVectors(AWKWARD, vectors, range(len(AWKWARD), 0, -1), name="odd </script>")


@pytest.fixture
def make_run(tmp_path):
    """Return a function that writes the folder of a run with these vectors, and opens it."""

    def make(vectors, name="late"):
        folder = tmp_path / "runs" / name
        (folder / "vectors").mkdir(parents=True)
        (folder / "model").mkdir()
        for each in ("config.yaml", "report.html"):
            (folder / each).write_text("")
        report = {
            "format": 1,
            "name": name,
            "title": "Late <or> not?",
            "comparison": None,
            "data": {"columns": list(vectors)},
            "model": {"embeddings": [{"column": column} for column in vectors]},
        }
        (folder / "report.json").write_text(json.dumps(report))
        for column, each in vectors.items():
            each.save(folder / vectors_file(column), format="parquet")
        return open_run(folder)

    return make
