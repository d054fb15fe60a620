"""Saving a fitted estimator as a directory that holds data only: JSON and safetensors."""

import json
from collections.abc import Iterable, Mapping
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from tabemb.estimators.base import PARTS
from tabemb.estimators.pretrained import paths_of
from tabemb.estimators.splits import splitter_from_json, splitter_to_json
from tabemb.exceptions import FormatError
from tabemb.files import read_whole, replacing_folder
from tabemb.nn.tasks import TASKS, task_from_state
from tabemb.table.encoder import TableEncoder
from tabemb.vectors.formats.safetensors import save_arrays

__all__ = ["load", "save"]

STATE_FILE, WEIGHTS_FILE = "tabemb.json", "weights.safetensors"
FORMAT = 2
ESTIMATORS = {
    "EmbeddingClassifier": "tabemb.estimators.classifier",
    "EmbeddingEncoder": "tabemb.estimators.encoder",
    "EmbeddingRegressor": "tabemb.estimators.regressor",
}


def save(estimator: Any, path: str | Path) -> None:
    """Write a fitted estimator to a directory; see :meth:`EmbeddingEstimator.save`."""
    check_is_fitted(estimator, "encoder_")
    table, arrays = estimator.encoder_.to_state()
    beside, arrays_beside = estimator._beside_networks()
    pretrained, arrays_pretrained = estimator._pretrained_state()
    weights = {
        f"{_of_network(number)}/{place:04d}": array
        for number, network in enumerate(estimator._networks)
        for place, array in enumerate(network.model.get_weights())
    }
    state = {
        "format": FORMAT,
        "class": type(estimator).__name__,
        "versions": {name: version(name) for name in ("keras", "scikit-learn", "tensorflow")} | {"tabemb": _version()},
        "params": _params_to_json(estimator),
        "n_features_in": estimator.n_features_in_,
        "feature_names_in": [str(name) for name in getattr(estimator, "feature_names_in_", [])] or None,
        "table": table,
        "task": {"name": TASKS.name_of(estimator.task_), **estimator.task_.to_state()},
        "networks": [{"seed": network.spec.seed} for network in estimator._networks],
        "output": dict(getattr(estimator, "_sklearn_output_config", {})),
        "histories": estimator.histories_,
        "n_epochs": estimator.n_epochs_,
        "best_epoch": estimator.best_epoch_,
        "sizes": {feature.name: feature.table.embedding_dim for feature in estimator._network.spec.features},
        "beside": beside,
        "pretrained": pretrained,
    }
    everything = {
        **weights,
        **_named("table", arrays),
        **_named("beside", arrays_beside),
        **_named("pretrained", arrays_pretrained),
    }
    with replacing_folder(Path(path), {STATE_FILE, WEIGHTS_FILE}, make_parents=True) as draft:
        (draft / STATE_FILE).write_text(json.dumps(state, indent=1, ensure_ascii=False), encoding="utf-8")
        save_arrays({name: np.ascontiguousarray(array) for name, array in everything.items()}, draft / WEIGHTS_FILE)


def load(path: str | Path) -> Any:
    """Load an estimator that was saved with ``save``.

    The network is built anew from tabemb's own classes and filled with the saved numbers; nothing that is found in the
    directory is run.

    Parameters
    ----------
    path : str or Path
        The directory.

    Returns
    -------
    estimator
        Fitted, of the class that was saved.

    Raises
    ------
    FormatError
        When the directory is not there, not whole, or not a saved estimator.

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
    state, arrays = read_whole(path, _read)
    name = state.get("class")
    if name not in ESTIMATORS:
        raise FormatError(f"{path / STATE_FILE} names a class that tabemb does not have: {name!r}.")
    try:
        estimator = getattr(import_module(ESTIMATORS[name]), name)(
            **{key: _from_json(key, value) for key, value in state["params"].items()}
        )
        estimator.encoder_ = TableEncoder.from_state(state["table"], _unnamed("table", arrays))
        estimator.task_ = task_from_state(state["task"])
        estimator.n_features_in_ = state["n_features_in"]
        if state["feature_names_in"]:
            estimator.feature_names_in_ = np.asarray(state["feature_names_in"], dtype=object)
        if state["output"]:
            estimator.set_output(**state["output"])
        estimator.histories_, estimator.history_ = state["histories"], state["histories"][0]
        estimator.n_epochs_, estimator.best_epoch_ = state["n_epochs"], state["best_epoch"]
        estimator._take_pretrained_state(state["pretrained"], _unnamed("pretrained", arrays))
        networks = [estimator._network_from_seed(each["seed"], state["sizes"]) for each in state["networks"]]
        for number, network in enumerate(networks):
            network.model.set_weights(list(_unnamed(_of_network(number), arrays).values()))
        estimator._network, estimator._others = networks[0], tuple(networks[1:])
        estimator._take_beside_networks(state["beside"], _unnamed("beside", arrays))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise FormatError(f"{path} is not a whole saved estimator: {str(error).rstrip('.')}.") from error
    return estimator


def _read(path):
    if not path.is_dir():
        raise FormatError(f"There is no saved estimator at {path}: save() makes a directory, and none is there.")
    for name in (STATE_FILE, WEIGHTS_FILE):
        if not (path / name).is_file():
            raise FormatError(f"{path} is not a whole saved estimator: {name} is missing. Save it again.")
    try:
        state = json.loads((path / STATE_FILE).read_text(encoding="utf-8"))
    except ValueError as error:
        raise FormatError(f"{path / STATE_FILE} is not JSON: {error}.") from error
    if not isinstance(state, dict) or state.get("format") != FORMAT:
        found = state.get("format") if isinstance(state, dict) else None
        raise FormatError(f"{path / STATE_FILE} has the format {found!r}; this tabemb reads format {FORMAT}.")
    try:
        return state, load_file(path / WEIGHTS_FILE)
    except SafetensorError as error:
        raise FormatError(f"{path / WEIGHTS_FILE} cannot be read: {error}.") from error


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


def _of_network(number):
    return f"network-{number}"


def _named(prefix, arrays):
    return {f"{prefix}/{name}": array for name, array in arrays.items()}


def _unnamed(prefix, arrays):
    start = f"{prefix}/"
    return {name[len(start) :]: arrays[name] for name in sorted(arrays) if name.startswith(start)}


def _version():
    from tabemb import __version__

    return __version__
