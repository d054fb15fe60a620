"""The figures of a study as bars. Needs matplotlib, the extra ``plot``."""

from tabemb.experiments.paper.figures import Figures
from tabemb.experiments.report.charts import INK, PAPER, QUIET, RIVAL_SOFT, SUBJECT, SUBJECT_SOFT, SvgFigure

__all__ = ["draw_figures"]

# For the first form, which is without vectors, the second, and those behind it.
COLORS = (RIVAL_SOFT, SUBJECT, SUBJECT_SOFT, QUIET)
BAR = 0.19


def draw_figures(figures: Figures) -> str:
    """Draw a panel for each split: for each method a bar a form, with a mark where the published figure is.

    Parameters
    ----------
    figures : Figures
        What was found; the first line is drawn.

    Returns
    -------
    str
        An ``<svg>`` element.
    """
    splits, methods, forms = (figures.titles[kind] for kind in ("split", "method", "form"))
    colors = dict(zip(forms, (COLORS[min(place, len(COLORS) - 1)] for place in range(len(forms))), strict=True))
    height = 0.9 + len(methods) * (0.22 * len(forms) + 0.12)
    with SvgFigure("figures", 8.6, height) as canvas:
        panels = canvas.figure.subplots(1, len(splits), sharey=True, squeeze=False)[0]
        for ax, (split, title) in zip(panels, splits.items(), strict=True):
            for row, method in enumerate(methods):
                found = {form: figures.find(split, form, figures.lines[0], method) for form in forms}
                drawn = [(form, figure) for form, figure in found.items() if figure is not None]
                for place, (form, figure) in enumerate(drawn):
                    y = row + (place - (len(drawn) - 1) / 2) * BAR
                    ax.barh(y, figure.error, height=0.9 * BAR, color=colors[form])
                    # Behind bar and mark, so that neither is written over.
                    ax.annotate(
                        f"{figure.error:.3f}",
                        (max(figure.error, figure.published or 0.0), y),
                        xytext=(4, 0),
                        textcoords="offset points",
                        va="center",
                        fontsize=7,
                        color=INK,
                    )
                    if figure.published is not None:
                        reach = [y - BAR / 2, y + BAR / 2]
                        ax.plot([figure.published] * 2, reach, color=PAPER, linewidth=3.4, solid_capstyle="butt")
                        ax.plot([figure.published] * 2, reach, color=INK, linewidth=1.6, solid_capstyle="butt")
            ax.set_title(title, loc="left", fontsize=9.5, fontweight="bold")
            ax.set_yticks(range(len(methods)), list(methods.values()))
            ax.tick_params(axis="y", length=0)
            ax.spines["left"].set_visible(False)
            ax.margins(x=0.16)
            ax.set_xlim(left=0)
            # The last number would stand beside the first of the next panel.
            ax.locator_params(axis="x", nbins=5, prune="upper")
        panels[0].invert_yaxis()
        handles = [panels[0].barh(0, 0, color=colors[form], label=title) for form, title in forms.items()]
        if any(each.published is not None for each in figures.all):
            handles += panels[0].plot([], [], color=INK, linewidth=1.6, label="published")
        canvas.figure.legend(handles=handles, loc="outside lower left", ncols=len(handles), fontsize=8)
    return canvas.svg
