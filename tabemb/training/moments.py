"""The moments of an optimizer, to go on from them with a network that has more categories."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tabemb.nn.columns import OneHotRows

__all__ = ["LoopMoments", "one_hot_sizes"]

Pairs = list[tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True, kw_only=True, eq=False)
class LoopMoments:
    """The moments of all weights and rows at a step.

    Parameters
    ----------
    step : int
        Number of updates so far.
    weights : list of pairs of ndarray
        First and second moment of each weight other than tables.
    kernels : mapping of int to sequence of int
        For the weights that are kernels over one-hot columns, the number of rows of each column, by position.
    rows : mapping of str to ndarray of shape (vocabulary_size,)
        Second moment of each row, by name of the table.
    """

    step: int
    weights: Pairs
    kernels: Mapping[int, Sequence[int]]
    rows: Mapping[str, np.ndarray]

    def of_weights(self, kernels: Mapping[int, Sequence[int]]) -> Pairs:
        """Return the moments of the weights, for kernels with perhaps more rows.

        A new row has no first moment, and the mean second moment of the rows of its column.
        """
        grown = list(self.weights)
        for place, sizes in kernels.items():
            first, second = self.weights[place]
            edges = np.cumsum(self.kernels[place])[:-1]
            parts = zip(np.split(first, edges), np.split(second, edges), sizes, strict=True)
            pairs = [(_filled(f, size, 0.0), _filled(s, size, s.mean(axis=0))) for f, s, size in parts]
            grown[place] = tuple(np.concatenate(each) for each in zip(*pairs, strict=True))
        return grown

    def of_table(self, name: str, shares: np.ndarray) -> np.ndarray:
        """Return the second moments of a table with perhaps more rows.

        Without a past, Adam would move a new row many times farther than its next rows justify. It starts with the
        second moment that known rows of its frequency have.

        Parameters
        ----------
        name : str
            Name of the table.
        shares : ndarray of shape (vocabulary_size,)
            Share of the rows that have each index.

        Examples
        --------
        >>> moments = LoopMoments(step=9, weights=[], kernels={}, rows={"dest": np.array([0.0, 0.0, 0.5, 0.3])})
        >>> moments.of_table("dest", np.array([0.0, 0.0, 0.5, 0.3, 0.2])).tolist()
        [0.0, 0.0, 0.5, 0.3, 0.2]
        """
        known = self.rows[name]
        new, total = np.asarray(shares[len(known) :], np.float64), float(shares[: len(known)].sum())
        per_share = float(known.sum()) / total if total > 0 else 0.0
        return np.append(known, (new * per_share).astype(known.dtype))


def one_hot_sizes(trunk: Any) -> dict[int, list[int]]:
    """Return, for the trainable weights that are kernels over one-hot columns, the number of rows of each column.

    Parameters
    ----------
    trunk : keras.Model
        The trunk of a network.

    Returns
    -------
    dict of int to list of int
        By position of the weight among the trainable weights.
    """
    layers = {id(layer.kernel): layer for layer in _one_hot_layers(trunk.layers)}
    weights = enumerate(trunk.trainable_variables)
    return {place: layers[id(weight)].sizes for place, weight in weights if id(weight) in layers}


def _one_hot_layers(layers: Iterable[Any]) -> list[Any]:
    return [layer for layer in layers if isinstance(layer, OneHotRows)]


def _filled(rows: np.ndarray, size: int, value: Any) -> np.ndarray:
    new = np.broadcast_to(np.asarray(value, rows.dtype), (size - len(rows), *rows.shape[1:]))
    return np.concatenate([rows, new])
