"""A run that recommends items to users: its evaluation, its report and the recommender."""

import shlex
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from tabemb.exceptions import ConfigError, DataError
from tabemb.experiments.config import ExperimentConfig
from tabemb.experiments.data import Problem
from tabemb.experiments.recommendation import evaluate, make_recommender, method_of, split_interactions
from tabemb.experiments.report.recommend_page import render_recommendations
from tabemb.experiments.runs.folder import METRICS, describe_run, write_json, write_report, write_run, write_text
from tabemb.recommend.recommender import TwoTowerRecommender

__all__ = ["example_recommendations", "recommend_items"]

FINAL_FIT = "all interactions"
# Examples of the report: users, what they have seen, what they are recommended, and reasons for each.
N_USERS, N_SEEN, N_ITEMS, N_REASONS = 3, 5, 5, 2


def recommend_items(
    config: ExperimentConfig,
    problem: Problem,
    draft: Path,
    folder: Path,
    text: str,
    clock: dict[str, float],
    progress: Callable[[str, int, int], object] | None,
) -> dict[str, Any]:
    """Evaluate a recommender on held-out interactions, fit it to all, and write the folder of the run.

    Parameters
    ----------
    config : ExperimentConfig
        The experiment, with ``recommend``.
    problem : Problem
        Its interactions.
    draft, folder : Path
        Where the files are written, and where they will be.
    text : str
        The YAML of the experiment.
    clock : dict of str to float
        Seconds of each step; those of the fits and the total are added.
    progress : callable, optional
        Called before each fit.

    Returns
    -------
    dict
        ``comparison`` (None) and ``ranking``, a :class:`~tabemb.experiments.recommendation.RankingResult`.

    Raises
    ------
    ConfigError, DataError
        If the interactions do not fit the experiment.
    """
    begin, table, section = time.perf_counter(), problem.X, config.recommend
    split = split_interactions(config, table)
    if progress is not None:
        progress(method_of(config), 0, 1)
    model = _fitted(config, split.train)
    clock["fit"] = time.perf_counter() - begin
    ranking = evaluate(config, model, split)
    clock["evaluate"] = time.perf_counter() - begin - clock["fit"]
    if section.refit:
        if progress is not None:
            progress(FINAL_FIT, 1, 1)
        start = time.perf_counter()
        model = _fitted(config, table)
        clock["refit"] = time.perf_counter() - start
    vectors = {section.item_key: model.item_vectors_, section.user_key: model.user_vectors_}
    vectors |= {name: each for name, each in model.column_vectors_.items() if len(each)}
    write_run(draft, model, text, vectors)
    write_json(draft / METRICS, ranking.to_json())
    clock["total"] = clock["load"] + time.perf_counter() - begin
    title = config.title or f"{config.name}: recommendations of {section.item_key}"
    record = describe_run(config, problem, model, vectors, clock, title=title, verdict=ranking.verdict())
    fitted_to = "all interactions" if section.refit else "the interactions that are not held out"
    record |= {"comparison": None, "recommend": ranking.to_json() | {"fitted_to": fitted_to}}
    write_report(draft, record)
    page = render_recommendations(
        record,
        ranking,
        vectors,
        examples=example_recommendations(model, problem.labels.get(section.item_key, {}), config.seed),
        config_text=text,
        labels=problem.labels,
        command=f"tabemb recommend {shlex.quote(str(folder))} --user KEY --explain",
        maps=[section.item_key] if config.report.maps is None else config.report.maps,
        places=config.report.places,
    )
    write_text(draft / "report.html", page)
    return {"comparison": None, "ranking": ranking}


def _fitted(config: ExperimentConfig, table: Any) -> TwoTowerRecommender:
    try:
        return make_recommender(config).fit(table)
    except DataError as error:
        raise type(error)(f"{config.where('recommend')}: {error}") from error
    except ValueError as error:
        raise ConfigError(f"{config.where('recommend')}: {error}") from None


def example_recommendations(
    model: TwoTowerRecommender, names: Mapping[Any, str], seed: int = 0
) -> list[dict[str, Any]]:
    """Return recommendations to a few random users, each with the seen items that speak most for it.

    Parameters
    ----------
    model : TwoTowerRecommender
        Fitted.
    names : mapping of key to str
        Readable names of items.
    seed : int, default=0
        Seed of the choice of users. They are among the more active half.

    Returns
    -------
    list of dict
        For each user the key (``user``), the number of items (``n_seen``), the names of some (``seen``), and ``items``:
        for each, ``key``, ``name`` and ``because``, names of seen items.
    """
    counts = np.diff(model.interactions_.matrix.indptr)
    # Those who have seen nearly everything have few items left.
    able = np.flatnonzero((counts >= np.median(counts)) & (counts < model.n_items_))
    chosen = np.sort(np.random.default_rng(seed).permutation(able)[:N_USERS])
    if not len(chosen):
        return []
    user, item = model.user_vectors_.name, model.item_vectors_.name
    users, items = model.interactions_.users.keys, model.interactions_.items.keys
    best = model.recommend([users[row] for row in chosen], min(N_ITEMS, model.n_items_))

    def named(key: Any) -> str:
        return str(names.get(key, key))

    found = []
    for row in chosen:
        start, end = model.interactions_.matrix.indptr[row : row + 2]
        # Items are in order of frequency: from the most to the least frequent.
        seen = np.sort(model.interactions_.matrix.indices[start:end])
        seen = seen[np.unique(np.linspace(0, len(seen) - 1, N_SEEN).astype(int))]
        recommended = best[best[user] == users[row]][item].tolist()
        reasons = {key: model.explain(users[row], key, N_REASONS)[item].tolist() for key in recommended}
        found.append(
            {
                "user": users[row],
                "n_seen": int(end - start),
                "seen": [named(items[place]) for place in seen],
                "items": [
                    {"key": key, "name": named(key), "because": [named(each) for each in reasons[key]]}
                    for key in recommended
                ],
            }
        )
    return found
