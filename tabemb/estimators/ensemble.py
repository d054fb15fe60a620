"""Ensembles of networks: their seeds, their initial tables, and the mean of their predictions and tables."""

from collections.abc import Sequence

import numpy as np

from tabemb.inference.answers import mean_of
from tabemb.inference.row_blocks import RowBlocks
from tabemb.nn.embedding import TableSpec
from tabemb.nn.network import Network
from tabemb.nn.seeds import Seeds
from tabemb.vectors.alignment import rotation

__all__ = ["copy_tables", "mean_table", "network_seeds", "weights_by_name"]


def network_seeds(seeds: Seeds, n_networks: int) -> list[Seeds]:
    """Return the seeds of each network. The first network has the seeds of the fit, as without an ensemble.

    Parameters
    ----------
    seeds : Seeds
        Seeds of the fit.
    n_networks : int
        Number of networks.

    Examples
    --------
    >>> [each.root for each in network_seeds(Seeds(0), 2)]
    [0, 617526459]
    """
    return [seeds, *(Seeds(seeds[f"member/{number}"]) for number in range(1, n_networks))]


def copy_tables(source: Network, target: Network) -> None:
    """Copy the tables of a network to another one. All other weights of the target stay unchanged."""
    for mine, its in zip(target.tables.values(), source.tables.values(), strict=True):
        mine.embeddings.assign(its.embeddings)


def mean_table(
    tables: Sequence[np.ndarray], counts: np.ndarray, held: np.ndarray | None = None, spec: TableSpec | None = None
) -> np.ndarray:
    """Return the mean of the members' tables of one column, each rotated to the first (orthogonal Procrustes).

    Parameters
    ----------
    tables : sequence of ndarray of shape (vocabulary_size, dim)
        Table of each member.
    counts : ndarray of shape (vocabulary_size,)
        Weight of each row for the rotation.
    held : ndarray of bool of shape (vocabulary_size,), optional
        Frozen rows, which put all members into one space, so that nothing is rotated.
    spec : TableSpec, optional
        Specification of the table, if rows may use fewer dimensions; rotations keep the others at zero.
    """
    first, *others = tables
    if held is not None:
        return np.where(held[:, None], first, mean_of(tables))
    groups = spec.groups() if spec is not None and spec.blocks else [slice(None)]
    turned = []
    for each in others:
        parts = [(each[:, group], first[:, group]) for group in groups]
        rows = [part @ rotation(part, onto, counts).astype(each.dtype) for part, onto in parts]
        turned.append(
            rows[0] if len(rows) == 1 else np.concatenate(rows, axis=1)[:, np.argsort(np.concatenate(groups))]
        )
    return mean_of([first, *turned])


def weights_by_name(network: Network) -> dict[str, np.ndarray | RowBlocks]:
    """Return the weights of a network, named by their position; tables with rows of several widths in blocks."""
    tables = {id(layer.embeddings): table for table, layer in network.tables.items() if table.blocks}
    named = {}
    for place, variable in enumerate(network.model.weights):
        array, table = variable.numpy(), tables.get(id(variable))
        is_narrow = table is not None and not array[~table.used()].any()
        named[f"{place:04d}"] = RowBlocks(array, table.blocks, table.n_slices) if is_narrow else array
    return named
