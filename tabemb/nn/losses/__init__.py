"""The losses: what training makes small. One file each."""

from tabemb.nn.losses.classification import CrossEntropy, Focal
from tabemb.nn.losses.deviance import Gamma, Poisson, Tweedie
from tabemb.nn.losses.loss import LOSSES, ClassLoss, Loss, NumberLoss, loss_from_state, loss_of
from tabemb.nn.losses.quantile import Quantile
from tabemb.nn.losses.regression import AbsoluteError, Huber, SquaredError

__all__ = [
    "LOSSES",
    "AbsoluteError",
    "ClassLoss",
    "CrossEntropy",
    "Focal",
    "Gamma",
    "Huber",
    "Loss",
    "NumberLoss",
    "Poisson",
    "Quantile",
    "SquaredError",
    "Tweedie",
    "loss_from_state",
    "loss_of",
]
