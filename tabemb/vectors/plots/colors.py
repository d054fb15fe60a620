"""Colors of the dots of a map: one color, labels with a legend, or numbers with a color bar."""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from tabemb.exceptions import DataError, did_you_mean
from tabemb.table.keys import as_key, identity
from tabemb.vectors.clustering import auto_clusters, cluster_names
from tabemb.vectors.keyed_matrix import KeyedMatrix
from tabemb.vectors.plots.style import FAINT, INK, QUIET, short_label

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["DOT", "LABELED", "OKABE_ITO", "Coloring", "LabelColoring", "NumberColoring", "PlainColoring", "coloring_of"]

FloatArray = npt.NDArray[np.floating[Any]]

# Okabe & Ito (2008), "Color universal design": safe for color blindness. Without yellow and black.
OKABE_ITO = ("#0072b2", "#e69f00", "#009e73", "#d55e00", "#56b4e9", "#cc79a7", "#999999")
_SHAPES = ("o", "s", "^")
LABELED, _OTHERS = "#2f6690", "#a9bfd0"
DOT: dict[str, Any] = {"alpha": 0.8, "linewidths": 0.5, "edgecolors": "white"}


class Coloring(ABC):
    """A way to color the dots of a map, with a legend."""

    @abstractmethod
    def draw(self, ax: "Axes", points: FloatArray, areas: FloatArray, labeled: npt.NDArray[np.bool_]) -> None:
        """Draw the dots and the legend.

        Parameters
        ----------
        ax : matplotlib Axes
        points : array of shape (n, 2)
            Positions of the dots.
        areas : array of shape (n,)
            In square points.
        labeled : bool array of shape (n,)
            Whether each dot has a label.
        """


class PlainColoring(Coloring):
    """Two shades of one color: labeled dots, and the others."""

    def draw(self, ax: "Axes", points: FloatArray, areas: FloatArray, labeled: npt.NDArray[np.bool_]) -> None:
        """Draw the dots without a label first, so that labeled ones are above them."""
        for rows, color in ((~labeled, _OTHERS), (labeled, LABELED)):
            ax.scatter(points[rows, 0], points[rows, 1], s=areas[rows], color=color, **DOT)


class LabelColoring(Coloring):
    """One color per label, with a legend; also shapes if there are more than seven labels.

    There is one label per category; None for no label.
    """

    def __init__(self, labels: Sequence[str | None], title: str = "") -> None:
        self.labels, self.title = list(labels), title

    def draw(self, ax: "Axes", points: FloatArray, areas: FloatArray, labeled: npt.NDArray[np.bool_]) -> None:
        """Draw the dots, and the legend next to the map, the most common labels first."""
        from matplotlib.lines import Line2D

        known = [label for label, _ in Counter(each for each in self.labels if each is not None).most_common()]
        styles = dict(zip(known, ((color, shape) for shape in _SHAPES for color in OKABE_ITO), strict=False))
        mine = [styles.get(label, (FAINT, "o")) if label is not None else (FAINT, "o") for label in self.labels]
        rest = np.array([color == FAINT for color, _ in mine], dtype=bool)
        # First dots without their own color, then large dots, so that they do not hide small ones.
        order = np.lexsort([-areas, ~rest])
        for shape in dict.fromkeys(each for _, each in mine):
            rows = [row for row in order if mine[row][1] == shape]
            colors = [mine[row][0] for row in rows]
            ax.scatter(points[rows, 0], points[rows, 1], s=areas[rows], c=colors, marker=shape, **DOT)
        handles = [
            Line2D([], [], linestyle="", marker=shape, color=color, label=short_label(label, 34))
            for label, (color, shape) in styles.items()
        ]
        if rest.any():
            rest_label = "others" if len(known) > len(styles) else "no label"
            handles.append(Line2D([], [], linestyle="", marker="o", color=FAINT, label=rest_label))
        _legend(ax, handles, self.title)


class NumberColoring(Coloring):
    """A color scale from yellow to dark blue ("cividis": Nuñez, Anderton & Renslow 2018), with a color bar.

    There is one value per category; NaN for no number. With ``log`` the scale is logarithmic.
    """

    def __init__(self, values: FloatArray, title: str = "", *, log: bool = False) -> None:
        self.values, self.title, self.log = np.asarray(values, np.float64), title, log

    def draw(self, ax: "Axes", points: FloatArray, areas: FloatArray, labeled: npt.NDArray[np.bool_]) -> None:
        """Draw the dots, and the color bar next to the map."""
        from matplotlib import colormaps
        from matplotlib.colors import ListedColormap, LogNorm, Normalize

        known = np.isfinite(self.values)
        if not known.all():
            ax.scatter(points[~known, 0], points[~known, 1], s=areas[~known], color=FAINT, **DOT)
        order = np.flatnonzero(known)[np.argsort(-areas[known], kind="stable")]
        values = np.maximum(self.values, 1) if self.log else self.values
        low, high = values[known].min(), values[known].max()
        norm = LogNorm(low, high) if self.log and high > low else Normalize(low, high)
        # Without the lightest yellow, which is hard to see on white.
        scale = ListedColormap(colormaps["cividis"](np.linspace(0.9, 0, 256)))
        x, y = points[order].T
        dots = ax.scatter(x, y, s=areas[order], c=values[order], cmap=scale, norm=norm, **DOT)
        figure = ax.get_figure(root=True)
        assert figure is not None
        bar = figure.colorbar(dots, ax=ax, shrink=0.6, aspect=28, pad=0.02)
        bar.outline.set_visible(False)
        bar.ax.tick_params(labelsize=7.5, labelcolor=QUIET, color=FAINT, which="both")
        bar.set_label(self.title, fontsize=8, color=QUIET, parse_math=False)


def coloring_of(color: "str | Mapping[Any, Any] | pd.Series[Any] | None", vectors: KeyedMatrix) -> Coloring:
    """Return the coloring for the parameter ``color`` of ``vectors.plot``.

    If all values of a mapping are numbers (not bools), the colors are a scale; otherwise each value is a label.

    Raises
    ------
    DataError
        If it is something else, has a value for none of the categories, or has two for one.

    Examples
    --------
    >>> from tabemb import CategoryVectors
    >>> vectors = CategoryVectors(["JFK", "LAX"], [[1.0, 0.0], [0.0, 1.0]], name="dest")
    >>> coloring_of({"JFK": "east", "LAX": "west"}, vectors).labels
    ['east', 'west']
    >>> coloring_of({"JFK": 13}, vectors).values
    array([13., nan])
    """
    if color is None:
        return PlainColoring()
    if isinstance(color, str):
        return _own_coloring(color, vectors)
    values = _values_by_key(color, vectors)
    title = str(getattr(color, "name", None) or "")
    known = [each for each in values if each is not None]
    if all(isinstance(each, int | float | np.number) and not isinstance(each, bool | np.bool_) for each in known):
        return NumberColoring(np.array([np.nan if each is None else float(each) for each in values]), title)
    return LabelColoring([None if each is None else str(each) for each in values], title)


def _own_coloring(color: str, vectors: KeyedMatrix) -> Coloring:
    """Return the coloring by counts or clusters."""
    if color == "cluster":
        groups = auto_clusters(vectors.vectors)
        names = cluster_names([short_label(key, 14) for key in vectors.index_to_key], groups)
        return LabelColoring([names[group] for group in groups], "cluster")
    if color == "count":
        if vectors.counts is None:
            raise DataError(f"The vectors of column {vectors.name!r} have no counts; choose another color.")
        return NumberColoring(vectors.counts.astype(np.float64), "rows", log=True)
    raise DataError(
        f"color must be 'count', 'cluster', or a mapping (or pandas Series) from key to label or number; got {color!r}."
        f"{did_you_mean(color, ('count', 'cluster'))}"
    )


def _values_by_key(color: Any, vectors: KeyedMatrix) -> list[Any]:
    """Return the value of each category, or None."""
    if not hasattr(color, "items"):
        raise DataError(
            "color must be 'count', 'cluster', or a mapping (or pandas Series) from key to label or number; "
            f"got {type(color).__name__}."
        )
    found: dict[Any, Any] = {}
    for key, value in color.items():
        typed = identity(as_key(key))
        if typed in found:
            raise DataError(f"color has two values for {key!r}. Give one value per category.")
        found[typed] = as_key(value)
    values = [found.get(identity(key)) for key in vectors.index_to_key]
    if len(vectors) and all(each is None for each in values):
        theirs, mine = next(iter(color.keys()), None), vectors.index_to_key[0]
        raise DataError(
            f"color has a value for none of the {len(vectors):,} categories. Its keys are like {theirs!r} "
            f"({type(theirs).__name__}), those of column {vectors.name!r} like {mine!r} ({type(mine).__name__})."
        )
    return values


def _legend(ax: "Axes", handles: list[Any], title: str) -> None:
    legend = ax.legend(
        handles=handles,
        title=title,
        loc="upper left",
        bbox_to_anchor=(1.005, 1.0),
        frameon=False,
        fontsize=7.5,
        title_fontsize=8,
        labelcolor=INK,
        handletextpad=0.1,
        alignment="left",
        borderaxespad=0.0,
    )
    legend.get_title().set_color(QUIET)
    for text in [*legend.get_texts(), legend.get_title()]:
        text.set_parse_math(False)
