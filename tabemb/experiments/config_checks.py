"""Checks of an experiment that need neither a network nor TensorFlow, which takes seconds to load."""

from collections.abc import Iterable, Mapping
from typing import Any

from tabemb.exceptions import ConfigError, DataError, TabembError
from tabemb.experiments.comparison.baselines import BASELINES
from tabemb.experiments.comparison.downstream import DOWNSTREAM
from tabemb.experiments.comparison.folds import make_folds
from tabemb.experiments.comparison.metrics import METRICS, resolve_metrics
from tabemb.experiments.comparison.ranked_groups import RankedGroups, codes_of
from tabemb.experiments.comparison.targets import RankingTarget, Target, read_targets, target_of
from tabemb.experiments.config import ExperimentConfig
from tabemb.experiments.config_names import CLASS_LOSSES, MODEL_PARTS, OBJECTIVE, RANK_LOSSES, registry_of
from tabemb.experiments.config_section import tuples
from tabemb.experiments.data import DATASETS, Problem
from tabemb.experiments.paper import STUDIES
from tabemb.recommend.methods import METHODS as RECOMMEND_METHODS
from tabemb.table.vocabularies import check_spec
from tabemb.vectors.indexes import INDEXES

__all__ = ["check_config", "check_problem", "check_settings", "folds_of", "size_rules", "wrong_parts"]

# Settings of the model that only classification has.
FOR_CLASSES = ("class_weight", "negative_share", "label_smoothing", "calibration")
# Settings of the model that ranking does not have.
NOT_FOR_RANKING = ("target_statistics", "crosses")


def check_config(config: ExperimentConfig) -> None:
    """Check all names of an experiment, and its files of vectors, before its table is read.

    Parameters
    ----------
    config : ExperimentConfig
        The experiment.

    Raises
    ------
    ConfigError
        If a baseline, metric, body ... is unknown, a baseline is named twice, or a file of vectors is missing. The
        message gives the line and suggests similar names.
    """
    named: list[tuple[str, Any, Any]] = [
        (f"model.{name}", registry_of(part), getattr(config.model, name))
        for name, part in MODEL_PARTS.items()
        if name != "embedding_dim"
    ]
    rules = registry_of(MODEL_PARTS["embedding_dim"])
    named += [(key, rules, spec) for key, spec in size_rules("model.embedding_dim", config.model.embedding_dim)]
    if config.pretrain is not None:
        named += _pretrain_names(config)
    if config.recommend is not None:
        named.append(("recommend.method", RECOMMEND_METHODS, config.recommend.method))
        named.append(("recommend.search", INDEXES, config.recommend.search))
    if config.data.dataset is not None:
        named.append(("data.dataset", DATASETS, config.data.dataset))
    if config.study is not None:
        named.append(("study", STUDIES, config.study))
    named += [(f"baselines.{i}", BASELINES, each) for i, each in enumerate(config.baselines or ())]
    named += [(f"downstream.{i}", DOWNSTREAM, each) for i, each in enumerate(config.downstream)]
    named += [(f"metrics.{i}", METRICS, each) for i, each in enumerate(config.metrics or ())]
    wrong = wrong_parts(config, named)
    for section in ("model", "pretrain"):
        try:
            check_spec(getattr(getattr(config, section), "vocabulary", None))
        except (TabembError, ValueError) as error:
            wrong.append(f"{config.where(f'{section}.vocabulary')}: {error}")
    labels = [_name(each) for each in config.baselines or ()]
    wrong += [
        f"{config.where(f'baselines.{i}')}: {label!r} is listed twice; list each baseline once."
        for i, label in enumerate(labels)
        if label in labels[:i]
    ]
    if wrong:
        raise ConfigError("\n".join(wrong))
    if config.recommend is not None:
        _check_method(config)
    config.model_params()


def size_rules(key: str, embedding_dim: Any) -> list[tuple[str, Any]]:
    """Return the size rules in a setting ``embedding_dim``, which is also a number, auto, or a mapping of columns.

    Parameters
    ----------
    key : str
        The key of the setting.
    embedding_dim : str, int or mapping
        Its value.

    Returns
    -------
    list of (str, str or mapping)
        The key and the value of each rule.

    Examples
    --------
    >>> size_rules("dim", "capped"), size_rules("dim", "auto")
    ([('dim', 'capped')], [])
    >>> size_rules("dim", {"shop": 3, "day": {"name": "mixed", "share": 0.1}})
    [('dim.day', {'name': 'mixed', 'share': 0.1})]
    """
    if isinstance(embedding_dim, Mapping) and not isinstance(embedding_dim.get("name"), str):
        return [rule for column, each in embedding_dim.items() for rule in size_rules(f"{key}.{column}", each)]
    is_rule = isinstance(embedding_dim, str | Mapping) and embedding_dim != "auto"
    return [(key, embedding_dim)] if is_rule else []


def wrong_parts(config: ExperimentConfig, named: Iterable[tuple[str, Any, Any]]) -> list[str]:
    """Return what is wrong with settings that name a part: each with the file, the line and the key.

    Parameters
    ----------
    config : ExperimentConfig
        The experiment.
    named : iterable of (key, registry, spec)
        The settings. The parameters of a part are checked if its class is there, and not only its name.
    """
    wrong = []
    for key, registry, spec in named:
        try:
            part = registry.resolve(tuples(spec))
            if hasattr(part, "check"):
                part.check()
        except (TabembError, ValueError) as error:
            wrong.append(f"{config.where(_key_of(key, spec, str(error)))}: {error}")
    return wrong


def _key_of(key: str, spec: Any, message: str) -> str:
    """Return the key of the parameter that a message begins with ("dropout must", "No norm named"), or of the part."""
    given = set(spec) - {"name"} if isinstance(spec, Mapping) else set()
    return next((f"{key}.{word}" for word in message.split()[:2] if word in given), key)


def _pretrain_names(config: ExperimentConfig) -> list[tuple[str, Any, Any]]:
    """Return the settings of pretrain that name a part, each with its registry."""
    section = config.pretrain
    named = [("pretrain.objective", registry_of(OBJECTIVE), section.objective)]
    named += [
        (f"pretrain.{name}", registry_of(MODEL_PARTS[name]), getattr(section, name))
        for name in ("numeric", "handle_unknown")
    ]
    rules = registry_of(MODEL_PARTS["embedding_dim"])
    named += [(key, rules, spec) for key, spec in size_rules("pretrain.embedding_dim", section.embedding_dim)]
    if section.embedding_dim == "auto":
        raise ConfigError(
            f"{config.where('pretrain.embedding_dim')}: auto finds the number of dimensions by the loss of a target. "
            f"Set a number or a rule: {', '.join(MODEL_PARTS['embedding_dim'].names)}."
        )
    return named


def _check_method(config: ExperimentConfig) -> None:
    """Raise an error if the method of a recommender does not fit the other settings."""
    section, key = config.recommend, "recommend.method"
    method = RECOMMEND_METHODS.resolve(section.method)
    try:
        method.check()
    except ValueError as error:
        raise ConfigError(f"{config.where(key)}: {error}") from None
    name = RECOMMEND_METHODS.name_of(method)
    if section.rating is not None and not method.rates:
        raters = [each for each in RECOMMEND_METHODS if RECOMMEND_METHODS.resolve(each).rates]
        raise ConfigError(
            f"{config.where('recommend.rating')}: the method {name!r} does not use ratings. Remove it, use "
            f"recommend.weight for how much an interaction counts, or set recommend.method: {' or '.join(raters)}."
        )
    if method.rates and section.rating is None:
        raise ConfigError(f"{config.where(key)}: {name!r} predicts ratings. Name their column in recommend.rating.")
    if method.rates and section.how == "users":
        raise ConfigError(
            f"{config.where('recommend.split.how')}: {name!r} knows no users that it was not fitted with. Hold out "
            "interactions of each user: last or random."
        )


def check_problem(config: ExperimentConfig, problem: Problem) -> None:
    """Check whether the target, the metrics, the folds and the settings of the model fit the table.

    Parameters
    ----------
    config : ExperimentConfig
        The experiment. What a study needs is its own matter.
    problem : Problem
        Its table.

    Raises
    ------
    ConfigError, DataError
        If they do not.
    """
    if config.study is not None or config.recommend is not None:
        return
    if problem.y is None:
        _check_table(config, problem)
        return
    try:
        values, present = read_targets(problem.y)
        target = target_of(values, None if config.task == "auto" else config.task)
        check_settings(config, target)
        _check_loss(config, target)
        _check_metrics(config, target)
        by, ranked = None if problem.by is None else problem.by.to_numpy()[present], None
        kind = config.validation.kind
        groups, time = by if kind in ("group", "group_holdout") else None, by if kind == "time" else None
        if isinstance(target, RankingTarget):
            column = str(problem.group.name)
            ranked = RankedGroups(column, codes_of(problem.group.to_numpy()[present], repr(column)))
            values = target.in_groups(values, ranked.codes, column)
            groups, time = ranked.codes if groups is None else groups, None if time is None else ranked.latest(time)
        folds = make_folds(
            folds_of(config), len(values), values, groups, time, stratify=target.stratified, random_state=config.seed
        )
        if ranked is not None:
            ranked.check_whole(folds)
    except DataError as error:
        raise type(error)(f"{config.where()}: {error}") from error


def _check_table(config: ExperimentConfig, problem: Problem) -> None:
    """Raise an error if vectors cannot be learned from a table alone."""
    used = [each for each in problem.readings if each.kind != "dropped"]
    if not any(each.kind == "categorical" for each in used):
        raise DataError(
            f"{config.where('data')}: no column holds categories, so there are no vectors to learn. Name numeric "
            "columns that are codes in data.categorical (--categorical)."
        )
    if len(used) < 2:
        dropped = ", ".join(each.name for each in problem.readings if each.kind == "dropped")
        raise DataError(
            f"{config.where('data')}: without a target, vectors are learned from the values that occur together in a "
            f"row, which takes at least two columns; only {used[0].name!r} is used"
            f"{f' (dropped: {dropped})' if dropped else ''}."
        )


def folds_of(config: ExperimentConfig) -> Any:
    """Return the folds of an experiment, as ``cv`` of :func:`tabemb.compare`."""
    validation = config.validation
    if validation.kind == "auto":
        return {"name": "group", "n_splits": validation.folds} if config.task == "ranking" else validation.folds
    if validation.kind in ("holdout", "group_holdout"):
        kind = "group_holdout" if config.task == "ranking" else validation.kind
        return {"name": kind, "test_fraction": validation.share}
    return {"name": validation.kind, "n_splits": validation.folds}


def check_settings(config: ExperimentConfig, target: Target) -> None:
    """Raise a ConfigError if the model has a setting that is for another kind of target.

    Parameters
    ----------
    config : ExperimentConfig
        The experiment.
    target : Target
        The kind of target.
    """
    model, ranks = config.model, isinstance(target, RankingTarget)
    for name in FOR_CLASSES:
        if not target.is_classifier and name in model.model_fields_set:
            what = "the task is ranking" if ranks else "the target is numeric"
            raise ConfigError(f"{config.where(f'model.{name}')} is for classification, but {what}.")
    for name in NOT_FOR_RANKING:
        if ranks and name in model.model_fields_set:
            raise ConfigError(f"{config.where(f'model.{name}')}: a ranking has no target statistics. Remove it.")


def _check_loss(config: ExperimentConfig, target: Target) -> None:
    model, ranks = config.model, isinstance(target, RankingTarget)
    if "loss" in model.model_fields_set and (loss := _name(model.loss)) in MODEL_PARTS["loss"].names:
        if ranks and loss not in RANK_LOSSES:
            raise ConfigError(
                f"{config.where('model.loss')}: {loss!r} is no loss for rankings. Losses for rankings: "
                f"{', '.join(RANK_LOSSES)}."
            )
        if loss in RANK_LOSSES:
            if ranks:
                return
            raise ConfigError(
                f"{config.where('model.loss')}: {loss!r} is a loss for rankings. Set task: ranking, and data.group to "
                "the column whose groups are ranked."
            )
        if target.is_classifier and loss not in CLASS_LOSSES:
            raise ConfigError(
                f"{config.where('model.loss')}: {loss!r} is a loss for numbers, but the target has classes. Losses for "
                f"classes: {', '.join(CLASS_LOSSES)}."
            )
        if not target.is_classifier and loss in CLASS_LOSSES:
            others = [name for name in MODEL_PARTS["loss"].names if name not in (*CLASS_LOSSES, *RANK_LOSSES)]
            raise ConfigError(
                f"{config.where('model.loss')}: {loss!r} is a loss for classes, but the target is numeric. Losses for "
                f"numbers: {', '.join(others)}."
            )


def _check_metrics(config: ExperimentConfig, target: Target) -> None:
    for i, name in enumerate(config.metrics or ()):
        try:
            resolve_metrics([name], target)
        except TabembError as error:
            raise ConfigError(f"{config.where(f'metrics.{i}')}: {error}") from None


def _name(spec: str | Mapping[str, Any]) -> Any:
    return spec if isinstance(spec, str) else spec.get("name")
