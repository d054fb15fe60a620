"""What the dots of a map are colored by: nothing, labels with a legend, or numbers with a color bar."""

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

__all__ = ["DOT", "NAMED", "OKABE_ITO", "Coloring", "LabelColoring", "NumberColoring", "PlainColoring", "coloring_of"]

FloatArray = npt.NDArray[np.floating[Any]]

# Okabe & Ito (2008), "Color universal design": told apart by color-blind eyes too. Yellow and black are left out.
OKABE_ITO = ("#0072b2", "#e69f00", "#009e73", "#d55e00", "#56b4e9", "#cc79a7", "#999999")
_SHAPES = ("o", "s", "^")
NAMED, _OTHERS = "#2f6690", "#a9bfd0"
DOT: dict[str, Any] = {"alpha": 0.8, "linewidths": 0.5, "edgecolors": "white"}
_OWN_COLORS = ("count", "cluster")


class Coloring(ABC):
    """A way to color the dots of a map, with what tells the reader what the colors mean."""

    @abstractmethod
    def draw(self, ax: "Axes", places: FloatArray, areas: FloatArray, named: npt.NDArray[np.bool_]) -> None:
        """Draw dots of shape (n, 2) in places and of areas in points squared; some of them are named."""


class PlainColoring(Coloring):
    """Two shades of one color: dots that are named, and the others."""

    def draw(self, ax: "Axes", places: FloatArray, areas: FloatArray, named: npt.NDArray[np.bool_]) -> None:
        """Draw the others first, so that those that are named lie above them."""
        for rows, color in ((~named, _OTHERS), (named, NAMED)):
            ax.scatter(places[rows, 0], places[rows, 1], s=areas[rows], color=color, **DOT)


class LabelColoring(Coloring):
    """A color for each label, and where there are more than seven of them a shape too.

    Parameters
    ----------
    labels : sequence of str or None
        One for each category; None for no label.
    title : str
        What the labels are.
    """

    def __init__(self, labels: Sequence[str | None], title: str = "") -> None:
        self.labels, self.title = list(labels), title

    def draw(self, ax: "Axes", places: FloatArray, areas: FloatArray, named: npt.NDArray[np.bool_]) -> None:
        """Draw the dots, and the legend beside the map: the labels of the most categories first."""
        from matplotlib.lines import Line2D

        known = [label for label, _ in Counter(each for each in self.labels if each is not None).most_common()]
        looks = dict(zip(known, ((color, shape) for shape in _SHAPES for color in OKABE_ITO), strict=False))
        mine = [looks.get(label, (FAINT, "o")) if label is not None else (FAINT, "o") for label in self.labels]
        rest = np.array([color == FAINT for color, _ in mine], dtype=bool)
        # What has no look of its own first, and then large dots, so that they hide no small one.
        order = np.lexsort([-areas, ~rest])
        for shape in dict.fromkeys(each for _, each in mine):
            rows = [row for row in order if mine[row][1] == shape]
            colors = [mine[row][0] for row in rows]
            ax.scatter(places[rows, 0], places[rows, 1], s=areas[rows], c=colors, marker=shape, **DOT)
        handles = [
            Line2D([], [], linestyle="", marker=shape, color=color, label=short_label(label, 34))
            for label, (color, shape) in looks.items()
        ]
        if rest.any():
            words = "others" if len(known) > len(looks) else "no label"
            handles.append(Line2D([], [], linestyle="", marker="o", color=FAINT, label=words))
        _legend(ax, handles, self.title)


class NumberColoring(Coloring):
    """A scale of colors, from yellow to dark blue ("cividis": Nuñez, Anderton & Renslow 2018), with its bar.

    Parameters
    ----------
    values : array of shape (n,)
        NaN for no number.
    title : str
        What the numbers are.
    log : bool, default=False
        Whether ten times as much is one step, as for counts.
    """

    def __init__(self, values: FloatArray, title: str = "", *, log: bool = False) -> None:
        self.values, self.title, self.log = np.asarray(values, np.float64), title, log

    def draw(self, ax: "Axes", places: FloatArray, areas: FloatArray, named: npt.NDArray[np.bool_]) -> None:
        """Draw all dots, and the bar beside the map."""
        from matplotlib import colormaps
        from matplotlib.colors import ListedColormap, LogNorm, Normalize

        known = np.isfinite(self.values)
        if not known.all():
            ax.scatter(places[~known, 0], places[~known, 1], s=areas[~known], color=FAINT, **DOT)
        order = np.flatnonzero(known)[np.argsort(-areas[known], kind="stable")]
        values = np.maximum(self.values, 1) if self.log else self.values
        low, high = values[known].min(), values[known].max()
        norm = LogNorm(low, high) if self.log and high > low else Normalize(low, high)
        # Its lightest yellow would be lost on white paper.
        scale = ListedColormap(colormaps["cividis"](np.linspace(0.9, 0, 256)))
        x, y = places[order].T
        dots = ax.scatter(x, y, s=areas[order], c=values[order], cmap=scale, norm=norm, **DOT)
        figure = ax.get_figure(root=True)
        assert figure is not None
        bar = figure.colorbar(dots, ax=ax, shrink=0.6, aspect=28, pad=0.02)
        bar.outline.set_visible(False)
        bar.ax.tick_params(labelsize=7.5, labelcolor=QUIET, color=FAINT, which="both")
        bar.set_label(self.title, fontsize=8, color=QUIET, parse_math=False)


def coloring_of(color: "str | Mapping[Any, Any] | pd.Series[Any] | None", vectors: KeyedMatrix) -> Coloring:
    """Return the coloring that ``color`` means.

    Parameters
    ----------
    color : None, "count", "cluster", mapping or pandas Series
        A mapping goes from key to label or number, a Series from its index. Keys without a value are drawn in gray.
        When all values are numbers (truth values are not), there is a scale; otherwise each value is a label.
    vectors : KeyedMatrix

    Returns
    -------
    Coloring

    Raises
    ------
    DataError
        When it is something else, says nothing about any of the categories, or says two things about one.

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
    """Color by what the vectors know of themselves."""
    if color == "cluster":
        groups = auto_clusters(vectors.vectors)
        names = cluster_names([short_label(key, 14) for key in vectors.index_to_key], groups)
        return LabelColoring([names[group] for group in groups], "group of")
    if color == "count":
        if vectors.counts is None:
            raise DataError(f"The vectors of column {vectors.name!r} came without counts; choose another color.")
        return NumberColoring(vectors.counts.astype(np.float64), "rows", log=True)
    raise DataError(
        f"color is 'count', 'cluster', or a mapping (or pandas Series) from key to label or number; got {color!r}."
        f"{did_you_mean(color, _OWN_COLORS)}"
    )


def _values_by_key(color: Any, vectors: KeyedMatrix) -> list[Any]:
    """Return the value of each category, None where there is none."""
    if not hasattr(color, "items"):
        raise DataError(
            "color is 'count', 'cluster', or a mapping (or pandas Series) from key to label or number; "
            f"got {type(color).__name__}."
        )
    found: dict[Any, Any] = {}
    for key, value in color.items():
        typed = identity(as_key(key))
        if typed in found:
            raise DataError(f"color says two things about {key!r}. Give one value for each category.")
        found[typed] = as_key(value)
    values = [found.get(identity(key)) for key in vectors.index_to_key]
    if len(vectors) and all(each is None for each in values):
        theirs, mine = next(iter(color.keys()), None), vectors.index_to_key[0]
        raise DataError(
            f"color says nothing about any of the {len(vectors):,} categories. Its keys are like {theirs!r} "
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
