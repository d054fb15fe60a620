# ruff: noqa: RUF001  (typographic minus, dash and times)
"""The report of a comparison: a self-contained HTML page that starts with the verdict."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tabemb.experiments import numbers
from tabemb.experiments.comparison.result import Comparison
from tabemb.experiments.comparison.verdict import headline_sentences
from tabemb.experiments.report import charts
from tabemb.experiments.report.certain_neighbors import UNKNOWN_CONFIDENCE, CertainNeighbors, certain_neighbors
from tabemb.experiments.report.cost_chart import draw_costs
from tabemb.experiments.report.page import render_page
from tabemb.table.keys import shown_by_name
from tabemb.vectors.category_vectors import CategoryVectors
from tabemb.vectors.confidence import known_reliability, nearest_neighbors
from tabemb.vectors.plots.labels import shorten

__all__ = ["draw_maps", "mapped_columns", "neighbor_tables", "render_report"]

N_CATEGORIES = 10
N_NEAREST = 5
# Of longer names, the tables of neighbors show the start and the end.
KEY_WIDTH, COLUMN_WIDTH = 50, 80


def render_report(
    record: Mapping[str, Any],
    comparison: Comparison,
    vectors: Mapping[str, CategoryVectors],
    *,
    config_text: str = "",
    labels: Mapping[str, Mapping] | None = None,
    maps: Sequence[str] | None = None,
    places: Mapping[str, Mapping] | None = None,
    known: CertainNeighbors | None = None,
    explore: str = "",
) -> str:
    """Render the report.

    Parameters
    ----------
    record : mapping
        The content of ``report.json``; see `tabemb.experiments.runs.runner`.
    comparison : Comparison
        The result of the comparison.
    vectors : mapping of str to CategoryVectors
        The vectors of each column, of the model fitted to all rows.
    config_text : str
        The YAML of the experiment.
    labels : mapping of str to mapping, optional
        Readable names of the keys of each column.
    maps : sequence of str, optional
        Columns whose vectors are shown; see `mapped_columns`.
    places : mapping of str to mapping, optional
        Latitude and longitude of the categories of each column, drawn next to its map.
    known : CertainNeighbors, optional
        What the vectors know, if it has been computed.
    explore : str, optional
        The command that writes the explorer of the vectors; without it the report names none.

    Returns
    -------
    str
        HTML. Without matplotlib it has no charts, and explains how to install it.
    """
    columns = mapped_columns(vectors, maps)
    tables = neighbor_tables(vectors, columns, labels)
    kind, sentences = headline_sentences(comparison)
    can_draw = charts.can_draw()
    return render_page(
        "comparison.html",
        record,
        kind=kind,
        headline=sentences[0],
        summary=" ".join(sentences[1:]),
        verdict=comparison.statistics(),
        known=certain_neighbors(vectors, labels) if known is None else known,
        explore=explore,
        facts=_facts(record, comparison),
        comparison=comparison,
        can_draw=can_draw,
        score_charts={metric: charts.draw_scores(comparison, metric) for metric in comparison.metrics if can_draw},
        cost_charts=draw_costs(comparison) if can_draw else {},
        calibration=charts.draw_calibration(comparison) if can_draw else "",
        curves=charts.draw_curves(comparison) if can_draw else "",
        maps=draw_maps(vectors, columns, places),
        neighbors=tables,
        is_sure=any(each["reliability"] and not each["warning"] for each in tables),
        unknown=UNKNOWN_CONFIDENCE if any(each["is_unknown"] for each in tables) else "",
        details=_details(record, comparison),
        config_text=config_text,
    )


def mapped_columns(vectors: Mapping[str, CategoryVectors], wanted: Sequence[str] | None = None) -> list[str]:
    """Return the columns whose vectors the report shows.

    Parameters
    ----------
    vectors : mapping of str to CategoryVectors
        The vectors of each column.
    wanted : sequence of str, optional
        Names of columns; those without vectors are ignored. The two columns with the most categories by default.
    """
    if wanted is not None:
        return [column for column in wanted if column in vectors]
    return sorted(vectors, key=lambda column: -len(vectors[column]))[:2]


def _facts(record: Mapping[str, Any], comparison: Comparison) -> dict[str, str]:
    return {
        "Target": record["data"]["target"],
        **({"Ranked within": record["data"]["group"]} if record["data"].get("group") else {}),
        "Rows": numbers.count(comparison.n_rows),
        "Columns": str(len(record["data"]["columns"])),
        "Validation": comparison.folds,
        "Total time": numbers.duration(record["seconds"]["total"]),
    }


def draw_maps(
    vectors: Mapping[str, CategoryVectors],
    columns: Sequence[str],
    places: Mapping[str, Mapping] | None = None,
    names: Mapping[str, Mapping] | None = None,
) -> dict[str, str]:
    """Draw the maps of some columns.

    Parameters
    ----------
    vectors : mapping of str to CategoryVectors
        The vectors of each column.
    columns : sequence of str
        Columns to draw; those without categories are skipped.
    places : mapping of str to mapping, optional
        Latitude and longitude of the categories of each column.
    names : mapping of str to mapping, optional
        Readable names to show in place of the keys of each column.

    Returns
    -------
    dict of str to str
        An ``<svg>`` element for each column; empty without matplotlib.
    """
    if not charts.can_draw():
        return {}
    drawn = [column for column in columns if len(vectors[column])]
    return {
        column: charts.draw_map(vectors[column], column, (places or {}).get(column), (names or {}).get(column))
        for column in drawn
    }


def neighbor_tables(
    vectors: Mapping[str, CategoryVectors], columns: Sequence[str], labels: Mapping[str, Mapping] | None = None
) -> list[dict[str, Any]]:
    """Return the most frequent categories of some columns and their nearest neighbors, for the template.

    Parameters
    ----------
    vectors : mapping of str to CategoryVectors
        The vectors of each column.
    columns : sequence of str
        Columns to show; those with a single category are skipped.
    labels : mapping of str to mapping, optional
        Readable names of the keys of each column.
    """
    return [
        _neighbors(vectors[column], column, (labels or {}).get(column, {}))
        for column in columns
        if len(vectors[column]) > 1
    ]


def _neighbors(vectors: CategoryVectors, column: str, labels: Mapping) -> dict[str, Any]:
    """Return the most frequent categories of a column and their nearest neighbors, for the template."""
    names = {key: label for key in vectors.index_to_key if isinstance(label := labels.get(key), str)}
    titled = shown_by_name(vectors.index_to_key, names.values())

    def labeled(key: Any, *, is_neighbor: bool = False) -> dict[str, Any]:
        text, label = str(key), names.get(key, "")
        if not (titled and label):
            return {"key": shorten(text, KEY_WIDTH), "text": text, "label": label}
        # Of neighbors, the number would be below another number, the cosine.
        return {"key": shorten(label, KEY_WIDTH), "text": f"{label} ({text})", "label": "" if is_neighbor else text}

    known, column = known_reliability(vectors), shorten(column, COLUMN_WIDTH)
    head = {
        "column": column,
        "reliability": known,
        "warning": "" if known is None else known.warning(column),
        # With a single other category there is nothing to be sure of.
        "is_unknown": vectors.noise is None and len(vectors) > 2,
    }
    if head["warning"]:
        return head
    asked = np.arange(min(N_CATEGORIES, len(vectors)))
    near = nearest_neighbors(vectors, asked, N_NEAREST, confidence=known is not None)
    keys, shares = vectors.index_to_key, near.confidence
    rows = [
        labeled(keys[row])
        | {
            "count": None if vectors.counts is None else int(vectors.counts[row]),
            "nearest": [
                labeled(keys[other], is_neighbor=True)
                | {"cosine": near.cosines[row, i], "confidence": None if shares is None else shares[row, i]}
                for i, other in enumerate(near.rows[row])
            ],
        }
        for row in asked.tolist()
    ]
    return head | {"n_nearest": near.rows.shape[1], "rows": rows}


def _details(record: Mapping[str, Any], comparison: Comparison) -> dict[str, str]:
    data, model, seconds = record["data"], record["model"], record["seconds"]
    tables = ", ".join(
        f"{each['column']} ({each['categories']:,} × {each['dimensions']})" for each in model["embeddings"]
    )
    return {
        "Data": data["source"],
        "Rows": " ".join([f"{data['rows_read']:,} read, {data['rows_used']:,} used.", *data["notes"]]),
        "Columns": ", ".join(data["columns"]),
        "Dropped columns": "; ".join(f"{each['column']}: {each['reason']}" for each in model["dropped"]) or "none",
        "Embeddings": f"{tables} (categories × dimensions)" if tables else "none",
        **_statistics(model.get("statistics")),
        **({"Pretraining": record["pretrain"]["sentence"]} if record.get("pretrain") else {}),
        "SHA-256 of the data": data["sha256"],
        "Validation": f"{comparison.folds}; {_fold_sizes(comparison)}",
        "Seed": str(record["seed"]),
        "Time": f"comparison {numbers.duration(seconds['compare'])}, fit of the saved model to all rows "
        f"{numbers.duration(seconds['refit'])}, total {numbers.duration(seconds['total'])}, on {record['machine']}",
        "Versions": ", ".join(f"{name} {number}" for name, number in record["versions"].items()),
    }


def _statistics(used: Mapping[str, Any] | None) -> dict[str, str]:
    """Return what is said of the target statistics; nothing for runs of versions that did not record them."""
    if used is None:
        return {}
    if not used["share"]:
        return {"Target statistics": "not used; predictions are those of the network that reads the embeddings"}
    crosses = ", ".join(" × ".join(shorten(name, COLUMN_WIDTH) for name in cross) for cross in used["crosses"][:5])
    more = f" and {len(used['crosses']) - 5} more" if len(used["crosses"]) > 5 else ""
    return {
        "Target statistics": f"{numbers.percent(used['share'])} of each prediction comes from a network that reads the "
        "mean targets of categories"
        + (f" and of the combinations {crosses}{more}" if crosses else "")
        + "; the rest from the network that reads the embeddings"
    }


def _fold_sizes(comparison: Comparison) -> str:
    train, test = comparison.fold_sizes[0]
    about = "about " if len(set(comparison.fold_sizes)) > 1 else ""
    return f"{about}{train:,} train rows and {test:,} test rows"
