"""The losses that training minimizes."""

from tabemb.nn.losses.classification import CrossEntropy, FocalLoss
from tabemb.nn.losses.deviance import GammaDeviance, PoissonDeviance, TweedieDeviance
from tabemb.nn.losses.loss import LOSSES, ClassLoss, Loss, NumberLoss, loss_from_state, loss_of
from tabemb.nn.losses.quantile import QuantileLoss
from tabemb.nn.losses.ranking import LambdaRank, ListNet, RankLoss
from tabemb.nn.losses.regression import AbsoluteError, HuberLoss, SquaredError

__all__ = [
    "LOSSES",
    "AbsoluteError",
    "ClassLoss",
    "CrossEntropy",
    "FocalLoss",
    "GammaDeviance",
    "HuberLoss",
    "LambdaRank",
    "ListNet",
    "Loss",
    "NumberLoss",
    "PoissonDeviance",
    "QuantileLoss",
    "RankLoss",
    "SquaredError",
    "TweedieDeviance",
    "loss_from_state",
    "loss_of",
]
