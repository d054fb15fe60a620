"""The result of a comparison in words: score and cost in a sentence or two, then the statistics."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

import numpy as np

from tabemb.experiments.comparison.cost_words import LEAST, MOST, Cost, and_list, costs_beside, part_of, words_for_costs
from tabemb.experiments.comparison.model_result import ModelResult, PairedTest, best_of

__all__ = ["Compared", "headline_sentences", "rival_of", "summarize", "tell_costs", "tell_statistics"]

# The same network with one-hot inputs comes first: it differs from the embeddings in the representation only.
ONE_HOT = {"one_hot_mlp": "one-hot", "one_hot_linear": "one-hot with a linear model"}
# Its costs say nothing: it reads no column.
CONSTANT = "majority"
# Too few folds for a test; see `tabemb.experiments.comparison.significance`.
FEWEST_FOLDS = 5


class Compared(Protocol):
    """What the words are about: the fields of a `Comparison` that they need."""

    @property
    def metrics(self) -> tuple[str, ...]:
        """Names of the metrics, the primary one first."""

    @property
    def greater_is_better(self) -> dict[str, bool]:
        """Whether a greater value of each metric is better."""

    @property
    def n_folds(self) -> int:
        """Number of folds."""

    @property
    def folds(self) -> str:
        """Description of the folds."""

    @property
    def models(self) -> tuple[ModelResult, ...]:
        """The model under test, then the baselines."""


class _Outcome(NamedTuple):
    """How the model under test compares with another, by metric."""

    won: list[str]
    lost: list[str]
    level: list[str]
    untested: list[str]


class _Side(NamedTuple):
    name: str
    is_plural: bool = False

    def does(self, verb: str) -> str:
        return f"{self.name} {verb}{'' if self.is_plural else 's'}"


def rival_of(comparison: Compared) -> ModelResult | None:
    """Return the model that embeddings are compared with: one-hot, or without it the best baseline; None if alone."""
    baselines = comparison.models[1:]
    found = {model.name: model for model in baselines}
    for name in ONE_HOT:
        if name in found:
            return found[name]
    metric = comparison.metrics[0]
    return best_of(baselines, metric, comparison.greater_is_better[metric]) if baselines else None


def summarize(comparison: Compared) -> tuple[str, str]:
    """Say in a sentence or two how score and cost of embeddings compare with one-hot.

    Every metric on which either side is significantly better is named, and every other baseline but a constant: those
    that are significantly better than the embeddings, then, with the time of a fit, those that are as good on the
    primary metric within chance and those that are worse.

    Parameters
    ----------
    comparison : Comparison
        The result of the comparison.

    Returns
    -------
    kind : {"won", "lost", "level"}
        ``"level"`` if no difference is significant. If each side wins on some metrics, the primary one decides.
    sentences : str
        The summary.
    """
    kind, sentences = headline_sentences(comparison)
    return kind, " ".join(sentences)


def headline_sentences(comparison: Compared) -> tuple[str, list[str]]:
    """Return the kind and the sentences of `summarize`: the scores first, then the costs and the other baselines."""
    metric, subject, rival = comparison.metrics[0], comparison.models[0], rival_of(comparison)
    if rival is None:
        return "level", [f"{metric} {_value(subject.mean(metric))}; there is no baseline."]
    outcome = _outcome(comparison, rival)
    ours = _Side("embeddings", is_plural=True) if subject.name == "embeddings" else _Side(subject.name)
    theirs = _Side(ONE_HOT.get(rival.name, rival.name))
    sentences = [_score_sentence(comparison, rival, outcome, ours, theirs)]
    if cost := words_for_costs(_costs(subject, rival)):
        sentences.append(f"{ours.does('take')} {cost}.")
    if rival.name not in ONE_HOT:
        sentences.append("One-hot is not in this comparison.")
    better = {
        model.name: lost
        for model in comparison.models[1:]
        if model is not rival and (lost := _outcome(comparison, model).lost)
    }
    if better:
        (name, lost), *more = better.items()
        clauses = [f"{name} beats {ours.name} on {and_list(lost)}"]
        clauses += [f"{each} on {and_list(metrics)}" for each, metrics in more]
        sentences.append(f"{', '.join(clauses)}.")
    if equal := _others(comparison, rival, better, "level"):
        verb = "score" if len(equal) > 1 else "scores"
        sentences.append(f"on {metric}, {and_list(equal)} {verb} the same as {ours.name} within chance.")
    if beaten := _others(comparison, rival, better, "won"):
        sentences.append(f"on {metric}, {ours.does('beat')} {and_list(beaten)}.")
    names = [model.name for model in comparison.models if model.name != "embeddings"]
    return _kind(outcome, metric, better), [_capital(each, names) for each in sentences]


def tell_statistics(comparison: Compared, metric: str, others: Sequence[str] = ()) -> list[str]:
    """Return the differences, intervals and p-values in sentences.

    Parameters
    ----------
    comparison : Comparison
        The result of the comparison.
    metric : str
        The metric to tell of.
    others : sequence of str, optional
        Further metrics, of which only significant differences are told.
    """
    sentences = [_on_metric(comparison, metric)]
    sentences += [each for other in others if (each := _significant_on(comparison, other))]
    if " in time" in comparison.folds and len(comparison.models) > 1:
        sentences.append("The p-values assume random folds; for folds in time they are approximate.")
    return sentences


def tell_costs(comparison: Compared) -> list[str]:
    """Return the costs of embeddings and one-hot in a sentence, if they were measured for both."""
    subject, rival = comparison.models[0], rival_of(comparison)
    costs = [] if rival is None else _costs(subject, rival)
    if rival is None or not costs:
        return []
    return [f"Costs of {subject.name} against {rival.name}: {', '.join(cost.figures for cost in costs)}."]


def _capital(sentence: str, names: Sequence[str]) -> str:
    # Names of models stay as they are.
    return sentence if sentence.startswith(tuple(names)) else sentence[0].upper() + sentence[1:]


def _costs(subject: ModelResult, rival: ModelResult) -> list[Cost]:
    return [] if rival.name == CONSTANT else costs_beside(subject, rival)


def _others(comparison: Compared, rival: ModelResult, better: Mapping[str, list[str]], group: str) -> list[str]:
    """Return the other baselines of a group of the outcome on the primary metric, with score and fit time, best first.

    Those that are significantly better on another metric, and a constant prediction, are left out.
    """
    metric, subject = comparison.metrics[0], comparison.models[0]
    others = [
        model
        for model in comparison.models[1:]
        if model is not rival
        and model.name not in {CONSTANT, *better}
        and metric in getattr(_outcome(comparison, model), group)
    ]
    others.sort(key=lambda model: model.mean(metric), reverse=comparison.greater_is_better[metric])
    told = []
    for model in others:
        ratio = float(np.mean(model.fit_seconds) / np.mean(subject.fit_seconds))
        part = "about the same" if LEAST <= ratio <= MOST else f"{part_of(ratio)} the"
        told.append(f"{model.name} ({_value(model.mean(metric))}, fitted in {part} time)")
    return told


def _outcome(comparison: Compared, model: ModelResult) -> _Outcome:
    outcome = _Outcome([], [], [], [])
    for metric in comparison.metrics:
        test = model.versus.get(metric)
        if test is None or np.isnan(test.p_value):
            outcome.untested.append(metric)
        elif not test.significant:
            outcome.level.append(metric)
        else:
            (outcome.won if test.difference > 0 else outcome.lost).append(metric)
    return outcome


def _kind(outcome: _Outcome, metric: str, better: dict[str, list[str]]) -> str:
    if metric in outcome.lost or any(metric in lost for lost in better.values()):
        return "lost"
    if metric in outcome.won or (outcome.won and not outcome.lost):
        return "won"
    return "lost" if outcome.lost and not outcome.won else "level"


def _score_sentence(comparison: Compared, rival: ModelResult, outcome: _Outcome, ours: _Side, theirs: _Side) -> str:
    metric, subject = comparison.metrics[0], comparison.models[0]

    def figures(first: ModelResult, second: ModelResult, metrics: Sequence[str]) -> str:
        pairs = [f"{each} ({_value(first.mean(each))} against {_value(second.mean(each))})" for each in metrics]
        return and_list(pairs)

    pair = f"{_value(subject.mean(metric))} against {_value(rival.mean(metric))}"
    clauses = {}
    if outcome.lost:
        clauses["lost"] = f"{theirs.does('beat')} {ours.name} on {figures(rival, subject, outcome.lost)}"
    if outcome.won:
        clauses["won"] = f"{ours.does('beat')} {theirs.name} on {figures(subject, rival, outcome.won)}"
    if outcome.level and not clauses and metric in outcome.level:
        clauses["level"] = f"{ours.name} and {theirs.name} score the same within chance: {metric} {pair}"
    elif outcome.level:
        named = [f"{each} ({pair})" if each == metric else each for each in outcome.level]
        clauses["level"] = f"{ours.name} and {theirs.name} score the same within chance on {and_list(named)}"
    if metric in outcome.untested:
        reason = "" if (test := rival.versus.get(metric)) is None else test.reason
        few = comparison.n_folds < FEWEST_FOLDS
        clauses["untested"] = (
            f"too few folds for a verdict on the scores of {ours.name} and {theirs.name}: {metric} {pair}"
            if few
            else f"the scores of {ours.name} and {theirs.name} cannot be tested on {metric} ({pair}; {reason})"
        )
    first = next(group for group in clauses if metric in getattr(outcome, group))
    return "; ".join([clauses.pop(first), *clauses.values()]) + "."


def _on_metric(comparison: Compared, metric: str) -> str:
    """Compare the model under test with one-hot and with the best baseline, in one sentence each."""
    subject = comparison.models[0]
    if len(comparison.models) == 1:
        return (
            f"On {metric} over {_folds(comparison)}, {subject.name} scores {_value(subject.mean(metric))}; "
            "there is no baseline to compare it with."
        )
    first, *others = [_clause(subject, rival, metric) for rival in _told_rivals(comparison, metric)]
    sentences = [f"On {metric} over {_folds(comparison)}, {first}."]
    for opening, clause in zip(("Best baseline: ", "Also, "), others, strict=False):
        sentences.append(f"{opening}{clause}.")
    return " ".join(sentences)


def _significant_on(comparison: Compared, metric: str) -> str:
    """Return a sentence on a further metric, empty if no difference to one-hot or the best baseline is significant."""
    subject, *baselines = comparison.models
    if not baselines or not all(metric in each.versus for each in baselines):
        return ""
    rivals = [each for each in _told_rivals(comparison, metric) if each.versus[metric].significant]
    clauses = [_clause(subject, each, metric) for each in rivals]
    return f"On {metric}, {', and '.join(clauses)}." if clauses else ""


def _told_rivals(comparison: Compared, metric: str) -> list[ModelResult]:
    baselines = comparison.models[1:]
    found = {model.name: model for model in baselines}
    one_hot = [found[name] for name in ONE_HOT if name in found]
    best = best_of(baselines, metric, comparison.greater_is_better[metric])
    # A one-hot model that beats the embeddings is always reported, even if another baseline beats both.
    winners = [model for model in one_hot[1:] if _is_worse(model.versus[metric])]
    return list(dict.fromkeys([*one_hot[:1], best, *winners]))


def _is_worse(test: PairedTest) -> bool:
    return test.significant and test.difference < 0


def _clause(subject: ModelResult, rival: ModelResult, metric: str) -> str:
    test = rival.versus[metric]
    ours = f"{subject.name} ({_value(subject.mean(metric))})"
    theirs = f"{rival.name} ({_value(rival.mean(metric))})"
    if np.isnan(test.p_value) and np.isfinite(test.low):
        return (
            f"{ours} and {theirs} differ by {_signed(test.difference)} "
            f"(95 % interval {_signed(test.low)} to {_signed(test.high)}; {test.reason})"
        )
    if np.isnan(test.p_value):
        return f"the difference between {ours} and {theirs} cannot be tested: {test.reason}"
    if not test.significant:
        return (
            f"{ours} and {theirs} do not differ significantly "
            f"(95 % interval {_signed(test.low)} to {_signed(test.high)}, {_p(test.p_value)})"
        )
    better, worse = (ours, theirs) if test.difference > 0 else (theirs, ours)
    low, high = sorted((abs(test.low), abs(test.high)))
    return (
        f"{better} beats {worse} by {_value(abs(test.difference))} "
        f"(95 % interval {_value(low)} to {_value(high)}, {_p(test.p_value)})"
    )


def _folds(comparison: Compared) -> str:
    return "one fold" if comparison.n_folds == 1 else f"{comparison.n_folds} folds"


def _value(number: float) -> str:
    return f"{number:.4f}" if abs(number) < 1000 else f"{number:,.1f}"


def _signed(number: float) -> str:
    return f"{number:+.4f}" if abs(number) < 1000 else f"{number:+,.1f}"


def _p(p_value: float) -> str:
    return "p < 0.001" if p_value < 0.001 else f"p = {p_value:.3f}"
