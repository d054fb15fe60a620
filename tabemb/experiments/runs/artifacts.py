"""What a run leaves in its folder, whatever kind of experiment it was: the record, the vectors, the model."""

import json
import os
import platform
from datetime import datetime
from pathlib import Path
from typing import Any

from tabemb.exceptions import OutputError
from tabemb.experiments.config import ExperimentConfig
from tabemb.experiments.runs.provenance import data_hash, versions
from tabemb.experiments.problem import Problem
from tabemb.experiments.runs.folder import FORMAT, vectors_file

__all__ = ["describe", "write_artefacts", "write_json", "write_text"]


def describe(
    config: ExperimentConfig, problem: Problem, model: Any, clock: dict[str, float], *, title: str, verdict: str
) -> dict[str, Any]:
    """Return what ``report.json`` says about any run.

    Parameters
    ----------
    config : ExperimentConfig
        The experiment.
    problem : Problem
        Its table.
    model : fitted EmbeddingClassifier or EmbeddingRegressor
        The model that is kept.
    clock : dict of str to float
        Seconds by what they were spent on.
    title, verdict : str
        The heading, and what was found.
    """
    schema, hashed = model.schema_, problem.X.assign(**{f"target: {problem.target}": problem.y})
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
            "target": problem.target,
            "columns": list(problem.X.columns),
            "rows_read": problem.n_read,
            "rows_used": len(problem.X),
            "notes": list(problem.notes),
            "sha256": data_hash(hashed),
        },
        "model": {
            "class": type(model).__name__,
            "epochs": model.n_epochs_,
            "embeddings": [
                {"column": column, "categories": len(vectors), "dimensions": vectors.dim}
                for column, vectors in model.vectors_.items()
            ],
            "numeric": [each.name for each in schema.numeric],
            "dropped": [{"column": each.name, "reason": each.reason} for each in schema.dropped],
            "hints": list(schema.hints),
        },
        "seconds": {name: round(value, 3) for name, value in clock.items()},
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} processor cores",
        "versions": versions(),
    }


def write_artefacts(draft: Path, model: Any, config_text: str) -> None:
    """Write the configuration, the vectors (Parquet, a file a column) and the model.

    Raises
    ------
    OutputError
        When they cannot be written.
    """
    write_text(draft / "config.yaml", "# The experiment as it was run.\n" + config_text)
    (draft / "vectors").mkdir()
    for column, vectors in model.vectors_.items():
        # Said, not guessed: the file of a column without a name is ".parquet", which has no suffix.
        vectors.save(draft / vectors_file(column), format="parquet")
    model.save(draft / "model")


def write_json(path: Path, record: dict[str, Any]) -> None:
    """Write a record; numbers that JSON does not have are an error."""
    write_text(path, json.dumps(record, indent=1, allow_nan=False, default=str))


def write_text(path: Path, text: str) -> None:
    """Write a text.

    Raises
    ------
    OutputError
        When it cannot be written.
    """
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise OutputError(f"Cannot write {path.name}: {error.strerror or error}.") from error
