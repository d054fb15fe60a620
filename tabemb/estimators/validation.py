"""Which rows of a fit are held out for validation: those that members leave out, random rows, or the last ones.

Rows that a task compares within groups are held out by whole groups.
"""

import math
from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.model_selection import train_test_split

from tabemb.estimators.folds import deal_folds, left_out_rows, strata_of
from tabemb.estimators.group_folds import deal_groups, held_groups, last_groups
from tabemb.estimators.unknown import replace_untrained
from tabemb.exceptions import DataError
from tabemb.nn.seeds import Seeds
from tabemb.training.batches import Rows

__all__ = ["n_last_rows", "split_off"]


def n_last_rows(estimator: Any, n_rows: int) -> int:
    """Return how many of the last rows of a fit are held out; 0 if others are, or none.

    Parameters
    ----------
    estimator : EmbeddingEstimator
        Its parameters, and the validation rows that were given to its fit, are read.
    n_rows : int
        Number of rows of the fit.
    """
    if estimator.validation != "last" or estimator._given is not None or not estimator._has_validation_part(n_rows):
        return 0
    return min(math.ceil(n_rows * estimator.validation_fraction), n_rows - 1)


def split_off(estimator: Any, rows: Rows, seeds: Seeds) -> tuple[Rows, Rows]:
    """Return the training rows and the validation rows of a fit to which none were given.

    Categories of validation rows that are in no training row are replaced by their stand-ins.

    Parameters
    ----------
    estimator : EmbeddingEstimator
        Its parameters, its fitted encoding and its network are read. If members of the network can leave out rows of
        their own, the validation rows are those that they leave out, unless these are the last ones.
    rows : Rows
        The rows of the fit.
    seeds : Seeds
        Source of the seeds of the random choices.
    """
    encoder, keeps = estimator.encoder_, estimator._pretrained.kept
    if estimator.task_.grouped:
        return _split_groups(estimator, rows, seeds)
    if n_held := n_last_rows(estimator, len(rows)):
        kept, held = np.split(np.arange(len(rows)), [len(rows) - n_held])
    else:
        n_held = math.ceil(len(rows) * estimator.validation_fraction)
        strata = strata_of(rows.targets, n_held) if estimator.task_.is_classifier else None
        if (n_members := estimator._n_separate()) > 1:
            n_folds = max(n_members, round(1 / estimator.validation_fraction))
            train = replace(rows, folds=deal_folds(len(rows), n_folds, strata, seeds.generator("validation")))
            return train, left_out_rows(train, n_members, seeds.generator("judged"), encoder, keeps)
        kept, held = train_test_split(
            np.arange(len(rows)),
            test_size=min(n_held, len(rows) - 1),
            random_state=seeds["validation"],
            stratify=strata,
        )
    train, validation = rows.only(np.sort(kept)), rows.take(np.sort(held))
    return train, replace_untrained(validation, train, encoder, keeps)


def _split_groups(estimator, rows, seeds):
    """Return training and validation rows of different groups; see :func:`split_off`."""
    encoder, keeps = estimator.encoder_, estimator._pretrained.kept
    groups, n_held = rows.targets[:, -1], math.ceil(len(rows) * estimator.validation_fraction)
    if len(np.unique(groups)) == 1:
        raise DataError(
            "Whole groups are held out for validation, and there is a single one. Pass validation rows as X_val and "
            "y_val, or set a number for embedding_dim."
        )
    if estimator.validation == "last":
        held = last_groups(groups, n_held)
    elif (n_members := estimator._n_separate()) > 1:
        n_folds = max(n_members, round(1 / estimator.validation_fraction))
        train = replace(rows, folds=deal_groups(groups, n_folds, seeds.generator("validation")))
        return train, left_out_rows(train, n_members, seeds.generator("judged"), encoder, keeps, groups)
    else:
        held = held_groups(groups, n_held, seeds.generator("validation"))
    train, validation = rows.only(np.flatnonzero(~held)), rows.take(np.flatnonzero(held))
    return train, replace_untrained(validation, train, encoder, keeps)
