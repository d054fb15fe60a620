"""An experiment in YAML: what it may say, and errors that name the file, the line and the key.

This is the only module that imports pydantic and yaml. ``python -m tabemb.experiments.config`` prints the JSON schema
that editors complete from (``configs/schema.json``).
"""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Discriminator, Field, PrivateAttr, Tag, ValidationError, model_validator

from tabemb.exceptions import ConfigError, did_you_mean
from tabemb.experiments.config_errors import dotted, explain, line_of

__all__ = [
    "DataSection",
    "DerivedTarget",
    "ExperimentConfig",
    "ModelSection",
    "ReportSection",
    "ValidationSection",
    "dump_config",
    "json_schema",
    "read_config",
]

Spec = str | dict[str, Any]
Scalar = bool | int | float | str
Frozen = Annotated[bool, Field(strict=True)] | Literal["found"] | Annotated[int, Field(ge=1, strict=True)]
# What a comparison on folds is told, and a study is not.
OF_A_COMPARISON = ("task", "model", "baselines", "validation", "metrics")
VARIABLE = re.compile(r"\$\{(\w+)\}")


class Section(BaseModel):
    """A part of the file: unknown keys are errors, and what was read does not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class DerivedTarget(Section):
    """A yes-or-no target made from a column: above a number, below a number, or equal to a value."""

    column: str = Field(description="The column that the target is made from. Rows where it is missing are left out.")
    above: float | None = Field(None, description="Yes where the column is greater than this number.")
    below: float | None = Field(None, description="Yes where the column is less than this number.")
    equals: Scalar | None = Field(None, description="Yes where the column has exactly this value.")

    @model_validator(mode="after")
    def _one_rule(self) -> "DerivedTarget":
        given = [name for name in ("above", "below", "equals") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"needs exactly one of above, below and equals, got {' and '.join(given) or 'none'}")
        return self


Target = Annotated[
    Annotated[str, Tag("name")] | Annotated[DerivedTarget, Tag("derived")],
    Discriminator(lambda value: "derived" if isinstance(value, dict | DerivedTarget) else "name"),
]


class DataSection(Section):
    """What is learned from."""

    dataset: str | None = Field(None, description="A registered data set, such as nycflights13.")
    path: str | None = Field(
        None,
        description="A CSV or Parquet file, relative to this YAML file. ${NAME} stands for an environment variable.",
    )
    target: Target = Field(description="The column to predict, or a yes-or-no question about a column.")
    columns: list[str] | None = Field(
        None, min_length=1, description="The columns to learn from; all but the target and validation.by by default."
    )
    drop: list[str] = Field([], description="Columns to leave out, where columns is not given.")
    categorical: list[str] = Field(
        [], description="Columns that are categories although they are stored as numbers: codes, ids, months."
    )
    rows: int | None = Field(
        None, ge=2, description="Draw so many rows at random (repeatably, by the seed). All rows by default."
    )

    @model_validator(mode="after")
    def _one_source(self) -> "DataSection":
        if (self.dataset is None) == (self.path is None):
            raise ValueError("needs either dataset (a registered name) or path (a CSV or Parquet file), and not both")
        if self.columns is not None and self.drop:
            raise ValueError("takes either columns or drop, and not both")
        return self


class ModelSection(Section):
    """The parameters of EmbeddingClassifier or EmbeddingRegressor; what is left out keeps the library's default."""

    embedding_dim: int | str | dict[str, Any] = Field(
        "capped",
        description="A size rule (capped, fastai, half, google, sqrt), auto (found by training), a number, or a "
        "mapping column: number.",
    )
    body: Spec = Field("ensemble", description="The layers, by name or as a mapping: {name: ensemble, dropout: 0.2}.")
    numeric: Spec = Field("piecewise_linear", description="How numbers enter the network, by name or as a mapping.")
    min_frequency: int | float | None = Field(
        None, gt=0, description="Categories seen less often (a number, or a share of the rows) become unknown."
    )
    max_categories: int | None = Field(None, ge=1, description="Keep at most so many categories a column.")
    one_hot_max_categories: float = Field(
        8, ge=0, description="Columns of at most so many categories enter one-hot and have no vectors; 0 for none."
    )
    category_dropout: float = Field(0.05, ge=0, lt=1, description="Share of known cells shown as unknown in training.")
    handle_unknown: Spec = Field(
        "learned",
        description="What serves for categories that training had in no row: learned, zero, mean or nearest (by name).",
    )
    damping: float = Field(
        10.0, ge=0, description="How many times a step a category has to come to be hardly slowed down; 0 slows none."
    )
    shrinkage: float = Field(
        0.0, ge=0, description="How many rows the prior is worth that the categories of a column are alike."
    )
    pretrained: dict[str, str] | None = Field(
        None,
        description="{column: path} of vectors to begin with (GloVe, word2vec, saved ones); paths as in data.path.",
    )
    freeze: Frozen | dict[str, Frozen] = Field(
        False,
        description="What stays of these columns as it began: true (all), found, or found for so many epochs.",
    )
    learning_rate: float = Field(0.002, gt=0, description="Learning rate of Adam.")
    embedding_rate: Annotated[float, Field(gt=0)] | Literal["auto"] = Field(
        "auto", description="Learning rate of the vectors, as a multiple of that; auto goes by their width."
    )
    schedule: Spec = Field("constant", description="How the learning rate moves: constant, cosine or linear.")
    weight_decay: float = Field(0.0, ge=0)
    batch_size: int | Literal["auto"] = Field("auto", description="Rows a step, or auto.")
    max_epochs: int = Field(100, ge=1, description="The most passes over the rows.")
    early_stopping: bool = Field(True, description="Stop when the validation part no longer improves.")
    validation_fraction: float = Field(0.1, gt=0, lt=1, description="Share of the training rows held back for that.")
    n_iter_no_change: int = Field(5, ge=1, description="Epochs without improvement before stopping.")
    tol: float = Field(1e-4, ge=0, description="By how much the loss must be better to count as an improvement.")
    class_weight: str | dict[Scalar, float] | None = Field(None, description="balanced, or a mapping class: weight.")
    loss: Spec = Field(
        "cross_entropy",
        description="cross_entropy (the default) or focal for classes; squared_error (the default), absolute_error, "
        "huber, quantile, poisson, tweedie or gamma for numbers. By name or as a mapping: {name: huber, delta: 2}.",
    )
    label_smoothing: float = Field(0.0, ge=0, lt=1, description="Share of each class target spread over all classes.")
    calibration: Literal["temperature"] | None = Field(
        None, description="temperature makes probabilities as sure as they are right, by the validation part."
    )
    n_ensemble: int = Field(1, ge=1, description="Number of networks whose answers are averaged.")

    def params(self) -> dict[str, Any]:
        """Return what the file says about the model, as keyword arguments of the estimator."""
        return {name: _tuples(getattr(self, name)) for name in sorted(self.model_fields_set)}


class ValidationSection(Section):
    """How the rows are split into parts to train on and parts to score on."""

    kind: Literal["auto", "kfold", "stratified", "group", "time", "holdout"] = Field(
        "auto", description="auto is stratified for classes and kfold for numbers."
    )
    folds: int = Field(5, ge=2, description="Number of folds (not for a holdout).")
    by: str | None = Field(None, description="The column that holds the groups (group) or the time (time).")
    share: float = Field(0.2, gt=0, lt=1, description="Share of the rows that a holdout scores on.")

    @model_validator(mode="after")
    def _column_fits_kind(self) -> "ValidationSection":
        if self.kind in ("group", "time") and self.by is None:
            raise ValueError(f"of kind {self.kind!r} needs by: the column that holds the {self.kind}")
        if self.kind not in ("group", "time") and self.by is not None:
            raise ValueError(f"takes by for the kinds 'group' and 'time' only, the kind here is {self.kind!r}")
        return self


class ReportSection(Section):
    """What the report shows beyond the figures."""

    maps: list[str] | None = Field(
        None, max_length=4, description="Columns whose vectors are drawn as maps; the two largest by default."
    )
    places: dict[str, dict[Scalar, tuple[float, float]]] = Field(
        {},
        description="Latitude and longitude of a column's categories, drawn beside its map: "
        "{dest: {BOS: [42.4, -71.0], SFO: [37.6, -122.4]}}",
    )


class ExperimentConfig(Section):
    """One experiment: the data, the model, what it is compared with and how.

    Examples
    --------
    >>> config = ExperimentConfig.model_validate(
    ...     {"name": "late", "data": {"dataset": "nycflights13", "target": {"column": "arr_delay", "above": 15}}})
    >>> config.data.target.above, config.validation.folds
    (15.0, 5)
    """

    name: str | None = Field(
        None,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$",
        description="Name of the run's folder: letters, digits, '.', '_' and '-'. The file's own name by default.",
    )
    title: str | None = Field(None, description="The question, in plain words; the report's heading.")
    description: str | None = Field(None, description="A few sentences for the report.")
    task: Literal["auto", "classification", "regression"] = Field("auto", description="auto looks at the target.")
    data: DataSection
    model: ModelSection = ModelSection()
    baselines: list[Spec] | None = Field(None, description="What to compare with; all that apply by default.")
    validation: ValidationSection = ValidationSection()
    metrics: list[str] | None = Field(None, min_length=1, description="The first one ranks the models.")
    seed: int = Field(0, ge=0, lt=2**32, description="Everything random follows from it.")
    output: str = Field("runs", description="The folder for runs, relative to where the command is given.")
    report: ReportSection = ReportSection()
    study: Spec | None = Field(
        None,
        description="An experiment of another kind than a comparison on folds, by name or as a mapping: "
        "{name: entity_embeddings, dims: {Store: 10}, time: [Year, Month, Day]}. It brings its own models and rows.",
    )

    _source: Path | None = PrivateAttr(None)
    _lines: dict[tuple, int] = PrivateAttr({})

    @model_validator(mode="after")
    def _study_is_alone(self) -> "ExperimentConfig":
        others = [name for name in OF_A_COMPARISON if name in self.model_fields_set]
        if self.study is not None and others:
            raise ValueError(f"with a study takes no {others[0]}: a study brings its own models, rows and figures")
        return self

    def where(self, key: str = "") -> str:
        """Say where a setting stands, for error messages: ``"configs/x.yaml, line 7: model.body"``."""
        if not key:
            return str(self._source or "the experiment")
        place = tuple(int(part) if part.isdigit() else part for part in key.split("."))
        if self._source is None:
            return dotted(place)
        return f"{self._source}, line {line_of(self._lines, place)}: {dotted(place)}"

    def table_path(self) -> Path:
        """Return data.path with environment variables filled in, relative to the YAML file's folder.

        Raises
        ------
        ConfigError
            When it names a variable that is not set.
        """
        return self._path("data.path", self.data.path)

    def model_params(self) -> dict[str, Any]:
        """Return what the file says about the model, with paths of vectors as :meth:`table_path` has its own."""
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
                    f"Set it to the folder that holds {Path(text).name}: export {match[1]}=FOLDER"
                )
            # A relative folder in a variable is meant from where the command is given.
            return str(Path(os.environ[match[1]]).absolute())

        path = Path(VARIABLE.sub(value, text)).expanduser()
        return path if self._source is None else self._source.parent / path


def read_config(path: str | Path) -> ExperimentConfig:
    """Read an experiment from a YAML file.

    Parameters
    ----------
    path : path
        The YAML file, in UTF-8.

    Returns
    -------
    ExperimentConfig

    Raises
    ------
    ConfigError
        When the file is not there, is not YAML, or says something that an experiment does not have. The message names
        the file, the line, the key and the nearest known one.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
        tree = yaml.compose(text, Loader=yaml.SafeLoader)
        lines = {(): 1} | dict(_walk(tree, (), path, set()))
        values = yaml.safe_load(text)
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text in UTF-8"
        beside = sorted(each.name for each in path.parent.glob("*.y*ml")) if not path.exists() else []
        raise ConfigError(f"Cannot read {path}: {reason}.{did_you_mean(path.name, beside)}") from error
    except yaml.YAMLError as error:
        raise ConfigError(_syntax(path, error)) from error
    if not isinstance(values, dict):
        kind = "is empty" if values is None else f"holds {_kind(values)}"
        raise ConfigError(f"{path}, line 1: an experiment is a mapping with the key 'data' at least; this file {kind}.")
    for key in values:
        if not isinstance(key, str):
            raise ConfigError(f"{path}: the settings of an experiment have text for names, got {key!r}.")
    try:
        config = ExperimentConfig.model_validate({"name": path.stem} | values)
    except ValidationError as error:
        raise ConfigError(explain(path, lines, error.errors(), ExperimentConfig)) from None
    config._source, config._lines = path, lines
    return config


def dump_config(config: ExperimentConfig, **changes: Any) -> str:
    """Return the YAML of an experiment as it was used: paths resolved, defaults left out.

    Parameters
    ----------
    config : ExperimentConfig
        The experiment.
    **changes
        Top-level settings that were overridden, such as ``output="elsewhere"``.
    """
    values = config.model_dump(exclude_unset=True) | changes
    if config.data.path is not None:
        values["data"] = values["data"] | {"path": str(config.table_path().absolute())}
    if config.model.pretrained:
        values["model"] = values["model"] | {"pretrained": config.model_params()["pretrained"]}
    return yaml.safe_dump(values, sort_keys=False, allow_unicode=True)


def json_schema() -> str:
    """Return the JSON schema of an experiment, as ``configs/schema.json`` holds it."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema"} | ExperimentConfig.model_json_schema()
    return json.dumps(schema, indent=2) + "\n"


def _tuples(value: Any) -> Any:
    # YAML has lists only; scikit-learn's parameters (hidden_units=(128, 64)) are tuples.
    if isinstance(value, list):
        return tuple(_tuples(each) for each in value)
    if isinstance(value, dict):
        return {key: _tuples(each) for key, each in value.items()}
    return value


def _walk(node: Any, place: tuple, path: Path, seen: set[int]) -> Iterator[tuple[tuple, int]]:
    """Yield the place and the line of every key and list item; refuse keys that stand twice."""
    if node is None or id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.MappingNode):
        lines: dict[str, int] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if key.value in lines and key.value != "<<":
                raise ConfigError(
                    f"{path}, line {line}: {dotted((*place, key.value))} stands here again; "
                    f"the first is in line {lines[key.value]}."
                )
            lines[key.value] = line
            yield (*place, key.value), line
            yield from _walk(value, (*place, key.value), path, seen)
    elif isinstance(node, yaml.SequenceNode):
        for number, value in enumerate(node.value):
            yield (*place, number), value.start_mark.line + 1
            yield from _walk(value, (*place, number), path, seen)


def _syntax(path: Path, error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    if mark is None:
        return f"{path}: this is not YAML: {error}."
    problem = (error.problem or "it cannot be read").replace("\\t", "a tab")
    return (
        f"{path}, line {mark.line + 1}: this is not YAML: {problem}. Look at the indentation, colons and quotes there."
    )


def _kind(value: Any) -> str:
    return {list: "a list", dict: "a mapping"}.get(type(value), f"only {value!r}")


if __name__ == "__main__":
    import sys

    sys.stdout.write(json_schema())
