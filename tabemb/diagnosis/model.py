"""Check whether the vectors of a model have learned anything, by refits to parts of the rows and permuted targets."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.utils.validation import check_is_fitted

from tabemb.diagnosis.diagnose import diagnose_columns
from tabemb.diagnosis.refits import clone_for_vectors, fits_to_parts, is_fitted, refit_vectors
from tabemb.diagnosis.report import TableDiagnosis
from tabemb.estimators.learned import LearnedVectors
from tabemb.exceptions import DataError
from tabemb.nn.network import Network
from tabemb.nn.starts import STARTS, RandomStart
from tabemb.table.types import ColumnLike, TableLike
from tabemb.vectors.category_vectors import CategoryVectors

__all__ = ["as_trained", "diagnose_model", "permuted_control", "permuted_targets", "untrained_vectors"]


# Number of fits with different seeds, and of fits to permuted targets.
N_SEEDS = 3


def diagnose_model(
    estimator: Any,
    X: TableLike,
    y: ColumnLike,
    sample_weight: ColumnLike | None = None,
    *,
    n_refits: int = 5,
    control: bool = False,
    side: Mapping[str, Any] | None = None,
    random_state: int = 0,
    **settings: Any,
) -> TableDiagnosis:
    """Diagnose the vectors of all columns by refits.

    Compares fits to two halves of the rows, and takes the noise of the vectors from ``n_refits`` refits that each leave
    out another part of the rows (an ``EmbeddingEncoder`` with five folds has them already).

    Parameters
    ----------
    estimator : EmbeddingClassifier, EmbeddingRegressor or EmbeddingEncoder
        If fitted, to the same rows, its vectors are diagnosed; otherwise those of a first fit. It is not changed.
    X, y, sample_weight
        As for its ``fit``.
    n_refits : int, default=5
        Number of refits for the noise, at least 3.
    control : bool, default=False
        Whether to compare three fits with other seeds to three fits, for as many epochs, to permuted targets (one
        permutation). The diagnosis then has a verdict on whether the vectors know more about the targets than those,
        for the columns that start at random (``start="random"``). The fits of the others agree by their start.
    side : mapping of str to side information, optional
        Side information for some columns; see :func:`tabemb.diagnose`.
    random_state : int, default=0
        Random seed of the parts of the rows, and the first one of the fits.
    **settings : dict
        ``min_count``, ``k`` and ``n_permutations`` of :func:`tabemb.diagnose`.

    Returns
    -------
    TableDiagnosis
        A mapping from column to ``Diagnosis``.

    Raises
    ------
    DataError
        If ``n_refits`` is not an integer of at least 3.
    ColumnError
        If ``side`` has a column without vectors.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from tabemb import EmbeddingRegressor
    >>> rides = pd.DataFrame({"stop": np.random.default_rng(0).choice(list("abcdefghijklmnopqrst"), 400)})
    >>> minutes = rides["stop"].map(ord)
    >>> model = EmbeddingRegressor(body="mlp", embedding_dim=2, max_epochs=8, learning_rate=0.02, random_state=0)
    >>> found = diagnose_model(model.fit(rides, minutes), rides, minutes, n_refits=3)
    >>> found["stop"]["halves"].verdict
    'Two halves of the rows agree on the 4 nearest more than by chance.'
    """
    model = estimator if is_fitted(estimator) else _fit(clone_for_vectors(estimator), random_state, X, y, sample_weight)
    columns = dict(model.vectors_)
    if any(each.noise is None for each in columns.values()):
        columns = dict(refit_vectors(model, X, y, sample_weight, n_refits=n_refits, random_state=random_state))
    halves = fits_to_parts(model, X, y, sample_weight, n_parts=2, random_state=random_state)
    start = {} if getattr(model, "n_folds_", 0) else untrained_vectors(model, X)
    fits, controls = _seeds_and_control(model, X, y, sample_weight, random_state) if control else ([], [])
    by_column: dict[str, dict[str, Any]] = {
        model.vectors_.table_of(column) if column in model.vectors_ else column: {"side": known}
        for column, known in (side or {}).items()
    }
    for column in columns:
        halved = [each[column] for each in halves if column in each]
        at_random = column not in model.priors_
        by_column.setdefault(column, {}).update(
            halves=halved if len(halved) == len(halves) else None,
            fits=[each[column] for each in fits if at_random],
            control=[each[column] for each in controls if at_random],
            untrained=start.get(column) if at_random else None,
        )
    return diagnose_columns(columns, by_column, random_state=random_state, **settings)


def _seeds_and_control(
    model: Any, X: Any, y: Any, sample_weight: Any, random_state: int
) -> tuple[list[dict[str, CategoryVectors]], list[dict[str, CategoryVectors]]]:
    """Return the vectors of fits with other seeds, and of fits to permuted targets."""
    seeds = [random_state + place for place in range(N_SEEDS)]
    # The seed of the model itself is skipped, so that all fits differ.
    others = [seed for seed in range(random_state, random_state + N_SEEDS + 1) if seed != model.random_state]
    fits = [dict(_fit(clone_for_vectors(model), seed, X, y, sample_weight).vectors_) for seed in others[: N_SEEDS - 1]]
    permuted = permuted_targets(y, random_state)
    controls = [dict(_fit(as_trained(model), seed, X, permuted, sample_weight).vectors_) for seed in seeds]
    return fits, controls


def permuted_control(
    estimator: Any, X: Any, y: Any, sample_weight: Any = None, *, random_state: int = 0
) -> dict[str, CategoryVectors]:
    """Return the vectors of the estimator when fitted to permuted targets.

    Such vectors know nothing about the targets, so they show what vectors without knowledge look like. A fitted
    estimator is refitted for as many epochs, with as many dimensions and without early stopping, so that the control
    can overfit as much as the estimator could. An unfitted one is fitted with its own parameters.

    Parameters
    ----------
    estimator : EmbeddingClassifier, EmbeddingRegressor or EmbeddingEncoder
        The estimator. It is not changed.
    X, y, sample_weight
        As for its ``fit``. Weights are not permuted.
    random_state : int, default=0
        Random seed of the permutation; the network has the estimator's.

    Returns
    -------
    dict of str to CategoryVectors
        For ``tabemb.diagnose(..., control=...)``.

    References
    ----------
    Hewitt & Liang 2019, "Designing and interpreting probes with control tasks" (arXiv:1909.03368).

    Examples
    --------
    >>> import pandas as pd
    >>> from tabemb import EmbeddingClassifier
    >>> flights = pd.DataFrame({"dest": ["IAH", "MIA", "BOS", "ORD"] * 30})
    >>> late = (flights["dest"] == "MIA").to_numpy()
    >>> model = EmbeddingClassifier(body="mlp", one_hot_max_categories=0, max_epochs=2, random_state=0)
    >>> permuted_control(model.fit(flights, late), flights, late)["dest"]
    CategoryVectors(dest: 4 categories x 3)
    """
    permuted = permuted_targets(y, random_state)
    return dict(as_trained(estimator).fit(X, permuted, sample_weight=sample_weight).vectors_)


def permuted_targets(y: Any, random_state: int) -> npt.NDArray[Any]:
    """Return the targets in random order, as an array.

    Parameters
    ----------
    y : array-like of shape (n_rows,) or (n_rows, n_outputs)
        Targets.
    random_state : int
        Random seed.

    Examples
    --------
    >>> sorted(permuted_targets(["a", "b", "c"], 0).tolist())
    ['a', 'b', 'c']
    """
    targets = y.to_numpy() if hasattr(y, "to_numpy") else np.asarray(y)
    permuted: npt.NDArray[Any] = targets[np.random.default_rng(random_state).permutation(len(targets))]
    return permuted


def as_trained(estimator: Any) -> Any:
    """Return an unfitted copy that, if the estimator is fitted, trains for as many epochs with as many dimensions."""
    copy = clone_for_vectors(estimator)
    if not is_fitted(estimator):
        return copy
    params = {"early_stopping": False, "max_epochs": estimator.best_epoch_}
    # It has no held-out rows to choose them.
    start = STARTS.resolve(copy.start)
    if "prior" in start.get_params():
        params["start"] = start.set_params(prior=dict(estimator.priors_))
    if dims := {column: vectors.dim for column, vectors in estimator.vectors_.items()}:
        params["embedding_dim"] = dims
    # Calibration needs a validation set and changes no vector.
    if "calibration" in copy.get_params(deep=False):
        params["calibration"] = None
    return copy.set_params(**params)


def untrained_vectors(model: Any, X: Any = None) -> dict[str, CategoryVectors]:
    """Return the initial vectors of a fitted estimator.

    Parameters
    ----------
    model : EmbeddingClassifier, EmbeddingRegressor or EmbeddingEncoder
        A fitted estimator. The networks of an ensemble start with the same vectors.
    X : table, optional
        The rows it was fitted to, from which vectors with ``start="cooccurrence"`` are computed again.

    Returns
    -------
    dict of str to CategoryVectors
        For ``tabemb.diagnose(..., untrained=...)``, if they started at random. Columns that started with ``pretrained``
        vectors are left out, and without X those that did not start at random.

    Raises
    ------
    DataError
        If the encoder was cross-fitted: its vectors are the mean of several networks with different starts.

    Examples
    --------
    >>> import pandas as pd
    >>> from tabemb import EmbeddingRegressor
    >>> rides = pd.DataFrame({"stop": list("abcdefghij") * 12})
    >>> model = EmbeddingRegressor(body="mlp", max_epochs=1, random_state=0).fit(rides, range(120))
    >>> start = untrained_vectors(model, rides)["stop"]
    >>> start.dim == model.vectors_["stop"].dim, bool((start.vectors != model.vectors_["stop"].vectors).any())
    (True, True)
    """
    check_is_fitted(model, "encoder_")
    if getattr(model, "n_folds_", 0):
        raise DataError(
            f"The encoder was cross-fitted: its vectors are the mean of {model.n_folds_} networks with different "
            "starts. Fit it with cv=None to get its initial vectors."
        )
    network, start = Network(model._network.spec), STARTS.resolve(model.start)
    without = set(model.pretrained_report_)
    if X is not None:
        for each in model._started_tables(network, model.encoder_.encode(model._read(X))):
            each.put(network)
    elif not isinstance(start, RandomStart):
        without |= set(model.vectors_)
    vectors = LearnedVectors([network], model.encoder_.vocabularies)
    return {column: each for column, each in vectors.items() if column not in without}


def _fit(estimator: Any, seed: int, X: Any, y: Any, sample_weight: Any) -> Any:
    return estimator.set_params(random_state=seed).fit(X, y, sample_weight=sample_weight)
