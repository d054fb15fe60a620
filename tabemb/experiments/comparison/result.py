"""The result of a comparison: frozen values that convert to a verdict, a DataFrame and JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from tabemb.exceptions import FormatError, UnknownNameError
from tabemb.vectors.category_vectors import CategoryVectors
from tabemb.vectors.keyed_matrix import KeyedMatrix
from tabemb.vectors.refits import with_noise
from tabemb.vectors.store import EmbeddingStore

__all__ = ["Comparison", "Failure", "ModelResult", "PairedTest", "best_of"]

# The same network with one-hot inputs comes first: it differs from the embeddings in the representation only.
_ONE_HOT = ("one_hot_mlp", "one_hot_linear")


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
            "difference": _number(self.difference),
            "p_value": _number(self.p_value),
            "low": _number(self.low),
            "high": _number(self.high),
            "reason": self.reason,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "PairedTest":
        """Return the value that `to_json` wrote."""
        numbers = {name: _float(data[name]) for name in ("difference", "p_value", "low", "high")}
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
    versus : dict of str to PairedTest
        Paired test against the model under test for each metric; empty for the model under test.
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
    versus: dict[str, PairedTest] = field(default_factory=dict)

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
            "scores": {metric: _numbers(values) for metric, values in self.scores.items()},
            "fit_seconds": _numbers(self.fit_seconds),
            "predict_rows_per_second": _numbers(self.predict_rows_per_second),
            "peak_memory_bytes": None if self.peak_memory_bytes is None else int(self.peak_memory_bytes),
            "n_parameters": None if self.n_parameters is None else int(self.n_parameters),
            "parameter_unit": self.parameter_unit,
            "input_bytes_per_row": _number(self.input_bytes_per_row),
            "dense_bytes_per_row": _number(self.dense_bytes_per_row),
            "histories": [{key: _numbers(values) for key, values in each.items()} for each in self.histories],
            "versus": {metric: test.to_json() for metric, test in self.versus.items()},
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "ModelResult":
        """Return the value that `to_json` wrote."""
        return cls(
            name=data["name"],
            description=data["description"],
            scores={metric: _array(values) for metric, values in data["scores"].items()},
            fit_seconds=_array(data["fit_seconds"]),
            predict_rows_per_second=_array(data["predict_rows_per_second"]),
            peak_memory_bytes=data["peak_memory_bytes"],
            n_parameters=data["n_parameters"],
            parameter_unit=data["parameter_unit"],
            input_bytes_per_row=_float(data["input_bytes_per_row"]),
            dense_bytes_per_row=_float(data["dense_bytes_per_row"]),
            histories=[{k: [_float(v) for v in values] for k, values in each.items()} for each in data["histories"]],
            versus={metric: PairedTest.from_json(test) for metric, test in data["versus"].items()},
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Comparison:
    """A model and its baselines, evaluated on the same folds.

    Parameters
    ----------
    task : str
        ``"binary"``, ``"multiclass"``, ``"multilabel"``, ``"regression"`` or ``"multi_regression"``.
    metrics : tuple of str
        Names of the metrics; the first is the primary one.
    greater_is_better : dict of str to bool
        Whether a greater value of each metric is better.
    n_rows, n_dropped : int
        Number of rows used, and of rows dropped because their target is missing.
    n_folds : int
        Number of folds.
    fold_sizes : tuple of (int, int)
        Number of rows in the training and the test set of each fold.
    folds : str
        Description of the folds, such as ``"5 stratified folds, shuffled"``.
    models : tuple of ModelResult
        The model under test, then the baselines in the given order.
    failures : tuple of Failure
        Baselines that failed in a fold or do not apply; they are not in ``models``.
    random_state : int or None
        Random seed of the folds and the models.
    fold_vectors : tuple of mapping of str to KeyedMatrix
        Vectors that the model under test has learned in each fold, by column, of the 5,000 most frequent categories;
        empty if it learns none. They are not saved.

    Examples
    --------
    >>> import numpy as np
    >>> def model(name, values, versus):
    ...     return ModelResult(
    ...         name=name, description=name, scores={"accuracy": np.array(values)},
    ...         fit_seconds=np.array([1.0, 1.0]),
    ...         predict_rows_per_second=np.array([1e5, 1e5]), peak_memory_bytes=1, n_parameters=10,
    ...         input_bytes_per_row=8.0, dense_bytes_per_row=8.0, versus=versus)
    >>> test = PairedTest(difference=0.1, p_value=0.2, low=-0.4, high=0.6)
    >>> comparison = Comparison(
    ...     task="binary", metrics=("accuracy",), greater_is_better={"accuracy": True}, n_rows=20, n_folds=2,
    ...     fold_sizes=((10, 10), (10, 10)), folds="2 folds",
    ...     models=(model("embeddings", [0.8, 0.9], {}), model("majority", [0.7, 0.8], {"accuracy": test})))
    >>> comparison.best().name
    'embeddings'
    >>> comparison.to_frame()["accuracy"].round(2).to_dict()
    {'embeddings': 0.85, 'majority': 0.75}
    """

    task: str
    metrics: tuple[str, ...]
    greater_is_better: dict[str, bool]
    n_rows: int
    n_dropped: int = 0
    n_folds: int
    fold_sizes: tuple[tuple[int, int], ...]
    folds: str
    models: tuple[ModelResult, ...]
    failures: tuple[Failure, ...] = ()
    random_state: int | None = None
    fold_vectors: tuple[Mapping[str, KeyedMatrix], ...] = ()

    def with_noise(self, vectors: Mapping[str, CategoryVectors]) -> EmbeddingStore:
        """Return vectors of a fit to all rows with the noise that the folds show.

        Parameters
        ----------
        vectors : mapping of str to CategoryVectors
            The vectors by column.

        Returns
        -------
        EmbeddingStore
            Without noise if the folds do not leave out each row once, as in folds in time or with a single fold.
        """
        left_out = sum(test for _, test in self.fold_sizes)
        each_once = left_out == self.n_rows and all(sum(sizes) == self.n_rows for sizes in self.fold_sizes)
        share = 1 - 1 / max(2, self.n_folds)
        return with_noise(vectors, self.fold_vectors if each_once else (), share)

    @property
    def primary(self) -> str:
        """The metric that ranks the models."""
        return self.metrics[0]

    @property
    def subject(self) -> ModelResult:
        """The model under test."""
        return self.models[0]

    @property
    def baselines(self) -> tuple[ModelResult, ...]:
        """All models except the model under test."""
        return self.models[1:]

    def __getitem__(self, name: str) -> ModelResult:
        for model in self.models:
            if model.name == name:
                return model
        raise UnknownNameError.among("model", name, [model.name for model in self.models])

    def __contains__(self, name: object) -> bool:
        return any(model.name == name for model in self.models)

    def best(self, metric: str | None = None) -> ModelResult:
        """Return the model with the best mean of a metric (the primary one by default)."""
        metric = self._checked_metric(metric)
        return best_of(self.models, metric, self.greater_is_better[metric])

    def verdict(self, metric: str | None = None) -> str:
        """Return the result in a few sentences, with significance, and which baselines were left out.

        Parameters
        ----------
        metric : str, optional
            Report on this metric only. By default on the primary one, and on each other metric on which the model under
            test or a baseline is significantly better.
        """
        sentences = [_verdict_sentences(self, self._checked_metric(metric))]
        if metric is None:
            sentences += [each for other in self.metrics[1:] if (each := _significant_on(self, other))]
        if " in time" in self.folds and self.baselines:
            sentences.append("The p-values assume random folds; for folds in time they are approximate.")
        sentences += [f"Left out: {failure.sentence}" for failure in self.failures]
        return " ".join(sentences)

    def to_frame(self) -> pd.DataFrame:
        """Return a DataFrame with one row per model: scores, paired tests and costs.

        Returns
        -------
        pandas.DataFrame
            Indexed by the names of the models. Columns of each metric ``m``: ``m`` (mean), ``m_std``,
            ``m_difference`` (positive if the model under test is better), ``m_low``, ``m_high`` (95 % interval) and
            ``m_p``. Then ``fit_seconds`` and ``predict_rows_per_second`` (means), ``peak_memory_bytes``,
            ``n_parameters``, ``parameter_unit``, ``input_bytes_per_row`` and ``dense_bytes_per_row``.
        """
        index = pd.Index([model.name for model in self.models], name="model")
        return pd.DataFrame([self._row(model) for model in self.models], index=index)

    def _row(self, model: ModelResult) -> dict[str, Any]:
        row: dict[str, Any] = {}
        for metric in self.metrics:
            test = model.versus.get(metric)
            row[metric] = model.mean(metric)
            row[f"{metric}_std"] = model.spread(metric)
            row[f"{metric}_difference"] = np.nan if test is None else test.difference
            row[f"{metric}_low"] = np.nan if test is None else test.low
            row[f"{metric}_high"] = np.nan if test is None else test.high
            row[f"{metric}_p"] = np.nan if test is None else test.p_value
        row["fit_seconds"] = float(np.mean(model.fit_seconds))
        row["predict_rows_per_second"] = float(np.mean(model.predict_rows_per_second))
        row["peak_memory_bytes"] = model.peak_memory_bytes
        row["n_parameters"] = model.n_parameters
        row["parameter_unit"] = model.parameter_unit
        row["input_bytes_per_row"] = model.input_bytes_per_row
        row["dense_bytes_per_row"] = model.dense_bytes_per_row
        return row

    def _checked_metric(self, metric: str | None) -> str:
        metric = self.primary if metric is None else metric
        if metric not in self.metrics:
            raise UnknownNameError.among("metric in this comparison", metric, self.metrics)
        return metric

    def to_json(self) -> dict[str, Any]:
        """Return a dict that can be written as strict JSON; numbers that are not finite become None."""
        return {
            "task": self.task,
            "metrics": list(self.metrics),
            "greater_is_better": dict(self.greater_is_better),
            "n_rows": self.n_rows,
            "n_dropped": self.n_dropped,
            "n_folds": self.n_folds,
            "fold_sizes": [list(sizes) for sizes in self.fold_sizes],
            "folds": self.folds,
            "random_state": self.random_state,
            "models": [model.to_json() for model in self.models],
            "failures": [failure.to_json() for failure in self.failures],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Comparison":
        """Return the comparison that `to_json` wrote.

        Raises
        ------
        FormatError
            If a field is missing or invalid.
        """
        try:
            return cls(
                task=data["task"],
                metrics=tuple(data["metrics"]),
                greater_is_better=dict(data["greater_is_better"]),
                n_rows=data["n_rows"],
                n_dropped=data["n_dropped"],
                n_folds=data["n_folds"],
                fold_sizes=tuple((train, test) for train, test in data["fold_sizes"]),
                folds=data["folds"],
                random_state=data["random_state"],
                models=tuple(ModelResult.from_json(each) for each in data["models"]),
                failures=tuple(Failure.from_json(each) for each in data["failures"]),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise FormatError(
                f"This is not the output of Comparison.to_json: {type(error).__name__}: {error}. "
                "Run the experiment again to write a new one."
            ) from error


def best_of(models: Sequence[ModelResult], metric: str, greater_is_better: bool) -> ModelResult:
    """Return the model with the best mean of a metric: the first of equal ones, and never one with NaN."""
    means = np.array([model.mean(metric) for model in models])
    ranked = np.where(np.isnan(means), -np.inf, means if greater_is_better else -means)
    return models[int(np.argmax(ranked))]


def _verdict_sentences(comparison: Comparison, metric: str) -> str:
    """Compare the model under test with one-hot and with the best baseline, in one sentence each."""
    subject = comparison.subject
    if not comparison.baselines:
        return (
            f"On {metric} over {_folds(comparison)}, {subject.name} scores {_value(subject.mean(metric))}; "
            "there is no baseline to compare it with."
        )
    first, *others = [_verdict_clause(comparison, rival, metric) for rival in _verdict_rivals(comparison, metric)]
    sentences = [f"On {metric} over {_folds(comparison)}, {first}."]
    for opening, clause in zip(("Best baseline: ", "Also, "), others, strict=False):
        sentences.append(f"{opening}{clause}.")
    return " ".join(sentences)


def _significant_on(comparison: Comparison, metric: str) -> str:
    """Return a sentence on a further metric, empty if no difference to one-hot or the best baseline is significant."""
    if not all(metric in each.versus for each in comparison.baselines) or not comparison.baselines:
        return ""
    rivals = [each for each in _verdict_rivals(comparison, metric) if each.versus[metric].significant]
    clauses = [_verdict_clause(comparison, each, metric) for each in rivals]
    return f"On {metric}, {', and '.join(clauses)}." if clauses else ""


def _verdict_rivals(comparison: Comparison, metric: str) -> list[ModelResult]:
    one_hot = [comparison[name] for name in _ONE_HOT if name in comparison]
    rivals = one_hot[:1]
    best = best_of(comparison.baselines, metric, comparison.greater_is_better[metric])
    # A one-hot model that beats the embeddings is always reported, even if another baseline beats both.
    winners = [model for model in one_hot[1:] if _is_worse(model.versus[metric])]
    return list(dict.fromkeys([*rivals, best, *winners]))


def _is_worse(test: PairedTest) -> bool:
    return test.significant and test.difference < 0


def _verdict_clause(comparison: Comparison, rival: ModelResult, metric: str) -> str:
    subject, test = comparison.subject, rival.versus[metric]
    ours = f"{subject.name} ({_value(subject.mean(metric))})"
    theirs = f"{rival.name} ({_value(rival.mean(metric))})"
    if np.isnan(test.p_value) and np.isfinite(test.low):
        return (
            f"{ours} and {theirs} differ by {_signed(test.difference)} "
            f"(95 % interval {_signed(test.low)} to {_signed(test.high)}; {test.reason})"
        )
    if np.isnan(test.p_value):
        return f"the difference between {ours} and {theirs} cannot be tested: {test.reason}"
    if not test.significant:
        return (
            f"{ours} and {theirs} do not differ significantly "
            f"(95 % interval {_signed(test.low)} to {_signed(test.high)}, {_p(test.p_value)})"
        )
    better, worse = (ours, theirs) if test.difference > 0 else (theirs, ours)
    low, high = sorted((abs(test.low), abs(test.high)))
    return (
        f"{better} beats {worse} by {_value(abs(test.difference))} "
        f"(95 % interval {_value(low)} to {_value(high)}, {_p(test.p_value)})"
    )


def _folds(comparison: Comparison) -> str:
    return "one fold" if comparison.n_folds == 1 else f"{comparison.n_folds} folds"


def _value(number: float) -> str:
    return f"{number:.4f}" if abs(number) < 1000 else f"{number:,.1f}"


def _signed(number: float) -> str:
    return f"{number:+.4f}" if abs(number) < 1000 else f"{number:+,.1f}"


def _p(p_value: float) -> str:
    return "p < 0.001" if p_value < 0.001 else f"p = {p_value:.3f}"


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _numbers(values: Any) -> list[float | None]:
    return [_number(value) for value in values]


def _float(value: float | None) -> float:
    return float("nan") if value is None else float(value)


def _array(values: list[float | None]) -> np.ndarray:
    return np.array([_float(value) for value in values])
