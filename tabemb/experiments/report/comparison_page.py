# ruff: noqa: RUF001  (typographic minus, dash and times)
"""The report of a run: one self-contained HTML page, verdict first."""

from collections.abc import Mapping, Sequence
from typing import Any

from tabemb.experiments.comparison.result import Comparison, ModelResult, best_of
from tabemb.experiments.report import charts, numbers
from tabemb.experiments.report.page import render_page
from tabemb.vectors.category_vectors import CategoryVectors

__all__ = ["draw_maps", "headline", "mapped_columns", "render_report"]

ONE_HOT = ("one_hot_mlp", "one_hot_linear")
N_NAMED = 10
N_NEAREST = 3


def render_report(
    record: Mapping[str, Any],
    comparison: Comparison,
    vectors: Mapping[str, CategoryVectors],
    *,
    config_text: str = "",
    labels: Mapping[str, Mapping] | None = None,
    maps: Sequence[str] | None = None,
    places: Mapping[str, Mapping] | None = None,
) -> str:
    """Write the page.

    Parameters
    ----------
    record : mapping
        What ``report.json`` holds; see `tabemb.experiments.runs.runner`.
    comparison : Comparison
        The scores.
    vectors : mapping of str to CategoryVectors
        The vectors of the model that was fitted to all rows.
    config_text : str
        The experiment's YAML.
    labels : mapping of str to mapping, optional
        Column to readable names of its keys.
    maps : sequence of str, optional
        Columns whose vectors are shown; see `mapped_columns`.
    places : mapping of str to mapping, optional
        For a column, the latitude and longitude of its categories, drawn beside its map.

    Returns
    -------
    str
        HTML. Without matplotlib it has the tables, and says how to get the pictures.
    """
    columns = mapped_columns(vectors, maps)
    kind, sentence = headline(comparison)
    can_draw = charts.can_draw()
    return render_page(
        "comparison.html",
        record,
        kind=kind,
        headline=sentence,
        verdict=comparison.verdict(),
        facts=_facts(record, comparison),
        comparison=comparison,
        can_draw=can_draw,
        score_charts={metric: charts.draw_scores(comparison, metric) for metric in comparison.metrics if can_draw},
        curves=charts.draw_curves(comparison) if can_draw else "",
        maps=draw_maps(vectors, columns, places),
        neighbors=[
            _neighbors(vectors[column], column, (labels or {}).get(column, {}))
            for column in columns
            if len(vectors[column]) > 1
        ],
        making=_making(record, comparison),
        config_text=config_text,
    )


def headline(comparison: Comparison) -> tuple[str, str]:
    """Say in one sentence how embeddings do against one-hot (or, where that was not scored, the best baseline).

    Parameters
    ----------
    comparison : Comparison
        The scores.

    Returns
    -------
    kind : str
        ``"won"``, ``"lost"`` or ``"level"``.
    sentence : str
        A difference that the spread of the folds explains is called no difference.
    """
    metric, subject = comparison.primary, comparison.subject
    if not comparison.baselines:
        return "level", f"{metric} {numbers.score(subject.mean(metric))}; nothing was scored beside it."
    rival = _rival(comparison)
    test = rival.versus[metric]
    what = "one-hot" if rival.name in ONE_HOT else rival.name
    figures = f"{metric} {numbers.score(subject.mean(metric))} against {numbers.score(rival.mean(metric))}"
    if not test.significant:
        kind, sentence = "level", f"No clear difference between embeddings and {what}: {figures}."
    elif test.difference > 0:
        kind, sentence = "won", f"Embeddings beat {what}: {figures}."
    else:
        kind, sentence = "lost", f"{what[0].upper()}{what[1:]} beats embeddings: {figures}."
    best = comparison.best()
    if best not in (subject, rival) and best.versus[metric].significant:
        kind = "lost"
        sentence += f" {best.name} is better than both ({numbers.score(best.mean(metric))})."
    others = [model for model in comparison.baselines if model is not rival]
    if best in (subject, rival) and others:
        third = best_of(others, metric, comparison.greater_is_better[metric])
        if third.versus[metric].significant:
            sentence += f" The best of the others is {third.name} ({numbers.score(third.mean(metric))})."
    return kind, sentence


def mapped_columns(vectors: Mapping[str, CategoryVectors], wanted: Sequence[str] | None = None) -> list[str]:
    """Return the columns that the report shows: those asked for, or the two with the most categories.

    Parameters
    ----------
    vectors : mapping of str to CategoryVectors
        What there is.
    wanted : sequence of str, optional
        Columns by name; ones without vectors are passed over.
    """
    if wanted is not None:
        return [column for column in wanted if column in vectors]
    return sorted(vectors, key=lambda column: -len(vectors[column]))[:2]


def _rival(comparison: Comparison) -> ModelResult:
    for name in ONE_HOT:
        if name in comparison:
            return comparison[name]
    metric = comparison.primary
    return best_of(comparison.baselines, metric, comparison.greater_is_better[metric])


def _facts(record: Mapping[str, Any], comparison: Comparison) -> dict[str, str]:
    return {
        "Target": record["data"]["target"],
        "Rows": numbers.count(comparison.n_rows),
        "Columns": str(len(record["data"]["columns"])),
        "Validation": comparison.folds,
        "Time taken": numbers.duration(record["seconds"]["total"]),
    }


def draw_maps(
    vectors: Mapping[str, CategoryVectors], columns: Sequence[str], places: Mapping[str, Mapping] | None = None
) -> dict[str, str]:
    """Draw the maps of some columns; none without matplotlib.

    Parameters
    ----------
    vectors : mapping of str to CategoryVectors
        The vectors of each column.
    columns : sequence of str
        Columns to draw; those without categories are left out.
    places : mapping of str to mapping, optional
        For a column, the latitude and longitude of its categories.

    Returns
    -------
    dict of str to str
        An ``<svg>`` element for each column.
    """
    if not charts.can_draw():
        return {}
    drawn = [column for column in columns if len(vectors[column])]
    return {column: charts.draw_map(vectors[column], column, (places or {}).get(column)) for column in drawn}


def _neighbors(vectors: CategoryVectors, column: str, labels: Mapping) -> dict[str, Any]:
    """Return the most frequent categories of a column and their nearest, as the template shows them."""

    def shown(key: Any) -> dict[str, Any]:
        label = labels.get(key)
        return {"key": str(key), "label": label if isinstance(label, str) else ""}

    rows = [
        shown(key)
        | {
            "count": None if vectors.counts is None else int(vectors.counts[vectors.key_to_index[key]]),
            "nearest": [
                shown(other) | {"cosine": cosine} for other, cosine in vectors.most_similar(key, topn=N_NEAREST)
            ],
        }
        for key in vectors.index_to_key[:N_NAMED]
    ]
    return {"column": column, "n_nearest": min(N_NEAREST, len(vectors) - 1), "rows": rows}


def _making(record: Mapping[str, Any], comparison: Comparison) -> dict[str, str]:
    data, model, seconds = record["data"], record["model"], record["seconds"]
    tables = ", ".join(
        f"{each['column']} ({each['categories']:,} × {each['dimensions']})" for each in model["embeddings"]
    )
    return {
        "Data": data["source"],
        "Rows": " ".join([f"{data['rows_read']:,} read, {data['rows_used']:,} used.", *data["notes"]]),
        "Columns": ", ".join(data["columns"]),
        "Left out": "; ".join(f"{each['column']}: {each['reason']}" for each in model["dropped"]) or "no column",
        "Embeddings": f"{tables} (categories × dimensions)" if tables else "none: no column was embedded",
        "SHA-256 of the data": data["sha256"],
        "Validation": f"{comparison.folds}; {_fold_sizes(comparison)}",
        "Seed": str(record["seed"]),
        "Time": f"{numbers.duration(seconds['compare'])} to compare, {numbers.duration(seconds['refit'])} to fit the "
        f"saved model to all rows, {numbers.duration(seconds['total'])} in all, on {record['machine']}",
        "Versions": ", ".join(f"{name} {number}" for name, number in record["versions"].items()),
    }


def _fold_sizes(comparison: Comparison) -> str:
    train, test = comparison.fold_sizes[0]
    about = "about " if len(set(comparison.fold_sizes)) > 1 else ""
    return f"{about}{train:,} rows to train on and {test:,} to score on"
