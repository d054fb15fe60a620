"""Whether the vectors of a model have learned anything: fits with other seeds, and with permuted targets, beside it."""

from collections.abc import Mapping
from typing import Any

from sklearn.base import clone

from tabemb.estimators.controls import as_trained, is_fitted, permuted_targets, untrained_vectors
from tabemb.exceptions import DataError
from tabemb.vectors.table_diagnosis import TableDiagnosis

__all__ = ["diagnose_model"]


def diagnose_model(
    estimator: Any,
    X: Any,
    y: Any,
    sample_weight: Any = None,
    *,
    n_seeds: int = 3,
    control: bool = True,
    side: Mapping[str, Any] | None = None,
    random_state: int = 0,
    **settings: Any,
) -> TableDiagnosis:
    """Diagnose the vectors of all columns, beside those of refits.

    Takes ``n_seeds`` fits (one less where the estimator is fitted), and as many again for the control.

    Parameters
    ----------
    estimator : EmbeddingClassifier, EmbeddingRegressor or EmbeddingEncoder
        Where it is fitted, to the same rows, its vectors are diagnosed; else those of a first fit. It is left as it is.
    X, y, sample_weight
        As for its ``fit``.
    n_seeds : int, default=3
        Number of fits whose neighbours are compared.
    control : bool, default=True
        Whether as many networks are trained for as long on targets that are dealt out at random; one permutation, other
        seeds. Then the verdict says whether the vectors know more than those.
    side : mapping of str to side column, optional
        For a column, what is known of its categories; see ``CategoryVectors.diagnose``.
    random_state : int, default=0
        Seeds count up from here.
    **settings : dict
        ``min_count``, ``k`` and ``n_permutations`` of ``CategoryVectors.diagnose``.

    Returns
    -------
    TableDiagnosis
        A mapping from column to ``Diagnosis``.

    Raises
    ------
    DataError
        When ``n_seeds`` is no whole number from 2.
    ColumnError
        When ``side`` names a column that has no vectors.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from tabemb import EmbeddingRegressor
    >>> rides = pd.DataFrame({"stop": np.random.default_rng(0).choice(list("abcdefghijklmnopqrst"), 600)})
    >>> minutes = rides["stop"].map(ord)
    >>> model = EmbeddingRegressor(body="mlp", embedding_dim=2, max_epochs=15, damping=0, random_state=0)
    >>> found = diagnose_model(model.fit(rides, minutes), rides, minutes, n_seeds=2)
    >>> found["stop"]["geometry"].verdict
    'As a whole, fits are more alike than chance has it.'
    >>> found["stop"]["geometry"].value > found["stop"]["geometry, permuted"].value
    True
    """
    if isinstance(n_seeds, bool) or not isinstance(n_seeds, int) or n_seeds < 2:
        raise DataError(f"n_seeds is the number of fits whose neighbours are compared, 2 or more; got {n_seeds!r}.")
    seeds = [random_state + place for place in range(n_seeds)]
    model = estimator if is_fitted(estimator) else _fit(clone(estimator), seeds[0], X, y, sample_weight)
    # A seed of its own for each, whatever the model's is.
    others = [seed for seed in range(random_state, random_state + n_seeds + 1) if seed != model.random_state][
        : n_seeds - 1
    ]
    fits = [dict(_fit(clone(estimator), seed, X, y, sample_weight).vectors_) for seed in others]
    controls = []
    if control:
        dealt = permuted_targets(y, random_state)
        controls = [dict(_fit(as_trained(model), seed, X, dealt, sample_weight).vectors_) for seed in seeds]
    start = {} if getattr(model, "n_folds_", 0) else untrained_vectors(model)
    columns = dict(model.vectors_)
    beside: dict[str, dict[str, Any]] = {column: {"side": known} for column, known in (side or {}).items()}
    for column in columns:
        beside.setdefault(column, {}).update(
            fits=[each[column] for each in fits],
            control=[each[column] for each in controls],
            untrained=start.get(column),
        )
    return TableDiagnosis.of(columns, beside, random_state=random_state, **settings)


def _fit(estimator: Any, seed: int, X: Any, y: Any, sample_weight: Any) -> Any:
    return estimator.set_params(random_state=seed).fit(X, y, sample_weight=sample_weight)
