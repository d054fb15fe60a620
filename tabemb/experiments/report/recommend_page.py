# ruff: noqa: RUF001  (typographic times)
"""The report of a run that recommends items: how many held-out ones it finds, examples, and a map of the items."""

from collections.abc import Mapping, Sequence
from typing import Any

from tabemb.experiments import numbers
from tabemb.experiments.recommendation import RankingResult
from tabemb.experiments.report.comparison_page import draw_maps, mapped_columns, neighbor_tables
from tabemb.experiments.report.page import render_page
from tabemb.vectors.category_vectors import CategoryVectors

__all__ = ["render_recommendations"]

# A page with a dot for each of a million items would be too large to open.
N_MAPPED = 3_000


def render_recommendations(
    record: Mapping[str, Any],
    ranking: RankingResult,
    vectors: Mapping[str, CategoryVectors],
    *,
    examples: Sequence[Mapping[str, Any]] = (),
    config_text: str = "",
    labels: Mapping[str, Mapping] | None = None,
    command: str = "",
    maps: Sequence[str] | None = None,
    places: Mapping[str, Mapping] | None = None,
) -> str:
    """Render the report.

    Parameters
    ----------
    record : mapping
        The content of ``report.json``.
    ranking : RankingResult
        The result of the evaluation.
    vectors : mapping of str to CategoryVectors
        The vectors of items and of users.
    examples : sequence of mapping
        From :func:`~tabemb.experiments.runs.recommended.example_recommendations`.
    config_text : str
        The YAML of the experiment.
    labels : mapping of str to mapping, optional
        Readable names of the keys of each column.
    command : str, optional
        The command that shows recommendations.
    maps : sequence of str, optional
        Columns whose vectors are shown.
    places : mapping of str to mapping, optional
        Latitude and longitude of the categories of each column, drawn next to its map.

    Returns
    -------
    str
        HTML. Without matplotlib it has no maps.
    """
    columns = mapped_columns(vectors, maps)
    kind, headline = ranking.headline()
    metrics = ranking.metrics.reset_index()
    ratings = None if ranking.ratings is None else ranking.ratings.rename_axis("model").reset_index()
    best = metrics.drop(columns="model").groupby("k").max()
    return render_page(
        "recommend.html",
        record,
        kind=kind,
        headline=headline,
        verdict=record["verdict"].removeprefix(headline).strip(),
        facts=_facts(record, ranking),
        ranking=ranking,
        metrics=list(ranking.metrics.columns),
        rows=metrics.to_dict("records"),
        best=best.to_dict("index"),
        ratings=None if ratings is None else ratings.to_dict("records"),
        examples=examples,
        command=command,
        maps=draw_maps({name: _first(vectors[name]) for name in columns}, columns, places, labels),
        n_mapped=N_MAPPED,
        is_part=any(len(vectors[name]) > N_MAPPED for name in columns),
        neighbors=neighbor_tables(vectors, columns, labels),
        details=_details(record, ranking),
        config_text=config_text,
    )


def _first(vectors: CategoryVectors) -> CategoryVectors:
    """Return the vectors that are drawn, those of the most frequent categories."""
    if len(vectors) <= N_MAPPED:
        return vectors
    keys, counts = vectors.index_to_key[:N_MAPPED], vectors.counts
    return CategoryVectors(
        keys, vectors.vectors[:N_MAPPED], None if counts is None else counts[:N_MAPPED], name=vectors.name
    )


def _facts(record: Mapping[str, Any], ranking: RankingResult) -> dict[str, str]:
    sizes = {each["column"]: each["categories"] for each in record["model"]["embeddings"]}
    return {
        "Method": ranking.method,
        "Interactions": numbers.count(record["data"]["rows_used"]),
        **{column: numbers.count(size) for column, size in sizes.items()},
        "Held out": numbers.count(ranking.split["test"]),
        "Total time": numbers.duration(record["seconds"]["total"]),
    }


def _details(record: Mapping[str, Any], ranking: RankingResult) -> dict[str, str]:
    data, seconds, split = record["data"], record["seconds"], ranking.split
    tables = ", ".join(
        f"{each['column']} ({each['categories']:,} × {each['dimensions']})" for each in record["model"]["embeddings"]
    )
    steps = [f"{name} {numbers.duration(seconds[name])}" for name in ("fit", "evaluate", "refit") if name in seconds]
    return {
        "Data": data["source"],
        "Rows": " ".join([f"{data['rows_read']:,} read, {data['rows_used']:,} used.", *data["notes"]]),
        "Columns": ", ".join(data["columns"]),
        "Vectors": f"{tables} (categories × dimensions), fitted to {record['recommend']['fitted_to']}",
        "Held out": f"{split['how']}: {split['train']:,} interactions to learn from, {split['test']:,} to find; "
        f"{split['left_out']:,} of new users or items are left out",
        "SHA-256 of the data": data["sha256"],
        "Seed": str(record["seed"]),
        "Time": f"{', '.join(steps)}, total {numbers.duration(seconds['total'])}, on {record['machine']}",
        "Versions": ", ".join(f"{name} {number}" for name, number in record["versions"].items()),
    }
