"""Types of the parameters of estimators, for type checkers.

``fit`` checks the values themselves (:mod:`tabemb.estimators.parameters`).

Examples
--------
>>> def with_body(body: BodyLike) -> None: ...
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal, Protocol, TypeAlias, runtime_checkable

import numpy as np

from tabemb.estimators.objectives import Objective
from tabemb.nn.bodies import Body
from tabemb.nn.losses import ClassLoss, NumberLoss, RankLoss
from tabemb.nn.numeric import NumericEncoder
from tabemb.nn.sizes import SizeRule
from tabemb.nn.starts import Start
from tabemb.nn.unknown import UnknownStrategy
from tabemb.table.vocabularies import VocabularyKind
from tabemb.training.schedules import Schedule

__all__ = [
    "Auto",
    "BodyLike",
    "CallbacksLike",
    "CategoricalLike",
    "ClassLossLike",
    "CrossesLike",
    "DimensionsLike",
    "FreezeLike",
    "HasVectors",
    "MultiValuedLike",
    "NewStart",
    "NumberLossLike",
    "NumericLike",
    "ObjectiveLike",
    "PretrainedLike",
    "RankLossLike",
    "ScheduleLike",
    "SeedLike",
    "SharedLike",
    "Splitter",
    "SplitterLike",
    "StartLike",
    "UnknownLike",
    "VocabularyLike",
]


class Splitter(Protocol):
    """A splitter of scikit-learn's kind."""

    def split(self, X: Any, y: Any = None, groups: Any = None) -> Any:
        """Yield pairs of training rows and held-out rows."""


@runtime_checkable
class HasVectors(Protocol):
    """A fitted estimator with vectors."""

    @property
    def vectors_(self) -> Mapping[str, Any]:
        """Vectors by column."""


Auto: TypeAlias = Literal["auto"]
BodyLike: TypeAlias = str | Mapping[str, Any] | Body
CallbacksLike: TypeAlias = list[Any] | tuple[Any, ...] | None
CategoricalLike: TypeAlias = str | int | Iterable[str | int] | Callable[[Any], Any] | None
ClassLossLike: TypeAlias = str | Mapping[str, Any] | ClassLoss
CrossesLike: TypeAlias = Auto | Sequence[Sequence[str]] | None
DimensionsLike: TypeAlias = str | int | Mapping[str, Any] | SizeRule
FreezeLike: TypeAlias = bool | int | Literal["found"] | Mapping[str, bool | int | Literal["found"]]
MultiValuedLike: TypeAlias = Auto | Mapping[str, str | Mapping[str, str] | None] | None
NewStart: TypeAlias = Literal["unknown", "mean", "nearest", "pretrained"]
NumberLossLike: TypeAlias = str | Mapping[str, Any] | NumberLoss
NumericLike: TypeAlias = str | Mapping[str, Any] | NumericEncoder
ObjectiveLike: TypeAlias = str | Mapping[str, Any] | Objective
PretrainedLike: TypeAlias = Mapping[str, Any] | HasVectors | None
RankLossLike: TypeAlias = str | Mapping[str, Any] | RankLoss
ScheduleLike: TypeAlias = str | Mapping[str, Any] | Schedule
SeedLike: TypeAlias = int | np.random.RandomState | None
SharedLike: TypeAlias = Mapping[str, Sequence[str]] | None
SplitterLike: TypeAlias = int | Splitter | Iterable[tuple[Any, Any]] | None
StartLike: TypeAlias = str | Mapping[str, Any] | Start
UnknownLike: TypeAlias = str | Mapping[str, Any] | UnknownStrategy
VocabularyLike: TypeAlias = str | Mapping[str, Any] | VocabularyKind | None
