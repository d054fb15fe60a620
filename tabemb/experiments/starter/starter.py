"""The base class of what writes the first YAML file of an experiment."""

from pathlib import Path

from tabemb.experiments.config import ExperimentConfig, config_of
from tabemb.experiments.data import load_problem

__all__ = ["Starter"]


class Starter:
    """Writes the first YAML file of one kind of experiment, with comments.

    Parameters
    ----------
    config : ExperimentConfig
        The settings of the data, of which the other settings are defaults; the path of the table is relative to the
        current folder.

    Attributes
    ----------
    problem : Problem
        The table.
    hints : tuple of str
        Sentences about what was chosen for the user, or is to be chosen.

    Raises
    ------
    ConfigError, DataError
        If a setting or the table is invalid.
    """

    def __init__(self, config: ExperimentConfig) -> None:
        self.config = config
        self.problem = load_problem(config)
        self.hints: tuple[str, ...] = ()

    def text(self, path: Path) -> str:
        """Return the YAML of the experiment, which runs as it is.

        Parameters
        ----------
        path : Path
            The file that will hold the text.

        Raises
        ------
        DataError
            If no experiment can run on the table, as the target has one class.
        """
        text = self.lines(path)
        # What is written must be an experiment, whatever the names of columns are.
        config_of(path, text)
        return text

    def lines(self, path: Path) -> str:
        """Return the YAML."""
        raise TypeError("a starter must define lines(path)")
