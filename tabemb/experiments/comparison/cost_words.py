"""What one model costs beside another, in words: "a fourteenth of the weights and a fifth of the fit time"."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from tabemb.experiments import numbers
from tabemb.experiments.comparison.model_result import ModelResult

__all__ = ["Cost", "and_list", "costs_beside", "part_of", "words_for_costs"]

# Times and peaks of memory vary from fit to fit: costs that differ by less are called the same.
LEAST, MOST = 0.87, 1.15
TENTHS = ("fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
TEENS = ("eleventh", "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth", "eighteenth")
WORDS = ("third", "quarter", *TENTHS, *TEENS, "nineteenth", "twentieth")
PARTS = {3 / 4: "three quarters of", 2 / 3: "two thirds of", 1 / 2: "half"}
PARTS |= {1 / n: f"{'an' if word[0] == 'e' else 'a'} {word} of" for n, word in enumerate(WORDS, start=3)}


@dataclass(frozen=True, slots=True)
class Cost:
    """A cost of two models.

    Parameters
    ----------
    name : str
        Such as ``"weights"`` or ``"fit time"``.
    ours, theirs : float
        The cost of each model.
    figures : str
        Both costs with their unit.

    Examples
    --------
    >>> Cost("weights", 1.0, 14.0, "1 against 14 weights").ratio < 0.1
    True
    """

    name: str
    ours: float
    theirs: float
    figures: str

    @property
    def ratio(self) -> float:
        """Our cost as a multiple of theirs."""
        return self.ours / self.theirs


def costs_beside(ours: ModelResult, theirs: ModelResult) -> list[Cost]:
    """Return the costs that were measured for both models and are large enough to matter.

    Parameters
    ----------
    ours, theirs : ModelResult
        The model under test and another.

    Returns
    -------
    list of Cost
        Weights (if the parameters of both are weights), seconds of a fit, memory of a fit, and seconds for one row.
    """
    found = []

    def add(name: str, one: float | None, other: float | None, least: float, unit: Callable[[float], str], text: str):
        # An empty cost has no ratio, and a tiny one is mostly noise.
        if one is not None and other is not None and one > 0 and other > 0 and max(one, other) >= least:
            found.append(Cost(name, float(one), float(other), text.format(f"{unit(one)} against {unit(other)}")))

    if ours.parameter_unit == theirs.parameter_unit == "weights":
        add("weights", ours.n_parameters, theirs.n_parameters, 1, numbers.count, "{} weights")
    fits = [float(np.mean(model.fit_seconds)) for model in (ours, theirs)]
    add("fit time", *fits, 0.1, numbers.duration, "a fit in {}")
    add("memory", ours.peak_memory_bytes, theirs.peak_memory_bytes, 10e6, numbers.memory, "{} of memory")
    add("time for one row", ours.row_seconds, theirs.row_seconds, 1e-4, numbers.latency, "one row in {}")
    return found


def part_of(ratio: float) -> str:
    """Return the words for a multiple, to be followed by a noun with its article.

    Parameters
    ----------
    ratio : float
        Positive.

    Examples
    --------
    >>> [part_of(ratio) for ratio in (1 / 14, 0.22, 0.5, 0.68, 1.02, 2.04, 3.5, 120)]
    ['a fourteenth of', 'a fifth of', 'half', 'two thirds of', 'about', 'twice', '3.5 times', '120 times']
    >>> part_of(1 / 43.2)
    '1/43 of'
    """
    if LEAST <= ratio <= MOST:
        return "about"
    if ratio < 1 / 20.5:
        return f"1/{_two_digits(1 / ratio)} of"
    if ratio < 1:
        return PARTS[min(PARTS, key=lambda part: abs(np.log(part / ratio)))]
    times = f"{ratio:.1f}".removesuffix(".0") if ratio < 9.95 else _two_digits(ratio)
    return "twice" if times == "2" else f"{times} times"


def words_for_costs(costs: Sequence[Cost]) -> str:
    """Return what the costs of one model are, as shares of those of another: the smaller ones first.

    Parameters
    ----------
    costs : sequence of Cost
        The costs; empty if none are known.

    Examples
    --------
    >>> words_for_costs([Cost("weights", 1, 14, ""), Cost("fit time", 2, 1, ""), Cost("memory", 1, 6, "")])
    'a fourteenth of the weights and a sixth of the memory, but twice the fit time'
    """
    less = [f"{part_of(cost.ratio)} the {cost.name}" for cost in costs if cost.ratio < LEAST]
    more = [f"{part_of(cost.ratio)} the {cost.name}" for cost in costs if cost.ratio > MOST]
    same = [cost.name for cost in costs if LEAST <= cost.ratio <= MOST]
    text = and_list(less)
    if more:
        text += f"{', but ' if less else ''}{and_list(more)}"
    if same:
        text += f"{', and ' if text else ''}about the same {and_list(same)}"
    return text


def and_list(items: Sequence[str]) -> str:
    """Return items in a row: "a, b and c".

    Examples
    --------
    >>> and_list(["a", "b", "c"]), and_list(["a"]), and_list([])
    ('a, b and c', 'a', '')
    """
    return " and ".join([", ".join(items[:-1]), items[-1]] if len(items) > 1 else items)


def _two_digits(value: float) -> str:
    return f"{float(f'{value:.2g}'):,.0f}"
