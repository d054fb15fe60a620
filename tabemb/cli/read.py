"""Read and check the table of an experiment before TensorFlow is loaded, and show how it was read."""

from typing import TYPE_CHECKING

from tabemb.cli.app import put

if TYPE_CHECKING:
    from tabemb.experiments.config import ExperimentConfig
    from tabemb.experiments.data import Problem

__all__ = ["load_checked", "show_readings"]


def load_checked(experiment: "ExperimentConfig", quiet: bool) -> "Problem":
    """Check an experiment, load its table, check whether both fit, and print how each column was read.

    Parameters
    ----------
    experiment : ExperimentConfig
        The experiment.
    quiet : bool
        Whether nothing is printed.
    """
    from tabemb.experiments.config_checks import check_config, check_problem
    from tabemb.experiments.data import load_problem

    check_config(experiment)
    problem = load_problem(experiment)
    check_problem(experiment, problem)
    if not quiet:
        show_readings(problem)
    return problem


def show_readings(problem: "Problem") -> None:
    """Print how each column was read."""
    from tabemb.cli.screen import readings_table

    put(readings_table(problem.readings, problem.notes))
    put("")
