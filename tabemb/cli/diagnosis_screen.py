"""What the command line shows of a diagnosis. Nothing is printed here."""

from rich.console import Group
from rich.table import Table
from rich.text import Text

from tabemb.vectors.findings import Diagnosis, beside_text, figure_text, p_text
from tabemb.vectors.table_diagnosis import TableDiagnosis

__all__ = ["show_diagnoses", "show_diagnosis"]

CONCERN = "yellow"
NOTHING = (
    "This run has no vectors: columns of few categories enter one-hot, unless the experiment says model: "
    "{one_hot_max_categories: 0}."
)


def show_diagnosis(diagnosis: Diagnosis) -> Group:
    """Return the figures of one column and their verdicts.

    Parameters
    ----------
    diagnosis : Diagnosis
        What was found.
    """
    head = f"{diagnosis.name}: {diagnosis.n_categories:,} categories x {diagnosis.dim}"
    if diagnosis.n_diagnosed < diagnosis.n_categories:
        head += f", {diagnosis.n_diagnosed:,} of them diagnosed"
    table = _table("  figure", "value", "beside", "verdict")
    for each in diagnosis.findings:
        beside = "  ".join(filter(None, [beside_text(each), p_text(each.p_value)]))
        cells = [f"{'!' if each.concern else ' '} {each.figure}", figure_text(each.value), beside, each.verdict]
        table.add_row(*map(Text, cells), style=CONCERN if each.concern else "")
    return Group(Text(head, style="bold"), table)


def show_diagnoses(found: TableDiagnosis) -> Group:
    """Return the figures of all columns, one table a column, and how they weigh side by side.

    Parameters
    ----------
    found : TableDiagnosis
        What was found.
    """
    if not found and not found.left_out:
        return Group(Text(NOTHING))
    parts: list = []
    for diagnosis in found.values():
        parts += [show_diagnosis(diagnosis), Text("")]
    if found.shares is not None and len(found.shares.names) > 1:
        table = _table("column", "dimensions", "length", "share of squared distances between rows")
        shares = found.shares
        for name, dim, length, share in zip(shares.names, shares.dims, shares.lengths, shares.shares, strict=True):
            table.add_row(Text(name), str(dim), f"{length:.3g}", f"{100 * share:.0f} %")
        parts += [
            Text("side by side", style="bold"),
            table,
            Text(shares.verdict, style=CONCERN if shares.dominant else ""),
        ]
    parts += [Text(reason, style="dim") for reason in found.left_out.values()]
    return Group(*parts)


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for name in columns:
        text = name in ("  figure", "column", "beside", "verdict")
        table.add_column(name, justify="left" if text else "right", no_wrap=name != "verdict")
    return table
