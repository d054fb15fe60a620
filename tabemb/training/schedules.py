# ruff: noqa: D102  (the base class documents the call)
"""Learning rate schedules."""

import numpy as np
from sklearn.base import BaseEstimator

from tabemb.ranges import check_share
from tabemb.registry import Registry

__all__ = [
    "SCHEDULES",
    "ConstantSchedule",
    "CosineSchedule",
    "LinearSchedule",
    "Schedule",
]


class Schedule(BaseEstimator):
    """A factor of the learning rate, as a function of the progress of the fit."""

    def __call__(self, progress: np.ndarray) -> np.ndarray:
        """Return the factor, in [0, 1], at each progress in [0, 1)."""
        raise TypeError("a schedule must define __call__(progress)")

    def check(self) -> None:
        """Raise ValueError if a parameter is out of range."""


SCHEDULES: Registry[Schedule] = Registry("schedule")


@SCHEDULES.register("constant")
class ConstantSchedule(Schedule):
    """A constant learning rate.

    Examples
    --------
    >>> ConstantSchedule()(np.array([0.0, 0.5]))
    array([1., 1.])
    """

    def __call__(self, progress):
        return np.ones_like(progress)


@SCHEDULES.register("cosine")
class CosineSchedule(Schedule):
    """A linear warmup, then cosine decay to zero (Loshchilov & Hutter 2017, arXiv:1608.03983, eq. 5, one cycle).

    Parameters
    ----------
    warmup : float, default=0.05
        Share of the fit used for the warmup, in [0, 1).

    Examples
    --------
    >>> CosineSchedule(warmup=0.0)(np.array([0.0, 0.5]))
    array([1. , 0.5])
    """

    def __init__(self, warmup=0.05):
        self.warmup = warmup

    def check(self):
        """Raise ValueError if ``warmup`` is out of range."""
        check_share("warmup", self.warmup, zero=True)

    def __call__(self, progress):
        self.check()
        down = 0.5 * (1 + np.cos(np.pi * (progress - self.warmup) / (1 - self.warmup)))
        rise = (progress + 1e-3) / (self.warmup + 1e-3)
        return np.where(progress < self.warmup, rise, down)


@SCHEDULES.register("linear")
class LinearSchedule(Schedule):
    """A linear decay to zero.

    Examples
    --------
    >>> LinearSchedule()(np.array([0.0, 0.75]))
    array([1.  , 0.25])
    """

    def __call__(self, progress):
        return 1 - progress
