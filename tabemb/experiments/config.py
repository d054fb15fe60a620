"""The YAML file of an experiment: its settings, and errors that name the file, the line and the key.

This is the only module that imports pydantic and yaml. ``python -m tabemb.experiments.config`` prints the JSON schema
that editors use for completion (``configs/schema.json``).
"""

import itertools
import json
import math
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    PrivateAttr,
    Tag,
    ValidationError,
    model_validator,
)
from yaml.composer import ComposerError
from yaml.constructor import ConstructorError

from tabemb.exceptions import ConfigError, reading
from tabemb.experiments.config_errors import dotted, explain, line_of, shown, syntax_problem
from tabemb.experiments.config_text import text_of
from tabemb.experiments.data_texts import check_encoding, check_separator

__all__ = [
    "DataSection",
    "DerivedTarget",
    "ExperimentConfig",
    "ModelSection",
    "ReportSection",
    "Section",
    "ValidationSection",
    "config_of",
    "dump_config",
    "inline_yaml",
    "json_schema",
    "make_config",
    "read_config",
]

Spec = str | dict[str, Any]
Scalar = bool | int | float | str
Frozen = Annotated[bool, Field(strict=True)] | Literal["found"] | Annotated[int, Field(ge=1, strict=True)]
# Settings of a comparison that a study does not have.
COMPARISON_SETTINGS = ("task", "model", "baselines", "downstream", "validation", "metrics")
VARIABLE = re.compile(r"\$\{(\w+)\}")
# Limits beyond any experiment: nesting, values (each alias counts as what it stands for), and bits of
# a whole number. Without them, a small file can take gigabytes or hours.
DEEPEST, MOST_VALUES, LONGEST_NUMBER = 40, 2**18, 2**10


class Section(BaseModel):
    """A section of the file. Unknown keys are errors; values are immutable."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class DerivedTarget(Section):
    """A yes/no target derived from a column: above a number, below a number, or equal to a value."""

    column: str = Field(description="Column from which the target is derived. Rows where it is missing are left out.")
    above: float | None = Field(None, allow_inf_nan=False, description="Yes if the column is greater than this number.")
    below: float | None = Field(None, allow_inf_nan=False, description="Yes if the column is less than this number.")
    equals: Scalar | None = Field(None, description="Yes if the column is equal to this value.")

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
    """The table, its target and its columns."""

    dataset: str | None = Field(None, description="Name of a registered data set, such as nycflights13.")
    path: str | None = Field(
        None,
        description="File (CSV, TSV, Parquet, Arrow, JSON lines, Excel) or folder of Parquet files, relative to this "
        "YAML file. ${NAME} is replaced by an environment variable.",
    )
    sep: Annotated[str, AfterValidator(check_separator)] | None = Field(
        None, description="Character between cells of a text, or tab; found from the first rows by default."
    )
    encoding: Annotated[str, AfterValidator(check_encoding)] | None = Field(
        None, description="Encoding of a text, such as cp1252 or latin-1; UTF-8 by default."
    )
    target: Target = Field(description="Column to predict, or a yes/no target derived from a column.")
    columns: list[str] | None = Field(
        None, min_length=1, description="Columns to learn from; all but the target and validation.by by default."
    )
    drop: list[str] = Field([], description="Columns to leave out, if columns is not given.")
    categorical: list[str] = Field([], description="Numeric columns to treat as categorical: codes, ids, months.")
    numeric: list[str] = Field([], description="Columns to read as numbers; a cell that is none is an error.")
    na: list[str] = Field(
        [],
        description='Texts that mean a missing cell, beside empty cells: ["NA", "?"]. In a column of text, NA is a '
        "category by default.",
    )
    rows: int | None = Field(
        None, ge=2, description="Use a random sample of this many rows, drawn with the seed. All rows by default."
    )

    @model_validator(mode="after")
    def _one_source(self) -> "DataSection":
        if (self.dataset is None) == (self.path is None):
            raise ValueError("needs either dataset (a registered name) or path (a file or a folder), not both")
        for name in ("sep", "encoding"):
            if self.path is None and getattr(self, name) is not None:
                raise ValueError(f"takes {name} only with path")
        if self.columns is not None and self.drop:
            raise ValueError("takes either columns or drop, not both")
        if both := sorted(set(self.categorical) & set(self.numeric)):
            raise ValueError(f"has {both[0]!r} both in categorical and in numeric")
        return self


class ModelSection(Section):
    """Parameters of EmbeddingClassifier or EmbeddingRegressor; missing ones keep their default."""

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
    multi_valued: Literal["auto"] | dict[str, str | dict[str, str] | None] | None = Field(
        "auto",
        description="Columns whose cells hold several values: auto (separators | and ; are found), or a mapping of "
        "column to a separator, to words, to a mapping with split and pooling, or to null (cells stay whole).",
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
        description="Vector of unseen categories: learned, zero, mean, nearest (by name), pretrained (word) or error.",
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
        "focal. For numbers: squared_error (default), absolute_error, huber, quantile, poisson, tweedie or gamma.",
    )
    label_smoothing: float = Field(0.0, ge=0, lt=1, description="Fraction of each target spread over all classes.")
    calibration: Literal["temperature"] | None = Field(
        None, description="temperature calibrates probabilities on the validation rows."
    )
    n_ensemble: int = Field(1, ge=1, description="Number of networks whose predictions are averaged.")

    def params(self) -> dict[str, Any]:
        """Return the settings of the model in the file, as keyword arguments of the estimator."""
        return {name: _tuples(getattr(self, name)) for name in sorted(self.model_fields_set)}


class ValidationSection(Section):
    """How rows are split into training and test rows."""

    kind: Literal["auto", "kfold", "stratified", "group", "time", "holdout"] = Field(
        "auto", description="Kind of split; auto is stratified for classification and kfold for regression."
    )
    folds: int = Field(5, ge=2, description="Number of folds; not used by holdout.")
    by: str | None = Field(None, description="Column with the groups (group) or the time (time).")
    share: float = Field(0.2, gt=0, lt=1, description="Fraction of the rows that holdout uses for testing.")

    @model_validator(mode="after")
    def _column_fits_kind(self) -> "ValidationSection":
        if self.kind in ("group", "time") and self.by is None:
            raise ValueError(f"of kind {self.kind!r} needs by: the column with the {self.kind}")
        if self.kind not in ("group", "time") and self.by is not None:
            raise ValueError(f"takes by only for the kinds 'group' and 'time'; the kind is {self.kind!r}")
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
    """An experiment: the data, the model, its baselines and the validation.

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
        description="Name of the run folder: letters, digits, '.', '_' and '-'. The name of this file by default.",
    )
    title: str | None = Field(None, description="Heading of the report: the question in plain words.")
    description: str | None = Field(None, description="Description in the report, a few sentences.")
    task: Literal["auto", "classification", "regression"] = Field("auto", description="auto infers it from the target.")
    data: DataSection
    model: ModelSection = ModelSection()
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

    @model_validator(mode="after")
    def _study_is_alone(self) -> "ExperimentConfig":
        others = [name for name in COMPARISON_SETTINGS if name in self.model_fields_set]
        if self.study is not None and others:
            raise ValueError(f"with a study takes no {others[0]}: a study defines its own models, rows and metrics")
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


def inline_yaml(value: Any) -> str:
    """Return a value as YAML in one line, such as for a file with comments.

    Examples
    --------
    >>> inline_yaml(["a", "yes", "b: c"]), inline_yaml("x")
    ("[a, 'yes', 'b: c']", 'x')
    """
    options: dict[str, Any] = {"default_flow_style": True, "width": math.inf, "allow_unicode": True}
    text = yaml.safe_dump(value, **options).removesuffix("...\n").strip()
    # Only texts in double quotes have escapes for line breaks.
    return text if len(text.splitlines()) <= 1 else yaml.safe_dump(value, default_style='"', **options).strip()


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
    lines, values = _parse(path, text)
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
    if config.model.pretrained:
        values["model"] = values["model"] | {"pretrained": config.model_params()["pretrained"]}
    return yaml.safe_dump(values, sort_keys=False, allow_unicode=True)


def json_schema() -> str:
    """Return the JSON schema of an experiment, the content of ``configs/schema.json``."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema"} | ExperimentConfig.model_json_schema()
    return json.dumps(schema, indent=2) + "\n"


def _tuples(value: Any) -> Any:
    # YAML has lists; parameters such as hidden_units=(128, 64) are tuples.
    if isinstance(value, list):
        return tuple(_tuples(each) for each in value)
    if isinstance(value, dict):
        return {key: _tuples(each) for key, each in value.items()}
    return value


class _Loader(yaml.SafeLoader):
    """PyYAML's safe loader, with the line of every value that cannot be read, and a limit of nesting."""

    _depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        self._depth += 1
        if self._depth > DEEPEST:
            problem = f"lists and mappings are nested more than {DEEPEST} deep"
            raise ComposerError(None, None, problem, self.peek_event().start_mark)
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node

    def construct_object(self, node: Any, deep: bool = False) -> Any:
        try:
            value = super().construct_object(node, deep)
            if isinstance(value, int) and value.bit_length() > LONGEST_NUMBER:
                raise ValueError
        except yaml.YAMLError:
            raise
        except Exception as error:
            kind = str(node.tag).rpartition(":")[2]
            problem = f"{shown(node.value)} cannot be read as a value of type {kind}"
            raise ConstructorError(None, None, problem, node.start_mark) from error
        return value


def _parse(path: Path, text: str) -> tuple[dict[tuple, int], Any]:
    """Return the line of each key and list item in a text of YAML, and the values."""
    try:
        loader = _Loader(text)
        tree = loader.get_single_node()
        _check_size(path, tree)
        lines = {(): 1} | dict(_walk(tree, (), path, set()))
        return lines, None if tree is None else loader.construct_document(tree)
    except yaml.YAMLError as error:
        raise ConfigError(syntax_problem(path, error)) from error


def _check_size(path: Path, tree: Any) -> None:
    """Raise an error if values are too many or too deep once aliases are replaced by what they stand for."""
    found: dict[int, tuple[float, float]] = {}

    def size(node: Any) -> tuple[float, float]:
        """Return the number of values in a node, and how deep they are nested."""
        if id(node) not in found:
            # A node that contains itself has no end.
            found[id(node)] = math.inf, math.inf
            children = node.value if isinstance(node, yaml.CollectionNode) else []
            flat = itertools.chain(*children) if isinstance(node, yaml.MappingNode) else children
            sizes = [size(child) for child in flat]
            found[id(node)] = 1 + sum(values for values, _ in sizes), 1 + max((deep for _, deep in sizes), default=0)
        return found[id(node)]

    values, deep = (0.0, 0.0) if tree is None else size(tree)
    if values > MOST_VALUES or deep > DEEPEST:
        raise ConfigError(
            f"{path}: an experiment has at most {MOST_VALUES:,} values, nested at most {DEEPEST} deep, counting each "
            "alias (*) as what it stands for; this file has more, or an alias in its own value."
        )


def _walk(node: Any, place: tuple, path: Path, seen: set[int]) -> Iterator[tuple[tuple, int]]:
    """Yield the place and the line of each key and list item; raise for duplicate keys."""
    if node is None or id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.MappingNode):
        lines: dict[str, int] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                kind = "a mapping" if isinstance(key, yaml.MappingNode) else "a list"
                raise ConfigError(f"{path}, line {line}: a key must be text, got {kind}.")
            if key.value in lines and key.value != "<<":
                raise ConfigError(
                    f"{path}, line {line}: {dotted((*place, key.value))} is a duplicate key; "
                    f"the first is in line {lines[key.value]}."
                )
            lines[key.value] = line
            yield (*place, key.value), line
            yield from _walk(value, (*place, key.value), path, seen)
    elif isinstance(node, yaml.SequenceNode):
        for number, value in enumerate(node.value):
            yield (*place, number), value.start_mark.line + 1
            yield from _walk(value, (*place, number), path, seen)


def _kind(value: Any) -> str:
    return {list: "a list", dict: "a mapping"}.get(type(value), f"only {shown(value)}")


if __name__ == "__main__":
    import sys

    sys.stdout.write(json_schema())
