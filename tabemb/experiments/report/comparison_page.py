# ruff: noqa: RUF001  (typographic minus, dash and times)
"""The report of a run: one self-contained HTML page, verdict first."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import numpy as np

from tabemb.experiments.comparison.result import Comparison, ModelResult, best_of
from tabemb.experiments.report import charts, numbers
from tabemb.experiments.report.page import facts, figure, fill_page, making, section, table
from tabemb.vectors.category_vectors import CategoryVectors

__all__ = ["headline", "mapped_columns", "maps_of", "render_report"]

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
    sections = [
        section("Scores", _scores(comparison)),
        section("Costs", _costs(comparison)),
        *_pictures(comparison),
        *maps_of(vectors, columns, places),
        *_neighbours(vectors, columns, labels or {}),
        section("How it was made", _making(record, comparison, config_text)),
    ]
    kind, sentence = headline(comparison)
    return fill_page(
        record,
        kind=kind,
        headline=sentence,
        verdict=comparison.verdict(),
        facts=_facts(record, comparison),
        sections=sections,
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


def _facts(record: Mapping[str, Any], comparison: Comparison) -> str:
    told = {
        "Target": record["data"]["target"],
        "Rows": numbers.count(comparison.n_rows),
        "Columns": str(len(record["data"]["columns"])),
        "Validation": comparison.folds,
        "Time taken": numbers.duration(record["seconds"]["total"]),
    }
    return facts(told)


def _scores(comparison: Comparison) -> str:
    best = {metric: comparison.best(metric).name for metric in comparison.metrics}
    head = [("Model", "")]
    for metric in comparison.metrics:
        way = "more is better" if comparison.greater_is_better[metric] else "less is better"
        head.append((f"{escape(metric)}<small>{way}</small>", "number"))
    rows = []
    for model in comparison.models:
        cells = [_name(model)]
        for metric in comparison.metrics:
            strong = " best" if best[metric] == model.name else ""
            spread = f" ± {numbers.score(model.spread(metric))}" if comparison.n_folds > 1 else ""
            figure = f"{numbers.score(model.mean(metric))}{spread}{_versus(model, metric)}"
            cells.append(f'<td class="number{strong}">{figure}</td>')
        rows.append(("subject" if model is comparison.subject else "", "".join(cells)))
    notes = (
        '<p class="note">Mean ± standard deviation over the folds; the best mean of a column is bold. Below each '
        "baseline: how much better (+) or worse (−) the embeddings are on the same folds, the 95 % interval, and p of "
        "the corrected resampled t-test (Nadeau &amp; Bengio 2003). An interval that holds zero means no clear "
        "difference.</p>"
    )
    for failure in comparison.failures:
        where = "was left out" if failure.fold is None else f"failed in fold {failure.fold + 1} and was left out"
        notes += f'<p class="note">{escape(failure.model)} {where}: {escape(failure.message.rstrip("."))}.</p>'
    return table(head, rows) + notes


def _versus(model: ModelResult, metric: str) -> str:
    test = model.versus.get(metric)
    if test is None:
        return ""
    if not np.isfinite(test.p_value):
        return (
            f'<small title="{escape(test.reason, quote=True)}">{numbers.signed(test.difference)}, not testable</small>'
        )
    told = f"{numbers.signed(test.difference)}, {numbers.p_value(test.p_value)}"
    return f"<small>{escape(told)}</small><small>{numbers.interval(test.low, test.high)}</small>"


def _name(model: ModelResult) -> str:
    return f'<th scope="row">{escape(model.name)}<small>{escape(model.description)}</small></th>'


def _costs(comparison: Comparison) -> str:
    head = [("Model", "")] + [
        (words, "number")
        for words in (
            "Parameters",
            "Input per row<small>as stored</small>",
            "Input per row<small>if dense</small>",
            "Fit<small>one fold</small>",
            "Predict<small>rows a second</small>",
            "Peak memory<small>of a fit</small>",
        )
    ]
    rows = []
    for model in comparison.models:
        unit = "" if model.parameter_unit == "weights" else f"<small>{escape(model.parameter_unit)}</small>"
        cells = (
            f"{numbers.count(model.n_parameters)}{unit}",
            numbers.memory(model.input_bytes_per_row),
            numbers.memory(model.dense_bytes_per_row),
            numbers.duration(float(np.mean(model.fit_seconds))),
            numbers.rate(float(np.mean(model.predict_rows_per_second))),
            "–" if model.peak_memory_bytes is None else numbers.memory(model.peak_memory_bytes),
        )
        told = "".join(f'<td class="number">{cell}</td>' for cell in cells)
        rows.append(("subject" if model is comparison.subject else "", _name(model) + told))
    return table(head, rows)


def _pictures(comparison: Comparison) -> list[str]:
    if not charts.can_draw():
        words = "The pictures need matplotlib. Install it with <code>pip install 'tabemb[plot]'</code> and run again."
        return [section("Pictures", f"<p>{words}</p>")]
    figures = "".join(
        figure(charts.draw_scores(comparison, metric), f"{metric} of each model") for metric in comparison.metrics
    )
    caption = "Dots are folds; the line through them is one standard deviation to either side of the mean."
    if "majority" in comparison:
        caption += " Bars start at the score of <code>majority</code>, which does not look at the row."
    told = [section("Scores in pictures", f'<div class="pictures">{figures}</div><p class="note">{caption}</p>')]
    if curves := charts.draw_curves(comparison):
        words = "Thin lines are folds, the thick one is their mean. Dashed: the rows trained on; solid: rows held back."
        told.append(
            section("Learning curves", f'<figure class="alone">{curves}<figcaption>{words}</figcaption></figure>')
        )
    return told


def maps_of(
    vectors: Mapping[str, CategoryVectors], columns: Sequence[str], places: Mapping[str, Mapping] | None = None
) -> list[str]:
    """Return the section with the maps of some columns; nothing without columns, or without matplotlib.

    Parameters
    ----------
    vectors : mapping of str to CategoryVectors
        What there is.
    columns : sequence of str
        Which of them.
    places : mapping of str to mapping, optional
        For a column, the latitude and longitude of its categories.
    """
    columns = [column for column in columns if len(vectors[column])]
    if not columns or not charts.can_draw():
        return []
    figures = "".join(
        figure(charts.draw_map(vectors[column], column, (places or {}).get(column)), f"Map of {column}", kind="alone")
        for column in columns
    )
    words = (
        "Each dot is a category, placed by the two directions in which its learned vector differs most from the "
        "others; near ones did alike for the target. The command tabemb explore, with the folder of this run, makes a "
        "page to look around in them."
    )
    return [section("Maps of the vectors", f"<p>{words}</p>{figures}")]


def _neighbours(
    vectors: Mapping[str, CategoryVectors], columns: Sequence[str], labels: Mapping[str, Mapping]
) -> list[str]:
    tables = []
    for column in columns:
        mine = vectors[column]
        if len(mine) < 2:
            continue
        names = labels.get(column, {})
        head = [(escape(column), ""), ("Rows", "number"), (f"Nearest {min(N_NEAREST, len(mine) - 1)}, with cosine", "")]
        rows = []
        for key in mine.index_to_key[:N_NAMED]:
            near = " ".join(
                f'<td class="near">{_key(other, names, f"<span>{cosine:.2f}</span>")}</td>'
                for other, cosine in mine.most_similar(key, topn=N_NEAREST)
            )
            counted = "–" if mine.counts is None else numbers.count(int(mine.counts[mine.key_to_index[key]]))
            rows.append(("", f'<th scope="row">{_key(key, names)}</th><td class="number">{counted}</td>{near}'))
        drawn = table(head, rows).replace(
            '<th scope="col" class="">Nearest', f'<th scope="col" colspan="{N_NEAREST}">Nearest'
        )
        tables.append(f"<h3>{escape(column)}</h3>{drawn}")
    if not tables:
        return []
    words = "The most frequent categories, and those whose vectors point the most nearly the same way (1 is the same)."
    return [section("Nearest neighbours", f"<p>{words}</p>" + "".join(tables))]


def _key(key: Any, names: Mapping, after: str = "") -> str:
    label = names.get(key)
    below = f"<small>{escape(label)}</small>" if isinstance(label, str) else ""
    return f"<b>{escape(str(key))}</b>{after}{below}"


def _making(record: Mapping[str, Any], comparison: Comparison, config_text: str) -> str:
    data, model, seconds = record["data"], record["model"], record["seconds"]
    tables = ", ".join(
        f"{each['column']} ({each['categories']:,} × {each['dimensions']})" for each in model["embeddings"]
    )
    told = {
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
    return making(told, config_text)


def _fold_sizes(comparison: Comparison) -> str:
    train, test = comparison.fold_sizes[0]
    about = "about " if len(set(comparison.fold_sizes)) > 1 else ""
    return f"{about}{train:,} rows to train on and {test:,} to score on"
