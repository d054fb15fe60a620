"""What a push did."""

from dataclasses import dataclass

__all__ = ["ColumnPush", "PushSummary"]


@dataclass(frozen=True, slots=True)
class ColumnPush:
    """What became of one column.

    Parameters
    ----------
    column, collection : str
        The column, and the collection that holds it now.
    dim : int
        Length of a vector.
    written, unchanged, removed : int
        Rows that were new or different; that were there already; whose category the vectors do not have.
    """

    column: str
    collection: str
    dim: int
    written: int
    unchanged: int
    removed: int


@dataclass(frozen=True, slots=True)
class PushSummary:
    """What a push did.

    Parameters
    ----------
    uri : str
        The database, without a password.
    columns : tuple of ColumnPush
        In the order in which they were written.
    """

    uri: str
    columns: tuple[ColumnPush, ...]

    @property
    def written(self) -> int:
        """Rows that were new or different, of all columns."""
        return sum(each.written for each in self.columns)

    @property
    def unchanged(self) -> int:
        """Rows that were there already."""
        return sum(each.unchanged for each in self.columns)

    @property
    def removed(self) -> int:
        """Rows whose category is gone."""
        return sum(each.removed for each in self.columns)
