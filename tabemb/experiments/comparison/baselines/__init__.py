"""The baselines of a comparison, one file per baseline."""

from tabemb.experiments.comparison.baselines.baseline import BASELINES, Baseline
from tabemb.experiments.comparison.baselines.majority import Majority
from tabemb.experiments.comparison.baselines.network_regressor import NetworkRegressor
from tabemb.experiments.comparison.baselines.one_hot_linear import OneHotLinear
from tabemb.experiments.comparison.baselines.one_hot_mlp import OneHotMlp
from tabemb.experiments.comparison.baselines.ordinal_trees import OrdinalTrees
from tabemb.experiments.comparison.baselines.target_encoder_trees import TargetEncoderTrees
from tabemb.experiments.comparison.baselines.without_pretraining import WithoutPretraining

__all__ = [
    "BASELINES",
    "Baseline",
    "Majority",
    "NetworkRegressor",
    "OneHotLinear",
    "OneHotMlp",
    "OrdinalTrees",
    "TargetEncoderTrees",
    "WithoutPretraining",
]
