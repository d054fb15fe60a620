"""The folder of a finished run: what is in it, and how it is read."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tabemb.exceptions import FormatError, did_you_mean
from tabemb.files import read_whole
from tabemb.experiments.config import ExperimentConfig, read_config
from tabemb.experiments.comparison.result import Comparison
from tabemb.vectors.category_vectors import CategoryVectors
from tabemb.vectors.store import EmbeddingStore, column_file

__all__ = ["EXISTS", "EXPLORER", "PARTS", "WRITTEN", "RunFolder", "RunVectors", "open_run", "vectors_file"]

PARTS = frozenset({"config.yaml", "model", "report.html", "report.json", "vectors"})
# What `tabemb explore` adds to them.
EXPLORER = "explore.html"
WRITTEN = PARTS | {EXPLORER}
EXISTS = (
    "The run {path} exists already. Replace it with --force (force=True in Python), or choose another name or output "
    "folder."
)
FORMAT = 1
FEW_CATEGORIES = (
    " A column of few categories enters one-hot and has none, unless the experiment says model: "
    "{one_hot_max_categories: 0}."
)


def vectors_file(column: str) -> str:
    """Return the file, inside a run's folder, that holds a column's vectors.

    Examples
    --------
    >>> vectors_file("native-country"), vectors_file("from/to")
    ('vectors/native-country.parquet', 'vectors/from%2Fto.parquet')
    """
    return f"vectors/{column_file(column)}"


class RunVectors(EmbeddingStore):
    """The vectors of a run by column; a file is read when it is first asked for.

    Parameters
    ----------
    folder : path
        The run's folder.
    columns : list of str
        The columns that have vectors.
    """

    def __init__(self, folder: Path, columns: list[str]) -> None:
        self._folder = folder
        self._columns = columns
        self._read: dict[str, CategoryVectors] = {}

    def _vectors_of(self, column: str) -> CategoryVectors:
        if column not in self._read:
            self._read[column] = CategoryVectors.load(self._folder / vectors_file(column), format="parquet")
        return self._read[column]

    def _missing_column(self, column: object) -> str:
        known = ", ".join(self._columns) or "none"
        return (
            f"The run {self._folder} has no vectors of a column {column!r}. Columns: {known}."
            f"{did_you_mean(column, self._columns) or FEW_CATEGORIES}"
        )

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)

    def __repr__(self) -> str:
        # No file is read for it.
        return f"RunVectors({', '.join(self._columns)})"


@dataclass(frozen=True, slots=True)
class RunFolder:
    """A finished run.

    Parameters
    ----------
    path : Path
        Its folder.
    report : dict
        What ``report.json`` holds.
    vectors : RunVectors
        Column to vectors.
    """

    path: Path
    report: dict[str, Any]
    vectors: RunVectors

    @property
    def config(self) -> ExperimentConfig:
        """The experiment as it was run."""
        return read_config(self.path / "config.yaml")

    @property
    def comparison(self) -> Comparison:
        """The scores.

        Raises
        ------
        FormatError
            When the run was a study; what it found is in ``report["study"]``.
        """
        if self.report["comparison"] is None:
            raise FormatError(
                f"The run {self.path} was a study, not a comparison; see report['study'] for its figures."
            )
        return Comparison.from_json(self.report["comparison"])

    def model(self) -> Any:
        """Return the model that was fitted to all rows (this loads Keras)."""
        from tabemb.estimators.persistence import load

        return load(self.path / "model")


def open_run(path: str | Path) -> RunFolder:
    """Open the folder of a finished run.

    Parameters
    ----------
    path : path
        The folder that ``tabemb run`` wrote.

    Returns
    -------
    RunFolder

    Raises
    ------
    FormatError
        When there is no run, or a part of it is gone; the message names the part.

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
    >>> folder.cleanup()
    """
    return read_whole(Path(path), _open)


def _open(path: Path) -> RunFolder:
    if not path.is_dir():
        beside = path.parent.iterdir() if path.parent.is_dir() else ()
        known = sorted(each.name for each in beside if (each / "report.json").is_file())
        there = f" Runs in {path.parent}: {', '.join(known)}." if known else ""
        raise FormatError(f"There is no run in {path}.{there}{did_you_mean(path.name, known)}")
    missing = [part for part in sorted(PARTS) if not (path / part).exists()]
    if len(missing) == len(PARTS):
        raise FormatError(f"{path} is not the folder of a run: it has none of {', '.join(sorted(PARTS))}.")
    if missing:
        raise _broken(path, f"{missing[0]} is missing")
    report = _read_report(path)
    columns = [each["column"] for each in report["model"]["embeddings"]]
    for column in columns:
        if not (path / vectors_file(column)).is_file():
            raise _broken(path, f"{vectors_file(column)} is missing")
    return RunFolder(path, report, RunVectors(path, columns))


def _read_report(path: Path) -> dict[str, Any]:
    try:
        report = json.loads((path / "report.json").read_text(encoding="utf-8"))
        found = report["format"]
        report["model"]["embeddings"], report["comparison"], report["data"]["columns"]
    except (ValueError, KeyError, TypeError) as error:
        raise _broken(path, "report.json is damaged") from error
    if found != FORMAT:
        raise FormatError(
            f"The run {path} is of format {found!r}; this version of tabemb reads format {FORMAT}. "
            "Run the experiment again."
        )
    return report


def _broken(path: Path, what: str) -> FormatError:
    config = path / "config.yaml"
    again = f"tabemb run {config if config.exists() else 'CONFIG'} --force"
    return FormatError(f"The run {path} is not whole: {what}. Run the experiment again: {again}")
