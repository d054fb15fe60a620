"""The HTML page of a study."""

from collections.abc import Mapping, Sequence
from typing import Any

from tabemb.experiments import numbers
from tabemb.experiments.paper.study import StudyResult
from tabemb.experiments.report import charts
from tabemb.experiments.report.comparison_page import draw_maps, mapped_columns
from tabemb.experiments.report.page import render_page
from tabemb.vectors.category_vectors import CategoryVectors

__all__ = ["draw_errors", "render_study"]

# Of the first form, which has no vectors, of the second, and of all others.
COLORS = (charts.RIVAL_SOFT, charts.SUBJECT, charts.SUBJECT_SOFT, charts.QUIET)
BAR_HEIGHT = 0.19


def render_study(
    record: Mapping[str, Any],
    result: StudyResult,
    vectors: Mapping[str, CategoryVectors],
    *,
    config_text: str = "",
    maps: Sequence[str] | None = None,
    places: Mapping[str, Mapping] | None = None,
) -> str:
    """Render the page.

    Parameters
    ----------
    record : mapping
        The content of ``report.json``.
    result : StudyResult
        The errors.
    vectors : mapping of str to CategoryVectors
        The vectors of the saved model.
    config_text : str
        The YAML of the experiment.
    maps : sequence of str, optional
        Columns whose vectors are drawn; the two with the most categories by default.
    places : mapping of str to mapping, optional
        Latitude and longitude of the categories of each column, drawn next to its map.

    Returns
    -------
    str
        HTML. Without matplotlib it has tables only.
    """
    kind, headline = result.headline()
    return render_page(
        "study.html",
        record,
        kind=kind,
        headline=headline,
        verdict=result.verdict(),
        facts={
            "Target": record["data"]["target"],
            "Rows": numbers.count(record["data"]["rows_used"]),
            "Columns": str(len(record["data"]["columns"])),
            "Total time": numbers.duration(record["seconds"]["total"]),
        },
        result=result,
        chart=draw_errors(result) if charts.can_draw() else "",
        maps=draw_maps(vectors, mapped_columns(vectors, maps), places),
        details=_details(record),
        config_text=config_text,
    )


def draw_errors(result: StudyResult) -> str:
    """Draw a panel for each split, with a bar for each method and form and a mark at each published error.

    Requires matplotlib (the extra ``plot``).

    Parameters
    ----------
    result : StudyResult
        The errors; only the first line is drawn.

    Returns
    -------
    str
        An ``<svg>`` element.
    """
    splits, methods, forms = (result.titles[kind] for kind in ("split", "method", "form"))
    colors = dict(zip(forms, (COLORS[min(i, len(COLORS) - 1)] for i in range(len(forms))), strict=True))
    height = 0.9 + len(methods) * (0.22 * len(forms) + 0.12)
    with charts.SvgFigure("figures", 8.6, height) as canvas:
        panels = canvas.figure.subplots(1, len(splits), sharey=True, squeeze=False)[0]
        for ax, (split, title) in zip(panels, splits.items(), strict=True):
            for row, method in enumerate(methods):
                scores = [result.find(split, form, result.lines[0], method) for form in forms]
                drawn = [score for score in scores if score is not None]
                for i, score in enumerate(drawn):
                    y = row + (i - (len(drawn) - 1) / 2) * BAR_HEIGHT
                    ax.barh(y, score.error, height=0.9 * BAR_HEIGHT, color=colors[score.form])
                    # Right of both the bar and the mark, so that it overlaps neither.
                    ax.annotate(
                        f"{score.error:.3f}",
                        (max(score.error, score.published or 0.0), y),
                        xytext=(4, 0),
                        textcoords="offset points",
                        va="center",
                        fontsize=7,
                        color=charts.INK,
                    )
                    if score.published is not None:
                        x, ends = [score.published] * 2, [y - BAR_HEIGHT / 2, y + BAR_HEIGHT / 2]
                        ax.plot(x, ends, color=charts.PAPER, linewidth=3.4, solid_capstyle="butt")
                        ax.plot(x, ends, color=charts.INK, linewidth=1.6, solid_capstyle="butt")
            ax.set_title(title, loc="left", fontsize=9.5, fontweight="bold")
            ax.set_yticks(range(len(methods)), list(methods.values()))
            ax.tick_params(axis="y", length=0)
            ax.spines["left"].set_visible(False)
            ax.margins(x=0.16)
            ax.set_xlim(left=0)
            # The last tick label would touch the first one of the next panel.
            ax.locator_params(axis="x", nbins=5, prune="upper")
        panels[0].invert_yaxis()
        handles = [panels[0].barh(0, 0, color=colors[form], label=title) for form, title in forms.items()]
        if result.compared():
            handles += panels[0].plot([], [], color=charts.INK, linewidth=1.6, label="published")
        canvas.figure.legend(handles=handles, loc="outside lower left", ncols=len(handles), fontsize=8)
    return canvas.svg


def _details(record: Mapping[str, Any]) -> dict[str, str]:
    data, seconds = record["data"], record["seconds"]
    tables = ", ".join(
        f"{each['column']} ({each['categories']:,} × {each['dimensions']})"  # noqa: RUF001
        for each in record["model"]["embeddings"]
    )
    return {
        "Data": data["source"],
        "Rows": " ".join([f"{data['rows_read']:,} read, {data['rows_used']:,} used.", *data["notes"]]),
        "Columns": ", ".join(data["columns"]),
        "Saved model": f"predicts {data['target']}, fitted to the training rows of the first split",
        "Embeddings": f"{tables} (categories × dimensions)",  # noqa: RUF001
        "SHA-256 of the data": data["sha256"],
        "Seed": str(record["seed"]),
        "Time": f"total {numbers.duration(seconds['total'])}, on {record['machine']}",
        "Versions": ", ".join(f"{name} {number}" for name, number in record["versions"].items()),
    }
