"""Learned vectors for the categories of a table.

Public names are loaded on first use, so that ``import tabemb`` is fast and does not load TensorFlow.
"""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_HOMES = {
    "CategoryVectors": "tabemb.vectors.category_vectors",
    "Comparison": "tabemb.experiments.comparison.result",
    "EmbeddingClassifier": "tabemb.estimators.classifier",
    "EmbeddingEncoder": "tabemb.estimators.encoder",
    "EmbeddingRegressor": "tabemb.estimators.regressor",
    "EmbeddingStore": "tabemb.vectors.store",
    "RowIndex": "tabemb.vectors.indexes.rows",
    "TabembError": "tabemb.exceptions",
    "compare": "tabemb.experiments.comparison.compare",
    "diagnose": "tabemb.diagnosis.diagnose",
    "load": "tabemb.estimators.persistence",
    "load_dataset": "tabemb.experiments.data",
    "load_predictor": "tabemb.inference.predictor",
    "open_run": "tabemb.experiments.runs.folder",
    "pull": "tabemb.vectors.databases",
    "push": "tabemb.vectors.databases",
    "refit_vectors": "tabemb.diagnosis.refits",
}

__all__ = ["__version__", *sorted(_HOMES)]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'tabemb' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
