"""The folder of a finished run: its parts, how they are written and how they are read."""

import json
import os
import platform
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import chain
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from tabemb.exceptions import ColumnError, FormatError, OutputError, did_you_mean, reading, warn_caller
from tabemb.experiments.comparison.result import Comparison
from tabemb.experiments.config import ExperimentConfig, read_config
from tabemb.experiments.data import Problem
from tabemb.experiments.data_formats import is_plain_text
from tabemb.experiments.runs.provenance import data_hash, versions
from tabemb.experiments.tables import read_table
from tabemb.files import check_digest, check_seal, digest_of_file, read_json, read_whole, sealed
from tabemb.inference.predictor import Predictor, load_predictor
from tabemb.inference.saved import STATE_FILE, read_saved
from tabemb.inference.vector_lookup import VectorLookup
from tabemb.recommend.recommender import TwoTowerRecommender
from tabemb.table.encoder import TableEncoder
from tabemb.table.schema import TypeChangedWarning, UnknownCategoryWarning
from tabemb.vectors.category_vectors import CategoryVectors
from tabemb.vectors.confidence import known_reliability
from tabemb.vectors.store import EmbeddingStore, column_file

__all__ = [
    "EXISTS",
    "EXPLORER",
    "METRICS",
    "PARTS",
    "WRITTEN",
    "RunFolder",
    "RunVectors",
    "describe_run",
    "open_run",
    "try_names",
    "vectors_file",
    "write_json",
    "write_report",
    "write_run",
    "write_text",
]

Part = TypeVar("Part")

PARTS = frozenset({"config.yaml", "model", "report.html", "report.json", "vectors"})
# Written by `tabemb explore`.
EXPLORER = "explore.html"
# Of a recommender.
METRICS = "metrics.json"
WRITTEN = PARTS | {EXPLORER, METRICS}
EXISTS = (
    "The run {path} already exists. Replace it with --force (force=True in Python), or choose another name or output "
    "folder."
)
FORMAT = 2
# Format 1 has no digests.
WITHOUT_DIGESTS = 1
REPORT = "report.json"
MODEL_STATE = "model/tabemb.json"
FEW_CATEGORIES = (
    " Columns with few categories are one-hot encoded and have no vectors, unless the experiment sets model: "
    "{one_hot_max_categories: 0}."
)


def vectors_file(column: str) -> str:
    """Return the file with the vectors of a column, relative to the folder of the run.

    Examples
    --------
    >>> vectors_file("native-country"), vectors_file("from/to")
    ('vectors/native-country.parquet', 'vectors/from%2Fto.parquet')
    """
    return f"vectors/{column_file(column)}"


class RunVectors(EmbeddingStore):
    """The vectors of a run by column. Each file is read on first access.

    Parameters
    ----------
    folder : path
        The folder of the run.
    columns : list of str
        The columns that have vectors.
    report : mapping, optional
        The report of the run when it was opened. Files of another run that has replaced it are refused.
    """

    def __init__(self, folder: Path, columns: list[str], report: Mapping[str, Any] = MappingProxyType({})) -> None:
        self._shared = report.get("model", {}).get("shared", {})
        self._folder = folder
        self._columns = columns
        self._report = report
        self._read: dict[str, CategoryVectors] = {}

    def _vectors_of(self, column: str) -> CategoryVectors:
        if column not in self._read:
            self._read[column] = _read_part(
                self._folder,
                self._report,
                vectors_file(column),
                lambda path: CategoryVectors.load(path, format="parquet"),
            )
        return self._read[column]

    def _missing_column(self, column: object) -> str:
        known = ", ".join(self._columns) or "none"
        return (
            f"The run {self._folder} has no vectors of a column {column!r}. Columns: {known}."
            f"{did_you_mean(column, [*self._columns, *chain.from_iterable(self.shared.values())]) or FEW_CATEGORIES}"
        )

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)

    def __repr__(self) -> str:
        # Reads no file.
        return f"RunVectors({', '.join(self._columns)})"


@dataclass(frozen=True, slots=True)
class RunFolder:
    """A finished run.

    Parameters
    ----------
    path : Path
        The folder of the run.
    report : dict
        The content of ``report.json``.
    vectors : RunVectors
        The vectors of each column.
    """

    path: Path
    report: dict[str, Any]
    vectors: RunVectors

    @property
    def config(self) -> ExperimentConfig:
        """The experiment."""
        return _read_part(self.path, self.report, "config.yaml", read_config)

    @property
    def is_label_free(self) -> bool:
        """Whether the run has no target: its vectors were learned from the table alone."""
        return "pretrain" in self.report and self.report.get("comparison") is None

    @property
    def is_recommender(self) -> bool:
        """Whether the run recommends items to users."""
        return "recommend" in self.report

    @property
    def group(self) -> str | None:
        """The column whose groups are ranked; None if the task is another."""
        return self.report["data"].get("group")

    @property
    def has_folds(self) -> bool:
        """Whether folds could tell how often neighbors come back in fits to other rows."""
        return not (self.is_label_free or self.is_recommender)

    @property
    def comparison(self) -> Comparison:
        """The result of the comparison.

        Raises
        ------
        FormatError
            If the run is a study, whose result is in ``report["study"]``, or has no target.
        """
        if self.is_recommender:
            raise FormatError(
                f"The run {self.path} recommends items, so it has no comparison. Its metrics are in "
                "report['recommend'], and in metrics.json."
            )
        if self.is_label_free:
            raise FormatError(f"The run {self.path} has no target, so it has no comparison: only vectors were learned.")
        if self.report["comparison"] is None:
            raise FormatError(f"The run {self.path} is a study, not a comparison. Its result is in report['study'].")
        try:
            return Comparison.from_json(self.report["comparison"])
        except Exception as error:
            # Any error: reports in format 1 have no digest.
            raise _incomplete(self.path, f"{REPORT} is damaged") from error

    def model(self) -> Any:
        """Return the model fitted to all rows. This loads Keras, except for a recommender."""
        if self.is_recommender:
            return self.recommender()
        from tabemb.estimators.loading import load

        return _read_part(self.path, self.report, MODEL_STATE, lambda path: load(path.parent))

    def recommender(self) -> TwoTowerRecommender:
        """Return the recommender. This loads no Keras.

        Raises
        ------
        FormatError
            If the run has none.
        """
        if not self.is_recommender:
            raise FormatError(
                f"The run {self.path} has no recommender. An experiment with the section recommend makes one: "
                "recommend: {user: COLUMN, item: COLUMN}"
            )
        return _read_part(self.path, self.report, MODEL_STATE, lambda path: TwoTowerRecommender.load(path.parent))

    def names(self, column: str) -> dict[Any, str]:
        """Return the readable names of the categories of a column with vectors, if the run has any."""
        described = next((each for each in self.report["model"]["embeddings"] if each["column"] == column), {})
        names = described.get("names", ())
        keys = self.vectors[column].index_to_key if names else ()
        return {key: name for key, name in zip(keys, names, strict=True) if name}

    def predictor(self) -> Predictor | VectorLookup:
        """Return the frozen predictor of the model, a ``VectorLookup`` in a run without a target. This loads no Keras.

        Raises
        ------
        FormatError
            If the model cannot run without TensorFlow, or is a recommender.
        """
        self._check_features("predictor")
        return _read_part(self.path, self.report, MODEL_STATE, lambda path: load_predictor(path.parent))

    def encoder(self) -> TableEncoder:
        """Return the encoder of the model's tables, which knows the types of their columns. This loads no Keras."""
        self._check_features("encoder")
        return _read_part(self.path, self.report, MODEL_STATE, lambda path: _read_encoder(path.parent))

    def read_rows(self, path: str | Path, *, sep: str | None = None, encoding: str | None = None) -> pd.DataFrame:
        """Read the columns of the run from a file, by the types of the run. This loads no Keras.

        Parameters
        ----------
        path : path
            A file, as of :func:`~tabemb.experiments.tables.read_table`: codes that were text are text, also if it holds
            integers.
        sep, encoding : str, optional
            Of a text; those of the experiment by default.

        Returns
        -------
        pandas.DataFrame

        Raises
        ------
        ColumnError
            If a column is missing; the message suggests similar names.
        DataError
            If the file cannot be read.
        """
        path, data, encoder = Path(path), self.config.data, self.encoder()
        if is_plain_text(path):
            sep, encoding = sep or data.sep, encoding or data.encoding
        rows = self._columns_of(read_table(path, types=encoder.types, na=data.na, sep=sep, encoding=encoding))
        _warn_of_unknown(encoder, rows)
        return rows

    def predict(self, table: pd.DataFrame | str | Path) -> pd.DataFrame:
        """Predict the target for each row of a table. This loads Keras.

        Parameters
        ----------
        table : pandas.DataFrame or path
            A table with the columns of the run, in any order, or a file of one, which :meth:`read_rows` reads. Other
            columns are ignored.

        Returns
        -------
        pandas.DataFrame
            The column ``prediction``, and for a classifier ``probability_<class>`` for each class. Of a ranking,
            ``prediction`` is a score, and ``rank`` the rank of each row in its group, 1 for the best, if the table has
            the column of groups.

        Raises
        ------
        ColumnError
            If a column is missing; the message suggests similar names.
        DataError
            If the file cannot be read.
        FormatError
            If the run has no target.
        """
        self.check_target()
        rows = self._columns_of(table) if isinstance(table, pd.DataFrame) else self.read_rows(table)
        model = self.model()
        if not hasattr(model, "classes_"):
            ranks = {"rank": model.rank(rows)} if self.group in rows.columns else {}
            return pd.DataFrame({"prediction": np.asarray(model.predict(rows)), **ranks})
        probabilities = model.predict_proba(rows)
        predictions = {"prediction": np.asarray(model.classes_)[probabilities.argmax(axis=1)]}
        named = {f"probability_{name}": probabilities[:, i] for i, name in enumerate(model.classes_)}
        return pd.DataFrame(predictions | named)

    def check_target(self) -> None:
        """Raise an error if the run has no target to predict.

        Raises
        ------
        FormatError
            If its vectors were learned from the table alone, or it is a recommender.
        """
        if self.is_recommender:
            raise FormatError(
                f"The run {self.path} has no target to predict: it recommends items. Call recommender(), or run: "
                f"tabemb recommend {self.path} --user KEY"
            )
        if self.is_label_free:
            raise FormatError(
                f"The run {self.path} has no target to predict: its vectors were learned from the table alone. For the "
                f"vectors of new rows, call transform, or run: tabemb transform {self.path} TABLE"
            )

    def transform(self, table: pd.DataFrame | str | Path) -> pd.DataFrame:
        """Replace the categories of each row of a table by their vectors. This loads no Keras.

        Parameters
        ----------
        table : pandas.DataFrame or path
            As for :meth:`predict`.

        Returns
        -------
        pandas.DataFrame
            Of a run without a target, the output of the pretrainer: ``dest_emb0``, ``dest_emb1``, ... and the numbers.
            Of others, the columns of the run with those that have vectors replaced by them.

        Raises
        ------
        ColumnError
            If a column is missing; the message suggests similar names.
        DataError
            If the file cannot be read.
        """
        rows = self._columns_of(table) if isinstance(table, pd.DataFrame) else self.read_rows(table)
        if not self.is_label_free:
            return self.vectors.lookup(rows[self.report["data"]["columns"]])
        lookup = self.predictor()
        return pd.DataFrame(lookup.transform(rows), columns=lookup.get_feature_names_out(), index=rows.index)

    def _check_features(self, what: str) -> None:
        if self.is_recommender:
            raise FormatError(
                f"The run {self.path} recommends items and has no {what}. Call recommender(), or read the vectors of "
                f"users and items from vectors, or run: tabemb recommend {self.path} --user KEY"
            )

    def _columns_of(self, table: pd.DataFrame) -> pd.DataFrame:
        columns = self.report["data"]["columns"]
        for column in columns:
            if column not in table.columns:
                near = did_you_mean(column, [str(each) for each in table.columns])
                raise ColumnError(f"The run {self.path} needs the column {column!r}, which the table lacks.{near}")
        return table[[*columns, self.group] if self.group in table.columns else columns]


def _read_encoder(folder: Path) -> TableEncoder:
    state, arrays = read_saved(folder)
    with reading(folder / STATE_FILE, "a saved estimator"):
        return TableEncoder.from_state(state["table"], arrays["table"])


def _warn_of_unknown(encoder: TableEncoder, rows: pd.DataFrame) -> None:
    """Warn of columns most of whose categories the run does not know: they may have been written in another way."""
    with warnings.catch_warnings():
        # The prediction itself warns of a changed type.
        warnings.simplefilter("ignore", TypeChangedWarning)
        encoded = encoder.encode(rows)
    for column, (count, keys) in encoder.unknown_keys(rows, encoded).items():
        if count > len(rows) / 2:
            warn_caller(
                f"{count:,} of {len(rows):,} rows have a category in column {column!r} that the run does not know, "
                f"such as {keys[0]!r}. They get the vector for unknown categories.",
                UnknownCategoryWarning,
            )


def open_run(path: str | Path) -> RunFolder:
    """Open the folder of a finished run.

    Parameters
    ----------
    path : path
        The folder written by ``tabemb run``.

    Returns
    -------
    RunFolder

    Raises
    ------
    FormatError
        If there is no run, or a part of it is missing; the message names the part.

    Examples
    --------
    >>> import tempfile
    >>> import pandas as pd
    >>> from tabemb.experiments.config import ExperimentConfig
    >>> from tabemb.experiments.runs.runner import run
    >>> folder = tempfile.TemporaryDirectory()
    >>> table = Path(folder.name, "flights.csv")
    >>> flights = pd.DataFrame({"origin": ["JFK", "LGA", "EWR"] * 20, "arrival": ["on time", "late"] * 30})
    >>> flights.to_csv(table, index=False)
    >>> experiment = ExperimentConfig(
    ...     name="late",
    ...     data={"path": str(table), "target": "arrival"},
    ...     model={"max_epochs": 1, "one_hot_max_categories": 0},
    ...     baselines=["majority"],
    ...     validation={"kind": "holdout"},
    ...     output=folder.name,
    ... )
    >>> finished = open_run(run(experiment).path)  # or the folder of an earlier run: open_run("runs/late")
    >>> list(finished.vectors), sorted(finished.vectors["origin"].index_to_key)
    (['origin'], ['EWR', 'JFK', 'LGA'])
    >>> finished.comparison.n_rows, finished.config.name
    (60, 'late')
    >>> finished.predict(flights)["prediction"].isin(["on time", "late"]).all()
    np.True_
    >>> folder.cleanup()
    """
    return read_whole(Path(path), _open)


def describe_run(
    config: ExperimentConfig,
    problem: Problem,
    model: Any,
    vectors: Mapping[str, CategoryVectors],
    clock: dict[str, float],
    *,
    title: str,
    verdict: str,
) -> dict[str, Any]:
    """Return the part of ``report.json`` that all runs share.

    Parameters
    ----------
    config : ExperimentConfig
        The experiment.
    problem : Problem
        Its table.
    model : fitted EmbeddingClassifier, EmbeddingRegressor, EmbeddingPretrainer or TwoTowerRecommender
        The model to save.
    vectors : mapping of str to CategoryVectors
        Its vectors by column, with noise if it is known.
    clock : dict of str to float
        Seconds of each step.
    title, verdict : str
        The heading of the report, and its result in words.
    """
    hashed = problem.X
    if problem.y is not None:
        hashed = problem.table.assign(**{f"target: {problem.target}": problem.y})
    return {
        "format": FORMAT,
        "name": config.name,
        "title": title,
        "description": config.description,
        "created": datetime.now().astimezone().isoformat(timespec="seconds"),
        "verdict": verdict,
        "seed": config.seed,
        "config": config.model_dump(mode="json", exclude_unset=True),
        "data": {
            "source": problem.source,
            "target": problem.target or None,
            **({} if problem.group is None else {"group": str(problem.group.name)}),
            "columns": list(problem.X.columns),
            "rows_read": problem.n_read,
            "rows_used": len(problem.X),
            "notes": list(problem.notes),
            "reading": [asdict(each) for each in problem.readings],
            "sha256": data_hash(hashed),
        },
        "model": {
            "class": type(model).__name__,
            "embeddings": [
                _describe_vectors(column, each, problem.labels.get(column, {})) for column, each in vectors.items()
            ],
            **({} if isinstance(model, TwoTowerRecommender) else _describe_network(model)),
        },
        "seconds": {name: round(value, 3) for name, value in clock.items()},
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} processor cores",
        "versions": versions(),
    }


def _describe_network(model: Any) -> dict[str, Any]:
    schema = model.schema_
    return {
        "epochs": model.n_epochs_,
        "shared": model.vectors_.shared,
        "numeric": [each.name for each in schema.numeric],
        "statistics": {"share": model.statistics_share_, "crosses": [list(each) for each in model.crosses_]},
        "dropped": [{"column": each.name, "reason": each.reason} for each in schema.dropped],
        "hints": list(schema.hints),
    }


def write_run(folder: Path, model: Any, config_text: str, vectors: Mapping[str, CategoryVectors]) -> None:
    """Write the configuration, the vectors (one Parquet file per column) and the model.

    Raises
    ------
    OutputError
        If a file cannot be written.
    """
    write_text(folder / "config.yaml", "# The experiment of this run.\n" + config_text)
    (folder / "vectors").mkdir()
    for column, each in vectors.items():
        # The format is given because the file of a column without a name is ".parquet", which has no suffix.
        each.save(folder / vectors_file(column), format="parquet")
    model.save(folder / "model")


def write_report(folder: Path, record: Mapping[str, Any]) -> None:
    """Write ``report.json`` with the digests of the files that :func:`write_run` has written.

    The model's state in turn has the digest of its weights. The digests identify the run: whatever is read later is of
    the same run, or an error.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    written = [folder / "config.yaml", folder / MODEL_STATE, *sorted((folder / "vectors").iterdir())]
    written += [folder / METRICS] if (folder / METRICS).is_file() else []
    digests = {each.relative_to(folder).as_posix(): digest_of_file(each) for each in written}
    plain = json.loads(json.dumps(dict(record) | {"files": digests}, allow_nan=False, default=str))
    write_json(folder / REPORT, sealed(plain))


def try_names(folder: Path, columns: Iterable[str]) -> None:
    """Write and remove the files that a run will have, so that a path too long is noticed before anything is computed.

    Parameters
    ----------
    folder : Path
        An empty folder beside that of the run.
    columns : iterable of str
        The columns of the table.

    Raises
    ------
    OutputError
        If a file cannot be written.
    """
    for name in [MODEL_STATE, *map(vectors_file, columns)]:
        place = folder / name
        try:
            place.parent.mkdir(exist_ok=True)
            place.touch()
            place.unlink()
            place.parent.rmdir()
        except OSError as error:
            raise OutputError(
                f"Cannot write {name}: {error.strerror or error}. Choose a shorter name or output folder, or rename "
                "the column."
            ) from error


def write_json(path: Path, record: dict[str, Any]) -> None:
    """Write a record as JSON. NaN and infinity are errors."""
    write_text(path, json.dumps(record, indent=1, allow_nan=False, default=str))


def write_text(path: Path, text: str) -> None:
    """Write a text file in UTF-8.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    try:
        # Lone surrogates, which UTF-8 does not have, are escaped.
        path.write_text(text, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise OutputError(f"Cannot write {path.name}: {error.strerror or error}.") from error


def _describe_vectors(column: str, vectors: CategoryVectors, labels: Mapping[Any, Any]) -> dict[str, Any]:
    known = known_reliability(vectors)
    names = [each if isinstance(each := labels.get(key), str) else "" for key in vectors.index_to_key]
    return {
        "column": column,
        "categories": len(vectors),
        "dimensions": vectors.dim,
        "reliability": None if known is None else known._asdict() | {"by_chance": known.by_chance},
        # Readable names of the categories, where the data set has some.
        **({"names": names} if any(names) else {}),
    }


def _open(path: Path) -> RunFolder:
    if not path.is_dir():
        siblings = path.parent.iterdir() if path.parent.is_dir() else ()
        known = sorted(each.name for each in siblings if (each / "report.json").is_file())
        there = f" Runs in {path.parent}: {', '.join(known)}." if known else ""
        raise FormatError(f"There is no run in {path}.{there}{did_you_mean(path.name, known)}")
    missing = [part for part in sorted(PARTS) if not (path / part).exists()]
    if len(missing) == len(PARTS):
        raise FormatError(f"{path} is not the folder of a run: it contains none of {', '.join(sorted(PARTS))}.")
    if missing:
        raise _incomplete(path, f"{missing[0]} is missing")
    report = _read_report(path)
    columns = [each["column"] for each in report["model"]["embeddings"]]
    for column in columns:
        if not (path / vectors_file(column)).is_file():
            raise _incomplete(path, f"{vectors_file(column)} is missing")
    return RunFolder(path, report, RunVectors(path, columns, report))


def _read_part(folder: Path, report: Mapping[str, Any], name: str, read: Callable[[Path], Part]) -> Part:
    """Read a file of a run that was opened before.

    Raises
    ------
    FormatError
        If another run has replaced it since, or the file is damaged.
    """

    def whole(folder: Path) -> Part:
        # Runs in format 1 have no digests, and a folder made by hand has no report.
        if "files" in report:
            try:
                check_digest(folder / name, report["files"].get(name))
            except FormatError as error:
                if _read_report(folder).get("digest") != report.get("digest"):
                    raise FormatError(
                        f"The run {folder} was replaced by another since it was opened. Open it again."
                    ) from error
                raise
        return read(folder / name)

    return read_whole(folder, whole) if "files" in report else read(folder / name)


def _read_report(path: Path) -> dict[str, Any]:
    place = path / REPORT
    try:
        report = read_json(place)
    except FormatError as error:
        raise _incomplete(path, f"{REPORT} is damaged") from error
    found = report.get("format") if isinstance(report, dict) else None
    try:
        columns = [each["column"] for each in report["model"]["embeddings"]]
        report["comparison"], report["data"]["columns"]
        names = report.get("files", {})
        whole = all(isinstance(each, str) for each in columns) and isinstance(names, dict) and found is not None
    except (AttributeError, KeyError, TypeError) as error:
        raise _incomplete(path, f"{REPORT} is damaged") from error
    if not whole:
        raise _incomplete(path, f"{REPORT} is damaged")
    if found not in (WITHOUT_DIGESTS, FORMAT):
        raise FormatError(
            f"The run {path} has format {found!r}, but this version of tabemb reads format {FORMAT}. "
            "Run the experiment again."
        )
    if found == FORMAT:
        check_seal(report, place)
    return report


def _incomplete(path: Path, reason: str) -> FormatError:
    config = path / "config.yaml"
    again = f"tabemb run {config if config.exists() else 'CONFIG'} --force"
    return FormatError(f"The run {path} is incomplete: {reason}. Run the experiment again: {again}")
