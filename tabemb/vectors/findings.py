"""What a diagnosis found: figures, what they are held against, and a verdict in words."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tabemb.exceptions import UnknownNameError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Diagnosis", "Finding"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One figure and what it says.

    Parameters
    ----------
    figure : str
        What was measured, such as "effective rank".
    value : float
        The figure.
    beside : float, optional
        What it is held against: chance, a control, or the most there can be; ``against`` says which.
    against : str, default=""
        What ``beside`` is, in a word or two.
    p_value : float, optional
        How often chance alone would give as much or more.
    verdict : str
        A short sentence.
    concern : bool, default=False
        Whether it is something to look into before the vectors are used.
    """

    figure: str
    value: float
    beside: float | None = None
    against: str = ""
    p_value: float | None = None
    verdict: str
    concern: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Diagnosis(Mapping[str, Finding]):
    """What was found about the vectors of one column: a mapping from figure to finding, in order.

    Parameters
    ----------
    name : str
        The column.
    n_categories : int
        All of them.
    n_diagnosed : int
        Those that have a vector of their own and enough rows; figures are about these.
    dim : int
        Length of a vector.
    k : int
        How many neighbours were looked at.
    findings : tuple of Finding

    Examples
    --------
    >>> rank = Finding(figure="effective rank", value=2.5, beside=7.8, against="random", verdict="Few directions.")
    >>> found = Diagnosis(name="dest", n_categories=104, n_diagnosed=104, dim=8, k=10, findings=(rank,))
    >>> found["effective rank"].value, len(found.concerns)
    (2.5, 0)
    >>> found
    Diagnosis(dest: 104 categories x 8, no concern)
      effective rank  2.50  7.80 random  Few directions.
    """

    name: str
    n_categories: int
    n_diagnosed: int
    dim: int
    k: int
    findings: tuple[Finding, ...]

    @property
    def concerns(self) -> tuple[Finding, ...]:
        """The findings to look into before the vectors are used."""
        return tuple(each for each in self.findings if each.concern)

    def __getitem__(self, figure: str) -> Finding:
        for each in self.findings:
            if each.figure == figure:
                return each
        raise UnknownNameError.among("figure", figure, self)

    def __contains__(self, figure: object) -> bool:
        return any(each.figure == figure for each in self.findings)

    def __iter__(self) -> Iterator[str]:
        return (each.figure for each in self.findings)

    def __len__(self) -> int:
        return len(self.findings)

    def to_frame(self) -> "pd.DataFrame":
        """Return a row for each figure.

        Returns
        -------
        pandas.DataFrame
            Indexed by figure; columns ``value``, ``beside``, ``against``, ``p_value``, ``concern`` and ``verdict``.
        """
        import pandas as pd

        columns = ["value", "beside", "against", "p_value", "concern", "verdict"]
        rows = [[getattr(each, column) for column in columns] for each in self.findings]
        frame = pd.DataFrame(rows, columns=columns, index=pd.Index(list(self), name="figure"))
        return frame.astype({"value": float, "beside": float, "p_value": float, "concern": bool})

    def __repr__(self) -> str:
        title = f"{self.name}: " if self.name else ""
        n = len(self.concerns)
        concerns = f"{n or 'no'} concern{'s' if n > 1 else ''}"
        lines = [f"Diagnosis({title}{self.n_categories:,} categories x {self.dim}, {concerns})"]
        cells = [
            [each.figure, figure_text(each.value), beside_text(each), p_text(each.p_value)] for each in self.findings
        ]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        for row, each in zip(cells, self.findings, strict=True):
            name, value, *others = row
            others = [text.ljust(width) for text, width in zip(others, widths[2:], strict=True) if width]
            mark = "!" if each.concern else " "
            lines.append("  ".join([f"{mark} {name.ljust(widths[0])}", value.rjust(widths[1]), *others, each.verdict]))
        return "\n".join(lines)


def figure_text(value: float) -> str:
    """Write a figure: a whole number plainly, another to three digits.

    Examples
    --------
    >>> figure_text(17.0), figure_text(17.26), figure_text(0.1234), figure_text(7518)
    ('17', '17.3', '0.123', '7,518')
    """
    if float(value).is_integer():
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}" if abs(value) >= 1 else f"{value:.3f}"


def beside_text(finding: Finding) -> str:
    """Write what a figure is held against, and its name; nothing where there is nothing.

    Examples
    --------
    >>> beside_text(Finding(figure="stability", value=0.5, beside=0.05, against="chance", verdict="Stable."))
    '0.050 chance'
    """
    return "" if finding.beside is None else f"{figure_text(finding.beside)} {finding.against}".rstrip()


def p_text(p_value: float | None) -> str:
    """Write a p-value; nothing where there is none.

    Examples
    --------
    >>> p_text(0.001), p_text(0.034), p_text(None)
    ('p 0.001', 'p 0.034', '')
    """
    return "" if p_value is None else f"p {p_value:.3f}"
