"""How strongly the first layer of a network uses the vectors of each column."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.utils.validation import check_is_fitted

from tabemb.exceptions import DataError
from tabemb.nn.bodies import BODIES
from tabemb.nn.network import first_kernels

__all__ = ["column_influence"]


def column_influence(model: Any) -> pd.DataFrame:
    """Return how strongly the first layer of a network uses each embedded column.

    Vectors far apart may still have little effect, if the kernel that reads them is small. ``effect`` covers both: the
    standard deviation, over rows of data, of what a column adds to a unit of the first layer. It does not cover later
    layers, numbers, or one-hot columns.

    Parameters
    ----------
    model : EmbeddingClassifier, EmbeddingRegressor or EmbeddingEncoder
        A fitted estimator whose body has a first layer that reads the concatenated vectors. For an ensemble, the
        squares are averaged over its networks.

    Returns
    -------
    pandas.DataFrame
        Indexed by column, strongest first: ``kernel``, the root mean square of its part of the kernel; ``effect``;
        ``share``, of the sum of the squared effects.

    Raises
    ------
    DataError
        If the body has no such layer, or no column has vectors.

    Examples
    --------
    >>> from tabemb import EmbeddingRegressor
    >>> rides = pd.DataFrame({"stop": list("abcdefghij") * 12, "line": list("uvwxyz") * 20})
    >>> minutes = [5.0 * ord(stop) for stop in rides["stop"]]
    >>> model = EmbeddingRegressor(one_hot_max_categories=0, max_epochs=30, random_state=0).fit(rides, minutes)
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
    kernels: list[Any] = [first_kernels(network) for network in networks]
    if kernels[0] is None:
        raise DataError(
            f"The body {BODIES.name_of(body)!r} has no first layer that alone reads the concatenated vectors of all "
            "columns, so columns cannot be separated by its kernel. 'mlp', 'ensemble' and 'resnet' have one."
        )
    rows = {}
    for feature in features:
        counts = model.encoder_.counts_of(feature.name)
        squares = [
            (np.square(of[feature.name]).mean(), _variance(network.vectors(feature), counts, of[feature.name]))
            for network, of in zip(networks, kernels, strict=True)
        ]
        rows[feature.name] = np.sqrt(np.mean(squares, axis=0))
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=["kernel", "effect"]).rename_axis("column")
    total = float((frame["effect"] ** 2).sum())
    frame["share"] = frame["effect"] ** 2 / total if total else 0.0
    return frame.sort_values("effect", ascending=False, kind="stable")


def _variance(table: npt.NDArray[Any], counts: npt.NDArray[Any], kernel: npt.NDArray[Any]) -> float:
    """Return the variance, over rows of data, of what a column adds to a unit, averaged over units."""
    weights = counts if counts.any() else np.ones(len(counts))
    added = table.astype(np.float64) @ kernel
    centered = added - np.average(added, axis=0, weights=weights)
    return float(np.average(np.square(centered).mean(axis=1), weights=weights))
