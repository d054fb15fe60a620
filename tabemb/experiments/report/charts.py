"""Charts of the report, as SVG in the colors of the page. Requires matplotlib (the extra ``plot``)."""

import importlib.util
import io
import logging
import re
import warnings
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from tabemb.experiments.comparison.model_result import ModelResult
from tabemb.experiments.comparison.result import Comparison
from tabemb.experiments.numbers import score
from tabemb.vectors.category_vectors import CategoryVectors
from tabemb.vectors.plots.labels import FONT, fonts_for, shorten, unique_labels

__all__ = ["SvgFigure", "can_draw", "draw_calibration", "draw_curves", "draw_map", "draw_scores"]

# matplotlib writes these colors; they are replaced by CSS variables of the page, which has a light and a dark mode.
INK, QUIET, FAINT, PAPER = "#333333", "#767676", "#d4d4d4", "#ffffff"
SUBJECT, RIVAL, SUBJECT_SOFT, RIVAL_SOFT = "#2f6690", "#b4692f", "#a9bfd0", "#d9c3ae"
PAGE_COLORS = {
    INK: "--ink",
    QUIET: "--quiet",
    FAINT: "--faint",
    PAPER: "--paper",
    SUBJECT: "--subject",
    RIVAL: "--rival",
    SUBJECT_SOFT: "--subject-soft",
    RIVAL_SOFT: "--rival-soft",
}
STYLE = {
    "svg.fonttype": "none",
    "font.size": 9,
    # Names may contain dollar signs.
    "text.parse_math": False,
    "text.color": INK,
    "axes.labelcolor": QUIET,
    "axes.edgecolor": FAINT,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.8,
    "xtick.color": FAINT,
    "ytick.color": FAINT,
    "xtick.labelcolor": QUIET,
    "ytick.labelcolor": INK,
    "axes.grid": False,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "legend.frameon": False,
}
FONT_LOG = logging.getLogger("matplotlib.font_manager")
# The most frequent categories are labeled on a map.
MAX_LABELS = 30
# Widths of labels in characters: of a category on a map, of a model or metric, and of a title across a chart.
LABEL_WIDTH, NAME_WIDTH, TITLE_WIDTH = 26, 26, 80


def can_draw() -> bool:
    """Return whether matplotlib is installed."""
    return importlib.util.find_spec("matplotlib") is not None


def draw_scores(comparison: Comparison, metric: str) -> str:
    """Draw the scores on one metric: a bar for each model, its standard deviation, and a dot for each fold.

    Bars start at the score of the baseline ``majority``, or at zero without it.

    Parameters
    ----------
    comparison : Comparison
        The result of the comparison.
    metric : str
        One of its metrics.

    Returns
    -------
    str
        An ``<svg>`` element.
    """
    upwards = comparison.greater_is_better[metric]
    models = sorted(
        (model for model in comparison.models if np.isfinite(model.scores[metric]).all()),
        key=lambda model: -model.mean(metric) if upwards else model.mean(metric),
    )
    start = comparison["majority"].mean(metric) if "majority" in comparison else 0.0
    start = start if np.isfinite(start) else 0.0
    names = [shorten(model.name, NAME_WIDTH) for model in models]
    way = "higher is better" if upwards else "lower is better"
    axis = f"{shorten(metric, NAME_WIDTH)} ({way})"
    with SvgFigure(f"scores {metric}", 4.7, 0.34 * len(models) + 0.75, [axis, *names]) as canvas:
        ax = canvas.figure.subplots()
        for row, model in enumerate(models):
            own = model is comparison.subject
            strong, soft = (SUBJECT, SUBJECT_SOFT) if own else (RIVAL, RIVAL_SOFT)
            mean, spread, values = model.mean(metric), model.spread(metric), model.scores[metric]
            ax.barh(row, mean - start, left=start, height=0.62, color=soft)
            ax.plot([mean - spread, mean + spread], [row, row], color=strong, linewidth=1.4, solid_capstyle="butt")
            # Offset vertically, so that folds with equal scores do not overlap.
            steps = np.resize([-0.12, 0.0, 0.12], len(values))
            ax.scatter(values, row + steps, s=11, color=strong, linewidths=0.4, edgecolors=PAPER, zorder=3)
            ax.annotate(
                score(mean),
                (1, row),
                xycoords=("axes fraction", "data"),
                xytext=(6, 0),
                textcoords="offset points",
                va="center",
                color=INK,
                fontsize=8.5,
                fontweight="bold" if own else "normal",
            )
        ax.set_yticks(range(len(models)), names)
        ax.tick_params(axis="y", length=0)
        ax.spines["left"].set_visible(False)
        ax.axvline(start, color=QUIET, linewidth=0.8)
        ax.invert_yaxis()
        ax.margins(x=0.04)
        ax.locator_params(axis="x", nbins=5)
        ax.set_xlabel(axis, fontsize=8.5)
    return canvas.svg


def draw_curves(comparison: Comparison) -> str:
    """Draw the learning curves of each model: thin lines for folds, and a thick line for their mean.

    Returns
    -------
    str
        An ``<svg>`` element; empty if no model has learning curves.
    """
    models = [model for model in comparison.models if any("loss" in each for each in model.histories)]
    if not models:
        return ""
    names = [shorten(model.name, TITLE_WIDTH // len(models)) for model in models]
    with SvgFigure("curves", 8.6, 3.0, names) as canvas:
        panels = np.atleast_1d(canvas.figure.subplots(1, len(models), sharey=True))
        for ax, model, name in zip(panels, models, names, strict=True):
            own = model is comparison.subject
            _curves(ax, model, name, *((SUBJECT, SUBJECT_SOFT) if own else (RIVAL, RIVAL_SOFT)))
        panels[0].set_ylabel("loss")
    return canvas.svg


def draw_calibration(comparison: Comparison) -> str:
    """Draw the observed shares of the second class over its predicted probabilities, for each model.

    Returns
    -------
    str
        An ``<svg>`` element; empty if no model has a calibration.
    """
    models = [
        model for model in comparison.models if model.calibration is not None and len(model.calibration.counts) > 1
    ]
    if not models:
        return ""
    names = [shorten(model.name, TITLE_WIDTH // len(models)) for model in models]
    top = 1.05 * max(max(each.calibration.predicted.max(), each.calibration.observed.max()) for each in models)
    with SvgFigure("calibration", 8.6, 3.0, names) as canvas:
        panels = np.atleast_1d(canvas.figure.subplots(1, len(models), sharey=True))
        for ax, model, name in zip(panels, models, names, strict=True):
            strong = SUBJECT if model is comparison.subject else RIVAL
            ax.plot([0, top], [0, top], color=QUIET, linewidth=0.8, dashes=(3, 2))
            ax.plot(
                model.calibration.predicted, model.calibration.observed, color=strong, linewidth=1.4, marker="o", ms=3
            )
            ax.set_title(f"{name}\n{score(model.calibration.error)}", fontsize=8.5)
            ax.set_xlim(0, top)
            ax.set_ylim(0, top)
            ax.locator_params(nbins=4)
        panels[0].set_ylabel("observed share")
        panels[len(panels) // 2].set_xlabel("predicted probability")
    return canvas.svg


def draw_map(
    vectors: CategoryVectors,
    title: str,
    places: Mapping[Any, tuple[float, float]] | None = None,
    names: Mapping[Any, str] | None = None,
) -> str:
    """Draw a map of the vectors of a column and, if places are given, of the locations of its categories.

    Long names are shortened in the middle.

    Parameters
    ----------
    vectors : CategoryVectors
        The vectors.
    title : str
        Title of the map.
    places : mapping of key to (float, float), optional
        Latitude and longitude in degrees.
    names : mapping of key to str, optional
        Readable names, shown in place of the keys.

    Returns
    -------
    str
        An ``<svg>`` element.
    """
    from tabemb.vectors.plots.map import plot_map, plot_places

    name = shorten(title, TITLE_WIDTH // (2 if places else 1))
    vectors, labels = _with_labels(vectors, names or {})
    placed = dict(zip(unique_labels(places, LABEL_WIDTH), places.values(), strict=True)) if places else {}
    with SvgFigure(f"map {title}", 8.6, 4.6 if places else 5.4, [name, *labels, *placed]) as canvas:
        if not places:
            plot_map(vectors, ax=canvas.figure.subplots(), title=name, top=MAX_LABELS)
        else:
            left, right = canvas.figure.subplots(1, 2)
            # First, because plot_map places its labels in the current layout.
            plot_places(placed, ax=right, title="Locations")
            plot_map(vectors, ax=left, title=name, top=MAX_LABELS)
    return canvas.svg


def _with_labels(vectors: CategoryVectors, names: Mapping[Any, str]) -> tuple[CategoryVectors, list[str]]:
    """Return vectors whose most frequent categories have short labels as keys, and these labels."""
    counts = np.zeros(len(vectors)) if vectors.counts is None else vectors.counts
    rows = np.argsort(-counts, kind="stable")[:MAX_LABELS].tolist()
    shown = [vectors.index_to_key[row] for row in rows]
    labels = unique_labels([names.get(key, key) for key in shown], LABEL_WIDTH)
    # The other keys are not drawn. As numbers, they differ from all labels.
    keys: list[Any] = list(range(len(vectors)))
    for row, label in zip(rows, labels, strict=True):
        keys[row] = label
    return CategoryVectors(keys, vectors.vectors, vectors.counts, name=vectors.name), labels


def _curves(ax, model: ModelResult, name: str, strong: str, soft: str) -> None:
    for key, line, words in (("loss", (0, (2, 2)), "training loss"), ("val_loss", "solid", "validation loss")):
        curves = [np.asarray(each[key], float) for each in model.histories if each.get(key)]
        if not curves:
            continue
        for curve in curves:
            ax.plot(np.arange(1, len(curve) + 1), curve, color=soft, linewidth=0.8, linestyle=line)
        longest = max(map(len, curves))
        padded = np.array([np.pad(curve, (0, longest - len(curve)), constant_values=np.nan) for curve in curves])
        # Folds may stop at different epochs: the mean ends with the first of them.
        mean = padded[:, : min(map(len, curves))].mean(axis=0)
        ax.plot(np.arange(1, len(mean) + 1), mean, color=strong, linewidth=1.8, linestyle=line, label=words)
    ax.set_title(name, loc="left", fontsize=9.5, fontweight="bold")
    ax.set_xlabel("epoch")
    ax.xaxis.get_major_locator().set_params(integer=True)
    ax.tick_params(axis="y", labelcolor=QUIET)
    ax.legend(fontsize=8, handlelength=2.2)


class SvgFigure:
    """A context manager with a matplotlib figure in the style of the report; ``svg`` is set when the block ends.

    Parameters
    ----------
    name : str
        Name of the chart, unique on its page.
    width, height : float
        Size in inches.
    texts : iterable of str, optional
        Names that are drawn. If DejaVu Sans lacks their characters, installed fonts that have them are used as well.
    """

    def __init__(self, name: str, width: float, height: float, texts: Iterable[str] = ()) -> None:
        self.name, self.size, self.texts, self.svg = name, (width, height), texts, ""

    def __enter__(self) -> "SvgFigure":
        import matplotlib as mpl
        from matplotlib.figure import Figure

        # The ids within an SVG are derived from the salt; they must differ between the charts of a page.
        style = STYLE | {"font.family": fonts_for(self.texts), "svg.hashsalt": self.name}
        self._warnings = warnings.catch_warnings()
        self._warnings.__enter__()
        # `fonts_for` warns once of all characters that are in no font; matplotlib would warn of each, and log that a
        # font for some of them has no bold letters.
        self._level = FONT_LOG.level
        FONT_LOG.setLevel(logging.ERROR)
        for message in (
            "Glyph .* missing from font",
            "Matplotlib currently does not support",
            "Some names in the charts",
        ):
            warnings.filterwarnings("ignore", message, UserWarning)
        self._style = mpl.rc_context(style)
        self._style.__enter__()
        self.figure = Figure(figsize=self.size, layout="constrained")
        return self

    def __exit__(self, *problem) -> None:
        try:
            if problem[0] is None:
                buffer = io.StringIO()
                self.figure.savefig(buffer, format="svg", metadata=dict.fromkeys(("Date", "Creator", "Type", "Format")))
                self.svg = _for_page(buffer.getvalue(), self.name)
        finally:
            self._style.__exit__(*problem)
            self._warnings.__exit__(*problem)
            FONT_LOG.setLevel(self._level)


# A circle of matplotlib: from its lowest point, eight curves and back. A number has at most six decimals.
_CIRCLE = re.compile(r'<path d="M ([-\d.]+) ([-\d.]+) ?\n((?:C(?: [-\d.]+){6} ?\n){8})z\n?"')


def _as_circle(match: re.Match[str]) -> str:
    """Return a circle drawn by curves as an element of a tenth of the size; other shapes unchanged."""
    x, low = float(match[1]), float(match[2])
    ends = [tuple(map(float, line.split()[-2:])) for line in match[3].splitlines()]
    radius = (low - ends[3][1]) / 2
    if not np.allclose([ends[3][0], *ends[1]], [x, x + radius, low - radius], atol=1e-3):
        return match[0]
    return f'<circle cx="{x:.2f}" cy="{low - radius:.2f}" r="{radius:.2f}"'


def _for_page(svg: str, name: str, colors: Mapping[str, str] = PAGE_COLORS) -> str:
    """Return the ``<svg>`` element of a matplotlib file, with the colors of the page and without a fixed size."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r'\s(?:id="[\w.]+_\d+"|xmlns:xlink="[^"]*"|version="1.1")', "", svg)
    svg = re.sub(r'width="([\d.]+)pt" height="[\d.]+pt"', r'style="max-width: \1pt"', svg, count=1)
    svg = re.sub(rf"'{FONT}'[^;\"]*", "var(--sans)", svg)
    for hexadecimal, variable in colors.items():
        svg = re.sub(rf"{hexadecimal}\b", f"var({variable})", svg)
    return _CIRCLE.sub(_as_circle, svg).strip()
