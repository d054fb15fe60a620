"""Vectors that know how sure they are: the noise of a model's vectors, from refits to parts of its rows."""

from collections.abc import Iterable, Sequence
from itertools import zip_longest
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import clone
from sklearn.model_selection import KFold, StratifiedKFold

from tabemb.estimators.base import EmbeddingEstimator
from tabemb.exceptions import DataError
from tabemb.table.frames import read_frame
from tabemb.table.types import ColumnLike, TableLike
from tabemb.vectors.category_vectors import CategoryVectors
from tabemb.vectors.refits import FEWEST_REFITS, with_noise
from tabemb.vectors.store import EmbeddingStore

__all__ = ["clone_for_vectors", "fits_to_parts", "is_fitted", "refit_vectors"]


def refit_vectors(
    estimator: Any,
    X: TableLike,
    y: ColumnLike,
    sample_weight: ColumnLike | None = None,
    *,
    n_refits: int = 5,
    random_state: int = 0,
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
    >>> rides = pd.DataFrame({"stop": np.random.default_rng(0).choice(list("abcdefghij"), 200)})
    >>> minutes = rides["stop"].map(ord)
    >>> model = EmbeddingRegressor(body="mlp", embedding_dim=2, max_epochs=8, learning_rate=0.02, random_state=0)
    >>> stops = refit_vectors(model, rides, minutes)["stop"]
    >>> stops.reliability().share > stops.reliability().chance
    True
    >>> len(stops.most_similar("a", topn=2, confidence=True)[0])
    3
    """
    if isinstance(n_refits, bool) or not isinstance(n_refits, int | np.integer) or n_refits < FEWEST_REFITS:
        raise DataError(f"n_refits must be an integer of at least {FEWEST_REFITS}; got {n_refits!r}.")
    if not isinstance(estimator, EmbeddingEstimator):
        raise DataError(
            "Expected an EmbeddingClassifier, EmbeddingRegressor or EmbeddingEncoder, whose vectors can be learned "
            f"again; got {type(estimator).__name__}."
        )
    model = estimator if is_fitted(estimator) else clone_for_vectors(estimator).fit(X, y, sample_weight=sample_weight)
    refits = _fits(model, X, y, sample_weight, [kept for kept, _ in _parts(model, X, y, int(n_refits), random_state)])
    return with_noise(model.vectors_, refits, 1 - 1 / n_refits)


def fits_to_parts(
    model: Any, X: Any, y: Any, sample_weight: Any = None, *, n_parts: int = 2, random_state: int = 0
) -> list[dict[str, CategoryVectors]]:
    """Return the vectors of fits to parts of the rows that have no row in common.

    Parameters
    ----------
    model : EmbeddingClassifier, EmbeddingRegressor or EmbeddingEncoder
        A fitted estimator. The fits have its parameters and dimensions, and different seeds.
    X, y, sample_weight
        As for its ``fit``.
    n_parts : int, default=2
        Number of parts.
    random_state : int, default=0
        Random seed of the parts, and the first one of the fits.

    Examples
    --------
    >>> import pandas as pd
    >>> from tabemb import EmbeddingRegressor
    >>> rides = pd.DataFrame({"stop": list("abcdefghij") * 12})
    >>> model = EmbeddingRegressor(body="mlp", max_epochs=1, random_state=0).fit(rides, range(120))
    >>> one, two = fits_to_parts(model, rides, range(120))
    >>> one["stop"].counts.sum(), two["stop"].counts.sum()
    (np.int64(60), np.int64(60))
    """
    rows = [left_out for _, left_out in _parts(model, X, y, n_parts, random_state)]
    return _fits(model, X, y, sample_weight, rows, seeds=range(random_state, random_state + n_parts))


def clone_for_vectors(estimator: Any) -> Any:
    """Return an unfitted copy without a network of target statistics, which does not change the vectors."""
    copy = clone(estimator)
    return copy.set_params(target_statistics=False) if hasattr(copy, "crosses") else copy


def is_fitted(estimator: Any) -> bool:
    """Return whether an estimator has been fitted."""
    return hasattr(estimator, "encoder_")


def _fits(
    model: Any, X: Any, y: Any, sample_weight: Any, parts: Sequence[npt.NDArray[np.intp]], seeds: Iterable[int] = ()
) -> list[dict[str, CategoryVectors]]:
    """Return the vectors of fits to some rows, with the dimensions of the model, and its seed if none are given."""
    dims = {column: each.dim for column, each in model.vectors_.items()}
    weights = None if sample_weight is None else np.asarray(sample_weight)
    fits, frame = [], read_frame(X)
    for rows, seed in zip_longest(parts, seeds):
        copy = clone_for_vectors(model)
        if dims:
            copy.set_params(embedding_dim=dims)
        if seed is not None:
            copy.set_params(random_state=seed)
        own = None if weights is None else weights[rows]
        fits.append(dict(copy.fit(frame.take(rows).native, _take(y, rows), sample_weight=own).vectors_))
    return fits


def _parts(
    model: Any, X: Any, y: Any, n_parts: int, seed: int
) -> list[tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]]:
    """Return the rows that each part keeps and leaves out; those left out are a sample of each class."""
    # Also checks that X has the columns of the fit.
    n_rows, targets = model._read(X).n_rows, np.asarray(y)
    if len(targets) != n_rows:
        raise DataError(f"X has {n_rows} rows and y has {len(targets)}; they must have the same number.")
    if n_rows < n_parts:
        raise DataError(f"{n_parts} parts need at least as many rows; got {n_rows}.")
    if model.task_.is_classifier and targets.ndim == 1 and np.unique(targets, return_counts=True)[1].min() >= n_parts:
        return list(StratifiedKFold(n_parts, shuffle=True, random_state=seed).split(targets, targets))
    return list(KFold(n_parts, shuffle=True, random_state=seed).split(np.zeros(n_rows)))


def _take(y: Any, rows: npt.NDArray[np.intp]) -> Any:
    return y.iloc[rows] if hasattr(y, "iloc") else np.asarray(y)[rows]
