"""The data of a column on the page: labels, counts, groups, maps, and the vectors in 16 bits per number."""

import base64
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import Any

import numpy as np
import numpy.typing as npt

from tabemb.experiments.explorer.neighbors_kept import kept_sentence
from tabemb.experiments.explorer.side_table import SideData
from tabemb.table.keys import family, shown_by_name
from tabemb.vectors.category_vectors import CategoryVectors
from tabemb.vectors.clustering import auto_clusters, cluster_names
from tabemb.vectors.confidence import known_reliability, nearest_neighbors
from tabemb.vectors.plots.projections import Pca, Plane, Tsne

__all__ = [
    "MAX_CONFIDENCE_CATEGORIES",
    "MAX_TSNE_CATEGORIES",
    "column_data",
    "labels_of",
    "to_int16",
]

# t-SNE takes half a minute for this many, and four times as long for twice as many.
MAX_TSNE_CATEGORIES = 5000
# The confidence of the neighbors of this many categories takes a few seconds and 27 kB.
MAX_CONFIDENCE_CATEGORIES = 2000
# Neighbors that have a confidence: as many as the page shows at first.
N_NEAREST = 10
INT16_MAX = 32_767


def column_data(
    name: str,
    vectors: CategoryVectors,
    names: Sequence[str] = (),
    side: SideData | None = None,
    *,
    titled: bool | None = None,
) -> dict[str, Any]:
    """Return the data of a column for the page, as JSON values.

    Parameters
    ----------
    name : str
        Name of the column.
    vectors : CategoryVectors
        At least one category.
    names : sequence of str, optional
        Readable name of each category, empty if it is not known, such as "Los Angeles Intl" of "LAX".
    side : SideData, optional
        What a table of the user says about the categories; its names come before ``names``.
    titled : bool, optional
        Whether categories are labeled by their readable names, with their keys beside them. By default if the keys are
        numbers, dates and the like, which say nothing, and most have a name.

    Returns
    -------
    dict
        ``labels`` (unique), ``texts`` (row to the text of the key, if it differs from the label), ``names`` (row to the
        readable name, or to the key if they are ``titled``), ``titled``, ``kinds`` (the type of all keys, or a list),
        ``counts``, ``frequent`` (the rows by falling count, or None if this is their order), ``dim``, ``vectors``
        (base64 of int16), ``groups`` (base64 of uint8), ``group_names``, ``maps`` (name, description, base64 of float32
        positions),
        ``side`` (None, or ``source``, ``n_found`` and ``columns``, as of :class:`SideData`),
        ``warning`` (a sentence if the neighbors come back by chance only), and ``confidence``: how often the 10 nearest
        of each of the 2,000 most frequent categories come back in fits to other rows. It is None if it is unknown or
        there is a warning; otherwise it has ``percents`` (base64 of uint8), ``width`` (the number of neighbors of each
        category) and ``k`` (the number of nearest categories that they are among).

    Examples
    --------
    >>> data = column_data("dest", CategoryVectors(["JFK", 7], [[1.0, 0.1], [-1.0, 0.2]], [9, 2]))
    >>> data["labels"], data["kinds"], data["counts"]
    (['JFK', '7'], ['text', 'number'], [9, 2])
    """
    keys = vectors.index_to_key
    labels = labels_of(keys)
    kinds = [family(key) for key in keys]
    groups = auto_clusters(vectors.vectors)
    known = known_reliability(vectors)
    warning = "" if known is None else known.warning(name)
    said = side.names if side is not None else []
    names = [own or other for own, other in zip_longest(said, names, fillvalue="")]
    if titled is None:
        titled = shown_by_name(keys, names)
    if titled:
        labels, names = _titles(labels, names), labels
    return {
        "name": name,
        "labels": labels,
        "texts": {row: str(key) for row, key in enumerate(keys) if str(key) != labels[row]},
        "names": {row: each for row, each in enumerate(names) if each and each != labels[row]},
        "titled": titled,
        "kinds": kinds[0] if len(set(kinds)) == 1 else kinds,
        "counts": None if vectors.counts is None else vectors.counts.tolist(),
        "frequent": _by_count(vectors.counts),
        "dim": vectors.dim,
        "vectors": _base64(to_int16(vectors.vectors)),
        "groups": _base64(groups.astype(np.uint8)),
        "group_names": cluster_names(labels, groups),
        "warning": warning,
        "confidence": None if known is None or warning else _confidence(vectors),
        "maps": [
            _map(name, f"{about}. {kept_sentence(vectors.vectors, plane.points)}".strip(), plane)
            for name, about, plane in _planes(vectors)
        ],
        "side": None if side is None else {"source": side.source, "n_found": side.n_found, "columns": side.columns},
    }


def to_int16(vectors: npt.NDArray[Any]) -> npt.NDArray[np.int16]:
    """Scale each row so that its largest entry is 32,767, and round to integers.

    Cosines depend on directions only, so the scale is not stored. This takes half the space of float32; an entry is
    off by at most 1 part in 65,534 of the largest one, a thirtieth of the error of float16.

    Parameters
    ----------
    vectors : array of shape (n, dim)

    Returns
    -------
    array of int16 of shape (n, dim)
        A row of zeros stays zero.

    Examples
    --------
    >>> to_int16(np.array([[0.5, -0.25], [0.0, 0.0]]))
    array([[ 32767, -16384],
           [     0,      0]], dtype=int16)
    """
    rows = np.asarray(vectors, dtype=np.float64)
    largest = np.abs(rows).max(axis=1, keepdims=True)
    return np.round(rows / np.where(largest == 0, 1, largest) * INT16_MAX).astype(np.int16)


def _by_count(counts: npt.NDArray[Any] | None) -> list[int] | None:
    """Return the rows by falling count, or None if they are in this order, or have no counts."""
    if counts is None or (np.diff(counts) <= 0).all():
        return None
    order: list[int] = np.argsort(-np.asarray(counts), kind="stable").tolist()
    return order


def _confidence(vectors: CategoryVectors) -> dict[str, Any]:
    """Return how often the nearest neighbors of the most frequent categories come back, in percent."""
    near = nearest_neighbors(vectors, np.arange(min(MAX_CONFIDENCE_CATEGORIES, len(vectors))), N_NEAREST)
    percents = np.round(100 * np.asarray(near.confidence)).astype(np.uint8)
    return {"k": near.k, "width": percents.shape[1], "percents": _base64(percents)}


def _planes(vectors: CategoryVectors) -> Iterator[tuple[str, str, Plane]]:
    """Return the name of each map, a sentence about it without its end, and the positions."""
    pca, tsne = Pca(), Tsne()
    plane = pca.project(vectors.vectors)
    axes = "; ".join(each for each in (plane.x_label, plane.y_label) if each)
    yield pca.title, f"PCA, {axes}", plane
    if 4 < len(vectors) <= MAX_TSNE_CATEGORIES and vectors.dim > 1:
        plane = tsne.project(vectors.vectors)
        # A column with too few directions for t-SNE is projected by PCA, which is there already.
        if plane.x_label.startswith(tsne.title):
            yield tsne.title, f"{plane.x_label}: neighbors are close together; large distances mean little", plane


def _map(name: str, about: str, plane: Plane) -> dict[str, str]:
    points = plane.points - (plane.points.max(axis=0) + plane.points.min(axis=0)) / 2
    reach = np.abs(points).max()
    return {"name": name, "about": about, "places": _base64((points / (reach or 1)).astype(np.float32))}


def _base64(array: npt.NDArray[Any]) -> str:
    little = array.astype(array.dtype.newbyteorder("<"), copy=False)
    return base64.b64encode(np.ascontiguousarray(little).tobytes()).decode("ascii")


def labels_of(keys: Sequence[Any]) -> list[str]:
    r"""Return a label for each key: its text, with the type if keys such as 1 and "1" look the same.

    Parameters
    ----------
    keys : sequence
        Unique typed keys.

    Returns
    -------
    list of str
        Unique labels, none of them empty.

    Examples
    --------
    >>> labels_of(["JFK", 1, "1", "", "a\nb"])
    ['JFK', '1 (number)', '1 (text)', '(blank)', 'a↵b']
    """
    labels = [_line(str(key)) for key in keys]
    labels = _distinguish(labels, [f"{label} ({family(key)})" for label, key in zip(labels, keys, strict=True)])
    labels = _distinguish(labels, [_line(repr(key)) for key in keys])
    # Labels can still be the same: "1 (text)" next to "1" and 1.
    return _number_duplicates(labels)


def _titles(labels: list[str], names: Sequence[str]) -> list[str]:
    """Return readable names as unique labels. Those without a name keep their label; equal names get it beside them."""
    titles = [_line(name) if name else label for name, label in zip_longest(names, labels, fillvalue="")]
    longer = [f"{title} ({label})" for title, label in zip(titles, labels, strict=True)]
    return _number_duplicates(_distinguish(titles, longer))


def _line(text: str) -> str:
    text = text.replace("\r\n", "↵").replace("\n", "↵").replace("\r", "↵").replace("\t", "⇥")
    return text if text.strip() else "(blank)" if not text else f"(blank, {len(text)})"


def _distinguish(labels: list[str], longer: list[str]) -> list[str]:
    """Replace labels that occur more than once by the longer ones."""
    counts = Counter(labels)
    return [long if counts[label] > 1 else label for label, long in zip(labels, longer, strict=True)]


def _number_duplicates(labels: list[str]) -> list[str]:
    counts, taken, unique = Counter(labels), set(labels), []
    for row, label in enumerate(labels):
        name = label
        while counts[label] > 1 and name in taken:
            name = f"{name} [{row}]"
        taken.add(name)
        unique.append(name)
    return unique
