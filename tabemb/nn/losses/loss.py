"""What a loss is: one for classes, and one for numbers."""

import json
from collections.abc import Hashable, Mapping
from typing import Any, ClassVar, TypeVar

import numpy as np
from keras import ops
from sklearn import metrics
from sklearn.base import BaseEstimator

from tabemb.exceptions import UnknownNameError
from tabemb.registry import Registry

__all__ = ["LOSSES", "ClassLoss", "Loss", "NumberLoss", "loss_from_state", "loss_of"]

Family = TypeVar("Family", bound="Loss")


class Loss(BaseEstimator):
    """A specification of what training makes small; it holds parameters, and learns nothing.

    Attributes
    ----------
    predicts : str
        What it is for: "classes" or "numbers".
    """

    predicts: ClassVar[str] = ""

    @property
    def n_values(self) -> int:
        """How many numbers are predicted for a target; each has a logit."""
        return 1

    def check(self) -> None:
        """Raise a ``ValueError`` where a parameter is out of its range."""

    def key(self) -> Hashable:
        """Return what two losses have in common exactly when they are the same function."""
        return type(self), json.dumps(self._plain(), sort_keys=True)

    def to_state(self) -> dict[str, Any]:
        """Return name and parameters, ready for JSON; :func:`loss_from_state` reads them."""
        return {"name": LOSSES.name_of(self), **self._plain()}

    def _plain(self):
        return {name: np.asarray(value).tolist() for name, value in self.get_params(deep=False).items()}


LOSSES: Registry[Loss] = Registry("loss")


class ClassLoss(Loss):
    """A loss for classes.

    It is linear in the shares of the classes, so that label smoothing needs to know no more than
    :meth:`of_each_class`.
    """

    predicts: ClassVar[str] = "classes"

    def of_labels(self, targets: Any, logits: Any) -> Any:
        """Return the loss of each yes-or-no answer, a tensor of the shape of both.

        Parameters
        ----------
        targets : tensor
            1 for yes and 0 for no, or a share in between.
        logits : tensor
            Of the probability of yes.
        """
        raise TypeError("a loss for classes defines of_labels(targets, logits)")

    def of_each_class(self, logits: Any) -> Any:
        """Return what each class would cost if it were the true one, a tensor of shape (batch, n_classes)."""
        raise TypeError("a loss for classes defines of_each_class(logits)")

    def of_classes(self, targets: Any, logits: Any) -> Any:
        """Return the loss of each row, a tensor of shape (batch,).

        Parameters
        ----------
        targets : tensor of int32 of shape (batch,)
            Which class is the true one.
        logits : tensor of shape (batch, n_classes)
            Of the probabilities of the classes.
        """
        costs = self.of_each_class(logits)
        return ops.sum(ops.one_hot(targets, logits.shape[1], dtype=costs.dtype) * costs, axis=1)


class NumberLoss(Loss):
    """A loss for numbers: how the targets are scaled, what a logit means, and what is small.

    Attributes
    ----------
    metric : str
        Name of the figure that :meth:`score` returns.
    """

    predicts: ClassVar[str] = "numbers"
    metric: ClassVar[str] = "r2"

    def check_targets(self, y: np.ndarray) -> None:
        """Raise a ``DataError`` where a target is one that the loss is not defined for."""

    def center_and_scale(self, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return what is taken from each target, and what it is then divided by; the network learns the rest.

        Parameters
        ----------
        y : ndarray of float64 of shape (n,) or (n, n_targets)
            The targets of the training rows.

        Returns
        -------
        center, scale : ndarray of shape () or (n_targets,)
            Here mean and standard deviation; a logit of 0 means the center. A scale of 0 stands for 1.
        """
        return y.mean(axis=0), y.std(axis=0)

    def of(self, targets: Any, logits: Any) -> Any:
        """Return the loss of each scaled target, a tensor of its shape.

        Parameters
        ----------
        targets : tensor
            Scaled.
        logits : tensor
            Of the same shape; with several values a target they have one axis more.
        """
        raise TypeError("a loss for numbers defines of(targets, logits)")

    def values(self, logits: np.ndarray) -> np.ndarray:
        """Return predictions, scaled as the targets are, from logits; in NumPy."""
        return logits

    def score(self, truth: np.ndarray, predicted: np.ndarray, weights: np.ndarray | None) -> float:
        """Return the figure named by ``metric``, from numbers in the units of the target; at least two rows."""
        return float(metrics.r2_score(truth, predicted, sample_weight=weights))


def loss_of(spec: Any, family: type[Family]) -> Family:
    """Return the loss that a name, a mapping or an instance stands for, its parameters checked.

    Parameters
    ----------
    spec : str, mapping or Loss
        See :meth:`Registry.resolve`.
    family : type
        :class:`ClassLoss` or :class:`NumberLoss`: what is wanted.

    Raises
    ------
    UnknownNameError
        When there is no such loss, or it is of the other family.
    ValueError
        When a parameter is out of its range.

    Examples
    --------
    >>> loss_of("huber", NumberLoss)
    HuberLoss()
    """
    loss = LOSSES.resolve(spec)
    if not isinstance(loss, family):
        fitting = sorted(name for name, each in LOSSES.items() if issubclass(each, family))
        raise UnknownNameError(
            f"The loss {spec!r} is for {loss.predicts}, and {family.predicts} are predicted here. "
            f"Losses for {family.predicts}: {', '.join(fitting)}."
        )
    loss.check()
    return loss


def loss_from_state(state: Mapping[str, Any]) -> Any:
    """Rebuild a loss from what :meth:`Loss.to_state` returned."""
    return LOSSES.resolve(state)
