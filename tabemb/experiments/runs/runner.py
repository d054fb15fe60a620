"""Run an experiment: load the data, compare, fit the final model and write the folder of the run."""

import shlex
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tabemb.exceptions import ConfigError, DataError, UnknownNameError
from tabemb.experiments.comparison.compare import DEFAULT_BASELINES, RANKING_BASELINES, compare
from tabemb.experiments.comparison.result import Comparison
from tabemb.experiments.comparison.targets import RankingTarget, read_targets, target_of
from tabemb.experiments.config import ExperimentConfig, dump_config, read_config
from tabemb.experiments.config_checks import check_config, check_settings, folds_of, size_rules, wrong_parts
from tabemb.experiments.config_names import WITHOUT_PRETRAINING
from tabemb.experiments.data import Problem, load_problem
from tabemb.experiments.pretraining import describe_pretraining, pretrained_model, shared_rows
from tabemb.experiments.recommendation import RankingResult
from tabemb.experiments.report.certain_neighbors import CertainNeighbors, certain_neighbors
from tabemb.experiments.report.comparison_page import render_report
from tabemb.experiments.runs.folder import EXISTS, WRITTEN, describe_run, try_names, write_report, write_run, write_text
from tabemb.experiments.runs.label_free import learn_vectors
from tabemb.experiments.runs.recommended import recommend_items
from tabemb.files import replacing_folder
from tabemb.table.schema import DroppedColumnWarning, SchemaHint

__all__ = [
    "RunResult",
    "check_names",
    "column_warnings_off",
    "compare_only",
    "make_estimator",
    "run",
]

FINAL_FIT = "all rows"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """The result of a run.

    Parameters
    ----------
    path : Path
        The folder with the report, the vectors and the model.
    comparison : Comparison or None
        The scores of a comparison; None after a study, without a target, or with ``recommend``.
    seconds : float
        Wall time of the run in seconds.
    study : StudyResult or None
        The errors of a study; None after a comparison.
    known : CertainNeighbors or None
        What the vectors know; None after a study, or with ``recommend``.
    ranking : RankingResult or None
        How many held-out items a recommender finds; None without ``recommend``.
    """

    path: Path
    comparison: Comparison | None
    seconds: float
    study: Any = None
    known: CertainNeighbors | None = None
    ranking: RankingResult | None = None


def run(
    config: ExperimentConfig | str | Path,
    *,
    force: bool = False,
    output: str | Path | None = None,
    problem: Problem | None = None,
    progress: Callable[[str, int, int], object] | None = None,
) -> RunResult:
    """Run an experiment and write ``OUTPUT/NAME/``.

    The folder contains ``report.html``, ``report.json``, ``vectors/`` (one Parquet file per column), ``model/`` (fitted
    to all rows) and ``config.yaml``. It is written under a temporary name and renamed at the end, so that an incomplete
    run never appears.

    Parameters
    ----------
    config : ExperimentConfig or path
        The experiment, or its YAML file.
    force : bool, default=False
        Whether to replace a run of the same name, once the new one is complete.
    output : path, optional
        Folder for runs, instead of the one in the experiment.
    problem : Problem, optional
        The features and the target, if they have been loaded by :func:`~tabemb.experiments.data.load_problem`.
    progress : callable, optional
        Called with ``(model, fold, n_folds)`` as in `tabemb.compare`, and once more before the final model is fitted,
        with fold = n_folds. A study calls it with ``(name, step, n_steps)``.

    Returns
    -------
    RunResult

    Raises
    ------
    ConfigError, DataError
        If the experiment or its data are invalid.
    OutputError
        If the folder already exists or cannot be written. This is checked first.
    """
    begin = time.perf_counter()
    config = config if isinstance(config, ExperimentConfig) else read_config(config)
    if config.name is None:
        raise ConfigError("An experiment created in Python needs a name: ExperimentConfig(name=...).")
    folder = Path(config.output if output is None else output) / config.name
    with replacing_folder(folder, WRITTEN, replace=force, exists=EXISTS, make_parents=True, only_writes=False) as draft:
        check_names(config)
        problem = load_problem(config) if problem is None else problem
        try_names(draft, problem.X.columns)
        clock = {"load": time.perf_counter() - begin}
        text = dump_config(config, **({} if output is None else {"output": str(output)}))
        write = _write_comparison if config.study is None else _write_study
        if problem.y is None:
            write = learn_vectors if config.recommend is None else recommend_items
        with column_warnings_off():
            results = write(config, problem, draft, folder, text, clock, _touching(draft, progress))
    return RunResult(path=folder, seconds=clock["total"], **results)


def _touching(draft: Path, progress: Callable[[str, int, int], object] | None) -> Callable[[str, int, int], None]:
    """Return a progress that marks the draft as in use. Saves on other machines remove what seems left behind."""

    def touch(name: str, step: int, n_steps: int) -> None:
        draft.touch()
        if progress is not None:
            progress(name, step, n_steps)

    return touch


def _write_comparison(
    config: ExperimentConfig, problem: Problem, draft: Path, folder: Path, text: str, clock: dict, progress: Any
) -> dict[str, Any]:
    """Compare, fit the final model and write the folder; return fields of the result."""
    begin = time.perf_counter()
    estimator = make_estimator(config, problem)
    comparison = _compare(config, problem, estimator, progress)
    clock["compare"] = time.perf_counter() - begin
    if progress is not None:
        progress(FINAL_FIT, comparison.n_folds, comparison.n_folds)
    fitted = estimator.fit(problem.table, problem.y)
    # Of a model with a pretrainer, the model.
    model = getattr(fitted, "estimator_", fitted)
    clock["refit"] = time.perf_counter() - begin - clock["compare"]
    vectors = comparison.with_noise(model.vectors_)
    write_run(draft, model, text, vectors)
    clock["total"] = clock["load"] + time.perf_counter() - begin
    title = config.title or f"{problem.target}: embeddings against their baselines"
    record = describe_run(config, problem, model, vectors, clock, title=title, verdict=comparison.verdict())
    record["comparison"] = comparison.to_json()
    if config.pretrain is not None:
        record["pretrain"] = describe_pretraining(config, problem)
    write_report(draft, record)
    known = certain_neighbors(vectors, problem.labels)
    if known.note and record.get("pretrain") and (shared := shared_rows(record["pretrain"])):
        known = replace(known, note=f"{known.note} {shared}")
    page = render_report(
        record,
        comparison,
        vectors,
        config_text=text,
        labels=problem.labels,
        known=known,
        explore=f"tabemb explore {shlex.quote(str(folder))}",
        **dict(config.report),
    )
    write_text(draft / "report.html", page)
    return {"comparison": comparison, "known": known}


def _write_study(
    config: ExperimentConfig, problem: Problem, draft: Path, folder: Path, text: str, clock: dict, progress: Any
) -> dict[str, Any]:
    """Run a study and write the folder; return fields of the result."""
    from tabemb.experiments.paper import STUDIES
    from tabemb.experiments.paper.study_page import render_study

    begin = time.perf_counter()
    study = STUDIES.resolve(config.study)
    try:
        output = study.run(problem, categorical=config.data.categorical, seed=config.seed, progress=progress)
    except DataError as error:
        raise type(error)(f"{config.where('study')}: {error}") from error
    except UnknownNameError as error:
        raise ConfigError(f"{config.where('study')}: {error}") from None
    vectors = output.model.vectors_
    write_run(draft, output.model, text, vectors)
    clock["study"] = time.perf_counter() - begin
    clock["total"] = clock["load"] + clock["study"]
    result = output.result
    described = replace(problem, target=output.target, notes=(*problem.notes, *output.notes))
    title = config.title or f"{problem.target}: {STUDIES.name_of(study)}"
    record = describe_run(config, described, output.model, vectors, clock, title=title, verdict=result.verdict())
    record |= {"comparison": None, "study": result.to_json()}
    write_report(draft, record)
    page = render_study(record, result, vectors, config_text=text, **dict(config.report))
    write_text(draft / "report.html", page)
    return {"comparison": None, "study": result}


def compare_only(
    config: ExperimentConfig,
    *,
    problem: Problem | None = None,
    progress: Callable[[str, int, int], object] | None = None,
) -> Comparison:
    """Run the comparison of an experiment without writing anything.

    Parameters
    ----------
    config : ExperimentConfig
        The experiment; its name, output and report are ignored.
    problem : Problem, optional
        The features and the target, if they have been loaded.
    progress : callable, optional
        See `tabemb.compare`.
    """
    check_names(config)
    problem = load_problem(config) if problem is None else problem
    with column_warnings_off():
        return _compare(config, problem, make_estimator(config, problem), progress)


def check_names(config: ExperimentConfig) -> None:
    """Look up all names of registered parts, and check their parameters, before anything is computed.

    Raises
    ------
    ConfigError
        If a body, baseline, metric ... is unknown, or a parameter of one is out of range; the message gives the line,
        and suggests similar names.
    """
    if config.recommend is not None:
        check_config(config)
        return
    # Imported here because reading a configuration or a finished run must not load Keras.
    from tabemb.estimators.objectives import OBJECTIVES
    from tabemb.experiments.comparison.baselines import BASELINES
    from tabemb.experiments.comparison.downstream import DOWNSTREAM
    from tabemb.experiments.comparison.metrics import METRICS
    from tabemb.experiments.paper import STUDIES
    from tabemb.nn.bodies import BODIES
    from tabemb.nn.losses import LOSSES
    from tabemb.nn.numeric import NUMERIC_ENCODERS
    from tabemb.nn.sizes import SIZE_RULES
    from tabemb.nn.starts import STARTS
    from tabemb.nn.unknown import UNKNOWN_STRATEGIES
    from tabemb.training.schedules import SCHEDULES

    model = config.model
    named = [("model.body", BODIES, model.body), ("model.numeric", NUMERIC_ENCODERS, model.numeric)]
    named += [("model.schedule", SCHEDULES, model.schedule), ("model.loss", LOSSES, model.loss)]
    named += [("model.handle_unknown", UNKNOWN_STRATEGIES, model.handle_unknown), ("model.start", STARTS, model.start)]
    named += [(key, SIZE_RULES, spec) for key, spec in size_rules("model.embedding_dim", model.embedding_dim)]
    if config.pretrain is not None:
        its = config.pretrain
        named += [
            ("pretrain.objective", OBJECTIVES, its.objective),
            ("pretrain.numeric", NUMERIC_ENCODERS, its.numeric),
        ]
        named.append(("pretrain.handle_unknown", UNKNOWN_STRATEGIES, its.handle_unknown))
        named += [(key, SIZE_RULES, spec) for key, spec in size_rules("pretrain.embedding_dim", its.embedding_dim)]
    if config.study is not None:
        named.append(("study", STUDIES, config.study))
    named += [(f"baselines.{i}", BASELINES, each) for i, each in enumerate(config.baselines or ())]
    named += [(f"downstream.{i}", DOWNSTREAM, each) for i, each in enumerate(config.downstream)]
    named += [(f"metrics.{i}", METRICS, each) for i, each in enumerate(config.metrics or ())]
    if wrong := wrong_parts(config, named):
        raise ConfigError("\n".join(wrong))
    for key, columns in dict(config.report).items():
        for column in columns or ():
            if config.data.columns is not None and column not in config.data.columns:
                raise ConfigError(f"{config.where(f'report.{key}')}: {column!r} is not one of data.columns.")


def make_estimator(config: ExperimentConfig, problem: Problem) -> Any:
    """Return the unfitted model of an experiment: a classifier, a regressor or a ranker, depending on the target.

    With ``pretrain``, it is a :class:`~tabemb.experiments.pretraining.PretrainedModel` of one.
    """
    from tabemb.estimators.classifier import EmbeddingClassifier
    from tabemb.estimators.ranker import EmbeddingRanker
    from tabemb.estimators.regressor import EmbeddingRegressor
    from tabemb.nn.losses import ClassLoss, NumberLoss, RankLoss

    values, _ = read_targets(problem.y)
    target = target_of(values, None if config.task == "auto" else config.task)
    params = config.model_params()
    check_settings(config, target)
    if "loss" in params:
        ranks = isinstance(target, RankingTarget)
        _check_loss(config, ClassLoss if target.is_classifier else RankLoss if ranks else NumberLoss)
    params |= {"categorical": list(config.data.categorical) or None, "random_state": config.seed}
    model: Any
    if isinstance(target, RankingTarget):
        model = EmbeddingRanker(str(config.data.group), **params)
    else:
        model = (EmbeddingClassifier if target.is_classifier else EmbeddingRegressor)(**params)
    return model if config.pretrain is None else pretrained_model(config, problem, model)


def _check_loss(config: ExperimentConfig, family: Any) -> None:
    from tabemb.nn.losses import loss_of

    try:
        loss = loss_of(config.model.loss, family)
    except ValueError as error:
        raise ConfigError(f"{config.where('model.loss')}: {error}") from None
    if loss.n_values > 1:
        raise ConfigError(
            f"{config.where('model.loss')} predicts {loss.n_values} quantiles per row, but an experiment scores one "
            "number. Set one quantile, such as quantiles: 0.5."
        )


@contextmanager
def column_warnings_off() -> Iterator[None]:
    """Silence warnings about columns, which would repeat for each fold and model. The report lists them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DroppedColumnWarning)
        warnings.simplefilter("ignore", SchemaHint)
        yield


def _compare(config: ExperimentConfig, problem: Problem, estimator: Any, progress: Any) -> Comparison:
    validation = config.validation
    kind, by = validation.kind, None if problem.by is None else problem.by.to_numpy()
    usual = RANKING_BASELINES if config.task == "ranking" else DEFAULT_BASELINES
    baselines = list(usual) if config.baselines is None else config.baselines
    named = [each if isinstance(each, str) else each.get("name") for each in baselines]
    if config.pretrain is not None and WITHOUT_PRETRAINING not in named:
        baselines = [WITHOUT_PRETRAINING, *baselines]
    try:
        return compare(
            problem.table,
            problem.y,
            estimator=estimator,
            task=None if config.task == "auto" else config.task,
            cv=folds_of(config),
            groups=by if kind in ("group", "group_holdout") else None,
            time=by if kind == "time" else None,
            metrics=config.metrics,
            downstream=config.downstream,
            random_state=config.seed,
            progress=progress,
            baselines=baselines,
        )
    except DataError as error:
        raise type(error)(f"{config.where()}: {error}") from error
