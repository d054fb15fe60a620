"""A heatmap and a dendrogram of the cosine similarities between categories."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from tabemb.exceptions import DataError
from tabemb.vectors.keyed_matrix import KeyedMatrix
from tabemb.vectors.plots.colors import OKABE_ITO
from tabemb.vectors.plots.labels import unique_labels
from tabemb.vectors.plots.style import FAINT, INK, LONGEST_LABEL, QUIET, add_title, choose_fonts, new_axes
from tabemb.vectors.similarity import unit_rows

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["cosine_matrix", "leaf_order", "linkage_of", "plot_dendrogram", "plot_heatmap"]

FloatArray = npt.NDArray[np.floating[Any]]

# Inches per category, and around them.
_STEP, _AROUND = 0.17, 1.6
_LEAST, _MOST = 3.2, 14.0
# Branches that join below this fraction of the highest join have their own color.
_TOGETHER = 0.7
_LEAST_JOIN = 1e-3
_ALL_ALIKE = 0.999


def plot_heatmap(
    vectors: KeyedMatrix,
    keys: Iterable[Any] | None = None,
    *,
    top: int = 40,
    ax: "Axes | None" = None,
    title: str | None = None,
) -> "Axes":
    """Draw the cosine similarity of each pair of categories: ``vectors.plot.heatmap()``."""
    rows = _selected(vectors, keys, top, fewest=1)
    rows = rows[leaf_order(vectors.vectors[rows])]
    cosines = cosine_matrix(vectors.vectors[rows])
    side = float(np.clip(_AROUND + _STEP * len(rows), _LEAST, _MOST))
    ax = new_axes(side + 1.0, side) if ax is None else ax
    # If no cosine is negative, half of a scale from -1 to 1 would be unused.
    low, scale = (float(cosines.min()), "cividis") if cosines.min() >= 0 else (-1.0, "RdBu_r")
    image = ax.imshow(cosines, cmap=scale, vmin=low if low < _ALL_ALIKE else 0, vmax=1, interpolation="nearest")
    labels = unique_labels((vectors.index_to_key[row] for row in rows), LONGEST_LABEL)
    ax.set_xticks(range(len(rows)), labels, rotation=90, parse_math=False)
    ax.set_yticks(range(len(rows)), labels, parse_math=False)
    ax.tick_params(length=0, labelcolor=INK)
    ax.spines[:].set_visible(False)
    add_title(ax, vectors.name if title is None else title).set_text(_subtitle(vectors, len(rows), keys is None))
    figure = ax.get_figure(root=True)
    assert figure is not None
    bar = figure.colorbar(image, ax=ax, shrink=0.6, aspect=28, pad=0.02)
    bar.outline.set_visible(False)
    bar.set_label("cosine", fontsize=8, color=QUIET)
    bar.ax.tick_params(labelsize=7.5, labelcolor=QUIET, color=FAINT)
    choose_fonts(ax)
    _fit_labels(ax, len(rows), ("x", "y"))
    return ax


def plot_dendrogram(
    vectors: KeyedMatrix,
    keys: Iterable[Any] | None = None,
    *,
    top: int = 40,
    ax: "Axes | None" = None,
    title: str | None = None,
) -> "Axes":
    """Draw categories as a tree: ``vectors.plot.dendrogram()``."""
    rows = _selected(vectors, keys, top, fewest=2)
    ax = new_axes(6.4, float(np.clip(0.9 + _STEP * len(rows), 2.4, _MOST))) if ax is None else ax
    from scipy.cluster.hierarchy import dendrogram

    joined = linkage_of(vectors.vectors[rows])
    # Equal vectors join at distance 0, which scipy's axis cannot show.
    joined[-1, 2] = max(joined[-1, 2], _LEAST_JOIN)
    labels = unique_labels((vectors.index_to_key[row] for row in rows), LONGEST_LABEL)
    dendrogram(joined, ax=ax, orientation="left", labels=labels, link_color_func=_branch_colors(joined))
    for text in ax.get_yticklabels():
        text.set_parse_math(False)
    ax.tick_params(axis="y", length=0, labelcolor=INK)
    ax.tick_params(axis="x", labelsize=7.5, labelcolor=QUIET, color=FAINT)
    ax.spines[["left", "top", "right"]].set_visible(False)
    ax.spines["bottom"].set_color(FAINT)
    ax.set_xlim(joined[-1, 2] * 1.05, 0)
    ax.set_xlabel("1 - cosine, averaged over pairs", color=QUIET, fontsize=8)
    add_title(ax, vectors.name if title is None else title).set_text(_subtitle(vectors, len(rows), keys is None))
    choose_fonts(ax)
    _fit_labels(ax, len(rows), ("y",))
    return ax


def _selected(vectors: KeyedMatrix, keys: Iterable[Any] | None, top: int, *, fewest: int) -> npt.NDArray[np.intp]:
    """Return the rows to draw."""
    if keys is None:
        if isinstance(top, bool) or not isinstance(top, int) or top < fewest:
            raise DataError(
                f"`top` is the number of categories to draw: expected an integer of {fewest} or more, got {top!r}."
            )
        counts = np.ones(len(vectors)) if vectors.counts is None else vectors.counts
        rows = np.argsort(-counts, kind="stable")[:top]
    else:
        several = [keys] if isinstance(keys, str | bytes) else keys
        rows = np.array(list(dict.fromkeys(vectors.key_to_index[key] for key in several)), dtype=np.intp)
    if len(rows) < fewest:
        minimum = "1 category" if fewest == 1 else f"{fewest} categories"
        raise DataError(f"Column {vectors.name!r}: expected at least {minimum} to draw, got {len(rows)}.")
    return rows


def _branch_colors(joined: FloatArray) -> Callable[[int], str]:
    """Return the color of each join: that of its group, or gray above the groups and if there are too many."""
    from scipy.cluster.hierarchy import fcluster

    n, bar = len(joined) + 1, _TOGETHER * joined[-1, 2]
    groups = fcluster(joined, bar, criterion="distance")
    if groups.max() > len(OKABE_ITO):
        return lambda node: QUIET
    leaf: dict[int, int] = {i: i for i in range(n)}
    for i, (left, *_) in enumerate(joined):
        leaf[n + i] = leaf[int(left)]
    return lambda node: OKABE_ITO[groups[leaf[node]] - 1] if joined[node - n, 2] <= bar else QUIET


def _subtitle(vectors: KeyedMatrix, n: int, most_frequent: bool) -> str:
    total = f"{len(vectors):,} {'category' if len(vectors) == 1 else 'categories'}"
    if n == len(vectors):
        return total
    return f"the {n} most frequent of {total}" if most_frequent and vectors.counts is not None else f"{n} of {total}"


def _fit_labels(ax: "Axes", n: int, axes: tuple[str, ...]) -> None:
    """Reduce the font size of the labels so that they do not touch."""
    figure = ax.get_figure(root=True)
    assert figure is not None
    figure.draw_without_rendering()
    for axis in axes:
        box = ax.get_window_extent()
        room = (box.width if axis == "x" else box.height) / n / figure.dpi * 72
        ax.tick_params(axis=axis, labelsize=float(np.clip(0.8 * room, 1.5, 8.0)))  # type: ignore[arg-type]


def cosine_matrix(vectors: FloatArray) -> FloatArray:
    """Return the cosine of each pair of rows; a zero row has cosine 0 to others and 1 to itself.

    Examples
    --------
    >>> cosine_matrix(np.array([[2.0, 0.0], [0.0, 1.0]]))
    array([[1., 0.],
           [0., 1.]])
    """
    unit = unit_rows(np.asarray(vectors, dtype=np.float64))
    matrix: FloatArray = np.clip(unit @ unit.T, -1, 1)
    np.fill_diagonal(matrix, 1)
    return matrix


def linkage_of(vectors: FloatArray) -> FloatArray:
    """Return the hierarchical clustering of rows by 1 - cosine, averaged over the pairs of two groups (UPGMA).

    Sokal & Michener (1958), "A statistical method for evaluating systematic relationships". Leaves are ordered so that
    neighbors are similar (Bar-Joseph, Gifford & Jaakkola 2001, "Fast optimal leaf ordering").

    There must be at least two rows. The result has one row per join, as in scipy's ``linkage``.

    Examples
    --------
    >>> linkage_of(np.array([[1.0, 0.0], [0.0, 1.0], [2.0, 0.0]]))[:, 2]
    array([0., 1.])
    """
    from scipy.cluster.hierarchy import linkage
    from scipy.spatial.distance import squareform

    distances = squareform(1 - cosine_matrix(vectors), checks=False)
    joined: FloatArray = linkage(np.maximum(distances, 0), method="average", optimal_ordering=True)
    return joined


def leaf_order(vectors: FloatArray) -> npt.NDArray[np.intp]:
    """Return the rows in an order in which neighbors are similar.

    Examples
    --------
    >>> sorted(leaf_order(np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 0.1]])).tolist())
    [0, 1, 2]
    """
    if len(vectors) < 3:
        return np.arange(len(vectors))
    from scipy.cluster.hierarchy import leaves_list

    return np.asarray(leaves_list(linkage_of(vectors)), dtype=np.intp)
