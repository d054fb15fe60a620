"""Fits without a target."""

from typing import Any

import numpy as np

from tabemb.estimators.inputs import TrainingData, check_table
from tabemb.estimators.network_specs import dims_by_table
from tabemb.estimators.objectives import NO_TRAINING, Objective
from tabemb.estimators.parameters import check_parameters
from tabemb.estimators.priors import Priors
from tabemb.nn.seeds import Seeds
from tabemb.nn.sizes import columns_from_data
from tabemb.nn.tasks import NoTarget

__all__ = ["learn_without_target"]


def learn_without_target(estimator: Any, X: Any, objective: Objective) -> None:
    """Fit an estimator whose output are vectors to a table alone.

    Parameters
    ----------
    estimator : VectorTransformer
        Gets its fitted attributes.
    X : table of shape (n_rows, n_columns)
        The table.
    objective : Objective
        Learns the vectors.

    Raises
    ------
    DataError
        If the table has no rows, or nothing to learn from.
    """
    check_parameters(estimator)
    objective.check()
    frame = check_table(estimator, X)
    nothing = np.zeros(frame.n_rows)
    data = TrainingData(
        frame=frame, targets=nothing, weights=None, kept=np.arange(frame.n_rows), n_rows=frame.n_rows, categorical=False
    )
    seeds = Seeds(estimator._root_seed())
    rows = estimator._encode_training_data(data, NoTarget())
    if columns := columns_from_data(dims_by_table(estimator), estimator._embedded()):
        raise ValueError(
            f"embedding_dim='auto' finds the number of dimensions by the loss of a target, and there is none. Set a "
            f"number or a rule, such as embedding_dim='capped'. Columns with 'auto': {', '.join(map(repr, columns))}."
        )
    estimator._network, estimator._others = estimator._network_from_seed(seeds["network"]), ()
    estimator._check_output()
    estimator.n_folds_, estimator._noise, record = 0, {}, NO_TRAINING
    if estimator._network.spec.features:
        record = objective.learn(estimator, rows, seeds)
        estimator._serve_unknown(estimator._network, rows)
        estimator._noise = objective.noise(estimator, rows, seeds)
    estimator._keep_records([record], Priors([], {}))
