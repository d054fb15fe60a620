# ruff: noqa: D102  (the base classes document the methods)
"""Convert logits to predictions: the part of a task that inference needs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from tabemb.exceptions import FormatError, TabembError
from tabemb.inference.activations import sigmoid, softmax
from tabemb.registry import Registry
from tabemb.table.keys import key_from_json, key_to_json

__all__ = [
    "ANSWERS",
    "LARGEST_EXPONENT",
    "LINKS",
    "Answer",
    "BinaryAnswer",
    "ClassAnswer",
    "IdentityLink",
    "Link",
    "LogLink",
    "MulticlassAnswer",
    "MultilabelAnswer",
    "NumberAnswer",
    "QuantileLink",
    "RankingAnswer",
    "answer_from_state",
    "classes_from_state",
    "classes_to_state",
    "mean_of",
    "mixed",
]

Array = npt.NDArray[Any]
# Means are at most this power of e times the mean of the training targets.
LARGEST_EXPONENT = 30.0


class Link:
    """Converts logits to predictions on the scale of the encoded targets."""

    def __call__(self, logits: Array) -> Array:
        """Return the predictions, of the shape of the logits."""
        raise TypeError("a link defines __call__(logits)")

    def to_state(self) -> dict[str, Any]:
        """Return the parameters as JSON values."""
        return {}


LINKS: Registry[Link] = Registry("link")


@LINKS.register("identity")
@dataclass(frozen=True)
class IdentityLink(Link):
    """The logits themselves.

    Examples
    --------
    >>> IdentityLink()(np.array([1.5]))
    array([1.5])
    """

    def __call__(self, logits: Array) -> Array:
        return logits


@LINKS.register("log")
@dataclass(frozen=True)
class LogLink(Link):
    """The exponential of the logits: positive means, for the Poisson, gamma and Tweedie losses.

    Examples
    --------
    >>> LogLink()(np.array([0.0]))
    array([1.])
    """

    def __call__(self, logits: Array) -> Array:
        means: Array = np.exp(logits.astype("float64").clip(-LARGEST_EXPONENT, LARGEST_EXPONENT))
        return means


@LINKS.register("quantiles")
@dataclass(frozen=True)
class QuantileLink(Link):
    """Several quantiles that cannot cross: the first logit, plus the cumulative sum of the softplus of the others.

    Parameters
    ----------
    steps : tuple of float
        Added to the logits after the first; one fewer than there are quantiles.

    Examples
    --------
    >>> QuantileLink((0.0,))(np.array([[1.0, -99.0]])).round(2)
    array([[1., 1.]])
    """

    steps: tuple[float, ...]

    def __call__(self, logits: Array) -> Array:
        steps = np.logaddexp(0, logits[..., 1:] + np.asarray(self.steps))
        quantiles: Array = np.cumsum(np.concatenate([logits[..., :1], steps], axis=-1), axis=-1)
        return quantiles

    def to_state(self) -> dict[str, Any]:
        return {"steps": list(self.steps)}


class Answer:
    """Converts logits to probabilities or values, and these to predictions."""

    is_classifier: ClassVar[bool] = False

    def activate(self, logits: Array) -> Array:
        """Return probabilities, or values in the units of the target, from logits of shape (n, n_outputs)."""
        raise TypeError("an answer defines activate(logits)")

    def decide(self, activated: Array) -> Array:
        """Return labels, or the values themselves, from the result of ``activate``."""
        return activated

    def to_state(self) -> dict[str, Any]:
        """Return the parameters as JSON values."""
        raise TypeError("an answer defines to_state()")

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> "Answer":
        """Return the answer from the output of :meth:`to_state`."""
        raise TypeError("an answer defines from_state(state)")


ANSWERS: Registry[Answer] = Registry("answer")


@dataclass(frozen=True, eq=False)
class ClassAnswer(Answer):
    """Probabilities of classes.

    Parameters
    ----------
    classes : ndarray of shape (n_classes,)
        The classes, sorted.
    temperature : float, default=1.0
        Divisor of the logits (Guo et al. 2017, arXiv:1706.04599).
    """

    classes: Array
    temperature: float = 1.0

    is_classifier: ClassVar[bool] = True

    def decide(self, activated: Array) -> Array:
        """Return the most probable class of each row."""
        labels: Array = self.classes[activated.argmax(axis=1)]
        return labels

    def to_state(self) -> dict[str, Any]:
        return {**classes_to_state(self.classes), "temperature": float(self.temperature)}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> "ClassAnswer":
        return cls(classes_from_state(state), float(state["temperature"]))

    def _cooled(self, logits: Array) -> Array:
        return logits if self.temperature == 1 else logits / self.temperature


@ANSWERS.register("binary")
@dataclass(frozen=True, eq=False)
class BinaryAnswer(ClassAnswer):
    """One of two classes, from one logit.

    Parameters
    ----------
    classes : ndarray of shape (2,)
        The classes, sorted.
    temperature : float, default=1.0
        Divisor of the logit.
    offset : float, default=0.0
        Added to the logit after that, such as the logarithm of the share of negatives that training used.

    Examples
    --------
    >>> answer = BinaryAnswer(np.array(["late", "on time"]))
    >>> answer.decide(answer.activate(np.array([[-2.0]])))
    array(['late'], dtype='<U7')
    """

    offset: float = 0.0

    def activate(self, logits: Array) -> Array:
        """Return the probabilities of both classes, of shape (n, 2)."""
        logit = self._cooled(logits[:, 0])
        positive = sigmoid(logit + logit.dtype.type(self.offset) if self.offset else logit)
        return np.column_stack([1 - positive, positive])

    def to_state(self) -> dict[str, Any]:
        return {**super().to_state(), "offset": float(self.offset)}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> "BinaryAnswer":
        return cls(classes_from_state(state), float(state["temperature"]), float(state.get("offset", 0.0)))


@ANSWERS.register("multiclass")
class MulticlassAnswer(ClassAnswer):
    """One of several classes, from one logit per class.

    Examples
    --------
    >>> answer = MulticlassAnswer(np.array([1, 2, 3]))
    >>> answer.decide(answer.activate(np.array([[0.0, 0.1, 2.0]])))
    array([3])
    """

    def activate(self, logits: Array) -> Array:
        """Return the probabilities, of shape (n, n_classes)."""
        probabilities: Array = softmax(self._cooled(logits))
        return probabilities


@ANSWERS.register("multilabel")
class MultilabelAnswer(ClassAnswer):
    """Several labels, from one logit per label.

    Examples
    --------
    >>> answer = MultilabelAnswer(np.array([0, 1]))
    >>> answer.decide(answer.activate(np.array([[-1.0, 3.0]])))
    array([[0, 1]])
    """

    def activate(self, logits: Array) -> Array:
        """Return the probability of each label, of shape (n, n_labels)."""
        probabilities: Array = sigmoid(self._cooled(logits))
        return probabilities

    def decide(self, activated: Array) -> Array:
        """Return the indicator matrix at the threshold 0.5."""
        return (activated > 0.5).astype(int)


@ANSWERS.register("number")
@dataclass(frozen=True, eq=False)
class NumberAnswer(Answer):
    """Numbers: one, several, or several quantiles of one.

    Parameters
    ----------
    center, scale : ndarray of shape () or (n_targets,)
        The scaled target is ``(target - center) / scale``.
    link : Link
        Converts logits to scaled targets.
    several : bool
        Whether the answer has a column per output, or is one number per row.

    Examples
    --------
    >>> NumberAnswer(np.array(10.0), np.array(2.0), IdentityLink(), several=False).activate(np.array([[1.5]]))
    array([13.])
    """

    center: Array
    scale: Array
    link: Link
    several: bool

    def activate(self, logits: Array) -> Array:
        """Return values in the units of the target, of shape (n,) or (n, n_outputs)."""
        return self.link(logits if self.several else logits[:, 0]) * self.scale + self.center

    def to_state(self) -> dict[str, Any]:
        link = {"name": LINKS.name_of(self.link), **self.link.to_state()}
        return {
            "center": self.center.tolist(),
            "scale": self.scale.tolist(),
            "link": link,
            "several": self.several,
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> "NumberAnswer":
        link = {name: tuple(value) if isinstance(value, list) else value for name, value in state["link"].items()}
        center, scale = np.asarray(state["center"], float), np.asarray(state["scale"], float)
        return cls(center, scale, LINKS.resolve(link), bool(state["several"]))


@ANSWERS.register("ranking")
@dataclass(frozen=True, eq=False)
class RankingAnswer(Answer):
    """Scores by which the rows of a group are ranked; higher is better.

    Parameters
    ----------
    group : str
        Name of the column of groups, which is no feature.

    Examples
    --------
    >>> RankingAnswer("query").activate(np.array([[1.5], [0.5]]))
    array([1.5, 0.5])
    """

    group: str

    def activate(self, logits: Array) -> Array:
        """Return the scores, of shape (n,)."""
        scores: Array = logits[:, 0]
        return scores

    def to_state(self) -> dict[str, Any]:
        return {"group": self.group}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> "RankingAnswer":
        return cls(str(state["group"]))


def mixed(logits: Array, others: Array, share: float) -> Array:
    """Return the weighted mean of two arrays of logits, the share being that of the second.

    Examples
    --------
    >>> mixed(np.array([[1.0]]), np.array([[2.0]]), 0.25)
    array([[1.25]], dtype=float32)
    """
    return ((1 - share) * logits + share * others).astype(np.float32)


def answer_from_state(state: Mapping[str, Any]) -> Answer:
    """Return the answer from ``{"name": ..., **answer.to_state()}``.

    Raises
    ------
    FormatError
        If the name is unknown or the state is damaged.

    Examples
    --------
    >>> answer_from_state({"name": "binary", "classes": ["a", "b"], "dtype": "<U1", "temperature": 1.0}).classes
    array(['a', 'b'], dtype='<U1')
    """
    try:
        return ANSWERS[state["name"]].from_state(state)
    except (AttributeError, KeyError, TypeError, ValueError, TabembError) as error:
        raise FormatError(f"The saved answer is damaged: {error}. Save the estimator again.") from error


def classes_to_state(classes: Array) -> dict[str, Any]:
    """Return classes and their dtype as JSON values."""
    return {"classes": [key_to_json(key) for key in classes.tolist()], "dtype": classes.dtype.str}


def classes_from_state(state: Mapping[str, Any]) -> Array:
    """Return the classes from the output of :func:`classes_to_state`."""
    keys = [key_from_json(key) for key in state["classes"]]
    if state["dtype"] != "|O":
        return np.array(keys, dtype=np.dtype(state["dtype"]))
    classes = np.empty(len(keys), dtype=object)
    classes[:] = keys
    return classes


def mean_of(answers: Iterable[Array]) -> Array:
    """Return the mean of the predictions of several networks; the prediction itself if there is only one.

    Parameters
    ----------
    answers : iterable of ndarray
        Probabilities or values, of one shape. The means of quantiles are in ascending order if the quantiles are.

    Examples
    --------
    >>> mean_of([np.array([0.0, 1.0]), np.array([1.0, 1.0])])
    array([0.5, 1. ])
    """
    first, *others = answers
    if not others:
        return first
    total: Array = np.array(first)
    for other in others:
        total += other
    mean: Array = total / (1 + len(others))
    return mean
