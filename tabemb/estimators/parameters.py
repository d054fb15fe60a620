"""The parameters of the estimators: their ranges, which ``fit`` checks, and the registries of parts."""

from collections.abc import Iterable, Mapping
from numbers import Integral, Real

import numpy as np

from tabemb.estimators.objectives import OBJECTIVES
from tabemb.estimators.pretrained import FREEZE, may_freeze
from tabemb.nn.bodies import BODIES
from tabemb.nn.losses import LOSSES
from tabemb.nn.numeric import NUMERIC_ENCODERS
from tabemb.nn.sizes import SIZE_RULES
from tabemb.nn.starts import STARTS
from tabemb.nn.unknown import UNKNOWN_STRATEGIES
from tabemb.ranges import is_share, share_range
from tabemb.table.shared import check_shared
from tabemb.table.vocabularies import VocabularyKind, check_spec
from tabemb.training.schedules import SCHEDULES

__all__ = ["PARTS", "check_parameters"]

# Registries of the parameters that may be given by name.
PARTS = {
    "body": BODIES,
    "numeric": NUMERIC_ENCODERS,
    "schedule": SCHEDULES,
    "embedding_dim": SIZE_RULES,
    "loss": LOSSES,
    "handle_unknown": UNKNOWN_STRATEGIES,
    "start": STARTS,
    "objective": OBJECTIVES,
}

# Expected value in words, and its test, by parameter.
RANGES = {
    "group": ("the name of a column", lambda v: isinstance(v, str)),
    "category_dropout": (share_range(zero=True), lambda v: is_share(v, zero=True)),
    "learning_rate": ("a positive number", lambda v: _real(v) and 0 < v < np.inf),
    "embedding_rate": (
        "'auto' or a positive number",
        lambda v: (isinstance(v, str) and v == "auto") or (_real(v) and 0 < v < np.inf),
    ),
    "pretrained": (
        "None, a mapping from column to vectors, or a fitted estimator with vectors_",
        lambda v: v is None or isinstance(v, Mapping) or hasattr(type(v), "vectors_"),
    ),
    "freeze": (FREEZE, may_freeze),
    "weight_decay": ("a number of at least 0", lambda v: _real(v) and 0 <= v < np.inf),
    "damping": ("a number of at least 0", lambda v: _real(v) and 0 <= v < np.inf),
    "shrinkage": ("a number of at least 0", lambda v: _real(v) and 0 <= v < np.inf),
    "batch_size": ("'auto' or a positive integer", lambda v: _auto(v) or _count(v, 1)),
    "weight_averaging": ("a number of at least 0", lambda v: _real(v) and 0 <= v < np.inf),
    "max_epochs": ("a positive integer", lambda v: _count(v, 1)),
    "validation_fraction": (share_range(), is_share),
    "validation": ("'random' or 'last'", lambda v: isinstance(v, str) and v in ("random", "last")),
    "n_iter_no_change": ("'auto' or a positive integer", lambda v: _auto(v) or _count(v, 1)),
    "tol": ("a number of at least 0", lambda v: _real(v) and v >= 0),
    "one_hot_max_categories": ("a number of at least 0", lambda v: _real(v) and v >= 0),
    "label_smoothing": (share_range(zero=True), lambda v: is_share(v, zero=True)),
    "negative_share": (f"{share_range(one=True)} or None", lambda v: v is None or is_share(v, one=True)),
    "calibration": ("None or 'temperature'", lambda v: v is None or (isinstance(v, str) and v == "temperature")),
    "n_ensemble": ("a positive integer", lambda v: _count(v, 1)),
    "early_stopping": ("True or False", lambda v: isinstance(v, (bool, np.bool_))),
    "verbose": ("0, 1, True or False", lambda v: isinstance(v, (Integral, np.bool_))),
    "callbacks": ("None or a list of Keras callbacks", lambda v: v is None or isinstance(v, (list, tuple))),
    "random_state": (
        "None, an integer of at least 0, or a numpy RandomState",
        lambda v: v is None or _count(v, 0) or isinstance(v, np.random.RandomState),
    ),
    "cv": (
        "None, an integer of at least 2, a splitter with split(), or an iterable of pairs (training rows, held-out "
        "rows)",
        lambda v: v is None or _count(v, 2) or _splits(v),
    ),
    "target_statistics": (
        "True, False or 'auto'",
        lambda v: isinstance(v, (bool, np.bool_)) or (isinstance(v, str) and v == "auto"),
    ),
    "crosses": (
        "None, 'auto' or a list of lists of at least two names of columns",
        lambda v: v is None or (isinstance(v, str) and v == "auto") or _crosses(v),
    ),
    "multi_valued": (
        "'auto', None, or a mapping from column to a separator, 'words' or 'bigrams'",
        lambda v: v is None or (isinstance(v, str) and v == "auto") or isinstance(v, Mapping),
    ),
    "vocabulary": (
        "None, a kind of vocabulary, or a mapping from column to kind",
        lambda v: v is None or isinstance(v, str | Mapping | VocabularyKind),
    ),
    "remainder": ("'passthrough' or 'drop'", lambda v: isinstance(v, str) and v in ("passthrough", "drop")),
}


def _crosses(value):
    return isinstance(value, (list, tuple)) and all(isinstance(each, (list, tuple)) and len(each) > 1 for each in value)


def check_parameters(estimator) -> None:
    """Raise an error for the first invalid parameter.

    Parameters
    ----------
    estimator : estimator
        The estimator.

    Raises
    ------
    ValueError
        If a parameter is out of range, or does not fit another one.
    UnknownNameError
        If a part has an unknown name.
    """
    params = estimator.get_params(deep=False)
    if hasattr(estimator, "transform") and isinstance(params.get("target_statistics"), str):
        raise ValueError(
            f"The 'target_statistics' parameter of {type(estimator).__name__} must be True or False. Got "
            f"{params['target_statistics']!r} instead."
        )
    for name, (wanted, test) in RANGES.items():
        if name in params and not test(params[name]):
            raise ValueError(
                f"The {name!r} parameter of {type(estimator).__name__} must be {wanted}. Got {params[name]!r} instead."
            )
    check_shared(estimator.shared)
    check_spec(estimator.vocabulary)
    for name in ("body", "numeric", "schedule", "start", "handle_unknown", "objective"):
        if hasattr(estimator, name):
            PARTS[name].resolve(getattr(estimator, name)).check()
    strategy = UNKNOWN_STRATEGIES.resolve(estimator.handle_unknown)
    if strategy.min_cosine is not None and estimator.pretrained is None:
        raise ValueError(
            "handle_unknown='pretrained' looks up unknown categories in pretrained vectors, of which there are "
            "none. Pass some as pretrained, or choose another handle_unknown."
        )
    rare = [name for name in ("min_frequency", "max_categories") if params[name] is not None]
    if rare and strategy.refuses:
        raise ValueError(
            f"handle_unknown='error' cannot be combined with {' and '.join(rare)}, by which rare categories are "
            "unknown. Choose another handle_unknown, or keep all categories."
        )


def _splits(value):
    # Strings have split() and are iterable too.
    return not isinstance(value, str) and (hasattr(value, "split") or isinstance(value, Iterable))


def _real(value):
    return isinstance(value, Real) and not isinstance(value, bool)


def _auto(value):
    return isinstance(value, str) and value == "auto"


def _count(value, least):
    return isinstance(value, Integral) and not isinstance(value, bool) and value >= least
