"""The HTML page of a study."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from tabemb.experiments.paper.figures import Figure, Figures
from tabemb.experiments.paper.figures_picture import draw_figures
from tabemb.experiments.report import charts, numbers
from tabemb.experiments.report.comparison_page import mapped_columns, maps_of
from tabemb.experiments.report.page import facts, figure, fill_page, making, section, table
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
    sections = [section(title, _table(figures, split)) for split, title in figures.titles["split"].items()]
    if charts.can_draw():
        note = f'<p class="note">Vectors of the first line of the tables, {escape(figures.lines[0])}.</p>'
        picture = figure(draw_figures(figures), "Errors of all methods", kind="alone")
        sections.append(section("In a picture", picture + note))
    sections += maps_of(vectors, mapped_columns(vectors, maps), places)
    sections.append(section("How it was made", _making(record, config_text)))
    return fill_page(
        record,
        kind=kind,
        headline=headline,
        verdict=figures.verdict(),
        facts=facts(
            {
                "Target": record["data"]["target"],
                "Rows": numbers.count(record["data"]["rows_used"]),
                "Columns": str(len(record["data"]["columns"])),
                "Time taken": numbers.duration(record["seconds"]["total"]),
            }
        ),
        sections=sections,
    )


def _table(figures: Figures, split: str) -> str:
    head = [("Method", ""), *((escape(title), "number") for title in figures.titles["form"].values())]
    rows = []
    for method, title in figures.titles["method"].items():
        for line in figures.lines:
            named = f"<small>{escape(line)}</small>" if len(figures.lines) > 1 else ""
            cells = f'<th scope="row">{escape(title)}{named}</th>'
            for form in figures.titles["form"]:
                cells += f'<td class="number">{_cell(figures.find(split, form, line, method))}</td>'
            rows.append(("", cells))
    note = (
        '<p class="note">Mean absolute percentage error of the amounts in the rows judged by, as a share; less is '
        "better. Small: the published figure, and ours divided by it.</p>"
    )
    return table(head, rows) + note


def _cell(figure: Figure | None) -> str:
    if figure is None:
        return ""
    beside = "" if figure.published is None else f"<small>{figure.published:.3f}, {figure.quotient:.2f}</small>"
    return f"{figure.error:.3f}{beside}"


def _making(record: Mapping[str, Any], config_text: str) -> str:
    data, seconds = record["data"], record["seconds"]
    tables = ", ".join(
        f"{each['column']} ({each['categories']:,} × {each['dimensions']})"  # noqa: RUF001
        for each in record["model"]["embeddings"]
    )
    told = {
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
    return making(told, config_text)
