"""The plain words of a comparison: who won, by how much, and whether it means anything."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from tabemb.experiments.comparison.result import Comparison, ModelResult, PairedTest

__all__ = ["best_of", "sentences"]

# The fairest rival first: the same network fed one-hot differs in the representation alone.
_ONE_HOT = ("one_hot_mlp", "one_hot_linear")


def best_of(models: "Sequence[ModelResult]", metric: str, greater_is_better: bool) -> "ModelResult":
    """Return the model with the best mean of a metric; of equals, the first; NaN never wins."""
    means = np.array([model.mean(metric) for model in models])
    ranked = np.where(np.isnan(means), -np.inf, means if greater_is_better else -means)
    return models[int(np.argmax(ranked))]


def sentences(comparison: "Comparison", metric: str) -> str:
    """Compare the model under test with one-hot and with the best baseline, in one sentence each.

    Parameters
    ----------
    comparison : Comparison
        Models on the same folds.
    metric : str
        One of its metrics.

    Returns
    -------
    str
        One to three sentences. A difference with p >= 0.05 is called none; a lost one, lost.
    """
    subject = comparison.subject
    if not comparison.baselines:
        return (
            f"{subject.name} scores {_value(subject.mean(metric))} on {metric} over {_folds(comparison)}; "
            "no baseline was scored, so it is compared with nothing."
        )
    first, *others = [_clause(comparison, rival, metric) for rival in _rivals(comparison, metric)]
    told = [f"On {metric} over {_folds(comparison)}, {first}."]
    for opening, clause in zip(("As for the best baseline, ", "And "), others, strict=False):
        told.append(f"{opening}{clause}.")
    if " in time" in comparison.folds:
        told.append("The p-values are made for random folds; these are blocks of time, so take them as a hint.")
    return " ".join(told)


def _rivals(comparison: "Comparison", metric: str) -> "list[ModelResult]":
    one_hot = [comparison[name] for name in _ONE_HOT if name in comparison]
    rivals = one_hot[:1]
    best = best_of(comparison.baselines, metric, comparison.greater_is_better[metric])
    # A one-hot model that beats the embeddings is never left out, even where a third one beats both.
    winners = [model for model in one_hot[1:] if _wins(model.versus[metric])]
    return list(dict.fromkeys([*rivals, best, *winners]))


def _wins(test: "PairedTest") -> bool:
    return test.significant and test.difference < 0


def _clause(comparison: "Comparison", rival: "ModelResult", metric: str) -> str:
    subject, test = comparison.subject, rival.versus[metric]
    ours = f"{subject.name} ({_value(subject.mean(metric))})"
    theirs = f"{rival.name} ({_value(rival.mean(metric))})"
    if np.isnan(test.p_value):
        return f"the difference between {ours} and {theirs} cannot be tested: {test.reason}"
    if not test.significant:
        return (
            f"there is no difference beyond the spread of the folds between {ours} and {theirs} "
            f"(95 % interval {_signed(test.low)} to {_signed(test.high)}, {_p(test.p_value)})"
        )
    better, worse = (ours, theirs) if test.difference > 0 else (theirs, ours)
    low, high = sorted((abs(test.low), abs(test.high)))
    return (
        f"{better} beats {worse} by {_value(abs(test.difference))} "
        f"(95 % interval {_value(low)} to {_value(high)}, {_p(test.p_value)})"
    )


def _folds(comparison: "Comparison") -> str:
    return "one fold" if comparison.n_folds == 1 else f"{comparison.n_folds} folds"


def _value(number: float) -> str:
    return f"{number:.4f}" if abs(number) < 1000 else f"{number:,.1f}"


def _signed(number: float) -> str:
    return f"{number:+.4f}" if abs(number) < 1000 else f"{number:+,.1f}"


def _p(p_value: float) -> str:
    return "p < 0.001" if p_value < 0.001 else f"p = {p_value:.3f}"
