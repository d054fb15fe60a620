# ruff: noqa: RUF001  (typographic times)
"""The report of a run without a target: what the vectors know, their map and their neighbors."""

from collections.abc import Mapping, Sequence
from typing import Any

from tabemb.experiments import numbers
from tabemb.experiments.report.certain_neighbors import UNKNOWN_WITHOUT_FOLDS, CertainNeighbors
from tabemb.experiments.report.comparison_page import draw_maps, mapped_columns, neighbor_tables
from tabemb.experiments.report.page import render_page
from tabemb.vectors.category_vectors import CategoryVectors

__all__ = ["render_vectors"]


def render_vectors(
    record: Mapping[str, Any],
    vectors: Mapping[str, CategoryVectors],
    *,
    known: CertainNeighbors,
    config_text: str = "",
    labels: Mapping[str, Mapping] | None = None,
    maps: Sequence[str] | None = None,
    places: Mapping[str, Mapping] | None = None,
    explore: str = "",
) -> str:
    """Render the report.

    Parameters
    ----------
    record : mapping
        The content of ``report.json``.
    vectors : mapping of str to CategoryVectors
        The vectors of each column.
    known : CertainNeighbors
        What the vectors know.
    config_text : str
        The YAML of the experiment.
    labels : mapping of str to mapping, optional
        Readable names of the keys of each column.
    maps : sequence of str, optional
        Columns whose vectors are shown; the two with the most categories by default.
    places : mapping of str to mapping, optional
        Latitude and longitude of the categories of each column, drawn next to its map.
    explore : str, optional
        The command that writes the explorer of the vectors.

    Returns
    -------
    str
        HTML. Without matplotlib it has no maps.
    """
    columns = mapped_columns(vectors, maps)
    tables = neighbor_tables(vectors, columns, labels)
    return render_page(
        "vectors.html",
        record,
        kind="known",
        headline="",
        verdict="",
        facts=_facts(record),
        known=known,
        explore=explore,
        maps=draw_maps(vectors, columns, places),
        neighbors=tables,
        is_sure=any(each["reliability"] and not each["warning"] for each in tables),
        unknown=UNKNOWN_WITHOUT_FOLDS if any(each["is_unknown"] for each in tables) else "",
        embeddings=record["model"]["embeddings"],
        details=_details(record),
        config_text=config_text,
    )


def _facts(record: Mapping[str, Any]) -> dict[str, str]:
    data, embeddings = record["data"], record["model"]["embeddings"]
    return {
        "Target": "none",
        "Rows": numbers.count(data["rows_used"]),
        "Columns with vectors": f"{len(embeddings)} of {len(data['columns'])}",
        "Categories": numbers.count(sum(each["categories"] for each in embeddings)),
        "Objective": record["pretrain"]["objective"],
        "Total time": numbers.duration(record["seconds"]["total"]),
    }


def _details(record: Mapping[str, Any]) -> dict[str, str]:
    data, model, seconds = record["data"], record["model"], record["seconds"]
    tables = ", ".join(
        f"{each['column']} ({each['categories']:,} × {each['dimensions']})" for each in model["embeddings"]
    )
    return {
        "Data": data["source"],
        "Rows": " ".join([f"{data['rows_read']:,} read, {data['rows_used']:,} used.", *data["notes"]]),
        "Columns": ", ".join(data["columns"]),
        "Dropped columns": "; ".join(f"{each['column']}: {each['reason']}" for each in model["dropped"]) or "none",
        "Vectors": f"{tables} (categories × dimensions)" if tables else "none",
        "Learned by": record["pretrain"]["sentence"],
        "SHA-256 of the data": data["sha256"],
        "Seed": str(record["seed"]),
        "Time": f"fit {numbers.duration(seconds['learn'])}, total {numbers.duration(seconds['total'])}, on "
        f"{record['machine']}",
        "Versions": ", ".join(f"{name} {number}" for name, number in record["versions"].items()),
    }
