"""A run without a target: vectors learned from a table alone, their report and the pretrainer."""

import shlex
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tabemb.exceptions import DataError
from tabemb.experiments.config import ExperimentConfig
from tabemb.experiments.config_checks import check_problem
from tabemb.experiments.data import Problem
from tabemb.experiments.pretraining import ExtraRows, describe_pretraining, make_pretrainer, numeric_columns
from tabemb.experiments.report.certain_neighbors import certain_neighbors
from tabemb.experiments.report.vectors_page import render_vectors
from tabemb.experiments.runs.folder import describe_run, write_report, write_run, write_text

__all__ = ["learn_vectors"]

FIT = "vectors"


def learn_vectors(
    config: ExperimentConfig,
    problem: Problem,
    draft: Path,
    folder: Path,
    text: str,
    clock: dict[str, float],
    progress: Callable[[str, int, int], object] | None,
) -> dict[str, Any]:
    """Learn vectors without a target, and write the folder of the run.

    Parameters
    ----------
    config : ExperimentConfig
        The experiment, with ``pretrain`` and without ``data.target``.
    problem : Problem
        Its table.
    draft, folder : Path
        Where the files are written, and where they will be.
    text : str
        The YAML of the experiment.
    clock : dict of str to float
        Seconds of each step; the time of the fit and the total are added.
    progress : callable, optional
        Called before the fit.

    Returns
    -------
    dict
        ``comparison`` (None) and ``known``, what the vectors know.

    Raises
    ------
    DataError
        If nothing can be learned from the table.
    """
    begin = time.perf_counter()
    check_problem(config, problem)
    if progress is not None:
        progress(FIT, 0, 1)
    extra = ExtraRows([] if problem.other is None else [problem.other], numeric_columns(problem))
    try:
        model = make_pretrainer(config).fit(extra.beside(problem.X))
    except DataError as error:
        raise type(error)(f"{config.where()}: {error}") from error
    clock["learn"] = time.perf_counter() - begin
    vectors = model.vectors_
    write_run(draft, model, text, vectors)
    clock["total"] = clock["load"] + time.perf_counter() - begin
    known = certain_neighbors(vectors, problem.labels, by_folds=False)
    title = config.title or f"{config.name}: vectors without a target"
    record = describe_run(config, problem, model, vectors, clock, title=title, verdict=known.answer)
    record |= {"comparison": None, "pretrain": describe_pretraining(config, problem)}
    write_report(draft, record)
    page = render_vectors(
        record,
        vectors,
        known=known,
        config_text=text,
        labels=problem.labels,
        explore=f"tabemb explore {shlex.quote(str(folder))}",
        **dict(config.report),
    )
    write_text(draft / "report.html", page)
    return {"comparison": None, "known": known}
