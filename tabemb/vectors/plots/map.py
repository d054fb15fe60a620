"""A map of the categories: a projection of their vectors to the plane, with labels that do not overlap.

Labels are placed greedily, the most important first, as in Christensen, Marks & Shieber (1995), "An empirical study of
algorithms for point-feature label placement": each label tries positions around its dot, near ones first, and takes
the free one of lowest cost.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from tabemb.exceptions import DataError
from tabemb.vectors.keyed_matrix import KeyedMatrix
from tabemb.vectors.plots.colors import DOT, LABELED, PlainColoring, coloring_of
from tabemb.vectors.plots.projections import PROJECTIONS, Plane, Projection
from tabemb.vectors.plots.style import (
    INK,
    LABEL_POINTS,
    QUIET,
    add_title,
    choose_fonts,
    clear_axes,
    new_axes,
    short_label,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["boxes_overlap", "place_labels", "plot_map", "plot_places"]

FloatArray = npt.NDArray[np.floating[Any]]

# Areas of the dots in square points: of a category without rows, and how much larger the most frequent one is.
_LEAST_AREA, _MORE_AREA = 9.0, 170.0
_FULL_SIZE = 400
# A label within this distance of its dot's edge, in points, needs no line.
_NEAR = 5.0
# Labels avoid at most this many dots without a label.
_DOTS_AVOIDED = 3000
_GAP = 2.0
_RINGS = (0.0, 8.0, 16.0, 26.0, 38.0, 52.0, 70.0, 92.0, 120.0)
_ANGLES = np.radians([0, 180, 90, 270, 45, 315, 135, 225, 22, 338, 158, 202, 67, 293, 113, 247])
_SAMPLES = np.linspace(0, 1, 24)[:, None]
# Costs in pixels of distance: of covering a labeled dot, covering another dot, and crossing a leader line.
_COVERED_LABELED_DOT, _COVERED_DOT, _CROSSED_LINE = 50.0, 14.0, 40.0


def plot_map(
    vectors: KeyedMatrix,
    method: str | Mapping[str, Any] | Projection = "pca",
    *,
    color: "str | Mapping[Any, Any] | pd.Series[Any] | None" = None,
    top: int = 30,
    ax: "Axes | None" = None,
    title: str | None = None,
) -> "Axes":
    """Draw a map of the categories, as ``vectors.plot()`` does: the accessor documents the parameters and errors."""
    if top < 0:
        raise DataError(f"`top` is the number of categories to label: expected 0 or more, got {top}.")
    if not len(vectors):
        raise DataError(f"Column {vectors.name!r} has no categories to draw.")
    plane = PROJECTIONS.resolve(method).project(vectors.vectors)
    coloring = coloring_of(color, vectors)
    ax = new_axes(6.4 if isinstance(coloring, PlainColoring) else 8.0) if ax is None else ax
    counts = np.ones(len(vectors)) if vectors.counts is None else vectors.counts.astype(float)
    order = np.argsort(-counts, kind="stable")
    labeled = np.isin(np.arange(len(vectors)), order[:top])
    areas = np.full(len(vectors), 28.0) if vectors.counts is None else _areas(counts)
    coloring.draw(ax, plane.points, areas, labeled)
    _label_axes(ax, plane)
    subtitle = add_title(ax, vectors.name if title is None else title)
    drawn = order[: top + _DOTS_AVOIDED]
    keys = vectors.index_to_key
    n_labels = _add_labels(ax, [keys[i] for i in order[:top]], plane.points[drawn], areas[drawn])
    subtitle.set_text(_subtitle(vectors, n_labels, complete=n_labels == min(top, len(vectors))))
    return ax


def plot_places(places: Mapping[Any, tuple[float, float]], *, ax: "Axes | None" = None, title: str = "") -> "Axes":
    """Draw the geographic locations of categories, to compare with the map of their vectors.

    Parameters
    ----------
    places : mapping of key to (float, float)
        Latitude and longitude in degrees; at least one.
    ax : matplotlib Axes, optional
        Axes to draw on; by default those of a new figure.
    title : str, default=""

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    DataError
        If there are no locations.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> ax = plot_places({"BOS": (42.4, -71.0), "MIA": (25.8, -80.3)}, ax=Figure().subplots())
    >>> [text.get_text() for text in ax.texts]
    ['BOS', 'MIA']
    """
    if not places:
        raise DataError("There are no locations to draw.")
    ax = new_axes() if ax is None else ax
    degrees = np.array(list(places.values()), dtype=np.float64)[:, ::-1]
    areas = np.full(len(degrees), 28.0)
    x, y = degrees.T
    ax.scatter(x, y, s=areas, color=LABELED, **DOT)
    clear_axes(ax)
    ax.set_xlabel("west to east", color=QUIET, fontsize=8)
    ax.set_ylabel("south to north", color=QUIET, fontsize=8)
    if title:
        ax.set_title(title, loc="left", fontsize=11, color=INK, fontweight="bold", parse_math=False, pad=17)
    # A degree of longitude becomes shorter with the distance from the equator.
    ax.set_aspect(1 / np.cos(np.radians(degrees[:, 1].mean())), adjustable="datalim")
    _add_labels(ax, list(places), degrees, areas)
    return ax


def _areas(counts: FloatArray) -> FloatArray:
    """Return the areas of the dots, which are smaller if there are many."""
    share = min(1.0, (_FULL_SIZE / max(len(counts), 1)) ** 0.5)
    areas: FloatArray = _LEAST_AREA * max(share, 0.6) + share * _MORE_AREA * counts / max(counts.max(), 1)
    return areas


def _label_axes(ax: "Axes", plane: Plane) -> None:
    """Replace the ticks of the axes by what each axis shows."""
    clear_axes(ax)
    ax.set_xlabel(plane.x_label, color=QUIET, fontsize=8)
    if not np.ptp(plane.points[:, 1]):
        return
    ax.set_ylabel(plane.y_label, color=QUIET, fontsize=8)
    # Equal scales, because the map shows distances.
    ax.set_aspect("equal", adjustable="datalim")


def _subtitle(vectors: KeyedMatrix, n_labels: int, *, complete: bool) -> str:
    parts = [f"{len(vectors):,} {'category' if len(vectors) == 1 else 'categories'}"]
    if 0 < n_labels < len(vectors):
        parts.append(f"the {n_labels} most frequent labeled" if complete else f"{n_labels} frequent ones labeled")
    if vectors.counts is not None:
        parts.append("area of a dot: count")
    return "; ".join(parts)


def _add_labels(ax: "Axes", keys: list[Any], places: FloatArray, areas: FloatArray) -> int:
    """Add the keys as labels to the first dots; return how many had room."""
    if not keys:
        return 0
    from matplotlib import text as text_module

    texts = [
        ax.annotate(
            short_label(key),
            tuple(place),
            xytext=(0, 0),
            textcoords="offset points",
            fontsize=LABEL_POINTS,
            color=INK,
            ha="center",
            va="center",
            parse_math=False,
            in_layout=False,
            arrowprops={"arrowstyle": "-", "color": QUIET, "linewidth": 0.6, "shrinkA": 1, "shrinkB": 0},
        )
        for key, place in zip(keys, places, strict=False)
    ]
    choose_fonts(ax)
    figure = ax.get_figure(root=True)
    assert figure is not None
    # Drawing determines limits, aspect and layout, so the boxes below are those of the final figure.
    figure.draw_without_rendering()
    points = figure.dpi / 72
    # The extent of an annotation would include its line.
    boxes = [text_module.Text.get_window_extent(text) for text in texts]
    sizes = np.array([[box.width, box.height] for box in boxes])
    dots = ax.transData.transform(places)
    radii = np.sqrt(areas / np.pi) * points
    frame = np.asarray(ax.get_window_extent().padded(-3).extents)
    centers = place_labels(sizes, dots, radii, frame)
    for text, dot, radius, size, center in zip(texts, dots, radii, sizes, centers, strict=False):
        if np.isnan(center).any():
            text.remove()
            continue
        text.set_position(tuple((center - dot) / points))
        gap = np.maximum(np.abs(center - dot) - size / 2, 0)
        if text.arrow_patch is not None:
            text.arrow_patch.set_visible(bool(np.linalg.norm(gap) > radius + _NEAR * points))
    return int((~np.isnan(centers).any(axis=1)).sum())


def place_labels(sizes: FloatArray, dots: FloatArray, radii: FloatArray, frame: FloatArray) -> FloatArray:
    """Return a position for each label near its dot, without overlaps.

    Parameters
    ----------
    sizes : array of shape (n, 2)
        Width and height of each label in pixels, the most important first.
    dots : array of shape (m, 2)
        Centers of all dots in pixels, m >= n; the first n are the labeled ones. Labels avoid covering dots.
    radii : array of shape (m,)
        Radius of each dot in pixels.
    frame : array of shape (4,)
        Left, bottom, right and top of the area in pixels that the labels must stay inside.

    Returns
    -------
    array of shape (n, 2)
        The center of each label in pixels; NaN for a label without room.

    Examples
    --------
    >>> place_labels(
    ...     np.array([[20.0, 10.0]]), np.array([[50.0, 50.0]]), np.array([3.0]), np.array([0.0, 0.0, 100.0, 100.0])
    ... )
    array([[65., 50.]])
    """
    centers = np.full(sizes.shape, np.nan)
    taken = np.empty((0, 4))
    lines = np.empty((0, 2))
    dot_costs = np.where(np.arange(len(dots)) < len(sizes), _COVERED_LABELED_DOT, _COVERED_DOT)
    for i, size in enumerate(sizes):
        positions, detours = _label_positions(dots[i], size, radii[i])
        boxes = np.hstack([positions - size / 2, positions + size / 2])
        leaders = dots[i] + (positions[:, None, :] - dots[i]) * _SAMPLES
        free = (boxes[:, :2] >= frame[:2]).all(axis=1) & (boxes[:, 2:] <= frame[2:]).all(axis=1)
        free &= ~boxes_overlap(boxes, taken, gap=_GAP).any(axis=1)
        free &= ~_covers(taken, leaders.reshape(-1, 2)).any(axis=0).reshape(len(positions), -1).any(axis=1)
        if not free.any():
            continue
        covered = np.delete(_covers(boxes, dots, radii) * dot_costs, i, axis=1).sum(axis=1)
        crossed = _covers(boxes, lines).any(axis=1) * _CROSSED_LINE
        best = int(np.argmin(np.where(free, detours + covered + crossed, np.inf)))
        centers[i] = positions[best]
        taken = np.vstack([taken, boxes[best]])
        if detours[best] >= _RINGS[1]:
            lines = np.vstack([lines, leaders[best]])
    return centers


def boxes_overlap(boxes: FloatArray, others: FloatArray, *, gap: float = 0.0) -> npt.NDArray[np.bool_]:
    """Return for each pair of boxes whether they overlap or are closer than a gap, of shape (n, m).

    A box is a row of left, bottom, right, top; the gap is in the same units.

    Examples
    --------
    >>> boxes_overlap(np.array([[0.0, 0.0, 2.0, 2.0]]), np.array([[1.0, 1.0, 3.0, 3.0], [5.0, 5.0, 6.0, 6.0]]))
    array([[ True, False]])
    """
    one, two = boxes[:, None], others[None]
    apart = (one[..., 2:] + gap <= two[..., :2]) | (two[..., 2:] + gap <= one[..., :2])
    overlap: npt.NDArray[np.bool_] = np.logical_not(apart.any(axis=-1))
    return overlap


def _label_positions(anchor: FloatArray, size: FloatArray, radius: float) -> tuple[FloatArray, FloatArray]:
    """Return the candidate positions of a label, and the cost of each by its distance."""
    directions = np.stack([np.cos(_ANGLES), np.sin(_ANGLES)], axis=1)
    # Move the center of the box out until the box touches the ring around the dot.
    reach = np.sign(np.round(directions, 6)) * size / 2
    starts = anchor + directions * (radius + _GAP) + reach
    positions = np.concatenate([starts + directions * ring for ring in _RINGS])
    detours = np.concatenate([ring + 0.1 * np.arange(len(_ANGLES)) for ring in _RINGS])
    return positions, detours


def _covers(boxes: FloatArray, points: FloatArray, radii: FloatArray | float = 0.0) -> npt.NDArray[np.bool_]:
    """Return for each box and each point whether the box covers it, of shape (boxes, points)."""
    margin = np.broadcast_to(np.asarray(radii), (len(points),))[None, :, None]
    low = points[None] >= boxes[:, None, :2] - margin
    high = points[None] <= boxes[:, None, 2:] + margin
    covers: npt.NDArray[np.bool_] = (low & high).all(axis=-1)
    return covers
