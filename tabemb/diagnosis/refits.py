"""Vectors that know how sure they are: the noise of a model's vectors, from refits to parts of its rows."""

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import clone, is_classifier
from sklearn.model_selection import KFold, StratifiedKFold

from tabemb.diagnosis.model import is_fitted
from tabemb.exceptions import DataError
from tabemb.table.frames import read_frame
from tabemb.vectors.refits import FEWEST_REFITS, with_noise
from tabemb.vectors.store import EmbeddingStore

__all__ = ["refit_vectors"]


def refit_vectors(
    estimator: Any, X: Any, y: Any, sample_weight: Any = None, *, n_refits: int = 5, random_state: int = 0
) -> EmbeddingStore:
    """Return the vectors of an estimator with their noise, by refits that each leave out another part of the rows.

    The vectors are those of the estimator. With the noise, ``most_similar(..., confidence=True)`` tells how often a
    neighbor comes back in fits to other rows, and ``reliability()`` whether neighbors mean anything at all.

    Parameters
    ----------
    estimator : EmbeddingClassifier, EmbeddingRegressor or EmbeddingEncoder
        If fitted, to the same rows, its vectors are kept; otherwise a copy is fitted first. It is not changed.
    X, y, sample_weight
        As for its ``fit``.
    n_refits : int, default=5
        Number of parts and of refits. Each refit takes about as long as the fit.
    random_state : int, default=0
        Random seed of the parts.

    Returns
    -------
    EmbeddingStore
        A mapping from column to ``CategoryVectors``.

    Raises
    ------
    DataError
        If ``n_refits`` is not an integer of at least 3, or there are fewer rows.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from tabemb import EmbeddingRegressor
    >>> rides = pd.DataFrame({"stop": np.random.default_rng(0).choice(list("abcdefghijklmnopqrst"), 600)})
    >>> minutes = rides["stop"].map(ord)
    >>> model = EmbeddingRegressor(body="mlp", embedding_dim=2, max_epochs=15, damping=0, random_state=0)
    >>> stops = refit_vectors(model, rides, minutes)["stop"]
    >>> stops.reliability().share > stops.reliability().chance
    True
    >>> len(stops.most_similar("a", topn=2, confidence=True)[0])
    3
    """
    n_rows = read_frame(X).n_rows
    if isinstance(n_refits, bool) or not isinstance(n_refits, int | np.integer) or n_refits < FEWEST_REFITS:
        raise DataError(f"n_refits must be an integer of at least {FEWEST_REFITS}; got {n_refits!r}.")
    if n_rows < n_refits:
        raise DataError(f"{n_refits} refits need at least as many rows; got {n_rows}.")
    weights = None if sample_weight is None else np.asarray(sample_weight)
    model = estimator if is_fitted(estimator) else clone(estimator).fit(X, y, sample_weight=sample_weight)
    vectors = dict(model.vectors_)
    refits, dims = [], {column: each.dim for column, each in vectors.items()}
    for rows in _parts(model, y, n_rows, int(n_refits), random_state):
        copy = clone(model)
        if dims:
            copy.set_params(embedding_dim=dims)
        own = None if weights is None else weights[rows]
        refits.append(dict(copy.fit(read_frame(X).take(rows).native, _take(y, rows), sample_weight=own).vectors_))
    return with_noise(vectors, refits, 1 - 1 / n_refits)


def _parts(model: Any, y: Any, n_rows: int, n_parts: int, seed: int) -> list[npt.NDArray[np.intp]]:
    """Return the rows of each refit; the rows left out differ, and are a sample of each class."""
    classes = np.asarray(y)
    if is_classifier(model) and classes.ndim == 1 and np.unique(classes, return_counts=True)[1].min() >= n_parts:
        splits = StratifiedKFold(n_parts, shuffle=True, random_state=seed).split(classes, classes)
    else:
        splits = KFold(n_parts, shuffle=True, random_state=seed).split(np.zeros(n_rows))
    return [train for train, _ in splits]


def _take(y: Any, rows: npt.NDArray[np.intp]) -> Any:
    return y.iloc[rows] if hasattr(y, "iloc") else np.asarray(y)[rows]
