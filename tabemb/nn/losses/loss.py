"""The base classes of losses; for classes and for numbers."""

import json
from collections.abc import Hashable, Mapping
from typing import Any, ClassVar, TypeVar

import numpy as np
from keras import ops
from sklearn import metrics
from sklearn.base import BaseEstimator

from tabemb.exceptions import UnknownNameError
from tabemb.inference.answers import IdentityLink, Link
from tabemb.registry import Registry

__all__ = ["LOSSES", "ClassLoss", "Loss", "NumberLoss", "loss_from_state", "loss_of"]

Family = TypeVar("Family", bound="Loss")


class Loss(BaseEstimator):
    """A specification of the loss that training minimizes; it holds parameters and is not fitted.

    Attributes
    ----------
    predicts : str
        Kind of targets: "classes", "numbers" or "relevances".
    """

    predicts: ClassVar[str] = ""

    @property
    def n_values(self) -> int:
        """Number of predicted values, and thus of logits, per target."""
        return 1

    def check(self) -> None:
        """Raise ValueError if a parameter is out of range."""

    def key(self) -> Hashable:
        """Return a value that is equal for two losses exactly if they are the same function."""
        return type(self), json.dumps(self._plain(), sort_keys=True)

    def to_state(self) -> dict[str, Any]:
        """Return name and parameters as JSON values, for :func:`loss_from_state`."""
        return {"name": LOSSES.name_of(self), **self._plain()}

    def _plain(self):
        return {name: np.asarray(value).tolist() for name, value in self.get_params(deep=False).items()}


LOSSES: Registry[Loss] = Registry("loss")


class ClassLoss(Loss):
    """A loss for classes.

    It is linear in the target probabilities, so that label smoothing needs :meth:`of_each_class` only.
    """

    predicts: ClassVar[str] = "classes"

    def of_labels(self, targets: Any, logits: Any) -> Any:
        """Return the loss of each binary label, a tensor of the shape of both arguments.

        Parameters
        ----------
        targets : tensor
            1 or 0, or a probability in between.
        logits : tensor
            Logits of the probability of 1.
        """
        raise TypeError("a loss for classes must define of_labels(targets, logits)")

    def of_each_class(self, logits: Any) -> Any:
        """Return the loss for each class if it were the true one, a tensor of shape (batch, n_classes)."""
        raise TypeError("a loss for classes must define of_each_class(logits)")

    def of_classes(self, targets: Any, logits: Any) -> Any:
        """Return the loss of each row, a tensor of shape (batch,).

        Parameters
        ----------
        targets : tensor of int32 of shape (batch,)
            Index of the true class.
        logits : tensor of shape (batch, n_classes)
            Logits of the classes.
        """
        costs = self.of_each_class(logits)
        return ops.sum(ops.one_hot(targets, logits.shape[1], dtype=costs.dtype) * costs, axis=1)


class NumberLoss(Loss):
    """A loss for numbers; it also defines how targets are scaled and what a logit means.

    Attributes
    ----------
    metric : str
        Name of the metric that :meth:`score` returns.
    """

    predicts: ClassVar[str] = "numbers"
    metric: ClassVar[str] = "r2"

    def check_targets(self, y: np.ndarray) -> None:
        """Raise DataError if the loss is not defined for a target."""

    def center_and_scale(self, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the center that is subtracted from the targets, and the scale they are then divided by.

        Parameters
        ----------
        y : ndarray of float64 of shape (n,) or (n, n_targets)
            The targets of the training rows.

        Returns
        -------
        center, scale : ndarray of shape () or (n_targets,)
            By default mean and standard deviation; a logit of 0 means the center. A scale of 0 is treated as 1.
        """
        return y.mean(axis=0), y.std(axis=0)

    def of(self, targets: Any, logits: Any) -> Any:
        """Return the loss of each scaled target, a tensor of its shape.

        Parameters
        ----------
        targets : tensor
            Scaled targets.
        logits : tensor
            Of the same shape, with an additional axis if there are several values per target.
        """
        raise TypeError("a loss for numbers must define of(targets, logits)")

    @property
    def link(self) -> Link:
        """From logits to predictions on the scale of the targets, in NumPy."""
        return IdentityLink()

    def values(self, logits: np.ndarray) -> np.ndarray:
        """Return predictions on the scale of the targets, from logits; in NumPy."""
        return self.link(logits)

    def score(self, truth: np.ndarray, predicted: np.ndarray, weights: np.ndarray | None) -> float:
        """Return the metric named by ``metric``, from values in units of the target; requires two rows or more."""
        return float(metrics.r2_score(truth, predicted, sample_weight=weights))


def loss_of(spec: Any, family: type[Family]) -> Family:
    """Return the loss given by a name, a mapping or an instance, with validated parameters.

    Parameters
    ----------
    spec : str, mapping or Loss
        See :meth:`Registry.resolve`.
    family : type
        The required base class: :class:`ClassLoss`, :class:`NumberLoss` or
        :class:`~tabemb.nn.losses.ranking.RankLoss`.

    Raises
    ------
    UnknownNameError
        If there is no such loss, or it belongs to another family.
    ValueError
        If a parameter is out of range.

    Examples
    --------
    >>> loss_of("huber", NumberLoss)
    HuberLoss()
    """
    loss = LOSSES.resolve(spec)
    if not isinstance(loss, family):
        fitting = sorted(name for name, each in LOSSES.items() if issubclass(each, family))
        raise UnknownNameError(
            f"The loss {spec!r} is for {loss.predicts}, but the target holds {family.predicts}. "
            f"Losses for {family.predicts}: {', '.join(fitting)}."
        )
    loss.check()
    return loss


def loss_from_state(state: Mapping[str, Any]) -> Any:
    """Return the loss from the output of :meth:`Loss.to_state`."""
    return LOSSES.resolve(state)
