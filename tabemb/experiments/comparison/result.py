"""The result of a comparison: frozen values that convert to a verdict, a DataFrame and JSON."""

import html
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from tabemb.exceptions import FormatError, UnknownNameError
from tabemb.experiments import numbers
from tabemb.experiments.comparison.downstream_result import Downstream, notebook_table
from tabemb.experiments.comparison.model_result import Failure, ModelResult, best_of, number_of
from tabemb.experiments.comparison.verdict import summarize, tell_costs, tell_statistics
from tabemb.vectors.category_vectors import CategoryVectors
from tabemb.vectors.keyed_matrix import KeyedMatrix
from tabemb.vectors.refits import with_noise
from tabemb.vectors.store import EmbeddingStore

__all__ = ["Comparison"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Comparison:
    """A model and its baselines, evaluated on the same folds.

    Parameters
    ----------
    task : str
        ``"binary"``, ``"multiclass"``, ``"multilabel"``, ``"regression"``, ``"multi_regression"`` or ``"ranking"``.
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
    downstream : Downstream
        Other models on one-hot columns and on vectors; empty if none were asked for.
    random_state : int or None
        Random seed of the folds and the models.
    fold_vectors : tuple of mapping of str to KeyedMatrix
        Vectors that the model under test has learned in each fold, by column, of the 5,000 most frequent categories;
        empty if it learns none. They are not saved.

    Examples
    --------
    >>> import numpy as np
    >>> from tabemb.experiments.comparison.model_result import ModelResult, PairedTest
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
    >>> kind, sentences = comparison.headline()
    >>> sentences.partition(". ")[0]
    'Embeddings and majority score the same within chance: accuracy 0.8500 against 0.7500'
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
    downstream: Downstream = field(default_factory=Downstream)
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

    def headline(self) -> tuple[str, str]:
        """Return the result in a sentence or two: how score and cost compare with one-hot.

        Returns
        -------
        kind : {"won", "lost", "level"}
            ``"level"`` if no difference is significant. If each side wins on some metrics, the primary one decides.
        sentences : str
            Every metric on which embeddings or one-hot are significantly better, what embeddings cost beside one-hot
            (weights, time and memory of a fit, time for one row), and which other baselines are significantly better,
            as good within chance, or worse. Without one-hot, the best baseline takes its place.
        """
        return summarize(self)

    def statistics(self, metric: str | None = None) -> str:
        """Return what the headline rests on: differences with intervals and p-values, costs, and what was left out.

        Parameters
        ----------
        metric : str, optional
            Report on this metric only. By default on the primary one, on each other metric on which the model under
            test or a baseline is significantly better, and on the costs.
        """
        others = self.metrics[1:] if metric is None else ()
        sentences = tell_statistics(self, self._checked_metric(metric), others)
        sentences += tell_costs(self) if metric is None else []
        sentences += [f"Left out: {failure.sentence}" for failure in self.failures]
        return " ".join(sentences)

    def verdict(self, metric: str | None = None) -> str:
        """Return the result in words: score and cost in a sentence or two, the statistics, and other models on vectors.

        Parameters
        ----------
        metric : str, optional
            Return only the statistics on this metric.
        """
        if metric is not None or not self.baselines:
            return self.statistics(metric)
        return " ".join(filter(None, [self.headline()[1], self.statistics(), self.downstream.sentence()]))

    def __repr__(self) -> str:
        sentence = self.headline()[1]
        return f"Comparison of {len(self.models)} models, {self.n_rows:,} rows, {self.folds}\n{sentence}"

    def _repr_html_(self) -> str:
        table = notebook_table(self._shown())
        first, rest = (html.escape(text) for text in (self.headline()[1], self.statistics()))
        others = f"\n{self.downstream._repr_html_()}" if self.downstream else ""
        return f"<p><strong>{first}</strong></p>\n{table}\n<p>{rest}</p>{others}"

    def _shown(self) -> pd.DataFrame:
        """Return the narrow table as text."""
        rows = []
        for model in self.models:
            test = model.versus.get(self.primary)
            spread = f" ± {numbers.score(model.spread(self.primary))}" if self.n_folds > 1 else ""
            rows.append(
                {
                    self.primary: f"{numbers.score(model.mean(self.primary))}{spread}",
                    "difference": "" if test is None else numbers.signed(test.difference),
                    "95 % interval": "" if test is None else numbers.interval(test.low, test.high),
                    "p": "" if test is None else numbers.p_value(test.p_value).removeprefix("p = ").removeprefix("p "),
                    "parameters": f"{numbers.count(model.n_parameters)} {model.parameter_unit}",
                    "memory": numbers.memory(number_of(model.peak_memory_bytes)),
                    "fit": numbers.duration(float(np.mean(model.fit_seconds))),
                    "one row": numbers.latency(number_of(model.row_seconds)),
                }
            )
        return pd.DataFrame(rows, index=pd.Index([model.name for model in self.models]))

    def to_frame(self, *, wide: bool = False) -> pd.DataFrame:
        """Return a DataFrame with one row per model: the primary score, its paired test, and the costs.

        Parameters
        ----------
        wide : bool, default=False
            Whether to return the columns of all metrics and all costs.

        Returns
        -------
        pandas.DataFrame
            Indexed by the names of the models. Columns of the primary metric ``m``: ``m`` (mean), ``m_std``,
            ``m_difference`` (positive if the model under test is better), ``m_low``, ``m_high`` (95 % interval) and
            ``m_p``. Then ``n_parameters``, ``peak_memory_bytes``, ``fit_seconds`` (mean) and ``row_seconds`` (of one
            row). The wide frame has the six columns of each metric, and also ``parameter_unit``,
            ``predict_rows_per_second`` (mean), ``input_bytes_per_row`` and ``dense_bytes_per_row``.
        """
        index = pd.Index([model.name for model in self.models], name="model")
        return pd.DataFrame([self._row(model, wide) for model in self.models], index=index)

    def _row(self, model: ModelResult, wide: bool) -> dict[str, Any]:
        row: dict[str, Any] = {}
        for metric in self.metrics if wide else self.metrics[:1]:
            test = model.versus.get(metric)
            row[metric] = model.mean(metric)
            row[f"{metric}_std"] = model.spread(metric)
            row[f"{metric}_difference"] = np.nan if test is None else test.difference
            row[f"{metric}_low"] = np.nan if test is None else test.low
            row[f"{metric}_high"] = np.nan if test is None else test.high
            row[f"{metric}_p"] = np.nan if test is None else test.p_value
        row["n_parameters"] = model.n_parameters
        row["peak_memory_bytes"] = model.peak_memory_bytes
        row["fit_seconds"] = float(np.mean(model.fit_seconds))
        row["row_seconds"] = number_of(model.row_seconds)
        if wide:
            row["parameter_unit"] = model.parameter_unit
            row["predict_rows_per_second"] = float(np.mean(model.predict_rows_per_second))
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
            "downstream": self.downstream.to_json(),
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
                downstream=Downstream.from_json(data.get("downstream", ()), data["metrics"]),
                failures=tuple(Failure.from_json(each) for each in data["failures"]),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise FormatError(
                f"This is not the output of Comparison.to_json: {type(error).__name__}: {error}. "
                "Run the experiment again to write a new one."
            ) from error
