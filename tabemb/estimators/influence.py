"""How much the network itself makes of the vectors of each column."""

from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils.validation import check_is_fitted

from tabemb.exceptions import DataError
from tabemb.nn.bodies import BODIES
from tabemb.nn.network import first_kernels

__all__ = ["column_influence"]


def column_influence(model: Any) -> pd.DataFrame:
    """Return how strongly the first layer of a network reads each embedded column.

    Vectors that are far apart need not weigh much: the kernel that reads them may be small. ``effect`` takes both: the
    standard deviation, over the rows of data, of what a column adds to a unit of the first layer. It says nothing of
    what later layers make of it, and nothing of numbers and one-hot columns.

    Parameters
    ----------
    model : EmbeddingClassifier, EmbeddingRegressor or EmbeddingEncoder
        Fitted, with a body whose first layer reads the vectors side by side. An ensemble counts by the mean of its
        networks.

    Returns
    -------
    pandas.DataFrame
        Indexed by column, the strongest first: ``kernel``, the root mean square of its part of the kernel; ``effect``;
        ``share``, of the sum of the squared effects.

    Raises
    ------
    DataError
        When the body has no such layer, or no column has vectors.

    Examples
    --------
    >>> from tabemb import EmbeddingRegressor
    >>> rides = pd.DataFrame({"stop": list("abcdefghij") * 12, "line": list("uvwxyz") * 20})
    >>> told = [5.0 * ord(stop) for stop in rides["stop"]]
    >>> model = EmbeddingRegressor(one_hot_max_categories=0, max_epochs=30, random_state=0).fit(rides, told)
    >>> column_influence(model).index[0]
    'stop'
    """
    check_is_fitted(model, "encoder_")
    networks = model._networks
    body, features = networks[0].spec.body, networks[0].spec.features
    if not features:
        raise DataError(
            "No column has vectors; set one_hot_max_categories=0 to learn some for columns of few categories."
        )
    kernels = [first_kernels(network) for network in networks]
    if kernels[0] is None:
        raise DataError(
            f"The body {BODIES.name_of(body)!r} has no first layer that alone reads the vectors of all columns side by "
            "side, so that no column can be told by its kernel. 'mlp', 'ensemble' and 'resnet' have one."
        )
    rows = {}
    for feature in features:
        counts = model.encoder_.vocabularies[feature.name].counts
        squares = [
            (np.square(of[feature.name]).mean(), _variance(network.vectors(feature), counts, of[feature.name]))
            for network, of in zip(networks, kernels, strict=True)
        ]
        rows[feature.name] = np.sqrt(np.mean(squares, axis=0))
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=["kernel", "effect"]).rename_axis("column")
    total = float((frame["effect"] ** 2).sum())
    frame["share"] = frame["effect"] ** 2 / total if total else 0.0
    return frame.sort_values("effect", ascending=False, kind="stable")


def _variance(table: np.ndarray, counts: np.ndarray, kernel: np.ndarray) -> float:
    """Return the variance over rows of data of what a column adds to a unit, the mean over units."""
    weights = counts if counts.any() else np.ones(len(counts))
    added = table.astype(np.float64) @ kernel
    around = added - np.average(added, axis=0, weights=weights)
    return float(np.average(np.square(around).mean(axis=1), weights=weights))
