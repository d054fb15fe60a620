"""Write a recommender to a folder, and read it without Keras and TensorFlow."""

from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.base import BaseEstimator

from tabemb.exceptions import FormatError, reading
from tabemb.files import read_whole, replacing_folder
from tabemb.inference.saved import STATE_FILE, WEIGHTS_FILE, read_saved, write_saved
from tabemb.recommend.interactions import InteractionMatrix
from tabemb.recommend.methods import METHODS
from tabemb.recommend.side_columns import SideColumns
from tabemb.recommend.towers import Towers
from tabemb.table.vocabulary import Vocabulary
from tabemb.vectors.indexes import INDEXES

__all__ = ["read_recommender", "recommender_from_state", "write_recommender"]

Recommender = TypeVar("Recommender")
CLASS = "TwoTowerRecommender"
# Parameters that are parts, by the registry of their kind.
PARTS: Mapping[str, Any] = {"method": METHODS, "search": INDEXES}


def write_recommender(recommender: Any, path: Path) -> None:
    """Write a fitted recommender; see :meth:`TwoTowerRecommender.save`."""
    params = recommender.get_params(deep=False)
    if isinstance(params["random_state"], np.random.RandomState):
        params["random_state"] = None
    for name, registry in PARTS.items():
        part = registry.resolve(params[name])
        params[name] = {"name": registry.name_of(part), **_values(part)}
    known = recommender.interactions_
    matrix = known.matrix
    groups: dict[str, dict[str, npt.NDArray[Any]]] = {
        "towers": recommender.towers_.to_arrays(),
        "interactions": {"data": matrix.data, "indices": matrix.indices, "indptr": matrix.indptr},
    }
    columns: dict[str, Any] = {}
    for side, each in recommender._columns.items():
        if each is not None:
            columns[side], groups[side] = each.to_state()
            vectors, counts = recommender._values[side]
            groups[f"{side}_values"] = {"vectors": vectors, "counts": counts}
    state = {
        "class": CLASS,
        "versions": {"scikit-learn": version("scikit-learn"), "tabemb": _version()},
        "params": _plain(params),
        "users": known.users.to_json(),
        "items": known.items.to_json(),
        "columns": columns,
        "rates": bool(recommender._rates),
        "half_life": _plain(recommender.half_life_),
    }
    with replacing_folder(path, {STATE_FILE, WEIGHTS_FILE}, make_parents=True) as draft:
        write_saved(draft, state, groups)


def read_recommender(cls: type[Recommender], path: Path) -> Recommender:
    """Read a saved recommender; see :meth:`TwoTowerRecommender.load`."""
    state, groups = read_whole(path, read_saved)
    if state.get("class") != CLASS:
        raise FormatError(f"{path} is not a saved recommender but a saved {state.get('class')!r}. Use tabemb.load.")
    with reading(path, "a saved recommender", message="{place} is not a complete saved recommender: {reason}."):
        return recommender_from_state(cls, state, groups)


def recommender_from_state(
    cls: type[Recommender], state: Mapping[str, Any], groups: Mapping[str, Mapping[str, npt.NDArray[Any]]]
) -> Recommender:
    """Return a recommender from the content of its folder."""
    recommender: Any = cls(**state["params"])
    users, items = (Vocabulary.from_json(state[name]) for name in ("users", "items"))
    its = groups["interactions"]
    shape = users.n_categories, items.n_categories
    matrix = sparse.csr_array((its["data"], its["indices"], its["indptr"]), shape=shape)
    matrix.check_format(full_check=True)
    recommender.towers_ = Towers.from_arrays(groups["towers"])
    recommender.interactions_ = InteractionMatrix(matrix, users, items)
    recommender._columns = {
        side: SideColumns.from_state(state["columns"][side], groups[side]) if side in state["columns"] else None
        for side in ("user", "item")
    }
    recommender._values = {
        side: (groups[f"{side}_values"]["vectors"], groups[f"{side}_values"]["counts"]) for side in state["columns"]
    }
    _check(recommender.towers_, shape, recommender._columns, recommender._values)
    recommender._rates, recommender._index = state["rates"], None
    recommender.half_life_ = state.get("half_life")
    names = [*recommender._names("user"), *recommender._names("item")]
    recommender.n_features_in_, recommender.feature_names_in_ = len(names), np.array(names, object)
    return recommender  # type: ignore[no-any-return]


def _check(
    towers: Towers,
    shape: tuple[int, int],
    columns: Mapping[str, SideColumns | None],
    values: Mapping[str, tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]],
) -> None:
    """Raise an error if the arrays do not fit together, or the keys and columns."""
    (n_users, n_items), dim = shape, towers.dim
    expected: list[tuple[str, Any, tuple[int, ...]]] = [
        ("users", towers.users, (n_users, dim)),
        ("items", towers.items, (n_items, dim)),
        ("history", towers.history, (n_items, dim)),
        ("user_scales", towers.user_scales, (n_users,)),
        ("user_biases", towers.user_biases, (n_users,)),
        ("item_biases", towers.item_biases, (n_items,)),
    ]
    for side, of_features in (("user", towers.user_map), ("item", towers.item_map)):
        its = columns[side]
        if (its is None) != (of_features is None):
            raise FormatError(f"it has columns of a {side}, or their vectors, without the other")
        if its is not None and of_features is not None:
            n = len(its.features)
            expected += [
                (f"{side}_map.weights", of_features.weights, (n, dim)),
                (f"{side}_map.intercept", of_features.intercept, (dim,)),
                (f"{side}_map.bias_weights", of_features.bias_weights, (n,)),
                (f"{side}_values.vectors", values[side][0], (n, dim)),
                (f"{side}_values.counts", values[side][1], (n,)),
            ]
    for name, array, wanted in expected:
        if array is not None and array.shape != wanted:
            raise FormatError(f"{name} has the shape {array.shape}, expected {wanted}")


def _values(part: Any) -> dict[str, Any]:
    if isinstance(part, BaseEstimator):
        return dict(part.get_params(deep=False))
    return {name: getattr(part, name) for name in getattr(part, "__dataclass_fields__", {})}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value.item() if isinstance(value, np.generic) else value


def _version() -> str:
    from tabemb import __version__

    return __version__
