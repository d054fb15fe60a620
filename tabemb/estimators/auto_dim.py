"""The number of dimensions that the vectors of each column need, found by training.

``embedding_dim="auto"`` first trains a network with the dimensions of the rule "capped". Then, one column after the
other, it removes the directions in which the vectors of the column differ least
(:class:`~tabemb.vectors.dimensions.Truncation`), as long as the predictions for held-out rows get no worse. Finally, it
trains a new network with the remaining number of dimensions. "No worse" means that the mean loss of the held-out rows
does not rise significantly, over all directions removed so far, by a one-sided paired test at the 5 % level. The result
has at most as many dimensions as the rule, and fewer if they suffice.
"""

from collections.abc import Iterable, Iterator, Mapping

import numpy as np

from tabemb.estimators.held_out import held_out_losses, mean_and_error
from tabemb.nn.bodies import Body
from tabemb.nn.network import Network
from tabemb.nn.tasks import Task
from tabemb.training.batches import Rows
from tabemb.vectors.dimensions import Truncation

__all__ = ["auto_dims"]

# Rows that are evaluated for each number of dimensions: enough for a small standard error.
MOST_JUDGED = 8192
# The 95 % quantile of the normal distribution.
CHANCE = 1.645


def auto_dims(
    network: Network, task: Task, judged: Rows, counts: Mapping[str, np.ndarray], columns: Iterable[str]
) -> dict[str, int]:
    """Return the number of dimensions that suffice for each table: of a column, or of several that share it.

    Parameters
    ----------
    network : Network
        A trained network. It is unchanged afterwards.
    task : Task
        The task that it was trained for.
    judged : Rows
        Held-out rows. With several members, their folds say which member held them out.
    counts : mapping of str to ndarray of shape (vocabulary_size,)
        Number of cells of each category, by table.
    columns : iterable of str
        The tables to find dimensions for. The largest come first.

    Returns
    -------
    dict of str to int
        Number of dimensions by table.
    """
    wanted = set(columns)
    tables = [table for table in network.tables if table.name in wanted]
    tables.sort(key=lambda each: (-each.vocabulary_size * each.embedding_dim, each.name))
    rows = judged.take(task.sample(judged.targets, MOST_JUDGED))
    before = {table: np.array(network.tables[table].embeddings.numpy()) for table in tables}
    whole, found = held_out_losses(network, task, rows), {}
    try:
        for table in tables:
            embeddings = network.tables[table].embeddings
            options = list(_options(network.spec.body, table.embedding_dim))
            n_blocks = options[-1][0] // options[-1][1]
            cut = Truncation(before[table], counts[table.name], n_blocks=n_blocks)
            # Bisection, since the loss falls with the rank, apart from noise. The full rank always suffices.
            low, high = 0, len(options) - 1
            while low < high:
                middle = (low + high) // 2
                embeddings.assign(cut.to(options[middle][1]))
                if _rises(held_out_losses(network, task, rows) - whole, rows.weights):
                    low = middle + 1
                else:
                    high = middle
            dim, rank = options[low]
            embeddings.assign(before[table] if low == len(options) - 1 else cut.to(rank))
            found[table.name] = dim
    finally:
        for table in tables:
            network.tables[table].embeddings.assign(before[table])
    return found


def _options(body: Body, dim: int) -> Iterator[tuple[int, int]]:
    """Yield the possible numbers of dimensions, in increasing order, each with the rank of each slice.

    A body whose members read slices of the vectors needs slices of equal width.
    """
    width = body.slices([dim])[0]
    if width is None:
        yield from ((fewer, fewer) for fewer in range(1, dim + 1))
        return
    n_members = dim // width
    for rank in range(1, width + 1):
        if body.slices([n_members * rank])[0] == rank:
            yield n_members * rank, rank


def _rises(rise, weights):
    """Return whether a mean is significantly above 0."""
    mean, error = mean_and_error(rise, weights)
    return mean > CHANCE * error
