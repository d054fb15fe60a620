"""Compare a model with its baselines on the same folds: scores, costs, and whether the differences are significant."""

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, is_regressor
from sklearn.exceptions import FitFailedWarning

from tabemb.exceptions import DataError, warn_caller
from tabemb.experiments.comparison.baselines import BASELINES
from tabemb.experiments.comparison.calibration import Calibration
from tabemb.experiments.comparison.candidates import Candidate, ModelUnderTest, own_estimators, table_settings
from tabemb.experiments.comparison.cost import measure_cost
from tabemb.experiments.comparison.downstream import DownstreamRuns
from tabemb.experiments.comparison.folds import GroupFolds, describe_folds, is_number, make_folds
from tabemb.experiments.comparison.metrics import Metric, resolve_metrics
from tabemb.experiments.comparison.model_result import Failure, ModelResult
from tabemb.experiments.comparison.ranked_groups import RankedGroups
from tabemb.experiments.comparison.result import Comparison
from tabemb.experiments.comparison.significance import paired_tests
from tabemb.experiments.comparison.targets import (
    Prediction,
    RankingTarget,
    Target,
    read_targets,
    reads_groups,
    target_of,
)
from tabemb.experiments.config_names import NETWORK_REGRESSOR
from tabemb.table.frames import Frame, read_frame
from tabemb.table.infer import infer_schema
from tabemb.table.schema import DroppedColumnWarning, SchemaHint
from tabemb.vectors.keyed_matrix import KeyedMatrix
from tabemb.vectors.refits import most_frequent

__all__ = ["DEFAULT_BASELINES", "RANKING_BASELINES", "compare"]

DEFAULT_BASELINES = ("one_hot_mlp", "one_hot_linear", "target_encoder_trees", "ordinal_trees", "majority")
RANKING_BASELINES = (NETWORK_REGRESSOR, *DEFAULT_BASELINES)

# Bytes per row are measured on the first rows of the test set.
MAX_ROWS_FOR_INPUT_BYTES = 1000

# A single row is predicted this many times in each fold, or for this long.
ROW_CALLS, ROW_SECONDS = 15, 0.5

Progress = Callable[[str, int, int], object]


def compare(
    X: Any,
    y: Any,
    *,
    estimator: BaseEstimator | None = None,
    task: str | None = None,
    baselines: Sequence[Any] = DEFAULT_BASELINES,
    cv: Any = 5,
    groups: Any = None,
    time: Any = None,
    metrics: Sequence[str] | str | None = None,
    downstream: Sequence[Any] = (),
    random_state: int | None = 0,
    progress: Progress | None = None,
    name: str = "embeddings",
) -> Comparison:
    """Fit a model and its baselines on the same folds, and compare their scores and costs.

    Parameters
    ----------
    X : table of n_rows
        pandas, polars, Arrow or NumPy.
    y : array-like of shape (n_rows,) or (n_rows, n_outputs)
        Targets. Rows with a missing target are dropped and counted in ``n_dropped``.
    estimator : scikit-learn estimator, optional
        The model under test; by default an EmbeddingClassifier, EmbeddingRegressor or EmbeddingRanker. It is cloned,
        not changed.
    task : str, optional
        ``"binary"``, ``"multiclass"``, ``"multilabel"``, ``"regression"``, ``"multi_regression"``, ``"ranking"`` or
        ``"classification"``. Inferred from the estimator or the targets by default; integers with more than 20
        distinct values are a regression target.
    baselines : sequence of str, mapping or Baseline
        Registered names of baselines, or specifications. A ranking also has ``"network_regressor"`` by default, the
        same network as a regression on the relevance. Baselines that fail or do not apply are listed in
        ``failures``.
    cv : int, str, mapping, Folds, scikit-learn splitter or list of (train, test)
        An integer gives shuffled folds, stratified for classes.
    groups, time : str or array-like of shape (n_rows,), optional
        Required by folds by group and folds in time: one value per row, or the name of a column of X (which remains
        an input). For ``"ranking"``, ``groups`` are those whose rows are ranked, unless
        the estimator names their column, which is no input of other models; all folds keep them whole.
    metrics : str or sequence of str, optional
        Metrics, the primary one first. By default the standard metrics of the task.
    downstream : sequence of str, mapping or DownstreamModel
        Scikit-learn models that are fed one-hot columns, and vectors of an `EmbeddingEncoder` in their place, on the
        same folds: ``"knn"``, ``"linear"``, ``"forest"`` and ``"trees"`` (fed categories instead of one-hot columns),
        or specifications such as ``{"name": "forest", "n_estimators": 200}``. See ``Comparison.downstream``. This is
        Table III of Guo and Berkhahn (2016, arXiv:1604.06737) for your table.
    random_state : int or None
        Random seed of the folds, and of every candidate whose own ``random_state`` is None.
    progress : callable, optional
        Called with ``(model, fold, n_folds)`` before each fit. Folds are counted from 0.
    name : str
        Name of the model under test in the result.

    Returns
    -------
    Comparison

    Raises
    ------
    DataError
        If the table, the targets or the folds cannot be used.
    UnknownNameError
        If a baseline, downstream model, metric, task or kind of folds does not exist, or does not fit the targets.

    Warns
    -----
    DroppedColumnWarning, SchemaHint
        Once for the whole table, not once per fold.
    FitFailedWarning
        If a baseline fails; it is left out.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from sklearn.linear_model import LogisticRegression
    >>> from tabemb import EmbeddingClassifier
    >>> rng = np.random.default_rng(0)
    >>> X = pd.DataFrame({"height": rng.normal(size=60), "width": rng.normal(size=60)})
    >>> y = X["height"] > 0
    >>> comparison = compare(X, y, estimator=LogisticRegression(), baselines=["majority"], cv=3, metrics="accuracy")
    >>> comparison.best().name
    'embeddings'

    What do vectors do for other models, compared with one-hot columns?

    >>> X["shape"] = np.where(y, "tall", "low")
    >>> model = EmbeddingClassifier(body="mlp", max_epochs=10, learning_rate=0.05, random_state=0)
    >>> comparison = compare(X[["shape", "width"]], y, estimator=model, baselines=[], downstream=["linear"], cv=2,
    ...                      metrics="accuracy")
    >>> comparison.downstream.to_frame()[["accuracy_plain", "accuracy_vectors", "width_plain"]].values.tolist()
    [[1.0, 1.0, 5.0]]
    """
    frame, values, present = _rows_with_targets(X, y)
    target = target_of(values, task, estimator)
    features, ranked = frame, None
    if isinstance(target, RankingTarget):
        ranked = RankedGroups.read(frame, estimator, groups, present)
        features, values = ranked.features(frame), target.in_groups(values, ranked.codes, ranked.column or "groups")
    estimator = _default_estimator(target, groups) if estimator is None else estimator
    if not hasattr(estimator, "predict"):
        raise DataError(
            "compare needs an estimator with predict, such as EmbeddingClassifier or EmbeddingRegressor; got "
            f"{type(estimator).__name__}. Put a transformer into a pipeline with a final model."
        )
    wanted = resolve_metrics(metrics, target, probabilities=target.is_classifier and _gives_probabilities(estimator))
    if ranked is not None and baselines is DEFAULT_BASELINES:
        baselines = RANKING_BASELINES
    runs = _candidate_runs(name, estimator, baselines, target)
    others = DownstreamRuns(downstream, target, estimator, wanted, random_state)
    settings = table_settings(estimator)
    infer_schema(features, settings.get("categorical"), multi_valued=settings.get("multi_valued"))
    by_group, by_time = _row_values("groups", groups, frame, present), _row_values("time", time, frame, present)
    if ranked is not None:
        by_group = ranked.codes if by_group is None else by_group
        by_time = None if by_time is None else ranked.latest(by_time)
        cv = GroupFolds(int(cv)) if is_number(cv) else cv
    folds = make_folds(
        cv, len(values), values, by_group, by_time, stratify=target.stratified, random_state=random_state
    )
    _check_train_classes(folds, values, target)
    if ranked is not None:
        ranked.check_whole(folds)
    _warm_up([*own_estimators(estimator).values(), *([] if others.encoder is None else [others.encoder])])
    for number, (train, test) in enumerate(folds):
        part = _FoldData(
            features.take(train).native,
            target.fitted(values[train]),
            features.take(test).native,
            target.encode(values[test]),
            None if ranked is None else (frame.take(train).native, frame.take(test).native),
        )
        for run in runs:
            _tell(progress, number, len(folds), run.name)
            run.add_fold(number, part, wanted, target, estimator, random_state)
        others.add_fold(number, part, partial(_tell, progress, number, len(folds)))
    sizes = [(len(train), len(test)) for train, test in folds]
    results = [run.result() for run in runs if run.failure is None]
    return Comparison(
        task=target.name,
        metrics=tuple(wanted),
        greater_is_better={name: metric.greater_is_better for name, metric in wanted.items()},
        n_rows=len(values),
        n_dropped=int(len(present) - present.sum()),
        n_folds=len(folds),
        fold_sizes=tuple(sizes),
        folds=describe_folds(cv, len(folds), stratify=target.stratified),
        models=(
            results[0],
            *(
                replace(each, versus=paired_tests(results[0].scores, each.scores, wanted, sizes))
                for each in results[1:]
            ),
        ),
        failures=(*(run.failure for run in runs if run.failure is not None), *others.failures),
        downstream=others.result(sizes),
        random_state=random_state,
        fold_vectors=tuple(runs[0].vectors) if all(runs[0].vectors) else (),
    )


@dataclass(frozen=True, slots=True)
class _FoldData:
    """The rows of one fold, shared by all candidates."""

    X_train: Any
    y_train: np.ndarray
    X_test: Any
    truth: np.ndarray
    # The tables with the column of groups.
    grouped: tuple[Any, Any] | None = None

    def tables_for(self, model: Any) -> tuple[Any, Any]:
        """Return the training and the test table as a model reads them."""
        if self.grouped is not None and reads_groups(model):
            return self.grouped
        return self.X_train, self.X_test


@dataclass
class _CandidateRun:
    """The scores and costs of one candidate, collected fold by fold."""

    name: str
    candidate: Candidate
    may_fail: bool
    failure: Failure | None = None
    scores: dict[str, list[float]] = field(default_factory=dict)
    fit_seconds: list[float] = field(default_factory=list)
    speeds: list[float] = field(default_factory=list)
    row_seconds: list[float] = field(default_factory=list)
    peaks: list[int | None] = field(default_factory=list)
    parameters: list[int | None] = field(default_factory=list)
    row_bytes: tuple[float, float] = (0.0, 0.0)
    histories: list[dict[str, list[float]]] = field(default_factory=list)
    vectors: list[dict[str, KeyedMatrix]] = field(default_factory=list)
    # Classes and probabilities of the test rows of each fold, if there are two classes.
    chances: list[tuple[np.ndarray, np.ndarray]] = field(default_factory=list)

    def add_fold(
        self,
        number: int,
        part: _FoldData,
        metrics: Mapping[str, Metric],
        target: Target,
        estimator: BaseEstimator,
        random_state: int | None,
    ) -> None:
        """Fit and score the candidate on one fold; a baseline that fails is skipped from then on."""
        if self.failure is not None:
            return
        try:
            self._fit_and_score(part, metrics, target, estimator, random_state)
        except Exception as error:
            if not self.may_fail:
                raise
            self.failure = Failure(model=self.name, fold=number, error=type(error).__name__, message=str(error))
            warn_caller(f"The comparison leaves out {self.failure.sentence}", FitFailedWarning)

    def _fit_and_score(self, part, metrics, target, estimator, random_state):
        model = self.candidate.build(target, estimator, random_state)
        X_train, X_test = part.tables_for(model)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DroppedColumnWarning)
            warnings.simplefilter("ignore", SchemaHint)
            fit = measure_cost(lambda: model.fit(X_train, part.y_train))
        prediction, seconds = _predict(model, X_test, target)
        for name, metric in metrics.items():
            self.scores.setdefault(name, []).append(metric(part.truth, prediction))
        chances = prediction.probabilities
        if chances is not None and part.truth.ndim == 1 and chances.shape[1] == 2:
            self.chances.append((part.truth, chances[:, 1]))
        self.fit_seconds.append(fit.seconds)
        self.speeds.append(len(part.truth) / seconds)
        self.peaks.append(fit.peak_memory_bytes)
        self.parameters.append(self.candidate.n_parameters(model))
        self.row_seconds.append(_row_seconds(model, read_frame(X_test).take(np.arange(1)).native, target))
        few = read_frame(part.X_test).take(np.arange(min(MAX_ROWS_FOR_INPUT_BYTES, len(part.truth)))).native
        stored, dense = self.candidate.input_bytes(model, few)
        self.row_bytes = (stored / len(few), dense / len(few))
        history = self.candidate.history(model)
        if history:
            self.histories.append(history)
        self.vectors.append({column: most_frequent(each) for column, each in self.candidate.vectors(model).items()})

    def result(self) -> ModelResult:
        """Return the scores and costs over all folds."""
        return ModelResult(
            name=self.name,
            description=self.candidate.description,
            scores={name: np.array(values) for name, values in self.scores.items()},
            fit_seconds=np.array(self.fit_seconds),
            predict_rows_per_second=np.array(self.speeds),
            peak_memory_bytes=None if None in self.peaks else max(self.peaks),
            n_parameters=None if None in self.parameters else round(float(np.mean(self.parameters))),
            parameter_unit=self.candidate.parameter_unit,
            input_bytes_per_row=self.row_bytes[0],
            dense_bytes_per_row=self.row_bytes[1],
            row_seconds=float(np.median(self.row_seconds)),
            histories=self.histories,
            calibration=Calibration.of(*map(np.concatenate, zip(*self.chances, strict=True))) if self.chances else None,
        )


def _predict(model: Any, X: Any, target: Target) -> tuple[Prediction, float]:
    """Predict twice and time the second call: the first may include compilation."""
    values = target.predict(model, X)
    with_probabilities = target.is_classifier and hasattr(model, "predict_proba")
    begin = perf_counter()
    if not with_probabilities:
        values = target.predict(model, X)
        return Prediction(values), perf_counter() - begin
    probabilities = target.predict_proba(model, X)
    return Prediction(values, probabilities), perf_counter() - begin


def _row_seconds(model: Any, row: Any, target: Target) -> float:
    """Return the shortest time of predicting one row, after a first call that may compile.

    Other processes only make calls longer.
    """
    predict = target.predict_proba if target.is_classifier and hasattr(model, "predict_proba") else target.predict
    predict(model, row)
    seconds: list[float] = []
    while len(seconds) < ROW_CALLS and sum(seconds) < ROW_SECONDS:
        begin = perf_counter()
        predict(model, row)
        seconds.append(perf_counter() - begin)
    return min(seconds)


def _rows_with_targets(X: Any, y: Any) -> tuple[Frame, np.ndarray, np.ndarray]:
    frame = read_frame(X)
    values, present = read_targets(y)
    if len(present) != frame.n_rows:
        raise DataError(f"X has {frame.n_rows} rows and y has {len(present)}; they must have the same number.")
    return (frame if present.all() else frame.take(np.flatnonzero(present))), values, present


def _candidate_runs(
    name: str, estimator: BaseEstimator, baselines: Sequence[Any], target: Target
) -> list[_CandidateRun]:
    """Return a run for the model under test and for each baseline; baselines that do not apply are marked as failed."""
    runs = [_CandidateRun(name, ModelUnderTest(estimator), may_fail=False)]
    for spec in [baselines] if isinstance(baselines, str | Mapping) else baselines:
        baseline = BASELINES.resolve(spec)
        label = BASELINES.name_of(baseline)
        if any(run.name == label for run in runs):
            raise DataError(f"Two models of the comparison are named {label!r}; list each baseline once.")
        reason = baseline.skip_reason(target, estimator)
        failure = Failure(model=label, fold=None, error="skipped", message=reason) if reason else None
        runs.append(_CandidateRun(label, baseline, may_fail=True, failure=failure))
    return runs


def _default_estimator(target: Target, groups: Any) -> BaseEstimator:
    # Imported here: importing TensorFlow takes seconds, and comparing other estimators does not need it.
    if target.is_classifier:
        from tabemb.estimators.classifier import EmbeddingClassifier

        return EmbeddingClassifier()
    if isinstance(target, RankingTarget):
        if not isinstance(groups, str):
            raise DataError(
                "EmbeddingRanker reads the groups from a column of X. Pass groups= the name of the column, or another "
                "estimator."
            )
        from tabemb.estimators.ranker import EmbeddingRanker

        return EmbeddingRanker(groups)
    from tabemb.estimators.regressor import EmbeddingRegressor

    return EmbeddingRegressor()


def _gives_probabilities(estimator: BaseEstimator) -> bool:
    return hasattr(estimator, "predict_proba")


def _row_values(kind: str, given: Any, frame: Frame, present: np.ndarray) -> np.ndarray | None:
    """Return one value per used row, given the name of a column or the values of all rows."""
    if given is None:
        return None
    if isinstance(given, str):
        native = frame.select([given]).native
        table = native.to_pandas() if hasattr(native, "to_pandas") else pd.DataFrame(native)
        return table.iloc[:, 0].to_numpy()
    values = pd.Series(given.to_pandas() if hasattr(given, "to_pandas") else given).to_numpy()
    if len(values) != len(present):
        raise DataError(f"{kind} has {len(values)} values for {len(present)} rows; it needs one per row.")
    return values[present]


def _check_train_classes(folds: Sequence[tuple], values: np.ndarray, target: Target) -> None:
    if not target.stratified:
        return
    for number, (train, _) in enumerate(folds):
        classes = pd.unique(values[train])
        if len(classes) == 1:
            raise DataError(
                f"The training set of fold {number + 1} has only one class, {classes.tolist()[0]!r}. Use fewer folds, "
                "stratified folds, or groups and times that mix the classes."
            )


def _warm_up(estimators: Sequence[BaseEstimator]) -> None:
    """Fit a tiny network, so that the time of the first candidate does not include starting TensorFlow."""
    for own in estimators[:1]:
        X = pd.DataFrame({"letter": list("abcd") * 16})
        y = np.tile([0, 1], 32)
        if reads_groups(own):
            X["group"] = np.repeat(range(32), 2)
        type(own)(max_epochs=1, random_state=0).fit(X, y.astype(float) if is_regressor(own) else y)


def _tell(progress: Progress | None, fold: int, n_folds: int, name: str) -> None:
    if progress is not None:
        progress(name, fold, n_folds)
