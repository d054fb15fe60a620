"""The result of one model in a comparison: its scores, its costs, and the paired tests against it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tabemb.experiments.comparison.calibration import Calibration

__all__ = [
    "Failure",
    "ModelResult",
    "PairedTest",
    "array_of",
    "best_of",
    "json_number",
    "json_numbers",
    "number_of",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedTest:
    """The model under test compared with one baseline on one metric, over the same folds.

    Parameters
    ----------
    difference : float
        Mean difference over the folds, positive if the model under test is better.
    p_value : float
        Two-sided p-value of the corrected resampled t-test; NaN if it cannot be computed, or with fewer than 5 folds.
    low, high : float
        The 95 % interval of the difference; NaN if it cannot be computed.
    reason : str
        Why there is no p-value; empty if there is one.

    Examples
    --------
    >>> PairedTest(difference=0.012, p_value=0.03, low=0.002, high=0.022).significant
    True
    """

    difference: float
    p_value: float
    low: float
    high: float
    reason: str = ""

    @property
    def significant(self) -> bool:
        """Whether the difference is significant (p < 0.05)."""
        return bool(self.p_value < 0.05)

    def to_json(self) -> dict[str, Any]:
        """Return a dict that can be written as JSON."""
        return {
            "difference": json_number(self.difference),
            "p_value": json_number(self.p_value),
            "low": json_number(self.low),
            "high": json_number(self.high),
            "reason": self.reason,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "PairedTest":
        """Return the value that `to_json` wrote."""
        numbers = {name: number_of(data[name]) for name in ("difference", "p_value", "low", "high")}
        return cls(**numbers, reason=data["reason"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A baseline that has no result, and the reason.

    Parameters
    ----------
    model : str
        Name of the baseline.
    fold : int or None
        Fold in which it failed, counted from 0; None if it was skipped before the first fold.
    error : str
        Class name of the error, or ``"skipped"``.
    message : str
        Message of the error, or the reason for skipping.

    Examples
    --------
    >>> Failure(model="mine", fold=0, error="MemoryError", message="Out of memory.").sentence
    'mine, which failed in fold 1 with a MemoryError: Out of memory.'
    """

    model: str
    fold: int | None
    error: str
    message: str

    @property
    def sentence(self) -> str:
        """What happened, in a sentence that starts with the name of the baseline; folds are counted from 1."""
        how = "does not apply" if self.fold is None else f"failed in fold {self.fold + 1} with a {self.error}"
        return f"{self.model}, which {how}: {self.message.rstrip('.')}."

    def to_json(self) -> dict[str, Any]:
        """Return a dict that can be written as JSON."""
        return {"model": self.model, "fold": self.fold, "error": self.error, "message": self.message}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Failure":
        """Return the value that `to_json` wrote."""
        return cls(**data)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ModelResult:
    """The scores and costs of one model.

    Parameters
    ----------
    name, description : str
        Name, and one-line description.
    scores : dict of str to array of shape (n_folds,)
        Value of each metric in each fold.
    fit_seconds : array of shape (n_folds,)
        Wall time of each fit in seconds, encoding included.
    predict_rows_per_second : array of shape (n_folds,)
        Rows predicted per second in the test set of each fold, encoding included.
    peak_memory_bytes : int or None
        Largest resident memory of a fit above the level before it; None if the system does not report it.
    n_parameters : int or None
        Number of parameters of the fitted model (mean over the folds, rounded); None if they cannot be counted.
    parameter_unit : str
        The unit of ``n_parameters``: ``"weights"``, ``"tree nodes"``, ...
    input_bytes_per_row : float
        Bytes per row of the encoded input of the model, as stored.
    dense_bytes_per_row : float
        The same without sparsity (one-hot as a dense float32 matrix).
    histories : list of dict
        Learning curves of each fold, as a list of values per epoch for each name; empty if the model has none.
    row_seconds : float or None
        Seconds to predict a single row, encoding included: the shortest of some calls, median over the folds. None if
        it was not measured.
    versus : dict of str to PairedTest
        Paired test against the model under test for each metric; empty for the model under test.
    calibration : Calibration or None
        Whether the probabilities for the test rows of all folds come true; None without two classes or probabilities.
    """

    name: str
    description: str
    scores: dict[str, np.ndarray]
    fit_seconds: np.ndarray
    predict_rows_per_second: np.ndarray
    peak_memory_bytes: int | None
    n_parameters: int | None
    parameter_unit: str = "weights"
    input_bytes_per_row: float
    dense_bytes_per_row: float
    histories: list[dict[str, list[float]]] = field(default_factory=list)
    row_seconds: float | None = None
    versus: dict[str, PairedTest] = field(default_factory=dict)
    calibration: Calibration | None = None

    def mean(self, metric: str) -> float:
        """Return the mean of a metric over the folds."""
        return float(np.mean(self.scores[metric]))

    def spread(self, metric: str) -> float:
        """Return the standard deviation of a metric over the folds (0 for a single fold)."""
        values = self.scores[metric]
        return float(np.std(values, ddof=1)) if len(values) > 1 else 0.0

    def to_json(self) -> dict[str, Any]:
        """Return a dict that can be written as JSON; numbers that are not finite become None."""
        return {
            "name": self.name,
            "description": self.description,
            "scores": {metric: json_numbers(values) for metric, values in self.scores.items()},
            "fit_seconds": json_numbers(self.fit_seconds),
            "predict_rows_per_second": json_numbers(self.predict_rows_per_second),
            "peak_memory_bytes": None if self.peak_memory_bytes is None else int(self.peak_memory_bytes),
            "n_parameters": None if self.n_parameters is None else int(self.n_parameters),
            "parameter_unit": self.parameter_unit,
            "input_bytes_per_row": json_number(self.input_bytes_per_row),
            "dense_bytes_per_row": json_number(self.dense_bytes_per_row),
            "row_seconds": None if self.row_seconds is None else json_number(self.row_seconds),
            "histories": [{key: json_numbers(values) for key, values in each.items()} for each in self.histories],
            "versus": {metric: test.to_json() for metric, test in self.versus.items()},
            "calibration": None if self.calibration is None else self.calibration.to_json(),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "ModelResult":
        """Return the value that `to_json` wrote."""
        return cls(
            name=data["name"],
            description=data["description"],
            scores={metric: array_of(values) for metric, values in data["scores"].items()},
            fit_seconds=array_of(data["fit_seconds"]),
            predict_rows_per_second=array_of(data["predict_rows_per_second"]),
            peak_memory_bytes=data["peak_memory_bytes"],
            n_parameters=data["n_parameters"],
            parameter_unit=data["parameter_unit"],
            input_bytes_per_row=number_of(data["input_bytes_per_row"]),
            dense_bytes_per_row=number_of(data["dense_bytes_per_row"]),
            # Versions before 0.1.0 did not measure it.
            row_seconds=data.get("row_seconds"),
            histories=[{k: [number_of(v) for v in values] for k, values in each.items()} for each in data["histories"]],
            versus={metric: PairedTest.from_json(test) for metric, test in data["versus"].items()},
            calibration=None if data.get("calibration") is None else Calibration.from_json(data["calibration"]),
        )


def best_of(models: Sequence[ModelResult], metric: str, greater_is_better: bool) -> ModelResult:
    """Return the model with the best mean of a metric: the first of equal ones, and never one with NaN."""
    means = np.array([model.mean(metric) for model in models])
    ranked = np.where(np.isnan(means), -np.inf, means if greater_is_better else -means)
    return models[int(np.argmax(ranked))]


def json_number(value: float) -> float | None:
    """Return a number for JSON: None if it is not finite."""
    return float(value) if np.isfinite(value) else None


def json_numbers(values: Any) -> list[float | None]:
    """Return numbers for JSON: None for those that are not finite."""
    return [json_number(value) for value in values]


def number_of(value: float | None) -> float:
    """Return a number read from JSON: NaN for None."""
    return float("nan") if value is None else float(value)


def array_of(values: list[float | None]) -> np.ndarray:
    """Return an array of numbers read from JSON."""
    return np.array([number_of(value) for value in values])
