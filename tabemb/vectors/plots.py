"""Pictures of a column's vectors. Needs matplotlib, the extra ``plot``."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from tabemb.exceptions import DataError, MissingExtraError
from tabemb.vectors.category_vectors import CategoryVectors
from tabemb.vectors.labels import place_labels

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.text import Text

__all__ = ["plot_map", "plot_places", "principal_components"]

FloatArray = npt.NDArray[np.floating[Any]]

_INK = "#333333"
_QUIET = "#767676"
_FAINT = "#d4d4d4"
_NAMED = "#2f6690"
_OTHERS = "#a9bfd0"
_LABEL_POINTS = 8
_LONGEST_LABEL = 26
# Areas of the dots in points squared: for a category of no rows, and what the most frequent one has on top.
_LEAST_AREA, _MORE_AREA = 9.0, 170.0
# A label that ends so many points from its dot's rim needs no line to it.
_NEAR = 5.0
# Labels keep clear of so many dots that have none; beyond that the picture is full anyway.
_DOTS_AVOIDED = 3000


def plot_map(vectors: CategoryVectors, *, top: int = 30, ax: "Axes | None" = None, title: str | None = None) -> "Axes":
    """Draw the categories of a column on a plane, so that categories with like vectors lie close together.

    The plane is that of the two principal components. The area of a dot grows with the number of rows of its
    category. The most frequent categories are named; a name that had to move away is tied to its dot by a line, and
    one for which there is no room is left out.

    Parameters
    ----------
    vectors : CategoryVectors
        With at least one category. Without ``counts`` all dots are of one size, and the first categories are named.
    top : int, default=30
        How many categories are named, the most frequent first.
    ax : matplotlib Axes, optional
        Where to draw; a new figure of 640 x 480 pixels when left out.
    title : str, optional
        The column's name when left out.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    MissingExtraError
        When matplotlib is not installed.
    DataError
        When there is no category to draw, or ``top`` is negative.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> vectors = CategoryVectors(["red", "pink", "blue"], [[1, 0], [0.9, 0.2], [-1, 0]], [30, 5, 20], name="colour")
    >>> ax = plot_map(vectors, ax=Figure().subplots())
    >>> ax.get_title(loc="left")
    'colour'
    """
    if top < 0:
        raise DataError(f"plot_map names the `top` most frequent categories: expected 0 or more, got {top}.")
    if not len(vectors):
        raise DataError(f"The column {vectors.name!r} has no categories, so there is nothing to draw.")
    ax = _new_axes() if ax is None else ax
    places, shares = principal_components(vectors.vectors)
    counts = np.ones(len(vectors)) if vectors.counts is None else vectors.counts.astype(float)
    order = np.argsort(-counts, kind="stable")
    named, others = order[:top], order[top:]
    areas = np.full(len(vectors), 28.0)
    if vectors.counts is not None:
        areas = _LEAST_AREA + _MORE_AREA * counts / max(counts.max(), 1)
    for rows, colour in ((others, _OTHERS), (named, _NAMED)):
        x, y = places[rows].T
        ax.scatter(x, y, s=areas[rows], color=colour, alpha=0.8, linewidths=0.5, edgecolors="white")
    _quieten(ax, shares, flat=np.ptp(places[:, 1]) == 0)
    subtitle = _head(ax, vectors.name if title is None else title)
    drawn = order[: top + _DOTS_AVOIDED]
    keys = vectors.index_to_key
    n_labels = _label(ax, [keys[i] for i in named], places[drawn], areas[drawn])
    subtitle.set_text(_subtitle(vectors, n_labels, complete=n_labels == len(named)))
    return ax


def plot_places(places: Mapping[Any, tuple[float, float]], *, ax: "Axes | None" = None, title: str = "") -> "Axes":
    """Draw categories where they lie on the globe, to be laid beside the map of their vectors.

    Parameters
    ----------
    places : mapping of key to (float, float)
        Latitude and longitude in degrees; at least one.
    ax : matplotlib Axes, optional
        Where to draw; a new figure of 640 x 480 pixels when left out.
    title : str, default=""
        What stands above.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    MissingExtraError
        When matplotlib is not installed.
    DataError
        When there is no place to draw.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> ax = plot_places({"BOS": (42.4, -71.0), "MIA": (25.8, -80.3)}, ax=Figure().subplots())
    >>> [text.get_text() for text in ax.texts]
    ['BOS', 'MIA']
    """
    if not places:
        raise DataError("There are no places, so there is nothing to draw.")
    ax = _new_axes() if ax is None else ax
    degrees = np.array(list(places.values()), dtype=np.float64)[:, ::-1]
    areas = np.full(len(degrees), 28.0)
    x, y = degrees.T
    ax.scatter(x, y, s=areas, color=_NAMED, alpha=0.8, linewidths=0.5, edgecolors="white")
    _empty(ax)
    ax.set_xlabel("west to east", color=_QUIET, fontsize=8)
    ax.set_ylabel("south to north", color=_QUIET, fontsize=8)
    if title:
        ax.set_title(title, loc="left", fontsize=11, color=_INK, fontweight="bold", parse_math=False, pad=17)
    # A degree of longitude is the shorter, the farther from the equator.
    ax.set_aspect(1 / np.cos(np.radians(degrees[:, 1].mean())), adjustable="datalim")
    _label(ax, list(places), degrees, areas)
    return ax


def principal_components(vectors: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Project vectors on the two directions along which they differ most.

    Parameters
    ----------
    vectors : array of shape (n, dim)
        At least one row; one dimension is enough.

    Returns
    -------
    places : array of shape (n, 2)
        Zeros where there is no second direction. The signs are such that the row farthest out is positive, so that
        the same vectors always give the same picture.
    shares : array of shape (2,)
        The share of the whole variance along each, between 0 and 1.

    Examples
    --------
    >>> places, shares = principal_components(np.array([[0.0, 1.0], [4.0, 1.0]]))
    >>> places
    array([[-2.,  0.],
           [ 2.,  0.]])
    >>> shares
    array([1., 0.])
    """
    centred = np.asarray(vectors, dtype=np.float64)
    centred = centred - centred.mean(axis=0)
    left, strengths, _ = np.linalg.svd(centred, full_matrices=False)
    # Directions that exist only by rounding would otherwise be blown up to fill the picture.
    strengths[strengths <= 1e-6 * strengths[0]] = 0
    places = np.zeros((len(centred), 2))
    shares = np.zeros(2)
    found = min(2, len(strengths))
    places[:, :found] = left[:, :found] * strengths[:found]
    # Ties are decided by the last row that is farthest out, within what rounding can do.
    sizes = np.round(np.abs(places), 9)
    farthest = len(places) - 1 - sizes[::-1].argmax(axis=0)
    places *= np.where(places[farthest, [0, 1]] < 0, -1, 1)
    if strengths[0] > 0:
        shares[:found] = strengths[:found] ** 2 / (strengths**2).sum()
    return places + 0.0, shares


def _new_axes() -> "Axes":
    try:
        from matplotlib import pyplot as plt
    except ImportError as error:
        raise MissingExtraError.of("matplotlib", "plot", "Drawing a map of categories") from error
    return plt.subplots(figsize=(6.4, 4.8), layout="constrained")[1]


def _quieten(ax: "Axes", shares: FloatArray, *, flat: bool) -> None:
    """Take away what says nothing, and say how much of the truth the picture shows."""
    _empty(ax)
    ax.set_xlabel(f"first component: {shares[0]:.0%} of the variance", color=_QUIET, fontsize=8)
    if flat:
        ax.set_ylabel("")
        return
    ax.set_ylabel(f"second component: {shares[1]:.0%}", color=_QUIET, fontsize=8)
    # Distances are what the map is about: a step to the right is as long as a step up.
    ax.set_aspect("equal", adjustable="datalim")


def _empty(ax: "Axes") -> None:
    ax.set_xticks([])
    ax.set_yticks([])
    ax.spines[:].set_color(_FAINT)
    ax.margins(0.12)


def _head(ax: "Axes", title: str) -> "Text":
    """Write the title, and return the line below it, still to be filled."""
    if title:
        ax.set_title(title, loc="left", fontsize=11, color=_INK, fontweight="bold", parse_math=False, pad=17)
    return ax.annotate(
        " ",
        (0, 1),
        xytext=(0, 5),
        xycoords="axes fraction",
        textcoords="offset points",
        fontsize=_LABEL_POINTS,
        color=_QUIET,
    )


def _subtitle(vectors: CategoryVectors, n_labels: int, *, complete: bool) -> str:
    parts = [f"{len(vectors):,} {'category' if len(vectors) == 1 else 'categories'}"]
    if 0 < n_labels < len(vectors):
        parts.append(f"the {n_labels} most frequent named" if complete else f"{n_labels} frequent ones named")
    if vectors.counts is not None:
        parts.append("area of a dot: rows")
    return "; ".join(parts)


def _label(ax: "Axes", keys: list[Any], places: FloatArray, areas: FloatArray) -> int:
    """Write the keys beside the first dots; return how many found room."""
    if not keys:
        return 0
    from matplotlib import text as text_module

    texts = [
        ax.annotate(
            _words(key),
            tuple(place),
            xytext=(0, 0),
            textcoords="offset points",
            fontsize=_LABEL_POINTS,
            color=_INK,
            ha="center",
            va="center",
            parse_math=False,
            in_layout=False,
            arrowprops={"arrowstyle": "-", "color": _QUIET, "linewidth": 0.6, "shrinkA": 1, "shrinkB": 0},
        )
        for key, place in zip(keys, places, strict=False)
    ]
    figure = ax.get_figure(root=True)
    assert figure is not None
    # Limits, aspect and layout are settled only by drawing; the boxes below are those of the final picture.
    figure.draw_without_rendering()
    points = figure.dpi / 72
    # An annotation's own extent would take in its line.
    boxes = [text_module.Text.get_window_extent(text) for text in texts]
    sizes = np.array([[box.width, box.height] for box in boxes])
    dots = ax.transData.transform(places)
    radii = np.sqrt(areas / np.pi) * points
    frame = np.asarray(ax.get_window_extent().padded(-3).extents)
    centres = place_labels(sizes, dots, radii, frame)
    for text, dot, radius, size, centre in zip(texts, dots, radii, sizes, centres, strict=False):
        if np.isnan(centre).any():
            text.remove()
            continue
        text.set_position(tuple((centre - dot) / points))
        gap = np.maximum(np.abs(centre - dot) - size / 2, 0)
        if text.arrow_patch is not None:
            text.arrow_patch.set_visible(bool(np.linalg.norm(gap) > radius + _NEAR * points))
    return int((~np.isnan(centres).any(axis=1)).sum())


def _words(key: Any) -> str:
    """Say a key in one short line."""
    text = " ".join(str(key).split()) or "(blank)"
    return text if len(text) <= _LONGEST_LABEL else text[: _LONGEST_LABEL - 1].rstrip() + "…"
