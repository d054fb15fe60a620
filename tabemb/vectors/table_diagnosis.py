"""The diagnoses of all columns of a table, and how their vectors weigh side by side."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tabemb.exceptions import ColumnError, DataError, did_you_mean
from tabemb.vectors.column_shares import ColumnShares
from tabemb.vectors.findings import Diagnosis
from tabemb.vectors.subject import TooFewCategoriesError

if TYPE_CHECKING:
    import pandas as pd

    from tabemb.vectors.category_vectors import CategoryVectors

__all__ = ["TableDiagnosis"]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class TableDiagnosis(Mapping[str, Diagnosis]):
    """What was found about the vectors of several columns: a mapping from column to diagnosis.

    Parameters
    ----------
    diagnoses : dict of str to Diagnosis
    left_out : dict of str to str
        Columns that cannot be diagnosed, and why.
    shares : ColumnShares or None
        How much each column weighs in distances between rows; None where no categories differ.

    Examples
    --------
    >>> from tabemb import CategoryVectors
    >>> stop = CategoryVectors(["a", "b", "c", "d"], [[1.0, 0.0], [0.5, 0.5], [0.0, 1.0], [2.0, 1.0]], name="stop")
    >>> found = TableDiagnosis.of({"stop": stop, "line": CategoryVectors([1], [[1.0]], name="line")})
    >>> list(found), found.left_out["line"]
    (['stop'], "Column 'line' has 1 category, and 1 with a vector of its own; a diagnosis takes 3. ...")
    """

    diagnoses: dict[str, Diagnosis]
    left_out: dict[str, str] = field(default_factory=dict)
    shares: ColumnShares | None = None

    @classmethod
    def of(
        cls,
        columns: "Mapping[str, CategoryVectors]",
        beside: Mapping[str, Mapping[str, Any]] | None = None,
        **settings: Any,
    ) -> "TableDiagnosis":
        """Diagnose each column that has three categories or more.

        Parameters
        ----------
        columns : mapping of str to CategoryVectors
            The vectors.
        beside : mapping of str to mapping, optional
            For a column, what its ``diagnose`` is handed: ``fits``, ``control``, ``side``, ``untrained``.
        **settings : dict
            What the ``diagnose`` of all columns is handed: ``min_count``, ``k``, ``n_permutations``, ``random_state``.

        Raises
        ------
        ColumnError
            When ``beside`` names a column that is not there.
        """
        given = beside or {}
        for column in given:
            if column not in columns:
                known = ", ".join(columns) or "none"
                raise ColumnError(
                    f"There are no vectors of a column {column!r}. Columns: {known}.{did_you_mean(column, columns)}"
                )
        diagnoses, left_out = {}, {}
        for column, vectors in columns.items():
            try:
                diagnoses[column] = vectors.diagnose(**given.get(column, {}), **settings)
            except TooFewCategoriesError as error:
                left_out[column] = str(error)
        try:
            shares = ColumnShares.of(columns)
        except DataError:
            # No categories differ: there are no distances to share.
            shares = None
        return cls(diagnoses=diagnoses, left_out=left_out, shares=shares)

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
        """Return a row for each figure of each column, indexed by both; columns as in ``Diagnosis.to_frame``."""
        import pandas as pd

        if not self.diagnoses:
            return pd.DataFrame()
        return pd.concat({column: each.to_frame() for column, each in self.diagnoses.items()}, names=["column"])

    def __repr__(self) -> str:
        parts = [repr(each) for each in self.diagnoses.values()]
        parts += [f"{column} was left out: {reason}" for column, reason in self.left_out.items()]
        return "\n".join([*parts, repr(self.shares)] if self.shares else parts)
