"""What the page knows of a column: names, counts, groups, maps, and the vectors in 16 bits a number."""

import base64
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from tabemb.table.keys import family
from tabemb.vectors.category_vectors import CategoryVectors
from tabemb.vectors.clustering import auto_clusters, cluster_names
from tabemb.vectors.plots.projections import Pca, Plane, Tsne

__all__ = [
    "MOST_FOR_NEIGHBOUR_MAPS",
    "column_data",
    "labels_of",
    "whole_rows",
]

# t-SNE takes half a minute for so many, and four times as long for twice as many.
MOST_FOR_NEIGHBOUR_MAPS = 5000
LARGEST = 32_767


def column_data(name: str, vectors: CategoryVectors) -> dict[str, Any]:
    """Return a column as the page reads it, ready for JSON.

    Parameters
    ----------
    name : str
        The column.
    vectors : CategoryVectors
        At least one category.

    Returns
    -------
    dict
        ``labels`` (each once), ``texts`` (row to the key's own text, where the label is another), ``kinds`` (the type
        of all keys, or a list), ``counts``, ``dim``, ``vectors`` (base64 of int16), ``groups`` (base64 of uint8),
        ``group_names``, ``maps`` (name, what it shows, base64 of float32 places).

    Examples
    --------
    >>> told = column_data("dest", CategoryVectors(["JFK", 7], [[1.0, 0.1], [-1.0, 0.2]], [9, 2]))
    >>> told["labels"], told["kinds"], told["counts"]
    (['JFK', '7'], ['text', 'number'], [9, 2])
    """
    keys = vectors.index_to_key
    labels = labels_of(keys)
    kinds = [family(key) for key in keys]
    groups = auto_clusters(vectors.vectors)
    return {
        "name": name,
        "labels": labels,
        "texts": {row: str(key) for row, key in enumerate(keys) if str(key) != labels[row]},
        "kinds": kinds[0] if len(set(kinds)) == 1 else kinds,
        "counts": None if vectors.counts is None else vectors.counts.tolist(),
        "dim": vectors.dim,
        "vectors": _base64(whole_rows(vectors.vectors)),
        "groups": _base64(groups.astype(np.uint8)),
        "group_names": cluster_names(labels, groups),
        "maps": [_map(name, about, plane) for name, about, plane in _planes(vectors)],
    }


def whole_rows(vectors: npt.NDArray[Any]) -> npt.NDArray[np.int16]:
    """Scale each row so that its largest entry is 32,767, and round: the direction to within 1 part in 65,534.

    Only directions count for cosines, so that nothing has to be scaled back. Half the size of float32, and thirty times
    as exact as float16 for the largest entry of a row.

    Parameters
    ----------
    vectors : array of shape (n, dim)

    Returns
    -------
    array of int16 of shape (n, dim)
        A row of zeros stays zeros.

    Examples
    --------
    >>> whole_rows(np.array([[0.5, -0.25], [0.0, 0.0]]))
    array([[ 32767, -16384],
           [     0,      0]], dtype=int16)
    """
    rows = np.asarray(vectors, dtype=np.float64)
    largest = np.abs(rows).max(axis=1, keepdims=True)
    return np.round(rows / np.where(largest == 0, 1, largest) * LARGEST).astype(np.int16)


def _planes(vectors: CategoryVectors) -> Iterator[tuple[str, str, Plane]]:
    pca, tsne = Pca(), Tsne()
    plane = pca.project(vectors.vectors)
    yield pca.title, "; ".join(each for each in (plane.x_label, plane.y_label) if each), plane
    if 4 < len(vectors) <= MOST_FOR_NEIGHBOUR_MAPS and vectors.dim > 1:
        plane = tsne.project(vectors.vectors)
        yield tsne.title, f"{plane.x_label}: neighbours lie together; what is far apart says little", plane


def _map(name: str, about: str, plane: Plane) -> dict[str, str]:
    places = plane.points - (plane.points.max(axis=0) + plane.points.min(axis=0)) / 2
    reach = np.abs(places).max()
    return {"name": name, "about": about, "places": _base64((places / (reach or 1)).astype(np.float32))}


def _base64(array: npt.NDArray[Any]) -> str:
    little = array.astype(array.dtype.newbyteorder("<"), copy=False)
    return base64.b64encode(np.ascontiguousarray(little).tobytes()).decode("ascii")


def labels_of(keys: Sequence[Any]) -> list[str]:
    r"""Name each key by its text; keys that look alike, such as 1 and "1", are told apart by their type.

    Parameters
    ----------
    keys : sequence
        Typed keys, each once.

    Returns
    -------
    list of str
        As many, no two the same, none empty.

    Examples
    --------
    >>> labels_of(["JFK", 1, "1", "", "a\nb"])
    ['JFK', '1 (number)', '1 (text)', '(blank)', 'a↵b']
    """
    labels = [_line(str(key)) for key in keys]
    labels = _apart(labels, [f"{label} ({family(key)})" for label, key in zip(labels, keys, strict=True)])
    labels = _apart(labels, [_line(repr(key)) for key in keys])
    # What still is alike was made to look so: "1 (text)" beside "1" and 1.
    return _apart_for_sure(labels)


def _line(text: str) -> str:
    text = text.replace("\r\n", "↵").replace("\n", "↵").replace("\r", "↵").replace("\t", "⇥")
    return text if text.strip() else "(blank)" if not text else f"(blank, {len(text)})"


def _apart(labels: list[str], longer: list[str]) -> list[str]:
    """Take the longer name where the short one is another one's too."""
    times = Counter(labels)
    return [long if times[label] > 1 else label for label, long in zip(labels, longer, strict=True)]


def _apart_for_sure(labels: list[str]) -> list[str]:
    times, taken, made = Counter(labels), set(labels), []
    for row, label in enumerate(labels):
        name = label
        while times[label] > 1 and name in taken:
            name = f"{name} [{row}]"
        taken.add(name)
        made.append(name)
    return made
