"""The result of a diagnosis: findings with values, references and verdicts, for one column or several."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tabemb.diagnosis.column_shares import ColumnShares
from tabemb.exceptions import ColumnError, UnknownNameError, did_you_mean
from tabemb.table.notebook import Markup, as_html_table, html_note, html_text, html_view

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Diagnosis", "Finding", "TableDiagnosis", "p_text", "reference_text", "value_text"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The result of one check.

    Parameters
    ----------
    check : str
        Name of the check, such as "effective rank".
    value : float
        The measured value.
    reference : float, optional
        What to compare the value to: its value by chance, that of a control, or the maximum.
    reference_name : str, default=""
        What ``reference`` is, in a word or two.
    p_value : float, optional
        Probability of this value or more by chance.
    verdict : str
        A short sentence.
    concern : bool, default=False
        Whether to look into it before the vectors are used.
    """

    check: str
    value: float
    reference: float | None = None
    reference_name: str = ""
    p_value: float | None = None
    verdict: str
    concern: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Diagnosis(Mapping[str, Finding]):
    """The findings about the vectors of one column: a mapping from the name of a check to its finding, in order.

    Parameters
    ----------
    name : str
        Name of the column.
    n_categories : int
        Number of categories.
    n_diagnosed : int
        Number of categories with a vector of their own and enough rows. Only these were checked.
    dim : int
        Length of a vector.
    k : int
        Number of neighbors that were compared.
    findings : tuple of Finding
        The findings.

    Examples
    --------
    >>> rank = Finding(
    ...     check="effective rank", value=2.5, reference=7.8, reference_name="random", verdict="Few directions."
    ... )
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

    def __getitem__(self, check: str) -> Finding:
        for each in self.findings:
            if each.check == check:
                return each
        raise UnknownNameError.among("check", check, self)

    def __contains__(self, check: object) -> bool:
        return any(each.check == check for each in self.findings)

    def __iter__(self) -> Iterator[str]:
        return (each.check for each in self.findings)

    def __len__(self) -> int:
        return len(self.findings)

    def to_frame(self) -> "pd.DataFrame":
        """Return a DataFrame with one row per check.

        Returns
        -------
        pandas.DataFrame
            Indexed by check; columns ``value``, ``reference``, ``reference_name``, ``p_value``, ``concern`` and
            ``verdict``.
        """
        import pandas as pd

        columns = ["value", "reference", "reference_name", "p_value", "concern", "verdict"]
        rows = [[getattr(each, column) for column in columns] for each in self.findings]
        frame = pd.DataFrame(rows, columns=columns, index=pd.Index(list(self), name="check"))
        return frame.astype({"value": float, "reference": float, "p_value": float, "concern": bool})

    def _ipython_key_completions_(self) -> list[str]:
        return list(self)

    def _repr_html_(self) -> str:
        facts = [f"{self.n_categories:,} categories x {self.dim}", self._in_short()]
        if self.n_diagnosed < self.n_categories:
            facts.insert(1, f"{self.n_diagnosed:,} of them checked")
        return html_view("Diagnosis", self.name, facts, self._html_table())

    def _html_table(self) -> Markup:
        rows: list[list[object]] = []
        for each in self.findings:
            reference, p_value = reference_text(each), p_text(each.p_value).removeprefix("p ")
            verdict = html_text(each.verdict, 500)
            shown = Markup(f'<div class="mark">{verdict}</div>') if each.concern else verdict
            rows.append([each.check, value_text(each.value), reference, p_value, shown])
        return as_html_table(["check", "value", "compared to", "p", "verdict"], rows, ["value", "p"])

    def _in_short(self) -> str:
        n = len(self.concerns)
        return f"{n or 'no'} concern{'s' if n > 1 else ''}"

    def __repr__(self) -> str:
        title = f"{self.name}: " if self.name else ""
        lines = [f"Diagnosis({title}{self.n_categories:,} categories x {self.dim}, {self._in_short()})"]
        cells = [
            [each.check, value_text(each.value), reference_text(each), p_text(each.p_value)] for each in self.findings
        ]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        for row, each in zip(cells, self.findings, strict=True):
            name, value, *others = row
            others = [text.ljust(width) for text, width in zip(others, widths[2:], strict=True) if width]
            mark = "!" if each.concern else " "
            lines.append("  ".join([f"{mark} {name.ljust(widths[0])}", value.rjust(widths[1]), *others, each.verdict]))
        return "\n".join(lines)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class TableDiagnosis(Mapping[str, Diagnosis]):
    """The findings about the vectors of several columns: a mapping from column to diagnosis.

    Parameters
    ----------
    diagnoses : dict of str to Diagnosis
        The diagnosis of each column.
    left_out : dict of str to str
        Columns that cannot be diagnosed, with the reason.
    shares : ColumnShares or None
        The share of each column in distances between rows; None if there are no distances.

    Examples
    --------
    >>> found = TableDiagnosis(diagnoses={}, left_out={"line": "Column 'line' has 1 category ..."})
    >>> len(found), found
    (0, line was left out: Column 'line' has 1 category ...)
    """

    diagnoses: dict[str, Diagnosis]
    left_out: dict[str, str] = field(default_factory=dict)
    shares: ColumnShares | None = None

    def __getitem__(self, column: str) -> Diagnosis:
        if column in self.diagnoses:
            return self.diagnoses[column]
        if column in self.left_out:
            raise ColumnError(f"The column {column!r} was not diagnosed: {self.left_out[column]}")
        known = ", ".join(self.diagnoses) or "none"
        raise ColumnError(
            f"No column {column!r} was diagnosed. Columns: {known}.{did_you_mean(column, self.diagnoses)}"
        )

    def __contains__(self, column: object) -> bool:
        return column in self.diagnoses

    def __iter__(self) -> Iterator[str]:
        return iter(self.diagnoses)

    def __len__(self) -> int:
        return len(self.diagnoses)

    def to_frame(self) -> "pd.DataFrame":
        """Return a DataFrame with one row per column and check; columns as in ``Diagnosis.to_frame``."""
        import pandas as pd

        if not self.diagnoses:
            return pd.DataFrame()
        return pd.concat({column: each.to_frame() for column, each in self.diagnoses.items()}, names=["column"])

    def _ipython_key_completions_(self) -> list[str]:
        return list(self.diagnoses)

    def _repr_html_(self) -> str:
        parts = [each._repr_html_() for each in self.diagnoses.values()]
        parts += [html_view(column, "", ["left out"], html_note(reason)) for column, reason in self.left_out.items()]
        return "".join([*parts, self.shares._repr_html_()] if self.shares else parts)

    def __repr__(self) -> str:
        parts = [repr(each) for each in self.diagnoses.values()]
        parts += [f"{column} was left out: {reason}" for column, reason in self.left_out.items()]
        return "\n".join([*parts, repr(self.shares)] if self.shares else parts)


def value_text(value: float) -> str:
    """Format a value: whole numbers without decimals, others with three digits.

    Examples
    --------
    >>> value_text(17.0), value_text(17.26), value_text(0.1234), value_text(7518)
    ('17', '17.3', '0.123', '7,518')
    """
    if float(value).is_integer():
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}" if abs(value) >= 1 else f"{value:.3f}"


def reference_text(finding: Finding) -> str:
    """Format the reference of a finding with its name; empty without a reference.

    Examples
    --------
    >>> reference_text(
    ...     Finding(check="stability", value=0.5, reference=0.05, reference_name="chance", verdict="Stable.")
    ... )
    '0.050 chance'
    """
    return "" if finding.reference is None else f"{value_text(finding.reference)} {finding.reference_name}".rstrip()


def p_text(p_value: float | None) -> str:
    """Format a p-value; empty for None.

    Examples
    --------
    >>> p_text(0.001), p_text(0.034), p_text(None)
    ('p 0.001', 'p 0.034', '')
    """
    return "" if p_value is None else f"p {p_value:.3f}"
