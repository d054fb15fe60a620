"""Fit downstream models on both forms of each fold, and collect their scores, sizes and seconds."""

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, clone
from sklearn.exceptions import FitFailedWarning

from tabemb.exceptions import DataError, warn_caller
from tabemb.experiments.comparison.candidates import table_settings
from tabemb.experiments.comparison.downstream.downstream_model import DOWNSTREAM, DownstreamModel
from tabemb.experiments.comparison.downstream.forms import FoldForms, FormedRows, vector_encoder
from tabemb.experiments.comparison.downstream_result import Downstream, DownstreamResult, FormResult
from tabemb.experiments.comparison.metrics import Metric
from tabemb.experiments.comparison.model_result import Failure
from tabemb.experiments.comparison.significance import paired_tests
from tabemb.experiments.comparison.targets import Prediction, Target
from tabemb.table.schema import DroppedColumnWarning, SchemaHint

__all__ = ["DownstreamRuns"]


@dataclass
class _FormRun:
    """The scores and costs of a model on one form, collected fold by fold."""

    form: str
    scores: dict[str, list[float]] = field(default_factory=dict)
    widths: list[int] = field(default_factory=list)
    bytes_per_row: list[float] = field(default_factory=list)
    fit_seconds: list[float] = field(default_factory=list)

    def result(self) -> FormResult:
        return FormResult(
            form=self.form,
            scores={name: np.array(values) for name, values in self.scores.items()},
            width=round(float(np.mean(self.widths))),
            bytes_per_row=float(np.mean(self.bytes_per_row)),
            fit_seconds=np.array(self.fit_seconds),
        )


@dataclass
class _ModelRun:
    name: str
    model: DownstreamModel
    plain: _FormRun
    vectors: _FormRun
    failure: Failure | None = None


class DownstreamRuns:
    """Downstream models, which are fitted fold by fold.

    Parameters
    ----------
    specs : sequence of str, mapping or DownstreamModel
        Registered names, or specifications.
    target : Target
        The kind of target.
    estimator : estimator
        The model under test, whose settings the vectors share.
    metrics : mapping of str to Metric
        The metrics of the comparison.
    random_state : int or None
        Random seed.

    Raises
    ------
    UnknownNameError
        If there is no such model.
    DataError
        If a model is listed twice.
    """

    def __init__(
        self,
        specs: Sequence[Any],
        target: Target,
        estimator: BaseEstimator,
        metrics: Mapping[str, Metric],
        random_state: int | None,
    ) -> None:
        self._target, self._metrics, self._random_state = target, metrics, random_state
        self._settings = table_settings(estimator)
        self._runs: list[_ModelRun] = []
        for spec in [specs] if isinstance(specs, str | Mapping) else specs:
            model = DOWNSTREAM.resolve(spec)
            name = DOWNSTREAM.name_of(model)
            if any(run.name == name for run in self._runs):
                raise DataError(f"Two downstream models are named {name!r}; list each model once.")
            plain = _FormRun("native categories" if model.reads_categories else "one-hot")
            self._runs.append(_ModelRun(name, model, plain, _FormRun("vectors")))
        self.encoder = vector_encoder(estimator, target.name, random_state) if self._runs else None

    def add_fold(
        self,
        number: int,
        part: Any,
        progress: Callable[[str], object] = lambda name: None,
    ) -> None:
        """Fit and score every model on both forms of a fold; a model that fails is skipped from then on.

        Parameters
        ----------
        number : int
            Number of the fold, from 0.
        part : object
            The rows: ``X_train``, ``y_train``, ``X_test`` and ``truth``, the encoded targets of the test rows.
        progress : callable, optional
            Called with the name of each model before it is fitted.
        """
        forms = None
        for run in self._runs:
            if run.failure is not None:
                continue
            progress(run.name)
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore", DroppedColumnWarning)
                    warnings.simplefilter("ignore", SchemaHint)
                    if forms is None:
                        forms = FoldForms(part.X_train, part.y_train, part.X_test, self._settings, clone(self.encoder))
                    plain = forms.codes if run.model.reads_categories else forms.one_hot
                    for rows, form in ((plain, run.plain), (forms.vectors, run.vectors)):
                        self._fit_and_score(run.model, rows, form, part)
            except Exception as error:
                label = f"downstream model {run.name}"
                run.failure = Failure(model=label, fold=number, error=type(error).__name__, message=str(error))
                warn_caller(f"The comparison leaves out {run.failure.sentence}", FitFailedWarning)

    def _fit_and_score(self, model: DownstreamModel, rows: FormedRows, form: _FormRun, part: Any) -> None:
        target, single = self._target, model.build(self._target, self._random_state, rows.categories)
        fitted = target.pick(classifier=single, regressor=single)
        begin = perf_counter()
        fitted.fit(rows.train, part.y_train)
        form.fit_seconds.append(rows.seconds + perf_counter() - begin)
        form.widths.append(rows.train.shape[1])
        form.bytes_per_row.append(rows.bytes_per_row)
        probabilities = target.predict_proba(fitted, rows.test) if target.is_classifier else None
        prediction = Prediction(target.predict(fitted, rows.test), probabilities)
        for name, metric in self._metrics.items():
            form.scores.setdefault(name, []).append(metric(part.truth, prediction))

    def result(self, sizes: Sequence[tuple[int, int]]) -> Downstream:
        """Return the scores and costs over all folds, with paired tests; models that failed are left out.

        Parameters
        ----------
        sizes : sequence of (int, int)
            Number of rows in the training and the test set of each fold.
        """
        results = []
        for run in self._runs:
            if run.failure is None:
                plain, vectors = run.plain.result(), run.vectors.result()
                versus = paired_tests(vectors.scores, plain.scores, self._metrics, sizes)
                results.append(
                    DownstreamResult(
                        name=run.name,
                        description=run.model.description,
                        plain=plain,
                        vectors=vectors,
                        versus=versus,
                    )
                )
        return Downstream(results, list(self._metrics))

    @property
    def failures(self) -> tuple[Failure, ...]:
        """The models that failed."""
        return tuple(run.failure for run in self._runs if run.failure is not None)
