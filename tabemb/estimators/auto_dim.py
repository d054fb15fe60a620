"""How many dimensions the vectors of each column need, found by training.

``embedding_dim="auto"`` trains a network with as many dimensions as the rule ``capped`` gives, and then takes away, of
one column after the other, the directions in which its vectors differ least (:class:`~tabemb.vectors.dimensions
.Truncation`), as long as the rows that were left out of training are answered no worse. With so many dimensions a new
network is trained. "No worse" says that the mean loss of the rows, over all that has been taken away, does not rise by
more than chance would have it: by a one-sided test of the pairs at 5 %. So there are at most as many dimensions as the
rule gives, and fewer where fewer do.
"""

from collections.abc import Iterable, Iterator, Mapping

import numpy as np

from tabemb.estimators.calibration import held_out_logits
from tabemb.nn.bodies import Body
from tabemb.nn.network import Network
from tabemb.nn.tasks import Task
from tabemb.training.batches import Rows
from tabemb.vectors.dimensions import Truncation

__all__ = ["needed_dims"]

# Rows that are answered for each try; the standard error of more is small enough.
MOST_JUDGED = 8192
# The 95 % quantile of the normal distribution.
CHANCE = 1.645


def needed_dims(
    network: Network, task: Task, judged: Rows, counts: Mapping[str, np.ndarray], columns: Iterable[str]
) -> dict[str, int]:
    """Return how many dimensions are enough for each of some columns.

    Parameters
    ----------
    network : Network
        Trained; it is left as it was.
    task : Task
        What it was trained for.
    judged : Rows
        Rows that were left out, with the folds of members that left them out where there are members.
    counts : mapping of str to ndarray of shape (vocabulary_size,)
        How many rows have each category of a column.
    columns : iterable of str
        The columns in question. What the largest tables can do without is found first.

    Returns
    -------
    dict of str to int
    """
    wanted = set(columns)
    features = [feature for feature in network.spec.features if feature.name in wanted]
    features.sort(key=lambda each: (-each.table.vocabulary_size * each.table.embedding_dim, each.name))
    rows = judged.take(np.linspace(0, len(judged) - 1, min(len(judged), MOST_JUDGED)).astype(int))
    before = {feature.name: network.vectors(feature) for feature in features}
    whole, found = _losses(network, task, rows), {}
    try:
        for feature in features:
            embeddings = network.tables[feature.table].embeddings
            options = list(_options(network.spec.body, feature.table.embedding_dim))
            n_blocks = options[-1][0] // options[-1][1]
            cut = Truncation(before[feature.name], counts[feature.name], n_blocks=n_blocks)
            # The loss falls with the rank, but for noise: halving finds where it is low enough. All is always enough.
            low, high = 0, len(options) - 1
            while low < high:
                middle = (low + high) // 2
                embeddings.assign(cut.to(options[middle][1]))
                if _rises(_losses(network, task, rows) - whole, rows.weights):
                    low = middle + 1
                else:
                    high = middle
            dim, rank = options[low]
            embeddings.assign(before[feature.name] if low == len(options) - 1 else cut.to(rank))
            found[feature.name] = dim
    finally:
        for feature in features:
            network.tables[feature.table].embeddings.assign(before[feature.name])
    return found


def _options(body: Body, dim: int) -> Iterator[tuple[int, int]]:
    """Yield the dimensions that there may be instead, with the rank of each block of them; the fewest first.

    What members see in slices, they go on seeing in slices.
    """
    width = body.slices([dim])[0]
    if width is None:
        yield from ((fewer, fewer) for fewer in range(1, dim + 1))
        return
    n_members = dim // width
    for rank in range(1, width + 1):
        if body.slices([n_members * rank])[0] == rank:
            yield n_members * rank, rank


def _losses(network, task, rows):
    return np.asarray(task.loss(rows.targets, held_out_logits(network, rows)), np.float64)


def _rises(rise, weights):
    """Return whether a mean is above 0 by more than chance."""
    mean = np.average(rise, weights=weights)
    error = np.sqrt(np.average((rise - mean) ** 2, weights=weights) / len(rise))
    return mean > CHANCE * error
