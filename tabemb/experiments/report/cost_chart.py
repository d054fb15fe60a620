"""The chart of score against cost, with the spread of each model over the folds. Requires matplotlib."""

from collections.abc import Callable, Sequence

import numpy as np

from tabemb.experiments import numbers
from tabemb.experiments.comparison.model_result import ModelResult
from tabemb.experiments.comparison.result import Comparison
from tabemb.experiments.report.charts import INK, NAME_WIDTH, QUIET, RIVAL, RIVAL_SOFT, SUBJECT, SUBJECT_SOFT, SvgFigure
from tabemb.vectors.plots.labels import shorten

__all__ = ["draw_costs", "spread_out"]

# A constant prediction costs nothing and scores far below the others, whose differences would not be seen beside it.
CONSTANT = "majority"
# Between two labels, and around the data, as shares of the height of the chart.
GAP, MARGIN = 0.1, 0.12
# The narrowest range of costs, as the ratio of its ends.
NARROWEST = 8.0


def draw_costs(comparison: Comparison) -> dict[str, str]:
    """Draw the primary score against what models cost, on a logarithmic scale: weights, and seconds of a fit.

    Lines are one standard deviation over the folds on each side. A better score is always higher up. The constant
    prediction ``majority`` is left out.

    Parameters
    ----------
    comparison : Comparison
        The result of the comparison.

    Returns
    -------
    dict of str to str
        An ``<svg>`` element for each cost that at least two models have; parameters other than weights do not count.
    """
    metric = comparison.primary
    models = [
        model for model in comparison.models if model.name != CONSTANT and np.isfinite(model.scores[metric]).all()
    ]
    counted = [model for model in models if model.parameter_unit == "weights" and model.n_parameters]
    weights = [np.array([float(model.n_parameters or 0)]) for model in counted]
    charts = {}
    if len(counted) > 1:
        charts["weights"] = _draw(comparison, counted, weights, "weights", numbers.count)
    if len(models) > 1:
        charts["fit"] = _draw(comparison, models, [each.fit_seconds for each in models], "seconds of a fit", _plain)
    return charts


def spread_out(places: Sequence[float], gap: float) -> list[float]:
    """Return places as near as possible to the given ones, at least a gap apart and in the same order.

    Parameters
    ----------
    places : sequence of float
        Places from 0 to 1.
    gap : float
        Smallest distance of two places.

    Examples
    --------
    >>> [round(place, 2) for place in spread_out([0.5, 0.52, 0.9], 0.1)]
    [0.46, 0.56, 0.9]
    """
    order = np.argsort(places, kind="stable")
    # Groups of labels that touch are centered on the mean of their places.
    groups: list[list[int]] = []
    for row in order:
        groups.append([int(row)])
        while len(groups) > 1 and _start(groups[-1], places, gap) < _end(groups[-2], places, gap) + gap - 1e-9:
            last = groups.pop()
            groups[-1] += last
    out = [0.0] * len(places)
    for group in groups:
        for position, row in enumerate(group):
            out[row] = _start(group, places, gap) + position * gap
    return out


def _start(group: Sequence[int], places: Sequence[float], gap: float) -> float:
    half = (len(group) - 1) / 2 * gap
    center = float(np.mean([places[row] for row in group]))
    return min(max(center, half), 1 - half) - half if half <= 0.5 else center - half


def _end(group: Sequence[int], places: Sequence[float], gap: float) -> float:
    return _start(group, places, gap) + (len(group) - 1) * gap


def _plain(value: float) -> str:
    return f"{value:,g}"


def _draw(
    comparison: Comparison,
    models: Sequence[ModelResult],
    costs: Sequence[np.ndarray],
    name: str,
    unit: Callable[[float], str],
) -> str:
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    metric, upwards = comparison.primary, comparison.greater_is_better[comparison.primary]
    labels = [shorten(model.name, NAME_WIDTH) for model in models]
    way = "higher is better" if upwards else "lower is better; axis reversed"
    axis = f"{shorten(metric, NAME_WIDTH)} ({way})"
    means, spreads = ([getattr(model, each)(metric) for model in models] for each in ("mean", "spread"))
    low, high = _ends(np.subtract(means, spreads), np.add(means, spreads))
    with SvgFigure(f"{name} against {metric}", 4.7, 3.0, [axis, *labels]) as canvas:
        ax = canvas.figure.subplots()
        ax.set_xscale("log")
        ax.set_xlim(*_range(np.concatenate(costs)))
        ax.set_ylim(*((low, high) if upwards else (high, low)))
        heights = [(mean - low) / (high - low) for mean in means]
        heights = heights if upwards else [1 - height for height in heights]
        for model, label, cost, mean, spread, place in zip(
            models, labels, costs, means, spreads, spread_out(heights, GAP), strict=True
        ):
            own = model is comparison.subject
            color, soft = (SUBJECT, SUBJECT_SOFT) if own else (RIVAL, RIVAL_SOFT)
            x = float(np.mean(cost))
            ax.plot([x, x], [mean - spread, mean + spread], color=color, linewidth=1.2, solid_capstyle="butt")
            ax.plot([cost.min(), cost.max()], [mean, mean], color=color, linewidth=1.2, solid_capstyle="butt")
            ax.plot([x], [mean], marker="o", markersize=6, color=color, zorder=3)
            ax.annotate(
                label,
                (x, mean),
                xytext=(1.04, place),
                textcoords="axes fraction",
                va="center",
                color=INK,
                fontsize=8.5,
                fontweight="bold" if own else "normal",
                arrowprops={"arrowstyle": "-", "color": soft, "linewidth": 0.8, "shrinkA": 2, "shrinkB": 5},
            )
        ax.xaxis.set_major_locator(LogLocator(subs=(1.0,) if ax.get_xlim()[1] / ax.get_xlim()[0] > 100 else (1, 2, 5)))
        ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: unit(value)))
        ax.xaxis.set_minor_formatter(NullFormatter())
        ax.locator_params(axis="y", nbins=5)
        ax.tick_params(axis="y", labelcolor=QUIET)
        ax.set_xlabel(f"{name}, logarithmic", fontsize=8.5)
        ax.set_title(axis, loc="left", fontsize=8.5, color=QUIET)
    return canvas.svg


def _ends(lows: np.ndarray, highs: np.ndarray) -> tuple[float, float]:
    low, high = float(lows.min()), float(highs.max())
    margin = MARGIN * (high - low) or 0.01 * abs(high) or 0.01
    return low - margin, high + margin


def _range(costs: np.ndarray) -> tuple[float, float]:
    low, high = float(costs.min()), float(costs.max())
    wider = max(1.25, np.sqrt(NARROWEST * low / high))
    return low / wider, high * wider
