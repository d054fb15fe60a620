"""Models that are fed vectors instead of one-hot columns, one file per model.

The comparison of Table III in Guo and Berkhahn (2016), Entity Embeddings of Categorical Variables, arXiv:1604.06737.
"""

from tabemb.experiments.comparison.downstream.downstream_model import DOWNSTREAM, DownstreamModel
from tabemb.experiments.comparison.downstream.evaluate import DownstreamRuns
from tabemb.experiments.comparison.downstream.forest import ForestDownstream
from tabemb.experiments.comparison.downstream.knn import KnnDownstream
from tabemb.experiments.comparison.downstream.linear import LinearDownstream
from tabemb.experiments.comparison.downstream.trees import TreesDownstream

__all__ = [
    "DOWNSTREAM",
    "DownstreamModel",
    "DownstreamRuns",
    "ForestDownstream",
    "KnnDownstream",
    "LinearDownstream",
    "TreesDownstream",
]
