"""The matrix of downstream models on the command line, built with rich."""

from rich.console import Group
from rich.table import Table
from rich.text import Text

from tabemb.experiments.comparison.downstream_result import Downstream

__all__ = ["downstream_table"]


def downstream_table(downstream: Downstream) -> Group:
    """Return a table of the scores and sizes of other models on one-hot columns and on vectors, and a sentence.

    Parameters
    ----------
    downstream : Downstream
        The downstream models of a comparison, at least one.
    """
    rows = downstream.table()
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for position, name in enumerate(rows[0]):
        table.add_column(name, justify="right" if position else "left")
    for row in rows:
        table.add_row(*row.values())
    return Group(table, Text(""), Text(downstream.sentence()))
