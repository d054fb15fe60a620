"""Vectors that stand beside those of a fit: of targets that say nothing, and of no training at all."""

from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted

from tabemb.estimators.learned import LearnedVectors
from tabemb.exceptions import DataError
from tabemb.nn.network import Network
from tabemb.vectors.category_vectors import CategoryVectors

__all__ = ["as_trained", "is_fitted", "permuted_control", "permuted_targets", "untrained_vectors"]


def permuted_control(
    estimator: Any, X: Any, y: Any, sample_weight: Any = None, *, random_state: int = 0
) -> dict[str, CategoryVectors]:
    """Return the vectors that the estimator learns where targets are dealt out to the rows at random.

    They know nothing: what they look like, vectors that know nothing look like. An estimator that is fitted is trained
    anew for as many epochs, with as many dimensions and without early stopping, so that the control learns its noise by
    heart as far as the estimator could have; another is fitted as its parameters say.

    Parameters
    ----------
    estimator : EmbeddingClassifier, EmbeddingRegressor or EmbeddingEncoder
        It is left as it is.
    X, y, sample_weight
        As for its ``fit``. Weights stay with their rows.
    random_state : int, default=0
        Seed of the permutation; the network has the estimator's.

    Returns
    -------
    dict of str to CategoryVectors
        For ``vectors.diagnose(control=...)``.

    References
    ----------
    Hewitt & Liang 2019, "Designing and interpreting probes with control tasks" (arXiv:1909.03368).

    Examples
    --------
    >>> import pandas as pd
    >>> from tabemb import EmbeddingClassifier
    >>> flights = pd.DataFrame({"dest": ["IAH", "MIA", "BOS", "ORD"] * 30})
    >>> late = (flights["dest"] == "MIA").to_numpy()
    >>> model = EmbeddingClassifier(one_hot_max_categories=0, max_epochs=2, random_state=0).fit(flights, late)
    >>> permuted_control(model, flights, late)["dest"]
    CategoryVectors(dest: 4 categories x 3)
    """
    dealt = permuted_targets(y, random_state)
    return dict(as_trained(estimator).fit(X, dealt, sample_weight=sample_weight).vectors_)


def permuted_targets(y: Any, random_state: int) -> np.ndarray:
    """Return the targets in another order, as an array.

    Parameters
    ----------
    y : array-like of shape (n_rows,) or (n_rows, n_outputs)
        Targets.
    random_state : int
        Seed.

    Examples
    --------
    >>> sorted(permuted_targets(["a", "b", "c"], 0).tolist())
    ['a', 'b', 'c']
    """
    targets = y.to_numpy() if hasattr(y, "to_numpy") else np.asarray(y)
    return targets[np.random.default_rng(random_state).permutation(len(targets))]


def as_trained(estimator: Any) -> Any:
    """Return an unfitted copy that, where the estimator is fitted, trains as long and has as many dimensions."""
    copy = clone(estimator)
    if not is_fitted(estimator):
        return copy
    params = {"early_stopping": False, "max_epochs": estimator.best_epoch_}
    if dims := {column: vectors.dim for column, vectors in estimator.vectors_.items()}:
        params["embedding_dim"] = dims
    # It takes a validation part, and changes no vector.
    if "calibration" in copy.get_params(deep=False):
        params["calibration"] = None
    return copy.set_params(**params)


def untrained_vectors(model: Any) -> dict[str, CategoryVectors]:
    """Return the vectors with which a fitted estimator began.

    Parameters
    ----------
    model : EmbeddingClassifier, EmbeddingRegressor or EmbeddingEncoder
        Fitted. An ensemble's networks begin with the same vectors.

    Returns
    -------
    dict of str to CategoryVectors
        For ``vectors.diagnose(untrained=...)``. Columns that began with ``pretrained`` vectors are not among them.

    Raises
    ------
    DataError
        When the encoder was cross-fitted: its vectors are the mean of several networks', each with a start of its own.

    Examples
    --------
    >>> import pandas as pd
    >>> from tabemb import EmbeddingRegressor
    >>> rides = pd.DataFrame({"stop": list("abcdefghij") * 12})
    >>> model = EmbeddingRegressor(max_epochs=1, random_state=0).fit(rides, range(120))
    >>> began = untrained_vectors(model)["stop"]
    >>> began.dim == model.vectors_["stop"].dim, bool((began.vectors != model.vectors_["stop"].vectors).any())
    (True, True)
    """
    check_is_fitted(model, "encoder_")
    if getattr(model, "n_folds_", 0):
        raise DataError(
            f"The encoder was cross-fitted: its vectors are the mean of {model.n_folds_} networks', and each began "
            "elsewhere. Fit it with cv=None to see where it began."
        )
    start = Network(model._network.spec)
    began = LearnedVectors([start], model.encoder_.vocabularies)
    return {column: vectors for column, vectors in began.items() if column not in model.pretrained_report_}


def is_fitted(estimator: Any) -> bool:
    """Tell whether an estimator has been fitted."""
    return hasattr(estimator, "encoder_")
