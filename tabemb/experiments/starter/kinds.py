"""Which class writes the first YAML file of an experiment."""

from tabemb.experiments.config import ExperimentConfig
from tabemb.experiments.starter.prediction import PredictionStarter
from tabemb.experiments.starter.ranking import RankingStarter
from tabemb.experiments.starter.recommendation import RecommendationStarter
from tabemb.experiments.starter.starter import Starter

__all__ = ["make_starter"]


def make_starter(config: ExperimentConfig) -> Starter:
    """Load the table of an experiment, and return what writes the first YAML file of such an experiment.

    Parameters
    ----------
    config : ExperimentConfig
        The settings of the data, the task if it is ranking, and the section ``recommend`` if items are recommended.

    Raises
    ------
    ConfigError, DataError
        If a setting or the table is invalid.
    """
    if config.recommend is not None:
        return RecommendationStarter(config)
    return RankingStarter(config) if config.task == "ranking" else PredictionStarter(config)
