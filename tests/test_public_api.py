"""The public names, and that each is documented with an example."""

import ast
import importlib
import inspect
from pathlib import Path

import pytest

import tabemb

REGISTRIES = [
    ("tabemb.experiments.comparison.downstream", "DOWNSTREAM"),
    ("tabemb.estimators.objectives", "OBJECTIVES"),
    ("tabemb.nn.bodies", "BODIES"),
    ("tabemb.nn.losses", "LOSSES"),
    ("tabemb.nn.numeric", "NUMERIC_ENCODERS"),
    ("tabemb.nn.sizes", "SIZE_RULES"),
    ("tabemb.nn.tasks", "TASKS"),
    ("tabemb.nn.unknown", "UNKNOWN_STRATEGIES"),
    ("tabemb.recommend.methods", "METHODS"),
    ("tabemb.table.vocabularies", "VOCABULARIES"),
    ("tabemb.training.schedules", "SCHEDULES"),
    ("tabemb.vectors.analogies", "ANALOGIES"),
    ("tabemb.vectors.indexes", "INDEXES"),
    ("tabemb.vectors.metrics", "METRICS"),
    ("tabemb.vectors.formats", "FORMATS"),
    ("tabemb.vectors.databases", "DATABASES"),
    ("tabemb.vectors.plots.projections", "PROJECTIONS"),
]
ENTRIES = [
    pytest.param(cls, id=f"{registry}-{name}")
    for module, registry in REGISTRIES
    for name, cls in getattr(importlib.import_module(module), registry).items()
]


def test_public_names():
    assert sorted(tabemb.__all__) == [
        "CategoryVectors",
        "Comparison",
        "EmbeddingClassifier",
        "EmbeddingEncoder",
        "EmbeddingPretrainer",
        "EmbeddingRanker",
        "EmbeddingRegressor",
        "EmbeddingStore",
        "RowIndex",
        "TabembError",
        "TwoTowerRecommender",
        "__version__",
        "compare",
        "diagnose",
        "load",
        "load_dataset",
        "load_predictor",
        "open_run",
        "pull",
        "push",
        "refit_vectors",
    ]


def test_only_public_names_are_listed():
    for module in ("vectors", "training", "cli", "experiments.runs"):
        importlib.import_module(f"tabemb.{module}")
    assert [getattr(tabemb, name) for name in tabemb.__all__]
    assert dir(tabemb) == sorted(tabemb.__all__)
    names = {}
    exec("from tabemb import *", names)
    assert set(names) - {"__builtins__"} == set(tabemb.__all__)


def test_type_checkers_see_the_public_names_and_no_others():
    tree = ast.parse(Path(tabemb.__file__).read_text(encoding="utf-8"))
    (branch,) = [node for node in tree.body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"]
    homes = {alias.asname: node.module for node in branch.body for alias in node.names}
    assert homes == tabemb._HOMES
    assert {*homes, "__version__"} == set(tabemb.__all__)
    # Type checkers take a module with this function for one that has every name.
    assert [node.name for node in branch.orelse] == ["__getattr__"]


@pytest.mark.parametrize("name", tabemb.__all__)
def test_every_public_name_resolves(name):
    assert getattr(tabemb, name) is not None


def test_another_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'tabemb' has no attribute 'EmbeddingClasifier'"):
        tabemb.EmbeddingClasifier  # noqa: B018


@pytest.mark.parametrize("name", [n for n in tabemb.__all__ if n not in ("__version__", "TabembError")])
def test_every_public_name_has_an_example(name):
    assert ">>> " in inspect.getdoc(getattr(tabemb, name)).partition("Examples\n--------")[2]


@pytest.mark.parametrize("name", [n for n in tabemb.__all__ if inspect.isclass(getattr(tabemb, n))])
def test_every_public_method_has_a_docstring(name):
    cls = getattr(tabemb, name)
    bare = [n for n, m in vars(cls).items() if not n.startswith("_") and callable(m) and not inspect.getdoc(m)]
    assert bare == []


@pytest.mark.parametrize("cls", ENTRIES)
def test_every_entry_of_a_registry_has_a_docstring_with_an_example(cls):
    assert ">>> " in cls.__doc__.partition("Examples\n")[2]


@pytest.mark.parametrize(
    "name",
    ["EmbeddingClassifier", "EmbeddingRegressor", "EmbeddingRanker", "EmbeddingEncoder", "TwoTowerRecommender"],
)
def test_every_parameter_is_documented(name):
    cls = getattr(tabemb, name)
    parameters = inspect.getdoc(cls).partition("Parameters\n")[2].partition("Attributes\n")[0]
    lines = [line for line in parameters.splitlines() if line and not line.startswith(" ")]
    named = {part.strip() for line in lines for part in line.partition(" :")[0].split(",")}
    assert set(inspect.signature(cls).parameters) <= named


@pytest.mark.parametrize("name", ["EmbeddingRegressor", "EmbeddingRanker", "EmbeddingEncoder"])
def test_shared_parameters_have_the_same_defaults(name):
    shared = inspect.signature(tabemb.EmbeddingClassifier).parameters
    own = inspect.signature(getattr(tabemb, name)).parameters
    # A loss for classes is none for numbers.
    different = {n for n in own if n in shared and n != "loss" and own[n].default != shared[n].default}
    # A network that serves its vectors, five times over, is one small network, less damped and narrower.
    encoder = {"body", "numeric", "damping", "embedding_dim", "target_statistics"}
    assert different == (encoder if name == "EmbeddingEncoder" else set())
