"""The losses: what training makes small. One file each."""

from tabemb.nn.losses.absolute_error import AbsoluteError
from tabemb.nn.losses.cross_entropy import CrossEntropy
from tabemb.nn.losses.deviance import Gamma, Poisson, Tweedie
from tabemb.nn.losses.focal import Focal
from tabemb.nn.losses.huber import Huber
from tabemb.nn.losses.loss import LOSSES, ClassLoss, Loss, NumberLoss, loss_from_state, loss_of
from tabemb.nn.losses.quantile import Quantile
from tabemb.nn.losses.squared_error import SquaredError

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
