"""A comparison that leaves one page: the report of a run, without its folder."""

import time
from collections.abc import Callable
from pathlib import Path

from tabemb.experiments.comparison.result import Comparison
from tabemb.experiments.config import ExperimentConfig, dump_config
from tabemb.experiments.data import Problem
from tabemb.experiments.report.comparison_page import render_report
from tabemb.experiments.runs.folder import describe_run, write_text
from tabemb.experiments.runs.runner import FINAL_FIT, column_warnings_off, compare_only, make_estimator
from tabemb.files import replacing_file

__all__ = ["compare_and_report"]


def compare_and_report(
    config: ExperimentConfig,
    path: Path,
    *,
    problem: Problem,
    progress: Callable[[str, int, int], object] | None = None,
) -> Comparison:
    """Run the comparison of an experiment, fit its model to all rows, and write the report of both.

    Parameters
    ----------
    config : ExperimentConfig
        The experiment; its output is ignored.
    path : Path
        The HTML file. An old one is replaced once the new one is complete.
    problem : Problem
        The features and the target.
    progress : callable, optional
        See `tabemb.compare`; called once more before the model is fitted, with fold = n_folds.

    Returns
    -------
    Comparison

    Raises
    ------
    ConfigError, DataError
        If the experiment or its data are invalid.
    OutputError
        If the file cannot be written.
    """
    begin = time.perf_counter()
    comparison = compare_only(config, problem=problem, progress=progress)
    compared = time.perf_counter()
    if progress is not None:
        progress(FINAL_FIT, comparison.n_folds, comparison.n_folds)
    with column_warnings_off():
        fitted = make_estimator(config, problem).fit(problem.table, problem.y)
    model = getattr(fitted, "estimator_", fitted)
    end = time.perf_counter()
    vectors = comparison.with_noise(model.vectors_)
    clock = {"load": 0.0, "compare": compared - begin, "refit": end - compared, "total": end - begin}
    title = config.title or f"{problem.target}: embeddings against their baselines"
    record = describe_run(config, problem, model, vectors, clock, title=title, verdict=comparison.verdict())
    page = render_report(
        record | {"comparison": comparison.to_json()},
        comparison,
        vectors,
        config_text=dump_config(config),
        labels=problem.labels,
        **dict(config.report),
    )
    with replacing_file(path) as draft:
        write_text(draft, page)
    return comparison
