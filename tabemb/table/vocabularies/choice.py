"""The kind of vocabulary of each column, by the parameter ``vocabulary``."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict
from typing import Any, TypeAlias

from tabemb.exceptions import ColumnError, DataError, did_you_mean
from tabemb.table.cells import Coded
from tabemb.table.vocabularies.kind import VOCABULARIES, VocabularyKind

__all__ = ["VocabularySpec", "check_spec", "chosen_kinds", "is_of_all", "kind_of_spec", "named_columns", "spec_of_kind"]

VocabularySpec: TypeAlias = str | Mapping[str, Any] | VocabularyKind | None


def kind_of_spec(spec: Any) -> VocabularyKind:
    """Return a kind of vocabulary, given its name, a mapping with a ``name`` and parameters, or the kind itself.

    Raises
    ------
    UnknownNameError
        If there is no such kind, or it does not take these parameters.
    ValueError
        If a parameter is out of range.

    Examples
    --------
    >>> kind_of_spec({"name": "hashing", "n_buckets": 500})
    Hashing(n_buckets=500)
    """
    return VOCABULARIES.resolve(spec)


def spec_of_kind(kind: VocabularyKind) -> dict[str, Any]:
    """Return a kind as a mapping of JSON values, from which :func:`kind_of_spec` makes it again."""
    return {"name": VOCABULARIES.name_of(kind), **asdict(kind)}  # type: ignore[call-overload]


def is_of_all(spec: VocabularySpec) -> bool:
    """Return whether a parameter gives one kind for all columns, not kinds by column."""
    return spec is not None and not (isinstance(spec, Mapping) and not isinstance(spec.get("name"), str))


def named_columns(spec: VocabularySpec) -> list[str]:
    """Return the columns that a parameter names.

    Examples
    --------
    >>> named_columns({"dest": "hashing"}), named_columns("hashing")
    (['dest'], [])
    """
    return list(spec) if isinstance(spec, Mapping) and not is_of_all(spec) else []


def check_spec(spec: VocabularySpec) -> None:
    """Raise an error if a parameter ``vocabulary`` is invalid for any table; errors as of :func:`kind_of_spec`.

    Examples
    --------
    >>> check_spec({"dest": "hashing", "title": {"name": "ngrams", "n_buckets": 1000}})
    """
    if spec is None:
        return
    if is_of_all(spec):
        kind_of_spec(spec)
        return
    kinds = {column: kind_of_spec(each) for column, each in spec.items() if each is not None}  # type: ignore[union-attr]
    sizes: dict[str, dict[int, str]] = {}
    for column, kind in kinds.items():
        if kind.common_table is not None:
            sizes.setdefault(kind.common_table, {}).setdefault(kind.n_buckets, column)
    for name, columns in sizes.items():
        if len(columns) > 1:
            listed = ", ".join(f"{size} for {column!r}" for size, column in columns.items())
            raise ValueError(
                f"The columns of the vocabulary {name!r} share one table; n_buckets must be the same for all. "
                f"Got {listed}."
            )


def chosen_kinds(
    spec: VocabularySpec, categorical: Collection[str], columns: Collection[str], dropped: Collection[str] = ()
) -> Callable[[str, Callable[[], Coded]], VocabularyKind | None]:
    """Return a function from a categorical column and its cells to its kind of vocabulary, None for a list.

    Parameters
    ----------
    spec : str, mapping, VocabularyKind or None
        A kind for all columns that it suits, or a mapping from column to kind.
    categorical : collection of str
        The categorical columns.
    columns : collection of str
        All columns of the table.
    dropped : collection of str
        Columns without information, which are ignored.

    Raises
    ------
    ColumnError
        If the mapping names a column that the table does not have.
    DataError
        If the mapping names a column of numbers.
    """
    check_spec(spec)
    if spec is None:
        return lambda column, cells: None
    if is_of_all(spec):
        of_all = kind_of_spec(spec)
        return lambda column, cells: of_all if of_all.suits(cells()) else None
    kinds: dict[str, VocabularyKind | None] = {}
    for column, each in spec.items():  # type: ignore[union-attr]
        if column not in categorical and column not in dropped:
            _refuse(column, categorical, columns)
        kinds[column] = None if each is None else kind_of_spec(each)
    return lambda column, cells: kinds.get(column)


def _refuse(column: object, categorical: Collection[str], columns: Collection[str]) -> None:
    if column in columns:
        raise DataError(
            f"vocabulary names the column {column!r}, which is no categorical column. If its values are categories, "
            "name it in categorical= too; quantities have no vocabulary. "
            f"Categorical columns: {', '.join(categorical)}."
        )
    raise ColumnError(
        f"vocabulary names the column {column!r}, which the table does not have.{did_you_mean(column, categorical)} "
        f"Its categorical columns: {', '.join(categorical)}."
    )
