"""Whether vectors know more than those of permuted targets."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from tabemb.vectors.findings import Finding
from tabemb.vectors.geometry import pair_likenesses
from tabemb.vectors.neighbors import agreement, chance_overlap
from tabemb.vectors.spectrum import Spectrum
from tabemb.vectors.subject import Subject

__all__ = ["beyond_control"]

ALPHA = 0.05


def beyond_control(subject: Subject) -> Iterator[Finding]:
    """Tell whether fits agree more than those that learn permuted targets by heart.

    Fits to the same permuted targets agree as well, since they learn the same noise. So vectors know more only where
    both hold: their neighbours overlap more than those of the control (a test of signs by category), and as a whole
    every two fits are more alike than any two of the control (of three each, that is one order of twenty). Either alone
    is often enough fulfilled by noise, since two permutations differ by more than two seeds do; both at once were, in
    ``benchmarks/diagnostics.py``, now and then.
    """
    if not subject.control:
        return
    chosen = subject.shared({**subject.named("fits"), **subject.named("control")})
    weights = subject.weights(chosen)
    own = subject.tables([subject.vectors, *subject.fits], chosen)
    control = subject.tables(subject.control, chosen)
    ranks = [float(np.mean([Spectrum.of(each, weights).effective_rank for each in some])) for some in (control, own)]
    enough = len(own) > 1 and len(control) > 1
    more_needed = "" if enough else " Whether these know less takes other fits, and two controls or more."
    yield Finding(
        figure="effective rank, permuted",
        value=ranks[0],
        beside=ranks[1],
        against="real",
        verdict=f"The same for vectors of permuted targets.{more_needed}",
    )
    if enough:
        yield from _compared(subject, own, control, weights)


def _compared(
    subject: Subject, own: list[Any], control: list[Any], weights: npt.NDArray[np.float64]
) -> Iterator[Finding]:
    k, share = subject.size(len(weights), "What the fits share"), weights / weights.sum()
    near, near_of_control = agreement(own, k), agreement(control, k)
    whole, whole_of_control = pair_likenesses(own, weights), pair_likenesses(control, weights)
    yield Finding(
        figure="stability, permuted",
        value=float(share @ near_of_control),
        beside=chance_overlap(len(weights) - 1, k),
        against="chance",
        verdict="How well neighbours agree where fits learn the same noise by heart.",
    )
    yield Finding(
        figure="geometry, permuted",
        value=float(whole_of_control.mean()),
        beside=float(whole.mean()),
        against="real",
        verdict="How alike fits are as a whole where they learn the same noise by heart.",
    )
    gain = share * (near - near_of_control)
    p_value = _p_of_signs(gain, subject.n_permutations, subject.seed)
    nearer, more_alike = p_value < ALPHA and gain.sum() > 0, bool(whole.min() > whole_of_control.max())
    verdict = "The vectors know more than those of permuted targets."
    if not (nearer and more_alike):
        reasons = [] if nearer else ["neighbours agree no better"]
        reasons += [] if more_alike else ["as a whole, fits are no more alike"]
        verdict = f"No sign that the vectors know more than those of permuted targets: {', and '.join(reasons)}."
    yield Finding(
        figure="beyond permuted targets",
        value=float(gain.sum()),
        beside=0.0,
        against="none",
        p_value=p_value,
        verdict=verdict,
        concern=not (nearer and more_alike),
    )


def _p_of_signs(differences: npt.NDArray[np.float64], n_permutations: int, seed: int) -> float:
    """Return how often the sum would be as large if each difference had its sign by chance."""
    rng, total = np.random.default_rng(seed), differences.sum()
    sums = [differences @ (2.0 * rng.integers(0, 2, len(differences)) - 1) for _ in range(n_permutations)]
    return (1 + int((np.array(sums) >= total - 1e-12).sum())) / (1 + n_permutations)
