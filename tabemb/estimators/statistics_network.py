"""A network of target statistics beside the network of vectors, and how much of its answer counts.

A row's statistics are computed from other rows. A network that reads them beside the vector of the same category can
infer the row's own target: the vector has learned the targets of all rows of the category, and the difference to the
statistics are those of the row's fold. It would predict its training rows perfectly, and new rows badly. Two networks
that do not share their inputs cannot do this. Their logits are averaged, with the share that is best on held-out rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from tabemb.estimators.folds import deal_folds, strata_of
from tabemb.estimators.held_out import held_out_logits, mean_and_error, sample_of
from tabemb.estimators.network_specs import statistics_spec
from tabemb.estimators.target_statistics import fit_statistics
from tabemb.estimators.validation import n_last_rows
from tabemb.inference.answers import mixed
from tabemb.nn.network import Network
from tabemb.nn.seeds import Seeds
from tabemb.nn.tasks import Task
from tabemb.training.batches import Rows

__all__ = ["StatisticsNetwork", "best_share", "check_crosses", "learn_statistics", "widened"]

N_FOLDS = 5
# With fewer rows, "auto" does not try statistics: it could not tell whether they help. With more, they would take more
# time and memory than the vectors.
FEWEST_ROWS, MOST_ROWS = 2000, 500_000
# More numbers would make the network of statistics slower than that of the vectors.
MOST_NUMBERS = 400
# The share without held-out rows to choose it.
EQUAL = 0.5
# The vectors always count.
SHARES = tuple(round(0.1 * tenths, 1) for tenths in range(10))
# The loss has to fall by so many standard errors before statistics are used.
TOLERANCE = 1.0


@dataclass(frozen=True, eq=False)
class StatisticsNetwork:
    """A trained network of target statistics.

    Parameters
    ----------
    network : Network
        Reads the numbers of a row, among them its target statistics.
    share : float
        Share of its logits in the mean with those of a network of vectors, in (0, 1).
    """

    network: Network
    share: float

    def mean(self, logits: np.ndarray, its_own: np.ndarray) -> np.ndarray:
        """Return the weighted mean of the logits of a network of vectors and of this network."""
        return mixed(logits, its_own, self.share)


def check_crosses(estimator: Any) -> None:
    """Raise an error, before any training, if a cross names no categorical column of the fitted encoding.

    Raises
    ------
    ColumnError
        If there is no such categorical column, or one is named twice.
    """
    crosses = getattr(estimator, "crosses", None)
    for cross in () if isinstance(crosses, str) else crosses or ():
        estimator.encoder_.positions_of(cross)


def learn_statistics(estimator: Any, rows: Rows, targets: np.ndarray, seeds_of_networks: Sequence[Seeds]) -> Rows:
    """Train a network of target statistics beside the networks of an estimator, and keep it if it helps.

    Parameters
    ----------
    estimator : EmbeddingEstimator
        Its networks are trained. With ``target_statistics="auto"``, held-out rows say whether the statistics help.
    rows : Rows
        The rows of its fit.
    targets : ndarray of shape (n,) or (n, n_outputs)
        Their targets before encoding.
    seeds_of_networks : sequence of Seeds
        The seeds of its networks.

    Returns
    -------
    Rows
        The rows, with the numbers of the statistics if these are kept.
    """
    wanted, seeds = getattr(estimator, "target_statistics", False), seeds_of_networks[0]
    if not hasattr(estimator, "crosses") or not wanted or not estimator.encoder_.vocabularies:
        return rows
    judges, task = estimator._has_validation_part(len(rows)), estimator.task_
    if wanted == "auto" and not (judges and FEWEST_ROWS <= len(rows) <= MOST_ROWS):
        return rows
    by_vectors = held_out_logits(estimator._network, estimator._split(rows, seeds)[1]) if judges else None
    estimator.encoder_.statistics, numbers = fit_statistics(
        rows,
        estimator.encoder_,
        task,
        targets,
        *_folds(rows, task, seeds, n_last_rows(estimator, len(rows))),
        estimator.crosses,
        most_numbers=MOST_NUMBERS,
    )
    more = replace(rows, table=rows.table.with_numbers(np.hstack([rows.table.numbers, numbers])))
    network, parts = Network(statistics_spec(estimator, seeds["statistics_network"])), estimator._split(more, seeds)
    network.start_at(task.start(rows.targets, rows.weights))
    shares = SHARES if wanted == "auto" else SHARES[1:]
    watch = None if by_vectors is None else _loss_of_mean(task, parts[1], by_vectors, shares[::3])
    estimator._train_on(network, seeds, *parts, watch=watch, callbacks=None, category_dropout=0.0)
    share = EQUAL if by_vectors is None else best_share(network, task, parts[1], by_vectors, shares)
    if not share:
        estimator.encoder_.statistics = None
        return rows
    estimator._beside = StatisticsNetwork(network, share)
    estimator._network, *others = [widened(each, numbers.shape[1]) for each in estimator._networks]
    estimator._others = tuple(others)
    held = [parts, *(estimator._split(more, each) for each in seeds_of_networks[1:])]
    estimator._held = tuple(sample_of(train if judged is None else judged) for train, judged in held)
    return more


def _folds(rows, task, seeds, n_last):
    """Return the fold of each row, and the rows of which each fold gets its statistics.

    The last rows, if these are held out, get theirs of the rows before them, as the rows of a prediction do.
    """
    n_before = len(rows) - n_last
    strata = strata_of(rows.targets[:n_before], n_before // N_FOLDS) if task.is_classifier else None
    folds = np.full(len(rows), N_FOLDS)
    folds[:n_before] = deal_folds(n_before, N_FOLDS, strata, seeds.generator("statistics"))
    if not n_last:
        return folds, None
    before = np.arange(n_before)
    return folds, [before[folds[:n_before] != fold] for fold in range(N_FOLDS + 1)]


def _loss_of_mean(task, held_out, by_vectors, shares):
    """Return a function from logits to the least loss of their weighted means with those of the network of vectors.

    The training stops once this does not improve any more: often the statistics tell nothing that the vectors do not
    know, and learning them would take as long as the vectors did.
    """

    def loss(logits):
        means = (mixed(by_vectors, logits, share) for share in shares)
        losses = (np.average(task.loss(held_out.targets, each), weights=held_out.weights) for each in means)
        return float(min(losses))

    return loss


def widened(network: Network, n_unread: int) -> Network:
    """Return the same network for tables with further numbers, which it does not read."""
    wider = Network(replace(network.spec, n_unread=n_unread))
    wider.model.set_weights(network.model.get_weights())
    wider.held = network.held
    return wider


def best_share(
    network: Network, task: Task, held_out: Rows, by_vectors: np.ndarray, shares: Sequence[float] = SHARES
) -> float:
    """Return the share of a network of statistics with the smallest loss on held-out rows.

    Parameters
    ----------
    network : Network
        The trained network of statistics.
    task : Task
        The task, whose loss is used.
    held_out : Rows
        Held-out rows.
    by_vectors : ndarray of shape (n, n_outputs)
        Their logits by the network of vectors.
    shares : sequence of float
        The shares that are tried. If 0 is among them, another has to be better by more than the noise.
    """
    its_own = held_out_logits(network, held_out)
    losses = {
        share: np.asarray(task.loss(held_out.targets, StatisticsNetwork(network, share).mean(by_vectors, its_own)))
        for share in shares
    }
    means = {share: float(np.average(each, weights=held_out.weights)) for share, each in losses.items()}
    best = min(means, key=lambda share: (means[share], share))
    if 0.0 not in losses:
        return best
    fall, error = mean_and_error(losses[0.0] - losses[best], held_out.weights)
    return best if fall > TOLERANCE * error else 0.0
