"""The HTML page of a study."""

from collections.abc import Mapping, Sequence
from typing import Any

from tabemb.experiments.paper.figures import Figures
from tabemb.experiments.paper.figures_picture import draw_figures
from tabemb.experiments.report import charts, numbers
from tabemb.experiments.report.comparison_page import draw_maps, mapped_columns
from tabemb.experiments.report.page import render_page
from tabemb.vectors.category_vectors import CategoryVectors

__all__ = ["render_study"]


def render_study(
    record: Mapping[str, Any],
    figures: Figures,
    vectors: Mapping[str, CategoryVectors],
    *,
    config_text: str = "",
    maps: Sequence[str] | None = None,
    places: Mapping[str, Mapping] | None = None,
) -> str:
    """Write the page.

    Parameters
    ----------
    record : mapping
        What ``report.json`` holds.
    figures : Figures
        What was found.
    vectors : mapping of str to CategoryVectors
        The vectors of the model that is kept.
    config_text : str
        The experiment's YAML.
    maps : sequence of str, optional
        Columns whose vectors are drawn; the two with the most categories by default.
    places : mapping of str to mapping, optional
        For a column, the latitude and longitude of its categories, drawn beside its map.

    Returns
    -------
    str
        HTML. Without matplotlib it has the tables only.
    """
    kind, headline = figures.headline()
    return render_page(
        "study.html",
        record,
        kind=kind,
        headline=headline,
        verdict=figures.verdict(),
        facts={
            "Target": record["data"]["target"],
            "Rows": numbers.count(record["data"]["rows_used"]),
            "Columns": str(len(record["data"]["columns"])),
            "Total time": numbers.duration(record["seconds"]["total"]),
        },
        figures=figures,
        chart=draw_figures(figures) if charts.can_draw() else "",
        maps=draw_maps(vectors, mapped_columns(vectors, maps), places),
        details=_details(record),
        config_text=config_text,
    )


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
        "Kept model": f"predicts {data['target']} from the first split",
        "Its vectors": f"{tables} (categories × dimensions)",  # noqa: RUF001
        "SHA-256 of the data": data["sha256"],
        "Seed": str(record["seed"]),
        "Time": f"{numbers.duration(seconds['total'])} in all, on {record['machine']}",
        "Versions": ", ".join(f"{name} {number}" for name, number in record["versions"].items()),
    }
