"""Save and load a fitted estimator as a directory of data without code: JSON and safetensors."""

import json
from collections.abc import Iterable, Mapping
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator

from tabemb.estimators.folds import splitter_from_json, splitter_to_json
from tabemb.estimators.parameters import PARTS
from tabemb.estimators.pretrained import paths_of
from tabemb.exceptions import FormatError
from tabemb.files import read_whole, replacing_folder
from tabemb.inference.saved import FORMAT, STATE_FILE, WEIGHTS_FILE, read_saved
from tabemb.vectors.formats.safetensors import save_arrays

__all__ = ["load", "save"]

ESTIMATORS = {
    "EmbeddingClassifier": "tabemb.estimators.classifier",
    "EmbeddingEncoder": "tabemb.estimators.encoder",
    "EmbeddingRegressor": "tabemb.estimators.regressor",
}


def save(estimator: Any, path: str | Path) -> None:
    """Write a fitted estimator to a directory; see :meth:`EmbeddingEstimator.save`."""
    learned, groups = estimator._to_state()
    state = {
        "format": FORMAT,
        "class": type(estimator).__name__,
        "versions": {name: version(name) for name in ("keras", "scikit-learn", "tensorflow")} | {"tabemb": _version()},
        "params": _params_to_json(estimator),
        **learned,
    }
    arrays = {
        f"{group}/{name}": np.ascontiguousarray(array)
        for group, named in groups.items()
        for name, array in named.items()
    }
    with replacing_folder(Path(path), {STATE_FILE, WEIGHTS_FILE}, make_parents=True) as draft:
        (draft / STATE_FILE).write_text(json.dumps(state, indent=1, ensure_ascii=False), encoding="utf-8")
        save_arrays(arrays, draft / WEIGHTS_FILE)


def load(path: str | Path) -> Any:
    """Load an estimator saved by its ``save`` method.

    The network is rebuilt from tabemb's own classes and filled with the saved weights. No code from the directory is
    run.

    Parameters
    ----------
    path : str or Path
        The directory.

    Returns
    -------
    estimator
        The fitted estimator, of the class that was saved.

    Raises
    ------
    FormatError
        If the directory is missing, incomplete, or not a saved estimator.

    Examples
    --------
    >>> import pandas as pd, tempfile, tabemb
    >>> flights = pd.DataFrame({"dest": ["IAH", "MIA"] * 20})
    >>> model = tabemb.EmbeddingClassifier(max_epochs=2, random_state=0).fit(flights, flights["dest"])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     model.save(f"{folder}/model")
    ...     again = tabemb.load(f"{folder}/model")
    >>> bool((again.predict_proba(flights) == model.predict_proba(flights)).all())
    True
    """
    path = Path(path)
    state, groups = read_whole(path, read_saved)
    name = state.get("class")
    if name not in ESTIMATORS:
        raise FormatError(
            f"{path / STATE_FILE} names an unknown class: {name!r}. Known: {', '.join(sorted(ESTIMATORS))}."
        )
    try:
        estimator = getattr(import_module(ESTIMATORS[name]), name)(
            **{key: _from_json(key, value) for key, value in state["params"].items()}
        )
        estimator._take_state(state, groups)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise FormatError(f"{path} is not a complete saved estimator: {str(error).rstrip('.')}.") from error
    return estimator


def _params_to_json(estimator):
    params = estimator.get_params(deep=False)
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
