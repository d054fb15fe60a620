"""How much of the change by training the vectors keep, if they were computed from the table before.

Training moves the vectors of a column also where it learns nothing but the noise of its rows. So after training, the
vector of a category with ``n`` rows becomes ``start + n / (n + k) * (trained - start)``: the posterior mean if ``k``
rows would tell as much as the start does (shrinkage by count; with a start instead of the mean of the column as the
prior). ``k`` is as large as the loss of held-out rows allows. That weights between a start and a trained model often
predict as well is known from fine-tuning (Wortsman et al. 2022, "Robust fine-tuning of zero-shot models",
arXiv:2109.01903).
"""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from tabemb.estimators.held_out import held_out_losses, mean_and_error
from tabemb.nn.network import Network
from tabemb.nn.starts import StartedTable
from tabemb.nn.tasks import Task
from tabemb.table.vocabulary import Vocabulary
from tabemb.training.batches import Rows

__all__ = ["Priors"]

# Weights that are tried, in rows.
WEIGHTS = (10.0, 30.0, 100.0, 300.0, 1000.0, math.inf)
# Most held-out rows that are evaluated.
MOST_JUDGED = 20_000
# A rise of the loss by this many standard errors is no rise.
TOLERANCE = 0.5


class Priors:
    """The weights of the computed initial vectors of a fit, in rows.

    Parameters
    ----------
    started : sequence of StartedTable
        The tables that do not start at random.
    counts : mapping of str to ndarray of shape (vocabulary_size,)
        Number of cells of the training rows by index, for each table.

    Attributes
    ----------
    weights : dict of str to float
        Weight of each table whose weight is known.
    """

    def __init__(self, started: Sequence[StartedTable], counts: Mapping[str, np.ndarray]) -> None:
        self.started, self._counts = list(started), counts
        self.weights: dict[str, float] = {each.table.name: each.prior for each in started if each.prior is not None}

    def settle(self, network: Network, task: Task, held_out: Rows | None) -> None:
        """Pull the tables of a trained network to their start, with weights that the first network chooses for all.

        Parameters
        ----------
        network : Network
            A trained network that began with the vectors of the start.
        task : Task
            Its task.
        held_out : Rows or None
            The rows that choose the open weights. Without them, these are 0.
        """
        opened = [each for each in self.started if each.table.name not in self.weights]
        if held_out is None:
            self.weights |= {each.table.name: 0.0 for each in opened}
        elif opened:
            self.weights |= self._chosen(opened, network, task, held_out)
        for each in self.started:
            if weight := self.weights[each.table.name]:
                each.pull(network, self._kept(each, weight))

    def _chosen(self, opened, network, task, held_out):
        """Return the largest weight of each table that raises the loss neither by itself nor with those before it."""
        rows = held_out
        if len(rows) > MOST_JUDGED:
            rows = rows.take(task.sample(rows.targets, MOST_JUDGED))
        trained = held_out_losses(network, task, rows)
        chosen, vectors, now = {}, {}, trained
        # The columns with most categories learn the most noise.
        for each in sorted(opened, key=lambda each: (-each.table.vocabulary_size, each.table.name)):
            cells = _Cells(network, each, rows)
            chosen[each.table.name] = 0.0
            for weight in WEIGHTS:
                changed = vectors | cells.pulled(self._kept(each, weight))
                losses = held_out_losses(network, task, rows, changed)
                if _rises(losses - now, rows.weights) or _rises(losses - trained, rows.weights):
                    break
                chosen[each.table.name], best, of_best = weight, changed, losses
            if chosen[each.table.name]:
                vectors, now = best, of_best
        return chosen

    def _kept(self, each, weight):
        """Return which share of its change each row of a table keeps."""
        counts = self._counts[each.table.name]
        if math.isinf(weight):
            kept = np.zeros(len(counts), np.float32)
        else:
            kept = (counts / (counts + weight)).astype(np.float32)
        # The vector of unknown categories is learned from all rows, by category dropout.
        kept[Vocabulary.UNKNOWN] = 1.0
        return kept


class _Cells:
    """The vectors of the rows in the columns of a table: at the start, and trained."""

    def __init__(self, network, started, rows):
        table = network.tables[started.table].embeddings.numpy()
        self._network, self._rows, self._of, self._bags = network, rows, {}, []
        for feature in network.spec.features:
            if feature.table == started.table and feature.pooling is not None:
                self._bags.append(feature)
                start = np.zeros_like(table)
                start[started.which] = started.rows
                self._tables = start, table - start
            elif feature.table == started.table:
                indices = rows.table.indices[:, feature.position]
                start = started.look_up(indices)
                self._of[feature.name] = indices, start, table[indices] - start

    def pulled(self, kept):
        """Return the vectors that keep a share of their change, by column."""
        found = {name: start + kept[indices, None] * change for name, (indices, start, change) in self._of.items()}
        if self._bags:
            start, change = self._tables
            vectors = start + kept[:, None] * change
            found |= {each.name: self._network.looked_up(each, self._rows.table, vectors) for each in self._bags}
        return found


def _rises(rise, weights):
    mean, error = mean_and_error(rise, weights)
    return mean > TOLERANCE * error
