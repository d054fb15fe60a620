"""Save a fitted estimator as a directory of data without code, JSON and safetensors, and rebuild it."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from os import PathLike
from pathlib import Path
from threading import Lock, get_ident
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator

from tabemb.estimators.folds import splitter_from_json, splitter_to_json
from tabemb.estimators.growth_report import growth_to_json, take_growth
from tabemb.estimators.parameters import PARTS
from tabemb.estimators.pretrained import paths_of
from tabemb.files import replacing_folder
from tabemb.inference.saved import STATE_FILE, WEIGHTS_FILE, write_saved
from tabemb.nn import keras
from tabemb.table.vocabularies import VocabularyKind, spec_of_kind

__all__ = ["estimator_from_state", "only_these_weights", "params_to_json", "save"]


def save(estimator: Any, path: str | PathLike[str]) -> None:
    """Write a fitted estimator to a directory; see :meth:`EmbeddingEstimator.save`."""
    learned, groups = estimator._to_state()
    # Those that describe the network: parameters that were set since describe the next fit.
    params = getattr(estimator, "_params_at_fit", None) or params_to_json(estimator)
    state = {
        "class": type(estimator).__name__,
        "versions": {name: version(name) for name in ("keras", "scikit-learn", "tensorflow")} | {"tabemb": _version()},
        "params": params,
        "growth": growth_to_json(estimator),
        **learned,
    }
    with replacing_folder(Path(path), {STATE_FILE, WEIGHTS_FILE}, make_parents=True) as draft:
        write_saved(draft, state, groups)


def estimator_from_state(cls: type, state: Mapping[str, Any], groups: Mapping[str, Any]) -> Any:
    """Return a fitted estimator from the content of its directory.

    A network is rebuilt from tabemb's own classes and filled with the saved weights.

    Parameters
    ----------
    cls : class
        Class of the estimator.
    state : mapping
        The saved state.
    groups : mapping of str to arrays
        The saved arrays.
    """
    estimator = cls(**{key: _from_json(key, value) for key, value in state["params"].items()})
    estimator._take_state(state, groups)
    take_growth(estimator, state)
    estimator._params_at_fit = state["params"]
    return estimator


# One network is rebuilt at a time.
_rebuilding = Lock()


@contextmanager
def only_these_weights(arrays: Iterable[np.ndarray]) -> Iterator[None]:
    """Let layers create weights only of the shapes of these arrays, each as often as it occurs.

    A saved estimator that describes a larger network than it has weights for is refused at the first layer that does
    not fit, before the memory for it is allocated.

    Parameters
    ----------
    arrays : iterable of ndarray

    Raises
    ------
    ValueError
        In the block, if a layer creates another weight.

    Examples
    --------
    >>> with only_these_weights([np.zeros((3, 2)), np.zeros(2)]):
    ...     keras.layers.Dense(2).build((None, 3))
    >>> with only_these_weights([np.zeros((3, 2)), np.zeros(2)]):
    ...     keras.layers.Dense(10**9).build((None, 3))
    Traceback (most recent call last):
    ValueError: its network needs a weight of shape (3, 1000000000), which is not among the saved weights
    """
    left = Counter(tuple(array.shape) for array in arrays)
    thread = get_ident()

    def add_weight(layer, shape=None, *args, **options):
        # Other threads may build networks of their own.
        if get_ident() == thread:
            wanted = tuple(int(size) for size in shape or ())
            if not left[wanted]:
                raise ValueError(f"its network needs a weight of shape {wanted}, which is not among the saved weights")
            left[wanted] -= 1
        return real(layer, shape, *args, **options)

    with _rebuilding:
        real = keras.layers.Layer.add_weight
        keras.layers.Layer.add_weight = add_weight
        try:
            yield
        finally:
            keras.layers.Layer.add_weight = real


def params_to_json(estimator: Any) -> dict[str, Any]:
    """Return the parameters of a fitted estimator as JSON values.

    Callbacks, and ``pretrained`` vectors other than files, are left out. Names replace a callable ``categorical``.

    Raises
    ------
    UnknownNameError
        If a part, such as the body, is not registered.
    """
    params = estimator.get_params(deep=False)
    if "callbacks" in params:
        params["callbacks"] = None
    if "pretrained" in params:
        params["pretrained"] = paths_of(params["pretrained"])
    if callable(params["categorical"]):
        params["categorical"] = [c.source for c in estimator.schema_.categorical if c.part is None]
    if isinstance(params["random_state"], np.random.RandomState):
        params["random_state"] = None
    splitter = {"cv": splitter_to_json(params.pop("cv"), estimator.n_folds_)} if "cv" in params else {}
    return {name: _to_json(name, value) for name, value in params.items()} | splitter


def _to_json(name, value):
    if isinstance(value, VocabularyKind):
        return _to_json(name, spec_of_kind(value))
    if isinstance(value, BaseEstimator):
        return {"spec": PARTS[name].name_of(value), "params": _to_json(name, value.get_params(deep=False))}
    if isinstance(value, float) and not np.isfinite(value):
        return {"float": str(value)}
    if isinstance(value, tuple):
        return {"tuple": [_to_json(name, each) for each in value]}
    if isinstance(value, Mapping):
        return {"items": [[_to_json(name, k), _to_json(name, v)] for k, v in value.items()]}
    if isinstance(value, Iterable) and not isinstance(value, str):
        return [_to_json(name, each) for each in value]
    return value.item() if isinstance(value, np.generic) else value


def _from_json(name, value):
    if isinstance(value, list):
        return [_from_json(name, each) for each in value]
    if isinstance(value, dict):
        if "float" in value:
            return float(value["float"])
        if "tuple" in value:
            return tuple(_from_json(name, each) for each in value["tuple"])
        if "splitter" in value:
            return splitter_from_json(value)
        if "spec" in value:
            return PARTS[name][value["spec"]](**_from_json(name, value["params"]))
        return {_from_json(name, key): _from_json(name, each) for key, each in value["items"]}
    return value


def _version():
    from tabemb import __version__

    return __version__
