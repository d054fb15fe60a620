"""Learned vectors for the categories of a table.

Public names are loaded on first use, so that ``import tabemb`` is fast and does not load TensorFlow.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_HOMES = {
    "CategoryVectors": "tabemb.vectors.category_vectors",
    "Comparison": "tabemb.experiments.comparison.result",
    "EmbeddingClassifier": "tabemb.estimators.classifier",
    "EmbeddingEncoder": "tabemb.estimators.encoder",
    "EmbeddingPretrainer": "tabemb.estimators.pretrainer",
    "EmbeddingRanker": "tabemb.estimators.ranker",
    "EmbeddingRegressor": "tabemb.estimators.regressor",
    "EmbeddingStore": "tabemb.vectors.store",
    "RowIndex": "tabemb.vectors.indexes.rows",
    "TabembError": "tabemb.exceptions",
    "TwoTowerRecommender": "tabemb.recommend.recommender",
    "compare": "tabemb.experiments.comparison.compare",
    "diagnose": "tabemb.diagnosis.diagnose",
    "load": "tabemb.estimators.loading",
    "load_dataset": "tabemb.experiments.data",
    "load_predictor": "tabemb.inference.predictor",
    "open_run": "tabemb.experiments.runs.folder",
    "pull": "tabemb.vectors.databases",
    "push": "tabemb.vectors.databases",
    "refit_vectors": "tabemb.diagnosis.refits",
}

__all__ = [
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

if TYPE_CHECKING:
    # For type checkers and editors, which do not run __getattr__. With it, any name would be right to them.
    from tabemb.diagnosis.diagnose import diagnose as diagnose
    from tabemb.diagnosis.refits import refit_vectors as refit_vectors
    from tabemb.estimators.classifier import EmbeddingClassifier as EmbeddingClassifier
    from tabemb.estimators.encoder import EmbeddingEncoder as EmbeddingEncoder
    from tabemb.estimators.loading import load as load
    from tabemb.estimators.pretrainer import EmbeddingPretrainer as EmbeddingPretrainer
    from tabemb.estimators.ranker import EmbeddingRanker as EmbeddingRanker
    from tabemb.estimators.regressor import EmbeddingRegressor as EmbeddingRegressor
    from tabemb.exceptions import TabembError as TabembError
    from tabemb.experiments.comparison.compare import compare as compare
    from tabemb.experiments.comparison.result import Comparison as Comparison
    from tabemb.experiments.data import load_dataset as load_dataset
    from tabemb.experiments.runs.folder import open_run as open_run
    from tabemb.inference.predictor import load_predictor as load_predictor
    from tabemb.recommend.recommender import TwoTowerRecommender as TwoTowerRecommender
    from tabemb.vectors.category_vectors import CategoryVectors as CategoryVectors
    from tabemb.vectors.databases import pull as pull
    from tabemb.vectors.databases import push as push
    from tabemb.vectors.indexes.rows import RowIndex as RowIndex
    from tabemb.vectors.store import EmbeddingStore as EmbeddingStore
else:

    def __getattr__(name: str) -> Any:
        if name in _HOMES:
            return getattr(import_module(_HOMES[name]), name)
        raise AttributeError(f"module 'tabemb' has no attribute {name!r}")


def __dir__() -> list[str]:
    return list(__all__)
